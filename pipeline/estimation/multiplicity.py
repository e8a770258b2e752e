"""p values of many findings, adjusted for there being many."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from pipeline.estimation.counts import Floats


def benjamini_hochberg(p: ArrayLike, family: ArrayLike) -> Floats:
    """q values: the false discovery rate at which each finding would be reported, within its family.

    p: p values, shape (F,); family: one label a finding, shape (F,).
    Returns q, shape (F,). A finding whose p is NaN has q NaN and does not count in its family.
    Raises ValueError for a p outside 0 to 1 or shapes that differ.
    Source: Benjamini and Hochberg (1995); equals R `p.adjust(method = "BH")` by family.
    """
    from statsmodels.stats.multitest import fdrcorrection  # takes more than a second to import

    p, family = np.asarray(p, float), np.asarray(family)
    if p.ndim != 1 or p.shape != family.shape:
        raise ValueError(f"p and family must be two lists of one length, not {p.shape} and {family.shape}")
    if np.any((p < 0) | (p > 1)):
        raise ValueError("p must lie between 0 and 1")
    q = np.full(p.shape, np.nan)
    counted = ~np.isnan(p)
    for label in np.unique(family[counted]):
        members = counted & (family == label)
        _, q[members] = fdrcorrection(p[members])
    return q
