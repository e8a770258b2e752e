"""Cells made on Spark are those of DuckDB, whose sums the other tests hold against the respondents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline import engine, settings, spark
from pipeline.cells import slices
from pipeline.cells.cells import Weighting, cells_query, in_chunks, sums_in
from pipeline.cells.on_spark import create_cells
from pipeline.engine import Query
from pipeline.errors import SurveyError
from pipeline.study.columns import SegmentColumns
from tests.cells.conftest import CHUNK, SLICE, written

ODD = ["it's", 'say "no"', "back\\slash\\", "${spark.app.name}", "%_?:x {y}", "`tick`", "éä Ж 表 \\'", "-- x /* y"]
ROWS = 300


@dataclass(frozen=True)
class Indicator:
    name: str
    base: str


INDICATORS = [Indicator(f"y{i}", f"y{i // 3 * 3}") for i in range(7)]
SEGMENTS = [
    SegmentColumns("place", tuple(ODD), False, "place", (), {}, {}, ()),
    SegmentColumns("team's \\", (ODD[0], ODD[2], ODD[3]), True, None, (), {}, dict.fromkeys(ODD, object()), ()),
]
WEIGHTINGS = (Weighting("main", True, True), Weighting("other", False, False))


def tables_of(seed: int) -> dict[str, pa.Table]:
    """Random respondents, weights from 1e-6 to 1e6, and three replicates."""
    rng = np.random.default_rng(seed)

    def some(*values: object) -> list[object]:
        return [values[i] for i in rng.integers(0, len(values), ROWS)]

    row = np.arange(ROWS)
    stratum = rng.integers(0, len(ODD), ROWS)
    outside = {i.base: rng.random(ROWS) < 1 / 3 for i in INDICATORS}
    respondents = {
        "wave": ["it's \\ a wave"] * ROWS, "source_row": row, "disposition": some("analysed", "analysed", "spam"),
        "tier": some("low", "high", None), "place": some(*ODD, None),
        "stratum": [ODD[i] for i in stratum], "psu": stratum * 10 + rng.integers(0, 4, ROWS),
        "weight_main": rng.uniform(0.2, 5, ROWS), "weight_other": 10 ** rng.uniform(-6, 6, ROWS),
        "margin_main": rng.integers(0, 3, ROWS),
        **{column: pa.array(some(0, 1, None), pa.int8()) for column in SEGMENTS[1].columns.values()},
        **{i.name: pa.array(rng.integers(0, 2, ROWS), pa.int8(), mask=outside[i.base]) for i in INDICATORS},
    }  # fmt: skip
    replicates = {
        "source_row": np.tile(row, 3), "weighting": ["main"] * 3 * ROWS,
        "replicate": pa.array(np.repeat([1, 2, 3], ROWS), pa.int32()), "weight": rng.uniform(0, 9, 3 * ROWS),
    }  # fmt: skip
    return {"respondents": pa.table(respondents), "replicates": pa.table(replicates)}


def schema_of(query: Query) -> pa.Schema:
    types = dict.fromkeys(("wave", "weighting", "stratum", "segment", "level", "tier"), pa.string())
    types |= {"replicate": pa.int32(), "psu": pa.int64(), "margins": pa.int64(), "n": pa.int64()}
    own = {"w": pa.float64(), "ww": pa.float64()} if query.values["weightings"] else {}
    sums = {name: pa.int64() if "__n_" in name else pa.float64() for name in sums_in(query)}
    return pa.schema(list((types | own | sums).items()))


DESIGNS = {
    "strata, units, raked weights with replicates, and another weight": (WEIGHTINGS, True, True),
    "strata, a weight": (WEIGHTINGS[1:], True, False),
    "no weights": ((), False, False),
}


@pytest.mark.usefixtures("spark_session")
@pytest.mark.parametrize("design", DESIGNS)
def test_spark_makes_the_cells_that_duckdb_makes(design: str, tmp_path: Path):
    """Counts, keys, types and order are equal, floats to 1e-12; levels and strata hold every sign that SQL minds."""
    query = cells_query(SEGMENTS, INDICATORS, *DESIGNS[design])
    inputs = written(tmp_path, tables_of(1))
    engine.create(query, inputs, schema_of(query), tmp_path / "duckdb.parquet")
    create_cells(
        query, inputs, schema_of(query), tmp_path / "spark.parquet", partial(spark.run, told=lambda text: None), CHUNK
    )
    expected, found = (pq.read_table(tmp_path / f"{name}.parquet") for name in ("duckdb", "spark"))
    assert found.schema == expected.schema
    assert found.num_rows == expected.num_rows > 40
    assert {*ODD, None} <= set(found["level"].to_pylist())
    for field in found.schema:
        if field.type == pa.float64():
            np.testing.assert_allclose(found[field.name], expected[field.name], rtol=1e-12, atol=0)
        else:
            assert found[field.name].equals(expected[field.name]), field.name


@pytest.mark.parametrize("design", DESIGNS)
def test_slices_add_up_to_the_cells_of_all(design: str, tmp_path: Path):
    """To the last bit, as sums are exact; only what is joined with replicates is sliced."""
    query = cells_query(SEGMENTS, INDICATORS, *DESIGNS[design])
    inputs = written(tmp_path, tables_of(2))
    engine.create(query, inputs, schema_of(query), tmp_path / "whole.parquet")
    slices.create_cells(query, inputs, schema_of(query), tmp_path / "slices.parquet", at_once=SLICE)
    whole, added = (pq.read_table(tmp_path / f"{name}.parquet") for name in ("whole", "slices"))
    assert added.equals(whole)
    assert whole.num_rows > 40


def test_chunks_hold_every_sum_once():
    query = cells_query(SEGMENTS, INDICATORS, *DESIGNS["strata, a weight"])
    chunks = in_chunks(query, 2)
    assert [chunk.values["indicators"] for chunk in chunks] == [["y0", "y1"], ["y2", "y3"], ["y4", "y5"], ["y6"]]
    assert sorted(name for chunk in chunks for name in sums_in(chunk)) == sorted(sums_in(query))


@pytest.fixture
def inputs(tmp_path: Path) -> Iterator[dict[str, Path]]:
    path = tmp_path / "respondents.parquet"
    pq.write_table(tables_of(1)["respondents"], path)
    yield {"respondents": path}
    assert sorted(file.name for file in tmp_path.iterdir()) == ["respondents.parquet"]  # nothing half made stays


def test_what_a_cluster_wrote_elsewhere_is_missed(inputs: dict[str, Path], tmp_path: Path):
    query = cells_query((), INDICATORS)
    with pytest.raises(SurveyError, match=r"(?s)not whole.*expected: 7 rows.*found: 0 rows.*SURVEY_SPARK_DATA"):
        create_cells(
            query, inputs, schema_of(query), tmp_path / "cells.parquet", lambda job: dict.fromkeys(job.parts, 7)
        )


def test_chunks_of_unlike_keys_are_no_cells(inputs: dict[str, Path], tmp_path: Path):
    query = cells_query((), INDICATORS)

    def run(job: spark.Job) -> dict[str, int]:
        for rows, name in enumerate(job.parts, 1):
            (folder := Path(job.folder) / name).mkdir(parents=True)
            pq.write_table(pa.table({"n": range(rows)}), folder / "a.parquet")
        return {name: rows for rows, name in enumerate(job.parts, 1)}

    with pytest.raises(ValueError, match="the same keys"):
        create_cells(query, inputs, schema_of(query), tmp_path / "cells.parquet", run, chunk=2)


def test_a_cluster_finds_the_data_under_its_own_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SURVEY_HOME", str(tmp_path))
    path = tmp_path / "data" / "processed" / "study" / "2024" / "ab" / "respondents.parquet"
    assert spark.job_of([], {"respondents": path}, path.parent).inputs == {"respondents": str(path)}
    monkeypatch.setenv("SURVEY_SPARK_DATA", "s3a://bucket/processed/")
    monkeypatch.setenv("SURVEY_SPARK_MASTER", "spark://host:7077")
    job = spark.job_of([], {"respondents": path}, path.parent)
    assert job.inputs == {"respondents": "s3a://bucket/processed/study/2024/ab/respondents.parquet"}
    assert (job.folder, job.master) == ("s3a://bucket/processed/study/2024/ab", "spark://host:7077")


@pytest.mark.parametrize(("text", "megabytes"), [("4GB", 4096), ("512MiB", 512), ("1.5 g", 1536), ("1TB", 1048576)])
def test_memory_is_read_in_any_unit(text: str, megabytes: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SURVEY_MEMORY", text)
    assert settings.memory_megabytes() == megabytes


def test_an_unknown_engine_and_no_memory_are_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SURVEY_MEMORY", "much")
    monkeypatch.setenv("SURVEY_ENGINE", "flink")
    with pytest.raises(SurveyError, match="(?s)SURVEY_MEMORY.*found: much"):
        settings.memory_megabytes()
    with pytest.raises(SurveyError, match="(?s)found: flink.*expected: duckdb or spark"):
        settings.cells_engine()


def test_what_is_not_installed_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    spark.check_installed()
    with monkeypatch.context() as patch:
        patch.delenv("JAVA_HOME", raising=False)
        patch.setenv("PATH", str(tmp_path))
        with pytest.raises(SurveyError, match="(?s)Java 17.*apt-get install openjdk-17-jre-headless"):
            spark.check_installed()
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(SurveyError, match=f"(?s)Java 17.*JAVA_HOME, {tmp_path}"):
        spark.check_installed()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SurveyError, match=r"(?s)PySpark.*uv sync --extra spark"):
        spark.check_installed()
