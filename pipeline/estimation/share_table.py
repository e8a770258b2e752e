"""Shares as columns: count, bases, share with interval, effective base, method, display status."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from pipeline.cells.sums import Cells
from pipeline.estimation.counts import Floats
from pipeline.estimation.covariance import Shares, design_df, stacked_shares
from pipeline.estimation.designed import effective_base
from pipeline.estimation.plan import Plan
from pipeline.estimation.shares import korn_graubard, logit_interval, wilson_interval
from pipeline.estimation.status import Statuses, share_status
from pipeline.study.analysis import Display

LEVEL = 0.95
WILSON = "Wilson score"
LOGIT = "logit, t"
EXACT = "Korn-Graubard"
FEW = 10.0
"""Expected yes (or no) at the effective base under which the logit interval gives way to Korn and Graubard's."""


def share_limits(
    shares: Shares, n_eff: Floats, df: Floats, plan: Plan, level: float = LEVEL
) -> tuple[Floats, Floats, Any]:
    """(low, high, method) of shares: Wilson from counts, else logit-t, or Korn-Graubard where yes or no are few."""
    if plan.kind == "simple":
        low, high = wilson_interval(shares.x, shares.n, level)
        return low, high, np.full(low.shape, WILSON, dtype=object)
    low, high = logit_interval(shares.p, np.sqrt(np.maximum(shares.variance, 0.0)), df, level)
    exact_low, exact_high = korn_graubard(shares.p, n_eff, shares.n, df, level)
    few = ~(np.minimum(shares.p, 1 - shares.p) * n_eff >= FEW * (1 - 1e-9))
    method = np.where(few, EXACT, LOGIT).astype(object) + plan.words
    return np.where(few, exact_low, low), np.where(few, exact_high, high), method


def statuses(shares: Shares, n_eff: Floats, df: Floats, simple: ArrayLike, display: Display) -> Statuses:
    """Display status of shares on Korn and Graubard's interval. simple: those without weights and design."""
    df = np.where(simple, shares.n - 1, df)
    low, high = korn_graubard(shares.p, n_eff, shares.n, df, LEVEL, at_most_n=True)
    return share_status(shares.p, shares.n, n_eff, low, high, np.where(simple, shares.n - 1, shares.df), display)


def share_columns(
    groups: Sequence[Shares], everyone: Sequence[Shares], cells: Cells, plan: Plan, display: Display
) -> dict[str, Any]:
    """Columns of groups of K shares each, one after the other. everyone: the shares of all analysed, for each."""
    shares, base = stacked_shares(groups), stacked_shares(everyone)
    n_eff = shares.n if plan.kind == "simple" else effective_base(shares, base)
    df = np.full(shares.n.shape, design_df(cells, plan))
    low, high, method = share_limits(shares, n_eff, df, plan)
    simple = np.divide(shares.p * (1 - shares.p), shares.n, out=np.full(shares.n.shape, np.nan), where=shares.n > 0)
    told = (simple > 0) & (shares.variance > 0)
    deff = np.divide(shares.variance, simple, out=np.full(simple.shape, np.nan), where=told)
    status, reason = statuses(shares, n_eff, df, plan.kind == "simple", display)
    found = {
        "x": shares.x.astype(int), "n": shares.n.astype(int), "weighted_base": shares.weighted_base,
        "share": shares.p, "share_low": low, "share_high": high, "n_eff": n_eff, "n_eff_kish": shares.n_eff_kish,
        "deff": np.ones_like(n_eff) if plan.kind == "simple" else deff, "df": df, "method": method,
        "status": status, "status_reason": reason,
    }  # fmt: skip
    return {name: values.ravel() for name, values in found.items()} | {"ci_level": LEVEL}
