"""The trends of the admitted waves: each pair of waves is worked out once and kept, as every other table is."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pandas as pd

from pipeline import engine, tables
from pipeline.estimation.trends import WaveFigures, trend_rows, wave_pairs
from pipeline.ledger import Admitted
from pipeline.settings import Home
from pipeline.store import WaveStore, arrow_rows
from pipeline.study.loading import StudyFile
from pipeline.versions import code_digest, hashed


def trend_parts(home: Home, study_file: StudyFile, published: Mapping[str, Admitted]) -> list[Path]:
    """Files of table `trends`, one for each pair of waves. published: the admitted version of each wave, in order."""
    study, table = study_file.study, tables.TRENDS
    program = hashed(code_digest(table.code), study_file.digest(study_file.document.data))

    @cache
    def figures(wave: str) -> WaveFigures:
        return wave_figures(home, study_file, wave, published[wave])

    parts = []
    for before, after in wave_pairs(list(published), study.baseline):
        made_from = [
            f"{name} {version}" for wave in (before, after) for name, version in published[wave].tables.items()
        ]
        version = hashed(program, before, after, *made_from)
        parts.append(WaveStore(home, study_file, after).path_of(table, version))
        if not parts[-1].is_file():
            rows = trend_rows(study, figures(before), figures(after))
            engine.write(arrow_rows(rows, table.arrow_schema(None)), parts[-1])
    return parts


def wave_figures(home: Home, study_file: StudyFile, wave: str, admitted: Admitted) -> WaveFigures:
    """What trends need of a wave's admitted version."""
    store = WaveStore(home, study_file, wave)
    paths = {name: store.path_of(tables.BY_NAME[name], version) for name, version in admitted.tables.items()}
    found = {
        table.name: engine.read(paths[table.name]).to_pandas()
        for table in (tables.SHARES, tables.FINDINGS, tables.TIERS, tables.SCORE_MEANS)
        if table.name in paths
    }

    def analysed(columns: list[str] | None) -> pd.DataFrame:
        chosen = ("disposition", "=", "analysed")
        return engine.read(paths[tables.RESPONDENTS.name], columns, [chosen]).to_pandas()

    return WaveFigures(study_file.study, wave, found, admitted.analysed, analysed)
