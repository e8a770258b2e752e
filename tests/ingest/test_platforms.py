"""The same answers give the same table, whatever platform exported them."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from pipeline import tables
from pipeline.study.loading import study_from_text
from tests.ingest.deliveries import (
    COLUMNS,
    EXPORTS,
    delivered,
    expected_responses,
    ingest,
    plain,
    qualtrics,
    responses,
    study,
    surveymonkey,
    written,
)  # fmt: skip
from tests.ingest.more_exports import MORE

QUALTRICS = list(csv.reader(io.StringIO(qualtrics(), newline="")))
GERMAN = {"StartDate": "Anfangsdatum", "EndDate": "Enddatum", "ResponseId": "Antwort-ID", "Status": "Antworttyp"}


def qualtrics_with(third: list[str] | None, texts: list[str] = QUALTRICS[1], delimiter: str = ",") -> str:
    """The Qualtrics export with another second and third row, or without the third."""
    return written([QUALTRICS[0], texts, *([third] if third else []), *QUALTRICS[3:]], delimiter)


def whole_ids() -> list[str]:
    """Ids of ticks with the number of the choice apart, as newer exports have them."""
    return [re.sub(r'(QID3)_(\d+)"', r'\1", "choiceId": "\2"', cell) for cell in QUALTRICS[2]]


def qualtrics_of_old() -> str:
    """V1 to V7, then names; texts divided by a bare dash, and ResponseID in one word."""
    first = iter(range(1, 99))
    names = [name if name.startswith("Q") else f"V{next(first)}" for name in QUALTRICS[0]]
    labels = {"ResponseId": "ResponseID"}
    texts = [text.replace(" - Selected Choice - ", "-").replace(" - ", "-") if name.startswith("Q")
             else labels.get(name, name) for name, text in zip(*QUALTRICS[:2], strict=True)]  # fmt: skip
    return written([names, texts, *QUALTRICS[3:]])


def surveymonkey_with(parents: str = "once", title: str = "") -> str:
    """The SurveyMonkey export with two header rows, the parents over each column, a title above."""
    rows = list(csv.reader(io.StringIO(surveymonkey(2), newline="")))
    if parents == "each":
        for i, name in enumerate(rows[0]):
            rows[0][i] = name or rows[0][i - 1]
    return written([*([[title, *[""] * (len(rows[0]) - 1)]] if title else []), *rows])


def surveymonkey_condensed() -> str:
    """A blank second row: each question in one column."""
    rows = list(csv.reader(io.StringIO(surveymonkey(1), newline="")))
    return written([rows[0], [""] * len(rows[0]), *rows[1:]])


VARIANTS: dict[str, tuple[str, str | bytes]] = {
    "Qualtrics, choices apart": ("qualtrics", qualtrics_with(whole_ids())),
    "Qualtrics, single quotes": ("qualtrics", qualtrics_with([c.replace('"', "'") for c in whole_ids()])),
    "Qualtrics, doubled quotes": ("qualtrics", qualtrics_with([c.replace('"', '""') for c in whole_ids()])),
    "Qualtrics, quotes escaped": ("qualtrics", qualtrics_with([json.dumps(c)[1:-1] for c in whole_ids()])),
    "Qualtrics, tabs and UTF-16": ("qualtrics", qualtrics_with(whole_ids(), delimiter="\t").encode("utf-16")),
    "Qualtrics, third row gone, German": (
        "qualtrics", qualtrics_with(None, [GERMAN.get(n, t) for n, t in zip(*QUALTRICS[:2], strict=True)]),
    ),
    "Qualtrics, of old": ("qualtrics", qualtrics_of_old()),
    "SurveyMonkey, parents over each": ("surveymonkey", surveymonkey_with("each")),
    "SurveyMonkey, a title above": ("surveymonkey", surveymonkey_with(title="Our survey, 2021")),
    "SurveyMonkey, a blank second row": ("surveymonkey", surveymonkey_condensed()),
}  # fmt: skip


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_variant_of_a_platforms_export_yields_the_same_responses(tmp_path: Path, variant: str):
    platform, content = VARIANTS[variant]
    store = ingest(delivered(tmp_path, study(), ("export.csv", content)))
    assert store.rows(tables.FILES)[0]["platform"] == platform
    assert responses(store) == expected_responses()


def test_a_question_may_be_named_by_the_whole_text_of_one_row_or_tick(tmp_path: Path):
    study_file = study_from_text(
        "title: T\nsample: {type: opt_in, population: people}\nquestions:\n"
        '  us: {type: single, text: "How far do you agree? - I trust us", options: {a: "Agree", b: "Disagree"}}\n',
        "tiny",
    )
    store = ingest(delivered(tmp_path, study_file, ("export.csv", qualtrics())))
    agree = {"yes": "a", "no": "b"}
    assert [row["us"] for row in store.rows(tables.RESPONSES)] == [
        agree.get(str(row["trust__us"])) for row in expected_responses()
    ]


@pytest.mark.parametrize("export", EXPORTS)
def test_every_platform_yields_the_same_responses(tmp_path: Path, export: str):
    platform, made = EXPORTS[export]
    store = ingest(delivered(tmp_path, study(COLUMNS[platform]), ("export.csv", made())))
    assert responses(store) == expected_responses()
    assert store.rows(tables.FILES)[0]["platform"] == platform
    assert all(row["code"] is not None for row in store.rows(tables.ANSWERS))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("export", ["plain, ticks joined by commas", "Qualtrics, three header rows"])
def test_encodings_with_a_mark_yield_the_same_responses(tmp_path: Path, export: str, encoding: str):
    """UTF-16 with characters beyond its first plane too, which DuckDB's own reader refuses."""
    platform, made = EXPORTS[export]
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    content = mark + made().replace("=1+1", "=1+1 😀").encode(encoding)
    store = ingest(delivered(tmp_path, study(COLUMNS[platform]), ("export.csv", content)))
    assert responses(store) == expected_responses()


def test_platforms_are_told_by_content_not_by_name(tmp_path: Path):
    named = {"Qualtrics.csv": surveymonkey(2), "SurveyMonkey.txt": qualtrics(), "export.tsv": surveymonkey(1)}
    for wave, (name, content) in enumerate(named.items()):
        store = ingest(delivered(tmp_path, study(), (name, content), wave=f"w{wave}"))
        assert responses(store) == expected_responses()


def test_two_files_with_columns_in_another_order_add_up(tmp_path: Path):
    head = next(csv.reader(plain().splitlines()))
    rows = [
        ["1", "2021-02-01T10:00:00", "2021-02-01T10:01:00", "", "Yes", "Email", "Agree", "Disagree", "12", ""],
        ["2", "2021-02-02T10:00:00", "2021-02-02T10:01:00", "", "No", "", "Agree", "", "7", "well"],
    ]
    turned = written([list(reversed(row)) for row in (head, *rows)])
    study_file = study(COLUMNS["plain"] + "waves: {w: {files: [b.csv, a.csv]}}\n")
    found = responses(ingest(delivered(tmp_path, study_file, ("b.csv", written([head, *rows])), ("a.csv", turned))))
    assert [row["source_row"] for row in found] == [1, 2, 3, 4]
    assert [row["respondent_id"] for row in found] == ["1", "2", "1", "2"]
    assert [{**row, "source_row": 0} for row in found[:2]] == [{**row, "source_row": 0} for row in found[2:]]
    assert [row["use"] for row in found] == ["yes", "no", "yes", "no"]
    assert [row["channels__post"] for row in found] == [1, None, 1, None]


def test_ticks_in_columns_in_one_file_and_joined_in_another_are_all_read(tmp_path: Path):
    study_file = study("waves: {w: {files: [joined.csv, split.csv]}}\n")
    title = "Which channels do you use?"
    one = f'Do you use it?,{title}\nYes,"Email, newsletters,Web; apps"\nNo,\n'
    other = (
        f'Do you use it?,"{title} - Email, newsletters",{title} - Email,{title} - Web; apps,{title} - None of these\n'
    )
    other += 'Yes,,Email,,\nNo,"Email, newsletters",,"Web; apps",\n'
    store = ingest(delivered(tmp_path, study_file, ("joined.csv", one), ("split.csv", other)))
    ticks = [[row[f"channels__{key}"] for key in ("mail", "post", "web", "nothing")] for row in responses(store)]
    assert ticks == [[1, 0, 1, 0], [None] * 4, [0, 1, 0, 0], [1, 0, 1, 0]]


@pytest.mark.parametrize("export", MORE)
def test_every_platform_and_format_yields_the_same_responses(tmp_path: Path, export: str):
    platform, name, columns, made, questions = MORE[export]
    store = ingest(delivered(tmp_path, study_from_text(questions + columns, "tiny"), (name, made())))
    assert responses(store) == expected_responses()
    assert store.rows(tables.FILES)[0]["platform"] == platform
    assert all(row["code"] is not None for row in store.rows(tables.ANSWERS))
