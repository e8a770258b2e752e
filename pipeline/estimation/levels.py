"""Cells -> shares in every tier and every level of every segment: of indicators, and of every answer (toplines)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pandas as pd

from pipeline.cells.cells import Weighting, cells_query
from pipeline.cells.sums import NO_SEGMENT, Cells, covering, members_of
from pipeline.engine import Query
from pipeline.estimation.covariance import Chosen, Shares, group_shares
from pipeline.estimation.plan import WeightedCells
from pipeline.estimation.share_table import share_columns
from pipeline.estimation.status import base_status
from pipeline.study.analysis import Display, Indicators
from pipeline.study.columns import SegmentColumns
from pipeline.study.maturity import Tiers
from pipeline.study.variables import Variable

ANY = "all"  # the option of a number or an open answer
MOST_AT_ONCE = 1000  # answers summed in one pass; DuckDB ends the process where a group's sums outgrow its blocks


def indicator_shares(
    wave: str,
    weighted: WeightedCells,
    indicators: Indicators,
    tiers: Tiers | None,
    segments: Sequence[SegmentColumns],
    display: Display,
) -> pd.DataFrame:
    """Rows of table `shares`: everyone, each tier, each level (nets too)."""
    if not indicators:
        return pd.DataFrame()
    frame = level_shares(weighted, tiers, segments, display).rename(columns={"name": "indicator"})
    return frame.assign(wave=wave, base=[indicators[name].base for name in frame["indicator"]])


def level_shares(
    weighted: WeightedCells, tiers: Tiers | None, segments: Sequence[SegmentColumns], display: Display
) -> pd.DataFrame:
    """Shares of every yes in every level: columns name, segment, level and those of `share_columns`."""
    cells, plan = weighted.cells, weighted.plan
    places, found = [], []
    everyone: dict[int, Shares] = {}
    for segment, level, cover, members in _levels(cells, tiers, segments):
        places.append((segment, level))
        everyone.setdefault(id(cover), group_shares(cover, np.ones(len(cover.n), dtype=bool), plan))
        found.append((group_shares(cover, members, plan), everyone[id(cover)], cover))
    frame = pd.DataFrame(
        {
            "name": list(cells.indicators) * len(places),
            "segment": [segment for segment, _ in places for _ in cells.indicators],
            "level": [level for _, level in places for _ in cells.indicators],
        }
    )
    return frame.assign(
        **share_columns(
            [group for group, _, _ in found], [all_ for _, all_, _ in found], covering(cells, None, None), plan, display
        )
    )


def _levels(
    cells: Cells, tiers: Tiers | None, segments: Sequence[SegmentColumns]
) -> Iterator[tuple[str, str, Cells, Chosen]]:
    """(segment, level, cells that hold everyone, who is in the level)."""
    everyone = covering(cells, None, None)
    yield NO_SEGMENT, NO_SEGMENT, everyone, np.ones(len(everyone.n), dtype=bool)
    for tier in tiers.order if tiers else ():
        yield "tier", tier, everyone, everyone.tier == tier
    for segment in segments:
        cover = None if segment.overlapping else covering(cells, segment, None)
        for level in segment.all_levels:
            held = cover or covering(cells, segment, level)
            yield segment.name, level, held, np.isin(held.level, members_of(segment, level))


# -- toplines


@dataclass(frozen=True)
class OptionColumn:
    """One answer as a yes or no of each respondent. base: name shared by answers that have one base."""

    name: str
    base: str
    variable: str
    question: str
    option: str
    code: str | None
    tick: bool


def option_columns(variables: Sequence[Variable], available: set[str]) -> tuple[OptionColumn, ...]:
    """Every answer that can be given; numbers and open answers have one, `all`."""
    found = []
    for v in variables:
        if v.name not in available:
            continue
        if v.kind == "tick":
            found.append(OptionColumn(f"{v.name}=1", v.question, v.name, v.question, v.part, "1", True))
        elif v.kind == "choice":
            found += [OptionColumn(f"{v.name}={key}", v.name, v.name, v.ref, key, key, False) for key in v.options]
        else:
            found.append(OptionColumn(f"{v.name}=", v.name, v.name, v.ref, ANY, None, False))
    return tuple(found)


def in_passes(options: Sequence[OptionColumn]) -> list[tuple[OptionColumn, ...]]:
    """The answers in their order, as many at a time as one pass may sum, those of one base together."""
    passes: list[list[OptionColumn]] = [[]]
    for _, answers in groupby(options, key=lambda o: o.base):
        together = list(answers)
        if passes[-1] and len(passes[-1]) + len(together) > MOST_AT_ONCE:
            passes.append([])
        passes[-1] += together
    return [tuple(found) for found in passes if found]


def options_query(
    options: Sequence[OptionColumn], segments: Sequence[SegmentColumns], sampled: Sequence[str] = ()
) -> Query:
    """Analysed respondents with a column for every answer. sampled: the columns of their design and weights."""
    places = place_columns(segments)
    return Query("out/options.sql", {"options": options, "places": places, "sampled": list(sampled)})


def option_cells_query(
    options: Sequence[OptionColumn],
    segments: Sequence[SegmentColumns],
    weighting: Sequence[Weighting],
    strata: bool,
    units: bool,
) -> Query:
    """Cells of every answer, of the respondents of `options_query`, as view `option_respondents`."""
    return cells_query(segments, options, weighting, strata, units, source="option_respondents")


def place_columns(segments: Sequence[SegmentColumns]) -> list[str]:
    """Columns of `respondents` that hold segments."""
    return [name for s in segments for name in (s.columns.values() if s.overlapping else (s.name,))]


def topline_rows(
    wave: str,
    weighted: WeightedCells,
    options: Sequence[OptionColumn],
    means: pd.DataFrame,
    tiers: Tiers | None,
    segments: Sequence[SegmentColumns],
    display: Display,
) -> pd.DataFrame:
    """Rows of table `toplines`. weighted: cells of `option_cells_query`. means: rows of `mean_rows`."""
    if not options:
        return pd.DataFrame()
    frame = level_shares(weighted, tiers, segments, display)
    declared = pd.DataFrame([(o.name, o.variable, o.question, o.option) for o in options],
                            columns=["name", "variable", "question", "option"])  # fmt: skip
    frame = frame.merge(declared, on="name", how="left").merge(means, on=["variable", "segment", "level"], how="left")
    plain = frame["name"].isin([o.name for o in options if o.code is None])
    frame.loc[plain, ["share", "share_low", "share_high", "n_eff", "deff"]] = np.nan
    frame.loc[plain, "status"], frame.loc[plain, "status_reason"] = base_status(frame.loc[plain, "n"], display)
    order = {o.name: i for i, o in enumerate(options)}
    return frame.assign(wave=wave).sort_values("name", key=lambda names: names.map(order), kind="stable")
