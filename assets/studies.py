"""Studies of this home as the assets see them: read anew in each run, remembered while the file is the same."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pipeline.settings import Home, home
from pipeline.store import WaveStore
from pipeline.study.loading import StudyFile, load_study
from pipeline.study.waves import check_wave_name


def study_names(where: Home) -> list[str]:
    """Names of the study files; companions such as x.claims.yaml are none."""
    return sorted(path.stem for path in where.studies.glob("*.yaml") if "." not in path.stem)


def read_study(study: str) -> StudyFile:
    """The study file as it stands now. Raises StudyFileError."""
    path = home().study_file(study)
    # Claims may stand in a file of any name beside it.
    stamps = sorted((file.name, file.stat().st_mtime_ns) for file in path.parent.glob("*.yaml"))
    return _read(path, tuple(stamps))


@lru_cache(maxsize=64)
def _read(path: Path, stamps: tuple[tuple[str, int], ...]) -> StudyFile:
    return load_study(path)


def open_store(study: str, wave: str) -> WaveStore:
    """The tables of a wave. Raises SurveyError for a wave name that is no folder name."""
    return WaveStore(home(), read_study(study), check_wave_name(wave))
