"""Tiers by clustering the dimension scores: another way to tiers than cut points, and how far the two agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]
OVERALL = "all"
SEED = 1967
STARTS = 20
MOVES = 100
PROFILES_FOR_STARTS = 5_000
PROFILES_FOR_SILHOUETTE = 5_000
ROWS_AT_ONCE = 1_000


@dataclass(frozen=True)
class Clusters:
    """Respondents in clusters, ordered by mean score.

    number: (N,) cluster of each respondent, 0 to K - 1, or -1. centres: (K, D) means of the dimensions, in points.
    explained: share of the sum of squares of the standardised dimensions that lies between clusters;
    explained_by_dimension: (D,) the same of each. silhouettes: (K,) average of each cluster, silhouette of all.
    reason: why there are none; else empty.
    """

    number: Numbers
    centres: Floats
    explained: float
    explained_by_dimension: Floats
    silhouettes: Floats
    silhouette: float
    reason: str


class ClusterTables(NamedTuple):
    """Rows of tables `tier_clusters` and `tier_agreement`."""

    clusters: pd.DataFrame
    agreement: pd.DataFrame


def cluster_tables(wave: str, respondents: pa.Table, dimensions: Sequence[str], tiers: Sequence[str]) -> ClusterTables:
    """Tiers by clustering beside the declared ones, of the analysed with every dimension.

    respondents: columns disposition, weight, score, tier and score_<dimension>. tiers: lowest first; the cluster with
    the lowest mean score takes the name of the first. Agreement is over those who also have a declared tier.
    """
    analysed = respondents.filter(pc.equal(respondents["disposition"], "analysed"))
    points = np.column_stack([_numbers(analysed, f"score_{name}") for name in dimensions])
    weights, score = _numbers(analysed, "weight"), _numbers(analysed, "score")
    found = cluster(points, weights, score, len(tiers))
    declared = pc.fill_null(pc.index_in(analysed["tier"], value_set=pa.array(tiers, pa.string())), -1).to_numpy()
    return ClusterTables(
        _cluster_rows(wave, found, weights, score, dimensions, tiers),
        _agreement_rows(wave, found, weights, np.asarray(declared, np.intp), tiers),
    )


def _numbers(table: pa.Table, column: str) -> Floats:
    return np.asarray(table[column].to_numpy(), float)


def _cluster_rows(
    wave: str, found: Clusters, weights: Floats, score: Floats, dimensions: Sequence[str], tiers: Sequence[str]
) -> pd.DataFrame:
    inside = found.number >= 0
    n = np.bincount(found.number[inside], minlength=len(tiers))
    mass = np.bincount(found.number[inside], weights[inside], len(tiers))
    score_sum = np.bincount(found.number[inside], (weights * score)[inside], len(tiers))
    total = mass.sum()
    unknown = np.full(len(tiers), np.nan)
    frame = pd.DataFrame({"tier": tiers, "position": range(1, len(tiers) + 1), "n": n, "weighted_base": mass})
    frame["share"] = mass / total if total > 0 else unknown
    overall = frame.assign(
        dimension=OVERALL, mean=np.divide(score_sum, mass, out=unknown, where=mass > 0),
        explained_share=found.explained, silhouette=found.silhouettes, average_silhouette=found.silhouette,
    )  # fmt: skip
    parts = [
        frame.assign(dimension=name, mean=found.centres[:, d], explained_share=found.explained_by_dimension[d],
                     silhouette=np.nan, average_silhouette=np.nan)
        for d, name in enumerate(dimensions)
    ]  # fmt: skip
    return pd.concat([overall, *parts], ignore_index=True).assign(wave=wave, reason=found.reason)


def _agreement_rows(
    wave: str, found: Clusters, weights: Floats, declared: Numbers, tiers: Sequence[str]
) -> pd.DataFrame:
    both = (found.number >= 0) & (declared >= 0)
    count = len(tiers)
    cell = declared[both] * count + found.number[both]
    n = np.bincount(cell, minlength=count**2)
    table = np.bincount(cell, weights[both], count**2).reshape(count, count)
    squares = np.bincount(cell, weights[both] ** 2, count**2).reshape(count, count)
    total = table.sum()
    return pd.DataFrame(
        {
            "wave": wave,
            "tier": np.repeat(list(tiers), count),
            "cluster": list(tiers) * count,
            "n": n,
            "weighted_base": table.ravel(),
            "share": table.ravel() / total if total > 0 else np.nan,
            "same_tier_share": float(np.trace(table) / total) if total > 0 else np.nan,
            "adjusted_rand": adjusted_rand(table, squares),
            "weighted_kappa": weighted_kappa(table),
            "reason": found.reason or ("" if total > 0 else "nobody has both a tier and a cluster"),
        }
    )


# -- clusters


def cluster(points: ArrayLike, weights: ArrayLike, score: ArrayLike, count: int) -> Clusters:
    """Respondents in `count` clusters by k-means on their dimension scores, each brought to variance 1.

    points: (N, D), NaN where a dimension is missing; weights, score: (N,). Clustered are those with every dimension, a
    score and a weight above 0; points to 6 digits, as the score. Equal weights give the unweighted result.
    Raises ValueError for shapes that do not match, negative weights or a count under 1.
    Source: MacQueen (1967) in the iteration of Lloyd (1982) and then by single moves (Hartigan and Wong 1979), from 20
    starts of k-means++ (Arthur and Vassilvitskii 2007) with a fixed seed and one from profiles in order of score; the
    least sum of squares is kept. Equal to R `kmeans(scale(x), nstart = 20)` where both find the minimum. Respondents
    are sorted first: their order in the file changes nothing. Silhouettes are Rousseeuw's (1987), 0 for a cluster of
    one, weighted averages. Beyond 5,000 different profiles, starts and silhouettes use every second, third ... of them.
    """
    points, weights, score = np.asarray(points, float), np.asarray(weights, float), np.asarray(score, float)
    if points.ndim != 2 or weights.shape != points.shape[:1] or score.shape != weights.shape:
        raise ValueError(f"points, weights and score do not match: {points.shape}, {weights.shape}, {score.shape}")
    if np.any(weights < 0) or count < 1:
        raise ValueError("weights must not be negative, and there must be one cluster at least")
    used = np.flatnonzero((weights > 0) & np.isfinite(points).all(axis=1) & np.isfinite(score))
    x, w, y = np.round(points[used], 6) + 0.0, weights[used], score[used]
    order = np.lexsort((y, w, *x.T[::-1]))
    used, x, w, y = used[order], x[order], w[order], y[order]
    w = w / w.max() if len(w) else w
    profiles, profile = np.unique(x, axis=0, return_inverse=True)
    profile = profile.reshape(-1)
    if len(profiles) < count:
        return _none(len(points), points.shape[1], count, len(profiles))
    mass = np.bincount(profile, w).astype(float)
    z = _standardised(profiles, mass)
    of_profile = _k_means(z, mass, np.bincount(profile, w * y) / mass, count)
    own = of_profile[profile]
    rank = np.argsort(np.argsort(np.bincount(own, w * y, count) / np.bincount(own, w, count), kind="stable"))
    own, of_profile = rank[own], rank[of_profile]
    number = np.full(len(points), -1, np.intp)
    number[used] = own
    within, total = _squares(z, mass, of_profile, count)
    silhouettes, silhouette = _silhouettes(z, profile, own, w, count)
    with np.errstate(invalid="ignore", divide="ignore"):
        return Clusters(
            number, _centres(profiles, mass, of_profile, count), float(1 - within.sum() / total.sum()),
            1 - within / np.where(total > 0, total, np.nan), silhouettes, silhouette, "",
        )  # fmt: skip


def _none(respondents: int, dimensions: int, count: int, profiles: int) -> Clusters:
    reason = f"{profiles} different profiles of dimension scores for {count} clusters"
    number = np.full(respondents, -1, np.intp)
    unknown = np.full(count, np.nan)
    return Clusters(
        number, np.full((count, dimensions), np.nan), np.nan, np.full(dimensions, np.nan), unknown, np.nan, reason
    )


def _standardised(profiles: Floats, mass: Floats) -> Floats:
    """Profiles with mean 0 and variance 1 over respondents; a dimension that does not vary is 0."""
    share = mass / mass.sum()
    centred = profiles - share @ profiles
    sd = np.sqrt(share @ centred**2)
    width = np.ptp(profiles, axis=0)
    varies = (width > 0) & (sd > 1e-9 * width)  # unless all but nobody's weight is on one value
    return np.where(varies, centred / np.where(varies, sd, 1.0), 0.0)


def _centres(x: Floats, mass: Floats, number: Numbers, count: int) -> Floats:
    """Weighted means by cluster; NaN of an empty one."""
    member = (number[:, None] == np.arange(count)) * mass[:, None]
    with np.errstate(invalid="ignore"):
        return (member.T @ x) / member.sum(axis=0)[:, None]


def _squares(z: Floats, mass: Floats, number: Numbers, count: int) -> tuple[Floats, Floats]:
    """Sums of squares within clusters and in all, by dimension."""
    centres = _centres(z, mass, number, count)
    return mass @ (z - centres[number]) ** 2, mass @ (z - mass @ z / mass.sum()) ** 2


def _k_means(z: Floats, mass: Floats, score: Floats, count: int) -> Numbers:
    random = np.random.default_rng(SEED)
    step = -(-len(z) // PROFILES_FOR_STARTS)
    part, part_mass = z[::step], mass[::step]
    ranked = np.argsort(score[::step], kind="stable")
    by_score = np.empty(len(part), np.intp)
    by_score[ranked] = np.arange(len(part)) * count // len(part)
    starts = [_centres(part, part_mass, by_score, count)]
    starts += [_spread_out(part, part_mass, count, random) for _ in range(STARTS)]
    best, least = by_score, np.inf
    for start in starts:
        number, within = _settled(part, part_mass, start)
        if within < least * (1 - 1e-9):  # a tie in all but rounding goes to the earlier start
            best, least = number, within
    return best if step == 1 else _lloyd(z, mass, _centres(part, part_mass, best, count))[0]


def _spread_out(z: Floats, mass: Floats, count: int, random: np.random.Generator) -> Floats:
    """Starting centres by k-means++: each next one at a profile drawn by its squared distance to those before."""
    chosen: list[int] = []
    chance = mass
    distance = np.full(len(z), np.inf)
    for _ in range(count):
        upto = np.cumsum(chance)
        pick = int(np.searchsorted(upto, random.random() * upto[-1], side="right"))
        chosen.append(min(pick, len(z) - 1))
        distance = np.minimum(distance, ((z - z[chosen[-1]]) ** 2).sum(axis=1))
        chance = mass * distance
    return z[chosen]


def _nearest(z: Floats, centres: Floats) -> Numbers:
    return np.asarray(np.argmin((centres**2).sum(axis=1) - 2 * (z @ centres.T), axis=1), np.intp)


def _settled(z: Floats, mass: Floats, centres: Floats) -> tuple[Numbers, float]:
    """As `_lloyd`, and then on with single moves (Hartigan and Wong 1979), which find what it cannot: moving a profile
    moves both centres too."""
    count = len(centres)
    number, within = _lloyd(z, mass, centres)
    for _ in range(MOVES):
        moved = _best_move(z, mass, number, count)
        if moved is None:
            break
        there, less = _lloyd(z, mass, _centres(z, mass, moved, count))
        if not less < within:
            break
        number, within = there, less
    return number, within


def _best_move(z: Floats, mass: Floats, number: Numbers, count: int) -> Numbers | None:
    """The clusters after the one move of a profile that lowers the sum of squares most; None where none lowers it."""
    centres = _centres(z, mass, number, count)
    total = np.bincount(number, mass, count)
    apart = ((z[:, None, :] - centres) ** 2).sum(axis=2)
    row = np.arange(len(z))
    rest = total[number] - mass
    can_leave = (np.bincount(number, minlength=count)[number] > 1) & (rest > 0)
    gain = np.where(can_leave, apart[row, number] * total[number] / np.where(rest > 0, rest, 1.0), 0.0) * mass
    cost = apart * total / (total + mass[:, None]) * mass[:, None]
    cost[row, number] = np.inf
    best = cost.argmin(axis=1)
    less = gain - cost[row, best]
    profile = int(less.argmax())
    if not less[profile] > 1e-12 * mass @ apart[row, number]:
        return None
    moved = number.copy()
    moved[profile] = best[profile]
    return moved


def _lloyd(z: Floats, mass: Floats, centres: Floats) -> tuple[Numbers, float]:
    """Cluster of each profile when none changes any more, and the sum of squares around their centres."""
    count, number = len(centres), np.full(len(z), -1, np.intp)
    for _ in range(300):
        before, number = number, _nearest(z, centres)
        missing = np.flatnonzero(np.bincount(number, minlength=count) == 0)
        if len(missing):  # an empty cluster starts again at the profile that fits worst
            worst = np.argsort(-mass * ((z - centres[number]) ** 2).sum(axis=1), kind="stable")
            number[worst[: len(missing)]] = missing
        if np.array_equal(before, number):
            break
        found = _centres(z, mass, number, count)
        centres = np.where(np.isnan(found), centres, found)
    return number, float(mass @ ((z - centres[number]) ** 2).sum(axis=1))


def _silhouettes(z: Floats, profile: Numbers, own: Numbers, w: Floats, count: int) -> tuple[Floats, float]:
    """Average silhouette of each cluster and of all. profile, own, w: of each respondent."""
    from scipy.spatial.distance import cdist  # takes a tenth of a second to import

    step = -(-len(z) // PROFILES_FOR_SILHOUETTE)
    if step > 1:
        looked_at = profile % step == 0
        z, profile, own, w = z[::step], profile[looked_at] // step, own[looked_at], w[looked_at]
    unknown = np.full(count, np.nan)
    if count < 2:
        return unknown, np.nan
    mass = np.zeros((len(z), count))
    np.add.at(mass, (profile, own), w)
    sums = np.vstack([cdist(z[i : i + ROWS_AT_ONCE], z) @ mass for i in range(0, len(z), ROWS_AT_ONCE)])[profile]
    total, mine = mass.sum(axis=0), own[:, None] == np.arange(count)
    others = total[own] - w
    alone = (np.bincount(own, minlength=count)[own] == 1) | (others <= 1e-12 * total[own])
    inside = sums[mine] / np.where(alone, 1.0, others)
    outside = np.where(mine | (total == 0), np.inf, sums / np.where(total > 0, total, 1.0)).min(axis=1)
    larger = np.maximum(inside, outside)
    width = np.where(
        alone | (larger == 0) | ~np.isfinite(larger), 0.0, (outside - inside) / np.where(larger > 0, larger, 1.0)
    )
    by_cluster = np.divide(np.bincount(own, w * width, count), total, out=unknown, where=total > 0)
    return by_cluster, float(w @ width / w.sum())


# -- agreement of two ways to tiers


def adjusted_rand(table: ArrayLike, squares: ArrayLike | None = None) -> float:
    """Adjusted Rand index of two partitions: 1 where they are the same, around 0 where they have nothing to do with
    each other.

    table: (R, C) respondents, or their weights, by both; squares: sums of squared weights, absent: weights of 1.
    A pair of respondents counts by the product of their weights. NaN where neither partition divides anything.
    Source: Hubert and Arabie (1985).
    """
    table = np.asarray(table, float)
    squares = table if squares is None else np.asarray(squares, float)
    pairs, rows, columns, total = (
        float(np.sum(table.sum(axis=axes) ** 2 - squares.sum(axis=axes))) for axes in ((), (1,), (0,), (0, 1))
    )
    if total <= 0:
        return np.nan
    expected, most = rows * columns / total, (rows + columns) / 2
    return (pairs - expected) / (most - expected) if most - expected > 1e-12 * total else np.nan


def weighted_kappa(table: ArrayLike) -> float:
    """Cohen's kappa with quadratic weights of two orderings in the same classes.

    table: (K, K) respondents, or their weights, by both. NaN where all are in one and the same class.
    Source: Cohen (1968); equals R `psych::cohen.kappa` and `irr::kappa2(weight = "squared")`.
    """
    table = np.asarray(table, float)
    if not table.sum() > 0:
        return np.nan
    share = table / table.sum()
    place = np.arange(len(table))
    apart = (place[:, None] - place) ** 2
    by_chance = float(np.sum(apart * np.outer(share.sum(axis=1), share.sum(axis=0))))
    return 1 - float(np.sum(apart * share)) / by_chance if by_chance > 0 else np.nan
