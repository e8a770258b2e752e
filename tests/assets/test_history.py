"""Dagster's history with connections that stay open: the same files, for this project and for Dagster itself."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from assets.history import KEPT_OPEN, SqliteHistory
from assets.running import dagster_home, dagster_instance
from pipeline.settings import Home

KEY = dg.AssetKey("survey")


@dg.asset(key=KEY)
def measured() -> dg.MaterializeResult:
    return dg.MaterializeResult(metadata={"rows": 7})


def rows_told(instance: dg.DagsterInstance) -> list[object]:
    told = instance.fetch_materializations(KEY, limit=20).records
    return [record.asset_materialization and record.asset_materialization.metadata["rows"].value for record in told]


@pytest.mark.parametrize("first", ["ours", "Dagster's"])
def test_either_storage_reads_what_the_other_wrote(tmp_path: Path, first: str):
    home = Home(tmp_path)
    folder = str(dagster_home(home))
    opened = [lambda: dagster_instance(home), lambda: dg.DagsterInstance.from_config(folder)]
    for count, opening in enumerate(opened if first == "ours" else reversed(opened), start=1):
        with opening() as instance:
            assert dg.materialize([measured], instance=instance).success
            assert rows_told(instance) == [7] * count
            assert len(instance.get_runs()) == count
    for opening in opened:
        with opening() as instance:
            logs = [instance.all_logs(run.run_id) for run in instance.get_runs()]
            assert len(logs) == 2
            for log in logs:
                kinds = {entry.dagster_event.event_type for entry in log if entry.dagster_event}
                assert {dg.DagsterEventType.RUN_SUCCESS, dg.DagsterEventType.ASSET_MATERIALIZATION} <= kinds


def test_more_runs_than_stay_open(tmp_path: Path):
    with dagster_instance(Home(tmp_path)) as instance:
        assert isinstance(instance.event_log_storage, SqliteHistory)
        for _ in range(KEPT_OPEN + 2):
            assert dg.materialize([measured], instance=instance).success
        assert rows_told(instance) == [7] * (KEPT_OPEN + 2)
        assert [len(instance.all_logs(run.run_id)) > 3 for run in instance.get_runs()] == [True] * (KEPT_OPEN + 2)


def test_settings_of_the_house_come_first(tmp_path: Path):
    home = Home(tmp_path)
    settings = dagster_home(home) / "dagster.yaml"
    settings.write_text(settings.read_text() + f"\nstorage: {{sqlite: {{base_dir: {tmp_path / 'elsewhere'}}}}}\n")
    with dagster_instance(home) as instance:
        assert not isinstance(instance.event_log_storage, SqliteHistory)
    assert list((tmp_path / "elsewhere").rglob("*.db"))
