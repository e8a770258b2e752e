"""Association of an indicator with tiers: R's svychisq under strata, clusters, replicates and in a domain; by hand."""

from __future__ import annotations

import csv
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from pipeline.estimation.tier_trends import rao_scott, tier_trend_rows
from tests.estimation.schools import REFERENCES, schools, study_and_cells

with (REFERENCES / "svychisq.csv").open() as file:
    PUBLISHED = {(r["data"], r["design"], r["table"], r["domain"]): r for r in csv.DictReader(file)}
WEIGHTS = "weights: {main: {column: pw}}\n"
STRATA = "design: {strata: s, fpc: f}\n" + WEIGHTS
CLUSTERS = "design: {psu: d}\n" + WEIGHTS
FEW_CLUSTERS = "design: {psu: d, fpc: f}\n" + WEIGHTS
JACKKNIFE = "design: {psu: d, fpc: f, variance: jackknife}\n" + WEIGHTS
TYPES = 'tiers: {order: [e, m, h], answers: {e: {stype: ["E"]}, m: {stype: ["M"]}, h: {stype: ["H"]}}}\n'
AWARDS = 'tiers: {order: ["0", "1"], answers: {"0": {awards: ["No"]}, "1": {awards: ["Yes"]}}}\n'
Row = dict[str, Any]


def stratified() -> list[Row]:
    """Weights as R makes them of the population's sizes, which those delivered hold to eight digits."""
    sampled = {"E": 100, "M": 50, "H": 50}
    return [r | {"pw": float(r["fpc"]) / sampled[r["stype"]]} for r in schools("apistrat")]


def delivered() -> list[Row]:
    return schools("apistrat")


def clustered() -> list[Row]:
    """A row a school of what is kept as counts."""
    same = {"pw": 6194 / 183, "fpc": 757, "api00": 0}
    return [r | same for r in schools("apiclus1") for _ in range(int(r["schools"]))]


def association(rows: list[Row], answer: str, sections: str, within: str = "", **columns: str) -> pd.Series:
    """Row of table `tier_trends` for the Yes of a column. within: column that is Yes for those in the base."""
    rows = [r | {"sch.wide": r[answer] if not within or r[within] == "Yes" else None} for r in rows]
    weighted = study_and_cells(rows, sections, weight_main="pw", **columns)[1]
    order = ("e", "m", "h") if "e:" in sections else ("0", "1")
    return tier_trend_rows("w", weighted, order).set_index("indicator").loc["target"]


CASES = [
    ("apistrat", "strata stype; fpc", "stype by awards", "awards", stratified, TYPES + STRATA,
     {"design_strata": "stype", "design_fpc": "fpc"}),
    ("apistrat", "strata stype; fpc", "awards by sch.wide", "sch.wide", delivered, AWARDS + STRATA,
     {"design_strata": "stype", "design_fpc": "fpc"}),
    ("apiclus1", "clusters dnum", "stype by awards", "awards", clustered, TYPES + CLUSTERS, {"design_psu": "dnum"}),
    ("apiclus1", "clusters dnum; fpc", "stype by sch.wide", "sch.wide", clustered, TYPES + FEW_CLUSTERS,
     {"design_psu": "dnum", "design_fpc": "fpc"}),
    ("apiclus1", "clusters dnum; fpc; JK1", "stype by sch.wide", "sch.wide", clustered, TYPES + JACKKNIFE,
     {"design_psu": "dnum", "design_fpc": "fpc"}),
]  # fmt: skip


@pytest.mark.parametrize(("data", "design", "table", "answer", "rows", "sections", "columns"), CASES)
def test_association_with_tiers_is_that_of_r(data, design, table, answer, rows, sections, columns):
    """R: svychisq(statistic = "F"), of as.svrepdesign() for JK1; awards by sch.wide has a cell without schools."""
    expected = PUBLISHED[data, design, table, ""]
    precise = 1e-8 if expected["digits"] == "12" else 3e-4
    row = association(rows(), answer, sections, **columns)
    assert row["association_f"] == pytest.approx(float(expected["f"]), rel=precise)
    assert row["association_df"] == pytest.approx(float(expected["ndf"]), rel=precise)
    if expected["p"]:
        assert row["association_p_value"] == pytest.approx(float(expected["p"]), rel=max(precise, 1e-8))


def test_a_base_keeps_the_clusters_that_nobody_of_it_is_in():
    """R: svychisq on subset(design, comp.imp == "Yes"). R's df is 13, of the clusters in the subset; here it is that
    of the whole design, 14."""
    expected = PUBLISHED["apiclus1", "clusters dnum", "stype by awards", "comp.imp Yes"]
    row = association(clustered(), "awards", TYPES + CLUSTERS, within="comp.imp", design_psu="dnum")
    f, ndf = (float(expected[name]) for name in ("f", "ndf"))
    assert [row["association_f"], row["association_df"]] == pytest.approx([f, ndf], rel=1e-8)
    assert stats.f.sf(f, ndf, 13 * ndf) == pytest.approx(float(expected["p"]), rel=1e-8)
    assert row["association_p_value"] == pytest.approx(stats.f.sf(f, ndf, 14 * ndf), rel=1e-8)


def test_two_design_effects_by_hand():
    """Two answers by three tiers, all six cells alike: X2 is 0, and the design effects are the eigenvalues of the
    contrasts' covariance. Contrasts u and v are orthogonal to rows, columns and each other; one has 2 and the other 6
    times the variance 1 / (6 n) of a simple sample: 8**2 / (4 + 36) = 1.6 degrees of freedom."""
    n, shares = 600.0, np.full((2, 3), 1 / 6)
    u = np.array([1, -1, 0, -1, 1, 0]) / 2
    v = np.array([1, 1, -2, -1, -1, 2]) / np.sqrt(12)
    covariance = (2 * np.outer(u, u) + 6 * np.outer(v, v)) / (6 * n)
    f, df, p = rao_scott(shares, covariance, n, 30)
    assert (f, df, p) == pytest.approx((0.0, 1.6, 1.0))
    moved = shares + 0.01 * u.reshape(2, 3)  # the margins stay: X2 = n 6 sum of squares = 600 x 6 x 0.0001 = 0.36
    f, _, _ = rao_scott(moved, covariance, n, 30)
    assert f == pytest.approx(0.36 / 8, rel=0.01)  # contrasts are weighed by the moved shares


def test_rows_and_columns_may_change_places_and_order():
    rng = np.random.default_rng(3)
    shares = rng.dirichlet(np.ones(6)).reshape(2, 3)
    root = rng.normal(size=(6, 40)) / 40
    root -= root.mean(axis=0)  # shares sum to 1
    covariance = root @ root.T
    once = rao_scott(shares, covariance, 300, 20)
    swapped = np.arange(6).reshape(2, 3).T.ravel()
    mixed = np.array([5, 3, 4, 2, 0, 1])
    assert rao_scott(shares.T, covariance[np.ix_(swapped, swapped)], 300, 20) == pytest.approx(once)
    again = rao_scott(shares.ravel()[mixed].reshape(2, 3), covariance[np.ix_(mixed, mixed)], 300, 20)
    assert again == pytest.approx(once)


def test_the_number_of_respondents_cancels():
    """X2 and the design effects both grow with n, so a base that is counted otherwise changes nothing."""
    shares, root = np.array([[0.3, 0.2], [0.1, 0.4]]), np.array([[0.02], [-0.03], [-0.01], [0.02]])
    assert rao_scott(shares, root @ root.T, 50, 9) == pytest.approx(rao_scott(shares, root @ root.T, 5e6, 9))


@pytest.mark.parametrize("df", [0.0, -1.0])
def test_no_test_without_degrees_of_freedom(df):
    shares = np.array([[0.3, 0.2], [0.1, 0.4]])
    assert np.isnan(rao_scott(shares, np.eye(4) / 100, 50, df)).all()


@pytest.mark.parametrize("covariance", [np.zeros((4, 4)), np.full((4, 4), np.nan)])
def test_no_test_where_the_covariance_tells_nothing(covariance):
    assert np.isnan(rao_scott(np.array([[0.3, 0.2], [0.1, 0.4]]), covariance, 50, 9)).all()
