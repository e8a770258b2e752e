import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.estimation.shares import wilson_interval


@pytest.mark.parametrize(
    ("yes", "base", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_published_examples(yes, base, low, high):
    """Newcombe (1998), Two-sided confidence intervals for the single proportion, table I, method 3."""
    assert wilson_interval(yes, base) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_limits_are_where_the_share_is_z_standard_errors_away():
    low, high = wilson_interval(30, 100, 0.90)
    for limit in (low, high):
        assert abs(0.3 - limit) / np.sqrt(limit * (1 - limit) / 100) == pytest.approx(1.6448536269514722, rel=1e-12)


def test_no_yes_and_all_yes_reach_the_ends_exactly():
    base = np.arange(1, 5001)
    z2 = 1.959963984540054**2
    low, high = wilson_interval(0, base)
    assert np.all(low == 0)
    assert high == pytest.approx(z2 / (base + z2), rel=1e-12)
    low, high = wilson_interval(base, base)
    assert np.all(high == 1)
    assert low == pytest.approx(base / (base + z2), rel=1e-12)


def test_a_rare_share_keeps_its_digits():
    """Near 0 the limits are those of yes + z2/2 -+ z sqrt(yes + z2/4), over the base."""
    low, high = wilson_interval(1, 1e12)
    z2 = 1.959963984540054**2
    larger = 1 + z2 / 2 + np.sqrt(z2 * (1 + z2 / 4))
    assert high == pytest.approx(larger / 1e12, rel=1e-9)
    assert low == pytest.approx(1 / larger / 1e12, rel=1e-9)


def test_an_effective_base_need_not_be_whole():
    """The quadratic (p - limit)**2 = z**2 limit (1 - limit) / n by numpy's root finder."""
    p, n, z2 = 0.37, 73.67346939, 1.959963984540054**2
    roots = sorted(np.roots([1 + z2 / n, -(2 * p + z2 / n), p**2]))
    assert wilson_interval(p * n, n) == (pytest.approx(roots[0], rel=1e-9), pytest.approx(roots[1], rel=1e-9))


def test_no_base_is_unknown_and_shapes_broadcast():
    low, high = wilson_interval([[0], [0]], [0, 10, np.nan])
    assert low.shape == high.shape == (2, 3)
    assert np.isnan(low).tolist() == np.isnan(high).tolist() == [[True, False, True]] * 2


@pytest.mark.parametrize(("yes", "base"), [(-1, 10), (11, 10), (0, -1), ([1, 5], [2, 4])])
def test_impossible_counts_are_refused(yes, base):
    with pytest.raises(ValueError, match="must not"):
        wilson_interval(yes, base)


@pytest.mark.parametrize("level", [0, 1, 95, -0.5])
def test_a_level_that_is_no_share_is_refused(level):
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        wilson_interval(1, 10, level)


@given(st.integers(1, 100_000).flatmap(lambda base: st.tuples(st.integers(0, base), st.just(base))))
def test_yes_and_no_mirror_each_other(table):
    yes, base = table
    low, high = wilson_interval(yes, base)
    no_low, no_high = wilson_interval(base - yes, base)
    assert (low, high) == (pytest.approx(1 - no_high, abs=1e-15), pytest.approx(1 - no_low, abs=1e-15))
    assert 0 <= low <= yes / base <= high <= 1
