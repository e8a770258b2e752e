"""Waves run by themselves: a sensor that watches the wave folders, and a schedule that verifies everything nightly."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

import dagster as dg

from assets.building import asset_key
from assets.healing import end_orphans
from assets.published import publication
from assets.studies import read_study
from assets.waves import job_name, waves_of
from pipeline.errors import SurveyError, listed
from pipeline.landing import Landed, hash_anew, look, stale_tables, stamps
from pipeline.settings import home
from pipeline.study.loading import StudyFile
from pipeline.study.waves import is_wave_name

SECONDS = 15  # between two looks
SETTLED_SECONDS = 120  # after which a run surely holds the lock of its wave
WHY = "survey/why"


def landing_sensor(jobs: Mapping[str, dg.UnresolvedAssetJobDefinition]) -> dg.SensorDefinition:
    """Requests one run for each delivery that is whole and new, corrected, or hangs on a corrected baseline wave.

    jobs: study -> its job.
    """

    @dg.sensor(
        name="landing",
        jobs=list(jobs.values()),
        minimum_interval_seconds=SECONDS,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Watches data/raw/<study>/<wave>/ of every study. A delivery is whole when its files are the same"
        " in two looks, or when a file .done lies beside them.",
    )
    def landing(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        end_orphans(context.instance, home(), {job_name(study): study for study in jobs}, SETTLED_SECONDS)
        before = json.loads(context.cursor or "{}")
        seen: dict[str, dict[str, str]] = {}
        requests: list[dg.RunRequest] = []
        remarks: list[str] = []
        for study in jobs:
            try:
                seen[study] = stamps(home(), study)
                found = look(home(), read_study(study), seen[study], before.get(study, {}))
            except SurveyError as error:
                remarks.append(str(error))
                continue
            remarks += [f"{study}, wave {wave}, waits for {what}" for wave, what in found.waiting.items()]
            requests += _requests(read_study(study), found)
            _register(context.instance, study, [due.wave for due in found.due])
        reason = "\n".join(remarks) or "nothing has landed"
        return dg.SensorResult(
            run_requests=requests,
            skip_reason=None if requests else dg.SkipReason(reason),
            cursor=json.dumps(seen),
        )

    return landing


def _register(instance: dg.DagsterInstance, study: str, waves: Sequence[str]) -> None:
    """Makes waves known to Dagster, which else refuses a request for them."""
    instance.add_dynamic_partitions(waves_of(study).name or "", waves)


def _requests(study_file: StudyFile, found: Landed) -> Iterator[dg.RunRequest]:
    job = job_name(study_file.name)
    for due in found.due:
        yield dg.RunRequest(run_key=due.key, job_name=job, partition_key=due.wave, tags={WHY: due.why})
    if found.publish:
        why = {WHY: "the database does not show the waves as they are"}
        yield dg.RunRequest(run_key=found.publish, job_name=job, asset_selection=publication(study_file), tags=why)


def nightly_schedule(study: str) -> dg.ScheduleDefinition:
    """Verifies a study's deliveries and tables, and requests runs for exactly those that are stale or damaged."""

    @dg.schedule(
        name=f"{job_name(study)}_nightly",
        job_name=job_name(study),
        cron_schedule="0 3 * * *",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Hashes every delivery of {study} anew and makes again what a change of the study file, of the"
        " software or of a file touches, and nothing else.",
    )
    def nightly(context: dg.ScheduleEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        study_file = read_study(study)
        night = context.scheduled_execution_time.date().isoformat()
        remarks, requested = [], False
        for wave in filter(is_wave_name, home().wave_folders(study)):
            try:
                hash_anew(home(), study_file, wave)
                stale = stale_tables(home(), study_file, wave)
            except SurveyError as error:
                remarks.append(str(error))
                continue
            if stale:
                requested = True
                _register(context.instance, study, [wave])
                yield dg.RunRequest(
                    run_key=f"{study}/{wave}/{night}",
                    partition_key=wave,
                    asset_selection=[*(asset_key(study, table) for table in stale), *publication(study_file)],
                    tags={WHY: f"nightly: {listed(table.name for table in stale)}"},
                )
        if not requested:
            yield dg.SkipReason("\n".join(remarks) or "everything is as it should be")

    return nightly
