"""The groups of a comparison as sets of cells, with the words for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.cells.sums import NO_SEGMENT, Cells, covering, members_of
from pipeline.study.analysis import Comparison, Comparisons, Segments
from pipeline.study.columns import Resolver, SegmentColumns
from pipeline.study.labels import either, level_label, segment_label, tier_label
from pipeline.study.maturity import Tiers

Chosen = NDArray[np.bool_]
MOST_NAMED = 3  # tiers that "the others" are named by; more are "respondents in other tiers"


@dataclass(frozen=True)
class GroupPair:
    """Two groups among everyone or within a level of a segment: cells that hold all respondents, and who is in."""

    comparison: str
    segment: str
    level: str
    within: str
    a: str
    b: str
    cells: Cells
    in_a: Chosen
    in_b: Chosen

    @property
    def overlap(self) -> bool:
        """Whether respondents may be in both groups."""
        return bool(np.any(self.in_a & self.in_b))


@dataclass(frozen=True)
class Grouping:
    """The sections that groups are made of."""

    tiers: Tiers | None
    segments: Segments
    columns: tuple[SegmentColumns, ...]
    resolver: Resolver

    def column(self, segment: str) -> SegmentColumns:
        return next(s for s in self.columns if s.name == segment)


def group_pairs(comparisons: Comparisons, grouping: Grouping, cells: Cells) -> Iterator[GroupPair]:
    """Every comparison among everyone; those of tiers alone also within each level of each segment."""
    for name, comparison in comparisons.items():
        by = _segment_of(comparison)
        yield _pair(name, comparison, grouping, cells, by, None)
        if by is None:
            for segment in grouping.columns:
                for level in segment.all_levels:
                    yield _pair(name, comparison, grouping, cells, None, (segment, level))


def _segment_of(comparison: Comparison) -> str | None:
    groups = [comparison.a] + ([] if isinstance(comparison.b, str) else [comparison.b])
    return next((key for group in groups for key in group if key != "tier"), None)


def _pair(
    name: str,
    comparison: Comparison,
    grouping: Grouping,
    cells: Cells,
    by: str | None,
    within: tuple[SegmentColumns, str] | None,
) -> GroupPair:
    division = grouping.column(by) if by else within[0] if within else None
    wanted = comparison.a.get(by, ("",))[0] if by else within[1] if within else None
    cover = covering(cells, division, wanted)
    domain = np.ones(len(cover.n), dtype=bool)
    words = ""
    if within:
        segment, level = within
        domain = np.isin(cover.level, members_of(segment, level))
        label = level_label(grouping.segments, grouping.resolver, segment.name, level)
        words = f"{segment_label(grouping.segments, segment.name)}: {label}"
    in_a = domain & _members(comparison.a, cover, division if by else None)
    in_b = domain & _others(comparison, cover, division if by else None, in_a)
    return GroupPair(
        name, within[0].name if within else NO_SEGMENT, within[1] if within else NO_SEGMENT, words,
        _words(comparison.a, grouping), _other_words(comparison, grouping), cover, in_a, in_b,
    )  # fmt: skip


def _members(group: Mapping[str, tuple[str, ...]], cells: Cells, segment: SegmentColumns | None) -> Chosen:
    chosen = np.ones(len(cells.n), dtype=bool)
    for key, names in group.items():
        if key == "tier":
            chosen &= np.isin(cells.tier, names)
        elif segment is not None:
            levels = [part for name in names for part in members_of(segment, name)]
            chosen &= np.isin(cells.level, levels)
    return chosen


def _others(comparison: Comparison, cells: Cells, segment: SegmentColumns | None, in_a: Chosen) -> Chosen:
    if not isinstance(comparison.b, str):
        return _members(comparison.b, cells, segment)
    if comparison.b == "everyone":
        return np.ones(len(cells.n), dtype=bool)
    others = ~in_a
    if comparison.b == "rest":
        if "tier" in comparison.a:
            others &= _known(cells.tier)
        if segment is not None and not segment.overlapping:
            others &= _known(cells.level)
    return others


def _known(names: NDArray[np.object_]) -> Chosen:
    return np.array([name is not None for name in names], dtype=bool)


def _words(group: Mapping[str, tuple[str, ...]], grouping: Grouping) -> str:
    people, limits = "respondents", []
    for key, names in group.items():
        if key == "tier" and grouping.tiers:
            people = either([tier_label(grouping.tiers, tier) for tier in names])
        else:
            labels = [level_label(grouping.segments, grouping.resolver, key, name) for name in names]
            limits.append(f"{segment_label(grouping.segments, key)}: {either(labels)}")
    return f"{people} ({'; '.join(limits)})" if limits else people


def _other_words(comparison: Comparison, grouping: Grouping) -> str:
    if not isinstance(comparison.b, str):
        return _words(comparison.b, grouping)
    if comparison.b == "everyone":
        return "all respondents"
    if comparison.b == "everyone_else":
        return "all other respondents"
    if list(comparison.a) == ["tier"] and grouping.tiers:
        others = [tier for tier in grouping.tiers.order if tier not in comparison.a["tier"]]
        if others and len(others) <= MOST_NAMED:
            return either([tier_label(grouping.tiers, tier) for tier in others])
        return "respondents in other tiers"
    names = [key if key == "tier" else segment_label(grouping.segments, key) for key in comparison.a]
    return f"other respondents with a known {either(names)}"
