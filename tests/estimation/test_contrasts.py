"""The linearised difference and log odds ratio, against R's apistrat values and the respondents' own influence."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pipeline.estimation.linearised import (
    linearised_difference,
    linearised_log_odds_ratio,
    linearised_log_ratio,
    t_limits,
    t_p_value,
)

REFERENCES = Path(__file__).parents[1] / "references"
CONTRASTS = ("hi: awards Yes vs No", "sch.wide Yes: stype E vs not E")


def read(name: str) -> list[dict[str, str]]:
    with (REFERENCES / name).open() as file:
        return list(csv.DictReader(file))


SCHOOLS = read("apistrat.csv")


def to_cells(stratum, group, weight, base, yes):
    """Respondents summed by stratum and group, and each cell's group. base, yes: (respondents, K), 0 or 1."""
    labels, cell = np.unique(np.column_stack([stratum, group]), axis=0, return_inverse=True)
    one_hot = cell.ravel()[:, None] == np.arange(len(labels))

    def total(values):
        return one_hot.T.astype(float) @ values

    w = np.asarray(weight, float)[:, None]
    sums = (total(w * base), total(w * yes), total(w**2 * base), total(w**2 * yes))
    return (labels[:, 0], one_hot.sum(axis=0), *sums), labels[:, 1]


def schools(contrast: str):
    """Cells of the California schools for one contrast of the reference, and who is in a."""
    column = {name: np.array([school[name] for school in SCHOOLS]) for name in SCHOOLS[0]}
    stratum = np.unique(column["stype"], return_inverse=True)[1]
    if contrast == CONTRASTS[0]:
        yes, group = column["api00"].astype(float) > 700, column["awards"] == "Yes"
    else:
        yes, group = column["sch.wide"] == "Yes", column["stype"] == "E"
    yes = yes[:, None].astype(float)
    cells, in_a = to_cells(stratum, group, column["pw"].astype(float), np.ones_like(yes), yes)
    return cells, in_a == 1


@pytest.mark.parametrize("contrast", CONTRASTS)
def test_the_difference_has_the_variance_that_r_survey_gives(contrast: str):
    """R survey 4.1, svyby(covmat = TRUE) on svydesign(~1, strata = ~stype, weights = ~pw):
    V(p1 - p2) = se1**2 + se2**2 - 2 cov."""
    row = next(
        r for r in read("survey_risk_ratio.csv") if r["contrast"] == contrast and r["design"] == "strata stype; no fpc"
    )
    p1, se1, p2, se2, cov = (float(row[name]) for name in ("p1", "se1", "p2", "se2", "cov"))
    cells, in_a = schools(contrast)
    got = linearised_difference(*cells, in_a=in_a, in_b=~in_a)
    assert got.estimate == pytest.approx([p1 - p2], rel=1e-8)
    assert got.se == pytest.approx([np.sqrt(se1**2 + se2**2 - 2 * cov)], rel=1e-8)
    assert got.df == int(row["df"])


@pytest.mark.parametrize("contrast", CONTRASTS)
def test_the_log_odds_ratio_has_the_variance_that_r_survey_gives(contrast: str):
    """The delta method on the same covariance: the slope of log(p / (1 - p)) is 1 / (p (1 - p))."""
    row = next(
        r for r in read("survey_risk_ratio.csv") if r["contrast"] == contrast and r["design"] == "strata stype; no fpc"
    )
    p1, se1, p2, se2, cov = (float(row[name]) for name in ("p1", "se1", "p2", "se2", "cov"))
    s1, s2 = 1 / (p1 * (1 - p1)), 1 / (p2 * (1 - p2))
    cells, in_a = schools(contrast)
    got = linearised_log_odds_ratio(*cells, in_a=in_a, in_b=~in_a)
    assert got.estimate == pytest.approx([np.log(p1 / (1 - p1)) - np.log(p2 / (1 - p2))], rel=1e-8)
    assert got.se == pytest.approx([np.sqrt((s1 * se1) ** 2 + (s2 * se2) ** 2 - 2 * s1 * s2 * cov)], rel=1e-8)


@st.composite
def samples(draw):
    """Respondents in strata of two or more, in groups 0 to 3, with two indicators of which one has a filter."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size, strata = draw(st.integers(30, 200)), draw(st.integers(1, 4))
    stratum = np.concatenate([np.repeat(np.arange(strata), 2), rng.integers(0, strata, size)])
    respondents = len(stratum)
    base = np.column_stack([np.ones(respondents), rng.random(respondents) < 0.6])
    yes = base * (rng.random((respondents, 2)) < rng.uniform(0.2, 0.8))
    base[:8], yes[:8] = 1, [[1, 1]] * 4 + [[0, 0]] * 4  # every group has yes and no
    group = np.concatenate([np.tile(np.arange(4), 2), rng.integers(0, 4, respondents - 8)])
    return stratum, group, rng.uniform(0.2, 5, respondents), base, yes


def by_influence(stratum, weight, base, yes, a, b, odds):
    """Estimate and standard error of one contrast from every respondent's influence on it."""
    w = weight * base
    estimate, influence = 0.0, np.zeros(len(w))
    for group, sign in ((a, 1), (b, -1)):
        share = np.average(yes[group], weights=w[group])
        slope = 1 / (share * (1 - share)) if odds else 1.0
        estimate += sign * (np.log(share / (1 - share)) if odds else share)
        influence += sign * slope * group * w * (yes - share) / w[group].sum()
    variance = sum(np.sum(stratum == h) * np.var(influence[stratum == h], ddof=1) for h in np.unique(stratum))
    return estimate, np.sqrt(variance)


@settings(max_examples=25, deadline=None)
@given(samples(), st.sampled_from([((1,), (2,)), ((1,), (0, 1, 2, 3)), ((1, 2), (2, 3)), ((1,), (0, 2, 3))]))
def test_contrasts_equal_the_respondents_own_influence(sample, groups):
    stratum, group, weight, base, yes = sample
    cells, cell_group = to_cells(*sample)
    members = [np.isin(cell_group, names) for names in groups]
    a, b = (np.isin(group, names) for names in groups)
    for contrast, odds in ((linearised_difference, False), (linearised_log_odds_ratio, True)):
        got = contrast(*cells, in_a=members[0], in_b=members[1])
        for k in range(2):
            estimate, se = by_influence(stratum, weight, base[:, k], yes[:, k], a, b, odds)
            assert got.estimate[k] == pytest.approx(estimate, rel=1e-9, abs=1e-12)
            assert got.se[k] == pytest.approx(se, rel=1e-7)
        assert got.df == len(stratum) - len(np.unique(stratum))


@settings(max_examples=20, deadline=None)
@given(samples(), st.floats(1e-3, 1e3))
def test_swapping_groups_turns_the_sign_and_the_unit_of_weights_does_not_matter(sample, unit):
    stratum, group, weight, base, yes = sample
    cells, names = to_cells(*sample)
    scaled, _ = to_cells(stratum, group, weight * unit, base, yes)
    for contrast in (linearised_difference, linearised_log_odds_ratio):
        first = contrast(*cells, in_a=names == 1, in_b=names >= 1)
        second = contrast(*scaled, in_a=names >= 1, in_b=names == 1)
        assert first.estimate == pytest.approx(-second.estimate, rel=1e-7, abs=1e-12)
        assert first.se == pytest.approx(second.se, rel=1e-6, abs=1e-9)


def unweighted(n, yes):
    n, yes = np.array(n, float)[:, None], np.array(yes, float)[:, None]
    return ([1] * len(n), n[:, 0], n, yes, n, yes)


def test_without_weights_both_are_the_binomial_by_hand():
    """30/60 and 20/80, N = 140: var of the difference (.25/60 + .1875/80) N/(N-1), of the log odds 1/30 + 1/30 + 1/20
    + 1/60, times N/(N-1)."""
    got = linearised_difference(*unweighted([60, 80], [30, 20]), in_a=[True, False], in_b=[False, True])
    assert got.estimate == pytest.approx([0.25])
    assert got.se == pytest.approx([np.sqrt((0.25 / 60 + 0.1875 / 80) * 140 / 139)], rel=1e-12)
    got = linearised_log_odds_ratio(*unweighted([60, 80], [30, 20]), in_a=[True, False], in_b=[False, True])
    assert got.estimate == pytest.approx([np.log(3)])
    assert got.se == pytest.approx([np.sqrt((1 / 30 + 1 / 30 + 1 / 20 + 1 / 60) * 140 / 139)], rel=1e-12)
    assert got.df == 139


def test_a_share_of_0_or_1_has_a_difference_and_no_log_odds():
    for yes in (0, 60):
        cells = unweighted([60, 80], [yes, 20])
        difference = linearised_difference(*cells, in_a=[True, False], in_b=[False, True])
        assert difference.estimate == pytest.approx([yes / 60 - 0.25])
        assert difference.se == pytest.approx([np.sqrt(0.1875 / 80 * 140 / 139)])
        odds = linearised_log_odds_ratio(*cells, in_a=[True, False], in_b=[False, True])
        assert np.isnan([*odds.estimate, *odds.se]).all()


def test_a_group_without_base_has_neither():
    cells = unweighted([60, 80], [30, 20])
    for contrast in (linearised_difference, linearised_log_odds_ratio):
        got = contrast(*cells, in_a=[False, False], in_b=[False, True])
        assert np.isnan([*got.estimate, *got.se]).all()


def test_a_stratum_of_one_leaves_the_error_unknown():
    _, n, *sums = unweighted([60, 80, 1], [30, 20, 1])
    for contrast in (linearised_difference, linearised_log_odds_ratio):
        got = contrast([1, 1, 2], n, *sums, in_a=[True, False, False], in_b=[False, True, False])
        assert np.isnan(got.se).all()
        assert not np.isnan(got.estimate).any()


def test_limits_of_the_odds_ratio_use_the_t_quantile():
    got = linearised_log_odds_ratio(*unweighted([6, 8], [3, 2]), in_a=[True, False], in_b=[False, True])
    low, high = t_limits(got, 0.9)
    half = stats.t.ppf(0.95, 13) * got.se[0]
    assert (low[0], high[0]) == pytest.approx((3 * np.exp(-half), 3 * np.exp(half)), rel=1e-10)


def test_the_p_value_is_students_and_agrees_with_the_limits():
    got = linearised_log_ratio(*unweighted([60, 80], [30, 20]), in_a=[True, False], in_b=[True, True])
    p = t_p_value(got.estimate, got.se, got.df)
    assert p == pytest.approx(2 * stats.t.sf(abs(got.estimate / got.se), got.df), rel=1e-10)
    assert t_limits(got, 1 - p[0])[0] == pytest.approx([1.0], rel=1e-6)
    nothing = np.array([0.0, np.nan])
    assert np.isnan(t_p_value(np.zeros(2), nothing, 10)).all()
