"""Changes of shares, means and ratios between two waves, of other respondents or partly the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.estimation.counts import Floats
from pipeline.estimation.mover import mover_difference, mover_p_value
from pipeline.estimation.quantiles import t_p_value, t_quantile
from pipeline.estimation.score_test import score_p_value
from pipeline.estimation.shares import wilson_limits

LEVEL = 0.95


@dataclass(frozen=True)
class Change:
    """Changes with limits, standard errors and p values, each of one shape."""

    change: Floats
    low: Floats
    high: Floats
    se: Floats
    p: Floats


@dataclass(frozen=True)
class ShareOf:
    """Shares of one wave. df: infinite where there is no design. simple: without weights and design."""

    x: Floats
    n: Floats
    p: Floats
    n_eff: Floats
    df: Floats
    simple: NDArray[np.bool_]


def share_change(before: ShareOf, after: ShareOf, covariance: Floats, level: float = LEVEL) -> Change:
    """Change of shares.

    covariance: of the two shares, 0 where no respondent is in both waves. Limits by MOVER, with their correlation, from
    Wilson's limits at effective bases with the t quantile at both waves' degrees of freedom, as of differences between
    groups; the test is the score test of counts without design and overlap, else the one whose interval reaches 0 at
    that level (`mover_p_value`), so that p and interval agree.
    Source: Newcombe (1998), method 10; Zou and Donner (2008), Zou (2007) for the correlation.
    """
    variance = [_over(s.p * (1 - s.p), s.n_eff) for s in (before, after)]
    correlation = _correlation(covariance, *variance)
    df = before.df + after.df
    limits = [wilson_limits(s.p, s.n_eff, t_quantile(level, df)) for s in (after, before)]
    low, high = mover_difference(after.p, *limits[0], before.p, *limits[1], correlation)
    se = np.sqrt(np.maximum(variance[0] + variance[1] - 2 * covariance, 0.0))
    counted = before.simple & after.simple & (covariance == 0)
    zero = np.zeros_like(before.n)
    of = [np.where(counted, values, zero) for values in (after.x, after.n, before.x, before.n)]
    p = np.where(
        counted,
        score_p_value(*of),
        mover_p_value(after.p, after.n_eff, before.p, before.n_eff, correlation, np.where(counted, np.nan, df)),
    )
    return Change(after.p - before.p, low, high, se, p)


def mean_change(
    before: Floats, se_before: Floats, df_before: Floats, after: Floats, se_after: Floats, df_after: Floats,
    covariance: Floats,
) -> Change:  # fmt: skip
    """Change of means with a t interval; degrees of freedom by Welch and Satterthwaite.

    Source: R `t.test(var.equal = FALSE)` where nobody is in both waves; the covariance is taken twice from the
    variance else.
    """
    first, second = se_before**2, se_after**2
    se = np.sqrt(np.maximum(first + second - 2 * covariance, 0.0))
    df = _over((first + second) ** 2, _over(first**2, df_before) + _over(second**2, df_after))
    half = t_quantile(LEVEL, df) * se
    change = after - before
    return Change(change, change - half, change + half, se, t_p_value(_over(change, se), df))


def ratio_change(
    before: Floats, limits_before: tuple[Floats, Floats], se_before: Floats,
    after: Floats, limits_after: tuple[Floats, Floats], se_after: Floats, covariance: Floats,
) -> Change:  # fmt: skip
    """The later ratio over the former, with limits by MOVER on the logarithms, each ratio's own limits given.

    se: standard errors of the log ratios; covariance: of the log ratios. NaN where a ratio is 0 or infinite. The
    test is Wald's on the logarithm.
    Source: Zou and Donner (2008) for the sum of two log ratios.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        (a, a_low, a_high), (b, b_low, b_high) = (
            [np.log(values) for values in group] for group in ((after, *limits_after), (before, *limits_before))
        )
        correlation = np.clip(_over(covariance, se_before * se_after), -1.0, 1.0)
        correlation = np.where(np.isfinite(correlation), correlation, 0.0)

        def reach(one: Floats, other: Floats) -> Floats:
            return np.sqrt(np.maximum(one**2 + other**2 - 2 * correlation * one * other, 0.0))

        change = a - b
        low, high = change - reach(a - a_low, b_high - b), change + reach(a_high - a, b - b_low)
        se = np.sqrt(np.maximum(se_before**2 + se_after**2 - 2 * covariance, 0.0))
        p = t_p_value(_over(change, se), np.full(change.shape, np.inf))
        known = np.isfinite(change)
        return Change(*(np.where(known, v, np.nan) for v in (np.exp(change), np.exp(low), np.exp(high), se, p)))


def _correlation(covariance: Floats, first: Floats, second: Floats) -> Floats:
    root = np.sqrt(first * second)
    return np.clip(np.where(root > 0, _over(covariance, root), 0.0), -0.999, 0.999)


def _over(above: Floats, below: Floats) -> Floats:
    above, below = np.broadcast_arrays(np.asarray(above, float), np.asarray(below, float))
    return np.asarray(np.divide(above, below, out=np.full(below.shape, np.nan), where=below > 0))
