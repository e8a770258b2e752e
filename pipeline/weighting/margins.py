"""Margins of a population, as raking needs them: checked, with those who did not answer set apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]

NO_ANSWER = -1
ROUNDING = 0.01
"""How far printed shares may sum from 1 (.33 three times), and totals of counts from each other, relatively."""
FEWEST_COUNTED = 200
"""Sums below it that are neither 1 nor 100 are taken for mistaken shares, not for counts of a population."""


@dataclass(frozen=True)
class Margin:
    """One margin over N respondents. name: as errors give it. category: (N,) numbers of target's entries, those without
    an answer one past the last. target: (K,) shares of those with an answer, sum 1. total: population, NaN for shares.
    """

    name: str
    category: Numbers
    target: Floats
    total: float


def checked_margins(
    categories: Sequence[ArrayLike],
    targets: Sequence[ArrayLike],
    present: NDArray[np.bool_],
    names: Sequence[str],
    labels: Sequence[Sequence[str]],
) -> tuple[Margin, ...]:
    """Margins of `rake`, whose errors these are; targets as shares, whatever they came as."""
    if len(categories) != len(targets) or not categories:
        raise ValueError("every margin needs the respondents' categories and the targets, and there must be a margin")
    if any(given and len(given) != len(targets) for given in (names, labels)):
        raise ValueError("names and labels must be given for every margin, or for none")
    found = []
    for i, (category, target) in enumerate(zip(categories, targets, strict=True)):
        name = names[i] if names else f"margin {i + 1}"
        shares, total = _shares(name, np.asarray(target, float))
        own = labels[i] if labels else [f"category {k}" for k in range(len(shares))]
        found.append(Margin(name, _checked(name, np.asarray(category), shares, present, own), shares, total))
    totals = [margin.total for margin in found if not np.isnan(margin.total)]
    if totals and max(totals) > min(totals) * (1 + ROUNDING):
        listed = ", ".join(f"{margin.name} {margin.total:,.0f}" for margin in found if not np.isnan(margin.total))
        raise ValueError(f"margins count different populations: {listed}")
    return tuple(found)


def population(margins: Sequence[Margin], respondents: int) -> float:
    """What weights sum to: the first margin's population where all are counts, else the number of respondents."""
    return float(respondents) if any(np.isnan(margin.total) for margin in margins) else margins[0].total


def _shares(name: str, target: Floats) -> tuple[Floats, float]:
    if target.ndim != 1 or not len(target) or not np.all(np.isfinite(target)) or np.any(target < 0):
        raise ValueError(f"{name}: targets must be a list of numbers from 0")
    total = float(target.sum())
    if any(abs(total / whole - 1) <= ROUNDING + 1e-9 for whole in (1, 100)):
        return target / total, np.nan
    if total < FEWEST_COUNTED:
        raise ValueError(
            f"{name}: targets sum to {total:g}; give shares that sum to 1, percentages that sum to 100, "
            f"or counts of a population ({FEWEST_COUNTED} at least)"
        )
    return target / total, total


def _checked(
    name: str, category: NDArray[np.generic], target: Floats, present: NDArray[np.bool_], labels: Sequence[str]
) -> Numbers:
    if category.shape != present.shape or category.dtype.kind not in "iu":
        raise ValueError(f"{name}: needs a whole number for each of {len(present)} respondents")
    if len(labels) != len(target):
        raise ValueError(f"{name}: needs a label for each of {len(target)} targets")
    number = category.astype(np.intp)
    if np.any((number < NO_ANSWER) | (number >= len(target))):
        raise ValueError(f"{name}: categories must lie between {NO_ANSWER} (no answer) and {len(target) - 1}")
    number = np.where(number == NO_ANSWER, len(target), number)
    n = np.bincount(number[present], minlength=len(target) + 1)[:-1]
    for k in np.flatnonzero((n == 0) & (target > 0)).tolist():
        raise ValueError(
            f"{name}: nobody is in {labels[k]}, which should be {target[k]:.2%}; merge it with another category"
        )
    for k in np.flatnonzero((n > 0) & (target == 0)).tolist():
        raise ValueError(f"{name}: {labels[k]} should be 0% but has {n[k]:,} respondents; leave them out beforehand")
    return number
