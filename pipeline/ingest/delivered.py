"""The wave's delivery as rows of text: files joined by column, personal data and open words left behind."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pipeline.engine import Query
from pipeline.ingest.answers import NOT_TICKED
from pipeline.ingest.files import sha256
from pipeline.ingest.layout import Source
from pipeline.ingest.matching import Match
from pipeline.ingest.numerals import GROUPING, WITH_COMMA
from pipeline.study.evening import evened
from pipeline.study.questions import Question
from pipeline.study.variables import Variable
from pipeline.study.waves import METADATA, Columns

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
    study: Delivery,
    id_key: bytes | None = None,
) -> Query:
    """Reads the data rows of every file, each declared column under its variable's name, as text.

    Of several columns of one variable, the first in the file that holds an answer counts. id_key: replaces each
    respondent id by its HMAC-SHA256 under this key.
    """
    positions: dict[str, dict[str, list[int]]] = {}
    for row in source_columns:
        if row["variable"] and row["position"]:
            positions.setdefault(row["file"], {}).setdefault(row["variable"], []).append(row["position"])
    files = [
        {
            "path": str(s.path),
            "is_csv": s.format == "csv",
            "delimiter": s.delimiter,
            "strict": s.strict,
            "header_rows": s.layout.header_rows,
            "width": len(s.layout.columns),
            "positions": positions.get(s.path.name, {}),
            "day_first": s.day_first,
            "dates": [f"c{i}" for name in MOMENTS for i in positions.get(s.path.name, {}).get(name, [])]
            if s.parted_dates
            else [],
            "decimal": s.numerals.decimal(number_positions(s, source_columns, study)),
            "unanswered": _spelt((*study.columns.unanswered, *s.layout.unanswered)),
        }
        for s in sources
    ]
    names = [*METADATA, *study.sampling_columns, *(name for cells in study.cells.values() for name in cells)]
    free = {v.question for v in study.variables for option in v.options.values() if option.mark == "other"}
    ticks = [v for v in study.variables if v.kind == "tick"]
    values = {
        "wave": wave,
        "files": files,
        "names": names,
        "questions": {name: question for question, names in study.cells.items() for name in names},
        "shown": {column: study.cells[name] for name, column in study.shown.items()},
        "missing": _missing(study),
        "numbers": _numbers(study),
        "moments": MOMENTS,
        "with_comma": WITH_COMMA,
        "grouping": GROUPING,
        "written": {v.name for v in study.variables if v.kind == "text"},
        "written_ticks": {v.name for v in ticks if v.options[v.part].mark == "other"},
        "not_ticked": sorted(NOT_TICKED),
        "evened": {name for question, cells in study.cells.items() for name in cells
                   if study.questions[question].type in CODED and question not in free},
        "white_space": WHITE_SPACE,
        "key": _padded(id_key) if id_key is not None else None,
    }  # fmt: skip
    return Query("raw/delivered.sql", values)


def number_positions(source: Source, source_columns: Iterable[Mapping[str, Any]], study: Delivery) -> set[int]:
    """Positions of the columns of a file that the study reads as numbers. source_columns: rows of that table."""
    numbers, file = _numbers(study), source.path.name
    return {row["position"] for row in source_columns if row["file"] == file and row["variable"] in numbers}


def _numbers(study: Delivery) -> set[str]:
    """Columns of `delivered` that are read as numbers. Strata and units are names, numbers though they may look."""
    sampling = {name for name in study.sampling_columns if name.startswith(NUMERIC_SAMPLING)}
    return {v.name for v in study.variables if v.kind == "number"} | sampling | NUMERIC_METADATA


MOMENTS = ("started", "finished")
NUMERIC_METADATA = {"duration", "progress", "recaptcha", "fraud_score", "duplicate_score"}
NUMERIC_SAMPLING = ("design fpc", "weight ", "replicate ")
CODED = ("single", "multiple", "grid")


class Delivery(Protocol):
    """What reading a delivery needs of a study."""

    @property
    def columns(self) -> Columns: ...
    @property
    def questions(self) -> Mapping[str, Question]: ...
    @property
    def variables(self) -> Sequence[Variable]: ...
    @property
    def cells(self) -> Mapping[str, tuple[str, ...]]: ...
    @property
    def shown(self) -> Mapping[str, str]: ...
    @property
    def sampling_columns(self) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class _Nothing:
    columns: Columns = field(default_factory=Columns)
    questions: Mapping[str, Question] = field(default_factory=dict)
    variables: Sequence[Variable] = ()
    cells: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)
    sampling_columns: Mapping[str, str] = field(default_factory=dict)


NOTHING: Delivery = _Nothing()
"""To read a delivery of which nothing is declared, as to count its records."""


def exported_query(source: Source) -> Query:
    """Reads every column of a file as text, by its position: c1, c2 and so on, with wave and source_row."""
    names = {f"c{c.position}": c.name for c in source.layout.columns}
    rows = [{"file": source.path.name, "variable": name, "position": int(name[1:])} for name in names]
    return delivered_query("", [source], rows, _Nothing(sampling_columns=names))


def _missing(study: Delivery) -> dict[str, list[str]]:
    """For each column of `delivered`, the answers that stand for none; not those that an option is called."""
    found: dict[str, list[str]] = {}
    by_question: dict[str, set[str]] = {}
    for v in study.variables:
        for option in v.options.values():
            texts = (option.text, *option.also, *(text for was in option.was.values() for text in was.text or ()))
            by_question.setdefault(v.question, set()).update(map(evened, texts))
    for name, cells in study.cells.items():
        own = by_question.get(name, set())
        said = (*study.questions[name].missing, *(t for t in study.columns.missing if evened(t) not in own))
        if said:
            found |= dict.fromkeys(cells, _spelt(said))
    return found


def _spelt(texts: Iterable[str]) -> list[str]:
    """The texts in the usual cases; to fold each of a hundred million cells takes longer than to read them."""
    return sorted({way(text.strip()) for text in texts for way in (str, str.lower, str.upper, str.capitalize)})


def _padded(key: bytes) -> dict[str, str]:
    """The two keys of HMAC-SHA256 (RFC 2104), in hexadecimal."""
    block = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    return {"inner": bytes(b ^ 0x36 for b in block).hex(), "outer": bytes(b ^ 0x5C for b in block).hex()}
