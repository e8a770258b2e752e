"""How a delivery writes its numbers, where that could be taken otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.checking.remark import Remark
from pipeline.errors import listed
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
