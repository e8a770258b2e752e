"""Small hand-made tables as inputs of SQL files, and the core tables of a few records, made as the assets make them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from pipeline import engine, tables
from pipeline.cells.cells import cells_query, weightings_of
from pipeline.cleaning.screening import dispositions_query, screening_query
from pipeline.engine import Query
from pipeline.estimation.plan import WeightedCells, weighted_cells
from pipeline.maturity.scoring import scores_query
from pipeline.maturity.tiers import respondents_query, tier_cuts_query
from pipeline.study.model import Study
from pipeline.study.sampling import default_weight
from pipeline.tables import Table

Rows = Sequence[Mapping[str, Any]]


def names_of(study: Study) -> set[str]:
    """Every variable, as of a delivery that lacks none."""
    return {v.name for v in study.variables}


def table_of(table: Table, study: Study, rows: Rows, **alike: Any) -> pa.Table:
    """Rows of a declared table; columns that a row does not name are NULL. alike: values of every row."""
    schema = pa.schema([field.with_nullable(True) for field in table.arrow_schema(study)])
    unknown = {name for row in rows for name in row} - set(schema.names)
    assert not unknown, f"{table.name} has no columns {unknown}"
    return pa.Table.from_pylist([{"wave": "w", **alike, **row} for row in rows], schema=schema)


def responses_of(study: Study, rows: Rows) -> pa.Table:
    """Table `responses`: records numbered from 1, ids r1, r2, ... where a row names none."""
    numbered = [{"source_row": i, "respondent_id": f"r{i}"} | dict(row) for i, row in enumerate(rows, 1)]
    return table_of(tables.RESPONSES, study, numbered)


def run(query: Query, table: Table, study: Study, **inputs: pa.Table) -> pa.Table:
    """Rows of a query in the types of the table that it makes, as `engine.create` writes them."""
    found = engine.fetch(query, inputs)
    schema = pa.schema([field.with_nullable(True) for field in table.arrow_schema(study)])
    assert sorted(found.schema.names) == sorted(schema.names)
    return found.select(schema.names).cast(schema)


def columns(found: pa.Table, *names: str) -> list[tuple[Any, ...]]:
    """Rows with these columns only."""
    return [tuple(row[name] for name in names) for row in found.to_pylist()]


@dataclass(frozen=True)
class Core:
    """The core tables of one wave."""

    responses: pa.Table
    screening: pa.Table
    dispositions: pa.Table
    scores: pa.Table
    tier_cuts: pa.Table
    respondents: pa.Table
    cells: pa.Table


def core_of(
    study: Study,
    rows: Rows,
    available: Iterable[str] | None = None,
    cuts: pa.Table | None = None,
    weights: Mapping[str, pa.Table] | None = None,
) -> Core:
    """All core tables of these records. cuts: of another wave, where quantiles hang on a baseline. weights: tables
    `weights` and `replicates`, where the study has them."""
    there = names_of(study) if available is None else set(available)
    responses = responses_of(study, rows)
    screening = run(
        screening_query(study.cleaning, study.resolver, there), tables.SCREENING, study, responses=responses
    )
    waterfall = run(dispositions_query(study.cleaning), tables.DISPOSITIONS, study, screening=screening)
    made = {"responses": responses, "screening": screening}
    made["scores"] = run(scores_query(study.score, study.resolver), tables.SCORES, study, **made)
    if cuts is None:
        query = tier_cuts_query(study.tiers, study.segment_columns, "w", study.baseline)
        cuts = run(query, tables.TIER_CUTS, study, scores=made["scores"], responses=responses)
    made["tier_cuts"] = cuts
    made |= weights or {}
    query = respondents_query(
        study.tiers, study.score, study.segment_columns, study.indicator_columns, study.resolver, there,
        default_weight(study.weights), [c.name for c in tables.sampling_columns(study)],
    )  # fmt: skip
    respondents = run(query, tables.RESPONDENTS, study, **made)
    weightings = weightings_of(study.weights, study.comparisons, study.design)
    strata = study.design is not None and study.design.strata is not None
    query = cells_query(study.segment_columns, study.indicator_columns, weightings, strata, study.has_units)
    again = {name: rows for name, rows in (weights or {}).items() if name in tables.CELLS.made_from}
    cells = run(query, tables.CELLS, study, respondents=respondents, **again)
    made = {name: table for name, table in made.items() if name not in (weights or {})}
    return Core(dispositions=waterfall, respondents=respondents, cells=cells, **made)


def cells_of(
    study: Study, core: Core, names: Iterable[str], sampled: pa.Table | None = None, replicates: pa.Table | None = None
) -> dict[str, WeightedCells]:
    """Cells of the indicators under each weight."""
    return weighted_cells(
        core.cells, study.indicator_columns, names, study.design, study.weights, "w", sampled, replicates
    )
