"""The maturity score and the tiers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, model_validator

from pipeline.errors import counted, listed, nearest
from pipeline.study.conditions import ConditionField
from pipeline.study.section import Identifier, OptionId, Positive, Section, Share, Text, wrong


class Dimension(Section):
    """One dimension, 0 to 100: the mean of its items' points over the answered items."""

    items: Annotated[tuple[str, ...], Field(min_length=1, description="single questions, grid rows or ticks")]
    weight: Positive = Field(1.0, description="of the dimension in the score")
    min_answered: Annotated[int, Field(ge=1)] | None = Field(
        None, description="answered items that it needs; absent: all"
    )
    label: Text | None = Field(None, description="what the dimension is called")

    @model_validator(mode="after")
    def _reachable(self) -> Dimension:
        if self.min_answered and self.min_answered > len(self.items):
            raise wrong("is more than the dimension has items", f"at most {len(self.items)}", at=("min_answered",))
        first = {item: i for i, item in reversed([*enumerate(self.items)])}
        for i, item in enumerate(self.items):
            if first[item] != i:
                raise wrong(f'names "{item}" twice', "each item once; `weight` is for dimensions", at=("items", i))
        return self


class Score(Section):
    """0 to 100: the weighted mean of the dimensions; missing where one of them is."""

    points: dict[OptionId, float] = Field(
        default_factory=dict, description="points of each option; none = missing. A tick needs none: 100, else 0"
    )
    dimensions: Annotated[dict[Identifier, Dimension], Field(min_length=1, description="dimension: its items")]
    peers: Identifier | None = Field(None, description="segment within whose levels scores are also ranked")


Cut = Annotated[float, Field(gt=0, le=100)]


class Tiers(Section):
    """Tiers from the lowest to the highest: by cuts of the score, by its quantiles, or from an answer."""

    order: Annotated[tuple[OptionId, ...], Field(min_length=2, description="from the least mature to the most")]
    labels: dict[str, Text] = Field(default_factory=dict, description="tier: what sentences call its respondents")
    cuts: tuple[Cut, ...] | None = Field(None, description="lowest score of the second tier, of the third, ...")
    quantiles: tuple[Share, ...] | None = Field(None, description="shares of the baseline wave below each cut")
    recut: bool = Field(
        False, description="each wave is cut at its own quantiles; else the baseline's cuts hold in all"
    )
    within: Identifier | None = Field(None, description="segment within whose levels the quantiles are taken")
    answers: dict[OptionId, ConditionField] | None = Field(None, description="tier: condition")
    clusters: bool = Field(False, description="also find as many clusters, to say how far they agree with the tiers")

    @model_validator(mode="after")
    def _one_way(self) -> Tiers:
        ways = {"cuts": self.cuts, "quantiles": self.quantiles, "answers": self.answers}
        given = [name for name, way in ways.items() if way is not None]
        if len(given) != 1:
            raise wrong(f"has {listed(given) or 'no way to tell tiers'}", "one of `cuts`, `quantiles` and `answers`")
        if len(set(self.order)) != len(self.order):
            raise wrong("names a tier twice", "each tier once", at=("order",))
        for name, value in (("within", self.within), ("recut", self.recut)):
            if value and self.quantiles is None:
                raise wrong("goes with `quantiles` only", at=(name,))
        if self.answers is not None:
            self._same_tiers(self.answers)
        else:
            self._rising(given[0], self.cuts or self.quantiles or ())
        return self

    def _rising(self, way: str, limits: tuple[float, ...]) -> None:
        if len(limits) != len(self.order) - 1:
            cuts, tiers = counted(len(limits), "cut"), counted(len(self.order), "tier")
            raise wrong(f"has {cuts} for {tiers}", f"{len(self.order) - 1}", at=(way,))
        if list(limits) != sorted(set(limits)):
            raise wrong("does not rise", "each cut above the one before", at=(way,))

    def _same_tiers(self, answers: Mapping[str, object]) -> None:
        for tier in answers:
            if tier not in self.order:
                raise wrong(f'tier "{tier}" is not in `order`', listed(self.order), nearest=nearest(tier, self.order),
                            at=("answers", tier))  # fmt: skip
        if lacking := [tier for tier in self.order if tier not in answers]:
            raise wrong(f"does not say who is {listed(lacking)}", f"a condition for each of {listed(self.order)}",
                        at=("answers",))  # fmt: skip
