"""Cells of some respondents at a time, added up, so that memory does not grow with respondents.

What a query joins with replicates, or holds through a view, grows with its respondents; what it only sums does not.
Sums are exact in any order (see sql/core/cells_combined.sql), so those of slices add up to the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from pipeline import engine
from pipeline.cells.cells import COMBINED, KEYS
from pipeline.cells.measured import of_measured
from pipeline.engine import Query

AT_ONCE = 2_000_000  # records of a slice

Inputs = Mapping[str, Path | pa.Table]
Through = tuple[str, Query]


def fetch_cells(query: Query, inputs: Inputs, through: Through | None = None, at_once: int = AT_ONCE) -> pa.Table:
    """The rows of a query by `cells_query`.

    through: a view that it reads, and the query that the view holds. at_once: records of a slice, where they are joined
    or held.
    """
    if through is None:
        query = of_measured(query, inputs["respondents"])
        if not any(w.replicated for w in query.values["weightings"]):
            return _rows(query, inputs, None, None)
    last = engine.fetch(Query("core/last_row.sql"), {"respondents": inputs["respondents"]})["last"][0].as_py() or 0
    if last <= at_once:
        return _rows(query, inputs, through, None)
    whole = {name: f"{name}{engine.WHOLE}" for name in query.values["whole"]}
    sliced = replace(query, values={**query.values, "whole": whole})
    parts = [_rows(sliced, inputs, through, rows) for rows in _slices(last, at_once)]
    return engine.fetch(Query("core/cells_added.sql", {"keys": KEYS}), {"parts": pa.concat_tables(parts)})


def create_cells(query: Query, inputs: Inputs, schema: pa.Schema, target: Path, at_once: int = AT_ONCE) -> int:
    """Writes cells as `engine.create` does."""
    made = {"cells": fetch_cells(query, inputs, at_once=at_once)}
    columns = made["cells"].column_names
    return engine.create(Query("out/columns.sql", {"columns": columns, "source": "cells"}), made, schema, target)


def _rows(query: Query, inputs: Inputs, through: Through | None, rows: range | None) -> pa.Table:
    with engine.connection(inputs, rows) as con:
        if through is not None:
            engine.keep(con, *through)
        # In one query the sums of sums would claim memory that the first ones then lack.
        engine.keep(con, "combined", replace(query, template=COMBINED))
        return engine.rows_of(con, replace(query, values={**query.values, "held": True}))


def _slices(last: int, at_once: int) -> Iterator[range]:
    """Numbers of records, 0 to the last, in turn."""
    for start in range(0, last + 1, at_once):
        yield range(start, start + at_once)
