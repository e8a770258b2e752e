"""Which of the indicators that share a base a wave measured: one is enough to sum the base by."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.engine import Query


def of_measured(query: Query, respondents: Path | pa.Table) -> Query:
    """A query for cells of respondents that takes each base from one indicator, where the file's statistics tell."""
    if not isinstance(respondents, Path):
        return query
    file = pq.ParquetFile(respondents)
    bases = {
        base: next(([name] for name in names if _has_answers(file, name)), names)
        for base, names in query.values["bases"].items()
    }
    return replace(query, values={**query.values, "bases": bases})


def _has_answers(file: pq.ParquetFile, name: str) -> bool:
    """Whether the file's statistics say that a column has values."""
    place = file.schema_arrow.get_field_index(name)
    groups = (file.metadata.row_group(i).column(place).statistics for i in range(file.metadata.num_row_groups))
    return any(group is not None and group.has_min_max for group in groups)
