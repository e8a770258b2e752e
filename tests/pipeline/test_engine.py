"""Templates rendered safely, tables written whole and as declared."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import engine
from pipeline.engine import Query, literal, quoted
from pipeline.replacing import replacing


@given(st.text().filter(lambda text: "\x00" not in text))
def test_any_text_survives_as_a_literal(text: str):
    with engine.connection() as con:
        assert con.execute(f"SELECT {literal(text)}").fetchall() == [(text,)]


@given(st.text(min_size=1).filter(lambda text: "\x00" not in text))
def test_any_text_survives_as_a_name(name: str):
    with engine.connection() as con:
        assert con.execute(f"SELECT x.{quoted(name)} FROM (SELECT 1 AS {quoted(name)}) AS x").fetchall() == [(1,)]


def test_literals_of_other_kinds():
    assert [literal(v) for v in (None, True, False, 3, 0.5)] == ["NULL", "TRUE", "FALSE", "3", "0.5"]


def test_a_query_with_other_columns_than_declared_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(engine, "render", lambda query: "SELECT 1 AS a, 2 AS b")
    schema = pa.schema([pa.field("a", pa.int64()), pa.field("c", pa.int64())])
    with pytest.raises(ValueError, match="'b', 'c'"):
        engine.create(Query("x.sql"), {}, schema, tmp_path / "x.parquet")
    assert list(tmp_path.iterdir()) == []


def test_columns_come_in_the_declared_order_and_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(engine, "render", lambda query: "SELECT 'x' AS b, 2 AS a")
    schema = pa.schema([pa.field("a", pa.float64()), pa.field("b", pa.string())])
    assert engine.create(Query("x.sql"), {}, schema, tmp_path / "x.parquet") == 1
    assert pq.read_table(tmp_path / "x.parquet").to_pylist() == [{"a": 2.0, "b": "x"}]


def test_a_failed_query_leaves_the_former_file_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    target = tmp_path / "x.parquet"
    target.write_text("former")
    monkeypatch.setattr(
        engine, "render", lambda query: "SELECT CAST(t AS INTEGER) AS a FROM (VALUES ('1'), ('no')) AS v(t)"
    )
    with pytest.raises(duckdb.ConversionException):
        engine.create(Query("x.sql"), {}, pa.schema([pa.field("a", pa.int32())]), target)
    assert target.read_text() == "former"
    assert [p.name for p in tmp_path.iterdir()] == ["x.parquet"]


def test_replacing_is_all_or_nothing(tmp_path: Path):
    target = tmp_path / "deep" / "x.txt"
    with replacing(target) as partial:
        partial.write_text("one")
    with pytest.raises(ZeroDivisionError), replacing(target) as partial:
        partial.write_text(str(1 / 0))
    assert target.read_text() == "one"
    assert [p.name for p in target.parent.iterdir()] == ["x.txt"]
