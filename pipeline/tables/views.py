"""Views and macros of the published file: the questions that analysts ask most, answered by SQL."""

from __future__ import annotations

from pipeline.tables.out import CLAIMS, FINDINGS, SHARES, TIERS, TRENDS
from pipeline.tables.recomputing import CELL_SUMS, RECOMPUTED_FINDING, RECOMPUTED_FINDINGS, STRATA
from pipeline.tables.table import Column, Table, View


def _of(table: Table, *names: str) -> tuple[Column, ...]:
    """Columns as the table declares them."""
    declared = {column.name: column for column in table.columns_for(None)}
    return tuple(declared[name] for name in names)


TOP_RATIOS = View(
    "top_ratios",
    "One finding that may be shown and whose interval excludes 1, the ratio farthest from 1 first within each wave, "
    "comparison, segment and level.",
    columns=(
        *_of(FINDINGS, "wave", "comparison", "segment", "level"),
        Column("place", "bigint", "Place by how far the ratio lies from 1, half as likely as far as twice."),
        *_of(FINDINGS, "indicator", "group_a", "group_b", "p_a", "n_a", "p_b", "n_b", "ratio", "ratio_low",
             "ratio_high", "q_value", "in_score", "status", "status_reason", "wording", "finding_id"),
    ),
)  # fmt: skip

TIER_PROFILE = View(
    "tier_profile",
    "One indicator in one maturity tier of a wave, beside everyone. Figures that may not be shown are NULL.",
    columns=(
        *_of(TIERS, "wave", "position", "tier"),
        Column("tier_share", "double", "Share of the analysed who are in the tier.", unit="share"),
        *_of(TIERS, "mean_score"),
        *_of(SHARES, "indicator", "x", "n", "share", "share_low", "share_high"),
        Column("share_of_everyone", "double", "The same of everyone.", unit="share"),
        Column("index_to_everyone", "double", "100 times share / share_of_everyone: over 100 is above average."),
        *_of(SHARES, "status", "status_reason"),
    ),
)

LOW_BASES = View(
    "low_bases",
    "One figure that is not simply shown because its base is small, with the base and the reason; not the figure.",
    columns=(
        Column("table_name", "varchar", "Table that holds the figure: findings, shares, toplines, tiers."),
        Column("wave", "varchar", "Wave of the study."),
        Column("name", "varchar", "Indicator; of toplines question and option; of tiers the tier."),
        Column("comparison", "varchar", "Comparison of a finding, else empty."),
        *_of(SHARES, "segment", "level"),
        Column("n", "bigint", "Unweighted base; of a finding, of its smaller group.", unit="respondents"),
        *_of(SHARES, "status", "status_reason"),
    ),
)

CHANGES_SINCE_LAST_WAVE = View(
    "changes_since_last_wave",
    "The change of one figure since the wave before, where both may be shown.",
    columns=(
        *_of(TRENDS, "wave_before", "wave", "measure", "name", "comparison", "segment", "level", "value_before",
             "value", "change", "change_low", "change_high"),
        Column("clear", "boolean", "Whether the interval excludes no change, and a change may be claimed."),
        *_of(TRENDS, "q_value", "comparable", "reason", "status", "status_reason", "wording"),
    ),
)  # fmt: skip

CLAIMS_AT_RISK = View(
    "claims_at_risk",
    "One printed claim that an editor should look at before it is printed again, the gravest first. Figures that may "
    "not be shown are NULL.",
    columns=(
        Column("wave", "varchar", "Wave of the study."),
        Column("gravity", "integer", "1 contradicted ... 7 consistent with the data, which do not show it either."),
        Column("risk", "varchar", "What is wrong with it, the gravest first."),
        *_of(CLAIMS, "claim", "says", "source", "page", "claimed", "observed", "low", "high", "verdict", "reproduction",
             "kinds", "explanation", "must_hold", "status", "status_reason", "wording"),
    ),
)  # fmt: skip

VIEWS = (CELL_SUMS, STRATA, TOP_RATIOS, TIER_PROFILE, LOW_BASES, CHANGES_SINCE_LAST_WAVE, CLAIMS_AT_RISK)
MACROS = (RECOMPUTED_FINDINGS, RECOMPUTED_FINDING)
