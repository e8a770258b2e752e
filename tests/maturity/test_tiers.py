"""Tiers by cuts, by quantiles and by answers, counted by hand."""

from __future__ import annotations

import pytest

from pipeline import tables
from pipeline.maturity.tiers import tier_cuts_query
from pipeline.study.loading import study_from_text
from pipeline.study.model import Study
from tests.records import columns, core_of, run, table_of

QUESTIONS = """
title: Tiers
sample: {type: opt_in, population: people}
baseline: 2021
questions:
  a: {type: single, text: A, scale: ten}
  size: {type: single, text: Size, options: {small: Small, large: Large, dk: {text: "Don't know", is: dont_know}}}
  staff: {type: number, text: Staff}
scales:
  ten: {p0: "0", p1: "1", p2: "2", p3: "3", p4: "4", p5: "5", p6: "6", p7: "7", p8: "8", p9: "9", p10: "10"}
score:
  points: {p0: 0, p1: 1, p2: 2, p3: 3, p4: 4, p5: 5, p6: 6, p7: 7, p8: 8, p9: 9, p10: 10}
  dimensions: {a: {items: [a]}}
segments: {size: {question: size}, staff: {question: staff, bands: [10, 100]}}
cleaning:
  - {rule: spam}
"""
"""A score is ten times the digit of the answer."""


def study_with(tiers: str) -> Study:
    return study_from_text(QUESTIONS + tiers).study


def test_a_score_equal_to_a_cut_belongs_to_the_upper_tier():
    study = study_with("tiers: {order: [low, middle, high], cuts: [30, 70]}")
    rows = [{"a": f"p{digit}"} for digit in (0, 2, 3, 6, 7, 10)] + [{"size": "small"}, {"a": "p9", "status": "spam"}]
    core = core_of(study, rows)
    assert core.respondents["tier"].to_pylist() == ["low", "low", "middle", "middle", "high", "high", None, None]
    assert columns(core.tier_cuts, "wave", "level", "tier", "cut", "source_wave") == [
        ("w", "all", "middle", 30.0, ""), ("w", "all", "high", 70.0, ""),
    ]  # fmt: skip


def test_thirds_meet_cuts_of_thirds():
    """Scores are kept to 6 digits, so that 100 / 3 is not above or below itself by a rounding error."""
    text = QUESTIONS.replace(
        "dimensions: {a: {items: [a]}}", "dimensions: {a: {items: [a]}, b: {items: [b], weight: 2}}"
    )
    text = text.replace("questions:\n", "questions:\n  b: {type: single, text: B, scale: ten}\n")
    study = study_from_text(text + "tiers: {order: [low, high], cuts: [33.333333]}").study
    assert core_of(study, [{"a": "p10", "b": "p0"}]).respondents["tier"].to_pylist() == ["high"]


def test_quantiles_are_interpolated_as_r_does_and_equal_scores_go_up():
    """Scores 0, 10, 20, 30, 40: R quantile(type = 7) at .5 is 20, at .9 36."""
    study = study_with("tiers: {order: [low, middle, high], quantiles: [0.5, 0.9]}")
    core = core_of(study, [{"a": f"p{digit}"} for digit in range(5)] + [{"a": "p10", "status": "spam"}])
    assert columns(core.tier_cuts, "level", "tier", "cut", "source_wave") == [
        ("all", "middle", 20.0, "2021"), ("all", "high", 36.0, "2021"),
    ]  # fmt: skip
    assert core.respondents["tier"].to_pylist() == ["low", "low", "middle", "middle", "high", None]


def test_quantiles_within_a_segment_come_from_its_own_levels():
    """Small 0, 10, 20: median 10. Large 80, 100: median 90. Without a level there is no tier."""
    study = study_with("tiers: {order: [low, high], quantiles: [0.5], within: size}")
    answers = [("small", 0), ("small", 1), ("small", 2), ("large", 8), ("large", 10), ("dk", 9), (None, 9)]
    core = core_of(study, [{"size": size, "a": f"p{digit}"} for size, digit in answers])
    assert sorted(columns(core.tier_cuts, "level", "cut")) == [("large", 90.0), ("small", 10.0)]
    assert core.respondents["tier"].to_pylist() == ["low", "high", "high", "low", "high", None, None]


def test_quantiles_within_bands():
    study = study_with("tiers: {order: [low, high], quantiles: [0.5], within: staff}")
    rows = [{"staff": n, "a": f"p{digit}"} for n, digit in ((9.0, 0), (9.9, 4), (10.0, 6), (99.0, 8), (100.0, 1))]
    core = core_of(study, rows)
    assert sorted(columns(core.tier_cuts, "level", "cut")) == [
        ("100_and_more", 10.0),
        ("10_to_100", 70.0),
        ("below_10", 20.0),
    ]
    assert core.respondents["tier"].to_pylist() == ["low", "high", "low", "high", "high"]


def test_another_wave_is_cut_where_the_baseline_was():
    study = study_with("tiers: {order: [low, high], quantiles: [0.5], within: size}")
    baseline = core_of(study, [{"size": "small", "a": f"p{digit}"} for digit in (0, 4, 8)])
    query = tier_cuts_query(study.tiers, study.segment_columns, "2022", study.baseline)
    cuts = run(query, tables.TIER_CUTS, study, scores=baseline.scores, responses=baseline.responses)
    assert columns(cuts, "wave", "level", "tier", "cut", "source_wave") == [("2022", "small", "high", 40.0, "2021")]
    # Large ones were not in the baseline: nobody knows where to cut them.
    later = core_of(
        study, [{"size": "small", "a": "p3"}, {"size": "small", "a": "p4"}, {"size": "large", "a": "p9"}], cuts=cuts
    )
    assert later.respondents["tier"].to_pylist() == ["low", "high", None]


def test_tiers_from_answers_are_the_first_that_holds_and_nobodys_where_none_does():
    study = study_with(
        "tiers: {order: [low, high], answers: {low: {size: [small]}, high: {any: [{size: [small, large]}, {a: [p9]}]}}}"
    )
    rows = [{"size": "small"}, {"size": "large"}, {"size": "dk"}, {"a": "p9"}, {"size": "small", "status": "spam"}]
    core = core_of(study, rows)
    assert core.respondents["tier"].to_pylist() == ["low", "high", None, "high", None]
    assert core.tier_cuts.num_rows == 0


def test_a_wave_without_scores_has_no_cuts_and_no_tiers():
    study = study_with("tiers: {order: [low, high], quantiles: [0.5]}")
    core = core_of(study, [{"size": "small"}])
    assert (core.tier_cuts.num_rows, core.respondents["tier"].to_pylist()) == (0, [None])


@pytest.mark.parametrize("order", [("low", "high"), ("high", "low")])
def test_the_order_is_that_of_the_study_file(order):
    study = study_with(f"tiers: {{order: [{', '.join(order)}], cuts: [50]}}")
    assert core_of(study, [{"a": "p0"}, {"a": "p10"}]).respondents["tier"].to_pylist() == list(order)


def test_cuts_are_read_by_level_and_tier():
    study = study_with("tiers: {order: [low, middle, high], quantiles: [0.3, 0.6], within: size}")
    cuts = table_of(
        tables.TIER_CUTS, study,
        [{"level": level, "tier": tier, "cut": cut, "source_wave": "2021"}
         for level, tier, cut in (("small", "high", 20.0), ("large", "middle", 50.0), ("small", "middle", 10.0),
                                  ("large", "high", 90.0))],
    )  # fmt: skip
    rows = [{"size": size, "a": f"p{digit}"} for size in ("small", "large") for digit in (0, 1, 2, 5, 9)]
    assert core_of(study, rows, cuts=cuts).respondents["tier"].to_pylist() == [
        "low", "middle", "high", "high", "high", "low", "low", "low", "middle", "high",
    ]  # fmt: skip
