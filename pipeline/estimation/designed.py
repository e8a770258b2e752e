"""Two groups compared under weights, strata, sampling units or replicates: every column of a finding."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.estimation.counts import Floats
from pipeline.estimation.covariance import SharePair, Shares
from pipeline.estimation.mover import mover_difference, mover_odds_ratio, mover_p_value, mover_ratio
from pipeline.estimation.quantiles import t_p_value, t_quantile
from pipeline.estimation.shares import wilson_limits

FEW = 10.0
"""Expected yes (or no) at the effective base under which a normal interval of the log ratio is not trusted."""

ROUNDING = 1e-9
CANCELLED = 1e-13
"""Part of the largest term below which a sum of variances is rounding."""

LINEARISED = "linearised log ratio, t"
MOVER = "MOVER-R of Wilson limits at effective bases, t"


def designed_estimates(pair: SharePair, everyone: Shares, simple: NDArray[np.bool_], level: float) -> dict[str, Any]:
    """Columns of `findings` for pairs of groups, arrays of the pair's shape. everyone: shares of all analysed.

    simple: pairs without weights and design, whose effective bases are their bases.

    The log ratio with its linearised (or replicate) standard error and a t interval at the design's degrees of
    freedom; where a group's effective yes or no are fewer than 10, or a share is 0 or 1, MOVER-R from Wilson limits
    at effective bases with the correlation of both shares (Donner and Zou 2012), and the p value of that interval.
    """
    n_eff_a, n_eff_b = (np.where(simple, g.n, effective_base(g, everyone)) for g in (pair.a, pair.b))
    few = _few(pair.a.p, n_eff_a) | _few(pair.b.p, n_eff_b)
    found: dict[str, Any] = _linear(pair, level)
    if np.any(few):
        cautious = _cautious(pair.at(few), n_eff_a[few], n_eff_b[few], level)
        for name, values in cautious.items():
            found[name][few] = values
    for end, group, n_eff in (("a", pair.a, n_eff_a), ("b", pair.b, n_eff_b)):
        found |= {
            f"x_{end}": group.x, f"n_{end}": group.n, f"weighted_base_{end}": group.weighted_base,
            f"p_{end}": group.p, f"n_eff_{end}": n_eff, f"n_eff_kish_{end}": group.n_eff_kish, f"df_{end}": group.df,
        }  # fmt: skip
    return found | {
        "ratio": _ratio(pair),
        "se_log_ratio": _nan_for_zero(_se_log(pair)),
        "difference": pair.a.p - pair.b.p,
        "odds_ratio": _odds_ratio(pair),
        "df": pair.df,
        "deff": _over(_nan_for_zero(_se_log(pair)) ** 2, pair.simple),
        "method": np.where(few, MOVER, LINEARISED).astype(object),
    }


def effective_base(group: Shares, everyone: Shares) -> Floats:
    """n_eff: the base of a simple random sample that would tell the share as well, at most n.

    p (1 - p) / v; where nobody or everybody says yes, so that v is 0, Kish's base over the design effect that clusters
    have on the same indicator among everyone.
    """
    spread = _over(group.p * (1 - group.p), group.variance)
    cluster = np.fmax(1.0, _over(everyone.n_eff_kish * everyone.variance, everyone.p * (1 - everyone.p)))
    certain = (group.p == 0) | (group.p == 1)
    known = np.where(certain, group.n_eff_kish / np.where(np.isnan(cluster), 1.0, cluster), spread)
    return np.minimum(group.n, known)


def _few(p: Floats, n_eff: Floats) -> NDArray[np.bool_]:
    return np.asarray(np.minimum(p, 1 - p) * n_eff < FEW * (1 - ROUNDING))


def _ratio(pair: SharePair) -> Floats:
    """p_a / p_b: infinity where only p_b is 0, NaN for 0/0 or without a base."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(pair.a.p / pair.b.p)


def _odds_ratio(pair: SharePair) -> Floats:
    p_a, p_b = pair.a.p, pair.b.p
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((p_a * (1 - p_b)) / ((1 - p_a) * p_b))


def _se_log(pair: SharePair) -> Floats:
    p_a, p_b = (np.where(group.p > 0, group.p, np.nan) for group in (pair.a, pair.b))
    return _root_of_sum(pair.a.variance / p_a**2, pair.b.variance / p_b**2, -2 * pair.covariance / (p_a * p_b))


def _linear(pair: SharePair, level: float) -> dict[str, Floats]:
    """t limits. No limits where the error is 0: a group against itself, or all who say yes."""
    p_a, p_b = pair.a.p, pair.b.p
    reach = t_quantile(level, pair.df)
    se = _nan_for_zero(_se_log(pair))
    se_difference = _nan_for_zero(_root_of_sum(pair.a.variance, pair.b.variance, -2 * pair.covariance))
    slope_a, slope_b = (_over(np.ones_like(p), p * (1 - p)) for p in (p_a, p_b))
    se_odds = _nan_for_zero(_root_of_sum(
        slope_a**2 * pair.a.variance, slope_b**2 * pair.b.variance, -2 * slope_a * slope_b * pair.covariance
    ))  # fmt: skip
    ratio, odds, difference = _ratio(pair), _odds_ratio(pair), p_a - p_b
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        log_ratio = np.log(np.where(ratio > 0, ratio, np.nan))
        return {
            "ratio_low": ratio * np.exp(-reach * se), "ratio_high": ratio * np.exp(reach * se),
            "difference_low": np.maximum(difference - reach * se_difference, -1.0),
            "difference_high": np.minimum(difference + reach * se_difference, 1.0),
            "odds_ratio_low": odds * np.exp(-reach * se_odds), "odds_ratio_high": odds * np.exp(reach * se_odds),
            "p_value": t_p_value(log_ratio / se, pair.df),
        }  # fmt: skip


def _cautious(pair: SharePair, n_eff_a: Floats, n_eff_b: Floats, level: float) -> dict[str, Floats]:
    reach = t_quantile(level, pair.df)
    limits = [wilson_limits(p, n_eff, reach) for p, n_eff in ((pair.a.p, n_eff_a), (pair.b.p, n_eff_b))]
    correlation = np.clip(np.nan_to_num(_over(pair.covariance, _root(pair.a.variance * pair.b.variance))), -1.0, 1.0)
    same = correlation > 1 - ROUNDING  # the same respondents in both groups: nothing is compared
    both = (np.where(same, np.nan, pair.a.p), *limits[0], pair.b.p, *limits[1], correlation)
    found: dict[str, Floats] = {}
    for name, method in (("ratio", mover_ratio), ("difference", mover_difference), ("odds_ratio", mover_odds_ratio)):
        found[f"{name}_low"], found[f"{name}_high"] = method(*both)
    found["p_value"] = mover_p_value(both[0], n_eff_a, pair.b.p, n_eff_b, correlation, pair.df)
    return found


def _root_of_sum(*parts: Floats) -> Floats:
    """Square root of a variance, 0 where the parts cancel but for rounding."""
    largest = np.max(np.abs(parts), axis=0)
    variance = np.sum(parts, axis=0)
    return _root(np.where(variance <= CANCELLED * largest, np.minimum(variance, 0.0), variance))


def _root(variance: Floats) -> Floats:
    """Square root of a variance; rounding may leave it just below 0."""
    return np.asarray(np.sqrt(np.where(variance > 0, variance, np.where(np.isnan(variance), np.nan, 0.0))))


def _nan_for_zero(se: Floats) -> Floats:
    return np.where(se > 0, se, np.nan)


def _over(above: Floats, below: Floats) -> Floats:
    return np.asarray(np.divide(above, below, out=np.full(np.shape(below), np.nan), where=np.asarray(below) > 0))
