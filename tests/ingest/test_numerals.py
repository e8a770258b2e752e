"""Decimal commas: told from what a file holds, or said by the study file, and read as the numbers that were meant."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from pipeline import tables
from pipeline.errors import StudyFileError
from pipeline.ingest.numerals import Numerals, is_number, numerals
from pipeline.study.loading import StudyFile, study_from_text
from tests.ingest.deliveries import delivered, ingest
from tests.ingest.workbooks import ods

NUMBERS = '  hours: {type: number, text: "Hours"}\n  days: {type: number, text: "Days"}\n'


def study(more: str = "", questions: str = NUMBERS) -> StudyFile:
    return study_from_text(f"title: T\nsample: {{type: opt_in, population: people}}\n{more}questions:\n{questions}")


def written(delimiter: str, *records: list[str]) -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter).writerows(records)
    return stream.getvalue()


def read(
    folder: Path, study_file: StudyFile, *records: list[str], delimiter: str = ";", file: str = "export.csv"
) -> list[dict[str, Any]]:
    store = ingest(delivered(folder, study_file, (file, written(delimiter, *records).encode("cp1252"))))
    return store.rows(tables.RESPONSES)


def hours(found: list[dict[str, Any]]) -> list[float | None]:
    return [row["hours"] for row in found]


HEAD = ["Hours", "Days"]


def test_numbers_with_a_decimal_comma_are_read_as_meant(tmp_path: Path):
    cells = ["1", "1,125", "0,85", "37,5", "3,250", "1.234,56", "1.234", "37,5 %", "€ 2,5", "-0,5", "1,2E+02", ",5"]
    found = read(tmp_path, study(), HEAD, *([cell, "é"] for cell in cells))
    assert hours(found) == [1, 1.125, 0.85, 37.5, 3.25, 1234.56, 1234, 37.5, 2.5, -0.5, 120, 0.5]


def test_thousands_may_be_divided_by_spaces(tmp_path: Path):
    found = read(tmp_path, study(), HEAD, ["1 234,5", ""], ["12\u00a0345", ""], ["0,5", ""])
    assert hours(found) == [1234.5, 12345, 0.5]


def test_numbers_with_a_point_are_read_as_before(tmp_path: Path):
    cells = ["1", "1,125", "0.85", "37.5", "1,234.5", "1.125"]
    found = read(tmp_path, study(), HEAD, *([cell, "x"] for cell in cells))
    assert hours(found) == [1, 1125, 0.85, 37.5, 1234.5, 1.125]


def test_one_column_tells_it_of_the_others(tmp_path: Path):
    assert hours(read(tmp_path / "comma", study(), HEAD, ["1,125", "37,5"])) == [1.125]
    assert hours(read(tmp_path / "point", study(), HEAD, ["1,125", "37.5"])) == [1125]
    assert hours(read(tmp_path / "neither", study(), HEAD, ["1,125", "37"])) == [1125]


def test_columns_of_numbers_count_before_coordinates(tmp_path: Path):
    assert hours(read(tmp_path, study(), ["Hours", "Latitude"], ["1,125", "52.52"], ["0,5", "48.14"])) == [1.125, 0.5]


def test_codes_of_several_options_tell_nothing(tmp_path: Path):
    records = (["Hours", "Ticks"], ["1,125", "1,2"], ["2", "1,2,5"])
    assert hours(read(tmp_path, study(), *records)) == [1125, 2]


def test_a_delimiter_that_is_a_comma_leaves_decimal_commas_in_quotes(tmp_path: Path):
    assert hours(read(tmp_path, study(), HEAD, ["1,125", "37,5"], ["2", "3"], delimiter=",")) == [1.125, 2]


def test_where_some_have_a_comma_and_some_a_point_none_is_guessed(tmp_path: Path):
    # 0,852 is no thousand in any writing: as a number with a point it would be 852
    found = read(tmp_path, study(), HEAD, *([cell, ""] for cell in ("37,5", "37.5", "0,852", "1,125")))
    assert hours(found) == [None, 37.5, None, 1125]


@pytest.mark.parametrize(("sign", "expected"), [(",", [1.125, 2.0, 1000.0, 37.5]), (".", [1125.0, 2.0, 1.0, 37.5])])
def test_the_study_file_says_it_where_the_content_does_not(tmp_path: Path, sign: str, expected: list[float]):
    reading = f'reading: {{decimal: "{sign}"}}\n'
    cells = ["1,125", "2", "1.000", "37.5"]
    assert hours(read(tmp_path, study(reading), HEAD, *([cell, ""] for cell in cells))) == expected


def test_another_sign_is_an_error():
    with pytest.raises(StudyFileError, match="decimal"):
        study('reading: {decimal: ";"}\n')


def test_a_comma_far_down_the_file_is_seen(tmp_path: Path):
    records = [["1,125", ""]] * 1500 + [["0,5", ""]]
    found = hours(read(tmp_path, study(), HEAD, *records))
    assert (found[0], found[-1]) == (1.125, 0.5)


def test_durations_and_weights_have_decimal_commas_too_and_strata_are_names(tmp_path: Path):
    more = (
        'columns: {duration: "Seconds", progress: "Done"}\ndesign: {strata: "Region"}\n'
        "weights: {main: {column: Weight}}\n"
    )
    study_file = study(more)
    head = ["Hours", "Seconds", "Done", "Region", "Weight"]
    content = written(";", head, ["1", "62,5", "99,5", "1,5", "0,852"], ["2", "1.062,5", "100", "2,5", "1,148"])
    store = ingest(delivered(tmp_path, study_file, ("export.csv", content)))
    found = store.rows(tables.RESPONSES)
    assert [(row["duration_seconds"], row["progress_pct"]) for row in found] == [(62.5, 99.5), (1062.5, 100)]
    told = store.rows(tables.DELIVERED)
    assert [(row["design strata"], row["weight main"]) for row in told] == [("1,5", "0.852"), ("2,5", "1.148")]


def test_what_is_no_number_is_told_as_it_was_delivered(tmp_path: Path):
    content = written(";", HEAD, ["0,5", ""], ["3,5 Std.", ""])
    store = ingest(delivered(tmp_path, study(), ("export.csv", content)))
    assert [row["answer"] for row in store.rows(tables.ANSWERS) if row["source"] == "hours"] == ["3,5 Std."]


def test_each_file_of_a_wave_has_its_own_sign(tmp_path: Path):
    more = "waves: {w: {files: [a.csv, b.csv]}}\n"
    files = {"a.csv": written(";", HEAD, ["1,125", "0,5"]), "b.csv": written(";", HEAD, ["1,125", "0.5"])}
    found = ingest(delivered(tmp_path, study(more), *files.items())).rows(tables.RESPONSES)
    assert [(row["hours"], row["days"]) for row in found] == [(1.125, 0.5), (1125, 0.5)]


def test_real_numbers_of_a_workbook_are_no_thousands(tmp_path: Path):
    content = ods([HEAD, ["37,5", 1.125], ["1,125", 1234.5], ["1.234,5", 0.25], ["2", 3.0]])
    found = ingest(delivered(tmp_path, study(), ("export.ods", content))).rows(tables.RESPONSES)
    assert [(row["hours"], row["days"]) for row in found] == [(37.5, 1.125), (1.125, 1234.5), (1234.5, 0.25), (2, 3)]


@pytest.mark.parametrize(
    ("cells", "comma", "point", "unclear"),
    [
        (["37,5"], True, False, False),
        (["0,852"], True, False, False),
        (["12,25", "1,2345", "1234,567"], True, False, False),
        (["1.234,56"], True, False, False),
        (["37.5"], False, True, False),
        (["0.85"], False, True, False),
        (["1,234.5"], False, True, False),
        (["1,234,567"], False, True, False),
        (["1,125"], False, False, True),
        (["1.125"], False, False, False),
        (["12", "1 234", "13.04.2024", "3,5 hours", "a,b", "1.2.3", "", ",", "."], False, False, False),
    ],
)
def test_what_a_number_tells(cells: list[str], comma: bool, point: bool, unclear: bool):
    told = numerals([[cell] for cell in cells])
    assert (bool(told.comma), bool(told.point), bool(told.unclear)) == (comma, point, unclear)


def test_real_numbers_of_a_workbook_tell_nothing():
    assert numerals([["37.5", "0,5"]], is_text=False) == Numerals(comma=frozenset({2}))


def test_numbers_are_those_of_the_sign():
    assert [is_number(text, ",") for text in ("6,5", "0,852", "1.234,5", "37.5", "6,5 h", "%")] == [
        True, True, True, True, False, False,
    ]  # fmt: skip
    assert [is_number(text) for text in ("6,5", "0,852", "1,234.5", "37.5", "1,125")] == [
        False, False, True, True, True,
    ]  # fmt: skip
