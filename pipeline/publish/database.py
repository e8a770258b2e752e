"""The DuckDB file that analysts open: built beside the old one, moved over it in one step."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.engine import TOLD, literal, quoted
from pipeline.errors import SurveyError
from pipeline.publish.growing import Parts, clear, parts_of, parts_there, remember
from pipeline.settings import memory_limit, threads
from pipeline.tables import Column, Macro, Table, View

STORAGE = "v1.5.0"  # so that older clients read the file
SYNTHETIC = "SYNTHETIC data, made and not collected. "
TYPES = {"varchar": "VARCHAR", "bigint": "BIGINT", "integer": "INTEGER", "tinyint": "TINYINT", "double": "DOUBLE",
         "boolean": "BOOLEAN", "timestamp": "TIMESTAMP", "date": "DATE"}  # fmt: skip


COMMENTED_AT_ONCE = 100_000
"""Comments times columns in one transaction, which keeps a copy of the table's columns for each comment."""


@dataclass(frozen=True)
class Content:
    """A table to publish: its declaration, its columns, and Parquet files of the admitted waves, or rows.

    versioned: whether files stay as they are, so that none is read twice.
    """

    table: Table
    columns: tuple[Column, ...]
    parts: Sequence[Path] = ()
    rows: pa.Table | None = None
    schema: str = "main"
    versioned: bool = False


@dataclass(frozen=True)
class Written:
    """A view or a macro to publish: its declaration, and the view's query or the statement that makes the macro."""

    what: View | Macro
    sql: str


def publish(
    target: Path,
    contents: Sequence[Content],
    views: Mapping[str, str],
    synthetic: bool,
    written: Sequence[Written] = (),
    record: Path | None = None,
) -> dict[str, int]:
    """Builds the database and puts it in the place of the former one. Returns the rows of each table.

    views: name in schema main -> what it shows. written: further views and macros, each after what it reads. record:
    file that remembers what the database is made of: where waves were only added to the former one, theirs alone are
    read.
    The former file stays whole until the last step, and readers that have it open keep it. Raises SurveyError where
    the folder can't be written or the disk is full.
    """
    partial = target.with_name(f"{target.name}.{os.getpid()}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        heal(target)
        parts = {_full_name(c): _parts(c) for c in contents if c.versioned}
        there = parts_there(record, target, parts) if record else {}
        if there:
            shutil.copyfile(target, partial)
        counts = _build(partial, contents, views, synthetic, written, there)
        _to_disk(partial)
        if record:
            remember(record, partial, parts)
        # What a killed writer left beside the former file would keep DuckDB from opening the next.
        target.with_name(f"{target.name}.wal").unlink(missing_ok=True)
        os.replace(partial, target)
        _to_disk(target.parent)
    except (OSError, duckdb.IOException, duckdb.TransactionException, duckdb.FatalException) as error:
        raise SurveyError(
            str(target), "cannot be published", found=str(error).splitlines()[0],
            do="free space or rights on the folder, then run again; the former version stays",
        ) from error  # fmt: skip
    finally:
        if target.parent.is_dir():
            heal(target)
    return counts


def heal(target: Path) -> list[Path]:
    """Removes what killed publishers left behind. Returns what was removed."""
    left = sorted(target.parent.glob(f"{target.name}.*.tmp*"))
    for path in left:
        path.unlink(missing_ok=True)
    return left


def _build(
    partial: Path,
    contents: Sequence[Content],
    views: Mapping[str, str],
    synthetic: bool,
    written: Sequence[Written],
    there: Mapping[str, int],
) -> dict[str, int]:
    mark = SYNTHETIC if synthetic else ""
    counts = {}
    con = duckdb.connect(":memory:", config={"threads": threads(), "memory_limit": memory_limit()})
    try:
        con.execute(f"ATTACH {literal(str(partial))} AS published (STORAGE_VERSION {literal(STORAGE)})")
        con.execute("USE published")
        if there:
            clear(con, "published", list(there))
            con.execute("CHECKPOINT published")  # frees what it took
        con.execute("BEGIN")  # several hundred statements: one commit
        for content in contents:
            con.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(content.schema)}")
            counts[content.table.name] = _table(con, content, mark, there.get(_full_name(content)))
        for name, shown in views.items():
            content = next(c for c in contents if f"{c.schema}.{c.table.name}" == shown)
            con.execute(f"CREATE VIEW main.{quoted(name)} AS SELECT * FROM {_full_name(content)}")
            _explain(con, "VIEW", f"main.{quoted(name)}", content.table.description, content.columns, mark)
        for one in written:
            _write(con, one, mark)
        con.execute("COMMIT")
        con.execute("CHECKPOINT published")
        con.execute("USE memory")
        con.execute("DETACH published")
    finally:
        con.close()
    return counts


def _table(con: duckdb.DuckDBPyConnection, content: Content, mark: str, there: int | None) -> int:
    """there: parts that the table holds already; None: there is no table."""
    name = _full_name(content)
    if there is None:
        con.execute(f"CREATE TABLE {name} ({_declared(content)})")
    for part in content.parts[there or 0 :]:
        # A wave admitted under an older study file may lack a column that was declared since.
        delivered = set(pq.read_schema(part).names)
        chosen = ", ".join(quoted(c.name) if c.name in delivered else "NULL" for c in content.columns)
        TOLD.debug("read %s", part)
        con.execute(f"INSERT INTO {name} SELECT {chosen} FROM read_parquet({literal(str(part))})")
    if content.rows is not None:
        con.register("given", content.rows)
        columns = ", ".join(quoted(c.name) for c in content.columns)
        con.execute(f"INSERT INTO {name} SELECT {columns} FROM given")
        con.unregister("given")
    _explain(con, "TABLE", name, content.table.description, content.columns, mark)
    counted = con.execute(f"SELECT COUNT(*) FROM {name}").fetchone()
    return int(counted[0]) if counted else 0


def _declared(content: Content) -> str:
    return ", ".join(f"{quoted(c.name)} {TYPES[c.type]}{'' if c.nullable else ' NOT NULL'}" for c in content.columns)


def _parts(content: Content) -> Parts:
    return parts_of(f"{STORAGE}: {_declared(content)}", content.parts)


def _full_name(content: Content) -> str:
    return f"{quoted(content.schema)}.{quoted(content.table.name)}"


def _write(con: duckdb.DuckDBPyConnection, written: Written, mark: str) -> None:
    what = written.what
    if isinstance(what, Macro):
        con.execute(written.sql)
        con.execute(f"COMMENT ON MACRO TABLE main.{quoted(what.name)} IS {literal(mark + what.description)}")
        return
    name = f"{quoted(what.schema)}.{quoted(what.name)}"
    con.execute(f"CREATE VIEW {name} AS {written.sql}")
    _explain(con, "VIEW", name, what.description, what.columns, mark)


def _explain(
    con: duckdb.DuckDBPyConnection, kind: str, name: str, description: str, columns: Sequence[Column], mark: str
) -> None:
    con.execute(f"COMMENT ON {kind} {name} IS {literal(mark + description)}")
    at_once = max(1, COMMENTED_AT_ONCE // max(1, len(columns)))
    for i, column in enumerate(columns, 1):
        con.execute(f"COMMENT ON COLUMN {name}.{quoted(column.name)} IS {literal(column.comment)}")
        if i % at_once == 0:
            con.execute("COMMIT")
            con.execute("BEGIN")


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
