"""Which cells each group of a comparison is made of, as rows of a table, so that SQL can add them up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from pipeline.cells.sums import NO_SEGMENT, OUTSIDE, Cells
from pipeline.estimation.groups import Chosen, Grouping, GroupPair, group_pairs
from pipeline.estimation.plan import SIMPLE, WeightedCells
from pipeline.study.analysis import Comparisons
from pipeline.study.columns import SegmentColumns

Place = tuple[str, str | None, str | None]
"""Segment, level and tier of cells; None: respondents without one."""


def group_cell_rows(comparisons: Comparisons, grouping: Grouping) -> Iterator[dict[str, Any]]:
    """Rows of table `group_cells`: of every comparison, among everyone and within each level, the cells of both groups.

    The groups are those of `group_pairs`, on one cell for each place that respondents can be in.
    """
    for pair in group_pairs(comparisons, grouping, WeightedCells(_one_of_each(grouping), SIMPLE)):
        for part, members in (("a", pair.in_a), ("b", pair.in_b), ("both", pair.in_a & pair.in_b)):
            for (segment, level, tier), times in _places(pair, members, grouping.columns).items():
                yield {
                    "comparison": pair.comparison, "segment": pair.segment, "level": pair.level, "part": part,
                    "cell_segment": segment, "cell_level": level, "cell_tier": tier, "times": times,
                }  # fmt: skip


def _one_of_each(grouping: Grouping) -> Cells:
    """A cell of one respondent for each place."""
    places: list[tuple[str, str | None]] = [(NO_SEGMENT, NO_SEGMENT)]
    for s in grouping.columns:
        if s.overlapping:
            places += [(name, level) for level in s.levels for name in (s.name, OUTSIDE + s.name)]
        else:
            places += [(s.name, level) for level in (*s.levels, None)]
    tiers = (*(grouping.tiers.order if grouping.tiers else ()), None)
    rows = [(segment, level, tier) for segment, level in places for tier in tiers]
    segment, level, tier = (np.array(column, dtype=object) for column in zip(*rows, strict=True))
    count = len(rows)
    ones, none, alone = np.ones(count), np.zeros((count, 0)), np.zeros(count, dtype=np.intp)
    return Cells(
        indicators=(), stratum=np.full(count, NO_SEGMENT, dtype=object), psu=alone, margins=alone,
        segment=segment, level=level, tier=tier, n=ones, w=ones, ww=ones,
        n_base=none, n_yes=none, w_base=none, w_yes=none, ww_base=none, ww_yes=none,
        r=none, r_base=np.zeros((count, 0, 0)), r_yes=np.zeros((count, 0, 0)),
    )  # fmt: skip


def _places(pair: GroupPair, members: Chosen, segments: Sequence[SegmentColumns]) -> Counter[Place]:
    """Places of a group and how often each is counted: -1 where it is taken away from everyone."""
    cells = pair.cells
    own = next((s for s in segments if s.overlapping and s.name in set(cells.segment)), None)
    inside = next((level for segment, level in zip(cells.segment, cells.level, strict=True)
                   if own is not None and segment == own.name), None)  # fmt: skip
    found: Counter[Place] = Counter()
    for i in np.flatnonzero(members):
        segment, level, tier = cells.segment[i], cells.level[i], cells.tier[i]
        if own is None or segment == own.name:
            found[segment, level, tier] += 1
        elif segment == OUTSIDE + own.name:
            found[segment, inside, tier] += 1
        else:  # everyone who is neither a member nor known to be outside
            found[NO_SEGMENT, NO_SEGMENT, tier] += 1
            found[own.name, inside, tier] -= 1
            found[OUTSIDE + own.name, inside, tier] -= 1
    return Counter({place: times for place, times in found.items() if times})
