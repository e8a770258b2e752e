"""Limits from a score test: the effects that the test does not reject."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize.elementwise import find_root

from pipeline.estimation.counts import Floats, TwoGroups, have_base
from pipeline.estimation.quantiles import normal_quantile

Score = Callable[..., Floats]

REACH = 80.0
"""Logarithm of the largest effect looked for: beyond any limit of a table of fewer than 1e12 respondents."""

TOLERANCES = {"xatol": 1e-13, "xrtol": 1e-14}
"""Of the logarithm: 13 digits of a limit. The default is below the score's own rounding, where find_root warns."""


def corrected_quantile(counts: TwoGroups, level: float) -> Floats:
    """Normal quantile for Miettinen and Nurminen's variance, which is larger by N / (N - 1); one a table."""
    n = counts.n_a + counts.n_b
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(normal_quantile(level) * np.sqrt(n / (n - 1)))


def score_limits(
    score: Score,
    counts: TwoGroups,
    critical: Floats,
    bounded_below: NDArray[np.bool_],
    bounded_above: NDArray[np.bool_],
) -> tuple[Floats, Floats]:
    """Where a score statistic crosses its critical value, for every table at once.

    score(log_effect, x_a, n_a, x_b, n_b): the standardised statistic, falling as the effect grows.
    critical: how far from 0 the statistic may lie, the shape of the counts.
    bounded_below, bounded_above: the tables that have such a limit at all.
    Returns (low, high) of the effect: 0 and infinity where there is no limit, NaN where a base is 0.
    """
    known = have_base(counts)
    low = np.where(known, 0.0, np.nan)
    high = np.where(known, np.inf, np.nan)
    below, above = known & bounded_below, known & bounded_above
    low[below] = _crossing(score, counts, critical, below)
    high[above] = _crossing(score, counts, -critical, above)
    return low, high


def _crossing(score: Score, counts: TwoGroups, target: Floats, where: NDArray[np.bool_]) -> Floats:
    """Effects at which the score equals target. Its tails are exponential; arcsinh makes them straight."""

    def distance(log_effect: Floats, target: Floats, *table: Floats) -> Floats:
        return np.asarray(np.arcsinh(score(log_effect, *table)) - target)

    tables = (np.arcsinh(target[where]), *(count[where] for count in counts))
    found = find_root(distance, (-REACH, REACH), args=tables, tolerances=TOLERANCES)
    if not np.all(found.success):
        raise ArithmeticError(f"no score limit found for {np.sum(~found.success)} tables")
    return np.asarray(np.exp(found.x))
