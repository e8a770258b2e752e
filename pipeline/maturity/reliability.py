"""How well the items of each dimension measure one thing: alpha, omega, and what each item adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtri

from pipeline.engine import Query
from pipeline.errors import counted
from pipeline.maturity.scoring import scores_query
from pipeline.study.columns import Resolver
from pipeline.study.maturity import Score

Floats = NDArray[np.float64]
OVERALL = "all"
WEIGHT = "its weight"
BOUNDS = (np.log(0.005), 0.0)  # of the log of a unique variance, as R `factanal` has them
SINGULAR = 1e-9
NOT_STRATIFIED = "no stratified alpha: it needs two items that vary in each dimension"
STEPS = 200
CONVERGED = 1e-11
NEAR = 1e-6  # a slope from which Newton steps need no guard
FEWEST = 2 - 1e-9  # respondents, an effective number of which may be rounded


@dataclass(frozen=True)
class Dimension:
    """One dimension of the score: its items (columns of the items' table) and its weight in the score."""

    items: tuple[str, ...]
    weight: float = 1.0


@dataclass(frozen=True)
class Reliability:
    """Of the mean of some items, over the respondents who have them all.

    n: respondents. items: items used, those that everybody answers alike left out. alpha (with its interval) and
    standardised_alpha, of items brought to one variance: 1 at best, negative where items contradict each other. omega,
    standardised_omega: 0 to 1. mean, sd: of the mean of the items, in points. item_rest, alpha_without, item_mean,
    item_sd: (I,), by item. reason: why something is NaN or to be read with care; else empty.
    """

    n: int
    items: int
    alpha: float
    alpha_low: float
    alpha_high: float
    standardised_alpha: float
    omega: float
    standardised_omega: float
    mean: float
    sd: float
    item_rest: Floats
    alpha_without: Floats
    item_mean: Floats
    item_sd: Floats
    reason: str


class OneFactor(NamedTuple):
    """One common factor of standardised items: loadings (I,), unique variances (I,), and what is wrong with it."""

    loadings: Floats
    unique: Floats
    reason: str


def items_query(score: Score | None, resolver: Resolver) -> Query:
    """Every item of the score by respondent, in points from 0 to 100; an item of two dimensions stands once.

    Reads `responses` and `respondents`. Columns: wave, source_row, `its weight`, one by item.
    """
    dimensions = scores_query(score, resolver).values["dimensions"]
    items = {item["column"]: item for dimension in dimensions for item in dimension["items"]}
    return Query("core/items.sql", {"items": list(items.values()), "dimensions": dimensions})


def dimensions_of(score: Score | None, resolver: Resolver) -> dict[str, Dimension]:
    """The dimensions of the score with the columns of their items."""
    return {
        d["name"]: Dimension(tuple(item["column"] for item in d["items"]), d["weight"])
        for d in scores_query(score, resolver).values["dimensions"]
    }


def reliability_rows(
    wave: str, items: pa.Table, dimensions: Mapping[str, Dimension], level: float = 0.95
) -> pd.DataFrame:
    """Rows of table `reliability`: each dimension, `all` items together, and within them each item.

    items: rows of `items_query`. level: coverage of the interval of alpha.
    The row `all` has the reliability of the score itself, a weighted mean of dimensions, as stratified_alpha.
    """
    weights = _numbers(items, WEIGHT)
    every = tuple(dict.fromkeys(name for d in dimensions.values() for name in d.items))
    rows = []
    for name, columns in {**{n: d.items for n, d in dimensions.items()}, OVERALL: every}.items():
        if not columns:
            continue
        found = reliability(np.column_stack([_numbers(items, c) for c in columns]), weights, level)
        rows += _rows(name, columns, found)
    frame = pd.DataFrame(rows)
    if rows:
        of_score = stratified_alpha(
            [np.column_stack([_numbers(items, c) for c in d.items]) for d in dimensions.values()],
            [d.weight for d in dimensions.values()], weights,
        )  # fmt: skip
        whole = (frame["dimension"] == OVERALL) & (frame["item"] == "")
        frame["stratified_alpha"] = np.where(whole, of_score, np.nan)
        if np.isnan(of_score):
            more = whole & (frame["n"] >= FEWEST)  # fewer respondents are the reason
            frame.loc[more, "reason"] = [
                "; ".join(filter(None, (why, NOT_STRATIFIED))) for why in frame["reason"][more]
            ]
    return frame.assign(wave=wave, ci_level=level)


def _numbers(table: pa.Table, column: str) -> Floats:
    return np.asarray(table[column].to_numpy(), float)


def _rows(dimension: str, columns: Sequence[str], found: Reliability) -> list[dict[str, object]]:
    whole = {
        "dimension": dimension, "item": "", "n": found.n, "items": found.items, "alpha": found.alpha,
        "alpha_low": found.alpha_low, "alpha_high": found.alpha_high, "standardised_alpha": found.standardised_alpha,
        "omega": found.omega, "standardised_omega": found.standardised_omega, "mean": found.mean, "sd": found.sd,
        "reason": found.reason,
    }  # fmt: skip
    parts = [
        {
            "dimension": dimension, "item": column, "n": found.n, "items": 1,
            "item_rest_correlation": found.item_rest[i], "alpha_without_item": found.alpha_without[i],
            "mean": found.item_mean[i], "sd": found.item_sd[i],
            "reason": _why_not(found, i),
        }
        for i, column in enumerate(columns)
    ]  # fmt: skip
    return [whole, *parts]


def _why_not(found: Reliability, i: int) -> str:
    if found.n < 2:
        return found.reason
    if not found.item_sd[i] > 0:
        return "everybody answers alike"
    if found.items < 2:
        return "no other item"
    if np.isnan(found.item_rest[i]):
        return "the other items together do not vary"
    if found.items < 3:
        return "alpha without it would be of one item"
    return ""


# -- one scale


def reliability(points: ArrayLike, weights: ArrayLike, level: float = 0.95) -> Reliability:
    """Reliability of the unweighted mean of items.

    points: (N, I), NaN where an item is missing; weights: (N,). Used are respondents with every item and a weight
    above 0 (R `psych::alpha` on complete cases), and of their items those that vary: as `psych::alpha` does, an item
    that everybody answers alike is left out of alpha and omega, and the reason says how many those are.
    level: coverage of the interval of alpha.
    Raises ValueError for shapes that do not match, negative weights, or a level outside 0 to 1.

    alpha: Cronbach (1951), I / (I - 1) (1 - sum of variances / variance of the sum); standardised_alpha the same of
    the correlation matrix. Of two items the latter is Spearman and Brown's, the one to read where omega needs three.
    Interval: `feldt_interval` at Kish's effective number; clusters of respondents are not taken up.
    omega: McDonald's total (1999), s^2 / (s^2 + sum of unique variances), s the sum of loadings, of the one-factor
    model by maximum likelihood (`one_factor`). Its likelihood does not depend on the scale of items, so that one fit
    of the correlation matrix gives both omegas. The denominator is the variance that the model implies.
    item_rest: correlation of an item with the sum of the others (`r.drop`). alpha_without: alpha of the others.
    Variances with weights: n / (n - 1) sum w (x - mean)^2 / sum w, as R `survey::svyvar`.
    """
    points, weights = _checked(points, weights, level)
    used = (weights > 0) & ~np.isnan(points).any(axis=1)
    x, w = points[used], weights[used]
    unknown = np.full(points.shape[1], np.nan)
    if len(w) < 2:
        reason = f"{counted(len(w), 'respondent')} with every item"
        mean = x[0] if len(w) else unknown
        overall = float(mean.mean()) if len(mean) else np.nan
        return Reliability(len(w), 0, *(np.nan,) * 6, overall, np.nan, unknown, unknown, mean, unknown, reason)

    mean, covariance = _moments(x, w)
    variance, width = np.diag(covariance), np.ptp(x, axis=0)
    constant = (width == 0) | (variance <= 1e-18 * width**2)  # or the others have next to no weight
    sd = np.where(constant, 0.0, np.sqrt(variance))
    varying = np.flatnonzero(~constant)
    inner = covariance[np.ix_(varying, varying)]
    n_eff = w.sum() ** 2 / (w**2).sum()
    alpha = _alpha(inner)
    low, high = feldt_interval(alpha, n_eff, len(varying), level)
    correlation = inner / np.outer(sd[varying], sd[varying])
    factor = one_factor(correlation)
    item_rest, without = unknown.copy(), unknown.copy()
    item_rest[varying], without[varying] = _by_item(inner)
    of_mean = np.sqrt(max(float(covariance.sum()), 0.0)) / len(sd)
    return Reliability(
        len(w), len(varying), alpha, low, high, _alpha(correlation), _omega(factor, sd[varying]),
        _omega(factor, np.ones(len(varying))), float(mean.mean()), float(of_mean), item_rest, without, mean, sd,
        _reason(alpha, n_eff, int(constant.sum()), factor),
    )  # fmt: skip


def _checked(points: ArrayLike, weights: ArrayLike, level: float) -> tuple[Floats, Floats]:
    points, weights = np.asarray(points, float), np.asarray(weights, float)
    if points.ndim != 2 or not points.shape[1] or weights.shape != points.shape[:1]:
        raise ValueError(f"points and weights must be (N, I) and (N,), not {points.shape} and {weights.shape}")
    if np.any(weights < 0):
        raise ValueError("weights must not be negative")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    largest = np.nanmax(weights, initial=0.0)
    return points, weights / largest if largest > 0 else weights


def _moments(x: Floats, w: Floats) -> tuple[Floats, Floats]:
    """Weighted means (I,) and covariances (I, I)."""
    share = w / w.sum()
    mean = share @ x
    centred = x - mean
    return mean, (centred * share[:, None]).T @ centred * (len(w) / (len(w) - 1))


def _varies(variance: float, scale: float) -> bool:
    """Whether a variance is more than the rounding error of sums of that scale."""
    return variance > 1e-12 * scale


def _alpha(covariance: Floats) -> float:
    count, alone, total = len(covariance), float(np.trace(covariance)), float(covariance.sum())
    if count < 2 or not _varies(total, alone):
        return np.nan
    return count / (count - 1) * (1 - alone / total)


def _by_item(covariance: Floats) -> tuple[Floats, Floats]:
    """Correlation of each item with the sum of the others, and alpha of the others."""
    count, variance = len(covariance), np.diag(covariance)
    with_rest = covariance.sum(axis=1) - variance
    rest = covariance.sum() - variance - 2 * with_rest
    alone = variance.sum() - variance
    known = rest > 1e-12 * alone
    rest = np.where(known, rest, np.nan)
    correlation = np.clip(with_rest / np.sqrt(variance * rest), -1.0, 1.0) if count > 1 else np.full(count, np.nan)
    without = (count - 1) / (count - 2) * (1 - alone / rest) if count > 2 else np.full(count, np.nan)
    return correlation, without


def feldt_interval(alpha: float, n: float, items: int, level: float = 0.95) -> tuple[float, float]:
    """Interval of Cronbach's alpha of so many items and respondents; n may be an effective number.

    NaN where alpha is NaN or 1 (never an interval without width), or n or items are under 2.
    Source: Feldt (1965), (1 - alpha) / (1 - estimate) ~ F(n - 1, (n - 1)(items - 1)); equals R `psych::alpha.ci`.
    """
    if np.isnan(alpha) or n < FEWEST or items < 2 or 1 - alpha < 1e-12:
        return np.nan, np.nan
    df, df_error, tail = n - 1, (n - 1) * (items - 1), (1 - level) / 2
    low, high = (1 - (1 - alpha) * float(fdtri(df, df_error, upto)) for upto in (1 - tail, tail))
    return low, high


def _omega(factor: OneFactor, scale: Floats) -> float:
    if not len(scale):
        return np.nan
    common = float(scale @ factor.loadings) ** 2
    return common / (common + float(scale**2 @ factor.unique))


def _reason(alpha: float, n_eff: float, constant: int, factor: OneFactor) -> str:
    reasons = []
    if constant:
        reasons.append(f"left out, everybody answers alike: {constant}")
    if np.isnan(alpha):
        reasons.append("alpha needs two items" if len(factor.loadings) < 2 else "the sum of the items does not vary")
    elif 1 - alpha < 1e-12:
        reasons.append("no interval: alpha is 1")
    elif n_eff < FEWEST:
        reasons.append("no interval: by weights fewer than two respondents")
    return "; ".join([*reasons, *([factor.reason] if factor.reason else [])])


# -- the score itself


def stratified_alpha(dimensions: Sequence[ArrayLike], dimension_weights: ArrayLike, weights: ArrayLike) -> float:
    """Reliability of a weighted mean of dimensions, each the mean of its items.

    dimensions: (N, I) points of each; dimension_weights: (D,); weights: (N,) of respondents. Over those who have every
    item. NaN where a dimension has one item, whose reliability nothing tells, or the score does not vary.
    Source: Cronbach, Schönemann and McKie (1965), 1 - sum of v^2 var(1 - alpha) / var(score), var of each dimension;
    equals Mosier's reliability (1943) of a weighted composite.
    """
    parts = [np.asarray(d, float) for d in dimensions]
    points, weights = _checked(np.hstack(parts), weights, 0.5)
    used = (weights > 0) & ~np.isnan(points).any(axis=1)
    if used.sum() < 2:
        return np.nan
    _, covariance = _moments(points[used], weights[used])
    ends = np.cumsum([part.shape[1] for part in parts])
    error, weight = 0.0, np.empty(points.shape[1])
    for part, end, v in zip(parts, ends, np.asarray(dimension_weights, float), strict=True):
        own = slice(end - part.shape[1], end)
        weight[own] = v / part.shape[1]
        inner = covariance[own, own]
        varying = np.diag(inner) > 0
        if inner.sum() > 0:  # a dimension that does not vary has no error either
            error += (v / part.shape[1]) ** 2 * inner.sum() * (1 - _alpha(inner[np.ix_(varying, varying)]))
        elif len(inner) < 2:
            return np.nan
    total = float(weight @ covariance @ weight)
    return 1 - error / total if _varies(total, float(weight**2 @ np.diag(covariance))) else np.nan


# -- one common factor


def one_factor(correlation: ArrayLike) -> OneFactor:
    """The one-factor model of a correlation matrix by maximum likelihood.

    correlation: (I, I). Returns loadings, unique variances (NaN where there is no fit) and the reason, empty where all
    is well. Unique variances lie from 0.005 to 1, as in R `factanal(factors = 1)`; with one at the lower bound (Heywood
    case) the fit stands and the reason says so. No fit: under three items, a singular matrix, no common factor.
    Source: Jöreskog (1967): the likelihood, loadings solved for, is maximised over the logs of unique variances by
    Newton steps with the exact second derivatives of Clarke (1970), halved until the likelihood rises, from three
    starts; the best is kept. Stops where no free derivative exceeds 1e-11 or nothing is gained any more; gives up
    after 200 steps.
    """
    correlation = np.asarray(correlation, float)
    count = len(correlation)
    if count < 3:
        return _unfit(count, "omega needs three items")
    if np.linalg.eigvalsh(correlation)[0] < SINGULAR:
        return _unfit(count, "no omega: an item follows from the others")
    smooth = (1 - 0.5 / count) / np.diag(np.linalg.inv(correlation))
    found = [_maximised(correlation, np.log(start)) for start in (smooth, np.full(count, 0.5), np.full(count, 0.9))]
    fits = [(logs, fit) for logs, fit in found if fit is not None]
    if not fits:
        return _unfit(count, "no omega: the factor model does not converge")
    return _solution(*min(fits, key=lambda one: one[1].misfit))


class _Fit(NamedTuple):
    misfit: float
    slope: Floats
    curvature: Floats
    scoring: Floats
    factor: Floats
    root: float


def _fit(correlation: Floats, logs: Floats) -> _Fit:
    """Misfit of the model at these logs of unique variances, with its first and second derivatives."""
    scale = np.exp(-logs / 2)
    roots, vectors = np.linalg.eigh(correlation * np.outer(scale, scale))
    first, factor = float(roots[-1]), vectors[:, -1]
    roots, rest = roots[:-1], vectors[:, :-1]
    projection = rest @ rest.T
    apart = (1 - roots) * (first + roots) / np.maximum(first - roots, 1e-12)
    curvature = ((rest * roots) @ rest.T) * projection + ((rest * apart) @ rest.T) * np.outer(factor, factor)
    misfit = float(np.sum(roots - np.log(roots) - 1))
    return _Fit(misfit, rest**2 @ (1 - roots), curvature, projection**2, factor, first)


def _maximised(correlation: Floats, logs: Floats) -> tuple[Floats, _Fit | None]:
    """The logs where the likelihood is at its height, from these, and the fit there; None where it is not found."""
    fit = _fit(correlation, logs)
    for _ in range(STEPS):
        steepest = _steepest(logs, fit)
        if steepest < CONVERGED:
            return logs, fit
        logs, better = _step(correlation, logs, fit)
        if better is None:  # nothing is gained any more: rounding, or no way down
            return logs, fit if steepest < NEAR else None
        fit = better
    return logs, None


def _free(logs: Floats, fit: _Fit) -> NDArray[np.bool_]:
    """Which logs no bound holds."""
    return ~(((logs <= BOUNDS[0]) & (fit.slope > 0)) | ((logs >= BOUNDS[1]) & (fit.slope < 0)))


def _steepest(logs: Floats, fit: _Fit) -> float:
    return float(np.max(np.abs(fit.slope), where=_free(logs, fit), initial=0.0))


def _step(correlation: Floats, logs: Floats, fit: _Fit) -> tuple[Floats, _Fit | None]:
    """The logs after a step that lowers the misfit, and the fit there; None where no step does.

    Near the minimum the misfit changes by less than its rounding error: there the slope must fall.
    """
    free, steepest = _free(logs, fit), _steepest(logs, fit)
    inner, count = np.ix_(free, free), int(free.sum())
    expected = fit.scoring[inner] + 1e-6 * np.eye(count)
    exact = fit.curvature[inner]
    # Far from the minimum the exact curvature may be negative, and a bound may turn a step uphill: then the next one.
    for curvature in (exact, expected, np.eye(count)):
        if curvature is exact and np.linalg.eigvalsh(exact)[0] <= 1e-8:
            continue
        move = np.zeros(len(logs))
        move[free] = np.clip(-np.linalg.solve(curvature, fit.slope[free]), -2.0, 2.0)
        for halved in range(30 if steepest >= NEAR else 3):
            there = np.clip(logs + move / 2**halved, *BOUNDS)
            found = _fit(correlation, there)
            if (_steepest(there, found) < steepest) if steepest < NEAR else (found.misfit < fit.misfit):
                return there, found
        if steepest < NEAR:
            break
    return logs, None


def _solution(logs: Floats, fit: _Fit) -> OneFactor:
    at_bound = (logs <= BOUNDS[0]) | (logs >= BOUNDS[1])
    free = ~at_bound
    if not free.any() or np.linalg.eigvalsh(fit.curvature[np.ix_(free, free)])[0] < 1e-7:
        return _unfit(len(logs), "no omega: the items have no one factor in common")
    unique = np.exp(logs)
    loadings = np.sqrt(unique * max(fit.root - 1, 0.0)) * fit.factor
    heywood = bool(np.any(logs <= BOUNDS[0]))
    return OneFactor(loadings, unique, "omega rests on an item without own variance (Heywood case)" if heywood else "")


def _unfit(count: int, reason: str) -> OneFactor:
    return OneFactor(np.full(count, np.nan), np.full(count, np.nan), reason)
