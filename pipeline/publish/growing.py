"""Which tables of a published database stay as they are in the next one, because waves were only added."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.engine import literal, quoted
from pipeline.replacing import replacing


@dataclass(frozen=True)
class Parts:
    """What a table is made of. columns: how they are declared. paths: Parquet files whose contents never change."""

    columns: str
    paths: tuple[str, ...]


def remember(record: Path, database: Path, tables: Mapping[str, Parts]) -> None:
    """Writes down what a database is made of, before it is moved to its place: it is told by file, size and time."""
    told = {"database": _identity(database), "tables": {name: [p.columns, p.paths] for name, p in tables.items()}}
    with replacing(record) as partial:
        partial.write_text(json.dumps(told))


def parts_there(record: Path, database: Path, tables: Mapping[str, Parts]) -> dict[str, int]:
    """How many parts of each table the database holds already; none where anything but further parts is new."""
    try:
        told = json.loads(record.read_text())
        if told["database"] != _identity(database):
            return {}
        former = {name: Parts(columns, tuple(paths)) for name, (columns, paths) in told["tables"].items()}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    if former.keys() != tables.keys():
        return {}
    for name, parts in tables.items():
        before = former[name]
        if before.columns != parts.columns or before.paths != parts.paths[: len(before.paths)]:
            return {}
    return {name: len(parts.paths) for name, parts in former.items()}


def clear(con: duckdb.DuckDBPyConnection, database: str, kept: Sequence[str]) -> None:
    """Drops tables, views and table macros of an attached database, but not some tables, by full name."""
    of = f"database_name = {literal(database)} AND NOT internal"
    found = con.execute(f"""
        SELECT 'VIEW', schema_name, view_name FROM duckdb_views() WHERE {of}
        UNION SELECT 'MACRO TABLE', schema_name, function_name FROM duckdb_functions() WHERE {of}
        UNION SELECT 'TABLE', schema_name, table_name FROM duckdb_tables() WHERE {of}
        ORDER BY ALL DESC
    """).fetchall()
    for kind, schema, name in found:
        full = f"{quoted(schema)}.{quoted(name)}"
        if full not in kept:
            con.execute(f"DROP {kind} {full}")


def _identity(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_ino, found.st_size, found.st_mtime_ns]
