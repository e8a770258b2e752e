"""The verdict on a wave, and publication of the waves that are admitted."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from pipeline import tables
from pipeline.alerts import Alert, alert
from pipeline.auditing import claim_parts, tell_changes
from pipeline.errata import add as add_errata
from pipeline.errata import cause_of, changed_rows
from pipeline.errors import SurveyError, listed
from pipeline.ledger import Admitted, Ledger, RunEntry, WaveEntry, published_waves, read_ledger, record
from pipeline.locking import held
from pipeline.publish.database import Content, publish
from pipeline.publish.written import recomputing_contents, written_for
from pipeline.replacing import replacing
from pipeline.settings import Home
from pipeline.standing import anchor_of, latest_delivery, missing_waves
from pipeline.store import WaveStore, arrow_rows, versions
from pipeline.study.loading import StudyFile
from pipeline.study.waves import Wave
from pipeline.trending import trend_parts
from pipeline.versions import code_digest, file_hash, hashed

KEPT = {t.name: t for t in (*tables.PUBLISHED, tables.RESPONSES, tables.WEIGHTS, tables.RESPONDENTS, tables.CELLS)}
CORE = (tables.RESPONDENTS, tables.RESPONSES, tables.WEIGHTS, tables.CELLS)


def admit(store: WaveStore, run_id: str, started_at: datetime | None) -> WaveEntry:
    """Makes the present version of a wave the one that is published; figures that change go to the errata."""
    waterfall = store.rows(tables.DISPOSITIONS)
    files, digest = latest_delivery(store)
    ledger = read_ledger(store.home.ledger(store.study_file.name))
    entry = ledger.waves.get(store.wave)
    before = entry.admitted if entry else None
    admitted = Admitted(
        version=version_of(store),
        tables=versions(store, _kept(store)),
        delivered=waterfall[0]["remaining"],
        analysed=waterfall[-1]["remaining"],
        fieldwork=_days(fieldwork_of(store)),
        at=_now(),
        files=files,
        sha256=digest,
        delivery=before.delivery + (before.sha256 != digest) if before else 1,
    )
    after = _judge(store, "admitted", "", run_id, started_at, admitted)
    if entry and before and before.version != admitted.version:
        made = next((run for run in reversed(ledger.runs) if run.version == before.version), None)
        cause = cause_of(made, _run(store, after, run_id, started_at), entry.anchor != after.anchor)
        add_errata(store.home.errata(store.study_file.name), _errata(store, before, admitted, cause, run_id))
    return after


def _errata(store: WaveStore, before: Admitted, after: Admitted, cause: str, run_id: str) -> list[dict[str, Any]]:
    old, new = (
        {name: store.path_of(tables.BY_NAME[name], version) for name, version in side.tables.items()}
        for side in (before, after)
    )
    old = {name: path for name, path in old.items() if path.is_file()}
    same = {"cause": cause, "old_version": before.version, "new_version": after.version, "run_id": run_id}
    return [row | same | {"changed_at": _moment(after.at)} for row in changed_rows(store.wave, old, new)]


def quarantine(store: WaveStore, reason: str, run_id: str, started_at: datetime | None) -> WaveEntry:
    """Sets a wave aside, and tells of it; what was admitted of it before stays published."""
    entry = _judge(store, "quarantined", reason, run_id, started_at, None)
    study, wave = store.study_file.name, store.wave
    alert(store.home, Alert(f"{study}/{wave}/{run_id}", "quarantined", study, wave, reason, run_id))
    return entry


def withdraw_missing(home: Home, study: str) -> list[str]:
    """Takes waves whose folder is gone out of what is published. Returns their names.

    Where the folder of the whole study is gone, nothing is withdrawn: that is a disk that is not there.
    """
    waves = missing_waves(home, study, read_ledger(home.ledger(study)))
    why = "its folder is gone from data/raw: put it back and run it again to publish it"
    for wave in waves:
        record(home.ledger(study), wave, lambda entry: WaveEntry("withdrawn", why, (), "", _now()), None)
    return waves


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
    anchor = anchor_of(store)

    def judge(before: WaveEntry | None) -> WaveEntry:
        why = reason
        if before and before.run_id == run_id and before.reason and reason:  # a second failure of the same run
            why = before.reason if reason in before.reason else f"{before.reason}\n{reason}"
        published = admitted or (before.admitted if before else None)
        return WaveEntry(status, why, files, digest, now, published, run_id, anchor)

    entry = judge(None)
    return record(store.home.ledger(store.study_file.name), store.wave, judge, _run(store, entry, run_id, started_at))


def _run(store: WaveStore, entry: WaveEntry, run_id: str, started_at: datetime | None) -> RunEntry:
    return RunEntry(
        run_id=run_id,
        wave=store.wave,
        outcome=entry.status,
        version=version_of(store),
        delivery_sha256=entry.sha256,
        study_file_sha256=file_hash(store.home.study_file(store.study_file.name)),
        code_version=code_digest(tuple(sorted({name for t in tables.ALL for name in t.code}))),
        started_at=started_at.astimezone(UTC).isoformat(timespec="seconds") if started_at else None,
        finished_at=entry.at,
    )


def version_of(store: WaveStore) -> str:
    """Version of the wave's tables; empty where a delivery that they hang on can't be named."""
    with suppress(SurveyError):
        return hashed(*versions(store, _kept(store)).values())
    return ""


def _kept(store: WaveStore) -> dict[str, tables.Table]:
    return {name: table for name, table in KEPT.items() if table.made_if(store.study)}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def fieldwork_of(store: WaveStore) -> tuple[date | None, date | None]:
    """First and last day of the wave's fieldwork: as declared, else of the first and last start of a record."""
    declared = store.study.waves.get(store.wave, Wave()).fieldwork
    if declared:
        return declared
    # From the statistics that every Parquet file holds of each group of its rows: no row is read.
    file = pq.ParquetFile(store.existing(tables.RESPONSES))
    at = file.schema_arrow.names.index("started_at")
    groups = [file.metadata.row_group(i).column(at).statistics for i in range(file.num_row_groups)]
    seen = [day for s in groups if s is not None and s.has_min_max for day in (s.min, s.max)]
    return (min(seen).date(), max(seen).date()) if seen else (None, None)


def _days(fieldwork: tuple[date | None, date | None]) -> tuple[str | None, str | None]:
    first, last = fieldwork
    return first.isoformat() if first else None, last.isoformat() if last else None


def publish_study(home: Home, study_file: StudyFile, run_id: str, tell: Callable[[str], None]) -> dict[str, int]:
    """Publishes the last admitted version of every wave. Returns the rows of each table."""
    name, study = study_file.name, study_file.study
    with held(home.locks(name) / "publication", f"the publication of {name}", run_id, tell):
        for wave in withdraw_missing(home, name):
            tell(f"wave {wave} is withdrawn: its folder is gone")
        shown = shown_state(home, name)
        ledger = read_ledger(home.ledger(name))
        published = published_waves(ledger)
        contents = []
        for table in (*tables.PUBLISHED, *CORE):
            parts = [
                WaveStore(home, study_file, wave).path_of(table, admitted.tables[table.name])
                for wave, admitted in published.items()
                if table.name in admitted.tables
            ]
            core = table in CORE
            columns = table.columns_for(study)
            contents.append(Content(table, columns, parts, schema="core" if core else "main", versioned=core))
        contents.append(_rows(tables.WAVES, wave_rows(ledger, study.synthetic)))
        contents.append(_rows(tables.RUNS, run_rows(ledger)))
        trends = trend_parts(home, study_file, published, ledger)
        contents.append(Content(tables.TRENDS, tables.TRENDS.columns_for(None), trends))
        claims = claim_parts(home, study_file, published)
        tell_changes(home, study_file, claims, run_id)
        contents.append(Content(tables.CLAIMS, tables.CLAIMS.columns_for(None), list(claims.values())))
        parts = [home.errata(name)] if home.errata(name).exists() else []
        contents.append(Content(tables.ERRATA, tables.ERRATA.columns_for(None), parts))
        contents += recomputing_contents(study, list(published))
        views = {table.name: f"core.{table.name}" for table in (tables.RESPONDENTS, tables.RESPONSES)}
        written, record = written_for(study), home.published_parts(name)
        counts = publish(home.database(name), contents, views, study.synthetic, written, record)
        with replacing(home.shown(name)) as partial:
            partial.write_text(shown)
        return counts


def shown_state(home: Home, study: str) -> str:
    """Hash of what a publication shows: the ledger. `Home.shown` holds that of the last one."""
    path = home.ledger(study)
    return file_hash(path) if path.exists() else ""


def _rows(table: tables.Table, rows: list[dict[str, Any]] | pd.DataFrame) -> Content:
    return Content(table, table.columns_for(None), rows=arrow_rows(rows, table.arrow_schema(None)))


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
        nothing = dict.fromkeys(("delivery", "delivered", "analysed", "fieldwork_first", "fieldwork_last"))
        return {"version": "", "files": "", "sha256": "", **nothing}
    return {
        "version": version.version,
        "files": ", ".join(version.files),
        "sha256": version.sha256,
        "delivery": version.delivery,
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
