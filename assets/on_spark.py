"""Cells made on Spark, in a process of its own that Dagster Pipes starts, hears and logs."""

import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import dagster as dg
import pyarrow as pa
from dagster._core.errors import DagsterPipesExecutionError

from pipeline.cells import on_spark, slices
from pipeline.engine import Query
from pipeline.errors import SurveyError
from pipeline.settings import PROJECT, cells_engine
from pipeline.spark import Job, check_installed

LOG_LINES = 15  # of Spark's own log, told where it fails


def create_by_settings(query: Query, inputs: Mapping[str, Path], schema: pa.Schema, target: Path) -> int:
    """Writes cells as `engine.create` does, on the engine of the settings.

    Raises dg.Failure where settings or machine are wrong: no wave is set aside for that.
    """
    try:
        if cells_engine() == "spark":
            check_installed()
            return on_spark.create_cells(query, inputs, schema, target, through_pipes)
        return slices.create_cells(query, inputs, schema, target)
    except SurveyError as error:
        raise dg.Failure(str(error), allow_retries=False) from None


def through_pipes(job: Job) -> Mapping[str, int]:
    """Runs a job for the asset that is being made, whose metadata then has the rows that Spark reports.

    Returns the rows of each part. Raises SurveyError where Spark fails.
    """
    context = dg.AssetExecutionContext.get()
    with TemporaryDirectory(prefix="survey-spark-") as folder:
        log = Path(folder) / "spark.log"
        try:
            done = dg.PipesSubprocessClient(cwd=str(PROJECT)).run(
                context=context,
                command=[sys.executable, "-m", "assets.spark_process"],
                extras={"job": asdict(job), "log": str(log)},
            )
        except DagsterPipesExecutionError as error:
            raise SurveyError("Spark", str(error), its_log=_last_lines(log), do="docs/scale.md") from None
    rows: dict[str, int] = done.get_custom_messages()[-1]
    context.add_output_metadata({"spark_rows": dg.MetadataValue.json(rows)})
    return rows


def _last_lines(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join(lines[-LOG_LINES:])
