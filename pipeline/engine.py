"""Renders the templates of sql/ and runs them on DuckDB; with publishing, the only place that opens a connection."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined

from pipeline.replacing import replacing
from pipeline.settings import SQL_FOLDER, memory_limit, threads

WHOLE = " whole"
RECORD = "source_row"

TOLD = logging.getLogger("survey.tables")
"""Is told at debug level of every Parquet file and delivery that is read ("read") and of every one made ("made")."""


@dataclass(frozen=True)
class Query:
    """A template of sql/ with the names and values that it is rendered with."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + str(name).replace('"', '""') + '"'


def literal(value: Any) -> str:
    """A value as an SQL literal: text, number, true or false, or NULL."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return repr(value)
    return "'" + str(value).replace("'", "''") + "'"


@dataclass(frozen=True)
class Dialect:
    """How names and values are written into the SQL of an engine."""

    name: Callable[[str], str] = quoted
    value: Callable[[Any], str] = literal


DUCKDB = Dialect()


@lru_cache(maxsize=2)
def _templates(dialect: Dialect) -> Environment:
    templates = Environment(
        loader=FileSystemLoader(SQL_FOLDER), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    with suppress(OSError, RuntimeError):  # compiled once per user, a third of a second; without, all is the same
        templates.bytecode_cache = FileSystemBytecodeCache()
    templates.filters |= {"name": dialect.name, "value": dialect.value}
    return templates


def render(query: Query, dialect: Dialect = DUCKDB) -> str:
    """The SQL text of a query."""
    return _templates(dialect).get_template(query.template).render(**query.values)


@lru_cache(maxsize=1)
def _database(threads: int, memory_limit: str) -> duckdb.DuckDBPyConnection:
    """The one in-memory database of the process, which holds nothing itself; to start one takes 10 ms."""
    return duckdb.connect(
        ":memory:",
        config={
            "threads": threads,
            "memory_limit": memory_limit,
            "disabled_optimizers": "statistics_propagation",  # takes 10 s of 24 on 5,000 tick columns
        },
    )


@contextmanager
def connection(
    inputs: Mapping[str, Path | pa.Table] | None = None, rows: range | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own on which each input (a Parquet file or an Arrow table) is a view by its name.

    rows: numbers of the records (`source_row`) that views show of inputs that have such; all are in a view whose name
    ends in WHOLE.
    """
    con = _database(threads(), memory_limit()).cursor()
    try:
        for name, source in (inputs or {}).items():
            if isinstance(source, Path):
                TOLD.debug("read %s", source)
                con.execute(f"CREATE TEMP VIEW {quoted(name)} AS SELECT * FROM read_parquet({literal(str(source))})")
            else:
                con.register(name, source)
            if rows is not None:
                _show_only(con, name, source, rows)
        yield con
    finally:
        con.close()


def _show_only(con: duckdb.DuckDBPyConnection, name: str, source: Path | pa.Table, rows: range) -> None:
    columns = pq.read_schema(source).names if isinstance(source, Path) else source.column_names
    if RECORD not in columns:
        return
    given, whole = quoted(name), quoted(name + WHOLE)
    among = f"{RECORD} BETWEEN {rows.start} AND {rows.stop - 1}"
    if isinstance(source, Path):
        con.execute(f"CREATE TEMP VIEW {whole} AS SELECT * FROM read_parquet({literal(str(source))})")
    else:
        con.register(name + WHOLE, source)
        con.unregister(name)
    con.execute(f"CREATE OR REPLACE TEMP VIEW {given} AS SELECT * FROM {whole} WHERE {among}")


def read(source: Path, columns: Sequence[str] | None = None, filters: Any = None) -> pa.Table:
    """A Parquet file's rows, or some columns of those that meet filters (as pyarrow has them)."""
    TOLD.debug("read %s", source)
    return pq.read_table(source, columns=list(columns) if columns is not None else None, filters=filters)


def fetch(query: Query, inputs: Mapping[str, Path | pa.Table]) -> pa.Table:
    """The rows of a query over its inputs."""
    with connection(inputs) as con:
        return rows_of(con, query)


def fetch_through(
    name: str, first: Query, then: Query, inputs: Mapping[str, Path | pa.Table] | None = None
) -> pa.Table:
    """The rows of a query over its inputs and the rows of another, which is read once and not written."""
    with connection(inputs) as con:
        keep(con, name, first)
        return rows_of(con, then)


def keep(con: duckdb.DuckDBPyConnection, name: str, query: Query) -> None:
    """Holds a query's rows as a table that goes with the connection."""
    con.execute(f"CREATE OR REPLACE TEMP TABLE {quoted(name)} AS {render(query)}")


def hold(con: duckdb.DuckDBPyConnection, name: str, rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> None:
    """Holds rows as a table that goes with the connection. Arrow would import pandas to take them."""
    columns = ", ".join(f"unnest(CAST(? AS {_DUCKDB[f.type]}[])) AS {quoted(f.name)}" for f in schema)
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE {quoted(name)} AS SELECT {columns}",
        [[row[field.name] for row in rows] for field in schema],
    )


def rows_of(con: duckdb.DuckDBPyConnection, query: Query) -> pa.Table:
    return con.sql(render(query)).to_arrow_table()


def create(query: Query, inputs: Mapping[str, Path | pa.Table], schema: pa.Schema, target: Path) -> int:
    """Writes a query's rows as Parquet, whole or not at all. Returns the number of rows.

    The columns are those of the schema, cast to its types and in its order; a query that yields other
    columns is an error. Raises duckdb.Error as DuckDB does.
    """
    with connection(inputs) as con:
        found = con.sql(render(query))
        if sorted(found.columns) != sorted(schema.names):
            wrong = set(found.columns) ^ set(schema.names)
            raise ValueError(f"{query.template} does not yield the declared columns: {sorted(wrong)}")
        columns = ", ".join(f"CAST({quoted(f.name)} AS {_DUCKDB[f.type]}) AS {quoted(f.name)}" for f in schema)
        with replacing(target) as partial:
            found.project(columns).write_parquet(str(partial))
    TOLD.debug("made %s", target)
    return int(pq.read_metadata(target).num_rows)


def write(rows: pa.Table, target: Path) -> int:
    """Writes rows as Parquet, whole or not at all. Returns their number."""
    with replacing(target) as partial:
        pq.write_table(rows, partial)
    TOLD.debug("made %s", target)
    return int(rows.num_rows)


_DUCKDB = {
    pa.string(): "VARCHAR",
    pa.int64(): "BIGINT",
    pa.int32(): "INTEGER",
    pa.int8(): "TINYINT",
    pa.float64(): "DOUBLE",
    pa.bool_(): "BOOLEAN",
    pa.timestamp("us"): "TIMESTAMP",
    pa.date32(): "DATE",
}
