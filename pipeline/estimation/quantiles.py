"""How many standard errors a two-sided interval reaches to either side."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri, stdtrit

from pipeline.estimation.counts import Floats


def normal_quantile(level: float) -> float:
    """Two-sided quantile of the normal distribution; 1.96 at level 0.95. ValueError unless 0 < level < 1."""
    return float(-ndtri(_tail(level)))


def t_quantile(level: float, df: ArrayLike) -> Floats:
    """Two-sided quantile of Student's t, the shape of df. NaN where df is not positive."""
    df = np.asarray(df, float)
    return np.where(df > 0, -stdtrit(np.where(df > 0, df, 1.0), _tail(level)), np.nan)


def _tail(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    return (1 - level) / 2
