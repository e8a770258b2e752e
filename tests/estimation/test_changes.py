"""Changes between waves, against published examples, scipy and hand calculation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from pipeline.estimation.changes import ShareOf, mean_change, ratio_change, share_change


def share_of(x: int, n: int) -> ShareOf:
    yes, base = np.array([float(x)]), np.array([float(n)])
    return ShareOf(yes, base, yes / base, base, np.array([np.inf]), np.array([True]))


def paired(yes_yes: int, yes_no: int, no_yes: int, no_no: int) -> tuple[ShareOf, ShareOf, float]:
    """Two shares of the same respondents with their covariance."""
    n = yes_yes + yes_no + no_yes + no_no
    first, second = share_of(yes_yes + yes_no, n), share_of(yes_yes + no_yes, n)
    return first, second, (yes_yes / n - first.p[0] * second.p[0]) / n


def test_independent_shares_have_newcombes_interval():
    """Newcombe (1998), table II, row a: 56/70 - 48/80, method 10: 0.0524 to 0.3339."""
    found = share_change(share_of(48, 80), share_of(56, 70), np.zeros(1))
    assert (found.change[0], found.low[0], found.high[0]) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)


def test_independent_shares_have_the_chi_squared_test():
    """Pearson's chi-squared with N - 1 for N."""
    found = share_change(share_of(48, 80), share_of(56, 70), np.zeros(1))
    chi = stats.chi2_contingency([[48, 32], [56, 14]], correction=False).statistic * 149 / 150
    assert found.p[0] == pytest.approx(stats.chi2.sf(chi, 1), rel=1e-9)


def test_the_same_respondents_have_the_variance_of_a_paired_difference():
    """Var = (b + c - (b - c)^2 / n) / n^2, as in McNemar's setting; so with more agreement the interval is narrower."""
    before, after, covariance = paired(40, 5, 15, 40)
    found = share_change(before, after, np.array([covariance]))
    n, b, c = 100, 5, 15
    assert found.se[0] == pytest.approx(np.sqrt((b + c - (b - c) ** 2 / n) / n**2), rel=1e-12)
    alone = share_change(before, after, np.zeros(1))
    assert found.high[0] - found.low[0] < alone.high[0] - alone.low[0]
    assert found.p[0] < alone.p[0]


def test_p_is_under_a_twentieth_where_the_interval_excludes_0():
    rng = np.random.default_rng(1)
    for _ in range(200):
        table = rng.multinomial(60, rng.dirichlet([3, 1, 2, 3]))
        before, after, covariance = paired(*(int(v) for v in table))
        found = share_change(before, after, np.array([covariance]))
        if not np.isnan(found.p[0]):
            assert (found.p[0] < 0.05) == (not found.low[0] <= 0 <= found.high[0])


def test_p_and_interval_agree_under_weights_and_design():
    """At effective bases and few degrees of freedom, with shares from 0 to 1 and with a covariance."""
    rng = np.random.default_rng(3)
    n = rng.integers(10, 300, (2, 500)).astype(float)
    n_eff, df = n * rng.uniform(0.2, 1.2, n.shape), rng.integers(1, 30, n.shape).astype(float)
    p = rng.choice([0.0, 0.02, 0.3, 0.5, 0.62, 0.97, 1.0], n.shape)
    before, after = (ShareOf(p[i] * n[i], n[i], p[i], n_eff[i], df[i], np.zeros(500, bool)) for i in (0, 1))
    root = np.sqrt(p[0] * (1 - p[0]) / n_eff[0] * p[1] * (1 - p[1]) / n_eff[1])
    found = share_change(before, after, rng.choice([0.0, 0.5], 500) * root)
    clear = (found.low > 0) | (found.high < 0)
    assert 0 < clear.sum() < 500
    assert np.array_equal(clear, found.p < 0.05)


def test_means_have_welchs_interval():
    rng = np.random.default_rng(2)
    a, b = rng.normal(50, 10, 40), rng.normal(55, 20, 70)
    expected = stats.ttest_ind(b, a, equal_var=False)
    limits = expected.confidence_interval()
    parts = [np.array([v]) for s in (a, b) for v in (s.mean(), s.std(ddof=1) / np.sqrt(len(s)), len(s) - 1.0)]
    found = mean_change(*parts, np.zeros(1))
    assert (found.low[0], found.high[0], found.p[0]) == pytest.approx(
        (limits.low, limits.high, expected.pvalue), rel=1e-9
    )


def test_ratios_with_symmetric_limits_have_the_interval_of_their_logs():
    """Limits exp(log r -+ 1.96 se) on both sides: the change has exp(d -+ 1.96 hypot(se, se))."""
    r, se = np.array([2.0, 1.5]), np.array([0.1, 0.2])
    s, te = np.array([3.0, 1.2]), np.array([0.15, 0.1])
    z = stats.norm.ppf(0.975)
    covariance = np.array([0.0, 0.01])
    found = ratio_change(r, (r * np.exp(-z * se), r * np.exp(z * se)), se,
                         s, (s * np.exp(-z * te), s * np.exp(z * te)), te, covariance)  # fmt: skip
    whole = np.sqrt(se**2 + te**2 - 2 * covariance)
    assert found.change == pytest.approx(s / r)
    assert found.low == pytest.approx(s / r * np.exp(-z * whole))
    assert found.p == pytest.approx(2 * stats.norm.sf(abs(np.log(s / r)) / whole))


@pytest.mark.parametrize("ratio", [0.0, np.inf, np.nan])
def test_a_ratio_without_a_logarithm_has_no_change(ratio: float):
    one, none = np.array([1.2]), np.array([ratio])
    found = ratio_change(none, (none, none), one, one, (one, one), one, np.zeros(1))
    assert np.isnan([found.change, found.low, found.high, found.p]).all()
