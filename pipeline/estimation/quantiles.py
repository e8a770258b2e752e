"""How many standard errors a two-sided interval reaches to either side."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from pipeline.estimation.counts import Floats


def normal_quantile(level: float) -> float:
    """Two-sided quantile of the normal distribution; 1.96 at level 0.95. ValueError unless 0 < level < 1."""
    return float(-ndtri(_tail(level)))


def t_quantile(level: float, df: ArrayLike) -> Floats:
    """Two-sided quantile of Student's t, the shape of df: the normal one at infinity, NaN where df is not positive."""
    df = np.asarray(df, float)
    finite = (df > 0) & np.isfinite(df)
    quantile = -stdtrit(np.where(finite, df, 1.0), _tail(level))
    return np.where(finite, quantile, np.where(df > 0, normal_quantile(level), np.nan))


def t_p_value(statistic: ArrayLike, df: ArrayLike) -> Floats:
    """Two-sided p value of a t statistic, of the normal one at infinite df. NaN where df is not positive."""
    size, df = np.broadcast_arrays(np.abs(np.asarray(statistic, float)), np.asarray(df, float))
    finite = (df > 0) & np.isfinite(df)
    p = 2 * np.where(finite, stdtr(np.where(finite, df, 1.0), -size), ndtr(-size))
    return np.where(df > 0, p, np.nan)


def _tail(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, not {level}")
    return (1 - level) / 2
