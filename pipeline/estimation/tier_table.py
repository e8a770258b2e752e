"""The maturity tiers of a wave: sizes, shares, mean scores."""

from __future__ import annotations

import pandas as pd

from pipeline.engine import Query
from pipeline.estimation.levels import with_shares
from pipeline.study.maturity import Tiers

NONE = "without_tier"


def tiers_query() -> Query:
    """Counts and mean scores by tier, of the analysed."""
    return Query("out/tiers.sql")


def tier_rows(wave: str, counts: pd.DataFrame, tiers: Tiers | None) -> pd.DataFrame:
    """Rows of table `tiers`, empty tiers included, and one row for respondents without a tier where there are any.

    counts: tier (None where a respondent has none), x, w, mean_score, cut.
    """
    if tiers is None:
        return pd.DataFrame()
    counts = counts.assign(tier=counts["tier"].fillna(NONE))
    frame = pd.DataFrame({"tier": tiers.order, "position": range(1, len(tiers.order) + 1)})
    if NONE in set(counts["tier"]) and NONE not in tiers.order:
        frame = pd.concat([frame, pd.DataFrame({"tier": [NONE], "position": [0]})], ignore_index=True)
    frame = frame.merge(counts, how="left", on="tier")
    frame["x"] = frame["x"].fillna(0).astype(int)
    frame["n"] = int(counts["x"].sum())
    frame["weighted_base"] = float(counts["w"].sum())
    return with_shares(frame).assign(wave=wave)
