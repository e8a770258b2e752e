"""Plain CSV: one header row with the question texts or column names."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.ingest.layout import Layout, SourceColumn


def recognise(head: Sequence[Sequence[str]], header_rows: int = 1) -> Layout:
    """The layout of any table with one header row."""
    return Layout("plain", 1, tuple(SourceColumn(i + 1, name.strip(), name) for i, name in enumerate(head[0])), {})
