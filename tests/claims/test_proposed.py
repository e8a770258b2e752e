"""Proposed sentences about a finding: what may not be said is named, what may be said passes."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.claims.proposed import faults
from pipeline.study.claims import Margins

FINDING: dict[str, Any] = {
    "group_a": "mature organisations", "group_b": "all other organisations", "p_a": 0.6, "p_b": 0.25, "n_a": 412,
    "n_b": 1750, "ratio": 2.4, "ratio_low": 2.14, "ratio_high": 2.68, "status": "show", "status_reason": "",
}  # fmt: skip
CLOSE = FINDING | {"p_a": 0.31, "p_b": 0.30, "ratio": 1.03, "ratio_low": 0.9, "ratio_high": 1.2}


def kinds(sentence: str, finding: dict[str, Any] = FINDING, opt_in: bool = True) -> list[str]:
    return [fault.kind for fault in faults(sentence, finding, opt_in, Margins())]


@pytest.mark.parametrize("sentence", [
    "Mature organisations are more than twice as likely as all others to use social for service",
    "Mature organisations are 2.4 times as likely as others to use social for service (60% against 25%)",
    "Mature organisations are more likely than others to use social for service",
    "60% of mature organisations use social for service, against 25% of the rest",
    "The share of mature organisations is 35 percentage points above that of others",
])  # fmt: skip
def test_what_may_be_said(sentence: str):
    assert kinds(sentence) == []


@pytest.mark.parametrize(("sentence", "kind"), [
    ("Mature organisations are more than three times as likely as others to do it", "figure"),
    ("Mature organisations are twice as likely as others to do it", "rounding"),
    ("Mature organisations are 2.4 times more likely than others to do it", "wording"),
    ("Maturity makes them 2.4 times as likely as others: mature organisations do it because of it", "cause"),
    ("Mature organisations have 2.4 times the odds of others", "odds"),
    ("Mature organisations are less likely than others to do it", "direction"),
    ("Mature organisations are half as likely, 35% more likely than others, to do it", "unit"),
    ("70% of mature organisations do it, against 25% of others", "figure"),
    ("Organisations are 2.4 times as likely to do it", "group"),
    ("Mature organisations do it, 60%, with a margin of error of 3 points, against others", "precision"),
    ("A survey proves that mature organisations do it more than others", "wording"),
])  # fmt: skip
def test_what_may_not(sentence: str, kind: str):
    assert kind in kinds(sentence)


def test_no_side_may_be_taken_where_there_is_no_clear_difference():
    assert "figure" in kinds("Mature organisations are more likely than others to do it", CLOSE)


def test_a_margin_of_error_is_for_probability_samples():
    sentence = "60% of mature organisations do it, margin of error 5 points, against 25% of others"
    assert "precision" not in kinds(sentence, opt_in=False)


def test_a_low_base_has_to_be_said():
    low = FINDING | {"status": "footnote", "status_reason": "low base: 60 under 100"}
    sentence = "Mature organisations are more than twice as likely as others to do it"
    assert kinds(sentence, low) == ["base"]
    assert kinds(f"{sentence} (low base)", low) == []
    assert "base" in kinds(sentence, FINDING | {"status": "suppress", "status_reason": "base 12 under 30"})


@pytest.mark.parametrize("claimed", ["more than twice as likely", "2.4 times as likely", "more likely", "less likely"])
def test_nothing_is_said_of_a_ratio_without_an_interval(claimed: str):
    unknown = FINDING | {"ratio_low": None, "ratio_high": None}
    found = faults(f"Mature organisations are {claimed} as others to do it", unknown, True, Margins())
    assert [fault.kind for fault in found] == ["figure"]
    assert "the ratio has no interval" in found[0].words
