"""Tiers: where the score is cut, and every respondent with tier, segments and indicators."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.engine import Query
from pipeline.study.columns import IndicatorColumn, Resolver, SegmentColumns
from pipeline.study.maturity import Score, Tiers


def tier_cuts_query(tiers: Tiers | None, segments: Sequence[SegmentColumns], wave: str, baseline: str | None) -> Query:
    """Where each tier begins. Declared cuts stand as they are; quantiles come from the baseline wave's scores
    (linear interpolation, R's type 7), for everyone or within the levels of a segment."""
    within = next((s for s in segments if tiers and s.name == tiers.within), None)
    return Query("core/tier_cuts.sql", {"tiers": tiers, "within": within, "wave": wave, "baseline": baseline or ""})


def respondents_query(
    tiers: Tiers | None,
    score: Score | None,
    segments: Sequence[SegmentColumns],
    indicators: Sequence[IndicatorColumn],
    resolver: Resolver,
    available: set[str],
) -> Query:
    """Respondents wide: score, tier, segments, one column per indicator (NULL = not in base).

    available: variables that the delivery has. An indicator or level that needs another is NULL.
    """
    present = {v.name for v in resolver.variables if v.name in available or v.question in available}
    answers = {tier: resolver.columns(c) for tier, c in (tiers.answers or {}).items()} if tiers else {}
    return Query(
        "core/respondents.sql",
        {
            "tiers": tiers,
            "tier_answers": answers,
            "within": next((s for s in segments if tiers and s.name == tiers.within), None),
            "dimensions": list(score.dimensions) if score else [],
            "segments": [(s, set(s.needs) <= present or (s.overlapping and s.source is None)) for s in segments],
            "indicators": [(i, set(i.needs) <= present) for i in indicators],
            "present": present,
        },
    )
