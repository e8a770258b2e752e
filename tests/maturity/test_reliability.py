"""Alpha, omega and items, against R, against exact solutions, and where there is nothing to tell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import engine
from pipeline.maturity.reliability import (
    Dimension,
    dimensions_of,
    feldt_interval,
    items_query,
    one_factor,
    reliability,
    reliability_rows,
    stratified_alpha,
)
from pipeline.study.loading import study_from_text
from tests.records import core_of

REFERENCES = Path(__file__).parents[1] / "references"
PUBLISHED = yaml.safe_load((REFERENCES / "other.yaml").read_text())["reliability"]
ATTITUDE = np.loadtxt(REFERENCES / "attitude.csv", delimiter=",", skiprows=1)


def made_from(loadings: np.ndarray) -> np.ndarray:
    """The correlation matrix that one factor with these loadings makes."""
    found = np.outer(loadings, loadings)
    np.fill_diagonal(found, 1.0)
    return found


def sample_with(covariance: np.ndarray, n: int = 40, seed: int = 3) -> np.ndarray:
    """Respondents whose covariance matrix is exactly this one."""
    made = np.random.default_rng(seed).normal(size=(n, len(covariance)))
    made -= made.mean(axis=0)
    white = made @ np.linalg.inv(np.linalg.cholesky(made.T @ made / (n - 1))).T
    return white @ np.linalg.cholesky(covariance).T


# -- alpha


def test_alpha_equals_r():
    found = reliability(ATTITUDE, np.ones(30))
    assert (found.n, found.items, found.reason) == (30, 7, "")
    assert found.alpha == pytest.approx(PUBLISHED["alpha"], rel=1e-11)
    assert found.standardised_alpha == pytest.approx(PUBLISHED["standardised_alpha"], rel=1e-11)


def test_alpha_without_each_item_equals_r():
    """psych::alpha(attitude)$alpha.drop, raw_alpha, three digits."""
    found = reliability(ATTITUDE, np.ones(30))
    assert found.alpha_without == pytest.approx([0.810, 0.797, 0.828, 0.803, 0.795, 0.864, 0.840], abs=5e-4)


def test_each_item_by_brute_force():
    found = reliability(ATTITUDE, np.ones(30))
    for i in range(7):
        others = np.delete(ATTITUDE, i, axis=1)
        assert found.item_rest[i] == pytest.approx(np.corrcoef(ATTITUDE[:, i], others.sum(axis=1))[0, 1], rel=1e-10)
        assert found.alpha_without[i] == pytest.approx(reliability(others, np.ones(30)).alpha, rel=1e-10)
    assert found.item_mean == pytest.approx(ATTITUDE.mean(axis=0))
    assert found.item_sd == pytest.approx(ATTITUDE.std(axis=0, ddof=1))
    assert (found.mean, found.sd) == pytest.approx((ATTITUDE.mean(), ATTITUDE.mean(axis=1).std(ddof=1)))


def test_alpha_by_hand():
    """Items (0, 0, 3), (0, 3, 3), (0, 3, 0) have variance 3 each, their sums 0, 6, 6 variance 12: 3/2 (1 - 9/12)."""
    found = reliability([[0, 0, 0], [0, 3, 3], [3, 3, 0]], np.ones(3))
    assert found.alpha == pytest.approx(0.375)


def test_items_that_contradict_each_other_have_a_negative_alpha():
    """Variances 1 and 4, covariance -1: 2 (1 - 5 / 3) = -4/3."""
    found = reliability(sample_with(np.array([[1.0, -1], [-1, 4]])), np.ones(40))
    assert found.alpha == pytest.approx(-4 / 3)
    assert found.alpha_low < found.alpha < found.alpha_high


def test_two_items_are_spearman_and_browns_and_have_no_omega():
    found = reliability(sample_with(np.array([[1.0, 0.6], [0.6, 1]])), np.ones(40))
    assert found.standardised_alpha == pytest.approx(2 * 0.6 / 1.6)
    assert np.isnan(found.omega)
    assert found.reason == "omega needs three items"
    assert np.all(np.isnan(found.alpha_without))
    assert found.item_rest == pytest.approx([0.6, 0.6])


# -- its interval


def test_interval_covers_as_the_f_distribution_says():
    """The limits are where (1 - alpha) / (1 - estimate) meets the quantiles of F(29, 174)."""
    from scipy.stats import f

    low, high = feldt_interval(0.843142769565, 30, 7)
    assert f.cdf((1 - low) / (1 - 0.843142769565), 29, 174) == pytest.approx(0.975, rel=1e-9)
    assert f.cdf((1 - high) / (1 - 0.843142769565), 29, 174) == pytest.approx(0.025, rel=1e-9)


def test_interval_holds_the_alpha_of_parallel_items_as_often_as_it_says():
    """Four parallel items with correlation .3: alpha is 4 x .3 / (1 + 3 x .3). 4,000 samples of 25: 95 +- 1.1%."""
    random = np.random.default_rng(11)
    items = np.sqrt(0.3) * random.normal(size=(4000, 25, 1)) + np.sqrt(0.7) * random.normal(size=(4000, 25, 4))
    alone = items.var(axis=1, ddof=1).sum(axis=1)
    alphas = 4 / 3 * (1 - alone / items.sum(axis=2).var(axis=1, ddof=1))
    limits = np.array([feldt_interval(float(alpha), 25, 4) for alpha in alphas])
    held = np.mean((limits[:, 0] <= 1.2 / 1.9) & (limits[:, 1] >= 1.2 / 1.9))
    assert held == pytest.approx(0.95, abs=0.011)


def test_no_interval_without_width_and_none_from_nothing():
    for alpha, n, items in ((1.0, 30, 3), (np.nan, 30, 3), (0.5, 1, 3), (0.5, 30, 1), (0.5, 1.5, 3)):
        assert np.all(np.isnan(feldt_interval(alpha, n, items)))


# -- omega


@pytest.mark.parametrize(
    "loadings",
    [
        [0.9, 0.5, 0.4], [0.7] * 4, [0.95, 0.1, 0.2, 0.3, 0.4], [0.6, -0.5, 0.7, 0.8], list(np.linspace(0.2, 0.95, 20)),
        [0.99, 0.98, 0.97], [0.05, 0.06, 0.07, 0.05],
    ],
)  # fmt: skip
def test_known_loadings_come_back(loadings):
    loadings = np.array(loadings)
    found = one_factor(made_from(loadings))
    assert found.reason == ""
    assert found.loadings * np.sign(found.loadings[0]) == pytest.approx(loadings, rel=1e-7)
    assert found.unique == pytest.approx(1 - loadings**2, rel=1e-7)


def test_omega_of_known_loadings_and_scales_by_hand():
    """Loadings .8, .6, .5, standard deviations 1, 2, 4: s = .8 + 1.2 + 2 = 4, unique .36 + 4 x .64 + 16 x .75 = 14.92,
    16 / 30.92. Standardised: 1.9^2 / (1.9^2 + .36 + .64 + .75) = 3.61 / 5.36."""
    sd = np.array([1.0, 2, 4])
    sample = sample_with(made_from(np.array([0.8, 0.6, 0.5])) * np.outer(sd, sd))
    found = reliability(sample, np.ones(40))
    assert found.omega == pytest.approx(16 / 30.92, rel=1e-8)
    assert found.standardised_omega == pytest.approx(3.61 / 5.36, rel=1e-8)


def test_three_items_are_solved_by_spearmans_triads():
    """Spearman (1904): loading 1 squared is r12 r13 / r23. Correlations .56, .42, .48: .49, .64, .36."""
    found = one_factor([[1, 0.56, 0.42], [0.56, 1, 0.48], [0.42, 0.48, 1]])
    assert found.loadings**2 == pytest.approx([0.49, 0.64, 0.36], rel=1e-9)


def test_equal_loadings_make_omega_alpha():
    found = reliability(sample_with(made_from(np.full(5, 0.65))), np.ones(40))
    assert found.omega == pytest.approx(found.alpha, rel=1e-9)
    assert found.standardised_omega == pytest.approx(found.standardised_alpha, rel=1e-9)


def test_the_fit_of_real_data_equals_statsmodels():
    from statsmodels.multivariate.factor import Factor

    theirs = Factor(ATTITUDE, n_factor=1, method="ml").fit()
    found = one_factor(np.corrcoef(ATTITUDE.T))
    assert found.unique == pytest.approx(theirs.uniqueness, abs=1e-6)  # their optimiser stops there
    assert np.abs(found.loadings) == pytest.approx(np.abs(theirs.loadings[:, 0]), abs=1e-6)


def test_the_fit_is_a_maximum_of_the_likelihood():
    """Lawley's equations (1940): variances are met, and R u = (1 + l'u) l, u the loadings l over unique variances."""
    meets_lawleys_equations(np.corrcoef(ATTITUDE.T))


@settings(deadline=None)
@given(st.integers(3, 12), st.integers(0, 10**6), st.sampled_from([15, 30, 200]), st.sampled_from([0.0, 0.3, 1.0]))
def test_so_is_that_of_items_with_little_in_common(items, seed, n, common):
    random = np.random.default_rng(seed)
    meets_lawleys_equations(np.corrcoef((common * random.normal(size=(n, 1)) + random.normal(size=(n, items))).T))


def meets_lawleys_equations(correlation: np.ndarray) -> None:
    loadings, unique, reason = one_factor(correlation)
    if reason:  # at a bound the equations do not hold
        return
    assert loadings**2 + unique == pytest.approx(np.ones(len(loadings)), rel=1e-7)
    weighted = loadings / unique
    assert correlation @ weighted == pytest.approx(loadings * (1 + loadings @ weighted), rel=1e-7, abs=1e-9)


def test_a_heywood_case_stands_and_is_named():
    """Triads give item 1 a squared loading of .8 x .8 / .5 = 1.28: it is held at .995."""
    found = one_factor([[1, 0.8, 0.8], [0.8, 1, 0.5], [0.8, 0.5, 1]])
    assert found.unique[0] == pytest.approx(0.005)
    assert "Heywood" in found.reason


@pytest.mark.parametrize(
    ("correlation", "reason"),
    [
        (np.eye(2), "three items"),
        (np.eye(4), "no one factor"),
        (np.ones((3, 3)), "follows from the others"),
        ([[1, 0.5, 0.0], [0.5, 1, 0.0], [0.0, 0.0, 1]], "no one factor"),
        (np.zeros((0, 0)), "three items"),
    ],
)
def test_what_has_no_factor_says_why(correlation, reason):
    found = one_factor(correlation)
    assert reason in found.reason
    assert np.all(np.isnan(found.loadings))


@settings(deadline=None)
@given(st.integers(3, 12), st.integers(0, 10**6), st.integers(2, 60))
def test_any_sample_has_an_omega_within_0_and_1_or_a_reason(items, seed, n):
    random = np.random.default_rng(seed)
    common = random.normal(size=(n, 1)) * random.choice([0, 0.5, 3])
    found = reliability(np.round(common + random.normal(size=(n, items))), np.ones(n))
    assert 0 <= found.omega <= 1 or found.reason
    assert not found.alpha > 1
    assert not found.alpha_high < found.alpha_low


# -- who and what counts


def test_a_missing_item_or_a_weight_of_0_takes_the_respondent_out():
    holes = ATTITUDE.copy()
    holes[3, 2] = np.nan
    weights = np.ones(30)
    weights[7] = 0
    assert_same(reliability(holes, weights), reliability(np.delete(ATTITUDE, [3, 7], axis=0), np.ones(28)))


def assert_same(found, expected):
    for name in ("n", "alpha", "alpha_low", "alpha_high", "omega", "standardised_omega", "mean", "sd", "item_rest"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-9), name


def test_weights_count_as_often_as_they_say():
    """A weight of 3 gives the alpha, omega and correlations of three respondents, but not their number."""
    weights = np.array([1, 2, 3] * 10)
    found, repeated = reliability(ATTITUDE, weights), reliability(np.repeat(ATTITUDE, weights, axis=0), np.ones(60))
    for name in ("alpha", "omega", "standardised_alpha", "item_rest", "alpha_without", "mean"):
        assert getattr(found, name) == pytest.approx(getattr(repeated, name), rel=1e-8), name
    n_eff = 60**2 / 140
    assert (found.alpha_low, found.alpha_high) == pytest.approx(feldt_interval(repeated.alpha, n_eff, 7))


@pytest.mark.parametrize("factor", [1e-200, 0.1, 1e200])
def test_the_scale_of_weights_changes_nothing(factor):
    weights = np.linspace(0.5, 2, 30)
    assert_same(reliability(ATTITUDE, weights * factor), reliability(ATTITUDE, weights))


def test_an_item_that_everybody_answers_alike_is_left_out():
    with_constant = np.column_stack([ATTITUDE, np.full(30, 100 / 3)])
    found, without = reliability(with_constant, np.linspace(0.3, 1, 30)), reliability(ATTITUDE, np.linspace(0.3, 1, 30))
    assert (found.items, found.reason) == (7, "left out, everybody answers alike: 1")
    assert (found.alpha, found.omega) == pytest.approx((without.alpha, without.omega))
    assert np.isnan([found.item_rest[7], found.alpha_without[7]]).all()
    assert found.item_sd[7] == 0


@pytest.mark.parametrize(
    ("points", "reason"),
    [
        (np.zeros((0, 3)), "0 respondents"),
        (np.ones((1, 3)), "1 respondent with every item"),
        (np.full((5, 3), np.nan), "0 respondents"),
        (np.ones((5, 3)), "alpha needs two items"),
        (ATTITUDE[:, :1], "alpha needs two items"),
        (np.column_stack([ATTITUDE[:, 0], -ATTITUDE[:, 0]]), "does not vary"),
    ],
)
def test_what_has_no_alpha_says_why(points, reason):
    found = reliability(points, np.ones(len(points)))
    assert np.isnan([found.alpha, found.alpha_low, found.alpha_high, found.omega]).all()
    assert reason in found.reason


def test_the_same_item_thrice_has_alpha_1_and_no_interval():
    found = reliability(np.repeat(ATTITUDE[:, :1], 3, axis=1), np.ones(30))
    assert found.alpha == pytest.approx(1)
    assert np.isnan([found.alpha_low, found.alpha_high, found.omega]).all()
    assert "alpha is 1" in found.reason
    assert "follows from the others" in found.reason


@pytest.mark.parametrize(
    ("points", "weights", "level"),
    [(np.ones((3, 2)), np.ones(2), 0.95), (np.ones((3, 0)), np.ones(3), 0.95), (np.ones(3), np.ones(3), 0.95),
     (np.ones((2, 2)), [1, -1], 0.95), (np.ones((2, 2)), [1, 1], 1.0)],
)  # fmt: skip
def test_what_is_not_points_and_weights_is_refused(points, weights, level):
    with pytest.raises(ValueError, match=r"must"):
        reliability(points, weights, level)


# -- the score


def test_stratified_alpha_by_hand():
    """Two dimensions of two items of variance 1, correlations .5 within and .2 between. A dimension, the mean of two,
    has variance .75 and alpha 2 (1 - 2/3) = 2/3; their covariance is .2. Weights 1 and 3: the score has variance
    .75 + 9 x .75 + 6 x .2 = 8.7, its error .75/3 + 9 x .75/3 = 2.5."""
    sample = sample_with(np.array([[1, 0.5, 0.2, 0.2], [0.5, 1, 0.2, 0.2], [0.2, 0.2, 1, 0.5], [0.2, 0.2, 0.5, 1]]))
    found = stratified_alpha([sample[:, :2], sample[:, 2:]], [1, 3], np.ones(40))
    assert found == pytest.approx(1 - 2.5 / 8.7)


def test_stratified_alpha_of_one_dimension_is_its_alpha():
    assert stratified_alpha([ATTITUDE], [5], np.ones(30)) == pytest.approx(PUBLISHED["alpha"], rel=1e-10)


def test_a_dimension_of_one_item_leaves_the_reliability_of_the_score_unknown():
    assert np.isnan(stratified_alpha([ATTITUDE[:, :3], ATTITUDE[:, 3:4]], [1, 1], np.ones(30)))
    assert np.isnan(stratified_alpha([ATTITUDE[:1]], [1], [1.0]))


# -- rows of the table


def table_of_items(points: np.ndarray, weights: np.ndarray) -> pa.Table:
    columns = {f"i{i}": [None if np.isnan(p) else p for p in points[:, i]] for i in range(points.shape[1])}
    return pa.table({"its weight": weights, **columns})


def test_rows_of_dimensions_and_of_all():
    points = ATTITUDE.copy()
    points[0, 6] = np.nan
    dimensions = {"first": Dimension(("i0", "i1", "i2")), "second": Dimension(("i5", "i6"), 2.0)}
    rows = reliability_rows("2021", table_of_items(points, np.ones(30)), dimensions)
    assert list(zip(rows["dimension"], rows["item"], rows["n"], strict=True)) == [
        ("first", "", 30), ("first", "i0", 30), ("first", "i1", 30), ("first", "i2", 30),
        ("second", "", 29), ("second", "i5", 29), ("second", "i6", 29),
        ("all", "", 29), ("all", "i0", 29), ("all", "i1", 29), ("all", "i2", 29), ("all", "i5", 29), ("all", "i6", 29),
    ]  # fmt: skip
    first = reliability(points[:, :3], np.ones(30))
    assert rows["alpha"][0] == pytest.approx(first.alpha)
    assert rows["omega"][0] == pytest.approx(first.omega)
    assert rows["alpha_without_item"][1:4].tolist() == pytest.approx(first.alpha_without)
    assert rows["stratified_alpha"].notna().tolist() == [False] * 7 + [True] + [False] * 5
    assert set(rows["wave"]) == {"2021"}
    assert rows["reason"][5] == "alpha without it would be of one item"


def test_the_row_all_says_why_the_score_has_no_reliability():
    dimensions = {"first": Dimension(("i0", "i1", "i2")), "second": Dimension(("i3",))}
    rows = reliability_rows("w", table_of_items(ATTITUDE, np.ones(30)), dimensions).set_index(["dimension", "item"])
    assert np.isnan(rows.loc[("all", ""), "stratified_alpha"])
    assert "no stratified alpha: it needs two items that vary in each dimension" in rows.loc[("all", ""), "reason"]
    assert "stratified" not in rows.loc[("first", ""), "reason"]


def test_an_item_of_two_dimensions_counts_once_in_all():
    dimensions = {"first": Dimension(("i0", "i1", "i2")), "second": Dimension(("i2", "i3"))}
    rows = reliability_rows("w", table_of_items(ATTITUDE, np.ones(30)), dimensions)
    assert rows[rows["dimension"] == "all"]["item"].tolist() == ["", "i0", "i1", "i2", "i3"]


def test_a_study_without_score_and_a_wave_without_answers():
    assert reliability_rows("w", table_of_items(ATTITUDE, np.ones(30)), {}).empty
    empty = pa.table({"its weight": pa.array([], pa.float64()), "i0": pa.array([], pa.float64())})
    rows = reliability_rows("w", empty, {"one": Dimension(("i0",))})
    assert rows["n"].tolist() == [0, 0, 0, 0]
    assert rows["reason"].str.contains("0 respondents").all()


STUDY = study_from_text("""
title: Items
sample: {type: opt_in, population: people}
questions:
  practice: {type: grid, text: P, scale: frequency, rows: {crm: C, map: M, ads: A}}
  teams: {type: multiple, text: T, options: {service: Service, sales: Sales}}
  weight: {type: single, text: W, options: {"no": "No", "yes": "Yes"}}
scales:
  frequency: {never: Never, rarely: Rarely, often: Often, dk: {text: "Don't know", is: dont_know}}
score:
  points: {never: 0, rarely: 1, often: 4, "no": 0, "yes": 1}
  dimensions:
    daily: {items: [practice.crm, practice.map, weight], weight: 3}
    spread: {items: [teams.sales, practice.crm]}
cleaning:
  - {rule: spam}
""").study


def test_items_are_the_points_of_the_analysed():
    core = core_of(
        STUDY,
        [
            {"practice__crm": "often", "practice__map": "rarely", "weight": "yes", "teams__sales": 1},
            {"practice__crm": "never", "practice__map": "dk", "weight": "no", "teams__sales": 0},
            {"practice__crm": "often", "status": "spam"},
        ],
    )
    found = engine.fetch(
        items_query(STUDY.score, STUDY.resolver), {"responses": core.responses, "respondents": core.respondents}
    )
    assert found.to_pylist() == [
        {"wave": "w", "source_row": 1, "its weight": 1.0, "practice__crm": 100.0, "practice__map": 25.0,
         "weight": 100.0, "teams__sales": 100.0},
        {"wave": "w", "source_row": 2, "its weight": 1.0, "practice__crm": 0.0, "practice__map": None,
         "weight": 0.0, "teams__sales": 0.0},
    ]  # fmt: skip
    assert dimensions_of(STUDY.score, STUDY.resolver) == {
        "daily": Dimension(("practice__crm", "practice__map", "weight"), 3.0),
        "spread": Dimension(("teams__sales", "practice__crm"), 1.0),
    }


def test_one_respondent_with_nearly_all_the_weight():
    """His answers alone vary nothing; of the others next to nothing is left."""
    weights = np.full(30, 1e-30)
    weights[0] = 1.0
    found = reliability(ATTITUDE, weights)
    assert np.isnan([found.alpha, found.alpha_low, found.alpha_high, found.omega]).all()
    weights = np.full(30, 1e-5)
    weights[0] = 1.0
    found = reliability(ATTITUDE, weights)
    assert np.isnan([found.alpha_low, found.alpha_high]).all()
    assert "by weights fewer than two" in found.reason
