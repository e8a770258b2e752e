"""Which platform wrote a file, told from its first records."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path

from pipeline.errors import DeliveryError
from pipeline.ingest import excel, google_forms, limesurvey, parquet, plain, qualtrics, spss, surveymonkey
from pipeline.ingest.encodings import guessed, marked
from pipeline.ingest.files import stamp
from pipeline.ingest.layout import Format, Layout, Source
from pipeline.ingest.numerals import Numerals, numerals
from pipeline.study.waves import AS_SNIFFED, Reading

HEAD_BYTES = (4_000_000, 64_000_000)  # the second where the header rows are longer than the first
FIRST_RECORDS = 20  # that tell delimiter and layout
COMMA, QUOTED_COMMA = re.compile(",[0-9]"), re.compile('"[^",\n]*,[0-9]')  # no decimal comma without it
PARTED_DATE = re.compile(r"(?<![0-9])[0-9]{1,2}([/-])[0-9]{1,2}\1[0-9]{2}")
LOOKED_AT = 2_000  # records that tell how numbers are written
LONGEST_FIELD = 1_000_000
DELIMITERS = ",;\t|"
SEPARATOR = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
# In the order in which they are tried; the last takes any table.
PLATFORMS: dict[str, Callable[[Sequence[Sequence[str]]], Layout | None]] = {
    "qualtrics": qualtrics.recognise,
    "surveymonkey": surveymonkey.recognise,
    "limesurvey": limesurvey.recognise,
    "google_forms": google_forms.recognise,
    "plain": plain.recognise,
}
TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
# How each format that is no text begins, and what its files are called.
FORMATS: dict[Format, tuple[tuple[str, ...], tuple[bytes, ...]]] = {
    "excel": ((".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"), (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")),
    "spss": ((".sav", ".zsav", ".por"), (b"$FL2", b"$FL3")),
    "parquet": ((".parquet",), (b"PAR1",)),
}
NO_TEXT = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "a gzip archive",
    b"$FL": "an SPSS file",
    b"PAR1": "a Parquet file",
}
NO_TABLE = ("<!doctype", "<html", "<?xml", "%pdf-")

csv.field_size_limit(LONGEST_FIELD)


def read_source(path: Path, reading: Reading = AS_SNIFFED) -> Source:
    """A file's format, encoding, delimiter and layout. Reads its beginning only.

    reading: what the study file says of it, which counts before what its content tells.
    Raises DeliveryError for a file that is missing, empty, unreadable, or without a data row.
    """
    return replace(_read(path, reading), day_first=reading.day_first)


def _read(path: Path, reading: Reading) -> Source:
    seen = stamp(path)
    form = _format(path)
    said = Numerals(reading.decimal or "")
    if form == "spss":
        encoding = reading.encoding or ""
        return Source(path, encoding, "", spss.layout(path, encoding), seen, format=form, numerals=said)
    if form == "parquet":
        return Source(path, "", "", parquet.layout(path), seen, format=form, numerals=said)
    if form == "excel":
        sheet, head = excel.look(path, reading.sheet or "")
        layout = _laid_out(path, head[:FIRST_RECORDS], reading)
        told = numerals(head[layout.header_rows :], said.said, is_text=False)
        return Source(path, "", "", layout, seen, format=form, sheet=sheet, numerals=told)
    return _read_text(path, reading, seen)


def _format(path: Path) -> Format:
    """What the first bytes tell; a text file is what is nothing else."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(8)
    except OSError as error:
        raise DeliveryError(str(path), f"cannot be read: {error.strerror}") from error
    suffix = path.suffix.lower()
    for form, (suffixes, magic) in FORMATS.items():
        if raw.startswith(magic) and (suffix in suffixes or suffix not in TEXT_SUFFIXES):
            return form
        if suffix in suffixes and raw and not raw.startswith(magic) and suffix != ".por":
            break
    return "spss" if suffix == ".por" else "csv"


def _read_text(path: Path, reading: Reading, seen: str) -> Source:
    for size in HEAD_BYTES:
        encoding, text, whole = _beginning(path, size, reading.encoding)
        delimiter = reading.delimiter or _delimiter(text)
        head = _records(path, text, delimiter)
        if whole or len(head) == FIRST_RECORDS:
            break
        head = head[:-1]  # the last one is cut
        if len(head) > 3:
            break
    if not head:
        raise DeliveryError(f"{path}, line 1", "is longer than any header row", found=f"over {size:,} bytes")
    layout = _laid_out(path, head, reading, 1 if SEPARATOR.match(text) else 0)
    if len(layout.columns) == 1 and text[0] in "\r\n":
        raise DeliveryError(f"{path}, line 1", "is blank", expected="column names", do="delete the blank line")
    ragged = any(len(record) != len(layout.columns) for record in head[: layout.header_rows])
    told = Numerals(reading.decimal or "")
    if (QUOTED_COMMA if delimiter == "," else COMMA).search(text):
        told = numerals(islice(_looked_at(text, delimiter, whole), layout.header_rows, None), told.said)
    dates = PARTED_DATE.search(text) is not None
    return Source(path, encoding, delimiter, layout, seen, ragged_header=ragged, numerals=told, parted_dates=dates)


def _laid_out(path: Path, head: list[list[str]], reading: Reading, above: int = 0) -> Layout:
    """The layout of the first records; titles above the table, at least so many, count as header rows."""
    titles = above or (_titles(head) if reading.header_rows is None else 0)
    layout = _layout(path, head[titles:], reading)
    if len(head) <= titles + layout.header_rows:
        raise DeliveryError(
            str(path), "has headers but no answers",
            found=f"{layout.header_rows} header row(s) of {layout.platform}",
            do="export the survey again; a quote left open in a header swallows what follows it",
        )  # fmt: skip
    return replace(layout, header_rows=layout.header_rows + titles)


def _titles(head: list[list[str]]) -> int:
    """Records above the table: its title, "sep=;" and the like, which fill the first cell of a wider table only."""
    width = Counter(len(record) for record in head).most_common(1)[0][0]
    filled = [sum(bool(cell.strip()) for cell in record) for record in head]
    count = 0
    while width > 2 and count < len(head) - 1 and filled[count] == 1 and head[count][0].strip():
        count += 1
    return count if count < len(head) - 1 and filled[count] > width / 2 else 0


def _layout(path: Path, head: list[list[str]], reading: Reading) -> Layout:
    if not any(cell.strip() for cell in head[0]):
        raise DeliveryError(
            str(path), "begins with a row of empty cells", expected="a row of column names or question texts",
            do="delete what stands above it",
        )  # fmt: skip
    if reading.header_rows is not None:
        if reading.platform not in (None, "plain"):
            raise DeliveryError(
                str(path), f"is read as {reading.platform}, which tells its own header rows",
                found=f"header_rows: {reading.header_rows}", do="take `header_rows` out of `reading`, or `platform`",
            )  # fmt: skip
        return plain.recognise(head, reading.header_rows)
    if reading.platform is not None:
        layout = PLATFORMS[reading.platform](head)
        if layout is None:
            raise DeliveryError(
                str(path), f"is not laid out as {reading.platform} does", expected="what `reading` says",
                found=f"a first row of {', '.join(head[0][:5])[:200]}", do="take `platform` out of `reading`",
            )  # fmt: skip
        return layout
    return next(layout for recognise in PLATFORMS.values() if (layout := recognise(head)) is not None)


def _beginning(path: Path, size: int, declared: str | None = None) -> tuple[str, str, bool]:
    """Encoding, text, and whether that is the whole file."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(size)
            whole = not stream.read(1)
    except OSError as error:
        raise DeliveryError(str(path), f"cannot be read: {error.strerror}") from error
    kind = next((words for magic, words in NO_TEXT.items() if raw.startswith(magic)), "")
    encoding = _declared_encoding(path, declared) if declared else marked(raw) or "utf-8-sig"
    try:
        text = _decoded(raw, encoding, whole)
    except UnicodeDecodeError as error:
        other = None if declared or kind else guessed(raw if whole else raw[: raw.rfind(b"\n") + 1])
        if other is None and not kind and (encoding != "utf-8-sig" or b"\x00" not in raw):
            raise not_text(path, raw[: error.start].count(b"\n") + 1, raw[error.start], encoding) from error
        encoding, text = other or encoding, _decoded(raw, other, whole) if other else "\x00"
    if "\x00" in text:
        raise DeliveryError(
            str(path), "is not a text file", found=kind or "zero bytes", expected="a CSV export",
            do="export the survey as CSV, UTF-8",
        )  # fmt: skip
    if not text.strip():
        raise DeliveryError(str(path), "is empty", do="export the survey again")
    if text.lstrip()[:10].casefold().startswith(NO_TABLE):
        raise DeliveryError(
            str(path), "is a web page or document, no export", do="download the export again; is the link still valid?"
        )
    return "utf-8" if encoding == "utf-8-sig" else encoding, text, whole


def _decoded(raw: bytes, encoding: str, whole: bool) -> str:
    return codecs.getincrementaldecoder(encoding)().decode(raw, final=whole)


def _declared_encoding(path: Path, name: str) -> str:
    """The encoding of that name, by Python's own name for it."""
    try:
        found = codecs.lookup(name).name
        "".encode(found)
    except (LookupError, ValueError) as error:
        raise DeliveryError(
            str(path), f'"{name}" is no encoding', expected="such as utf-8, utf-16, cp1252, cp1251, mac_roman"
        ) from error
    return "utf-8-sig" if found in ("utf-8", "utf-8-sig") else found


def not_text(path: Path, line: int, byte: int, encoding: str = "utf-8") -> DeliveryError:
    """The error of a byte that does not belong in a text of this encoding."""
    return DeliveryError(
        f"{path}, line {line}",
        f"is not {encoding.removesuffix('-sig').upper()} text",
        expected="UTF-8, or UTF-16 with its mark",
        found=f"byte {byte:#04x}",
        do="export the survey again as UTF-8, or say in the study file what it is in: reading: {encoding: cp1252}",
    )


def _delimiter(text: str) -> str:
    """The sign that divides most of the first records into equally many fields, most of them; else the commonest.

    A line such as "sep=;" above the table, as spreadsheets write it, tells it outright.
    """
    if said := SEPARATOR.match(text):
        return said.group(1)
    best: tuple[int, int, str] | None = None
    for sign in DELIMITERS:
        try:
            widths = Counter(len(record) for record in _first(text, sign))
        except csv.Error:
            continue
        width, records = max(((w, n) for w, n in widths.items() if w > 1), key=lambda wn: wn[1], default=(1, 0))
        if records > sum(widths.values()) / 2 and (best is None or (records, width) > best[:2]):
            best = (records, width, sign)
    if best is not None:
        return best[2]
    outside = _outside_quotes(text)
    return max(DELIMITERS, key=outside.count)


def _outside_quotes(text: str) -> str:
    """What stands outside quotes in the first record."""
    parts: list[str] = []
    for i, part in enumerate(text.lstrip("\r\n").split('"')):
        if i % 2 == 0:
            line, *more = re.split("[\r\n]", part, maxsplit=1)
            parts.append(line)
            if more:
                break
    return "".join(parts)


def _records(path: Path, text: str, delimiter: str) -> list[list[str]]:
    """The first records, enough for the headers and to see that there are data."""
    try:
        return _first(text, delimiter)
    except csv.Error as error:
        raise DeliveryError(
            str(path), f"cannot be read as CSV: {error}", found=f"fields divided by {delimiter!r}",
            do="export the survey again",
        ) from error  # fmt: skip


def _first(text: str, delimiter: str) -> list[list[str]]:
    return list(islice(_all(text, delimiter), FIRST_RECORDS))


def _all(text: str, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    return (record for record in reader if record)


def _looked_at(text: str, delimiter: str, whole: bool) -> Iterator[list[str]]:
    """More of the first records, as far as they can be read; the last is left out where the text is cut."""
    with suppress(csv.Error):
        before: list[str] | None = None
        for record in islice(_all(text, delimiter), LOOKED_AT):
            if before is not None:
                yield before
            before = record
        if before is not None and whole:
            yield before
