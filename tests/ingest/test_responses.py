"""Delivered text as codes, numbers and moments; what cannot be read is named, never guessed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline import tables
from pipeline.study.loading import StudyFile, study_from_text
from tests.ingest.deliveries import delivered, ingest, written

HEAD = "title: T\nsample: {type: opt_in, population: people}\n"


def one(question: str, more: str = "") -> StudyFile:
    return study_from_text(f"{HEAD}{more}questions:\n  q: {question}\n")


def column(folder: Path, study_file: StudyFile, answers: list[str], name: str = "q", head: str = "Q") -> list[Any]:
    """What becomes of a column of answers; a second column keeps blank records apart from blank lines."""
    rows = [[head, "Else"], *([answer, "x"] for answer in answers)]
    store = ingest(delivered(folder, study_file, ("export.csv", written(rows))))
    return [row[name] for row in store.rows(tables.RESPONSES)]


def unknown(folder: Path, study_file: StudyFile) -> dict[str, int]:
    rows = ingest(delivered(folder, study_file)).rows(tables.ANSWERS)
    return {row["answer"]: row["n"] for row in rows if row["code"] is None}


NUMBERS = {
    "12": 12.0,
    " 12 ": 12.0,
    "1,200": 1200.0,
    "1,234,567.25": 1234567.25,
    "$1,200": 1200.0,
    "€ 5": 5.0,
    "12%": 12.0,
    "12.5 %": 12.5,
    "-3": -3.0,
    "1.5e3": 1500.0,
    "0": 0.0,
    "": None,
    "\u00a0": None,
}
NO_NUMBERS = ["12,5", "1,20", "about 12", "10-20", "1 200", "1.234,5", "NaN", "inf", "1e999", "9" * 400, "=1+1", "0x10"]


def test_numbers_are_read_as_people_write_them_and_nothing_is_guessed(tmp_path: Path):
    study_file = one('{type: number, text: "Q"}')
    assert column(tmp_path, study_file, [*NUMBERS, *NO_NUMBERS]) == [*NUMBERS.values(), *[None] * len(NO_NUMBERS)]
    assert unknown(tmp_path, study_file) == dict.fromkeys(NO_NUMBERS, 1)


MOMENTS = {
    "2025/03/03 9:12:50 AM GMT": datetime(2025, 3, 3, 9, 12, 50),  # Google Forms
    "2025/03/03 12:05:07 pm GMT+1": datetime(2025, 3, 3, 12, 5, 7),
    "2021-02-01 10:30:15": datetime(2021, 2, 1, 10, 30, 15),
    "2021-02-01T10:30:15": datetime(2021, 2, 1, 10, 30, 15),
    "2021-02-01T10:30:15.000Z": datetime(2021, 2, 1, 10, 30, 15),
    "2021-02-01T10:30:15+02:00": datetime(2021, 2, 1, 10, 30, 15),  # the clock of the place
    "2021-02-01 10:30:15 UTC": datetime(2021, 2, 1, 10, 30, 15),
    "2021/02/01 10:30": datetime(2021, 2, 1, 10, 30),
    "2021-02-01": datetime(2021, 2, 1),
    "02/01/2021 10:30:15 PM": datetime(2021, 2, 1, 22, 30, 15),
    "2/1/2021 10:30": datetime(2021, 2, 1, 10, 30),
    "2/1/21 10:30": datetime(2021, 2, 1, 10, 30),
    "01.02.2021 10:30": datetime(2021, 2, 1, 10, 30),
    "43200": datetime(2018, 4, 10),  # days since 30 December 1899, as Excel counts
    "43200.5": datetime(2018, 4, 10, 12),
    "43178.7361111111": datetime(2018, 3, 19, 17, 40),
    "": None,
    "13/40/2021": None,
    "2021-02-30": None,
    "2018": None,
    "infinity": None,
    "epoch": None,
    "yesterday": None,
}


def test_moments_are_read_in_the_forms_that_platforms_and_spreadsheets_write(tmp_path: Path):
    study_file = study_from_text(
        HEAD + 'columns: {started: Begun}\nquestions:\n  q: {type: single, text: "Else", options: {x: "x"}}\n'
    )
    found = column(tmp_path, study_file, list(MOMENTS), "started_at", "Begun")
    assert dict(zip(MOMENTS, found, strict=True)) == MOMENTS


def test_duration_is_what_is_delivered_or_else_the_time_between_start_and_end(tmp_path: Path):
    study_file = study_from_text(
        HEAD + "columns: {started: A, finished: B, duration: C}\n"
        'questions:\n  q: {type: single, text: "Q", options: {x: "X"}}\n'
    )
    rows = [
        ["A", "B", "C", "Q"],
        ["2021-02-01 10:00", "2021-02-01 10:02", "", "X"],
        ["", "", "95", "X"],
        ["", "", "", "X"],
    ]
    store = ingest(delivered(tmp_path, study_file, ("export.csv", written(rows))))
    assert [row["duration_seconds"] for row in store.rows(tables.RESPONSES)] == [120.0, 95.0, None]


YES_NO = '{type: single, text: "Q", options: {"yes": "Yes", "no": "No"}}'
WITH_OTHER = '{type: single, text: "Q", options: {"yes": "Yes", else: {text: "Other", is: other}}}'
BLANKS = ["", " ", "\t", "\u00a0", "\u3000", "\u200b", "\r\n"]


@pytest.mark.parametrize("question", [YES_NO, WITH_OTHER])
def test_a_cell_of_white_space_is_no_answer(tmp_path: Path, question: str):
    study_file = one(question)
    assert column(tmp_path, study_file, ["Yes", *BLANKS, "\u00a0yes "]) == ["yes", *[None] * len(BLANKS), "yes"]
    assert unknown(tmp_path, study_file) == {}


def test_an_unknown_answer_is_kept_as_none_and_counted(tmp_path: Path):
    study_file = one(YES_NO)
    assert column(tmp_path, study_file, ["Maybe", "Yes", "Maybe", "no", "NA"]) == [None, "yes", None, "no", None]
    assert unknown(tmp_path, study_file) == {"Maybe": 2, "NA": 1}


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE delivered; --", 'x" OR 1=1', "{{ 7 * 7 }}", "=SUM(A1)", "<i>a</i>", "\\'"]
)
def test_options_and_answers_of_any_content_are_only_texts(tmp_path: Path, text: str):
    quoted = text.replace("'", "''")
    study_file = one(f"""{{type: single, text: "Q", options: {{odd: '{quoted}', "no": "No"}}}}""")
    assert column(tmp_path, study_file, [text, "No", text + "!"]) == ["odd", "no", None]


def test_words_of_open_answers_end_at_the_delivered_file(tmp_path: Path):
    """Comments, and what is written beside `other`, in a column of its own."""
    study_file = study_from_text(
        HEAD + 'questions:\n  said: {type: text, text: "Said"}\n  picked: {type: multiple, text: "Picked", '
        'options: {a: "A", else: {text: "Other", is: other}}}\n'
    )
    rows = [["Said", "Picked - A", "Picked - Other"], ["secret", "A", "secret"], ["\u00a0", "", "0"], ["", "", ""]]
    store = ingest(delivered(tmp_path, study_file, ("export.csv", written(rows))))
    found = [(r["said"], r["picked__a"], r["picked__else"]) for r in store.rows(tables.RESPONSES)]
    assert found == [(1, 1, 1), (None, None, None), (None, None, None)]
    kept = (path for path in (tmp_path / "data" / "processed").rglob("*.parquet"))
    assert not [path for path in kept if b"secret" in path.read_bytes()]


def test_a_tick_is_missing_where_nothing_of_its_question_is_ticked(tmp_path: Path):
    study_file = one('{type: multiple, text: "Q", options: {a: "A", b: "B"}}')
    rows = [["Q - A", "Q - B"], ["A", ""], ["0", "1"], ["0", "0"], ["", ""], ["A", "no idea"]]
    store = ingest(delivered(tmp_path, study_file, ("export.csv", written(rows))))
    assert [(r["q__a"], r["q__b"]) for r in store.rows(tables.RESPONSES)] == [
        (1, 0), (0, 1), (None, None), (None, None), (1, 0),
    ]  # fmt: skip
    assert unknown(tmp_path, study_file) == {"no idea": 1}


def test_a_record_without_id_is_named_by_its_place(tmp_path: Path):
    study_file = one(YES_NO, "columns: {id: Q}\n".replace("Q", "Else"))
    rows = [["Q", "Else"], ["Yes", " R1 "], ["Yes", ""], ["", ""]]
    store = ingest(delivered(tmp_path, study_file, ("export.csv", written(rows))))
    assert [row["respondent_id"] for row in store.rows(tables.RESPONSES)] == ["R1", "row-2", "row-3"]


def test_records_keep_their_order_and_none_is_lost_in_a_large_file(tmp_path: Path):
    """300,000 records over several blocks of the reader, every third with line breaks in a cell."""
    study_file = one('{type: number, text: "Q"}')
    lines = (f'{i},"a\n{i}\n"\n' if i % 3 == 0 else f"{i},plain words\n" for i in range(300_000))
    store = ingest(delivered(tmp_path, study_file, ("export.csv", "Q,Else\n" + "".join(lines))))
    found = store.read(tables.RESPONSES)
    assert found["source_row"].to_pylist() == list(range(1, 300_001))
    assert found["q"].to_pylist() == list(range(300_000))
