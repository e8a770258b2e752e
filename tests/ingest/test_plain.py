"""Plain tables: nameless and repeated headers, several header rows, and what platforms call what is no question."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import tables
from pipeline.ingest import plain
from pipeline.ingest.conventions import CONVENTIONS
from pipeline.study.loading import study_from_text
from tests.ingest.deliveries import delivered, ingest, written


def read(*head: list[str]) -> list[tuple[str, str, str]]:
    """(name, text, part) of the columns of these header rows."""
    found = plain.recognise([*head, ["x"] * len(head[0])], len(head))
    assert found.header_rows == len(head)
    assert [c.position for c in found.columns] == list(range(1, len(found.columns) + 1))
    return [(c.name, c.text, c.part) for c in found.columns]


def test_nameless_and_repeated_headers_survive():
    assert read([" How? ", "", "How?", ""]) == [
        ("How?", " How? ", ""), ("", "", ""), ("How?", "How?", ""), ("", "", ""),
    ]  # fmt: skip


def test_of_two_rows_the_first_holds_names_and_the_second_texts():
    assert read(["id", "q1", "", "q2"], ["", "How old?", "Note", "Where?"]) == [
        ("id", "id", ""), ("q1", "How old?", ""), ("", "Note", ""), ("q2", "Where?", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("first", [["Which of these?", "", "How old?"], ["Which of these?"] * 2 + ["How old?"]])
def test_of_two_rows_a_question_may_stand_over_its_options(first: list[str]):
    read_texts = [(text, part) for _, text, part in read(["UserID", *first], ["", "Mail", "Post", "Response"])]
    assert read_texts == [
        ("UserID", ""), ("Which of these?", "Mail"), ("Which of these?", "Post"), ("How old?", ""),
    ]  # fmt: skip


def test_three_rows_hold_names_texts_and_parts():
    assert read(["id", "a1", "a2", "b"], ["Number", "Which?", "", "How old?"], ["", "Mail", "Post", ""]) == [
        ("id", "Number", ""), ("a1", "Which?", "Mail"), ("a2", "Which?", "Post"), ("b", "How old?", ""),
    ]  # fmt: skip


def test_header_rows_of_unequal_length_keep_every_column():
    assert read(["a"], ["How?", "Why?"]) == [("a", "How?", ""), ("", "Why?", "")]


@pytest.mark.parametrize(
    "name", ["E-mail", "Email address:", "IP Address", "phone_number", "First Name", "Last name", "Latitude",
             "Longitude", "Prénom", "E-Mail-Adresse", "Телефон"]
)  # fmt: skip
def test_personal_data_are_told_by_name(name: str):
    columns = plain.recognise([[name, f"Would you give us your {name}?"], ["x", "y"]]).columns
    assert [c.kind for c in columns] == ["personal", ""]


HEADERS: dict[str, tuple[list[str], dict[str, str], list[str]]] = {
    "Typeform": (
        ["#", "How old?", "Response Type", "Start Date (UTC)", "Stage Date (UTC)", "Submit Date (UTC)", "Network ID",
         "Tags"],
        {"id": "#", "started": "Start Date (UTC)", "finished": "Submit Date (UTC)"},
        ["metadata", "", *["metadata"] * 6],
    ),
    "Microsoft Forms": (
        ["ID", "Start time", "Completion time", "Email", "Name", "Last modified time", "How old?", "Points - How old?"],
        {"id": "ID", "started": "Start time", "finished": "Completion time"},
        ["metadata", "metadata", "metadata", "personal", "personal", "metadata", "", "metadata"],
    ),
    "Alchemer": (
        ["Response ID", "Time Started", "Date Submitted", "Status", "Contact ID", "Legacy Comments", "Comments",
         "Language", "Referer", "SessionID", "User Agent", "Tags", "IP Address", "Longitude", "Latitude", "Country",
         "City", "State/Region", "Postal", "How old?"],
        {"id": "Response ID", "started": "Time Started", "finished": "Date Submitted", "status": "Status"},
        [*["metadata"] * 12, *["personal"] * 3, "metadata", "personal", "metadata", "personal", ""],
    ),
    "Jotform": (
        ["Submission Date", "How old?", "Submission IP", "Submission ID", "Last Update Date"],
        {"id": "Submission ID", "finished": "Submission Date"},
        ["metadata", "", "personal", "metadata", "metadata"],
    ),
    "KoboToolbox": (
        ["start", "end", "How old?", "Where?", "_Where?_latitude", "_Where?_precision", "_id", "_uuid",
         "_submission_time", "_submitted_by", "__version__", "_index"],
        {"id": "_uuid", "started": "start", "finished": "end"},
        ["metadata", "metadata", "", "", "personal", *["metadata"] * 4, "personal", "metadata", "metadata"],
    ),
    "QuestionPro": (
        ["Response ID", "Response Status", "IP Address", "Timestamp (mm/dd/yyyy)", "Duplicate",
         "Time Taken to Complete (Seconds)", "Respondent Email", "How old?"],
        {"id": "Response ID", "duration": "Time Taken to Complete (Seconds)"},
        ["metadata", "metadata", "personal", "metadata", "metadata", "metadata", "personal", ""],
    ),
    "SoSci Survey": (
        ["CASE", "SERIAL", "REF", "QUESTNNR", "MODE", "STARTED", "A101", "TIME001", "TIME_SUM", "LASTDATA"],
        {"id": "CASE", "started": "STARTED", "finished": "LASTDATA", "duration": "TIME_SUM"},
        [*["metadata"] * 6, "", "paradata", "metadata", "metadata"],
    ),
    "REDCap": (
        ["record_id", "redcap_event_name", "redcap_survey_identifier", "visit_timestamp", "q1___1", "visit_complete"],
        {"id": "record_id"},
        ["metadata", "metadata", "personal", "metadata", "", "metadata"],
    ),
    "Tally": (
        ["Submission ID", "Respondent ID", "Submitted at", "How old?"],
        {"id": "Submission ID", "finished": "Submitted at"},
        ["metadata", "metadata", "metadata", ""],
    ),
}  # fmt: skip


@pytest.mark.parametrize("platform", CONVENTIONS)
def test_what_platforms_add_is_told_from_questions(platform: str):
    names, defaults, kinds = HEADERS[platform]
    found = plain.recognise([names, ["x"] * len(names)])
    assert found.platform == "plain"
    assert found.defaults == defaults
    assert [c.kind for c in found.columns] == kinds


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (
            "Response ID|Time Started|Date Submitted|Role?|Other - Write In:Role?|Apple:Which: fruit?"
            "|Pear:Which: fruit?",
            {("Role?", "", ""), ("Role?", "Other - Write In", "words"), ("Which: fruit?", "Apple", ""),
             ("Which: fruit?", "Pear", "")},
        ),
        (
            "_uuid|_submission_time|group/Which fruit?|group/Which fruit?/Apple|group/Which fruit?/Pear|a/b",
            {("group/Which fruit?", "", "metadata"), ("group/Which fruit?", "Apple", ""),
             ("group/Which fruit?", "Pear", ""), ("a/b", "", "")},
        ),
        (
            "Submission Date|Submission ID|How often? >> Run|How often? >> Swim|Ratio a >> b",
            {("How often?", "Run", ""), ("How often?", "Swim", ""), ("Ratio a >> b", "", "")},
        ),
        (
            "record_id|redcap_event_name|Fruit (choice=Apple)|Fruit (choice=Pear)|Odd (choice=one)",
            {("Fruit", "Apple", ""), ("Fruit", "Pear", ""), ("Odd (choice=one)", "", "")},
        ),
    ],
    ids=["Alchemer", "KoboToolbox", "Jotform", "REDCap"],
)  # fmt: skip
def test_names_that_hold_question_and_part_are_taken_apart(names: str, expected: set[tuple[str, str, str]]):
    """How each platform joins them is in its own documentation of exports."""
    header = names.split("|")
    columns = plain.recognise([header]).columns
    own = [c for c in columns if c.kind not in ("metadata", "personal") or "/" in c.text]
    assert {(c.text, c.part, c.kind) for c in own} == expected


def test_names_that_others_use_too_tell_nothing_alone():
    for names in (["ID", "Start time", "Brand"], ["#", "Token"], ["Status", "Country"], ["start", "end"]):
        found = plain.recognise([names, ["x"] * len(names)])
        assert found.defaults == {}
        assert {c.kind for c in found.columns} == {""}


def test_a_metadata_name_that_stands_twice_is_nobodys():
    found = plain.recognise([["ID", "Start time", "Completion time", "id"], ["x"] * 4])
    assert found.defaults == {"started": "Start time", "finished": "Completion time"}


def test_a_delivery_of_a_convention_has_ids_and_dates_without_a_declaration(tmp_path: Path):
    study = study_from_text(
        "title: T\nsample: {type: opt_in, population: people}\n"
        'questions:\n  q: {type: single, text: "How?", options: {a: A, b: B}}\n',
        "tiny",
    )
    rows = [["#", "How?", "Start Date (UTC)", "Submit Date (UTC)"],
            ["k1", "A", "2024-03-01 10:00:00", "2024-03-01 10:01:30"],
            ["k2", "B", "2024-03-02 11:00:00", "2024-03-02 11:00:45"]]  # fmt: skip
    found = ingest(delivered(tmp_path, study, ("export.csv", written(rows)))).rows(tables.RESPONSES)
    assert [(row["respondent_id"], row["q"], row["finished_at"].isoformat()) for row in found] == [
        ("k1", "a", "2024-03-01T10:01:30"), ("k2", "b", "2024-03-02T11:00:45"),
    ]  # fmt: skip


@given(st.lists(st.lists(st.text(max_size=9), max_size=6), max_size=5), st.integers(1, 6))
def test_any_records_have_a_layout(head: list[list[str]], header_rows: int):
    found = plain.recognise(head, header_rows)
    width = max((len(row) for row in head[: min(header_rows, 3)]), default=0)
    assert [c.position for c in found.columns] == list(range(1, width + 1))
