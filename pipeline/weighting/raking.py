"""Raking to margins, with trimming, a report of how well it went, and what it means for variances."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.weighting.margins import NO_ANSWER, Floats, Margin, Numbers, checked_margins, population

TOLERANCE = 1e-10
SWEEPS = 1000
R_SWEEPS = 10
STANDSTILL = 1e-12
"""Relative to the largest weight: what moves less does not move."""
NOTHING = 1e-200
"""Weights below this part of the largest are none."""
FAR = 1e100
"""Times its bound: no further may a weight's factor carry it, lest a margin out of reach overflows."""
STALL, HARDLY = 50, 0.9
"""Sweeps after which the gap must have fallen below this part of what it was: else the margins are out of reach."""


@dataclass(frozen=True)
class Raked:
    """Weights of N respondents and how they came about.

    weights: (N,), mean 1 over respondents with a base weight, or sums of the population where margins are counts.
    iterations: sweeps over all margins. converged: whether largest_gap is within the tolerance.
    largest_gap: largest absolute difference between a weighted share and its target, after trimming.
    trimmed: respondents whose weight is the largest allowed. deff_kish, n_eff_kish: as by `kish`.
    """

    weights: Floats
    iterations: int
    converged: bool
    largest_gap: float
    trimmed: int
    deff_kish: float
    n_eff_kish: float


@dataclass(frozen=True)
class Reraked:
    """weights: (R, N) replicates of raked weights. largest_gap: (R,), NaN where a replicate has no respondents."""

    weights: Floats
    largest_gap: Floats


def rake(
    categories: Sequence[ArrayLike],
    targets: Sequence[ArrayLike],
    base: ArrayLike,
    trim: float | None = None,
    tolerance: float = TOLERANCE,
    max_iterations: int = SWEEPS,
    names: Sequence[str] = (),
    labels: Sequence[Sequence[str]] = (),
) -> Raked:
    """Weights near base whose weighted shares are those of the population, margin by margin.

    categories: for each margin (N,) numbers of its targets' entries, -1 for no answer.
    targets: for each margin (K,) shares (sum 1), percentages (100) or counts (all of one population).
    base: (N,) weights before; 0 leaves a respondent out, whose weight stays 0.
    trim: largest weight allowed, in mean weights; above 1. names, labels: of margins and categories, for errors.

    No answer is a category of its own, held at its base-weighted share, so those who answered have the target
    shares among themselves and nobody is given an answer. Trimming is from above only: of all weights that have the
    target shares and keep the bound those nearest to base, min(bound, base times a factor for each category). Where
    there are none, weights raked without the bound are cut to it and the others raised in proportion: converged is
    False and largest_gap says what it costs. Margins that contradict each other end with converged False too.
    Raises ValueError, naming the margin, for targets that sum to something else, a target without respondents,
    respondents with a target of 0, populations that differ; and for base weights that are negative, missing or all 0.
    Source: Deming and Stephan (1940); equals R `survey::rake`. Trimming: Deville and Sarndal
    (1992), the truncated raking ratio, R `calibrate(calfun = "raking", bounds.const = TRUE)`.
    """
    w = np.asarray(base, float)
    if w.ndim != 1 or not np.all(np.isfinite(w)) or np.any(w < 0) or not np.any(w > 0):
        raise ValueError("base weights must be numbers from 0, one for each respondent, and not all 0")
    w = w / w.max()
    margins = checked_margins(categories, targets, w > 0, names, labels)
    fitted = _fitted(margins, w[None], np.ones((1, len(w))), trim, tolerance, max_iterations)
    weights = fitted.weights[0]
    n_eff, deff = kish(weights)
    return Raked(
        weights,
        fitted.sweeps,
        bool(fitted.gap[0] <= tolerance),
        float(fitted.gap[0]),
        int(np.sum(fitted.at_bound[0])),
        deff,
        n_eff,
    )


def reraked(
    categories: Sequence[ArrayLike],
    targets: Sequence[ArrayLike],
    base: ArrayLike,
    factors: ArrayLike,
    trim: float | None = None,
    tolerance: float = 1e-8,
    max_iterations: int = 2 * STALL,
) -> Reraked:
    """Each replicate of the base weights raked and trimmed again. factors: (R, N) of each respondent, not negative.

    Other arguments and errors as `rake`. A respondent drawn twice may have twice the bound, as two respondents would.
    A category of which nobody is left in a replicate is left out of its margin there: largest_gap shows the loss.
    Where margins are counts, every replicate sums to the population.
    Source: Canty and Davison (1999); as R `rake` on a `svrepdesign`.
    """
    w, copies = np.asarray(base, float), np.asarray(factors, float)
    if w.ndim != 1 or not np.all(np.isfinite(w)) or np.any(w < 0):
        raise ValueError("base weights must be numbers from 0, one for each respondent")
    if copies.ndim != 2 or copies.shape[1] != len(w) or not np.all(copies >= 0):
        raise ValueError("factors must be replicates by respondents, numbers from 0")
    w = w / max(w.max(initial=0.0), np.finfo(float).tiny)
    margins = checked_margins(categories, targets, w > 0, (), ())
    fitted = _fitted(margins, w * copies, copies, trim, tolerance, max_iterations)
    return Reraked(fitted.weights, fitted.gap)


def kish(weights: ArrayLike) -> tuple[float, float]:
    """(n_eff, deff) of weights alone: (sum w)**2 / sum w**2, and n over it; missing weights and 0 do not count.

    Source: Kish (1965).
    """
    w = np.asarray(weights, float)
    w = w[w > 0]
    if not len(w):
        return np.nan, np.nan
    w = w / w.max()
    n_eff = float(w.sum() ** 2 / np.sum(w**2))
    return n_eff, len(w) / n_eff


def margin_residuals(
    values: ArrayLike, weights: ArrayLike, categories: Sequence[ArrayLike], sweeps: int = R_SWEEPS
) -> Floats:
    """Linearised values, less what the margins explain of them: their variance is that under raked weights.

    values: (N, K) weighted influence of each respondent, so that column sums are linearised totals.
    weights: (N,) raked; respondents without weight keep their 0. categories: as in `rake`, no answer is one of its own.
    Returns (N, K). Source: R `survey:::svyrecvar` for class "raking": ten sweeps in which x / w loses its unweighted
    mean by category, margin after margin; Deville, Sarndal and Sautory (1993).
    """
    x, w = np.asarray(values, float), np.asarray(weights, float)
    numbers = [np.asarray(category).astype(np.intp) - NO_ANSWER for category in categories]
    if x.ndim != 2 or w.shape != x.shape[:1] or any(number.shape != w.shape for number in numbers):
        raise ValueError("values must be respondents by estimates, weights and categories one for each respondent")
    has = np.flatnonzero(w > w.max(initial=0.0) * NOTHING)
    found = x.copy()
    if numbers and len(has):
        cells = _cells([number[has] for number in numbers])
        ratios = x[has] / w[has, None]
        sums = np.add.reduceat(ratios[cells.groups.order], cells.groups.starts, axis=0)
        explained = _explained(sums.T, np.bincount(cells.number).astype(float), cells.categories, sweeps)
        found[has] -= w[has, None] * explained.T[cells.number]
    return found


def _explained(sums: Floats, n: Floats, categories: Sequence[Numbers], sweeps: int) -> Floats:
    """(K, cells) what margins take away from each member of a cell. sums: (K, cells) of the members, n: (cells,)."""
    parts = [_groups(category) for category in categories]
    sizes = [_sums(n[None], part) for part in parts]
    left = sums
    for _ in range(sweeps):
        for part, size in zip(parts, sizes, strict=True):
            left = left - n * (_sums(left, part) / size)[:, part.number]
    return (sums - left) / n


@dataclass(frozen=True)
class _Groups:
    """Columns sorted by group. number: (N,), all of 0 to G - 1 in use. order, starts: columns by group."""

    number: Numbers
    order: Numbers
    starts: Numbers


@dataclass(frozen=True)
class _Cells:
    """Respondents who have all categories in common. number: (N,). categories: of each margin, (cells,)."""

    number: Numbers
    groups: _Groups
    categories: list[Numbers]


@dataclass(frozen=True)
class _Fitted:
    weights: Floats
    sweeps: int
    gap: Floats
    at_bound: NDArray[np.bool_]


@dataclass(frozen=True)
class _Step:
    """One margin. shares: (R, K) of every category in use, no answer among them. answered: (R,) share who did."""

    groups: _Groups
    shares: Floats
    answered: Floats


def _groups(number: Numbers) -> _Groups:
    """Groups of equal numbers, renumbered so that none is empty."""
    number = np.unique(number, return_inverse=True)[1]
    order = np.argsort(number, kind="stable")
    return _Groups(number, order, np.searchsorted(number[order], np.arange(number.max() + 1)))


def _cells(categories: Sequence[Numbers]) -> _Cells:
    profile = np.zeros(len(categories[0]), np.intp)
    for category in categories:  # renumbered each time, so that many margins cannot overflow
        profile = np.unique(profile * (category.max() + 1) + category, return_inverse=True)[1]
    groups = _groups(profile)
    first = groups.order[groups.starts]
    return _Cells(profile, groups, [category[first] for category in categories])


def _sums(values: Floats, groups: _Groups) -> Floats:
    """(R, G) sums of (R, N) values by group."""
    return np.asarray(np.add.reduceat(values[:, groups.order], groups.starts, axis=1))


def _fitted(
    margins: Sequence[Margin], base: Floats, copies: Floats, trim: float | None, tolerance: float, most: int
) -> _Fitted:
    """R sets of weights (R, N) fitted at once: to sums by cell where nothing is trimmed, else respondent by respondent.

    copies: (R, N) how often each respondent counts in a replicate, which the bound is proportional to.
    """
    if trim is not None and not trim > 1:
        raise ValueError("trim must be above 1: the largest weight, in mean weights")
    if most < 1 or not tolerance > 0:
        raise ValueError("tolerance and max_iterations must be positive")
    present = np.any(base > 0, axis=0)
    weights, at_bound = np.zeros_like(base), np.zeros(base.shape, bool)
    if not np.any(present):
        return _Fitted(weights, 0, np.full(len(base), np.nan), at_bound)
    base, copies = base[:, present], np.where(base > 0, copies, 0.0)[:, present]
    total = population(margins, int(present.sum()))
    categories = [margin.category[present] for margin in margins]
    bound = None if trim is None else trim * total * _over(copies, copies.sum(axis=1, keepdims=True))
    start = total * _over(base, base.sum(axis=1, keepdims=True))
    cells = _cells(categories)
    units = start if bound is not None else _sums(start, cells.groups)
    numbers = categories if bound is not None else cells.categories
    steps = [_step(margin, number, units) for margin, number in zip(margins, numbers, strict=True)]
    fitted, sweeps, missed = _sweeps(units, steps, bound, total, tolerance, most)
    weights[:, present] = fitted if bound is not None else start * _over(fitted, units)[:, cells.number]
    if bound is not None:
        lost = np.flatnonzero(missed > tolerance)
        free = [_Step(step.groups, step.shares[lost], step.answered[lost]) for step in steps]
        raked, *_ = _sweeps(units[lost], free, None, total, tolerance, most)
        weights[np.ix_(lost, np.flatnonzero(present))] = _cut(raked, bound[lost], total)
        at_bound[:, present] = (weights[:, present] >= bound * (1 - 1e-9)) & (bound > 0)
    return _Fitted(weights, sweeps, _largest_gap(margins, weights), at_bound)


def _step(margin: Margin, number: Numbers, units: Floats) -> _Step:
    groups = _groups(number)
    category = np.unique(number)
    target = np.append(margin.target, 0.0)[category]
    silent = _over(units[:, number == len(margin.target)].sum(axis=1), units.sum(axis=1))
    shares = np.where(category == len(margin.target), silent[:, None], target * (1 - silent[:, None]))
    return _Step(groups, shares, np.maximum(1 - silent, np.finfo(float).eps))


def _sweeps(
    units: Floats, steps: Sequence[_Step], bound: Floats | None, total: float, tolerance: float, most: int
) -> tuple[Floats, int, Floats]:
    """Units adjusted to each margin in turn until no margin has to move them, or nothing moves them any more.

    Returns them, the number of sweeps, and (R,) by how much the last sweep had to move a share of those who answered.
    With bounds the factors go on growing as if there were none, and the weights are cut: weights that are above on the
    way and not in the end have lost nothing by it.
    """
    u = units.copy()
    moving, earlier, missed = np.arange(len(u)), np.full(len(u), np.inf), np.zeros(len(u))
    sweep = 0
    for sweep in range(1, most + 1):
        now = u[moving]
        limit = bound[moving] if bound is not None else np.inf
        before, gap = np.minimum(now, limit), np.zeros(len(moving))
        for step in steps:
            sums = _sums(np.minimum(now, limit), step.groups)
            shares = np.where(sums > 0, step.shares[moving], 0.0)
            shares = _over(shares, shares.sum(axis=1, keepdims=True))
            gap = np.maximum(gap, _over(np.abs(sums / total - shares).max(axis=1), step.answered[moving]))
            now = now * (total * _over(shares, sums))[:, step.groups.number]
            now = np.minimum(now, limit * FAR)
        u[moving], missed[moving], after = now, gap, np.minimum(now, limit)
        still = np.abs(after - before).max(axis=1) <= STANDSTILL * after.max(axis=1)
        if sweep % STALL == 0:
            still |= gap > HARDLY * earlier[moving]
            earlier[moving] = gap
        moving = moving[(gap > tolerance / 2) & ~still]
        if not len(moving):
            break
    return np.minimum(u, np.inf if bound is None else bound), sweep, missed


def _cut(w: Floats, bound: Floats, total: float) -> Floats:
    """Weights cut to their bound, the others raised in proportion until the total is reached."""
    at = w > bound
    while True:
        free = np.where(at, 0.0, w)
        need = total - np.where(at, bound, 0.0).sum(axis=1, keepdims=True)
        raised = np.where(at, bound, free * _over(need, free.sum(axis=1, keepdims=True)))
        if not np.any(raised > bound):
            return raised
        at |= raised > bound


def _largest_gap(margins: Sequence[Margin], weights: Floats) -> Floats:
    """(R,) of shares among those who answered; NaN without any weight."""
    gap = np.zeros(len(weights))
    for margin in margins:
        for k, target in enumerate(margin.target):
            answered = weights[:, margin.category < len(margin.target)].sum(axis=1)
            share = weights[:, margin.category == k].sum(axis=1) / np.where(answered > 0, answered, np.nan)
            gap = np.maximum(gap, np.abs(share - target))
    return gap


def _over(values: Floats, whole: Floats) -> Floats:
    """values / whole, 0 where whole is 0 or so small that the ratio has no number."""
    whole = np.broadcast_to(whole, np.broadcast_shapes(values.shape, whole.shape))
    return np.divide(values, whole, out=np.zeros(whole.shape), where=whole > 1e-290)
