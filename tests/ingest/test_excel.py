"""Workbooks become the records that a CSV export of the same table would have, or a DeliveryError."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from openpyxl.styles import Font

from pipeline.errors import DeliveryError
from pipeline.ingest import apart, excel
from pipeline.ingest.excel import Sheet
from tests.ingest.damage import CUTS, HARMS, harmed
from tests.ingest.workbooks import compound, ods, parts_of, xls, xlsb, zipped

FUZZ = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some damaged .ods keep their reader busy for ever."""
    monkeypatch.setattr(apart, "SECONDS", 15)


def xlsx(
    *tables: Sequence[Sequence[Any]], names: Sequence[str] = (), then: Callable[[Any], None] | None = None
) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for i, rows in enumerate(tables):
        sheet = book.create_sheet(names[i] if names else f"Sheet{i + 1}")
        for row in rows:
            sheet.append(list(row))
    if then:
        then(book)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def written(path: Path, sheet: str = "") -> list[list[str | None]]:
    target = path.with_suffix(".parquet")
    excel.to_parquet(path, target, sheet)
    table = pq.read_table(target)
    assert table.column_names == [f"c{i + 1}" for i in range(table.num_columns)]
    return [list(row) for row in zip(*(column.to_pylist() for column in table.columns), strict=True)]


def test_cells_are_what_a_csv_export_holds(tmp_path: Path):
    cells = [
        (3.0, "3"), (3, "3"), (0.1, "0.1"), (0.1 + 0.2, "0.3"), (1_000_000.0, "1000000"), (1e20, "1" + "0" * 20),
        (1e-7, "0.0000001"), (-2.5, "-2.5"), (12345678901.0, "12345678901"), (True, "TRUE"), (False, "FALSE"),
        ("text", "text"), (" a,b;c\n", " a,b;c\n"), ("#N/A", "#N/A"), ("007", "007"),
        (datetime(2024, 5, 1, 10, 30, 5), "2024-05-01 10:30:05"), (datetime(2024, 5, 1), "2024-05-01"),
        (date(1949, 10, 1), "1949-10-01"), (time(9, 5), "09:05:00"), (timedelta(hours=30, minutes=15), "30:15:00"),
    ]  # fmt: skip
    path = put(tmp_path / "a.xlsx", xlsx([["head"] * len(cells), [cell for cell, _ in cells]]))
    assert written(path)[1] == [text for _, text in cells]


def test_errors_in_cells_keep_their_text(tmp_path: Path):
    """openpyxl writes formulas without results, so the cells are put in by hand."""
    parts = parts_of(xlsx([["Q", "R"], ["x", "y"], ["x", 't="e"']]))
    cell = b'<c r="A2" t="e"><f>1/0</f><v>#DIV/0!</v></c>'
    before, _, after = parts[SHEET].partition(b'<c r="A2"')
    parts[SHEET] = before + cell + after.partition(b"</c>")[2]
    assert written(put(tmp_path / "a.xlsx", zipped(parts))) == [["Q", "R"], ["#DIV/0!", "y"], ["x", 't="e"']]


def test_padding_goes_and_blank_rows_inside_stay(tmp_path: Path):
    def pad(book: Any) -> None:
        sheet = book.active
        for cell, value in {"C3": "id", "D3": "Q", "C4": 1, "D4": "a", "C7": 2, "D7": " ", "H20": "  "}.items():
            sheet[cell] = value
        sheet["J90"].font = Font(bold=True)

    path = put(tmp_path / "a.xlsx", xlsx([], then=pad))
    expected = [["id", "Q"], ["1", "a"], [None, None], [None, None], ["2", " "]]
    assert written(path) == expected
    assert excel.head(path) == [[cell or "" for cell in row] for row in expected]


def test_blank_rows_between_title_and_table_go(tmp_path: Path):
    rows = [["Survey 2024"], [], [], ["id", "Q", "R"], [1, "a", "b"], [], [2, "c", "d"]]
    path = put(tmp_path / "a.xlsx", xlsx(rows))
    assert written(path) == [
        ["Survey 2024", None, None], ["id", "Q", "R"], ["1", "a", "b"], [None] * 3, ["2", "c", "d"],
    ]  # fmt: skip


def test_merged_headers_are_repeated_and_a_title_is_not(tmp_path: Path):
    def merge(book: Any) -> None:
        for cells in ("A1:E1", "A2:A3", "B2:C2", "D2:E2"):
            book.active.merge_cells(cells)

    rows = [["Title"], ["id", "Which?", None, "Where?"], [None, "x", "y", "x", "y"], [1, 1, 0, 0, 1]]
    path = put(tmp_path / "a.xlsx", xlsx(rows, then=merge))
    assert written(path) == [
        ["Title", None, None, None, None],
        ["id", "Which?", "Which?", "Where?", "Where?"],
        ["id", "x", "y", "x", "y"],
        ["1", "1", "0", "0", "1"],
    ]


def test_the_fullest_visible_sheet_is_read(tmp_path: Path):
    answers = [["id", "a", "b"], [1, "x", "y"], [2, "x", "y"]]
    codes = [["code"], ["1"], ["2"], ["3"], ["4"]]  # more rows, fewer cells

    def hide(book: Any) -> None:
        book["Old"].sheet_state = "hidden"
        book.create_chartsheet("Chart")

    content = xlsx(codes, answers, answers * 3, [], names=["Codes", "Data", "Old", "Blank"], then=hide)
    path = put(tmp_path / "a.xlsx", content)
    assert excel.sheets(path) == [
        Sheet("Codes", False, 5, 1, 5), Sheet("Data", False, 3, 3, 9), Sheet("Old", True, 9, 3, 27),
        Sheet("Blank", False, 0, 0, 0),
    ]  # fmt: skip
    assert excel.look(path) == ("Data", [["id", "a", "b"], ["1", "x", "y"], ["2", "x", "y"]])
    assert excel.look(path, " codes ")[0] == "Codes"
    assert len(written(path, "Old")) == 9
    with pytest.raises(DeliveryError) as refused:
        excel.head(path, "Date")
    assert refused.value.details["nearest"] == "Data"
    with pytest.raises(DeliveryError, match="is empty"):
        excel.to_parquet(path, tmp_path / "b.parquet", "Blank")


def test_only_hidden_sheets_are_read_too(tmp_path: Path):
    def hide(book: Any) -> None:
        book["Data"].sheet_state = "veryHidden"

    path = put(tmp_path / "a.xlsx", xlsx([["id"], [1]], [], names=["Data", "Blank"], then=hide))
    with pytest.raises(DeliveryError, match="is empty"):
        excel.head(path)
    assert excel.head(path, "Data") == [["id"], ["1"]]


@pytest.mark.parametrize(("suffix", "make"), [("ods", ods), ("xls", xls), ("xlsb", xlsb)])
def test_other_formats_give_the_same_records(tmp_path: Path, suffix: str, make: Callable[..., bytes]):
    rows = [["id", "Насколько?"], [1.0, "“so so”"], [2.0, None], [None, 0.5]]
    path = put(tmp_path / f"a.{suffix}", make(rows))
    assert written(path) == [["id", "Насколько?"], ["1", "“so so”"], ["2", None], [None, "0.5"]]


def test_records_are_the_same_in_one_chunk_or_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    rows = [["id", "Q"], *([i, f"answer {i}"] for i in range(100))]
    path = put(tmp_path / "a.xlsx", xlsx(rows))
    monkeypatch.setattr(excel, "CELLS", 26)
    excel.to_parquet_here(path, str(tmp_path / "b.parquet"), "")
    assert pq.ParquetFile(tmp_path / "b.parquet").num_row_groups > 1
    assert pq.read_table(tmp_path / "b.parquet").to_pylist() == [{"c1": str(a), "c2": b} for a, b in rows]


def test_head_is_the_first_twenty_records(tmp_path: Path):
    path = put(tmp_path / "a.xlsx", xlsx([["id", "Q"], *([i, "x"] for i in range(50))]))
    assert excel.head(path) == [["id", "Q"], *([str(i), "x"] for i in range(19))]


def test_wide_and_long_cells(tmp_path: Path):
    path = put(tmp_path / "a.xlsx", xlsx([[f"Q{i}" for i in range(10_000)], ["x" * 32_767] + ["y"] * 9_999]))
    rows = written(path)
    assert [len(row) for row in rows] == [10_000, 10_000]
    assert len(rows[1][0] or "") == 32_767


def refused(path: Path) -> str:
    with pytest.raises(DeliveryError) as error:
        excel.head(path)
    with pytest.raises(DeliveryError):
        excel.to_parquet(path, path.with_suffix(".parquet"))
    assert error.value.where.startswith(str(path))
    return str(error.value)


def test_protected_workbooks_are_refused(tmp_path: Path):
    """An encrypted workbook is a compound file with one stream "EncryptedPackage" ([MS-OFFCRYPTO] 2.3.4)."""
    assert "password" in refused(put(tmp_path / "a.xlsx", compound("EncryptedPackage", b"x" * 5000)))


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"a;b\n1;2\n", b"\x00" * 9]
)
def test_what_is_no_workbook_is_refused(tmp_path: Path, content: bytes):
    refused(put(tmp_path / "a.xlsx", content))


def test_what_is_not_there_is_refused(tmp_path: Path):
    refused(tmp_path / "none.xlsx")
    refused(tmp_path)


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path):
    parts: dict[str, Any] = parts_of(xlsx([["id"], [1]]))
    cell = b'<row r="2"><c r="A2"><v>1</v></c></row>' * 25
    parts[SHEET] = parts[SHEET].replace(b"</sheetData>", cell * (60_000_000 // len(cell)) + b"</sheetData>")
    path = put(tmp_path / "a.xlsx", zipped(parts))
    assert path.stat().st_size < 1_000_000
    assert "unpacks to more" in refused(path)


def test_many_parts_are_added_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = put(tmp_path / "a.xlsx", zipped({f"xl/{i}.xml": b"x" * 1000 for i in range(5)}))
    monkeypatch.setattr(excel, "LARGEST", 4999)
    with pytest.raises(DeliveryError, match="unpacks to more"):
        excel.look_here(path, "")
    monkeypatch.setattr(excel, "LARGEST", 5000)
    monkeypatch.setattr(excel, "PARTS", 4)
    with pytest.raises(DeliveryError, match="unpacks to more"):
        excel.look_here(path, "")


def test_a_part_that_lies_about_its_size_is_refused(tmp_path: Path):
    """Sizes and CRC stand in the central directory, at byte 16 and 24 of an entry (APPNOTE 4.3.12)."""
    parts = parts_of(xlsx([["id"], [1]]))
    parts[SHEET] = parts[SHEET].replace(b"</sheetData>", b" " * 3_000_000 + b"</sheetData>")
    content = bytearray(zipped(parts))
    entry = content.rindex(SHEET.encode()) - 46
    assert content[entry : entry + 4] == b"PK\x01\x02"
    content[entry + 24 : entry + 28] = struct.pack("<I", 1000)
    refused(put(tmp_path / "a.xlsx", bytes(content)))


def test_two_cells_far_apart_do_not_fill_the_memory(tmp_path: Path):
    parts = parts_of(xlsx([["id"], [1]]))
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    parts[SHEET] = parts[SHEET].replace(b"</sheetData>", far)
    assert "too much memory" in refused(put(tmp_path / "a.xlsx", zipped(parts)))


@pytest.mark.parametrize("many", ["table:number-rows-repeated", "table:number-columns-repeated"])
def test_cells_repeated_without_end_do_not_fill_the_memory(tmp_path: Path, many: str):
    parts = parts_of(ods([["id", "Q"], [1.0, "a"]]))
    tag = b"<table:table-row" if "rows" in many else b"<table:table-cell"
    parts["content.xml"] = parts["content.xml"].replace(tag, tag + f' {many}="4000000000"'.encode())
    read_or_refused(put(tmp_path / "a.ods", zipped({**parts})))


def test_entities_are_not_expanded(tmp_path: Path):
    parts = parts_of(xlsx([["id"], [1]]))
    lines = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12))
    bomb = f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY e0 "x">{lines}]>'.encode()
    parts[SHEET] = bomb + parts[SHEET].replace(b"<v>1</v>", b"<v>&e11;</v>")
    read_or_refused(put(tmp_path / "a.xlsx", zipped(parts)))


def read_or_refused(path: Path) -> None:
    refusal, records, whole = "", [], []
    try:
        records = excel.head(path)
        whole = written(path)  # may be refused though the head was not: it is longer, and so takes longer
    except DeliveryError as error:
        refusal = str(error)
    if refusal:
        assert str(path) in refusal
        return
    assert len({len(record) for record in records}) == 1
    assert whole[: len(records)] == [[cell or None for cell in record] for record in records]


@FUZZ
@given(content=st.binary(max_size=200), magic=st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0"]))
@example(content=b"", magic=b"PK\x05\x06" + bytes(18))
def test_random_bytes_are_read_or_refused(tmp_path: Path, content: bytes, magic: bytes):
    read_or_refused(put(tmp_path / "a.xlsx", magic + content))


ROWS = [["id", "Question"], [1.0, "yes"], [2.0, "no"], [None, "so so"]]
MADE = {"xlsx": xlsx(ROWS), "ods": ods(ROWS), "xls": xls(ROWS), "xlsb": xlsb(ROWS)}


@FUZZ
@given(suffix=st.sampled_from(sorted(MADE)), harms=HARMS, cut=CUTS)
def test_damaged_workbooks_are_read_or_refused(
    tmp_path: Path, suffix: str, harms: list[tuple[float, bytes]], cut: float
):
    read_or_refused(put(tmp_path / f"a.{suffix}", harmed(MADE[suffix], harms, cut)))


@FUZZ
@given(suffix=st.sampled_from(["xlsx", "ods", "xlsb"]), part=st.integers(0, 20), harms=HARMS)
def test_workbooks_with_damaged_parts_are_read_or_refused(
    tmp_path: Path, suffix: str, part: int, harms: list[tuple[float, bytes]]
):
    """Damage within the parts, which no check sum tells."""
    parts = parts_of(MADE[suffix])
    name = sorted(parts)[part % len(parts)]
    parts[name] = harmed(parts[name], harms)
    read_or_refused(put(tmp_path / f"a.{suffix}", zipped({**parts})))


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20)


@FUZZ
@given(rows=st.lists(st.lists(texts | st.integers(-(10**9), 10**9) | st.none(), min_size=2, max_size=2), max_size=30))
def test_texts_and_numbers_come_back(tmp_path: Path, rows: list[list[Any]]):
    table = [["id", "Q"], *rows, ["end", "."]]
    rows = [["" if cell is None or cell == "" else str(cell) for cell in row] for row in table]

    def fill(book: Any) -> None:
        for i, row in enumerate(table, 1):
            for j, value in enumerate(row, 1):
                if value is not None:
                    book.active.cell(i, j).value = value
                    book.active.cell(i, j).data_type = "s" if isinstance(value, str) else "n"

    path = put(tmp_path / "a.xlsx", xlsx([], then=fill))
    assert [[cell or "" for cell in row] for row in written(path)] == rows


def test_an_archive_that_is_no_workbook_is_refused(tmp_path: Path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("export.csv", "id,Q\n1,a\n")
    said = refused(put(tmp_path / "a.zip", stream.getvalue()))
    assert "is a zip archive and no workbook\n  found: export.csv\n  do: unzip it" in said
