"""`survey init` finds again the questionnaire that an export was made from, whatever platform wrote it."""

from __future__ import annotations

import io
import json
from pathlib import Path

import openpyxl
import pytest

from pipeline.drafting.start import start
from pipeline.errors import SurveyError
from pipeline.settings import Home
from pipeline.study.conditions import Chosen
from pipeline.study.evening import evened
from pipeline.study.loading import load_study
from pipeline.study.model import Study
from pipeline.study.variables import options_of
from tests.cli.commands import survey_in
from tests.ingest.deliveries import EXPORTS, ROWS, TEXTS, TITLES, written
from tests.ingest.more_exports import MORE

KINDS = {
    "stage": "single",
    "use": "single",
    "channels": "multiple",
    "trust": "grid",
    "staff": "number",
    "comment": "text",
}
FILES = {name: ("export.csv", lambda made=made: made().encode()) for name, (_, made) in EXPORTS.items()}
FILES |= {name: (file, made) for name, (_, file, _, made, _) in MORE.items() if name != "Qualtrics, numeric codes"}


def drafted(folder: Path, name: str, content: bytes, study: str = "tiny", **more: object) -> Study:
    export = folder / name
    export.write_bytes(content)
    made = start(Home(folder / "home"), export, study, **more)  # type: ignore[arg-type]
    assert made.delivery.read_bytes() == content
    return load_study(made.study_file).study


def found(study: Study, title: str) -> list[str]:
    return [name for name, question in study.questions.items() if evened(question.text or "").startswith(evened(title))]


@pytest.mark.parametrize("export", FILES)
def test_the_questionnaire_is_found_again(tmp_path: Path, export: str):
    file, made = FILES[export]
    study = drafted(tmp_path, file, made())
    for question, kind in KINDS.items():
        names = found(study, TITLES[question])
        parts_apart = question == "trust" and len(names) == len(ROWS)  # one header row does not tell rows of a grid
        kinds = {study.questions[name].type for name in names}
        if question == "comment":  # forty records hold two comments, which options might be
            assert kinds <= {"text", "single"}
            continue
        assert (len(names), kinds) == (1, {kind}) or (parts_apart and kinds == {"single"}), (question, names, kinds)
        if question in TEXTS:
            options = options_of(study.questions[names[0]], study.scales)
            expected = {evened(text) for text in TEXTS[question].values()}
            assert expected <= {evened(o.text) for o in options.values()}
    marks = [
        o.mark
        for name in found(study, TITLES["trust"])
        for o in options_of(study.questions[name], study.scales).values()
    ]
    assert "dont_know" in marks
    assert study.columns.id or not export.startswith(("plain", "Excel"))


OWN = ["id", "submitdate", "lastpage", "startlanguage"]
TOOLS = {
    "codes": [*OWN, "Q1[SQ001]", "Q1[SQ002]", "Q1[other]"],
    "texts": ["Response ID", "Date submitted", "Last page", "Start language", "Which tools? [Saw]",
              "Which tools? [Axe]", "Which tools? [Other]"],
    "both, in words of its own": [*(f"{code}. x" for code in OWN), "Q1[SQ001]. Which tools? [Saw]",
                                  "Q1[SQ002]. Which tools? [Axe]", "Q1[other]. Which tools? [Namely:]"],
}  # fmt: skip


@pytest.mark.parametrize("head", TOOLS)
def test_who_ticked_only_other_in_limesurvey_is_counted(tmp_path: Path, monkeypatch, capsys, head: str):
    """Of 20 records 8 tick the saw, 6 the axe, and 6 other alone, each in words of its own."""
    rows = [["Y", "", ""]] * 8 + [["", "Y", ""]] * 6 + [["", "", f"Thing {i} of mine"] for i in range(6)]
    rows = [[str(i), "2024-03-01 10:00:00", "3", "en", *row] for i, row in enumerate(rows, 1)]
    study = drafted(tmp_path, "tools.csv", written([TOOLS[head], *rows]).encode(), "tools")
    (name,) = study.questions
    options = options_of(study.questions[name], study.scales)
    assert [option.mark for option in options.values()] == [None, None, "other"]
    survey = survey_in(tmp_path / "home", monkeypatch, capsys)
    assert survey("run", "tools").code == 0
    sql = "SELECT option, x, n FROM toplines WHERE segment = 'all'"
    found = json.loads(survey("query", "tools", sql, "--json").out)
    counts = {row["option"]: (row["x"], row["n"]) for row in found}
    assert [counts[key] for key in options] == [(8, 20), (6, 20), (6, 20)]


def test_who_was_asked_is_told_from_who_answered(tmp_path: Path):
    rows = [["Do you own a car?", "Which colour is it?", "How old are you?"]]
    rows += [["Yes", ["Red", "Blue"][i % 2], str(20 + i)] for i in range(30)]
    rows += [["No", "", str(30 + i)] for i in range(20)]
    study = drafted(tmp_path, "cars.csv", written(rows).encode())
    own, colour = found(study, "Do you own")[0], found(study, "Which colour")[0]
    rule = study.questions[colour].asked_if
    assert isinstance(rule, Chosen)
    assert (rule.question, rule.options) == (own, ("yes",))
    assert study.questions[own].asked_if is None
    assert study.questions[found(study, "How old")[0]].asked_if is None


def test_scales_are_shared_and_in_order(tmp_path: Path):
    words = ["Often", "Never", "Sometimes", "Rarely", "Always"]
    rows = [["How often do you read?", "How often do you write?"]]
    rows += [[words[i % 5], words[(i * 2) % 5]] for i in range(40)]
    study = drafted(tmp_path, "often.csv", written(rows).encode())
    assert len(study.scales) == 1
    (scale,) = study.scales.values()
    assert [o.text for o in scale.values()] == ["Never", "Rarely", "Sometimes", "Often", "Always"]


def test_bands_are_ordered_by_their_numbers_and_marks_come_last(tmp_path: Path):
    words = [
        "More than 10,000",
        "Prefer not to say",
        "250-999",
        "Fewer than 10",
        "10-249",
        "1,000-10,000",
        "Don't know",
    ]
    rows = [["How many people work there?", "x"], *([words[i % 7], str(i)] for i in range(70))]
    study = drafted(tmp_path, "size.csv", written(rows).encode())
    options = options_of(study.questions[found(study, "How many")[0]], study.scales)
    assert [o.text for o in options.values()] == [
        "Fewer than 10", "10-249", "250-999", "1,000-10,000", "More than 10,000", "Prefer not to say", "Don't know",
    ]  # fmt: skip
    assert [o.mark for o in options.values()][-2:] == ["refused", "dont_know"]


def test_personal_columns_weights_and_what_stands_for_none(tmp_path: Path):
    rows = [["Contact", "wt", "Do you agree?", "Case ID"]]
    rows += [[f"a{i}@example.org", f"{0.5 + i / 40}", ["Yes", "No", "N/A"][i % 3], f"R{i}"] for i in range(40)]
    study = drafted(tmp_path, "people.csv", written(rows).encode())
    assert study.columns.personal == ("Contact",)
    assert study.weights["main"].column == "wt"
    assert study.columns.id == "Case ID"
    assert study.columns.missing == ("N/A",)
    assert [q.type for q in study.questions.values()] == ["single"]


def test_a_draft_takes_for_numbers_what_a_run_reads_as_such(tmp_path: Path):
    rows = [["wt", "How many hours?", "How many staff?", "Which release?"]]
    rows += [[f"0,{500 + i}", f"{i},5", f"1.{100 + i},25", f"3.{i}.1"] for i in range(40)]
    content = written(rows, delimiter=";").encode()
    study = drafted(tmp_path, "comma.csv", content)
    assert study.weights["main"].column == "wt"
    assert [study.questions[found(study, title)[0]].type for title in ("How many h", "How many s")] == ["number"] * 2
    study = drafted(tmp_path, "both.csv", content + b"0.5;0.5;1,000.5;3.0.1\n", "both")
    assert "number" not in {question.type for question in study.questions.values()}


def test_codes_get_their_labels_from_a_reference_sheet(tmp_path: Path):
    sheet = tmp_path / "labels.csv"
    sheet.write_text("Variable,Value,Label\nq1,1,Agree\n,2,Disagree\n,99,Don't know\n")
    rows = [["q1", "q2"], *([["1", "2", "99"][i % 3], str(100 + i)] for i in range(30))]
    study = drafted(tmp_path, "codes.csv", written(rows).encode(), labels=sheet)
    (options,) = [options_of(q, study.scales) for q in study.questions.values() if q.type == "single"]
    assert [(o.text, o.code, o.mark) for o in options.values()] == [
        ("Agree", "1", None), ("Disagree", "2", None), ("Don't know", "99", "dont_know"),
    ]  # fmt: skip


def merged_header() -> bytes:
    """A workbook with a header over three columns, and a column without any."""
    book, stream = openpyxl.Workbook(), io.BytesIO()
    sheet = book.active
    assert sheet is not None
    sheet.append(["How old are you?", "Which tools?", None, None, None])
    sheet.merge_cells("B1:D1")
    for i in range(10):
        sheet.append([20 + i, "Saw", "Axe" if i % 2 else None, "Hammer", "x"])
    book.save(stream)
    return stream.getvalue()


DOUBLE = {
    "tools.csv": written([["How old are you?", "Tool", "Tool", "Tool", ""], *([str(i), "Saw", "Axe", "Axe", "x"]
                                                                          for i in range(20, 30))]).encode(),
    "tools.xlsx": merged_header(),
}  # fmt: skip


@pytest.mark.parametrize(("file", "name"), [("tools.csv", "Tool"), ("tools.xlsx", "Which tools?")])
def test_columns_that_no_name_tells_apart_are_said_to_be_left_out(tmp_path: Path, file: str, name: str):
    (tmp_path / file).write_bytes(DOUBLE[file])
    made = start(Home(tmp_path / "home"), tmp_path / file, "tiny")
    assert [q.text for q in load_study(made.study_file).study.questions.values()] == ["How old are you?"]
    same = f'left out: columns 2, 3, 4 share the name "{name}"; do: give each a name of its own in the export'
    assert f"# check: {same}" in made.study_file.read_text().splitlines()
    assert [line.split(": ", 1)[1] for line in made.report if "left out" in line] == [
        same, "left out: column 5 has no name; do: give each a name of its own in the export",
    ]  # fmt: skip


def test_an_export_of_columns_of_one_name_alone_is_refused_with_the_reason(tmp_path: Path):
    with pytest.raises(SurveyError, match='2 columns: columns 1, 2 share the name "Tool"; do: give each a name'):
        drafted(tmp_path, "tools.csv", b"Tool,Tool\nSaw,Axe\nAxe,Axe\n")


def test_a_wave_is_named_by_the_year_of_the_fieldwork(tmp_path: Path):
    export = tmp_path / "export.csv"
    export.write_text(written([["Started", "Q"], *([f"2019-03-{1 + i:02d} 10:00:00", "Yes"] for i in range(20))]))
    assert start(Home(tmp_path / "home"), export, "tiny").wave == "2019"


def test_a_study_that_is_there_is_never_written_over(tmp_path: Path):
    content = EXPORTS["plain, ticks joined by commas"][1]().encode()
    drafted(tmp_path, "export.csv", content)
    before = {path: path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file()}
    with pytest.raises(SurveyError, match="is there already"):
        drafted(tmp_path, "export.csv", content)
    assert {path: path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", ["../up", "Big", "a b", ""])
def test_a_name_that_is_no_name_is_refused(tmp_path: Path, name: str):
    export = tmp_path / "export.csv"
    export.write_text("Q,R\nYes,1\n")
    with pytest.raises(SurveyError, match="is no name of a study"):
        start(Home(tmp_path / "home"), export, name)
    assert not (tmp_path / "home").exists()


def test_texts_of_any_content_are_only_texts(tmp_path: Path):
    nasty = [
        '"; DROP TABLE delivered; --',
        "{{ 7 * 7 }}",
        "*alias",
        "&anchor",
        "!!python/object",
        "- [a]: {b}",
        "null",
        "<b>x</b>",
    ]
    rows = [[f"Question {text}" for text in nasty], *(list(nasty) for _ in range(8))]
    study = drafted(tmp_path, "nasty.csv", written(rows).encode())
    assert [evened(q.text or "") for q in study.questions.values()] == [evened(f"Question {text}") for text in nasty]
