"""Verdicts by the rules that stand in docs/claims.md, each line of the table once; and what they may never do."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.claims.verdicts import VERDICTS, Estimate, direction, p_value, verdict
from pipeline.study.claims import Claim, Margins

MARGINS = Margins()


def claim(statistic: str = "ratio", **said: object) -> Claim:
    groups = {"comparison": "m"} if statistic in ("ratio", "difference") else {}
    return Claim.model_validate({"id": "c", "says": "x", "indicator": "i", "statistic": statistic, **groups, **said})


def estimate(value: float, low: float, high: float, part: float = 0.84) -> Estimate:
    return Estimate(value, low, high, value - part * (value - low), value + part * (high - value))


@pytest.mark.parametrize(("said", "found", "expected"), [
    ({"more_than": 2}, (2.4, 2.1, 2.7), "supported"),
    ({"more_than": 2}, (2.2, 1.9, 2.5), "consistent"),
    ({"more_than": 2}, (1.9, 1.7, 2.1), "not supported"),
    ({"more_than": 2}, (1.5, 1.3, 1.8), "contradicted"),
    ({"more_than": 2}, (2.0, 1.8, 2.2), "not supported"),
    ({"at_least": 2}, (2.0, 1.8, 2.2), "consistent"),
    ({"less_than": 2}, (1.5, 1.3, 1.8), "supported"),
    ({"less_than": 2}, (1.9, 1.7, 2.1), "consistent"),
    ({"less_than": 2}, (2.1, 1.9, 2.3), "not supported"),
    ({"less_than": 2}, (2.4, 2.1, 2.7), "contradicted"),
    ({"about": 2}, (2.0, 1.9, 2.1), "supported"),
    ({"about": 2}, (2.0, 1.5, 2.6), "consistent"),
    ({"about": 2}, (2.6, 2.3, 3.0), "not supported"),
    ({"about": 2}, (3.5, 3.0, 4.0), "contradicted"),
    ({"equal": 2}, (2.39, 2.36, 2.42), "consistent"),
    ({"about": 2, "margin": 1.5}, (2.6, 2.3, 3.0), "supported"),
    ({"nearly": 2}, (1.9, 1.85, 1.95), "supported"),
    ({"nearly": 2}, (1.95, 1.85, 2.05), "consistent"),
    ({"nearly": 2}, (2.05, 1.95, 2.15), "not supported"),
    ({"nearly": 2}, (2.1, 2.05, 2.15), "contradicted"),
    ({"about": 2, "more_than": 2}, (2.1, 1.95, 2.2), "consistent"),
])  # fmt: skip
def test_ratios(said: dict[str, object], found: tuple[float, float, float], expected: str):
    assert verdict(claim(**said), estimate(*found), MARGINS) == expected


def test_about_is_judged_by_the_90_percent_interval():
    """1.66 lies outside 2 / 1.2 = 1.667, the 90% limit does not."""
    assert verdict(claim(about=2), Estimate(2.0, 1.66, 2.4, 1.70, 2.3), MARGINS) == "supported"
    assert verdict(claim(about=2), Estimate(2.0, 1.62, 2.4, 1.66, 2.3), MARGINS) == "consistent"


def test_margins_of_shares_are_points():
    of = claim("share", about="50%")
    assert verdict(of, Estimate(0.52, 0.50, 0.54, 0.503, 0.537), MARGINS) == "supported"
    assert verdict(of, Estimate(0.56, 0.54, 0.58, 0.543, 0.577), MARGINS) == "not supported"
    assert verdict(of, Estimate(0.60, 0.58, 0.62, 0.583, 0.617), MARGINS) == "contradicted"
    assert verdict(of, Estimate(0.60, 0.58, 0.62, 0.583, 0.617), Margins(share=0.15)) == "supported"


def test_a_count_is_what_it_is():
    of = claim("count", equal=2162)
    assert verdict(of, Estimate(*[2162.0] * 5), MARGINS) == "supported"
    assert verdict(of, Estimate(*[2160.0] * 5), MARGINS) == "contradicted"


def test_an_endless_ratio_supports_more_than_and_no_less_than():
    endless = Estimate(math.inf, 3.0, math.inf, 3.5, math.inf)
    assert verdict(claim(more_than=2), endless, MARGINS) == "supported"
    assert verdict(claim(less_than=2), endless, MARGINS) == "contradicted"


@pytest.mark.parametrize(("said", "found", "expected"), [
    ({"more_than": 2}, (1.5, 1.3, 1.8), "same"),
    ({"more_than": 2}, (1.1, 0.9, 1.3), "unclear"),
    ({"more_than": 2}, (0.5, 0.4, 0.7), "opposite"),
    ({"equal": 0.5}, (0.5, 0.4, 0.7), "same"),
    ({"less_than": 1}, (1.5, 1.3, 1.8), "opposite"),
    ({"less_than": 2}, (1.5, 1.3, 1.8), ""),
])  # fmt: skip
def test_direction(said: dict[str, object], found: tuple[float, float, float], expected: str):
    assert direction(claim(**said), estimate(*found)) == expected


LIMITS = st.tuples(*[st.floats(0.05, 20)] * 3).map(sorted)


@given(LIMITS, st.floats(0.1, 10))
def test_more_than_and_less_than_mirror_each_other(found: list[float], limit: float):
    low, value, high = found
    above = verdict(claim(more_than=limit), estimate(value, low, high), MARGINS)
    below = verdict(claim(less_than=1 / limit), estimate(1 / value, 1 / high, 1 / low), MARGINS)
    if not any(math.isclose(limit, end) for end in found):
        assert above == below


@given(LIMITS, st.floats(0.1, 10), st.floats(0.1, 10))
def test_claiming_more_is_never_better_supported(found: list[float], first: float, second: float):
    low, value, high = found
    less, more = (
        verdict(claim(more_than=limit), estimate(value, low, high), MARGINS) for limit in sorted((first, second))
    )
    assert VERDICTS.index(less) <= VERDICTS.index(more)


@given(LIMITS, st.floats(0.1, 10))
def test_nothing_is_both_supported_above_and_below(found: list[float], limit: float):
    low, value, high = found
    of = [verdict(claim(**{name: limit}), estimate(value, low, high), MARGINS) for name in ("more_than", "less_than")]
    assert of.count("supported") <= 1
    assert not set(of) <= {"supported", "consistent"}


def test_the_p_value_of_a_limit_at_the_interval_is_two_and_a_half_percent():
    of = estimate(2.0, 1.5, 8 / 3)  # symmetric on the logarithm
    assert p_value(claim(more_than=1.5), of, MARGINS) == pytest.approx(0.025)
    assert p_value(claim(less_than=8 / 3), of, MARGINS) == pytest.approx(0.025)
    assert p_value(claim(more_than=2.0), of, MARGINS) == pytest.approx(0.5)


@pytest.mark.parametrize("said", [{"more_than": 0.1}, {"less_than": 5}, {"about": 1}, {"nearly": 1.1}, {"equal": 9}])
@pytest.mark.parametrize("value", [1.0, math.inf])
def test_without_an_interval_nothing_can_be_checked(said: dict[str, object], value: float):
    unknown = Estimate(value, *[math.nan] * 4)
    assert verdict(claim(**said), unknown, MARGINS) == "not checkable"
    assert math.isnan(p_value(claim(**said), unknown, MARGINS))
