"""Tiers by clustering: k-means and silhouettes against R, agreement by hand, and what must not matter."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.maturity import clustering
from pipeline.maturity.clustering import adjusted_rand, cluster, cluster_tables, weighted_kappa

REFERENCES = Path(__file__).parents[1] / "references"
ARRESTS = np.loadtxt(REFERENCES / "usarrests.csv", delimiter=",", skiprows=1)


def squares_within(points: np.ndarray, number: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Sums of squares within clusters, of points brought to mean 0 and variance 1."""
    w = np.ones(len(points)) if weights is None else weights
    mean = np.average(points, axis=0, weights=w)
    z = (points - mean) / np.sqrt(np.average((points - mean) ** 2, axis=0, weights=w))
    found = []
    for k in range(number.max() + 1):
        own = number == k
        found.append((w[own, None] * (z[own] - np.average(z[own], axis=0, weights=w[own])) ** 2).sum())
    return np.array(found)


# -- k-means


def test_clusters_equal_r():
    """R kmeans(scale(USArrests), 4, nstart = 25): within sums of squares 8.316061 11.952463 16.212213 19.922437, of
    clusters of 8, 13, 16, 13; between / total 71.2%. scale() divides by n - 1: 50 / 49 of the sums here."""
    found = cluster(ARRESTS, np.ones(50), ARRESTS[:, 0], 4)
    assert np.bincount(found.number).tolist() == [13, 16, 13, 8]  # by murders, the score here
    within = squares_within(ARRESTS, found.number) * 49 / 50
    assert within == pytest.approx([11.952463, 16.212213, 19.922437, 8.316061], abs=1e-6)
    assert found.explained == pytest.approx(1 - (11.952463 + 16.212213 + 19.922437 + 8.316061) / 196, abs=1e-7)


def test_silhouettes_equal_r():
    """factoextra fviz_silhouette of these clusters: average widths .37, .34, .27, .39."""
    found = cluster(ARRESTS, np.ones(50), ARRESTS[:, 0], 4)
    assert found.silhouettes == pytest.approx([0.37, 0.34, 0.27, 0.39], abs=0.005)
    assert found.silhouette == pytest.approx(np.average(found.silhouettes, weights=[13, 16, 13, 8]))


def test_centres_are_means_in_points_and_explained_shares_those_of_each_dimension():
    found = cluster(ARRESTS, np.ones(50), ARRESTS[:, 0], 4)
    for k in range(4):
        assert found.centres[k] == pytest.approx(ARRESTS[found.number == k].mean(axis=0))
    total = ((ARRESTS - ARRESTS.mean(axis=0)) ** 2).sum(axis=0)
    between = ((found.centres[found.number] - ARRESTS.mean(axis=0)) ** 2).sum(axis=0)
    assert found.explained_by_dimension == pytest.approx(between / total)
    assert found.explained == pytest.approx(found.explained_by_dimension.mean())  # each has variance 1


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 3)] * 2), min_size=3, max_size=8), st.integers(2, 3), st.integers(0, 99))
def test_no_other_division_of_a_few_respondents_is_better(rows, count, seed):
    points = np.array(rows, float) * 100 / 3
    weights = np.random.default_rng(seed).integers(1, 4, len(rows)).astype(float)
    found = cluster(points, weights, points.mean(axis=1), count)
    if len(set(rows)) < count:
        assert "different profiles" in found.reason
        return
    points = points[:, np.ptp(points, axis=0) > 0]
    least = min(
        squares_within(points, number, weights).sum()
        for number in map(np.array, product(range(count), repeat=len(rows)))
        if len(set(number.tolist())) == count
    )
    assert squares_within(points, found.number, weights).sum() == pytest.approx(least, rel=1e-9, abs=1e-9)


def test_order_of_rows_changes_nothing():
    random = np.random.default_rng(2)
    points, weights = random.integers(0, 4, (300, 3)) * 100 / 3, random.uniform(0.3, 3, 300)
    first = cluster(points, weights, points.mean(axis=1), 3)
    for _ in range(3):
        mixed = random.permutation(300)
        again = cluster(points[mixed], weights[mixed], points[mixed].mean(axis=1), 3)
        assert np.array_equal(again.number, first.number[mixed])
        assert (again.explained, again.silhouette) == pytest.approx((first.explained, first.silhouette), rel=1e-12)
        assert np.array_equal(again.centres, first.centres)


def test_a_weight_of_3_is_three_respondents_and_the_scale_of_weights_does_not_matter():
    random = np.random.default_rng(4)
    points, weights = random.normal(50, 20, (60, 2)), random.integers(1, 4, 60)
    found = cluster(points, weights * 1e-7, points.mean(axis=1), 3)
    repeated = np.repeat(points, weights, axis=0)
    expected = cluster(repeated, np.ones(len(repeated)), repeated.mean(axis=1), 3)
    assert np.array_equal(np.repeat(found.number, weights), expected.number)
    assert found.centres == pytest.approx(expected.centres)
    assert found.explained == pytest.approx(expected.explained)


def test_clusters_rise_with_the_score():
    random = np.random.default_rng(5)
    points = random.normal([[20, 30]] * 50 + [[80, 70]] * 50, 5)
    assert cluster(points, np.ones(100), points.mean(axis=1), 2).number.tolist() == [0] * 50 + [1] * 50
    assert cluster(points, np.ones(100), -points.mean(axis=1), 2).number.tolist() == [1] * 50 + [0] * 50


def test_a_missing_dimension_score_or_weight_leaves_out():
    points, score, weights = np.array([[0, 0], [0, 1], [9, 9], [9, np.nan], [0, 0.0]]), np.zeros(5), np.ones(5)
    score[1], weights[4] = np.nan, 0
    assert cluster(points, weights, score, 2).number.tolist() == [0, -1, 1, -1, -1]


def test_a_dimension_that_does_not_vary_explains_nothing():
    found = cluster(np.column_stack([ARRESTS, np.full(50, 100 / 3)]), np.ones(50), ARRESTS[:, 0], 4)
    assert np.array_equal(found.number, cluster(ARRESTS, np.ones(50), ARRESTS[:, 0], 4).number)
    assert np.isnan(found.explained_by_dimension[4])
    assert found.centres[:, 4] == pytest.approx(100 / 3)


@pytest.mark.parametrize(
    "points", [np.zeros((0, 2)), np.zeros((1, 2)), np.full((30, 2), 100 / 3), np.full((4, 2), np.nan)]
)
def test_too_few_profiles_make_no_clusters(points):
    found = cluster(points, np.ones(len(points)), np.zeros(len(points)), 2)
    assert "for 2 clusters" in found.reason
    assert np.all(found.number == -1)
    assert np.isnan([found.explained, found.silhouette, *found.silhouettes, *found.centres.ravel()]).all()


@pytest.mark.parametrize("weights", [[1, 1e-300, 1e-300, 1], [1e300, 1e300, 1, 1], [5e-324, 1, 1, 1]])
def test_extreme_weights(weights):
    found = cluster([[0, 0], [1, 5], [2, 0], [100, 100]], weights, [0, 1, 2, 100], 3)
    assert found.reason == ""
    assert set(found.number.tolist()) == {0, 1, 2}


def test_as_many_clusters_as_profiles():
    found = cluster([[0, 0], [1, 5], [2, 0]], [1, 1, 1], [0, 1, 2], 3)
    assert found.number.tolist() == [0, 1, 2]
    assert found.explained == pytest.approx(1)
    assert found.silhouettes.tolist() == [0, 0, 0]  # by Rousseeuw's convention for one alone


def test_what_does_not_match_is_refused():
    for points, weights, score, count in (
        ([[1.0]], [1, 1], [1], 1), ([1.0], [1], [1], 1), ([[1.0]], [-1], [1], 1), ([[1.0]], [1], [1], 0),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="must|match"):
            cluster(points, weights, score, count)


# -- silhouettes


def test_silhouette_by_hand():
    """Clusters 0 and 1, 4 twice, 10 alone: bringing them to variance 1 divides all distances alike. Of 0: within 1, to
    the next 4, 3/4; of 1: 1 and 3, 2/3; each of the twins: within 0, so 1; the one alone: 0."""
    line = np.array([[0.0], [1], [4], [4], [10]])
    found = cluster(line, np.ones(5), line[:, 0], 3)
    assert found.number.tolist() == [0, 0, 1, 1, 2]
    assert found.silhouettes == pytest.approx([(0.75 + 2 / 3) / 2, 1, 0])


def test_silhouettes_by_brute_force_with_twins():
    random = np.random.default_rng(8)
    points = random.integers(0, 4, (80, 2)).astype(float)
    found = cluster(points, np.ones(80), points.mean(axis=1), 3)
    z = (points - points.mean(axis=0)) / points.std(axis=0)
    apart = np.sqrt(((z[:, None] - z) ** 2).sum(axis=2))
    widths = []
    for i, own in enumerate(found.number):
        a = apart[i, found.number == own].sum() / (np.sum(found.number == own) - 1)
        b = min(apart[i, found.number == k].mean() for k in range(3) if k != own)
        widths.append((b - a) / max(a, b))
    assert found.silhouette == pytest.approx(np.mean(widths))


def test_many_profiles_are_looked_at_in_part(monkeypatch):
    """A part of the profiles finds nearly the same clusters and silhouette."""
    random = np.random.default_rng(9)
    points = random.normal(np.repeat([[20.0, 20], [50, 60], [90, 80]], 400, axis=0), 8)
    whole = cluster(points, np.ones(1200), points.mean(axis=1), 3)
    monkeypatch.setattr(clustering, "PROFILES_FOR_STARTS", 250)
    monkeypatch.setattr(clustering, "PROFILES_FOR_SILHOUETTE", 250)
    part = cluster(points, np.ones(1200), points.mean(axis=1), 3)
    assert np.array_equal(part.number, whole.number)
    assert part.explained == pytest.approx(whole.explained)
    assert part.silhouette == pytest.approx(whole.silhouette, abs=0.03)


# -- agreement


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ([[1, 1, 0], [1, 2, 1], [0, 0, 4]], (7 - 14 * 13 / 45) / (13.5 - 14 * 13 / 45)),  # Yeung and Ruzzo 2001: 0.313
        ([[2, 0, 0], [0, 1, 1]], (1 - 2 / 6) / (1.5 - 2 / 6)),
        ([[1, 1], [1, 1]], (0 - 4 / 6) / (2 - 4 / 6)),  # -1/2, the least there is
        ([[5, 0], [0, 7]], 1.0),
        ([[0, 5], [7, 0]], 1.0),
    ],
)
def test_adjusted_rand_by_hand(table, expected):
    """(pairs in cells - rows x columns / all) / (their mean - rows x columns / all)."""
    assert adjusted_rand(table) == pytest.approx(expected)
    assert adjusted_rand(np.transpose(table)) == pytest.approx(expected)


def test_adjusted_rand_of_the_published_example():
    assert adjusted_rand([[1, 1, 0], [1, 2, 1], [0, 0, 4]]) == pytest.approx(0.313, abs=5e-4)


def test_weighted_adjusted_rand_counts_pairs_by_the_product_of_weights():
    random = np.random.default_rng(3)
    first, second, w = random.integers(0, 3, 30), random.integers(0, 3, 30), random.uniform(0.2, 4, 30)
    pairs = np.triu(np.outer(w, w), 1)
    a, b = first[:, None] == first, second[:, None] == second
    rows, columns, total = pairs[a].sum(), pairs[b].sum(), pairs.sum()
    expected = (pairs[a & b].sum() - rows * columns / total) / ((rows + columns) / 2 - rows * columns / total)
    table, squares = np.zeros((3, 3)), np.zeros((3, 3))
    np.add.at(table, (first, second), w)
    np.add.at(squares, (first, second), w**2)
    assert adjusted_rand(table, squares) == pytest.approx(expected)
    assert adjusted_rand(table * 7, squares * 49) == pytest.approx(expected)


@pytest.mark.parametrize("table", [[[5, 0], [0, 0]], [[1, 0], [0, 1]], [[0, 0], [0, 0]], [[1, 0], [0, 0]]])
def test_partitions_that_divide_nothing_have_no_adjusted_rand(table):
    assert np.isnan(adjusted_rand(table))


def test_weighted_kappa_by_hand():
    """Shares .3 .1 0 / .1 .2 .1 / 0 0 .2: one apart .3, none two apart. By chance, rows .4 .4 .2 by columns .4 .3 .3:
    one apart .12 + .16 + .12 + .06 = .46, two apart .12 + .08, times 4: .8. 1 - .3 / 1.26."""
    assert weighted_kappa([[3, 1, 0], [1, 2, 1], [0, 0, 2]]) == pytest.approx(1 - 0.3 / 1.26)


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), min_size=16, max_size=16))
def test_weighted_kappa_equals_statsmodels(cells):
    from statsmodels.stats.inter_rater import cohens_kappa

    table = np.array(cells).reshape(4, 4) + np.eye(4, dtype=int)
    assert weighted_kappa(table) == pytest.approx(
        cohens_kappa(table, wt="quadratic", return_results=False), rel=1e-9, abs=1e-12
    )


def test_kappa_of_full_agreement_is_1_and_of_one_class_unknown():
    assert weighted_kappa([[5, 0], [0, 3]]) == 1
    assert np.isnan(weighted_kappa([[5, 0], [0, 0]]))
    assert np.isnan(weighted_kappa(np.zeros((3, 3))))


# -- tables


def respondents(points, tiers, weights=None, dispositions=None) -> pa.Table:
    points = np.asarray(points, float)
    return pa.table(
        {
            "disposition": dispositions or ["analysed"] * len(points),
            "weight": np.ones(len(points)) if weights is None else np.asarray(weights, float),
            "score_a": pa.array(points[:, 0], from_pandas=True),
            "score_b": pa.array(points[:, 1], from_pandas=True),
            "score": pa.array(points.mean(axis=1), from_pandas=True),
            "tier": pa.array(tiers, pa.string()),
        }
    )


POINTS = [[0, 0], [10, 0], [0, 10], [90, 90], [100, 90], [50, np.nan], [100, 100], [0, 0]]
TIERS = ["low", "low", "high", "high", "high", None, None, "high"]


def test_tables_by_hand():
    """Clustered are all but the sixth; of the last, spam, nothing is read. The first five have both a tier and a
    cluster: low-low 2, high-low 1, high-high 2."""
    table = respondents(POINTS, TIERS, dispositions=["analysed"] * 7 + ["spam"])
    clusters, agreement = cluster_tables("2021", table, ["a", "b"], ["low", "high"])
    assert list(zip(clusters["tier"], clusters["dimension"], clusters["n"], strict=True)) == [
        ("low", "all", 3), ("high", "all", 3), ("low", "a", 3), ("high", "a", 3), ("low", "b", 3), ("high", "b", 3),
    ]  # fmt: skip
    assert clusters["mean"].tolist() == pytest.approx([10 / 3, 95, 10 / 3, 290 / 3, 10 / 3, 280 / 3])
    assert clusters["share"].tolist() == [0.5] * 6
    assert clusters["position"].tolist() == [1, 2] * 3
    assert clusters["silhouette"].notna().tolist() == [True, True, False, False, False, False]
    assert list(zip(agreement["tier"], agreement["cluster"], agreement["n"], strict=True)) == [
        ("low", "low", 2), ("low", "high", 0), ("high", "low", 1), ("high", "high", 2),
    ]  # fmt: skip
    assert agreement["share"].tolist() == [0.4, 0.0, 0.2, 0.4]
    assert set(agreement["same_tier_share"]) == {0.8}
    assert set(agreement["adjusted_rand"]) == {adjusted_rand([[2, 0], [1, 2]])}
    assert set(agreement["weighted_kappa"]) == {weighted_kappa([[2, 0], [1, 2]])}


def test_weights_reach_the_tables():
    table = respondents(POINTS, TIERS, weights=[2, 1, 1, 1, 1, 1, 0, 0])
    clusters, agreement = cluster_tables("w", table, ["a", "b"], ["low", "high"])
    assert clusters["weighted_base"][:2].tolist() == [4, 2]
    assert clusters["mean"][0] == pytest.approx((0 * 2 + 5 + 5) / 4)
    assert agreement["weighted_base"].tolist() == [3, 0, 1, 2]
    assert agreement["same_tier_share"][0] == pytest.approx(5 / 6)


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_a_wave_that_cannot_be_clustered_has_rows_with_the_reason(rows):
    table = respondents(np.zeros((rows, 2)), ["low"] * rows)
    clusters, agreement = cluster_tables("w", table, ["a", "b"], ["low", "middle", "high"])
    assert len(clusters) == len(agreement) == 9
    assert set(clusters["n"]) == {0}
    assert clusters[["share", "mean", "explained_share", "average_silhouette"]].isna().all(axis=None)
    assert agreement[["share", "same_tier_share", "adjusted_rand", "weighted_kappa"]].isna().all(axis=None)
    assert clusters["reason"].str.contains("different profiles").all()
    assert agreement["reason"].str.contains("different profiles").all()


def test_clusters_without_any_declared_tier_say_so():
    _, agreement = cluster_tables("w", respondents(POINTS, [None] * 8), ["a", "b"], ["low", "high"])
    assert set(agreement["reason"]) == {"nobody has both a tier and a cluster"}
    assert set(agreement["n"]) == {0}
