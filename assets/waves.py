"""Each study has its own waves, as dynamic partitions, and one job that makes a wave."""

from __future__ import annotations

import dagster as dg


def waves_of(study: str) -> dg.DynamicPartitionsDefinition:
    """The waves of a study."""
    return dg.DynamicPartitionsDefinition(name=f"{study}_waves")


def job_name(study: str) -> str:
    return study.replace("-", "_")
