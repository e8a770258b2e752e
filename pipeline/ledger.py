"""Which version of each wave is admitted, and the runs that led there: a small file, written whole."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from pipeline.errors import SurveyError
from pipeline.replacing import replacing


@dataclass(frozen=True)
class Admitted:
    """A version of a wave that is published. tables: version of each table. delivered, analysed: counts.

    files, sha256: the delivery that it was made from. delivery: its number, 2 where the first was corrected.
    """

    version: str
    tables: dict[str, str]
    delivered: int
    analysed: int
    fieldwork: tuple[str | None, str | None]
    at: str
    files: tuple[str, ...] = ()
    sha256: str = ""
    delivery: int = 1


@dataclass(frozen=True)
class WaveEntry:
    """How a wave stands: the verdict on its latest delivery, and what is published of it, which may be older.

    sha256: empty where the delivery could not be named or read. anchor: version of what the cuts of the tiers were
    taken from in another wave; empty where there was none.
    """

    status: str
    reason: str
    files: tuple[str, ...]
    sha256: str
    at: str
    admitted: Admitted | None = None
    run_id: str = ""
    anchor: str = ""


@dataclass(frozen=True)
class RunEntry:
    """One run that ended with a verdict on a wave. Times are UTC, ISO 8601."""

    run_id: str
    wave: str
    outcome: str
    version: str
    delivery_sha256: str
    study_file_sha256: str
    code_version: str
    started_at: str | None
    finished_at: str


@dataclass(frozen=True)
class Ledger:
    waves: dict[str, WaveEntry] = field(default_factory=dict)
    runs: tuple[RunEntry, ...] = ()


def read_ledger(path: Path) -> Ledger:
    """The ledger, empty where there is none yet. Raises SurveyError where the file is damaged."""
    try:
        raw = json.loads(path.read_text())
    except FileNotFoundError:
        return Ledger()
    except (OSError, ValueError) as error:
        raise SurveyError(
            str(path), f"cannot be read: {error}", do="restore it, or delete it and run every wave again"
        ) from error
    return Ledger(
        {name: _wave(entry) for name, entry in raw["waves"].items()}, tuple(RunEntry(**run) for run in raw["runs"])
    )


def _wave(raw: dict[str, Any]) -> WaveEntry:
    admitted = raw.pop("admitted")
    return WaveEntry(**_frozen(raw), admitted=Admitted(**_frozen(admitted)) if admitted else None)


def _frozen(raw: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in raw.items()}


def record(path: Path, wave: str, judge: Callable[[WaveEntry | None], WaveEntry], run: RunEntry | None) -> WaveEntry:
    """Changes one wave's entry and adds the run, while no other process does. Returns the new entry.

    judge: the entry before, or None -> the entry after.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with alone(path.with_suffix(".lock")):
        ledger = read_ledger(path)
        entry = judge(ledger.waves.get(wave))
        others = tuple(r for r in ledger.runs if run is None or (r.run_id, r.wave) != (run.run_id, run.wave))
        runs = (*others, run) if run else others
        after = replace(ledger, waves=ledger.waves | {wave: entry}, runs=runs)
        with replacing(path) as partial:
            partial.write_text(json.dumps(asdict(after), indent=1))
    return entry


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Waits until no other process is in a block with this lock file."""
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def published_waves(ledger: Ledger) -> dict[str, Admitted]:
    """The version of each wave that is published, in order."""
    return {wave: entry.admitted for wave, entry in sorted(ledger.waves.items()) if entry.admitted}
