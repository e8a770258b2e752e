"""Runs of a study from the command line: the same assets as in the UI, with the same history."""

from __future__ import annotations

import importlib
import logging
import os
import socket
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import dagster as dg
import yaml
from dagster._core.instance.ref import InstanceRef

from assets.definitions import study_definitions, study_job
from assets.healing import HOST, PROCESS, end_orphans
from assets.landing import SETTLED_SECONDS
from assets.published import publication
from assets.studies import study_names
from assets.waves import job_name, waves_of
from pipeline.errors import SurveyError
from pipeline.landing import stale_tables
from pipeline.ledger import read_ledger
from pipeline.locking import held
from pipeline.settings import Home
from pipeline.standing import since_judged
from pipeline.study.loading import StudyFile
from pipeline.study.waves import check_wave_name, is_wave_name

QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
NOT_RUN = "Dependencies for step"  # Dagster names each step that a failure stops; the failure itself is told
INTERRUPTS = ("KeyboardInterrupt", "DagsterExecutionInterruptedError", "InterruptException")
RUNS = Path("history", "runs")  # where Dagster keeps the events of runs in its folder
TEMPLATE = Path(__file__).with_name("dagster.yaml")


@dataclass(frozen=True)
class Outcome:
    """How a run ended. problem: what the analyst has to know, "" where it went well."""

    run_id: str
    wave: str | None
    problem: str


def dagster_instance(home: Home) -> dg.DagsterInstance:
    """Dagster's history in this home; made, with its settings, where there is none yet."""
    folder = dagster_home(home)
    with held(folder / ".lock", "Dagster's history", "start"):  # two processes would both make its tables
        return dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(folder), overrides=_kept_open(folder)))


def _kept_open(folder: Path) -> dict[str, Any]:
    """Where the history lies in Dagster's own SQLite files, as it does unless dagster.yaml says otherwise."""
    settings = yaml.safe_load((folder / "dagster.yaml").read_text()) or {}
    if {"storage", "event_log_storage", "instance_class"} & settings.keys():
        return {}
    history = {"module": "assets.history", "class": "SqliteHistory", "config": {"base_dir": str(folder / RUNS)}}
    return {"event_log_storage": history}


def dagster_home(home: Home) -> Path:
    """The folder of Dagster's history, with a dagster.yaml."""
    folder = home.dagster.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    settings = folder / "dagster.yaml"
    if not settings.exists():
        settings.write_text(TEMPLATE.read_text())
    return folder


def register_waves(instance: dg.DagsterInstance, study: str, waves: Sequence[str]) -> None:
    """Makes waves known to Dagster. Raises SurveyError for a name that is no folder name."""
    names = [check_wave_name(wave) for wave in waves]
    instance.add_dynamic_partitions(waves_of(study).name or "", names)


def register_all(home: Home) -> None:
    """Makes every wave that has a folder known to Dagster, for all studies of this home, before the server starts."""
    with dagster_instance(home) as instance:
        end_orphans(instance, home, {job_name(study): study for study in study_names(home)})
        for study in study_names(home):
            register_waves(instance, study, [wave for wave in home.wave_folders(study) if is_wave_name(wave)])


def run_study(
    home: Home, study_file: StudyFile, waves: Sequence[str], told: Callable[[str, str], None]
) -> list[Outcome]:
    """Runs every wave in which anything changed, the baseline first, then publishes what is admitted.

    One wave alone is run and published in one run. told: is called with ("step", asset) when an asset begins, ("kept",
    number of its assets) for a wave that is as it was, and ("log", text) for what the run has to say. Raises
    KeyboardInterrupt where a wave is interrupted: no other is run then, and nothing is published.
    """
    with dagster_instance(home) as instance:
        end_orphans(instance, home, {job_name(study_file.name): study_file.name}, SETTLED_SECONDS)
        register_waves(instance, study_file.name, waves)
        definitions = study_definitions(study_file, study_job(study_file.name))
        job = definitions.resolve_job_def(job_name(study_file.name))
        last = publication(study_file)
        everything = list(job.asset_layer.executable_asset_keys)
        of_waves = [key for key in everything if key not in last]
        known = set.intersection(*(instance.get_materialized_partitions(key) for key in of_waves))

        def kept(wave: str) -> bool:
            found = wave in known and _as_it_was(home, study_file, wave)
            if found:
                told("kept", str(len(of_waves)))
            return found

        outcomes = []
        for wave in sorted(waves, key=lambda wave: (wave != study_file.study.baseline, wave)):
            if kept(wave):
                continue
            Thread(target=_import_ahead, daemon=True).start()
            outcomes.append(_run(job, instance, everything if len(waves) == 1 else of_waves, wave, told))
            if len(waves) == 1 and not outcomes[0].problem:
                return outcomes
        # a wave that is set aside is published as such
        return [*outcomes, _run(job, instance, last, None, told)]


def _as_it_was(home: Home, study_file: StudyFile, wave: str) -> bool:
    """Whether a wave is admitted and a run would make nothing and find nothing else."""
    try:
        ledger = read_ledger(home.ledger(study_file.name))
        stale = stale_tables(home, study_file, wave)
    except SurveyError:  # of which the run says more
        return False
    entry = ledger.waves.get(wave)
    admitted = entry is not None and entry.status == "admitted"
    return admitted and not stale and not since_judged(home, study_file, ledger, wave)


def _import_ahead() -> None:
    """Loads what only the findings need, most of a second, while the steps before them run."""
    importlib.import_module("statsmodels.stats.multitest")


def _run(
    job: dg.JobDefinition,
    instance: dg.DagsterInstance,
    assets: Sequence[dg.AssetKey],
    wave: str | None,
    told: Callable[[str, str], None],
) -> Outcome:
    run_id = str(uuid.uuid4())

    def hear(entry: dg.EventLogEntry) -> None:
        event = entry.dagster_event
        if event is None and int(entry.level) >= logging.WARNING and not entry.user_message.startswith(NOT_RUN):
            told("log", entry.user_message)
        elif event is not None and event.event_type == dg.DagsterEventType.STEP_START:
            told("step", (event.step_key or "").split("__", 1)[-1])

    instance.add_event_listener(run_id, hear)
    result = job.execute_in_process(
        partition_key=wave,
        instance=instance,
        run_id=run_id,
        run_config=QUIET,
        raise_on_error=False,
        asset_selection=list(assets),
        tags={PROCESS: str(os.getpid()), HOST: socket.gethostname()},
    )
    if not result.success and _interrupted(result):
        raise KeyboardInterrupt
    return Outcome(run_id, wave, "" if result.success else _problem(result))


def _interrupted(result: dg.ExecuteInProcessResult) -> bool:
    """Whether Ctrl+C ended a step, wherever it met it: in Python, in Dagster, or in a query of DuckDB."""
    found = map(_first, _step_errors(result))
    return any(error.cls_name in INTERRUPTS or "Query interrupted" in error.message for error in found)


def _problem(result: dg.ExecuteInProcessResult) -> str:
    grave = [c.metadata["why"].value for c in result.get_asset_check_evaluations() if "why" in c.metadata]
    if grave:
        return "\n".join(map(str, grave))
    errors = _step_errors(result)
    run_failure = None if errors else result.get_run_failure_event().job_failure_data.error
    return "\n".join(dict.fromkeys(_root(error) for error in [*errors, run_failure] if error))


def _step_errors(result: dg.ExecuteInProcessResult) -> list[dg.SerializableErrorInfo]:
    errors = [e.step_failure_data.error for e in result.get_step_failure_events()]
    return [error for error in errors if error]


def _first(error: dg.SerializableErrorInfo) -> dg.SerializableErrorInfo:
    """What an error came from."""
    while error.cause is not None:
        error = error.cause
    return error


def _root(error: dg.SerializableErrorInfo) -> str:
    text = _first(error).message.strip()
    return text.split("Failure: ", 1)[-1] if "Failure: " in text else text


def known_waves(home: Home, study_file: StudyFile, wave: str | None) -> list[str]:
    """The waves to run: the named one, or all that have a folder. Raises SurveyError where there is none."""
    folders = home.wave_folders(study_file.name)
    if wave is None:
        if not folders:
            raise SurveyError(
                str(home.raw(study_file.name)), "no wave is delivered yet", do=f"survey add {study_file.name} WAVE FILE"
            )
        return folders
    check_wave_name(wave)
    if wave not in folders:
        raise SurveyError(
            f"{study_file.name}, wave {wave}", "there is no such wave folder", found=", ".join(folders) or "no waves",
            do=f"survey add {study_file.name} {wave} FILE",
        )  # fmt: skip
    return [wave]
