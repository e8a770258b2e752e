"""How far each finding hangs on choices that could have been made otherwise: every specification, and their range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from pipeline import engine
from pipeline.cells.sums import NO_SEGMENT, Floats
from pipeline.estimation.membership import membership
from pipeline.estimation.moved_cuts import cut_and_weight_specifications
from pipeline.estimation.recounting import Way, counted
from pipeline.estimation.reruns import Rerun
from pipeline.estimation.specifications import Sections, Specification
from pipeline.study.claims import Claim
from pipeline.study.columns import IndicatorColumn

ABOVE, BELOW = "above", "below"
SAME = 1e-12  # ratios that differ by no more, relatively, are equal but for rounding
NOTHING = "nothing to vary: no cleaning rule, no other weight, and no score that makes the groups"
NO_RATIO = "no specification gives a ratio"
NO_PUBLISHED = "no side: no ratio is published"
ON_NO_SIDE = "no side: the published ratio is 1"
NO_ITEM = "no ratio without the item: no item of the score is left without those of the indicator"

HELD = ("screening", "tier_cuts", "weights")
"""Inputs that are looked at here; the others, of which some are as wide as the delivery, are only queried."""


@dataclass(frozen=True)
class Robustness:
    """Rows of tables `specifications` and `robustness`."""

    specifications: pd.DataFrame
    robustness: pd.DataFrame


def robustness(
    wave: str,
    inputs: Mapping[str, Path | pa.Table],
    sections: Sections,
    findings: pd.DataFrame,
    smallest_base: int,
    claims: Sequence[Claim] = (),
) -> Robustness:
    """Every comparison among everyone, with one thing at a time done otherwise than published; no intervals.

    What is varied: each cut of the score over the whole points between its neighbours, the weight, each cleaning rule
    left out, the rule for missing items, and each item left out of the score with tiers cut anew at the same shares.
    The published way is not among them. inputs: responses, screening, tier_cuts, respondents; `weights` and
    `delivered` where the study has weights. findings: rows of that table, of which those of everyone are judged.
    smallest_base: a specification under it, in either group, is listed but not part of a range.
    claims: those of the study file.
    Source: the range over specifications is that of a multiverse analysis, Steegen, Tuerlinckx, Gelman and Vanpaemel
    (2016), one choice at a time.
    """
    tables = {name: engine.read(source) if isinstance(source, Path) and name in HELD else source
              for name, source in inputs.items()}  # fmt: skip
    memberships = {name: membership(c, sections.grouping) for name, c in sections.comparisons.items()}
    found: list[Specification] = []
    left_out: dict[tuple[str, str], float | None] = {}
    if memberships and sections.indicators:
        with Rerun.open(wave, tables, sections, memberships) as rerun:
            found += cut_and_weight_specifications(tables, sections, memberships, rerun.cuts)
            listed = [*rerun.of_cleaning(), *rerun.of_missing_items(), *rerun.of_items()]
            own = _own_items(rerun)
            ways = listed + [way for ways in own.values() for way in ways]
            recounted = counted(ways, rerun.answers()) if ways else []
            found += recounted[: len(listed)]
            left_out = _without_own_items(rerun, own, recounted[len(listed) :])
    judged = findings[findings["segment"] == NO_SEGMENT] if len(findings) else findings
    ratios = _ratios_by_finding(found, sections, smallest_base)
    rows = []
    for row in judged.to_dict("records"):
        key = (row["comparison"], row["indicator"])
        without = left_out.get(key, np.nan)
        found_row = _judged(row, *ratios.get(key, ((), np.zeros(0))), _limit(wave, row, claims))
        found_row["reason"] = "; ".join(filter(None, (found_row["reason"], NO_ITEM if without is None else "")))
        rows.append(found_row | {"wave": wave, "ratio_item_left_out": np.nan if without is None else without})
    return Robustness(_specification_rows(wave, found, sections), pd.DataFrame(rows))


def _specification_rows(wave: str, found: Sequence[Specification], sections: Sections) -> pd.DataFrame:
    """A row for each specification and indicator."""
    if not found:
        return pd.DataFrame()
    names = [i.name for i in sections.indicators]
    each = {"comparison": "comparison", "kind": "kind", "specification": "name", "reason": "reason"}
    rows: dict[str, Any] = {name: np.repeat(np.array([getattr(s, own) for s in found], dtype=object), len(names))
                            for name, own in each.items()}  # fmt: skip
    rows["indicator"] = names * len(found)
    columns = [s.counts.columns() for s in found]
    rows |= {name: np.concatenate([c[name] for c in columns]) for name in columns[0]}
    rows |= {name: rows[name].astype(int) for name in ("x_a", "n_a", "x_b", "n_b")}
    return pd.DataFrame(rows).assign(wave=wave)


def _ratios_by_finding(
    found: Sequence[Specification], sections: Sections, smallest_base: int
) -> dict[tuple[str, str], tuple[Sequence[str], Floats]]:
    """(comparison, indicator) -> names of its specifications and their ratios (S,), NaN on too small a base."""
    by_comparison: dict[str, list[Specification]] = {}
    for specification in found:
        by_comparison.setdefault(specification.comparison, []).append(specification)
    result: dict[tuple[str, str], tuple[Sequence[str], Floats]] = {}
    for comparison, own in by_comparison.items():
        names = [s.name for s in own]
        bases = np.stack([np.minimum(s.counts.n_a, s.counts.n_b) for s in own])
        ratios = np.where(bases >= smallest_base, np.stack([s.counts.ratio for s in own]), np.nan)
        result |= {(comparison, i.name): (names, ratios[:, k]) for k, i in enumerate(sections.indicators)}
    return result


@dataclass(frozen=True)
class _Claimed:
    """The side of a limit that a ratio is said to lie on; side None where nothing is said."""

    side: str | None
    limit: float

    def holds(self, ratios: Floats) -> NDArray[np.bool_]:
        if self.side == ABOVE:
            return ratios > self.limit * (1 + SAME)
        return ratios < self.limit * (1 - SAME)


def _limit(wave: str, row: Mapping[Any, Any], claims: Sequence[Claim]) -> _Claimed:
    """What the first claim on the ratio says, else the side of 1 on which the published ratio lies."""
    for claim in claims:
        about = (claim.indicator, claim.comparison, claim.measures) == (row["indicator"], row["comparison"], "ratio")
        if not about or claim.filter is not None or (claim.wave is not None and wave not in claim.wave):
            continue
        for limit, side in ((claim.more_than, ABOVE), (claim.less_than, BELOW)):
            if limit is not None:
                return _Claimed(side, limit)
    for side in (ABOVE, BELOW):
        if _Claimed(side, 1.0).holds(np.array([row["ratio"]], dtype=float))[0]:
            return _Claimed(side, 1.0)
    return _Claimed(None, np.nan)


def _judged(row: Mapping[Any, Any], names: Sequence[str], ratios: Floats, claimed: _Claimed) -> dict[str, Any]:
    """The range of one finding's ratio, and how often it stays where it was. ratios: (S,), NaN for none."""
    known = np.flatnonzero(~np.isnan(ratios))
    there = ratios[known]
    some = len(known) > 0
    low, high = (known[place(there)] if some else None for place in (np.argmin, np.argmax))
    return {
        **{name: row[name] for name in ("finding_id", "indicator", "comparison", "ratio")},
        "specifications": len(known),
        "ratio_min": np.nan if low is None else ratios[low],
        "specification_min": None if low is None else names[low],
        "ratio_max": np.nan if high is None else ratios[high],
        "specification_max": None if high is None else names[high],
        "share_above_one": _Claimed(ABOVE, 1.0).holds(there).mean() if some else np.nan,
        "claimed_side": claimed.side,
        "claimed_limit": claimed.limit,
        "share_claimed_side": claimed.holds(there).mean() if some and claimed.side else np.nan,
        "reason": _why_none(row["ratio"], claimed) if some else NO_RATIO if names else NOTHING,
    }


def _why_none(ratio: float, claimed: _Claimed) -> str:
    """Why no side is claimed; empty where one is."""
    return "" if claimed.side else NO_PUBLISHED if np.isnan(ratio) else ON_NO_SIDE


def _own_items(rerun: Rerun) -> dict[tuple[str, ...], list[Way]]:
    """Items that an indicator is made of -> comparisons of tiers with these left out of the score."""
    found = {}
    for indicator in rerun.sections.indicators:
        own = _items_of(rerun, indicator)
        if own and own not in found:
            found[own] = rerun.without(own, "")
    return found


def _items_of(rerun: Rerun, indicator: IndicatorColumn) -> tuple[str, ...]:
    """Items of the score that an indicator is made of."""
    return tuple(item for item in rerun.items if item in indicator.needs)


def _without_own_items(
    rerun: Rerun, own: Mapping[tuple[str, ...], Sequence[Way]], recounted: Sequence[Specification]
) -> dict[tuple[str, str], float | None]:
    """(comparison of tiers, indicator made of items) -> ratio with those items left out; None where no item is left.

    recounted: the specifications of `own`, in its order.
    """
    rest, counts = iter(recounted), {}
    for items, ways in own.items():
        counts[items] = {way.comparison: next(rest).counts for way in ways}
    found: dict[tuple[str, str], float | None] = {}
    for k, indicator in enumerate(rerun.sections.indicators):
        items = _items_of(rerun, indicator)
        for comparison in rerun.rescored if items else ():
            found[comparison, indicator.name] = float(counts[items][comparison].ratio[k]) if counts[items] else None
    return found
