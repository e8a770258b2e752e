"""The linearised difference and log odds ratio, against R's apistrat values and the respondents' own influence."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pipeline.estimation.designed import LINEARISED
from tests.estimation.linear import log_ratio

REFERENCES = Path(__file__).parents[1] / "references"
DIFFERENCE, ODDS = "difference", "odds_ratio"
CONTRAST = "hi: awards Yes vs No"


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


def estimated(what: str, *cells, in_a, in_b, level: float = 0.95):
    """(estimate, standard error, linear) of the difference, or of the log odds ratio, from its t limits."""
    found = log_ratio(*cells, in_a=in_a, in_b=in_b, level=level).found
    estimate, low, high = (found[f"{what}{end}"] for end in ("", "_low", "_high"))
    if what == ODDS:
        with np.errstate(divide="ignore"):
            estimate, low, high = np.log([estimate, low, high])
    return estimate, (high - low) / 2 / stats.t.ppf((1 + level) / 2, found["df"]), found["method"] == LINEARISED


def schools():
    """Cells of the California schools for the contrast of the reference, and who is in a."""
    column = {name: np.array([school[name] for school in SCHOOLS]) for name in SCHOOLS[0]}
    stratum = np.unique(column["stype"], return_inverse=True)[1]
    yes, group = column["api00"].astype(float) > 700, column["awards"] == "Yes"
    yes = yes[:, None].astype(float)
    cells, in_a = to_cells(stratum, group, column["pw"].astype(float), np.ones_like(yes), yes)
    return cells, in_a == 1


def test_the_difference_has_the_variance_that_r_survey_gives():
    """R survey 4.1, svyby(covmat = TRUE) on svydesign(~1, strata = ~stype, weights = ~pw):
    V(p1 - p2) = se1**2 + se2**2 - 2 cov."""
    row = next(
        r for r in read("survey_risk_ratio.csv") if r["contrast"] == CONTRAST and r["design"] == "strata stype; no fpc"
    )
    p1, se1, p2, se2, cov = (float(row[name]) for name in ("p1", "se1", "p2", "se2", "cov"))
    cells, in_a = schools()
    estimate, se, linear = estimated(DIFFERENCE, *cells, in_a=in_a, in_b=~in_a)
    assert linear.all()
    assert estimate == pytest.approx([p1 - p2], rel=1e-8)
    assert se == pytest.approx([np.sqrt(se1**2 + se2**2 - 2 * cov)], rel=1e-8)


def test_the_log_odds_ratio_has_the_variance_that_r_survey_gives():
    """The delta method on the same covariance: the slope of log(p / (1 - p)) is 1 / (p (1 - p))."""
    row = next(
        r for r in read("survey_risk_ratio.csv") if r["contrast"] == CONTRAST and r["design"] == "strata stype; no fpc"
    )
    p1, se1, p2, se2, cov = (float(row[name]) for name in ("p1", "se1", "p2", "se2", "cov"))
    s1, s2 = 1 / (p1 * (1 - p1)), 1 / (p2 * (1 - p2))
    cells, in_a = schools()
    estimate, se, linear = estimated(ODDS, *cells, in_a=in_a, in_b=~in_a)
    assert linear.all()
    assert estimate == pytest.approx([np.log(p1 / (1 - p1)) - np.log(p2 / (1 - p2))], rel=1e-8)
    assert se == pytest.approx([np.sqrt((s1 * se1) ** 2 + (s2 * se2) ** 2 - 2 * s1 * s2 * cov)], rel=1e-8)


@st.composite
def samples(draw):
    """Respondents in strata of two or more, in groups 0 to 3, with two indicators of which one has a filter."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size, strata = draw(st.integers(300, 600)), draw(st.integers(1, 4))
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
    for what in (DIFFERENCE, ODDS):
        got, error, linear = estimated(what, *cells, in_a=members[0], in_b=members[1])
        for k in np.flatnonzero(linear):
            estimate, se = by_influence(stratum, weight, base[:, k], yes[:, k], a, b, what == ODDS)
            assert got[k] == pytest.approx(estimate, rel=1e-9, abs=1e-12)
            assert error[k] == pytest.approx(se, rel=1e-7)


@settings(max_examples=20, deadline=None)
@given(samples(), st.floats(1e-3, 1e3))
def test_swapping_groups_turns_the_sign_and_the_unit_of_weights_does_not_matter(sample, unit):
    stratum, group, weight, base, yes = sample
    cells, names = to_cells(*sample)
    scaled, _ = to_cells(stratum, group, weight * unit, base, yes)
    for what in (DIFFERENCE, ODDS):
        first, error, _ = estimated(what, *cells, in_a=names == 1, in_b=names >= 1)
        second, same_error, _ = estimated(what, *scaled, in_a=names >= 1, in_b=names == 1)
        assert first == pytest.approx(-second, rel=1e-7, abs=1e-12)
        assert error == pytest.approx(same_error, rel=1e-6, abs=1e-9)


def unweighted(n, yes):
    n, yes = np.array(n, float)[:, None], np.array(yes, float)[:, None]
    return ([1] * len(n), n[:, 0], n, yes, n, yes)


def test_without_weights_both_are_the_binomial_by_hand():
    """30/60 and 20/80, N = 140: var of the difference (.25/60 + .1875/80) N/(N-1), of the log odds 1/30 + 1/30 + 1/20
    + 1/60, times N/(N-1)."""
    cells, groups = unweighted([60, 80], [30, 20]), {"in_a": [True, False], "in_b": [False, True]}
    estimate, se, _ = estimated(DIFFERENCE, *cells, **groups)
    assert estimate == pytest.approx([0.25])
    assert se == pytest.approx([np.sqrt((0.25 / 60 + 0.1875 / 80) * 140 / 139)], rel=1e-12)
    estimate, se, _ = estimated(ODDS, *cells, **groups)
    assert estimate == pytest.approx([np.log(3)])
    assert se == pytest.approx([np.sqrt((1 / 30 + 1 / 30 + 1 / 20 + 1 / 60) * 140 / 139)], rel=1e-12)


def test_a_group_without_base_has_neither():
    for what in (DIFFERENCE, ODDS):
        estimate, se, _ = estimated(what, *unweighted([60, 80], [30, 20]), in_a=[False, False], in_b=[False, True])
        assert np.isnan([*estimate, *se]).all()


def test_a_stratum_of_one_leaves_the_error_unknown():
    _, n, *sums = unweighted([60, 80, 1], [30, 20, 1])
    for what in (DIFFERENCE, ODDS):
        estimate, se, _ = estimated(
            what, [1, 1, 2], n, *sums, in_a=[True, False, False], in_b=[False, True, False]
        )  # fmt: skip
        assert np.isnan(se).all()
        assert not np.isnan(estimate).any()


def test_the_p_value_is_students_and_agrees_with_the_limits():
    cells, groups = unweighted([60, 80], [30, 20]), {"in_a": [True, False], "in_b": [True, True]}
    got = log_ratio(*cells, **groups)
    p = got.found["p_value"]
    assert p == pytest.approx(2 * stats.t.sf(abs(got.estimate / got.se), got.df), rel=1e-10)
    assert log_ratio(*cells, **groups, level=1 - p[0]).found["ratio_low"] == pytest.approx([1.0], rel=1e-6)
