"""What can't be compared between two waves, and why."""

from __future__ import annotations

import pytest

from pipeline.study.breaks import Breaks
from pipeline.study.loading import study_from_text

TEXT = """title: T
sample: {type: opt_in, population: people}
baseline: "1"
scales: {often: {never: Never, daily: Daily}}
questions:
  same: {type: single, text: "Same?", options: {a: {text: A, was: {"1": "Aa"}}, b: {text: B, was: {"1": ["B1", "B2"]}}}}
  declared: {type: single, text: "Declared?", options: {a: A}, breaks: {"2": "bands changed"}}
  later: {type: single, text: "Later?", options: {a: A}, breaks: {"3": "not yet"}}
  reworded: {type: single, text: "Now?", options: {a: A}, was: {"1": "Then?"}}
  absent: {type: single, text: "Absent?", options: {a: A}, waves: ["2"]}
  fewer: {type: single, text: "Fewer?", options: {a: A, b: {text: B, waves: ["1"]}}}
  ticks: {type: multiple, text: "Ticks?", options: {a: A, b: {text: B, waves: ["2"]}}}
  grid: {type: grid, text: "Grid?", scale: often, rows: {old: Old, new: {text: New, waves: ["2"]}}}
filters: {chosen: {declared: [a]}}
score: {points: {never: 0, daily: 1}, dimensions: {d: {items: [grid.old]}, e: {items: [grid.new]}}}
tiers: {order: [low, high], cuts: [50]}
segments: {by_declared: {question: declared}, by_same: {question: same}, made: {levels: {One: {reworded: [a]}}}}
indicators:
  same: {when: {same: [a]}}
  declared: {when: {declared: [a]}}
  later: {when: {later: [a]}}
  reworded: {when: {reworded: [a]}}
  absent: {when: {absent: [a]}}
  fewer: {when: {fewer: [a]}}
  tick_a: {when: {ticks: [a]}}
  tick_b: {when: {ticks: [b]}}
  row: {when: {grid.old: [daily]}}
  by_filter: {when: {any: [chosen, {same: [a]}]}}
comparisons:
  tiers: {a: {tier: [high]}, b: {tier: [low]}}
  plain: {a: {by_same: [a]}, b: {by_same: [b]}}
"""
BREAKS = Breaks(study_from_text(TEXT).study, "1", "2")


@pytest.mark.parametrize(
    ("indicator", "reasons"),
    [
        ("same", []),
        ("declared", ["declared: bands changed"]),
        ("later", []),
        ("reworded", ["reworded was worded otherwise in 1"]),
        ("absent", ["absent was not asked in 1"]),
        ("fewer", ["fewer: b was not offered in 2"]),
        ("tick_a", []),
        ("tick_b", ["ticks: b was not offered in 1"]),
        ("row", []),
        ("by_filter", ["declared: bands changed"]),
    ],
)
def test_breaks_of_an_indicator(indicator: str, reasons: list[str]):
    assert BREAKS.of_indicator(indicator) == reasons


def test_breaks_of_segments_and_tiers():
    assert BREAKS.of_segment("all") == []
    assert BREAKS.of_segment("by_same") == []
    assert BREAKS.of_segment("by_declared") == ["declared: bands changed"]
    assert BREAKS.of_segment("made") == ["reworded was worded otherwise in 1"]
    assert BREAKS.of_tiers() == ["grid.new was not asked in 1"]
    assert BREAKS.of_score("d") == []


def test_breaks_of_comparisons():
    comparisons = study_from_text(TEXT).study.comparisons
    assert BREAKS.of_comparison(comparisons["plain"]) == []
    assert BREAKS.of_comparison(comparisons["tiers"]) == ["grid.new was not asked in 1"]


def test_tiers_cut_anew_in_each_wave_have_shares_that_say_nothing():
    text = TEXT.replace('baseline: "1"\n', "").replace("cuts: [50]", "quantiles: [0.5], recut: true")
    found = Breaks(study_from_text(text).study, "1", "2").of_tier_share()
    assert found[0] == "the tiers are cut anew in each wave"
