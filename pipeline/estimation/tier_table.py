"""The maturity tiers of a wave: sizes, shares, mean scores."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from pipeline.cells.sums import Cells, covering
from pipeline.engine import Query
from pipeline.estimation.covariance import group_shares
from pipeline.estimation.plan import WeightedCells
from pipeline.estimation.share_table import share_columns
from pipeline.study.analysis import Display
from pipeline.study.maturity import Tiers

NONE = "without_tier"


def tiers_query() -> Query:
    """Mean score and cut by tier, of the analysed."""
    return Query("out/tiers.sql")


def tier_rows(
    wave: str, weighted: WeightedCells, scores: pd.DataFrame, tiers: Tiers | None, display: Display
) -> pd.DataFrame:
    """Rows of table `tiers`, empty tiers included, and one row for respondents without a tier where there are any.

    scores: tier (None where a respondent has none), mean_score, cut.
    """
    if tiers is None:
        return pd.DataFrame()
    everyone = covering(weighted.cells, None, None)
    tier = np.array([NONE if name is None else name for name in everyone.tier], dtype=object)
    order = [(name, i) for i, name in enumerate(tiers.order, 1)]
    if NONE in set(tier) and NONE not in tiers.order:
        order.append((NONE, 0))
    cells = _memberships(everyone, tier, [name for name, _ in order])
    shares = group_shares(cells, np.ones(len(tier), dtype=bool), weighted.plan)
    frame = pd.DataFrame(order, columns=["tier", "position"])
    frame = frame.assign(**share_columns([shares], [shares], cells, weighted.plan, display))
    scores = scores.assign(tier=scores["tier"].fillna(NONE))
    return frame.merge(scores, how="left", on="tier").assign(wave=wave)


def _memberships(cells: Cells, tier: np.ndarray, names: list[str]) -> Cells:
    """The cells with one indicator a tier: being in it, among everyone."""
    member = tier[:, None] == np.array(names, dtype=object)[None, :]
    sums: dict[str, Any] = {}
    for kind in ("n", "w", "ww", "r"):
        total = getattr(cells, kind)[..., None] * np.ones(len(names))
        chosen = member if kind != "r" else member[:, None, :]
        sums[f"{kind}_base"], sums[f"{kind}_yes"] = total, total * chosen
    return replace(cells, indicators=tuple(names), **sums)
