"""A file is read to its last record or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline import engine, tables
from pipeline.errors import DeliveryError, NotBuiltError
from pipeline.ingest.delivered import delivered_query, source_column_rows
from pipeline.ingest.matching import match
from pipeline.ingest.readable import reading
from pipeline.ingest.sniffing import read_source
from pipeline.store import WaveStore
from pipeline.study.loading import study_from_text
from tests.ingest.deliveries import delivered, ingest, study

STUDY = study_from_text(
    'title: T\nsample: {type: opt_in, population: people}\nquestions:\n'
    '  a: {type: single, text: "A", options: {x: "X"}}\n'
    '  b: {type: single, text: "B", options: {x: "X"}}\n'
).study  # fmt: skip


def cells(path: Path) -> list[tuple[str | None, str | None]]:
    """Columns A and B of a file, as the table `delivered` holds them."""
    source = read_source(path)
    found = match(source, STUDY.questions, STUDY.scales, STUDY.columns, "w")
    columns = source_column_rows("w", [(source, found)])
    rows = reading([source], lambda ready: engine.fetch(delivered_query("w", ready, columns, STUDY), {})).to_pylist()
    assert [row["source_row"] for row in rows] == list(range(1, len(rows) + 1))
    return [(row["a"], row["b"]) for row in rows]


def file_of(folder: Path, content: str | bytes) -> Path:
    path = folder / "export.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


CUT = {
    "last record cut short": ("A,B\n1,2\n3", "line 3: the record is cut short", "1 field"),
    "a record with too many fields": ("A,B\n1,2\n3,4,5\n6,7\n", "line 3: the record has too many fields", "3 fields"),
    "header with fewer cells than the data": ("A,B\n1,2,3\n4,5,6\n", "line 2: the record has too many", "3 fields"),
    "an unclosed quote": (
        'A,B\n1,2\n3,"4\n5,6\n',
        "line 3: the record that begins here cannot be read",
        "unexpected end",
    ),
    "an unclosed quote after line breaks": (
        'A,B\n"1\n\n1",2\n3,"4\n',
        "line 5: the record that begins",
        "unexpected end",
    ),
    "text behind a closing quote": ('A,B\n1,"2" 2\n3,4\n', "line 2: the record that begins", "expected after"),
    "zeros where the transfer broke off": ("A,B\n1,2\n" + "x,y\n" * 1_500_000 + "\0" * 9, "line 1500003", "1 field"),
}


@pytest.mark.parametrize("kind", CUT)
def test_an_unsound_record_stops_the_reading_and_is_named_by_its_line(tmp_path: Path, kind: str):
    content, where, found = CUT[kind]
    with pytest.raises(DeliveryError) as caught:
        cells(file_of(tmp_path, content))
    assert where in str(caught.value)
    assert found in caught.value.details["found"]
    assert "export the survey again" in caught.value.details["do"]


def test_a_wrong_byte_far_down_the_file_is_named_by_its_line(tmp_path: Path):
    """Line 200,002, past the 4 MB that are looked at first."""
    content = b"A,B\n" + b"some answer,other answer\n" * 200_000 + b"caf\xe9,x\n" + b"a,b\n"
    with pytest.raises(DeliveryError, match=r"line 200002: is not UTF-8 text\n.*\n  found: byte 0xe9"):
        cells(file_of(tmp_path, content))


SOUND = {
    "line feeds": ("A,B\n1,2\n3,4\n", [("1", "2"), ("3", "4")]),
    "no end of the last line": ("A,B\n1,2\n3,4", [("1", "2"), ("3", "4")]),
    "carriage returns": ("A,B\r1,2\r3,4\r", [("1", "2"), ("3", "4")]),
    "line ends of two kinds": ("A,B\r\n1,2\n3,4\r\n5,6\n", [("1", "2"), ("3", "4"), ("5", "6")]),
    "line feeds in cells, both at line ends": ('A,B\r\n"a\nb",2\r\n3,"c\r\nd"\r\n', [("a\nb", "2"), ("3", "c\r\nd")]),
    "line breaks in a header behind a mark": ('\ufeff"A",B,"x\ny"\n1,2,z\n', [("1", "2")]),
    "the first header with a line break": ('"\n A",B\n1,2\n', [("1", "2")]),
    "blank lines above, between and below": ("\n\nA,B\n\n1,2\n\n\n3,4\n\n", [("1", "2"), ("3", "4")]),
    "rows of empty cells": ("A,B\n1,2\n,\n,\n", [("1", "2"), (None, None), (None, None)]),
    "white space of any kind": ("A,B\n \t,\u00a0\n\u3000 x , y\n", [(None, "\u00a0"), ("\u3000 x ", "y")]),
    "quotes inside a field": ('A,B\n5\'0",say ""so""\n', [("5'0\"", 'say ""so""')]),
    "quotes doubled inside quotes": ('A,B\n"5\'0""","say ""so"""\n', [("5'0\"", 'say "so"')]),
    "quotes behind a space": ('A,B\n1, "a, b"\n', [("1", "a, b")]),
    "SQL": ('A,B\n\'; DROP TABLE delivered; --,"""x"") FROM y"\n', [("'; DROP TABLE delivered; --", '"x") FROM y')]),
    "a template": ("A,B\n{{ 7 * 7 }},{% raw %}\n", [("{{ 7 * 7 }}", "{% raw %}")]),
    "formulas": ("A,B\n=1+1,@SUM(A1)\n-2,+3\n", [("=1+1", "@SUM(A1)"), ("-2", "+3")]),
    "markup": ("A,B\n<script>alert(1)</script>,<b>x</b>\n", [("<script>alert(1)</script>", "<b>x</b>")]),
    "control characters": ("A,B\n\x1b[31mred,\x07\n", [("\x1b[31mred", "\x07")]),
    "a cell of 100,000 characters": (f"A,B\n{'x' * 100_000},2\n", [("x" * 100_000, "2")]),
}


@pytest.mark.parametrize("kind", SOUND)
def test_a_sound_file_is_read_as_it_stands(tmp_path: Path, kind: str):
    content, expected = SOUND[kind]
    assert cells(file_of(tmp_path, content)) == expected


def test_utf_16_is_read_with_all_its_signs(tmp_path: Path):
    content = 'A,B\r\nда,😀\r\n"a\nb",é\r\n'
    for encoding in ("utf-16", "utf-16-be"):
        mark = b"" if encoding == "utf-16" else b"\xfe\xff"
        assert cells(file_of(tmp_path, mark + content.encode(encoding))) == [("да", "😀"), ("a\nb", "é")]


def test_utf_16_that_breaks_off_far_down_is_refused_with_the_file_that_the_analyst_knows(tmp_path: Path):
    content = ("A,B\n" + "ja,nein\n" * 400_000).encode("utf-16") + b"\x00"
    path = file_of(tmp_path, content)
    with pytest.raises(DeliveryError, match="is not UTF-16 text") as caught:
        cells(path)
    assert caught.value.where.startswith(str(path))


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


plain_cell = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\r,;\"'"), max_size=8).map(
    lambda text: text if text[:1] > " " and "\ufeff" not in text else ""
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(plain_cell, plain_cell), min_size=1, max_size=6),
    ends=st.lists(st.sampled_from(["\n", "\r\n"]), min_size=7, max_size=7),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    quote_all=st.booleans(),
)
def test_every_cell_of_a_valid_file_comes_through(
    tmp_path: Path, rows: list[tuple[str, str]], ends: list[str], encoding: str, quote_all: bool
):
    """Whatever the line ends, marks and quotes, and wherever line breaks stand inside cells."""
    content = ""
    for row, end in zip([("A", "B"), *rows], ends, strict=False):
        content += ",".join(quoted(cell) if quote_all or set(cell) & set(',"\r\n') else cell for cell in row) + end
    found = cells(file_of(tmp_path, content.encode(encoding)))
    assert found == [(a or None, b or None) for a, b in rows]


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path):
    path = file_of(tmp_path, "A,B\n1,2\n")
    source = read_source(path)

    def meanwhile(ready: object) -> int:
        path.write_text("A,B\n1,2\n3,4\n")
        return 1

    with pytest.raises(DeliveryError, match="was changed while it was read"):
        reading([source], meanwhile)


def test_a_delivery_that_changes_between_two_steps_does_not_mix(tmp_path: Path):
    """What was made from the former file does not count for the new one; a run from the start does."""
    store = delivered(tmp_path, study(), ("export.csv", "Do you use it?\nYes\n"))
    ingest(store)
    former = store.path(tables.RESPONSES)
    (store.raw_folder / "export.csv").write_text("Do you use it?\nNo\nNo\n")
    next_step = WaveStore(store.home, store.study_file, store.wave)
    with pytest.raises(NotBuiltError, match="not made yet from the present study file and delivery"):
        next_step.rows(tables.RESPONSES)
    ingest(next_step)
    assert [row["use"] for row in next_step.rows(tables.RESPONSES)] == ["no", "no"]
    assert former.is_file()


def test_a_failed_reading_leaves_no_table(tmp_path: Path):
    store = delivered(tmp_path, study(), ("export.csv", "Do you use it?,B\nYes,1\nNo"))
    with pytest.raises(DeliveryError, match="cut short"):
        ingest(store)
    made = {path.name for path in (tmp_path / "data" / "processed").rglob("*") if path.is_file()}
    assert made == {"files.parquet", "source_columns.parquet", "hashes.json"}
