"""All ways to make cells, behind one function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import engine, spark
from pipeline.cells import slices
from pipeline.cells.on_spark import create_cells
from pipeline.engine import Query
from pipeline.settings import memory_megabytes

Make = Callable[[Query, pa.Schema, dict[str, pa.Table]], pa.Table]
"""Rows of a query for cells over its inputs, in the columns of a schema."""

SLICE = 37  # records
CHUNK = 3  # indicators; fewer than most tests have, so that chunks are put together
SMALL = {
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",  # to compile takes longer than to run
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.shuffle.partitions": "2",
}


@pytest.fixture(scope="session")
def spark_session() -> Iterator[None]:
    """The one Spark session of the tests, quick to start."""
    job = spark.Job("local[2]", memory_megabytes(), {}, {}, "")
    session = spark.session(job, SMALL)
    yield
    session.stop()


def written(folder: Path, inputs: dict[str, pa.Table]) -> dict[str, Path]:
    """Each input as a Parquet file of its name."""
    for name, rows in inputs.items():
        pq.write_table(rows, folder / f"{name}.parquet")
    return {name: folder / f"{name}.parquet" for name in inputs}


@pytest.fixture(params=["duckdb", "slices", "spark"])
def make(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Makes cells on DuckDB, at once and of some respondents at a time, then on Spark."""
    create = engine.create
    if request.param == "slices":
        create = partial(slices.create_cells, at_once=SLICE)
    if request.param == "spark":
        request.getfixturevalue("spark_session")
        create = partial(create_cells, run=partial(spark.run, told=lambda text: None), chunk=CHUNK)

    def made(query: Query, schema: pa.Schema, inputs: dict[str, pa.Table]) -> pa.Table:
        folder = tmp_path_factory.mktemp("cells")
        create(query, written(folder, inputs), schema, folder / "made.parquet")
        assert sorted(path.stem for path in folder.iterdir()) == sorted([*inputs, "made"])  # nothing else stays
        return pq.read_table(folder / "made.parquet")

    return made
