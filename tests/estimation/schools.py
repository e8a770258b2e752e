"""The California school samples as a study: from their rows to findings, by the pipeline's own steps."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pipeline import engine, tables
from pipeline.cells.sums import covering
from pipeline.estimation.comparing import compare
from pipeline.estimation.covariance import SharePair, share_pair
from pipeline.estimation.groups import Grouping
from pipeline.estimation.means import mean_rows, numbers_query, sampled_as
from pipeline.estimation.plan import WeightedCells
from pipeline.study.loading import study_from_text
from pipeline.study.model import Study
from pipeline.study.sampling import default_weight
from pipeline.weighting.assigning import weigh
from tests.records import Core, cells_of, core_of

REFERENCES = Path(__file__).parent.parent / "references"

STUDY = """
title: Schools
sample: {type: probability, population: schools}
questions:
  stype: {type: single, text: Type, options: {E: E, H: H, M: M}}
  awards: {type: single, text: Awards, options: {"Yes": "Yes", "No": "No"}}
  sch_wide: {type: single, text: Target met, options: {"Yes": "Yes", "No": "No"}}
  api00: {type: number, text: Score}
segments: {awards: {question: awards}, stype: {question: stype, nets: {not_E: [H, M]}}}
indicators:
  hi: {when: {api00: {above: 700}}}
  target: {when: {sch_wide: ["Yes"]}}
comparisons:
  awards: {a: {awards: ["Yes"]}, b: {awards: ["No"]}}
  elementary: {a: {stype: [E]}, b: {stype: [not_E]}}
"""


def schools(name: str) -> list[dict[str, Any]]:
    with (REFERENCES / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


def findings(name: str, sections: str, **columns: str) -> pd.DataFrame:
    """Findings of a sample. sections: of the study file. columns: our name of a delivered column -> theirs."""
    return findings_of(schools(name), sections, **columns)


def findings_of(rows: list[dict[str, Any]], sections: str, text: str = STUDY, **columns: str) -> pd.DataFrame:
    """The same of rows as given, which may hold replicate weights."""
    study, weighted = study_and_cells(rows, sections, text, **columns)
    grouping = Grouping(study.tiers, study.segments, study.segment_columns, study.resolver)
    name = default_weight(study.weights)
    return compare(
        "w", {name: weighted}, name, study.comparisons, grouping, study.indicators, (), study.display, study.sample,
        False,
    ).set_index(["comparison", "indicator"])  # fmt: skip


def weighted_of(name: str, sections: str, **columns: str) -> WeightedCells:
    """Cells of a sample under its weight and design."""
    return study_and_cells(schools(name), sections, **columns)[1]


def study_and_cells(
    rows: list[dict[str, Any]], sections: str, text: str = STUDY, **columns: str
) -> tuple[Study, WeightedCells]:
    """The study and its cells under its default weight."""
    study, _, weighed, core = core_tables(rows, text + sections, **columns)
    name = default_weight(study.weights)
    return study, cells_of(study, core, [name], weighed["weights"], weighed.get("replicates"))[name]


def mean_and_share(name: str, sections: str, **columns: str) -> tuple[float, float, float, SharePair]:
    """Mean and limits of a number that is 1 for a score over 700, else 0, and the share of those with such a score."""
    rows = schools(name)
    for row in rows:
        row["api00"] = float(float(row["api00"]) > 700)
    text = STUDY.replace("above: 700", "above: 0.5") + sections
    study, inputs, weighed, core = core_tables(rows, text, **columns)
    weight = default_weight(study.weights)
    weighted = cells_of(study, core, [weight], weighed["weights"], weighed.get("replicates"))[weight]
    cover = covering(weighted.cells, None, None)
    everyone = np.ones(len(cover.n), dtype=bool)
    respondents = engine.fetch(numbers_query(["api00"], study.segment_columns), inputs).to_pandas()
    people = sampled_as(weighed["weights"].to_pandas(), None, weighted.plan, len(respondents))
    means = mean_rows(respondents, ["api00"], people, weighted.plan, None, ())
    return (*means.loc[0, ["mean", "mean_low", "mean_high"]], share_pair(cover, everyone, everyone, weighted.plan))


def core_tables(
    rows: list[dict[str, Any]], text: str, **columns: str
) -> tuple[Study, dict[str, pa.Table], dict[str, pa.Table], Core]:
    """The study, its responses and respondents, its weights and replicates, and all core tables."""
    study = study_from_text(text).study
    answers = [{"stype": r["stype"], "awards": r["awards"], "sch_wide": r["sch.wide"], "api00": float(r["api00"])}
               for r in rows]  # fmt: skip
    sampled = pd.DataFrame({"source_row": range(1, len(rows) + 1)})
    for question in (question for weight in study.weights.values() for question in weight.margins("w")):
        sampled[f"margin {question}"] = [a[question] for a in answers]
    for ours, theirs in columns.items():
        values = [r[theirs] for r in rows]
        ours = ours.replace("_", " ", 1)
        sampled[ours] = values if ours in ("design strata", "design psu") else [float(v) for v in values]
    for ours, theirs in study.sampling_columns.items():
        if ours.startswith("replicate"):
            sampled[ours] = [r[theirs] for r in rows]
    weighed = weigh("w", sampled, study.design, study.weights)

    def typed(table: tables.Table, frame: pd.DataFrame) -> pa.Table:
        return pa.Table.from_pandas(frame, schema=table.arrow_schema(study), preserve_index=False)

    made = {"weights": typed(tables.WEIGHTS, weighed.rows)}
    if study.is_replicated:
        made["replicates"] = typed(tables.REPLICATES, weighed.replicates)
    core = core_of(study, answers, weights=made)
    return study, {"responses": core.responses, "respondents": core.respondents}, made, core
