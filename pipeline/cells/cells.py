"""Respondents -> cells: the sums from which every share, ratio and variance follows."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.engine import Query
from pipeline.study.columns import AnyTick, IndicatorColumn, SegmentColumns


def cells_query(segments: Sequence[SegmentColumns], indicators: Sequence[IndicatorColumn]) -> Query:
    """One pass over the analysed respondents, grouped by tier and, in turn, each segment."""
    groupings: list[dict[str, object]] = [
        {"segment": s.name, "level": level, "column": column, "by": f"member {column}", "known": _known_by(s)}
        for s in segments
        for level, column in s.columns.items()
    ]
    groupings += [{"segment": s.name, "level": None, "by": s.name} for s in segments if not s.overlapping]
    # An indicator that the wave could not measure is NULL throughout: the base is that of any that share it.
    bases: dict[str, list[str]] = {}
    for i in indicators:
        bases.setdefault(i.base, []).append(i.name)
    return Query("core/cells.sql", {"groupings": groupings, "bases": bases, "indicators": [i.name for i in indicators]})


def _known_by(segment: SegmentColumns) -> list[str]:
    """Columns of which one is 1 where a respondent has a level at all; none where everyone is known.

    Levels that are the options of a multiple-response question are known of those who ticked one. Levels by
    condition are known of everyone: a condition is true or false.
    """
    ticks = [
        isinstance(condition, AnyTick) and len(condition.columns) == 1 and condition.columns[0].endswith(f"__{level}")
        for level, condition in segment.conditions.items()
    ]
    return list(segment.columns.values()) if all(ticks) else []
