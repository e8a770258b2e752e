"""What a reader says of a delivered file: where its data begin and what its columns are called."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.ingest.numerals import UNTOLD, Numerals
from pipeline.study.evening import evened

Format = Literal["csv", "excel", "parquet", "spss"]
Kind = Literal["", "metadata", "personal", "paradata", "words"]


@dataclass(frozen=True)
class SourceColumn:
    """A column of a delivered file.

    position: from 1. name: in the first header row, may be empty or repeated. text: question text.
    part: text of the option or grid row, or "". import_id: the platform's own id, or "". kind: what the
    platform tells of a column that is no question: metadata, personal, paradata (timing, display order), words
    (free text beside an option); "" for questions and wherever it tells nothing.
    """

    position: int
    name: str
    text: str
    part: str = ""
    import_id: str = ""
    kind: Kind = ""


def kind_of(name: str, metadata: Iterable[str], personal: Iterable[str]) -> Kind:
    """What a platform's own names tell of a column."""
    wanted = evened(name)
    if wanted in map(evened, personal):
        return "personal"
    return "metadata" if wanted in map(evened, metadata) else ""


@dataclass(frozen=True)
class Layout:
    """How a delivered file is to be read.

    defaults: our name of a metadata column -> the platform's. unanswered: texts of a cell that was shown and left
    without an answer.
    """

    platform: str
    header_rows: int
    columns: tuple[SourceColumn, ...]
    defaults: dict[str, str]
    unanswered: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """A delivered file with its layout and the format it is written in.

    encoding, delimiter: of a text file, else "". sheet: of a workbook, else "". ragged_header: whether a header row
    has another width than the table, as a title above it has.
    seen: what tells that the file is still the one that was looked at. strict: whether DuckDB is to refuse
    what it doubts; it doubts some files that are in order, such as those that end lines in two ways.
    numerals: what tells whether its numbers have a decimal comma.
    parted_dates: whether it may hold dates such as 01/02/2024. day_first: what the study file says of them.
    """

    path: Path
    encoding: str
    delimiter: str
    layout: Layout
    seen: str = ""
    strict: bool = True
    format: Format = "csv"
    sheet: str = ""
    ragged_header: bool = False
    numerals: Numerals = UNTOLD
    parted_dates: bool = True
    day_first: bool | None = None
