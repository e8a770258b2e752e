"""Tables on a terminal, or as JSON."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

SHORT = 40  # texts up to this length stay on one line
WIDE = 240  # columns of text where output goes to a file or another program


def print_rows(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    as_json: bool,
    title: str = "",
    console: Console | None = None,
) -> None:
    """Prints rows of named columns. JSON has full precision, "Infinity" for an endless limit and null for none."""
    if as_json:
        json.dump(
            [{name: _for_json(row[name]) for name in columns} for row in rows], sys.stdout, ensure_ascii=False, indent=1
        )
        sys.stdout.write("\n")
        return
    heading = Text(harmless(title)) if title else None
    table = RichTable(title=heading, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for name in columns:
        short = all(len(shown(row[name])) <= SHORT for row in rows)
        numbers = any(isinstance(row[name], int | float) and not isinstance(row[name], bool) for row in rows)
        table.add_column(Text(harmless(name)), justify="right" if numbers else "left", overflow="fold", no_wrap=short)
    for row in rows:
        table.add_row(*(Text(shown(row[name])) for name in columns))
    (console or Console(width=None if sys.stdout.isatty() else WIDE)).print(table)


def shown(value: Any) -> str:
    """A value as a person reads it."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return "no upper limit" if math.isinf(value) else f"{value:.4g}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else harmless(str(value))


def harmless(text: str) -> str:
    """The text without the control characters of an export, which must not reach the terminal."""
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text)


def _for_json(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, list | tuple):
        return [_for_json(part) for part in value]
    if isinstance(value, dict):
        return {str(key): _for_json(part) for key, part in value.items()}
    return value if isinstance(value, int | float | str | bool | None) else str(value)
