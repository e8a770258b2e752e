"""Scores by a few respondents, counted by hand."""

from __future__ import annotations

import pytest

from pipeline.study.loading import study_from_text
from pipeline.study.model import Study
from tests.records import columns, core_of, names_of

QUESTIONS = """
title: Scores
sample: {type: opt_in, population: people}
questions:
  practice: {type: grid, text: P, scale: frequency, rows: {crm: C, map: M, ads: A}}
  sponsor: {type: single, text: S, options: {"no": "No", some: Some, "yes": "Yes", dk: {text: Unsure, is: dont_know}}}
  teams: {type: multiple, text: T, options: {service: Service, sales: Sales}}
  score_a: {type: single, text: N, options: {low: Low, high: High}}
  rules_met: {type: single, text: D, options: {low: Low, high: High}}
scales:
  frequency: {never: Never, rarely: Rarely, often: Often, dk: {text: "Don't know", is: dont_know}}
"""


def study_with(score: str) -> Study:
    return study_from_text(QUESTIONS + score).study


def scores(study: Study, rows: list[dict], *names: str) -> list[tuple]:
    return columns(core_of(study, rows).scores, *names)


THREE = """
score:
  points: {never: 0, rarely: 1, often: 4}
  dimensions:
    daily: {items: [practice.crm, practice.map], weight: 3}
    paid: {items: [practice.ads], weight: 1}
"""


def test_a_dimension_is_the_mean_of_its_items_and_the_score_their_weighted_mean():
    """never 0, rarely 25, often 100. Daily (100 + 25) / 2 = 62.5, paid 0: (3 x 62.5 + 0) / 4 = 46.875."""
    rows = [
        {"practice__crm": "often", "practice__map": "rarely", "practice__ads": "never"},
        {"practice__crm": "often", "practice__map": "often", "practice__ads": "often"},
        {"practice__crm": "never", "practice__map": "never", "practice__ads": "never"},
    ]
    found = scores(study_with(THREE), rows, "source_row", "score_daily", "score_paid", "score")
    assert found == [(1, 62.5, 0.0, 46.875), (2, 100.0, 100.0, 100.0), (3, 0.0, 0.0, 0.0)]


def test_an_item_without_an_answer_or_without_points_is_missing_and_takes_the_dimension_and_the_score_with_it():
    rows = [
        {"practice__crm": "often", "practice__ads": "often"},
        {"practice__crm": "often", "practice__map": "dk", "practice__ads": "often"},
        {"practice__crm": "often", "practice__map": "often"},
    ]
    found = scores(study_with(THREE), rows, "score_daily", "score_paid", "score")
    assert found == [(None, 100.0, None), (None, 100.0, None), (100.0, None, None)]


def test_with_min_answered_the_mean_is_over_the_answered_items():
    text = THREE.replace("weight: 3", "weight: 3, min_answered: 1")
    rows = [
        {"practice__crm": "rarely", "practice__ads": "often"},
        {"practice__crm": "rarely", "practice__map": "dk", "practice__ads": "never"},
        {"practice__ads": "often"},
    ]
    found = scores(study_with(text), rows, "score_daily", "score")
    assert found == [(25.0, 43.75), (25.0, 18.75), (None, None)]  # (75 + 100) / 4, (75 + 0) / 4


def test_two_of_three_items_are_enough_where_two_are_needed():
    text = """
score:
  points: {never: 0, rarely: 1, often: 4}
  dimensions: {all_three: {items: [practice.crm, practice.map, practice.ads], min_answered: 2}}
"""
    rows = [{"practice__crm": "often", "practice__map": "rarely"}, {"practice__crm": "often"}]
    assert scores(study_with(text), rows, "score") == [(62.5,), (None,)]


def test_an_item_is_put_on_0_to_100_by_the_options_that_it_offers_itself():
    """Points 1, 2, 3, of which `sponsor` offers them all and `practice` never 1, rarely 2, often 2.5."""
    text = """
score:
  points: {"no": 1, some: 2, "yes": 3, never: 1, rarely: 2, often: 2.5}
  dimensions: {a: {items: [sponsor]}, b: {items: [practice.crm]}}
"""
    rows = [
        {"sponsor": "some", "practice__crm": "rarely"},
        {"sponsor": "yes", "practice__crm": "often"},
        {"sponsor": "dk", "practice__crm": "often"},
    ]
    found = scores(study_with(text), rows, "score_a", "score_b", "score")
    assert found[0] == (50.0, pytest.approx(200 / 3), pytest.approx(175 / 3, abs=1e-6))
    assert found[1:] == [(100.0, 100.0, 100.0), (None, 100.0, None)]


def test_points_may_fall_along_the_scale():
    text = 'score: {points: {"no": 2, some: 1, "yes": -2}, dimensions: {a: {items: [sponsor]}}}'
    rows = [{"sponsor": name} for name in ("no", "some", "yes")]
    assert scores(study_with(text), rows, "score") == [(100.0,), (75.0,), (0.0,)]


def test_a_tick_is_an_item_of_0_or_100_and_missing_where_nothing_is_ticked():
    text = """
score:
  points: {never: 0, often: 1}
  dimensions: {teams: {items: [teams.service, teams.sales]}, crm: {items: [practice.crm]}}
"""
    rows = [
        {"teams__service": 1, "teams__sales": 1, "practice__crm": "never"},
        {"teams__service": 1, "teams__sales": 0, "practice__crm": "often"},
        {"practice__crm": "often"},
    ]
    assert scores(study_with(text), rows, "score_teams", "score") == [(100.0, 50.0), (50.0, 75.0), (None, None)]


def test_only_the_analysed_have_a_score():
    study = study_with(THREE + "cleaning:\n  - {rule: spam}\n")
    row = {"practice__crm": "often", "practice__map": "often", "practice__ads": "often"}
    assert scores(study, [row | {"status": "spam"}, row, {}], "source_row") == [(2,)]


def test_an_item_that_the_delivery_lacks_is_missing():
    study = study_with(THREE)
    core = core_of(study, [{"practice__crm": "often", "practice__map": "often"}], names_of(study) - {"practice__ads"})
    assert columns(core.scores, "score_daily", "score") == [(100.0, None)]


def test_questions_may_have_the_names_of_columns_that_scoring_makes():
    text = """
score: {points: {low: 0, high: 1}, dimensions: {a: {items: [score_a, rules_met]}}}
tiers: {order: [under, over], cuts: [60]}
segments: {own: {question: score_a}}
indicators: {is_low: {when: {score_a: [low]}}, is_out: {when: {rules_met: [low]}}}
"""
    core = core_of(
        study_with(text), [{"score_a": "low", "rules_met": "high"}, {"score_a": "high", "rules_met": "high"}]
    )
    assert columns(core.respondents, "disposition", "score", "tier", "own", "is_low", "is_out") == [
        ("analysed", 50.0, "under", "low", 1, 0), ("analysed", 100.0, "over", "high", 0, 0),
    ]  # fmt: skip


def test_a_study_without_a_score_has_respondents_without_one():
    core = core_of(study_with(""), [{"sponsor": "yes"}])
    assert columns(core.respondents, "score", "tier", "weight") == [(None, None, 1.0)]
