"""The verdict on a wave, and publication of the waves that are admitted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline import tables
from pipeline.errors import SurveyError, listed
from pipeline.ingest.files import files_in
from pipeline.ledger import Admitted, Ledger, RunEntry, WaveEntry, read_ledger, record
from pipeline.locking import held
from pipeline.publish.database import Content, publish
from pipeline.settings import Home
from pipeline.store import WaveStore, versions
from pipeline.study.loading import StudyFile
from pipeline.study.waves import Wave
from pipeline.versions import code_digest, hashed

KEPT = {t.name: t for t in (*tables.PUBLISHED, tables.RESPONSES, tables.RESPONDENTS, tables.CELLS)}
CORE = (tables.RESPONDENTS, tables.RESPONSES, tables.CELLS)


def admit(store: WaveStore, run_id: str, started_at: datetime | None) -> WaveEntry:
    """Makes the present version of a wave the one that is published."""
    found = versions(store, {name: table for name, table in KEPT.items() if table.made_if(store.study)})
    waterfall = store.rows(tables.DISPOSITIONS)
    files, digest = latest_delivery(store)
    admitted = Admitted(
        version=hashed(*found.values()),
        tables=found,
        delivered=waterfall[0]["remaining"],
        analysed=waterfall[-1]["remaining"],
        fieldwork=_fieldwork(store),
        at=_now(),
        files=files,
        sha256=digest,
    )
    return _judge(store, "admitted", "", run_id, started_at, admitted)


def quarantine(store: WaveStore, reason: str, run_id: str, started_at: datetime | None) -> WaveEntry:
    """Sets a wave aside; what was admitted of it before stays published."""
    return _judge(store, "quarantined", reason, run_id, started_at, None)


def _judge(
    store: WaveStore,
    status: str,
    reason: str,
    run_id: str,
    started_at: datetime | None,
    admitted: Admitted | None,
) -> WaveEntry:
    now = _now()
    files, digest = latest_delivery(store)

    def judge(before: WaveEntry | None) -> WaveEntry:
        why = reason
        if before and before.run_id == run_id and before.reason and reason:  # a second failure of the same run
            why = f"{before.reason}\n{reason}"
        published = admitted or (before.admitted if before else None)
        return WaveEntry(status, why, files, digest, now, published, run_id)

    run = RunEntry(
        run_id=run_id,
        wave=store.wave,
        outcome=status,
        version=_version(store),
        delivery_sha256=digest,
        study_file_sha256=hashlib.sha256(store.home.study_file(store.study_file.name).read_bytes()).hexdigest(),
        code_version=code_digest(tuple(sorted({name for t in tables.ALL for name in t.code}))),
        started_at=started_at.astimezone(UTC).isoformat(timespec="seconds") if started_at else None,
        finished_at=now,
    )
    return record(store.home.ledger(store.study_file.name), store.wave, judge, run)


def latest_delivery(store: WaveStore) -> tuple[tuple[str, ...], str]:
    """Names and hash of a wave's files as they lie there; no hash where they are not in order or can't be read."""
    files: list[Path] = []
    digest = ""
    with suppress(SurveyError):
        files = files_in(store.raw_folder)
        files = store.delivery()
        digest = store.delivery_digest()
    return tuple(file.name for file in files), digest


def _version(store: WaveStore) -> str:
    """Version of the wave's tables; empty where a delivery that they hang on can't be named."""
    with suppress(SurveyError):
        return hashed(*versions(store, KEPT).values())
    return ""


def not_judged(home: Home, study_file: StudyFile, ledger: Ledger) -> dict[str, str]:
    """Waves whose delivery no run has judged as it lies there, with how they stand."""
    found = {}
    for wave in home.wave_folders(study_file.name):
        entry = ledger.waves.get(wave)
        if entry is None:
            found[wave] = "not run"
        elif latest_delivery(WaveStore(home, study_file, wave)) != (entry.files, entry.sha256):
            found[wave] = "changed since its last run"
    return found


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _fieldwork(store: WaveStore) -> tuple[str | None, str | None]:
    declared = store.study.waves.get(store.wave, Wave()).fieldwork
    if declared:
        return declared[0].isoformat(), declared[1].isoformat()
    seen = [m for m in store.read(tables.RESPONSES).column("started_at").to_pylist() if m is not None]
    return (min(seen).date().isoformat(), max(seen).date().isoformat()) if seen else (None, None)


def publish_study(home: Home, study_file: StudyFile, run_id: str, tell: Callable[[str], None]) -> dict[str, int]:
    """Publishes the last admitted version of every wave. Returns the rows of each table."""
    name, study = study_file.name, study_file.study
    with held(home.locks(name) / "publication", f"the publication of {name}", run_id, tell):
        ledger = read_ledger(home.ledger(name))
        published = {wave: e.admitted for wave, e in sorted(ledger.waves.items()) if e.admitted}
        contents = []
        for table in (*tables.PUBLISHED, *CORE):
            parts = [
                WaveStore(home, study_file, wave).path_of(table, admitted.tables[table.name])
                for wave, admitted in published.items()
                if table.name in admitted.tables
            ]
            schema = "core" if table in CORE else "main"
            contents.append(Content(table, table.columns_for(study), parts, schema=schema))
        contents.append(_rows(tables.WAVES, wave_rows(ledger, study.synthetic)))
        contents.append(_rows(tables.RUNS, run_rows(ledger)))
        views = {table.name: f"core.{table.name}" for table in (tables.RESPONDENTS, tables.RESPONSES)}
        return publish(home.database(name), contents, views, study.synthetic)


def _rows(table: tables.Table, rows: list[dict[str, Any]]) -> Content:
    return Content(table, table.columns_for(None), rows=pa.Table.from_pylist(rows, schema=table.arrow_schema(None)))


def wave_rows(ledger: Ledger, synthetic: bool) -> list[dict[str, Any]]:
    """Rows of table `waves`."""
    return [
        {
            "wave": wave,
            "status": e.status,
            "reason": _reason(e),
            "latest_files": ", ".join(e.files),
            "latest_sha256": e.sha256,
            "judged_at": _moment(e.at),
            "published": e.admitted is not None,
            **_published(e.admitted),
            "synthetic": synthetic,
        }
        for wave, e in sorted(ledger.waves.items())
    ]


def _published(version: Admitted | None) -> dict[str, Any]:
    if version is None:
        nothing = dict.fromkeys(("delivered", "analysed", "fieldwork_first", "fieldwork_last"))
        return {"version": "", "files": "", "sha256": "", **nothing}
    return {
        "version": version.version,
        "files": ", ".join(version.files),
        "sha256": version.sha256,
        "delivered": version.delivered,
        "analysed": version.analysed,
        "fieldwork_first": _date(version.fieldwork[0]),
        "fieldwork_last": _date(version.fieldwork[1]),
    }


def _reason(entry: WaveEntry) -> str:
    if entry.status == "admitted" or not entry.admitted:
        return entry.reason
    source = f", from {listed(entry.admitted.files)}" if entry.admitted.files else ""
    return f"{entry.reason}\n  still published: what was admitted on {entry.admitted.at[:10]}{source}"


def run_rows(ledger: Ledger) -> list[dict[str, Any]]:
    """Rows of table `runs`."""
    return [
        {
            **{name: getattr(run, name) for name in tables.RUNS.key},
            "outcome": run.outcome,
            "version": run.version,
            "delivery_sha256": run.delivery_sha256,
            "study_file_sha256": run.study_file_sha256,
            "code_version": run.code_version,
            "started_at": _moment(run.started_at),
            "finished_at": _moment(run.finished_at),
        }
        for run in ledger.runs
    ]


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None) if text else None
