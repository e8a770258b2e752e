"""Qualtrics exports as they come: ids whole, timers, orders and words told from questions, rows told apart."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ingest import google_forms, limesurvey, plain, qualtrics, surveymonkey
from pipeline.ingest.layout import Layout


def layout(*columns: tuple[str, str, object]) -> Layout:
    """The layout of columns with name, label and the third row's cell (or what stands in its JSON)."""
    third = [c[2] if isinstance(c[2], str) else json.dumps(c[2]) for c in columns]
    found = qualtrics.recognise([[c[0] for c in columns], [c[1] for c in columns], third, ["x"] * len(columns)])
    assert found is not None
    return found


def test_the_whole_id_is_the_key_where_names_repeat():
    found = layout(
        ("Q5", "Which?", {"ImportId": "QID5", "choiceId": "1"}),
        ("Q5", "Which?", {"ImportId": "QID5", "choiceId": "2"}),
        ("StartDate", "Start Date", {"ImportId": "startDate", "timeZone": "America/Denver"}),
        ("Q7", "Single quotes", "{'ImportId': 'QID7'}"),
        ("Q8", "Doubled quotes", '{""ImportId"":""QID8""}'),
    )
    assert [c.import_id for c in found.columns] == ["QID5_1", "QID5_2", "startDate", "QID7", "QID8"]


@pytest.mark.parametrize(
    ("name", "import_id", "kind"),
    [
        ("Q1", "QID1", ""), ("Status", "QID9", ""), ("Status", "status", "metadata"),
        ("IPAddress", "ipAddress", "personal"),
        ("Q2_8_TEXT", "QID2_8_TEXT", "words"), ("Q6", "QID6_TEXT", ""), ("2_Q2_8_TEXT", "2_QID2_8_TEXT", "words"),
        ("Q3_First Click", "QID3_FIRST_CLICK", "paradata"), ("Q3_Page Submit", "QID3_PAGE_SUBMIT", "paradata"),
        ("Q3_Click Count", "QID3_CLICK_COUNT", "paradata"), ("Q4_DO_2", "QID4_DO_2", "paradata"),
        ("FL_3_DO", "FL_3_DO", "paradata"),
        ("Q_RelevantIDFraudScore", "Q_RelevantIDFraudScore", "metadata"), ("panel", "panel", ""),
    ],
)  # fmt: skip
def test_what_is_no_question_is_told(name: str, import_id: str, kind: str):
    assert layout((name, "Label", {"ImportId": import_id})).columns[0].kind == kind


def test_rows_and_options_are_told_from_the_question_they_belong_to():
    found = layout(
        ("Q1_1", "How often - in a week - Mail", {"ImportId": "QID1_1"}),
        ("Q1_2", "How often - in a week - Post - by hand", {"ImportId": "QID1_2"}),
        ("Q2_1", "Which? - Selected Choice - A, or so", {"ImportId": "QID2_1"}),
        ("Q2_2", "Which? - Selected Choice - B", {"ImportId": "QID2_2"}),
        ("Q3#1_1", "Left - Row", {"ImportId": "QID3#1_1"}),
        ("Q3#2_1", "Right - Row", {"ImportId": "QID3#2_1"}),
        ("1_Q4", "Of the first", {"ImportId": "1_QID4"}),
        ("2_Q4", "Of the second", {"ImportId": "2_QID4"}),
    )
    assert [(c.text, c.part) for c in found.columns] == [
        ("How often - in a week", "Mail"), ("How often - in a week", "Post - by hand"), ("Which?", "A, or so"),
        ("Which?", "B"), ("Left - Row", ""), ("Right - Row", ""), ("Of the first", ""), ("Of the second", ""),
    ]  # fmt: skip


def test_old_exports_have_two_header_rows():
    names = ["V1", "V2", "V3", "V6", "V8", "V9", "V10", "Q1", "Q2_1", "Q2_2"]
    texts = [
        "ResponseID",
        "ResponseSet",
        "Name",
        "IPAddress",
        "StartDate",
        "EndDate",
        "Finished",
        "How?",
        "Which?-A",
        "Which?-B",
    ]
    found = qualtrics.recognise(
        [names, texts, ["R_1", "Default", "", "1", "2015-01-01", "2015-01-01", "1", "Well", "1", ""]]
    )
    assert found is not None
    assert (found.header_rows, found.defaults) == (2, {"id": "V1", "started": "V8", "finished": "V9"})
    kinds = [c.kind for c in found.columns]
    assert kinds == ["metadata", "metadata", "personal", "personal", *["metadata"] * 3, "", "", ""]


def test_a_table_that_only_shares_some_words_is_no_old_export():
    assert qualtrics.recognise([["Name", "Status", "Finished"], ["Ann", "new", "yes"], ["Bo", "old", "no"]]) is None
    assert qualtrics.recognise([["Name", "Status", "Finished"], ["Name", "Status", "Finished"]]) is None


cells = st.text(max_size=30) | st.sampled_from(
    [
        "Respondent ID",
        "ResponseId",
        "Response ID",
        "id",
        "Timestamp",
        "Q1[SQ001]",
        '{"ImportId":"QID1"}',
        "Question [Row]",
        "",
    ]
)


@given(st.lists(st.lists(cells, min_size=1, max_size=6), min_size=1, max_size=5))
def test_no_table_makes_a_recogniser_fail(head: list[list[str]]):
    for platform in (qualtrics, surveymonkey, limesurvey, google_forms):
        found = platform.recognise(head)
        assert found is None or [c.position for c in found.columns] == list(range(1, len(found.columns) + 1))
    assert len(plain.recognise(head).columns) == len(head[0])
