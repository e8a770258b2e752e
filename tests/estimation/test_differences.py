import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.estimation.differences import newcombe


@pytest.mark.parametrize(
    ("table", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((0, 10, 0, 10), -0.2775, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0),
        ((10, 10, 0, 10), 0.6075, 1.0),
    ],
)
def test_published_examples(table, low, high):
    """Newcombe (1998), Interval estimation for the difference between independent proportions, table II, method 10."""
    assert newcombe(*table) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_equals_r_contingencytables():
    """Newcombe_hybrid_score_CI_2x2(perondi_2004), as printed in that package's own tests."""
    assert newcombe(7, 34, 1, 34) == (pytest.approx(0.0189, abs=5e-5), pytest.approx(0.3404, abs=5e-5))


def test_equals_statsmodels():
    from statsmodels.stats.proportion import confint_proportions_2indep

    x_a, n_a, x_b, n_b = np.array([(3, 17, 40, 90), (0, 5, 5, 5), (189, 11034, 104, 11037), (1, 1, 0, 1)]).T
    low, high = confint_proportions_2indep(x_a, n_a, x_b, n_b, compare="diff", method="newcomb", alpha=0.1)
    assert newcombe(x_a, n_a, x_b, n_b, 0.9) == (pytest.approx(low, abs=1e-14), pytest.approx(high, abs=1e-14))


def test_no_base_is_unknown():
    low, high = newcombe([0, 3], [0, 10], [3, 0], [10, 0])
    assert np.all(np.isnan([low, high]))


def test_impossible_counts_are_refused():
    with pytest.raises(ValueError, match="yes must not exceed its base"):
        newcombe(3, 10, 11, 10)


groups = st.integers(1, 3000).flatmap(lambda n: st.tuples(st.sampled_from([0, n]) | st.integers(0, n), st.just(n)))


@given(groups, groups)
def test_swapping_groups_turns_the_sign(a, b):
    low, high = newcombe(*a, *b)
    swapped_low, swapped_high = newcombe(*b, *a)
    assert (low, high) == (pytest.approx(-swapped_high, abs=1e-15), pytest.approx(-swapped_low, abs=1e-15))
    assert -1 <= low <= a[0] / a[1] - b[0] / b[1] <= high <= 1
