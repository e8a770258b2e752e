"""This project: log risk ratios with linearised errors from Parquet, by the functions that a run calls."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.data import MATURE, Data
from pipeline.cells.cells import Weighting, cells_query
from pipeline.cells.slices import fetch_cells
from pipeline.cells.sums import covering, read_cells
from pipeline.estimation.covariance import share_pair
from pipeline.estimation.designed import designed_estimates
from pipeline.estimation.plan import plan_of
from pipeline.study.loading import study_from_text

STUDY = study_from_text("""
title: Benchmark
sample: {type: probability, population: made respondents}
synthetic: true
questions:
  a: {type: single, text: A, options: {"yes": "Yes", "no": "No"}}
design: {strata: stratum, psu: psu}
weights: {main: {column: weight}}
indicators: {one: {when: {a: ["yes"]}}}
""").study


@dataclass(frozen=True)
class Ratios:
    """Log risk ratios of the indicators, in order, and their standard errors."""

    log_ratio: NDArray[np.float64]
    se: NDArray[np.float64]


@dataclass(frozen=True)
class Indicator:
    name: str
    base: str


def indicators_of(data: Data) -> list[Indicator]:
    return [Indicator(name, data.indicators[0]) for name in data.indicators]


def cells_of(data: Data, units: bool = True) -> pa.Table:
    """Cells of everyone by stratum, sampling unit (where there are units) and tier."""
    query = cells_query([], indicators_of(data), [Weighting("main", False, False)], strata=True, units=units)
    return fetch_cells(query, data.inputs)


def log_ratios(data: Data) -> Ratios:
    """Mature against less mature."""
    cells = covering(read_cells(cells_of(data), indicators_of(data), "main"), None, None)
    mature = cells.tier == MATURE
    sampled = pq.read_table(data.respondents, columns=["source_row", "stratum", "psu", "weight_main"])
    sampled = sampled.append_column("fraction", pa.repeat(0.0, sampled.num_rows))
    plan = plan_of("main", STUDY.design, STUDY.weights, "w", sampled)
    pair = share_pair(cells, mature, ~mature, plan)
    found = designed_estimates(pair, pair.a, np.zeros(len(data.indicators), dtype=bool), 0.95)
    return Ratios(np.log(found["ratio"]), found["se_log_ratio"])


def peak_memory() -> int:
    """Bytes that this process held at most; Linux counts in kilobytes, macOS in bytes."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    """A process of its own, whose memory is that of the job: files, number of respondents and of indicators."""
    import time

    respondents, count, indicators = sys.argv[1:]
    data = Data(Path(respondents), int(count), tuple(f"y{k}" for k in range(int(indicators))))
    start = time.perf_counter()
    log_ratios(data)
    print(json.dumps({"seconds": time.perf_counter() - start, "bytes": peak_memory()}))


if __name__ == "__main__":
    main()
