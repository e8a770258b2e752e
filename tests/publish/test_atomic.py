"""Publication is all or nothing: writers are killed, and readers never see a half."""

from __future__ import annotations

import ast
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipeline.admission import publish_study
from pipeline.errors import SurveyError
from pipeline.settings import Home
from pipeline.study.loading import load_study
from tests.homes import make_home, survey
from tests.small import STUDY_FILE, small_delivery

STUDY = "small"
PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def two_states(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Path, Path]:
    """A home with two admitted versions of one wave, and the ledger of each."""
    folder = tmp_path_factory.mktemp("atomic")
    file = folder / f"{STUDY}.yaml"
    file.write_text(STUDY_FILE)
    home = make_home(folder / "home", file)
    export = home.raw(STUDY) / "w" / "export.csv"
    export.parent.mkdir(parents=True)
    ledgers = []
    for text in (small_delivery(), small_delivery().replace("P29,Yes,Yes,", "P29,Yes,No,")):
        export.write_text(text)
        survey(home, "run", STUDY)
        ledgers.append(folder / f"ledger{len(ledgers)}.json")
        ledgers[-1].write_bytes(home.ledger(STUDY).read_bytes())
    return home, ledgers[0], ledgers[1]


def test_a_writer_killed_at_200_random_moments_leaves_the_old_or_the_new(two_states: tuple[Home, Path, Path]):
    home, *ledgers = two_states
    done = subprocess.run(
        [sys.executable, "-m", "tests.publish.killing", str(home.root), STUDY, *map(str, ledgers), "200", "5"],
        cwd=PROJECT, capture_output=True, text=True, timeout=540, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    first, second, *again = told["states"]
    assert first != second
    assert again == [first, second]
    assert told["problems"] == []
    assert told["killed"] == 200  # a writer that ended before the signal came does not count
    assert set(told["found"]) == {0, 1}
    assert told["left"] == []


READER = """
import pathlib, sys, time, duckdb
database, stop = sys.argv[1:]
seen, count = set(), 0
while not pathlib.Path(stop).exists():
    with duckdb.connect(database, read_only=True) as con:
        seen.add((
            con.execute("SELECT share FROM shares WHERE segment = 'all'").fetchone()[0],
            con.execute("SELECT delivery FROM waves").fetchone()[0],
            con.execute("SELECT COUNT(*) FROM core.respondents").fetchone()[0],
        ))
    count += 1
    time.sleep(1)  # to open the file takes a tenth of a second: else eight readers take the whole machine
print(repr((count, sorted(seen))))
"""


def test_eight_readers_query_through_fifty_publications(two_states: tuple[Home, Path, Path], tmp_path: Path):
    home, *ledgers = two_states
    study_file = load_study(home.studies / f"{STUDY}.yaml")
    stop = tmp_path / "stop"
    command = [sys.executable, "-c", READER, str(home.database(STUDY)), str(stop)]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(8)]
    try:
        for number in range(50):
            home.ledger(STUDY).write_bytes(ledgers[number % 2].read_bytes())
            publish_study(home, study_file, f"run {number}", print)
    finally:
        stop.touch()
        told = [reader.communicate(timeout=60) for reader in readers]
    assert [error for _, error in told] == [""] * 8
    answers = [ast.literal_eval(text) for text, _ in told]
    assert all(count > 0 for count, _ in answers)
    states = {state for _, seen in answers for state in seen}
    assert states == {(0.45, 1, 100), (0.44, 2, 100)}  # never the share of one with the delivery of the other


def test_a_full_disk_leaves_the_former_version(two_states: tuple[Home, Path, Path]):
    home, first, second = two_states
    study_file = load_study(home.studies / f"{STUDY}.yaml")
    home.ledger(STUDY).write_bytes(first.read_bytes())
    publish_study(home, study_file, "run", print)
    before = home.database(STUDY).read_bytes()
    home.ledger(STUDY).write_bytes(second.read_bytes())
    for largest in (0, 10_000, 100_000, 500_000):
        with pytest.raises(SurveyError, match="cannot be published") as told, files_at_most(largest):
            publish_study(home, study_file, "run", print)
        assert "the former version stays" in str(told.value)
        assert home.database(STUDY).read_bytes() == before
        assert not [path for path in home.database(STUDY).parent.iterdir() if ".tmp" in path.name]
    publish_study(home, study_file, "run", print)
    assert home.database(STUDY).read_bytes() != before


@contextmanager
def files_at_most(largest: int) -> Iterator[None]:
    """A disk without more room, told by the system in the same way: no file grows beyond this."""
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_folder_that_may_not_be_written_leaves_the_former_version(two_states: tuple[Home, Path, Path]):
    home = two_states[0]
    before = home.database(STUDY).read_bytes()
    (home.raw(STUDY) / "w" / "export.csv").write_text(small_delivery().replace("P28,Yes,Yes,", "P28,Yes,No,"))
    folders = [path for path in (home.root / "data").rglob("*") if path.is_dir()]
    # The superuser may write everywhere but for this capability.
    lowered = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"] if os.geteuid() == 0 else []
    for folder in folders:
        folder.chmod(0o555)
    try:
        done = subprocess.run(
            [*lowered, sys.executable, "-m", "pipeline.cli", "run", STUDY],
            env=os.environ | {"SURVEY_HOME": str(home.root), "PYTHONPATH": str(PROJECT)},
            cwd=home.root, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert done.returncode in {1, 2}
    assert "Traceback" not in done.stdout + done.stderr
    assert "do: " in done.stderr
    assert home.database(STUDY).read_bytes() == before
    survey(home, "run", STUDY)
    assert home.database(STUDY).read_bytes() != before
