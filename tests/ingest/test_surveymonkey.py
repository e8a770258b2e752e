"""SurveyMonkey exports: one header row or two, parents once or over each, what is beside an answer, who answered."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.ingest import surveymonkey
from pipeline.ingest.layout import Layout

ABOUT = ["Respondent ID", "Collector ID", "Start Date", "End Date", "IP Address", "Email Address", "First Name",
         "Last Name", "Custom Data 1"]  # fmt: skip
ROW = ["114", "55", "01/02/2021 10:00:00 AM", "01/02/2021 10:05:00 AM", "192.0.2.7", "a@example.org", "Ann", "Lee", "x"]


def layout(first: list[str], second: list[str], about: list[str] | None = None) -> Layout:
    """The layout of a file with these questions behind the columns about the respondent."""
    before = ABOUT if about is None else about
    found = surveymonkey.recognise([[*before, *first], [*[""] * len(before), *second], [*ROW[: len(before)], "x"]])
    assert found is not None
    return found


def texts(found: Layout) -> list[tuple[str, str, str]]:
    """(text, part, kind) of the columns behind those about the respondent."""
    return [(c.text, c.part, c.kind) for c in found.columns if c.position > len(ABOUT)]


def test_columns_about_the_respondent_are_told():
    found = layout(["How?"], ["Response"])
    assert [c.kind for c in found.columns] == [*["metadata"] * 4, *["personal"] * 5, ""]
    assert found.defaults == {"id": "Respondent ID", "started": "Start Date", "finished": "End Date"}


@pytest.mark.parametrize("name", ["Custom Data", "Custom Data 12", "CustomData2", "E-mail address", "Phone number"])
def test_fields_with_personal_data_are_told(name: str):
    assert layout([name, "How?"], ["", "Response"]).columns[len(ABOUT)].kind == "personal"


def test_fields_of_the_study_stand_before_the_questions_and_have_nothing_below_them():
    found = layout(["source", "How?", "Note"], ["", "Response", ""])
    assert texts(found) == [("source", "", "metadata"), ("How?", "", ""), ("Note", "", "")]


@pytest.mark.parametrize("parents", [["Which?", "", "", "", "How?", ""], ["Which?"] * 4 + ["How?"] * 2])
def test_other_is_words_beside_one_answer_and_a_tick_among_several(parents: list[str]):
    below = ["Mail", "Post", "Other (please specify)", "Other (please specify)", "Response", "Other (please specify)"]
    assert texts(layout(parents, below)) == [
        ("Which?", "Mail", ""), ("Which?", "Post", ""), ("Which?", "Other (please specify)", ""),
        ("Which?", "Other (please specify)", ""), ("How?", "", ""), ("How?", "Other (please specify)", "words"),
    ]  # fmt: skip


def test_a_second_row_may_be_blank_or_shorter():
    for second in (["", ""], []):
        found = layout(["Which?", "How?"], second)
        assert found.header_rows == 2
        assert texts(found) == [("Which?", "", ""), ("How?", "", "")]


def test_of_one_header_row_other_belongs_to_the_question_before_it():
    found = surveymonkey.recognise([["RespondentID", "Which?", "Other (please specify)"], ["7", "Red", ""]])
    assert found is not None
    assert [(c.text, c.kind) for c in found.columns] == [
        ("RespondentID", "metadata"), ("Which?", ""), ("Other (please specify)", "words"),
    ]  # fmt: skip


def test_boxes_of_a_contact_question_are_personal_and_channels_are_not():
    found = layout(
        ["Reach us", "", "", "", "Channels?", "", "Address?"],
        ["Name", "City/Town", "Email Address", "Phone Number", "Email Address", "Phone Number", "Open-Ended Response"],
    )
    assert [kind for *_, kind in texts(found)] == ["personal", "", "personal", "personal", "", "", ""]


def test_who_answered_may_stand_further_on_or_be_left_out():
    for first in (["Collector ID", "Start Date", "Which?"], ["Date Created", "Respondent ID", "Which?"]):
        found = surveymonkey.recognise([first, ["", "", "Response"], ["5", "1", "Red"]])
        assert found is not None
        assert found.header_rows == 2
    assert found.defaults == {"id": "Respondent ID", "started": "Date Created", "finished": "End Date"}


def test_other_platforms_with_respondents_are_not_taken_for_it():
    assert surveymonkey.recognise([["Submission ID", "Respondent ID", "Submitted at"], ["1", "2", "3"]]) is None
    assert surveymonkey.recognise([["Which?", "Respondent ID"], ["1", "2"]]) is None


cells = st.sampled_from(
    [*ABOUT, "Response", "Open-Ended Response", "Other (please specify)", "Which?", "", "\u00a0"]
) | st.text(max_size=9)


@given(st.lists(st.lists(cells, max_size=8), max_size=4))
def test_any_records_have_a_layout_or_none(head: list[list[str]]):
    for records in (head, [["Respondent ID", *head[0]], *head[1:]] if head else []):
        found = surveymonkey.recognise(records)
        if found is not None:
            assert [c.position for c in found.columns] == list(range(1, len(records[0]) + 1))
            assert 1 <= found.header_rows <= len(records)
