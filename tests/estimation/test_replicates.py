"""Variances from replicates, against R survey's jackknives, and totals whose variance is known exactly."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import hadamard

from pipeline.estimation.replicates import (
    delivered_scales,
    replicate_covariance,
    replicate_df,
    replicated_shares,
    with_full,
)
from pipeline.estimation.variance import by_number, sampling, unit_covariance, unit_variance
from pipeline.weighting.replication import bootstrap, jackknife

REFERENCES = Path(__file__).parents[1] / "references"


def read(name: str) -> dict[str, np.ndarray]:
    with (REFERENCES / name).open() as file:
        rows = list(csv.DictReader(file))
    return {column: np.array([row[column] for row in rows]) for column in rows[0]}


def references():
    with (REFERENCES / "survey_risk_ratio.csv").open() as file:
        return [row for row in csv.DictReader(file) if "replicates" in row["design"]]


def group_sums(schools, unit):
    """Weighted yes and base of both groups by unit, and the weights by unit."""
    w, units = schools["pw"].astype(float), unit.max() + 1
    hi, awards = schools["api00"].astype(float) > 700, schools["awards"] == "Yes"
    found = [by_number(unit, (w * part)[:, None], units) for part in (hi & awards, awards, hi & ~awards, ~awards)]
    return found, w


def log_error(shares):
    """Standard error of the log ratio by the delta method."""
    slope = np.stack([1 / shares.p_a, -1 / shares.p_b], axis=-1)
    return np.sqrt(np.einsum("ki,kij,kj->k", slope, shares.covariance, slope))


@pytest.mark.parametrize("row", references(), ids=lambda row: row["data"])
def test_the_jackknife_equals_r_survey(row):
    """R survey 4.1: as.svrepdesign, svyby(covmat = TRUE), delta method; df the rank of the replicate weights - 1."""
    schools = read(f"{row['data']}.csv")
    if row["data"] == "apistrat":
        unit = np.arange(len(schools["pw"]))
        stratum = np.unique(schools["stype"], return_inverse=True)[1]
    else:
        unit = np.unique(schools["dnum"], return_inverse=True)[1]
        stratum = np.zeros(unit.max() + 1, int)
    scheme = jackknife(stratum)
    totals, w = group_sums(schools, unit)
    shares = replicated_shares(*[with_full(scheme.factors) @ total for total in totals], scheme)
    assert (*shares.p_a, *shares.p_b) == pytest.approx((float(row["p1"]), float(row["p2"])), rel=1e-8)
    assert log_error(shares) == pytest.approx([float(row["se_log_rr"])], rel=1e-8)
    assert replicate_df(scheme.factors[:, unit] * w) == scheme.df == int(row["df"])
    delivered = delivered_scales(scheme.kind, len(scheme.rscales), scheme.df, rscales=scheme.rscales)
    again = replicated_shares(*[with_full(scheme.factors) @ total for total in totals], delivered)
    assert again.covariance == pytest.approx(shares.covariance, rel=1e-12)


def paired(strata):
    """Two units in each of some strata, and half-samples from a Hadamard matrix: (R, units) of -1 and 1."""
    signs = hadamard(8)[:, 1 : strata + 1]
    return np.repeat(np.arange(strata), 2), np.column_stack([signs, -signs])[
        :, np.arange(2 * strata).reshape(2, -1).T.ravel()
    ]


@pytest.mark.parametrize(("kind", "rho"), [("BRR", None), ("Fay", 0.3), ("Fay", 0.0)])
def test_balanced_half_samples_of_totals_have_the_linearised_covariance(kind, rho):
    """With full balance the variance of totals is exactly the linearised one: McCarthy (1969), Judkins (1990)."""
    stratum, signs = paired(5)
    factors = 1 + signs * (1 - (rho or 0))
    values = np.random.default_rng(4).normal(5, 2, (10, 3))
    for mse in (False, True):
        scales = delivered_scales(kind, 8, 5, rho=rho, mse=mse)
        got = replicate_covariance(factors @ values, values.sum(axis=0), scales)
        assert got == pytest.approx(unit_covariance(sampling(stratum), values), rel=1e-9)


def test_successive_differences_of_totals_by_hand():
    """Fay and Train (1995): factors 1 + (a_i - a_{i+1}) / 2**1.5 give half the squared differences of neighbours, and
    of both ends from 0."""
    a = hadamard(8)[:, 1:7].astype(float)
    y = np.array([3.0, 1, 4, 1, 5])
    factors = 1 + (a[:, :-1] - a[:, 1:]) / 2**1.5
    got = replicate_covariance(factors @ y[:, None], [y.sum()], delivered_scales("SDR", 8, 7))
    assert got == pytest.approx(np.array([[(9 + 4 + 9 + 9 + 16 + 25) / 2]]))


def test_usual_scales():
    """R svrepdesign."""
    assert delivered_scales("BRR", 20, 19).scale == pytest.approx(0.05)
    assert delivered_scales("Fay", 20, 19, rho=0.5).scale == pytest.approx(0.2)
    assert delivered_scales("JK1", 20, 19).scale == pytest.approx(0.95)
    assert delivered_scales("JKn", 2, 19, rscales=[0.5, 0.75]).scale == 1
    assert delivered_scales("bootstrap", 21, 19).scale == pytest.approx(0.05)
    assert delivered_scales("SDR", 80, 79).scale == pytest.approx(0.05)
    assert delivered_scales("bootstrap", 21, 19, scale=0.2).scale == 0.2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kind": "JK2"}, "unknown kind of replicates 'JK2'"),
        ({"kind": "Fay"}, "rho belongs to kind Fay"),
        ({"kind": "Fay", "rho": 1}, "rho belongs to kind Fay"),
        ({"kind": "BRR", "rho": 0.3}, "rho belongs to kind Fay"),
        ({"kind": "JKn"}, "kind JKn needs rscales"),
        ({"kind": "JKn", "rscales": [1]}, "rscales a number from 0"),
        ({"kind": "BRR", "rscales": [-1] * 9}, "rscales a number from 0"),
        ({"kind": "BRR", "rscales": [np.nan] * 9}, "rscales a number from 0"),
        ({"kind": "BRR", "scale": 0}, "scale must be above 0"),
        ({"kind": "BRR", "scale": np.nan}, "scale must be above 0"),
        ({"kind": "BRR", "replicates": 1}, "two columns at least"),
    ],
)
def test_impossible_declarations_are_refused(given, message):
    with pytest.raises(ValueError, match=message):
        delivered_scales(**({"replicates": 9, "df": 8} | given))


def test_the_centre_is_the_mean_or_the_estimate():
    t = np.array([[1.0], [2.0], [6.0]])
    assert replicate_covariance(t, [2.0], delivered_scales("BRR", 3, 2)) == pytest.approx(np.array([[14 / 3]]))
    assert replicate_covariance(t, [2.0], delivered_scales("BRR", 3, 2, mse=True)) == pytest.approx(
        np.array([[17 / 3]])
    )


def test_replicates_that_count_nothing_do_not_move_the_centre():
    """R svrVar: the mean of replicates whose rscale is above 0."""
    scales = delivered_scales("JKn", 3, 2, rscales=[1, 1, 0])
    assert replicate_covariance([[1.0], [3.0], [99.0]], [2.0], scales) == pytest.approx(np.array([[2.0]]))


def test_degrees_of_freedom_are_the_rank_less_one():
    rng = np.random.default_rng(3)
    w = rng.uniform(1, 2, (6, 50))
    assert replicate_df(w) == 5
    assert replicate_df(np.vstack([w, w[:2] + w[2:4], np.zeros(50)])) == 5
    assert replicate_df(np.ones((9, 50))) == 0
    assert replicate_df(np.zeros((9, 50))) == 0
    nearly = np.vstack([w, w[0] * (1 + 1e-9)])
    assert replicate_df(nearly) == 5
    stratum = np.repeat(np.arange(10), 4)
    for scheme in (jackknife(stratum), bootstrap(stratum, 200, 1), bootstrap(stratum, 12, 1)):
        assert replicate_df(scheme.factors * rng.uniform(1, 9, 40)) == scheme.df
    with pytest.raises(ValueError, match="without a missing one"):
        replicate_df([[1, np.nan]])


def sums(full, replicates):
    return np.array([[full], *[[value] for value in replicates]], float)


SIX = delivered_scales("bootstrap", 6, 5)
TEN = np.full((7, 1), 10.0)


def test_the_covariance_by_hand():
    yes_a, yes_b = sums(4, [3, 5, 4, 4, 3, 5]), sums(2, [2, 2, 1, 3, 3, 1])
    got = replicated_shares(yes_a, TEN, yes_b, TEN, SIX)
    assert (*got.p_a, *got.p_b) == (0.4, 0.2)
    assert got.covariance[0] == pytest.approx(np.cov(yes_a[1:, 0] / 10, yes_b[1:, 0] / 10))


def test_a_replicate_without_yes_is_no_obstacle():
    got = replicated_shares(sums(1, [0, 1, 2, 1, 0, 2]), TEN, sums(4, [4, 5, 3, 4, 4, 4]), TEN, SIX)
    assert np.isfinite(got.covariance).all()


def test_replicates_that_do_not_differ_tell_no_error():
    """All say yes, or none does, with weights that rounding moves: that variance is unknown, the other is not."""
    base = 10 * (1 + 0.1 * np.random.default_rng(1).random((7, 1)))
    got = replicated_shares(base / 3, base, base / 7, base, SIX)
    assert np.isfinite([*got.p_a, *got.p_b]).all()
    assert np.isnan(got.covariance).all()
    for yes in (base, base * 0):
        one_differs = replicated_shares(yes, base, sums(4, [4, 5, 3, 4, 4, 4]), TEN, SIX)
        assert np.isnan(one_differs.covariance[0, 0, 0])
        assert one_differs.covariance[0, 1, 1] == pytest.approx(np.var([4, 5, 3, 4, 4, 4], ddof=1) / 100)


def test_a_replicate_without_base_is_left_out_of_a_bootstrap_and_undoes_a_jackknife():
    yes, base = sums(4, [3, 5, 4, 4, 3, 0]), sums(10, [10, 10, 10, 10, 10, 0])
    other = sums(2, [2, 2, 1, 3, 3, 1])
    got = replicated_shares(yes, base, other, TEN, SIX)
    assert got.covariance[0] * 25 / 24 == pytest.approx(np.cov(yes[1:6, 0] / 10, other[1:6, 0] / 10))
    lost = replicated_shares(yes, base, other, TEN, delivered_scales("JK1", 6, 5))
    assert np.isnan(lost.covariance).all()
    assert np.isfinite([*lost.p_a, *lost.p_b]).all()


def test_a_group_without_base_and_no_respondents_at_all():
    nothing = np.zeros((7, 1))
    got = replicated_shares(nothing, nothing, sums(4, [4, 5, 3, 4, 4, 4]), TEN, SIX)
    assert np.isnan([*got.p_a, *got.covariance[:, 0, 0]]).all()
    empty = replicated_shares(*[np.zeros((7, 0))] * 4, SIX)
    assert (empty.p_a.shape, empty.covariance.shape) == ((0,), (0, 2, 2))


def test_one_unit_in_all_has_no_error():
    for scheme in (jackknife([0]), bootstrap([0], 6, 1), jackknife([0, 1])):
        totals = np.ones((scheme.factors.shape[1], 1))
        got = replicated_shares(*[with_full(scheme.factors) @ (c * totals) for c in (1, 3, 2, 4)], scheme)
        assert (*got.p_a, *got.p_b) == pytest.approx((1 / 3, 1 / 2))
        assert np.isnan(got.covariance).all()


def test_shapes_that_do_not_fit_are_refused():
    for wrong in ([TEN, TEN, TEN, TEN[:6]], [TEN[:6]] * 4, [TEN.ravel()] * 4, [TEN, TEN, TEN, np.ones((7, 2))]):
        with pytest.raises(ValueError, match="all of one shape"):
            replicated_shares(*wrong, SIX)
    with pytest.raises(ValueError, match="one for each of rscales"):
        replicate_covariance(np.ones((5, 2)), np.ones(2), SIX)


def test_a_bootstrap_of_log_ratios_tends_to_the_linearised_error():
    """50 strata of 20 units: 2,000 replicates, so the standard error is known to 5%."""
    rng = np.random.default_rng(6)
    stratum = np.repeat(np.arange(50), 20)
    base_a, base_b = rng.uniform(5, 20, (1000, 4)), rng.uniform(5, 20, (1000, 4))
    yes_a, yes_b = base_a * rng.uniform(0, 0.9, (1000, 4)), base_b * rng.uniform(0, 0.5, (1000, 4))
    scheme = bootstrap(stratum, 2000, seed=1)
    rows = with_full(scheme.factors)
    got = replicated_shares(rows @ yes_a, rows @ base_a, rows @ yes_b, rows @ base_b, scheme)
    z = yes_a / yes_a.sum(0) - base_a / base_a.sum(0) - yes_b / yes_b.sum(0) + base_b / base_b.sum(0)
    assert log_error(got) == pytest.approx(np.sqrt(unit_variance(sampling(stratum), z)), rel=0.05)


def test_all_say_yes_though_sums_were_added_up_in_another_order():
    base = sums(10, [9, 10, 11, 12, 9, 8])
    got = replicated_shares(base * (1 + 2e-16), base, sums(4, [4, 5, 3, 4, 4, 4]), TEN, SIX)
    assert got.p_a.tolist() == [1.0]
    assert np.isfinite(got.covariance[0, 1, 1])
