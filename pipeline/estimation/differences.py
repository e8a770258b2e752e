"""The interval of a difference of two shares."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from pipeline.estimation.counts import Floats, two_groups
from pipeline.estimation.shares import wilson_interval


def newcombe(
    x_a: ArrayLike, n_a: ArrayLike, x_b: ArrayLike, n_b: ArrayLike, level: float = 0.95
) -> tuple[Floats, Floats]:
    """Newcombe's hybrid score interval of the difference p_a - p_b of two independent shares.

    Counts of any shapes that broadcast. Returns (low, high) between -1 and 1, NaN where a base is 0.
    Raises ValueError for negative counts or yes above base.
    Source: Newcombe (1998), method 10; equals R `contingencytables::Newcombe_hybrid_score_CI_2x2`.
    """
    x_a, n_a, x_b, n_b = two_groups(x_a, n_a, x_b, n_b)
    low_a, high_a = wilson_interval(x_a, n_a, level)
    low_b, high_b = wilson_interval(x_b, n_b, level)
    with np.errstate(invalid="ignore", divide="ignore"):
        p_a, p_b = x_a / n_a, x_b / n_b
    low = p_a - p_b - np.hypot(p_a - low_a, high_b - p_b)
    high = p_a - p_b + np.hypot(high_a - p_a, p_b - low_b)
    return np.asarray(low), np.asarray(high)
