"""Published files of a few records, without a run, and their rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipeline import tables
from pipeline.estimation.comparing import compare
from pipeline.estimation.groups import Grouping
from pipeline.publish.database import Content, publish
from pipeline.publish.written import recomputing_contents, written_for
from pipeline.store import arrow_rows
from pipeline.study.model import Study
from pipeline.study.sampling import default_weight
from tests.records import Core, cells_of


def published(folder: Path, study: Study, core: Core, weights: dict[str, pa.Table], report: Any = None) -> Path:
    """A published file with the findings and what macros need of them."""
    names = [default_weight(study.weights), *(c.weight for c in study.comparisons.values() if c.weight)]
    grouping = Grouping(study.tiers, study.segments, study.segment_columns, study.resolver)
    cells = cells_of(study, core, names, weights.get("weights"), weights.get("replicates"))
    found = compare("w", cells, names[0], study.comparisons, grouping, study.indicators, (), study.display,
                    study.sample, False)  # fmt: skip
    rows = {
        tables.FINDINGS: arrow_rows(found, tables.FINDINGS.arrow_schema(study)), tables.CELLS: core.cells,
        tables.WEIGHTING: arrow_rows(report or [], tables.WEIGHTING.arrow_schema(study)),
        tables.WEIGHTS: weights.get("weights"),
    }  # fmt: skip
    contents = [Content(table, table.columns_for(study), rows=rows.get(table), schema=schema_of(table))
                for table in (*tables.PUBLISHED, tables.TRENDS, tables.CLAIMS, tables.WAVES, tables.CELLS,
                              tables.WEIGHTS)]  # fmt: skip
    publish(folder / "x.duckdb", [*contents, *recomputing_contents(study, ["w"])], {}, False, written_for(study))
    return folder / "x.duckdb"


def schema_of(table: tables.Table) -> str:
    return "core" if table.layer == "core" else "main"


def rows_of(path: Path, sql: str) -> list[dict[str, Any]]:
    with duckdb.connect(str(path), read_only=True) as con:
        con.execute("SET enable_external_access = false")
        return con.sql(sql).to_arrow_table().to_pylist()
