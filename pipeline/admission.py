"""The verdict on a wave, and publication of the waves that are admitted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa

from pipeline import tables
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
    found = versions(store, KEPT)
    waterfall = store.rows(tables.DISPOSITIONS)
    now = _now()
    admitted = Admitted(
        version=hashed(*found.values()),
        tables=found,
        delivered=waterfall[0]["remaining"],
        analysed=waterfall[-1]["remaining"],
        fieldwork=_fieldwork(store),
        at=now,
    )
    return _judge(store, "admitted", "", run_id, started_at, lambda entry: replace(entry, admitted=admitted))


def quarantine(store: WaveStore, reason: str, run_id: str, started_at: datetime | None) -> WaveEntry:
    """Sets a wave aside; what was admitted of it before stays published."""
    return _judge(store, "quarantined", reason, run_id, started_at, lambda entry: entry)


def _judge(
    store: WaveStore,
    status: str,
    reason: str,
    run_id: str,
    started_at: datetime | None,
    finish: Callable[[WaveEntry], WaveEntry],
) -> WaveEntry:
    now = _now()
    files = store.delivery()
    digest = store.delivery_digest()

    def judge(before: WaveEntry | None) -> WaveEntry:
        why = reason
        if before and before.run_id == run_id and before.reason and reason:  # a second failure of the same run
            why = f"{before.reason}; {reason}"
        entry = WaveEntry(status, why, tuple(f.name for f in files), digest, now, run_id=run_id)
        return finish(replace(entry, admitted=before.admitted if before else None))

    run = RunEntry(
        run_id=run_id,
        wave=store.wave,
        outcome=status,
        version=hashed(*versions(store, KEPT).values()),
        delivery_sha256=digest,
        study_file_sha256=hashlib.sha256(store.home.study_file(store.study_file.name).read_bytes()).hexdigest(),
        code_version=code_digest(tuple(sorted({name for t in tables.ALL for name in t.code}))),
        started_at=started_at.astimezone(UTC).isoformat(timespec="seconds") if started_at else None,
        finished_at=now,
    )
    return record(store.home.ledger(store.study_file.name), store.wave, judge, run)


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
            "reason": e.reason,
            "published": e.admitted is not None,
            "version": e.admitted.version if e.admitted else "",
            "files": ", ".join(e.files),
            "sha256": e.sha256,
            "delivered": e.admitted.delivered if e.admitted else None,
            "analysed": e.admitted.analysed if e.admitted else None,
            "fieldwork_first": _date(e.admitted.fieldwork[0]) if e.admitted else None,
            "fieldwork_last": _date(e.admitted.fieldwork[1]) if e.admitted else None,
            "synthetic": synthetic,
            "judged_at": _moment(e.at),
        }
        for wave, e in sorted(ledger.waves.items())
    ]


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
