"""The maturity score and the tiers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from pipeline.study.conditions import ConditionField
from pipeline.study.section import Identifier, OptionId, Positive, Section, Share, Text


class Dimension(Section):
    """One dimension, 0 to 100: the mean of its items' points over the answered items."""

    items: Annotated[tuple[str, ...], Field(min_length=1, description="single questions, grid rows or ticks")]
    weight: Positive = 1.0
    min_answered: Annotated[int, Field(ge=1)] | None = Field(
        None, description="answered items that it needs; absent: all"
    )
    label: Text | None = None

    @model_validator(mode="after")
    def _reachable(self) -> Dimension:
        if self.min_answered and self.min_answered > len(self.items):
            raise PydanticCustomError("dimension", "`min_answered` is more than the dimension has items")
        return self


class Score(Section):
    """0 to 100: the weighted mean of the dimensions; missing where one of them is."""

    points: Annotated[dict[OptionId, float], Field(min_length=2, description="points of each option; none = missing")]
    dimensions: Annotated[dict[Identifier, Dimension], Field(min_length=1)]

    @model_validator(mode="after")
    def _points_differ(self) -> Score:
        if len(set(self.points.values())) < 2:
            raise PydanticCustomError("points", "`points` are all the same")
        return self


class Tiers(Section):
    """Tiers from the lowest to the highest: by cuts of the score, by its quantiles, or from an answer."""

    order: Annotated[tuple[OptionId, ...], Field(min_length=2)]
    labels: dict[str, Text] = Field(default_factory=dict)
    cuts: tuple[float, ...] | None = Field(None, description="lowest score of the second tier, of the third, ...")
    quantiles: tuple[Share, ...] | None = Field(None, description="shares of the baseline wave below each cut")
    within: Identifier | None = Field(None, description="segment within whose levels the quantiles are taken")
    answers: dict[OptionId, ConditionField] | None = Field(None, description="tier: condition")

    @model_validator(mode="after")
    def _one_way(self) -> Tiers:
        ways = [way for way in (self.cuts, self.quantiles, self.answers) if way is not None]
        if len(ways) != 1:
            raise PydanticCustomError("tiers", "needs one of `cuts`, `quantiles` and `answers`")
        if len(set(self.order)) != len(self.order):
            raise PydanticCustomError("tiers", "`order` names a tier twice")
        limits = self.cuts or self.quantiles
        if limits is not None:
            if len(limits) != len(self.order) - 1:
                raise PydanticCustomError(
                    "tiers", "has {found} cuts for {tiers} tiers, expected {expected}",
                    {"found": len(limits), "tiers": len(self.order), "expected": len(self.order) - 1},
                )  # fmt: skip
            if list(limits) != sorted(set(limits)):
                raise PydanticCustomError("tiers", "cuts must rise")
        if self.within and self.quantiles is None:
            raise PydanticCustomError("tiers", "`within` needs `quantiles`")
        if self.answers is not None and set(self.answers) != set(self.order):
            raise PydanticCustomError("tiers", "`answers` and `order` do not name the same tiers")
        return self
