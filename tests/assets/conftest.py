"""How the bundled study is run through Dagster."""

from __future__ import annotations

from assets.running import Outcome, known_waves, run_study
from tests.bundled import Bundled


def run(bundled: Bundled, wave: str | None = None) -> list[Outcome]:
    """Runs the study in this process as `survey run` does."""
    told: list[tuple[str, str]] = []
    waves = known_waves(bundled.home, bundled.study_file, wave)
    return run_study(bundled.home, bundled.study_file, waves, lambda kind, text: told.append((kind, text)))
