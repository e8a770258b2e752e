"""Cells against the bare sums of the same columns, growth with rows and indicators, and memory."""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from benchmarks.compare import timed
from benchmarks.data import Data, make_data
from benchmarks.lines import Line
from benchmarks.ours import cells_of
from pipeline import engine
from pipeline.settings import PROJECT, memory_limit

INDICATORS, OUT_OF_CORE = 100, 40
GROWTH = 10
MISSING = 5  # percent


def bare_sums(data: Data, grouped: bool) -> None:
    """What any engine has to do at least: read the columns and add them up."""
    sums = ", ".join(f"SUM({engine.quoted(name)})" for name in data.indicators)
    with engine.connection(data.inputs) as con:
        con.sql(f"SELECT {sums} FROM respondents{' GROUP BY tier' if grouped else ''}").to_arrow_table()


def limits(folder: Path, respondents: int, runs: int, indicators: int = INDICATORS) -> Iterator[Line]:
    """Each run measures bare sums and cells in turn."""
    data = make_data(folder, respondents, indicators, MISSING)
    scattered = make_data(folder, respondents, indicators, MISSING, scattered=True)
    work = {
        "ungrouped": lambda: bare_sums(data, grouped=False),
        "grouped by tier": lambda: bare_sums(data, grouped=True),
        "two sums an indicator, by unit": lambda: cells_of(data, units=True),
        "three sums an indicator, by stratum": lambda: cells_of(scattered, units=False),
        "two sums, units all over the file": lambda: cells_of(scattered, units=True),
    }
    seconds = {name: [timed(one)] for name, one in work.items()}
    for _ in range(runs - 1):
        for name, one in work.items():
            seconds[name].append(timed(one))
    names = list(work)
    for cells in names[2:]:
        for sums in names[:2]:
            ratios = [a / b for a, b in zip(seconds[cells], seconds[sums], strict=True)]
            yield Line(
                f"cells, {cells}", f"bare sums, {sums}", respondents, indicators, statistics.median(seconds[cells]),
                statistics.median(seconds[sums]), statistics.median(ratios), runs, "times the bare sums",
            )  # fmt: skip


def growth(folder: Path, respondents: int, runs: int, indicators: int = INDICATORS) -> Iterator[Line]:
    """Exponents of time: 1 is linear."""
    large = make_data(folder, respondents, indicators, MISSING)
    few = replace(large, indicators=large.indicators[: max(1, indicators // GROWTH)])
    small = make_data(folder, max(1, respondents // GROWTH), indicators, MISSING)
    for what, less in (("rows", small), ("indicators", few)):
        times = [(timed(partial(cells_of, less)), timed(partial(cells_of, large))) for _ in range(runs)]
        times_more = large.count / less.count if what == "rows" else len(large.indicators) / len(less.indicators)
        exponents = [math.log(b / a) / math.log(times_more) for a, b in times]
        yield Line(
            f"cells, {GROWTH} times the {what}", f"{less.count:,} x {len(less.indicators)}", respondents, indicators,
            statistics.median(b for _, b in times), statistics.median(a for a, _ in times),
            statistics.median(exponents), runs, f"exponent of time in {what}",
        )  # fmt: skip


def memory(folder: Path, respondents: int, indicators: int = OUT_OF_CORE) -> Iterator[Line]:
    """The whole job in a process of its own, under the memory setting."""
    data = make_data(folder, respondents, indicators)
    command = [sys.executable, "-m", "benchmarks.ours", str(data.respondents), str(data.count),
               str(indicators)]  # fmt: skip
    path = os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(command, env=os.environ | {"PYTHONPATH": path}, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout)
    yield Line(
        "log risk ratios, memory", f"SURVEY_MEMORY={memory_limit()}", respondents, indicators, found["seconds"], None,
        found["bytes"] / 2**30, 1, "GiB that the process held at most, Python included",
    )  # fmt: skip
