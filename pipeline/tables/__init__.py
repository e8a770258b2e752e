"""All tables, each declared once. `ALL` is in the order in which they are made."""

from pipeline.tables.core import ANSWERS, CELLS, RESPONDENTS, RESPONSES, SCORES, SCREENING, TIER_CUTS
from pipeline.tables.out import (
    CODEBOOK,
    DISPOSITIONS,
    FINDINGS,
    PUBLISHED,
    QUALITY_CHECKS,
    RUNS,
    SHARES,
    TIERS,
    TOPLINES,
    WAVES,
)
from pipeline.tables.raw import DELIVERED, FILES, METADATA, SOURCE_COLUMNS
from pipeline.tables.table import ARROW, Column, Table

ALL = (
    FILES, SOURCE_COLUMNS, DELIVERED, ANSWERS, RESPONSES, SCREENING, DISPOSITIONS, SCORES, TIER_CUTS, RESPONDENTS,
    CELLS, TIERS, SHARES, TOPLINES, FINDINGS, CODEBOOK, QUALITY_CHECKS,
)  # fmt: skip
BY_NAME = {table.name: table for table in (*ALL, WAVES, RUNS)}

__all__ = [
    "ALL", "ANSWERS", "ARROW", "BY_NAME", "CELLS", "CODEBOOK", "DELIVERED", "DISPOSITIONS", "FILES", "FINDINGS",
    "METADATA", "PUBLISHED", "QUALITY_CHECKS", "RESPONDENTS", "RESPONSES", "RUNS", "SCORES", "SCREENING", "SHARES",
    "SOURCE_COLUMNS", "TIERS", "TIER_CUTS", "TOPLINES", "WAVES", "Column", "Table",
]  # fmt: skip
