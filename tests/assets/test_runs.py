"""Runs that go wrong, run again, or meet another: what is published stays whole."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline.ledger import read_ledger
from pipeline.locking import held
from tests.assets.conftest import run
from tests.bundled import STUDY, Bundled

WAVE = "2021"


@pytest.fixture
def one_wave(bundled: Bundled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bundled:
    """A home of its own with the first wave delivered, not run."""
    home = type(bundled.home)(tmp_path / "home")
    home.studies.mkdir(parents=True)
    shutil.copy(bundled.home.study_file(STUDY), home.study_file(STUDY))
    shutil.copytree(bundled.home.raw(STUDY) / WAVE, home.raw(STUDY) / WAVE)
    monkeypatch.setenv("SURVEY_HOME", str(home.root))
    return Bundled(home, bundled.study_file, bundled.planted)


def delivery(bundled: Bundled) -> Path:
    return next((bundled.home.raw(STUDY) / WAVE).glob("*.csv"))


def tables(bundled: Bundled) -> dict[str, Path]:
    return {path.name: path for path in bundled.home.processed(STUDY).glob(f"{WAVE}/*/*.parquet")}


def test_the_same_again_gives_the_same_bytes(bundled: Bundled, one_wave: Bundled):
    """In another folder, at another time: versions and contents of every table are equal."""
    assert [o.problem for o in run(one_wave)] == ["", ""]
    mine, theirs = tables(one_wave), tables(bundled)
    assert len(mine) == 17
    for name, path in mine.items():
        assert path.parent.name == theirs[name].parent.name, f"{name} has another version"
        assert path.read_bytes() == theirs[name].read_bytes(), f"{name} differs"


def test_a_wave_that_fails_a_blocking_check_is_set_aside_and_the_published_one_stays(one_wave: Bundled):
    run(one_wave)
    before = one_wave.rows("SELECT * FROM findings ORDER BY finding_id")
    path = delivery(one_wave)
    text = path.read_text(encoding="utf-8-sig").replace("Attribute sales to social", "Something else entirely")
    path.write_text(text, encoding="utf-8-sig")
    wave, _ = run(one_wave)
    assert "questions_present" in wave.problem
    assert "attribution__sales" in wave.problem
    assert one_wave.rows("SELECT * FROM findings ORDER BY finding_id") == before
    shown = one_wave.rows("SELECT status, published, reason FROM waves")[0]
    assert (shown["status"], shown["published"]) == ("quarantined", True)
    assert "attribution__sales" in shown["reason"]


def test_an_unreadable_delivery_says_where_and_nothing_is_half_written(one_wave: Bundled):
    path = delivery(one_wave)
    lines = path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]) + lines[-1][:120], encoding="utf-8-sig")
    wave, _ = run(one_wave)
    assert f"{path.name}, line {len(lines)}" in wave.problem
    assert "cut short" in wave.problem
    assert not list(one_wave.home.processed(STUDY).rglob("delivered.parquet"))
    assert not list(one_wave.home.root.rglob("*.tmp"))
    entry = read_ledger(one_wave.home.ledger(STUDY)).waves[WAVE]
    assert (entry.status, entry.admitted) == ("quarantined", None)


def test_a_second_run_of_the_same_wave_waits_says_for_whom_and_gives_up(
    one_wave: Bundled, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SURVEY_WAIT_SECONDS", "1")
    with held(one_wave.home.locks(STUDY) / WAVE, "the wave", "run-that-was-first"):
        wave, _ = run(one_wave)
    assert "run-that-was-first" in wave.problem
    assert "another run is still working on it" in wave.problem
    assert not list(one_wave.home.processed(STUDY).rglob("*.parquet"))
    assert run(one_wave)[0].problem == ""


def test_a_changed_label_makes_no_respondent_table_anew(one_wave: Bundled):
    """Sections decide: another indicator label touches findings, not the coded answers."""
    run(one_wave)
    before = {name: path.parent.name for name, path in tables(one_wave).items()}
    file = one_wave.home.study_file(STUDY)
    file.write_text(file.read_text().replace('have a sponsor of the social programme"', 'have a sponsor"'))
    from pipeline.store import WaveStore
    from pipeline.study.loading import load_study
    from pipeline.tables import BY_NAME

    store = WaveStore(one_wave.home, load_study(file), WAVE)
    changed = {name for name in before if store.version(BY_NAME[name.removesuffix(".parquet")]) != before[name]}
    assert "responses.parquet" not in changed
    assert "screening.parquet" not in changed
    assert {"findings.parquet", "respondents.parquet"} <= changed


def test_parquet_holds_the_declared_schema(one_wave: Bundled):
    from pipeline import tables as declared

    run(one_wave)
    for name, path in tables(one_wave).items():
        table = declared.BY_NAME[name.removesuffix(".parquet")]
        assert pq.read_schema(path).names == [c.name for c in table.columns_for(one_wave.study_file.study)]
