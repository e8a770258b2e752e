"""Cells of some respondents at a time, added up, so that memory does not grow with respondents.

What a query joins, or holds through a view, grows with its respondents. Sums are exact in any order (see
sql/core/cells_combined.sql), so those of slices add up to the same bytes. A slice takes a sixth more time than its part
of the whole: its records are filtered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import engine
from pipeline.cells.cells import COMBINED, KEYS
from pipeline.engine import Query
from pipeline.settings import memory_megabytes

JOINED_BYTES = 100  # of memory that the join with weights takes for a record
JOINED_SHARE = 0.25  # of SURVEY_MEMORY that it may take
HELD_AT_ONCE = 2_000_000  # records of a slice that a view holds, with all of their answers

Inputs = Mapping[str, Path | pa.Table]
Through = tuple[str, Query]


def fetch_cells(query: Query, inputs: Inputs, through: Through | None = None, at_once: int | None = None) -> pa.Table:
    """The rows of a query by `cells_query`.

    through: a view that it reads, and the query that the view holds. at_once: records of a slice, by default as many as
    SURVEY_MEMORY is enough for.
    """
    at_once = at_once or (HELD_AT_ONCE if through else _joined_at_once())
    query = _of_measured(query, inputs)
    last = engine.fetch(Query("core/last_row.sql"), {"respondents": inputs["respondents"]})["last"][0].as_py() or 0
    if last <= at_once:
        return _rows(query, inputs, through, None)
    whole = {name: f"{name}{engine.WHOLE}" for name in query.values["whole"]}
    sliced = replace(query, values={**query.values, "whole": whole})
    parts = [_rows(sliced, inputs, through, rows) for rows in _slices(last, at_once)]
    return engine.fetch(Query("core/cells_added.sql", {"keys": KEYS}), {"parts": pa.concat_tables(parts)})


def create_cells(query: Query, inputs: Inputs, schema: pa.Schema, target: Path, at_once: int | None = None) -> int:
    """Writes cells as `engine.create` does."""
    made = {"cells": fetch_cells(query, inputs, at_once=at_once)}
    columns = made["cells"].column_names
    return engine.create(Query("out/columns.sql", {"columns": columns, "source": "cells"}), made, schema, target)


def _rows(query: Query, inputs: Inputs, through: Through | None, rows: range | None) -> pa.Table:
    with engine.connection(inputs, rows) as con:
        if through is not None:
            engine.keep(con, *through)
        # In one query the sums of sums would claim memory that the join then lacks: it would go by way of the disk.
        engine.keep(con, "combined", replace(query, template=COMBINED))
        return engine.rows_of(con, replace(query, values={**query.values, "held": True}))


def _joined_at_once() -> int:
    return int(memory_megabytes() * 2**20 * JOINED_SHARE / JOINED_BYTES)


def _of_measured(query: Query, inputs: Inputs) -> Query:
    """A query that takes each base from one indicator that the wave measured, where the file's statistics tell."""
    source = inputs.get(query.values["source"])
    if not isinstance(source, Path):
        return query
    file = pq.ParquetFile(source)
    bases = {
        base: next(([name] for name in names if _has_answers(file, name)), names)
        for base, names in query.values["bases"].items()
    }
    return replace(query, values={**query.values, "bases": bases})


def _has_answers(file: pq.ParquetFile, name: str) -> bool:
    """Whether the file's statistics say that a column has values."""
    place = file.schema_arrow.get_field_index(name)
    groups = (file.metadata.row_group(i).column(place).statistics for i in range(file.metadata.num_row_groups))
    return any(group is not None and group.has_min_max for group in groups)


def _slices(last: int, at_once: int) -> Iterator[range]:
    """Numbers of records, 0 to the last, in turn."""
    for start in range(0, last + 1, at_once):
        yield range(start, start + at_once)
