"""Columns find their questions by text, name or ImportId, never by position; all others are named."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import DeliveryError
from pipeline.ingest.layout import Layout, Source, SourceColumn
from pipeline.ingest.matching import Match, match
from pipeline.ingest.sniffing import read_source
from pipeline.study.loading import study_from_text
from tests.ingest.deliveries import written

HEAD = "title: T\nsample: {type: opt_in, population: people}\nquestions:\n"
OFTEN = '{type: single, text: "How often?", options: {x: "X"}}'
COLOURS = '{type: multiple, text: "Which colours?", options: {red: "Red", blue: "Blue, light"}}'
GRID = '{type: grid, text: "Agree?", rows: {us: "Us", them: "Them, too"}, options: {x: "X"}}'


def source(*columns: SourceColumn | str) -> Source:
    """A source with these columns; a text alone is a column whose name is its text."""
    named = [c if isinstance(c, SourceColumn) else SourceColumn(0, c, c) for c in columns]
    placed = tuple(replace(c, position=i) for i, c in enumerate(named, 1))
    return Source(Path("export.csv"), "utf-8", ",", Layout("plain", 1, placed, {}))


def matched(questions: str, *columns: SourceColumn | str, more: str = "", wave: str = "w") -> list[Match]:
    study = study_from_text(HEAD + questions + more).study
    return match(source(*columns), study.questions, study.scales, study.columns, wave)


def roles(found: list[Match]) -> list[tuple[int, str, str]]:
    """(position, role, variable); position 0: no column."""
    return [(m.column.position if m.column else 0, m.role, m.variable) for m in found]


def test_a_question_is_found_wherever_its_column_stands():
    assert roles(matched(f"  often: {OFTEN}\n", "A", "How often?")) == [(1, "unlisted", ""), (2, "question", "often")]
    assert roles(matched(f"  often: {OFTEN}\n", "How often?", "A")) == [(1, "question", "often"), (2, "unlisted", "")]


@pytest.mark.parametrize(
    "text", ["how  often?", "How often?\u00a0", "<p>How often?</p>", "HOW OFTEN?", "How&nbsp;often?"]
)
def test_a_question_is_found_whatever_its_case_spaces_and_markup(text: str):
    assert roles(matched(f"  often: {OFTEN}\n", text)) == [(1, "question", "often")]


@pytest.mark.parametrize("column", ["Q7", "QID7", "q7"])
def test_a_question_is_found_by_name_or_import_id(column: str):
    question = f'  often: {{type: single, column: {column}, options: {{x: "X"}}}}\n'
    assert roles(matched(question, SourceColumn(0, "Q7", "Text", import_id="QID7"))) == [(1, "question", "often")]


def test_ticks_and_rows_are_found_as_parts_behind_a_dash_and_behind_the_selected_choice():
    ticks = [(1, "question", "colours__red"), (2, "question", "colours__blue")]
    for columns in (
        [SourceColumn(0, "", "Which colours?", "Red"), SourceColumn(0, "", "Which colours?", "Blue, light")],
        ["Which colours? - Red", "Which colours? - Blue, light"],
        ["Which colours? - Selected Choice - Red", "Which colours? - Selected Choice - Blue, light"],
    ):
        assert roles(matched(f"  colours: {COLOURS}\n", *columns)) == ticks
    rows = ["Agree? - Them, too", "Agree? - Us"]
    assert roles(matched(f"  agree: {GRID}\n", *rows)) == [(1, "question", "agree__them"), (2, "question", "agree__us")]


def test_parts_of_a_named_question_are_found_by_the_end_of_their_text():
    question = '  colours: {type: multiple, column: Q3, options: {red: "Red", dark: "Dark - Red"}}\n'
    columns = [
        SourceColumn(0, "Q3_1", "Which colours, then? - Red"), SourceColumn(0, "Q3_2", "Which?", "Dark - Red"),
        SourceColumn(0, "Q31_1", "Others? - Red"),
    ]  # fmt: skip
    assert roles(matched(question, *columns)) == [
        (1, "question", "colours__red"), (2, "question", "colours__dark"), (3, "unlisted", ""),
    ]  # fmt: skip


def test_ticks_joined_in_one_cell_are_found_under_the_question():
    assert roles(matched(f"  colours: {COLOURS}\n", "Which colours?")) == [(1, "question", "colours")]


def test_two_columns_for_one_question_are_an_error_that_names_both():
    with pytest.raises(DeliveryError) as caught:
        matched(f"  often: {OFTEN}\n", "How often?", "A", "how often? ")
    assert str(caught.value) == (
        'export.csv: has 2 columns for question "often"\n'
        "  found: columns 1 (How often?), 3 (how often? )\n"
        "  expected: one\n"
        "  do: name the right one with `column`, or drop the other from the export"
    )


@pytest.mark.parametrize(
    ("question", "columns", "what"),
    [
        (
            f"  colours: {COLOURS}\n",
            ["Which colours? - Red", "Which colours? - Red"],
            'option "red" of question "colours"',
        ),
        (f"  agree: {GRID}\n", ["Agree? - Us", "Agree? - Us"], 'row "us" of grid "agree"'),
    ],
)
def test_two_columns_for_one_tick_or_row_are_an_error(question: str, columns: list[str], what: str):
    with pytest.raises(DeliveryError, match=f"has 2 columns for {what}"):
        matched(question, *columns)


def test_one_column_for_two_questions_is_an_error_that_names_both():
    by_name = '  again: {type: single, column: Q7, options: {x: "X"}}\n'
    with pytest.raises(DeliveryError) as caught:
        matched(f"  often: {OFTEN}\n{by_name}", SourceColumn(0, "Q7", "How often?"))
    assert str(caught.value) == (
        'export.csv: column 1 (Q7) answers to question "again" and to question "often"\n'
        "  expected: a column for each\n"
        "  do: tell them apart with `column`, or take one out of the study file"
    )


def test_repeated_and_nameless_columns_that_nothing_declares_are_reported_not_refused():
    found = matched(f"  often: {OFTEN}\n", "Other (please specify)", "How often?", "Other (please specify)", "", " ")
    assert roles(found) == [
        (1, "repeated", ""), (2, "question", "often"), (3, "repeated", ""), (4, "nameless", ""), (5, "nameless", ""),
    ]  # fmt: skip


def test_a_declared_question_without_a_column_is_missing_and_one_not_asked_is_not():
    early = OFTEN.replace("}}", '}, waves: ["2021"]}')
    assert roles(matched(f"  often: {OFTEN}\n", "A")) == [(1, "unlisted", ""), (0, "missing", "often")]
    assert roles(matched(f"  often: {early}\n", "A", wave="2022"))[1] == (0, "not asked", "often")
    assert roles(matched(f"  often: {early}\n", "A", wave="2021"))[1] == (0, "missing", "often")


def test_a_joined_question_that_is_missing_is_named_once_and_one_split_up_by_its_options():
    assert roles(matched(f"  colours: {COLOURS}\n", "A"))[1:] == [(0, "missing", "colours")]
    assert roles(matched(f"  colours: {COLOURS}\n", "Which colours? - Red"))[1:] == [(0, "missing", "colours__blue")]


def test_personal_and_ignored_columns_are_told_from_unlisted_ones():
    more = 'columns: {id: Code, personal: [Phone, "Name*"], ignore: ["Q_*"]}\n'
    found = matched(
        f"  often: {OFTEN}\n",
        "Code",
        "Phone",
        "Name of pet",
        SourceColumn(0, "IPAddress", "", kind="personal"),
        "q_extra",
        "Rest",
        more=more,
    )
    assert [role for _, role, _ in roles(found)[:6]] == [
        "metadata", "personal", "personal", "personal", "ignored", "unlisted",
    ]  # fmt: skip


def test_a_declared_metadata_column_that_is_not_there_is_missing():
    found = matched(f"  often: {OFTEN}\n", "How often?", more="columns: {id: Code}\n")
    assert roles(found) == [(1, "question", "often"), (0, "missing", "id")]


PLATFORM = {"id": "ResponseId", "started": "StartDate", "finished": "EndDate", "duration": "Took", "status": "Status"}
DECLARED = "columns: {id: id, started: begun, finished: ended, duration: seconds, status: kind}\n"


def of_platform(more: str, *names: str) -> list[Match]:
    """Matches in a file of a platform with names of its own."""
    study, found = study_from_text(HEAD + f"  often: {OFTEN}\n" + more).study, source("How often?", *names)
    layout = replace(found.layout, defaults=PLATFORM)
    return match(replace(found, layout=layout), study.questions, study.scales, study.columns, "w")


def test_a_declared_metadata_column_that_a_file_lacks_is_the_platforms_own():
    found = roles(of_platform(DECLARED, *PLATFORM.values()))
    assert found[1:] == [(i, "metadata", ours) for i, ours in enumerate(PLATFORM, 2)]


def test_a_declared_metadata_column_comes_before_the_platforms_own():
    found = roles(of_platform(DECLARED, "Took", "seconds", "id", "ResponseId"))
    assert found[1:5] == [(2, "metadata", ""), (3, "metadata", "duration"), (4, "metadata", "id"), (5, "metadata", "")]
    assert found[5:] == [(0, "missing", "started"), (0, "missing", "finished"), (0, "missing", "status")]


def test_a_personal_column_is_never_the_platforms_own():
    more = "columns: {id: id, personal: [ResponseId]}\n"
    assert roles(of_platform(more, "ResponseId"))[1:] == [(2, "personal", ""), (0, "missing", "id")]


def test_a_question_that_bears_the_name_of_a_metadata_column_is_not_taken_for_it(tmp_path: Path):
    """A Qualtrics question tagged `Status` beside Qualtrics' own."""
    path = tmp_path / "export.csv"
    ids = ['{"ImportId":"status"}', '{"ImportId":"QID1"}']
    path.write_text(written([["Status", "Status"], ["Response Type", "How often?"], ids, ["IP Address", "X"]]))
    study = study_from_text(HEAD + f"  other: {OFTEN.replace('How often?', 'What else?')}\n").study
    found = match(read_source(path), study.questions, study.scales, study.columns, "w")
    assert roles(found)[:2] == [(1, "metadata", "status"), (2, "unlisted", "")]


@pytest.mark.parametrize(
    "name", ['"; DROP TABLE x; --', "{{ 7 * 7 }}", "<script>alert(1)</script>", "[a-z]*", "x" * 100_000]
)
def test_names_of_any_content_match_as_texts(name: str):
    assert roles(matched(f"  often: {OFTEN}\n", name, "How often?"))[1] == (2, "question", "often")


def test_a_long_name_is_cut_in_an_error():
    name = "How often?" + " " * 100_000
    with pytest.raises(DeliveryError) as caught:
        matched(f"  often: {OFTEN}\n", name, name)
    assert len(str(caught.value)) < 500


def test_5000_columns_are_matched_within_seconds(tmp_path: Path):
    """250 multiple-response questions of 20 options, found by the name of their question."""
    rows: list[list[str]] = [[], [], []]
    lines = []
    for q in range(250):
        options = ", ".join(f'o{o}: "Option {o}, of {q}"' for o in range(20))
        lines.append(f"  q{q}: {{type: multiple, column: Q{q}, options: {{{options}}}}}\n")
        for o in range(20):
            rows[0].append(f"Q{q}_{o}")
            rows[1].append(f"What of {q}? - Selected Choice - Option {o}, of {q}")
            rows[2].append(f'{{"ImportId":"QID{q}_{o}"}}')
    path = tmp_path / "export.csv"
    path.write_text(written([*rows, [""] * 5_000]))
    study = study_from_text(HEAD + "".join(lines)).study
    started = time.perf_counter()
    found = match(read_source(path), study.questions, study.scales, study.columns, "w")
    assert time.perf_counter() - started < 5
    assert roles(found) == [(q * 20 + o + 1, "question", f"q{q}__o{o}") for q in range(250) for o in range(20)]
