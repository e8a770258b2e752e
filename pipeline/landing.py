"""What has landed: deliveries that are whole and not judged yet, waves that are gone, tables that must be made anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline import tables
from pipeline.admission import shown_state, version_of
from pipeline.errors import SurveyError
from pipeline.ingest.files import files_in, sha256
from pipeline.ledger import Ledger, read_ledger
from pipeline.settings import Home
from pipeline.standing import anchor_of, latest_delivery, missing_waves, not_judged
from pipeline.store import WaveStore
from pipeline.study.loading import StudyFile
from pipeline.study.waves import is_wave_name
from pipeline.tables import Table
from pipeline.versions import HashCache, hashed

DONE = ".done"  # a file of this name, written after the data, says that a delivery is whole
LEDGER = "ledger of "  # before the study's name, what stands for its ledger among the stamps

Stamps = Mapping[str, str]


@dataclass(frozen=True)
class Due:
    """A wave to run. key: the same for the same bytes in the same standing, so that one run is asked for once."""

    wave: str
    why: str
    key: str


@dataclass(frozen=True)
class Landed:
    """What two looks at a study's folder found.

    due: waves to run. waiting: wave -> what it waits for. publish: a key, where the database does not show what the
    ledger holds or a wave is gone; else "".
    """

    due: tuple[Due, ...]
    waiting: Mapping[str, str]
    publish: str


def stamps(home: Home, study: str) -> dict[str, str]:
    """Wave folder -> names, sizes and times of its files, which change while a delivery is being written.

    Begins with `.done` where the marker is there and no file is newer; "" for a folder without files. The ledger
    stands among them with its hash.
    """
    found = {LEDGER + study: shown_state(home, study)}
    for wave in home.wave_folders(study):
        folder = home.raw(study) / wave
        try:
            seen = [(path.name, path.stat()) for path in files_in(folder)]
            done = folder / DONE
            whole = seen and done.exists() and all(s.st_mtime_ns <= done.stat().st_mtime_ns for _, s in seen)
        except (OSError, SurveyError):  # it is being moved, or can't be read: look again
            continue
        texts = [f"{name} {status.st_size} {status.st_mtime_ns}" for name, status in seen]
        found[wave] = "; ".join([DONE, *texts] if whole else texts)
    return found


def look(home: Home, study_file: StudyFile, now: Stamps, before: Stamps) -> Landed:
    """What is to be done. now, before: `stamps` of this look and of the one before it, empty where there was none.

    Raises SurveyError where the ledger is damaged.
    """
    study = study_file.name
    ledger = read_ledger(home.ledger(study))
    todo = {
        wave: how
        for wave, how in not_judged(home, study_file, ledger).items()
        if now.get(wave) or (wave in now and wave in ledger.waves)  # an empty folder is news where it was not empty
    }
    due, waiting = [], {}
    for wave, how in todo.items():
        store = WaveStore(home, study_file, wave)
        if not is_wave_name(wave):
            waiting[wave] = "a name that a wave can have"
        elif not (now[wave].startswith(DONE) or now[wave] == before.get(wave)):
            waiting[wave] = "its files to be whole"
        elif store.anchor_wave in todo:
            waiting[wave] = f"the baseline wave {store.anchor_wave}"
        else:
            due.append(Due(wave, how, _key(store, ledger)))
    return Landed(tuple(due), waiting, _publication(home, study, ledger, now, before))


def _key(store: WaveStore, ledger: Ledger) -> str:
    files, digest = latest_delivery(store)
    entry = ledger.waves.get(store.wave)
    standing = (entry.run_id, entry.at) if entry else ()
    return f"{store.study_file.name}/{store.wave}/{hashed(*files, digest, *standing, anchor_of(store))}"


def _publication(home: Home, study: str, ledger: Ledger, now: Stamps, before: Stamps) -> str:
    state = now[LEDGER + study]
    if state != before.get(LEDGER + study):  # a run may be about to publish it
        return ""
    gone = [wave for wave in missing_waves(home, study, ledger) if wave not in before]
    path = home.shown(study)
    shown = path.read_text() if path.exists() and home.database(study).exists() else ""
    return f"{study}/{state}/{' '.join(gone)}" if gone or state != shown else ""


def hash_anew(home: Home, study_file: StudyFile, wave: str) -> None:
    """Hashes the files of a delivery whatever is remembered of them. Raises SurveyError where it is not in order."""
    cache = HashCache(home.processed(study_file.name) / wave / "hashes.json")
    for file in WaveStore(home, study_file, wave).delivery():
        cache.put(file, sha256(file))


def stale_tables(home: Home, study_file: StudyFile, wave: str) -> tuple[Table, ...]:
    """Tables of a wave that are not there as they would follow now from delivery, study file and code, or are damaged.

    None for a wave that was set aside as it is now. Raises SurveyError where the delivery is not in order or the tiers
    wait for the baseline wave.
    """
    store = WaveStore(home, study_file, wave)
    ledger = read_ledger(home.ledger(study_file.name))
    version, entry = version_of(store), ledger.waves.get(wave)
    if entry and entry.status == "quarantined":
        judged = next((run for run in ledger.runs if (run.run_id, run.wave) == (entry.run_id, wave)), None)
        if judged and judged.version == version:
            return ()
    stale = [t for t in tables.made_for(study_file.study) if store.made(t) is None]
    admitted = entry.admitted if entry and entry.status == "admitted" else None
    if (stale or admitted is None or admitted.version != version) and tables.QUALITY_CHECKS not in stale:
        stale.append(tables.QUALITY_CHECKS)  # which admits it
    return tuple(stale)
