"""Whatever a file begins with, there is a layout or a DeliveryError; never another error, never a wait."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline.errors import DeliveryError
from pipeline.ingest import plain, qualtrics, surveymonkey
from pipeline.ingest.layout import Layout
from pipeline.ingest.matching import match
from pipeline.ingest.sniffing import read_source
from tests.ingest.deliveries import study

STUDY = study("columns: {id: Respondent ID}\n").study
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

known = st.sampled_from(
    [
        "Respondent ID", "RespondentID", "respondent\u00a0id", "Start Date", "Response", "Open-Ended Response",
        "Status", "ResponseId", '{"ImportId":"QID1"}', "{'ImportId':'QID2'}", '{"ImportId":', '{"ImportId":[1]}', "",
        "Do you use it?", "Which channels do you use?", "Email, newsletters", "How far do you agree? - I trust us",
    ]
)  # fmt: skip
cell = known | st.text(max_size=12)
head = st.lists(st.lists(cell, max_size=6), max_size=6)
tall = head.filter(lambda rows: bool(rows and rows[0]))


@FUZZ
@given(tall)
@example([["A", "B", "C"], ["x"], ['{"ImportId":"QID1"}'], ["1"]])
@example([["A"], ["x", "y", "z"], ['{"ImportId":"a"}', '{"ImportId":"b"}'], ["1"]])
@example([["Respondent ID"], []])
def test_each_reader_recognises_or_passes(rows: list[list[str]]):
    for reader in (qualtrics, surveymonkey, plain):
        layout = reader.recognise(rows)
        assert layout is None or isinstance(layout, Layout)
        if layout is not None:
            assert [column.position for column in layout.columns] == list(range(1, len(rows[0]) + 1))
            assert 1 <= layout.header_rows <= len(rows)
    assert plain.recognise(rows) is not None


def read_and_match(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    refusal, found = "", []
    try:
        source = read_source(path)
        found = match(source, STUDY.questions, STUDY.scales, STUDY.columns, "w")
    except DeliveryError as error:
        refusal = str(error)
    if refusal:
        assert refusal.startswith(str(path))
        return
    positions = [m.column.position for m in found if m.column]
    assert positions == list(range(1, len(source.layout.columns) + 1))
    variables = [m.variable for m in found if m.variable]
    assert len(variables) == len(set(variables))


@FUZZ
@given(rows=head, delimiter=st.sampled_from(",;\t|"), end=st.sampled_from(["\n", "\r\n", "\r"]))
def test_random_headers_are_matched_or_refused(tmp_path: Path, rows: list[list[str]], delimiter: str, end: str):
    stream = io.StringIO(newline="")
    csv.writer(stream, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(rows)
    read_and_match(tmp_path / "export.csv", stream.getvalue().encode("utf-8", "surrogatepass"))


@FUZZ
@given(st.binary(max_size=80) | st.text('",;\n\r\ta\u00e9\ufeff\x00{', max_size=40).map(str.encode))
@example(b"\xff\xfe")
@example(b"\xef\xbb\xbf")
@example(b'"')
@example(b"PK\x03\x04")
def test_random_bytes_are_matched_or_refused(tmp_path: Path, content: bytes):
    read_and_match(tmp_path / "export.csv", content)
