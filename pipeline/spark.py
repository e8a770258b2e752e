"""Runs queries of sql/ on Spark, over Parquet that it finds and into Parquet that this machine finds. No Dagster."""

from __future__ import annotations

import importlib.util
import os
import shutil
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.engine import Dialect, Query, literal, render
from pipeline.errors import SurveyError
from pipeline.settings import memory_megabytes, spark_address, spark_master

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SPLIT_BYTES = 16 * 2**20  # what one task reads of a file; by Spark's own 128 MB a small file keeps one core busy


def _name(name: str) -> str:
    return "`" + str(name).replace("`", "``") + "`"


def _value(value: Any) -> str:
    return literal(value).replace("\\", "\\\\")  # Spark reads backslashes in a text as the start of a sign


SPARK = Dialect(_name, _value)


@dataclass(frozen=True)
class Job:
    """Queries for a process of their own; `asdict` of it is JSON.

    inputs: address of a Parquet file by the name of its view. parts: SQL text by name. folder: address of the folder
    in which each part's rows become a folder of Parquet files.
    """

    master: str
    memory_megabytes: int
    inputs: Mapping[str, str]
    parts: Mapping[str, str]
    folder: str


def names_of(queries: Sequence[Query]) -> list[str]:
    """Names of the parts of a job."""
    return [f"part_{i}" for i in range(1, len(queries) + 1)]


def job_of(queries: Sequence[Query], inputs: Mapping[str, Path], folder: Path) -> Job:
    """The job that runs queries with the settings of this process."""
    return Job(
        master=spark_master(),
        memory_megabytes=memory_megabytes(),
        inputs={name: spark_address(path) for name, path in inputs.items()},
        parts={name: render(query, SPARK) for name, query in zip(names_of(queries), queries, strict=True)},
        folder=spark_address(folder),
    )


def check_installed() -> None:
    """Raises SurveyError where PySpark or Java is missing."""
    instead = "or SURVEY_ENGINE=duckdb"
    if importlib.util.find_spec("pyspark") is None:
        raise SurveyError("SURVEY_ENGINE", "spark needs PySpark, which is not installed",
                          do=f"uv sync --extra spark, or pip install 'survey-pipeline[spark]', {instead}")  # fmt: skip
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java", path=str(Path(home) / "bin") if home else None) is None:
        raise SurveyError(
            "SURVEY_ENGINE", "spark needs Java 17 or later, which is not found",
            found=f"no bin/java in JAVA_HOME, {home}" if home else "no java on the PATH, no JAVA_HOME",
            do=f"apt-get install openjdk-17-jre-headless (Debian, Ubuntu), brew install openjdk (macOS), {instead}",
        )  # fmt: skip


def run(job: Job, told: Callable[[str], None]) -> dict[str, int]:
    """Runs a job in the Spark session of this process. Returns the number of rows that each part wrote.

    told: is called with what was done. Raises pyspark.errors.PySparkException as Spark does.
    """
    from pyspark.sql import Observation, SparkSession
    from pyspark.sql.functions import count, lit

    spark = SparkSession.getActiveSession() or session(job)
    told(f"Spark {spark.version} on {job.master}")
    for name, address in job.inputs.items():
        spark.read.parquet(_unglobbed(address)).createOrReplaceTempView(_name(name))
    rows = {}
    for number, (name, sql) in enumerate(job.parts.items(), 1):
        written = Observation(name)
        found = spark.sql(sql).observe(written, count(lit(1)).alias("rows"))
        found.write.mode("overwrite").parquet(f"{job.folder}/{name}")
        rows[name] = int(written.get["rows"])
        told(f"{name}: {number} of {len(job.parts)}, {rows[name]:,} rows")
    return rows


def session(job: Job, more: Mapping[str, str] | None = None) -> SparkSession:
    """The Spark session of this process, started where there is none. more: settings of Spark beside those here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # that pandas 3 is not fully supported; it is not used
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.appName("survey").master(job.master)
        here = _local(job) if job.master.startswith("local") else {}
        for key, value in (_SQL | here | dict(more or {})).items():
            builder = builder.config(key, value)
        return builder.getOrCreate()


_SQL = {
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.variable.substitute": "false",  # a label may hold ${...}
    "spark.sql.files.maxPartitionBytes": str(SPLIT_BYTES),
}


def _local(job: Job) -> dict[str, str]:
    """Settings for Spark within this machine."""
    return {
        "spark.driver.memory": f"{job.memory_megabytes}m",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "16",  # 200, Spark's own, is for clusters
    }


def _unglobbed(address: str) -> str:
    """An address in which no sign stands for others."""
    return "".join(f"\\{sign}" if sign in "\\*?[]{}" else sign for sign in address)
