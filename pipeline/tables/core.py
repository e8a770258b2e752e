"""Tables of the core layer: cleaned and scored respondents, and the cells."""

from __future__ import annotations

from dataclasses import replace
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
        Column("fraud_score", "double", "Fraud score of the platform, 100 fraud."),
        Column("duplicate_score", "double", "Duplicate score of the platform, 100 the same respondent."),
        Column("ballot_box", "boolean", "Whether the platform saw the respondent before; NULL where not measured."),
        *(Column(v.name, _KINDS[v.kind][0], _KINDS[v.kind][1]) for v in study.variables),  # type: ignore[arg-type]
        *(Column(name, "tinyint", "1 where the question was shown, answered or not.") for name in study.shown.values()),
    )


RESPONSES = Table(
    "responses",
    "One delivered record, coded: one column per question, grid row or tick.",
    "core",
    key=("wave", "source_row"),
    columns=_response_columns,
    made_from=("delivered", "answers"),
    sections=("scales", "questions", "columns"),
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


def _weight_columns(study: Any) -> tuple[Column, ...]:
    raked = [name for name, weight in study.weights.items() if weight.rake is not None]
    return (
        WAVE,
        SOURCE_ROW,
        Column("stratum", "varchar", "Stratum of the design; `all` without strata.", nullable=False),
        Column(
            "psu",
            "bigint",
            "Number of the primary sampling unit, or of the random group that replicates need; NULL where respondents "
            "are their own units.",
        ),
        Column("fraction", "double", "Share of the stratum's units that were sampled; 0: no correction.",
               unit="share", nullable=False),
        *(Column(f"weight_{name}", "double", f"Weight {name}.", nullable=False) for name in study.weights),
        *(Column(f"margin_{name}", "bigint", f"Combination of the margins that weight {name} is raked to.",
                 nullable=False) for name in raked),
    )  # fmt: skip


WEIGHTS = Table(
    "weights",
    "One analysed respondent with stratum, sampling unit and every weight.",
    "core",
    key=("wave", "source_row"),
    columns=_weight_columns,
    made_from=("delivered", "responses", "screening"),
    sections=("scales", "questions", "design", "weights"),
    code=("pipeline.weighting", "pipeline.study", "sql/core/sampled.sql", MACROS),
    made_if=lambda study: study.design is not None or bool(study.weights),
)

REPLICATES = Table(
    "replicates",
    "One analysed respondent under one replicate of a weight, delivered or raked again.",
    "core",
    key=("wave", "weighting", "replicate", "source_row"),
    columns=(
        WAVE,
        Column("weighting", "varchar", "Weight.", nullable=False),
        Column("replicate", "integer", "Number of the replicate, from 1.", nullable=False),
        SOURCE_ROW,
        Column("weight", "double", "Replicate weight.", nullable=False),
    ),
    made_from=("delivered", "responses", "screening"),
    sections=("scales", "questions", "design", "weights"),
    code=("pipeline.weighting", "pipeline.study", "sql/core/sampled.sql", MACROS),
    made_if=lambda study: study.is_replicated,
)


def sampling_columns(study: Any) -> tuple[Column, ...]:
    """Columns of table `weights` that respondents carry, so that cells are summed from one file; none without it."""
    columns = _weight_columns(study) if WEIGHTS.made_if(study) else ()
    return tuple(replace(c, nullable=True) for c in columns if c not in (WAVE, SOURCE_ROW) and c.name != "fraction")


def _respondent_columns(study: Any) -> tuple[Column, ...]:
    dimensions = study.score.dimensions if study.score else {}
    columns = [
        WAVE,
        SOURCE_ROW,
        RESPONDENT_ID,
        Column("disposition", "varchar", "`analysed`, or the cleaning rule that took the record out.", nullable=False),
        Column("weight", "double", "Default weight; 1 where the study is unweighted; NULL where not analysed."),
        *sampling_columns(study),
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
    "One delivered record with disposition, weights, score, tier, segments and indicators, those of one sampling unit "
    "together; no personal data.",
    "core",
    key=("wave", "source_row"),
    columns=_respondent_columns,
    made_from=("responses", "screening", "weights", "scores", "tier_cuts", "source_columns"),
    sections=("scales", "questions", "filters", "design", "weights", "tiers", "segments", "indicators"),
    code=("pipeline.maturity", "pipeline.study", "sql/core/respondents.sql", MACROS),
)


CELL_KEYS = (
    WAVE,
    Column("weighting", "varchar", "Weight of the study file; empty without weights.", nullable=False),
    Column("replicate", "integer", "Replicate of the weight; 0: the weight itself.", nullable=False),
    Column("stratum", "varchar", "Stratum of the design; `all` without strata.", nullable=False),
    Column("psu", "bigint", "Sampling unit; 0 where respondents are their own.", nullable=False),
    Column("margins", "bigint", "Combination of the margins of a raked weight; 0 else.", nullable=False),
    Column(
        "segment",
        "varchar",
        "Segment; `all` for everyone; `not x`: known to be outside a level of segment x, whose levels overlap.",
        nullable=False,
    ),
    Column("level", "varchar", "Level of the segment; NULL: respondents with none."),
    Column("tier", "varchar", "Maturity tier; NULL: respondents with none."),
)


def _cell_columns(study: Any) -> tuple[Column, ...]:
    columns = [
        *CELL_KEYS,
        Column("n", "bigint", "Analysed respondents.", unit="respondents", nullable=False),
    ]
    of_base, of_yes = {"n": "Respondents"}, {"n": "Respondents"}
    if study.weights:
        of_base |= {"w": "Sum of weights", "ww": "Sum of squared weights"}
        of_yes |= {"w": "Sum of weights"}
        columns += [
            Column("w", "double", "Sum of weights.", nullable=False),
            Column("ww", "double", "Sum of squared weights.", nullable=False),
        ]
        if not study.has_units:
            of_yes |= {"ww": "Sum of squared weights"}
    indicators = study.indicator_columns
    for base in dict.fromkeys(i.base for i in indicators):
        columns += [
            Column(f"{base}__{kind}_base", "bigint" if kind == "n" else "double", f"{what} in the base of {base}.",
                   nullable=False)
            for kind, what in of_base.items()
        ]  # fmt: skip
    for i in indicators:
        columns += [
            Column(f"{i.name}__{kind}_yes", "bigint" if kind == "n" else "double",
                   f"{what} with {i.name}; NULL: nobody in the base, or no such question.")
            for kind, what in of_yes.items()
        ]  # fmt: skip
    return tuple(columns)


CELLS = Table(
    "cells",
    "One weight, stratum, sampling unit, tier and level of one segment, with the sums that shares and ratios need.",
    "core",
    key=("wave", "weighting", "replicate", "stratum", "psu", "margins", "segment", "level", "tier"),
    columns=_cell_columns,
    made_from=("respondents", "replicates"),
    sections=(
        "scales",
        "questions",
        "filters",
        "design",
        "weights",
        "tiers",
        "segments",
        "indicators",
        "comparisons.weight",
    ),
    code=("pipeline.cells", "pipeline.study", "sql/core/cells.sql", "sql/core/cells_combined.sql"),
)
