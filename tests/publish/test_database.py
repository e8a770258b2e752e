"""The published file: whole or not at all, explained, readable by others."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from pipeline.errors import SurveyError
from pipeline.publish.database import Content, heal, publish
from pipeline.tables import Column, Table

TABLE = Table(
    "things",
    "One thing.",
    "out",
    key=("name",),
    columns=(
        Column("name", "varchar", "Its name.", nullable=False),
        Column("size", "double", "How large it is.", unit="metres"),
        Column("added", "bigint", "Declared since."),
    ),
)


def content(*rows: tuple[str, float | None]) -> Content:
    given = pa.Table.from_pylist([{"name": n, "size": s, "added": 1} for n, s in rows], TABLE.arrow_schema(None))
    return Content(TABLE, TABLE.columns_for(None), rows=given)


def names(path: Path) -> list[str]:
    with duckdb.connect(str(path), read_only=True) as con:
        return [name for (name,) in con.execute("SELECT name FROM things ORDER BY name").fetchall()]


def test_a_publication_takes_the_place_of_the_former(tmp_path: Path):
    target = tmp_path / "x.duckdb"
    assert publish(target, [content(("old", 1.0))], {}, False) == {"things": 1}
    publish(target, [content(("new", 1.0), ("newer", None))], {}, False)
    assert names(target) == ["new", "newer"]
    assert [p.name for p in tmp_path.iterdir()] == ["x.duckdb"]


def test_a_reader_that_has_the_former_open_keeps_it(tmp_path: Path):
    target = tmp_path / "x.duckdb"
    publish(target, [content(("old", 1.0))], {}, False)
    # Another process reads a copy of the handle: DuckDB shares one file per process, so read through the inode.
    handle = os.open(target, os.O_RDONLY)
    publish(target, [content(("new", 1.0))], {}, False)
    kept = tmp_path / "kept.duckdb"
    with open(handle, "rb") as old, kept.open("wb") as copy:
        shutil.copyfileobj(old, copy)
    assert names(kept) == ["old"]
    assert names(target) == ["new"]


def test_a_failed_publication_leaves_the_former_and_no_litter(tmp_path: Path):
    target = tmp_path / "x.duckdb"
    publish(target, [content(("old", 1.0))], {}, False)
    missing = Content(TABLE, TABLE.columns_for(None), parts=[tmp_path / "gone.parquet"])
    with pytest.raises((SurveyError, OSError, duckdb.Error)):
        publish(target, [missing], {}, False)
    assert names(target) == ["old"]
    assert [p.name for p in tmp_path.iterdir()] == ["x.duckdb"]


def test_what_a_killed_publisher_left_is_removed(tmp_path: Path):
    target = tmp_path / "x.duckdb"
    for name in ("x.duckdb.123.tmp", "x.duckdb.123.tmp.wal", "y.duckdb.9.tmp"):
        (tmp_path / name).write_text("half")
    assert sorted(p.name for p in heal(target)) == ["x.duckdb.123.tmp", "x.duckdb.123.tmp.wal"]
    assert [p.name for p in tmp_path.iterdir()] == ["y.duckdb.9.tmp"]


def test_a_column_declared_since_is_null_for_older_parts(tmp_path: Path):
    part = tmp_path / "part.parquet"
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"size": [2.5], "name": ["older"]}), part)
    publish(tmp_path / "x.duckdb", [Content(TABLE, TABLE.columns_for(None), parts=[part])], {}, False)
    with duckdb.connect(str(tmp_path / "x.duckdb"), read_only=True) as con:
        assert con.execute("SELECT name, size, added FROM things").fetchall() == [("older", 2.5, None)]


def test_tables_columns_and_views_are_explained(tmp_path: Path):
    target = tmp_path / "x.duckdb"
    publish(target, [content(("a", 1.0))], {"all_things": "main.things"}, True)
    with duckdb.connect(str(target), read_only=True) as con:
        assert con.execute("SELECT comment FROM duckdb_tables()").fetchall() == [
            ("SYNTHETIC data, made and not collected. One thing.",)
        ]
        comments = dict(
            con.execute("SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'things'").fetchall()
        )
        assert comments["size"] == "How large it is. Unit: metres."
        nullable = con.execute(
            "SELECT is_nullable FROM duckdb_columns() WHERE table_name = 'things' ORDER BY column_index"
        )
        assert nullable.fetchall() == [(False,), (True,), (True,)]
        assert con.execute("SELECT COUNT(*) FROM all_things").fetchall() == [(1,)]


def test_the_file_has_the_older_storage_version(tmp_path: Path):
    """So that clients of DuckDB 1.5 read it."""
    target = tmp_path / "x.duckdb"
    publish(target, [content(("a", 1.0))], {}, False)
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{target}' AS x (READ_ONLY)")
        tags = con.execute("SELECT tags FROM duckdb_databases() WHERE database_name = 'x'").fetchall()[0][0]
    assert "v1.5.0" in str(tags)


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path):
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(SurveyError, match="cannot be published"):
        publish(tmp_path / "data" / "x.duckdb", [content(("a", 1.0))], {}, False)
