from time import perf_counter

import numpy as np
import pytest

from pipeline.estimation.shares import korn_graubard
from pipeline.estimation.status import ORDER, share_status, worse_of
from pipeline.study.analysis import Display

NCHS, BASE = Display(), Display(rule="base")


def one(p, n, n_eff, low, high, df, display=NCHS):
    status, reason = share_status([p], [n], [n_eff], [low], [high], [df], display)
    return status[0], reason[0]


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        ((0.5, 400, 400, 0.45, 0.55, 99), ("show", "")),
        ((0.5, 29, 29, 0.45, 0.55, 99), ("suppress", "base 29 under 30")),
        ((0.5, 400, 29.97, 0.45, 0.55, 99), ("suppress", "effective base 29.9 under 30")),
        ((0.5, 400, 30, 0.45, 0.55, 99), ("show", "")),
        ((0.5, 400, 100, 0.32, 0.68, 99), ("suppress", "interval .36 wide")),
        ((0.5, 400, 100, 0.25, 0.55, 99), ("suppress", "interval .30 wide")),
        ((0.1, 400, 100, 0.05, 0.19, 99), ("suppress", "interval 140% of the share")),
        ((0.1, 400, 100, 0.05, 0.18, 99), ("show", "")),
        ((0.01, 400, 100, 0.002, 0.051, 99), ("show", "")),
        ((0.01, 400, 100, 0.002, 0.053, 99), ("suppress", "interval 510% of the share")),
        ((0.9, 400, 100, 0.81, 0.95, 99), ("footnote", "interval 140% of the complement")),
        ((0.99, 400, 100, 0.949, 0.998, 99), ("show", "")),
        ((0.0, 400, 400, 0.0, 0.01, 99), ("review", "share is 0%")),
        ((1.0, 400, 400, 0.93, 1.0, 99), ("review", "share is 100%")),
        ((1.0, 40, 40, 0.65, 1.0, 99), ("suppress", "interval .35 wide")),
        ((0.5, 400, 400, 0.45, 0.55, 7), ("review", "7 degrees of freedom")),
        ((0.5, 400, 400, 0.45, 0.55, 8), ("show", "")),
        ((0.5, 400, 400, 0.45, 0.55, 1), ("review", "1 degree of freedom")),
        ((0.5, 400, 400, 0.45, 0.55, np.nan), ("review", "degrees of freedom unknown")),
        ((0.9, 99, 99, 0.81, 0.95, 7), ("review", "7 degrees of freedom")),
        ((0.5, 99, 99, 0.4, 0.6, 98), ("footnote", "low base: 99 under 100")),
        (
            (0.5, 400, 400, np.nan, np.nan, 0),
            ("suppress", "no interval: no more sampling units than strata"),
        ),
        ((0.5, 400, np.nan, 0.45, 0.55, 9), ("suppress", "no interval: the design does not tell the error")),
        ((np.nan, 400, np.nan, np.nan, np.nan, 9), ("suppress", "base of weight 0: 400 without a weight")),
        ((np.nan, 0, np.nan, np.nan, np.nan, -1), ("suppress", "base 0 under 30")),
    ],
)
def test_the_rules_of_nchs(share, expected):
    """Parker et al. (2017), table 1, each condition on either side of its threshold."""
    assert one(*share) == expected


def test_the_rule_base_looks_at_nothing_else():
    assert one(0.0, 400, 3, np.nan, np.nan, 0, BASE) == ("show", "")
    assert one(0.5, 99, 3, 0.1, 0.9, 0, BASE) == ("footnote", "low base: 99 under 100")
    assert one(0.5, 29, 3, 0.1, 0.9, 0, BASE) == ("suppress", "base 29 under 30")
    assert one(0.5, 0, 3, 0.1, 0.9, 0, BASE) == ("suppress", "base 0 under 30")
    assert one(0.5, 30, 3, 0.1, 0.9, 0, BASE) == ("footnote", "low base: 30 under 100")
    assert one(0.5, 100, 3, 0.1, 0.9, 0, BASE) == ("show", "")
    assert one(np.nan, 100, np.nan, np.nan, np.nan, 9, BASE)[0] == "suppress"


def test_the_study_may_ask_for_larger_bases_and_nchs_for_30_at_least():
    assert one(0.5, 49, 49, 0.45, 0.55, 48, Display(suppress_below=50)) == ("suppress", "base 49 under 50")
    small = Display(suppress_below=2, footnote_below=3)
    assert one(0.5, 29, 29, 0.45, 0.55, 28, small) == ("suppress", "base 29 under 30")


def test_unweighted_shares_of_100_and_30_respondents():
    """10 of 100 has Clopper-Pearson limits .0490 and .1762: shown; 6 of 30 .0771 and .3857: too wide."""
    p, n = np.array([0.1, 0.2]), np.array([100, 30])
    status, reason = share_status(p, n, n, *korn_graubard(p, n, n, n - 1), n - 1, NCHS)
    assert status.tolist() == ["show", "suppress"]
    assert reason.tolist() == ["", "interval .31 wide"]


def test_any_shape_and_none():
    status, reason = share_status(0.5, [[400], [10]], 400, 0.45, 0.55, [9, 3, 9], NCHS)
    assert status.tolist() == [["show", "review", "show"], ["suppress"] * 3]
    assert reason.shape == (2, 3)
    assert [part.shape for part in share_status([], [], [], [], [], [], NCHS)] == [(0,), (0,)]


def test_a_ratio_takes_the_worse_of_its_shares():
    names = np.array(ORDER, object)
    first = np.repeat(names, 4), np.repeat([f"{name} of a" for name in ORDER], 4).astype(object)
    second = np.tile(names, 4), np.tile([f"{name} of b" for name in ORDER], 4).astype(object)
    status, reason = worse_of(first, second)
    for a, b, found, why in zip(first[0], second[0], status, reason, strict=True):
        by_rank = {"show": 0, "footnote": 1, "review": 2, "suppress": 3}
        assert found == (a if by_rank[a] >= by_rank[b] else b)
        assert why == (f"{a} of a; {b} of b" if a == b else f"{a} of a" if found == a else f"{b} of b")
    same = worse_of(first, first)
    assert same[1].tolist() == first[1].tolist()


def test_ten_thousand_findings_are_judged_quickly():
    generator = np.random.default_rng(5)
    n = generator.integers(1, 300, 10_000)
    p = generator.integers(0, n + 1) / n
    limits = korn_graubard(p, n, n, n - 1)
    start = perf_counter()
    status = share_status(p, n, n, *limits, n - 1, NCHS)
    worse_of(status, status)
    assert perf_counter() - start < 0.5  # 0.02 s here, but two cores are shared
    assert set(status[0]) == set(ORDER)
