"""How the waves of a study stand, without opening a table: what lies there, and whether a run has judged it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from pipeline.errors import SurveyError
from pipeline.ingest.files import files_in
from pipeline.ledger import Ledger
from pipeline.settings import Home
from pipeline.store import WaveStore
from pipeline.study.written import StudyFile


def not_judged(home: Home, study_file: StudyFile, ledger: Ledger) -> dict[str, str]:
    """Waves whose delivery no run has judged as it lies there, with how they stand."""
    stand = {wave: since_judged(home, study_file, ledger, wave) for wave in home.wave_folders(study_file.name)}
    return {wave: how for wave, how in stand.items() if how}


def since_judged(home: Home, study_file: StudyFile, ledger: Ledger, wave: str) -> str:
    """How a wave stands whose delivery no run has judged as it lies there; else ""."""
    entry = ledger.waves.get(wave)
    if entry is None or entry.status == "withdrawn":
        return "not run"
    store = WaveStore(home, study_file, wave)
    if latest_delivery(store) != (entry.files, entry.sha256):
        return "changed since its last run"
    anchor = anchor_of(store)
    return "the cuts of its tiers changed since its last run" if anchor and anchor != entry.anchor else ""


def anchor_of(store: WaveStore) -> str:
    """What the cuts of the tiers hang on in another wave; "" for none, or none that is admitted."""
    with suppress(SurveyError):
        return store.anchor()
    return ""


def latest_delivery(store: WaveStore) -> tuple[tuple[str, ...], str]:
    """Names and hash of a wave's files as they lie there; no hash where they are not in order or can't be read."""
    files: list[Path] = []
    digest = ""
    with suppress(SurveyError):
        files = files_in(store.raw_folder)
        files = store.delivery()
        digest = store.delivery_digest()
    return tuple(file.name for file in files), digest


def missing_waves(home: Home, study: str, ledger: Ledger) -> list[str]:
    """Waves that were judged and not withdrawn, and have no folder any more."""
    if not home.raw(study).is_dir():
        return []
    there = set(home.wave_folders(study))
    return [wave for wave, entry in ledger.waves.items() if entry.status != "withdrawn" and wave not in there]
