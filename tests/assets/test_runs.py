"""Runs that go wrong, run again, or meet another: what is published stays whole."""

from __future__ import annotations

import errno
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline import tables as declared
from pipeline.ledger import read_ledger
from pipeline.locking import held
from pipeline.reading import rows_of
from pipeline.settings import Home
from pipeline.store import WaveStore
from pipeline.study.loading import load_study
from tests.assets.conftest import run
from tests.bundled import STUDY, Bundled
from tests.homes import make_home
from tests.small import STUDY_FILE, small_delivery

SMALL, WAVE = "small", "2021"


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home with the small study and its one wave delivered."""
    file = tmp_path / f"{SMALL}.yaml"
    file.write_text(STUDY_FILE)
    home = make_home(tmp_path / "home", file)
    home.raw(SMALL).joinpath(WAVE).mkdir(parents=True)
    delivery(home).write_text(small_delivery())
    monkeypatch.setenv("SURVEY_HOME", str(home.root))
    return home


def delivery(home: Home) -> Path:
    return home.raw(SMALL) / WAVE / "export.csv"


def problems(home: Home) -> list[str]:
    """Runs the small study. What went wrong in the wave's run, and in the publication of a wave that was set aside."""
    return [outcome.problem for outcome in run(Bundled(home, load_study(home.study_file(SMALL)), None))]  # type: ignore[arg-type]


def findings(home: Home) -> list[dict[str, object]]:
    return rows_of(home, SMALL, "SELECT * FROM findings ORDER BY finding_id")[1]


def tables(home: Home, study: str, wave: str) -> dict[str, Path]:
    return {path.stem: path for path in home.processed(study).glob(f"{wave}/*/*.parquet")}


def test_the_same_again_gives_the_same_bytes(bundled: Bundled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """In another folder, at another time: versions and contents of every table are equal."""
    home = Home(tmp_path / "home")
    home.studies.mkdir(parents=True)
    shutil.copytree(bundled.home.studies, home.studies, dirs_exist_ok=True)
    shutil.copytree(bundled.home.raw(STUDY) / WAVE, home.raw(STUDY) / WAVE)
    monkeypatch.setenv("SURVEY_HOME", str(home.root))
    assert [o.problem for o in run(Bundled(home, bundled.study_file, bundled.planted))] == [""]
    mine, theirs = tables(home, STUDY, WAVE), tables(bundled.home, STUDY, WAVE)
    assert set(mine) == {table.name for table in declared.made_for(bundled.study_file.study)} | {"claims"}
    for name, path in mine.items():
        assert path.parent.name == theirs[name].parent.name, f"{name} has another version"
        assert path.read_bytes() == theirs[name].read_bytes(), f"{name} differs"


def test_a_wave_that_fails_a_blocking_check_is_set_aside_and_the_published_one_stays(small: Home):
    assert problems(small) == [""]
    before = findings(small)
    delivery(small).write_text(small_delivery().replace("Do you use it?", "Do you have it?"))
    wave, publication = problems(small)
    assert "questions_present" in wave
    assert "user" in wave
    assert publication == ""
    assert findings(small) == before
    shown = rows_of(small, SMALL, "SELECT status, published, reason, analysed FROM waves")[1][0]
    assert (shown["status"], shown["published"], shown["analysed"]) == ("quarantined", True, 100)
    assert "user" in shown["reason"]


def second_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.with_name("second.csv").write_text(small_delivery())


def deleted(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.unlink()


def unreadable(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `chmod 0` does for everyone but the superuser."""
    file.write_text(small_delivery() + "P100,Yes,Yes,Town\n")
    opened = Path.open

    def refused(path: Path, *arguments: str, **more: str) -> object:
        if path == file:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return opened(path, *arguments, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refused)


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize(
    ("spoil", "said", "files"),
    [
        (second_file, "holds several data files", "export.csv, second.csv"),
        (deleted, "holds no data file", ""),
        (unreadable, "cannot be read: Permission denied", "export.csv"),
    ],
)
def test_a_delivery_that_cannot_be_named_is_quarantined_and_the_published_one_stays(
    small: Home, spoil: Callable[..., None], said: str, files: str, before: bool, monkeypatch: pytest.MonkeyPatch
):
    if before:
        assert problems(small) == [""]
        published = findings(small)
    spoil(delivery(small), monkeypatch)
    wave, publication = problems(small)
    assert said in wave
    assert publication == ""
    (row,) = rows_of(small, SMALL, "SELECT * FROM waves")[1]
    assert (row["status"], row["published"]) == ("quarantined", before)
    assert (row["latest_files"], row["latest_sha256"]) == (files, "")
    assert (row["files"], row["delivered"]) == (("export.csv", 100) if before else ("", None))
    assert said in row["reason"]
    runs = rows_of(small, SMALL, "SELECT outcome, version, delivery_sha256 FROM runs ORDER BY finished_at, outcome")[1]
    assert runs[-1] == {"outcome": "quarantined", "version": "", "delivery_sha256": ""}
    assert len(runs) == before + 1
    if before:
        assert findings(small) == published


def test_a_row_of_waves_keeps_the_published_delivery_apart_from_the_latest(small: Home):
    assert problems(small) == [""]
    (first,) = rows_of(small, SMALL, "SELECT * FROM waves")[1]
    assert (first["files"], first["sha256"]) == (first["latest_files"], first["latest_sha256"])
    delivery(small).rename(delivery(small).with_name("corrected.csv"))
    bad = delivery(small).with_name("corrected.csv")
    bad.write_text(small_delivery().replace("P7,Yes", "P7,Perhaps"))
    assert "check options_changed failed" in problems(small)[0]
    (row,) = rows_of(small, SMALL, "SELECT * FROM waves")[1]
    theirs = ("published", "version", "files", "sha256", "delivered", "analysed")
    assert [row[name] for name in theirs] == [first[name] for name in theirs]
    assert row["latest_files"] == "corrected.csv"
    assert row["latest_sha256"] == hashlib.sha256(bad.read_bytes()).hexdigest() != row["sha256"]
    day = first["judged_at"].date().isoformat()
    assert row["reason"].splitlines()[0] == f"{bad}: check options_changed failed"
    assert row["reason"].splitlines()[-1] == f"  still published: what was admitted on {day}, from export.csv"


def test_an_unknown_answer_sets_the_wave_aside_unless_it_is_admitted_with_a_reason(small: Home):
    delivery(small).write_text(small_delivery().replace("P7,Yes", "P7,Perhaps"))
    wave, _ = problems(small)
    assert "options_changed" in wave
    assert '"Perhaps" (1)' in wave
    file = small.study_file(SMALL)
    file.write_text(file.read_text() + f"waves: {{{WAVE}: {{admit: {{options_changed: one odd answer}}}}}}\n")
    assert problems(small) == [""]
    check = rows_of(small, SMALL, "SELECT passed, measured FROM quality_checks WHERE check_name = 'options_changed'")[
        1
    ][0]
    assert not check["passed"]
    assert "admitted: one odd answer" in check["measured"]


def test_a_delivery_cut_short_says_where_and_nothing_is_half_written(small: Home):
    delivery(small).write_text(small_delivery() + "P100,Yes")
    wave, _ = problems(small)
    assert "export.csv, line 102" in wave
    assert not list(small.processed(SMALL).rglob("delivered.parquet"))
    assert not list(small.root.rglob("*.tmp"))
    entry = read_ledger(small.ledger(SMALL)).waves[WAVE]
    assert (entry.status, entry.admitted) == ("quarantined", None)


def test_a_second_run_of_the_same_wave_waits_says_for_whom_and_gives_up(small: Home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SURVEY_WAIT_SECONDS", "1")
    with held(small.locks(SMALL) / WAVE, "the wave", "run-that-was-first"):
        wave, publication = problems(small)
    assert "run-that-was-first" in wave
    assert "another run is still working on it" in wave
    assert publication == ""
    assert not list(small.processed(SMALL).rglob("*.parquet"))
    assert problems(small) == [""]


def test_a_declared_weight_that_the_delivery_lacks_keeps_the_wave_from_publication(small: Home):
    file = small.study_file(SMALL)
    file.write_text(file.read_text() + "weights: {main: {column: w}}\n")
    wave, _ = problems(small)
    assert "questions_present" in wave
    assert "weight main" in wave


def test_what_stops_two_tables_alike_is_said_once(small: Home):
    """Weights and replicates are made from the same column, which holds no number."""
    file = small.study_file(SMALL)
    file.write_text(file.read_text() + "weights: {main: {column: w}}\ndesign: {variance: jackknife}\n")
    head, *rows = delivery(small).read_text().splitlines()
    delivery(small).write_text("\n".join([f"{head},w", *(f"{row},heavy" for row in rows)]) + "\n")
    problems(small)
    (row,) = rows_of(small, SMALL, "SELECT reason FROM waves")[1]
    assert row["reason"].count("without a number") == 1


def test_weights_decide_shares_and_ratios(small: Home):
    """Users weigh 2, content ones 3: 90 of 110 users and 15 of 60 others."""
    file = small.study_file(SMALL)
    file.write_text(file.read_text() + "weights: {main: {column: w}}\n")
    head, *rows = delivery(small).read_text().splitlines()
    weighed = [f"{head},w", *(f"{r},{3 if i < 30 else 2 if i < 40 else 1}" for i, r in enumerate(rows))]
    delivery(small).write_text("\n".join(weighed) + "\n")
    assert problems(small) == [""]
    (row,) = rows_of(small, SMALL, "SELECT * FROM findings WHERE segment = 'all'")[1]
    assert (row["x_a"], row["n_a"], row["weighted_base_a"], row["weighted_base_b"]) == (30, 40, 110, 60)
    assert row["p_a"] == pytest.approx(90 / 110)
    assert row["ratio"] == pytest.approx((90 / 110) / (15 / 60))
    assert row["n_eff_kish_a"] == pytest.approx(110**2 / (30 * 9 + 10 * 4))
    (summary,) = rows_of(small, SMALL, "SELECT * FROM weighting")[1]
    assert (summary["source"], summary["n"], summary["largest"]) == ("delivered", 100, 3)


def test_a_changed_label_makes_no_answers_anew(bundled: Bundled, tmp_path: Path):
    """Sections decide: another indicator label touches findings, not the coded answers."""
    before = {name: path.parent.name for name, path in tables(bundled.home, STUDY, WAVE).items()}
    file = tmp_path / f"{STUDY}.yaml"
    text = bundled.home.study_file(STUDY).read_text().replace(f"claims: {STUDY}.claims.yaml\n", "")
    file.write_text(text.replace('"have a sponsor of the social programme"', '"have a sponsor"'))
    store = WaveStore(bundled.home, load_study(file), WAVE)
    changed = {name for name in before if name != "claims" and store.version(declared.BY_NAME[name]) != before[name]}
    assert changed == {
        "respondents", "cells", "tiers", "shares", "toplines", "banners", "findings", "adjusted", "tier_trends",
        "specifications", "robustness", "reliability", "score_means", "score_bands", "peer_percentiles", "peer_places",
        "tier_clusters", "tier_agreement", "methodology", "quality_checks",
    }  # fmt: skip


def test_parquet_holds_the_declared_columns(bundled: Bundled):
    for name, path in tables(bundled.home, STUDY, WAVE).items():
        columns = declared.BY_NAME[name].columns_for(bundled.study_file.study)
        assert pq.read_schema(path).names == [c.name for c in columns]


def test_no_key_stands_twice(bundled: Bundled):
    for table in declared.PUBLISHED:
        doubled = bundled.rows(f"SELECT {', '.join(table.key)} FROM {table.name} GROUP BY ALL HAVING COUNT(*) > 1")
        assert doubled == [], table.name
