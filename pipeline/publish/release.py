"""A release: what of one wave may leave the house, frozen in a dated folder."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import tables
from pipeline.errors import SurveyError
from pipeline.publish.methodology.statement import draft_reasons, methodology_markdown, ordered
from pipeline.publish.privacy import Additive, withheld
from pipeline.study.model import Study
from pipeline.study.questions import GridQuestion, SingleQuestion
from pipeline.tables import Table

RELEASED = (
    tables.FINDINGS, tables.SHARES, tables.TOPLINES, tables.TIERS, tables.SCORE_MEANS, tables.TRENDS,
    tables.DISPOSITIONS, tables.CODEBOOK, tables.METHODOLOGY,
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would work out."""


def release(
    folder: Path,
    study: Study,
    wave: str,
    found: Mapping[str, pd.DataFrame],
    origin: Mapping[str, Any],
) -> Path:
    """Writes a release of a wave and returns its folder, folder/<date>, which is never written again.

    found: rows of the tables of RELEASED for that wave. origin: what the manifest tells of where they come from.
    Suppressed estimates, and counts that the privacy rule withholds, are absent from every file. The study file stays
    in the house: it may name respondents who asked to be removed.
    Raises SurveyError where the folder can't be written.
    """
    kept, left_out = released_rows(study, found)
    statement = ordered(found["methodology"])
    lacking = draft_reasons(statement)
    day = datetime.now(UTC)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        target = _free(folder, f"{day:%Y-%m-%d}")
        partial = folder / f".{target.name}.{os.getpid()}.tmp"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        for table in RELEASED:
            if table.name in kept:
                _write(partial, table, kept[table.name])
        (partial / "methodology.md").write_text(methodology_markdown(study.title.get(), statement), encoding="utf-8")
        manifest = {
            "study": study.title.get(), "wave": wave, "released_at": f"{day:%Y-%m-%dT%H:%M:%SZ}",
            "synthetic": study.synthetic, "draft": bool(lacking),
            "draft_because": lacking,
            **origin, "left_out": left_out, "files": {path.name: _sha256(path) for path in sorted(partial.iterdir())},
        }  # fmt: skip
        (partial / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
        for path in partial.iterdir():
            path.chmod(0o444)
        os.rename(partial, target)
    except OSError as error:
        raise SurveyError(str(folder), "cannot be released to", found=str(error)) from error
    return target


def released_rows(
    study: Study, found: Mapping[str, pd.DataFrame]
) -> tuple[dict[str, pd.DataFrame], dict[str, dict[str, int]]]:
    """The rows that may leave the house, and how many of each table were left out, by reason.

    Findings and mean scores have groups that no other table shows: where one level of a segment is too small, or a
    group within it, none of that segment is shown, so that nothing can be subtracted.
    """
    minimum = study.display.privacy_below
    hidden = _withheld(study, found, minimum)
    kept: dict[str, pd.DataFrame] = {}
    left_out: dict[str, dict[str, int]] = {}
    for name, frame in found.items():
        gone = np.zeros(len(frame), dtype=bool)
        if minimum is not None and len(frame) and name in _PRIVATE:
            gone = np.array(_PRIVATE[name](study, frame, hidden, minimum), dtype=bool)
        unsure = (frame["status"] == "suppress").to_numpy(bool) & ~gone if "status" in frame else gone & False
        kept[name] = frame[~gone & ~unsure]
        left_out[name] = {"privacy": int(gone.sum()), "suppressed": int(unsure.sum())}
    return kept, left_out


Hidden = set[tuple[str, tuple[str, ...]]]


def _withheld(study: Study, found: Mapping[str, pd.DataFrame], minimum: int | None) -> Hidden:
    """(variable, (segment, level, option)) of every count that must go."""
    parts = [_counts(name, found[name]) for name in ("toplines", "shares", "tiers") if len(found.get(name, ()))]
    if minimum is None or not parts:
        return set()
    counts = pd.concat(parts, ignore_index=True)
    single = {ref for ref, question in study.questions.items() if isinstance(question, SingleQuestion)}
    single |= {v.ref for v in study.variables if isinstance(study.questions[v.question], GridQuestion)}
    single |= set(counts["variable"][counts["variable"].str.startswith(("indicator ", "tier "))])
    exclusive = ["tier"] if study.tiers else []
    nets: dict[tuple[str, str], tuple[str, ...]] = {}
    for s in study.segment_columns:
        if not s.overlapping:
            exclusive.append(s.name)
            nets |= {(s.name, net): levels for net, levels in s.nets.items()}
    rows = withheld(counts, Additive(single, exclusive, nets), minimum)
    gone = counts[rows["withheld"]]
    keys = gone[["variable", "segment", "level", "option"]].astype(str).to_numpy().tolist()
    return {(variable, (segment, level, option)) for variable, segment, level, option in keys}


def _counts(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Counts of a table for the privacy rule; of an indicator yes and no, so that few of either are hidden."""
    if name == "toplines":
        return frame.rename(columns={"question": "variable"})[["variable", "segment", "level", "option", "x", "n"]]
    if name == "tiers":
        one = frame.assign(variable="tier ", segment="all", level="all").rename(columns={"tier": "option"})
        return one[["variable", "segment", "level", "option", "x", "n"]]
    yes = frame.assign(variable="indicator " + frame["indicator"], option="yes")
    no = yes.assign(option="no", x=yes["n"] - yes["x"])
    return pd.concat([yes, no])[["variable", "segment", "level", "option", "x", "n"]]


def _of_toplines(study: Study, frame: pd.DataFrame, hidden: Hidden, minimum: int) -> list[bool]:
    keys = zip(frame["question"], frame["segment"], frame["level"], frame["option"], strict=True)
    return [(question, (segment, level, option)) in hidden for question, segment, level, option in keys]


def _of_shares(study: Study, frame: pd.DataFrame, hidden: Hidden, minimum: int) -> list[bool]:
    keys = zip(frame["indicator"], frame["segment"], frame["level"], strict=True)
    return [_yes_or_no(hidden, name, segment, level) for name, segment, level in keys]


def _yes_or_no(hidden: Hidden, indicator: str, segment: str, level: str) -> bool:
    return any((f"indicator {indicator}", (segment, level, option)) in hidden for option in ("yes", "no"))


def _of_tiers(study: Study, frame: pd.DataFrame, hidden: Hidden, minimum: int) -> list[bool]:
    return [("tier ", ("all", "all", tier)) in hidden for tier in frame["tier"]]


def _of_findings(study: Study, frame: pd.DataFrame, hidden: Hidden, minimum: int) -> list[bool]:
    """Rows with a small count; those whose groups are made of levels with a withheld one; and all of their segment."""
    few = np.zeros(len(frame), dtype=bool)
    for end in ("_a", "_b"):
        x, n = frame[f"x{end}"], frame[f"n{end}"]
        for count in (x, n, n - x):
            few |= count.between(1, minimum - 1).to_numpy(bool)
    divided = {(variable, segment) for variable, (segment, _, _) in hidden}
    for row, (name, comparison) in enumerate(zip(frame["indicator"], frame["comparison"], strict=True)):
        declared = study.comparisons[comparison]
        groups = [declared.a] + ([declared.b] if isinstance(declared.b, dict) else [])
        keys = {key for group in groups for key in group} | {"all"}
        few[row] |= any((f"indicator {name}", key) in divided for key in keys)
    place = frame[["indicator", "comparison", "segment"]].agg(" | ".join, axis=1)
    return list(place.isin(set(place[few])))


def _of_trends(study: Study, frame: pd.DataFrame, hidden: Hidden, minimum: int) -> list[bool]:
    """Changes within levels, of which the former wave may have small ones; and those of small counts in either."""
    gone = (frame["segment"] != "all").to_numpy(bool)
    for end in ("_before", ""):
        n = frame[f"n{end}"].astype(float)
        shares = frame["measure"].isin(["indicator", "tier"])
        x = (frame[f"value{end}"].astype(float) * n).where(shares)
        for count in (x, n - x, n):
            gone |= count.gt(0.5).to_numpy(bool) & count.lt(minimum - 0.5).to_numpy(bool)
    tier = (frame["measure"] == "tier").to_numpy(bool)
    pairs = frame["wave_before"]
    return list(gone | (tier & pairs.isin(set(pairs[gone & tier])).to_numpy(bool)))


def _of_score_means(study: Study, frame: pd.DataFrame, hidden: Hidden, minimum: int) -> list[bool]:
    small = frame["n"].between(1, minimum - 1)
    return list(frame["segment"].isin(set(frame["segment"][small])))


_PRIVATE: Mapping[str, Callable[[Study, pd.DataFrame, Hidden, int], list[bool]]] = {
    "toplines": _of_toplines, "shares": _of_shares, "tiers": _of_tiers, "findings": _of_findings,
    "trends": _of_trends, "score_means": _of_score_means,
}  # fmt: skip
"""Table -> which of its rows the privacy rule withholds."""


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
