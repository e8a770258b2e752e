"""The bundled study, run once for all tests that look at its results."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipeline.ingest.landing import land
from pipeline.settings import Home
from pipeline.study.loading import StudyFile, load_study
from pipeline.synthetic import Planted, make_waves, read_planted
from tests.homes import STUDIES, make_home

STUDY = "social-maturity"


@dataclass(frozen=True)
class Bundled:
    """A home in which the bundled study was run, with what was planted in it."""

    home: Home
    study_file: StudyFile
    planted: Planted

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        with duckdb.connect(str(self.home.database(STUDY)), read_only=True) as con:
            found = con.execute(sql, [*values])
            names = [column[0] for column in found.description]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def delivered_home(folder: Path) -> Bundled:
    """A home with the bundled study and its synthetic deliveries, not run yet."""
    home = make_home(folder / "home", STUDIES / f"{STUDY}.yaml")
    study_file = load_study(home.study_file(STUDY))
    planted = read_planted(STUDIES / f"{STUDY}.planted.yaml")
    for path in make_waves(study_file, planted, folder / "made"):
        land(path, home.raw(STUDY) / path.parent.name)
    return Bundled(home, study_file, planted)
