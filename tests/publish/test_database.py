"""The published file: whole or not at all, explained, readable by others."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import SurveyError
from pipeline.publish.database import Content, Written, heal, publish
from pipeline.tables import Column, Macro, Table, View

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


# -- a database that grows by a wave

WAVE_TABLE = replace(TABLE, name="waves_of_things")


@dataclass
class Growing:
    """Publications of one table from parts, beside one of rows, a view and a macro."""

    folder: Path
    caplog: pytest.LogCaptureFixture

    @property
    def target(self) -> Path:
        return self.folder / "x.duckdb"

    def part(self, name: str, *rows: tuple[str, float | None]) -> Path:
        path = self.folder / f"{name}.parquet"
        pq.write_table(content(*rows).rows, path)
        return path

    def publish(
        self, *parts: Path, columns: tuple[Column, ...] = TABLE.columns_for(None), words: str = "a"
    ) -> list[str]:
        """Returns the parts that were read."""
        waves = Content(WAVE_TABLE, columns, parts, schema="core", versioned=True)
        view = Written(
            View(f"view_{words}", "A view.", (Column("name", "varchar", "A name."),)), "SELECT name FROM things"
        )
        macro = Written(
            Macro(f"macro_{words}", "A macro."), f"CREATE MACRO macro_{words}() AS TABLE SELECT name FROM things"
        )
        self.caplog.clear()
        with self.caplog.at_level(logging.DEBUG, "survey.tables"):
            publish(self.target, [content((words, 1.0)), waves], {}, False, (view, macro), self.folder / "parts.json")
        return [Path(str(record.args[0])).stem for record in self.caplog.records]  # type: ignore[index]

    def all(self) -> dict[str, list[object]]:
        """Rows of every table and view in order, and what explains them."""
        with duckdb.connect(str(self.target), read_only=True) as con:
            tables = con.execute("SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL").fetchall()
            found = {f"{s}.{t}": con.execute(f"FROM {s}.{t}").fetchall() for s, t in tables}
            for what, sql in {
                "columns": "SELECT table_name, column_name, data_type, is_nullable, comment FROM duckdb_columns()",
                "views": "SELECT view_name, sql, comment FROM duckdb_views()",
                "macros": "SELECT function_name, macro_definition, comment FROM duckdb_functions()",
            }.items():
                found[what] = con.execute(f"{sql} WHERE NOT internal ORDER BY ALL").fetchall()
        return found


@pytest.fixture
def growing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Growing:
    return Growing(tmp_path, caplog)


def test_an_added_wave_is_all_that_is_read_and_the_rest_is_as_if_built_anew(growing: Growing):
    first, second = growing.part("first", ("a", 1.0)), growing.part("second", ("b", None), ("c", 2.0))
    assert growing.publish(first, words="old") == ["first"]
    assert growing.publish(first, second, words="new") == ["second"]
    grown = growing.all()
    assert growing.publish(first, second, words="new") == []
    assert growing.all() == grown
    (growing.folder / "parts.json").unlink()
    assert growing.publish(first, second, words="new") == ["first", "second"]
    assert growing.all() == grown
    assert [name for name, *_ in grown["macros"]] == ["macro_new"]  # nothing of the former stays
    assert len(grown["core.waves_of_things"]) == 3


@pytest.mark.parametrize("parts", [("second",), ("second", "first"), ("first", "third"), ()])
def test_a_wave_that_changed_or_went_away_means_all_anew(growing: Growing, parts: tuple[str, ...]):
    made = {name: growing.part(name, (name, 1.0)) for name in ("first", "second", "third")}
    growing.publish(made["first"], made["second"])
    assert growing.publish(*(made[name] for name in parts)) == list(parts)
    assert [name for name, *_ in growing.all()["core.waves_of_things"]] == list(parts)


def test_another_declaration_of_the_columns_means_all_anew(growing: Growing):
    first = growing.part("first", ("a", 1.0))
    growing.publish(first)
    assert growing.publish(first, columns=TABLE.columns_for(None)[:2]) == ["first"]
    assert growing.all()["core.waves_of_things"] == [("a", 1.0)]


@pytest.mark.parametrize("record", ["", "{}", "[1]", '{"tables": []}', '{"sha256": "a", "tables": {"x": 1}}'])
def test_a_record_that_cannot_be_read_means_all_anew(growing: Growing, record: str):
    first = growing.part("first", ("a", 1.0))
    growing.publish(first)
    (growing.folder / "parts.json").write_text(record)
    assert growing.publish(first) == ["first"]


def test_a_database_that_someone_wrote_to_is_built_anew(growing: Growing):
    first = growing.part("first", ("a", 1.0))
    growing.publish(first)
    with duckdb.connect(str(growing.target)) as con:
        con.execute("DELETE FROM core.waves_of_things")
    assert growing.publish(first) == ["first"]
    assert growing.all()["core.waves_of_things"] == [("a", 1.0, 1)]


def test_a_damaged_database_is_built_anew(growing: Growing):
    first, second = growing.part("first", ("a", 1.0)), growing.part("second", ("b", 2.0))
    growing.publish(first)
    known = growing.target.stat()
    with growing.target.open("r+b") as file:
        file.seek(known.st_size - 64)
        file.write(b"\xff" * 64)
    os.utime(growing.target, ns=(known.st_atime_ns, known.st_mtime_ns))  # as a bad disk leaves it
    assert growing.publish(first, second) == ["first", "second"]


def test_a_part_that_was_made_again_is_read_again(growing: Growing):
    growing.publish(growing.part("first", ("a", 1.0)))
    assert growing.publish(growing.part("first", ("other", 1.0))) == ["first"]
    assert growing.all()["core.waves_of_things"] == [("other", 1.0, 1)]


def test_what_a_killed_writer_left_beside_the_former_does_not_spoil_the_next(growing: Growing):
    first = growing.part("first", ("a", 1.0))
    growing.publish(first)
    writes = "import duckdb, os; con = duckdb.connect({!r}); con.execute('DELETE FROM things'); os._exit(9)"
    subprocess.run([sys.executable, "-c", writes.format(str(growing.target))], check=False)
    assert growing.target.with_name("x.duckdb.wal").exists()
    growing.publish(first)
    assert names(growing.target) == ["a"]


def test_a_publication_that_fails_before_it_is_moved_leaves_a_record_of_no_database(
    growing: Growing, monkeypatch: pytest.MonkeyPatch
):
    first, second = growing.part("first", ("a", 1.0)), growing.part("second", ("b", 2.0))
    growing.publish(first)

    def full(source: Path, target: Path) -> None:
        if Path(target) == growing.target:
            raise OSError("the disk is full")
        os.rename(source, target)

    with monkeypatch.context() as patch:
        patch.setattr("os.replace", full)
        with pytest.raises(SurveyError, match="the disk is full"):
            growing.publish(first, second)
    assert growing.publish(first, second) == ["first", "second"]
    assert len(growing.all()["core.waves_of_things"]) == 2


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path):
    (tmp_path / "data").write_text("a file where the folder should be")
    with pytest.raises(SurveyError, match="cannot be published"):
        publish(tmp_path / "data" / "x.duckdb", [content(("a", 1.0))], {}, False)
