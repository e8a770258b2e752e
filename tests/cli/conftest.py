"""Homes with the tiny study, empty and with waves that were run."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.settings import Home
from tests.cli.commands import Survey, survey_in
from tests.cli.waves import WAVES
from tests.homes import survey as survey_process
from tests.ingest.deliveries import COLUMNS, QUESTIONS


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with the study file `tiny` and nothing else."""
    (tmp_path / "home" / "studies").mkdir(parents=True)
    (tmp_path / "home" / "studies" / "tiny.yaml").write_text(QUESTIONS + COLUMNS["plain"])
    return tmp_path / "home"


@pytest.fixture
def survey(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Survey:
    """The command in that home."""
    return survey_in(home, monkeypatch, capsys)


@pytest.fixture(scope="session")
def run_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home in which every wave of `tests.cli.waves` was run at once, and what the run said on standard error."""
    root = tmp_path_factory.mktemp("run")
    (root / "studies").mkdir()
    (root / "studies" / "tiny.yaml").write_text(QUESTIONS + COLUMNS["plain"])
    for name, wave in WAVES.items():
        folder = Home(root).raw("tiny") / name
        folder.mkdir(parents=True)
        (folder / "export.csv").write_bytes(wave.content)
    result = survey_process(Home(root), "run", "tiny", expect=1)
    assert result.stdout == ""
    return root, result.stderr


@pytest.fixture
def ran(run_once: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Survey:
    """The command in the home where the waves were run."""
    return survey_in(run_once[0], monkeypatch, capsys)
