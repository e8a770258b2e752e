"""How a delivery writes its numbers and dates, where that could be taken otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.checking.remark import Remark
from pipeline.engine import Query
from pipeline.errors import counted, listed
from pipeline.ingest.delivered import number_positions
from pipeline.ingest.layout import Source
from pipeline.study.model import Study

DECIMAL = 'do: reading: {decimal: ","} or reading: {decimal: "."}'


def of_numerals(study: Study, wave: str, source: Source, rows: Sequence[dict[str, Any]]) -> Iterator[Remark]:
    """Decimal commas in the numbers of a file, and what does not tell whether it has them.

    rows: table `source_columns` of the wave.
    """
    where, file, told = f"wave {wave}", source.path.name, source.numerals
    positions = number_positions(source, rows, study)
    decimal = told.decimal(positions)
    unclear = told.unclear & positions
    if told.both(positions):
        what = (
            "numbers with a decimal comma (37,5) in some cells and a decimal point (37.5) in others; read with a point"
        )
        yield Remark("warning", where, f"{file}: {what}, so the former are not read; {DECIMAL}")
    elif decimal == ",":
        # Between commas a decimal comma is rare: it may be a slip among thousands.
        doubtful = bool(unclear) and source.delimiter == "," and not told.said
        what = f"{file}: decimal comma: 1,125 is read as 1.125"
        yield Remark("warning" if doubtful else "note", where, f"{what}; {DECIMAL}" if doubtful else what)
    elif not decimal and unclear and source.delimiter == ";":
        names = listed([row["name"] for row in rows if row["file"] == file and row["position"] in unclear], 8)
        what = f"numbers such as 1,125, in {names}, are read as thousands, and may have a decimal comma"
        yield Remark("warning", where, f"{file}: {what}; {DECIMAL}")


MOMENTS_TOLD = ("unread starts", "unread finishes", "dates in parts", "days told")


def moments_query() -> Query:
    """Counts the starts and finishes that are not read, or could be taken otherwise, under MOMENTS_TOLD."""
    parted, day, month = r"^\s*[0-9]{1,2}[/-][0-9]{1,2}[/-]", "(1[3-9]|2[0-9]|3[01])", "(0?[1-9]|1[0-2])"
    told = rf"^\s*({day}[/-]{month}|{month}[/-]{day})[/-]"
    return Query("checking/moments.sql", {"parted": parted, "told": told})


def of_moments(study: Study, wave: str, counts: Mapping[str, int]) -> Iterator[Remark]:
    """Starts and finishes that are there and not read, and dates of which nothing tells which part is the day."""
    for name in MOMENTS_TOLD[:2]:
        if counts[name]:
            what = f"{counts[name]:,} {name}: {counted(counts[name], 'date')} in no form that is known"
            yield Remark("warning", f"wave {wave}", f"{what}; do: reading: {{day_first: true}}, if the day comes first")
    if counts["dates in parts"] and not counts["days told"] and study.reading_of(wave).day_first is None:
        what = "dates such as 01/02/2024: none tells which part is the day; with / the month is taken to come first"
        yield Remark("warning", f"wave {wave}", f"{what}; do: reading: {{day_first: true}} or {{day_first: false}}")
