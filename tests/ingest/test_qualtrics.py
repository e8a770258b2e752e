"""Qualtrics exports as they come: ids whole, timers, orders and words told from questions, rows told apart."""

from __future__ import annotations

import json
import time

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
        ("Q9", "Escaped quotes", r"{\"ImportId\":\"QID9\"}"),
        ("Q10", "Quoted once more", '"{""ImportId"":""QID10"",""choiceId"":""x2""}"'),
        ("Q11", "Python's words", "{'ImportId': 'QID11', 'choiceId': '4', 'isLabelsColumn': True}"),
        ("Q12_1_x", "Heat", {"ImportId": "QID12", "point": 1, "coord": "x"}),
        ("Q12_1_y", "Heat", {"ImportId": "QID12", "point": 1, "coord": "y"}),
        ("Q13", "Answers", {"ImportId": "QID13", "isLabelsColumn": False}),
        ("Q13", "Labels", {"ImportId": "QID13", "isLabelsColumn": True}),
        ("Block_DO_Q8", "Order", {"ImportId": "BL_cMZ_DO", "choiceId": "Q8"}),
    )
    assert [c.import_id for c in found.columns] == [
        "QID5_1", "QID5_2", "startDate", "QID7", "QID8", "QID9", "QID10_x2", "QID11_4", "QID12_1_x", "QID12_1_y",
        "QID13", "QID13_isLabelsColumn", "BL_cMZ_DO_Q8",
    ]  # fmt: skip


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
        ("Q_DuplicateRespondent", "Q_DuplicateRespondent", "metadata"), ("Q_New", "Q_New", "metadata"),
        ("RecipientEmail", "recipientEmail", "personal"), ("RecipientEmail", "panel-RecipientEmail", "personal"),
        ("LocationLatitude", "Location-LocationLatitude", "personal"), ("phone", "phone", "personal"),
        ("QID3_1", "1_QID3_PAGE_SUBMIT", "paradata"), ("Block_DO_Q8", "BL_cMZ_DO_Q8", "paradata"),
        ("DO-Q-Q1", "DO-Q-Q1", "paradata"), ("Q5#1_DO_2", "QID5#1_DO_2", "paradata"),
        ("Q1_Browser", "QID1_BROWSER", "metadata"), ("Q1_Resolution", "QID1_RESOLUTION", "metadata"),
        ("Q9_Name", "QID9_FILE_NAME", "personal"), ("Q9_Size", "QID9_FILE_SIZE", "metadata"),
        ("Q7_NPS_GROUP", "QID7_NPS_GROUP", "metadata"), ("SC0", "SC_6mudEEycYo5zehT", "metadata"),
        ("Q2 - Topics", "QID2_TEXT_eae5a8d0e7fd4bd183e983e5Topics", "metadata"),
        ("WHAT_DO", "QID8", ""), ("WHAT_DO_YOU", "WHAT_DO_YOU", ""), ("Email", "QID8_TEXT", ""),
        ("Q5#1_1", "QID5#1_1", ""), ("Q6_x3", "QID6_x3", ""), ("Q17_0_5_RANK", "QID17_G0_5_RANK", ""),
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


def test_texts_of_a_form_are_answers_and_texts_beside_options_are_words():
    found = layout(
        ("Q1_4", "Tell us - Town", {"ImportId": "QID1_4_TEXT"}),
        ("Q1_5", "Tell us - Trade", {"ImportId": "QID1_5_TEXT"}),
        ("Q2", "Which? - Selected Choice", {"ImportId": "QID2"}),
        ("Q2_8_TEXT", "Which? - Other - Text", {"ImportId": "QID2_8_TEXT"}),
        ("Q3_1", "And? - Selected Choice - A", {"ImportId": "QID3", "choiceId": "1"}),
        ("Q3_2", "And? - Selected Choice - Other", {"ImportId": "QID3", "choiceId": "2"}),
        ("Q3_2_TEXT", "And? - Other - Text", {"ImportId": "QID3_2_TEXT"}),
        ("Q4_9_TEXT", "Where? - Other - Text", {"ImportId": "QID4_9_TEXT"}),
    )  # fmt: skip
    assert [(c.text, c.part, c.kind) for c in found.columns] == [
        ("Tell us", "Town", ""), ("Tell us", "Trade", ""), ("Which? - Selected Choice", "", ""),
        ("Which?", "Other - Text", "words"), ("And?", "A", ""), ("And?", "Other", ""),
        ("And?", "Other - Text", "words"), ("Where? - Other - Text", "", "words"),
    ]  # fmt: skip


def test_ticks_in_each_row_of_a_table_are_told_apart_by_row():
    found = layout(
        *((f"Q1_{r}_{c}", f"Use - {row} - {use}", {"ImportId": f"QID1_{r}_{c}"})
          for r, row in enumerate(("Mail", "Post"), 1) for c, use in enumerate(("Home", "Work"), 1)),
        ("Q2_1_1", "How many - Cats - Number", {"ImportId": "QID2_1_1"}),
        ("Q2_2_1", "How many - Dogs - Number", {"ImportId": "QID2_2_1"}),
    )  # fmt: skip
    assert [(c.text, c.part) for c in found.columns] == [
        ("Use - Mail", "Home"), ("Use - Mail", "Work"), ("Use - Post", "Home"), ("Use - Post", "Work"),
        ("How many", "Cats - Number"), ("How many", "Dogs - Number"),
    ]  # fmt: skip


def test_options_that_begin_alike_are_told_from_the_question_by_the_selected_choice():
    found = layout(
        ("Q1_1", "Where? - Selected Choice - Work - desk", {"ImportId": "QID1", "choiceId": "1"}),
        ("Q1_2", "Where? - Selected Choice - Work - hall", {"ImportId": "QID1", "choiceId": "2"}),
    )
    assert [(c.text, c.part) for c in found.columns] == [("Where?", "Work - desk"), ("Where?", "Work - hall")]


def test_what_is_worked_out_from_a_question_takes_no_part_of_its_text():
    found = layout(
        ("Q1", "Likely - in short", {"ImportId": "QID1"}),
        ("Q1_NPS_GROUP", "Likely - in short - Group", {"ImportId": "QID1_NPS_GROUP"}),
        ("Q2", "Why - tell us", {"ImportId": "QID2_TEXT"}),
        ("Q2 - Topics", "Why - tell us - Topics", {"ImportId": "QID2_TEXT_eae5a8d0e7fd4bd183e983e5Topics"}),
    )
    assert {c.part for c in found.columns} == {""}


def test_metadata_are_found_whatever_they_are_called():
    ids = layout(*((name, "x", {"ImportId": name}) for name in ("startDate", "_recordId", "duration", "QID1")))
    assert [ids.defaults[key] for key in ("id", "started", "duration", "finished")] == [
        "_recordId", "startDate", "duration", "EndDate",
    ]  # fmt: skip
    newer = layout(
        ("Q_DuplicateRespondent", "x", {"ImportId": "Q_DuplicateRespondent"}), ("Q1", "x", {"ImportId": "QID1"})
    )
    assert newer.defaults["ballot_box"] == "Q_DuplicateRespondent"
    both = layout(
        ("Q_DuplicateRespondent", "x", {"ImportId": "Q_DuplicateRespondent"}),
        ("Q_BallotBoxStuffing", "x", {"ImportId": "Q_BallotBoxStuffing"}),
    )
    assert both.defaults["ballot_box"] == "Q_BallotBoxStuffing"
    asked = layout(("Status", "Are you well?", {"ImportId": "QID4"}), ("Status", "Type", {"ImportId": "status"}))
    assert asked.defaults["status"] == "Status"
    field = layout(("Status", "Status", {"ImportId": "Status"}), ("Status", "Type", {"ImportId": "status"}))
    assert field.defaults["status"] == "status"  # and not the field of the study's own


def test_a_third_row_alone_below_the_names_is_enough():
    found = qualtrics.recognise([["StartDate", "Q1"], ['{"ImportId":"startDate"}', '{"ImportId":"QID1"}'], ["x", "y"]])
    assert found is not None
    assert (found.header_rows, [c.text for c in found.columns]) == (2, ["StartDate", "Q1"])


NAMES = ["StartDate", "EndDate", "Status", "Duration (in seconds)", "RecordedDate", "ResponseId", "UserLanguage", "Q1",
         "Q2_1_TEXT", "Q3_Page Submit"]  # fmt: skip
GERMAN = ["Anfangsdatum", "Enddatum", "Antworttyp", "Dauer (in Sekunden)", "Erfassungsdatum", "Antwort-ID",
          "Benutzersprache", "Wie 2024?", "Was? - Anderes - Text", "Zeit - Page Submit"]  # fmt: skip
ANSWERS = ["2024-03-01 10:00:00", "2024-03-01 10:01:00", "0", "60", "2024-03-01 10:01:01", "R_2YPOQ602ER1jkf1", "DE",
           "gut", "so", "1.5"]  # fmt: skip


@pytest.mark.parametrize(("head", "header_rows"), [([NAMES, GERMAN, ANSWERS], 2), ([NAMES, ANSWERS, ANSWERS], 1)])
def test_files_from_which_header_rows_were_taken_out_are_told_by_names(head: list[list[str]], header_rows: int):
    found = qualtrics.recognise(head)
    assert found is not None
    assert found.header_rows == header_rows
    assert [c.text for c in found.columns] == (GERMAN if header_rows == 2 else NAMES)
    assert [c.kind for c in found.columns] == [*["metadata"] * 7, "", "words", "paradata"]
    assert (found.defaults["id"], found.defaults["duration"]) == ("ResponseId", "Duration (in seconds)")


def test_texts_of_old_exports_are_divided_by_a_bare_dash():
    """ResponseID in one word is how they head their first column."""
    names = ["V1", "V8", "V9", "V10", "Q1", "Q2_1", "Q2_2", "Q3_3_TEXT", "Q4_1", "Q4_3", "DO-Q-Q1", ""]
    texts = ["ResponseID", "StartDate", "EndDate", "Finished", "Why - if so?", "Which, then?-By mail",
             "Which, then?-By post", "Else?-Other-TEXT", "Timing-First Click", "Timing-Page Submit",
             "Display Order: Why - if so?", ""]  # fmt: skip
    found = qualtrics.recognise([names, texts, ["R_1"] * 12])
    assert found is not None
    assert [(c.text, c.part) for c in found.columns][4:7] == [
        ("Why - if so?", ""), ("Which, then?", "By mail"), ("Which, then?", "By post"),
    ]  # fmt: skip
    assert [c.kind for c in found.columns][4:] == ["", "", "", "words", "paradata", "paradata", "paradata", ""]


def test_ten_thousand_columns_are_looked_at_in_moments():
    columns = [(f"Q1_{i}", f"Which? - {i}", {"ImportId": "QID1", "choiceId": str(i)}) for i in range(5_000)]
    table = [(f"Q2_{i}_1", f"Rate - {i} - a", {"ImportId": f"QID2_{i}_1"}) for i in range(5_000)]
    before = time.perf_counter()
    found = layout(*columns, *table)
    assert time.perf_counter() - before < 5
    assert (found.columns[4_999].text, found.columns[4_999].part) == ("Which?", "4999")


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
        "ResponseID",
        "Duration (in seconds)",
        "StartDate",
        "Status",
        "V1",
        "Q2_1_TEXT",
        "Which?-A",
        "Which? - Selected Choice - A",
        '{"ImportId":"QID1","choiceId":"2"}',
        "{'ImportId': '_recordId', 'x': None}",
        '{"ImportId":["QID1_1"],"choiceId":{}}',
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


@given(st.lists(st.lists(cells, max_size=6), max_size=5))
def test_no_table_makes_a_recogniser_fail(head: list[list[str]]):
    for platform in (qualtrics, surveymonkey, limesurvey, google_forms):
        found = platform.recognise(head)
        assert found is None or [c.position for c in found.columns] == list(range(1, len(head[0]) + 1))
    assert len(plain.recognise(head).columns) == len((head or [[]])[0])
