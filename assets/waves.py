"""Each study has its own waves, as dynamic partitions."""

from __future__ import annotations

import dagster as dg


def waves_of(study: str) -> dg.DynamicPartitionsDefinition:
    """The waves of a study."""
    return dg.DynamicPartitionsDefinition(name=f"{study}_waves")
