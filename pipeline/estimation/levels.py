"""Cells -> shares of each indicator in every level of every segment; and tiers and toplines from their counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from pipeline.cells.sums import NO_SEGMENT, Cells, members_of
from pipeline.engine import Query
from pipeline.estimation.comparing import LEVEL
from pipeline.estimation.shares import wilson_interval
from pipeline.estimation.status import base_status
from pipeline.study.analysis import Display, Indicators
from pipeline.study.columns import SegmentColumns
from pipeline.study.maturity import Tiers
from pipeline.study.variables import Variable

WILSON = "Wilson score"


def indicator_shares(
    wave: str,
    cells: Cells,
    indicators: Indicators,
    tiers: Tiers | None,
    segments: Sequence[SegmentColumns],
    display: Display,
) -> pd.DataFrame:
    """Rows of table `shares`: everyone, each tier, each level (nets too)."""
    if not cells.indicators:
        return pd.DataFrame()
    parts = []
    for segment, level, chosen in _levels(cells, tiers, segments):
        part = pd.DataFrame({"indicator": list(cells.indicators)})
        part["segment"], part["level"] = segment, level
        part["x"] = cells.n_yes[chosen].sum(axis=0).astype(int)
        part["n"] = cells.n_base[chosen].sum(axis=0).astype(int)
        part["weighted_base"] = cells.w_base[chosen].sum(axis=0)
        parts.append(part)
    frame = with_shares(pd.concat(parts, ignore_index=True))
    frame["wave"], frame["n_eff"], frame["method"] = wave, frame["n"], WILSON
    frame["base"] = [indicators[name].base for name in frame["indicator"]]
    return with_status(frame, display)


def _levels(
    cells: Cells, tiers: Tiers | None, segments: Sequence[SegmentColumns]
) -> Iterator[tuple[str, str, np.ndarray]]:
    everyone = cells.segment == NO_SEGMENT
    yield NO_SEGMENT, NO_SEGMENT, everyone
    for tier in tiers.order if tiers else ():
        yield "tier", tier, everyone & (cells.tier == tier)
    for segment in segments:
        for level in segment.all_levels:
            chosen = (cells.segment == segment.name) & np.isin(cells.level, members_of(segment, level))
            yield segment.name, level, chosen


def with_shares(frame: pd.DataFrame) -> pd.DataFrame:
    """Adds share, its Wilson limits and the level to columns x and n."""
    x, n = frame["x"].to_numpy(float), frame["n"].to_numpy(float)
    low, high = wilson_interval(x, n, LEVEL)
    share = np.divide(x, n, out=np.full_like(n, np.nan), where=n > 0)
    return frame.assign(share=share, share_low=low, share_high=high, ci_level=LEVEL)


def with_status(frame: pd.DataFrame, display: Display) -> pd.DataFrame:
    """Adds the display status by the unweighted base n."""
    statuses = [base_status(n, display) for n in frame["n"]]
    return frame.assign(status=[s for s, _ in statuses], status_reason=[reason for _, reason in statuses])


def toplines_query(
    variables: Sequence[Variable],
    available: set[str],
    tiers: Tiers | None,
    segments: Sequence[SegmentColumns],
) -> Query:
    """Counts of every answer by tier and level, nets and overlapping levels among them, of the analysed."""
    flags: list[tuple[str, str, str, tuple[str, ...] | None]]
    flags = [(s.name, level, column, None) for s in segments for level, column in s.columns.items()]
    flags += [(s.name, net, s.name, parts) for s in segments for net, parts in s.nets.items()]
    present = _present(variables, available)
    return Query(
        "out/toplines.sql",
        {
            "coded": [v.name for v in present if v.kind in ("choice", "tick")],
            "numbers": [v.name for v in present if v.kind in ("number", "text")],
            "divisions": (["tier"] if tiers else []) + [s.name for s in segments if not s.overlapping],
            "flags": [dict(zip(("segment", "level", "column", "parts"), flag, strict=True)) for flag in flags],
        },
    )


def topline_rows(
    wave: str,
    counts: pd.DataFrame,
    variables: Sequence[Variable],
    available: set[str],
    tiers: Tiers | None,
    segments: Sequence[SegmentColumns],
    display: Display,
) -> pd.DataFrame:
    """Rows of table `toplines`, from the counts of `toplines_query`, with options that nobody chose."""
    levels = [(NO_SEGMENT, NO_SEGMENT)]
    levels += [("tier", tier) for tier in (tiers.order if tiers else ())]
    levels += [(s.name, level) for s in segments for level in s.all_levels]
    wanted = [
        (v.name, v.question if v.kind == "tick" else v.ref, option, code, segment, level)
        for v in _present(variables, available)
        for option, code in _options(v)
        for segment, level in levels
    ]
    frame = pd.DataFrame(wanted, columns=["variable", "question", "option", "code", "segment", "level"])
    keys = ["variable", "segment", "level"]
    bases = counts.groupby(keys, as_index=False)[["x", "w"]].sum().rename(columns={"x": "n", "w": "weighted_base"})
    frame = frame.merge(counts, how="left", on=[*keys, "code"]).merge(bases, how="left", on=keys)
    frame[["x", "n", "weighted_base"]] = frame[["x", "n", "weighted_base"]].fillna(0)
    frame[["x", "n"]] = frame[["x", "n"]].astype(int)
    frame = with_shares(frame).assign(wave=wave)
    frame.loc[frame["code"] == "", ["share", "share_low", "share_high"]] = np.nan  # of numbers and open answers
    return with_status(frame, display)


def _present(variables: Sequence[Variable], available: set[str]) -> list[Variable]:
    return [v for v in variables if v.name in available or v.question in available]


def _options(v: Variable) -> list[tuple[str, str]]:
    """(option as published, code as counted) of a variable."""
    if v.kind == "tick":
        return [(v.part, "1")]
    return [(option, option) for option in v.options] if v.kind == "choice" else [("all", "")]
