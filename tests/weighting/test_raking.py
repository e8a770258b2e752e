"""Raking, trimming and residuals, against R's apistrat values, Newton's method, hand calculation and properties."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from pipeline.estimation.variance import sampling, unit_variance
from pipeline.weighting.raking import kish, margin_residuals, rake, reraked
from pipeline.weighting.replication import jackknife

REFERENCES = Path(__file__).parents[1] / "references"
OTHER = yaml.safe_load((REFERENCES / "other.yaml").read_text())
EXPECTED = OTHER["raking"]["apistrat"]


class Schools:
    """The California schools raked to school type and growth target, as the reference has it."""

    def __init__(self) -> None:
        with (REFERENCES / "apistrat.csv").open() as file:
            rows = list(csv.DictReader(file))
        column = {name: np.array([row[name] for row in rows]) for name in rows[0]}
        types, self.stratum = np.unique(column["stype"], return_inverse=True)
        answers, met = np.unique(column["sch.wide"], return_inverse=True)
        margins = EXPECTED["margins"]
        self.categories = [self.stratum, met]
        self.targets = [[margins["stype"][t] for t in types], [margins["sch.wide"][a] for a in answers]]
        self.pw = column["pw"].astype(float)
        self.hi = (column["api00"].astype(float) > 700).astype(float)
        self.awards = column["awards"] == "Yes"

    def log_ratio(self, w):
        shares = [np.average(self.hi[group], weights=w[group]) for group in (self.awards, ~self.awards)]
        return np.log(shares[0] / shares[1])

    def influence(self, w):
        found = np.zeros(len(w))
        for group, sign in ((self.awards, 1), (~self.awards, -1)):
            p = np.average(self.hi[group], weights=w[group])
            found += sign * group * w * (self.hi - p) / (w[group].sum() * p)
        return found[:, None]


SCHOOLS = Schools()


def raked_schools():
    return rake(SCHOOLS.categories, SCHOOLS.targets, SCHOOLS.pw)


def test_equals_r_rake():
    got = raked_schools()
    assert SCHOOLS.log_ratio(got.weights) == pytest.approx(EXPECTED["log_rr"], rel=1e-8)
    assert got.weights.sum() == pytest.approx(6194)
    assert got.converged
    assert got.largest_gap < 1e-10
    assert got.trimmed == 0


def test_residuals_from_the_margins_give_rs_standard_error():
    w = raked_schools().weights
    z, design = SCHOOLS.influence(w), sampling(SCHOOLS.stratum)
    fixed = np.sqrt(unit_variance(design, z))
    assert fixed == pytest.approx([EXPECTED["se_if_weights_were_fixed"]], rel=1e-8)
    left = margin_residuals(z, w, SCHOOLS.categories)
    assert np.sqrt(unit_variance(design, left)) == pytest.approx([EXPECTED["se_residuals"]], rel=1e-8)


def test_ten_sweeps_are_the_least_squares_projection():
    w = raked_schools().weights
    indicators = np.column_stack([np.eye(c.max() + 1)[c] for c in SCHOOLS.categories])
    ratio = SCHOOLS.influence(w) / w[:, None]
    exact = w[:, None] * (ratio - indicators @ np.linalg.lstsq(indicators, ratio)[0])
    got = margin_residuals(w[:, None] * ratio, w, SCHOOLS.categories)
    assert got == pytest.approx(exact, rel=1e-8, abs=1e-12)


def test_what_the_margins_fix_has_no_variance():
    """The weighted number of respondents in a category of a margin is known: its residuals are 0."""
    rng = np.random.default_rng(5)
    categories = [rng.integers(0, 3, 80), rng.integers(-1, 2, 80)]
    w = rng.uniform(0.1, 9, 80)
    known = np.column_stack([w * (categories[0] == 1), w * (categories[1] == 0), w * (categories[1] == -1)])
    assert margin_residuals(known, w, categories, 200) == pytest.approx(np.zeros_like(known), abs=1e-12)


def test_jackknife_with_weights_raked_again_is_near_the_residuals_error():
    scheme = jackknife(SCHOOLS.stratum)
    again = reraked(SCHOOLS.categories, SCHOOLS.targets, SCHOOLS.pw, scheme.factors)
    replicates = np.array([SCHOOLS.log_ratio(w) for w in again.weights])
    se = np.sqrt(scheme.scale * np.sum(scheme.rscales * (replicates - replicates.mean()) ** 2))
    assert se == pytest.approx(EXPECTED["se_residuals"], rel=0.05)
    assert again.largest_gap.max() < 1e-8


def test_kish():
    n_eff, deff = kish([1] * 50 + [2] * 30 + [4] * 20 + [0, np.nan])
    assert (n_eff, deff) == pytest.approx((OTHER["kish"]["n_eff"], OTHER["kish"]["deff"]), rel=1e-8)
    assert kish(np.array([1e-300, 1e300]))[0] == pytest.approx(1)
    assert np.isnan(kish([])).all()


@st.composite
def samples(draw):
    """Respondents with two or three margins, all categories there, some without an answer, and reachable targets."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sizes = draw(st.lists(st.integers(2, 4), min_size=2, max_size=3))
    every = np.array(np.meshgrid(*[np.arange(-1, size) for size in sizes])).reshape(len(sizes), -1)
    extra = np.array([rng.integers(-1, size, 60) for size in sizes])
    categories = list(np.concatenate([every, extra], axis=1))
    base = rng.uniform(0.3, 3, categories[0].size)
    return categories, [rng.dirichlet(np.full(size, 8)) for size in sizes], base


@settings(max_examples=30, deadline=None)
@given(samples())
def test_shares_are_the_targets_and_no_answer_keeps_its_share(sample):
    categories, targets, base = sample
    got = rake(categories, targets, base)
    assert got.converged
    assert got.weights.sum() == pytest.approx(len(base))
    for category, target in zip(categories, targets, strict=True):
        answered = category >= 0
        shares = np.bincount(category[answered], got.weights[answered]) / got.weights[answered].sum()
        assert shares == pytest.approx(target, abs=1e-10)
        before = base[~answered].sum() / base.sum()
        assert got.weights[~answered].sum() / len(base) == pytest.approx(before, abs=1e-9)


@settings(max_examples=10, deadline=None)
@given(samples())
def test_is_the_nearest_to_the_base_by_another_route(sample):
    """Deville and Sarndal (1992): raking minimises sum w log(w / d) - w + d; here by its dual and BFGS."""
    categories, targets, base = sample
    d = base / base.sum()
    columns, wanted = [], []
    for category, target in zip(categories, targets, strict=True):
        silent = d[category < 0].sum()
        columns += [category == k for k in range(-1, len(target))]
        wanted += [silent, *(target * (1 - silent))]
    x, t = np.column_stack(columns).astype(float), np.array(wanted)
    dual = minimize(
        lambda b: (d @ np.exp(x @ b) - t @ b, x.T @ (d * np.exp(x @ b)) - t), np.zeros(len(t)), jac=True,
        method="BFGS", options={"gtol": 1e-9},
    )  # fmt: skip
    nearest = len(base) * d * np.exp(x @ dual.x)
    assert rake(categories, targets, base).weights == pytest.approx(nearest, rel=1e-5)


@settings(max_examples=10, deadline=None)
@given(samples(), st.floats(1.8, 4))
def test_trimmed_weights_are_the_nearest_that_keep_the_bound(sample, trim):
    """As above with min(bound, .), whose integral goes on as a straight line; where margins and bound agree."""
    categories, targets, base = sample
    got = rake(categories, targets, base, trim=trim)
    if not got.converged:
        return
    d, bound = base / base.sum(), trim / len(base)
    x = np.column_stack([c == k for c, t in zip(categories, targets, strict=True) for k in range(-1, len(t))]) * 1.0
    wanted = x.T @ got.weights / len(base)

    def dual(b):
        z, most = x @ b, np.log(bound / d)
        value = np.where(z <= most, d * np.exp(np.minimum(z, most)), bound * (1 + z - most))
        return value.sum() - wanted @ b, x.T @ np.minimum(bound, d * np.exp(z)) - wanted

    found = minimize(dual, np.zeros(x.shape[1]), jac=True, method="BFGS", options={"gtol": 1e-9}).x
    assert got.weights == pytest.approx(len(base) * np.minimum(bound, d * np.exp(x @ found)), rel=1e-4)


@settings(max_examples=20, deadline=None)
@given(samples(), st.floats(1e-6, 1e6))
def test_neither_unit_nor_order_matters(sample, unit):
    categories, targets, base = sample
    first = rake(categories, targets, base).weights
    order = np.random.default_rng(0).permutation(len(base))
    moved = rake([c[order] for c in categories[::-1]], [100 * t for t in targets[::-1]], unit * base[order])
    assert moved.weights == pytest.approx(first[order], rel=1e-7)


@settings(max_examples=20, deadline=None)
@given(samples(), st.floats(1.2, 6))
def test_no_weight_is_above_the_bound_and_the_gap_is_reported(sample, trim):
    categories, targets, base = sample
    got = rake(categories, targets, base, trim=trim)
    assert got.weights.max() <= trim * (1 + 1e-12)
    assert got.weights.sum() == pytest.approx(len(base))
    assert got.trimmed == np.sum(got.weights > trim * (1 - 1e-9))
    gap = 0.0
    for category, target in zip(categories, targets, strict=True):
        answered = category >= 0
        shares = np.bincount(category[answered], got.weights[answered]) / got.weights[answered].sum()
        gap = max(gap, np.abs(shares - target).max())
    assert got.largest_gap == pytest.approx(gap, abs=1e-12)
    assert got.converged == (gap <= 1e-10)
    free = rake(categories, targets, base)
    if free.weights.max() <= trim:
        assert got.weights == pytest.approx(free.weights, rel=1e-7)


def test_no_answer_by_hand():
    """4, 4 and 2 without an answer; .25 and .75 of the 8: weights .5 and 1.5, and 1 for the others."""
    got = rake([[0] * 4 + [1] * 4 + [-1] * 2], [[0.25, 0.75]], np.ones(10))
    assert got.weights == pytest.approx([0.5] * 4 + [1.5] * 4 + [1] * 2)


def test_a_bound_that_the_margin_cannot_meet_by_hand():
    """1 of 10 should be half: 5 times the mean, but 3 is allowed. .3 is reached, .2 missed, the others share 7."""
    got = rake([[0] + [1] * 9], [[0.5, 0.5]], np.ones(10), trim=3)
    assert got.weights == pytest.approx([3] + [7 / 9] * 9)
    assert got.largest_gap == pytest.approx(0.2)
    assert not got.converged
    assert got.trimmed == 1


def test_margins_that_contradict_each_other_are_not_called_converged():
    got = rake([[0, 0, 1, 1], [0, 0, 1, 1]], [[0.3, 0.7], [0.6, 0.4]], np.ones(4))
    assert not got.converged
    assert got.largest_gap == pytest.approx(0.3)
    assert got.iterations < 100


def test_a_cell_that_margins_empty_is_not_called_converged():
    """x = 0 only with y = 0, x = 1 with both: y = 0 must be all of x = 0, so (1, 0) tends to 0 and never gets there."""
    got = rake([[0, 1, 1], [0, 0, 1]], [[0.5, 0.5], [0.5, 0.5]], np.ones(3))
    assert np.all(np.isfinite(got.weights))
    assert got.weights.sum() == pytest.approx(3)
    assert got.converged == (got.largest_gap <= 1e-10)


@pytest.mark.parametrize(
    ("category", "target", "message"),
    [
        ([0, 1, 1], [0.5, 0.3, 0.2], "region: nobody is in West, which should be 20.00%"),
        ([0, 1, 2], [0.5, 0.5, 0], "region: West should be 0% but has 1 respondents"),
        ([0, 1, 2], [0.5, 0.3, 0.1], "region: targets sum to 0.9;"),
        ([0, 1, 2], [50, 30, 15], "region: targets sum to 95;"),
        ([0, 1, 2], [0.5, 0.6, -0.1], "region: targets must be"),
        ([0, 1, 2], [0.5, 0.5, np.nan], "region: targets must be"),
        ([0, 1, 3], [0.5, 0.3, 0.2], "region: categories must lie between"),
        ([0, 1, -2], [0.5, 0.3, 0.2], "region: categories must lie between"),
        ([0, 1, 1.5], [0.5, 0.3, 0.2], "region: needs a whole number"),
        ([0, 1], [0.5, 0.3, 0.2], "region: needs a whole number"),
        ([-1, -1, -1], [0.5, 0.3, 0.2], "region: nobody is in North"),
    ],
)
def test_what_cannot_be_raked_is_refused_by_name(category, target, message):
    with pytest.raises(ValueError, match=message):
        rake([category], [target], np.ones(3), names=["region"], labels=[["North", "South", "West"]])


def test_populations_that_differ_are_refused_and_rounded_shares_are_not():
    with pytest.raises(ValueError, match="count different populations: a 1,000, b 1,100"):
        rake([[0, 1], [1, 0]], [[400, 600], [550, 550]], np.ones(2), names=["a", "b"])
    got = rake([[0, 1, 2]], [[0.33, 0.33, 0.33]], np.ones(3))
    assert got.weights == pytest.approx(np.ones(3))


@pytest.mark.parametrize("base", [[], [0, 0], [1, -1], [1, np.nan], [1, np.inf], [[1, 1]]])
def test_wrong_base_weights_are_refused(base):
    with pytest.raises(ValueError, match="base weights"):
        rake([[0, 1]], [[0.5, 0.5]], base)


@pytest.mark.parametrize("trim", [1, 0.5, np.nan])
def test_a_bound_that_allows_nothing_is_refused(trim):
    with pytest.raises(ValueError, match="trim must be above 1"):
        rake([[0, 1]], [[0.5, 0.5]], [1, 1], trim=trim)


def test_respondents_without_base_weight_stay_out():
    got = rake([[0, 1, 1, 0]], [[0.25, 0.75]], [1, 1, 0, 0], trim=5)
    assert got.weights == pytest.approx([0.5, 1.5, 0, 0])
    left = margin_residuals(np.ones((4, 1)), got.weights, [[0, 1, 1, 0]])
    assert left.ravel() == pytest.approx([0, 0, 1, 1])


def test_huge_and_tiny_base_weights():
    base = np.array([1e100, 1e-100, 1.0, 1e50] * 3)
    got = rake([[0, 1, 0, 1] * 3, [0, 0, 1, 1] * 3], [[0.4, 0.6], [0.3, 0.7]], base, max_iterations=60)
    assert np.all(np.isfinite(got.weights))
    assert got.weights.sum() == pytest.approx(12)
    assert got.converged == (got.largest_gap <= 1e-10)


def test_the_full_sample_as_a_replicate_is_the_raking_itself():
    for trim in (None, 1.1):
        got = rake(SCHOOLS.categories, SCHOOLS.targets, SCHOOLS.pw, trim=trim)
        again = reraked(SCHOOLS.categories, SCHOOLS.targets, SCHOOLS.pw, np.ones((2, 200)), trim=trim)
        assert again.weights[1] == pytest.approx(got.weights, rel=1e-6)


def test_a_replicate_is_raked_as_if_it_were_the_sample():
    """A respondent drawn twice is two respondents, the bound included."""
    rng = np.random.default_rng(3)
    categories, targets = [rng.integers(0, 3, 50), rng.integers(-1, 2, 50)], [[0.2, 0.3, 0.5], [0.6, 0.4]]
    base, drawn = rng.uniform(0.5, 2, 50), rng.multinomial(50, np.full(50, 0.02))
    rows = np.repeat(np.arange(50), drawn)
    for trim in (None, 1.6):
        once = rake([c[rows] for c in categories], targets, base[rows], trim=trim, max_iterations=100)
        again = reraked(categories, targets, base, drawn[None], trim=trim).weights[0]
        assert again / again.sum() == pytest.approx(np.bincount(rows, once.weights, 50) / len(rows), rel=1e-5)


def test_a_replicate_without_a_category_or_anybody():
    got = reraked([[0, 1, 2, 2]], [[0.5, 0.25, 0.25]], np.ones(4), [[0, 1, 1, 1], [0, 0, 0, 0], [1, 1, 1, 1]])
    assert got.weights[0] == pytest.approx([0, 2, 1, 1])
    assert got.weights[1] == pytest.approx(np.zeros(4))
    assert got.largest_gap[0] == pytest.approx(0.5)
    assert np.isnan(got.largest_gap[1])
    assert got.largest_gap[2] < 1e-8


def test_wrong_factors_are_refused():
    for factors in ([1, 1], [[1, 1, 1]], [[1, -1]], [[1, np.nan]]):
        with pytest.raises(ValueError, match="factors must be"):
            reraked([[0, 1]], [[0.5, 0.5]], [1, 1], factors)
