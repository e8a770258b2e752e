"""What a specification is: a comparison with one thing done otherwise; and what of the study file can be varied."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.cells.sums import Floats
from pipeline.estimation.groups import Grouping
from pipeline.estimation.membership import Codes, places
from pipeline.study.analysis import Comparisons
from pipeline.study.cleaning import Cleaning
from pipeline.study.columns import IndicatorColumn, Resolver
from pipeline.study.maturity import Score
from pipeline.study.sampling import Weights, default_weight

Kind = Literal["cut", "weight", "cleaning", "missing_items", "item_left_out"]


@dataclass(frozen=True)
class Sections:
    """The sections of the study file that specifications vary, and what else they need of it.

    sampling: the study's `sampling_columns`. available: variables that the delivery has a column for.
    """

    cleaning: Cleaning
    weights: Weights
    score: Score | None
    grouping: Grouping
    indicators: tuple[IndicatorColumn, ...]
    comparisons: Comparisons
    sampling: Mapping[str, str]
    available: set[str]

    @property
    def resolver(self) -> Resolver:
        return self.grouping.resolver

    @property
    def scored(self) -> bool:
        """Whether tiers are cut from the score."""
        return self.grouping.tiers is not None and self.grouping.tiers.answers is None

    @property
    def one_cut(self) -> bool:
        """Whether the same cuts hold for everyone."""
        return self.scored and self.grouping.tiers is not None and self.grouping.tiers.within is None

    def tier_places(self, names: NDArray[np.object_]) -> Codes:
        """Place of each tier by name, 0 the lowest; -1 for none."""
        return places(names, self.grouping.tiers.order if self.grouping.tiers else ())

    def weight_of(self, comparison: str) -> str:
        """The weight that a comparison is published with: "" or UNWEIGHTED for none."""
        return self.comparisons[comparison].weight or default_weight(self.weights)


@dataclass(frozen=True)
class Counts:
    """Both groups of one specification: respondents with yes and in the base, and their weights, (K,) each."""

    x_a: Floats
    n_a: Floats
    x_b: Floats
    n_b: Floats
    weighted_yes_a: Floats
    weighted_base_a: Floats
    weighted_yes_b: Floats
    weighted_base_b: Floats

    @property
    def ratio(self) -> Floats:
        """(K,): infinity where only b has nobody with yes, NaN for 0/0 and where a base is empty."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return (self.weighted_yes_a * self.weighted_base_b) / (self.weighted_base_a * self.weighted_yes_b)

    def columns(self) -> dict[str, Floats]:
        """Columns of table `specifications`, (K,) each."""
        with np.errstate(invalid="ignore", divide="ignore"):
            p_a, p_b = self.weighted_yes_a / self.weighted_base_a, self.weighted_yes_b / self.weighted_base_b
        return {
            "x_a": self.x_a, "n_a": self.n_a, "x_b": self.x_b, "n_b": self.n_b,
            "weighted_base_a": self.weighted_base_a, "weighted_base_b": self.weighted_base_b,
            "p_a": p_a, "p_b": p_b, "ratio": self.ratio,
        }  # fmt: skip


@dataclass(frozen=True)
class Specification:
    """One comparison with one thing done otherwise. reason: why it has no counts; else empty."""

    comparison: str
    kind: Kind
    name: str
    counts: Counts
    reason: str = ""
