"""SPSS files written by pyreadstat, with the records put in that it does not write: sets, weight, encoding."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pyreadstat
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline.errors import DeliveryError
from pipeline.ingest import spss
from pipeline.ingest.spss import ValueLabel
from pipeline.ingest.spss_dictionary import ResponseSet, weight_and_sets
from tests.ingest.damage import CUTS, HARMS, harmed

FUZZ = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
END = struct.pack("<2i", 999, 0)  # of the dictionary


def extension(subtype: int, content: bytes) -> bytes:
    """An extension record of the dictionary: type 7, subtype, size of an element, number of elements, content."""
    return struct.pack("<4i", 7, subtype, 1, len(content)) + content


def with_records(content: bytes, *records: bytes, weight: int | None = None) -> bytes:
    """weight: which element of the dictionary weighs, from 1, at byte 76 of the header."""
    at = content.index(END)
    content = content[:at] + b"".join(records) + content[at:]
    return content if weight is None else content[:76] + struct.pack("<i", weight) + content[80:]


def put(path: Path, frame: dict[str, Sequence[Any]], *records: bytes, weight: int | None = None, **how: Any) -> Path:
    pyreadstat.write_sav(pd.DataFrame(frame), path, **how)
    path.write_bytes(with_records(path.read_bytes(), *records, weight=weight))
    return path


def written(path: Path, encoding: str = "") -> list[list[str | None]]:
    """The columns, in order."""
    target = path.with_suffix(".parquet")
    spss.to_parquet(path, target, encoding=encoding)
    table = pq.read_table(target)
    assert table.column_names == [f"c{c.position}" for c in spss.layout(path, encoding).columns]
    return [column.to_pylist() for column in table.columns]


@pytest.mark.parametrize(
    ("suffix", "how"), [("sav", {}), ("sav", {"row_compress": True}), ("zsav", {"compress": True})]
)
def test_values_are_written_as_labels_or_plainly(tmp_path: Path, suffix: str, how: dict[str, Any]):
    path = put(
        tmp_path / f"a.{suffix}",
        {
            "Trust": [1.0, 2.0, 3.0, None],
            "age": [41.0, 41.5, 1e6, 0.1],
            "Comment": ["so  ", "", "да", "a,b"],
            "place": ["n", "s", "x", ""],
        },
        column_labels=["Do you trust us?", "Age", None, "Where?"],
        variable_value_labels={"Trust": {1.0: "Yes", 2.0: "No "}, "place": {"n": "North", "s": "South"}},
        variable_measure={"Trust": "ordinal", "age": "scale", "Comment": "nominal"},
        **how,
    )
    assert written(path) == [
        ["Yes", "No", "3", None],
        ["41", "41.5", "1000000", "0.1"],
        ["so", None, "да", "a,b"],
        ["North", "South", "x", None],
    ]
    layout = spss.layout(path)
    assert (layout.platform, layout.header_rows) == ("spss", 0)
    assert [(c.name, c.text) for c in layout.columns] == [
        ("Trust", "Do you trust us?"), ("age", "Age"), ("Comment", "Comment"), ("place", "Where?"),
    ]  # fmt: skip
    found = spss.labels(path)
    assert found.weight is None
    assert [v.measure for v in found.variables][:3] == ["ordinal", "scale", "nominal"]
    assert [v.type for v in found.variables] == ["number", "number", "text", "text"]
    assert found.variables[0].values == (ValueLabel("1", "Yes", False), ValueLabel("2", "No", False))


def test_user_missing_values_keep_their_label_or_are_empty(tmp_path: Path):
    values = [1.0, 7.0, 8.0, 9.0, 99.0, None]
    path = put(
        tmp_path / "a.sav",
        {"q": values, "n": values, "t": ["a", "zz", "DK", "a", "a", "a"]},
        variable_value_labels={"q": {1.0: "Yes", 8.0: "Refused", 9.0: "Don't know"}, "t": {"DK": "Don't know"}},
        missing_ranges={"q": [{"lo": 7, "hi": 9}, 99], "n": [{"lo": 8, "hi": 1e9}], "t": ["zz", "DK"]},
    )
    assert written(path) == [
        ["Yes", None, "Refused", "Don't know", None, None],
        ["1", "7", None, None, None, None],
        ["a", None, "Don't know", "a", "a", "a"],
    ]
    q, n, t = spss.labels(path).variables
    assert q.values == (
        ValueLabel("1", "Yes", False), ValueLabel("8", "Refused", True), ValueLabel("9", "Don't know", True),
    )  # fmt: skip
    assert sorted(q.missing) == [("7", "9"), ("99", "99")]
    assert n.missing == (("8", "1000000000"),)
    assert sorted(t.missing) == [("DK", "DK"), ("zz", "zz")]


def test_dates_and_times_are_iso(tmp_path: Path):
    path = put(
        tmp_path / "a.sav",
        {
            "moment": [datetime(2024, 5, 1, 10, 30), datetime(2024, 5, 2), None],
            "day": [(datetime(2024, 5, 1) - datetime(1582, 10, 14)) / timedelta(seconds=1), None, 1e300],
            "took": [3725.0, 90000.0, None],
        },
        variable_format={"day": "EDATE10", "took": "TIME8"},
    )
    assert written(path) == [
        ["2024-05-01 10:30:00", "2024-05-02", None],
        ["2024-05-01", None, "1" + "0" * 300],
        ["01:02:05", "25:00:00", None],
    ]
    assert [v.type for v in spss.labels(path).variables] == ["moment"] * 3


TICKS = {"mail_news": [1.0, 0.0, None, 9.0], "mail_post": [0.0, 1.0, None, 1.0], "web": ["Y", "N", "", "Y"]}
CHOICES = {"first_one": [1.0, 3.0, None, 9.0], "second_one": [3.0, None, None, None]}


def test_dichotomies_are_ticks(tmp_path: Path):
    """Of the two numeric variables the dictionary's short names are meant: MAIL_NEW and what pyreadstat makes."""
    path = put(
        tmp_path / "a.sav",
        TICKS,
        extension(
            7, "$media=D1 1 11 Which media mail_new mail_post\n$w=D1 Y 5 Наше? web\n".encode().replace(b" 5 ", b" 9 ")
        ),
        column_labels=["Newsletters", "Post", None],
        missing_ranges={"mail_news": [9]},
        variable_value_labels={"mail_news": {9.0: "Refused"}},
    )
    assert [(c.name, c.text, c.part) for c in spss.layout(path).columns] == [
        ("mail_news", "Which media", "Newsletters"), ("mail_post", "Which media", "Post"), ("web", "Наше?", "web"),
    ]  # fmt: skip
    assert written(path) == [["1", "0", None, None], ["0", "1", None, "1"], ["1", "0", None, "1"]]
    found = spss.labels(path)
    assert found.sets == (
        ResponseSet("media", "Which media", ("mail_news", "mail_post"), "1"), ResponseSet("w", "Наше?", ("web",), "Y"),
    )  # fmt: skip
    assert [v.sets for v in found.variables] == [("media",), ("media",), ("w",)]


def test_sets_labelled_by_counted_values(tmp_path: Path):
    """Type E (SPSS 14 and later): categories are called by the label of the counted value."""
    path = put(
        tmp_path / "a.sav",
        {"a": [2.0, 1.0], "b": [2.0, 2.0]},
        extension(19, b"$e=E 1 1 2 5 Which a b\n"),
        column_labels=["First", "Second"],
        variable_value_labels={"a": {2.0: "Post"}},
    )
    assert [(c.text, c.part) for c in spss.layout(path).columns] == [("Which", "Post"), ("Which", "Second")]
    assert written(path) == [["1", "0"], ["1", "1"]]


def test_categories_become_columns_of_their_own(tmp_path: Path):
    media = {1.0: "Mail", 2.0: "Post", 3.0: "Web", 9.0: "Refused"}
    path = put(
        tmp_path / "a.sav",
        CHOICES | {"id": [1.0, 2.0, 3.0, 4.0]},
        extension(7, b"$media=C 10 Which two? first_one second_one\n"),
        column_labels=["First", "Second", None],
        variable_value_labels={"first_one": media, "second_one": media},
        missing_ranges={"first_one": [9]},
    )
    assert [(c.position, c.name, c.text, c.part) for c in spss.layout(path).columns] == [
        (1, "first_one", "First", ""), (2, "second_one", "Second", ""), (3, "id", "id", ""),
        (4, "media_1", "Which two?", "Mail"), (5, "media_2", "Which two?", "Post"), (6, "media_3", "Which two?", "Web"),
        (7, "media_9", "Which two?", "Refused"),
    ]  # fmt: skip
    assert written(path)[:2] == [["Mail", "Web", None, "Refused"], ["Web", None, None, None]]
    assert written(path)[3:] == [
        ["1", "0", None, None], ["0", "0", None, None], ["1", "1", None, None], ["0", "0", None, None],
    ]  # fmt: skip


def test_a_set_without_a_label_is_called_what_its_variables_share(tmp_path: Path):
    path = put(
        tmp_path / "a.sav",
        {"a": [1.0], "b": [0.0]},
        extension(7, b"$x=D1 1 0  a b\n"),
        column_labels=["Which do you use? - Mail", "Which do you use? - Post"],
    )
    assert [c.text for c in spss.layout(path).columns] == ["Which do you use?"] * 2


def test_sets_of_unknown_variables_and_unsound_ones_are_passed_over(tmp_path: Path):
    unsound = b"$a=D1 1 2 ab nope\nnonsense\n$b=D99 1\n"
    path = put(tmp_path / "a.sav", {"a": [1.0]}, extension(7, unsound), extension(7, b"$c=C 999 x a\n"))
    assert spss.labels(path).sets == ()
    assert written(path) == [["1"]]


def test_the_weight_is_told(tmp_path: Path):
    """The header counts elements of eight bytes: a text of 20 takes three."""
    frame = {"id": [1.0], "text": ["x" * 20], "gender": [1.0], "w": [0.5]}
    assert spss.labels(put(tmp_path / "a.sav", frame, weight=6)).weight == "w"
    assert spss.labels(put(tmp_path / "b.sav", frame, weight=5)).weight == "gender"
    for wrong in (2, 3, 7, 10**6, -1):
        assert spss.labels(put(tmp_path / "c.sav", frame, weight=wrong)).weight is None


def test_texts_of_an_old_file_are_read_in_the_declared_encoding(tmp_path: Path):
    """A file without a word on its encoding, as SPSS 15 and before wrote them; labels padded to four bytes."""
    path = put(
        tmp_path / "a.sav", {"a": [1.0, 2.0]}, column_labels=["Aaaa"],
        variable_value_labels={"a": {1.0: "Bbbbbbb"}},
    )  # fmt: skip
    content = path.read_bytes()
    utf8 = extension(20, b"UTF-8")
    assert utf8 in content
    content = content.replace(utf8, b"").replace(struct.pack("<i", 65001), struct.pack("<i", 2))
    content = content.replace(b"Aaaa", "Цена".encode("cp1251")).replace(b"Bbbbbbb", "Высокая".encode("cp1251"))
    path.write_bytes(with_records(content, extension(7, "$s=D1 1 5 Какая a\n".encode("cp1251"))))
    column = spss.layout(path, "cp1251").columns[0]
    assert (column.text, column.part) == ("Какая", "Цена")
    assert spss.labels(path, "cp1251").variables[0].values[0].label == "Высокая"


def test_platforms_columns_are_told(tmp_path: Path):
    names = ["ResponseId", "StartDate", "EndDate", "IPAddress", "RecipientEmail", "Duration__in_seconds_", "Q1"]
    path = put(tmp_path / "a.sav", {name: ["1"] for name in names})
    layout = spss.layout(path)
    assert layout.defaults == {
        "id": "ResponseId", "started": "StartDate", "finished": "EndDate", "duration": "Duration__in_seconds_",
    }  # fmt: skip
    assert [c.kind for c in layout.columns] == ["metadata"] * 3 + ["personal"] * 2 + ["metadata", ""]


def test_records_are_the_same_in_one_chunk_or_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = put(tmp_path / "a.sav", {"id": [float(i) for i in range(100)], "t": [f"x{i}" for i in range(100)]})
    for cells in (2, 26, 200, 202):
        monkeypatch.setattr(spss, "CELLS", cells)
        spss.to_parquet_here(path, str(tmp_path / "b.parquet"), "")
        rows = pq.read_table(tmp_path / "b.parquet").to_pylist()
        assert rows == [{"c1": str(i), "c2": f"x{i}"} for i in range(100)]


def test_portable_files_are_read(tmp_path: Path):
    frame = pd.DataFrame({"A": [1.0, 2.5, None], "B": ["x", "y", ""]})
    pyreadstat.write_por(frame, tmp_path / "a.por", column_labels=["First?", "Second?"])
    assert [c.text for c in spss.layout(tmp_path / "a.por").columns] == ["First?", "Second?"]
    assert written(tmp_path / "a.por") == [["1", "2.5", None], ["x", "y", None]]


def refused(path: Path) -> str:
    with pytest.raises(DeliveryError) as error:
        spss.layout(path)
    return str(error.value)


@pytest.mark.parametrize("content", [b"", b"$FL2", b"$FL3" + bytes(200), b"id,Q\n1,a\n"])
def test_what_is_no_spss_file_is_refused(tmp_path: Path, content: bytes):
    (tmp_path / "a.sav").write_bytes(content)
    assert refused(tmp_path / "a.sav").startswith(str(tmp_path))
    refused(tmp_path / "none.sav")


def test_a_file_that_is_cut_short_is_refused(tmp_path: Path):
    path = put(tmp_path / "a.sav", {"t": ["x" * 100] * 50})
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(DeliveryError, match="number of rows"):
        spss.to_parquet(path, tmp_path / "b.parquet")


def test_a_number_of_records_that_is_made_up_does_not_fill_the_memory(tmp_path: Path):
    path = put(tmp_path / "a.sav", {"t": ["x", "y"]})
    content = path.read_bytes()
    path.write_bytes(content[:80] + struct.pack("<i", 10**9) + content[84:])
    with pytest.raises(DeliveryError, match="number of rows"):
        spss.to_parquet(path, tmp_path / "b.parquet")


def made() -> bytes:
    with TemporaryDirectory() as folder:
        path = put(
            Path(folder) / "made.sav", CHOICES | TICKS,
            extension(7, b"$m=D1 1 2 Do mail_new mail_post\n$c=C 2 Do first_on second_one\n"),
            weight=1, variable_value_labels={"first_one": {1.0: "a"}}, missing_ranges={"first_one": [9]},
        )  # fmt: skip
        return path.read_bytes()


def read_or_refused(path: Path) -> None:
    refusal, columns = "", 0
    try:
        columns = len(spss.layout(path).columns)
        spss.to_parquet(path, path.with_suffix(".parquet"))
    except DeliveryError as error:
        refusal = str(error)
    if refusal:
        assert str(path) in refusal
    else:
        assert pq.ParquetFile(path.with_suffix(".parquet")).metadata.num_columns == columns


@FUZZ
@given(st.binary(max_size=300), st.sampled_from([b"", b"$FL2", b"$FL3"]))
@example(b"@(#) SPSS DATA FILE".ljust(300, b"\0"), b"$FL2")
def test_random_bytes_are_read_or_refused(tmp_path: Path, content: bytes, magic: bytes):
    (tmp_path / "a.sav").write_bytes(magic + content)
    read_or_refused(tmp_path / "a.sav")


MADE = made()


@FUZZ
@given(HARMS, CUTS)
def test_damaged_files_are_read_or_refused(tmp_path: Path, harms: list[tuple[float, bytes]], cut: float):
    (tmp_path / "a.sav").write_bytes(harmed(MADE, harms, cut))
    read_or_refused(tmp_path / "a.sav")
    weight_and_sets(tmp_path / "a.sav", "utf-8")


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20).map(str.rstrip)


@FUZZ
@given(st.lists(st.tuples(texts, st.integers(-(10**12), 10**12)), min_size=1, max_size=20))
def test_texts_and_numbers_come_back(tmp_path: Path, rows: list[tuple[str, int]]):
    path = put(tmp_path / "a.sav", {"t": [t for t, _ in rows], "n": [float(n) for _, n in rows]})
    assert written(path) == [[t or None for t, _ in rows], [str(n) for _, n in rows]]
