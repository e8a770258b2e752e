"""The interval of one share.

Intervals are (low, high) from 0 to 1, NaN where there is no base or no variance to build them on.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betainccinv, betaincinv, expit

from pipeline.estimation.counts import Floats, checked_counts
from pipeline.estimation.quantiles import normal_quantile, t_quantile

ROUNDING = 1e-9
"""How far beyond 0 or 1 rounding may leave a share, or beyond 1 a correlation."""

ALL = 1e-12
"""How far under 1 rounding may leave the share of a base that all say yes."""


def wilson_interval(yes: ArrayLike, base: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
    """Wilson score interval of a share.

    yes, base: counts, any shapes that broadcast; base may be an effective sample size.
    level: coverage, 0 to 1.
    Returns (low, high), shares from 0 to 1, NaN where base is 0. Low is 0 at yes = 0 and high is 1 at
    yes = base to the last bit, where statsmodels' `proportion_confint` is off by a rounding error.
    Raises ValueError for negative counts or yes above base.
    Source: Wilson (1927); equals R `prop.test(correct = FALSE)`.
    """
    yes, base = checked_counts(yes, base)
    z = np.float64(normal_quantile(level))
    return _low(yes, base, z), 1.0 - _low(base - yes, base, z)


def wilson_limits(share: ArrayLike, n_eff: ArrayLike, quantile: ArrayLike) -> tuple[Floats, Floats]:
    """Wilson score interval of a weighted share at its effective base, from any two-sided quantile.

    share, n_eff, quantile (such as `t_quantile(0.95, df)`): any shapes that broadcast.
    Returns (low, high), NaN where n_eff or quantile is not positive and finite.
    Raises ValueError for a share outside 0 to 1.
    Source: Wilson (1927), with t and n_eff as Dean and Pagano (2015) and Franco et al. (2019) use it for surveys.
    """
    share, n_eff, quantile = np.broadcast_arrays(
        checked_share(share), np.asarray(n_eff, float), np.asarray(quantile, float)
    )
    n_eff = np.where((n_eff > 0) & np.isfinite(n_eff), n_eff, np.nan)
    quantile = np.where((quantile > 0) & np.isfinite(quantile), quantile, np.nan)
    return _low(share * n_eff, n_eff, quantile), 1.0 - _low((1 - share) * n_eff, n_eff, quantile)


def logit_interval(share: ArrayLike, se: ArrayLike, df: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
    """Interval of a weighted share that is symmetric for its log odds, with the t quantile.

    share, se (its standard error), df: any shapes that broadcast; df may be infinite.
    Returns (low, high), NaN where share is 0 or 1, se is not positive or df is not.
    Raises ValueError for a share outside 0 to 1.
    Source: Korn and Graubard (1998); equals R `survey::svyciprop(method = "logit", df = degf(design))`.
    """
    share, se, df = np.broadcast_arrays(checked_share(share), np.asarray(se, float), np.asarray(df, float))
    known = (share > 0) & (share < 1) & (se > 0)
    p = np.where(known, share, np.nan)
    with np.errstate(over="ignore"):
        centre, reach = np.log(p / (1 - p)), t_quantile(level, df) * se / (p * (1 - p))
    return expit(centre - reach), expit(centre + reach)


def clopper_pearson(yes: ArrayLike, base: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
    """Exact interval of a share: the shares under which so many yes, or so few, are not too rare.

    yes, base: counts, any shapes that broadcast; they need not be whole. Returns (low, high), NaN where base is 0.
    Raises ValueError for negative counts or yes above base.
    Source: Clopper and Pearson (1934) by quantiles of the beta distribution; equals R `binom.test`.
    """
    yes, base = checked_counts(yes, base)
    tail = (1 - level) / 2 if 0 < level < 1 else normal_quantile(level)  # which refuses it
    no, known = base - yes, base > 0
    low = np.where(yes > 0, betaincinv(np.where(yes > 0, yes, 1.0), no + 1, tail), 0.0)
    high = np.where(no > 0, betainccinv(yes + 1, np.where(no > 0, no, 1.0), tail), 1.0)
    known &= ~np.isnan(yes)
    return np.where(known, low, np.nan), np.where(known, high, np.nan)


def korn_graubard(
    share: ArrayLike, n_eff: ArrayLike, n: ArrayLike, df: ArrayLike, level: float = 0.95, at_most_n: bool = False
) -> tuple[Floats, Floats]:
    """Clopper-Pearson's interval at the effective base, reduced for few degrees of freedom.

    share; n_eff, p (1 - p) / se**2 as R takes it or the design's own, which also serves a share of 0 or 1;
    n, unweighted base; df of the design: any shapes that broadcast. n_eff is multiplied by the square of
    t(n - 1) / t(df). at_most_n: cap the result at n, as NCHS does and R does not.
    Returns (low, high), NaN where n_eff is not positive or finite, or df is not positive, or n is under 2.
    Raises ValueError for a share outside 0 to 1.
    Source: Korn and Graubard (1998); equals R `survey::svyciprop(method = "beta")` and, with at_most_n,
    Stata `kg_nchs` (Ward 2019).
    """
    share, n_eff, n, df = np.broadcast_arrays(
        checked_share(share), *(np.asarray(value, float) for value in (n_eff, n, df))
    )
    reduced = n_eff * (t_quantile(level, n - 1) / t_quantile(level, df)) ** 2
    if at_most_n:
        reduced = np.minimum(reduced, n)
    known = (reduced > 0) & np.isfinite(reduced) & ~np.isnan(share)
    base = np.where(known, reduced, 0.0)
    return clopper_pearson(np.where(known, np.minimum(share * base, base), 0.0), base, level)


def checked_share(share: ArrayLike) -> Floats:
    """Shares as floats, where all say yes exactly 1 although sums of weights may have been rounded to either side.

    Raises ValueError for shares outside 0 to 1 by more than that.
    """
    share = np.asarray(share, float)
    if np.any((share < -ROUNDING) | (share > 1 + ROUNDING)):
        raise ValueError("a share must lie between 0 and 1")
    return np.where(share > 1 - ALL, 1.0, np.maximum(share, 0.0))


def _low(yes: Floats, base: Floats, z: Floats | np.float64) -> Floats:
    """The smaller root, as the product of both roots over the larger one: nothing cancels near 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share = yes / base
        larger = yes + z**2 / 2 + z * np.sqrt(share * (base - yes) + z**2 / 4)
        return np.asarray(yes * share / larger)
