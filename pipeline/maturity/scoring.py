"""The maturity score: items to points, dimensions to 0..100, the score their weighted mean."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.engine import Query
from pipeline.study.collisions import WITHOUT_TIER
from pipeline.study.columns import Resolver
from pipeline.study.maturity import Score
from pipeline.study.variables import Variable


def scores_query(score: Score | None, resolver: Resolver) -> Query:
    """Score of every analysed respondent.

    Each item is put on 0 to 100 by the lowest and highest points of the options that it offers; a dimension
    is the mean of its answered items, missing under `min_answered` of them (absent: all); the score is the
    weighted mean of the dimensions, to 6 digits, missing where one is.
    """
    dimensions = []
    for name, dimension in (score.dimensions if score else {}).items():
        items = [_item(resolver.of(ref)[0], score.points if score else {}) for ref in dimension.items]
        needed = dimension.min_answered or len(items)
        dimensions.append({"name": name, "items": items, "needed": needed, "weight": dimension.weight})
    return Query("core/scores.sql", {"dimensions": dimensions})


def _item(variable: Variable, points: Mapping[str, float]) -> dict[str, object]:
    if variable.kind == "tick":
        return {"column": variable.name, "points": None}
    offered = {option: points[option] for option in variable.options if option in points}
    low, high = min(offered.values()), max(offered.values())
    span = (high - low) or 1.0
    return {"column": variable.name, "points": {option: 100.0 * (p - low) / span for option, p in offered.items()}}


def score_bands_query() -> Query:
    """How many respondents of each tier have a score in each band of five points."""
    return Query("out/score_histogram.sql", {"without": WITHOUT_TIER})
