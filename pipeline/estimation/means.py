"""Means of numeric answers, from the respondents' own numbers (cells hold only yes and no)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
from pipeline.estimation.variance import by_number, sampling, unit_variance
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


def mean_rows(
    respondents: pd.DataFrame,
    numbers: Sequence[str],
    sampled: pd.DataFrame | None,
    replicates: Floats | None,
    plan: Plan,
    tiers: Tiers | None,
    segments: Sequence[SegmentColumns],
) -> pd.DataFrame:
    """Weighted mean with its t interval, standard error and df, standard deviation and median of each number in
    each level.

    respondents: rows of `numbers_query`. sampled: table `weights`, in its order, where there are design or
    weights. replicates: (R, N) weights, where they are delivered or raked again.
    Without weights and design: mean +- t s / sqrt(n). Else linearised, z = w (y - mean) / W over the whole sample,
    or by replicates. No interval of one respondent, nor where all gave the same number.
    Source: R `survey::svymean` over a domain; `t.test` without a design.
    """
    if not len(numbers):
        return pd.DataFrame(columns=COLUMNS)
    values = respondents[[f"number {name}" for name in numbers]].to_numpy(float, na_value=np.nan)
    weighted = sampled is not None and plan.weighting not in ("", UNWEIGHTED)
    weights = sampled[f"weight_{plan.weighting}"].to_numpy(float) if weighted else np.ones(len(values))  # type: ignore[index]
    parts = []
    for segment, level, members in levels_of_respondents(respondents, tiers, segments):
        found = means_of(values, members, weights, sampled, replicates, plan, LEVEL)
        inside = members[:, None] & ~np.isnan(values)
        medians = [_median(values[inside[:, k], k], weights[inside[:, k]]) for k in range(len(numbers))]
        place = {"variable": list(numbers), "segment": segment, "level": level}
        parts.append(pd.DataFrame(place | found | {"median": medians}))
    return pd.concat(parts, ignore_index=True)


def means_of(
    values: Floats, members: NDArray[np.bool_], weights: Floats, sampled: pd.DataFrame | None,
    replicates: Floats | None, plan: Plan, level: float,
) -> dict[str, Floats]:  # fmt: skip
    """Means of some of the respondents with their t limits: columns of `mean_rows` but the median, (K,) each.

    values: (N, K), NaN for no answer. weights: (N,), 1 each without any.
    """
    inside = members[:, None] & ~np.isnan(values)
    w = weights[:, None] * inside
    y = np.where(inside, values, 0.0)
    n, total = (w > 0).sum(axis=0), w.sum(axis=0)
    lowest, highest = (end(np.where(w > 0, values, sign * np.inf), axis=0, initial=sign * np.inf)
                       for end, sign in ((np.min, 1), (np.max, -1)))  # fmt: skip
    mean = np.clip(_over((w * y).sum(axis=0), total), lowest, np.maximum(lowest, highest))
    spread = _over((w * (y - mean) ** 2 * inside).sum(axis=0), total) * _over(n, n - 1.0)
    if plan.kind == "simple":
        variance, df = _over(spread, n), n - 1.0
    else:
        variance, df = _designed(w, y, inside, mean, total, weights, sampled, replicates, plan)
    told = (spread > 0) & (variance > NO_SPREAD**2 * spread)
    half = t_quantile(level, df) * np.sqrt(np.where(told, variance, np.nan))
    return {
        "answered": inside.sum(axis=0), "mean": mean, "mean_low": mean - half, "mean_high": mean + half,
        "se": np.sqrt(np.where(told, variance, np.nan)), "mean_df": df, "sd": np.sqrt(spread),
    }  # fmt: skip


def _designed(
    w: Floats, y: Floats, inside: NDArray[np.bool_], mean: Floats, total: Floats, weights: Floats,
    sampled: pd.DataFrame | None, replicates: Floats | None, plan: Plan,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Variances of means and their degrees of freedom."""
    assert sampled is not None
    if plan.replication is not None:
        factors = replicates
        if isinstance(plan.replication, Replication):
            factors = plan.replication.factors[:, sampled["psu"].to_numpy(np.intp)] * weights
        assert factors is not None
        means = _over(factors @ (y * inside), factors @ inside.astype(float))
        variance = replicate_covariance(means[..., None], mean[:, None], plan.replication)[..., 0, 0]
        return variance, np.full(len(mean), float(plan.replication.df))
    z = _over(w * (y - mean), np.broadcast_to(total, w.shape))
    z = np.where(inside, z, 0.0)
    if plan.margins:
        codes = margin_categories(sampled[f"margin_{plan.weighting}"].to_numpy(np.intp), plan.margins)
        z = margin_residuals(z, weights, codes)
    if plan.units:
        design, units = plan.sampling, sampled["psu"].to_numpy(np.intp)
        z = by_number(units, z, len(plan.unit_stratum))
    else:
        labels = sorted(plan.fraction)
        fractions = [plan.fraction[label] for label in labels]
        design = sampling(sampled["stratum"].to_numpy(), fractions, plan.lonely, plan.df)
    return unit_variance(design, z), np.full(len(mean), float(design.df))


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


def _median(values: Floats, weights: Floats) -> float:
    """The middle of the weights, halfway between two values where it falls between them; NaN for nobody."""
    order = np.argsort(values, kind="stable")
    values, reached = values[order][weights[order] > 0], np.cumsum(weights[order][weights[order] > 0])
    if not len(values):
        return float("nan")
    half = reached[-1] / 2
    low, high = np.searchsorted(reached, half * (1 - 1e-12)), np.searchsorted(reached, half * (1 + 1e-12))
    return float((values[low] + values[min(high, len(values) - 1)]) / 2)


def _over(above: Floats, below: Floats) -> Floats:
    above, below = np.broadcast_arrays(np.asarray(above, float), np.asarray(below, float))
    return np.asarray(np.divide(above, below, out=np.full(below.shape, np.nan), where=below > 0))
