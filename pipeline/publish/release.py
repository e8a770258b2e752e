"""A release: what of one wave may leave the house, frozen in a dated folder."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import tables
from pipeline.errors import SurveyError
from pipeline.publish.edition import Edition
from pipeline.publish.methodology.statement import methodology_markdown
from pipeline.tables import Table

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would work out."""
RELEASED = (
    tables.FINDINGS, tables.SHARES, tables.TOPLINES, tables.TIERS, tables.SCORE_MEANS, tables.TRENDS,
    tables.DISPOSITIONS, tables.CODEBOOK, tables.METHODOLOGY,
)  # fmt: skip


def release(folder: Path, edition: Edition) -> Path:
    """Writes a release of a wave and returns its folder, folder/<date>, which is never written again.

    The study file stays in the house: it may name respondents who asked to be removed.
    Raises SurveyError where the folder can't be written.
    """
    day = datetime.now(UTC)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        target = _free(folder, f"{day:%Y-%m-%d}")
        partial = folder / f".{target.name}.{os.getpid()}.tmp"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        for table in RELEASED:
            _write(partial, table, edition.rows[table.name])
        (partial / "methodology.md").write_text(
            methodology_markdown(edition.study.title.get(), edition.statements["en"]), encoding="utf-8"
        )
        manifest = {
            "study": edition.study.title.get(), "wave": edition.wave, "released_at": f"{day:%Y-%m-%dT%H:%M:%SZ}",
            "synthetic": edition.study.synthetic, "draft": edition.draft, "draft_because": list(edition.draft_because),
            **edition.origin, "left_out": edition.left_out,
            "files": {path.name: _sha256(path) for path in sorted(partial.iterdir())},
        }  # fmt: skip
        (partial / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
        for path in partial.iterdir():
            path.chmod(0o444)
        os.rename(partial, target)
    except OSError as error:
        raise SurveyError(str(folder), "cannot be released to", found=str(error)) from error
    return target


def _write(folder: Path, table: Table, frame: pd.DataFrame) -> None:
    schema = pa.schema([field for field in table.arrow_schema(None) if field.name in frame.columns])
    rows = pa.Table.from_pandas(frame[schema.names], schema=schema, preserve_index=False)
    pq.write_table(rows.replace_schema_metadata(None), folder / f"{table.name}.parquet")
    with (folder / f"{table.name}.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(schema.names)
        writer.writerows(harmless_cells(row.values()) for row in rows.to_pylist())


def harmless_cells(cells: Iterable[Any]) -> list[Any]:
    """Cells of a CSV file: a text that a spreadsheet would take for a formula begins with an apostrophe instead."""
    return ["'" + cell if isinstance(cell, str) and cell.startswith(FORMULA) else cell for cell in cells]


def _free(folder: Path, name: str) -> Path:
    """A name that no release has yet: the day, then the day with 2, 3 ..."""
    number = 1
    while (target := folder / (name if number == 1 else f"{name}-{number}")).exists():
        number += 1
    return target


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
