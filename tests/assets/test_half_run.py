"""Waves that were run from unlike study files, because only one was run again or Ctrl+C ended the run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assets import core
from pipeline import admission
from pipeline.editions import release_wave, write_editions
from pipeline.errors import SurveyError
from pipeline.reading import rows_of
from pipeline.study.loading import load_study
from tests.assets.small_waves import FIRST, SECOND, STUDY, SmallWaves

CLAIM = """claims:
- {id: a, says: "Three quarters are content.", statistic: share, indicator: is_content, group: users, equal: 75%}
"""
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


def test_an_edition_shows_what_is_published_and_not_what_is_only_admitted(waves: Waves):
    """As when a run ends between the last wave and the publication."""
    report = waves.home.editions(STUDY) / SECOND / "report.html"
    study_file = waves.home.study_file(STUDY)
    before = report.read_bytes()
    waves.edit(CONTENT, DISCONTENT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(admission, "publish", refused)
        assert "not now" in waves.outcomes()[-1].problem
    write_editions(waves.home, load_study(study_file), "run", lambda text: None)
    assert report.read_bytes() == before
    with pytest.raises(SurveyError, match="survey run small"):
        release_wave(waves.home, load_study(study_file), SECOND)
    waves.run()
    assert report.read_bytes() != before
    report.unlink()
    waves.run()
    assert report.is_file()


def refused(*_: object, **__: object) -> None:
    raise SurveyError("database", "not now")


def test_reports_of_waves_side_by_side_withhold_small_counts(waves: Waves):
    waves.edit('title: "Small study"', 'title: "Small study"\ndisplay: {privacy_below: 5}')
    waves.run()
    for wave in (FIRST, SECOND):
        assert (waves.home.editions(STUDY) / wave / "report.html").is_file()


def test_a_withdrawn_baseline_leaves_the_others_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Whose tiers were cut by it, and whose claims are audited."""
    waves = Waves(tmp_path, monkeypatch, CLAIM)
    waves.edit(
        'tiers: {order: [others, users], answers: {others: {user: ["no"]}, users: {user: ["yes"]}}}',
        f'baseline: "{FIRST}"\n'
        'score: {points: {"yes": 1, "no": 0}, dimensions: {all: {items: [user, content]}}}\n'
        "tiers: {order: [others, users], quantiles: [0.7]}",
    )
    for wave in (FIRST, SECOND):
        waves.deliver(wave)
    waves.run()
    (waves.home.raw(STUDY) / FIRST).rename(tmp_path / "gone")
    waves.run()
    waves.edit("equal: 75%", "equal: 70%")
    *_, publication = waves.outcomes()
    assert (publication.wave, publication.problem) == (None, "")
    shown = rows_of(waves.home, STUDY, "SELECT wave, verdict FROM claims")[1]
    assert shown == [{"wave": SECOND, "verdict": "not checkable"}]
