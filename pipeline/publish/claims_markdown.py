"""The claims of all waves as a Markdown table, those first that an editor has to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipeline import engine
from pipeline.publish.markdown import markdown_table

MOST = 200
COLUMNS = ("wave", "claim", "says", "claimed", "observed", "low", "high", "verdict", "reproduction", "kinds", "problem")
HEAD = ("", "wave", "claim", "says", "claimed", "observed", "95% CI", "verdict", "figure")


def claims_markdown(files: Iterable[Path]) -> tuple[str, dict[str, int]]:
    """(table, number of claims by verdict)."""
    rows: list[dict[str, Any]] = []
    for path in files:
        rows += engine.read(path, COLUMNS).to_pylist()
    rows.sort(key=lambda row: (not row["problem"], row["wave"]))
    text = markdown_table(HEAD, map(_row, rows[:MOST]), 1000)
    if len(rows) > MOST:
        text += f"\n\n{len(rows) - MOST} more in table `claims`."
    return text, dict(Counter(row["verdict"] for row in rows))


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    figure = f"{row['reproduction']}{': ' if row['kinds'] else ''}{row['kinds']}"
    observed, low, high = (_shown(row[name]) for name in ("observed", "low", "high"))
    return ("⚠" if row["problem"] else "", row["wave"], row["claim"], row["says"], row["claimed"], observed,
            f"{low} to {high}" if low else "", row["verdict"], figure)  # fmt: skip


def _shown(number: float | None) -> str:
    return "" if number is None else f"{number:.3g}" if abs(number) < 1000 else f"{number:,.0f}"
