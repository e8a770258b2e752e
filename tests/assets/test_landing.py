"""Deliveries run by themselves: the sensor and the nightly schedule, evaluated by Dagster, and the runs they want."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from assets.definitions import defs
from assets.published import publication
from assets.running import QUIET, dagster_instance
from assets.studies import read_study
from pipeline.ledger import WaveEntry, read_ledger
from pipeline.reading import rows_of
from pipeline.settings import Home
from tests.homes import make_home
from tests.small import STUDY_FILE, small_delivery

STUDY = "small"
QUANTILES = STUDY_FILE.replace(
    'tiers: {order: [others, users], answers: {others: {user: ["no"]}, users: {user: ["yes"]}}}',
    "baseline: b\n"
    'score: {points: {"yes": 1, "no": 0}, dimensions: {all: {items: [user, content]}}}\n'
    "tiers: {order: [others, users], quantiles: [0.7]}",
)

BAD = small_delivery().replace("Do you use it?", "Do you have it?")


@dataclass
class Dagster:
    """The sensor and the schedule of a home, and their requests carried out as the daemon would, one after another."""

    home: Home
    instance: dg.DagsterInstance
    cursor: str | None = None
    known_keys: set[str] = field(default_factory=set)
    said: str = ""

    def tick(self) -> list[str]:
        """One look of the sensor. Returns the waves that were run for it, `(publish)` for the database alone."""
        repository = defs().get_repository_def()
        with (
            dg.build_sensor_context(instance=self.instance, cursor=self.cursor, repository_def=repository) as context,
            dg.partition_loading_context(dynamic_partitions_store=self.instance),
        ):
            result = repository.get_sensor_def("landing").evaluate_tick(context)
        self.cursor, self.said = result.cursor, result.skip_message or ""
        fresh = [request for request in result.run_requests or [] if request.run_key not in self.known_keys]
        self.known_keys |= {str(request.run_key) for request in fresh}
        return self.run(fresh)

    def night(self) -> dict[str, list[str]]:
        """One night. Returns each wave that was run with the tables that were made anew."""
        repository = defs().get_repository_def()
        with (
            dg.build_schedule_context(
                instance=self.instance,
                scheduled_execution_time=datetime(2026, 1, 1, 3, tzinfo=UTC),
                repository_def=repository,
            ) as context,
            dg.partition_loading_context(dynamic_partitions_store=self.instance),
        ):
            result = repository.get_schedule_def(f"{STUDY}_nightly").evaluate_tick(context)
        self.said = result.skip_message or ""
        requests = list(result.run_requests or [])
        self.run(requests)
        return {
            str(request.partition_key): [key.path[-1] for key in request.asset_selection or []] for request in requests
        }

    def run(self, requests: Sequence[dg.RunRequest]) -> list[str]:
        done = []
        for request in requests:
            defs().get_repository_def().get_job(STUDY).execute_in_process(
                partition_key=request.partition_key, asset_selection=request.asset_selection, instance=self.instance,
                raise_on_error=False, tags=request.tags, run_config=QUIET,
            )  # fmt: skip
            done.append(request.partition_key or "(publish)")
        return done


@pytest.fixture
def dagster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dagster]:
    file = tmp_path / f"{STUDY}.yaml"
    file.write_text(STUDY_FILE)
    home = make_home(tmp_path / "home", file)
    home.raw(STUDY).mkdir(parents=True)
    monkeypatch.setenv("SURVEY_HOME", str(home.root))
    with dagster_instance(home) as instance:
        yield Dagster(home, instance)


def deliver(home: Home, wave: str, text: str | None = None, name: str = "export.csv") -> Path:
    path = home.raw(STUDY) / wave / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(small_delivery() if text is None else text)
    return path


def published(home: Home) -> dict[str, tuple[str, int | None]]:
    rows = rows_of(home, STUDY, "SELECT wave, status, delivery FROM waves WHERE published ORDER BY wave")[1]
    return {row["wave"]: (row["status"], row["delivery"]) for row in rows}


def test_waves_that_are_there_at_the_first_start_run_once_they_were_seen_twice(dagster: Dagster):
    deliver(dagster.home, "a")
    deliver(dagster.home, "b")
    assert dagster.tick() == []
    assert "small, wave a, waits for its files to be whole" in dagster.said
    assert dagster.tick() == ["a", "b"]
    assert published(dagster.home) == {"a": ("admitted", 1), "b": ("admitted", 1)}
    assert dagster.tick() == []
    assert dagster.tick() == []
    assert dagster.said == "nothing has landed"


def test_a_file_that_grows_is_waited_for_and_a_marker_says_that_it_is_whole(dagster: Dagster):
    path = deliver(dagster.home, "a", small_delivery()[:2000])
    dagster.tick()
    path.write_text(small_delivery()[:4000])
    assert dagster.tick() == []
    path.write_text(small_delivery())
    assert dagster.tick() == []
    assert dagster.tick() == ["a"]
    path = deliver(dagster.home, "b")
    (path.parent / ".done").touch()
    assert dagster.tick() == ["b"]


def test_a_marker_that_is_older_than_the_file_says_nothing(dagster: Dagster):
    path = deliver(dagster.home, "a")
    (path.parent / ".done").touch()
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 10**9))
    assert dagster.tick() == []
    assert dagster.tick() == ["a"]


def test_the_same_bytes_never_run_again_and_a_correction_does_even_back_to_the_first(dagster: Dagster):
    path = deliver(dagster.home, "a")
    dagster.tick(), dagster.tick()
    first = read_ledger(dagster.home.ledger(STUDY)).waves["a"]
    path.write_text(small_delivery())  # another time, the same bytes
    assert [dagster.tick() for _ in range(3)] == [[], [], []]
    corrected = "\n".join(small_delivery().splitlines()[:-5]) + "\n"
    path.write_text(corrected)
    assert [dagster.tick() for _ in range(3)] == [[], ["a"], []]
    assert published(dagster.home) == {"a": ("admitted", 2)}
    path.write_text(small_delivery())
    assert [dagster.tick() for _ in range(3)] == [[], ["a"], []]
    assert published(dagster.home) == {"a": ("admitted", 3)}
    again = read_ledger(dagster.home.ledger(STUDY)).waves["a"]
    assert again.admitted is not None
    assert first.admitted is not None
    assert again.admitted.version == first.admitted.version


def test_a_bad_wave_is_told_in_what_is_published_though_its_run_failed(dagster: Dagster):
    deliver(dagster.home, "a")
    deliver(dagster.home, "b", BAD)
    dagster.tick()
    assert dagster.tick() == ["a", "b"]
    assert [dagster.tick() for _ in range(3)] == [[], ["(publish)"], []]
    rows = rows_of(dagster.home, STUDY, "SELECT wave, status, published FROM waves ORDER BY wave")[1]
    assert [tuple(row.values()) for row in rows] == [("a", "admitted", True), ("b", "quarantined", False)]


def test_a_wave_whose_folder_is_gone_is_withdrawn_and_comes_back_with_it(dagster: Dagster):
    for wave in "ab":
        deliver(dagster.home, wave)
    dagster.tick(), dagster.tick(), dagster.tick()
    folder, aside = dagster.home.raw(STUDY) / "b", dagster.home.root / "aside"
    folder.rename(aside)
    assert [dagster.tick() for _ in range(4)] == [[], ["(publish)"], [], []]
    assert published(dagster.home) == {"a": ("admitted", 1)}
    assert rows_of(dagster.home, STUDY, "SELECT DISTINCT wave FROM findings")[1] == [{"wave": "a"}]
    aside.rename(folder)
    assert [dagster.tick() for _ in range(4)] == [[], ["b"], [], []]
    assert set(published(dagster.home)) == {"a", "b"}
    shutil.move(dagster.home.raw(STUDY), aside)  # as where a disk is not there
    assert [dagster.tick() for _ in range(4)] == [[], [], [], []]
    assert set(published(dagster.home)) == {"a", "b"}


def test_the_baseline_runs_first_and_its_correction_reruns_what_hangs_on_its_cuts(dagster: Dagster):
    dagster.home.study_file(STUDY).write_text(QUANTILES)
    for wave in "abc":
        deliver(dagster.home, wave)
    assert [dagster.tick() for _ in range(4)] == [[], ["b"], ["a", "c"], []]
    cuts = "SELECT DISTINCT cut FROM tiers WHERE cut IS NOT NULL ORDER BY cut"
    before = rows_of(dagster.home, STUDY, cuts)[1]
    lines = small_delivery().splitlines(keepends=True)
    path = deliver(dagster.home, "b", "".join(lines[: len(lines) * 2 // 3]))
    assert [dagster.tick() for _ in range(4)] == [[], ["b"], ["a", "c"], []]
    after = rows_of(dagster.home, STUDY, cuts)[1]
    assert len(before) == len(after) == 1  # the same for all three waves
    assert before != after
    path.write_text("nothing\n")
    assert [dagster.tick() for _ in range(5)] == [[], ["b"], [], ["(publish)"], []]
    assert rows_of(dagster.home, STUDY, cuts)[1] == after


def test_nightly_makes_exactly_what_a_change_touches(dagster: Dagster):
    deliver(dagster.home, "a")
    dagster.tick(), dagster.tick()
    assert dagster.night() == {}
    assert dagster.said == "everything is as it should be"
    file = dagster.home.study_file(STUDY)
    file.write_text(STUDY_FILE + "# a remark changes nothing\n")
    assert dagster.night() == {}
    file.write_text(STUDY_FILE.replace('"be content"', '"be happy"'))
    touched = dagster.night()["a"]
    assert "out_findings" in touched
    assert touched[-3:] == ["out_quality_checks", "out_database", "out_editions"]
    assert not [name for name in touched if name.startswith("raw_")]
    assert "core_responses" not in touched
    words = rows_of(dagster.home, STUDY, "SELECT wording FROM findings WHERE segment = 'all'")[1][0]["wording"]
    assert "be happy" in words
    assert dagster.night() == {}


def test_nightly_mends_what_is_damaged_and_sees_bytes_that_changed_in_place(dagster: Dagster):
    path = deliver(dagster.home, "a")
    dagster.tick(), dagster.tick()
    shares = next(dagster.home.processed(STUDY).glob("a/*/shares.parquet"))
    whole = shares.read_bytes()
    shares.write_bytes(whole[:-10])
    assert dagster.night() == {"a": ["out_shares", "out_quality_checks", "out_database", "out_editions"]}
    assert shares.read_bytes() == whole
    status = path.stat()
    path.write_text(path.read_text().replace("Yes", "yES", 1))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))  # same size, same time, other bytes
    assert dagster.tick() == []
    assert "raw_files" in dagster.night()["a"]
    assert published(dagster.home) == {"a": ("admitted", 2)}


def test_a_wave_that_was_set_aside_is_not_run_each_night(dagster: Dagster):
    deliver(dagster.home, "a", BAD)
    dagster.tick(), dagster.tick()
    assert dagster.night() == {}


def test_nightly_admits_no_wave_over_a_check_that_failed_before(dagster: Dagster):
    """The table whose check failed lies there and is not made again; what hangs on it was not made yet."""
    deliver(dagster.home, "a", small_delivery().replace("P7,Yes", "P7,Perhaps"))
    dagster.tick(), dagster.tick()
    dagster.home.study_file(STUDY).write_text(STUDY_FILE.replace('"be content"', '"be happy"'))
    assert "core_answers" not in dagster.night()["a"]
    entry = read_ledger(dagster.home.ledger(STUDY)).waves["a"]
    assert (entry.status, entry.admitted) == ("quarantined", None)
    assert '"Perhaps" (1)' in entry.reason
    assert dagster.night() == {}


@dataclass
class Alone:
    """Some assets of an admitted wave materialized by hand, as in the UI."""

    dagster: Dagster

    def make(self, *names: str) -> None:
        keys = [dg.AssetKey([STUDY, name]) for name in names]
        self.dagster.run([dg.RunRequest(partition_key="a", asset_selection=keys)])

    def edit(self, old: str, new: str) -> None:
        assert old in STUDY_FILE
        self.dagster.home.study_file(STUDY).write_text(STUDY_FILE.replace(old, new))

    @property
    def entry(self) -> WaveEntry:
        return read_ledger(self.dagster.home.ledger(STUDY)).waves["a"]


@pytest.fixture
def alone(dagster: Dagster) -> Alone:
    deliver(dagster.home, "a")
    dagster.tick(), dagster.tick()
    return Alone(dagster)


def test_a_table_that_is_not_made_yet_says_nothing_of_the_delivery(alone: Alone):
    before = alone.entry
    alone.edit('{content: ["yes"]}', '{content: ["no"]}')
    alone.make("out_findings")
    assert alone.entry == before
    assert "core_cells" in alone.dagster.night()["a"]
    assert alone.entry.status == "admitted"
    assert alone.entry.admitted != before.admitted


def test_no_wave_is_admitted_before_its_tables_are_made(alone: Alone):
    before = alone.entry
    alone.edit('title: "Small study"', 'title: "A small study"')
    alone.make("out_quality_checks")
    assert alone.entry == before
    assert "out_methodology" in alone.dagster.night()["a"]
    assert alone.entry.admitted != before.admitted


def test_a_wave_that_an_edit_set_aside_is_admitted_again_when_it_is_undone(alone: Alone):
    alone.edit("Do you use it?", "Do you have it?")
    alone.dagster.night()
    assert alone.entry.status == "quarantined"
    alone.dagster.home.study_file(STUDY).write_text(STUDY_FILE)
    assert alone.dagster.night()["a"][0] == "out_quality_checks"
    assert (alone.entry.status, alone.entry.reason) == ("admitted", "")


def test_claims_in_a_file_of_their_own_are_read_anew(alone: Alone):
    """The server lives on; the file of the study is the same."""
    home = alone.dagster.home
    home.study_file(STUDY).write_text(STUDY_FILE + "claims: small.claims.yaml\n")
    claims = home.study_file(STUDY).with_name("small.claims.yaml")

    def claim(percent: int) -> None:
        claims.write_text(
            f"claims: [{{id: a, says: x, statistic: share, indicator: is_content, group: users, equal: {percent}%}}]\n"
        )

    def verdict(percent: int) -> str:
        claim(percent)
        alone.dagster.run([dg.RunRequest(asset_selection=publication(read_study(STUDY)))])
        return str(rows_of(home, STUDY, "SELECT verdict FROM claims")[1][0]["verdict"])

    claim(75)
    alone.dagster.night()
    assert (verdict(75), verdict(10)) == ("consistent", "contradicted")
