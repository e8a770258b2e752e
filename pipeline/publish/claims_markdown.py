"""The claims of all waves as a Markdown table, those first that an editor has to look at."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipeline import engine

MOST = 200
COLUMNS = ("wave", "claim", "says", "claimed", "observed", "low", "high", "verdict", "reproduction", "kinds", "problem")


def claims_markdown(files: Iterable[Path]) -> tuple[str, int]:
    """(table, number of claims)."""
    rows: list[dict[str, Any]] = []
    for path in files:
        rows += engine.read(path, COLUMNS).to_pylist()
    rows.sort(key=lambda row: (not row["problem"], row["wave"]))
    lines = [
        "| | wave | claim | says | claimed | observed | 95% CI | verdict | figure |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows[:MOST]:
        figure = f"{row['reproduction']}{': ' if row['kinds'] else ''}{row['kinds']}"
        numbers = [_shown(row[name]) for name in ("observed", "low", "high")]
        interval = f"{numbers[1]} to {numbers[2]}" if numbers[1] else ""
        cells = ["⚠" if row["problem"] else "", row["wave"], row["claim"], row["says"], row["claimed"], numbers[0],
                 interval, row["verdict"], figure]  # fmt: skip
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    if len(rows) > MOST:
        lines.append(f"\n{len(rows) - MOST} more in table `claims`.")
    return "\n".join(lines), len(rows)


def _shown(number: float | None) -> str:
    return "" if number is None else f"{number:.3g}" if abs(number) < 1000 else f"{number:,.0f}"


def _cell(text: str) -> str:
    """Nothing of a study file is markup here."""
    for sign, safe in (("&", "&amp;"), ("<", "&lt;"), ("|", "&#124;"), ("`", "&#96;"), ("[", "&#91;"), ("*", "&#42;")):
        text = text.replace(sign, safe)
    return " ".join(text.split())
