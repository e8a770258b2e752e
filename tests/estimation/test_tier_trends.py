"""Trends over ordered tiers and Rao-Scott tests against R's values, hand counts and what they must reduce to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import yaml
from scipy import stats

from pipeline.estimation.tier_trends import NO_SPREAD, ONE_TIER, cochran_armitage, log_slope, rao_scott, tier_trend_rows
from tests.estimation.schools import REFERENCES, weighted_of

OTHER = yaml.safe_load((REFERENCES / "other.yaml").read_text())
TIERS = 'tiers: {order: [e, m, h], answers: {e: {stype: ["E"]}, m: {stype: ["M"]}, h: {stype: ["H"]}}}\n'
DESIGN = "design: {strata: s}\nweights: {main: {column: pw}}\n"


def test_the_trend_of_smokers_is_that_of_r():
    """R: prop.trend.test(c(83, 90, 129, 70), c(86, 93, 136, 82))."""
    expected = OTHER["trend"]["smokers"]
    counts = [np.array(expected[name], float)[:, None] for name in ("x", "n")]
    statistic, p = cochran_armitage(*counts)
    assert statistic[0] == pytest.approx(expected["chi2"], rel=1e-8)
    assert p[0] == pytest.approx(expected["p"], rel=1e-8)


def test_a_weighted_trend_over_strata_is_that_of_r():
    """R: svyglm(hi ~ x, family = quasipoisson) with x = 1, 2, 3 for E, M, H on the stratified sample of schools."""
    expected = OTHER["trend_over_strata"]
    weighted = weighted_of("apistrat", TIERS + DESIGN, design_strata="stype", weight_main="pw")
    row = tier_trend_rows("w", weighted, ("e", "m", "h")).set_index("indicator").loc["hi"]
    assert np.log(row["ratio_per_tier"]) == pytest.approx(expected["log_link_b"], rel=1e-8)
    assert row["se_log_ratio_per_tier"] == pytest.approx(expected["log_link_se"], rel=1e-8)
    assert row["df"] == 196


def test_without_weights_the_association_is_pearson_s():
    """F is chi-squared over its degrees of freedom, but for n / (n - 1) of the variance."""
    weighted = weighted_of("apistrat", TIERS)
    row = tier_trend_rows("w", weighted, ("e", "m", "h")).set_index("indicator").loc["hi"]
    cells = weighted.cells.of_segment("all")
    yes, no = cells.n_yes[:, 0], (cells.n_base - cells.n_yes)[:, 0]
    table = np.array([[part[cells.tier == tier].sum() for part in (yes, no)] for tier in ("e", "m", "h")])
    pearson = stats.chi2_contingency(table, correction=False)
    assert row["association_df"] == pytest.approx(2)
    assert row["association_f"] * 2 * 200 / 199 == pytest.approx(pearson.statistic)
    assert row["association_p_value"] == pytest.approx(pearson.pvalue, rel=0.1)  # F with 398 degrees of freedom


def test_a_design_effect_divides_the_statistic():
    """All variances 3 times those of a simple random sample: a third of the statistic, the same degrees of freedom."""
    shares = np.array([[0.1, 0.2, 0.3], [0.2, 0.1, 0.1]])
    p = shares.ravel()
    simple = (np.diag(p) - np.outer(p, p)) / 500
    one, three = rao_scott(shares, simple, 500, 40), rao_scott(shares, 3 * simple, 500, 40)
    expected = np.outer(shares.sum(axis=1), shares.sum(axis=0))
    pearson = 500 * ((shares - expected) ** 2 / expected).sum()
    assert one[:2] == pytest.approx((pearson / 2, 2.0))
    assert three[:2] == pytest.approx((pearson / 6, 2.0))
    assert one[2] == pytest.approx(stats.f.sf(pearson / 2, 2, 80))


def test_a_slope_fits_shares_that_double_with_each_tier():
    base = np.array([[100.0], [50.0], [25.0]])
    slope, fitted, _ = log_slope(base * [[0.1], [0.2], [0.4]], base)
    assert np.exp(slope) == pytest.approx([2.0])
    assert fitted[:, 0] == pytest.approx([0.1, 0.2, 0.4])


@pytest.mark.parametrize(
    ("yes", "base"), [([0, 0, 0], [5, 5, 5]), ([5, 0, 0], [5, 5, 5]), ([0, 0, 5], [5, 5, 5]), ([3, 0, 0], [5, 0, 0])]
)
def test_no_slope_without_yes_in_two_tiers(yes, base):
    slope, _, _ = log_slope(*(np.array(part, float)[:, None] for part in (yes, base)))
    assert np.isnan(slope[0])


def test_reasons_are_given_where_nothing_can_be_said():
    weighted = weighted_of("apistrat", TIERS)
    nothing = np.zeros_like(weighted.cells.n_yes)
    none = replace(weighted, cells=replace(weighted.cells, n_yes=nothing, w_yes=nothing, ww_yes=nothing))
    rows = tier_trend_rows("w", none, ("e", "m", "h"))
    assert set(rows["reason"]) == {NO_SPREAD}
    assert rows[["ratio_per_tier", "p_value", "association_p_value"]].isna().all(axis=None)
    one = weighted.cells.tier == "e"
    rows = tier_trend_rows("w", replace(weighted, cells=weighted.cells.rows(one)), ("e", "m", "h"))
    assert set(rows["reason"]) == {ONE_TIER}
