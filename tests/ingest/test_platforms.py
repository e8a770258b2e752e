"""The same answers give the same table, whatever platform exported them."""

from __future__ import annotations

import csv
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
