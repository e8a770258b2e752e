"""Files that DuckDB reads as they are, files that it reads only once prepared, and why it can't read the others."""

from __future__ import annotations

import csv
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TextIO, TypeVar

import duckdb

from pipeline.engine import TOLD
from pipeline.errors import DeliveryError, counted, listed
from pipeline.ingest import excel, parquet, spss
from pipeline.ingest.files import stamp
from pipeline.ingest.layout import Source
from pipeline.ingest.sniffing import not_text

Result = TypeVar("Result")


def reading(sources: Sequence[Source], read: Callable[[Sequence[Source]], Result]) -> Result:
    """What `read` returns for the sources, or for prepared ones of the same names and layouts.

    Raises DeliveryError, with file and line, where a file can't be read or changes meanwhile.
    """
    for source in sources:
        TOLD.debug("read %s", source.path)
    with _prepared(sources) as ready:
        try:
            result = read(ready)
        except duckdb.Error as error:
            # DuckDB's strict mode refuses whatever is unsound, but also two kinds of line ends in one file.
            for source, file in zip(sources, ready, strict=True):
                if source.format == "csv" and (why := _unsound(file.path, source)):
                    raise why from error
            try:
                result = read([replace(file, strict=False) for file in ready])
            except duckdb.Error as again:
                raise DeliveryError(
                    listed(source.path for source in sources), "cannot be read to its end",
                    found=str(again).splitlines()[0], do="export the survey again; was the file edited by hand?",
                ) from again  # fmt: skip
    for source in sources:
        unchanged(source)
    return result


def unchanged(source: Source) -> None:
    """Raises DeliveryError where the file is not the one that was looked at."""
    if stamp(source.path) != source.seen:
        raise DeliveryError(str(source.path), "was changed while it was read", do="run again when it is complete")


@contextmanager
def _prepared(sources: Sequence[Source]) -> Iterator[list[Source]]:
    """The sources, as copies where DuckDB would read them wrongly or not at all."""
    with tempfile.TemporaryDirectory(prefix="survey-") as folder:
        yield [_ready(source, Path(folder) / str(i) / source.path.name) for i, source in enumerate(sources)]


def _ready(source: Source, target: Path) -> Source:
    """The source itself where DuckDB reads it as it is, else a copy: text in UTF-8, all else as Parquet of texts."""
    if source.format == "csv":
        return source if source.encoding == "utf-8" and not source.ragged_header else _copy(source, target)
    target.parent.mkdir()
    if source.format == "spss":
        spss.to_parquet(source.path, target, encoding=source.encoding)
    else:
        {"excel": excel.to_parquet, "parquet": parquet.to_parquet}[source.format](source.path, target, source.sheet)
    return replace(source, path=target)


def _copy(source: Source, target: Path) -> Source:
    """The file in UTF-8, with every header row as wide as the table."""
    target.parent.mkdir()
    encoding = "utf-8-sig" if source.encoding == "utf-8" else source.encoding
    try:
        with (
            source.path.open(encoding=encoding, newline="") as before,
            target.open("w", encoding="utf-8", newline="") as after,
        ):
            if source.ragged_header:
                _level(source, before, after)
            shutil.copyfileobj(before, after, 1_000_000)
    except UnicodeError as error:
        line = target.read_bytes().count(b"\n") + 1
        raise DeliveryError(
            f"{source.path}, after line {line}", f"is not {source.encoding.upper()} text", do="export the survey again"
        ) from error
    return replace(source, path=target, encoding="utf-8")


def _level(source: Source, before: TextIO, after: TextIO) -> None:
    """Copies the header rows, each filled up, or cut, to the width of the table."""
    width = len(source.layout.columns)
    lines = csv.reader(iter(before.readline, ""), delimiter=source.delimiter, skipinitialspace=True)
    records = (record for record in lines if record)
    written = csv.writer(after, delimiter=source.delimiter)
    for record in islice(records, source.layout.header_rows):
        written.writerow((record + [""] * width)[:width])


def _unsound(path: Path, source: Source) -> DeliveryError | None:
    """The first thing wrong with a file in UTF-8, with its line, or None. source: what the analyst knows it as."""
    width, known = len(source.layout.columns), source.path
    line = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, delimiter=source.delimiter, strict=True, skipinitialspace=True)
            for record in reader:
                if record and len(record) != width:
                    what = "is cut short" if len(record) < width else "has too many fields"
                    return DeliveryError(
                        f"{known}, line {line + 1}", f"the record {what}",
                        expected=f"{counted(width, 'field')}, as in the first row", found=counted(len(record), "field"),
                        do="export the survey again; was the transfer complete?",
                    )  # fmt: skip
                line = reader.line_num
    except UnicodeDecodeError:
        return _not_utf8(path, known)
    except csv.Error as wrong:
        return DeliveryError(
            f"{known}, line {line + 1}", "the record that begins here cannot be read",
            expected="quotes that are closed, and doubled inside a field", found=str(wrong),
            do="export the survey again; was the transfer complete?",
        )  # fmt: skip
    return None


def _not_utf8(path: Path, known: Path) -> DeliveryError | None:
    with path.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                return not_text(known, number, line[error.start])
    return None
