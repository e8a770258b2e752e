"""A data package: every table of an edition as Parquet and CSV, described by a Frictionless Data Package (v2).

Parquet holds the values as they are published. CSV is for whatever reads nothing else, and `datapackage.json` says how:
numbers in full, INF where a ratio has no upper limit, true and false, times in UTC to the second, an empty cell for
what is missing (in a text that is never missing, for the empty text), and an apostrophe before a text that a
spreadsheet would take for a formula.
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import tables
from pipeline.publish.edition import SHOWN, Edition
from pipeline.tables import Column, Table

PROFILES = "https://datapackage.org/profiles/2.0"
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would work out."""
FIELD_TYPES = {"varchar": "string", "bigint": "integer", "integer": "integer", "tinyint": "integer",
               "double": "number", "boolean": "boolean", "timestamp": "datetime", "date": "date"}  # fmt: skip
ESTIMATES = ("show", "footnote", "review", "suppress")
WORDS = {
    **{(table.name, "status"): ESTIMATES for table in SHOWN},
    ("waves", "status"): ("admitted", "quarantined", "withdrawn"),
    ("codebook", "type"): ("choice", "tick", "number", "text"),
    ("claims", "verdict"): ("supported", "consistent", "not supported", "contradicted", "not checkable"),
}
"""(table, column) -> the words that it may hold."""
DIALECT = {"$schema": f"{PROFILES}/tabledialect.json", "delimiter": ",", "lineTerminator": "\r\n", "quoteChar": '"',
           "doubleQuote": True, "header": True}  # fmt: skip
FOREIGN = {
    "robustness": (("finding_id",), tables.FINDINGS),
    "banners": (tables.BANNERS.key, tables.TOPLINES),
}
"""Table -> columns that name a row of another table; besides them `wave` names one of `waves`."""
DESCRIPTION = """\
{synthetic}Published tables of one wave of a survey, without figures that are suppressed or withheld. Each table is \
there twice with the same rows: as CSV, described here, and as Parquet, of the same name and named at its resource, \
which keeps types and texts as they are.

In the CSV files, INF is infinity (a ratio without upper limit), and an empty cell is a missing value, save in a text \
that is never missing, where it is the empty text. A text that begins with = + - @, a tab or a carriage return has an \
apostrophe before it, so that no spreadsheet takes it for a formula; numbers have none. Times are UTC."""


def write_package(folder: Path, edition: Edition) -> None:
    """Writes the tables of an edition that have rows, and datapackage.json, into a folder that is there."""
    written = [table for table in SHOWN if len(edition.rows[table.name])]
    names = {table.name for table in written}
    resources = []
    for table in written:
        columns = table.columns_for(edition.study)
        rows = _rows_of(table, edition)
        pq.write_table(rows, folder / f"{table.name}.parquet")
        _write_csv(folder / f"{table.name}.csv", rows)
        resources.append(_resource(folder, table, columns, names))
    text = json.dumps(_package(edition, resources), indent=1, ensure_ascii=False)
    (folder / "datapackage.json").write_text(text + "\n", encoding="utf-8")


def _rows_of(table: Table, edition: Edition) -> pa.Table:
    """The rows with their declared columns and types, as Parquet tells them: comments, and the mark of made data."""
    schema = table.arrow_schema(edition.study)
    rows = pa.Table.from_pandas(edition.rows[table.name][schema.names], schema=schema, preserve_index=False)
    return rows.replace_schema_metadata({"comment": _mark(edition) + table.description})


# -- CSV


def _write_csv(path: Path, rows: pa.Table) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator=str(DIALECT["lineTerminator"]))
        writer.writerow(rows.column_names)
        writer.writerows([csv_cell(value) for value in row.values()] for row in rows.to_pylist())


def csv_cell(value: Any) -> str:
    """A value as it stands in a CSV file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return repr(value).replace("inf", "INF")
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(FORMULA) else text


# -- datapackage.json


def _package(edition: Edition, resources: list[dict[str, Any]]) -> dict[str, Any]:
    about = {
        "$schema": f"{PROFILES}/datapackage.json",
        "name": re.sub(r"[^a-z0-9._-]", "-", f"{edition.name}-{edition.wave}".lower()),
        "title": f"{_mark(edition)}{edition.study.title.get()}, wave {edition.wave}",
        "description": DESCRIPTION.format(synthetic=_mark(edition)),
        "version": edition.origin["version"],
        **_created(edition.rows["waves"]),
        "sources": [{"title": f"Delivery of wave {edition.wave}", "sha256": edition.origin["delivery_sha256"]}],
        "synthetic": edition.study.synthetic,
        "draft": edition.draft,
        "resources": resources,
    }
    return {key: value for key, value in about.items() if value != []}


def _mark(edition: Edition) -> str:
    return "SYNTHETIC data, made and not collected. " if edition.study.synthetic else ""


def _created(waves: pd.DataFrame) -> dict[str, str]:
    """When the wave was judged, and not when this is written: the same edition makes the same files."""
    return {"created": csv_cell(waves["judged_at"].iloc[0].to_pydatetime())} if len(waves) else {}


def _resource(folder: Path, table: Table, columns: tuple[Column, ...], there: set[str]) -> dict[str, Any]:
    return {
        "name": table.name, "type": "table", "description": table.description,
        **_file(folder / f"{table.name}.csv", "csv", "text/csv"), "encoding": "utf-8", "dialect": DIALECT,
        "schema": {
            "$schema": f"{PROFILES}/tableschema.json",
            "fields": [_field(table, column) for column in columns],
            "primaryKey": list(table.key),
            "missingValues": [""],
            "foreignKeys": _foreign_keys(table, there),
        },
        "parquet": _file(folder / f"{table.name}.parquet", "parquet", "application/vnd.apache.parquet"),
    }  # fmt: skip


def _file(path: Path, kind: str, mediatype: str) -> dict[str, Any]:
    content = path.read_bytes()
    return {"path": path.name, "format": kind, "mediatype": mediatype, "bytes": len(content),
            "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}  # fmt: skip


def _field(table: Table, column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {"name": column.name, "type": FIELD_TYPES[column.type], "description": column.description}
    constraints: dict[str, Any] = {} if column.nullable else {"required": True}
    if column.unit:
        field["unit"] = column.unit
    if (table.name, column.name) in WORDS:
        constraints["enum"] = list(WORDS[table.name, column.name])
    if column.type == "varchar" and not column.nullable:
        field["missingValues"] = []  # an empty text is a text
    return field | ({"constraints": constraints} if constraints else {})


def _foreign_keys(table: Table, there: set[str]) -> list[dict[str, Any]]:
    references: list[tuple[tuple[str, ...], Table]] = [] if table is tables.WAVES else [(("wave",), tables.WAVES)]
    if table.name in FOREIGN:
        references.append(FOREIGN[table.name])
    return [
        {"fields": list(fields), "reference": {"resource": other.name, "fields": list(fields)}}
        for fields, other in references
        if other.name in there
    ]
