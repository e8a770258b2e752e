"""The small study in a home of its own, whose waves are delivered, edited and run one by one."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.running import Outcome
from pipeline.settings import Home
from pipeline.study.loading import load_study
from tests.assets.conftest import run
from tests.bundled import Bundled
from tests.homes import make_home
from tests.small import STUDY_FILE, small_delivery

STUDY, FIRST, SECOND = "small", "2021", "2022"


class SmallWaves:
    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, more: str = "") -> None:
        """more: what the study file says beside."""
        file = folder / f"{STUDY}.yaml"
        file.write_text(STUDY_FILE + more)
        self.home: Home = make_home(folder / "home", file)
        monkeypatch.setenv("SURVEY_HOME", str(self.home.root))

    def deliver(self, wave: str) -> None:
        folder = self.home.raw(STUDY) / wave
        folder.mkdir(parents=True)
        (folder / "export.csv").write_text(small_delivery())

    def edit(self, old: str, new: str) -> None:
        path = self.home.study_file(STUDY)
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    def outcomes(self, wave: str | None = None) -> list[Outcome]:
        """Runs one wave, or all, and publishes."""
        return run(Bundled(self.home, load_study(self.home.study_file(STUDY)), None), wave)  # type: ignore[arg-type]
