"""Runs the pipeline on real deliveries, as `survey add` and `survey run` do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.homes import STUDIES, make_home, survey


def run_study(study: str, deliveries: Mapping[str, Path], home: Path) -> Path:
    """The published DuckDB file of a study.

    study: name of a file in the repository's `studies/`, to be copied to `home`. deliveries: wave: its export, left as
    it is. home: an empty folder, used as SURVEY_HOME.
    """
    where = make_home(home, STUDIES / f"{study}.yaml")
    for wave, export in deliveries.items():
        survey(where, "add", study, wave, str(export))
    survey(where, "run", study)
    return where.database(study)
