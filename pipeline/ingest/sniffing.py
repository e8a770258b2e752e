"""Which platform wrote a file, told from its first records."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from pipeline.errors import DeliveryError
from pipeline.ingest import plain, qualtrics, surveymonkey
from pipeline.ingest.layout import Layout, Source

HEAD_BYTES = 4_000_000
LONGEST_FIELD = 1_000_000
DELIMITERS = ",;\t|"


def read_source(path: Path) -> Source:
    """A file's encoding, delimiter and layout. Reads its beginning only.

    Raises DeliveryError for a file that is missing, empty, not text, or without a data row.
    """
    encoding, text = _beginning(path)
    if not text.strip():
        raise DeliveryError(str(path), "is empty", do="export the survey again")
    delimiter = _delimiter(text)
    head = _records(path, text, delimiter)
    layout = _layout(head)
    if len(head) <= layout.header_rows:
        raise DeliveryError(
            str(path), "has headers but no answers",
            found=f"{layout.header_rows} header row(s) of {layout.platform}", do="export the survey again",
        )  # fmt: skip
    return Source(path, encoding, delimiter, layout)


def _layout(head: list[list[str]]) -> Layout:
    return qualtrics.recognise(head) or surveymonkey.recognise(head) or plain.recognise(head)


def _beginning(path: Path) -> tuple[str, str]:
    try:
        with path.open("rb") as stream:
            raw = stream.read(HEAD_BYTES)
    except OSError as error:
        raise DeliveryError(str(path), f"cannot be read: {error.strerror}") from error
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    try:
        whole = len(raw) < HEAD_BYTES
        text = raw.decode("utf-16" if encoding == "utf-16" else "utf-8-sig", "strict" if whole else "ignore")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        found = f"byte {raw[error.start]:#04x} on line {line}, which is no {encoding.upper()}"
        raise DeliveryError(
            f"{path}, line {line}", "is not UTF-8 text", found=found, expected="UTF-8 or UTF-16 with a mark",
            do="export the survey again as UTF-8, or save it as UTF-8 in the program that wrote it",
        ) from error  # fmt: skip
    if "\x00" in text:
        raise DeliveryError(str(path), "is not a text file", found="zero bytes", expected="a CSV export")
    return encoding, text


def _delimiter(text: str) -> str:
    line = text.lstrip("\r\n").split("\n", 1)[0]
    outside = "".join(part for i, part in enumerate(line.split('"')) if i % 2 == 0)
    counts = {sign: outside.count(sign) for sign in DELIMITERS}
    best = max(counts, key=lambda sign: counts[sign])
    return best if counts[best] else ","


def _records(path: Path, text: str, delimiter: str) -> list[list[str]]:
    """Up to four records, enough for the headers and to see that there are data."""
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    records: list[list[str]] = []
    try:
        for record in reader:
            if record:
                records.append(record)
            if len(records) == 4:
                break
    except csv.Error as error:
        raise DeliveryError(f"{path}, line {reader.line_num}", f"cannot be read as CSV: {error}") from error
    return records
