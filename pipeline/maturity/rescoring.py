"""The score with other rules for missing items, or without some of its items, and tiers cut at the same shares."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.maturity.scoring import scores_query
from pipeline.study.columns import Resolver
from pipeline.study.maturity import Score

Floats = NDArray[np.float64]
DIGITS = 1e6  # of the score, as table `scores` rounds it

EVERY = "every item answered"
HALF = "at least half of the items answered"
ONE = "at least one item answered"


@dataclass(frozen=True)
class ScoredDimension:
    """Columns of the items, how many answers the dimension needs, and its weight in the score."""

    items: tuple[str, ...]
    needed: int
    weight: float


Dimensions = tuple[ScoredDimension, ...]


def scored_dimensions(score: Score | None, resolver: Resolver) -> Dimensions:
    """The dimensions as the study file has them."""
    return tuple(
        ScoredDimension(tuple(item["column"] for item in d["items"]), d["needed"], d["weight"])
        for d in scores_query(score, resolver).values["dimensions"]
    )


def missing_item_rules(dimensions: Dimensions) -> dict[str, Dimensions]:
    """Other rules for missing items, by name: every item, at least half, at least one; each that changes something."""
    found: dict[str, Dimensions] = {}
    for name, needed in ((EVERY, len), (HALF, lambda items: -(-len(items) // 2)), (ONE, lambda items: 1)):
        other = tuple(ScoredDimension(d.items, needed(d.items), d.weight) for d in dimensions)
        if other != dimensions and other not in found.values():
            found[name] = other
    return found


def without_items(dimensions: Dimensions, left_out: Collection[str]) -> Dimensions:
    """The dimensions without some items; empty where no item is left.

    A dimension needs as many answers as before, or all that are left where these are fewer. One without items leaves
    the score.
    """
    kept = [(tuple(i for i in d.items if i not in left_out), d) for d in dimensions]
    return tuple(ScoredDimension(items, min(d.needed, len(items)), d.weight) for items, d in kept if items)


def scores_of(items: Mapping[str, Floats], dimensions: Dimensions) -> Floats:
    """Scores (N,) from 0 to 100, NaN where a dimension lacks answers; as table `scores` has them.

    items: points (N,) of each item from 0 to 100, NaN where missing. Raises ValueError without dimensions.
    """
    if not dimensions:
        raise ValueError("a score needs a dimension")
    total = reduce(np.add, (d.weight * _dimension(items, d) for d in dimensions))
    return np.asarray(np.floor(total / sum(d.weight for d in dimensions) * DIGITS + 0.5) / DIGITS)


def _dimension(items: Mapping[str, Floats], dimension: ScoredDimension) -> Floats:
    points = [items[name] for name in dimension.items]
    answered = reduce(np.add, (np.where(np.isnan(p), 0, 1) for p in points))
    total = reduce(np.add, (np.where(np.isnan(p), 0.0, p) for p in points))
    enough = answered >= dimension.needed
    return np.divide(total, answered, out=np.full(len(total), np.nan), where=enough)


def tiers_at(scores: Floats, cuts: Floats) -> NDArray[np.intp]:
    """Place of each score's tier, 0 the lowest; -1 without a score or cuts. cuts: (T - 1,), not falling."""
    if np.isnan(cuts).any():
        return np.full(len(scores), -1)
    return np.where(np.isnan(scores), -1, np.searchsorted(cuts, scores, side="right"))


def cuts_of_same_shares(scores: Floats, published: NDArray[np.intp], weights: Floats, tiers: int) -> Floats:
    """Cuts (tiers - 1,) of other scores at which the tiers have the shares that they had.

    scores: (N,), NaN for none. published: (N,), place of each respondent's tier, -1 for none. Shares are weighted, and
    of those who have a tier. A cut is a score that somebody has, or infinity for nobody above it; of these, the one
    whose share below is nearest to the published share below, the lower one where two are equally near. So respondents
    with one score stay together, and shares are as near as ties allow. NaN where nobody had a tier or has a score.
    """
    had, has = published >= 0, ~np.isnan(scores)
    before, now = weights[had].sum(), weights[has].sum()
    if not (before > 0 and now > 0):
        return np.full(tiers - 1, np.nan)
    below = np.cumsum(np.bincount(published[had], weights[had], minlength=tiers))[:-1] / before
    place, values = pd.factorize(scores[has], sort=True)
    reached = np.concatenate([[0.0], np.cumsum(np.bincount(place, weights[has]))]) / now
    # Rounded, so that what is equally near is found so.
    nearest = np.argmin(np.round(np.abs(reached[None, :] - below[:, None]), 12), axis=1)
    return np.append(values, np.inf)[nearest]
