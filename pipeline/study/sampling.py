"""Sample, design and weights."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from pipeline.study.section import Identifier, OptionId, Positive, Section, Share, Words, wrong
from pipeline.study.waves import WaveName

MAIN = "main"
"""Name of the default weight where there are several."""

UNWEIGHTED = "unweighted"
"""What a comparison names to be counted without weights."""

MOST_REPLICATES = 2000


class Sample(Section):
    """How respondents were found; decides the words on precision."""

    type: Annotated[
        Literal["opt_in", "probability"],
        Field(description="opt_in: intervals are called model-based, and no margin of error is spoken of"),
    ]
    population: Annotated[Words, Field(description="whom the respondents stand for, as sentences name them")]


def _one_stage(value: Any) -> Any:
    if isinstance(value, list | tuple):
        raise wrong(
            "names several stages", "the column of the first stage",
            do="leave `fpc` out: errors are then slightly too large, never too small",
        )  # fmt: skip
    return value


class Design(Section):
    """How the sample was drawn; absent = simple random sample. strata and psu name a question or a column."""

    strata: Words | None = Field(None, description="question or column that tells the stratum")
    psu: Words | None = Field(None, description="primary sampling unit, such as the organisation of a respondent")
    fpc: Annotated[Words, BeforeValidator(_one_stage)] | None = Field(
        None, description="column: sampling units of the stratum in the population, or the share of them sampled"
    )
    lonely_psu: Literal["fail", "remove", "certainty", "adjust", "average"] = Field(
        "fail", description="what a stratum with one sampling unit adds to a variance, as R's survey.lonely.psu"
    )
    variance: Literal["linearised", "jackknife", "bootstrap"] = Field(
        "linearised", description="how standard errors are found; the last two make replicate weights"
    )
    replicates: Annotated[int, Field(ge=50, le=MOST_REPLICATES)] = Field(500, description="of the bootstrap")


class Replicates(Section):
    """Delivered replicate weights. kind decides scale and rscales as R's svrepdesign does."""

    kind: Annotated[
        Literal["brr", "fay", "jk1", "jkn", "bootstrap", "sdr"], Field(description="how the replicates were made")
    ]
    columns: tuple[Words, ...] = Field(description="the columns; `rep1..rep80` stands for all between", min_length=1)
    fay: Share | None = Field(None, description="Fay's factor")
    scale: Positive | None = Field(None, description="of the sum of squares, where the kind does not tell it")
    rscales: tuple[Positive, ...] | None = Field(None, description="one for each replicate, for jkn")
    mse: bool = Field(False, description="centre at the full sample's estimate instead of the replicates' mean")

    @model_validator(mode="after")
    def _complete(self) -> Replicates:
        if (self.kind == "fay") != (self.fay is not None):
            raise wrong("has kind fay without `fay`, or the reverse", "both or neither", at=("fay",))
        names = self.names
        if len(set(names)) != len(names):
            raise wrong("names a column twice", "each once", at=("columns",))
        if not 2 <= len(names) <= MOST_REPLICATES:
            raise wrong(f"has {len(names)} replicates", f"2 to {MOST_REPLICATES}", at=("columns",))
        if self.kind == "jkn" and self.rscales is None:
            raise wrong("has kind jkn without `rscales`", "(n - 1) / n of the stratum, for each replicate")
        if self.rscales is not None and len(self.rscales) != len(names):
            raise wrong(f"has {len(self.rscales)} for {len(names)} replicates", "one each", at=("rscales",))
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Every column, ranges written out."""
        return tuple(name for entry in self.columns for name in _range(entry))


def _range(entry: str) -> tuple[str, ...]:
    """`rep1..rep80` -> rep1, rep2, ... rep80; padded as the first is (rep01..rep80)."""
    found = re.fullmatch(r"(.*?)([0-9]+)\.\.(.*?)([0-9]+)", entry)
    if found is None or found[1] != found[3] or not 0 <= int(found[4]) - int(found[2]) < MOST_REPLICATES:
        return (entry,)
    return tuple(f"{found[1]}{i:0{len(found[2])}}" for i in range(int(found[2]), int(found[4]) + 1))


Margins = dict[Identifier, Annotated[dict[OptionId, Positive], Field(min_length=1)]]


class Weight(Section):
    """A named weight: a delivered column, or raked to margins (question: option: share), from it or from 1."""

    column: Words | None = Field(None, description="delivered weight; with `rake`: the weight that raking starts from")
    rake: Annotated[Margins, Field(min_length=1)] | None = Field(
        None, description="question: share of each of its options in the population"
    )
    waves: dict[WaveName, Annotated[Margins, Field(min_length=1)]] = Field(
        default_factory=dict, description="wave: its margins, in place of those of `rake`"
    )
    trim: Annotated[float, Field(gt=1)] | None = Field(None, description="largest weight, in means of the weights")
    replicates: Replicates | None = Field(None, description="delivered replicate weights")

    @model_validator(mode="after")
    def _one_source(self) -> Weight:
        if self.column is None and self.rake is None:
            raise wrong("needs `column`, `rake` or both")
        for name, value in (("waves", self.waves), ("trim", self.trim)):
            if value and self.rake is None:
                raise wrong("goes with `rake`", at=(name,))
        if self.replicates is not None and (self.column is None or self.rake is not None):
            raise wrong("goes with a delivered weight", "`column`, and no `rake`", at=("replicates",))
        return self

    def margins(self, wave: str) -> Margins:
        """Margins that the weight is raked to in a wave; empty for a delivered weight."""
        return self.waves.get(wave, self.rake or {})


Weights = dict[Identifier, Weight]


def default_weight(weights: Weights) -> str:
    """The weight that tables use: `main`, or the only one; "" where there is none."""
    return MAIN if MAIN in weights else next(iter(weights), "")


def sampling_columns(design: Design | None, weights: Weights, questions: frozenset[str]) -> dict[str, str]:
    """Delivered columns that tell design and weights: name in `delivered` (with a space, as no question has) -> theirs.

    A stratum or sampling unit that is a question needs none; `fpc` is always a column.
    """
    found: dict[str, str] = {}
    for ours in ("strata", "psu", "fpc"):
        theirs = getattr(design, ours) if design else None
        if theirs is not None and (ours == "fpc" or theirs not in questions):
            found[f"design {ours}"] = theirs
    for name, weight in weights.items():
        if weight.column is not None:
            found[f"weight {name}"] = weight.column
        for i, column in enumerate(weight.replicates.names if weight.replicates else (), 1):
            found[f"replicate {i} of {name}"] = column
    return found
