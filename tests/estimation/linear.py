"""Two groups of a stratified sample compared by the pipeline's own steps, from sums by cell."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from pipeline.cells.sums import Cells
from pipeline.estimation.covariance import SharePair, share_pair
from pipeline.estimation.designed import designed_estimates
from pipeline.estimation.plan import Plan


def log_ratio(stratum, n, w_base, w_yes, ww_base, ww_yes, in_a, in_b, level=0.95):
    """Log ratio of groups a and b where respondents are their own units: a row a cell, a column an indicator.

    Returns estimate, se, df, p_a, se_p_a, p_b, se_p_b, covariance of both shares, and found, the columns of a finding.
    """
    labels = np.array([f"s{s}" for s in stratum], dtype=object)
    n, w_base, w_yes, ww_base, ww_yes = (np.asarray(v, float) for v in (n, w_base, w_yes, ww_base, ww_yes))
    size, kinds = w_base.shape
    flat, none = np.zeros(size, np.intp), np.full(size, "all", dtype=object)
    cells = Cells(
        indicators=tuple(str(k) for k in range(kinds)), stratum=labels, psu=flat, margins=flat, segment=none,
        level=none, tier=none, n=n, w=n, ww=n, n_base=np.where(w_base > 0, n[:, None], 0.0), n_yes=w_yes,
        w_base=w_base, w_yes=w_yes, ww_base=ww_base, ww_yes=ww_yes, r=np.zeros((size, 0)),
        r_base=np.zeros((size, 0, kinds)), r_yes=np.zeros((size, 0, kinds)),
    )  # fmt: skip
    fraction = dict.fromkeys(labels, 0.0)
    plan = Plan(kind="linearised", fraction=fraction, df=int(n.sum()) - len(fraction))
    everyone = np.ones(size, bool)
    pair = share_pair(cells, np.asarray(in_a, bool), np.asarray(in_b, bool), plan)
    return compared(pair, share_pair(cells, everyone, everyone, plan), level)


def compared(pair: SharePair, everyone: SharePair, level: float = 0.95) -> SimpleNamespace:
    found = designed_estimates(pair, everyone.a, np.zeros(pair.covariance.shape, bool), level)
    with np.errstate(divide="ignore"):
        estimate = np.log(found["ratio"])
    return SimpleNamespace(
        estimate=np.where(np.isfinite(estimate), estimate, np.nan), se=found["se_log_ratio"], df=pair.df[0],
        p_a=pair.a.p, se_p_a=np.sqrt(pair.a.variance), p_b=pair.b.p, se_p_b=np.sqrt(pair.b.variance),
        covariance=pair.covariance, found=found,
    )  # fmt: skip
