"""Sample, design and weights."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from pipeline.study.section import Identifier, OptionId, Positive, Section, Words, wrong


class Sample(Section):
    """How respondents were found; decides the words on precision."""

    type: Literal["opt_in", "probability"]
    population: Words


class Design(Section):
    """Strata and primary sampling units; absent = simple random sample."""

    strata: Words | None = None
    psu: Words | None = None
    lonely_psu: Literal["fail", "remove", "certainty", "adjust", "average"] = "fail"


class Weight(Section):
    """A named weight: a delivered column, or raked to margins (question: option: share)."""

    column: Words | None = None
    rake: dict[Identifier, dict[OptionId, Positive]] | None = None
    trim: Positive | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Weight:
        if (self.column is None) == (self.rake is None):
            raise wrong("needs either `column` or `rake`")
        return self


Weights = dict[Identifier, Weight]
