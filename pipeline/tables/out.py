"""Tables of the out layer: what is published."""

from __future__ import annotations

from typing import Any

from pipeline.tables.raw import SOURCE_ROW, WAVE
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
        Column(f"n_eff_kish{end}", "double", f"Effective base{_of(end)} by the weights alone.", unit="respondents"),
    )


PRECISION = (
    Column("n_eff", "double", "Effective base of the share: what a simple random sample would need.",
           unit="respondents"),
    Column("n_eff_kish", "double", "Effective base by the weights alone (Kish).", unit="respondents"),
    Column("deff", "double", "Design effect of the share; 1 without design and weights."),
    Column("df", "double", "Degrees of freedom of the design."),
    Column("ci_level", "double", "Confidence level.", unit="share", nullable=False),
    Column("method", "varchar", "How the interval was computed.", nullable=False),
)  # fmt: skip
DESIGN = ("design", "weights")


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
        *PRECISION,
        *STATUS,
    ),
    made_from=("cells", "weights", "replicates", "respondents", "tier_cuts"),
    sections=("tiers", "display", *DESIGN),
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
        *PRECISION,
        *STATUS,
    ),
    made_from=("cells", "weights", "replicates"),
    sections=("tiers", "segments", "indicators", "display", *DESIGN),
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
        Column("mean_low", "double", "Lower limit of the mean at ci_level."),
        Column("mean_high", "double", "Upper limit of the mean at ci_level."),
        Column("sd", "double", "Standard deviation of a number (n - 1)."),
        Column("median", "double", "Median of a number."),
        *PRECISION,
        *STATUS,
    ),
    made_from=("responses", "respondents", "source_columns", "weights", "replicates"),
    sections=("scales", "questions", "tiers", "segments", "display", *DESIGN),
    code=(
        "pipeline.estimation",
        "pipeline.cells",
        "pipeline.study",
        "sql/core/cells.sql",
        "sql/core/cells_combined.sql",
        "sql/out/options.sql",
        "sql/out/numbers.sql",
    ),
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
        Column("weighting", "varchar", "Weight; empty or `unweighted` for none.", nullable=False),
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
        Column("p_value", "double", "Two-sided p value of ratio 1, of the test that the interval belongs to."),
        Column("q_value", "double", "Benjamini-Hochberg q value within its family."),
        Column("df", "double", "Degrees of freedom of a t interval; NULL for score intervals."),
        Column("deff", "double", "Design effect of the log ratio; 1 without design and weights."),
        Column("ci_level", "double", "Confidence level.", unit="share", nullable=False),
        Column("method", "varchar", "Method of the interval of the ratio.", nullable=False),
        Column(
            "detectable_above",
            "double",
            "Smallest ratio above 1 that would have been found with 80% power; NULL: none, or groups overlap.",
            unit="times",
        ),
        Column("detectable_below", "double", "Largest ratio below 1 that it would have found.", unit="times"),
        *STATUS,
        Column("wording", "varchar", "What may be said, in plain words.", nullable=False),
    ),
    made_from=("cells", "weights", "replicates"),
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
    sections=("synthetic", "sample", "score", "tiers", "segments", "indicators", "comparisons", "display", *DESIGN),
    code=("pipeline.estimation", "pipeline.cells", "pipeline.study"),
)

_SCORE_SECTIONS = ("scales", "questions", "score", *DESIGN)

RELIABILITY = Table(
    "reliability",
    "One dimension of the score, or `all` items, or one item in it: how well the items measure one thing.",
    "out",
    key=("wave", "dimension", "item"),
    columns=(
        WAVE,
        Column("dimension", "varchar", "Dimension; `all` for all items.", nullable=False),
        Column("item", "varchar", "Item; empty for the dimension itself.", nullable=False),
        Column("n", "bigint", "Respondents with every item.", unit="respondents", nullable=False),
        Column("items", "bigint", "Items used.", unit="items", nullable=False),
        Column("alpha", "double", "Cronbach's alpha."),
        Column("alpha_low", "double", "Lower limit of alpha at ci_level (Feldt)."),
        Column("alpha_high", "double", "Upper limit of alpha at ci_level."),
        Column("standardised_alpha", "double", "Alpha of standardised items."),
        Column("omega", "double", "McDonald's omega of one factor."),
        Column("standardised_omega", "double", "Omega of standardised items."),
        Column("stratified_alpha", "double", "Reliability of the score as the weighted mean of dimensions; in `all`."),
        Column("item_rest_correlation", "double", "Correlation of the item with the sum of the others."),
        Column("alpha_without_item", "double", "Alpha if the item is left out."),
        Column("mean", "double", "Mean of the item, or of the mean of the items.", unit="points"),
        Column("sd", "double", "Standard deviation of the same.", unit="points"),
        Column("ci_level", "double", "Confidence level.", unit="share", nullable=False),
        Column("reason", "varchar", "Why something could not be estimated, or what was left out.", nullable=False),
    ),
    made_from=("responses", "respondents"),
    sections=_SCORE_SECTIONS,
    code=("pipeline.maturity", "pipeline.study", "sql/core/items.sql", "sql/core/scores.sql"),
    made_if=lambda study: study.score is not None,
)

SCORE_MEANS = Table(
    "score_means",
    "The score (`all`) or one dimension of it in one level of a segment (or tier, or everyone): its mean.",
    "out",
    key=("wave", "dimension", "segment", "level"),
    columns=(
        WAVE,
        Column("dimension", "varchar", "Dimension of the score; `all` for the score itself.", nullable=False),
        SEGMENT,
        LEVEL,
        Column("n", "bigint", "Respondents with a score.", unit="respondents", nullable=False),
        Column("mean", "double", "Weighted mean.", unit="points"),
        Column("mean_low", "double", "Lower limit of the mean at ci_level.", unit="points"),
        Column("mean_high", "double", "Upper limit of the mean at ci_level.", unit="points"),
        Column("se", "double", "Standard error of the mean.", unit="points"),
        Column("df", "double", "Degrees of freedom of the t interval."),
        Column("sd", "double", "Standard deviation (n - 1).", unit="points"),
        Column("median", "double", "Median.", unit="points"),
        Column("ci_level", "double", "Confidence level.", unit="share", nullable=False),
    ),
    made_from=("respondents", "cells", "weights", "replicates"),
    sections=("score", "tiers", "segments", *DESIGN),
    code=("pipeline.estimation", "pipeline.study", "sql/out/score_numbers.sql"),
    made_if=lambda study: study.score is not None,
)

SCORE_BANDS = Table(
    "score_bands",
    "One band of the score, five points wide, and one tier: how many respondents are in both.",
    "out",
    key=("wave", "band_low", "tier"),
    columns=(
        WAVE,
        Column("band_low", "double", "Lowest score of the band.", unit="points", nullable=False),
        Column("band_high", "double", "Score under which the band ends; 100 belongs to the last.", unit="points",
               nullable=False),
        Column("tier", "varchar", "Tier; `without_tier` for respondents without one.", nullable=False),
        Column("n", "bigint", "Respondents in both.", unit="respondents", nullable=False),
        Column("weighted_base", "double", "Sum of their weights.", nullable=False),
        Column("share", "double", "Their weighted share of those with a score.", unit="share", nullable=False),
    ),
    made_from=("respondents",),
    sections=("score", "tiers", *DESIGN),
    code=("pipeline.maturity", "sql/out/score_histogram.sql"),
    made_if=lambda study: study.score is not None,
)  # fmt: skip

PEER_PERCENTILES = Table(
    "peer_percentiles",
    "One level of the peer segment (nets and `all` too): how the scores of its respondents spread.",
    "out",
    key=("wave", "segment", "level"),
    columns=(
        WAVE,
        SEGMENT,
        LEVEL,
        Column("n", "bigint", "Respondents with a score.", unit="respondents", nullable=False),
        Column("weighted_base", "double", "Sum of their weights.", nullable=False),
        *(Column(f"p{percent}", "double", f"Percentile {percent} of the score.", unit="points")
          for percent in (10, 25, 50, 75, 90)),
        Column("mean", "double", "Mean score.", unit="points"),
        *STATUS,
    ),
    made_from=("respondents",),
    sections=("score", "segments", "display", *DESIGN),
    code=("pipeline.maturity", "pipeline.study", "sql/out/peers.sql", "sql/out/peer_percentiles.sql"),
    made_if=lambda study: study.score is not None,
)  # fmt: skip

PEER_PLACES = Table(
    "peer_places",
    "One respondent with a score among `all`, and in its own level of the peer segment: its place there.",
    "out",
    key=("wave", "source_row", "segment"),
    columns=(
        WAVE,
        SOURCE_ROW,
        Column("respondent_id", "varchar", "Respondent, as the delivery names it.", nullable=False),
        SEGMENT,
        LEVEL,
        Column("score", "double", "Maturity score.", unit="points", nullable=False),
        Column("percentile_pct", "double", "Share of the peers with a lower score, half of those with the same.",
               unit="percent", nullable=False),
        Column("n_peers", "bigint", "Respondents in the level, itself among them.", unit="respondents",
               nullable=False),
        *STATUS,
    ),
    made_from=("respondents",),
    sections=("score", "segments", "display", *DESIGN),
    code=("pipeline.maturity", "pipeline.study", "sql/out/peers.sql", "sql/out/peer_places.sql"),
    made_if=lambda study: study.score is not None and study.score.peers is not None,
)  # fmt: skip


def _clustered(study: Any) -> bool:
    return study.tiers is not None and bool(study.tiers.clusters)


TIER_CLUSTERS = Table(
    "tier_clusters",
    "One cluster of respondents by the dimensions of the score, named after the tier of its rank, in one dimension.",
    "out",
    key=("wave", "tier", "dimension"),
    columns=(
        WAVE,
        Column(
            "tier", "varchar", "Cluster, by mean score: the lowest has the name of the lowest tier.", nullable=False
        ),
        Column("position", "integer", "Order of the cluster, lowest first.", nullable=False),
        Column("dimension", "varchar", "Dimension of the score; `all`: the score itself.", nullable=False),
        Column("n", "bigint", "Respondents in the cluster.", unit="respondents", nullable=False),
        Column("weighted_base", "double", "Sum of their weights.", nullable=False),
        Column("share", "double", "Share of those with every dimension.", unit="share"),
        Column("mean", "double", "Mean of the dimension in the cluster.", unit="points"),
        Column("explained_share", "double", "Share of the sum of squares that lies between clusters.", unit="share"),
        Column("silhouette", "double", "Average silhouette of the cluster; in `all`."),
        Column("average_silhouette", "double", "Average silhouette of everyone; in `all`."),
        Column("reason", "varchar", "Why there are no clusters, or empty.", nullable=False),
    ),
    made_from=("respondents",),
    sections=("score", "tiers", *DESIGN),
    code=("pipeline.maturity",),
    made_if=_clustered,
)

TIER_AGREEMENT = Table(
    "tier_agreement",
    "One tier by one cluster: how many respondents are in both, and how far tiers and clusters agree in all.",
    "out",
    key=("wave", "tier", "cluster"),
    columns=(
        WAVE,
        Column("tier", "varchar", "Declared tier.", nullable=False),
        Column("cluster", "varchar", "Cluster, named after the tier of its rank.", nullable=False),
        Column("n", "bigint", "Respondents in both.", unit="respondents", nullable=False),
        Column("weighted_base", "double", "Sum of their weights.", nullable=False),
        Column("share", "double", "Share of those who have tier and cluster.", unit="share"),
        Column("same_tier_share", "double", "Share whose cluster has the rank of their tier.", unit="share"),
        Column("adjusted_rand", "double", "Adjusted Rand index: 1 the same division, 0 as by chance."),
        Column("weighted_kappa", "double", "Cohen's kappa with quadratic weights."),
        Column("reason", "varchar", "Why there is no agreement to tell, or empty.", nullable=False),
    ),
    made_from=("respondents",),
    sections=("score", "tiers", *DESIGN),
    code=("pipeline.maturity",),
    made_if=_clustered,
)

BANNERS = Table(
    "banners",
    "One option of a question in one tier or level, as a column with a letter, and the columns that it is higher than.",
    "out",
    key=("wave", "question", "option", "segment", "level"),
    columns=(
        WAVE,
        Column("question", "varchar", "Question, or `question.row` for a row of a grid.", nullable=False),
        Column("option", "varchar", "Option.", nullable=False),
        SEGMENT,
        LEVEL,
        Column("letter", "varchar", "Letter of the column within the segment.", nullable=False),
        Column("x", "bigint", "Respondents who gave this answer.", unit="respondents", nullable=False),
        Column("n", "bigint", "Respondents who answered the question.", unit="respondents", nullable=False),
        Column("weighted_base", "double", "Weighted base.", nullable=False),
        Column("share", "double", "Share of the answer in the base.", unit="share"),
        Column("n_eff", "double", "Effective base of the share.", unit="respondents"),
        Column("higher_than", "varchar", "Letters of the columns that it is significantly higher than.",
               nullable=False),
        Column("method", "varchar", "How columns were tested.", nullable=False),
        Column("status", "varchar", "Whether the share may be shown: show, footnote, review, suppress.",
               nullable=False),
    ),
    made_from=("toplines",),
    sections=("tiers", "segments", "display"),
    code=("pipeline.estimation", "pipeline.study"),
)  # fmt: skip

TIER_TRENDS = Table(
    "tier_trends",
    "One indicator over the tiers in their order: trend, and association.",
    "out",
    key=("wave", "indicator"),
    columns=(
        WAVE,
        Column("indicator", "varchar", "Indicator of the study file.", nullable=False),
        Column("weighting", "varchar", "Weight; empty for none.", nullable=False),
        Column("tiers", "bigint", "Tiers with respondents in the base.", nullable=False),
        Column("x", "bigint", "Respondents with yes.", unit="respondents", nullable=False),
        Column("n", "bigint", "Respondents with a tier in the base.", unit="respondents", nullable=False),
        Column("ratio_per_tier", "double", "How many times the share grows from tier to tier.", unit="times"),
        Column("ratio_per_tier_low", "double", "Its lower limit at ci_level.", unit="times"),
        Column("ratio_per_tier_high", "double", "Its upper limit.", unit="times"),
        Column("se_log_ratio_per_tier", "double", "Standard error of its logarithm."),
        Column("statistic", "double", "Chi-squared of Cochran and Armitage; t of the slope with weights or design."),
        Column("df", "double", "Degrees of freedom of the interval."),
        Column("p_value", "double", "Two-sided p value of no trend."),
        Column("q_value", "double", "Benjamini-Hochberg q value over the indicators of the wave."),
        Column("association_f", "double", "Rao-Scott F of indicator by tier."),
        Column("association_df", "double", "Its first degrees of freedom."),
        Column("association_p_value", "double", "Its p value."),
        Column("ci_level", "double", "Confidence level.", unit="share", nullable=False),
        Column("method", "varchar", "How slope and test were computed.", nullable=False),
        Column("reason", "varchar", "Why there is no trend, or empty.", nullable=False),
    ),
    made_from=("cells", "weights", "replicates"),
    sections=("tiers", "indicators", *DESIGN),
    code=("pipeline.estimation", "pipeline.cells", "pipeline.weighting"),
    made_if=lambda study: study.tiers is not None and bool(study.indicators),
)


def _estimate(name: str, what: str) -> tuple[Column, ...]:
    return (
        Column(name, "double", f"{what}.", unit="times"),
        Column(f"{name}_low", "double", "Its lower limit at ci_level.", unit="times"),
        Column(f"{name}_high", "double", "Its upper limit at ci_level.", unit="times"),
    )


ADJUSTED = Table(
    "adjusted",
    "One indicator in one comparison: its ratio adjusted for other differences of the groups, and pooled over strata.",
    "out",
    key=("wave", "comparison", "indicator"),
    columns=(
        WAVE,
        Column("comparison", "varchar", "Comparison of the study file.", nullable=False),
        Column("indicator", "varchar", "Indicator of the study file.", nullable=False),
        Column("covariates", "varchar", "Segments that are adjusted for, joined by commas.", nullable=False),
        Column("stratifier", "varchar", "Segment that ratios are pooled over, or empty.", nullable=False),
        Column("n", "bigint", "Respondents in the base with every segment.", unit="respondents", nullable=False),
        Column("n_left_out", "bigint", "Respondents in the base who lack one.", unit="respondents", nullable=False),
        Column("levels_pooled", "bigint", "Rare levels of covariates that were made one.", nullable=False),
        Column("crude_ratio", "double", "Ratio of the same respondents, not adjusted.", unit="times"),
        *_estimate("ratio", "Ratio adjusted by modified Poisson regression"),
        Column("se_log_ratio", "double", "Standard error of its logarithm."),
        Column("p_value", "double", "Two-sided p value of an adjusted ratio of 1."),
        Column("df", "double", "Degrees of freedom; NULL for the normal distribution."),
        Column("method", "varchar", "Model and errors; empty where nothing is adjusted for.", nullable=False),
        Column("reason", "varchar", "Why there is no adjusted ratio, or a caution; or empty.", nullable=False),
        *_estimate("standardised_ratio", "Ratio of shares predicted for everyone as a and as b (g-computation)"),
        Column("standardised_se_log_ratio", "double", "Standard error of its logarithm."),
        Column("standardised_reason", "varchar", "Why there is none, or empty.", nullable=False),
        *_estimate("mh_ratio", "Mantel-Haenszel ratio over the strata"),
        Column("mh_se_log_ratio", "double", "Standard error of its logarithm."),
        Column("mh_df", "double", "Degrees of freedom; NULL for the normal distribution."),
        Column("homogeneity_q", "double", "Q of the strata's ratios around it."),
        Column("homogeneity_df", "double", "Its degrees of freedom."),
        Column("homogeneity_p", "double", "Its p value: small where strata disagree."),
        Column("mh_method", "varchar", "Method of the pooled ratio, or empty.", nullable=False),
        Column("mh_reason", "varchar", "Why there is none, or empty.", nullable=False),
        Column("strata_used", "bigint", "Strata that tell something.", nullable=False),
        Column("strata_left_out", "bigint", "Strata that do not.", nullable=False),
        Column("direction_reversed", "boolean", "Crude and pooled ratio on opposite sides of 1 (Simpson)."),
        Column("reversal_clear", "boolean", "And both intervals exclude 1."),
        Column("ci_level", "double", "Confidence level.", unit="share", nullable=False),
    ),
    made_from=("respondents", "weights"),
    sections=("tiers", "segments", "indicators", "comparisons", *DESIGN),
    code=("pipeline.estimation", "pipeline.cells", "pipeline.weighting", "pipeline.study"),
    made_if=lambda study: bool(study.indicators) and any(
        c.adjust_for or c.stratify_by for c in study.comparisons.values()
    ),
)  # fmt: skip

WEIGHTING = Table(
    "weighting",
    "One weight (margin and category `all`), or one category of a margin that it is raked to.",
    "out",
    key=("wave", "weight", "margin", "category"),
    columns=(
        WAVE,
        Column("weight", "varchar", "Weight of the study file.", nullable=False),
        Column("source", "varchar", "raked or delivered.", nullable=False),
        Column("margin", "varchar", "Question of the margin; `all`: the weight itself.", nullable=False),
        Column("category", "varchar", "Option; `no_answer`, also answers without a target; `all`.", nullable=False),
        Column("n", "bigint", "Respondents.", unit="respondents", nullable=False),
        Column("target", "double", "Share in the population.", unit="share"),
        Column("share_before", "double", "Share among those who answered, before raking.", unit="share"),
        Column("share_after", "double", "The same with the raked weight.", unit="share"),
        Column("gap", "double", "share_after - target.", unit="share"),
        Column("iterations", "bigint", "Sweeps over all margins."),
        Column("converged", "boolean", "Whether every margin was met."),
        Column("largest_gap", "double", "Largest difference of a share from its target.", unit="share"),
        Column("trim", "double", "Largest weight allowed, in means of the weights."),
        Column("trimmed", "bigint", "Respondents at that bound.", unit="respondents"),
        Column("missing", "bigint", "Respondents without a weight.", unit="respondents"),
        Column("zero", "bigint", "Respondents with weight 0.", unit="respondents"),
        Column("smallest", "double", "Smallest weight above 0."),
        Column("largest", "double", "Largest weight."),
        Column("mean", "double", "Mean weight, of those above 0."),
        Column("cv", "double", "Their coefficient of variation."),
        Column("deff_kish", "double", "Design effect of the weights alone (Kish)."),
        Column("n_eff_kish", "double", "Effective base by the weights alone.", unit="respondents"),
    ),
    made_from=("delivered", "responses", "screening"),
    sections=("scales", "questions", *DESIGN),
    code=("pipeline.weighting", "pipeline.study", "sql/core/sampled.sql", "sql/macros.sql"),
    made_if=lambda study: bool(study.weights),
)

_VARIED = ("responses", "source_columns", "screening", "tier_cuts", "respondents", "weights", "delivered", "findings")
_VARIED_SECTIONS = ("synthetic", "sample", "baseline", "scales", "questions", "filters", "cleaning", "score", "tiers",
                    "segments", "indicators", "comparisons", "display", "claims", *DESIGN)  # fmt: skip
_VARIED_CODE = (
    "pipeline.estimation", "pipeline.cells", "pipeline.cleaning", "pipeline.maturity", "pipeline.weighting",
    "pipeline.study", "sql/core/cells.sql", "sql/core/cells_combined.sql", "sql/core/scores.sql",
    "sql/core/respondents.sql", "sql/core/items.sql", "sql/core/sampled.sql", "sql/core/screening_order.sql",
    "sql/out/score_bands.sql", "sql/macros.sql",
)  # fmt: skip

SPECIFICATIONS = Table(
    "specifications",
    "One finding among everyone with one choice made otherwise: another cut, weight, cleaning rule or item.",
    "out",
    key=("wave", "comparison", "indicator", "specification"),
    columns=(
        WAVE,
        Column("comparison", "varchar", "Comparison of the study file.", nullable=False),
        Column("indicator", "varchar", "Indicator of the study file.", nullable=False),
        Column("kind", "varchar", "cut, weight, cleaning, missing_items or item_left_out.", nullable=False),
        Column("specification", "varchar", "What is done otherwise.", nullable=False),
        *(Column(f"{name}_{end}", "bigint", f"{what} of group {end}.", unit="respondents", nullable=False)
          for end in "ab" for name, what in (("x", "Respondents with yes"), ("n", "Unweighted base"))),
        *(Column(f"weighted_base_{end}", "double", f"Weighted base of group {end}.", nullable=False) for end in "ab"),
        *(Column(f"p_{end}", "double", f"Share of yes in group {end}.", unit="share") for end in "ab"),
        Column("ratio", "double", "p_a / p_b; infinity where only p_b is 0, NULL for 0/0.", unit="times"),
        Column("reason", "varchar", "Why there are no counts, or empty.", nullable=False),
    ),
    made_from=_VARIED,
    sections=_VARIED_SECTIONS,
    code=_VARIED_CODE,
    made_if=lambda study: bool(study.comparisons and study.indicators),
)  # fmt: skip

ROBUSTNESS = Table(
    "robustness",
    "One finding among everyone: how far its ratio moves when one choice at a time is made otherwise.",
    "out",
    key=("finding_id",),
    columns=(
        Column("finding_id", "varchar", "Readable name of the finding.", nullable=False),
        WAVE,
        Column("comparison", "varchar", "Comparison of the study file.", nullable=False),
        Column("indicator", "varchar", "Indicator of the study file.", nullable=False),
        Column("ratio", "double", "Ratio as published.", unit="times"),
        Column("specifications", "bigint", "Specifications that give a ratio on a sufficient base.", nullable=False),
        Column("ratio_min", "double", "Smallest ratio among them.", unit="times"),
        Column("ratio_max", "double", "Largest ratio among them.", unit="times"),
        Column("specification_min", "varchar", "Specification of the smallest ratio."),
        Column("specification_max", "varchar", "Specification of the largest ratio."),
        Column("share_above_one", "double", "Share of them with a ratio above 1.", unit="share"),
        Column("claimed_side", "varchar", "above or below claimed_limit: as claimed, else as published."),
        Column("claimed_limit", "double", "1, or the limit of the claim.", unit="times"),
        Column("share_claimed_side", "double", "Share of them on the claimed side of the limit.", unit="share"),
        Column("ratio_item_left_out", "double", "Ratio with the indicator's own items left out of the score.",
               unit="times"),
        Column("reason", "varchar", "Why nothing varies, or no item is left; or empty.", nullable=False),
    ),
    made_from=_VARIED,
    sections=_VARIED_SECTIONS,
    code=_VARIED_CODE,
    made_if=lambda study: bool(study.comparisons and study.indicators),
)  # fmt: skip

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
    code=("pipeline.publish.codebook", "pipeline.study"),
)

METHODOLOGY = Table(
    "methodology",
    "One element of the methodology statement of a wave, in English. A required one that is missing makes a draft.",
    "out",
    key=("wave", "element"),
    columns=(
        WAVE,
        Column("position", "integer", "Place in the statement.", nullable=False),
        Column("section", "varchar", "Heading that it stands under.", nullable=False),
        Column("standard", "varchar", "Who asks for it: aapor, or cherries of web surveys.", nullable=False),
        Column("element", "varchar", "Element; a declared one is a key of `disclosure`.", nullable=False),
        Column("title", "varchar", "What the statement calls it.", nullable=False),
        Column("required", "boolean", "Whether a release is a draft without it.", nullable=False),
        Column("value", "varchar", "What is told; NULL where it is blank."),
        Column("source", "varchar", "computed from the data, declared in the study file, or missing.", nullable=False),
    ),
    made_from=("dispositions", "cells", "shares", "weighting", "responses"),
    sections=("title", "synthetic", "sample", "baseline", "waves", "disclosure", "scales", "questions", "filters",
              "cleaning", "design", "weights", "score", "tiers", "segments", "display"),
    code=("pipeline.publish.methodology", "pipeline/publish/methodology/words/en.yaml", "pipeline.estimation",
          "pipeline.study"),
    preview=("section", "title", "required", "source", "value"),
)  # fmt: skip

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
               "shares", "toplines", "findings", "banners", "adjusted", "tier_trends", "specifications",
               "robustness", "weighting", "reliability", "score_means", "score_bands", "peer_percentiles",
               "peer_places", "tier_clusters", "tier_agreement", "codebook", "methodology"),
    sections=("waves", "scales", "questions", "filters", "segments", "cleaning", "score", "tiers", "weights", "design"),
    code=("pipeline.quality", "pipeline.cleaning", "pipeline.ingest", "pipeline.study", "sql/core/unasked.sql"),
)  # fmt: skip

WAVES = Table(
    "waves",
    "One wave of the study: the verdict on its latest delivery, and what is published of it, which may be older.",
    "out",
    key=("wave",),
    columns=(
        WAVE,
        Column(
            "status", "varchar", "Verdict on the latest delivery: admitted, quarantined, or withdrawn.", nullable=False
        ),
        Column("reason", "varchar", "Why it is quarantined or withdrawn; empty where admitted.", nullable=False),
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
        Column("delivery", "integer", "Published version: 1 is the first delivery of the wave, 2 its correction ..."),
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

ERRATA = Table(
    "errata",
    "A published figure, or its display status, that changed when a wave was made anew, and why.",
    "out",
    key=("run_id", "wave", "table_name", "row", "figure"),
    columns=(
        Column("changed_at", "timestamp", "When the new version was admitted (UTC).", nullable=False),
        WAVE,
        Column("table_name", "varchar", "Table that holds the figure.", nullable=False),
        Column("row", "varchar", "Its row: the key of the table without the wave, joined by bars.", nullable=False),
        Column("figure", "varchar", "Its column.", nullable=False),
        Column("old", "double", "The figure before; NULL for none, or a word."),
        Column("new", "double", "The figure after; NULL for none any more, or a word."),
        Column("old_word", "varchar", "The status before, where the figure is one."),
        Column("new_word", "varchar", "The status after, where the figure is one."),
        Column("printed_changed", "boolean", "Whether it also prints otherwise: whole percents, tenths of a ratio.",
               nullable=False),
        Column("cause", "varchar", "Corrected delivery, baseline wave, study file, software; joined by commas.",
               nullable=False),
        Column("old_version", "varchar", "Version of the wave's tables before.", nullable=False),
        Column("new_version", "varchar", "Version of the wave's tables after.", nullable=False),
        Column("run_id", "varchar", "Run that made the new version.", nullable=False),
    ),
)  # fmt: skip

TRENDS = Table(
    "trends",
    "The change of one figure between two waves, with its interval; of a ratio, the later one over the former.",
    "out",
    key=("measure", "name", "comparison", "segment", "level", "wave_before", "wave"),
    columns=(
        Column("measure", "varchar", "What changed: indicator, finding, tier, or score.", nullable=False),
        Column("name", "varchar", "Indicator, tier, or dimension of the score (`all`: the score).", nullable=False),
        Column("comparison", "varchar", "Comparison of a finding, else empty.", nullable=False),
        SEGMENT,
        LEVEL,
        Column("wave_before", "varchar", "Former wave: the one before, or the baseline.", nullable=False),
        Column("wave", "varchar", "Later wave.", nullable=False),
        Column("value_before", "double", "The figure in the former wave: share, ratio, or mean score."),
        Column("value", "double", "The figure in the later wave."),
        Column("n_before", "bigint", "Base in the former wave; of a finding, of its smaller group.",
               unit="respondents"),
        Column("n", "bigint", "Base in the later wave; of a finding, of its smaller group.", unit="respondents"),
        Column("overlap", "bigint", "Respondents of the bases of both waves, by their ids.", unit="respondents",
               nullable=False),
        Column("change", "double", "Later less former; of a finding, later over former."),
        Column("change_low", "double", "Lower limit of the change at ci_level."),
        Column("change_high", "double", "Upper limit of the change at ci_level."),
        Column("se", "double", "Standard error of the change; of a finding, of its logarithm."),
        Column("p_value", "double", "Two-sided p value of no change; NULL where no change is claimed."),
        Column("q_value", "double", "Benjamini-Hochberg q value; a family is one pair of waves and measure (and "
               "comparison), its segments a second one."),
        Column("comparable", "boolean", "Whether a change may be claimed.", nullable=False),
        Column("reason", "varchar", "Why not: what broke between the waves; else empty.", nullable=False),
        Column("ci_level", "double", "Confidence level.", unit="share", nullable=False),
        Column("method", "varchar", "How the interval was computed.", nullable=False),
        *STATUS,
        Column("wording", "varchar", "What may be said, in plain words; empty where nothing may.", nullable=False),
    ),
    preview=("measure", "name", "comparison", "segment", "level", "wave_before", "wave", "value_before", "value",
             "change", "change_low", "change_high", "q_value", "comparable"),
    code=("pipeline.estimation", "pipeline.study"),
)  # fmt: skip

CLAIMS = Table(
    "claims",
    "One printed sentence, or one cell of a printed chart, held against the data of one wave.",
    "out",
    key=("wave", "claim"),
    columns=(
        WAVE,
        Column("claim", "varchar", "Claim of the study file; of a chart, chart[row, column].", nullable=False),
        Column("says", "varchar", "The sentence as printed.", nullable=False),
        Column("source", "varchar", "Where it was printed."),
        Column("page", "varchar", "Page or place in the source."),
        Column("statistic", "varchar", "What is claimed: share, ratio, difference, odds_ratio, mean, paired, change, "
               "count, rank.", nullable=False),
        Column("indicator", "varchar", "Indicator; empty where the claim states a condition, or none.", nullable=False),
        Column("comparison", "varchar", "Comparison of the study file, else empty.", nullable=False),
        Column("group_a", "varchar", "Whom it is said of, in words.", nullable=False),
        Column("group_b", "varchar", "Whom they are compared with; empty for one group.", nullable=False),
        Column("base", "varchar", "Base rule that was used.", nullable=False),
        Column("weighting", "varchar", "Weight that was used; empty for none.", nullable=False),
        Column("claimed", "varchar", "What is claimed of the figure: more than 2.", nullable=False),
        Column("expected", "double", "The figure claimed, the first of several."),
        Column("margin", "varchar", "What counts as near it, where the claim says how near; else empty.",
               nullable=False),
        Column("printed", "varchar", "The figures as printed."),
        Column("soft", "varchar", "A vague word of the sentence."),
        Column("reading", "varchar", "How this project reads it: a reading, not what was printed."),
        Column("observed", "double", "The figure in the data, unrounded."),
        Column("low", "double", "Lower 95% limit."),
        Column("high", "double", "Upper 95% limit."),
        Column("low_90", "double", "Lower 90% limit, by which `about` is judged."),
        Column("high_90", "double", "Upper 90% limit."),
        Column("x_a", "bigint", "Yes in group a.", unit="respondents"),
        Column("n_a", "bigint", "Base of group a.", unit="respondents"),
        Column("x_b", "bigint", "Yes in group b; of a change, in the earlier wave.", unit="respondents"),
        Column("n_b", "bigint", "Base of group b; of a change, in the earlier wave.", unit="respondents"),
        Column("p_a", "double", "Share of group a.", unit="share"),
        Column("p_b", "double", "Share of group b.", unit="share"),
        Column("ratio", "double", "Risk ratio of both groups.", unit="times"),
        Column("difference", "double", "Difference of both shares.", unit="share"),
        Column("odds_ratio", "double", "Odds ratio, which is not how many times as likely.", unit="times"),
        Column("reproduction", "varchar", "Whether the printed figure comes out: reproduced, reproduced under another "
               "base, not reproduced, no figure.", nullable=False),
        Column("kinds", "varchar", "What explains a figure or limit that does not hold: base, comparator, filter, "
               "weight, direction, odds, unit, rounding.", nullable=False),
        Column("explanation", "varchar", "The same in words, with what comes out.", nullable=False),
        Column("tried", "bigint", "Ways to count that were tried to find it.", nullable=False),
        Column("verdict", "varchar", "supported, consistent, not supported, contradicted, not checkable.",
               nullable=False),
        Column("direction", "varchar", "Whether the data point the claimed way: same, unclear, opposite; else empty.",
               nullable=False),
        Column("reason", "varchar", "Why it is not checkable.", nullable=False),
        Column("coherence", "varchar", "What arithmetic or other claims rule out.", nullable=False),
        Column("p_value", "double", "One-sided p value of what the claim denies."),
        Column("q_value", "double", "Benjamini-Hochberg q value over the claims of the wave."),
        Column("family", "bigint", "Claims of the wave that were tested together.", nullable=False),
        Column("must_hold", "boolean", "Whether a check fails where it is contradicted.", nullable=False),
        Column("problem", "boolean", "Whether an editor has to look: a figure that does not come out, a verdict of not "
               "supported or contradicted, the opposite direction, or a conflict.", nullable=False),
        Column("method", "varchar", "How the interval was computed.", nullable=False),
        *STATUS,
        Column("note", "varchar", "What the figure is against: the nearest indicator, the earlier wave.",
               nullable=False),
        Column("wording", "varchar", "The strongest sentence that is true.", nullable=False),
        Column("synthetic", "boolean", "Whether the data are made, not collected.", nullable=False),
    ),
    preview=("wave", "claim", "claimed", "observed", "low", "high", "reproduction", "verdict", "direction", "kinds"),
    code=("pipeline.claims", "pipeline.estimation", "pipeline.study", "pipeline.cells", "pipeline.weighting",
          "sql/claims/values.sql", "sql/macros.sql"),
)  # fmt: skip

PUBLISHED = (
    DISPOSITIONS, TIERS, SHARES, TOPLINES, BANNERS, FINDINGS, ADJUSTED, TIER_TRENDS, SPECIFICATIONS, ROBUSTNESS,
    WEIGHTING, RELIABILITY, SCORE_MEANS, SCORE_BANDS, PEER_PERCENTILES, PEER_PLACES, TIER_CLUSTERS, TIER_AGREEMENT,
    CODEBOOK, METHODOLOGY, QUALITY_CHECKS,
)  # fmt: skip
