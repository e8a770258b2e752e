"""Respondents -> rows of table `adjusted`: does a difference outlive the groups' other differences?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from pipeline.estimation.adjusted import AdjustedRatio, model_data, modified_poisson, standardised_ratio
from pipeline.estimation.counts import Floats
from pipeline.estimation.stratified import StratifiedRatio, mantel_haenszel, weighted_mantel_haenszel
from pipeline.estimation.variance import Numbers, Sampling, by_number

FEWEST_OF_LEVEL = 10
SIMPLE = "modified Poisson, robust HC0, normal"
DESIGNED = "modified Poisson, design-based, t"
MANTEL_HAENSZEL = "Mantel-Haenszel, Greenland-Robins"
WEIGHTED = "Mantel-Haenszel of weighted sums, linearised, t"
OVERLAP = "the groups share respondents: an adjusted ratio needs two separate groups"
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class _People:
    """The complete respondents of a comparison among N: model columns (N, Q), strata (N,), and what came before."""

    outcome: Floats
    in_a: Bools
    in_b: Bools
    columns: Floats
    stratum: Numbers
    weights: Floats
    psu: Numbers
    design: Sampling | None
    levels_pooled: int
    n: Floats
    n_left_out: Floats


def adjusted_rows(
    wave: str,
    comparison: str,
    indicators: Sequence[str],
    outcome: ArrayLike,
    in_a: ArrayLike,
    in_b: ArrayLike,
    segments: Mapping[str, ArrayLike],
    adjust_for: Sequence[str],
    stratify_by: str | None,
    weights: ArrayLike,
    psu: ArrayLike | None = None,
    design: Sampling | None = None,
    level: float = 0.95,
) -> pd.DataFrame:
    """Rows of table `adjusted` of one comparison, one for each indicator.

    All arrays are of the N analysed respondents of the wave. outcome: (N, K), 1, 0, NaN outside an indicator's base.
    in_a, in_b: (N,) bool. segments: the level of each respondent by segment, (N,), None or NaN where unknown; those
    named in adjust_for and stratify_by are read. weights: (N,), ones without. psu, design: sampling unit of each
    respondent and the design; None where none is declared: then equal weights make a simple sample, others one
    stratum in which respondents are their own units.

    A respondent without a level of any segment named is left out of everything in the row, the crude ratio too,
    and counted: a level "unknown" would leave what it hides unadjusted (Greenland and Finkle 1995). Levels of a
    covariate with fewer than 10 respondents in both groups together are pooled, and joined by the next rarest until
    they are 10; strata are left as they are, Mantel-Haenszel needs no large ones.
    Groups that share respondents have rows with a reason and no estimate.
    Raises ValueError for shapes that do not fit, and KeyError for a segment that is not there.
    """
    y, a, b = np.asarray(outcome, float), np.asarray(in_a, bool), np.asarray(in_b, bool)
    if y.ndim != 2 or y.shape[1] != len(indicators):
        raise ValueError("outcome must have a row for each respondent and a column for each indicator")
    if a.shape != (len(y),) or b.shape != (len(y),):
        raise ValueError("groups must have a value for each respondent")
    place = {"wave": wave, "comparison": comparison, "indicator": list(indicators)}
    given = {"covariates": ", ".join(adjust_for), "stratifier": stratify_by or "", "ci_level": level}
    overlap = bool(np.any(a & b))
    people = _people(y, a, b & ~a, segments, adjust_for, stratify_by, weights, psu, design)
    counted = {"levels_pooled": people.levels_pooled, "n": people.n.astype(int),
               "n_left_out": people.n_left_out.astype(int)}  # fmt: skip
    found = _nothing(len(indicators), OVERLAP if overlap else "", bool(adjust_for), stratify_by is not None)
    if not overlap:
        data = model_data(
            people.outcome, people.in_a, people.in_b, people.columns, people.weights, people.psu, people.design
        )
        found["crude_ratio"] = data.crude_ratio()
        if adjust_for:
            found |= _modelled(modified_poisson(data), standardised_ratio(data), level)
            found["method"] = DESIGNED if people.design else SIMPLE
        if stratify_by is not None:
            found |= _pooled(_stratified(people, level))
            found["mh_method"] = WEIGHTED if people.design else MANTEL_HAENSZEL
    return pd.DataFrame(place | given | counted | found)


def _people(
    outcome: Floats,
    in_a: Bools,
    in_b: Bools,
    segments: Mapping[str, ArrayLike],
    adjust_for: Sequence[str],
    stratify_by: str | None,
    weights: ArrayLike,
    psu: ArrayLike | None,
    design: Sampling | None,
) -> _People:
    w = np.asarray(weights, float)
    size = len(outcome)
    if w.shape != (size,):
        raise ValueError("weights must have a value for each respondent")
    named = dict.fromkeys([*adjust_for, *([stratify_by] if stratify_by is not None else [])])
    codes = {name: _codes(segments[name], size) for name in named}
    complete = np.all([code >= 0 for code in codes.values()], axis=0) if codes else np.ones(size, bool)
    compared = (in_a | in_b) & (w > 0)
    there = compared & complete
    columns, pooled = [np.zeros((size, 0))], 0
    for name in dict.fromkeys(adjust_for):
        code, count = _without_rare(codes[name], there)
        columns.append((code[:, None] == np.unique(code[there])).astype(float))
        pooled += count
    stratum = codes[stratify_by] if stratify_by is not None else np.zeros(size, np.intp)
    units = np.arange(size) if psu is None else np.asarray(psu, np.intp)
    if design is None and len(np.unique(w[there])) > 1:
        units, design = np.arange(size), Sampling(np.zeros(size, np.intp), np.zeros(1))
    in_base = ~np.isnan(outcome)
    return _People(
        outcome, in_a & there, in_b & there, np.hstack(columns), stratum, w, units, design, pooled,
        (in_base & there[:, None]).sum(axis=0), (in_base & (compared & ~complete)[:, None]).sum(axis=0),
    )  # fmt: skip


def _codes(levels: ArrayLike, size: int) -> Numbers:
    """Numbers of a segment's levels in the order of their names, -1 where unknown."""
    values = np.asarray(levels, object)
    if values.shape != (size,):
        raise ValueError("a segment must have a value for each respondent")
    code, names = pd.factorize(values)
    rank = np.argsort(np.argsort(np.array([str(name) for name in names], object), kind="stable"))
    return np.where(code >= 0, np.append(rank, -1)[code], -1).astype(np.intp)


def _without_rare(code: Numbers, there: Bools) -> tuple[Numbers, int]:
    """Levels with rare ones made one, and how many were pooled."""
    count = np.bincount(code[there], minlength=code.max(initial=-1) + 1)
    if not np.any((count > 0) & (count < FEWEST_OF_LEVEL)):
        return code, 0
    ascending = np.argsort(count, kind="stable")
    ascending = ascending[count[ascending] > 0]
    rare = int((count[ascending] < FEWEST_OF_LEVEL).sum())
    enough = int(np.searchsorted(np.cumsum(count[ascending]), FEWEST_OF_LEVEL)) + 1
    pooled = ascending[: max(rare, enough)]
    return np.where(np.isin(code, pooled), pooled[0], code), len(pooled)


def _stratified(people: _People, level: float) -> StratifiedRatio:
    p = people
    if p.design is not None:
        return weighted_mantel_haenszel(
            p.outcome, p.in_a, p.in_b, p.stratum, p.weights, p.psu, p.design, level
        )  # fmt: skip
    strata = int(p.stratum.max(initial=-1)) + 1
    in_base, yes = (~np.isnan(p.outcome)).astype(float), np.nan_to_num(p.outcome)
    x_a, n_a, x_b, n_b = (
        by_number(p.stratum[group], v[group], strata) for group in (p.in_a, p.in_b) for v in (yes, in_base)
    )
    return mantel_haenszel(x_a, n_a, x_b, n_b, level)


def _nothing(count: int, reason: str, modelled: bool, stratified: bool) -> dict[str, Any]:
    """The columns of estimates, all unknown, in their order."""
    of_model = ("ratio", "ratio_low", "ratio_high", "se_log_ratio", "p_value", "df")
    standardised = ("standardised_ratio", "standardised_ratio_low", "standardised_ratio_high",
                    "standardised_se_log_ratio")  # fmt: skip
    of_strata = ("mh_ratio", "mh_ratio_low", "mh_ratio_high", "mh_se_log_ratio", "mh_df", "homogeneity_q",
                 "homogeneity_df", "homogeneity_p")  # fmt: skip

    def unknown(names: Sequence[str]) -> dict[str, Any]:
        return {name: np.full(count, np.nan) for name in names}

    return (
        unknown(("crude_ratio", *of_model))
        | {"method": "", "reason": reason if modelled else ""}
        | unknown(standardised)
        | {"standardised_reason": reason if modelled else ""}
        | unknown(of_strata)
        | {"mh_method": "", "mh_reason": reason if stratified else "", "strata_used": 0, "strata_left_out": 0}
        | {name: pd.array([None] * count, dtype="boolean") for name in ("direction_reversed", "reversal_clear")}
    )


def _modelled(poisson: AdjustedRatio, standard: AdjustedRatio, level: float) -> dict[str, Any]:
    low, high = poisson.limits(level)
    standard_low, standard_high = standard.limits(level)
    return {
        "ratio": poisson.ratio(),
        "ratio_low": low,
        "ratio_high": high,
        "se_log_ratio": poisson.se,
        "p_value": poisson.p_value(),
        "df": _finite(poisson.df),
        "reason": poisson.reason,
        "standardised_ratio": standard.ratio(),
        "standardised_ratio_low": standard_low,
        "standardised_ratio_high": standard_high,
        "standardised_se_log_ratio": standard.se,
        "standardised_reason": standard.reason,
    }


def _pooled(found: StratifiedRatio) -> dict[str, Any]:
    comparable = ~(np.isnan(found.crude) | np.isnan(found.ratio))
    limits = comparable & ~(np.isnan(found.crude_low) | np.isnan(found.low))
    # Without a reversal there is no clear one, whatever the limits.
    return {
        "mh_ratio": found.ratio,
        "mh_ratio_low": found.low,
        "mh_ratio_high": found.high,
        "mh_se_log_ratio": found.se_log_ratio,
        "mh_df": _finite(found.df),
        "homogeneity_q": found.q,
        "homogeneity_df": found.q_df,
        "homogeneity_p": found.q_p,
        "mh_reason": found.reason,
        "strata_used": found.used.astype(int),
        "strata_left_out": found.left_out.astype(int),
        "direction_reversed": _flags(found.reversed, comparable),
        "reversal_clear": _flags(found.both_clear, limits | (comparable & ~found.reversed)),
    }


def _flags(values: Bools, known: Bools) -> Any:
    return pd.arrays.BooleanArray(values.astype(bool), ~known)


def _finite(df: Floats) -> Floats:
    """NaN for the normal distribution, as in table `findings`."""
    return np.where(np.isfinite(df), df, np.nan)
