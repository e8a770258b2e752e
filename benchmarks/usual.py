"""Bootstrap replicates at a million respondents, and findings of a usual study."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.data import MATURE, STRATA, UNITS, make_data
from benchmarks.ours import cells_of, indicators_of
from pipeline.cells.sums import covering, read_cells
from pipeline.estimation.covariance import share_pair
from pipeline.estimation.multiplicity import benjamini_hochberg
from pipeline.estimation.plan import Plan
from pipeline.estimation.ratios import koopman, miettinen_nurminen
from pipeline.estimation.shares import korn_graubard
from pipeline.estimation.status import share_status
from pipeline.study.analysis import Display
from pipeline.weighting.replication import bootstrap

RESPONDENTS, INDICATORS, REPLICATES = 1_000_000, 60, 1_000


def timed(what: str, since: float) -> float:
    now = time.perf_counter()
    print(f"{what:62} {now - since:6.2f} s")
    return time.perf_counter()


def replicates() -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = make_data(Path(folder), RESPONDENTS, INDICATORS)
        cells = covering(read_cells(cells_of(data), indicators_of(data), "main"), None, None)
        stratum = tuple(f"{unit // UNITS:02d}" for unit in range(STRATA * UNITS))
        start = time.perf_counter()
        made = bootstrap(np.unique(stratum, return_inverse=True)[1], REPLICATES, 1)
        fraction = dict.fromkeys(stratum, 0.0)
        plan = Plan("made replicates", "main", "fail", fraction, True, stratum, replication=made)
        share_pair(cells, cells.tier == MATURE, cells.tier != MATURE, plan)
        timed("1,000 bootstrap replicates of 60 indicators, from the cells", start)


def usual() -> None:
    rng = np.random.default_rng(1)
    n_a, n_b = rng.integers(50, 500, 1000), rng.integers(500, 1700, 1000)
    x_a, x_b = rng.binomial(n_a, 0.3), rng.binomial(n_b, 0.2)
    start = time.perf_counter()
    miettinen_nurminen(x_a, n_a, x_b, n_b)
    koopman(x_a, n_a, x_b, n_b)
    for x, n in ((x_a, n_a), (x_b, n_b)):
        low, high = korn_graubard(x / n, n, n, n - 1, at_most_n=True)
        share_status(x / n, n, n, low, high, n - 1, Display())
    timed("1,000 findings: both score intervals, display status", start)
    start = time.perf_counter()
    benjamini_hochberg(rng.random(1000), np.repeat(np.arange(10), 100))
    timed("Benjamini-Hochberg, its import included", start)


if __name__ == "__main__":
    replicates()
    usual()
