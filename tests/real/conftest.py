"""Fixtures for tests on real exports, which are no part of the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.real.expected import DELIVERIES, REASON
from tests.real.running import run_study


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real exports."""
    if not os.environ.get("SURVEY_REAL_DATA"):
        pytest.skip(REASON)
    return Path(os.environ["SURVEY_REAL_DATA"])


@pytest.fixture(scope="session")
def published_tables(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Study: its published DuckDB file, made from its exports."""
    return {
        study: run_study(
            study, {w: real_data / export for w, export in exports.items()}, tmp_path_factory.mktemp(study)
        )
        for study, exports in DELIVERIES.items()
    }
