"""Reads an edition, what may be shown of a published wave, from the study's database."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pipeline import tables
from pipeline.admission import version_of
from pipeline.errors import SurveyError
from pipeline.ledger import Ledger, read_ledger
from pipeline.publish.edition import HISTORY, SHOWN, Edition, edition_of
from pipeline.reading import opened
from pipeline.settings import Home
from pipeline.store import WaveStore
from pipeline.study.loading import StudyFile


def read_edition(home: Home, study_file: StudyFile, wave: str) -> Edition:
    """The edition of a published wave.

    Raises SurveyError where the study or the wave is not published, or was published from another study file or
    program than the present ones: labels and figures would not belong together.
    """
    name = study_file.name
    ledger = _current(home, study_file, wave)
    with opened(home, name) as con:
        found = {
            table.name: con.execute(f"SELECT * FROM {table.name} WHERE wave = ?", [wave]).fetch_df() for table in SHOWN
        }
        earlier = {table.name: con.execute(_history(table.name), [wave]).fetch_df() for table in HISTORY}
    return edition_of(name, study_file.study, wave, found, earlier, (), _origin(ledger, wave))


def respondents_of(home: Home, study_file: StudyFile, wave: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of core tables `responses` and `respondents` of a published wave, for `publish.spss.write_spss`.

    Raises SurveyError as `read_edition` does.
    """
    _current(home, study_file, wave)
    with opened(home, study_file.name) as con:
        responses, respondents = (
            con.execute(f"SELECT * FROM core.{table.name} WHERE wave = ?", [wave]).fetch_df()
            for table in (tables.RESPONSES, tables.RESPONDENTS)
        )
    return responses, respondents


def _current(home: Home, study_file: StudyFile, wave: str) -> Ledger:
    """The ledger. Raises SurveyError where the wave was published from another study file or program."""
    name = study_file.name
    ledger = read_ledger(home.ledger(name))
    if not is_current(home, study_file, ledger, wave):
        raise SurveyError(
            f"{name}, wave {wave}", "was published from another study file or program than the present ones",
            do=f"survey run {name} --wave {wave}, then ask again",
        )  # fmt: skip
    return ledger


def _history(table: str) -> str:
    of_all = "" if table == "tiers" else " AND segment = 'all'"
    return f"SELECT * FROM {table} WHERE wave <= ?{of_all}"


def is_current(home: Home, study_file: StudyFile, ledger: Ledger, wave: str) -> bool:
    """Whether a wave is published, and from the present study file and program."""
    entry = ledger.waves.get(wave)
    if entry is None or entry.admitted is None:
        return False
    return version_of(WaveStore(home, study_file, wave, entry.admitted.sha256)) == entry.admitted.version


def _origin(ledger: Ledger, wave: str) -> dict[str, Any]:
    """What the edition was made from."""
    made = ledger.waves[wave].admitted
    assert made is not None
    run = next((run for run in reversed(ledger.runs) if run.wave == wave and run.version == made.version), None)
    return {
        "version": made.version, "delivery_sha256": made.sha256, "delivery_files": list(made.files),
        "run_id": run.run_id if run else "", "study_file_sha256": run.study_file_sha256 if run else "",
        "code_version": run.code_version if run else "",
    }  # fmt: skip
