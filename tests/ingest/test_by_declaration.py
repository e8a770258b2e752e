"""What the study file says of a delivery counts: codes, merged options, split forms, what stands for none."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import Any

import pytest

from pipeline import tables
from pipeline.errors import StudyFileError
from pipeline.ingest.responses import available_variables
from pipeline.study.loading import StudyFile, study_from_text
from tests.ingest.deliveries import delivered, ingest, written

HEAD = "title: T\nsample: {type: opt_in, population: people}\n"


def study(questions: str, more: str = "") -> StudyFile:
    return study_from_text(f"{HEAD}{more}questions:\n{questions}")


def rows(folder: Path, study_file: StudyFile, *records: list[str], wave: str = "w") -> list[dict[str, Any]]:
    """Table `responses` of a wave with these records, the first of which is the header."""
    store = ingest(delivered(folder, study_file, ("export.csv", written(list(records))), wave=wave))
    return store.rows(tables.RESPONSES)


def column(name: str, found: list[dict[str, Any]]) -> list[Any]:
    return [row[name] for row in found]


OPTIONS = 'q: {type: single, text: "Q", options: {a: {text: "Agree", code: "1"}, b: {text: "Disagree", code: "2"}}}'


def test_an_option_is_read_by_its_text_and_by_its_code(tmp_path: Path):
    found = rows(
        tmp_path, study(f"  {OPTIONS}\n"), ["Q", "X"], *([cell, "x"] for cell in ("1", "Agree", "2", "2.0", "3"))
    )
    assert column("q", found) == ["a", "a", "b", "b", None]


def test_codes_joined_in_a_cell_are_taken_apart(tmp_path: Path):
    question = '  q: {type: multiple, text: "Q", options: {a: {text: "A", code: "1"}, b: {text: "B", code: "12"}}}\n'
    found = rows(tmp_path, study(question), ["Q", "X"], ["1,12", "x"], ["12", "x"], ["", "x"])
    assert [(row["q__a"], row["q__b"]) for row in found] == [(1, 1), (0, 1), (None, None)]


def test_options_of_an_earlier_wave_may_be_merged_and_renamed(tmp_path: Path):
    question = """  size:
    type: single
    text: "How many?"
    options:
      small: {text: "1-249", was: {"2018": ["1-49", "50-249"]}}
      large: {text: "250 and more", also: ["250+"]}
"""
    before = rows(tmp_path, study(question), ["How many?", "X"], ["1-49", "x"], ["50-249", "x"], ["1-249", "x"],
                  ["250+", "x"], wave="2018")  # fmt: skip
    assert column("size", before) == ["small", "small", None, "large"]
    after = rows(tmp_path, study(question), ["How many?", "X"], ["1-49", "x"], ["1-249", "x"], wave="2020")
    assert column("size", after) == [None, "small"]


def test_a_question_may_have_been_worded_or_called_otherwise(tmp_path: Path):
    question = """  q:
    type: single
    text: "New wording?"
    was: {"2018": "Old wording?", "2019": {column: Q7}}
    options: {a: A, b: B}
"""
    for wave, name in {"2018": "Old wording?", "2019": "Q7", "2020": "New wording?"}.items():
        assert column("q", rows(tmp_path / wave, study(question), ["X", name], ["x", "A"], wave=wave)) == ["a"]


def test_of_two_versions_the_one_that_was_asked_counts(tmp_path: Path):
    question = '  q: {type: single, text: "Q", column: [form_a, form_b], options: {a: A, b: B}}\n'
    found = rows(tmp_path, study(question), ["form_a", "form_b"], ["A", ""], ["", "B"], ["A", "B"], ["", ""])
    assert column("q", found) == ["a", "b", "a", None]


def test_a_single_answer_may_be_spread_over_columns(tmp_path: Path):
    question = """  sex:
    type: single
    options: {m: {text: Male, column: sex_male}, f: {text: Female, column: sex_female}}
"""
    found = rows(tmp_path, study(question), ["sex_male", "sex_female"], ["1", "0"], ["0", "1"], ["0", "0"], ["1", "1"])
    assert column("sex", found) == ["m", "f", None, None]


def test_a_single_answer_spread_over_columns_is_known_to_be_there(tmp_path: Path):
    question = '  q: {type: single, options: {a: {text: "A", column: "q_a"}, b: {text: "B", column: "q_b"}}}\n'
    study_file = study(question)
    store = ingest(delivered(tmp_path, study_file, ("export.csv", written([["q_a", "q_b"], ["1", "0"]])), wave="w"))
    declared = study_file.study
    there = available_variables(store.rows(tables.SOURCE_COLUMNS), declared.questions, declared.scales, "w")
    assert "q" in there


@pytest.mark.parametrize(
    ("header", "record"), [(["Q - A", "Q - B"], ["A", ""]), (["Q", "X"], ["A", "x"])], ids=["a column each", "joined"]
)
def test_an_option_that_a_wave_did_not_offer_is_not_available_there(
    tmp_path: Path, header: list[str], record: list[str]
):
    study_file = study('  q: {type: multiple, text: "Q", options: {new: {text: "N", waves: ["2"]}, a: "A", b: "B"}}\n')
    store = ingest(delivered(tmp_path, study_file, ("export.csv", written([header, record])), wave="1"))
    declared = study_file.study
    there = available_variables(store.rows(tables.SOURCE_COLUMNS), declared.questions, declared.scales, "1")
    assert {"q__a", "q__b"} <= there
    assert "q__new" not in there
    assert store.rows(tables.RESPONSES)[0]["q__a"] == 1


def test_a_column_of_an_option_is_found_by_other_texts_that_mean_it(tmp_path: Path):
    study_file = study('  q: {type: multiple, text: "Q", options: {a: {text: "A", also: ["A2", "A3"]}, b: "B"}}\n')
    found = rows(tmp_path, study_file, ["Q - A3", "Q - B"], ["A3", ""], ["", "B"])
    assert [(row["q__a"], row["q__b"]) for row in found] == [(1, 0), (0, 1)]


def test_a_row_of_a_grid_may_be_asked_in_some_waves_only(tmp_path: Path):
    grid = """  g:
    type: grid
    text: "G"
    options: {"yes": "Yes", "no": "No"}
    rows: {old: {text: "Old", waves: ["1"]}, new: {text: "New", waves: ["2"]}}
"""
    study_file = study(grid)
    store = ingest(
        delivered(tmp_path, study_file, ("e.csv", written([["G - Old", "G - New"], ["Yes", "No"]])), wave="1")
    )
    roles = {row["variable"]: row["role"] for row in store.rows(tables.SOURCE_COLUMNS) if row["variable"]}
    assert roles["g__new"] == "not asked"
    assert [(row["g__old"], row["g__new"]) for row in store.rows(tables.RESPONSES)] == [("yes", None)]


def test_an_option_ticked_by_its_own_number(tmp_path: Path):
    question = """  q:
    type: multiple
    text: "Q"
    options: {a: {text: A, column: q_1}, b: {text: B, column: q_2}, c: {text: C, column: q_3}}
"""
    found = rows(tmp_path, study(question), ["q_1", "q_2", "q_3"], ["1", "2", ""], ["", "", "3"], ["1", "", ""])
    assert [(row["q__a"], row["q__b"], row["q__c"]) for row in found] == [(1, 1, 0), (0, 0, 1), (1, 0, 0)]


def test_what_means_ticked_may_be_said(tmp_path: Path):
    question = """  q:
    type: multiple
    text: "Q"
    ticked: "1"
    options: {a: {text: A, column: q_1}, b: {text: B, column: q_2}}
"""
    found = rows(tmp_path, study(question), ["q_1", "q_2"], ["1", "2"], ["2", "2"], ["2", "1"])
    assert [(row["q__a"], row["q__b"]) for row in found] == [(1, 0), (None, None), (0, 1)]


def test_what_stands_for_none_is_none_unless_an_option_is_called_so(tmp_path: Path):
    questions = """  q: {type: single, text: "Q", options: {a: A, na: "N/A"}}
  r: {type: single, text: "R", options: {a: A, b: B}}
  n: {type: number, text: "N"}
  t: {type: text, text: "T", missing: ["nothing"]}
"""
    more = 'columns: {missing: ["N/A", "#N/A"]}\n'
    found = rows(
        tmp_path, study(questions, more), ["Q", "R", "N", "T"], ["n/a", "N/A", "#N/A", "Nothing"], ["A", "B", "3", "x"]
    )
    assert [(row["q"], row["r"], row["n"], row["t"]) for row in found] == [("na", None, None, None), ("a", "b", 3, 1)]


UNANSWERED = """  q: {type: single, text: "Q", options: {a: A, b: B}}
  m: {type: multiple, text: "M", options: {x: {text: X, column: m_1}, y: {text: Y, column: m_2}}}
  n: {type: number, text: "N"}
"""


def test_shown_and_not_answered_is_kept_apart_from_not_shown(tmp_path: Path):
    found = rows(tmp_path, study(UNANSWERED, 'columns: {unanswered: "-99"}\n'), ["Q", "m_1", "m_2", "N"],
                 ["A", "0", "0", "-99"], ["-99", "1", "0", ""], ["", "", "", "5"])  # fmt: skip
    assert [(row["q"], row["m__x"], row["n"]) for row in found] == [("a", None, None), (None, 1, None), (None, None, 5)]
    shown = [(row["shown__q"], row["shown__m"], row["shown__n"]) for row in found]
    assert shown == [(1, 1, 1), (1, 1, 0), (0, 0, 1)]


def test_an_export_without_any_mark_does_not_tell_who_was_shown_what(tmp_path: Path):
    found = rows(tmp_path, study(UNANSWERED, 'columns: {unanswered: "-99"}\n'), ["Q", "m_1", "m_2", "N"],
                 ["A", "0", "0", ""], ["", "", "", "5"])  # fmt: skip
    assert column("shown__q", found) == [1, 1]


def test_ids_become_hmacs_of_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SURVEY_ID_KEY", key := "a key that is long enough")
    more = "columns: {id: Mail, pseudonymise: yes}\n"
    found = rows(tmp_path, study(f"  {OPTIONS}\n", more), ["Mail", "Q"], ["zoë@example.org", "1"], ["", "1"])
    expected = hmac.new(key.encode(), "zoë@example.org".encode(), hashlib.sha256).hexdigest()
    assert column("respondent_id", found) == [expected, "row-2"]


def test_the_key_of_ids_is_made_once_and_for_its_owner_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("SURVEY_ID_KEY", raising=False)
    more = "columns: {id: Mail, pseudonymise: yes}\n"
    first, again = (
        column("respondent_id", rows(tmp_path, study(f"  {OPTIONS}\n", more), ["Mail", "Q"], ["a", "1"])) for _ in "12"
    )
    key = tmp_path / "data" / "raw" / ".id-key"
    assert first == again == [hmac.new(key.read_bytes(), b"a", hashlib.sha256).hexdigest()]
    assert key.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("option", "cell"),
    [("10-49", "Oct-49"), ("10-49", "1949-10-01"), ("10-49", "2049-10-01 00:00:00"), ("1-5", "5-Jan"), ("1-5", "1-May"),
     ("1-5", "2026-01-05"), ("2-4", "2025-04-02 00:00:00"), ("6/10", "10-Jun")],
)  # fmt: skip
def test_an_option_that_a_spreadsheet_took_for_a_date_is_known_again(tmp_path: Path, option: str, cell: str):
    question = f'  q: {{type: single, text: "Q", options: {{a: "{option}", b: "more"}}}}\n'
    assert column("q", rows(tmp_path, study(question), ["Q", "X"], [cell, "x"], ["13-Jan", "x"])) == ["a", None]


def test_a_text_that_two_options_might_mean_is_refused():
    for options in ('a: {text: A, code: "1"}, b: "1"', "a: {text: A, also: [Z]}, b: {text: B, also: [z]}"):
        with pytest.raises(StudyFileError, match="has the text of option"):
            study(f'  q: {{type: single, text: "Q", options: {{{options}}}}}\n')


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1251"])
def test_a_delivery_may_be_in_any_encoding(tmp_path: Path, encoding: str):
    study_file = study('  q: {type: single, text: "Вопрос", options: {a: "Да", b: "Нет"}}\n')
    content = written([["Вопрос", "X"], ["Да", "x"], ["Нет", "x"]]).encode(encoding)
    store = ingest(delivered(tmp_path, study_file, ("export.csv", content)))
    assert column("q", store.rows(tables.RESPONSES)) == ["a", "b"]


def test_a_title_above_the_table_and_its_rows_of_headers(tmp_path: Path):
    study_file = study('  q: {type: single, text: "Question", options: {a: A, b: B}}\n', "reading: {header_rows: 2}\n")
    store = ingest(delivered(tmp_path, study_file, ("export.csv", "Q1,Q2\nQuestion,Other\nA,x\nB,x\n")))
    assert column("q", store.rows(tables.RESPONSES)) == ["a", "b"]


def test_a_separator_told_on_the_first_line(tmp_path: Path):
    study_file = study('  q: {type: single, text: "Q", options: {a: "A, or so", b: B}}\n')
    store = ingest(delivered(tmp_path, study_file, ("export.csv", "sep=;\r\nQ;X\r\nA, or so;x\r\nB;x\r\n")))
    assert column("q", store.rows(tables.RESPONSES)) == ["a", "b"]
