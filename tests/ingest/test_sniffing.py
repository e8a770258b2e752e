"""Which files are refused at the door, and why; and what is told from the first records of the others."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest

from pipeline.errors import DeliveryError
from pipeline.ingest.sniffing import read_source


def source_of(folder: Path, content: str | bytes, name: str = "export.csv"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_source(path)


def names(folder: Path, content: str | bytes) -> list[str]:
    return [column.name for column in source_of(folder, content).layout.columns]


def zipped() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return stream.getvalue()


UNFIT = {
    "empty": (b"", "is empty"),
    "white space only": (b" \n\t\r\n ", "is empty"),
    "a mark and nothing else": (b"\xef\xbb\xbf\r\n", "is empty"),
    "header only": (b"Q1,Q2\n", "has headers but no answers"),
    "header and blank lines": (b"Q1,Q2\n\n\r\n", "has headers but no answers"),
    "Qualtrics headers only": (b'Q1,Q2\nOne,Two\n"{""ImportId"":""QID1""}","{""ImportId"":""QID2""}"\n', "no answers"),
    "SurveyMonkey headers only": (b"Respondent ID,What?\n,Response\n", "has headers but no answers"),
    "UTF-8 but for a byte": ("Größe,Q2\n1,2\nGröße,Ä\n".encode() + b"\xe9\n", r"line 4: is not UTF-8 text"),
    "UTF-16 cut in the middle of a sign": ("Q1,Q2\n1,2\n".encode("utf-16") + b"\x00", "is not UTF-16 text"),
    "an Excel workbook named csv": (zipped(), "a zip archive or an Excel workbook"),
    "a gzip archive named csv": (b"\x1f\x8b\x08\x00\x00\xff\xfe", "a gzip archive"),
    "random bytes": (bytes(range(256)), "is not a text file"),
    "zero bytes in a cell": (b"Q1,Q2\n1,a\x00b\n", "zero bytes"),
    "a web page": (b"\r\n<!DOCTYPE html><html><body>Log in</body></html>\n", "is a web page"),
    "padding above the header": (b",,,\nQ1,Q2,Q3,Q4\n1,2,3,4\n", "begins with a row of empty cells"),
    "one column under a blank line": (b"\nQ1\nYes\n", "line 1: is blank"),
}


@pytest.mark.parametrize("kind", UNFIT)
def test_a_file_that_is_no_export_is_refused_with_the_reason(tmp_path: Path, kind: str):
    content, reason = UNFIT[kind]
    with pytest.raises(DeliveryError, match=reason) as caught:
        source_of(tmp_path, content)
    assert str(tmp_path / "export.csv") in caught.value.where


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path):
    with pytest.raises(DeliveryError, match="No such file"):
        read_source(tmp_path / "none.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DeliveryError, match="Is a directory"):
        read_source(tmp_path / "folder.csv")


def test_the_error_of_a_wrong_encoding_says_what_was_expected_found_and_what_to_do(tmp_path: Path):
    with pytest.raises(DeliveryError) as caught:
        source_of(tmp_path, "Q1,Größe\n1,".encode() + b"caf\xe9\n")
    assert str(caught.value).splitlines() == [
        f"{tmp_path / 'export.csv'}, line 2: is not UTF-8 text",
        "  expected: UTF-8, or UTF-16 with its mark",
        "  found: byte 0xe9",
        "  do: export the survey again as UTF-8, or say in the study file what it is in: reading: {encoding: cp1252}",
    ]


@pytest.mark.parametrize(
    ("content", "delimiter"),
    [
        ("Q1,Q2\n1,2\n", ","),
        ("Q1;Q2\n1;2\n", ";"),
        ("Q1\tQ2\n1\t2\n", "\t"),
        ("Q1|Q2\n1|2\n", "|"),
        ("When, really?;Where, if at all, or not?\n1;2\n3;4\n", ";"),
        ('"When;\nreally?","Where;\nif at all?"\n1,2\n', ","),
        ("Pick\tWhy\na;b,c;d\tx,y;z\n", "\t"),
        ("Q1,Q2\na;b,c;d\ne;f,g;h\n", ","),
        ("Answer\nYes\n", ","),
    ],
)
def test_the_delimiter_is_the_sign_that_divides_every_record_alike(tmp_path: Path, content: str, delimiter: str):
    assert source_of(tmp_path, content).delimiter == delimiter


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("above", ["", "blank"])
def test_names_are_read_behind_a_mark_and_blank_lines(tmp_path: Path, mark: bytes, end: str, above: str):
    first = end if above else ""
    assert names(tmp_path, mark + f'{first}"Say, why?",Q2{end}1,2{end}'.encode()) == ["Say, why?", "Q2"]


def test_a_line_break_inside_a_header_is_part_of_its_text(tmp_path: Path):
    assert names(tmp_path, '"Rate us\n(1 is bad)","Why?\r\nTell us"\n1,2\n') == [
        "Rate us\n(1 is bad)",
        "Why?\r\nTell us",
    ]


def test_a_space_before_a_quoted_field_belongs_to_neither(tmp_path: Path):
    assert names(tmp_path, 'Q1, "Well, then?"\n1, "a, b"\n') == ["Q1", "Well, then?"]


def test_header_rows_longer_than_the_first_look_are_read_whole(tmp_path: Path):
    """9 MB of header: 3,000 columns whose texts have 3,000 characters."""
    texts = [f"{i} " + "x" * 3_000 for i in range(3_000)]
    source = source_of(tmp_path, ",".join(texts) + "\n" + ",".join(["1"] * 3_000) + "\n")
    assert [column.text for column in source.layout.columns] == texts


def test_bytes_far_down_the_file_do_not_disturb_the_look_at_its_beginning(tmp_path: Path):
    content = b"Q1,Q2\n" + b"some answer,other answer\n" * 200_000 + b"caf\xe9,x\n"
    assert len(content) > 4_000_000
    assert names(tmp_path, content) == ["Q1", "Q2"]


def test_qualtrics_is_told_by_import_ids_in_any_language_and_either_quote(tmp_path: Path):
    texts = "Startdatum,Wie oft?\n"
    for third in (
        '"{""ImportId"":""startDate""}","{""ImportId"":""QID7""}"',
        "{'ImportId': 'startDate'},{'ImportId': 'QID7'}",
    ):
        layout = source_of(tmp_path, f"StartDate,Q7\n{texts}{third}\n2021-02-01,Oft\n").layout
        assert (layout.platform, layout.header_rows) == ("qualtrics", 3)
        assert [(c.name, c.text, c.import_id) for c in layout.columns] == [
            ("StartDate", "Startdatum", "startDate"), ("Q7", "Wie oft?", "QID7"),
        ]  # fmt: skip


def test_surveymonkey_parents_stand_over_their_first_column_or_over_each(tmp_path: Path):
    for first in ("Respondent ID,Start Date,Which?,,How?", "Respondent ID,Start Date,Which?,Which?,How?"):
        layout = source_of(tmp_path, f"{first}\n,,Red,Blue,Response\n7,01/02/2021,Red,,Well\n").layout
        assert (layout.platform, layout.header_rows) == ("surveymonkey", 2)
        assert [(c.text, c.part) for c in layout.columns[2:]] == [("Which?", "Red"), ("Which?", "Blue"), ("How?", "")]


def test_surveymonkey_with_one_header_row_keeps_its_first_respondent(tmp_path: Path):
    layout = source_of(tmp_path, "RespondentID,Which?\n7,Red\n8,Blue\n").layout
    assert (layout.platform, layout.header_rows) == ("surveymonkey", 1)
    assert layout.defaults["id"] == "RespondentID"


def test_surveymonkey_respondents_without_id_are_no_second_header_row(tmp_path: Path):
    layout = source_of(tmp_path, "Respondent ID,Start Date,Which?,How?\n,,Red,Well\n,,Blue,Badly\n").layout
    assert (layout.platform, layout.header_rows) == ("surveymonkey", 1)


@pytest.mark.parametrize(
    "third", ['{"ImportId": ' + "[" * 100_000, '{"ImportId": null}', '{"ImportId": {}}', "{ImportId}"]
)
def test_import_ids_that_are_none_do_not_break_the_reader(tmp_path: Path, third: str):
    quoted = '"' + third.replace('"', '""') + '"'
    assert len(source_of(tmp_path, f"A,B\nText,More\n{quoted},{quoted}\n1,2\n").layout.columns) == 2


def test_header_rows_of_unequal_length_keep_every_named_column(tmp_path: Path):
    layout = source_of(tmp_path, 'A,B,C\nText\n"{""ImportId"":""QID1""}"\n1,2,3\n').layout
    assert [(c.name, c.text, c.import_id) for c in layout.columns] == [
        ("A", "Text", "QID1"),
        ("B", "", ""),
        ("C", "", ""),
    ]


def test_an_error_names_no_answer(tmp_path: Path):
    """What respondents wrote stays in the delivery; errors are published with the wave."""
    with pytest.raises(DeliveryError) as caught:
        source_of(tmp_path, "Q1,Größe\n1,secret ä\udce9\n".encode("utf-8", "surrogateescape"))
    assert not re.search("secret", str(caught.value))
