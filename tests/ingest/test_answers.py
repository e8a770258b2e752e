"""Delivered answers read as options: as one, as a tick of its own column, as several joined in one cell."""

from __future__ import annotations

import re
import time
from itertools import permutations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline.ingest.answers import Choice, Joined, Tick
from pipeline.study.questions import Option


def options(*texts: str, other: str | None = None) -> dict[str, Option]:
    """Options o0, o1, ... with these texts; `other`: the text of one more, for free text."""
    found = {f"o{i}": Option(text=text) for i, text in enumerate(texts)}
    return found | ({"other": free_text(other)} if other else {})


def free_text(text: str) -> Option:
    return Option.model_validate({"text": text, "is": "other"})


# -- one answer


@pytest.mark.parametrize(
    "answer", ["Don't know", "don’t  know", "Don&rsquo;t know", " DON'T KNOW\u00a0", "<b>Don't</b> know"]
)
def test_an_answer_is_its_option_whatever_its_case_spaces_quotes_and_markup(answer: str):
    assert Choice(options("Yes", "Don't know"), "w")(answer) == "o1"


def test_an_answer_that_no_option_names_is_unknown_or_the_free_text():
    assert Choice(options("Yes", "No"), "w")("Maybe") is None
    assert Choice(options("Yes", "No", other="Other (please say)"), "w")("Maybe") == "other"
    assert Choice(options("Yes", "No", other="Other (please say)"), "w")("No") == "o1"


def test_a_renamed_option_is_known_by_the_text_of_its_wave():
    huge = {"huge": Option(text="More than 10,000", was={"2021": "Greater than 10,000"})}
    assert Choice(huge, "2021")("Greater than 10,000") == "huge"
    assert Choice(huge, "2022")("Greater than 10,000") is None
    assert Choice(huge, "2022")("More than 10,000") == "huge"


# -- a column for each option


@pytest.mark.parametrize("answer", ["Web", "web ", "1", "Yes", "TRUE", "x", "Checked", "Selected"])
def test_a_tick_is_the_option_or_a_mark_for_it(answer: str):
    assert Tick(Option(text="Web"), "w")(answer) == "1"


@pytest.mark.parametrize("answer", ["0", "No", "false", "Unchecked", "Not selected"])
def test_a_mark_for_no_tick_is_none_even_beside_free_text(answer: str):
    assert Tick(Option(text="Web"), "w")(answer) == "0"
    assert Tick(free_text("Other"), "w")(answer) == "0"


def test_what_is_neither_is_unknown_but_where_the_column_is_for_free_text():
    assert Tick(Option(text="Web"), "w")("Mail") is None
    assert Tick(free_text("Other"), "w")("Carrier pigeons") == "1"


def test_an_option_called_no_is_ticked_by_its_text():
    assert Tick(Option(text="No"), "w")("No") == "1"


# -- several options joined in one cell

JOINED = [
    (("Marketing", "Sales"), "Marketing,Sales", {"o0", "o1"}, ""),
    (("Marketing", "Sales"), "Sales; Marketing", {"o0", "o1"}, ""),
    (("Marketing", "Sales"), "marketing ,  sales", {"o0", "o1"}, ""),
    (("Email, newsletters", "Web"), "Email, newsletters,Web", {"o0", "o1"}, ""),
    (("Email, newsletters", "Web"), "Web, Email, newsletters", {"o0", "o1"}, ""),
    (("Email", "Email, newsletters"), "Email", {"o0"}, ""),
    (("Email", "Email, newsletters"), "Email, newsletters", {"o1"}, ""),
    (("Email", "Email, newsletters"), "Email,Email, newsletters", {"o0", "o1"}, ""),
    (("Email", "Emails"), "Emails,Email", {"o0", "o1"}, ""),
    (("a, b", "a", "b, c"), "a, b, c", {"o1", "o2"}, ""),  # the longest text first would leave c unread
    (("Web; apps", "Mail"), "Web; apps;Mail", {"o0", "o1"}, ""),
    (("Marketing", "Sales"), "Marketing,Finance", {"o0"}, "finance"),
    (("Marketing", "Sales"), "Finance,HR", set(), "finance, hr"),
    (("Marketing", "Sales"), "Marketing department", set(), "marketing department"),
    (("Marketing", "Sales"), ",;, ", set(), ""),
    (("5-9", "10-19"), "5–9,10–19", {"o0", "o1"}, ""),
]


@pytest.mark.parametrize(("texts", "cell", "ticked", "rest"), JOINED)
def test_a_joined_cell_is_taken_apart(texts: tuple[str, ...], cell: str, ticked: set[str], rest: str):
    assert Joined(options(*texts), "w")(cell) == (ticked, rest)


def test_free_text_in_a_joined_cell_is_the_option_for_it_commas_and_all():
    take = Joined(options("Marketing", "Sales", other="Other (please specify)"), "w")
    assert take("Marketing,our boss, and her dog") == ({"o0", "other"}, "")
    assert take("Other (please specify)") == ({"other"}, "")
    assert take("we sell, Sales") == ({"o1", "other"}, "")


def test_renamed_options_are_taken_apart_by_the_text_of_their_wave():
    take = Joined({"big": Option(text="Over 10,000", was={"2021": "10,000 and more"}), "x": Option(text="X")}, "2021")
    assert take("10,000 and more,X") == ({"big", "x"}, "")


def test_a_cell_of_100_000_characters_takes_no_time():
    started = time.perf_counter()
    take = Joined(options(*(f"Option {i}, with a comma" for i in range(50))), "w")
    take("a," * 50_000)
    take("Option 1, with a comma," * 4_000)
    take("," * 100_000)
    assert time.perf_counter() - started < 5


words = st.text("abc", min_size=1, max_size=3)
option_texts = st.lists(words, min_size=1, max_size=3).flatmap(
    lambda parts: st.lists(st.sampled_from([", ", ",", "; "]), min_size=len(parts), max_size=len(parts)).map(
        lambda signs: "".join(part + sign for part, sign in zip(parts, [*signs[: len(parts) - 1], ""], strict=True))
    )
)
SEPARATORS = [",", ", ", ";", "; "]


def ways_to_write(texts: list[str], cell: str) -> set[frozenset[int]]:
    """Sets of options that some order and some separators join to this cell; found by trying all."""
    found = set()
    for size in range(1, len(texts) + 1):
        for order in permutations(range(len(texts)), size):
            pattern = "(?:,|, |;|; )".join(re.escape(texts[i]) for i in order)
            if re.fullmatch(pattern, cell):
                found.add(frozenset(order))
    return found


@settings(max_examples=150, deadline=None)
@given(texts=st.lists(option_texts, min_size=1, max_size=5, unique=True), data=st.data())
def test_a_joined_subset_comes_back_whenever_it_can_be_written_in_one_way_only(texts: list[str], data: st.DataObject):
    subset = data.draw(st.lists(st.sampled_from(range(len(texts))), min_size=1, unique=True))
    sign = data.draw(st.sampled_from(SEPARATORS))
    cell = sign.join(texts[i] for i in subset)
    ways = ways_to_write(texts, cell)
    assert frozenset(subset) in ways
    ticked, rest = Joined(options(*texts), "w")(cell)
    assert rest == ""  # nothing of a cell that options explain is called unknown
    assume(len(ways) == 1)
    assert ticked == {f"o{i}" for i in subset}


def test_the_search_of_all_ways_finds_what_is_ambiguous():
    assert ways_to_write(["a", "b", "a, b"], "a, b") == {frozenset({0, 1}), frozenset({2})}
    assert ways_to_write(["a", "b"], "b;a") == {frozenset({0, 1})}


def test_of_two_readings_that_explain_all_the_one_with_fewer_options_counts():
    assert Joined(options("a", "b", "a, b"), "w")("a, b") == ({"o2"}, "")
