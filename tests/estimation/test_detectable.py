import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from pipeline.estimation.detectable import detectable_ratio
from pipeline.estimation.score_test import score_p_value


def test_equals_r_power_prop_test():
    """power.prop.test(n = 50, p1 = .5, power = .90): p2 = 0.8026; n = 76.7 for .50 and .75, as its help prints."""
    assert detectable_ratio(0.5, 50, 50, power=0.9)[1] * 0.5 == pytest.approx(0.8026, abs=5e-5)
    assert detectable_ratio(0.5, 76.7, 76.7, power=0.9)[1] == pytest.approx(1.5, abs=1e-3)


@pytest.mark.parametrize(("n_a", "n_b", "p_b"), [(200, 200, 0.3), (100, 400, 0.2), (400, 100, 0.5), (150, 150, 0.9)])
def test_the_score_test_finds_it_with_80_percent_power(n_a, n_b, p_b):
    """Exact power of the test that is used, by enumeration of all tables."""
    below, above = detectable_ratio(p_b, n_a, n_b)
    significant = score_p_value(np.arange(n_a + 1)[:, None], n_a, np.arange(n_b + 1), n_b) < 0.05
    chance_b = binom.pmf(np.arange(n_b + 1), n_b, p_b)
    for ratio in (below, above):
        power = binom.pmf(np.arange(n_a + 1), n_a, ratio * p_b) @ significant @ chance_b
        assert power == pytest.approx(0.8, abs=0.035)


def test_where_no_ratio_would_be_found():
    """Groups of 3 cannot differ enough; 0 has no ratio; nothing is above all, nothing below a rare share."""
    below, above = detectable_ratio(
        [0.5, 0.0, 1.0, 0.01, 0.5, 0.5, np.nan], [3, 99, 99, 99, 0, np.nan, 9], [3, 99, 99, 99, 9, 9, 9]
    )
    assert np.isnan(below).tolist() == [True, True, False, True, True, True, True]
    assert np.isnan(above).tolist() == [True, True, True, False, True, True, True]
    assert below[2] < 0.97
    assert [found.shape for found in detectable_ratio(0.2, [], 9)] == [(0,)] * 2


@pytest.mark.parametrize("wrong", [{"p_b": 1.1}, {"level": 95}, {"power": 0.2}, {"power": 80}])
def test_impossible_values_are_refused(wrong):
    with pytest.raises(ValueError, match="must lie between"):
        detectable_ratio(**({"p_b": 0.5, "n_eff_a": 10, "n_eff_b": 10} | wrong))


@settings(deadline=None)
@given(st.floats(0.001, 0.999), st.floats(0.5, 1e7), st.floats(0.5, 1e7))
def test_lies_beyond_one_and_comes_nearer_with_more_respondents(p_b, n_a, n_b):
    below, above = detectable_ratio(p_b, [n_a, 2 * n_a], [n_b, 2 * n_b])
    assert not np.any(below >= 1)
    assert not np.any(below < 0)
    assert not np.any(above <= 1)
    assert not np.any(above > (1 + 1e-12) / p_b)
    assert not below[0] > below[1]
    assert not above[0] < above[1]
    assert np.isnan(below[0]) or not np.isnan(below[1])


def test_no_difference_between_found_and_end_is_missed():
    """Where NaN says that no share suffices, none of a thousand does by the formula of Fleiss."""
    grid = np.linspace(0, 1, 1001)[:, None]
    p_b, n_a, n_b = (axis.ravel() for axis in np.meshgrid([0.02, 0.3, 0.5, 0.9], [1, 4, 9, 30], [2, 5, 60]))
    common = (n_a * grid + n_b * p_b) / (n_a + n_b)
    se = np.sqrt(grid * (1 - grid) / n_a + p_b * (1 - p_b) / n_b)
    needed = 1.959963984540054 * np.sqrt(common * (1 - common) * (1 / n_a + 1 / n_b)) + 0.8416212335729143 * se
    below, above = detectable_ratio(p_b, n_a, n_b)
    assert np.array_equal(np.isnan(above), ~np.any(grid - p_b >= needed, axis=0))
    assert np.array_equal(np.isnan(below), ~np.any(p_b - grid >= needed, axis=0))
