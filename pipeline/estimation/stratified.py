"""Risk ratios pooled over a stratifier (Mantel-Haenszel), whether strata agree, and whether pooling turns them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, fdtrc

from pipeline.estimation.counts import Floats, two_groups
from pipeline.estimation.quantiles import normal_quantile, t_quantile
from pipeline.estimation.ratios import miettinen_nurminen, risk_ratio
from pipeline.estimation.variance import Numbers, Sampling, by_number, unit_covariance, unit_variance

Bools = NDArray[np.bool_]
NO_SPREAD = 1e-9
SAME = 1e-12
"""Relative: ratios this near to 1 are 1, and sums of weights this near to each other are the same."""
ONE_STRATUM = "no test of homogeneity: fewer than two strata"


@dataclass(frozen=True)
class StratifiedRatio:
    """Ratios of a against b by indicator, (K,) each, NaN where there is none.

    crude, crude_low, crude_high: of the same respondents without strata. ratio, low, high, se_log_ratio: pooled.
    df: of t, infinity for the normal distribution. q, q_df, q_p: statistic, degrees of freedom and p value of the
    test that all strata have one ratio. used, left_out: strata with and without information on the ratio.
    reversed: crude and pooled lie on different sides of 1; both_clear: and both intervals exclude 1.
    reason: why something is NaN, or which strata the test left out; else empty.
    """

    crude: Floats
    crude_low: Floats
    crude_high: Floats
    ratio: Floats
    low: Floats
    high: Floats
    se_log_ratio: Floats
    df: Floats
    q: Floats
    q_df: Floats
    q_p: Floats
    used: Floats
    left_out: Floats
    reversed: Bools
    both_clear: Bools
    reason: NDArray[np.object_]


@dataclass(frozen=True)
class _Pooled:
    """Sums of one pooled ratio: top and bottom of it (K,), and which strata (S, K) have information."""

    top: Floats
    bottom: Floats
    informative: Bools

    @property
    def ratio(self) -> Floats:
        """Infinity where only the bottom is 0, NaN for 0/0."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.top / self.bottom


def mantel_haenszel(
    x_a: ArrayLike, n_a: ArrayLike, x_b: ArrayLike, n_b: ArrayLike, level: float = 0.95
) -> StratifiedRatio:
    """Pooled ratio of independent respondents without weights, from counts by stratum, (S, K) each.

    x_a yes of n_a respondents against x_b of n_b. A stratum in which a group has nobody, or nobody says yes, tells
    nothing of the ratio: it is left out and counted, but stays in the crude ratio.
    Limits are normal on the log scale. The test of homogeneity is Q, the squared distances of the strata's log ratios
    from the pooled one over their variances, with informative strata - 1 degrees of freedom; a stratum with a count
    of 0 is moved by half a respondent for it (Walter), one in which all say yes is not in it.
    Crude limits: Miettinen-Nurminen. Raises ValueError for counts that are negative or exceed their base.
    Source: Mantel and Haenszel (1959); variance: Greenland and Robins (1985), Biometrics 41; Q: Rothman, Greenland and
    Lash (2008), chapter 15.
    """
    x_a, n_a, x_b, n_b = two_groups(x_a, n_a, x_b, n_b)
    if x_a.ndim != 2:
        raise ValueError("counts must be strata by indicators")
    pooled = _pooled(x_a, n_a, x_b, n_b)
    n = np.where(n_a + n_b > 0, n_a + n_b, 1.0)
    some = (pooled.top > 0) & (pooled.bottom > 0)
    spread = (((x_a + x_b) * n_a * n_b - x_a * x_b * n) / n**2 * pooled.informative).sum(axis=0)
    se = np.sqrt(np.maximum(spread, 0.0) / np.where(some, pooled.top * pooled.bottom, np.nan))
    crude = [v.sum(axis=0) for v in (x_a, n_a, x_b, n_b)]
    crude_low, crude_high = miettinen_nurminen(crude[0], crude[1], crude[2], crude[3], level)
    q, q_df, q_reason = _q(x_a, n_a, x_b, n_b, np.where(some, pooled.ratio, np.nan), pooled.informative)
    q_p = np.where(q_df > 0, chdtrc(np.maximum(q_df, 1.0), np.nan_to_num(q)), np.nan)
    q_p = np.where(np.isnan(q), np.nan, q_p)
    df = np.full(se.shape, np.inf)
    return _stratified(
        pooled, se, df, normal_quantile(level), (risk_ratio(*crude), crude_low, crude_high), (q, q_df, q_p), q_reason,
        (x_a, n_a, x_b, n_b),
    )  # fmt: skip


def weighted_mantel_haenszel(
    yes: ArrayLike,
    in_a: ArrayLike,
    in_b: ArrayLike,
    stratum: ArrayLike,
    weights: ArrayLike,
    psu: ArrayLike,
    design: Sampling,
    level: float = 0.95,
) -> StratifiedRatio:
    """The same under weights and a design, from N respondents of the whole sample: counts are sums of weights.

    yes: (N, K), 1, 0 or NaN outside the base. in_a, in_b: (N,) bool, disjoint. stratum: (N,) whole numbers from 0,
    negative where unknown: such respondents are left out. psu: (N,) number of the design's unit.
    The standard error is that of the linearised log ratio, limits are t with the design's df. Homogeneity: Wald's F of
    equal log ratios over strata with the design's covariance, strata without one left out; q is the Wald statistic.
    Raises ValueError for groups that share respondents.
    Source: Graubard, Fears and Gail (1989), Biometrics 45, for the weighted sums; linearisation as Deville (1999);
    Wald's F: Korn and Graubard (1990), (df - q_df + 1) / (df q_df) of the statistic.
    """
    y, w, code = np.asarray(yes, float), np.asarray(weights, float), np.asarray(stratum, np.intp)
    a, b, unit = np.asarray(in_a, bool), np.asarray(in_b, bool), np.asarray(psu, np.intp)
    if np.any(a & b):
        raise ValueError("the groups share respondents")
    there = (a | b) & (code >= 0) & (w > 0)
    y, w, code, a, unit = y[there], w[there], code[there], a[there], unit[there]
    w = w / w.mean() if len(w) else w
    base = np.where(np.isnan(y), 0.0, w[:, None])
    yes_w = np.nan_to_num(y) * base
    strata = int(code.max(initial=-1)) + 1

    def counts(number: Numbers, size: int) -> tuple[Floats, Floats, Floats, Floats]:
        found = (by_number(number[group], v[group], size) for group in (a, ~a) for v in (yes_w, base))
        x_a, n_a, x_b, n_b = found
        return x_a, n_a, x_b, n_b

    def influence(number: Numbers, x_a: Floats, n_a: Floats, x_b: Floats, n_b: Floats) -> Floats:
        """Of each respondent on the log of the pooled ratio, (M, K)."""
        pooled = _pooled(x_a, n_a, x_b, n_b)
        n = np.where(n_a + n_b > 0, n_a + n_b, 1.0)
        top = np.where(pooled.top > 0, pooled.top, np.nan)
        bottom = np.where(pooled.bottom > 0, pooled.bottom, np.nan)
        of_yes = np.where(a[:, None], (n_b / n / top)[number], (-n_a / n / bottom)[number])
        in_a = (-x_a * n_b / top - x_b * n_b / bottom) / n**2
        in_b = (x_a * n_a / top + x_b * n_a / bottom) / n**2
        return np.asarray(yes_w * of_yes + base * np.where(a[:, None], in_a[number], in_b[number]))

    def error(values: Floats) -> Floats:
        return np.sqrt(unit_variance(design, by_number(unit, values, len(design.stratum))))

    t = float(t_quantile(level, design.df))
    by_stratum, together = counts(code, strata), counts(np.zeros_like(code), 1)
    pooled, crude = _pooled(*by_stratum), _pooled(*together)
    se = error(influence(code, *by_stratum))
    crude_se = error(influence(np.zeros_like(code), *together))
    crude_se = np.where(crude_se > NO_SPREAD, crude_se, np.nan)
    with np.errstate(over="ignore", divide="ignore"):
        limits = [np.exp(np.log(crude.ratio) + sign * t * crude_se) for sign in (-1, 1)]
    tests = _wald(by_stratum, pooled.informative, base, yes_w, a, code, unit, design)
    df = np.full(se.shape, float(design.df))
    return _stratified(pooled, se, df, t, (crude.ratio, limits[0], limits[1]), tests[:3], tests[3], by_stratum)


def _pooled(x_a: Floats, n_a: Floats, x_b: Floats, n_b: Floats) -> _Pooled:
    n = np.where(n_a + n_b > 0, n_a + n_b, 1.0)
    return _Pooled((x_a * n_b / n).sum(axis=0), (x_b * n_a / n).sum(axis=0), (n_a > 0) & (n_b > 0) & (x_a + x_b > 0))


def _q(
    x_a: Floats, n_a: Floats, x_b: Floats, n_b: Floats, ratio: Floats, informative: Bools
) -> tuple[Floats, Floats, NDArray[np.object_]]:
    """Q around the pooled ratio, its degrees of freedom, and a note where strata are not in it."""
    half = np.where((x_a == 0) | (x_b == 0), 0.5, 0.0)
    in_test = informative & ((x_a < n_a) | (x_b < n_b))
    a, m_a, b, m_b = (np.where(in_test, v + half, 1.0) for v in (x_a, n_a, x_b, n_b))
    variance = np.where(in_test, 1 / a - 1 / m_a + 1 / b - 1 / m_b, 1.0)
    apart = np.log(a / m_a) - np.log(b / m_b) - np.log(ratio)
    count = in_test.sum(axis=0)
    q = np.where((count > 1) & ~np.isnan(ratio), (np.where(in_test, apart, 0.0) ** 2 / variance).sum(axis=0), np.nan)
    reason = np.full(q.shape, "", object)
    alike = (informative & ~in_test).sum(axis=0)
    for k in np.flatnonzero(alike):
        reason[k] = f"{alike[k]} strata where all say yes are not in the test of homogeneity"
    for k in np.flatnonzero(np.isnan(q)):
        reason[k] = "; ".join(filter(None, (reason[k], ONE_STRATUM)))
    return q, np.where(np.isnan(q), np.nan, count - 1.0), reason


def _wald(
    counts: tuple[Floats, Floats, Floats, Floats],
    informative: Bools,
    base: Floats,
    yes: Floats,
    in_a: Bools,
    code: Numbers,
    unit: Numbers,
    design: Sampling,
) -> tuple[Floats, Floats, Floats, NDArray[np.object_]]:
    """Wald statistic of equal log ratios over strata, its degrees of freedom, the p value of its F, and a note."""
    x_a, n_a, x_b, n_b = counts
    q, q_df, q_p = (np.full(x_a.shape[1], np.nan) for _ in range(3))
    reason = np.full(x_a.shape[1], "", object)
    in_test = informative & (x_a > 0) & (x_b > 0) & ((x_a < n_a) | (x_b < n_b))
    for k in range(x_a.shape[1]):
        used = np.flatnonzero(in_test[:, k])
        missing = int(informative[:, k].sum()) - len(used)
        if missing:
            reason[k] = f"{missing} strata without a log ratio are not in the test of homogeneity"
        free = len(used) - 1
        if free < 1 or design.df - free + 1 <= 0:
            none = ONE_STRATUM if free < 1 else "no test of homogeneity: too few sampling units"
            reason[k] = "; ".join(filter(None, (reason[k], none)))
            continue
        p_a, p_b = x_a[used, k] / n_a[used, k], x_b[used, k] / n_b[used, k]
        place = np.full(len(x_a), -1)
        place[used] = np.arange(len(used))
        rows = place[code] >= 0
        which = place[code[rows]]
        share, total = (np.where(in_a[rows], v[0][which], v[1][which]) for v in (
            (p_a, p_b), (x_a[used, k], -x_b[used, k])))  # fmt: skip
        values = np.zeros((rows.sum(), len(used)))
        values[np.arange(len(values)), which] = (yes[rows, k] - base[rows, k] * share) / total
        # differences from the first stratum
        contrast = np.hstack([-np.ones((free, 1)), np.eye(free)])
        covariance = contrast @ _covariance(design, by_number(unit[rows], values, len(design.stratum))) @ contrast.T
        apart = contrast @ (np.log(p_a) - np.log(p_b))
        if np.isnan(covariance).any() or np.linalg.matrix_rank(covariance, hermitian=True) < free:
            none = "no test of homogeneity: the design does not tell the error"
            reason[k] = "; ".join(filter(None, (reason[k], none)))
            continue
        q[k], q_df[k] = apart @ np.linalg.solve(covariance, apart), free
        rest = design.df - free + 1
        q_p[k] = fdtrc(free, rest, q[k] * rest / (design.df * free))
    return q, q_df, q_p, reason


def _covariance(design: Sampling, values: Floats) -> Floats:
    """`unit_covariance`, in one product where no stratum has a unit alone."""
    units = design.units
    if np.any(units == 1):
        return unit_covariance(design, values)
    mean = by_number(design.stratum, values, len(units)) / np.maximum(units, 1.0)[:, None]
    factor = np.sqrt((1 - design.fraction) * units / np.maximum(units - 1, 1.0))
    spread = (values - mean[design.stratum]) * factor[design.stratum, None]
    return np.asarray(spread.T @ spread)


def _stratified(
    pooled: _Pooled,
    se: Floats,
    df: Floats,
    quantile: float,
    crude: tuple[Floats, Floats, Floats],
    test: tuple[Floats, Floats, Floats],
    notes: NDArray[np.object_],
    counts: tuple[Floats, Floats, Floats, Floats],
) -> StratifiedRatio:
    """The record: limits, the flag, and reasons. counts: by stratum; where a group's yes are all, its part of the error
    is next to nothing, so that there is none."""
    reason = notes.copy()
    ratio = pooled.ratio
    all_a, all_b = ((x >= n * (1 - SAME)).all(axis=0, where=pooled.informative) for x, n in (counts[:2], counts[2:]))
    both_say = (pooled.top > 0) & (pooled.bottom > 0)
    se = np.where(both_say & (se > NO_SPREAD) & ~all_a & ~all_b, se, np.nan)
    used = pooled.informative.sum(axis=0).astype(float)
    for holds, word in (
        (used == 0, "no stratum has both groups and somebody who says yes"),
        (
            (used > 0) & ((pooled.top == 0) | (pooled.bottom == 0)),
            "no interval: in these strata only one group says yes",
        ),
        (both_say & np.isnan(se), "no interval: no standard error"),
        (both_say & all_b, "no interval: everybody in group b says yes"),
        (both_say & all_a, "no interval: everybody in group a says yes"),
        (both_say & all_a & all_b, "no interval: everybody in both groups says yes"),
    ):
        reason[holds] = word
    with np.errstate(over="ignore", divide="ignore"):
        low, high = (np.exp(np.log(ratio) + sign * quantile * se) for sign in (-1, 1))
    (above, below), (pooled_above, pooled_below) = ((r > 1 + SAME, r < 1 - SAME) for r in (crude[0], ratio))
    reversed_ = (above & pooled_below) | (below & pooled_above)
    clear = ((crude[1] > 1) | (crude[2] < 1)) & ((low > 1) | (high < 1))
    left_out = len(pooled.informative) - used
    return StratifiedRatio(
        *crude, ratio, low, high, se, np.where(np.isnan(se), np.nan, df), *test, used, left_out, reversed_,
        reversed_ & clear, reason,
    )  # fmt: skip
