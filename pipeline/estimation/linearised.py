"""Ratios of weighted shares by Taylor linearisation, from cells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr

from pipeline.estimation.counts import Floats
from pipeline.estimation.quantiles import t_quantile

ROUNDING = 1e-9
"""Relative slack between sums of the same weights that were added up in another order."""


@dataclass(frozen=True)
class LogRatio:
    """Log ratio of two weighted shares: arrays of shape (K,), one entry an indicator.

    estimate, se: log(p_a / p_b) and its standard error, NaN where a share is 0 or has no base.
    df: degrees of freedom of the design.
    p_a, se_p_a, p_b, se_p_b: the shares and their linearised standard errors, NaN without a base.
    """

    estimate: Floats
    se: Floats
    df: int
    p_a: Floats
    se_p_a: Floats
    p_b: Floats
    se_p_b: Floats


@dataclass(frozen=True)
class Contrast:
    """A difference of two shares, or of their log odds: arrays of shape (K,). NaN where it is not defined."""

    estimate: Floats
    se: Floats
    df: int


@dataclass(frozen=True)
class _Cells:
    """Sums over disjoint sets of respondents, checked; names as in `linearised_log_ratio`."""

    stratum: NDArray[np.intp]  # 0 to the number of strata - 1
    n: Floats
    w_base: Floats
    w_yes: Floats
    ww_base: Floats
    ww_yes: Floats
    in_a: NDArray[np.bool_]  # (C, 1), as in_b
    in_b: NDArray[np.bool_]


def linearised_log_ratio(
    stratum: ArrayLike,
    n: ArrayLike,
    w_base: ArrayLike,
    w_yes: ArrayLike,
    ww_base: ArrayLike,
    ww_yes: ArrayLike,
    in_a: ArrayLike,
    in_b: ArrayLike,
) -> LogRatio:
    """Log ratio of the shares of groups a and b, where respondents are their own sampling units.

    Rows are C cells: disjoint sets of respondents that make up the whole sample, those in neither group too.
    stratum: (C,) whole numbers. n: (C,) all analysed respondents, in an indicator's base or not.
    w_base, w_yes: (C, K) sums of weights over the base and the yes of K indicators.
    ww_base, ww_yes: (C, K) the same of squared weights.
    in_a, in_b: (C,) bool; a cell may be in both, as where a stands against everyone.
    Every standard error is NaN where a stratum has one respondent, whose variance the design does not tell.
    Raises ValueError for shapes that do not fit, negative sums, yes above base, or weights without respondents.
    Source: linearisation as in Woodruff (1971); equals R `survey`: `svyby(covmat = TRUE)` on
    `svydesign(ids = ~1, strata, weights)`, then the delta method on the log scale; df is R's `degf`,
    respondents minus strata.
    """
    cells = _checked_cells(stratum, n, [w_base, w_yes, ww_base, ww_yes], in_a, in_b)
    a, b = cells.in_a, cells.in_b
    base_a, yes_a = _totals(cells, a)
    base_b, yes_b = _totals(cells, b)
    p_a, p_b = yes_a / base_a, yes_b / base_b
    some_yes_a, some_yes_b = _nan_for_zero(yes_a), _nan_for_zero(yes_b)
    return LogRatio(
        estimate=np.log(some_yes_a / base_a) - np.log(some_yes_b / base_b),
        se=_standard_error(cells, a / some_yes_a - b / some_yes_b, a / base_a - b / base_b),
        df=_df(cells),
        p_a=p_a,
        se_p_a=_standard_error(cells, a / base_a, a * p_a / base_a),
        p_b=p_b,
        se_p_b=_standard_error(cells, b / base_b, b * p_b / base_b),
    )


def linearised_difference(
    stratum: ArrayLike,
    n: ArrayLike,
    w_base: ArrayLike,
    w_yes: ArrayLike,
    ww_base: ArrayLike,
    ww_yes: ArrayLike,
    in_a: ArrayLike,
    in_b: ArrayLike,
) -> Contrast:
    """p_a - p_b with the covariance of both shares. Arguments, errors and source as `linearised_log_ratio`."""
    return _contrast(_checked_cells(stratum, n, [w_base, w_yes, ww_base, ww_yes], in_a, in_b), log_odds=False)


def linearised_log_odds_ratio(
    stratum: ArrayLike,
    n: ArrayLike,
    w_base: ArrayLike,
    w_yes: ArrayLike,
    ww_base: ArrayLike,
    ww_yes: ArrayLike,
    in_a: ArrayLike,
    in_b: ArrayLike,
) -> Contrast:
    """log of the odds ratio, NaN where a share is 0 or 1. Otherwise as `linearised_log_ratio`."""
    return _contrast(_checked_cells(stratum, n, [w_base, w_yes, ww_base, ww_yes], in_a, in_b), log_odds=True)


def _contrast(cells: _Cells, log_odds: bool) -> Contrast:
    a, b = cells.in_a, cells.in_b
    base_a, yes_a = _totals(cells, a)
    base_b, yes_b = _totals(cells, b)
    p_a, p_b = yes_a / base_a, yes_b / base_b
    slope_a, slope_b = (_slope(p_a), _slope(p_b)) if log_odds else (np.ones_like(p_a), np.ones_like(p_b))
    # p p / (p (1 - p)) is the odds
    estimate = np.log(p_a * slope_a * p_a) - np.log(p_b * slope_b * p_b) if log_odds else p_a - p_b
    alpha = a * slope_a / base_a - b * slope_b / base_b
    beta = a * slope_a * p_a / base_a - b * slope_b * p_b / base_b
    return Contrast(estimate, _standard_error(cells, alpha, beta), _df(cells))


def _slope(p: Floats) -> Floats:
    """Derivative of the log odds, NaN at 0 and 1."""
    return 1 / np.where((p > 0) & (p < 1), p * (1 - p), np.nan)


def _df(cells: _Cells) -> int:
    """Respondents minus strata, over the whole design."""
    return int(cells.n.sum()) - len(np.unique(cells.stratum))


def t_p_value(estimate: Floats, se: Floats, df: int) -> Floats:
    """Two-sided p value of estimate 0, NaN where it or its standard error is, or where that is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.where(se > 0, estimate / se, np.nan)
    return np.asarray(2 * stdtr(float(df), -np.abs(t)))


def t_limits(log_ratio: LogRatio | Contrast, level: float = 0.95) -> tuple[Floats, Floats]:
    """Limits (low, high) of the ratio or odds ratio, shape (K,), with the t quantile at the design's df.

    NaN where the standard error is, or where df is not positive. Where all say yes in both groups the
    linearised standard error is 0 and both limits are the ratio: ask for another method there.
    """
    half = t_quantile(level, log_ratio.df) * log_ratio.se
    with np.errstate(over="ignore"):
        return np.exp(log_ratio.estimate - half), np.exp(log_ratio.estimate + half)


def _totals(cells: _Cells, group: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Weights of a group's base, NaN for none, and of its yes."""
    return _nan_for_zero((group * cells.w_base).sum(axis=0)), (group * cells.w_yes).sum(axis=0)


def _nan_for_zero(total: Floats) -> Floats:
    return np.where(total > 0, total, np.nan)


def _standard_error(cells: _Cells, alpha: Floats, beta: Floats) -> Floats:
    """Of an estimate whose linearised value is z = w (alpha y - beta) for a respondent of its base, else 0.

    alpha, beta: (C, K), constant within a cell, so that sums of z and z squared follow from the cell's.
    V = sum over strata of n / (n - 1) (sum z**2 - (sum z)**2 / n).
    """
    n = _by_stratum(cells, cells.n[:, None])
    z = _by_stratum(cells, alpha * cells.w_yes - beta * cells.w_base)
    zz = _by_stratum(cells, (alpha**2 - 2 * alpha * beta) * cells.ww_yes + beta**2 * cells.ww_base)
    spread = np.maximum(zz - z**2 / n, 0.0)  # rounding may leave it just below 0
    return np.asarray(np.sqrt((spread * n / np.where(n > 1, n - 1, np.nan)).sum(axis=0)))


def _by_stratum(cells: _Cells, values: Floats) -> Floats:
    """Sums of (C, K) values within strata."""
    sums = np.zeros((cells.stratum.max(initial=-1) + 1, values.shape[1]))
    np.add.at(sums, cells.stratum, values)
    return sums


def _checked_cells(stratum: ArrayLike, n: ArrayLike, sums: list[ArrayLike], in_a: ArrayLike, in_b: ArrayLike) -> _Cells:
    """The cells that hold respondents, their strata numbered from 0."""
    n = np.asarray(n, float)
    flags = [np.asarray(flag) for flag in (stratum, in_a, in_b)]
    totals = [np.asarray(total, float) for total in sums]
    w_base, w_yes, ww_base, ww_yes = totals
    if n.ndim != 1 or any(flag.shape != n.shape for flag in flags):
        raise ValueError("stratum, n, in_a and in_b must be lists of one length, one entry a cell")
    if w_base.ndim != 2 or any(total.shape != (len(n), w_base.shape[1]) for total in totals):
        raise ValueError("sums of weights must be cells by indicators, all of one shape")
    if any(np.any(total < 0) for total in (n, *totals)):
        raise ValueError("counts and sums of weights must not be negative")
    if np.any(w_yes > w_base * (1 + ROUNDING)) or np.any(ww_yes > ww_base * (1 + ROUNDING)):
        raise ValueError("yes must not exceed its base")
    if np.any(w_base[n == 0] > 0):
        raise ValueError("a cell without respondents must not have weights")
    _, number = np.unique(flags[0][n > 0], return_inverse=True)
    groups = [flag[n > 0, None].astype(bool) for flag in flags[1:]]
    return _Cells(number, n[n > 0], *(total[n > 0] for total in totals), *groups)
