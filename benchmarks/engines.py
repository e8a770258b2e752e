"""Cells of the same respondents on DuckDB and on Spark: seconds and CPU seconds of each, and whether they are equal.

Usage: python -m benchmarks.engines [rows ...], such as 1_000_000 3_000_000 10_000_000. 40 indicators, weights, 50
strata of 40 sampling units, 3 tiers. SURVEY_SPARK_MASTER, SURVEY_THREADS and SURVEY_MEMORY say where and with what.
Respondents are random and lie in a temporary folder (TMPDIR).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline import spark
from pipeline.cells import slices
from pipeline.cells.cells import Weighting, cells_query, sums_in
from pipeline.cells.on_spark import CHUNK, create_cells

INDICATORS, STRATA, UNITS, TIERS = 40, 50, 40, ("low", "middle", "high")
ROWS = (300_000, 1_000_000, 3_000_000, 10_000_000)
BATCH = 500_000
TOLERANCE = 1e-12  # relative


@dataclass(frozen=True)
class Indicator:
    name: str

    @property
    def base(self) -> str:
        return self.name


CHOSEN = [Indicator(f"y{i}") for i in range(INDICATORS)]
QUERY = cells_query((), CHOSEN, (Weighting("main", False, False),), strata=True, units=True)


def make_inputs(folder: Path, rows: int) -> dict[str, Path]:
    """A random table `respondents`, those of one unit together, as Parquet."""
    rng = np.random.default_rng(1)
    path = folder / "respondents.parquet"
    first = _batch(rng, 0, min(BATCH, rows), rows)
    with pq.ParquetWriter(path, first.schema) as writer:
        writer.write_table(first)
        for start in range(BATCH, rows, BATCH):
            writer.write_table(_batch(rng, start, min(BATCH, rows - start), rows))
    return {"respondents": path}


def _batch(rng: np.random.Generator, start: int, size: int, rows: int) -> pa.Table:
    source_row = np.arange(start + 1, start + size + 1)
    psu = source_row * (STRATA * UNITS) // (rows + 1)
    names = np.array([f"stratum {i}" for i in range(STRATA)])
    respondents = {
        "wave": pa.repeat(pa.scalar("w"), size),
        "source_row": pa.array(source_row),
        "stratum": pa.array(names[psu // UNITS]),
        "psu": pa.array(psu),
        "weight_main": pa.array(rng.lognormal(0, 0.5, size)),
        "disposition": pa.array(np.where(rng.random(size) < 0.95, "analysed", "speeder")),
        "tier": pa.array(np.array(TIERS)[rng.integers(0, len(TIERS), size)]),
    }
    for i, indicator in enumerate(CHOSEN):
        drawn = rng.random(size, dtype=np.float32)
        yes = (drawn < 0.2 + 0.015 * i).astype(np.int8)
        respondents[indicator.name] = pa.array(yes, mask=drawn > 0.9)
    return pa.table(respondents)


def schema() -> pa.Schema:
    """Columns of these cells."""
    texts = {name: pa.string() for name in ("wave", "weighting", "stratum", "segment", "level", "tier")}
    numbers = {"replicate": pa.int32(), "psu": pa.int64(), "margins": pa.int64(), "n": pa.int64()}
    sums = {name: pa.int64() if "__n_" in name else pa.float64() for name in sums_in(QUERY)}
    return pa.schema(list((texts | numbers | {"w": pa.float64(), "ww": pa.float64()} | sums).items()))


def difference(a: pa.Table, b: pa.Table) -> float:
    """Largest relative difference of any weighted sum. Raises ValueError where keys, order or counts differ."""
    largest = 0.0
    for field in a.schema:
        x, y = a.column(field.name), b.column(field.name)
        if field.type == pa.float64():
            p, q = x.to_numpy(), y.to_numpy()
            largest = max(largest, float(np.max(np.abs(p - q) / np.maximum(np.abs(q), 1e-300))))
        elif not x.equals(y):
            raise ValueError(f"{field.name} differs")
    return largest


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock, and of all cores together, which other work on the machine does not stretch."""

    clock: float
    cpu: float


def cost(work: Callable[[], object], cpu: Callable[[], float]) -> Cost:
    clock, used = time.perf_counter(), cpu()
    work()
    return Cost(time.perf_counter() - clock, cpu() - used)


def java_cpu() -> float:
    """CPU seconds of the Java process that Spark runs in, on Linux, where it runs in this machine."""
    from pyspark import SparkContext

    status = Path(f"/proc/{SparkContext.getOrCreate()._gateway.proc.pid}/stat").read_text()
    user, system = status.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def compare(folder: Path, rows: int) -> str:
    """One line of the table."""
    inputs = make_inputs(folder, rows)
    megabytes = sum(path.stat().st_size for path in inputs.values()) / 1e6
    duckdb, on_spark = folder / "duckdb.parquet", folder / "spark.parquet"
    run = partial(spark.run, told=lambda text: None)
    spark.session(spark.job_of([], inputs, folder))  # to start it is not counted
    there = cost(lambda: create_cells(QUERY, inputs, schema(), on_spark, run), java_cpu)
    here = cost(lambda: slices.create_cells(QUERY, inputs, schema(), duckdb), time.process_time)
    apart = difference(pq.read_table(on_spark), pq.read_table(duckdb))
    if apart > TOLERANCE:
        raise ValueError(f"weighted sums differ by {apart:.1e}")
    figures = [here.clock, there.clock, there.clock / here.clock, here.cpu, there.cpu, there.cpu / here.cpu]
    return f"{rows:>12,}{megabytes:>8,.0f}" + "".join(f"{figure:>10.1f}" for figure in figures) + f"{apart:>10.0e}"


def main(sizes: list[int]) -> None:
    """Prints a line for each number of respondents, after a first one that only warms both engines."""
    print(f"{INDICATORS} indicators, {CHUNK} a Spark query; {STRATA} strata x {UNITS} units x {len(TIERS)} tiers")
    head = ("DuckDB s", "Spark s", "ratio", "DuckDB CPU", "Spark CPU", "ratio", "apart")
    print(f"{'respondents':>12}{'MB':>8}" + "".join(f"{name:>11}"[-10:] for name in head), flush=True)
    for rows in [50_000, *sizes]:
        with TemporaryDirectory() as folder:
            print(compare(Path(folder), rows), flush=True)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or list(ROWS))
