import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.estimation.designed import LINEARISED
from tests.estimation.linear import log_ratio

REFERENCES = Path(__file__).parents[1] / "references"


def read(name):
    with (REFERENCES / name).open() as file:
        return list(csv.DictReader(file))


SCHOOLS = read("apistrat.csv")
PUBLISHED = {(row["design"], row["contrast"]): row for row in read("survey_risk_ratio.csv")}


def to_cells(stratum, group, weight, base, yes):
    """Respondents summed by stratum and group: (stratum, n, w_base, w_yes, ww_base, ww_yes), and each cell's group.

    base and yes: (respondents, K), 0 or 1.
    """
    labels, cell = np.unique(np.column_stack([stratum, group]), axis=0, return_inverse=True)

    def total(values):
        sums = np.zeros((len(labels), values.shape[1]))
        np.add.at(sums, cell.ravel(), values)
        return sums

    w = np.asarray(weight)[:, None]
    n = np.bincount(cell.ravel())
    sums = (total(w * base), total(w * yes), total(w**2 * base), total(w**2 * yes))
    return (labels[:, 0].astype(int), n, *sums), labels[:, 1].astype(int)


def check(got, row):
    """Against a row of R's results, to the digits it has."""
    assert got.estimate == pytest.approx([float(row["log_rr"])], rel=1e-8)
    assert got.se == pytest.approx([float(row["se_log_rr"])], rel=1e-8)
    assert got.df == int(row["df"])
    assert (got.p_a, got.se_p_a) == (
        pytest.approx([float(row["p1"])], rel=1e-8),
        pytest.approx([float(row["se1"])], rel=1e-8),
    )
    assert (got.p_b, got.se_p_b) == (
        pytest.approx([float(row["p2"])], rel=1e-8),
        pytest.approx([float(row["se2"])], rel=1e-8),
    )
    assert got.covariance == pytest.approx([float(row["cov"])], rel=1e-8, abs=1e-18)
    if got.found["method"] == [LINEARISED]:  # else yes or no are few
        assert got.found["ratio_low"] == pytest.approx([float(row["t_low"])], rel=1e-8)
        assert got.found["ratio_high"] == pytest.approx([float(row["t_high"])], rel=1e-8)


def columns(*names):
    return (np.array([school[name] for school in SCHOOLS]) for name in names)


def test_groups_that_run_through_the_strata_equal_r_survey():
    """R survey 4.1: svydesign(id=~1, strata=~stype, weights=~pw, data=apistrat);
    svyby(~hi, ~awards, design, svymean, covmat=TRUE), delta method, df = degf(design)."""
    stype, awards, api00, pw = columns("stype", "awards", "api00", "pw")
    yes = (api00.astype(float) > 700)[:, None]
    stratum = np.unique(stype, return_inverse=True)[1]
    cells, group = to_cells(stratum, awards == "Yes", pw.astype(float), np.ones_like(yes), yes)
    got = log_ratio(*cells, in_a=group == 1, in_b=group == 0)
    check(got, PUBLISHED["strata stype; no fpc", "hi: awards Yes vs No"])


def test_groups_that_split_the_strata_equal_r_survey():
    stype, wide, pw = columns("stype", "sch.wide", "pw")
    yes = (wide == "Yes")[:, None]
    stratum = np.unique(stype, return_inverse=True)[1]
    cells, group = to_cells(stratum, stype == "E", pw.astype(float), np.ones_like(yes), yes)
    got = log_ratio(*cells, in_a=group == 1, in_b=group == 0)
    check(got, PUBLISHED["strata stype; no fpc", "sch.wide Yes: stype E vs not E"])


@st.composite
def samples(draw):
    """Respondents in strata of two or more, in groups 0 to 3, with two indicators of which one has a filter."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = draw(st.integers(30, 300))
    strata = draw(st.integers(1, 5))
    stratum = np.concatenate([np.repeat(np.arange(strata), 2), rng.integers(0, strata, size)])
    respondents = len(stratum)
    base = np.column_stack([np.ones(respondents), rng.random(respondents) < 0.6])
    yes = base * (rng.random((respondents, 2)) < rng.uniform(0.2, 0.8))
    base[:8], yes[:8] = 1, [[1, 1]] * 4 + [[0, 0]] * 4  # every group has yes and no
    group = np.concatenate([np.tile(np.arange(4), 2), rng.integers(0, 4, respondents - 8)])
    return stratum, group, rng.uniform(0.2, 5, respondents), base, yes


def by_influence(stratum, weight, base, yes, a, b):
    """Log ratio and standard error of one indicator from every respondent's influence on it."""
    w = weight * base
    share_a, share_b = (np.average(yes[group], weights=w[group]) for group in (a, b))
    influence_a = a * w * (yes - share_a) / (w[a].sum() * share_a)
    influence_b = b * w * (yes - share_b) / (w[b].sum() * share_b)
    influence = influence_a - influence_b
    variance = sum(np.sum(stratum == h) * np.var(influence[stratum == h], ddof=1) for h in np.unique(stratum))
    return np.log(share_a / share_b), np.sqrt(variance)


@given(samples())
def test_a_against_everyone_equals_the_respondents_own_influence(sample):
    stratum, group, weight, base, yes = sample
    cells, cell_group = to_cells(*sample)
    got = log_ratio(*cells, in_a=cell_group == 1, in_b=np.ones(len(cell_group), bool))
    for k in range(2):
        estimate, se = by_influence(stratum, weight, base[:, k], yes[:, k], group == 1, group >= 0)
        assert got.estimate[k] == pytest.approx(estimate, rel=1e-9, abs=1e-12)
        assert got.se[k] == pytest.approx(se, rel=1e-7)
    assert got.df == len(stratum) - len(np.unique(stratum))


@given(samples())
def test_separate_groups_and_a_rest_equal_the_respondents_own_influence(sample):
    stratum, group, weight, base, yes = sample
    cells, cell_group = to_cells(*sample)
    got = log_ratio(*cells, in_a=cell_group == 1, in_b=cell_group >= 2)
    for k in range(2):
        estimate, se = by_influence(stratum, weight, base[:, k], yes[:, k], group == 1, group >= 2)
        assert got.estimate[k] == pytest.approx(estimate, rel=1e-9, abs=1e-12)
        assert got.se[k] == pytest.approx(se, rel=1e-7)


@given(samples(), st.floats(1e-3, 1e3))
def test_the_unit_of_the_weights_does_not_matter(sample, unit):
    stratum, group, weight, base, yes = sample
    cells, cell_group = to_cells(*sample)
    scaled, _ = to_cells(stratum, group, weight * unit, base, yes)
    first = log_ratio(*cells, in_a=cell_group == 1, in_b=cell_group == 2)
    second = log_ratio(*scaled, in_a=cell_group == 1, in_b=cell_group == 2)
    assert_same(first, second)


@given(samples())
def test_cells_of_one_stratum_and_membership_add_up(sample):
    """Groups 2 and 3 as cells of their own or as one; the order of cells does not matter either."""
    stratum, group, weight, base, yes = sample
    fine, fine_group = to_cells(*sample)
    merged, merged_group = to_cells(stratum, np.minimum(group, 2), weight, base, yes)
    shuffled = np.random.default_rng(1).permutation(len(fine_group))
    fine, fine_group = [column[shuffled] for column in fine], fine_group[shuffled]
    first = log_ratio(*fine, in_a=fine_group == 1, in_b=fine_group >= 1)
    second = log_ratio(*merged, in_a=merged_group == 1, in_b=merged_group >= 1)
    assert_same(first, second)


def assert_same(first, second):
    assert first.df == second.df
    for part in ("estimate", "se", "p_a", "se_p_a", "p_b", "se_p_b"):
        assert getattr(first, part) == pytest.approx(getattr(second, part), rel=1e-7, abs=1e-12), part


def one_indicator(n, yes):
    """Cells without weights: sums are counts, as columns."""
    n, yes = np.array(n, float)[:, None], np.array(yes, float)[:, None]
    return {"n": n[:, 0], "w_base": n, "w_yes": yes, "ww_base": n, "ww_yes": yes}


def test_without_weights_it_is_the_binomial_by_hand():
    """Shares 30/60 and 20/80: se**2 = (1/30 - 1/60 + 1/20 - 1/80) n / (n - 1), n = 140."""
    got = log_ratio([7, 7], **one_indicator([60, 80], [30, 20]), in_a=[True, False], in_b=[False, True])
    assert got.estimate == pytest.approx([np.log(2)])
    assert got.se == pytest.approx([np.sqrt((1 / 30 - 1 / 60 + 1 / 20 - 1 / 80) * 140 / 139)], rel=1e-12)
    assert got.se_p_a == pytest.approx([np.sqrt(0.25 / 60 * 140 / 139)], rel=1e-12)
    assert got.df == 139


def test_a_group_against_itself_has_ratio_one_and_no_interval():
    got = log_ratio([1, 1], **one_indicator([60, 80], [30, 20]), in_a=[True, False], in_b=[True, False])
    assert got.estimate == pytest.approx([0.0])
    assert np.isnan([*got.se, *got.found["ratio_low"], *got.found["ratio_high"]]).all()


def test_a_share_of_zero_has_no_log_ratio_but_is_a_share():
    got = log_ratio([1, 1], **one_indicator([60, 80], [0, 20]), in_a=[True, False], in_b=[False, True])
    assert np.isnan(got.estimate[0])
    assert np.isnan(got.se[0])
    assert (got.p_a, got.p_b) == (pytest.approx([0.0]), pytest.approx([0.25]))


def test_a_group_without_base_is_unknown():
    got = log_ratio([1, 1], **one_indicator([60, 80], [30, 20]), in_a=[False, False], in_b=[False, True])
    for part in (got.estimate, got.se, got.p_a, got.se_p_a):
        assert np.isnan(part[0])
    assert got.p_b == pytest.approx([0.25])


def test_a_stratum_of_one_leaves_every_error_unknown():
    cells = one_indicator([60, 80, 1], [30, 20, 1])
    got = log_ratio([1, 1, 2], **cells, in_a=[True, False, False], in_b=[False, True, False])
    assert got.estimate == pytest.approx([np.log(2)])
    for part in (got.se, got.se_p_a, got.se_p_b):
        assert np.isnan(part[0])


def test_an_empty_cell_changes_nothing():
    """Cells are zero-filled."""
    full = log_ratio([1, 1], **one_indicator([60, 80], [30, 20]), in_a=[True, False], in_b=[False, True])
    filled = log_ratio(
        [1, 1, 1], **one_indicator([60, 0, 80], [30, 0, 20]), in_a=[True, True, False], in_b=[False, True, True]
    )
    assert_same(full, filled)


def test_limits_use_the_t_quantile_of_the_design():
    """t with 139 degrees of freedom: 1.977178 at 95%, 1.655890 at 90%."""
    cells = one_indicator([60, 80], [30, 20]) | {"in_a": [True, False], "in_b": [False, True]}
    for level, t in ((0.95, 1.9771777), (0.90, 1.6558899)):
        got = log_ratio([1, 1], **cells, level=level)
        assert got.found["ratio_low"] == pytest.approx(np.exp(got.estimate - t * got.se), rel=1e-7)
        assert got.found["ratio_high"] == pytest.approx(np.exp(got.estimate + t * got.se), rel=1e-7)
