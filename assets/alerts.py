"""Runs that fail without a verdict on their wave are told of, too."""

import dagster as dg

from pipeline.alerts import Alert, alert
from pipeline.settings import home


def failure_sensor(jobs: dict[str, str]) -> dg.SensorDefinition:
    """Alerts of every failed run, unless the quarantine of its wave already was told. jobs: job -> study."""

    @dg.run_failure_sensor(
        name="failures",
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="One message for each failed run: to the log, to data/processed/<study>/alerts.jsonl, and to the"
        " webhook of SURVEY_WEBHOOK.",
    )
    def failures(context: dg.RunFailureSensorContext) -> None:
        run = context.dagster_run
        study = jobs.get(run.job_name)
        if study is not None:
            wave = run.tags.get("dagster/partition", "")
            text = context.failure_event.message or "see the run in Dagster"
            alert(home(), Alert(f"{study}/{wave}/{run.run_id}", "failed", study, wave, text, run.run_id))

    return failures
