"""Headings as LimeSurvey writes them: codes, texts, or both, in its languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ingest import limesurvey
from pipeline.ingest.layout import Layout

# (code, text, what the layout says of it: text, part, kind)
QUESTIONS = [
    ("Q1", "Which one?", ("Which one?", "", "")),
    ("Q1[other]", "Which one? [Other]", ("Which one?", "Other", "words")),
    ("Q2[SQ001]", "Which ones? [Mail, [air]]", ("Which ones?", "Mail, [air]", "")),
    ("Q2[SQ002]", "Which ones? [Post]", ("Which ones?", "Post", "")),
    ("Q2[SQ002comment]", "Which ones? [Comment]", ("Which ones?", "Comment", "words")),
    ("Q2[other]", "Which ones? [Other]", ("Which ones?", "Other", "")),
    ("Q3[R1_C1]", "A table [Row][Column]", ("A table", "Row - Column", "")),
    ("Q3[R1_C2]", "A table [Row][Other column]", ("A table", "Row - Other column", "")),
    ("Q4[1]", "In what order? [Rank 1]", ("In what order?", "Rank 1", "")),
    ("Q4[2]", "In what order? [Rank 2]", ("In what order?", "Rank 2", "")),
    ("Q5[SQ001][1]", "How? [Row][Scale 1]", ("How?", "Row - Scale 1", "")),
    ("Q5[SQ001][2]", "How? [Row][Scale 2]", ("How?", "Row - Scale 2", "")),
    ("Q6", "Where? [one answer]", ("Where? [one answer]", "", "")),
    ("G01Q07", "Why: tell us.", ("Why: tell us.", "", "")),
]
OWN = [
    ("id", "Response ID", "metadata"),
    ("submitdate", "Date submitted", "metadata"),
    ("lastpage", "Last page", "metadata"),
    ("startlanguage", "Start language", "metadata"),
    ("seed", "Seed", "metadata"),
    ("startdate", "Date started", "metadata"),
    ("datestamp", "Date last action", "metadata"),
    ("ipaddr", "IP address", "personal"),
    ("refurl", "Referrer URL", "metadata"),
    ("token", "Access code", "personal"),
    ("email", "Email address", "personal"),
    ("firstname", "First name", "personal"),
    ("lastname", "Last name", "personal"),
]
TIMES = [
    ("interviewtime", "Total time", "metadata"),
    ("groupTime12", "Group time: First group", "paradata"),
    ("Q1Time", "Question time: Q1", "paradata"),
]
CODES = [code for code, *_ in (*OWN, *QUESTIONS, *TIMES)]
TEXTS = [text for _, text, _ in (*OWN, *QUESTIONS, *TIMES)]
KINDS = [kind for *_, kind in OWN] + [told[2] for *_, told in QUESTIONS] + [kind for *_, kind in TIMES]
FIRST, LAST = len(OWN), len(OWN) + len(QUESTIONS)


def recognised(*head: list[str]) -> Layout:
    layout = limesurvey.recognise([*head, ["1"] * len(head[0])])
    assert layout is not None
    assert layout.platform == "limesurvey"
    assert layout.header_rows == len(head)
    assert [column.position for column in layout.columns] == list(range(1, len(head[0]) + 1))
    assert [column.kind for column in layout.columns] == KINDS
    return layout


def test_codes():
    layout = recognised(CODES)
    assert [column.name for column in layout.columns] == CODES
    assert layout.defaults == {
        "id": "id", "started": "startdate", "finished": "submitdate", "duration": "interviewtime",
    }  # fmt: skip
    told = {c.name: (c.text, c.part, c.import_id) for c in layout.columns}
    assert told["Q1"] == ("Q1", "", "")
    assert told["Q2[SQ001]"] == ("Q2", "SQ001", "Q2_SQ001")
    assert told["Q3[R1_C1]"] == ("Q3", "R1 - C1", "Q3_R1_C1")
    assert told["Q5[SQ001][2]"] == ("Q5", "SQ001 - 2", "Q5_SQ001_2")


@pytest.mark.parametrize("between", [". ", ": ", " - ", ".  "])
def test_codes_and_texts(between: str):
    layout = recognised([f"{code}{between}{text}" for code, text in zip(CODES, TEXTS, strict=True)])
    assert [column.name for column in layout.columns] == CODES
    assert [(c.text, c.part) for c in layout.columns][FIRST:LAST] == [told[:2] for *_, told in QUESTIONS]
    assert layout.defaults["id"] == "id"


def test_texts():
    layout = recognised(TEXTS)
    assert [column.name for column in layout.columns] == TEXTS
    assert [(c.text, c.part) for c in layout.columns][FIRST:LAST] == [told[:2] for *_, told in QUESTIONS]
    assert layout.defaults == {
        "id": "Response ID", "started": "Date started", "finished": "Date submitted", "duration": "Total time",
    }  # fmt: skip


def test_texts_above_codes():
    """The VV export."""
    layout = recognised(TEXTS, CODES)
    assert [column.name for column in layout.columns] == CODES
    assert [(c.text, c.part) for c in layout.columns][FIRST:LAST] == [told[:2] for *_, told in QUESTIONS]


def test_texts_in_other_languages():
    german = ["Antwort ID", "Datum Abgeschickt", "Letzte Seite", "Start-Sprache", "Was?", "Was? [Sonstiges]"]
    french = ["ID de la réponse", "Date de soumission", "Dernière page", "Langue de départ", "Quoi ?", "Quoi ? [Autre]"]
    for head in (german, french):
        layout = limesurvey.recognise([head])
        assert layout is not None
        assert layout.defaults == {"id": head[0], "finished": head[1]}
        assert [(c.text, c.part, c.kind) for c in layout.columns][4:] == [
            (head[4], "", ""), (head[4], head[5].split("[")[1][:-1], "words"),
        ]  # fmt: skip


def test_other_is_words_beside_one_answer_and_a_tick_among_several():
    """Of several ticks, the words are all that tells that other was ticked."""
    own = ["Antwort ID", "Datum Abgeschickt", "Letzte Seite", "Start-Sprache"]
    layout = limesurvey.recognise([[*own, "Was?", "Was? [Sonstiges]", "Womit? [Rad]", "Womit? [Sonstiges]"]])
    assert layout is not None
    assert [c.kind for c in layout.columns][4:] == ["", "words", "", ""]


def test_spaces_as_underscores_and_parts_without_text():
    layout = limesurvey.recognise([["Response_ID", "Date_submitted", "Last_page", "Which_ones?_[Mail]"]])
    assert layout is not None
    assert layout.defaults["id"] == "Response_ID"
    layout = limesurvey.recognise([["id. Response ID", "submitdate. Date submitted", "lastpage. Last page",
                                    "Q1[SQ001]. Your age: []"]])  # fmt: skip
    assert layout is not None
    assert (layout.columns[3].text, layout.columns[3].part) == ("Your age:", "")


@pytest.mark.parametrize(
    "head",
    [
        [], [[]], [["id", "Q1[SQ001]"]], [["Response ID", "Which?"]], [["id", "seed", "token"]],
        [["Respondent ID", "Start Date", "End Date"]], [["a"], ["submitdate", "lastpage"]],
    ],
)  # fmt: skip
def test_other_tables_are_not_its_own(head: list[list[str]]):
    assert limesurvey.recognise(head) is None


cells = st.sampled_from([*CODES, *TEXTS, "Q1[", "Q]", "[]", "[x]", "", "x. ", "submitdate.", "[[[[", "a]]]]"])


@given(st.lists(st.lists(cells | st.text(max_size=12), max_size=8), max_size=4))
def test_any_head_is_recognised_or_not(head: list[list[str]]):
    layout = limesurvey.recognise(head)
    if layout is not None:
        assert [column.position for column in layout.columns] == list(range(1, len(head[0]) + 1))
        assert set(layout.defaults.values()) <= {column.name for column in layout.columns}
