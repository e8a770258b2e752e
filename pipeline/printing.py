"""Tables on a terminal, or as JSON."""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from rich.cells import cell_len

SHORT = 40  # texts up to this length stay on one line
WIDE = 240  # columns of text where output goes to a file or another program
BOLD, PLAIN = "\x1b[1m", "\x1b[0m"


def print_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], as_json: bool, title: str = "") -> None:
    """Prints rows of named columns. JSON has full precision, "Infinity" for an endless limit and null for none."""
    if as_json:
        json.dump(
            [{name: _for_json(row[name]) for name in columns} for row in rows], sys.stdout, ensure_ascii=False, indent=1
        )
        sys.stdout.write("\n")
        return
    on_terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if on_terminal else WIDE
    names, title = [harmless(name) for name in columns], harmless(title)
    cells = [[shown(row[name]) for name in columns] for row in rows]
    numbers = [
        any(isinstance(row[name], int | float) and not isinstance(row[name], bool) for row in rows) for name in columns
    ]
    if lines := _lines([names, *cells], numbers, width):
        bold = on_terminal and os.environ.get("TERM", "dumb") != "dumb"
        heading = [f"{BOLD}{lines[0]}{PLAIN}" if bold else lines[0]]
        print("\n".join([*filter(None, [title]), *heading, *lines[1:]]))
    else:
        _print_folded(names, cells, numbers, width, title)


def _print_folded(
    names: Sequence[str], cells: Sequence[Sequence[str]], numbers: Sequence[bool], width: int, title: str
) -> None:
    """Rows whose texts do not all stay on one line. What folds them takes long to import."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    heading = Text(title) if title else None
    # A narrower table would cut figures: the terminal folds its lines instead.
    least = sum(min(w, SHORT) + 2 for w in _widths([names, *cells]))
    table = Table(title=heading, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for place, name in enumerate(names):
        short = all(len(row[place]) <= SHORT for row in cells)
        justify: Literal["left", "right"] = "right" if numbers[place] else "left"
        table.add_column(Text(name), justify=justify, overflow="fold", no_wrap=short)
    for row_cells in cells:
        table.add_row(*map(Text, row_cells))
    Console(width=max(width, least)).print(table)


def _lines(cells: Sequence[Sequence[str]], numbers: Sequence[bool], width: int) -> list[str]:
    """Rows whose texts all stay on one line of this width, else none."""
    widths = _widths(cells)
    if sum(widths) + 2 * len(widths) > width or any("\n" in text for row in cells for text in row):
        return []
    return [
        "  ".join(
            " " * room + text if right else text + " " * room
            for text, right, room in zip(
                row, numbers, (w - cell_len(t) for w, t in zip(widths, row, strict=True)), strict=True
            )
        )
        for row in cells
    ]


def _widths(cells: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(cell_len, column)) for column in zip(*cells, strict=True)]


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
