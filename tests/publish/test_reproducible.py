"""The same inputs give the same bytes; a home restored from what can't be made again gives the same figures."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.reading import rows_of
from pipeline.settings import Home
from tests.homes import make_home, survey
from tests.publish.test_trends import STUDY, TEXT, delivery, land

FIGURES = ("findings", "shares", "toplines", "tiers", "score_means", "trends", "banners", "respondents", "codebook")
WEIGHTED = TEXT + "weights: {main: {rake: {place: {town: 0.7, village: 0.3}}}}\n"


def home_with_waves(folder: Path) -> Home:
    source = folder / f"{STUDY}.yaml"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(WEIGHTED)
    home = make_home(folder / "home", source)
    land(home, "1", delivery(range(40)))
    land(home, "2", delivery(range(20, 80), first=20))
    return home


def parquet(home: Home) -> dict[str, bytes]:
    """Every table of every wave, by its path: version and all."""
    folder = home.processed(STUDY)
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.glob("*/*/*.parquet"))}


def figures(home: Home) -> dict[str, list[dict[str, Any]]]:
    return {name: rows_of(home, STUDY, f"SELECT * FROM {name} ORDER BY ALL")[1] for name in FIGURES}


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home after one run on one thread."""
    home = home_with_waves(tmp_path_factory.mktemp("once"))
    survey(home, "run", STUDY, SURVEY_THREADS="1")
    return home


def test_the_same_inputs_give_byte_equal_tables(once: Home, tmp_path: Path):
    home = home_with_waves(tmp_path)
    survey(home, "run", STUDY, SURVEY_THREADS="2")
    first, second = parquet(once), parquet(home)
    assert len(first) > 40
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []


def test_a_home_restored_from_its_backup_has_the_same_figures(once: Home, tmp_path: Path):
    """What docs/deployment.md backs up, and no more."""
    home = Home(tmp_path / "restored")
    shutil.copytree(once.studies, home.studies)
    shutil.copytree(once.root / "data" / "raw", home.root / "data" / "raw")
    home.processed(STUDY).mkdir(parents=True)
    shutil.copy(once.ledger(STUDY), home.ledger(STUDY))
    survey(home, "run", STUDY)
    assert figures(home) == figures(once)


def test_two_runs_at_once_end_in_one_state(once: Home, tmp_path: Path):
    """On a home without history, so that both make it."""
    home = home_with_waves(tmp_path)
    command = [sys.executable, "-W", "error", "-m", "pipeline.cli", "run", STUDY]
    inherited = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    runs = [
        subprocess.Popen(
            command, env=inherited | {"SURVEY_HOME": str(home.root)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]  # fmt: skip
    said = [run.communicate(timeout=180)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], "\n---\n".join(said)
    assert figures(home) == figures(once)
    assert list(home.processed(STUDY).parent.rglob("*.tmp*")) == []
