"""Published figures that changed between two versions of a wave, with the cause: kept for ever beside the tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from pipeline import engine, tables
from pipeline.ledger import RunEntry, alone
from pipeline.tables import Table

FIGURES: Mapping[str, Mapping[str, int | None]] = {
    "findings": {"p_a": 2, "p_b": 2, "ratio": 1, "ratio_low": 1, "ratio_high": 1, "difference": 2, "status": None},
    "shares": {"share": 2, "status": None},
    "toplines": {"share": 2, "mean": 1, "status": None},
    "tiers": {"share": 2, "mean_score": 0},
    "claims": {"verdict": None, "reproduction": None},
}
"""Table: its figures, with the decimals that are printed of each (2 of a share are whole percents); None: a word."""
SAME = 1e-9  # relative; less comes from another order of adding


def changed_rows(wave: str, before: Mapping[str, Path], after: Mapping[str, Path]) -> list[dict[str, Any]]:
    """Figures of the tables before that the tables after have otherwise, or no longer; new figures are none.

    before, after: name of a table -> its Parquet file. Rows have wave, table_name, row, figure, old, new, old_word,
    new_word, printed_changed.
    """
    found: list[dict[str, Any]] = []
    for name, figures in FIGURES.items():
        if name in before and name in after:
            table = tables.BY_NAME[name]
            old, new = (_figures(paths[name], table, list(figures)) for paths in (before, after))
            for figure, digits in figures.items():
                rows = _words(old, new, figure) if digits is None else _numbers(old, new, figure, digits)
                found += ({"wave": wave, "table_name": name, "figure": figure} | row for row in rows)
    return found


def _figures(path: Path, table: Table, figures: list[str]) -> pd.DataFrame:
    """The figures, one row for each row of the table, by its key in words."""
    key = [name for name in table.key if name != "wave"]
    frame = engine.read(path, [*key, *figures]).to_pandas()
    frame.index = pd.Index([" | ".join(map(str, row)) for row in frame[key].itertuples(index=False)])
    return frame


def _numbers(old: pd.DataFrame, new: pd.DataFrame, figure: str, digits: int) -> Iterable[dict[str, Any]]:
    before, after = old[figure].astype(float), new[figure].astype(float).reindex(old.index)
    same = (before == after) | (before.isna() & after.isna()) | ((after - before).abs() <= SAME * before.abs())
    for row in old.index[~same]:
        was, now = (None if pd.isna(side[row]) else float(side[row]) for side in (before, after))
        printed = [None if value is None else f"{value:.{digits}f}" for value in (was, now)]
        yield {"row": row, "old": was, "new": now, "printed_changed": printed[0] != printed[1]}


def _words(old: pd.DataFrame, new: pd.DataFrame, figure: str) -> Iterable[dict[str, Any]]:
    before, after = old[figure], new[figure].reindex(old.index)
    for row in old.index[(before != after) & ~(before.isna() & after.isna())]:
        was, now = (None if pd.isna(side[row]) else str(side[row]) for side in (before, after))
        yield {"row": row, "old_word": was, "new_word": now, "printed_changed": True}


def cause_of(before: RunEntry | None, now: RunEntry, other_cuts: bool) -> str:
    """Why a wave has another version than before."""
    if before is None:
        return "not known"
    causes = {
        "corrected delivery": before.delivery_sha256 != now.delivery_sha256,
        "other cuts of the baseline wave": other_cuts,
        "study file changed": before.study_file_sha256 != now.study_file_sha256,
        "software changed": before.code_version != now.code_version,
    }
    return ", ".join(cause for cause, holds in causes.items() if holds)


def add(path: Path, rows: list[dict[str, Any]]) -> None:
    """Adds rows of table `errata` to its file, while no other process does."""
    if not rows:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with alone(path.with_suffix(".lock")):
        known = [engine.read(path)] if path.exists() else []
        fresh = pa.Table.from_pylist(rows, schema=tables.ERRATA.arrow_schema(None))
        engine.write(pa.concat_tables([*known, fresh]), path)
