"""Everything that Dagster sees: for each study file its assets, checks and job."""

from __future__ import annotations

import dagster as dg

from assets.alerts import failure_sensor
from assets.building import asset_key, group_of, lock_name
from assets.claims import claims_asset
from assets.core import core_assets
from assets.findings import finding_assets
from assets.landing import landing_sensor, nightly_schedule
from assets.locks import wave_lock
from assets.maturity import maturity_assets
from assets.published import database_asset, editions_asset
from assets.raw import raw_assets
from assets.robustness import robustness_assets
from assets.studies import read_study, study_names
from assets.waves import job_name
from pipeline.errors import SurveyError
from pipeline.settings import home
from pipeline.study.loading import StudyFile
from pipeline.tables import made_for


def study_assets(study_file: StudyFile) -> list[dg.AssetsDefinition]:
    """All assets of a study."""
    made = {asset_key(study_file.name, table) for table in made_for(study_file.study)}
    by_wave = [
        *raw_assets(study_file),
        *core_assets(study_file),
        *finding_assets(study_file),
        *robustness_assets(study_file),
        *maturity_assets(study_file),
    ]
    claims = [claims_asset(study_file)] if study_file.study.claim_set.claims else []
    return [
        *(asset for asset in by_wave if asset.key in made),
        *claims,
        database_asset(study_file),
        editions_asset(study_file),
    ]


def study_job(study: str) -> dg.UnresolvedAssetJobDefinition:
    """One job for the whole study; run for a wave, it ends with the published database."""
    groups = dg.AssetSelection.groups(*(group_of(study, layer) for layer in ("raw", "core", "out")))
    return dg.define_asset_job(job_name(study), selection=groups, description=f"{study}, from delivery to database")


def broken_study(study: str, error: SurveyError) -> dg.AssetsDefinition:
    """Stands for a study file that can't be used, with the reason, so that the other studies work."""

    @dg.asset(
        key=[study, "study_file"],
        group_name=group_of(study, "raw"),
        description=f"**The study file can't be used.**\n\n```\n{error}\n```",
        kinds={"yaml"},
    )
    def study_file() -> None:
        read_study(study)
        raise dg.Failure("the study file is in order now: reload the definitions", allow_retries=False)

    return study_file


def study_definitions(study_file: StudyFile, job: dg.UnresolvedAssetJobDefinition) -> dg.Definitions:
    """Definitions of one study alone, with its job."""
    return dg.Definitions(
        assets=study_assets(study_file),
        jobs=[job],
        resources={lock_name(study_file.name): wave_lock(study_file.name)},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Definitions of every study file in this home."""
    found, jobs = [], {}
    for study in study_names(home()):
        try:
            job = study_job(study)
            found.append(study_definitions(read_study(study), job))
            jobs[study] = job
        except SurveyError as error:
            found.append(dg.Definitions(assets=[broken_study(study, error)]))
    if jobs:
        sensors = [landing_sensor(jobs), failure_sensor({job_name(study): study for study in jobs})]
        found.append(dg.Definitions(sensors=sensors, schedules=list(map(nightly_schedule, jobs))))
    return dg.Definitions.merge(*found)
