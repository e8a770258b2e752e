"""Tables of the out layer: what is published."""

from __future__ import annotations

from pipeline.tables.raw import WAVE
from pipeline.tables.table import Column, Table

SEGMENT = Column("segment", "varchar", "Segment; `all` for everyone, `tier` for maturity tiers.", nullable=False)
LEVEL = Column("level", "varchar", "Level of the segment; `all` for everyone.", nullable=False)
STATUS = (
    Column("status", "varchar", "Whether the estimate may be shown: show, footnote, review, suppress.", nullable=False),
    Column("status_reason", "varchar", "Why it is not simply shown; empty for show.", nullable=False),
)


def _share(what: str, end: str = "") -> tuple[Column, ...]:
    return (
        Column(f"{what}{end}", "double", f"Share of yes in the base{_of(end)}.", unit="share"),
        Column(f"{what}{end}_low", "double", "Lower limit of the share at ci_level.", unit="share"),
        Column(f"{what}{end}_high", "double", "Upper limit of the share at ci_level.", unit="share"),
    )


def _of(end: str) -> str:
    return f" of group {end[1:]}" if end else ""


def _group(end: str) -> tuple[Column, ...]:
    return (
        Column(f"x{end}", "bigint", f"Respondents with yes{_of(end)}.", unit="respondents", nullable=False),
        Column(f"n{end}", "bigint", f"Unweighted base{_of(end)}.", unit="respondents", nullable=False),
        Column(f"weighted_base{end}", "double", f"Weighted base{_of(end)}.", nullable=False),
        *_share("p", end),
        Column(f"n_eff{end}", "double", f"Effective base of the share{_of(end)}.", unit="respondents"),
    )


DISPOSITIONS = Table(
    "dispositions",
    "One cleaning rule of a wave, in order: records in, flagged, out. The last row is what is analysed.",
    "out",
    key=("wave", "position"),
    columns=(
        WAVE,
        Column("position", "integer", "Order of the rule; 0 is the delivery.", nullable=False),
        Column("disposition", "varchar", "Rule; `delivered` and `analysed` begin and end the table.", nullable=False),
        Column("respondents_in", "bigint", "Records still in before the rule.", unit="records", nullable=False),
        Column("flagged", "bigint", "Records that meet the rule, taken out before or not.", unit="records"),
        Column("taken_out", "bigint", "Records that this rule takes out.", unit="records", nullable=False),
        Column("remaining", "bigint", "Records still in after the rule.", unit="records", nullable=False),
        Column("threshold", "double", "Limit that the rule used, such as seconds for speeders."),
    ),
    made_from=("screening",),
    sections=("cleaning",),
    code=("pipeline.cleaning", "sql/out/dispositions.sql"),
)

TIERS = Table(
    "tiers",
    "One maturity tier of a wave: size, share, mean score.",
    "out",
    key=("wave", "tier"),
    columns=(
        WAVE,
        Column(
            "position", "integer", "Order of the tier, lowest first; 0 for respondents without one.", nullable=False
        ),
        Column("tier", "varchar", "Tier; `without_tier` for respondents without one.", nullable=False),
        Column("x", "bigint", "Respondents in the tier.", unit="respondents", nullable=False),
        Column("n", "bigint", "Analysed respondents.", unit="respondents", nullable=False),
        Column("weighted_base", "double", "Sum of weights of the analysed.", nullable=False),
        *_share("share"),
        Column("mean_score", "double", "Mean maturity score in the tier.", unit="points"),
        Column("cut", "double", "Lowest score of the tier, where one cut holds for everyone.", unit="points"),
        Column("ci_level", "double", "Confidence level.", unit="share", nullable=False),
    ),
    made_from=("respondents", "tier_cuts"),
    sections=("tiers",),
    code=("pipeline.estimation", "pipeline.maturity", "sql/out/tiers.sql"),
)

SHARES = Table(
    "shares",
    "One indicator in one level of a segment (or tier, or everyone): count, base, share with interval.",
    "out",
    key=("wave", "indicator", "segment", "level"),
    columns=(
        WAVE,
        Column("indicator", "varchar", "Indicator of the study file.", nullable=False),
        SEGMENT,
        LEVEL,
        Column("base", "varchar", "Base rule: everyone, asked, answered, substantive.", nullable=False),
        Column("x", "bigint", "Respondents with yes.", unit="respondents", nullable=False),
        Column("n", "bigint", "Unweighted base.", unit="respondents", nullable=False),
        Column("weighted_base", "double", "Weighted base.", nullable=False),
        *_share("share"),
        Column("n_eff", "double", "Effective base of the share.", unit="respondents"),
        Column("ci_level", "double", "Confidence level.", unit="share", nullable=False),
        Column("method", "varchar", "How the interval was computed.", nullable=False),
        *STATUS,
    ),
    made_from=("cells",),
    sections=("tiers", "segments", "indicators", "display"),
    code=("pipeline.estimation", "pipeline.cells", "pipeline.study"),
)

TOPLINES = Table(
    "toplines",
    "One option of a question in one level of a segment (or tier, or everyone); numbers have one row, option `all`.",
    "out",
    key=("wave", "question", "option", "segment", "level"),
    columns=(
        WAVE,
        Column("question", "varchar", "Question, or `question.row` for a row of a grid.", nullable=False),
        Column("option", "varchar", "Option; `all` for a number or an open answer.", nullable=False),
        SEGMENT,
        LEVEL,
        Column("x", "bigint", "Respondents who gave this answer.", unit="respondents", nullable=False),
        Column("n", "bigint", "Respondents who answered the question.", unit="respondents", nullable=False),
        Column("weighted_base", "double", "Weighted base.", nullable=False),
        *_share("share"),
        Column("mean", "double", "Mean of a number."),
        Column("sd", "double", "Standard deviation of a number (n - 1)."),
        Column("median", "double", "Median of a number."),
        Column("ci_level", "double", "Confidence level.", unit="share", nullable=False),
        *STATUS,
    ),
    made_from=("responses", "respondents", "source_columns"),
    sections=("scales", "questions", "tiers", "segments", "display"),
    code=("pipeline.estimation", "pipeline.study", "sql/out/toplines.sql"),
)

FINDINGS = Table(
    "findings",
    "How much likelier one group is than another to show an indicator.",
    "out",
    key=("wave", "indicator", "comparison", "segment", "level"),
    columns=(
        Column("finding_id", "varchar", "Readable name of the finding.", nullable=False),
        WAVE,
        Column("indicator", "varchar", "Indicator of the study file.", nullable=False),
        Column("comparison", "varchar", "Comparison of the study file.", nullable=False),
        SEGMENT,
        LEVEL,
        Column("group_a", "varchar", "First group.", nullable=False),
        Column("group_b", "varchar", "Group that it is compared with.", nullable=False),
        Column("base", "varchar", "Base rule: everyone, asked, answered, substantive.", nullable=False),
        Column("in_score", "boolean", "Whether the indicator's question is part of the score.", nullable=False),
        *_group("_a"),
        *_group("_b"),
        Column("ratio", "double", "Risk ratio p_a / p_b; infinity where only p_b is 0, NULL for 0/0.", unit="times"),
        Column("ratio_low", "double", "Lower limit of the ratio at ci_level.", unit="times"),
        Column("ratio_high", "double", "Upper limit; infinity: no upper limit.", unit="times"),
        Column(
            "se_log_ratio",
            "double",
            "Standard error of the log ratio: linearised, for disjoint groups by the "
            "delta method (their limits follow from the score instead); NULL where a count is 0 or it would be 0.",
        ),
        Column("difference", "double", "p_a - p_b.", unit="share"),
        Column("difference_low", "double", "Lower limit of the difference.", unit="share"),
        Column("difference_high", "double", "Upper limit of the difference.", unit="share"),
        Column("odds_ratio", "double", "Odds ratio; never to be worded as likelihood.", unit="times"),
        Column("odds_ratio_low", "double", "Lower limit of the odds ratio.", unit="times"),
        Column("odds_ratio_high", "double", "Upper limit of the odds ratio.", unit="times"),
        Column("p_value", "double", "Two-sided p value of ratio 1: score test, or t test where groups overlap."),
        Column("q_value", "double", "Benjamini-Hochberg q value within its family."),
        Column("df", "double", "Degrees of freedom of a t interval; NULL for score intervals."),
        Column("deff", "double", "Design effect of the log ratio; 1 without design and weights."),
        Column("ci_level", "double", "Confidence level.", unit="share", nullable=False),
        Column("method", "varchar", "Method of the interval of the ratio.", nullable=False),
        *STATUS,
        Column("wording", "varchar", "What may be said, in plain words.", nullable=False),
    ),
    made_from=("cells",),
    preview=(
        "indicator",
        "comparison",
        "segment",
        "level",
        "x_a",
        "n_a",
        "x_b",
        "n_b",
        "ratio",
        "ratio_low",
        "ratio_high",
        "q_value",
        "status",
    ),
    sections=("synthetic", "sample", "score", "tiers", "segments", "indicators", "comparisons", "display"),
    code=("pipeline.estimation", "pipeline.cells", "pipeline.study"),
)

CODEBOOK = Table(
    "codebook",
    "One option of a variable (or the variable, where it has none), as declared in the study file.",
    "out",
    key=("wave", "variable", "option"),
    columns=(
        WAVE,
        Column("variable", "varchar", "Column of `responses`.", nullable=False),
        Column("question", "varchar", "Question of the study file.", nullable=False),
        Column("type", "varchar", "choice, tick, number or text.", nullable=False),
        Column("question_text", "varchar", "Text of the question, and of the row or option."),
        Column("option", "varchar", "Option id; empty for numbers and open answers.", nullable=False),
        Column("option_text", "varchar", "Text of the option in this wave."),
        Column("mark", "varchar", "dont_know, refused, none, other, or empty.", nullable=False),
        Column("asked_if", "varchar", "Who was asked; empty: everyone.", nullable=False),
        Column("source_column", "varchar", "Name of the delivered column; empty where it is missing.", nullable=False),
    ),
    made_from=("source_columns",),
    sections=("scales", "questions"),
    code=("pipeline.publish", "pipeline.study"),
)

QUALITY_CHECKS = Table(
    "quality_checks",
    "One check of the published version of a wave: what was measured against what was expected. Why a later delivery "
    "was set aside stands in `waves`.",
    "out",
    key=("wave", "check_name"),
    columns=(
        WAVE,
        Column("check_name", "varchar", "Check.", nullable=False),
        Column("table_name", "varchar", "Table that it looks at.", nullable=False),
        Column("passed", "boolean", "Whether it passed.", nullable=False),
        Column(
            "blocking",
            "boolean",
            "Failed: whether this failure keeps the wave from publication (no row that is published does). "
            "Passed: whether a failure can.",
            nullable=False,
        ),
        Column("measured", "varchar", "What was found.", nullable=False),
        Column("expected", "varchar", "What was expected.", nullable=False),
    ),
    made_from=("files", "source_columns", "answers", "responses", "screening", "dispositions", "respondents", "tiers",
               "shares", "toplines", "findings", "codebook"),
    sections=("waves", "scales", "questions", "filters", "cleaning", "score", "tiers", "weights", "design"),
    code=("pipeline.quality", "pipeline.study"),
)  # fmt: skip

WAVES = Table(
    "waves",
    "One wave of the study: the verdict on its latest delivery, and what is published of it, which may be older.",
    "out",
    key=("wave",),
    columns=(
        WAVE,
        Column("status", "varchar", "Verdict on the latest delivery: admitted or quarantined.", nullable=False),
        Column("reason", "varchar", "Why the latest delivery is quarantined; empty where admitted.", nullable=False),
        Column("latest_files", "varchar", "Files of the latest delivery judged, joined by commas.", nullable=False),
        Column(
            "latest_sha256", "varchar", "Hash of the latest delivery judged; empty: it can't be read.", nullable=False
        ),
        Column("judged_at", "timestamp", "When the latest delivery was judged (UTC).", nullable=False),
        Column(
            "published", "boolean", "Whether the tables hold this wave (its last admitted version).", nullable=False
        ),
        Column("version", "varchar", "Version of the published tables, or empty.", nullable=False),
        Column("files", "varchar", "Published version: its files, joined by commas; or empty.", nullable=False),
        Column("sha256", "varchar", "Published version: hash of its delivery, or empty.", nullable=False),
        Column("delivered", "bigint", "Published version: delivered records.", unit="records"),
        Column("analysed", "bigint", "Published version: analysed respondents.", unit="respondents"),
        Column("fieldwork_first", "date", "Published version: first day of fieldwork, declared or seen."),
        Column("fieldwork_last", "date", "Published version: last day of fieldwork, declared or seen."),
        Column("synthetic", "boolean", "Whether the data are made, not collected.", nullable=False),
    ),
    sections=("synthetic", "waves"),
)

RUNS = Table(
    "runs",
    "One run that ended with a wave admitted or quarantined.",
    "out",
    key=("run_id", "wave"),
    columns=(
        Column("run_id", "varchar", "Run in Dagster's history.", nullable=False),
        WAVE,
        Column("outcome", "varchar", "admitted or quarantined.", nullable=False),
        Column("version", "varchar", "Version of the wave's tables; empty without a delivery.", nullable=False),
        Column("delivery_sha256", "varchar", "Hash of the delivery; empty: it can't be read.", nullable=False),
        Column("study_file_sha256", "varchar", "Hash of the study file.", nullable=False),
        Column("code_version", "varchar", "Hash of the code that made the tables.", nullable=False),
        Column("started_at", "timestamp", "Start of the run (UTC)."),
        Column("finished_at", "timestamp", "When the wave was judged (UTC).", nullable=False),
    ),
)

PUBLISHED = (DISPOSITIONS, TIERS, SHARES, TOPLINES, FINDINGS, CODEBOOK, QUALITY_CHECKS)
