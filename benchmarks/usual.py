"""Linearised log risk ratios and bootstrap replicates at a million respondents, and findings of a usual study."""

from __future__ import annotations

import time

import duckdb
import numpy as np

from pipeline.cells.cells import Weighting, cells_query
from pipeline.cells.sums import covering, read_cells
from pipeline.engine import render
from pipeline.estimation.covariance import share_pair
from pipeline.estimation.designed import designed_estimates
from pipeline.estimation.multiplicity import benjamini_hochberg
from pipeline.estimation.plan import Plan
from pipeline.estimation.ratios import koopman, miettinen_nurminen
from pipeline.estimation.shares import korn_graubard
from pipeline.estimation.status import share_status
from pipeline.study.analysis import Display
from pipeline.weighting.replication import bootstrap

RESPONDENTS, STRATA, UNITS, INDICATORS, REPLICATES = 1_000_000, 50, 40, 60, 1_000


class YesOrNo:
    """An indicator with a base of its own or a shared one."""

    def __init__(self, name: str, base: str) -> None:
        self.name, self.base = name, base


def timed(what: str, since: float) -> float:
    now = time.perf_counter()
    print(f"{what:62} {now - since:6.2f} s")
    return time.perf_counter()


def million() -> None:
    con = duckdb.connect()
    ticks = ", ".join(f"CAST(hash(i, {k}) % 10 < 3 AS TINYINT) AS y{k}" for k in range(INDICATORS))
    con.execute(
        f"""CREATE TABLE respondents AS SELECT i AS source_row, 'w' AS wave, 'analysed' AS disposition,
        CASE WHEN hash(i, -1) % 5 = 0 THEN 'mature' ELSE 'other' END AS tier, {ticks}
        FROM range({RESPONDENTS}) AS r(i)"""
    )
    con.execute(
        f"""CREATE TABLE weights AS SELECT i AS source_row, CAST(i % {STRATA} AS VARCHAR) AS stratum,
        i % {STRATA} * {UNITS} + hash(i, -2) % {UNITS} AS psu, 0.5 + hash(i, -3) % 1000 / 1000.0 AS weight_main
        FROM range({RESPONDENTS}) AS r(i)"""
    )
    indicators = [YesOrNo(f"y{k}", "y0") for k in range(INDICATORS)]
    query = cells_query([], indicators, [Weighting("main", False, False)], strata=True, units=True)
    for _ in range(2):
        start = time.perf_counter()
        rows = con.sql(render(query)).to_arrow_table()
        timed("cells of 1,000,000 respondents, 60 indicators", start)
    cells = covering(read_cells(rows, indicators, "main"), None, None)
    names = [str(s) for s in range(STRATA)]
    stratum = tuple(str(unit // UNITS) for unit in range(STRATA * UNITS))
    a, b = cells.tier == "mature", cells.tier == "other"
    plan = Plan("linearised", "main", "fail", dict.fromkeys(names, 0.0), True, stratum, df=STRATA * (UNITS - 1))
    start = time.perf_counter()
    pair = share_pair(cells, a, b, plan)
    designed_estimates(pair, pair.a, np.zeros(INDICATORS, dtype=bool), 0.95)
    start = timed("60 log risk ratios, linearised, from the cells", start)
    made = bootstrap(np.unique(stratum, return_inverse=True)[1], REPLICATES, 1)
    plan = Plan("made replicates", "main", "fail", dict.fromkeys(names, 0.0), True, stratum, replication=made)
    share_pair(cells, a, b, plan)
    timed("1,000 bootstrap replicates of all of them", start)


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
    million()
    usual()
