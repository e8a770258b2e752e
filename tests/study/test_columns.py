"""Questions as variables; segments, indicators and bases as columns; what is part of the score."""

from __future__ import annotations

import pytest

from pipeline.study.columns import (
    AnyTick,
    Band,
    BaseQuestion,
    OneOf,
    Within,
    bands_of,
    base_question,
    number_text,
    slug,
)
from pipeline.study.conditions import Answered, Chosen, Not
from pipeline.study.model import Study
from tests.study.files import EXAMPLE, SMALL, changed, study


@pytest.fixture(scope="module")
def example() -> Study:
    return study(EXAMPLE)


def test_questions_are_flattened_in_order():
    found = [(v.name, v.ref, v.question, v.part, v.kind, list(v.options)) for v in study(SMALL).variables]
    assert found == [
        ("choice", "choice", "choice", "", "choice", ["a", "b", "dk"]),
        ("ticks__x", "ticks.x", "ticks", "x", "tick", ["x"]),
        ("ticks__y", "ticks.y", "ticks", "y", "tick", ["y"]),
        ("ticks__none", "ticks.none", "ticks", "none", "tick", ["none"]),
        ("rows__one", "rows.one", "rows", "one", "choice", ["never", "often"]),
        ("rows__two", "rows.two", "rows", "two", "choice", ["never", "often"]),
        ("number", "number", "number", "", "number", []),
        ("words", "words", "words", "", "text", []),
    ]


def test_variables_carry_what_the_question_says(example: Study):
    by_name = {v.name: v for v in example.variables}
    assert by_name["budget"].number_range == (0, 1_000_000_000)
    assert by_name["practice__crm"].part_text == "link social data to CRM"
    assert by_name["teams__service"].part_text == "Customer service"
    assert by_name["teams__service"].asked_if == Chosen("consent", ("yes",))
    assert by_name["listening"].not_substantive == ("dk",)
    assert by_name["teams__nobody"].not_substantive == ()


def test_a_reference_is_a_question_or_a_part_of_it():
    resolver = study(SMALL).resolver
    names = {
        ref: [v.name for v in resolver.of(ref)]
        for ref in ("choice", "ticks", "ticks.x", "rows.two", "nosuch", "ticks.")
    }
    assert names == {"choice": ["choice"], "ticks": ["ticks__x", "ticks__y", "ticks__none"], "ticks.x": ["ticks__x"],
                     "rows.two": ["rows__two"], "nosuch": [], "ticks.": []}  # fmt: skip


def test_segments(example: Study):
    size, profile, spend = example.segment_columns
    assert (size.source, size.levels, size.all_levels) == (
        "employees", ("small", "medium", "huge"), ("small", "medium", "huge", "up_to_10000"),
    )  # fmt: skip
    assert (size.overlapping, size.columns, size.needs) == (False, {}, ("employees",))
    assert profile.columns == {"Huge in the north": "profile__huge_in_the_north", "Active": "profile__active"}
    assert (profile.overlapping, profile.source) == (True, None)
    assert profile.needs == ("employees", "region", "listening", "budget", "teams__nobody")
    assert spend.bands == (
        Band("below_1000", None, 1000), Band("1000_to_100000", 1000, 100_000), Band("100000_and_more", 100_000, None),
    )  # fmt: skip


def test_dont_know_is_no_level():
    text = (
        SMALL
        + "segments: {c: {question: choice}, t: {question: ticks}, one: {question: rows.one}, x: {question: ticks.x}}"
    )
    choice, ticks, row, tick = study(text).segment_columns
    assert choice.levels == ("a", "b")
    assert (row.source, row.levels, row.overlapping) == ("rows__one", ("never", "often"), False)
    assert ticks.columns == {"x": "t__x", "y": "t__y", "none": "t__none"}
    assert ticks.conditions == {part: AnyTick((f"ticks__{part}",)) for part in ("x", "y", "none")}
    assert (tick.overlapping, tick.levels) == (True, ("x",))


def test_a_tick_is_no_segment_without_overlap():
    text = SMALL + (
        "baseline: w\nscore: {dimensions: {d: {items: [ticks.x, ticks.y]}}}\n"
        "segments: {x: {question: ticks.x}, c: {question: choice}}\n"
        "tiers: {order: [low, high], quantiles: [0.5], within: c}\n"
    )
    assert study(text).tiers.within == "c"
    with pytest.raises(Exception, match='"x" is no segment without overlap'):
        study(text.replace("within: c", "within: x"))


@pytest.mark.parametrize(
    ("value", "text"),
    [(1000.0, "1000"), (0.5, "0.5"), (-3.0, "-3"), (1234567.5, "1234567.5"), (0.0, "0"), (1e15, "1000000000000000")],
)
def test_numbers_in_levels(value: float, text: str):
    assert number_text(value) == text


def test_close_bands_have_levels_of_their_own():
    """Six digits once made one level of both."""
    assert [band.level for band in bands_of((1000.0001, 1000.0002))] == [
        "below_1000.0001", "1000.0001_to_1000.0002", "1000.0002_and_more",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("label", "column"),
    [
        ("Huge in the north", "huge_in_the_north"),
        ("  C++ ", "c"),
        ("Größe > 10", "grösse_10"),
        ("+++", "level"),
        ("a__b", "a_b"),
    ],
)
def test_slugs(label: str, column: str):
    assert slug(label) == column


INDICATORS = (
    SMALL.replace('text: "Which of these?"', 'text: "Which of these?", asked_if: {choice: [a]}')
    + """indicators:
  first: {when: {ticks: [x]}}
  second: {when: {ticks: [y]}}
  asked: {when: {ticks: [x]}, base: asked}
  both: {when: {choice: [a], ticks: [x]}}
  turned: {when: {ticks: [x], choice: [a]}}
  content: {when: {choice: [a]}, base: substantive}
  everyone: {when: {choice: [a]}, base: everyone}
  row: {when: {rows.one: [often]}}
  other_row: {when: {rows.two: [often]}}
  rich: {when: {number: {above: 5}}}
"""
)


def test_indicators_share_a_base_where_question_and_rule_are_the_same():
    found = {i.name: (i.rule, i.base) for i in study(INDICATORS).indicator_columns}
    assert found == {
        "first": ("answered", "first"), "second": ("answered", "first"), "asked": ("asked", "asked"),
        "both": ("answered", "both"), "turned": ("answered", "both"), "content": ("substantive", "content"),
        "everyone": ("everyone", "everyone"), "row": ("answered", "row"), "other_row": ("answered", "other_row"),
        "rich": ("answered", "rich"),
    }  # fmt: skip


def test_what_an_indicator_needs_and_looks_at():
    by_name = {i.name: i for i in study(INDICATORS).indicator_columns}
    assert by_name["both"].needs == ("choice", "ticks__x")
    assert by_name["asked"].needs == ("ticks__x", "choice")  # the base asks for the answer that led to the question
    assert by_name["rich"].when == Within("number", ((">", 5.0),))


def test_whether_anything_is_ticked_needs_every_tick():
    resolver = study(SMALL).resolver
    ticks = ("ticks__x", "ticks__y", "ticks__none")
    for ref in ("ticks", "ticks.y"):
        assert resolver.needed(Not(Answered(ref, True))) == ticks
    assert resolver.needed(Chosen("ticks", ("x", "y"))) == ("ticks__x", "ticks__y")
    assert resolver.needed(Answered("rows.two", True)) == ("rows__two",)


def test_the_base_of_a_question():
    resolver = study(INDICATORS).resolver
    assert base_question(resolver, "choice") == BaseQuestion("choice", OneOf("choice", ("dk",)), None)
    asked = OneOf("choice", ("a",))
    assert (
        base_question(resolver, "ticks") == base_question(resolver, "ticks.y") == BaseQuestion("ticks__x", None, asked)
    )
    assert base_question(resolver, "rows.two") == BaseQuestion("rows__two", None, None)
    text = SMALL.replace("is: none", "is: refused")
    no_content = base_question(study(text).resolver, "ticks").no_content
    assert no_content == AnyTick(("ticks__none",))


def test_indicators_on_items_of_the_score(example: Study):
    assert example.scored_indicators == ()
    text = changed("{listening: [sometimes, often]}", "{any: [{practice.crm: [often]}, {budget: {above: 1}}]}")
    assert study(text).scored_indicators == ("listens",)
    text = changed("[practice.attribution]", "[teams.service]")
    assert study(text).scored_indicators == ("customer_service",)


def test_indicators_on_answers_that_define_the_tiers():
    text = (
        SMALL
        + """filters: {second: {choice: [b]}}
tiers: {order: [low, high], answers: {low: {not: second}, high: {choice: [b], ticks: [x]}}}
indicators:
  same_question: {when: {choice: [a]}}
  same_tick: {when: {ticks: [x, y]}}
  other_tick: {when: {ticks: [y]}}
  through_a_filter: {when: second}
  other: {when: {number: {above: 1}}}
"""
    )
    assert study(text).scored_indicators == ("same_question", "same_tick", "through_a_filter")


def test_neither_score_nor_tiers():
    assert study(SMALL + "indicators: {i: {when: {words: {answered: yes}}}}").scored_indicators == ()
