"""Variances of linearised values under strata, primary sampling units and a finite population."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.estimation.counts import Floats

Lonely = Literal["fail", "remove", "certainty", "adjust", "average"]
Numbers = NDArray[np.intp]


@dataclass(frozen=True)
class Sampling:
    """The sampling units of a wave: all of them, also those of which no respondent is in an estimate's base.

    stratum: (P,) number of each unit's stratum, 0 to H - 1. fraction: (H,) share of the stratum's units that
    were sampled, 0 without a finite population correction. lonely: what a stratum with one unit contributes.
    weighed_df: units minus strata of those that have a weight above 0, where some have none.
    """

    stratum: Numbers
    fraction: Floats
    lonely: Lonely = "fail"
    weighed_df: int | None = None

    @property
    def units(self) -> Floats:
        """Number of units in each stratum, (H,)."""
        return np.bincount(self.stratum, minlength=len(self.fraction)).astype(float)

    @property
    def df(self) -> int:
        """Degrees of freedom: units minus strata, over the whole design; equals R `degf`."""
        return len(self.stratum) - len(self.fraction) if self.weighed_df is None else self.weighed_df


def sampling(
    stratum: ArrayLike,
    fraction: ArrayLike | None = None,
    lonely: Lonely = "fail",
    weighed_df: int | None = None,
) -> Sampling:
    """Sampling units from the stratum of each, any labels; fraction by stratum in the order of sorted labels."""
    labels, number = np.unique(np.asarray(stratum), return_inverse=True)
    shares = np.zeros(len(labels)) if fraction is None else np.asarray(fraction, float)
    if shares.shape != labels.shape or np.any((shares < 0) | (shares > 1)):
        raise ValueError("fraction must hold a share from 0 to 1 for each stratum")
    return Sampling(number.astype(np.intp), shares, lonely, weighed_df)


def stratum_variance(units: Floats, total: Floats, squares: Floats, fraction: Floats, lonely: Lonely) -> Floats:
    """Variance of the sum of a linearised value over a stratified sample of units.

    units: (H,) units by stratum. total, squares: (H, K) sums over units of the value and of its square.
    fraction, lonely: as in `Sampling`. Returns (K,), NaN where nothing tells it: `fail` with a stratum of one unit,
    `average` without any other.
    Source: V = sum over strata of (1 - f) n / (n - 1) (squares - total**2 / n), Cochran (1977); the rules for
    lonely units equal R `options(survey.lonely.psu)`: `remove` and `certainty` add nothing, `adjust` centres at 0,
    the mean of a linearised value over the sample, `average` takes the mean of the other strata.
    """
    free, alone = (1.0 - fraction)[:, None], (units == 1) & (fraction < 1)
    n = units[:, None]
    spread = np.maximum(squares - total**2 / np.maximum(n, 1.0), 0.0)  # rounding may leave it just below 0
    parts = free * np.where(n > 1, n / np.maximum(n - 1, 1.0), 0.0) * spread
    if lonely == "adjust":
        parts = np.where(alone[:, None], free * squares, parts)
    found = np.asarray(parts.sum(axis=0))
    if np.any(alone):
        others = int(len(units) - alone.sum())
        if lonely == "average":
            found = found * (len(units) / others) if others else np.full_like(found, np.nan)
        elif lonely == "fail":
            found = np.full_like(found, np.nan)
    return found


def unit_variance(design: Sampling, values: Floats) -> Floats:
    """Variance of the sums of linearised values, (K,), from their totals by unit, (P, K)."""
    return stratum_variance(
        design.units, by_number(design.stratum, values, len(design.fraction)),
        by_number(design.stratum, values**2, len(design.fraction)), design.fraction, design.lonely,
    )  # fmt: skip


def unit_covariance(design: Sampling, values: Floats) -> Floats:
    """Covariance matrix, (K, K), of the sums of K linearised values, from their totals by unit, (P, K)."""
    first, second = np.triu_indices(values.shape[1])
    plus = unit_variance(design, values[:, first] + values[:, second])
    alone = unit_variance(design, values)
    found = np.empty((values.shape[1],) * 2)
    found[first, second] = found[second, first] = (plus - alone[first] - alone[second]) / 2
    found[np.diag_indices_from(found)] = alone
    return found


def by_number(number: Numbers, values: Floats, count: int) -> Floats:
    """Sums of (N, K) values over rows of one number, (count, K)."""
    columns = [np.bincount(number, values[:, k], count) for k in range(values.shape[1])]
    return np.stack(columns, axis=1) if columns else np.zeros((count, 0))
