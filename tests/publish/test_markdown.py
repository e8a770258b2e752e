"""Markdown for the Dagster UI: what comes from a study file or an export stands there as text."""

from __future__ import annotations

import html

import pytest

from pipeline.publish.markdown import as_text, markdown_image, markdown_list, markdown_table

HOSTILE = "<img src=x onerror=alert(1)> | `code` *bold* [link](http://x) ![i](y) \\ &amp; # ~x~ $1$ _i_"


def test_markup_is_text_and_comes_back_as_it_was():
    shown = as_text(HOSTILE)
    assert not set(shown) & set("<>|`*_[]\\~$")
    assert html.unescape(shown) == HOSTILE


def test_a_row_stays_one_row():
    lines = markdown_table(("a|b", "c"), [("one\ntwo", "x | y"), (None, float("nan"))]).splitlines()
    assert len(lines) == 4
    assert [line.count("|") for line in lines] == [3, 3, 3, 3]
    assert lines[3] == "|  |  |"


@pytest.mark.parametrize(("value", "text"), [(1234.56, "1235"), (0.123456, "0.1235"), (True, "True"), (12, "12")])
def test_numbers_are_cut_to_four_digits(value: object, text: str):
    assert as_text(value) == text


def test_long_texts_are_cut_before_they_are_escaped():
    assert as_text("<" * 100, 5) == "&#60;&#60;&#60;&#60;…"


def test_lists_and_names_of_pictures_hold_no_markup():
    assert markdown_list(["a\n- b", "c"]) == "- a - b\n- c"
    assert markdown_image("<svg/>", "x](y)").startswith("![x&#93;(y)](data:image/svg+xml;base64,")
