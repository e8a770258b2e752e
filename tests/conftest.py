"""What all tests share."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see no home and no Dagster history of the person who runs them."""
    for name in (
        "SURVEY_HOME", "DAGSTER_HOME", "SURVEY_THREADS", "SURVEY_MEMORY", "SURVEY_WAIT_SECONDS", "SURVEY_ENGINE",
        "SURVEY_SPARK_MASTER", "SURVEY_SPARK_DATA",
    ):  # fmt: skip
        monkeypatch.delenv(name, raising=False)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where nothing may be missing (SURVEY_NO_SKIPS), a skipped test fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("SURVEY_NO_SKIPS") and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
