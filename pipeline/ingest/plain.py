"""Plain CSV: one header row with the question texts or column names."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from pipeline.ingest.layout import Layout, SourceColumn


def recognise(head: Sequence[Sequence[str]], header_rows: int = 1) -> Layout:
    """The layout of any table. Of several header rows the first holds names, the second texts, the third parts."""
    rows = [*head[:header_rows], *([[]] * (3 - header_rows))]
    columns = tuple(
        SourceColumn(i, name.strip(), text if header_rows > 1 else name, part)
        for i, (name, text, part) in enumerate(zip_longest(*rows[:3], fillvalue=""), 1)
    )
    return Layout("plain", header_rows, columns, {})
