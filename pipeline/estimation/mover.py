"""Two shares compared by the limits of each: MOVER, the method of variance estimates recovery.

Sound with few events and at shares of 0 and 1, where linearised intervals are not, and for estimates that are
correlated, such as those of groups that share sampling units. Everything takes arrays of any shapes that
broadcast. correlation is that of the two estimates; where a share is 0 or 1 it has no variance, so an unknown
correlation (NaN) counts as 0 there. An interval without width, of estimates that move as one, is NaN.
Raises ValueError for a correlation beyond -1 or 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize.elementwise import find_root

from pipeline.estimation.counts import Floats
from pipeline.estimation.quantiles import t_p_value, t_quantile
from pipeline.estimation.shares import ROUNDING, checked_share, wilson_limits

LOG_QUANTILES = (-40.0, 21.0)
"""Where the search for a p value begins and ends: logarithms of quantiles that are 0 and infinity in effect."""

NO_WIDTH = 1e-12
"""What rounding leaves of a width of 0."""

LEVEL = 0.95
"""Where the search is cut in two, so that rounding cannot make p and the published interval disagree."""


def mover_ratio(
    p_a: ArrayLike,
    low_a: ArrayLike,
    high_a: ArrayLike,
    p_b: ArrayLike,
    low_b: ArrayLike,
    high_b: ArrayLike,
    correlation: ArrayLike,
) -> tuple[Floats, Floats]:
    """Limits of the ratio p_a / p_b from limits of p_a and p_b, at the level of those.

    Returns (low, high): low is 0 where p_a is 0, high infinity where p_b is 0, so that 0/0 says 0 to infinity;
    NaN where anything is unknown. Excludes 1 where `mover_difference` excludes 0.
    The limits are the R at which the MOVER limits of p_a - R p_b are 0.
    Source: Donner and Zou (2012), rearranged so that nothing cancels; equals R
    `contingencytables::MOVER_R_Wilson_CI_ratio_2x2` without correlation.
    """
    p_a, low_a, high_a, p_b, low_b, high_b, r = _prepared(p_a, low_a, high_a, p_b, low_b, high_b, correlation)
    return _ratio_limits(p_a, low_a, high_a, p_b, low_b, high_b, r)


def mover_difference(
    p_a: ArrayLike,
    low_a: ArrayLike,
    high_a: ArrayLike,
    p_b: ArrayLike,
    low_b: ArrayLike,
    high_b: ArrayLike,
    correlation: ArrayLike,
) -> tuple[Floats, Floats]:
    """Limits of the difference p_a - p_b from limits of p_a and p_b, at the level of those.

    Returns (low, high) between -1 and 1; NaN where anything is unknown.
    Source: Zou and Donner (2008), Zou (2007) for correlated estimates; Newcombe's (1998) method 10 where the
    limits are Wilson's and there is no correlation.
    """
    p_a, low_a, high_a, p_b, low_b, high_b, r = _prepared(p_a, low_a, high_a, p_b, low_b, high_b, correlation)
    low = p_a - p_b - _apart(p_a - low_a, high_b - p_b, r)
    high = p_a - p_b + _apart(high_a - p_a, p_b - low_b, r)
    return _with_width(np.clip(low, -1.0, 1.0), np.clip(high, -1.0, 1.0))


def mover_odds_ratio(
    p_a: ArrayLike,
    low_a: ArrayLike,
    high_a: ArrayLike,
    p_b: ArrayLike,
    low_b: ArrayLike,
    high_b: ArrayLike,
    correlation: ArrayLike,
) -> tuple[Floats, Floats]:
    """Limits of the odds ratio from limits of both shares: MOVER for the ratio of the odds.

    Where a share is 1 and its odds infinite, yes and no change places. Returns (low, high): 0 to infinity where
    both shares are 0 or both 1; NaN where one is 0 and the other 1, or anything is unknown.
    It can exclude 1 where the ratio does not: its p value is its own.
    Source: Donner and Zou (2012) with the limits of the odds. R `contingencytables` 3.0
    `MOVER_R_Wilson_CI_OR_2x2` puts the limits of the shares where those of the odds belong, so it differs.
    """
    p_a, low_a, high_a, p_b, low_b, high_b, r = _prepared(p_a, low_a, high_a, p_b, low_b, high_b, correlation)
    a, b = (p_a, low_a, high_a), (p_b, low_b, high_b)
    no_a, no_b = (1 - p_a, 1 - high_a, 1 - low_a), (1 - p_b, 1 - high_b, 1 - low_b)
    full = (p_a == 1) | (p_b == 1)
    upper = [_odds(np.where(full, no, yes)) for no, yes in zip(no_b, a, strict=True)]
    lower = [_odds(np.where(full, no, yes)) for no, yes in zip(no_a, b, strict=True)]
    known = np.isfinite(upper[0]) & np.isfinite(lower[0])
    p, low, high, q, other_low, other_high = (np.where(known, odds, np.nan) for odds in (*upper, *lower))
    return _ratio_limits(p, low, high, q, other_low, other_high, r)


def mover_p_value(
    p_a: ArrayLike, n_eff_a: ArrayLike, p_b: ArrayLike, n_eff_b: ArrayLike, correlation: ArrayLike, df: ArrayLike
) -> Floats:
    """Two-sided p value of p_a = p_b: 1 less the level at which an interval of the difference reaches 0.

    The interval is `mover_difference` from Wilson's limits at n_eff_a and n_eff_b with the t quantile at df
    (may be infinite), so that p < 0.05 exactly where the 95% interval of the ratio excludes 1. Highly correlated
    shares can exclude it at every level, because their limits stop at 0 and 1 while the variance recovered from
    them shrinks: there p is the t test's with the variance recovered at 95%, which agrees with that interval too.
    NaN where an n_eff or df is not positive, and where the interval has no width. Raises ValueError for shares
    outside 0 to 1.
    """
    given = (checked_share(p_a), n_eff_a, checked_share(p_b), n_eff_b, correlation, df)
    p_a, n_a, p_b, n_b, r, df = np.broadcast_arrays(*(np.asarray(value, float) for value in given))
    r = _checked_correlation(r, p_a, p_b)
    known = (n_a > 0) & (n_b > 0) & np.isfinite(n_a + n_b) & (df > 0) & ~np.isnan(p_a + p_b + r)
    p = np.where(known, 1.0, np.nan)
    differ = known & (np.abs(p_a - p_b) > ROUNDING)
    if np.any(differ):
        p[differ] = _p_values(*(value[differ] for value in (p_a, n_a, p_b, n_b, r, df)))
    return p


def _p_values(p_a: Floats, n_a: Floats, p_b: Floats, n_b: Floats, r: Floats, df: Floats) -> Floats:
    """p values of shares that differ. The limit of the larger less the smaller one falls from above to 0."""
    larger = p_a > p_b
    groups = tuple(np.where(larger, a, b) for a, b in ((p_a, p_b), (n_a, n_b), (p_b, p_a), (n_b, n_a)))
    table, gap, published = (*groups, r), np.abs(p_a - p_b), t_quantile(LEVEL, df)
    reach = _reach(published, *table)
    with np.errstate(divide="ignore"):
        p = t_p_value(published * gap / reach, df)
    p[reach == 0] = np.nan  # no variance was recovered: the difference has no interval either
    holds, (first, last) = reach >= gap, LOG_QUANTILES
    lower = np.where(holds, first, np.log(published))
    upper = np.where(holds, np.log(published), last)
    reached = _reach(np.exp(upper), *table) >= gap
    if np.any(reached):

        def beyond(log_quantile: Floats, gap: Floats, *table: Floats) -> Floats:
            return np.asarray(_reach(np.exp(log_quantile), *table) - gap)

        searched = tuple(value[reached] for value in (gap, *table))
        found = find_root(beyond, (lower[reached], upper[reached]), args=searched)
        p[reached] = t_p_value(np.exp(found.x), df[reached])
    return p


def _reach(quantile: Floats, p_a: Floats, n_a: Floats, p_b: Floats, n_b: Floats, r: Floats) -> Floats:
    """From p_a - p_b down to its lower limit at a quantile."""
    low_a, _ = wilson_limits(p_a, n_a, quantile)
    _, high_b = wilson_limits(p_b, n_b, quantile)
    return _apart(p_a - low_a, high_b - p_b, r)


def _apart(first: Floats, second: Floats, r: Floats) -> Floats:
    """sqrt(first**2 + second**2 - 2 r first second), a sum of squares, so that rounding leaves it real."""
    return np.hypot(first - r * second, np.sqrt((1 - r) * (1 + r)) * second)


def _ratio_limits(
    p_a: Floats, low_a: Floats, high_a: Floats, p_b: Floats, low_b: Floats, high_b: Floats, r: Floats
) -> tuple[Floats, Floats]:
    low = _lower_limit(p_a, low_a, p_b, high_b, r)
    inverse = _lower_limit(p_b, low_b, p_a, high_a, r)  # swapping groups inverts
    with np.errstate(divide="ignore", over="ignore"):
        return _with_width(low, 1 / inverse)


def _with_width(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    wide = low + np.abs(low) * NO_WIDTH + NO_WIDTH < high
    return np.where(wide, low, np.nan), np.where(wide, high, np.nan)


def _lower_limit(p_a: Floats, low_a: Floats, p_b: Floats, high_b: Floats, r: Floats) -> Floats:
    """The R > 0 at which the lower limit of p_a - R p_b is 0; 0 where p_a is.

    With d = p_a - low_a and e = high_b - p_b it is the root of A - 2 B R + C R**2, A = p_a**2 - d**2,
    B = p_a p_b - r d e, C = p_b**2 - e**2; B**2 - A C is written as a sum of squares.
    """
    d, e = p_a - low_a, high_b - p_b
    squared_a = low_a * (2 * p_a - low_a)
    squared_b = high_b * (2 * p_b - high_b)
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = p_a * p_b - r * d * e
        root = np.hypot(d * p_b - r * p_a * e, e * np.sqrt((1 - r) * (1 + r) * squared_a))
        low = np.where(middle >= 0, squared_a / (middle + root), (root - middle) / -squared_b)
    unknown = np.isnan(p_a + low_a + p_b + high_b + r)
    return np.where(unknown, np.nan, np.where((p_a == 0) | np.isinf(high_b), 0.0, low))


def _odds(share: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(share / (1 - share))


def _prepared(*given: ArrayLike) -> tuple[NDArray[np.float64], ...]:
    """Shares and limits checked, and the correlation last, all of one shape."""
    *shares, r = np.broadcast_arrays(*(checked_share(value) for value in given[:-1]), np.asarray(given[-1], float))
    return (*shares, _checked_correlation(r, shares[0], shares[3]))


def _checked_correlation(r: Floats, p_a: Floats, p_b: Floats) -> Floats:
    if np.any(np.abs(r) > 1 + ROUNDING):
        raise ValueError("a correlation must lie between -1 and 1")
    constant = (p_a == 0) | (p_a == 1) | (p_b == 0) | (p_b == 1)
    return np.where(np.isnan(r) & constant, 0.0, np.clip(r, -1.0, 1.0))
