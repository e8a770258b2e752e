"""Respondents -> cells: the sums from which every share, ratio and variance follows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from pipeline.engine import Query
from pipeline.study.analysis import Comparisons
from pipeline.study.columns import AnyTick, SegmentColumns
from pipeline.study.sampling import UNWEIGHTED, Design, Weights, default_weight

MOST_COMBINATIONS = 64
"""Of levels of segments that respondents are summed by together. Sampling units are so many already that none is."""

KEYS = ("wave", "weighting", "replicate", "stratum", "psu", "margins", "segment", "level", "tier")
"""What cells are by."""

DIVIDED_BY = ["wave", "its weighting", "its replicate", "its stratum", "its unit", "its margins", "tier"]
"""What respondents are summed by within a bundle of segments; names with a space are no column of a study."""

COMBINED = "core/cells_combined.sql"
"""The template of what a query for cells reads where it is `held`; takes the same values."""

Grouping = dict[str, object]


class YesOrNo(Protocol):
    """A yes or no of each respondent: a column, and the name of its base, shared by those that have the same."""

    @property
    def name(self) -> str: ...
    @property
    def base(self) -> str: ...


@dataclass(frozen=True)
class Weighting:
    """A weight that cells are summed with. margins: whether it is raked; replicated: whether it has replicates."""

    name: str
    raked: bool
    replicated: bool

    @property
    def column(self) -> str:
        return f"weight_{self.name}"

    @property
    def margins(self) -> str | None:
        return f"margin_{self.name}" if self.raked else None


def weightings_of(weights: Weights, comparisons: Comparisons, design: Design | None) -> tuple[Weighting, ...]:
    """The weights that estimates use: the default one, then those that comparisons name."""
    if not weights:
        return ()
    names = [default_weight(weights), *(c.weight for c in comparisons.values() if c.weight)]
    reraked = design is not None and design.variance != "linearised"
    return tuple(
        Weighting(
            name, weights[name].rake is not None,
            weights[name].replicates is not None or (reraked and weights[name].rake is not None),
        )
        for name in dict.fromkeys(names)
        if name != UNWEIGHTED
    )  # fmt: skip


def sums_of(base: str, kind: str, weighted: bool, units: bool) -> list[str]:
    """Names of the sums of a base or a yes: n, w only with weights, ww of a yes only where respondents are units."""
    squared = weighted and (kind == "base" or not units)
    sums = ["n", *(["w"] if weighted else []), *(["ww"] if squared else [])]
    return [f"{base}__{name}_{kind}" for name in sums]


def cells_query(
    segments: Sequence[SegmentColumns],
    indicators: Sequence[YesOrNo],
    weightings: Sequence[Weighting] = (),
    strata: bool = False,
    units: bool = False,
    source: str = "respondents",
) -> Query:
    """One pass over the analysed respondents, grouped by design, tier and each segment.

    source: the view that holds them, with a 1/0/NULL column for each of `indicators`.
    """
    groupings: list[Grouping] = [
        {"segment": s.name, "level": level, "column": column, "by": f"member {column}", "known": _known_by(s)}
        for s in segments
        for level, column in s.columns.items()
    ]
    groupings += [{"segment": s.name, "level": None, "by": s.name} for s in segments if not s.overlapping]
    counts = [2 for s in segments for _ in s.columns] + [len(s.levels) for s in segments if not s.overlapping]
    # An indicator that the wave could not measure is NULL throughout: the base is that of any that share it.
    bases: dict[str, list[str]] = {}
    for i in indicators:
        bases.setdefault(i.base, []).append(i.name)
    names = [i.name for i in indicators]
    return Query(
        "core/cells.sql",
        {
            "source": source,
            "held": False,
            "keys": DIVIDED_BY,
            "whole": {name: name for name in ("respondents", "replicates")},
            "groupings": groupings,
            "bundles": _bundles(groupings, counts, 1 if units else MOST_COMBINATIONS),
            "bases": bases,
            "indicators": names,
            "weightings": weightings,
            "strata": strata,
            "units": units,
            "sums": _sums(bases, names, bool(weightings), units),
        },
    )


def _bundles(groupings: Sequence[Grouping], counts: Sequence[int], most: int) -> list[list[Grouping]]:
    """Groupings that respondents are summed by together, with at most so many combinations unless one alone has more.

    counts: levels of each grouping; having none is one more.
    """
    bundles: list[list[Grouping]] = [[]]
    combinations = 1
    for grouping, count in zip(groupings, counts, strict=True):
        combinations *= count + 1
        if combinations > most and bundles[-1]:
            bundles.append([])
            combinations = count + 1
        bundles[-1].append(grouping)
    return bundles


def in_chunks(query: Query, most: int) -> list[Query]:
    """A query for cells as several that yield the same rows, each with the sums of at most `most` indicators.

    The sums of a base stand in the chunk of its first indicator.
    """
    values = query.values
    indicators, bases = values["indicators"], values["bases"]
    chunks = []
    for start in range(0, max(len(indicators), 1), most):
        chunk = indicators[start : start + most]
        begun = {base: members for base, members in bases.items() if members[0] in chunk}
        sums = _sums(begun, chunk, bool(values["weightings"]), values["units"])
        chunks.append(replace(query, values={**values, "indicators": chunk, "bases": begun, "sums": sums}))
    return chunks


def sums_in(query: Query) -> list[str]:
    """Columns of bases and indicators that a query for cells yields."""
    weighted, units = bool(query.values["weightings"]), query.values["units"]
    of_bases = [name for base in query.values["bases"] for name in sums_of(base, "base", weighted, units)]
    return of_bases + [name for y in query.values["indicators"] for name in sums_of(y, "yes", weighted, units)]


def _sums(bases: Iterable[str], indicators: Iterable[str], weighted: bool, units: bool) -> list[str]:
    """Names of all sums of a cell beside n."""
    found = ["w", "ww"] if weighted else []
    found += [name for base in bases for name in sums_of(base, "base", weighted, units)]
    return found + [name for y in indicators for name in sums_of(y, "yes", weighted, units)]


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
