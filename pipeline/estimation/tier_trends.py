"""Whether an indicator rises with maturity: trend over ordered tiers, and association with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import chdtrc, fdtrc

from pipeline.cells.sums import Cells, covering
from pipeline.estimation.counts import Floats
from pipeline.estimation.covariance import design_df, linearised_covariance, linearised_variance
from pipeline.estimation.multiplicity import benjamini_hochberg
from pipeline.estimation.plan import Plan, WeightedCells
from pipeline.estimation.quantiles import t_p_value, t_quantile
from pipeline.estimation.replicates import replicate_covariance
from pipeline.estimation.share_table import LEVEL
from pipeline.weighting.replication import Replication, Scales

ARMITAGE = "Cochran-Armitage test; log-linear slope with robust error"
DESIGNED = "log-linear slope with design-based error, t"
MOST_STEPS = 100
CONVERGED = 1e-12
START_YES, START_NO, R_EPSILON = 1.1, 0.1, 1e-8  # of R's glm
STEEPEST = 30.0  # log ratio of neighbouring tiers beyond which a slope is none
NOTHING = 1e-6  # an error, or a design effect, that only rounding keeps from 0
NOBODY = "no trend: nobody with a tier in the base"
NO_SPREAD = "no trend: all say yes, or none does"
ONE_TIER = "no trend: one tier only"
NO_SLOPE = "no slope: yes in the lowest or in the highest tier only"
NO_ERROR = "no interval: the design does not tell the error"
NO_DF = "no interval: too few sampling units"


def tier_trend_rows(wave: str, weighted: WeightedCells, tiers: Sequence[str]) -> pd.DataFrame:
    """Rows of table `tier_trends`: each indicator over the tiers in their order, of respondents with a tier.

    ratio_per_tier: exp of the slope of a log-linear model with the tier's position, its interval by a t quantile with
    robust, or design-based, errors. p: Cochran and Armitage's test without weights and design, else that of the slope.
    association: Rao and Scott's second-order F test of indicator by tier. q: Benjamini-Hochberg over the indicators.
    Sources: Armitage (1955), equals R `prop.trend.test`; `svyglm(family = quasipoisson)`; Rao and Scott (1984),
    equals R `svychisq(statistic = "F")`.
    """
    cells, plan = covering(weighted.cells, None, None), weighted.plan
    place = np.array([tiers.index(tier) if tier in tiers else -1 for tier in cells.tier], dtype=np.intp)
    x, n = (_by_tier(getattr(cells, name), place, len(tiers)) for name in ("n_yes", "n_base"))
    yes, base = (_by_tier(getattr(cells, name), place, len(tiers)) for name in ("w_yes", "w_base"))
    slope, se = _slope_with_error(cells, place, yes, base, plan)
    df = n.sum(axis=0) - 2 if plan.kind == "simple" else np.full(slope.shape, design_df(cells, plan) - 1)
    df = np.where(df > 0, df, np.nan)
    if plan.kind == "simple":
        statistic, p = cochran_armitage(x, n)
    else:
        statistic, p = slope / se, t_p_value(slope / se, df)
    half = t_quantile(LEVEL, df) * se
    association = [_association(cells, place, k, len(tiers), plan) for k in range(len(cells.indicators))]
    with np.errstate(over="ignore", invalid="ignore"):
        frame = pd.DataFrame({
            "wave": wave, "indicator": list(cells.indicators), "weighting": plan.weighting,
            "tiers": (n > 0).sum(axis=0), "x": x.sum(axis=0).astype(int), "n": n.sum(axis=0).astype(int),
            "ratio_per_tier": np.exp(slope), "ratio_per_tier_low": np.exp(slope - half),
            "ratio_per_tier_high": np.exp(slope + half), "se_log_ratio_per_tier": se, "statistic": statistic, "df": df,
            "p_value": p, "association_f": [a[0] for a in association], "association_df": [a[1] for a in association],
            "association_p_value": [a[2] for a in association], "ci_level": LEVEL,
            "method": ARMITAGE if plan.kind == "simple" else DESIGNED + plan.words,
        })  # fmt: skip
    frame["q_value"] = benjamini_hochberg(frame["p_value"], ["trend"] * len(frame))
    no_spread = (x.sum(axis=0) == 0) | (x.sum(axis=0) == n.sum(axis=0))
    filled = (n > 0).sum(axis=0)
    reasons = [(filled == 0, NOBODY), (filled == 1, ONE_TIER), (no_spread, NO_SPREAD), (np.isnan(slope), NO_SLOPE),
               (np.isnan(se), NO_ERROR), (np.isnan(df), NO_DF)]  # fmt: skip
    frame["reason"] = np.select([flag for flag, _ in reasons], [reason for _, reason in reasons], default="")
    return frame


def cochran_armitage(x: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Chi-squared statistic and p value of a linear trend in shares x / n over T ordered groups, (T, K) -> (K,).

    NaN where all say yes, none does, or one group has respondents.
    Source: Armitage (1955); equals R `prop.trend.test` with scores 1 to T.
    """
    score = np.arange(1.0, len(n) + 1)[:, None]
    total = n.sum(axis=0)
    p = _over(x.sum(axis=0), total)
    surplus = (score * (x - n * p)).sum(axis=0)
    spread = p * (1 - p) * ((n * score**2).sum(axis=0) - _over((n * score).sum(axis=0) ** 2, total))
    statistic = _over(surplus**2, np.where(spread > CONVERGED * total, spread, 0.0))
    return statistic, np.where(np.isnan(statistic), np.nan, chdtrc(1.0, np.nan_to_num(statistic)))


def log_slope(
    yes: Floats, base: Floats, mean_weight: Floats | None = None, start: Floats | None = None
) -> tuple[Floats, Floats, Floats]:
    """Slope of log share on position by quasi-likelihood of a Poisson model: sums (..., T, K).

    mean_weight: (K,), what R divides weights by, which the end depends on; of replicates it divides by their sum.
    start: (T, K) fitted shares to start from, as R's replicates do from those of the full sample.

    Returns slope (..., K), NaN where there is none, fitted shares (..., T, K), and those of the step before, by which
    R weighs when it takes the error.
    Source: iteratively reweighted least squares with the start and the end of R `glm(family = quasipoisson)`, y + 0.1
    and a deviance that changes by less than 1e-8 of itself, so that figures equal R's to the last digit printed.
    """
    score = np.arange(1.0, yes.shape[-2] + 1)[:, None]
    lowest = np.where(base > 0, score, np.inf).min(axis=-2, initial=np.inf)[..., None, :]
    highest = np.where(base > 0, score, -np.inf).max(axis=-2, initial=-np.inf)[..., None, :]
    known = ((yes > 0) & (score > lowest)).any(axis=-2) & ((yes > 0) & (score < highest)).any(axis=-2)
    y, w = (np.where(known[..., None, :], part, 1.0) for part in (yes, base))
    scale = w.sum(axis=-2) if mean_weight is None else np.where(known, mean_weight, 1.0)
    # Of yes and of no, each with its own start: weights of the regression and their sums with the working values.
    total = START_YES * y + START_NO * (w - y)
    product = START_YES * y * (np.log(START_YES) + (1 - START_YES) / START_YES)
    product = product + START_NO * (w - y) * (np.log(START_NO) - 1)
    former = 2 * (y * -np.log(START_YES) - (y - (START_YES * y + START_NO * (w - y)))).sum(axis=-2)
    slope, fitted, before = np.zeros(known.shape), np.zeros(y.shape), np.zeros(y.shape)
    if start is not None:
        given = np.where(known[..., None, :] & (start > 0), start, 1.0)
        total = w * given
        product = total * np.log(given) + (y - total)
        former = 2 * (-y * np.log(given) - (y - total)).sum(axis=-2)
    running = known.copy()
    for _ in range(MOST_STEPS):
        s0, s1, s2 = ((total * score**power).sum(axis=-2) for power in (0, 1, 2))
        z0, z1 = ((product * score**power).sum(axis=-2) for power in (0, 1))
        new = _over(s0 * z1 - s1 * z0, s0 * s2 - s1**2)
        linear = np.clip(_over(z0 - new * s1, s0)[..., None, :] + new[..., None, :] * score, -700.0, 50.0)
        slope, before = np.where(running, new, slope), np.where(running[..., None, :], fitted, before)
        fitted = np.where(running[..., None, :], np.exp(linear), fitted)
        with np.errstate(divide="ignore"):
            log_fitted = np.log(np.where(fitted > 0, fitted, 1.0))
        deviance = 2 * (-y * log_fitted - (y - w * fitted)).sum(axis=-2)
        running = running & (np.abs(deviance - former) >= R_EPSILON * (np.abs(deviance) + 0.1 * scale))
        running = running & (np.abs(slope) < STEEPEST)
        if not np.any(running):
            break
        former, total = deviance, w * fitted
        product = total * linear + (y - w * fitted)
    found = known & ~running & (np.abs(slope) < STEEPEST)
    return np.where(found, slope, np.nan), fitted, before


def _slope_with_error(
    cells: Cells, place: NDArray[np.intp], yes: Floats, base: Floats, plan: Plan
) -> tuple[Floats, Floats]:
    n = _by_tier(cells.n_base, place, len(yes)).sum(axis=0)
    slope, fitted, before = log_slope(yes, base, _over(base.sum(axis=0), n))
    if plan.replication is not None:
        variance = _replicated(cells, place, slope, fitted, plan.replication)
    else:
        score = np.arange(1.0, len(yes) + 1)[:, None]
        w0, w1, w2 = ((base * before * score**power).sum(axis=0) for power in (0, 1, 2))
        weight = (w0 * score - w1) * _over(before, fitted) / np.where(np.isnan(slope), np.nan, w0 * w2 - w1**2)
        alpha = np.where(place[:, None] >= 0, weight[place], 0.0)
        variance = linearised_variance(cells, alpha, alpha * np.where(place[:, None] >= 0, fitted[place], 0.0), plan)
    return slope, np.sqrt(np.where(variance > NOTHING**2, variance, np.nan))


def _replicated(cells: Cells, place: NDArray[np.intp], slope: Floats, fitted: Floats, scales: Scales) -> Floats:
    sums = []
    for full, repeated in ((cells.w_yes, cells.r_yes), (cells.w_base, cells.r_base)):
        by_tier = []
        for t in range(len(fitted)):
            inside = place == t
            if isinstance(scales, Replication):
                by_tier.append(scales.factors[:, cells.psu[inside]] @ full[inside])
            else:
                by_tier.append(repeated[inside].sum(axis=0))
        sums.append(np.stack(by_tier, axis=-2))
    yes, base = sums
    repeats = log_slope(yes, base, start=fitted)[0]
    return replicate_covariance(repeats[..., None], slope[:, None], scales)[..., 0, 0]


def _association(
    cells: Cells, place: NDArray[np.intp], indicator: int, tiers: int, plan: Plan
) -> tuple[float, float, float]:
    """F, its first degrees of freedom and p of one indicator by tier; NaN for a tier or answer of nobody's."""
    one = replace(cells, **{f"{kind}_{end}": getattr(cells, f"{kind}_{end}")[..., [indicator]]
                            for kind in ("n", "w", "ww", "r") for end in ("base", "yes")})  # fmt: skip
    there = [t for t in range(tiers) if one.n_base[place == t].sum() > 0]
    unknown = (np.nan, np.nan, np.nan)
    if len(there) < 2:
        return unknown
    table = _table(one, place, there)
    share = table.w_yes.sum(axis=0) / table.w_base[:, 0].sum()
    grid = share.reshape(2, -1)
    n = table.n_base[:, 0].sum()
    if np.any(grid.sum(axis=0) <= 0) or np.any(grid.sum(axis=1) <= 0):
        return unknown
    covariance = linearised_covariance(table, plan)
    return rao_scott(grid, covariance, float(n), design_df(cells, plan))


def rao_scott(shares: Floats, covariance: Floats, n: float, df: float) -> tuple[float, float, float]:
    """(F, its first degrees of freedom, p) of independence in a table of shares, (R, C), that sum to 1.

    covariance: (RC, RC) of the shares in row order. n: respondents. df: degrees of freedom of the design; the second
    ones are df times the first. NaN where the covariance does not tell.
    Source: Rao and Scott (1984), second order; equals R `survey::svychisq(statistic = "F")`.
    """
    rows, columns = shares.shape
    expected = np.outer(shares.sum(axis=1), shares.sum(axis=0))
    pearson = n * float(((shares - expected) ** 2 / expected).sum())
    main = np.column_stack([np.kron(np.eye(rows), np.ones((columns, 1))), np.kron(np.ones((rows, 1)), np.eye(columns))])
    both = np.kron(np.eye(rows)[:, 1:], np.eye(columns)[:, 1:])
    contrasts = both - main @ np.linalg.lstsq(main, both, rcond=None)[0]
    p = shares.ravel()
    inverse = np.diag(np.divide(1.0, p, out=np.zeros_like(p), where=p > 0))
    simple = contrasts.T @ (inverse / n) @ contrasts
    actual = contrasts.T @ inverse @ covariance @ inverse @ contrasts
    if not np.all(np.isfinite(actual)) or np.linalg.matrix_rank(simple) < len(simple):
        return np.nan, np.nan, np.nan
    effects = np.linalg.solve(simple, actual)
    trace = float(np.trace(effects))
    if trace <= NOTHING or df <= 0:
        return np.nan, np.nan, np.nan
    first = trace**2 / float(np.trace(effects @ effects))
    statistic = pearson / trace
    return statistic, first, float(fdtrc(first, first * df, statistic))


def _table(cells: Cells, place: NDArray[np.intp], there: Sequence[int]) -> Cells:
    """One indicator by tier as indicators of its table's cells: yes in each tier, then no, among who has both."""
    member = np.isin(place, there)[:, None]
    tier = place[:, None] == np.array(there)[None, :]
    sums: dict[str, Any] = {}
    for kind in ("n", "w", "ww"):
        base, yes = getattr(cells, f"{kind}_base") * member, getattr(cells, f"{kind}_yes") * member
        sums[f"{kind}_base"] = np.repeat(base, 2 * len(there), axis=1)
        sums[f"{kind}_yes"] = np.hstack([yes * tier, (base - yes) * tier])
    base, yes = cells.r_base * member[:, None, :], cells.r_yes * member[:, None, :]
    sums["r_base"] = np.repeat(base, 2 * len(there), axis=2)
    sums["r_yes"] = np.concatenate([yes * tier[:, None, :], (base - yes) * tier[:, None, :]], axis=2)
    return replace(cells, indicators=tuple(str(i) for i in range(2 * len(there))), **sums)


def _by_tier(values: Floats, place: NDArray[np.intp], tiers: int) -> Floats:
    return np.stack([values[place == t].sum(axis=0) for t in range(tiers)])


def _over(above: Floats, below: Floats) -> Floats:
    above, below = np.broadcast_arrays(np.asarray(above, float), np.asarray(below, float))
    return np.asarray(np.divide(above, below, out=np.full(below.shape, np.nan), where=below > 0))
