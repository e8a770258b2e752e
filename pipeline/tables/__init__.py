"""All tables, each declared once. `ALL` is in the order in which they are made."""

from typing import Any

from pipeline.tables.core import (
    ANSWERS,
    CELLS,
    REPLICATES,
    RESPONDENTS,
    RESPONSES,
    SCORES,
    SCREENING,
    TIER_CUTS,
    WEIGHTS,
    sampling_columns,
)
from pipeline.tables.out import (
    ADJUSTED,
    BANNERS,
    CLAIMS,
    CODEBOOK,
    DISPOSITIONS,
    ERRATA,
    FINDINGS,
    METHODOLOGY,
    PEER_PERCENTILES,
    PEER_PLACES,
    PUBLISHED,
    QUALITY_CHECKS,
    RELIABILITY,
    ROBUSTNESS,
    RUNS,
    SCORE_BANDS,
    SCORE_MEANS,
    SHARES,
    SPECIFICATIONS,
    TIER_AGREEMENT,
    TIER_CLUSTERS,
    TIER_TRENDS,
    TIERS,
    TOPLINES,
    TRENDS,
    WAVES,
    WEIGHTING,
)
from pipeline.tables.raw import DELIVERED, FILES, SOURCE_COLUMNS
from pipeline.tables.recomputing import COMPARISONS, GROUP_CELLS, MARGINS, REPLICATE_SCALES
from pipeline.tables.table import Column, Macro, Table, View
from pipeline.tables.views import MACROS, VIEWS

ALL = (
    FILES, SOURCE_COLUMNS, DELIVERED, ANSWERS, RESPONSES, SCREENING, DISPOSITIONS, WEIGHTS, REPLICATES, SCORES,
    TIER_CUTS, RESPONDENTS, CELLS, TIERS, SHARES, TOPLINES, BANNERS, FINDINGS, ADJUSTED, TIER_TRENDS,
    SPECIFICATIONS, ROBUSTNESS, WEIGHTING, RELIABILITY, SCORE_MEANS, SCORE_BANDS, PEER_PERCENTILES, PEER_PLACES,
    TIER_CLUSTERS, TIER_AGREEMENT, CODEBOOK, METHODOLOGY, QUALITY_CHECKS,
)  # fmt: skip
BY_NAME = {table.name: table for table in (*ALL, WAVES, RUNS, ERRATA, TRENDS, CLAIMS)}


def made_for(study: Any) -> tuple[Table, ...]:
    """The tables that are made for each wave of a study, in order."""
    return tuple(table for table in ALL if table.made_if(study))


def inputs_of(table: Table, study: Any) -> tuple[Table, ...]:
    """The tables that a table is made from in a study."""
    return tuple(BY_NAME[name] for name in table.made_from if BY_NAME[name].made_if(study))


__all__ = [
    "ADJUSTED", "ALL",
    "ANSWERS",
    "BY_NAME",
    "CELLS",
    "CLAIMS",
    "CODEBOOK",
    "COMPARISONS",
    "DELIVERED",
    "DISPOSITIONS",
    "ERRATA",
    "FILES",
    "FINDINGS",
    "GROUP_CELLS",
    "MACROS",
    "MARGINS",
    "METHODOLOGY",
    "PEER_PERCENTILES",
    "PEER_PLACES",
    "PUBLISHED",
    "QUALITY_CHECKS",
    "RELIABILITY",
    "REPLICATES",
    "REPLICATE_SCALES",
    "RESPONDENTS",
    "RESPONSES",
    "RUNS",
    "SCORES",
    "SCORE_BANDS",
    "SCORE_MEANS",
    "SCREENING",
    "SHARES",
    "SOURCE_COLUMNS",
    "TIERS",
    "TIER_AGREEMENT",
    "TIER_CLUSTERS",
    "TIER_CUTS",
    "TIER_TRENDS",
    "TOPLINES",
    "TRENDS",
    "VIEWS",
    "WAVES",
    "WEIGHTS",
    "Column",
    "Macro",
    "Table",
    "View",
    "inputs_of",
    "made_for",
    "sampling_columns",
]  # fmt: skip
