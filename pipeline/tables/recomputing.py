"""What the published file holds beside the cells so that SQL alone can work out a finding again."""

from __future__ import annotations

from pipeline.tables.core import CELL_KEYS
from pipeline.tables.raw import WAVE
from pipeline.tables.table import Column, Macro, Table, View

COMPARISONS = Table(
    "comparisons",
    "One comparison of the study file: under which weight it is made, and how its errors are found.",
    "core",
    key=("comparison",),
    columns=(
        Column("comparison", "varchar", "Comparison of the study file.", nullable=False),
        Column("label", "varchar", "What it is called; empty where it has no label.", nullable=False),
        Column("weighting", "varchar", "Weight, `unweighted`, or empty where the study has none.", nullable=False),
        Column("cells_weighting", "varchar", "Weight of the cells that hold its sums.", nullable=False),
        Column("weighted", "boolean", "Whether sums of weights are meant; else respondents count alike.",
               nullable=False),
        Column("variance", "varchar", "simple (counts say all), linearised, raked (linearised, less what margins "
               "explain), delivered replicates, made replicates, raked replicates.", nullable=False),
        Column("lonely_psu", "varchar", "What a stratum with one sampling unit adds to a variance.", nullable=False),
    ),
)  # fmt: skip

GROUP_CELLS = Table(
    "group_cells",
    "Cells that a group of a comparison is made of, among everyone or within a level: the group is their sum.",
    "core",
    key=("comparison", "segment", "level", "part", "cell_segment", "cell_level", "cell_tier"),
    columns=(
        Column("comparison", "varchar", "Comparison of the study file.", nullable=False),
        Column("segment", "varchar", "Segment within which groups are compared; `all` for everyone.", nullable=False),
        Column("level", "varchar", "Level of the segment; `all` for everyone.", nullable=False),
        Column("part", "varchar", "a, b, or both: those who are in both groups.", nullable=False),
        Column("cell_segment", "varchar", "Segment of the cells.", nullable=False),
        Column("cell_level", "varchar", "Level of the cells; NULL: respondents with none."),
        Column("cell_tier", "varchar", "Tier of the cells; NULL: respondents with none."),
        Column("times", "integer", "How often they count: -1 where they are taken away from everyone.",
               nullable=False),
    ),
)  # fmt: skip

MARGINS = Table(
    "margins",
    "One margin that a weight is raked to in a wave: how its category is read from `margins` of a cell.",
    "core",
    key=("wave", "weighting", "position"),
    columns=(
        WAVE,
        Column("weighting", "varchar", "Raked weight.", nullable=False),
        Column("position", "integer", "Order of the margin, from 0.", nullable=False),
        Column("question", "varchar", "Question of the margin.", nullable=False),
        Column("divisor", "bigint", "The category is margins // divisor % categories; 0: no answer.", nullable=False),
        Column("categories", "bigint", "Categories, with no answer.", unit="categories", nullable=False),
    ),
)

REPLICATE_SCALES = Table(
    "replicate_scales",
    "One replicate of a delivered weight: what its squared deviation is times in a variance.",
    "core",
    key=("weighting", "replicate"),
    columns=(
        Column("weighting", "varchar", "Weight with replicates.", nullable=False),
        Column("replicate", "integer", "Number of the replicate, from 1.", nullable=False),
        Column("scale", "double", "Factor of the sum of squares, alike for all.", nullable=False),
        Column("rscale", "double", "Factor of this replicate's square.", nullable=False),
        Column("mse", "boolean", "Deviations from the full sample's estimate instead of the replicates' mean.",
               nullable=False),
        Column("every_one_needed", "boolean", "A jackknife: no variance where a replicate has nobody left.",
               nullable=False),
    ),
)  # fmt: skip

CELL_SUMS = View(
    "cell_sums",
    "One cell and indicator: the sums of core.cells, with a row for each indicator instead of columns.",
    schema="core",
    columns=(
        *CELL_KEYS,
        Column("indicator", "varchar", "Indicator of the study file."),
        Column("n_base", "bigint", "Respondents in the base.", unit="respondents"),
        Column("n_yes", "bigint", "Respondents with yes.", unit="respondents"),
        Column("w_base", "double", "Sum of weights in the base; respondents where the study has no weights."),
        Column("w_yes", "double", "Sum of weights with yes."),
        Column("ww_base", "double", "Sum of squared weights in the base."),
        Column("ww_yes", "double", "Sum of squared weights with yes; NULL where respondents lie in sampling units."),
    ),
)

STRATA = View(
    "strata",
    "One stratum of the design of a wave under one weight; `all` where there is no design.",
    schema="core",
    columns=(
        Column("wave", "varchar", "Wave of the study."),
        Column("weighting", "varchar", "Weight, `unweighted`, or empty where the study has none."),
        Column("stratum", "varchar", "Stratum."),
        Column("units", "bigint", "Sampling units; respondents where these are their own.", unit="units"),
        Column("fraction", "double", "Share of the stratum's units that were sampled; 0: no correction.", unit="share"),
        Column("weighed", "bigint", "Units with a weight above 0.", unit="units"),
    ),
)

RECOMPUTED_FINDINGS = Macro(
    "recomputed_findings",
    "The findings of of_wave, of_comparison, of_indicator and of_segment (each may be left out: all), worked out again "
    "from core.cells: x, n, weighted_base and p of both groups, ratio, difference, se_log_ratio, df as in findings; "
    "reason: why there is no se_log_ratio, else empty. The study file's present groups hold.",
)
RECOMPUTED_FINDING = Macro(
    "recomputed_finding", "The row of recomputed_findings of one finding, by its finding_id in findings."
)
