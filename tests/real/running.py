"""Runs the pipeline on a real delivery, as `survey add` and `survey run` do."""

from __future__ import annotations

from pathlib import Path

from tests.homes import STUDIES, make_home, survey


def run_study(study: str, wave: str, delivery: Path, home: Path) -> Path:
    """The published DuckDB file of one wave.

    study: name of a file in the repository's `studies/`, to be copied to `home`. delivery: the export, left as it is.
    home: an empty folder, used as SURVEY_HOME.
    """
    where = make_home(home, STUDIES / f"{study}.yaml")
    survey(where, "add", study, wave, str(delivery))
    survey(where, "run", study)
    return where.database(study)
