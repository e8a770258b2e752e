"""Tables of the core layer: cleaned and scored respondents, and the cells."""

from __future__ import annotations

from typing import Any

from pipeline.tables.raw import INGEST, SOURCE_ROW, WAVE
from pipeline.tables.table import Column, Table

RESPONDENT_ID = Column("respondent_id", "varchar", "Respondent, as the delivery names it.", nullable=False)
MACROS = "sql/macros.sql"

ANSWERS = Table(
    "answers",
    "One distinct delivered answer to a declared question, with the option it was read as.",
    "core",
    key=("wave", "variable", "answer"),
    columns=(
        WAVE,
        Column("variable", "varchar", "Column of `responses`.", nullable=False),
        Column("source", "varchar", "Column of `delivered` that holds the answer.", nullable=False),
        Column("answer", "varchar", "Answer as delivered.", nullable=False),
        Column("code", "varchar", "Option id, 1 or 0 for a tick, NULL where the answer is unknown."),
        Column("n", "bigint", "Records with this answer.", unit="records", nullable=False),
    ),
    made_from=("delivered", "source_columns"),
    sections=("scales", "questions"),
    code=(*INGEST, "sql/core/delivered_values.sql"),
)

_KINDS = {
    "choice": ("varchar", "Option id."),
    "tick": ("tinyint", "1 ticked, 0 not; NULL where nothing of the question is ticked."),
    "number": ("double", "Number as answered."),
    "text": ("tinyint", "1 where an open answer was given."),
}


def _response_columns(study: Any) -> tuple[Column, ...]:
    return (
        WAVE,
        SOURCE_ROW,
        RESPONDENT_ID,
        Column("started_at", "timestamp", "Start of the interview."),
        Column("finished_at", "timestamp", "End of the interview."),
        Column("duration_seconds", "double", "Length of the interview.", unit="seconds"),
        Column("status", "varchar", "How the response came about."),
        Column("progress_pct", "double", "How far the respondent came.", unit="percent"),
        Column("recaptcha", "double", "Bot score, 0 bot to 1 human."),
        *(Column(v.name, _KINDS[v.kind][0], _KINDS[v.kind][1]) for v in study.variables),  # type: ignore[arg-type]
    )


RESPONSES = Table(
    "responses",
    "One delivered record, coded: one column per question, grid row or tick.",
    "core",
    key=("wave", "source_row"),
    columns=_response_columns,
    made_from=("delivered", "answers"),
    sections=("scales", "questions"),
    code=(*INGEST, "sql/core/responses.sql"),
)


def _screening_columns(study: Any) -> tuple[Column, ...]:
    speeders = range(1, 1 + sum(rule.rule == "speeder" for rule in study.cleaning))
    limit = "Duration under which a record counts as a speeder."
    return (
        WAVE,
        SOURCE_ROW,
        RESPONDENT_ID,
        Column("disposition", "varchar", "First rule that the record meets; `analysed` where none.", nullable=False),
        Column("rules_met", "varchar", "Every rule that the record meets, in order, joined by spaces.", nullable=False),
        Column("answered_share", "double", "Share of the asked questions that were answered.", unit="share"),
        *(Column(f"speeder{f'_{i}' * (i > 1)}_limit_seconds", "double", limit, unit="seconds") for i in speeders),
    )


SCREENING = Table(
    "screening",
    "One delivered record with the first cleaning rule that it meets.",
    "core",
    key=("wave", "source_row"),
    columns=_screening_columns,
    made_from=("responses", "source_columns"),
    sections=("scales", "questions", "filters", "cleaning"),
    code=("pipeline.cleaning", "pipeline.study", "sql/core/screening.sql", MACROS),
)


def _score_columns(study: Any) -> tuple[Column, ...]:
    dimensions = study.score.dimensions if study.score else {}
    return (
        WAVE,
        SOURCE_ROW,
        *(Column(f"score_{name}", "double", f"Dimension {name}, 0 to 100.", unit="points") for name in dimensions),
        Column("score", "double", "Maturity score, 0 to 100; NULL where a dimension is missing.", unit="points"),
    )


SCORES = Table(
    "scores",
    "One analysed respondent with the maturity score and its dimensions.",
    "core",
    key=("wave", "source_row"),
    columns=_score_columns,
    made_from=("responses", "screening"),
    sections=("scales", "questions", "score"),
    code=("pipeline.maturity", "pipeline.study", "sql/core/scores.sql", MACROS),
)

TIER_CUTS = Table(
    "tier_cuts",
    "One tier above the lowest, with the score at which it begins, for everyone or for a level of a segment.",
    "core",
    key=("wave", "level", "tier"),
    columns=(
        WAVE,
        Column("level", "varchar", "Level of the segment within which quantiles are taken; `all`.", nullable=False),
        Column("tier", "varchar", "Tier.", nullable=False),
        Column("cut", "double", "Lowest score of the tier.", unit="points"),
        Column("source_wave", "varchar", "Wave whose scores gave the cut; empty where it is declared.", nullable=False),
    ),
    made_from=("scores", "responses"),
    sections=("scales", "questions", "filters", "segments", "tiers", "baseline"),
    code=("pipeline.maturity", "pipeline.study", "sql/core/tier_cuts.sql", MACROS),
)


def _respondent_columns(study: Any) -> tuple[Column, ...]:
    dimensions = study.score.dimensions if study.score else {}
    columns = [
        WAVE,
        SOURCE_ROW,
        RESPONDENT_ID,
        Column("disposition", "varchar", "`analysed`, or the cleaning rule that took the record out.", nullable=False),
        Column("weight", "double", "Weight; 1 where the study is unweighted.", nullable=False),
        *(Column(f"score_{name}", "double", f"Dimension {name}, 0 to 100.", unit="points") for name in dimensions),
        Column("score", "double", "Maturity score, 0 to 100.", unit="points"),
        Column("tier", "varchar", "Maturity tier."),
    ]
    for segment in study.segment_columns:
        if segment.overlapping:
            columns += [
                Column(name, "tinyint", f"Segment {segment.name}: 1 where level {level}.")
                for level, name in segment.columns.items()
            ]
        else:
            columns.append(Column(segment.name, "varchar", f"Level of segment {segment.name}."))
    columns += [
        Column(i.name, "tinyint", f"Indicator: 1 yes, 0 no, NULL not in base ({i.rule}).")
        for i in study.indicator_columns
    ]
    return tuple(columns)


RESPONDENTS = Table(
    "respondents",
    "One delivered record with disposition, score, tier, segments and indicators; no personal data.",
    "core",
    key=("wave", "source_row"),
    columns=_respondent_columns,
    made_from=("responses", "screening", "scores", "tier_cuts", "source_columns"),
    sections=("scales", "questions", "filters", "tiers", "segments", "indicators"),
    code=("pipeline.maturity", "pipeline.study", "sql/core/respondents.sql", MACROS),
)


def _cell_columns(study: Any) -> tuple[Column, ...]:
    columns = [
        WAVE,
        Column("stratum", "varchar", "Stratum of the design; `all` without strata.", nullable=False),
        Column(
            "segment",
            "varchar",
            "Segment; `all` for everyone; `not x`: known to be outside a level of segment x, whose levels overlap.",
            nullable=False,
        ),
        Column("level", "varchar", "Level of the segment; NULL: respondents with none."),
        Column("tier", "varchar", "Maturity tier; NULL: respondents with none."),
        Column("n", "bigint", "Analysed respondents.", unit="respondents", nullable=False),
        Column("w", "double", "Sum of weights.", nullable=False),
        Column("ww", "double", "Sum of squared weights.", nullable=False),
    ]
    indicators = study.indicator_columns
    for base in dict.fromkeys(i.base for i in indicators):
        columns += [
            Column(f"{base}__n_base", "bigint", f"Respondents in the base of {base}.", nullable=False),
            Column(f"{base}__w_base", "double", f"Sum of weights in the base of {base}.", nullable=False),
            Column(f"{base}__ww_base", "double", f"Sum of squared weights in the base of {base}.", nullable=False),
        ]
    for i in indicators:
        columns += [
            Column(f"{i.name}__n_yes", "bigint", f"Respondents with {i.name}; NULL: nobody, or no such question."),
            Column(f"{i.name}__w_yes", "double", f"Sum of weights of those with {i.name}."),
            Column(f"{i.name}__ww_yes", "double", f"Sum of squared weights of those with {i.name}."),
        ]
    return tuple(columns)


CELLS = Table(
    "cells",
    "One wave, stratum, tier and level of one segment, with the sums that shares, ratios and variances need.",
    "core",
    key=("wave", "stratum", "segment", "level", "tier"),
    columns=_cell_columns,
    made_from=("respondents",),
    sections=("scales", "questions", "filters", "tiers", "segments", "indicators"),
    code=("pipeline.cells", "pipeline.study", "sql/core/cells.sql"),
)
