"""The condition language: what it reads, and that no respondent's answer leaves it undecided."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
from jinja2 import Environment, FileSystemLoader
from pydantic_core import PydanticCustomError

from pipeline.engine import literal, quoted
from pipeline.settings import SQL_FOLDER
from pipeline.study.columns import AnyTick, HasAnswer, OneOf, Within
from pipeline.study.conditions import (
    All,
    Answered,
    AnyOf,
    Chosen,
    Condition,
    Filter,
    InRange,
    Not,
    leaves,
    parse_condition,
    questions_of,
)
from tests.study.files import SMALL, study

ANY = AnyOf((Chosen("q", ("a",)), Filter("f")))


@pytest.mark.parametrize(
    ("raw", "meant"),
    [
        ("f", Filter("f")),
        ({"q": ["a"]}, Chosen("q", ("a",))),
        ({"q": ["a", "b"], "r": ["c"]}, All((Chosen("q", ("a", "b")), Chosen("r", ("c",))))),
        ({"any": [{"q": ["a"]}, "f"]}, ANY),
        ({"all": ["f"]}, All((Filter("f"),))),
        ({"not": "f"}, Not(Filter("f"))),
        ({"not": {"any": [{"q": ["a"]}, "f"]}, "r": ["c"]}, All((Not(ANY), Chosen("r", ("c",))))),
        ({"n": {"at_least": "1", "below": "1e3"}}, InRange("n", at_least=1, below=1000)),
        ({"n": {"above": "-0.5", "at_most": "7"}}, InRange("n", above=-0.5, at_most=7)),
        ({"n": {"at_least": "5", "at_most": "5"}}, InRange("n", at_least=5, at_most=5)),
        ({"n": {"answered": "yes"}}, Answered("n", True)),
        ({"n": {"answered": "no"}}, Answered("n", False)),
    ],
)
def test_what_is_read(raw: Any, meant: Condition):
    assert parse_condition(raw) == meant


@pytest.mark.parametrize(
    ("raw", "at", "what"),
    [
        ([], (), "is not a condition"),
        ({}, (), "is not a condition"),
        (None, (), "is not a condition"),
        ({"q": "a"}, ("q",), 'has "a"'),
        ({"q": []}, ("q",), "has no list of options"),
        ({"q": [["a"]]}, ("q",), "has no list of options"),
        ({"q": {}}, ("q",), "is not a range"),
        ({"q": {"above": "1", "answered": "yes"}}, ("q",), "is not a range"),
        ({"any": {"q": ["a"]}}, ("any",), "`any` has no list of conditions"),
        ({"all": []}, ("all",), "`all` has no list of conditions"),
        ({"any": ["f", {"not": {"q": {"abov": "1"}}}]}, ("any", 1, "not", "q", "abov"), "is not a limit"),
        ({"q": {"above": "many"}}, ("q", "above"), 'has "many"'),
        ({"q": {"answered": "perhaps"}}, ("q", "answered"), 'has "perhaps"'),
        ({"q": {"above": "5", "at_most": "5"}}, ("q",), "has no number between its limits"),
        ({"q": {"at_least": "5", "below": "5"}}, ("q",), "has no number between its limits"),
        ({"q": {"at_least": "6", "at_most": "5"}}, ("q",), "has no number between its limits"),
    ],
)
def test_what_is_refused_says_where(raw: Any, at: tuple[object, ...], what: str):
    with pytest.raises(PydanticCustomError) as caught:
        parse_condition(raw)
    assert (caught.value.context["at"], caught.value.context["what"]) == (at, what)


def test_a_scalar_for_a_list_is_answered_with_the_list():
    """Once said `as {{at_least: 1}}`, with doubled braces."""
    with pytest.raises(PydanticCustomError) as caught:
        parse_condition({"program": "yes"})
    assert caught.value.context["expected"] == "a list of options, as [yes], or a range, as {at_least: 1}"


def test_a_leaf_knows_its_place_and_is_equal_without_it():
    (chosen, named) = leaves(parse_condition({"any": [{"q": ["a"]}, "f"]}))
    assert (chosen.at, named.at) == (("any", 0, "q"), ("any", 1))
    assert chosen == Chosen("q", ("a",))
    assert hash(chosen) == hash(Chosen("q", ("a",)))


def test_the_questions_of_a_condition_follow_filters_and_stand_once():
    filters = {"f": Not(Filter("g")), "g": All((Chosen("q", ("a",)), Answered("n", True)))}
    assert questions_of(All((Filter("f"), Chosen("q", ("b",)), Chosen("r", ("c",)))), filters) == ("q", "n", "r")


FILTERS = "filters: {f: {choice: [a]}, g: {not: f}}\n"


@pytest.mark.parametrize(
    ("raw", "meant"),
    [
        ({"choice": ["a", "b"]}, OneOf("choice", ("a", "b"))),
        ({"rows.one": ["often"]}, OneOf("rows__one", ("often",))),
        ({"ticks": ["x", "y"]}, AnyTick(("ticks__x", "ticks__y"))),
        ({"ticks.x": ["x"]}, AnyTick(("ticks__x",))),
        ({"number": {"at_least": "1", "below": "2"}}, Within("number", ((">=", 1), ("<", 2)))),
        ({"words": {"answered": "yes"}}, HasAnswer("words", True)),
        ({"ticks": {"answered": "no"}}, HasAnswer("ticks__x", False)),
        ("g", Not(OneOf("choice", ("a",)))),
        ({"any": ["f", "g"]}, AnyOf((OneOf("choice", ("a",)), Not(OneOf("choice", ("a",)))))),
    ],
)
def test_conditions_on_columns(raw: Any, meant: object):
    assert study(SMALL + FILTERS).resolver.columns(parse_condition(raw)) == meant


def test_the_variables_that_a_condition_needs():
    resolver = study(SMALL + FILTERS).resolver
    condition = parse_condition(
        {"any": [{"ticks": ["y"]}, {"not": "g"}, {"rows.two": ["often"]}], "number": {"above": "1"}}
    )
    assert resolver.needed(condition) == ("ticks__y", "choice", "rows__two", "number")


ANSWERS = [  # choice, ticks__x, number, words
    (None, None, None, None), ("a", 1, 5.0, 1), ("b", 0, 0.0, None), ("dk", None, 100.0, 1),
]  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "holds"),
    [
        ({"choice": ["a"]}, [False, True, False, False]),
        ({"not": {"choice": ["a"]}}, [True, False, True, True]),
        ({"ticks": ["x"]}, [False, True, False, False]),
        ({"not": {"ticks": ["x"]}}, [True, False, True, True]),
        ({"number": {"above": "0", "at_most": "100"}}, [False, True, False, True]),
        ({"not": {"number": {"above": "0"}}}, [True, False, True, False]),
        ({"words": {"answered": "no"}}, [True, False, True, False]),
        ({"choice": ["a", "dk"], "not": {"ticks": ["x"]}}, [False, False, False, True]),
        ({"any": ["f", {"number": {"at_least": "100"}}]}, [False, True, False, True]),
        ({"not": "g"}, [False, True, False, False]),
    ],
)
def test_a_condition_is_true_or_false_of_everyone(raw: Any, holds: list[bool]):
    """In SQL: never NULL, whatever was not answered."""
    condition = study(SMALL + FILTERS).resolver.columns(parse_condition(raw))
    templates = Environment(loader=FileSystemLoader(SQL_FOLDER), trim_blocks=True, lstrip_blocks=True)
    templates.filters |= {"name": quoted, "value": literal}
    macro = templates.from_string('{% import "macros.sql" as sql %}{{ sql.holds(c) }}').render(c=condition)
    with duckdb.connect() as con:
        con.execute("CREATE TABLE t (i INT, choice TEXT, ticks__x TINYINT, number DOUBLE, words TINYINT)")
        con.executemany("INSERT INTO t VALUES (?, ?, ?, ?, ?)", [(i, *answers) for i, answers in enumerate(ANSWERS)])
        found = con.execute(f"SELECT {macro} FROM t ORDER BY i").fetchall()
    assert [value for (value,) in found] == holds
