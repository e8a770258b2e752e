"""Mantel-Haenszel, against Greenland's example, brute force, and the design's own variance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from pipeline.estimation.stratified import mantel_haenszel, weighted_mantel_haenszel
from pipeline.estimation.variance import sampling
from tests.estimation.linear import log_ratio

REFERENCES = Path(__file__).parents[1] / "references"
NEWMAN = yaml.safe_load((REFERENCES / "other.yaml").read_text())["mantel_haenszel"]["newman_breast_cancer"]
Z = 1.959963984540054


def columns(a, b):
    """Counts (S, 1) from [yes, n] of each stratum."""
    a, b = np.array(a, float), np.array(b, float)
    return a[:, :1], a[:, 1:], b[:, :1], b[:, 1:]


def respondents(a, b):
    rows = [(g, s, i < x) for g, t in ((True, a), (False, b)) for s, (x, n) in enumerate(t) for i in range(n)]
    in_a, stratum, yes = (np.array(column) for column in zip(*rows, strict=True))
    return yes.astype(float)[:, None], in_a, stratum


def weighted(yes, in_a, stratum, weights=None, psu=None, design=None, **more):
    n = len(yes)
    weights = np.ones(n) if weights is None else weights
    psu = np.arange(n) if psu is None else psu
    design = sampling(np.zeros(n)) if design is None else design
    return weighted_mantel_haenszel(yes, in_a, ~in_a, stratum, weights, psu, design, **more)


# -- independent respondents


def test_newman_equals_the_reference():
    got = mantel_haenszel(*columns(NEWMAN["low"], NEWMAN["high"]))
    assert got.ratio == pytest.approx([NEWMAN["rr"]], rel=1e-8)
    assert (got.low[0], got.high[0]) == pytest.approx(NEWMAN["ci"], rel=1e-8)
    assert got.q == pytest.approx([NEWMAN["q"]], rel=1e-8)
    assert got.q_df == [2]
    assert got.q_p == pytest.approx([np.exp(-NEWMAN["q"] / 2)], rel=1e-8)  # chi-squared with 2 df
    assert got.crude == pytest.approx([NEWMAN["crude"]], rel=1e-8)
    assert (got.used[0], got.left_out[0], got.reversed[0], got.reason[0]) == (3, 0, False, "")


def test_strata_without_information_are_left_out_of_all_but_the_crude_ratio():
    """One has nobody of b, one nobody of a, one nobody who says yes, one nobody at all."""
    low, high = NEWMAN["low"], NEWMAN["high"]
    got = mantel_haenszel(*columns([*low, [5, 9], [0, 0], [0, 8], [0, 0]], [*high, [0, 0], [3, 7], [0, 6], [0, 0]]))
    assert got.ratio == pytest.approx([NEWMAN["rr"]], rel=1e-8)
    assert (got.low[0], got.high[0]) == pytest.approx(NEWMAN["ci"], rel=1e-8)
    assert (got.q[0], got.q_df[0]) == pytest.approx((NEWMAN["q"], 2), rel=1e-8)
    assert (got.used[0], got.left_out[0]) == (3, 4)
    assert got.crude == pytest.approx([(28 / 65) / (34 / 157)])


def test_one_stratum_is_the_crude_ratio_with_its_own_error():
    got = mantel_haenszel([[30]], [[60]], [[20]], [[80]])
    assert (got.ratio[0], got.crude[0]) == pytest.approx((2.0, 2.0))
    assert got.se_log_ratio == pytest.approx([np.sqrt(1 / 30 - 1 / 60 + 1 / 20 - 1 / 80)], rel=1e-12)
    assert np.isnan([*got.q, *got.q_df, *got.q_p]).all()


def test_strata_of_one_ratio_have_no_heterogeneity_and_q_is_by_hand_elsewhere():
    alike = mantel_haenszel(*columns([[20, 40], [8, 80]], [[10, 40], [6, 120]]))
    assert (alike.ratio[0], alike.q[0], alike.q_p[0]) == pytest.approx((2.0, 0.0, 1.0), abs=1e-12)
    apart = mantel_haenszel(*columns([[20, 40], [0, 30]], [[10, 40], [6, 30]]))
    ratio = 20 * 40 / 80 / (10 * 40 / 80 + 6 * 30 / 60)
    q = np.log(2 / ratio) ** 2 / (1 / 20 - 1 / 40 + 1 / 10 - 1 / 40)
    q += np.log(0.5 / 6.5 / ratio) ** 2 / (1 / 0.5 - 1 / 30.5 + 1 / 6.5 - 1 / 30.5)
    assert (apart.q[0], apart.q_df[0]) == pytest.approx((q, 1), rel=1e-12)
    assert apart.q_p == pytest.approx(stats.chi2.sf(q, 1), rel=1e-10)


def test_simpson():
    """Kidney stones (Charig et al. 1986): open surgery does better for small and large stones, worse overall."""
    got = mantel_haenszel(*columns([[81, 87], [192, 263]], [[234, 270], [55, 80]]))
    assert got.crude == pytest.approx([(273 / 350) / (289 / 350)])
    assert got.crude[0] < 1 < got.ratio[0]
    assert got.reversed.tolist() == [True]
    assert got.both_clear.tolist() == [False]
    many = mantel_haenszel(*(20 * v for v in columns([[81, 87], [192, 263]], [[234, 270], [55, 80]])))
    assert (many.reversed[0], many.both_clear[0]) == (True, True)
    equal = mantel_haenszel(*columns([[10, 20], [5, 10]], [[10, 20], [5, 10]]))
    assert not equal.reversed[0]


@pytest.mark.parametrize(
    ("a", "b", "ratio", "reason"),
    [
        ([], [], np.nan, "no stratum has both"),
        ([[0, 9]], [[0, 9]], np.nan, "no stratum has both"),
        ([[5, 9]], [[0, 0]], np.nan, "no stratum has both"),
        ([[5, 9]], [[0, 9]], np.inf, "only one group says yes"),
        ([[0, 9]], [[5, 9]], 0.0, "only one group says yes"),
        ([[9, 9]], [[5, 5]], 1.0, "everybody in both groups says yes"),
        ([[1, 1]], [[1, 1]], 1.0, "everybody in both groups says yes"),
        ([[1, 1]], [[40, 80]], 2.0, "everybody in group a says yes"),
        ([[30, 60]], [[9, 9]], 0.5, "everybody in group b says yes"),
    ],
)
def test_what_has_no_interval_says_why(a, b, ratio, reason):
    counts = columns(a, b) if a else [np.zeros((0, 1))] * 4
    for got in (mantel_haenszel(*counts), *([weighted(*respondents(a, b))] if a else [])):
        assert got.ratio == pytest.approx([ratio], nan_ok=True)
        assert np.isnan([*got.low, *got.high, *got.se_log_ratio, *got.q, *got.q_p, *got.df]).all()
        assert reason in got.reason[0]
        assert not got.reversed[0]


def test_a_stratum_where_all_say_yes_counts_for_the_ratio_and_not_for_the_test():
    got = mantel_haenszel(*columns([*NEWMAN["low"], [4, 4]], [*NEWMAN["high"], [6, 6]]))
    assert got.q_df == [2]
    assert got.used == [4]
    assert "1 strata where all say yes" in got.reason[0]
    assert np.isfinite([*got.low, *got.high]).all()


@settings(deadline=None)
@given(st.integers(0, 10**6))
def test_all_findings_at_once_and_swapped(seed):
    rng = np.random.default_rng(seed)
    n_a, n_b = (rng.choice([0, 1, 5, 40], (4, 6)) for _ in range(2))
    x_a, x_b = rng.binomial(n_a, 0.4), rng.binomial(n_b, 0.3)
    together = mantel_haenszel(x_a, n_a, x_b, n_b)
    swapped = mantel_haenszel(x_b, n_b, x_a, n_a)
    with np.errstate(divide="ignore"):
        assert swapped.ratio == pytest.approx(1 / together.ratio, nan_ok=True)
        assert swapped.low == pytest.approx(1 / together.high, nan_ok=True)
    assert swapped.q == pytest.approx(together.q, nan_ok=True)
    assert list(swapped.reversed) == list(together.reversed)
    for k in range(6):
        alone = mantel_haenszel(*(v[:, [k]] for v in (x_a, n_a, x_b, n_b)))
        for name in ("ratio", "low", "q", "q_df", "used", "crude"):
            assert getattr(alone, name) == pytest.approx(getattr(together, name)[[k]], nan_ok=True)
    assert np.all((together.reason != "") | np.isfinite(together.low))


def test_counts_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="exceed"):
        mantel_haenszel([[5]], [[4]], [[1]], [[4]])
    with pytest.raises(ValueError, match="strata by indicators"):
        mantel_haenszel([5], [8], [1], [4])


# -- weights and designs


def test_equal_weights_give_the_same_ratio_and_nearly_the_same_error():
    """Both variances are consistent where strata are large; 20 times Newman's counts leave 1 in 25 between them."""
    low, high = (20 * np.array(NEWMAN[name]) for name in ("low", "high"))
    got, simple = weighted(*respondents(low, high)), mantel_haenszel(*columns(low, high))
    assert got.ratio == pytest.approx([NEWMAN["rr"]], rel=1e-8)
    assert got.crude == pytest.approx([NEWMAN["crude"]], rel=1e-8)
    assert got.se_log_ratio == pytest.approx(simple.se_log_ratio, rel=0.04)
    assert got.df == [len(respondents(low, high)[0]) - 1]


def sample(seed: int, size: int = 400):
    rng = np.random.default_rng(seed)
    stratum, psu = rng.integers(0, 3, size), np.arange(size) // 8
    in_a = rng.random(size) < 0.3 + 0.15 * stratum
    yes = (rng.random((size, 2)) < (0.2 + 0.1 * in_a + 0.1 * stratum)[:, None]).astype(float)
    yes[rng.random((size, 2)) < 0.1] = np.nan
    return yes, in_a, stratum, rng.uniform(0.3, 3, size), psu


def pooled_by_hand(y, a, s, w):
    """Log of the weighted pooled ratio, by its definition."""
    top = bottom = 0.0
    for h in np.unique(s):
        n_a, n_b = w[(s == h) & a].sum(), w[(s == h) & ~a].sum()
        top += (w * y)[(s == h) & a].sum() * n_b / (n_a + n_b)
        bottom += (w * y)[(s == h) & ~a].sum() * n_a / (n_a + n_b)
    return np.log(top / bottom)


def test_the_influence_is_the_derivative_by_each_respondents_weight():
    """Numerical derivatives times weights, summed to units."""
    yes, in_a, stratum, w, psu = sample(1)
    design = sampling(np.arange(50) % 2)
    got = weighted(yes, in_a, stratum, w, psu, design)
    for k in range(2):
        base = ~np.isnan(yes[:, k])
        y, a, s, v = yes[base, k], in_a[base], stratum[base], w[base]
        assert np.log(got.ratio[k]) == pytest.approx(pooled_by_hand(y, a, s, v), rel=1e-10)
        totals = np.zeros(50)
        for i in range(len(v)):
            step = 1e-5 * np.eye(1, len(v), i)[0] * v[i]
            slope = (pooled_by_hand(y, a, s, v + step) - pooled_by_hand(y, a, s, v - step)) / 2e-5
            totals[psu[base][i]] += slope
        variance = sum(25 * np.var(totals[h::2], ddof=1) for h in (0, 1))
        assert got.se_log_ratio[k] == pytest.approx(np.sqrt(variance), rel=1e-6)
    assert (got.df == 48).all()
    half = 2.0106347576 * got.se_log_ratio  # t table, 48 df
    assert np.log(got.high) - np.log(got.ratio) == pytest.approx(half, rel=1e-8)


def test_the_crude_ratio_is_the_linearised_one():
    yes, in_a, stratum, w, _ = sample(2)
    got = weighted(yes, in_a, np.zeros_like(stratum), w)
    base, y, v = ~np.isnan(yes), np.nan_to_num(yes), w[:, None]
    crude = log_ratio(np.zeros(len(w)), np.ones(len(w)), v * base, v * y, v**2 * base, v**2 * y, in_a, ~in_a)
    assert got.se_log_ratio == pytest.approx(crude.se, rel=1e-9)
    assert np.log(got.crude) == pytest.approx(crude.estimate, rel=1e-9)
    assert got.crude_low == pytest.approx(got.low, rel=1e-12)


def test_two_strata_are_tested_as_the_difference_of_their_log_ratios():
    """Strata that are the design's too are independent: (d1 - d2)**2 / (V1 + V2), F with 1 and df degrees."""
    yes, in_a, stratum, w, _ = sample(3)
    stratum = stratum % 2
    base, y, v = ~np.isnan(yes), np.nan_to_num(yes), w[:, None]
    sums = [v * base, v * y, v**2 * base, v**2 * y]
    parts = [log_ratio(stratum, np.ones(len(w)), *sums, in_a & (stratum == h), ~in_a & (stratum == h)) for h in (0, 1)]
    q = (parts[0].estimate - parts[1].estimate) ** 2 / (parts[0].se ** 2 + parts[1].se ** 2)
    for design in (sampling(stratum), sampling(np.append(stratum, 2), lonely="remove")):
        got = weighted(yes, in_a, stratum, w, design=design)
        assert got.q == pytest.approx(q, rel=1e-9)
        assert (got.q_df == 1).all()
        assert got.q_p == pytest.approx(stats.f.sf(q, 1, design.df), rel=1e-9)


def test_weights_scale_and_unknown_strata_are_out():
    yes, in_a, stratum, w, psu = sample(4)
    design = sampling(np.zeros(50))
    got = weighted(yes, in_a, stratum, w, psu, design)
    scaled = weighted(yes, in_a, stratum, w * 1e-9, psu, design)
    assert scaled.se_log_ratio == pytest.approx(got.se_log_ratio, rel=1e-9)
    assert scaled.q == pytest.approx(got.q, rel=1e-7)
    unknown = weighted(yes, in_a, np.where(stratum == 2, -1, stratum), w, psu, design)
    nothing = weighted(np.where(stratum[:, None] == 2, np.nan, yes), in_a, stratum, w, psu, design)
    assert unknown.se_log_ratio == pytest.approx(nothing.se_log_ratio, rel=1e-12)
    assert (nothing.left_out == 1).all()


def test_designs_that_do_not_tell_the_error():
    yes, in_a, stratum, w, _ = sample(5)
    for lonely in ("fail", "remove"):
        got = weighted(yes, in_a, stratum, w, np.zeros(400, int), sampling([0], lonely=lonely))
        assert np.isfinite(got.ratio).all()
        assert np.isnan([got.low, got.high, got.crude_low, got.q, got.q_p]).all()
        assert (got.reason == "no interval: no standard error").all()
    with pytest.raises(ValueError, match="share"):
        weighted_mantel_haenszel(yes, in_a, in_a, stratum, w, np.arange(400), sampling(np.zeros(400)))


def test_equal_shares_in_every_stratum_are_no_reversal_whatever_the_weights():
    """9 of 10 against 81 of 90, 27 of 90 against 3 of 10: each stratum has ratio 1, up to the rounding of sums."""
    yes, in_a, stratum = respondents([[9, 10], [27, 90]], [[81, 90], [3, 10]])
    got = weighted(yes, in_a, stratum, np.where(stratum == 0, 1.0, 1.3) / 3)
    assert got.ratio == pytest.approx([1.0], rel=1e-12)
    assert got.crude[0] < 0.5
    assert not got.reversed[0]


def test_why_there_is_no_test_of_homogeneity():
    counts = [[5, 10], [0, 10]], [[4, 10], [0, 10]]
    both = mantel_haenszel(*columns(*counts)), weighted(*respondents(*counts))
    assert {got.reason[0] for got in both} == {"no test of homogeneity: fewer than two strata"}
    three = [[5, 10], [6, 10], [4, 10]], [[4, 10], [3, 10], [7, 10]]
    yes, in_a, stratum = respondents(*three)
    got = weighted(yes, in_a, stratum, psu=np.arange(len(yes)) % 2, design=sampling(np.zeros(2)))
    assert np.isnan(got.q_p[0])
    assert got.reason[0] == "no test of homogeneity: too few sampling units"
