"""Rounding intervals of printed figures, closed at both ends; expected by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.claims.printed import printed_figure, printed_parts
from pipeline.study.claims import Claim


@pytest.mark.parametrize(("text", "statistic", "low", "high"), [
    ("63%", "share", 0.625, 0.635),
    ("about 41 percent", "share", 0.405, 0.415),
    ("62.5%", "share", 0.6245, 0.6255),
    ("0.63", "share", 0.625, 0.635),
    ("63", "share", 0.625, 0.635),
    ("two thirds", "share", (2 / 3 + 0.6) / 2, (2 / 3 + 0.7) / 2),
    ("half", "share", 0.45, 0.55),
    ("one in five", "share", (0.2 + 0.1) / 2, (0.2 + 0.25) / 2),
    ("3 out of 4", "share", (0.75 + 0.7) / 2, (0.75 + 0.8) / 2),
    ("twice", "ratio", 1.95, 2.05),
    ("five times", "ratio", 4.95, 5.05),
    ("2.1", "ratio", 2.05, 2.15),
    ("2", "ratio", 1.95, 2.05),
    ("31% more likely", "ratio", 1.305, 1.315),
    ("20% less likely", "ratio", 0.795, 0.805),
    ("a third less likely", "ratio", 1 - (1 / 3 + 0.4) / 2, 1 - (1 / 3 + 0.3) / 2),
    ("1/3 less likely", "ratio", 1 - (1 / 3 + 0.4) / 2, 1 - (1 / 3 + 0.3) / 2),
    ("a third as likely", "ratio", (1 / 3 + 0.3) / 2, (1 / 3 + 0.4) / 2),
    ("half again more likely", "ratio", 1.45, 1.55),
    ("three times more likely", "ratio", 2.95, 3.05),
    ("7 points", "difference", 0.065, 0.075),
    ("-7 percentage points", "change", -0.075, -0.065),
    ("2,162", "count", 2161.5, 2162.5),
    ("3.42", "mean", 3.415, 3.425),
])  # fmt: skip
def test_what_prints_so(text: str, statistic: str, low: float, high: float):
    figure = printed_figure(text, statistic)
    assert figure is not None
    assert (figure.low, figure.high) == pytest.approx((low, high))


def test_declared_digits_come_first():
    figure = printed_figure("5", "ratio", 0)
    assert figure is not None
    assert (figure.low, figure.high) == (4.5, 5.5)


@pytest.mark.parametrize("text", ["many", "most of them", ""])
def test_words_without_a_figure_print_none(text: str):
    assert printed_figure(text, "share") is None


@given(st.integers(0, 400), st.integers(1, 400))
def test_halves_print_both_ways(x: int, n: int):
    """62.5% prints 63% by halves up and 62% by halves to even: both intervals hold it, exactly counted."""
    exact = Fraction(100 * x, n)
    if exact > 100:
        return
    below = exact.numerator // exact.denominator
    for whole in (below, below + 1):
        figure = printed_figure(f"{whole}%", "share")
        assert figure is not None
        assert figure.covers(x / n) == (abs(exact - whole) <= Fraction(1, 2))


def test_parts_of_a_claim():
    claim = Claim.model_validate({
        "id": "c", "says": "x", "indicator": "i", "comparison": "m",
        "printed": {"p_a": "63%", "p_b": "37%", "ratio": "twice"},
    })  # fmt: skip
    parts = printed_parts(claim)
    assert {name: part.value for name, part in parts.items()} == {"p_a": 0.63, "p_b": 0.37, "value": 2.0}


def test_a_claim_of_a_value_prints_it_with_its_digits():
    claim = Claim.model_validate({"id": "c", "says": "x", "indicator": "i", "equal": "75%"})
    assert printed_parts(claim)["value"].covers(0.7549)
    assert not printed_parts(claim)["value"].covers(0.7551)
    limit = Claim.model_validate({"id": "c", "says": "x", "indicator": "i", "more_than": "75%"})
    assert printed_parts(limit) == {}
