"""Means of numeric answers, from the respondents' own numbers (cells hold only yes and no)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.cells.sums import NO_SEGMENT, members_of
from pipeline.engine import Query
from pipeline.estimation.counts import Floats
from pipeline.estimation.levels import place_columns
from pipeline.estimation.plan import Plan
from pipeline.estimation.quantiles import t_quantile
from pipeline.estimation.replicates import replicate_covariance
from pipeline.estimation.share_table import LEVEL
from pipeline.estimation.variance import Sampling, by_number, stratum_variance, unit_variance
from pipeline.study.columns import SegmentColumns
from pipeline.study.maturity import Tiers
from pipeline.study.sampling import UNWEIGHTED
from pipeline.study.variables import Variable
from pipeline.weighting.assigning import margin_categories
from pipeline.weighting.raking import margin_residuals
from pipeline.weighting.replication import Replication

NO_SPREAD = 1e-10
"""Standard errors below this part of the standard deviation are rounding."""
COLUMNS = ["variable", "segment", "level", "answered", "mean", "mean_low", "mean_high", "se", "mean_df", "sd", "median"]


def numbers_of(variables: Sequence[Variable], available: set[str]) -> list[str]:
    """Columns of `responses` that hold numbers."""
    return [v.name for v in variables if v.kind == "number" and v.name in available]


def numbers_query(numbers: Sequence[str], segments: Sequence[SegmentColumns]) -> Query:
    """Every analysed respondent's numbers, tier and segments, by source_row."""
    return Query("out/numbers.sql", {"numbers": numbers, "places": place_columns(segments)})


@dataclass(frozen=True)
class Sampled:
    """N respondents under one weight. weights: (N,), 1 each without any.

    design: sampling units, each respondent one of its own where there are none; unit: (N,) number of each one's unit.
    margins: categories (N,) in each raked margin. replicates: (R, N) weights. None where the plan needs none.
    """

    weights: Floats
    design: Sampling | None = None
    unit: NDArray[np.intp] | None = None
    margins: Sequence[NDArray[np.intp]] | None = None
    replicates: Floats | None = None


def sampled_as(rows: pd.DataFrame | None, replicates: Floats | None, plan: Plan, count: int) -> Sampled:
    """The respondents as a plan takes them.

    rows: table `weights`, in its order, where there are design or weights. replicates: (R, N) weights, where they are
    delivered or raked again. count: N.
    """
    if rows is None or plan.kind == "simple":
        return Sampled(np.ones(count))
    weighted = plan.weighting not in ("", UNWEIGHTED)
    weights = rows[f"weight_{plan.weighting}"].to_numpy(float) if weighted else np.ones(count)
    unit = rows["psu"].to_numpy(np.intp) if plan.units else None
    if plan.replication is not None:
        if isinstance(plan.replication, Replication):
            replicates = plan.replication.factors[:, unit] * weights
        return Sampled(weights, replicates=replicates)
    margins = None
    if plan.margins:
        margins = margin_categories(rows[f"margin_{plan.weighting}"].to_numpy(np.intp), plan.margins)
    if unit is not None:
        return Sampled(weights, plan.sampling, unit, margins)
    number, labels = pd.factorize(rows["stratum"], sort=True)
    fraction = np.array([plan.fraction[label] for label in labels])
    return Sampled(weights, Sampling(number.astype(np.intp), fraction, plan.lonely, plan.df), None, margins)


def mean_rows(
    respondents: pd.DataFrame, numbers: Sequence[str], sampled: Sampled, plan: Plan, tiers: Tiers | None,
    segments: Sequence[SegmentColumns],
) -> pd.DataFrame:  # fmt: skip
    """Weighted mean with its t interval, standard error and df, standard deviation and median of each number in
    each level.

    respondents: rows of `numbers_query`.
    Without weights and design: mean +- t s / sqrt(n). Else linearised, z = w (y - mean) / W over the whole sample,
    or by replicates. No interval of one respondent, nor where all gave the same number.
    Source: R `survey::svymean` over a domain; `t.test` without a design.
    """
    if not len(numbers):
        return pd.DataFrame(columns=COLUMNS)
    values = respondents[[f"number {name}" for name in numbers]].to_numpy(float, na_value=np.nan)
    distinct = [pd.factorize(values[:, k], sort=True) for k in range(len(numbers))]  # code -1 for no answer
    parts = []
    for segment, level, members in levels_of_respondents(respondents, tiers, segments):
        found = means_of(values, members, sampled, plan, LEVEL)
        weights = np.where(members, sampled.weights, 0.0)
        medians = [_median(there, np.bincount(code + 1, weights, len(there) + 1)[1:]) for code, there in distinct]
        place = {"variable": list(numbers), "segment": segment, "level": level}
        parts.append(pd.DataFrame(place | found | {"median": medians}))
    return pd.concat(parts, ignore_index=True)


def means_of(
    values: Floats, members: NDArray[np.bool_], sampled: Sampled, plan: Plan, level: float
) -> dict[str, Floats]:
    """Means of some of the respondents with their t limits: columns of `mean_rows` but the median, (K,) each.

    values: (N, K), NaN for no answer.
    """
    found = [_mean(values[:, k], members & ~np.isnan(values[:, k]), sampled, plan) for k in range(values.shape[1])]
    answered, mean, spread, variance, df = (np.array(column, float) for column in zip(*found, strict=True))
    told = (spread > 0) & (variance > NO_SPREAD**2 * spread)
    half = t_quantile(level, df) * np.sqrt(np.where(told, variance, np.nan))
    return {
        "answered": answered.astype(int), "mean": mean, "mean_low": mean - half, "mean_high": mean + half,
        "se": np.sqrt(np.where(told, variance, np.nan)), "mean_df": df, "sd": np.sqrt(spread),
    }  # fmt: skip


def _mean(values: Floats, inside: NDArray[np.bool_], sampled: Sampled, plan: Plan) -> tuple[float, ...]:
    """How many answered, mean, square of the standard deviation, variance of the mean and degrees of freedom."""
    at = np.flatnonzero(inside)
    w, y = sampled.weights[at], values[at]
    counted = w > 0
    n, total = int(counted.sum()), float(w.sum())
    if n == 0:
        return len(at), np.nan, np.nan, np.nan, _df(n, sampled, plan)
    mean = float(np.clip((w * y).sum() / total, y[counted].min(), y[counted].max()))
    spread = float((w * (y - mean) ** 2).sum() / total * n / (n - 1)) if n > 1 else np.nan
    variance = spread / n if plan.kind == "simple" else _designed(w, y, at, mean, total, sampled, plan)
    return len(at), mean, spread, variance, _df(n, sampled, plan)


def _df(n: int, sampled: Sampled, plan: Plan) -> float:
    """Degrees of freedom: of the whole design, where there is one."""
    if plan.replication is not None:
        return float(plan.replication.df)
    return n - 1.0 if sampled.design is None else float(sampled.design.df)


def _designed(
    w: Floats, y: Floats, at: NDArray[np.intp], mean: float, total: float, sampled: Sampled, plan: Plan
) -> float:
    """Variance of the mean of the respondents at these places."""
    if plan.replication is not None:
        assert sampled.replicates is not None
        factors = sampled.replicates[:, at]
        means = _over(factors @ y, factors.sum(axis=1))
        return float(replicate_covariance(means[:, None, None], np.array([[mean]]), plan.replication)[0, 0, 0])
    z, design, unit = w * (y - mean) / total, sampled.design, sampled.unit
    assert design is not None
    if sampled.margins is not None:  # the residuals of everyone, as the margins hold for all
        whole = np.zeros((len(sampled.weights), 1))
        whole[at, 0] = z
        z, at = margin_residuals(whole, sampled.weights, sampled.margins)[:, 0], np.arange(len(whole))
    if unit is not None:
        return float(unit_variance(design, by_number(unit[at], z[:, None], len(design.stratum)))[0])
    strata, count = design.stratum[at], len(design.fraction)
    sums, squares = by_number(strata, z[:, None], count), by_number(strata, z[:, None] ** 2, count)
    return float(stratum_variance(design.units, sums, squares, design.fraction, design.lonely)[0])


def levels_of_respondents(
    respondents: pd.DataFrame, tiers: Tiers | None, segments: Sequence[SegmentColumns]
) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """(segment, level, who is in it): everyone, each tier, each level."""
    yield NO_SEGMENT, NO_SEGMENT, np.ones(len(respondents), dtype=bool)
    for tier in tiers.order if tiers else ():
        yield "tier", tier, (respondents["tier"] == tier).to_numpy(bool)
    for s in segments:
        for level in s.all_levels:
            column = respondents[s.columns[level] if s.overlapping else s.name]
            chosen = column == 1 if s.overlapping else column.isin(members_of(s, level))
            yield s.name, level, chosen.fillna(False).to_numpy(bool)


def _median(values: NDArray[Any], weights: NDArray[Any]) -> float:
    """The middle of the weights of sorted values, halfway between two where it falls between them; NaN for nobody."""
    values, reached = values[weights > 0], np.cumsum(weights[weights > 0])
    if not len(values):
        return float("nan")
    half = reached[-1] / 2
    low, high = np.searchsorted(reached, half * (1 - 1e-12)), np.searchsorted(reached, half * (1 + 1e-12))
    return float((values[low] + values[min(high, len(values) - 1)]) / 2)


def _over(above: Floats, below: Floats) -> Floats:
    above, below = np.broadcast_arrays(np.asarray(above, float), np.asarray(below, float))
    return np.asarray(np.divide(above, below, out=np.full(below.shape, np.nan), where=below > 0))
