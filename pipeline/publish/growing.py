"""Which tables of a published database stay as they are in the next one, because waves were only added."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.engine import literal, quoted
from pipeline.replacing import replacing
from pipeline.versions import file_hash


@dataclass(frozen=True)
class Parts:
    """What a table is made of. declared: its columns, and how they are stored. files: path, size and time of each."""

    declared: str
    files: tuple[tuple[str, int, int], ...]


def parts_of(declared: str, paths: Sequence[Path]) -> Parts:
    """Raises OSError where a file is not there."""
    found = [(path, path.stat()) for path in paths]
    return Parts(declared, tuple((str(path), stat.st_size, stat.st_mtime_ns) for path, stat in found))


def remember(record: Path, database: Path, tables: Mapping[str, Parts]) -> None:
    """Writes down what a database is made of, before it is moved to its place. It is known by its hash."""
    told = {"sha256": file_hash(database), "tables": {name: [p.declared, p.files] for name, p in tables.items()}}
    with replacing(record) as partial:
        partial.write_text(json.dumps(told))


def parts_there(record: Path, database: Path, tables: Mapping[str, Parts]) -> dict[str, int]:
    """How many parts of each table the database holds already; none where anything but further parts is new."""
    try:
        told = json.loads(record.read_text())
        former = {name: Parts(declared, tuple(map(tuple, files))) for name, (declared, files) in told["tables"].items()}
        if former.keys() != tables.keys() or any(not _goes_on(former[name], tables[name]) for name in tables):
            return {}
        if told["sha256"] != file_hash(database):  # someone wrote to it, or it is damaged
            return {}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}
    return {name: len(parts.files) for name, parts in former.items()}


def _goes_on(former: Parts, parts: Parts) -> bool:
    return former.declared == parts.declared and former.files == parts.files[: len(former.files)]


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
