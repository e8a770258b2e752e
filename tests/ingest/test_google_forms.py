"""Google Forms is told by its first column, in the languages it writes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ingest import google_forms

HEAD = [
    "Timestamp", "Email Address", "Score", "Which do you use?", "How far do you agree? [I trust us]",
    "How far do you agree? [I trust [them], too]", "Where? [one answer]", "Which do you use? [Score]", " Why? ",
]  # fmt: skip


def test_columns_are_told():
    layout = google_forms.recognise([HEAD, ["2024/05/01 10:30:00 AM GMT+2"] * len(HEAD)])
    assert layout is not None
    assert (layout.platform, layout.header_rows) == ("google_forms", 1)
    assert layout.defaults == {"finished": "Timestamp"}
    assert [(c.text, c.part, c.kind) for c in layout.columns] == [
        ("Timestamp", "", "metadata"),
        ("Email Address", "", "personal"),
        ("Score", "", "metadata"),
        ("Which do you use?", "", ""),
        ("How far do you agree?", "I trust us", ""),
        ("How far do you agree?", "I trust [them], too", ""),
        ("Where? [one answer]", "", ""),
        ("Which do you use? [Score]", "", "metadata"),
        ("Why?", "", ""),
    ]
    assert [c.name for c in layout.columns] == [name.strip() for name in HEAD]


@pytest.mark.parametrize(
    "first",
    ["Timestamp", "timestamp ", "Отметка времени", "Zeitstempel", "Horodateur", "Marca temporal", "タイムスタンプ",
     "Carimbo de data/hora", "Informazioni cronologiche", "\ufeffTimestamp"],
)  # fmt: skip
def test_languages(first: str):
    layout = google_forms.recognise([[first, "Q"]])
    assert layout is not None
    assert layout.defaults == {"finished": first.strip()}


def test_a_question_called_as_a_score_is_a_question():
    layout = google_forms.recognise([["Horodateur", "Âge", "Ville", "Note"]])
    assert layout is not None
    assert [c.kind for c in layout.columns] == ["metadata", "", "", ""]


@pytest.mark.parametrize("head", [[], [[]], [["id", "Timestamp"]], [["", "Q"]], [["Time", "Q"]]])
def test_other_tables_are_not_its_own(head: list[list[str]]):
    assert google_forms.recognise(head) is None


@given(st.lists(st.sampled_from([*HEAD, "[", "]", "a [", "a []", "[a]", ""]) | st.text(max_size=10), max_size=8))
def test_any_head_is_recognised(names: list[str]):
    layout = google_forms.recognise([["Timestamp", *names]])
    assert layout is not None
    assert [column.position for column in layout.columns] == list(range(1, len(names) + 2))


def test_a_long_heading_takes_no_time():
    assert google_forms.recognise([["Timestamp", "a [" * 30_000, " " * 100_000 + "[", "[" * 100_000, "x" * 100_000]])
