"""What all tests share."""

from __future__ import annotations

import os
import pickle

import pytest
from filelock import FileLock

from tests.bundled import Bundled, delivered_home


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see no home and no Dagster history of the person who runs them."""
    for name in (
        "SURVEY_HOME", "DAGSTER_HOME", "SURVEY_THREADS", "SURVEY_MEMORY", "SURVEY_WAIT_SECONDS", "SURVEY_ENGINE",
        "SURVEY_SPARK_MASTER", "SURVEY_SPARK_DATA",
    ):  # fmt: skip
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def bundled(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Bundled:
    """The bundled study with all three waves run and published, once for all processes that run tests.

    Tests must not change it.
    """
    base = tmp_path_factory.getbasetemp()
    shared = (base if worker_id == "master" else base.parent) / "bundled"
    with FileLock(f"{shared}.lock"):
        made = shared / "made.pickle"
        if not made.is_file():
            shared.mkdir()
            found = delivered_home(shared)
            run_all(found)
            made.write_bytes(pickle.dumps(found))
    return pickle.loads(made.read_bytes())


def run_all(bundled: Bundled) -> None:
    """Runs every wave in this process as `survey run` does."""
    from assets.running import known_waves, run_study

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SURVEY_HOME", str(bundled.home.root))
        patch.delenv("DAGSTER_HOME", raising=False)
        waves = known_waves(bundled.home, bundled.study_file, None)
        outcomes = run_study(bundled.home, bundled.study_file, waves, lambda kind, text: None)
        assert [outcome.problem for outcome in outcomes] == ["", "", "", ""]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where nothing may be missing (SURVEY_NO_SKIPS), a skipped test fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("SURVEY_NO_SKIPS") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
