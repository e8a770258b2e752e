"""Replicates made from sampling units: R's factors and scales by hand, and totals whose variance is known exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.estimation.variance import sampling, unit_variance
from pipeline.weighting.replication import bootstrap, jackknife, random_groups


def variance_of_totals(scheme, values):
    replicates = scheme.factors @ values
    deviation = replicates - replicates.mean(axis=0)
    return scheme.scale * scheme.rscales @ deviation**2


def test_jk1_by_hand():
    """R as.svrepdesign(type = "JK1") of 4 units: n / (n - 1), 0 for the one left out, scale (n - 1) / n."""
    got = jackknife([0, 0, 0, 0])
    assert got.kind == "JK1"
    assert got.factors == pytest.approx((np.ones((4, 4)) - np.eye(4)) * 4 / 3)
    assert (got.scale, got.df, got.mse) == (0.75, 3, False)
    assert got.rscales.tolist() == [1, 1, 1, 1]
    assert jackknife([0, 0, 0, 0], [0.2]).scale == pytest.approx(0.6)


def test_jkn_by_hand():
    got = jackknife([0, 1, 0, 1, 1], [0.5, 0])
    assert got.kind == "JKn"
    assert got.factors[0] == pytest.approx([0, 1, 2, 1, 1])
    assert got.factors[1] == pytest.approx([1, 0, 1, 1.5, 1.5])
    assert got.rscales == pytest.approx([0.25, 2 / 3, 0.25, 2 / 3, 2 / 3])
    assert (got.scale, got.df) == (1, 3)


@st.composite
def designs(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    strata = draw(st.integers(1, 5))
    stratum = rng.permutation(np.concatenate([np.repeat(np.arange(strata), 2), rng.integers(0, strata, 15)]))
    return stratum, rng.uniform(0, 0.9, strata) * rng.integers(0, 2, strata), rng.normal(3, 2, (len(stratum), 3))


@settings(max_examples=40, deadline=None)
@given(designs())
def test_the_jackknife_of_totals_is_the_linearised_variance(design):
    stratum, fraction, values = design
    exact = unit_variance(sampling(stratum, fraction), values)
    assert variance_of_totals(jackknife(stratum, fraction), values) == pytest.approx(exact, rel=1e-9)


@settings(max_examples=5, deadline=None)
@given(designs(), st.integers(0, 10**6))
def test_the_bootstrap_of_totals_tends_to_the_linearised_variance(design, seed):
    stratum, fraction, values = design
    scheme = bootstrap(stratum, 20_000, seed, fraction)
    exact = unit_variance(sampling(stratum, fraction), values)
    assert variance_of_totals(scheme, values) == pytest.approx(exact, rel=0.1)
    assert scheme.factors.mean(axis=0) == pytest.approx(np.ones(len(stratum)), abs=0.1)
    for h in range(len(fraction)):
        inside = scheme.factors[:, stratum == h]
        assert inside.sum(axis=1) == pytest.approx(np.full(20_000, inside.shape[1]))


def test_bootstrap_factors_are_n_over_n_minus_1_draws():
    """Rao and Wu (1988), R subbootstrap: 2 of 3 drawn, factors 0, 1.5, 3; scale 1 / (R - 1)."""
    got = bootstrap([0, 0, 0], 500, seed=1)
    assert set(np.unique(got.factors.round(12))) == {0.0, 1.5, 3.0}
    assert (got.scale, got.df) == (1 / 499, 2)
    assert bootstrap([0] * 9, 5, seed=1).df == 4


def test_the_same_seed_draws_the_same_and_each_stratum_by_itself():
    first, again = bootstrap([0, 0, 0, 1, 1], 50, seed=7), bootstrap([0, 1, 0, 1, 0], 50, seed=7)
    assert again.factors[:, [0, 2, 4]] == pytest.approx(first.factors[:, :3])
    assert again.factors[:, [1, 3]] == pytest.approx(first.factors[:, 3:])
    assert np.any(bootstrap([0, 0, 0, 1, 1], 50, seed=8).factors != first.factors)


LONELY = [0, 0, 0, 1]
VALUES = np.array([[1.0], [4.0], [2.0], [10.0]])
OTHERS = 3 / 2 * (9 + 0 + 4 + 1 - 14 + 14 / 3)
"""3 / 2 of the squared deviations of 1, 4 and 2, whose mean is 7 / 3: 14 / 3."""


@pytest.mark.parametrize("rule", ["remove", "certainty"])
def test_a_lonely_unit_adds_nothing_if_removed(rule):
    assert variance_of_totals(jackknife(LONELY, lonely=rule), VALUES) == pytest.approx([OTHERS])
    scheme = bootstrap(LONELY, 40_000, 1, lonely=rule)
    assert variance_of_totals(scheme, VALUES) == pytest.approx([OTHERS], rel=0.05)
    assert np.all(scheme.factors[:, 3] == 1)


def test_a_lonely_unit_leaves_no_variance_by_default():
    for scheme in (jackknife(LONELY), bootstrap(LONELY, 10, 1), jackknife([0]), bootstrap([0], 10, 1)):
        assert np.isnan(scheme.scale)
        assert np.all(np.isfinite(scheme.factors))


def test_a_lonely_unit_with_rule_average():
    """R jknweights: units over replicates, 4 / 3; the bootstrap's is the linearised rule's, 2 strata over 1."""
    assert variance_of_totals(jackknife(LONELY, lonely="average"), VALUES) == pytest.approx([OTHERS * 4 / 3])
    assert bootstrap(LONELY, 11, 1, lonely="average").scale == pytest.approx(2 / 10)
    assert np.isnan(bootstrap([0, 1], 11, 1, lonely="average").scale)
    assert np.isnan(jackknife([0, 1], lonely="average").scale)


def test_a_lonely_unit_with_rule_adjust():
    """R jknweights: its stratum 0, the others 2 / 1, rscale 1 / 2. Bootstrap: a coin, 10**2 more."""
    got = jackknife(LONELY, lonely="adjust")
    assert got.factors[3] == pytest.approx([2, 2, 2, 0])
    assert got.rscales[3] == pytest.approx(0.5)
    assert got.scale == 1
    scheme = bootstrap(LONELY, 40_000, 1, lonely="adjust")
    assert set(scheme.factors[:, 3]) == {0.0, 2.0}
    assert variance_of_totals(scheme, VALUES) == pytest.approx([OTHERS + 100], rel=0.05)
    linearised = unit_variance(sampling(LONELY, lonely="adjust"), VALUES)
    assert linearised == pytest.approx([OTHERS + 100])


def test_strata_sampled_whole_have_no_replicates():
    got = jackknife([0, 0, 1, 1], [1, 0])
    assert got.factors == pytest.approx(np.array([[1, 1, 0, 2], [1, 1, 2, 0]]))
    assert np.all(bootstrap([0, 0, 1, 1], 9, 1, [1, 0]).factors[:, :2] == 1)
    assert np.isnan(jackknife([0, 0], [1]).scale)
    lonely_but_whole = jackknife([0, 1, 1], [1, 0])
    assert variance_of_totals(lonely_but_whole, np.array([[5.0], [1], [3]])) == pytest.approx([4])


def test_no_units_at_all():
    assert np.isnan(jackknife(np.array([], int)).scale)
    assert bootstrap(np.array([], int), 5, 1).factors.shape == (5, 0)


@pytest.mark.parametrize("wrong", [[0, 2], [0, -1], [0.5, 1.0], [[0, 1]]])
def test_strata_must_be_numbered(wrong):
    for make in (jackknife, lambda s: bootstrap(s, 9, 1)):
        with pytest.raises(ValueError, match="strat"):
            make(np.array(wrong))


@pytest.mark.parametrize("fraction", [[1.1], [-0.1], [0.5, 0.5], [np.nan]])
def test_fractions_must_be_shares(fraction):
    with pytest.raises(ValueError, match="fraction"):
        jackknife([0, 0], fraction)


def test_random_groups_do_not_depend_on_the_order_of_rows():
    rng = np.random.default_rng(2)
    stratum, ids = rng.choice(["n", "s", "w"], 2162, p=[0.6, 0.39, 0.01]), np.arange(2162).astype(str)
    got = random_groups(stratum, ids)
    order = rng.permutation(2162)
    assert random_groups(stratum[order], ids[order]).group.tolist() == got.group[order].tolist()
    assert 75 <= len(got.stratum) <= 85
    assert np.any(random_groups(stratum, ids, seed=1).group != got.group)
    names = np.unique(stratum)
    assert np.all(names[got.stratum[got.group]] == stratum)
    for h in range(3):
        sizes = np.bincount(got.group)[got.stratum == h]
        assert len(sizes) >= 2
        assert sizes.max() - sizes.min() <= 1


def test_random_groups_of_few_respondents():
    got = random_groups(["a", "b", "b", "c", "c", "c"], list("uvwxyz"), groups=80)
    assert sorted(got.group) == [0, 1, 2, 3, 4, 5]
    assert got.stratum.tolist() == [0, 1, 1, 2, 2, 2]
    assert len(random_groups([], []).stratum) == 0
    two_each = random_groups(np.repeat(np.arange(100), 5), np.arange(500), groups=80)
    assert np.bincount(two_each.stratum).tolist() == [2] * 100


def test_a_key_twice_is_refused():
    with pytest.raises(ValueError, match="key of its own"):
        random_groups(["a", "a"], [1, 1])
