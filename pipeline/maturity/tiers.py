"""Tiers: where the score is cut, and every respondent with tier, segments and indicators."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.engine import Query
from pipeline.study.columns import AnyTick, HasAnswer, IndicatorColumn, OneOf, Resolver, SegmentColumns, Within
from pipeline.study.conditions import All, AnyOf, Not
from pipeline.study.maturity import Score, Tiers


def tier_cuts_query(tiers: Tiers | None, segments: Sequence[SegmentColumns], wave: str, baseline: str | None) -> Query:
    """Where each tier begins. Declared cuts stand as they are; quantiles come from the baseline wave's scores, or
    from each wave's own where tiers are cut anew (linear interpolation, R's type 7), for everyone or within the levels
    of a segment."""
    within = next((s for s in segments if tiers and s.name == tiers.within), None)
    source = wave if tiers and tiers.recut else baseline or ""
    return Query("core/tier_cuts.sql", {"tiers": tiers, "within": within, "wave": wave, "baseline": source})


def respondents_query(
    tiers: Tiers | None,
    score: Score | None,
    segments: Sequence[SegmentColumns],
    indicators: Sequence[IndicatorColumn],
    resolver: Resolver,
    available: set[str],
    weight: str = "",
    sampled: Sequence[str] = (),
) -> Query:
    """Respondents wide: score, tier, segments, one column per indicator (NULL = not in base).

    weight: the default weight, empty for none. sampled: columns of table `weights` that they carry. available:
    variables that the delivery has. A segment, level or indicator that needs another is NULL.
    """
    present = {v.name for v in resolver.variables if v.name in available}
    answers = {tier: resolver.columns(c) for tier, c in (tiers.answers or {}).items()} if tiers else {}
    return Query(
        "core/respondents.sql",
        {
            "tiers": tiers,
            "weight": f"weight_{weight}" if weight else "",
            "sampled": list(sampled),
            "tier_answers": answers,
            "within": next((s for s in segments if tiers and s.name == tiers.within), None),
            "dimensions": list(score.dimensions) if score else [],
            "segments": [
                {"column": s.name, "segment": s if set(s.needs) <= present else None}
                for s in segments
                if not s.overlapping
            ],
            "levels": [
                {
                    "column": column,
                    "condition": s.conditions[level] if columns_of(s.conditions[level]) <= present else None,
                }
                for s in segments
                for level, column in s.columns.items()
            ],
            "indicators": [(i, set(i.needs) <= present) for i in indicators],
        },
    )


def columns_of(condition: object) -> set[str]:
    """Columns that a resolved condition looks at."""
    if isinstance(condition, All | AnyOf):
        return set().union(*map(columns_of, condition.of))
    if isinstance(condition, Not):
        return columns_of(condition.of)
    if isinstance(condition, AnyTick):
        return set(condition.columns)
    assert isinstance(condition, OneOf | Within | HasAnswer)
    return {condition.column}
