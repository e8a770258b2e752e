"""Sentences as an editor reads them, and that none says more than its interval."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.estimation.ratios import miettinen_nurminen, risk_ratio
from pipeline.estimation.wording import Sentence, wording

MATURE = Sentence(
    a="mature organisations", b="other organisations", within="", does="use social for customer service",
    p_a=247 / 412, p_b=513 / 1750, n_a=412, n_b=1750, ratio=2.0451, low=1.8412, high=2.2614, level=0.95,
    model_based=False, suppressed="", low_base=False,
)  # fmt: skip


def said(**change) -> str:
    return wording(MATURE._replace(**change))


def test_a_difference_is_a_number_of_times_with_shares_interval_and_bases():
    assert said() == (
        "Mature organisations are 2.0 times as likely as other organisations to use social for customer service "
        "(60% against 29%, 95% CI 1.8 to 2.3, n = 412 and 1,750)."
    )


def test_the_level_of_a_segment_comes_first():
    assert said(within='industry "Technology"').startswith(
        'Among respondents with industry "Technology", mature organisations are 2.0 times as likely as other '
    )
    assert said(within="size", a="IT leaders").startswith("Among respondents with size, IT leaders are 2.0")


def test_no_clear_difference():
    assert said(low=0.91, high=4.6, p_a=0.33, p_b=0.162) == (
        "There is no clear difference between mature organisations and other organisations in how likely they are to "
        "use social for customer service (33% against 16%, 95% CI of the ratio 0.91 to 4.60, n = 412 and 1,750)."
    )


def test_a_ratio_below_one():
    assert "are 0.42 times as likely as" in said(ratio=0.42, low=0.302, high=0.58, p_a=0.21, p_b=0.5)
    assert "95% CI 0.30 to 0.58" in said(ratio=0.42, low=0.302, high=0.58, p_a=0.21, p_b=0.5)
    tiny = said(ratio=0.0042, low=0.00031, high=0.0301, p_a=0.002, p_b=0.47)
    assert "0.0042 times as likely" in tiny
    assert "CI 0.00031 to 0.030" in tiny
    assert "0.2% against 47.0%" in tiny


def test_an_infinite_ratio_has_no_number_and_no_upper_limit():
    assert said(ratio=math.inf, low=2.14, high=math.inf, p_a=0.1, p_b=0.0) == (
        "Mature organisations are more likely than other organisations, of whom none did, to use social for customer "
        "service (10% against 0%, 95% CI of the ratio 2.1 and above, n = 412 and 1,750)."
    )
    unclear = said(ratio=math.inf, low=0.3, high=math.inf, p_a=0.01, p_b=0.0)
    assert "no clear difference" in unclear
    assert "1% against 0%, 95% CI of the ratio 0.30 and above" in unclear


def test_a_ratio_of_zero_has_no_number_either():
    assert said(ratio=0.0, low=0.0, high=0.41, p_a=0.0, p_b=0.2) == (
        "Mature organisations, of whom none did, are less likely than other organisations to use social for customer "
        "service (0% against 20%, 95% CI of the ratio 0 to 0.41, n = 412 and 1,750)."
    )


def test_nothing_can_be_said():
    none = said(ratio=math.nan, low=0.0, high=math.inf, p_a=0.0, p_b=0.0)
    assert none.startswith("There is no ratio to compare mature organisations with other organisations")
    assert "nobody in either group did (0% against 0%, n = 412 and 1,750)" in none
    unbounded = said(ratio=1.0, low=math.nan, high=math.nan, p_a=1.0, p_b=1.0)
    assert "it has no interval (100% against 100%" in unbounded


def test_suppressed_and_empty_bases_show_no_share():
    few = said(suppressed="base 12 under 30", n_a=12)
    assert few == (
        "There are too few respondents to compare mature organisations with other organisations in how likely they "
        "are to use social for customer service (n = 12 and 1,750)."
    )
    empty = said(suppressed="base 12 under 30", n_b=0, p_b=math.nan, ratio=math.nan, low=math.nan, high=math.nan)
    assert empty.startswith("There are no respondents to compare")
    assert "%" not in few + empty


def test_marks():
    text = said(low_base=True, model_based=True, notes=("made of this", "synthetic data"))
    assert text.endswith("model-based 95% CI 1.8 to 2.3, n = 412 and 1,750, low base). [made of this] [synthetic data]")
    assert "99% CI" in said(level=0.99)
    assert "99.9% CI" in said(level=0.999)


def test_rounding_hides_no_distance():
    """A figure is never printed as another that it is not: limits as the ratio, shares as each other, 0.4% as 0%."""
    narrow = said(ratio=2.0049, low=1.9951, high=2.0148)
    assert "2.005 times" in narrow
    assert "1.995 to 2.015" in narrow
    assert "1.30 times" in said(ratio=1.3, low=1.0004, high=1.69)
    assert "CI 1.0004 to 1.69" in said(ratio=1.3, low=1.0004, high=1.69)
    assert "0.9996 to 1.70" in said(ratio=1.3, low=0.9996, high=1.7)
    assert "52.3% against 51.6%" in said(ratio=1.0136, low=1.0021, high=1.0252, p_a=0.523, p_b=0.516)
    assert "52% against 52%" in said(ratio=1.0136, low=0.9, high=1.1, p_a=0.523, p_b=0.516)
    assert "99.6% against 91.0%" in said(ratio=1.1, low=1.06, high=1.12, p_a=0.996, p_b=0.91)
    assert "0.4% against 0.2%" in said(p_a=0.004, p_b=0.002)
    assert "29% against 10%" in said(p_a=57 / 200, p_b=0.1)  # 28.5%, which floats hold as 28.499...


def test_large_ratios_have_whole_numbers():
    assert "are 12 times as likely" in said(ratio=12.3, low=5.04, high=31.7)
    assert "CI 5.0 to 32," in said(ratio=12.3, low=5.04, high=31.7)
    assert "9.97" not in said(ratio=9.97, low=5.0, high=31.7)
    assert "are 10 times" in said(ratio=9.97, low=5.0, high=31.7)
    assert "CI 110 to 480," in said(ratio=250.4, low=110.2, high=480.3)


def numbers(text: str) -> dict[str, float]:
    """The figures of a sentence, read as a reader does."""
    found = re.search(r"CI (?:of the ratio )?([0-9.]+) (?:to ([0-9.]+)|and above)", text)
    shares = re.search(r"\(([0-9.]+)% against ([0-9.]+)%", text)
    times = re.search(r"are ([0-9.]+) times as likely", text)
    assert found is not None
    assert shares is not None
    return {
        "low": float(found[1]), "high": float(found[2]) if found[2] else math.inf,
        "p_a": float(shares[1]), "p_b": float(shares[2]), "ratio": float(times[1]) if times else math.nan,
    }  # fmt: skip


@st.composite
def tables(draw):
    n_a, n_b = (draw(st.one_of(st.integers(1, 60), st.integers(1, 10**6))) for _ in range(2))
    return draw(st.integers(0, n_a)), n_a, draw(st.integers(0, n_b)), n_b


@settings(max_examples=400, deadline=None)
@given(tables(), st.booleans(), st.booleans())
@example((500_000, 10**6, 498_000, 10**6), False, False)
@example((10**6, 10**6, 10**6 - 40, 10**6), True, False)
@example((1, 10**6, 20, 10**6), True, True)
@example((20, 20, 20, 20), False, False)
def test_no_sentence_says_more_than_its_interval(table, model_based, low_base):
    x_a, n_a, x_b, n_b = table
    ratio = float(risk_ratio(*table))
    low, high = (float(limit[0]) for limit in miettinen_nurminen([x_a], [n_a], [x_b], [n_b]))
    text = said(
        p_a=x_a / n_a, p_b=x_b / n_b, n_a=n_a, n_b=n_b, ratio=ratio, low=low, high=high, model_based=model_based,
        low_base=low_base,
    )  # fmt: skip
    assert "margin of error" not in text
    assert "times more" not in text
    assert not re.search(r"[0-9.]+ times likelier|[0-9]x", text)
    assert ("model-based" in text) == (model_based and bool(x_a or x_b))
    assert f"n = {n_a:,} and {n_b:,}" in text
    assert ("low base" in text) == low_base
    if x_a == x_b == 0:
        assert "no ratio" in text
        return
    clear = not low <= 1 <= high
    assert ("no clear difference" in text) == (not clear)
    assert ("times as likely" in text or "likely than" in text) == clear
    shown = numbers(text)
    for name, value in (("low", low), ("high", high)):
        # On the side of 1 where it is, and never 1, 0 or without limit where it is not.
        assert (shown[name] > 1, shown[name] < 1) == (value > 1, value < 1), text
        assert (shown[name] == 0, shown[name] == math.inf) == (value == 0, value == math.inf), text
        assert shown[name] == pytest.approx(value, rel=0.06), text
    assert shown["low"] < shown["high"], text
    for name, share in (("p_a", x_a / n_a), ("p_b", x_b / n_b)):
        assert (shown[name] == 0, shown[name] == 100) == (share == 0, share == 1), text
        assert shown[name] == pytest.approx(100 * share, abs=0.5 + 1e-6), text
    if clear:
        assert (shown["p_a"] > shown["p_b"]) == (ratio > 1), text
        assert shown["p_a"] != shown["p_b"], text
    if "times as likely" in text:
        assert shown["low"] < shown["ratio"] < shown["high"], text
        assert shown["ratio"] == pytest.approx(ratio, rel=0.06), text
        assert (shown["ratio"] > 1) == (ratio > 1), text
