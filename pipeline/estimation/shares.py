"""The interval of one share."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from pipeline.estimation.counts import Floats, checked_counts
from pipeline.estimation.quantiles import normal_quantile


def wilson_interval(yes: ArrayLike, base: ArrayLike, level: float = 0.95) -> tuple[Floats, Floats]:
    """Wilson score interval of a share.

    yes, base: counts, any shapes that broadcast; base may be an effective sample size.
    level: coverage, 0 to 1.
    Returns (low, high), shares from 0 to 1, NaN where base is 0. Low is 0 at yes = 0 and high is 1 at
    yes = base to the last bit, where statsmodels' `proportion_confint` is off by a rounding error.
    Raises ValueError for negative counts or yes above base.
    Source: Wilson (1927); equals R `prop.test(correct = FALSE)`.
    """
    yes, base = checked_counts(yes, base)
    z = normal_quantile(level)
    return _low(yes, base, z), 1.0 - _low(base - yes, base, z)


def _low(yes: Floats, base: Floats, z: float) -> Floats:
    """The smaller root, as the product of both roots over the larger one: nothing cancels near 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share = yes / base
        larger = yes + z**2 / 2 + z * np.sqrt(share * (base - yes) + z**2 / 4)
        return np.asarray(yes * share / larger)
