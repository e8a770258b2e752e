"""Which platform wrote a file, told from its first records."""

from __future__ import annotations

import codecs
import csv
import io
import re
from itertools import islice
from pathlib import Path

from pipeline.errors import DeliveryError
from pipeline.ingest import plain, qualtrics, surveymonkey
from pipeline.ingest.files import stamp
from pipeline.ingest.layout import Layout, Source

HEAD_BYTES = (4_000_000, 64_000_000)  # the second where the header rows are longer than the first
FIRST_RECORDS = 20  # that tell delimiter and layout
LONGEST_FIELD = 1_000_000
DELIMITERS = ",;\t|"
NO_TEXT = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\x1f\x8b": "a gzip archive",
    b"$FL": "an SPSS file",
    b"PAR1": "a Parquet file",
}
NO_TABLE = ("<!doctype", "<html", "<?xml", "%pdf-")

csv.field_size_limit(LONGEST_FIELD)


def read_source(path: Path) -> Source:
    """A file's encoding, delimiter and layout. Reads its beginning only.

    Raises DeliveryError for a file that is missing, empty, not text, or without a data row.
    """
    seen = stamp(path)
    for size in HEAD_BYTES:
        encoding, text, whole = _beginning(path, size)
        delimiter = _delimiter(text)
        head = _records(path, text, delimiter)
        if whole or len(head) == FIRST_RECORDS:
            break
        head = head[:-1]  # the last one is cut
        if len(head) > 3:
            break
    if not head:
        raise DeliveryError(f"{path}, line 1", "is longer than any header row", found=f"over {size:,} bytes")
    layout = _layout(path, head)
    if len(head) <= layout.header_rows:
        raise DeliveryError(
            str(path), "has headers but no answers",
            found=f"{layout.header_rows} header row(s) of {layout.platform}",
            do="export the survey again; a quote left open in a header swallows what follows it",
        )  # fmt: skip
    if len(layout.columns) == 1 and text[0] in "\r\n":
        raise DeliveryError(f"{path}, line 1", "is blank", expected="column names", do="delete the blank line")
    return Source(path, encoding, delimiter, layout, seen)


def _layout(path: Path, head: list[list[str]]) -> Layout:
    if not any(cell.strip() for cell in head[0]):
        raise DeliveryError(
            str(path), "begins with a row of empty cells", expected="a row of column names or question texts",
            do="delete what stands above it",
        )  # fmt: skip
    return qualtrics.recognise(head) or surveymonkey.recognise(head) or plain.recognise(head)


def _beginning(path: Path, size: int) -> tuple[str, str, bool]:
    """Encoding, text, and whether that is the whole file."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(size)
            whole = not stream.read(1)
    except OSError as error:
        raise DeliveryError(str(path), f"cannot be read: {error.strerror}") from error
    encoding = "utf-16" if raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8"
    kind = next((words for magic, words in NO_TEXT.items() if raw.startswith(magic)), "")
    try:
        decoder = codecs.getincrementaldecoder("utf-16" if encoding == "utf-16" else "utf-8-sig")()
        text = decoder.decode(raw, final=whole)
    except UnicodeDecodeError as error:
        if not kind and (encoding == "utf-16" or b"\x00" not in raw):
            raise not_text(path, raw[: error.start].count(b"\n") + 1, raw[error.start], encoding) from error
        text = "\x00"
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
    return encoding, text, whole


def not_text(path: Path, line: int, byte: int, encoding: str = "utf-8") -> DeliveryError:
    """The error of a byte that does not belong in a text of this encoding."""
    return DeliveryError(
        f"{path}, line {line}", f"is not {encoding.upper()} text", expected="UTF-8, or UTF-16 with its mark",
        found=f"byte {byte:#04x}",
        do="export the survey again as UTF-8, or save it as UTF-8 in the program that wrote it",
    )  # fmt: skip


def _delimiter(text: str) -> str:
    """The sign that divides the first records into equally many fields, most of them; else the commonest."""
    widths: dict[str, int] = {}
    for sign in DELIMITERS:
        try:
            found = {len(record) for record in _first(text, sign)}
        except csv.Error:
            continue
        if len(found) == 1:
            widths[sign] = found.pop()
    if widths and max(widths.values()) > 1:
        return max(widths, key=lambda sign: widths[sign])
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
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    return list(islice((record for record in reader if record), FIRST_RECORDS))
