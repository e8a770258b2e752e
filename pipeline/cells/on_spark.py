"""Cells made on Spark: chunks of indicators run there and are put together here, by key."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import engine
from pipeline.cells.cells import KEYS, in_chunks, sums_in
from pipeline.cells.measured import of_measured
from pipeline.engine import Query
from pipeline.errors import SurveyError
from pipeline.spark import Job, job_of, names_of

CHUNK = 10  # indicators of a query; the code that Spark makes of a hundred is too long to be compiled well


def create_cells(
    query: Query,
    inputs: Mapping[str, Path],
    schema: pa.Schema,
    target: Path,
    run: Callable[[Job], Mapping[str, int]],
    chunk: int = CHUNK,
) -> int:
    """Writes cells as `engine.create` does, of a query by `cells_query`. Returns the number of rows.

    run: runs a job and returns the rows of each part. Raises SurveyError where what Spark wrote is not found here.
    """
    folder = target.with_name(f".{target.name}.parts")
    queries = in_chunks(of_measured(query, inputs["respondents"]), chunk)
    try:
        written = run(job_of(queries, inputs, folder))
        parts = {name: _rows(folder / name) for name in written}
        for name, part in parts.items():
            if part.num_rows != written[name]:
                raise SurveyError(
                    str(folder / name), "what Spark wrote is not, or not whole, on this machine",
                    expected=f"{written[name]:,} rows", found=f"{part.num_rows:,} rows",
                    do="let data/processed be one folder here and on the cluster: SURVEY_SPARK_DATA in docs/scale.md",
                )  # fmt: skip
        if len(set(written.values())) > 1:
            raise ValueError(f"the chunks of the cells do not have the same keys: {written}")
        return engine.create(_merged(queries), parts, schema, target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _merged(queries: list[Query]) -> Query:
    chunks = [{"name": name, "sums": sums_in(query)} for name, query in zip(names_of(queries), queries, strict=True)]
    return Query("core/cells_merged.sql", {"chunks": chunks, "keys": KEYS})


def _rows(folder: Path) -> pa.Table:
    files = sorted(folder.glob("*.parquet"))
    return pa.concat_tables([pq.read_table(file) for file in files]) if files else pa.table({})
