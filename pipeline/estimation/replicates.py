"""Variances from replicates: of delivered replicate weights, or of replicates made from sampling units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike

from pipeline.estimation.counts import Floats
from pipeline.weighting.replication import Kind, Scales

RANK_TOLERANCE = 1e-5
ROUNDING = 1e-12
NO_SPREAD = 1e-10
"""Standard errors below this part of the share are rounding: the replicates do not differ."""


@dataclass(frozen=True)
class ReplicatedShares:
    """Shares of two groups, K indicators. p_a, p_b: (K,) of the full sample. covariance: (K, 2, 2).

    A variance of 0, where replicates do not differ, stands as NaN.
    """

    p_a: Floats
    p_b: Floats
    covariance: Floats


def delivered_scales(
    kind: Kind,
    replicates: int,
    df: int,
    rho: float | None = None,
    scale: float | None = None,
    rscales: Sequence[float] | None = None,
    mse: bool = False,
) -> Scales:
    """Scales of delivered replicate weights, by kind, unless declared.

    BRR 1/R; Fay 1/(R (1 - rho)**2); JK1 (R - 1)/R; JKn 1 with rscales, which must be declared; bootstrap 1/(R - 1);
    SDR 4/R. df: as by `replicate_df`, unless the producer says otherwise.
    mse False: centred at the replicates' mean, R's default; producers such as the Census Bureau centre at the estimate.
    Raises ValueError for an unknown kind, fewer than two replicates, or scales that are missing, negative or not (R,).
    Source: R survey `svrepdesign`; SDR: Fay and Train (1995), R's type "ACS".
    """
    if kind not in get_args(Kind):
        raise ValueError(f"unknown kind of replicates {kind!r}: give one of {', '.join(get_args(Kind))}")
    if replicates < 2:
        raise ValueError("replicate weights need two columns at least")
    if (kind == "Fay") != (rho is not None) or (rho is not None and not 0 <= rho < 1):
        raise ValueError("rho belongs to kind Fay, which needs it: from 0 to below 1")
    if kind == "JKn" and rscales is None:
        raise ValueError("kind JKn needs rscales: (n - 1) / n of each replicate's stratum")
    usual = {
        "BRR": 1 / replicates,
        "Fay": 1 / (replicates * (1 - (rho or 0.0)) ** 2),
        "JK1": (replicates - 1) / replicates,
        "JKn": 1.0,
        "bootstrap": 1 / (replicates - 1),
        "SDR": 4 / replicates,
    }
    own = np.ones(replicates) if rscales is None else np.asarray(rscales, float)
    chosen = usual[kind] if scale is None else scale
    if own.shape != (replicates,) or not np.all((own >= 0) & np.isfinite(own)) or not 0 < chosen < np.inf:
        raise ValueError("scale must be above 0, rscales a number from 0 for each replicate")
    return Scales(kind, chosen, own, mse, df)


def replicate_df(weights: ArrayLike) -> int:
    """Degrees of freedom of replicate weights, (R, N) with the base weight in them: their rank minus 1.

    A replicate counts unless less than 1e-5 of its length is left when the others are taken out.
    Source: R `degf` for `svyrep.design`, `qr(tol = 1e-5)`.
    """
    from scipy.linalg.lapack import dpstrf

    w = np.asarray(weights, float)
    if w.ndim != 2 or not np.all(np.isfinite(w)):
        raise ValueError("replicate weights must be replicates by respondents, without a missing one")
    length = np.sqrt((w**2).sum(axis=1))
    w = w[length > 0] / length[length > 0, None]
    if not len(w):
        return 0
    rank = int(dpstrf(w @ w.T, tol=RANK_TOLERANCE**2)[2])
    return rank - 1


def replicate_covariance(replicates: ArrayLike, full: ArrayLike, scales: Scales) -> Floats:
    """Covariance of D estimates from R replicates of them: (R, ..., D) and (..., D) of the full sample -> (..., D, D).

    Replicates of which one of the D estimates is NaN, a group having nobody left in them, are left out, as in R,
    with the others counting for them; NaN for jackknives, where the one left out is what the variance is about, and
    where fewer than two replicates are left.
    Source: R survey `svrVar`: scale * sum rscales (t - centre)(t - centre)', centre the mean of replicates whose
    rscale is above 0, or the full-sample estimate with mse.
    """
    t, centre = np.asarray(replicates, float), np.asarray(full, float)
    if t.shape[1:] != centre.shape or t.ndim < 2 or len(t) != len(scales.rscales):
        raise ValueError("replicates must be those of the full estimates, one for each of rscales")
    counts = scales.rscales > 0
    t, rscales = t[counts], scales.rscales[counts]
    there = np.isfinite(t).all(axis=-1)  # (R, ...)
    left = there.sum(axis=0)
    mean = np.where(there[..., None], t, 0.0).sum(axis=0) / np.maximum(left, 1)[..., None]
    deviation = np.where(there[..., None], t - (centre if scales.mse else mean), 0.0)
    deviation = np.moveaxis(deviation * np.sqrt(rscales).reshape(-1, *(1,) * centre.ndim), 0, -1)  # (..., D, R)
    enough = left == len(t) if scales.kind in ("JK1", "JKn") else left >= 2
    factor = np.where(enough & (left >= 2), scales.scale * len(t) / np.maximum(left, 1), np.nan)
    return np.asarray(factor[..., None, None] * (deviation @ np.swapaxes(deviation, -1, -2)))


def replicated_shares(
    yes_a: ArrayLike, base_a: ArrayLike, yes_b: ArrayLike, base_b: ArrayLike, scales: Scales
) -> ReplicatedShares:
    """Two groups' shares with their covariance, from weighted sums.

    Each (1 + R, K): first of the full sample, then of each replicate; one column an indicator. Groups may overlap.
    Sums from units: `with_full(factors) @ totals`. NaN where a group has no base in the full sample.
    Raises ValueError for shapes that do not fit.
    Source: R survey `svyby(covmat = TRUE)` on a `svyrep.design`.
    """
    sums = [np.asarray(value, float) for value in (yes_a, base_a, yes_b, base_b)]
    shape = (1 + len(scales.rscales), sums[0].shape[-1] if sums[0].ndim == 2 else -1)
    if any(value.shape != shape for value in sums):
        raise ValueError("sums must be the full sample's and each replicate's, by indicator, all of one shape")
    p = np.stack([_share(sums[0], sums[1]), _share(sums[2], sums[3])], axis=-1)
    covariance = replicate_covariance(p[1:], p[0], scales)
    error = np.sqrt(np.maximum(np.diagonal(covariance, axis1=1, axis2=2), 0.0))
    some = np.where(error > NO_SPREAD * p[0], 1.0, np.nan)  # NaN also where p is
    covariance = covariance * some[:, :, None] * some[:, None, :]
    return ReplicatedShares(p[0, :, 0], p[0, :, 1], covariance)


def with_full(factors: ArrayLike) -> Floats:
    """Replicate factors below a row of ones: (1 + R, P) @ totals by unit (P, K) gives full and replicate sums."""
    f = np.asarray(factors, float)
    return np.vstack([np.ones((1, f.shape[1])), f])


def _share(yes: Floats, base: Floats) -> Floats:
    """NaN without a base. Sums of the same weights that were added up in another order are the same: all say yes."""
    share = np.divide(yes, base, out=np.full(yes.shape, np.nan), where=base > 0)
    return np.where(np.abs(share - 1) <= ROUNDING, 1.0, share)
