from math import erfc, sqrt

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from pipeline.estimation import odds_ratios, ratios
from pipeline.estimation.score_test import score_p_value

groups = st.integers(1, 300).flatmap(lambda n: st.tuples(st.sampled_from([0, 1, n]) | st.integers(0, n), st.just(n)))
tables = st.tuples(groups, groups).map(lambda pair: (*pair[0], *pair[1]))


def test_by_hand():
    """9/13 v 4/14: z = (9/13 - 4/14) / sqrt(13/27 x 14/27 (1/13 + 1/14) 27/26)."""
    z = (9 / 13 - 4 / 14) / sqrt(13 / 27 * 14 / 27 * (1 / 13 + 1 / 14) * 27 / 26)
    assert score_p_value(9, 13, 4, 14) == pytest.approx(erfc(z / sqrt(2)), rel=1e-12)


def test_is_the_chi_squared_test_but_for_one_respondent():
    chi2 = chi2_contingency([[300, 300], [390, 1172]], correction=False).statistic * 2161 / 2162
    assert score_p_value(300, 600, 390, 1562) == pytest.approx(erfc(sqrt(chi2 / 2)), rel=1e-10)


def test_all_yes_or_all_no_says_nothing_and_no_base_is_unknown():
    p = score_p_value([0, 20, 1, 0, 5], [20, 20, 1, 0, 9], [0, 9, 1, 5, 0], [9, 9, 1, 9, 0])
    assert p == pytest.approx([1, 1, 1, np.nan, np.nan], nan_ok=True)


def test_impossible_counts_are_refused():
    with pytest.raises(ValueError, match="yes must not exceed its base"):
        score_p_value(3, 10, 11, 10)


@settings(deadline=None)
@given(table=tables, alpha=st.floats(0.001, 0.5))
def test_p_is_below_alpha_where_the_intervals_exclude_no_effect(table, alpha):
    p = score_p_value(*table)
    assume(abs(p - alpha) > 1e-9)
    for effect in (ratios, odds_ratios):
        low, high = effect.miettinen_nurminen(*table, 1 - alpha)
        assert (p < alpha) == (not low <= 1 <= high)


def test_p_agrees_with_the_interval_for_every_small_table():
    n = np.arange(1, 13)
    x_a, n_a, x_b, n_b = (grid.ravel() for grid in np.meshgrid(np.arange(13), n, np.arange(13), n))
    possible = (x_a <= n_a) & (x_b <= n_b)
    table = (x_a[possible], n_a[possible], x_b[possible], n_b[possible])
    significant = score_p_value(*table) < 0.05
    for effect in (ratios, odds_ratios):
        low, high = effect.miettinen_nurminen(*table)
        assert np.array_equal(significant, (low > 1) | (high < 1))
    assert significant.sum() > 1000
