"""The odds ratio of two shares and its interval; never worded as likelihood.

Takes counts as `ratios` does: any shapes that broadcast, x yes among n in groups a and b, ValueError for
negative counts or yes above base.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from pipeline.estimation.counts import Floats, two_groups
from pipeline.estimation.score_limits import corrected_quantile, score_limits


def odds_ratio(x_a: ArrayLike, n_a: ArrayLike, x_b: ArrayLike, n_b: ArrayLike) -> Floats:
    """Odds of yes in a over odds in b: infinity where only they diverge, NaN where all say yes, none or no base."""
    x_a, n_a, x_b, n_b = two_groups(x_a, n_a, x_b, n_b)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((x_a * (n_b - x_b)) / ((n_a - x_a) * x_b))


def miettinen_nurminen(
    x_a: ArrayLike, n_a: ArrayLike, x_b: ArrayLike, n_b: ArrayLike, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Score interval with the variance corrected by N / (N - 1); excludes 1 where `score_p_value` < 1 - level.

    Returns (low, high): NaN where a base is 0, infinity for no upper limit, 0 to infinity where all say
    yes or none does.
    Source: Miettinen and Nurminen (1985); equals R
    `contingencytables::MiettinenNurminen_asymptotic_score_CI_OR_2x2`.
    """
    counts = two_groups(x_a, n_a, x_b, n_b)
    no_a, no_b = counts.n_a - counts.x_a, counts.n_b - counts.x_b
    bounded_below = (counts.x_a > 0) & (no_b > 0)
    bounded_above = (counts.x_b > 0) & (no_a > 0)
    return score_limits(_score, counts, corrected_quantile(counts, level), bounded_below, bounded_above)


def _score(log_odds: Floats, x_a: Floats, n_a: Floats, x_b: Floats, n_b: Floats) -> Floats:
    """Cornfield's statistic: yes in a beyond what the odds ratio lets expect, over its standard error.

    The expected table has the margins of the observed one, so the surplus of a is the shortfall of b. It is
    taken from b where b is all yes or all no, because there that difference does not cancel.
    """
    no_a, no_b = n_a - x_a, n_b - x_b
    yes, no = x_a + x_b, no_a + no_b
    with np.errstate(invalid="ignore", divide="ignore"):
        yes_a, yes_b = _expected(yes, n_a, n_b, -log_odds), _expected(yes, n_b, n_a, log_odds)
        none_a, none_b = _expected(no, n_a, n_b, log_odds), _expected(no, n_b, n_a, -log_odds)
        surplus_a = (x_a * none_a - no_a * yes_a) / n_a
        shortfall_b = (no_b * yes_b - x_b * none_b) / n_b
        surplus = np.where((x_b == 0) | (no_b == 0), shortfall_b, surplus_a)
        return np.asarray(surplus * np.sqrt(1 / yes_a + 1 / none_a + 1 / yes_b + 1 / none_b))


def _expected(total: Floats, n: Floats, n_other: Floats, log_odds: Floats) -> Floats:
    """How many of total fall to a group of n, where the other group's odds are exp(log_odds) times its own.

    The root of (t - e)(n - e) = odds e (m - t + e), written so that nothing cancels.
    """
    odds, excess = np.exp(log_odds), np.expm1(log_odds)
    linear = odds * (n_other - total) + total + n
    root = np.sqrt(
        np.where(
            excess < 0,
            (n - total + odds * (n_other + total)) ** 2 - 4 * odds * excess * n_other * total,
            linear**2 + 4 * excess * n * total,
        )
    )
    return np.where(linear < 0, (root - linear) / (2 * excess), 2 * n * total / (root + linear))
