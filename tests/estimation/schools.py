"""The California school samples as a study: from their rows to findings, by the pipeline's own steps."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from pipeline import tables
from pipeline.estimation.comparing import compare
from pipeline.estimation.groups import Grouping
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


def findings_of(rows: list[dict[str, Any]], sections: str, **columns: str) -> pd.DataFrame:
    """The same of rows as given, which may hold replicate weights."""
    study, weighted = study_and_cells(rows, sections, **columns)
    grouping = Grouping(study.tiers, study.segments, study.segment_columns, study.resolver)
    name = default_weight(study.weights)
    return compare(
        "w", {name: weighted}, name, study.comparisons, grouping, study.indicators, (), study.display, study.sample,
        False,
    ).set_index(["comparison", "indicator"])  # fmt: skip


def weighted_of(name: str, sections: str, **columns: str) -> WeightedCells:
    """Cells of a sample under its weight and design."""
    return study_and_cells(schools(name), sections, **columns)[1]


def study_and_cells(rows: list[dict[str, Any]], sections: str, **columns: str) -> tuple[Study, WeightedCells]:
    study = study_from_text(STUDY + sections).study
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
    core: Core = core_of(study, answers, weights=made)
    name = default_weight(study.weights)
    return study, cells_of(study, core, [name], made["weights"], made.get("replicates"))[name]
