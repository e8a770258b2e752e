"""The wave's delivery as rows of text: files joined by column, personal data and open words left behind."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import duckdb

from pipeline.engine import Query
from pipeline.errors import DeliveryError
from pipeline.ingest.files import sha256
from pipeline.ingest.layout import Source
from pipeline.ingest.matching import Match
from pipeline.ingest.sniffing import LONGEST_FIELD
from pipeline.study.variables import Variable
from pipeline.tables import METADATA


def file_rows(wave: str, sources: Sequence[Source]) -> list[dict[str, object]]:
    """Rows of table `files`."""
    return [
        {
            "wave": wave,
            "file": s.path.name,
            "sha256": sha256(s.path),
            "size_bytes": s.path.stat().st_size,
            "platform": s.layout.platform,
            "encoding": s.encoding,
            "delimiter": s.delimiter,
            "header_rows": s.layout.header_rows,
            "source_columns": len(s.layout.columns),
        }
        for s in sources
    ]


def source_column_rows(wave: str, matched: Sequence[tuple[Source, list[Match]]]) -> list[dict[str, object]]:
    """Rows of table `source_columns`."""
    return [
        {
            "wave": wave,
            "file": source.path.name,
            "position": m.column.position if m.column else 0,
            "name": m.column.name if m.column else "",
            "text": m.column.text if m.column else "",
            "part": m.column.part if m.column else "",
            "role": m.role,
            "variable": m.variable,
        }
        for source, matches in matched
        for m in matches
    ]


def delivered_query(
    wave: str,
    sources: Sequence[Source],
    source_columns: Sequence[Mapping[str, Any]],
    variables: Sequence[Variable],
) -> Query:
    """Reads the data rows of every file, each declared column under its variable's name, as text.

    A multiple-response question has, beside a column for each option, one of its own name, for exports that
    join the ticks in one cell.
    """
    multiple = dict.fromkeys(v.question for v in variables if v.kind == "tick")
    positions: dict[str, dict[str, int]] = {}
    for row in source_columns:
        if row["variable"] and row["position"]:
            positions.setdefault(row["file"], {})[row["variable"]] = row["position"]
    written = {v.name: v for v in variables if v.kind == "text"}
    written |= {v.name: v for v in variables if v.kind == "tick" and v.options[v.part].mark == "other"}
    files = [
        {
            "path": str(s.path),
            "delimiter": s.delimiter,
            "encoding": s.encoding,
            "skip": s.layout.header_rows,
            "width": len(s.layout.columns),
            "positions": positions.get(s.path.name, {}),
        }
        for s in sources
    ]
    names = [*METADATA, *(v.name for v in variables), *multiple]
    return Query("raw/delivered.sql", {"wave": wave, "files": files, "names": names, "written": list(written)})


Result = TypeVar("Result")


def reading(sources: Sequence[Source], read: Callable[[], Result]) -> Result:
    """What `read` returns. Raises DeliveryError, with file and line, where DuckDB can't read a source."""
    try:
        return read()
    except duckdb.Error as error:
        raise next((why for s in sources if (why := explain(s))), _unexplained(sources, error)) from error


def explain(source: Source) -> DeliveryError | None:
    """Why a file can't be read to its end: the first record that does not fit, with its line, or None."""
    path, width = source.path, len(source.layout.columns)
    csv.field_size_limit(LONGEST_FIELD)
    encoding = "utf-16" if source.encoding == "utf-16" else "utf-8-sig"
    try:
        with path.open(encoding=encoding, newline="") as stream:
            reader = csv.reader(stream, delimiter=source.delimiter, strict=True)
            line = 0
            for record in reader:
                if record and len(record) != width:
                    what = "is cut short" if len(record) < width else "has too many fields"
                    return DeliveryError(
                        f"{path}, line {line + 1}", f"the record {what}", expected=f"{width} fields",
                        found=f"{len(record)} fields, the last of them: {record[-1][:60]!r}",
                        do="export the survey again; was the transfer complete?",
                    )  # fmt: skip
                line = reader.line_num
    except UnicodeDecodeError as wrong:
        line = path.read_bytes()[: wrong.start].count(b"\n") + 1
        return DeliveryError(
            f"{path}, line {line}", f"is not {source.encoding.upper()} text",
            found=f"byte {wrong.object[wrong.start]:#04x}", do="export the survey again as UTF-8",
        )  # fmt: skip
    except csv.Error as wrong:
        return DeliveryError(
            f"{path}, line {line + 1}", f"the record that begins here cannot be read: {wrong}",
            expected="quotes that are closed and doubled inside a field", do="export the survey again",
        )  # fmt: skip
    return None


def _unexplained(sources: Sequence[Source], error: Exception) -> DeliveryError:
    return DeliveryError(str(sources[0].path.parent), "cannot be read", found=str(error).splitlines()[0])
