"""Waves that were run from unlike study files, because only one was run again or Ctrl+C ended the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assets import core
from pipeline.reading import rows_of
from tests.assets.small_waves import FIRST, SECOND, STUDY, SmallWaves

CONTENT, DISCONTENT = '{content: ["yes"]}', '{content: ["no"]}'


class Waves(SmallWaves):
    def run(self, wave: str | None = None) -> None:
        assert [o.problem for o in self.outcomes(wave) if o.problem] == []

    def trends(self) -> list[dict[str, Any]]:
        sql = "SELECT change, comparable, reason, wording FROM trends WHERE measure = 'indicator'"
        return rows_of(self.home, STUDY, sql)[1]


@pytest.fixture
def waves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Waves:
    """Both with the same answers, run."""
    found = Waves(tmp_path, monkeypatch)
    for wave in (FIRST, SECOND):
        found.deliver(wave)
    found.run()
    return found


def test_figures_of_unlike_definitions_are_no_trend(waves: Waves):
    assert all(row["comparable"] and row["change"] == 0 for row in waves.trends())
    waves.edit(CONTENT, DISCONTENT)
    waves.run(SECOND)
    apart = waves.trends()
    assert any(row["change"] != 0 for row in apart)
    why = f"waves {FIRST} and {SECOND} were made from unlike study files: survey run {STUDY}"
    assert {(row["comparable"], row["reason"], row["wording"]) for row in apart} == {(False, why, "")}
    waves.run()
    assert all(row["comparable"] and row["change"] == 0 for row in waves.trends())


def test_an_edit_that_no_figure_hangs_on_parts_no_waves(waves: Waves):
    waves.edit('title: "Small study"', 'title: "A small study"')
    waves.run(SECOND)
    assert all(row["comparable"] for row in waves.trends())


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt(), RuntimeError("Query interrupted")])
def test_ctrl_c_ends_the_run_and_publishes_nothing(
    waves: Waves, interrupt: BaseException, monkeypatch: pytest.MonkeyPatch
):
    before = waves.home.database(STUDY).read_bytes()
    waves.edit(CONTENT, DISCONTENT)
    waves_begun = []

    def interrupted(*_: object, **__: object) -> None:
        waves_begun.append("one")
        raise interrupt

    with monkeypatch.context() as patch:
        patch.setattr(core, "respondents_query", interrupted)
        with pytest.raises(KeyboardInterrupt):
            waves.run()
    assert waves_begun == ["one"]
    assert waves.home.database(STUDY).read_bytes() == before
    waves.run()
    assert all(row["comparable"] for row in waves.trends())
