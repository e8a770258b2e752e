"""The bundled study run through Dagster, once a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assets.running import Outcome, known_waves, run_study
from tests.bundled import Bundled, delivered_home


def run(bundled: Bundled, wave: str | None = None) -> list[Outcome]:
    """Runs the study in this process as `survey run` does."""
    told: list[tuple[str, str]] = []
    waves = known_waves(bundled.home, bundled.study_file, wave)
    return run_study(bundled.home, bundled.study_file, waves, lambda kind, text: told.append((kind, text)))


@pytest.fixture(scope="session")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bundled]:
    """All three waves run and published. Tests must not change it."""
    with pytest.MonkeyPatch.context() as patch:
        made = delivered_home(tmp_path_factory.mktemp("bundled"))
        patch.setenv("SURVEY_HOME", str(made.home.root))
        patch.delenv("DAGSTER_HOME", raising=False)
        outcomes = run(made)
        assert [outcome.problem for outcome in outcomes] == ["", "", "", ""]
        yield made
