"""Scores of other rules, against table `scores` and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from pipeline import engine, tables
from pipeline.maturity.reliability import items_query
from pipeline.maturity.rescoring import (
    EVERY,
    HALF,
    ONE,
    ScoredDimension,
    cuts_of_same_shares,
    missing_item_rules,
    scored_dimensions,
    scores_of,
    tiers_at,
    without_items,
)
from pipeline.study.loading import study_from_text
from tests.records import core_of

NAN = math.nan
STUDY = study_from_text("""
title: Scores
sample: {type: opt_in, population: people}
questions:
  q: {type: grid, text: Q, scale: degree, rows: {a: A, b: B, c: C, d: D, e: E}}
  t: {type: multiple, text: T, options: {x: X, y: Y}}
scales: {degree: {none: None, low: Low, high: High, dk: {text: D, is: dont_know}}}
score:
  points: {none: 0, low: 1, high: 7}
  dimensions:
    first: {items: [q.a, q.b, q.c], min_answered: 2, weight: 0.3}
    second: {items: [q.d, t.x], weight: 1.7}
    third: {items: [q.e, q.a, t.y], min_answered: 1}
""").study


@pytest.mark.parametrize("seed", range(5))
def test_the_declared_rules_give_the_published_scores(seed: int):
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(200):
        row = {f"q__{name}": rng.choice(["none", "low", "high", "high", "dk", None]) for name in "abcde"}
        ticks = rng.choice([None, 0, 1])
        rows.append(row | {"t__x": ticks, "t__y": None if ticks is None else int(rng.integers(0, 2))})
    core = core_of(STUDY, rows)
    found = engine.fetch(
        items_query(STUDY.score, STUDY.resolver), {"responses": core.responses, "respondents": core.respondents}
    )
    items = {name: np.asarray(found[name].to_numpy(), float) for name in found.column_names[3:]}
    scores = scores_of(items, scored_dimensions(STUDY.score, STUDY.resolver))
    published = np.asarray(core.scores["score"].to_numpy(zero_copy_only=False), float)
    assert tables.SCORES.name == "scores"
    assert np.array_equal(scores, published, equal_nan=True)
    assert 20 < np.isfinite(scores).sum() < 200


D = ScoredDimension


def test_rules_for_missing_items_are_those_that_differ():
    two = (D(("a", "b", "c"), 2, 1.0), D(("d",), 1, 1.0))
    found = missing_item_rules(two)
    assert {name: [d.needed for d in dimensions] for name, dimensions in found.items()} == {EVERY: [3, 1], ONE: [1, 1]}
    assert {*missing_item_rules((D(("a", "b", "c", "d", "e"), 4, 1.0),))} == {EVERY, HALF, ONE}
    assert {*missing_item_rules((D(("a", "b"), 2, 1.0),))} == {HALF}  # one of two is half of them
    assert missing_item_rules((D(("a",), 1, 1.0), D(("b",), 1, 2.0))) == {}
    assert missing_item_rules(()) == {}


def test_a_dimension_without_items_leaves_the_score():
    dimensions = (D(("a", "b"), 2, 3.0), D(("c",), 1, 1.0))
    assert without_items(dimensions, ("a",)) == (D(("b",), 1, 3.0), D(("c",), 1, 1.0))
    assert without_items(dimensions, ("c",)) == (D(("a", "b"), 2, 3.0),)
    assert without_items(dimensions, ("a", "b", "c")) == ()
    items = {"a": np.array([0.0, 100.0, NAN]), "b": np.array([50.0, 100.0, 20.0]), "c": np.array([100.0, NAN, 40.0])}
    assert scores_of(items, dimensions) == pytest.approx([43.75, NAN, NAN], nan_ok=True)
    assert scores_of(items, without_items(dimensions, ("c",))) == pytest.approx([25.0, 100.0, NAN], nan_ok=True)
    assert scores_of(items, without_items(dimensions, ("a",))) == pytest.approx([62.5, NAN, 25.0], nan_ok=True)
    with pytest.raises(ValueError, match="needs a dimension"):
        scores_of(items, ())


def cuts(scores: list[float], tiers: list[int], weights: list[float] | None = None, count: int = 2) -> list[float]:
    given = np.ones(len(scores)) if weights is None else np.array(weights)
    return cuts_of_same_shares(np.array(scores, float), np.array(tiers), given, count).tolist()


def test_cuts_keep_the_shares_as_ties_allow():
    assert cuts([1, 2, 3, 4], [0, 0, 0, 1]) == [4]  # a quarter on top
    assert cuts([1, 2, 4, 4], [0, 0, 0, 1]) == [4]  # two tie: half on top or none, the lower cut
    assert cuts([1, 2, 2, 2], [0, 0, 0, 1]) == [math.inf]  # nobody is nearer to a quarter than three quarters
    assert cuts([1, 2, 3, 4], [1, 1, 1, 1]) == [1]  # nobody below
    assert cuts([1, 2, 3, 4], [0, 0, 0, 0]) == [math.inf]
    assert cuts([5, 5, 5], [0, 1, 2], count=3) == [5, math.inf]
    assert cuts([4, 3, 2, 1], [1, 0, 0, 0], [3, 1, 1, 1]) == [4]  # half the weight
    assert cuts([1, 2, 3, NAN], [-1, 0, 1, 1]) == [2]  # two thirds of those with a tier are on top
    assert np.isnan(cuts([1, 2], [-1, -1])).all()
    assert np.isnan(cuts([NAN, NAN], [0, 1])).all()
    assert np.isnan(cuts([1, 2], [0, 1], [0, 0])).all()
    assert np.isnan(cuts([], [])).all()


def test_tiers_begin_at_their_cuts():
    scores = np.array([0.0, 29.999999, 30.0, 70.0, 100.0, NAN])
    assert tiers_at(scores, np.array([30.0, 70.0])).tolist() == [0, 0, 1, 2, 2, -1]
    assert tiers_at(scores, np.array([30.0, math.inf])).tolist() == [0, 0, 1, 1, 1, -1]
    assert tiers_at(scores, np.array([NAN, NAN])).tolist() == [-1] * 6
    assert tiers_at(scores, np.array([50.0, 50.0])).tolist() == [0, 0, 0, 2, 2, -1]
