"""The groups of a comparison as sets of cells, with the words for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.cells.sums import NO_SEGMENT, Cells, covering, members_of
from pipeline.estimation.plan import Plan, WeightedCells
from pipeline.study.analysis import Comparison, Comparisons, Segments
from pipeline.study.columns import Resolver, SegmentColumns
from pipeline.study.labels import either, level_label, segment_label, tier_label
from pipeline.study.maturity import Tiers

Chosen = NDArray[np.bool_]
Group = Mapping[str, tuple[str, ...]]
MOST_NAMED = 3  # tiers that "the others" are named by; more are "respondents in other tiers"


@dataclass(frozen=True)
class GroupPair:
    """Two groups among everyone or within a level of a segment: cells that hold all respondents, and who is in.

    within: words for the level, as `size "51-250"`; empty for everyone.
    """

    comparison: str
    segment: str
    level: str
    within: str
    a: str
    b: str
    cells: Cells
    plan: Plan
    in_a: Chosen
    in_b: Chosen

    @property
    def counted(self) -> bool:
        """Whether counts say all: neither weights nor design, and nobody in both groups."""
        return self.plan.kind == "simple" and not self.overlap

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


def group_pairs(comparisons: Comparisons, grouping: Grouping, weighted: WeightedCells) -> Iterator[GroupPair]:
    """Every comparison among everyone; those of tiers alone also within each level of each segment."""
    cells, plan = weighted.cells, weighted.plan
    covers: dict[tuple[str, str], Cells] = {}

    def cover(segment: SegmentColumns | None, level: str) -> Cells:
        key = (segment.name if segment else NO_SEGMENT, level if segment and segment.overlapping else "")
        if key not in covers:
            covers[key] = covering(cells, segment, level)
        return covers[key]

    for name, comparison in comparisons.items():
        by = _segment_of(comparison)
        if by is not None:
            segment = grouping.column(by)
            level = _one_level(comparison, segment)
            yield _pair(name, comparison, grouping, cover(segment, level), plan, segment, None)
            continue
        yield _pair(name, comparison, grouping, cover(None, ""), plan, None, None)
        for segment in grouping.columns:
            for level in segment.all_levels:
                yield _pair(name, comparison, grouping, cover(segment, level), plan, None, (segment, level))


def groups_of(comparison: Comparison) -> tuple[Group, ...]:
    """The groups that a comparison declares; a comparator such as `rest` follows from the first."""
    return (comparison.a,) if isinstance(comparison.b, str) else (comparison.a, comparison.b)


def _segment_of(comparison: Comparison) -> str | None:
    return next((key for group in groups_of(comparison) for key in group if key != "tier"), None)


def _one_level(comparison: Comparison, segment: SegmentColumns) -> str:
    """The level of overlapping ones that the groups use: a study file with two in one comparison does not load."""
    return next(level for group in groups_of(comparison) for level in group.get(segment.name, ()))


def _pair(
    name: str,
    comparison: Comparison,
    grouping: Grouping,
    cover: Cells,
    plan: Plan,
    by: SegmentColumns | None,
    within: tuple[SegmentColumns, str] | None,
) -> GroupPair:
    domain = np.ones(len(cover.n), dtype=bool)
    segment = level = NO_SEGMENT
    words = ""
    if within:
        segment, level = within[0].name, within[1]
        domain = np.isin(cover.level, members_of(within[0], level))
        words = _level_words(grouping, segment, (level,))
    in_a = domain & _members(comparison.a, cover, by)
    in_b = domain & _others(comparison, cover, by, in_a)
    a, b = group_words(comparison.a, grouping), other_words(comparison, grouping)
    return GroupPair(name, segment, level, words, a, b, cover, plan, in_a, in_b)


def _members(group: Group, cells: Cells, segment: SegmentColumns | None) -> Chosen:
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
        if segment is not None:
            others &= _known(cells.level)
    return others


def _known(names: NDArray[np.object_]) -> Chosen:
    return np.array([name is not None for name in names], dtype=bool)


def group_words(group: Group, grouping: Grouping) -> str:
    """What a group is called: `mature organisations with size "51-250"`."""
    people, limits = "respondents", []
    for key, names in group.items():
        if key == "tier" and grouping.tiers:
            people = _tier_words(grouping.tiers, names)
        else:
            limits.append(_level_words(grouping, key, names))
    return " ".join([people, *(f"with {limit}" for limit in limits)])


def _tier_words(tiers: Tiers, names: Sequence[str]) -> str:
    """ "beginning or developing organisations": a last word that all labels share is said once."""
    labels = [tier_label(tiers, name) for name in names]
    starts, ends = zip(*((start, end) for start, _, end in (label.rpartition(" ") for label in labels)), strict=True)
    return f"{either(list(starts))} {ends[0]}" if all(starts) and len(set(ends)) == 1 else either(labels)


def _level_words(grouping: Grouping, segment: str, levels: tuple[str, ...]) -> str:
    """Levels as they follow "respondents with": `size "51-250" or "2-50"`."""
    labels = [f'"{level_label(grouping.segments, grouping.resolver, segment, level)}"' for level in levels]
    return f"{segment_label(grouping.segments, segment)} {either(labels)}"


def other_words(comparison: Comparison, grouping: Grouping) -> str:
    """What the others of a comparison are called."""
    if not isinstance(comparison.b, str):
        return group_words(comparison.b, grouping)
    if comparison.b == "everyone":
        return "all respondents"
    if comparison.b == "everyone_else":
        return "all other respondents"
    if list(comparison.a) == ["tier"] and grouping.tiers:
        others = [tier for tier in grouping.tiers.order if tier not in comparison.a["tier"]]
        if others and len(others) <= MOST_NAMED:
            return _tier_words(grouping.tiers, others)
        return "respondents in other tiers"
    # Whether a condition holds is known of everyone.
    asked = [key for key in comparison.a if key == "tier" or grouping.segments[key].levels is None]
    names = ["tier" if key == "tier" else segment_label(grouping.segments, key) for key in asked]
    return f"other respondents with a known {' and '.join(names)}" if names else "all other respondents"
