import csv
from math import erfc, sqrt
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from pipeline.estimation.ratios import katz, koopman, miettinen_nurminen, mover_wilson, risk_ratio, walter

REFERENCES = Path(__file__).parents[1] / "references"
METHODS = {"katz": katz, "walter": walter, "mover": mover_wilson, "koopman": koopman, "mn": miettinen_nurminen}
with (REFERENCES / "risk_ratio_2x2.csv").open() as file:
    PUBLISHED = [{column: float(value) for column, value in row.items()} for row in csv.DictReader(file)]

every_method = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
groups = st.integers(1, 3000).flatmap(lambda n: st.tuples(st.sampled_from([0, 1, n]) | st.integers(0, n), st.just(n)))
tables = st.tuples(groups, groups).map(lambda pair: (*pair[0], *pair[1]))


def inverse(limit):
    return np.inf if limit == 0 else 1 / limit


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: "{x1:.0f}/{n1:.0f} v {x2:.0f}/{n2:.0f}".format(**row))
@pytest.mark.parametrize("name", METHODS)
def test_limits_equal_r(row, name):
    """R contingencytables 3.0, ratesci 1.1 and PropCIs, seven digits."""
    low, high = METHODS[name](row["x1"], row["n1"], row["x2"], row["n2"])
    assert (low, high) == (pytest.approx(row[f"{name}_low"], rel=1e-6), pytest.approx(row[f"{name}_high"], rel=1e-6))


@every_method
def test_tables_of_any_shape_are_answered_at_once(method):
    x_a, n_a, x_b, n_b = np.array([[row[k] for k in ("x1", "n1", "x2", "n2")] for row in PUBLISHED[:8]]).T
    low, high = method(x_a.reshape(2, 4), n_a.reshape(2, 4), x_b.reshape(2, 4), n_b.reshape(2, 4))
    alone = np.array([method(*table) for table in zip(x_a, n_a, x_b, n_b, strict=True)])
    assert low.shape == high.shape == (2, 4)
    assert low.ravel() == pytest.approx(alone[:, 0], rel=1e-12)
    assert high.ravel() == pytest.approx(alone[:, 1], rel=1e-12)
    assert method(x_a[:, None], n_a[:, None], 3, [10, 20, 30])[0].shape == (8, 3)


def test_the_ratio_and_where_it_is_not_a_number():
    x_a, n_a, x_b, n_b = np.array(
        [(300, 600, 390, 1562), (5, 20, 0, 20), (0, 20, 5, 20), (0, 20, 0, 20), (0, 0, 5, 20), (5, 20, 0, 0)]
    ).T
    assert risk_ratio(x_a, n_a, x_b, n_b) == pytest.approx([781 / 390, np.inf, 0, *[np.nan] * 3], nan_ok=True)


@every_method
def test_no_base_is_unknown(method):
    low, high = method([0, 3, 0, 3], [0, 10, 0, 10], [3, 0, 0, np.nan], [10, 0, 0, 10])
    assert np.all(np.isnan([low, high]))


@pytest.mark.parametrize("method", [risk_ratio, *METHODS.values()])
@pytest.mark.parametrize("table", [(-1, 10, 3, 10), (3, 10, 11, 10), (1, 2, -1, 2), (0, -3, 1, 2)])
def test_impossible_counts_are_refused(method, table):
    with pytest.raises(ValueError, match="must not"):
        method(*table)


@pytest.mark.parametrize("method", [katz, walter])
def test_log_methods_follow_their_formula_where_all_say_yes(method):
    assert method(20, 20, 30, 30) == (1, 1)


def test_katz_by_hand():
    """log 2 -+ 1.959964 sqrt(1/20 - 1/40 + 1/10 - 1/40); at level 0.5 the quantile is 0.6744898."""
    half = np.sqrt(1 / 20 - 1 / 40 + 1 / 10 - 1 / 40)
    assert katz(20, 40, 10, 40) == (
        pytest.approx(2 / np.exp(1.95996398 * half)),
        pytest.approx(2 * np.exp(1.95996398 * half)),
    )
    assert katz(20, 40, 10, 40, 0.5)[1] == pytest.approx(2 * np.exp(0.67448975 * half))


def test_the_score_limits_invert_the_published_test_of_a_claim():
    """One-sided test of ratio <= 1.5 for 300/600 v 390/1562: z 4.7378189, Koopman's 4.7389150 (other.yaml)."""
    assert miettinen_nurminen(300, 600, 390, 1562, 1 - 2 * 1.0801535e-06)[0] == pytest.approx(1.5, rel=1e-8)
    assert koopman(300, 600, 390, 1562, 1 - erfc(4.7389150 / sqrt(2)))[0] == pytest.approx(1.5, rel=1e-8)


def test_one_respondent_a_group():
    """1/1 v 1/1: below r = 1 the shares are r and 1, the score is sqrt((1 - r) / r), so r = 1 / (1 + c**2)."""
    z2 = 1.959963984540054**2
    assert koopman(1, 1, 1, 1) == (pytest.approx(1 / (1 + z2), rel=1e-12), pytest.approx(1 + z2, rel=1e-12))
    assert miettinen_nurminen(1, 1, 1, 1) == (
        pytest.approx(1 / (1 + 2 * z2), rel=1e-12),
        pytest.approx(1 + 2 * z2, rel=1e-12),
    )


@every_method
@settings(deadline=None)
@given(table=tables)
def test_swapping_groups_inverts_the_limits(method, table):
    x_a, n_a, x_b, n_b = table
    low, high = method(x_a, n_a, x_b, n_b)
    swapped_low, swapped_high = method(x_b, n_b, x_a, n_a)
    assert low == pytest.approx(inverse(swapped_high), rel=1e-10)
    assert high == pytest.approx(inverse(swapped_low), rel=1e-10)


@pytest.mark.parametrize("method", [miettinen_nurminen, koopman, mover_wilson, katz])
@settings(deadline=None)
@given(table=tables)
def test_the_interval_holds_the_ratio(method, table):
    ratio = risk_ratio(*table)
    assume(not np.isnan(ratio))
    low, high = method(*table)
    assert low <= ratio * (1 + 1e-12)
    assert ratio <= high * (1 + 1e-12)


@settings(deadline=None)
@given(table=tables)
def test_miettinen_nurminen_holds_koopman(table):
    low, high = miettinen_nurminen(*table)
    koopman_low, koopman_high = koopman(*table)
    assert low <= koopman_low * (1 + 1e-12)
    assert koopman_high <= high * (1 + 1e-12)


@settings(deadline=None)
@given(table=tables, level=st.floats(0.5, 0.98))
def test_more_certain_is_wider(table, level):
    low, high = miettinen_nurminen(*table, level)
    wider_low, wider_high = miettinen_nurminen(*table, level + 0.01)
    assert wider_low <= low
    assert high <= wider_high


@pytest.mark.parametrize(("n_a", "n_b"), [(10, 10), (15, 40), (30, 60), (100, 300)])
def test_miettinen_nurminen_covers_as_often_as_it_says(n_a, n_b):
    """Exact coverage of the nominal 95% interval over p_a, p_b in 0.05, 0.10, ..., 0.95, by enumeration."""
    shares = np.arange(0.05, 0.96, 0.05)
    low, high = miettinen_nurminen(np.arange(n_a + 1)[:, None], n_a, np.arange(n_b + 1), n_b)
    chance_a = binom.pmf(np.arange(n_a + 1), n_a, shares[:, None])
    chance_b = binom.pmf(np.arange(n_b + 1), n_b, shares[:, None])
    coverage = [
        chance_a[i] @ ((low <= p_a / p_b) & (p_a / p_b <= high)) @ chance_b[j]
        for i, p_a in enumerate(shares)
        for j, p_b in enumerate(shares)
    ]
    assert 0.945 < np.mean(coverage) < 0.965


def constrained_score(r, x_a, n_a, x_b, n_b):
    """Koopman's statistic, slowly: p_b, of highest likelihood where p_a = r p_b, by halving.

    The slope of the log likelihood falls over 0 < p_b < min(1, 1 / r). Long doubles, because a share near 1 is
    subtracted from 1.
    """
    r, x_a, n_a, x_b, n_b = np.broadcast_arrays(*(np.asarray(v, np.longdouble) for v in (r, x_a, n_a, x_b, n_b)))
    low, high = np.zeros_like(r), np.minimum(1, 1 / r)
    for _ in range(90):
        p = (low + high) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = (x_a + x_b) / p - r * (n_a - x_a) / (1 - r * p) - (n_b - x_b) / (1 - p)
        rises = (slope > 0) | np.isnan(slope)
        low, high = np.where(rises, p, low), np.where(rises, high, p)
    with np.errstate(divide="ignore"):
        return (x_a / n_a - r * x_b / n_b) / np.sqrt(r * low * (1 - r * low) / n_a + r**2 * low * (1 - low) / n_b)


def every_small_table():
    """All 8,100 tables with 1 to 12 in each group."""
    n = np.arange(1, 13)
    x_a, n_a, x_b, n_b = (grid.ravel() for grid in np.meshgrid(np.arange(13), n, np.arange(13), n))
    possible = (x_a <= n_a) & (x_b <= n_b)
    return tuple(counts[possible] for counts in (x_a, n_a, x_b, n_b))


def large_tables():
    generator = np.random.default_rng(20151)
    n_a, n_b = (np.exp(generator.uniform(0, np.log(1e5), 3000)).astype(int) for _ in range(2))
    return generator.integers(0, n_a + 1), n_a, generator.integers(0, n_b + 1), n_b


@pytest.mark.parametrize("tables", [every_small_table(), large_tables()], ids=["small", "large"])
@pytest.mark.parametrize("method", [miettinen_nurminen, koopman])
def test_limits_are_where_a_slow_independent_score_crosses_its_critical_value(method, tables):
    x_a, n_a, x_b, n_b = tables
    n = n_a + n_b
    critical = 1.959963984540054 * (np.sqrt(n / (n - 1)) if method is miettinen_nurminen else np.ones(len(n)))
    low, high = method(*tables)
    assert np.array_equal(low == 0, x_a == 0)
    assert np.array_equal(np.isinf(high), x_b == 0)
    for limit, limited, side in ((low, x_a > 0, 1), (high, x_b > 0, -1)):
        table = [counts[limited] for counts in tables]
        before, after = (constrained_score(limit[limited] * (1 + step), *table) for step in (-1e-9, 1e-9))
        assert np.all(before > side * critical[limited])
        assert np.all(after < side * critical[limited])


def test_a_thousand_findings_take_no_time_to_notice():
    """100 indicators in 10 comparisons: 0.02 s here; half a second is the promise for all that is done with them."""
    generator = np.random.default_rng(3)
    n_a, n_b = generator.integers(1, 2000, (2, 1000))
    table = generator.integers(0, n_a + 1), n_a, generator.integers(0, n_b + 1), n_b
    start = perf_counter()
    miettinen_nurminen(*table)
    koopman(*table)
    assert perf_counter() - start < 0.5
