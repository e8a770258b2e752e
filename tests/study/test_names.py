"""Names of waves, texts evened out, and texts by language."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import SurveyError
from pipeline.study.evening import evened
from pipeline.study.section import Text
from pipeline.study.waves import check_wave_name, is_wave_name


@pytest.mark.parametrize("name", ["2021", "2021-spring", "w_1", "2021.5", "A", "x" * 64])
def test_wave_names(name: str):
    assert check_wave_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../../etc",
        "a/b",
        "a\\b",
        "2021.",
        ".x",
        "a..b",
        "a b",
        "-x",
        "_x",
        "x" * 65,
        "é",
        "a\n",
        "a\x00",
    ],
)
def test_names_that_are_no_folder_of_their_own(name: str):
    assert not is_wave_name(name)
    with pytest.raises(SurveyError, match="is not a wave name"):
        check_wave_name(name)


@given(st.text(max_size=20))
def test_a_wave_name_holds_no_path(name: str):
    if is_wave_name(name):
        assert not set(name) & set("/\\ \n\0")
        assert ".." not in name


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("Don’t&nbsp;know ", "don't know"), ("<b>Why</b>  this?", "why this?"), ("250–10,000", "250-10,000"),
        ("“Yes”", '"yes"'), ("a\u00a0b\n c", "a b c"), ("\ufeffSTRASSE", "straße"), ("1 < 2 > 0", "1 < 2 > 0"),
        ("AT&amp;T", "at&t"), ("zero\u200bwidth", "zerowidth"),
    ],
)  # fmt: skip
def test_texts_that_are_the_same_evened_out(text: str, same: str):
    assert evened(text) == evened(same)


@given(st.text(max_size=40))
def test_evening_is_done_once(text: str):
    once = evened(text)
    if "&" not in once and "<" not in once:
        assert evened(once) == once


def test_texts_by_language():
    assert Text.model_validate("Size").by_language == {"en": "Size"}
    text = Text.model_validate({"ru": "Размер", "pt-BR": "Porte"})
    assert (text.get("pt-BR"), text.get("de"), text.get()) == ("Porte", "Размер", "Размер")
