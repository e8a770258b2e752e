"""Respondents -> cells: the sums from which every share, ratio and variance follows."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.engine import Query
from pipeline.study.columns import IndicatorColumn, SegmentColumns


def cells_query(segments: Sequence[SegmentColumns], indicators: Sequence[IndicatorColumn]) -> Query:
    """One pass over the analysed respondents, grouped by tier and, in turn, each segment."""
    groupings = [
        {"segment": s.name, "level": level, "column": column}
        for s in segments
        for level, column in (s.columns.items() if s.overlapping else [(None, s.name)])
    ]
    bases = list(dict.fromkeys(i.base for i in indicators))
    return Query("core/cells.sql", {"groupings": groupings, "bases": bases, "indicators": [i.name for i in indicators]})
