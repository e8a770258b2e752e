"""What is kept is searched for e-mail and IP addresses; what respondents wrote in place of an option is never kept."""

from __future__ import annotations

from pathlib import Path

from pipeline import tables
from pipeline.quality import checks_of
from pipeline.study.loading import study_from_text
from tests.ingest.deliveries import delivered, ingest, written

HEAD = "title: T\nsample: {type: opt_in, population: people}\n"


def found(folder: Path, text: str, *rows: list[str]):
    store = ingest(delivered(folder, study_from_text(HEAD + text), ("export.csv", written(list(rows)))))
    (check,) = (c for c in checks_of(tables.RESPONSES, store) if c.name == "no_personal_data")
    return store, check


def test_ids_that_are_addresses_keep_a_wave_from_publication(tmp_path: Path):
    text = 'columns: {id: Mail}\nquestions:\n  q: {type: single, text: "Q", options: {a: A}}\n'
    _, check = found(tmp_path, text, ["Mail", "Q"], ["ann@example.org", "A"], ["b", "A"])
    assert (check.passed, check.blocking, check.measured) == (False, True, "respondent_id: 1 e-mail address")
    _, check = found(
        tmp_path / "hashed", text.replace("Mail}", "Mail, pseudonymise: yes}"), ["Mail", "Q"], ["ann@example.org", "A"]
    )
    assert check.passed


def test_addresses_among_the_answers_are_named_by_question_and_never_shown(tmp_path: Path):
    text = 'questions:\n  q: {type: single, text: "Q", options: {a: A}}\n  r: {type: number, text: "R"}\n'
    _, check = found(tmp_path, text, ["Q", "R"], ["ann@example.org", "1"], ["A", "192.0.2.7"])
    assert (check.passed, check.blocking) == (False, True)
    assert check.measured == "q: e-mail address among the answers; r: IP address among the answers"


def test_words_in_place_of_an_option_are_counted_and_left_behind(tmp_path: Path):
    text = 'questions:\n  q: {type: single, text: "Q", options: {a: A, other: {text: Other, is: other}}}\n'
    store, check = found(
        tmp_path, text, ["Q", "X"], ["ann@example.org", "x"], ["my own", "x"], ["Other", "x"], ["A", "x"]
    )
    assert check.passed
    assert {(row["answer"], row["code"], row["n"]) for row in store.rows(tables.ANSWERS)} == {
        ("(words of their own)", "other", 2), ("Other", "other", 1), ("A", "a", 1),
    }  # fmt: skip
    assert [row["q"] for row in store.rows(tables.RESPONSES)] == ["other", "other", "other", "a"]
