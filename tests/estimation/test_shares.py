import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from pipeline.estimation.quantiles import normal_quantile, t_p_value, t_quantile
from pipeline.estimation.shares import clopper_pearson, korn_graubard, logit_interval, wilson_interval, wilson_limits

REFERENCES = Path(__file__).parents[1] / "references"
DESIGNS = {"apistrat": (200, 197), "apiclus2": (126, 39)}


def references(name):
    with (REFERENCES / name).open() as file:
        return list(csv.DictReader(file))


def by_method(method, p, se, n, df):
    return logit_interval(p, se, df) if method == "logit" else korn_graubard(p, p * (1 - p) / se**2, n, df)


def printed(text):
    """Within the last digit that a reference prints: an input of 12 digits gives no more."""
    return pytest.approx(float(text), rel=2e-9)


@pytest.mark.parametrize("row", references("svyciprop.csv"), ids=lambda row: f"{row['data']} {row['method']}")
def test_weighted_limits_equal_r_survey(row):
    found = by_method(row["method"], float(row["p"]), float(row["se"]), *DESIGNS[row["data"]])
    assert found == (printed(row["low"]), printed(row["high"]))


@pytest.mark.parametrize("row", references("share_intervals.csv"), ids=lambda row: f"{row['method']} {row['df']}")
def test_weighted_limits_equal_those_printed_for_r_survey(row):
    found = by_method(row["method"], *(float(row[name]) for name in ("p", "se", "n", "df")))
    assert found == (pytest.approx(float(row["low"]), rel=1e-10), pytest.approx(float(row["high"]), rel=1e-10))


def test_korn_graubard_where_all_or_none_say_yes():
    """Stata kg_nchs, 100 respondents, df 5: n* 59.58, 94.00% to 100% of all and 0% to 6.00% of none."""
    low, high = korn_graubard([1.0, 0.0, 1 + 1e-15], 100, 100, 5, at_most_n=True)
    assert low == pytest.approx([0.94, 0, 0.94], abs=5e-5)
    assert high == pytest.approx([1, 0.06, 1], abs=5e-5)
    assert (high[0], low[1], high[2]) == (1, 0, 1)


def test_nchs_caps_the_effective_base():
    """Share .5, se .03: n_eff 278 of 100 respondents becomes 100."""
    capped = korn_graubard(0.5, 0.25 / 0.03**2, 100, 50, at_most_n=True)
    assert capped == (pytest.approx(clopper_pearson(50, 100)[0]), pytest.approx(clopper_pearson(50, 100)[1]))


@pytest.mark.parametrize(("yes", "base", "low", "high"), [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617),
                                                         (0, 20, 0.0, 0.1684), (1, 29, 0.0009, 0.1776)])  # fmt: skip
def test_clopper_pearson_equals_published_examples(yes, base, low, high):
    """Newcombe (1998), Two-sided confidence intervals for the single proportion, table I, method 5."""
    assert clopper_pearson(yes, base) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_clopper_pearson_limits_are_where_the_tails_hold_half_of_what_is_left():
    yes, base = np.arange(1, 20), 20
    low, high = clopper_pearson(yes, base, 0.9)
    assert binom.sf(yes - 1, base, low) == pytest.approx(0.05, rel=1e-9)
    assert binom.cdf(yes, base, high) == pytest.approx(0.05, rel=1e-9)
    assert clopper_pearson([0, 20], 20)[0][0] == 0
    assert clopper_pearson([0, 20], 20)[1][1] == 1


def test_what_cannot_be_estimated_is_unknown():
    nothing = [
        korn_graubard([np.nan, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5], [9, 0, np.nan, np.inf, 9, 9, -1], [9, 9, 9, 9, 9, 1, 9],
                      [5, 5, 5, 5, 0, 5, 5]),
        logit_interval([0, 1, 0.5, 0.5, 0.5, np.nan], [0.1, 0.1, 0, np.nan, 0.1, 0.1], [5, 5, 5, 5, 0, 5]),
        wilson_limits([np.nan, 0.5, 0.5, 0.5, 0.5], [9, 0, np.nan, 9, 9], [2, 2, 2, np.nan, -1]),
        clopper_pearson([0, np.nan], [0, 5]),
    ]  # fmt: skip
    assert np.all(np.isnan(np.concatenate([limit for limits in nothing for limit in limits])))
    assert korn_graubard([], [], [], [])[0].shape == (0,)


def test_all_say_yes_whatever_the_rounding_of_their_weights():
    """0.1 added up ten times is 0.9999999999999999."""
    weights = np.full(10, 0.1)
    share = sum(weights) / 1.0
    assert share < 1
    assert korn_graubard(share, 10, 10, 9)[1] == wilson_limits(share, 10, 2.0)[1] == 1
    assert np.isnan(logit_interval(share, 1e-9, 9)[0])


@pytest.mark.parametrize("share", [-0.1, 1.1, [0.5, 2]])
def test_impossible_shares_are_refused(share):
    for interval in (lambda: korn_graubard(share, 9, 9, 5), lambda: logit_interval(share, 0.1, 5),
                     lambda: wilson_limits(share, 9, 2)):  # fmt: skip
        with pytest.raises(ValueError, match="a share must lie between 0 and 1"):
            interval()


def test_wilson_at_an_effective_base_with_few_degrees_of_freedom():
    """The quadratic (p - limit)**2 = t**2 limit (1 - limit) / n, t = 2.570582 at 5 degrees of freedom."""
    low, high = wilson_limits(0.37, 73.67346939, t_quantile(0.95, 5))
    for limit in (low, high):
        assert abs(0.37 - limit) / np.sqrt(limit * (1 - limit) / 73.67346939) == pytest.approx(2.5705818, rel=1e-7)
    assert wilson_limits(0.25, 40, normal_quantile(0.95)) == wilson_interval(10, 40)
    low, high = wilson_limits([0.0, 1.0], 33.3, 2.5)
    assert (low[0], high[1]) == (0, 1)


def test_t_is_normal_at_infinity():
    assert t_quantile(0.95, [np.inf, 1e12]) == pytest.approx(normal_quantile(0.95), rel=1e-10)
    assert t_p_value([1.959963984540054, -2.570581835636314, 3, 0], [np.inf, 5, 0, 4]) == pytest.approx(
        [0.05, 0.05, np.nan, 1], rel=1e-9, nan_ok=True
    )


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
