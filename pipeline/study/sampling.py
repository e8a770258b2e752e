"""Sample, design and weights."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from pipeline.study.section import Identifier, OptionId, Positive, Section


class Sample(Section):
    """How respondents were found; decides the words on precision."""

    type: Literal["opt_in", "probability"]
    population: str


class Design(Section):
    """Strata and primary sampling units; absent = simple random sample."""

    strata: str | None = None
    psu: str | None = None
    lonely_psu: Literal["fail", "remove", "certainty", "adjust", "average"] = "fail"


class Weight(Section):
    """A named weight: a delivered column, or raked to margins (question: option: share)."""

    column: str | None = None
    rake: dict[Identifier, dict[OptionId, Annotated[float, Field(gt=0)]]] | None = None
    trim: Positive | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Weight:
        if (self.column is None) == (self.rake is None):
            raise PydanticCustomError("weight", "needs either `column` or `rake`")
        return self


Weights = dict[Identifier, Weight]
