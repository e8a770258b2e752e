"""The trends of the admitted waves: each pair of waves is worked out once and kept, as every other table is."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

import pandas as pd

from pipeline import engine, tables
from pipeline.errors import SurveyError
from pipeline.estimation.trends import WaveFigures, trend_rows, wave_pairs
from pipeline.ledger import Admitted, Ledger
from pipeline.settings import Home
from pipeline.store import WaveStore, arrow_rows
from pipeline.study.loading import StudyFile
from pipeline.versions import code_digest, file_hash, hashed

COMPARED = (tables.SHARES, tables.FINDINGS, tables.TIERS, tables.SCORE_MEANS)


def trend_parts(home: Home, study_file: StudyFile, published: Mapping[str, Admitted], ledger: Ledger) -> list[Path]:
    """Files of table `trends`, one for each pair of waves. published: the admitted version of each wave, in order.

    Figures of two waves that were made from unlike study files are not compared: what is declared may have changed.
    """
    study, table = study_file.study, tables.TRENDS
    program = hashed(code_digest(table.code), study_file.digest(study_file.document.data))

    @cache
    def figures(wave: str) -> WaveFigures:
        return wave_figures(home, study_file, wave, published[wave])

    defined = {wave: _defined_by(home, study_file, wave, admitted, ledger) for wave, admitted in published.items()}
    parts = []
    for before, after in wave_pairs(list(published), study.baseline):
        made_from = [
            f"{name} {version}" for wave in (before, after) for name, version in published[wave].tables.items()
        ]
        apart = ""
        if defined[before] != defined[after]:
            apart = f"waves {before} and {after} were made from unlike study files: survey run {study_file.name}"
        version = hashed(program, before, after, apart, *made_from)
        parts.append(WaveStore(home, study_file, after).path_of(table, version))
        if not parts[-1].is_file():
            rows = trend_rows(study, figures(before), figures(after), apart)
            engine.write(arrow_rows(rows, table.arrow_schema(None)), parts[-1])
    return parts


def _defined_by(home: Home, study_file: StudyFile, wave: str, admitted: Admitted, ledger: Ledger) -> str:
    """Empty where the study file as it is now gives the wave's figures, else the hash of the one that gave them."""
    store = WaveStore(home, study_file, wave, admitted.sha256)
    with suppress(SurveyError):
        if all(store.version(t) == admitted.tables[t.name] for t in COMPARED if t.name in admitted.tables):
            return ""
    now = file_hash(home.study_file(study_file.name))
    made = next((run for run in reversed(ledger.runs) if (run.wave, run.version) == (wave, admitted.version)), None)
    return made.study_file_sha256 if made and made.study_file_sha256 != now else ""


def wave_figures(home: Home, study_file: StudyFile, wave: str, admitted: Admitted) -> WaveFigures:
    """What trends need of a wave's admitted version."""
    store = WaveStore(home, study_file, wave)
    paths = {name: store.path_of(tables.BY_NAME[name], version) for name, version in admitted.tables.items()}
    found = {table.name: engine.read(paths[table.name]).to_pandas() for table in COMPARED if table.name in paths}

    def analysed(columns: list[str] | None) -> pd.DataFrame:
        chosen = ("disposition", "=", "analysed")
        return engine.read(paths[tables.RESPONDENTS.name], columns, [chosen]).to_pandas()

    return WaveFigures(study_file.study, wave, found, admitted.analysed, analysed)
