"""Exact coverage of nominal 95% intervals by enumeration: no simulation, so no tolerance for chance."""

import numpy as np
import pytest
from scipy.stats import binom

from pipeline.estimation.mover import mover_ratio
from pipeline.estimation.shares import clopper_pearson, wilson_limits

Z = 1.959963984540054
SHARES = np.arange(0.05, 0.96, 0.05)


def limits(x, n):
    return (x / n, *wilson_limits(x / n, n, Z))


@pytest.mark.parametrize("n", [1, 2, 7, 30, 100])
def test_clopper_pearson_never_covers_less_than_it_says(n):
    x, p = np.arange(n + 1), np.linspace(0.001, 0.999, 999)[:, None]
    low, high = clopper_pearson(x, n)
    covered = np.sum(binom.pmf(x, n, p) * ((low <= p) & (p <= high)), axis=1)
    assert covered.min() >= 0.95


@pytest.mark.parametrize(("n_a", "n_b"), [(10, 10), (15, 40), (30, 60), (100, 300)])
def test_mover_covers_about_as_often_as_it_says(n_a, n_b):
    x_a, x_b = np.arange(n_a + 1), np.arange(n_b + 1)
    low, high = mover_ratio(*limits(x_a[:, None], n_a), *limits(x_b, n_b), 0.0)
    chance_a, chance_b = binom.pmf(x_a, n_a, SHARES[:, None]), binom.pmf(x_b, n_b, SHARES[:, None])
    coverage = [
        chance_a[i] @ ((low <= p_a / p_b) & (p_a / p_b <= high)) @ chance_b[j]
        for i, p_a in enumerate(SHARES)
        for j, p_b in enumerate(SHARES)
    ]
    assert 0.94 < np.mean(coverage) < 0.97


@pytest.mark.parametrize(("n_a", "n_rest"), [(20, 30), (10, 90)])
def test_mover_covers_a_group_against_everyone_by_the_correlation_of_a_part_and_its_whole(n_a, n_rest):
    """All are equally likely, so the ratio is 1 and the correlation of the shares sqrt(n_a / n)."""
    n = n_a + n_rest
    x_a, x_rest = np.arange(n_a + 1)[:, None], np.arange(n_rest + 1)
    whole = limits(x_a + x_rest, n)
    part = limits(np.broadcast_to(x_a, whole[0].shape), n_a)
    covered = {}
    for r in (0.0, np.sqrt(n_a / n)):
        low, high = mover_ratio(*part, *whole, r)
        holds = (low <= 1) & (high >= 1)
        covered[r] = np.mean([binom.pmf(x_a[:, 0], n_a, p) @ holds @ binom.pmf(x_rest, n_rest, p) for p in SHARES])
    independent, correlated = covered.values()
    assert 0.935 < correlated < 0.975
    assert independent > correlated
