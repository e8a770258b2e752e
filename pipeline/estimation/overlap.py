"""Respondents who are in two waves, and what they do to a change: the covariance of both waves' figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.estimation.counts import Floats
from pipeline.estimation.membership import Chosen

Places = NDArray[np.intp]


@dataclass(frozen=True)
class Overlap:
    """Places, in both waves, of the respondents that are in both."""

    before: Places
    after: Places


@dataclass(frozen=True)
class Answers:
    """Values of some figures, (respondents, figures), NaN outside the base, and a weight each."""

    y: Floats
    weight: Floats


@dataclass(frozen=True)
class Covered:
    """Of some sets of respondents, (sets, figures): those in both bases, the covariance of both waves' means, and the
    means of both."""

    count: Floats
    covariance: Floats
    before: Floats
    after: Floats


def covered(before: Answers, after: Answers, at: Overlap, sets: Sequence[tuple[Chosen, Chosen]]) -> Covered:
    """Covariance of the weighted means of two waves over those who are in both, of each pair of sets.

    The sum over them of w (y - p) / W of one wave times that of the other; strata and units are left out.
    """
    centre = [_mean(a.y, a.weight) for a in (before, after)]
    (u1, w1), (u2, w2) = (
        (np.where(np.isnan(a.y), 0.0, a.y - c), a.weight[:, None] * ~np.isnan(a.y))
        for a, c in zip((before, after), centre, strict=True)
    )
    first, second = u1[at.before], u2[at.after]
    both = w1[at.before] * w2[at.after]
    sums = np.stack([both * first * second, both * first, both * second, both, both > 0])
    totals = [np.stack([w * u, w]) for u, w in ((u1, w1), (u2, w2))]
    shape = (len(sets), before.y.shape[1])
    count, covariance, p1, p2 = (np.zeros(shape) for _ in range(4))
    for row, (own, other) in enumerate(sets):
        (y1, n1), (y2, n2) = totals[0][:, own].sum(axis=1), totals[1][:, other].sum(axis=1)
        d1, d2 = _over(y1, n1), _over(y2, n2)
        s12, s1, s2, s0, count[row] = sums[:, own[at.before] & other[at.after]].sum(axis=1)
        covariance[row] = _over(_over(s12 - d2 * s1 - d1 * s2 + d1 * d2 * s0, n1), n2)
        p1[row], p2[row] = d1 + centre[0], d2 + centre[1]
    return Covered(count, covariance, p1, p2)


def _mean(y: Floats, weight: Floats) -> Floats:
    w = weight[:, None] * ~np.isnan(y)
    return _over((w * np.nan_to_num(y)).sum(axis=0), w.sum(axis=0))


def _over(above: Floats, below: Floats) -> Floats:
    """0 where there is nothing to divide by."""
    return np.asarray(np.divide(above, below, out=np.zeros_like(above), where=below > 0))
