"""The wave's delivery as rows of text: files joined by column, personal data and open words left behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.engine import Query
from pipeline.ingest.answers import NOT_TICKED
from pipeline.ingest.files import sha256
from pipeline.ingest.layout import Source
from pipeline.ingest.matching import Match
from pipeline.study.variables import Variable
from pipeline.tables import METADATA

WHITE_SPACE = " \t\n\v\r\u00a0\u200b\u202f\u3000\ufeff"


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
    sampling: Sequence[str] = (),
) -> Query:
    """Reads the data rows of every file, each declared column under its variable's name, as text.

    sampling: names, in `delivered`, of columns that tell design and weights.

    A multiple-response question has, beside a column for each option, one of its own name, for exports that
    join the ticks in one cell.
    """
    multiple = dict.fromkeys(v.question for v in variables if v.kind == "tick")
    positions: dict[str, dict[str, int]] = {}
    for row in source_columns:
        if row["variable"] and row["position"]:
            positions.setdefault(row["file"], {})[row["variable"]] = row["position"]
    files = [
        {
            "path": str(s.path),
            "delimiter": s.delimiter,
            "strict": s.strict,
            "header_rows": s.layout.header_rows,
            "width": len(s.layout.columns),
            "positions": positions.get(s.path.name, {}),
        }
        for s in sources
    ]
    free = {v.question for v in variables for option in v.options.values() if option.mark == "other"}
    ticks = [v for v in variables if v.kind == "tick"]
    values = {
        "wave": wave,
        "files": files,
        "names": [*METADATA, *sampling, *(v.name for v in variables), *multiple],
        "written": {v.name for v in variables if v.kind == "text"},
        "written_ticks": {v.name for v in ticks if v.options[v.part].mark == "other"},
        "not_ticked": sorted(NOT_TICKED),
        "evened": {v.name for v in variables if v.options and v.question not in free} | {*multiple} - free,
        "white_space": WHITE_SPACE,
    }
    return Query("raw/delivered.sql", values)
