"""From a published finding back to the records of the export that it counts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline import engine, tables
from pipeline.errors import SurveyError, nearest
from pipeline.estimation.members import Members
from pipeline.ledger import Admitted, RunEntry, read_ledger
from pipeline.quality import column_words
from pipeline.reading import rows_of
from pipeline.settings import Home
from pipeline.store import WaveStore
from pipeline.study.loading import StudyFile


@dataclass(frozen=True)
class Counted:
    """Records of the export that a number of a finding counts, by their number in the delivery, from 1."""

    what: str
    number: int
    source_rows: tuple[int, ...]


@dataclass(frozen=True)
class Lineage:
    """The chain of one finding."""

    finding: dict[str, Any]
    indicator: str
    columns: tuple[str, ...]
    counted: tuple[Counted, ...]
    admitted: Admitted
    run: RunEntry | None
    parquet: str


def lineage(home: Home, study_file: StudyFile, finding_id: str) -> Lineage:
    """The chain of a published finding.

    Raises SurveyError where there is no such finding, where its wave was not made from the present study file, and
    where the records do not add up to what is published.
    """
    name, study = study_file.name, study_file.study
    found = rows_of(home, name, "SELECT * FROM findings WHERE finding_id = ?", [finding_id])[1]
    if not found:
        known = [row["finding_id"] for row in rows_of(home, name, "SELECT finding_id FROM findings")[1]]
        raise SurveyError(name, f'has no finding "{finding_id}"', nearest=nearest(finding_id, known),
                          do=f"survey query {name} \"SELECT finding_id FROM findings\"")  # fmt: skip
    finding = found[0]
    wave = finding["wave"]
    ledger = read_ledger(home.ledger(name))
    admitted = ledger.waves[wave].admitted
    if admitted is None:
        raise SurveyError(name, f"wave {wave} is not published any more", do=f"survey run {name}")
    store = WaveStore(home, study_file, wave, admitted.sha256)
    if store.version(tables.FINDINGS) != admitted.tables[tables.FINDINGS.name]:
        raise SurveyError(
            f"{name}, wave {wave}", "was published from another study file or program than the present ones",
            do=f"survey run {name} --wave {wave}, then ask again",
        )  # fmt: skip
    path = store.path_of(tables.RESPONDENTS, admitted.tables[tables.RESPONDENTS.name])
    respondents = engine.read(path, filters=[("disposition", "=", "analysed")]).to_pandas()
    members = Members(study, respondents)
    inside = members.levels[finding["segment"], finding["level"]]
    answer = respondents[finding["indicator"]].to_numpy(float, na_value=np.nan)
    rows = respondents["source_row"].to_numpy()
    counted = []
    for end, group in zip(("a", "b"), members.groups[finding["comparison"]], strict=True):
        base = group & inside & ~np.isnan(answer)
        for what, chosen in ((f"x_{end}", base & (answer == 1)), (f"n_{end}", base)):
            numbers = tuple(sorted(int(row) for row in rows[chosen]))
            if len(numbers) != finding[what]:
                raise SurveyError(
                    name, f"{finding_id}: {what} is {finding[what]}, but {len(numbers)} records are found",
                    do=f"survey run {name} --wave {wave}; if it stays, the tables are damaged",
                )  # fmt: skip
            counted.append(Counted(what, len(numbers), numbers))
    indicator = study.indicators[finding["indicator"]]
    written = study_file.document.data["indicators"][finding["indicator"]]
    needed = set(study.resolver.needed(indicator.when))
    needed |= {study.resolver.of(ref)[0].question for ref in study.resolver.questions(indicator.when)}
    columns = [row for row in store.rows(tables.SOURCE_COLUMNS) if row["variable"] in needed and row["position"]]
    runs = [run for run in ledger.runs if run.wave == wave and run.version == admitted.version]
    return Lineage(
        finding, json.dumps(written, ensure_ascii=False),
        tuple(f'{row["file"]}, column {row["position"]}: {column_words(row)}' for row in columns),
        tuple(counted), admitted, runs[-1] if runs else None, str(path.relative_to(home.root)),
    )  # fmt: skip


def ranges(numbers: Iterable[int]) -> str:
    """Whole numbers in short: 1-3, 7, 9-10."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in parts)
