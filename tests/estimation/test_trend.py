"""Slopes over tiers against roots found otherwise, and errors against respondents taken one by one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import brentq

from pipeline.estimation.tier_trends import (
    NO_DF,
    NO_ERROR,
    NO_SLOPE,
    NOBODY,
    cochran_armitage,
    log_slope,
    rao_scott,
    tier_trend_rows,
)  # fmt: skip
from tests.estimation.schools import schools, study_and_cells, weighted_of

TYPES = 'tiers: {order: [e, m, h], answers: {e: {stype: ["E"]}, m: {stype: ["M"]}, h: {stype: ["H"]}}}\n'
WEIGHTS = "weights: {main: {column: pw}}\n"
ORDER = ("e", "m", "h")
BOTH = {"design_strata": "stype", "design_psu": "dnum"}


def slope_by_root(yes, base):
    """The slope at which tiers, weighed by base x exp(slope x tier), have the mean tier of those who say yes.

    What the two equations of the model come to; the mean rises with the slope, so there is one root.
    """
    tier = np.arange(1.0, len(yes) + 1)
    there, target = base > 0, yes @ tier / yes.sum()
    if not tier[there].min() < target < tier[there].max():
        return np.nan

    def surplus(slope):
        weight = base * np.exp(slope * (tier - tier.mean()))
        return weight @ tier / weight.sum() - target

    return brentq(surplus, -40, 40, xtol=1e-14)


@pytest.mark.parametrize("tiers", [2, 3, 5])
def test_slopes_solve_the_model_s_equations(tiers):
    """To a ten-thousandth of their standard error: they end where R's do, a step before the last digits settle."""
    rng = np.random.default_rng(tiers)
    base = rng.integers(0, 400, (tiers, 300)) * (rng.random((tiers, 300)) < 0.9)
    yes = rng.binomial(base, np.exp(rng.uniform(np.log(0.01), 0, base.shape))).astype(float)
    slope, fitted, _ = log_slope(yes, base.astype(float))
    tier = np.arange(1.0, tiers + 1)
    for k in range(300):
        root = slope_by_root(yes[:, k], base[:, k].astype(float)) if yes[:, k].sum() else np.nan
        expected = base[:, k] * fitted[:, k]
        spread = expected @ tier**2 - (expected @ tier) ** 2 / max(expected.sum(), 1e-300)
        assert slope[k] == pytest.approx(root, abs=1e-4 / np.sqrt(max(spread, 1e-12)), nan_ok=True)


def test_cochran_armitage_is_the_correlation_of_answer_and_tier():
    """N r**2 over respondents."""
    rng = np.random.default_rng(8)
    n = rng.integers(1, 60, (4, 5))
    x = rng.binomial(n, 0.4)
    statistic, p = cochran_armitage(x.astype(float), n.astype(float))
    for k in range(5):
        tier = np.repeat(np.arange(4), n[:, k])
        answer = np.concatenate([np.arange(total) < yes for total, yes in zip(n[:, k], x[:, k], strict=True)])
        assert statistic[k] == pytest.approx(len(tier) * np.corrcoef(tier, answer)[0, 1] ** 2)
    assert p == pytest.approx(stats.chi2.sf(statistic, 1))
    assert cochran_armitage(x[::-1].astype(float), n[::-1].astype(float))[0] == pytest.approx(statistic)


def sandwich(x, y, w, stratum, unit):
    """(slope, error) of log E(y) on x, Newton to the end, with scores summed to units by loops over respondents."""
    design = np.column_stack([np.ones_like(x), x])
    beta = np.array([np.log(w @ y / w.sum()), 0.0])
    for _ in range(50):
        mean = np.exp(design @ beta)
        beta = beta + np.linalg.solve(design.T @ (design * (w * mean)[:, None]), design.T @ (w * (y - mean)))
    mean = np.exp(design @ beta)
    influence = design * (w * (y - mean))[:, None] @ np.linalg.inv(design.T @ (design * (w * mean)[:, None]))
    variance = 0.0
    for s in set(stratum):
        units = sorted({u for u, h in zip(unit, stratum, strict=True) if h == s})
        sums = [influence[[i for i in range(len(x)) if unit[i] == u and stratum[i] == s], 1].sum() for u in units]
        variance += len(units) * np.var(sums, ddof=1)
    return beta[1], np.sqrt(variance)


@pytest.mark.parametrize(
    ("data", "design", "columns", "stratum", "unit"),
    [
        ("apistrat", "design: {strata: s}\n", {"design_strata": "stype"}, "stype", "snum"),
        (
            "apistrat",
            "design: {strata: s, psu: d}\n",
            {"design_strata": "stype", "design_psu": "dnum"},
            "stype",
            "dnum",
        ),
        ("apiclus2", "design: {psu: d}\n", {"design_psu": "dnum"}, "", "dnum"),
    ],
)
def test_errors_of_slopes_are_those_of_respondents_one_by_one(data, design, columns, stratum, unit):
    """To a millionth: R, and so the table, weighs by the step before the last."""
    rows = schools(data)
    x = np.array([{"E": 1.0, "M": 2.0, "H": 3.0}[r["stype"]] for r in rows])
    y, w = np.array([float(r["api00"]) > 700 for r in rows], float), np.array([float(r["pw"]) for r in rows])
    strata = [r[stratum] if stratum else "" for r in rows]
    slope, se = sandwich(x, y, w, strata, [r[unit] for r in rows])
    weighted = weighted_of(data, TYPES + design + WEIGHTS, weight_main="pw", **columns)
    row = tier_trend_rows("w", weighted, ORDER).set_index("indicator").loc["hi"]
    assert np.log(row["ratio_per_tier"]) == pytest.approx(slope, rel=1e-5)
    assert row["se_log_ratio_per_tier"] == pytest.approx(se, rel=1e-5)
    assert row["p_value"] == pytest.approx(2 * stats.t.sf(abs(slope / se), row["df"]), rel=1e-4)


def test_a_jackknife_of_units_comes_near_the_linearised_trend():
    sections = TYPES + "design: {psu: d%s}\n" + WEIGHTS
    plain, repeated = (
        tier_trend_rows("w", weighted_of("apiclus2", sections % how, weight_main="pw", design_psu="dnum"), ORDER)
        .set_index("indicator").loc["target"] for how in ("", ", variance: jackknife")
    )  # fmt: skip
    assert repeated["ratio_per_tier"] == plain["ratio_per_tier"]
    assert repeated["se_log_ratio_per_tier"] == pytest.approx(plain["se_log_ratio_per_tier"], rel=0.15)
    assert "JK1" in repeated["method"]


def changed(design, columns, change):
    """Row `hi` of the schools after a change of each row."""
    rows = [r | change(i, r) for i, r in enumerate(schools("apistrat"))]
    weighted = study_and_cells(rows, TYPES + design + WEIGHTS, weight_main="pw", **columns)[1]
    return tier_trend_rows("w", weighted, ORDER).set_index("indicator").loc["hi"]


def test_weights_may_be_of_any_size():
    strata = ("design: {strata: s}\n", {"design_strata": "stype"})
    once = changed(*strata, lambda i, r: {})
    large = changed(*strata, lambda i, r: {"pw": float(r["pw"]) * 1000})
    figures = [name for name, value in once.items() if isinstance(value, float)]
    assert large[figures].to_list() == pytest.approx(once[figures].to_list(), rel=1e-9)


def test_yes_in_the_middle_tier_alone_has_a_slope():
    """9 of 40 in the second tier, bases 10, 40, 90: exp(slope) is the root of bases at either end, (10 / 90)**0.5."""
    slope, _, _ = log_slope(np.array([[0.0], [9.0], [0.0]]), np.array([[10.0], [40.0], [90.0]]))
    assert np.exp(slope[0]) == pytest.approx(1 / 3, rel=1e-6)


def test_an_error_that_is_nothing_but_rounding_is_none():
    """One tier a unit, shares 20%, 40%, 80% that the model fits: no unit is off, which is no proof of a trend."""
    share, seen = {"E": 0.2, "M": 0.4, "H": 0.8}, {"E": 0, "M": 0, "H": 0}

    def fitting(i, r):
        seen[r["stype"]] += 1
        return {"api00": 900 if seen[r["stype"]] % 10 < share[r["stype"]] * 10 else 1, "unit": r["stype"]}

    row = changed("design: {psu: d}\n", {"design_psu": "unit"}, fitting)
    assert row["ratio_per_tier"] == pytest.approx(2.0)
    assert row[["ratio_per_tier_low", "ratio_per_tier_high", "p_value", "association_p_value"]].isna().all()
    assert row["reason"] == NO_ERROR


def test_two_units_leave_no_degrees_of_freedom_to_a_slope():
    row = changed("design: {psu: d}\n", {"design_psu": "unit"}, lambda i, r: {"unit": "ab"[i % 3 % 2]})
    assert row[["ratio_per_tier_low", "p_value", "df"]].isna().all()
    assert row["reason"] == NO_DF


def test_two_respondents_who_differ_prove_nothing():
    """Yes in one tier, no in the other: the table's one contrast cannot vary, and rounding must not become F."""
    covariance = np.array([[1, -1], [-1, 1]]) / 2
    whole = np.zeros((4, 4))
    whole[np.ix_([0, 3], [0, 3])] = covariance * (1 + 1e-15)
    whole[0, 3] *= 1 - 1e-15
    assert np.isnan(rao_scott(np.array([[0.5, 0.0], [0.0, 0.5]]), whole, 2, 1)).all()


@pytest.mark.parametrize(("tiers", "reason"), [(("none", "such"), NOBODY), (ORDER, NO_SLOPE)])
def test_nobody_in_the_tiers_and_yes_at_one_end_are_told_apart(tiers, reason):
    weighted = weighted_of("apistrat", TYPES)
    top = (weighted.cells.tier == "h")[:, None]
    cells = {name: getattr(weighted.cells, name) * top for name in ("n_yes", "w_yes", "ww_yes")}
    rows = tier_trend_rows("w", replace(weighted, cells=replace(weighted.cells, **cells)), tiers)
    assert set(rows["reason"]) == {reason}
