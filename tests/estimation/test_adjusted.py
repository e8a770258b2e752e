"""Adjusted and standardised ratios: against R, statsmodels, closed forms, jackknife, and where there is none."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.estimation.adjusted import model_data, modified_poisson, standardised_ratio
from pipeline.estimation.variance import sampling
from tests.estimation.linear import log_ratio

REFERENCES = Path(__file__).parents[1] / "references"
PUBLISHED = yaml.safe_load((REFERENCES / "other.yaml").read_text())["modified_poisson"]


def read(name: str) -> list[dict[str, str]]:
    with (REFERENCES / name).open() as file:
        return list(csv.DictReader(file))


def one_hot(code):
    return (np.asarray(code)[:, None] == np.unique(code)).astype(float)


def respondents(cells):
    """Rows of respondents from (level, in a, n, yes)."""
    rows = [(level, a, i < x) for level, a, n, x in cells for i in range(n)]
    level, a, yes = (np.array(column) for column in zip(*rows, strict=True))
    return level, a.astype(bool), yes.astype(float)[:, None]


BIRTHWT = [("w", 0, 44, 4), ("w", 1, 52, 19), ("b", 0, 16, 5), ("b", 1, 10, 6), ("o", 0, 55, 20), ("o", 1, 12, 5)]
"""R MASS::birthwt by race and smoking: n, low. Restated; that the published coefficients follow proves it."""


# -- the models, against other software


@pytest.mark.parametrize("row", read("adjusted.csv"), ids=lambda row: row["data"])
def test_modified_poisson_under_a_design_equals_svyglm(row):
    schools = read(f"{row['data']}.csv")
    column = {name: np.array([school[name] for school in schools]) for name in schools[0]}
    if row["data"] == "apistrat":
        psu, design = np.arange(len(schools)), sampling(column["stype"])
    else:
        psu = np.unique(column["dnum"], return_inverse=True)[1]
        design = sampling(np.zeros(psu.max() + 1))
    yes, in_a = (column["api00"].astype(float) > 700)[:, None], column["awards"] == "Yes"
    ell, weights = column["ell"].astype(float)[:, None], column["pw"].astype(float)
    got = modified_poisson(model_data(yes, in_a, ~in_a, ell, weights, psu, design))
    assert got.estimate == pytest.approx([float(row["b"])], rel=1e-8)
    assert got.se == pytest.approx([float(row["se"])], rel=1e-8)
    assert got.df == [design.df + 1 - 3]


def test_birthwt_equals_r():
    race, smoke, low = respondents(BIRTHWT)
    data = model_data(low, smoke, ~smoke, one_hot(race))
    text = PUBLISHED["birthwt"]
    b, se, standardised = 0.7034371139, 0.212241406527, 2.00165243182
    assert all(str(value) in text for value in (b, se, standardised))
    got = modified_poisson(data)
    assert got.estimate == pytest.approx([b], rel=1e-8)
    assert got.se == pytest.approx([se], rel=1e-8)
    assert standardised_ratio(data).ratio() == pytest.approx([standardised], rel=1e-11)


def test_without_covariates_the_errors_are_those_of_the_two_by_two_table():
    x_a, n_a, x_b, n_b = PUBLISHED["two_by_two"]["table"]
    _, in_a, yes = respondents([("", 1, n_a, x_a), ("", 0, n_b, x_b)])
    for model in (modified_poisson, standardised_ratio):
        got = model(model_data(yes, in_a, ~in_a, np.zeros((len(yes), 0))))
        assert got.ratio() == pytest.approx([x_a / n_a / (x_b / n_b)], rel=1e-10)
        assert got.se == pytest.approx([PUBLISHED["two_by_two"]["se_log_rr"]], rel=1e-8)
        assert got.se == pytest.approx([np.sqrt(1 / x_a - 1 / n_a + 1 / x_b - 1 / n_b)], rel=1e-11)


def sample(seed: int, size: int = 600, indicators: int = 3):
    """Respondents whose groups differ in a factor of four levels and a number, with weights, PSUs and filters."""
    rng = np.random.default_rng(seed)
    factor, number = rng.integers(0, 4, size), rng.normal(size=size)
    in_a = rng.random(size) < 0.25 + 0.1 * factor
    linear = -1.2 + 0.4 * in_a + np.array([0.0, 0.5, -0.3, 0.2])[factor] + 0.3 * number
    yes = (rng.random((size, indicators)) < np.minimum(np.exp(linear), 0.95)[:, None]).astype(float)
    yes[rng.random((size, indicators)) < 0.1] = np.nan
    return yes, in_a, np.column_stack([one_hot(factor), number]), rng.uniform(0.3, 3, size), rng.integers(0, 60, size)


@pytest.mark.parametrize("weighted", [False, True])
def test_both_models_equal_statsmodels_and_the_sandwich_by_hand(weighted):
    """Coefficients of statsmodels GLM; HC0 from its fitted means and every respondent's score."""
    import statsmodels.api as sm

    yes, in_a, z, w, _ = sample(1)
    w = w if weighted else np.ones(len(w))
    data = model_data(yes, in_a, ~in_a, z, w)
    poisson, standard = modified_poisson(data), standardised_ratio(data)
    for k in range(yes.shape[1]):
        base = ~np.isnan(yes[:, k])
        y, v = yes[base, k], w[base]
        x = np.column_stack([np.ones(base.sum()), in_a[base], z[base, 1:]])
        fit = sm.GLM(y, x, family=sm.families.Poisson(), var_weights=v).fit(tol=1e-14)
        scores = x * (v * (y - fit.mu))[:, None]
        bread = np.linalg.inv(x.T @ (x * (v * fit.mu)[:, None]))
        assert poisson.estimate[k] == pytest.approx(fit.params[1], rel=1e-8)
        assert poisson.se[k] == pytest.approx(np.sqrt((bread @ scores.T @ scores @ bread)[1, 1]), rel=1e-8)
        fit = sm.GLM(y, x, family=sm.families.Binomial(), var_weights=v).fit(tol=1e-14)
        as_a, as_b = x.copy(), x.copy()
        as_a[:, 1], as_b[:, 1] = 1, 0
        ratio = np.average(fit.predict(as_a), weights=v) / np.average(fit.predict(as_b), weights=v)
        assert standard.ratio()[k] == pytest.approx(ratio, rel=1e-8)


def test_levels_without_yes_leave_the_limit_of_the_likelihood():
    """statsmodels lets their coefficient run to -20 and more: the group's comes as near as that allows."""
    import statsmodels.api as sm

    yes, in_a, z, _, _ = sample(2, indicators=1)
    yes = np.where(z[:, [1]] == 1, 0.0, np.nan_to_num(yes))
    data = model_data(yes, in_a, ~in_a, z[:, :4])
    x = np.column_stack([np.ones(len(yes)), in_a, z[:, 1:4]])
    for model, family in ((modified_poisson, sm.families.Poisson()), (standardised_ratio, sm.families.Binomial())):
        fit = sm.GLM(yes[:, 0], x, family=family).fit(tol=1e-10, maxiter=25)
        got = model(data)
        as_a, as_b = x.copy(), x.copy()
        as_a[:, 1], as_b[:, 1] = 1, 0
        expected = fit.predict(as_a).mean() / fit.predict(as_b).mean()
        assert got.ratio() == pytest.approx([expected], rel=1e-6)
        assert "respondents in levels where all answer alike" in got.reason[0]
    rest = z[:, 1] == 0
    without = modified_poisson(model_data(yes[rest], in_a[rest], ~in_a[rest], z[rest, :4]))
    assert modified_poisson(data).se == pytest.approx(without.se, rel=1e-10)


# -- standard errors, by other ways


def test_without_covariates_both_are_the_linearised_crude_ratio_under_a_design():
    """`share_pair`, which equals R svyby and the delta method, from the same respondents as cells."""
    yes, in_a, _, w, _ = sample(3)
    stratum = np.arange(len(w)) % 3
    base = ~np.isnan(yes)
    y, column = np.nan_to_num(yes), w[:, None]
    crude = log_ratio(stratum, np.ones(len(w)), column * base, column * y, column**2 * base, column**2 * y, in_a, ~in_a)
    data = model_data(yes, in_a, ~in_a, np.zeros((len(w), 0)), w, np.arange(len(w)), sampling(stratum))
    for model, precision in ((standardised_ratio, 1e-9), (modified_poisson, 1e-6)):
        got = model(data)
        assert got.estimate == pytest.approx(crude.estimate, rel=1e-7)
        assert got.se == pytest.approx(crude.se, rel=precision)
        assert got.df == pytest.approx(np.full(3, len(w) - 3 + 1 - 2))
    assert np.log(data.crude_ratio()) == pytest.approx(crude.estimate, rel=1e-10)


@pytest.mark.parametrize("model", [modified_poisson, standardised_ratio])
def test_errors_are_those_of_the_jackknife_over_respondents(model):
    """They differ by terms of the order of leverage, 1 in 100 here; without the coefficients' part the error of the
    standardised ratio would be a tenth of it."""
    yes, in_a, z, w, _ = sample(4, size=300, indicators=1)
    left_out = [
        model(model_data(*(np.delete(v, i, axis=0) for v in (yes, in_a, ~in_a, z, w)))).estimate[0]
        for i in range(len(w))
    ]
    n = len(w)
    jackknife = np.sqrt((n - 1) / n * np.sum((left_out - np.mean(left_out)) ** 2))
    assert model(model_data(yes, in_a, ~in_a, z, w)).se == pytest.approx([jackknife], rel=0.04)


@pytest.mark.parametrize("model", [modified_poisson, standardised_ratio])
def test_errors_under_a_design_are_those_of_the_jackknife_over_units(model):
    yes, in_a, z, w, psu = sample(5, indicators=1)
    psu, units = np.arange(len(w)) // 10, 60
    left_out = [model(model_data(*(v[psu != i] for v in (yes, in_a, ~in_a, z, w)))).estimate[0] for i in range(units)]
    jackknife = np.sqrt((units - 1) / units * np.sum((left_out - np.mean(left_out)) ** 2))
    got = model(model_data(yes, in_a, ~in_a, z, w, psu, sampling(np.zeros(units))))
    assert got.se == pytest.approx([jackknife], rel=0.06)
    assert got.df == [60 - 1 + 1 - 6]


def test_units_without_members_of_the_groups_stay_in_the_design():
    """40 of 60 units have somebody of a or b: their scores and 20 zeros, by hand, 60/59."""
    yes, in_a, z, w, _ = sample(6, indicators=1)
    psu = np.arange(len(w)) // 10
    compared = psu < 40
    all_there = model_data(yes, in_a & compared, ~in_a & compared, z, w, psu, sampling(np.zeros(60)))
    only = model_data(*(v[compared] for v in (yes, in_a, ~in_a, z, w, psu)), sampling(np.zeros(40)))
    for model in (modified_poisson, standardised_ratio):
        got, filtered = model(all_there), model(only)
        assert got.estimate == pytest.approx(filtered.estimate, rel=1e-10)
        # scores add up to zero, so that their sum of squares is all: R's rule of stopping leaves 1e-7 of it
        assert got.se**2 / (60 / 59) == pytest.approx(filtered.se**2 / (40 / 39), rel=1e-6)
        assert got.df - filtered.df == [20]


# -- properties


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([modified_poisson, standardised_ratio]), st.booleans())
def test_swapping_groups_order_unit_of_weights_and_needless_columns_do_not_matter(seed, model, designed):
    yes, in_a, z, w, psu = sample(seed, size=300)
    design = sampling(np.arange(60) % 2) if designed else None
    got = model(model_data(yes, in_a, ~in_a, z, w, psu, design))
    order = np.random.default_rng(seed).permutation(len(w))
    needless = np.column_stack([z[:, 4] * 1000 + 1e6, z[:, :3], z[:, 0] + z[:, 1], np.ones(len(w))])
    other = model(model_data(*(v[order] for v in (yes, ~in_a, in_a, needless, w * 1e5, psu)), design))
    assert other.estimate == pytest.approx(-got.estimate, rel=1e-6, abs=1e-7)
    assert other.se == pytest.approx(got.se, rel=2e-5)
    assert list(other.df) == list(got.df)


def test_an_indicator_does_not_depend_on_the_others():
    yes, in_a, z, w, psu = sample(7, indicators=4)
    yes[:, 1], yes[:, 3] = 0, np.where(z[:, 1] == 1, 0, yes[:, 3])
    design = sampling(np.zeros(60))
    for model in (modified_poisson, standardised_ratio):
        together = model(model_data(yes, in_a, ~in_a, z, w, psu, design))
        for k in range(4):
            alone = model(model_data(yes[:, [k]], in_a, ~in_a, z, w, psu, design))
            assert alone.estimate == pytest.approx(together.estimate[[k]], rel=1e-6, nan_ok=True)
            assert alone.se == pytest.approx(together.se[[k]], rel=1e-5, nan_ok=True)
            assert alone.reason[0] == together.reason[k]


def test_limits_are_normal_without_a_design_and_t_with_one():
    race, smoke, low = respondents(BIRTHWT)
    got = modified_poisson(model_data(low, smoke, ~smoke, one_hot(race)))
    low_limit, high = got.limits(0.95)
    assert np.log([low_limit[0], high[0]]) == pytest.approx(
        0.7034371139 + np.array([-1, 1]) * 1.959963984540054 * 0.212241406527, rel=1e-7
    )
    assert got.limits(1 - got.p_value()[0])[0] == pytest.approx([1.0], rel=1e-9)
    psu = np.arange(189) % 8
    few = modified_poisson(model_data(low, smoke, ~smoke, one_hot(race), None, psu, sampling(np.zeros(8))))
    assert few.df == [4]
    assert np.log(few.limits()[1]) - few.estimate == pytest.approx(2.7764451052 * few.se, rel=1e-9)  # t table, 4 df


# -- where there is none


def two(x_a, n_a, x_b, n_b):
    _, in_a, yes = respondents([("", 1, n_a, x_a), ("", 0, n_b, x_b)])
    return yes, in_a


@pytest.mark.parametrize(
    ("counts", "poisson", "standardised"),
    [
        ((0, 0, 3, 9), "no respondents in group a", "no respondents in group a"),
        ((1, 1, 0, 0), "no respondents in group b", "no respondents in group b"),
        ((0, 20, 3, 9), "nobody in group a says yes", "nobody in group a says yes"),
        ((5, 20, 0, 9), "nobody in group b says yes", "nobody in group b says yes"),
        ((20, 20, 9, 9), "everybody in both groups says yes", "everybody in group a says yes"),
        ((20, 20, 8, 9), "no interval: everybody in group a says yes", "everybody in group a says yes"),
        ((8, 20, 9, 9), "no interval: everybody in group b says yes", "everybody in group b says yes"),
        ((1, 1, 40, 99), "no interval: everybody in group a says yes", "everybody in group a says yes"),
        ((1, 1, 1, 1), "everybody in both groups says yes", "everybody in group a says yes"),
    ],
)
def test_counts_that_have_no_ratio_say_why(counts, poisson, standardised):
    yes, in_a = two(*counts)
    data = model_data(yes, in_a, ~in_a, np.zeros((len(yes), 0)))
    for got, reason in ((modified_poisson(data), poisson), (standardised_ratio(data), standardised)):
        assert got.reason[0] == reason
        unknown = [*got.se, *got.limits()[0], *got.limits()[1], *got.p_value()]
        assert np.isnan(unknown).all() == bool(reason)
        if reason.startswith("no interval"):
            assert got.ratio() == pytest.approx([counts[0] / counts[1] * counts[3] / counts[2]], rel=1e-9)
        else:
            assert np.isnan(got.estimate).all() == bool(reason)


def test_covariates_that_are_the_groups_leave_nothing_to_compare():
    yes, in_a, z, _, _ = sample(8)
    for columns in (in_a[:, None], np.column_stack([z, 3 - in_a]), one_hot(in_a * 5 + np.arange(len(in_a)) % 2)):
        for model in (modified_poisson, standardised_ratio):
            got = model(model_data(yes, in_a, ~in_a, columns))
            assert set(got.reason) == {"the groups have no covariates in common: nothing to compare"}
            assert np.isnan(got.estimate).all()


def test_separation_is_told_from_an_estimate():
    yes, in_a, z, _, _ = sample(9, indicators=1)
    yes = (z[:, [4]] > 0).astype(float)
    got = standardised_ratio(model_data(yes, in_a, ~in_a, z[:, [4]]))
    assert np.isnan(got.estimate).all()
    assert "separation" in got.reason[0]
    # the only yes of b is where no a is, and the other way round: no level has both
    level, group, answers = respondents([("x", 1, 9, 3), ("x", 0, 0, 0), ("y", 1, 0, 0), ("y", 0, 9, 4)])
    for model in (modified_poisson, standardised_ratio):
        assert "no covariates in common" in model(model_data(answers, group, ~group, one_hot(level))).reason[0]


def test_an_outcome_that_the_covariates_settle_has_no_standard_error():
    _, in_a, z, _, _ = sample(9)
    got = modified_poisson(model_data(z[:, [1]], in_a, ~in_a, z[:, :4]))
    assert got.ratio() == pytest.approx([1.0])
    assert np.isnan([*got.se, *got.limits()[0]]).all()
    assert "no standard error" in got.reason[0]


@pytest.mark.parametrize("model", [modified_poisson, standardised_ratio])
def test_designs_that_do_not_tell_the_error(model):
    yes, in_a, z, w, _ = sample(10, indicators=1)
    for stratum, reason in (([0], "one sampling unit"), ([0, 0, 1], "one sampling unit"), ([0, 0], "no interval")):
        psu = np.arange(len(w)) % len(stratum)
        got = model(model_data(yes, in_a, ~in_a, z, w, psu, sampling(stratum)))
        assert reason in got.reason[0]
        assert np.isfinite(got.estimate).all()
        assert np.isnan([*got.limits()[0], *got.limits()[1], *got.p_value()]).all()
    removed = model(model_data(yes, in_a, ~in_a, z, w, np.zeros(len(w)), sampling([0], lonely="remove")))
    assert np.isnan(removed.se).all()
    assert "no standard error" in removed.reason[0]


def test_few_events_for_the_coefficients_are_flagged():
    level, in_a, yes = respondents([("x", 1, 30, 6), ("x", 0, 30, 3), ("y", 1, 30, 2), ("y", 0, 30, 1)])
    got = modified_poisson(model_data(yes, in_a, ~in_a, one_hot(level)))
    assert got.reason[0] == ""
    more = np.column_stack([one_hot(level), one_hot(np.arange(len(yes)) % 2)])
    got = modified_poisson(model_data(yes, in_a, ~in_a, more))
    assert got.reason[0] == "12 events for 3 coefficients, fewer than 5 each"
    assert np.isfinite(got.se).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_whatever_comes_in_there_is_an_interval_or_a_reason(seed):
    """Small samples with empty levels, extreme shares, huge weights, missing answers; warnings are errors."""
    rng = np.random.default_rng(seed)
    size = int(rng.choice([0, 1, 2, 5, 12, 40, 150]))
    yes = (rng.random((size, 4)) < rng.choice([0, 0.03, 0.3, 0.97, 1], 4)).astype(float)
    yes[rng.random((size, 4)) < rng.choice([0, 0.3, 0.9])] = np.nan
    in_a = rng.random(size) < rng.choice([0.0, 0.1, 0.5])
    in_b = ~in_a & (rng.random(size) < 0.8)
    z = np.hstack([
        one_hot(rng.integers(0, 6, size)) if size else np.zeros((0, 2)),
        rng.choice([0, 1, np.nan], (size, 1), p=[0.5, 0.45, 0.05]),
        rng.normal(size=(size, 1)) * 10.0 ** rng.integers(-9, 9),
    ])  # fmt: skip
    w = rng.choice(
        [np.ones(size), 10.0 ** rng.uniform(-8, 8, size), rng.integers(0, 3, size)][int(rng.integers(3))], size
    )
    psu, design = np.arange(size) % 7, sampling(np.arange(7) % 2)
    for given_design in (None, design):
        data = model_data(yes, in_a, in_b, z, w, psu, given_design)
        for model in (modified_poisson, standardised_ratio):
            got = model(data)
            low, high = got.limits()
            known = np.isfinite(got.se)
            assert np.all(got.se[known] > 0)
            assert np.all((low <= got.ratio()) & (got.ratio() <= high) | np.isnan(low))
            assert np.all((got.reason != "") | ~np.isnan(low))


def test_what_does_not_fit_is_refused():
    yes, in_a, z = np.ones((4, 1)), np.array([1, 1, 0, 0], bool), np.zeros((4, 1))
    for wrong, message in (
        ({"in_b": in_a}, "share respondents"),
        ({"weights": [1, 1, -1, 1]}, "weights"),
        ({"weights": [1, 1, np.nan, 1]}, "weights"),
        ({"yes": yes * 2}, "answers"),
        ({"yes": yes[:, 0]}, "tables"),
        ({"covariates": z[:3]}, "tables"),
        ({"psu": [0, 1, 2, 3], "design": sampling([0, 0])}, "psu"),
    ):
        with pytest.raises(ValueError, match=message):
            model_data(**({"yes": yes, "in_a": in_a, "in_b": ~in_a, "covariates": z} | wrong))
