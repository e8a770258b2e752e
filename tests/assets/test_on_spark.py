"""Cells made on Spark in a real run: through Dagster Pipes, with logs and rows told to Dagster."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pyarrow.parquet as pq
import pytest

from assets.running import dagster_instance
from pipeline.ledger import read_ledger
from pipeline.reading import rows_of
from pipeline.settings import Home
from pipeline.store import WaveStore
from pipeline.study.loading import load_study
from pipeline.tables import CELLS
from tests.assets.conftest import run
from tests.bundled import Bundled
from tests.homes import make_home
from tests.small import STUDY_FILE, small_delivery

STUDY, WAVE = "small", "2021"
KEY = dg.AssetKey([STUDY, CELLS.asset])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """The small study and its delivery, to be run with Spark."""
    file = tmp_path / f"{STUDY}.yaml"
    file.write_text(STUDY_FILE)
    home = make_home(tmp_path / "a home, [new] é", file)
    home.raw(STUDY).joinpath(WAVE).mkdir(parents=True)
    (home.raw(STUDY) / WAVE / "export.csv").write_text(small_delivery())
    monkeypatch.setenv("SURVEY_HOME", str(home.root))
    monkeypatch.setenv("SURVEY_ENGINE", "spark")
    monkeypatch.setenv("SURVEY_MEMORY", "1GB")
    return home


def problems(home: Home) -> list[str]:
    outcomes = run(Bundled(home, load_study(home.study_file(STUDY)), None))  # type: ignore[arg-type]
    return [outcome.problem for outcome in outcomes]


@pytest.mark.filterwarnings("ignore:.*AssetExecutionContext.run_id", "ignore:.*PipesMessageReader")  # Dagster's own
def test_a_run_on_spark_tells_rows_and_logs_and_finds_the_same(home: Home, monkeypatch: pytest.MonkeyPatch):
    """30 of 40 users are content, 15 of 60 others: a ratio of 3."""
    assert problems(home) == [""]
    store = WaveStore(home, load_study(home.study_file(STUDY)), WAVE)
    cells = pq.read_table(store.existing(CELLS))
    assert cells.num_rows == 6  # two tiers, each alone and in two places
    assert [path.name for path in store.existing(CELLS).parent.iterdir() if "cells" in path.name] == ["cells.parquet"]
    with dagster_instance(home) as instance:
        record = instance.get_latest_materialization_event(KEY)
        assert record is not None
        metadata = record.asset_materialization.metadata
        assert metadata["dagster/row_count"].value == 6
        assert metadata["spark_rows"].value == {"part_1": 6}
        log = [entry.user_message for entry in instance.all_logs(record.run_id)]
    assert any(line.startswith("Spark 4") and "on local[" in line for line in log)
    assert "part_1: 1 of 1, 6 rows" in log
    ratio = rows_of(home, STUDY, "SELECT ratio FROM findings WHERE segment = 'all'")[1]
    assert ratio == [{"ratio": pytest.approx(3.0)}]
    monkeypatch.setenv("SURVEY_ENGINE", "duckdb")
    as_before = WaveStore(home, load_study(home.study_file(STUDY)), WAVE)
    assert as_before.path(CELLS) == store.path(CELLS)  # the version does not hang on the engine
    assert problems(home) == [""]
    assert pq.read_table(store.path(CELLS)).equals(cells)


def test_a_machine_without_java_sets_no_wave_aside(home: Home, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("JAVA_HOME", str(home.root))
    wave = problems(home)[0]
    assert "spark needs Java 17" in wave
    assert "SURVEY_ENGINE=duckdb" in wave
    assert WAVE not in read_ledger(home.ledger(STUDY)).waves
