from decimal import Decimal, localcontext
from math import erfc, log, sqrt

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline.estimation.differences import newcombe
from pipeline.estimation.mover import mover_difference, mover_odds_ratio, mover_p_value, mover_ratio
from pipeline.estimation.quantiles import t_quantile
from pipeline.estimation.ratios import mover_wilson
from pipeline.estimation.shares import wilson_limits

Z = 1.959963984540054
COMPARISONS = [mover_ratio, mover_difference, mover_odds_ratio]

shares = st.sampled_from([0.0, 1.0]) | st.floats(0.001, 0.999)
groups = st.tuples(shares, st.floats(1, 5000))
correlations = st.floats(-0.95, 0.95) | st.sampled_from([-1.0, 0.0, 1.0])
freedom = st.sampled_from([1, 2, 7, 39, np.inf])


def limits(share, n_eff, quantile=Z):
    return (share, *wilson_limits(share, n_eff, quantile))


def inverse(limit):
    return np.inf if limit == 0 else 1 / limit


def small_tables():
    n = np.arange(1, 13)
    x_a, n_a, x_b, n_b = (grid.ravel() for grid in np.meshgrid(np.arange(13), n, np.arange(13), n))
    possible = (x_a <= n_a) & (x_b <= n_b)
    return tuple(counts[possible] for counts in (x_a, n_a, x_b, n_b))


def test_without_correlation_they_are_donner_and_zous_and_newcombes():
    x_a, n_a, x_b, n_b = table = small_tables()
    given = (*limits(x_a / n_a, n_a), *limits(x_b / n_b, n_b), 0.0)
    for ours, theirs in ((mover_ratio(*given), mover_wilson(*table)), (mover_difference(*given), newcombe(*table))):
        for limit, expected in zip(ours, theirs, strict=True):
            finite = np.isfinite(expected)
            assert np.array_equal(limit[~finite], expected[~finite])
            assert limit[finite] == pytest.approx(expected[finite], rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("r", [-0.8, 0.0, 0.35, 0.9])
def test_limits_of_the_ratio_are_roots_of_the_limits_of_a_difference(r):
    """The textbook quadratics: lower and upper MOVER limit of p_a - R p_b is 0."""
    a, b = limits(0.37, 41.5, 2.1), limits(0.12, 77.0, 2.1)
    low, high = mover_ratio(*a, *b, r)
    (p, k, u), (q, m, v) = a, b
    for ratio, d, e, sign in ((low, p - k, v - q, -1), (high, u - p, q - m, 1)):
        reach = sqrt(d**2 + (ratio * e) ** 2 - 2 * r * d * ratio * e)
        assert p - ratio * q + sign * reach == pytest.approx(0, abs=1e-15)


def test_the_printed_formula_of_donner_and_zou():
    """L and U as in the paper, with correlation, at 20/50 and 10/60."""
    r = 0.4
    (p, k, u), (q, m, v) = a, b = limits(0.4, 50), limits(1 / 6, 60)
    below, above = p * q - r * (p - k) * (v - q), p * q - r * (u - p) * (q - m)
    low = (below - sqrt(below**2 - k * v * (2 * p - k) * (2 * q - v))) / (v * (2 * q - v))
    high = (above + sqrt(above**2 - u * m * (2 * p - u) * (2 * q - m))) / (m * (2 * q - m))
    assert mover_ratio(*a, *b, r) == (pytest.approx(low, rel=1e-12), pytest.approx(high, rel=1e-12))


def test_rare_shares_lose_no_digits():
    """1 of 1e9 v 2 of 1e9, against the printed formula with 60 digits."""
    a, b = limits(1e-9, 1e9), limits(2e-9, 1e9)
    with localcontext(prec=60):
        (p, k, _), (q, _, v) = ([Decimal(float(value)) for value in share] for share in (a, b))
        low = (p * q - ((p * q) ** 2 - k * v * (2 * p - k) * (2 * q - v)).sqrt()) / (v * (2 * q - v))
    assert mover_ratio(*a, *b, 0.0)[0] == pytest.approx(float(low), rel=1e-12)


@pytest.mark.parametrize("r", [-0.5, 0.0, 0.5, np.nan])
def test_shares_of_none_and_all(r):
    none, all_, some = limits(0.0, 20.0), limits(1.0, 20.0), limits(0.5, 20.0)
    assert mover_ratio(*none, *none, r) == (0, np.inf)
    assert mover_ratio(*none, *some, r)[0] == 0
    assert 0 < mover_ratio(*none, *some, r)[1] < 1
    assert mover_ratio(*some, *none, r)[1] == np.inf
    assert 1 < mover_ratio(*some, *none, r)[0] < np.inf
    low, high = mover_ratio(*all_, *all_, r)
    assert 0.8 < low < 1 < high < 1.25
    assert mover_odds_ratio(*none, *none, r) == mover_odds_ratio(*all_, *all_, r) == (0, np.inf)
    assert np.all(np.isnan([mover_odds_ratio(*none, *all_, r), mover_odds_ratio(*all_, *none, r)]))
    assert mover_odds_ratio(*all_, *some, r)[1] == np.inf
    assert mover_odds_ratio(*all_, *some, r)[0] > 1


def test_unknown_stays_unknown():
    known = limits(0.5, 20.0)
    for comparison in COMPARISONS:
        assert np.all(np.isnan(comparison(*limits(0.5, 0.0), *known, 0.0)))
        assert np.all(np.isnan(comparison(*known, *limits(np.nan, 20.0), 0.0)))
        assert np.all(np.isnan(comparison(*known, *known, np.nan)))
        assert [limit.shape for limit in comparison(*known, *known, np.zeros((0, 3)))] == [(0, 3)] * 2
    assert np.all(
        np.isnan(mover_p_value([0.5, np.nan, 0.5, 0.5], [0, 9, 9, 9], 0.2, 10, [0, 0, 0, np.nan], [5, 5, 0, 5]))
    )
    assert mover_p_value([], [], [], [], [], []).shape == (0,)


@pytest.mark.parametrize("comparison", COMPARISONS)
def test_impossible_values_are_refused(comparison):
    known = limits(0.5, 20.0)
    with pytest.raises(ValueError, match="a share must lie"):
        comparison(1.2, 0.1, 0.9, *known, 0.0)
    with pytest.raises(ValueError, match="a correlation must lie"):
        comparison(*known, *known, 1.1)


def test_odds_ratio_by_hand():
    """9/13 v 4/14: the printed formula on the odds of the shares and of their Wilson limits."""
    odds = [[p / (1 - p) for p in limits(x / n, n)] for x, n in ((9, 13), (4, 14))]
    (p, k, u), (q, m, v) = odds
    low = (p * q - sqrt((p * q) ** 2 - k * v * (2 * p - k) * (2 * q - v))) / (v * (2 * q - v))
    high = (p * q + sqrt((p * q) ** 2 - u * m * (2 * p - u) * (2 * q - m))) / (m * (2 * q - m))
    found = mover_odds_ratio(*limits(9 / 13, 13), *limits(4 / 14, 14), 0.0)
    assert found == (pytest.approx(low, rel=1e-12), pytest.approx(high, rel=1e-12))


def test_odds_ratio_tends_to_the_log_normal_one():
    """Woolf: sqrt(1/a + 1/b + 1/c + 1/d) for 40,000/100,000 v 30,000/100,000."""
    low, high = mover_odds_ratio(*limits(0.4, 1e5), *limits(0.3, 1e5), 0.0)
    se = sqrt(1 / 40_000 + 1 / 60_000 + 1 / 30_000 + 1 / 70_000)
    assert log(high / low) == pytest.approx(2 * Z * se, rel=1e-3)


def test_correlated_ratio_tends_to_the_linearised_one():
    """Log ratio: relative variances less twice the correlation, at half a million respondents."""
    p, q, n, r = 0.3, 0.2, 5e5, 0.6
    low, high = mover_ratio(*limits(p, n), *limits(q, n), r)
    first, second = sqrt((1 - p) / p / n), sqrt((1 - q) / q / n)
    assert log(high / low) == pytest.approx(2 * Z * sqrt(first**2 + second**2 - 2 * r * first * second), rel=1e-3)


def test_p_value_tends_to_the_normal_one():
    z = 0.003 / sqrt(0.3 * 0.7 / 5e5 + 0.303 * 0.697 / 4e5 - 2 * 0.2 * sqrt(0.3 * 0.7 / 5e5 * 0.303 * 0.697 / 4e5))
    assert mover_p_value(0.303, 4e5, 0.3, 5e5, 0.2, np.inf) == pytest.approx(erfc(z / sqrt(2)), rel=0.01)


@settings(deadline=None)
@given(a=groups, b=groups, r=correlations, df=freedom)
def test_swapping_groups_inverts_ratios_and_turns_differences(a, b, r, df):
    q = t_quantile(0.95, df)
    first, second = limits(*a, q), limits(*b, q)
    for comparison in (mover_ratio, mover_odds_ratio):
        low, high = comparison(*first, *second, r)
        swapped = comparison(*second, *first, r)
        assert low == pytest.approx(inverse(swapped[1]), rel=1e-9, nan_ok=True)
        assert high == pytest.approx(inverse(swapped[0]), rel=1e-9, nan_ok=True)
    low, high = mover_difference(*first, *second, r)
    swapped = mover_difference(*second, *first, r)
    turned = pytest.approx([-swapped[1], -swapped[0]], abs=1e-12, nan_ok=True)
    assert [float(low), float(high)] == turned
    assert mover_p_value(*a, *b, r, df) == pytest.approx(mover_p_value(*b, *a, r, df), rel=1e-9, nan_ok=True)


@settings(deadline=None)
@given(a=groups, b=groups, r=correlations, df=freedom)
def test_the_intervals_hold_the_estimates(a, b, r, df):
    q = t_quantile(0.95, df)
    p_a, p_b = a[0], b[0]
    given = (*limits(*a, q), *limits(*b, q), r)
    low, high = mover_difference(*given)
    assert np.isnan(low) or low - 1e-12 <= p_a - p_b <= high + 1e-12
    low, high = mover_ratio(*given)
    assert np.isnan(low) or low * p_b <= p_a * (1 + 1e-9) + 1e-15
    assert not np.isfinite(high) or p_a <= high * p_b * (1 + 1e-9) + 1e-15


@settings(deadline=None)
@given(a=groups, b=groups, r=correlations, df=freedom)
def test_p_is_below_5_percent_where_the_intervals_exclude_equality(a, b, r, df):
    q = t_quantile(0.95, df)
    given = (*limits(*a, q), *limits(*b, q), r)
    low, high = mover_ratio(*given)
    assume(min(abs(low - 1), abs(high - 1)) > 1e-9)  # NaN, without width, is not
    p = mover_p_value(*a, *b, r, df)
    if np.isnan(mover_difference(*given)[0]):
        assert np.isnan(p)
        return
    assert 0 <= p <= 1
    assert (p < 0.05) == (low > 1 or high < 1)
    lower, upper = mover_difference(*given)
    assert (p < 0.05) == (lower > 0 or upper < 0)


def test_p_agrees_with_the_interval_for_every_small_table():
    x_a, n_a, x_b, n_b = small_tables()
    for r, df in ((0.0, np.inf), (0.3, 7), (-0.3, 2), (0.8, np.inf)):
        q = t_quantile(0.95, df)
        low, high = mover_ratio(*limits(x_a / n_a, n_a, q), *limits(x_b / n_b, n_b, q), r)
        p = mover_p_value(x_a / n_a, n_a, x_b / n_b, n_b, r, df)
        assert np.array_equal(p < 0.05, (low > 1) | (high < 1))


@given(a=groups, b=groups, df=freedom, level=st.floats(0.5, 0.999))
@settings(deadline=None)
def test_p_is_the_level_at_which_the_interval_reaches_equality(a, b, df, level):
    """Without correlation, at any level and not only at 95%."""
    q = t_quantile(level, df)
    low, high = mover_difference(*limits(*a, q), *limits(*b, q), 0.0)
    assume(min(abs(low), abs(high)) > 1e-9)
    p = mover_p_value(*a, *b, 0.0, df)
    assume(abs(p - (1 - level)) > 1e-9)
    assert (p < 1 - level) == (low > 0 or high < 0)


def test_estimates_that_move_as_one_have_no_interval():
    """Correlation 1: a group and itself, or mirrored shares, whose difference never varies. Less leaves a p value."""
    same = limits(0.5, 5.0)
    assert np.all(np.isnan([mover_ratio(*same, *same, 1.0), mover_difference(*same, *same, 1.0)]))
    assert np.all(np.isnan(mover_difference(*limits(0.9, 5.0), *limits(0.1, 5.0), 1.0)))
    assert np.isnan(mover_p_value(0.9, 5.0, 0.1, 5.0, 1.0, 4))
    assert 0.0001 < mover_p_value(0.9, 5.0, 0.2, 5.0, 0.8, 4) < 0.05
