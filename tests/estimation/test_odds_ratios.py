import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline.estimation.odds_ratios import miettinen_nurminen, odds_ratio

groups = st.integers(1, 3000).flatmap(lambda n: st.tuples(st.sampled_from([0, 1, n]) | st.integers(0, n), st.just(n)))
tables = st.tuples(groups, groups).map(lambda pair: (*pair[0], *pair[1]))


def inverse(limit):
    return np.inf if limit == 0 else 1 / limit


@pytest.mark.parametrize(("table", "low", "high"), [((9, 13, 4, 14), 1.0934, 28.9419), ((1, 11, 0, 2), 0.0313, np.inf)])
def test_limits_equal_r(table, low, high):
    """R contingencytables, MiettinenNurminen_asymptotic_score_CI_OR_2x2 as printed in that package's own tests."""
    assert miettinen_nurminen(*table) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_limits_equal_statsmodels_away_from_the_edges():
    from statsmodels.stats.proportion import confint_proportions_2indep

    for table in [(7, 34, 1, 34), (189, 11034, 104, 11037), (3, 17, 40, 90)]:
        low, high = confint_proportions_2indep(*table, compare="odds-ratio", method="score")
        assert miettinen_nurminen(*table) == (pytest.approx(low, rel=1e-6), pytest.approx(high, rel=1e-6))


def test_one_respondent_a_group():
    """1/1 v 0/1: half a yes is expected in each at odds ratio 1; e in a and 1 - e in b where odds = (e / (1 - e))**2.
    The score is (1 - e) sqrt(2 / (e (1 - e))), which is c where e = 2 / (2 + c**2)."""
    c2 = 2 * 1.959963984540054**2
    assert miettinen_nurminen(1, 1, 0, 1) == (pytest.approx((2 / c2) ** 2, rel=1e-12), np.inf)
    assert miettinen_nurminen(0, 1, 1, 1) == (0, pytest.approx((c2 / 2) ** 2, rel=1e-12))


def test_the_odds_ratio_and_where_it_is_not_a_number():
    some = [(30, 40, 10, 40), (5, 20, 0, 20), (20, 20, 5, 20), (0, 20, 5, 20), (5, 20, 20, 20), (0, 20, 20, 20)]
    none = [(0, 20, 0, 20), (20, 20, 9, 9), (0, 0, 5, 20), (5, 20, 0, 0)]
    x_a, n_a, x_b, n_b = np.array([*some, *none]).T
    expected = [9, np.inf, np.inf, 0, 0, 0, *[np.nan] * 4]
    assert odds_ratio(x_a, n_a, x_b, n_b) == pytest.approx(expected, nan_ok=True)


def test_where_there_is_no_limit():
    low, high = miettinen_nurminen([0, 20, 0, 20], 20, [0, 20, 20, 0], 20)
    assert low[:3].tolist() == [0, 0, 0]
    assert high[[0, 1, 3]].tolist() == [np.inf] * 3
    assert 0 < high[2] < 1 < low[3] < np.inf


def test_no_base_is_unknown():
    low, high = miettinen_nurminen([0, 3, 0], [0, 10, 0], [3, 0, 0], [10, 0, 0])
    assert np.all(np.isnan([low, high]))


@pytest.mark.parametrize("method", [odds_ratio, miettinen_nurminen])
def test_impossible_counts_are_refused(method):
    with pytest.raises(ValueError, match="yes must not exceed its base"):
        method(3, 10, 11, 10)


@settings(deadline=None)
@given(table=tables)
def test_swapping_groups_or_answers_inverts_the_limits(table):
    x_a, n_a, x_b, n_b = table
    low, high = miettinen_nurminen(*table)
    for other in ((x_b, n_b, x_a, n_a), (n_a - x_a, n_a, n_b - x_b, n_b)):
        other_low, other_high = miettinen_nurminen(*other)
        assert low == pytest.approx(inverse(other_high), rel=1e-9)
        assert high == pytest.approx(inverse(other_low), rel=1e-9)


@settings(deadline=None)
@given(table=tables)
def test_the_interval_holds_the_odds_ratio(table):
    ratio = odds_ratio(*table)
    assume(not np.isnan(ratio))
    low, high = miettinen_nurminen(*table)
    assert low <= ratio * (1 + 1e-12)
    assert ratio <= high * (1 + 1e-12)


@pytest.mark.parametrize("table", [(154, 943, 1, 185), (255, 954, 21, 22), (350, 847, 1, 51)])
def test_the_search_stops_at_the_rounding_of_the_score(table):
    """With finer tolerances scipy's find_root takes the root of a negative number here, and warns."""
    low, high = miettinen_nurminen(*table, 1 - 1e-12)
    assert low < odds_ratio(*table) < high
