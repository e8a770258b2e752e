"""Who is in the groups of a comparison, by tier and level: one table that holds for any way to make the tiers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.cells.cells import cells_query
from pipeline.cells.sums import NO_SEGMENT, OUTSIDE, Cells, Floats, covering
from pipeline.estimation.groups import Grouping, group_pairs, groups_of
from pipeline.estimation.plan import SIMPLE, WeightedCells
from pipeline.study.analysis import Comparison
from pipeline.study.columns import SegmentColumns

Codes = NDArray[np.intp]
Chosen = NDArray[np.bool_]


@dataclass(frozen=True)
class Membership:
    """in_a, in_b: (T + 1, L + 1), by place of the tier and of the level; the last of each is for those without one.

    segment: the segment that the groups use, if any. levels: its levels by place; where levels overlap, the one that
    the groups use, then "not" that level. by_tier: whether the groups use tiers at all.
    """

    segment: SegmentColumns | None
    levels: tuple[str, ...]
    in_a: Chosen
    in_b: Chosen
    by_tier: bool

    def of(self, tiers: Codes, levels: Codes) -> tuple[Chosen, Chosen]:
        """Who is in a and in b, of places of tiers and levels, -1 for none. Shapes broadcast."""
        return self.in_a[tiers, levels], self.in_b[tiers, levels]

    def divided_by(self, boundary: int) -> bool:
        """Whether it matters to the groups on which side of a boundary (0: below the second tier) a respondent is."""
        return any(bool(np.any(group[boundary] != group[boundary + 1])) for group in (self.in_a, self.in_b))

    def levels_of(self, names: NDArray[np.object_]) -> Codes:
        """Places of levels by name, -1 for others and none."""
        return places(names, self.levels)

    def cover(self, cells: Cells) -> Cells:
        """Disjoint cells that hold every analysed respondent, divided as the groups need."""
        overlapping = self.segment is not None and self.segment.overlapping
        return covering(cells, self.segment, self.levels[0] if overlapping else None)

    @property
    def respondent_columns(self) -> tuple[str, ...]:
        """Columns of table `respondents` that tell the level of a respondent."""
        if self.segment is None:
            return ()
        return tuple(self.segment.columns.values()) if self.segment.overlapping else (self.segment.name,)

    def respondent_levels(self, respondents: pd.DataFrame) -> Codes:
        """Places of respondents' levels, from columns of table `respondents`."""
        if self.segment is None:
            return np.full(len(respondents), -1)
        if not self.segment.overlapping:
            return self.levels_of(respondents[self.segment.name].to_numpy(object))
        groupings = cells_query([self.segment], ()).values["groupings"]
        mine = next(g for g in groupings if g["level"] == self.levels[0])
        member = respondents[mine["column"]].to_numpy(float)
        known = (respondents[mine["known"]] == 1).any(axis=1).to_numpy() if mine["known"] else True
        return np.where(member == 1, 0, np.where((member == 0) & known, 1, -1))


def membership(comparison: Comparison, grouping: Grouping) -> Membership:
    """The groups of a comparison, as `group_pairs` makes them."""
    tiers = grouping.tiers.order if grouping.tiers else ()
    by = next((key for group in groups_of(comparison) for key in group if key != "tier"), None)
    segment = grouping.column(by) if by else None
    levels: tuple[str, ...] = ()
    if segment is not None and segment.overlapping:
        level = next(level for group in groups_of(comparison) for level in group.get(segment.name, ()))
        levels = (level, f"{OUTSIDE}{level}")
    elif segment is not None:
        levels = segment.levels
    alone = replace(grouping, columns=(segment,) if segment else ())
    (pair,) = group_pairs({"": comparison}, alone, WeightedCells(_one_of_each(tiers, segment, levels), SIMPLE))
    at = (places(pair.cells.tier, tiers), places(pair.cells.level, levels))
    in_a, in_b = (np.zeros((len(tiers) + 1, len(levels) + 1), dtype=bool) for _ in range(2))
    in_a[at], in_b[at] = pair.in_a, pair.in_b
    return Membership(segment, levels, in_a, in_b, any("tier" in group for group in groups_of(comparison)))


def places(names: NDArray[np.object_], order: tuple[str, ...]) -> Codes:
    """Place of each name in an order without repeats, -1 where it is not there."""
    return np.asarray(pd.Index(order, dtype=object).get_indexer(pd.Index(names, dtype=object)), dtype=np.intp)


def _one_of_each(tiers: tuple[str, ...], segment: SegmentColumns | None, levels: tuple[str, ...]) -> Cells:
    """Empty cells, one for each tier and level that there can be."""
    divided: Mapping[str, tuple[str | None, ...]] = {NO_SEGMENT: (NO_SEGMENT,)}
    if segment is not None and segment.overlapping:
        divided = {**divided, segment.name: levels[:1], OUTSIDE + segment.name: levels[:1]}
    elif segment is not None:
        divided = {**divided, segment.name: (*levels, None)}
    rows = [(name, level, tier) for name, own in divided.items() for level in own for tier in (*tiers, None)]
    names, own_levels, own_tiers = (np.array(column, dtype=object) for column in zip(*rows, strict=True))
    count = len(rows)
    flat, wide, cube = np.zeros(count), np.zeros((count, 0)), np.zeros((count, 0, 0))
    sums: dict[str, Floats] = dict.fromkeys(Cells.SUMS[:6], wide) | dict.fromkeys(Cells.SUMS[6:], cube)
    return Cells(
        indicators=(), stratum=np.full(count, NO_SEGMENT, dtype=object), psu=np.zeros(count, dtype=np.intp),
        margins=np.zeros(count, dtype=np.intp), segment=names, level=own_levels, tier=own_tiers,
        n=flat, w=flat, ww=flat, r=wide, **sums,
    )  # fmt: skip
