"""Waves that were run from unlike study files, because only one was run again or Ctrl+C ended the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assets import core
from pipeline.reading import rows_of
from pipeline.settings import Home
from pipeline.study.loading import load_study
from tests.assets.conftest import run
from tests.bundled import Bundled
from tests.homes import make_home
from tests.small import STUDY_FILE, small_delivery

STUDY, FIRST, SECOND = "small", "2021", "2022"
CONTENT, DISCONTENT = '{content: ["yes"]}', '{content: ["no"]}'


class Waves(Bundled):
    """The small study in a home of its own, of two waves with the same answers."""

    def __init__(self, home: Home) -> None:
        super().__init__(home, load_study(home.study_file(STUDY)), None)  # type: ignore[arg-type]

    def edited(self, old: str, new: str) -> Waves:
        path = self.home.study_file(STUDY)
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
        return Waves(self.home)

    def trends(self) -> list[dict[str, Any]]:
        sql = "SELECT change, comparable, reason, wording FROM trends WHERE measure = 'indicator'"
        return rows_of(self.home, STUDY, sql)[1]


@pytest.fixture
def waves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Waves:
    file = tmp_path / f"{STUDY}.yaml"
    file.write_text(STUDY_FILE)
    home = make_home(tmp_path / "home", file)
    monkeypatch.setenv("SURVEY_HOME", str(home.root))
    for wave in (FIRST, SECOND):
        folder = home.raw(STUDY) / wave
        folder.mkdir(parents=True)
        (folder / "export.csv").write_text(small_delivery())
    assert [o.problem for o in run(Waves(home)) if o.problem] == []
    return Waves(home)


def test_figures_of_unlike_definitions_are_no_trend(waves: Waves):
    assert all(row["comparable"] and row["change"] == 0 for row in waves.trends())
    edited = waves.edited(CONTENT, DISCONTENT)
    run(edited, SECOND)
    apart = edited.trends()
    assert any(row["change"] != 0 for row in apart)
    why = f"waves {FIRST} and {SECOND} were made from unlike study files: survey run {STUDY}"
    assert {(row["comparable"], row["reason"], row["wording"]) for row in apart} == {(False, why, "")}
    run(edited)
    assert all(row["comparable"] and row["change"] == 0 for row in edited.trends())


def test_an_edit_that_no_figure_hangs_on_parts_no_waves(waves: Waves):
    edited = waves.edited('title: "Small study"', 'title: "A small study"')
    run(edited, SECOND)
    assert all(row["comparable"] for row in edited.trends())


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt(), RuntimeError("Query interrupted")])
def test_ctrl_c_ends_the_run_and_publishes_nothing(
    waves: Waves, interrupt: BaseException, monkeypatch: pytest.MonkeyPatch
):
    before = waves.home.database(STUDY).read_bytes()
    edited = waves.edited(CONTENT, DISCONTENT)
    waves_begun = []

    def interrupted(*_: object, **__: object) -> None:
        waves_begun.append("one")
        raise interrupt

    with monkeypatch.context() as patch:
        patch.setattr(core, "respondents_query", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run(edited)
    assert waves_begun == ["one"]
    assert waves.home.database(STUDY).read_bytes() == before
    assert [o.problem for o in run(edited) if o.problem] == []
    assert all(row["comparable"] for row in edited.trends())
