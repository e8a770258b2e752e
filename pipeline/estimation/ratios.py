"""The ratio of two shares and its intervals, for two independent groups without weights.

Everything here takes counts of any shapes that broadcast, x yes among n in groups a and b, and raises
ValueError for negative counts or yes above base. Intervals are (low, high) at `level`: NaN where a base
is 0, infinity for no upper limit. Without any yes the ratio can be anything, 0 to infinity.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.estimation.counts import Floats, have_base, two_groups
from pipeline.estimation.quantiles import normal_quantile
from pipeline.estimation.score_limits import corrected_quantile, score_limits
from pipeline.estimation.shares import wilson_interval


def risk_ratio(x_a: ArrayLike, n_a: ArrayLike, x_b: ArrayLike, n_b: ArrayLike) -> Floats:
    """p_a / p_b: infinity where p_b is 0 and p_a is not, NaN for 0/0 or where a base is 0."""
    x_a, n_a, x_b, n_b = two_groups(x_a, n_a, x_b, n_b)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((x_a * n_b) / (n_a * x_b))


def miettinen_nurminen(
    x_a: ArrayLike, n_a: ArrayLike, x_b: ArrayLike, n_b: ArrayLike, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Score interval with the variance corrected by N / (N - 1); excludes 1 where `score_p_value` < 1 - level.

    Source: Miettinen and Nurminen (1985); equals R `ratesci::scoreci(contrast = "RR", skew = FALSE)` and
    `contingencytables::MiettinenNurminen_asymptotic_score_CI_ratio_2x2`.
    """
    counts = two_groups(x_a, n_a, x_b, n_b)
    return score_limits(_score, counts, corrected_quantile(counts, level), counts.x_a > 0, counts.x_b > 0)


def koopman(
    x_a: ArrayLike, n_a: ArrayLike, x_b: ArrayLike, n_b: ArrayLike, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Score interval without a correction of the variance.

    Source: Koopman (1984); equals R `contingencytables::Koopman_asymptotic_score_CI_2x2` and
    `PropCIs::riskscoreci`.
    """
    counts = two_groups(x_a, n_a, x_b, n_b)
    critical = np.full(counts.x_a.shape, normal_quantile(level))
    return score_limits(_score, counts, critical, counts.x_a > 0, counts.x_b > 0)


def mover_wilson(
    x_a: ArrayLike, n_a: ArrayLike, x_b: ArrayLike, n_b: ArrayLike, level: float = 0.95
) -> tuple[Floats, Floats]:
    """MOVER-R: recovers the variances of both shares from their Wilson limits. Bases may be effective sizes.

    Source: Donner and Zou (2012), rearranged so that nothing cancels; equals R
    `contingencytables::MOVER_R_Wilson_CI_ratio_2x2`.
    """
    x_a, n_a, x_b, n_b = counts = two_groups(x_a, n_a, x_b, n_b)
    low_a, high_a = wilson_interval(x_a, n_a, level)
    low_b, high_b = wilson_interval(x_b, n_b, level)
    with np.errstate(invalid="ignore", divide="ignore"):
        p_a, p_b = x_a / n_a, x_b / n_b
        below_a = low_a * (2 * p_a - low_a)  # p_a**2 - (p_a - low_a)**2
        below_b = low_b * (2 * p_b - low_b)
        low = below_a / (p_a * p_b + np.hypot((p_a - low_a) * p_b, (high_b - p_b) * np.sqrt(below_a)))
        high = (p_a * p_b + np.hypot((p_b - low_b) * p_a, (high_a - p_a) * np.sqrt(below_b))) / below_b
    known = have_base(counts)
    return _where_any_yes(low, x_a, 0.0, known), _where_any_yes(high, x_b, np.inf, known)


def katz(x_a: ArrayLike, n_a: ArrayLike, x_b: ArrayLike, n_b: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
    """Normal interval of the log ratio, a reference: 0 to infinity where a count is 0, [1, 1] at n/n v n/n.

    Source: Katz et al. (1978); equals R `contingencytables::Katz_log_CI_2x2`.
    """
    counts = two_groups(x_a, n_a, x_b, n_b)
    low, high = _log_interval(level, *counts)
    known, any_yes = have_base(counts), np.minimum(counts.x_a, counts.x_b)
    return _where_any_yes(low, any_yes, 0.0, known), _where_any_yes(high, any_yes, np.inf, known)


def walter(
    x_a: ArrayLike, n_a: ArrayLike, x_b: ArrayLike, n_b: ArrayLike, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Katz with a half added to every count and base, a reference: always finite, [1, 1] at n/n v n/n.

    Source: Walter (1975); equals R `contingencytables::Adjusted_log_CI_2x2`.
    """
    counts = two_groups(x_a, n_a, x_b, n_b)
    low, high = _log_interval(level, *(count + 0.5 for count in counts))
    known = have_base(counts)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def _log_interval(level: float, x_a: Floats, n_a: Floats, x_b: Floats, n_b: Floats) -> tuple[Floats, Floats]:
    """exp(log ratio -+ z sqrt(1/x_a - 1/n_a + 1/x_b - 1/n_b))."""
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = (n_a - x_a) / (n_a * x_a) + (n_b - x_b) / (n_b * x_b)
        reach = np.exp(normal_quantile(level) * np.sqrt(variance))
        ratio = (x_a * n_b) / (n_a * x_b)
        return ratio / reach, ratio * reach


def _where_any_yes(limit: Floats, yes: Floats, otherwise: float, known: NDArray[np.bool_]) -> Floats:
    return np.where(known, np.where(yes > 0, limit, otherwise), np.nan)


def _score(log_ratio: Floats, x_a: Floats, n_a: Floats, x_b: Floats, n_b: Floats) -> Floats:
    """Koopman's statistic (p_a - r p_b) / se, se from the shares most likely under the ratio r.

    Those shares p and their complements q solve quadratics with one discriminant. Each is taken by the
    root, and the discriminant by the sum, in which nothing cancels: at x = n a complement is tiny, and
    1 - p would lose it.
    """
    r, excess = np.exp(log_ratio), np.expm1(log_ratio)
    n, no_a, no_b = n_a + n_b, n_a - x_a, n_b - x_b
    linear_p = r * (n_a + x_b) + x_a + n_b
    linear_qa = n + no_a - r * (n_a + x_b)
    linear_qb = r * (n + no_b) - (x_a + n_b)
    with np.errstate(invalid="ignore", divide="ignore"):
        root = np.sqrt(
            np.where(excess < 0, linear_qb**2 - 4 * n * r * no_b * excess, linear_qa**2 + 4 * n * no_a * excess)
        )
        p_b = 2 * (x_a + x_b) / (linear_p + root)
        q_a = np.where(linear_qa < 0, 2 * no_a * excess / (root - linear_qa), (root + linear_qa) / (2 * n))
        q_b = np.where(linear_qb < 0, -2 * no_b * excess / (root - linear_qb), (root + linear_qb) / (2 * n * r))
        se = np.sqrt(r * p_b * (q_a / n_a + r * q_b / n_b))
        gap = x_a / n_a - r * x_b / n_b
        return np.where(gap == 0, 0.0, gap / se)
