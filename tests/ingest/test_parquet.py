"""Parquet files become records of text, or a DeliveryError."""

from __future__ import annotations

import io
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import DeliveryError
from pipeline.ingest import parquet
from tests.ingest.damage import CUTS, HARMS, harmed

FUZZ = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
MOMENTS = [datetime(2024, 5, 1, 10, 30, 5), datetime(2024, 5, 1), None]
TYPED: dict[str, tuple[Any, list[str | None]]] = {
    "text": (pa.array(["a", "", None]), ["a", "", None]),
    "large text": (pa.array(["a", "", None], pa.large_string()), ["a", "", None]),
    "bytes": (pa.array([b"\xd0\xb4", b"", None]), ["д", "", None]),
    "category": (pa.array(["x", None, "x"]).dictionary_encode(), ["x", None, "x"]),
    "whole": (pa.array([1, -2, None], pa.int8()), ["1", "-2", None]),
    "double": (pa.array([3.0, 0.1 + 0.2, float("nan")]), ["3", "0.3", None]),
    "large": (pa.array([1e20, 1e-7, None]), ["1" + "0" * 20, "0.0000001", None]),
    "single": (pa.array([0.1, 2.0, None], pa.float32()), ["0.1", "2", None]),
    "decimal": (pa.array([Decimal("1.50"), Decimal("3.00"), None]), ["1.5", "3", None]),
    "boolean": (pa.array([True, False, None]), ["1", "0", None]),
    "date": (pa.array([date(1949, 10, 1), None, None]), ["1949-10-01", None, None]),
    "moment": (pa.array(MOMENTS), ["2024-05-01 10:30:05", "2024-05-01", None]),
    "zone": (
        pa.array(MOMENTS, pa.timestamp("ns", "Europe/Berlin")),
        ["2024-05-01 12:30:05", "2024-05-01 02:00:00", None],
    ),
    "time": (pa.array([time(9, 5), None, None]), ["09:05:00", None, None]),
    "took": (pa.array([timedelta(hours=30, minutes=15), None, None]), ["30:15:00", None, None]),
    "list": (pa.array([["a;b", None, "c"], [], None]), ["a;b;c", None, None]),
    "numbers": (pa.array([[1.0, 2.5], [None], [3.0]]), ["1;2.5", None, "3"]),
    "nothing": (pa.nulls(3), [None] * 3),
}


def put(path: Path, table: Any, **how: Any) -> Path:
    pq.write_table(table, path, **how)
    return path


def columns(path: Path) -> list[list[str | None]]:
    table = pq.read_table(path)
    assert table.column_names == [f"c{i + 1}" for i in range(table.num_columns)]
    return [column.to_pylist() for column in table.columns]


def test_every_type_is_written_as_text(tmp_path: Path):
    path = put(tmp_path / "a.parquet", pa.table({name: values for name, (values, _) in TYPED.items()}))
    parquet.to_parquet(path, tmp_path / "b.parquet")
    expected = [texts for _, texts in TYPED.values()]
    assert columns(tmp_path / "b.parquet") == expected
    assert parquet.head(path) == [list(TYPED), *([cell or "" for cell in row] for row in zip(*expected, strict=True))]


def test_columns_are_told_by_name_and_label(tmp_path: Path):
    fields = [pa.field("Q1", pa.string(), metadata={"label": "Do you?"}), pa.field("Q1", pa.string())]
    table = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"])], schema=pa.schema(fields))
    path = put(tmp_path / "a.parquet", table)
    layout = parquet.layout(path)
    assert (layout.platform, layout.header_rows) == ("plain", 0)
    assert [(c.position, c.name, c.text) for c in layout.columns] == [(1, "Q1", "Do you?"), (2, "Q1", "Q1")]
    parquet.to_parquet(path, tmp_path / "b.parquet")
    assert columns(tmp_path / "b.parquet") == [["a"], ["b"]]


def test_columns_of_records_are_refused_by_name(tmp_path: Path):
    table = pa.table({"id": [1], "answers": [{"a": 1}], "pairs": [[[1]]], "records": [[{"a": 1}]]})
    path = put(tmp_path / "a.parquet", table)
    with pytest.raises(DeliveryError, match="answers, pairs, records"):
        parquet.layout(path)
    with pytest.raises(DeliveryError, match="answers, pairs, records"):
        parquet.to_parquet(path, tmp_path / "b.parquet")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path):
    path = put(tmp_path / "a.parquet", pa.table({"a": [b"\xff\xfe"]}))
    with pytest.raises(DeliveryError):
        parquet.to_parquet(path, tmp_path / "b.parquet")


def test_a_table_without_records_has_names_only(tmp_path: Path):
    path = put(tmp_path / "a.parquet", pa.table({"a": pa.array([], pa.string())}))
    assert parquet.head(path) == [["a"]]
    parquet.to_parquet(path, tmp_path / "b.parquet")
    assert columns(tmp_path / "b.parquet") == [[]]


def test_order_holds_over_row_groups(tmp_path: Path):
    path = put(tmp_path / "a.parquet", pa.table({"a": range(1000)}), row_group_size=7)
    parquet.to_parquet(path, tmp_path / "b.parquet")
    assert columns(tmp_path / "b.parquet") == [[str(i) for i in range(1000)]]
    assert parquet.head(path)[1:] == [[str(i)] for i in range(20)]


def read_or_refused(path: Path) -> None:
    refusal, names = "", []
    try:
        names = parquet.head(path)[0]
        parquet.to_parquet(path, path.with_name("b.parquet"))
    except DeliveryError as error:
        refusal = str(error)
    if refusal:
        assert str(path) in refusal
    else:
        assert len(columns(path.with_name("b.parquet"))) == len(names)


def made() -> bytes:
    stream = io.BytesIO()
    pq.write_table(pa.table({"a": ["x", None] * 50, "b": [1.5, 2.0] * 50, "c": [["x"], ["y", "z"]] * 50}), stream)
    return stream.getvalue()


MADE = made()


@FUZZ
@given(st.binary(max_size=100), st.booleans())
def test_random_bytes_are_read_or_refused(tmp_path: Path, content: bytes, framed: bool):
    frame = b"PAR1" if framed else b""
    (tmp_path / "a.parquet").write_bytes(frame + content + frame)
    read_or_refused(tmp_path / "a.parquet")


@FUZZ
@given(HARMS, CUTS)
def test_damaged_files_are_read_or_refused(tmp_path: Path, harms: list[tuple[float, bytes]], cut: float):
    (tmp_path / "a.parquet").write_bytes(harmed(MADE, harms, cut))
    read_or_refused(tmp_path / "a.parquet")
