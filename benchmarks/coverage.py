"""How often the published 95% intervals of ratio and share hold the truth, under weights, clusters and few events.

`python benchmarks/coverage.py [samples]` prints the table of docs/coverage.md. Every sample is drawn anew, weights and
units included, and goes through the same code as a wave's cells.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from pipeline.cells.sums import Cells
from pipeline.estimation.covariance import share_pair, stacked, stacked_shares
from pipeline.estimation.designed import MOVER, designed_estimates
from pipeline.estimation.plan import Plan
from pipeline.estimation.share_table import share_limits
from pipeline.weighting.raking import rake

SAMPLES = 2000
Floats = np.ndarray
Random = np.random.Generator


@dataclass(frozen=True)
class Sample:
    """One drawn sample of N respondents. truth: p_a, p_b of the population."""

    yes: Floats
    in_a: Floats
    in_b: Floats
    weight: Floats
    stratum: Floats
    psu: Floats | None
    truth: tuple[float, float]
    margin: Floats | None = None


Draw = Callable[[Random], Sample]


def cells_of(s: Sample) -> Cells:
    """Each respondent as a cell."""
    n = len(s.yes)
    one, y, w = np.ones((n, 1)), s.yes[:, None].astype(float), s.weight[:, None]
    place = np.full(n, "all", dtype=object)
    return Cells(
        ("y",), np.array([str(h) for h in s.stratum], dtype=object),
        np.zeros(n, dtype=np.intp) if s.psu is None else s.psu,
        np.zeros(n, dtype=np.intp) if s.margin is None else s.margin + 1, place, place, place, one[:, 0], w[:, 0],
        w[:, 0] ** 2, one, y, w, w * y, w**2, w**2 * y, np.zeros((n, 0)), np.zeros((n, 0, 1)), np.zeros((n, 0, 1)),
    )  # fmt: skip


def plan_of(s: Sample) -> Plan:
    strata = sorted({str(h) for h in s.stratum})
    units: tuple[str, ...] = ()
    if s.psu is not None:
        first = np.unique(s.psu, return_index=True)[1]
        units = tuple(str(s.stratum[i]) for i in first)
    margins = {} if s.margin is None else {"m": {f"c{k}": 0.1 for k in range(int(s.margin.max()) + 1)}}
    df = (len(s.yes) if s.psu is None else len(units)) - len(strata)
    return Plan("linearised", "main", "fail", dict.fromkeys(strata, 0.0), s.psu is not None, units, df, margins)


def coverage(draw: Draw, samples: int, seed: int) -> list[float]:
    """Coverage of the ratio, misses below and above, switched, without interval; coverage of the share of b."""
    rng = np.random.default_rng(seed)
    pairs, everyone, truths, share_hits = [], [], [], []
    for _ in range(samples):
        s = draw(rng)
        cells, plan = cells_of(s), plan_of(s)
        pair = share_pair(cells, s.in_a, s.in_b, plan)
        pairs.append(pair)
        everyone.append(share_pair(cells, np.ones(len(s.yes), bool), np.ones(len(s.yes), bool), plan).a)
        truths.append(s.truth)
    both, truth = stacked(pairs), np.array(truths)
    found = designed_estimates(both, stacked_shares(everyone), np.zeros((samples, 1), bool), 0.95)
    low, high = found["ratio_low"][:, 0], found["ratio_high"][:, 0]
    known = ~np.isnan(low)
    ratio = truth[:, 0] / truth[:, 1]
    below, above = ratio[known] < low[known], ratio[known] > high[known]
    share_low, share_high, _ = share_limits(both.b, found["n_eff_b"], both.df, plan)
    hits = (share_low[:, 0] <= truth[:, 1]) & (truth[:, 1] <= share_high[:, 0])
    share_hits = hits[~np.isnan(share_low[:, 0])]
    switched = float(np.mean([m.startswith(MOVER) for m in found["method"][:, 0]]))
    return [1 - below.mean() - above.mean(), below.mean(), above.mean(), switched, 1 - known.mean(), share_hits.mean()]


def respondents(n_a: int, n_b: int, p_a: float, p_b: float, cv: float) -> Draw:
    """Groups of fixed sizes; weights of a coefficient of variation that have nothing to do with the answer."""
    sigma = np.sqrt(np.log(1 + cv**2))

    def draw(rng: Random) -> Sample:
        a = np.arange(n_a + n_b) < n_a
        yes = rng.random(n_a + n_b) < np.where(a, p_a, p_b)
        return Sample(yes, a, ~a, rng.lognormal(0, sigma, n_a + n_b), np.zeros(n_a + n_b, int), None, (p_a, p_b))

    return draw


def informative(n: int, p_a: float, p_b: float) -> Draw:
    """Those with weight 3 say yes half as often as those with weight 1; half of the sample has either."""
    share = {1.0: 0.25, 3.0: 0.75}  # of the population
    tilt = {1.0: 1.6, 3.0: 0.8}  # averages 1 over the population

    def draw(rng: Random) -> Sample:
        a, w = rng.random(n) < 0.25, rng.choice([1.0, 3.0], n)
        p = np.where(a, p_a, p_b) * np.where(w == 1.0, tilt[1.0], tilt[3.0])
        return Sample(rng.random(n) < p, a, ~a, w, np.zeros(n, int), None, (p_a, p_b))

    assert abs(sum(share[w] * tilt[w] for w in share) - 1) < 1e-12
    return draw


def clusters(units: int, size: int, p_a: float, p_b: float, icc: float, nested: bool, strata: int = 1) -> Draw:
    """Units of beta-distributed shares; groups within units, or whole units in one group."""

    def draw(rng: Random) -> Sample:
        psu = np.repeat(np.arange(units), size)
        a = (psu // strata % 3 == 0) if nested else rng.random(units * size) < 0.3
        common = (1 - icc) / icc
        # One uniform a unit moves both groups' shares together.
        from scipy.special import betaincinv

        u = rng.random(units)
        shares = [betaincinv(p * common, (1 - p) * common, u)[psu] for p in (p_a, p_b)]
        yes = rng.random(units * size) < np.where(a, *shares)
        return Sample(yes, a, ~a, rng.lognormal(0, 0.3, units * size), psu % strata, psu, (p_a, p_b))

    return draw


def unequal_strata(p_a: float, p_b: float) -> Draw:
    """Four strata sampled 1 in 1, 2, 4 and 8, shares rising over them."""
    tilt = np.array([0.5, 0.8, 1.0, 1.0667])

    def draw(rng: Random) -> Sample:
        h = np.repeat(np.arange(4), 100)
        w = 2.0**h
        a = rng.random(400) < 0.3
        yes = rng.random(400) < np.where(a, p_a, p_b) * tilt[h]
        mean = (tilt * 2.0 ** np.arange(4)).sum() / 15
        return Sample(yes, a, ~a, w, h, None, (p_a * mean, p_b * mean))

    return draw


def against_everyone(n: int, p_a: float, p_rest: float) -> Draw:
    def draw(rng: Random) -> Sample:
        a = rng.random(n) < 0.2
        yes = rng.random(n) < np.where(a, p_a, p_rest)
        everyone = np.ones(n, dtype=bool)
        return Sample(yes, a, everyone, np.ones(n), np.zeros(n, int), None, (p_a, 0.2 * p_a + 0.8 * p_rest))

    return draw


def raked(n: int, p_a: float, p_b: float) -> Draw:
    """A margin that the answer hangs on, sampled 2 : 1 against the population's 1 : 1, and raked back."""

    def draw(rng: Random) -> Sample:
        m, a = (rng.random(n) < 1 / 3).astype(np.intp), rng.random(n) < 0.3
        yes = rng.random(n) < np.where(a, p_a, p_b) * np.where(m == 1, 1.5, 0.5)
        weights = rake([m], [[0.5, 0.5]], np.ones(n)).weights
        return Sample(yes, a, ~a, weights, np.zeros(n, int), None, (p_a, p_b), m)

    return draw


def scenarios() -> Iterator[tuple[str, Draw]]:
    for p_a, p_b in ((0.5, 0.5), (0.4, 0.2), (0.1, 0.1), (0.06, 0.03)):
        yield f"weights cv 0.6, 100 v 400, {p_a:g} v {p_b:g}", respondents(100, 400, p_a, p_b, 0.6)
    yield "weights cv 0.3, 412 v 1,750, 0.6 v 0.25", respondents(412, 1750, 0.6, 0.25, 0.3)
    yield "weights cv 1.0, 100 v 400, 0.4 v 0.2", respondents(100, 400, 0.4, 0.2, 1.0)
    yield "weights cv 1.0, 50 v 100, 0.1 v 0.1", respondents(50, 100, 0.1, 0.1, 1.0)
    yield "weights cv 0.6, 50 v 100, 0.9 v 0.8", respondents(50, 100, 0.9, 0.8, 0.6)
    for p_a, p_b in ((0.4, 0.2), (0.1, 0.1), (0.04, 0.04)):
        yield f"informative weights, 500, {p_a:g} v {p_b:g}", informative(500, p_a, p_b)
    yield "4 strata, 1 in 1 to 1 in 8, 0.4 v 0.2", unequal_strata(0.4, 0.2)
    yield "4 strata, 1 in 1 to 1 in 8, 0.1 v 0.1", unequal_strata(0.1, 0.1)
    for units, icc in ((80, 0.05), (40, 0.05), (40, 0.2), (20, 0.1)):
        yield f"{units} units of 12, ICC {icc:g}, groups within, 0.4 v 0.2", clusters(units, 12, 0.4, 0.2, icc, False)
    yield "40 units of 12, ICC 0.1, groups within, 0.06 v 0.06", clusters(40, 12, 0.06, 0.06, 0.1, False)
    yield "40 units of 12, ICC 0.1, whole units, 0.4 v 0.2", clusters(40, 12, 0.4, 0.2, 0.1, True)
    yield "40 units of 12, ICC 0.1, whole units, 0.06 v 0.06", clusters(40, 12, 0.06, 0.06, 0.1, True)
    yield "20 strata of 2 units of 12, ICC 0.1, 0.4 v 0.2", clusters(40, 12, 0.4, 0.2, 0.1, False, 20)
    yield "20 strata of 2 units of 12, ICC 0.1, 0.1 v 0.1", clusters(40, 12, 0.1, 0.1, 0.1, False, 20)
    yield "against everyone, 300, 0.5 v 0.3", against_everyone(300, 0.5, 0.3)
    yield "against everyone, 300, 0.08 v 0.08", against_everyone(300, 0.08, 0.08)
    yield "raked, 500, 0.4 v 0.2", raked(500, 0.4, 0.2)
    yield "raked, 500, 0.08 v 0.08", raked(500, 0.08, 0.08)


def main() -> None:
    samples = int(sys.argv[1]) if len(sys.argv) > 1 else SAMPLES
    print("| design, groups, shares | ratio held | truth below | truth above | by MOVER | none | share held |")
    print("|---|---|---|---|---|---|---|")
    for seed, (name, draw) in enumerate(scenarios()):
        figures = coverage(draw, samples, seed)
        print(f"| {name} | " + " | ".join(f"{100 * figure:.1f}" for figure in figures) + " |", flush=True)


if __name__ == "__main__":
    main()
