"""Workbooks (xlsx, xlsm, xls, xlsb, ods) as records of text, as a CSV export of the same table would have them.

Numbers are plain ("3", "0.1", never 1e+06), dates "2024-05-01" or "2024-05-01 10:30:00", times and durations
"10:30:00", booleans "TRUE" and "FALSE" as a sheet shows them, errors "#N/A" (in .xls, .xlsb and .ods the reader leaves
them empty). Rows and columns without content around the table are passed over, blank rows inside it are kept; those
between a title and the table are not. Merged cells of the first rows each hold what the first of them does.
"""

from __future__ import annotations

import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline.errors import DeliveryError, listed, nearest
from pipeline.ingest.apart import apart
from pipeline.ingest.texts import duration, moment, number

FIRST_RECORDS = 20
LOOKED_AT = 500  # records that `look` returns: enough to tell how numbers are written
CELLS = 500_000  # of a chunk that is written at once
LARGEST = 2_000_000_000  # bytes of a workbook, unpacked
SUSPECT = 50_000_000  # bytes of a part, unpacked, from which on its ratio counts
RATIO = 200  # real sheets are packed 10 to 40 times
PARTS = 10_000
CHUNK = 1_000_000
MOST_CELLS = 100_000_000  # of the area of a sheet, empty ones included
_ERROR_CELL = re.compile(rb'(<(?:\w+:)?c\b[^<>]*?\s)t=(["\'])e\2')
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
Cell = str | None


@dataclass(frozen=True)
class Sheet:
    """A sheet that can hold a table. rows, columns: of its content. cells: how many are filled."""

    name: str
    hidden: bool
    rows: int
    columns: int
    cells: int


def sheets(path: Path) -> list[Sheet]:
    """The sheets of a workbook, in order. Raises DeliveryError where it can't be read."""
    return [Sheet(**found) for found in apart(sheets_here, path)]


def look(path: Path, sheet: str = "") -> tuple[str, list[list[str]]]:
    """The sheet that is read, and its first records, as `to_parquet` writes them.

    sheet: its name; "": of the visible sheets the one with the most filled cells. Raises DeliveryError.
    """
    found = apart(look_here, path, sheet)
    return found["sheet"], found["records"]


def head(path: Path, sheet: str = "") -> list[list[str]]:
    """The first records of a sheet. Raises DeliveryError where there are none."""
    return look(path, sheet)[1][:FIRST_RECORDS]


def to_parquet(path: Path, target: Path, sheet: str = "") -> None:
    """Writes every record of a sheet, header rows included, as columns c1, c2 and so on. Raises DeliveryError."""
    apart(to_parquet_here, path, str(target), sheet)


# What follows runs in a process of its own.


def sheets_here(path: Path) -> list[dict[str, Any]]:
    """The sheets, as dicts."""
    with _opened(path) as book:
        return [vars(_measured(book, name, hidden)) for name, hidden in _names(book)]


def look_here(path: Path, sheet: str) -> dict[str, Any]:
    """Name and first records of a sheet."""
    with _opened(path) as book:
        name = _chosen(path, book, sheet)
        records = [[cell or "" for cell in r] for r in islice(_records(book.get_sheet_by_name(name)), LOOKED_AT)]
    if not records:
        raise DeliveryError(f'{path}, sheet "{name}"', "is empty", do="export the survey again")
    return {"sheet": name, "records": records}


def to_parquet_here(path: Path, target: str, sheet: str) -> None:
    """Writes the records of a sheet."""
    with _opened(path) as book:
        records = _records(book.get_sheet_by_name(_chosen(path, book, sheet)))
        first = list(islice(records, 1))
        if not first:
            raise DeliveryError(str(path), "is empty", do="export the survey again")
        write(target, [*first], records)


def write(target: str, first: list[list[Cell]], records: Iterator[list[Cell]]) -> None:
    """Writes records as columns c1, c2 and so on of text, a chunk at a time. first: the first of them, at least one."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    width = len(first[0])
    schema = pa.schema([(f"c{i + 1}", pa.string()) for i in range(width)])
    rows = max(1, CELLS // width)
    with pq.ParquetWriter(target, schema) as writer:
        chunk = first + list(islice(records, rows))
        while chunk:
            columns = [pa.array(column, pa.string()) for column in zip(*chunk, strict=True)]
            writer.write_table(pa.table(columns, schema=schema))
            chunk = list(islice(records, rows))


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The workbook, once it was found to be sound."""
    import python_calamine

    try:
        with path.open("rb") as stream:
            start = stream.read(65_536)
    except OSError as error:
        raise DeliveryError(str(path), f"cannot be read: {error.strerror}") from error
    if not start:
        raise DeliveryError(str(path), "is empty", do="export the survey again")
    with tempfile.TemporaryDirectory(prefix="survey-") as folder:
        sound = _sound(path, Path(folder)) if start.startswith(b"PK") else path
        try:
            yield python_calamine.CalamineWorkbook.from_path(sound)
        except python_calamine.PasswordError as error:
            raise _protected(path) from error
        except python_calamine.CalamineError as error:
            if start.startswith(b"\xd0\xcf\x11\xe0") and _ENCRYPTED in path.read_bytes()[: 4 * CHUNK]:
                raise _protected(path) from error
            raise _damaged(path, str(error)) from error
        except BaseException as error:
            if type(error).__name__ != "PanicException":  # what breaks in Rust is no Exception
                raise
            raise _damaged(path, str(error)) from error


def _protected(path: Path) -> DeliveryError:
    return DeliveryError(str(path), "is protected by a password", do="save it without a password, and add it again")


def _damaged(path: Path, found: str) -> DeliveryError:
    return DeliveryError(
        str(path), "cannot be read as a workbook", expected="an .xlsx, .xlsm, .xls, .xlsb or .ods file",
        found=found[:200], do="export the survey again, or save it as CSV",
    )  # fmt: skip


def _sound(path: Path, folder: Path) -> Path:
    """The workbook itself, or a copy in which cells with errors hold texts, since the reader drops errors.

    Raises DeliveryError where it unpacks to more than it should, or to other sizes than it says.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if names and not any(name.startswith(("xl/", "content.xml", "[Content_Types]")) for name in names):
                raise DeliveryError(
                    str(path), "is a zip archive and no workbook", found=listed(names, 3),
                    do="unzip it, and give the file in it",
                )  # fmt: skip
            parts = archive.infolist()
            _bounded(path, parts)
            wrong = {part.filename for part in parts if _read_through(archive, part)}
            if not wrong:
                return path
            copy = folder / f"workbook{path.suffix}"
            with zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
                for part in parts:
                    with archive.open(part) as source, target.open(part.filename, "w", force_zip64=True) as written:
                        for piece in _pieces(source):
                            texts = part.filename in wrong
                            written.write(_ERROR_CELL.sub(rb"\1t=\2str\2", piece) if texts else piece)
            return copy
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, RuntimeError) as error:
        encrypted = isinstance(error, RuntimeError) and "encrypted" in str(error)
        raise _protected(path) if encrypted else _damaged(path, str(error)) from error


def _bounded(path: Path, parts: Sequence[zipfile.ZipInfo]) -> None:
    size = sum(part.file_size for part in parts)
    dense = [p for p in parts if p.file_size > SUSPECT and p.file_size > RATIO * max(1, p.compress_size)]
    if size > LARGEST or dense or len(parts) > PARTS:
        raise DeliveryError(
            str(path), "unpacks to more than a survey does",
            found=f"{size:,} bytes in {len(parts):,} parts, from a file of {path.stat().st_size:,}",
            expected=f"at most {LARGEST:,} bytes, and no part packed more than {RATIO} times",
            do="if it is a real export, save it as CSV",
        )  # fmt: skip


def _read_through(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Whether a part is a sheet with errors in its cells. Raises BadZipFile where it is not what it says to be."""
    errors = False
    with archive.open(part) as stream:
        for piece in _pieces(stream):
            errors = errors or (part.filename.endswith(".xml") and _ERROR_CELL.search(piece) is not None)
    return errors and "worksheets/" in part.filename


def _pieces(stream: Any) -> Iterator[bytes]:
    """The bytes in pieces, none of which ends within a tag of a usual length."""
    rest = b""
    while chunk := stream.read(CHUNK):
        piece = rest + chunk
        cut = piece.rfind(b"<")
        if cut < len(piece) - 2_000:
            cut = len(piece)
        rest = piece[cut:]
        yield piece[:cut]
    yield rest


def _names(book: Any) -> list[tuple[str, bool]]:
    """Name of each sheet of cells, and whether it is hidden."""
    import python_calamine

    return [
        (sheet.name, sheet.visible != python_calamine.SheetVisibleEnum.Visible)
        for sheet in book.sheets_metadata
        if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
    ]


def _chosen(path: Path, book: Any, wanted: str) -> str:
    names = _names(book)
    if not names:
        raise DeliveryError(str(path), "has no sheet", do="export the survey again")
    if wanted:
        alike = [name for name, _ in names if name.strip().casefold() == wanted.strip().casefold()]
        found = wanted if wanted in alike else next(iter(alike), None)
        if found is None:
            own = [name for name, _ in names]
            raise DeliveryError(
                str(path), f'has no sheet "{wanted}"', found=listed(own), nearest=nearest(wanted, own),
                do="mend `sheet` under `reading` in the study file",
            )  # fmt: skip
        return found
    if len(names) == 1:
        return names[0][0]
    seen = [name for name, hidden in names if not hidden] or [name for name, _ in names]
    return max((_measured(book, name, False) for name in seen), key=lambda sheet: sheet.cells).name


def _measured(book: Any, name: str, hidden: bool) -> Sheet:
    sheet = book.get_sheet_by_name(name)
    area = _area(sheet)
    return Sheet(name, hidden, area.bottom - area.top + 1, area.right - area.left + 1, area.cells)


@dataclass(frozen=True)
class _Area:
    """Where the content of a sheet lies, counted from 0; bottom and right are of the last filled cell."""

    top: int
    bottom: int
    left: int
    right: int
    cells: int


def _area(sheet: Any) -> _Area:
    top, bottom, left, right, cells = 0, -1, 0, -1, 0
    for i, row in enumerate(_rows(sheet)):
        filled = [j for j, cell in enumerate(row) if not _is_blank(cell)]
        if filled:
            top, left = (top, min(left, filled[0])) if cells else (i, filled[0])
            bottom, right = i, max(right, filled[-1])
            cells += len(filled)
    return _Area(top, bottom, left, right, cells)


def _rows(sheet: Any) -> Iterable[list[Any]]:
    """Every row from the first of the sheet; a sheet without any has no beginning."""
    if sheet.total_height * sheet.width > MOST_CELLS:
        raise MemoryError
    rows: Iterable[list[Any]] = sheet.iter_rows() if sheet.start is not None else ()
    return rows


def _is_blank(cell: Any) -> bool:
    return isinstance(cell, str) and not cell.strip()


def _records(sheet: Any) -> Iterator[list[Cell]]:
    """The records from the first filled row to the last, from the first filled column to the last."""
    area = _area(sheet)
    rows = islice(_rows(sheet), area.top, area.bottom + 1)
    records = ([as_text(cell) for cell in row[area.left : area.right + 1]] for row in rows)
    width = area.right - area.left + 1
    first = [record + [None] * (width - len(record)) for record in islice(records, FIRST_RECORDS)]
    _fill_merged(first, sheet.merged_cell_ranges or [], area)
    yield from _without_gap(first)
    for record in records:
        yield record + [None] * (width - len(record))


def _without_gap(first: list[list[Cell]]) -> list[list[Cell]]:
    """The records without blank ones above the table, as stand between it and its title."""
    filled = [sum(cell is not None for cell in record) for record in first]
    table = next((i for i, count in enumerate(filled) if count > 1), 0)
    return [record for i, record in enumerate(first) if filled[i] or i > table]


def _fill_merged(first: list[list[Cell]], ranges: Iterable[Any], area: _Area) -> None:
    """Writes into merged cells of the first records what the first of them holds; a title alone in its row stays."""
    lone = {i for i, record in enumerate(first) if sum(cell is not None for cell in record) < 2}
    for (upper, start), (lower, end) in ranges:
        row, column = upper - area.top, start - area.left
        if not (0 <= row < len(first) and 0 <= column < len(first[0])) or row in lone:
            continue
        for i in range(row, min(lower - area.top, len(first) - 1) + 1):
            for j in range(column, min(end - area.left, len(first[0]) - 1) + 1):
                first[i][j] = first[row][column] if first[i][j] is None else first[i][j]


def as_text(cell: Any) -> Cell:
    """A cell as a CSV export would hold it; None where it is empty."""
    if isinstance(cell, str):
        if "_x" in cell:
            cell = _ESCAPED.sub(lambda found: chr(int(found.group(1), 16)), cell)
            cell = cell.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return cell.replace("\0", "") or None
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        return number(cell)
    if isinstance(cell, datetime):
        return moment(cell)
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, time):
        return duration(timedelta(hours=cell.hour, minutes=cell.minute, seconds=cell.second))
    if isinstance(cell, timedelta):
        return duration(cell)
    return str(cell)
