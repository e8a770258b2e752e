"""The test that two shares are equal."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import erfc

from pipeline.estimation.counts import Floats, have_base, two_groups


def score_p_value(x_a: ArrayLike, n_a: ArrayLike, x_b: ArrayLike, n_b: ArrayLike) -> Floats:
    """Two-sided p value of Miettinen and Nurminen's score test: ratio 1, difference 0, odds ratio 1 alike.

    Counts of any shapes that broadcast. p < 0.05 where the 95% score interval of the ratio, or of the odds
    ratio, excludes 1. NaN where a base is 0; 1 where all say yes or none does.
    Raises ValueError for negative counts or yes above base.
    Source: Miettinen and Nurminen (1985); the chi-squared test with N - 1 for N, so that
    R `chisq.test(correct = FALSE)` has N / (N - 1) times this statistic.
    """
    x_a, n_a, x_b, n_b = counts = two_groups(x_a, n_a, x_b, n_b)
    yes, no, n = x_a + x_b, (n_a - x_a) + (n_b - x_b), n_a + n_b
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.abs(x_a * n_b - x_b * n_a) * np.sqrt((n - 1) / (n_a * n_b * yes * no))
    p = np.where((yes == 0) | (no == 0), 1.0, erfc(z / np.sqrt(2)))
    return np.where(have_base(counts), p, np.nan)
