"""Counts as they reach an estimate: checked, as floats, of one shape."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class TwoGroups(NamedTuple):
    """Two groups' counts: x_a yes among n_a against x_b yes among n_b, arrays of one shape."""

    x_a: Floats
    n_a: Floats
    x_b: Floats
    n_b: Floats


def checked_counts(yes: ArrayLike, base: ArrayLike) -> tuple[Floats, Floats]:
    """yes and base as floats of one shape. NaN stands for an unknown count and passes.

    Raises ValueError where a count is negative or yes exceeds its base.
    """
    yes, base = np.broadcast_arrays(np.asarray(yes, float), np.asarray(base, float))
    if np.any((yes < 0) | (base < 0)):
        raise ValueError("counts must not be negative")
    if np.any(yes > base):
        raise ValueError("yes must not exceed its base")
    return yes, base


def two_groups(x_a: ArrayLike, n_a: ArrayLike, x_b: ArrayLike, n_b: ArrayLike) -> TwoGroups:
    """Both groups' counts, checked as by `checked_counts`, of one common shape."""
    counts = (*checked_counts(x_a, n_a), *checked_counts(x_b, n_b))
    return TwoGroups(*np.broadcast_arrays(*counts))


def have_base(counts: TwoGroups) -> NDArray[np.bool_]:
    """True where both groups have respondents and no count is unknown: the others have no estimate."""
    return (counts.n_a > 0) & (counts.n_b > 0) & (counts.x_a >= 0) & (counts.x_b >= 0)
