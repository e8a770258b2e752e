"""Replicates of a sample: jackknife, Rao-Wu bootstrap, and random groups where respondents have no sampling units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.weighting.margins import Floats, Numbers

Lonely = Literal["fail", "remove", "certainty", "adjust", "average"]
Kind = Literal["BRR", "Fay", "JK1", "JKn", "bootstrap", "SDR"]
GROUPS = 80


@dataclass(frozen=True)
class Scales:
    """How squared deviations of R replicates add up to a variance: scale * sum of rscales * deviation**2.

    scale: NaN where the design does not tell a variance. rscales: (R,). mse: deviations from the full-sample estimate
    instead of the replicates' mean. df: degrees of freedom.
    """

    kind: Kind
    scale: float
    rscales: Floats
    mse: bool
    df: int


@dataclass(frozen=True)
class Replication(Scales):
    """Replicates made from sampling units. factors: (R, P), what weights of a unit's respondents are times."""

    factors: Floats


@dataclass(frozen=True)
class Grouped:
    """group: (N,) each respondent's group, 0 to G - 1. stratum: (G,) each group's stratum, 0 to H - 1."""

    group: Numbers
    stratum: Numbers


def jackknife(stratum: ArrayLike, fraction: ArrayLike | None = None, lonely: Lonely = "fail") -> Replication:
    """One replicate without each unit: JK1 where there is one stratum, else JKn. Many respondents: group them first.

    stratum: (P,) of each unit, 0 to H - 1. fraction: (H,) share of the stratum's units that were sampled.
    A stratum with one unit: `fail` leaves the scale, and so every variance, NaN; `remove` and `certainty` make no
    replicate of it; `average` does so too and raises the scale by units over replicates; `adjust` leaves it out whole.
    Strata sampled entirely have no replicates. df: units minus strata, over the whole design.
    Source: R survey `as.svrepdesign(type = "JK1" / "JKn")`, its factors, scales and rules for lonely units.
    """
    number, free, units = _checked(stratum, fraction)
    strata = len(units)
    dropped = np.flatnonzero((free[number] > 0) & ((units[number] > 1) | (lonely == "adjust")))
    alone = (units == 1) & (free > 0)
    own = number[dropped]
    factors = np.ones((len(dropped), len(number)))
    n = units[own]
    inside = number == own[:, None]
    factors = np.where(inside, (n / np.maximum(n - 1, 1))[:, None], factors)
    factors[np.arange(len(dropped)), dropped] = 0.0
    rscales = free[own] * (n - 1) / n
    lone = np.flatnonzero(alone[own])
    if len(lone) and strata > 1:
        factors[lone] = np.where(inside[lone], 0.0, strata / (strata - 1))
        rscales[lone] = (strata - 1) / strata
    scale = np.nan if not len(dropped) or (np.any(alone) and (lonely == "fail" or strata == 1)) else 1.0
    if lonely == "average" and len(dropped):
        scale *= len(number) / (len(dropped) + np.sum(free[number] == 0))
    df = len(number) - strata
    if strata == 1 and len(dropped):
        return Replication("JK1", scale * float(rscales[0]), np.ones(len(dropped)), False, df, factors)
    return Replication("JKn", scale, rscales, False, df, factors)


def bootstrap(
    stratum: ArrayLike,
    replicates: int,
    seed: int,
    fraction: ArrayLike | None = None,
    lonely: Lonely = "fail",
) -> Replication:
    """n - 1 of each stratum's n units drawn with replacement, their factors rescaled.

    Arguments as `jackknife`; the same seed and strata give the same draws. Factors are 1 - r + r n / (n - 1) draws,
    r the square root of the share that was not sampled (1 without finite population).
    A stratum with one unit: `fail` leaves the scale NaN; `remove` and `certainty` keep it in every replicate; `average`
    does so too and raises the scale by strata over the others; `adjust` gives it factor 0 or 2 by the throw of a coin,
    whose variance is that of its total around 0, as in the linearised rule.
    df: units minus strata, or replicates - 1 if fewer.
    Source: Rao and Wu (1988), Rao, Wu and Yue (1992); without finite population R `as.svrepdesign(type =
    "subbootstrap")`.
    """
    if replicates < 2:
        raise ValueError("a bootstrap needs two replicates at least")
    number, free, units = _checked(stratum, fraction)
    factors = np.ones((replicates, len(number)))
    for h, n in enumerate(units.astype(int)):
        draw = np.random.default_rng((seed, h))
        members = np.flatnonzero(number == h)
        if n > 1 and free[h] > 0:
            root = np.sqrt(free[h])
            drawn = draw.multinomial(n - 1, np.full(n, 1 / n), size=replicates)
            factors[:, members] = 1 - root + root * n / (n - 1) * drawn
        elif free[h] > 0 and lonely == "adjust":
            factors[:, members] = 1 + np.sqrt(free[h]) * (2.0 * draw.integers(0, 2, (replicates, 1)) - 1)
    alone = (units == 1) & (free > 0)
    others = int(len(units) - alone.sum())
    scale = 1 / (replicates - 1)
    if np.any(alone) and (lonely == "fail" or (not others and lonely != "adjust")):
        scale = np.nan
    elif np.any(alone) and lonely == "average":
        scale *= len(units) / others
    df = min(len(number) - len(units), replicates - 1)
    return Replication("bootstrap", scale, np.ones(replicates), False, df, factors)


def random_groups(stratum: ArrayLike, key: ArrayLike, groups: int = GROUPS, seed: int = 0) -> Grouped:
    """Respondents without sampling units dealt to about `groups` groups, which then serve as units.

    stratum: (N,) labels. key: (N,) what tells respondents apart, such as their ids, so that the order of rows
    does not matter. Each stratum has groups by its share of the respondents, two at least, sizes differing by one at
    most; a stratum of one respondent has one. Groups of a stratum that is small are single respondents.
    Raises ValueError where keys repeat. Source: Wolter (2007), chapter 2; dependent random groups.
    """
    labels, number = np.unique(np.asarray(stratum), return_inverse=True)
    keys = np.unique(np.asarray(key), return_inverse=True)[1]
    if keys.shape != number.shape or len(np.unique(keys)) != len(number):
        raise ValueError("every respondent needs a stratum and a key of its own")
    group = np.zeros(len(number), np.intp)
    of: list[int] = []
    for h in range(len(labels)):
        members = np.flatnonzero(number == h)
        n = len(members)
        count = min(n, max(2, round(groups * n / len(number))))
        ordered = members[np.argsort(keys[members])]
        dealt = np.random.default_rng((seed, h)).permutation(n)
        group[ordered[dealt]] = len(of) + np.arange(n) % count
        of += [h] * count
    return Grouped(group, np.array(of, dtype=np.intp))


def _checked(stratum: ArrayLike, fraction: ArrayLike | None) -> tuple[NDArray[np.intp], Floats, Floats]:
    """Each unit's stratum, the share of each stratum that was not sampled, and its number of units."""
    number = np.asarray(stratum)
    if number.ndim != 1 or (len(number) and number.dtype.kind not in "iu"):
        raise ValueError("stratum must be a whole number for each sampling unit")
    number = number.astype(np.intp)
    units = np.bincount(number).astype(float) if not np.any(number < 0) else np.zeros(1)
    sampled = np.zeros(len(units)) if fraction is None else np.asarray(fraction, float)
    if np.any(units == 0):
        raise ValueError("strata must be numbered from 0 without a gap")
    if sampled.shape != units.shape or not np.all((sampled >= 0) & (sampled <= 1)):
        raise ValueError("fraction must hold a share from 0 to 1 for each stratum")
    return number, 1.0 - sampled, units
