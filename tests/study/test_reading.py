"""YAML: every scalar a text, every node at its line, nothing executed, expanded or guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import StudyFileError
from pipeline.study.loading import load_study
from pipeline.study.reading import DEEPEST, LARGEST, parse_yaml, read_yaml
from tests.study.files import HEAD, SMALL, refused


@pytest.mark.parametrize(
    "written",
    ["yes", "no", "on", "true", "2018", "010", "0x1F", "10,000", "250-10,000", "1e3", "null", "NaN", ".inf", "1:30",
     "2021-02-01", "=", "1_000", "Don't know"],
)  # fmt: skip
def test_a_scalar_is_the_text_as_written(written: str):
    data = parse_yaml(f"{written}: {written}\nin:\n- {written}", "x").data
    assert data == {written: written, "in": [written]}


@pytest.mark.parametrize("written", ["", "~"])
def test_an_empty_value_is_none_and_quotes_make_it_a_text(written: str):
    assert parse_yaml(f"a: {written}\nb: '{written}'\nc: \"{written}\"", "x").data == {
        "a": None,
        "b": written,
        "c": written,
    }


def test_each_key_and_item_knows_its_line():
    lines = parse_yaml("a:\n  - x\n  - {b: 1,\n     c: 2}\n'd': |\n  text\n\ne: 1\n", "x").lines
    assert lines == {
        (): 1,
        ("a",): 1,
        ("a", 0): 2,
        ("a", 1): 3,
        ("a", 1, "b"): 3,
        ("a", 1, "c"): 4,
        ("d",): 5,
        ("e",): 8,
    }


def test_a_place_that_is_not_in_the_file_has_the_line_of_what_holds_it():
    document = parse_yaml("a: 1\nb:\n  c: 2\n", "x.yaml")
    assert document.where(("b", "nosuch", "c")) == "x.yaml, line 2"
    assert document.where(("nosuch",)) == "x.yaml, line 1"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 'key "a" stands twice'),
        ("a:\n  b: 1\n  b: 1\n", 3, 'key "b" stands twice'),
        ("a: [1, {x: 1,\n x: 2}]", 2, 'key "x" stands twice'),
        ("a: 1\n'a': 2\n", 2, 'key "a" stands twice'),
        ("a: &x 1\nb: *x\n", 1, "uses a YAML anchor or alias"),
        ("a: 1\nb: {<<: *x}\n", 2, "uses a YAML anchor or alias"),
        ("a: 1\nb: !!python/object/apply:os.system ['echo x']\n", 2, "uses a YAML tag"),
        ("a: !!binary aGk=\n", 1, "uses a YAML tag"),
        ("a: 1\n!!str b: 1\n", 2, "uses a YAML tag"),
        ("a: 1\n? [x, y]\n: 2\n", 2, "has a key that is not a plain text"),
        ("a: 1\n{x: y}: 2\n", 2, "has a key that is not a plain text"),
        ('a: 1\nb: "\\0"\n', 2, "holds a control character"),
        ('a: 1\n"\\e": b\n', 2, "holds a control character"),
        ("a: 1\n--- \nb: 2\n", 2, "begins a second document"),
        ("a: 1\nb: [1, 2\nc: 3\n", 3, "is not valid YAML"),
        ("a: 1\nb: 'x\n", 3, "is not valid YAML"),
        ("a: 1\nb: é\nc: \x00", 3, "is not valid YAML: control characters are not allowed"),
        ("a: 1\nb: @x\n", 2, "is not valid YAML"),
    ],
)  # fmt: skip
def test_what_is_refused_is_refused_at_its_line(text: str, line: int, what: str):
    error = refused(text)
    assert error.where == f"study.yaml, line {line}"
    assert error.what.startswith(what)


def test_a_tab_is_explained():
    error = refused("a:\n\tb: 1\n")
    assert (error.where, error.details["do"]) == ("study.yaml, line 2", "indent with spaces, not tabs")


def test_the_first_of_two_keys_is_named():
    assert refused("x: 1\na: 1\nb: 2\na: 3\n").details["found"] == "first on line 2"


def test_nesting_is_limited_and_not_followed():
    assert parse_yaml("[" * DEEPEST + "]" * DEEPEST, "x").data
    for text in ("[" * 200_000, "{a: " * 100_000, "- " * 100_000):
        assert refused(text).what == f"is nested deeper than {DEEPEST} levels"


@pytest.mark.parametrize("text", ["", "# only a comment\n", "~", "---\n", "{}", "\ufeff"])
def test_an_empty_file_is_said_to_be_empty(text: str):
    error = refused(text)
    assert error.what == "is empty"
    assert error.details["expected"].startswith("format, title, synthetic, sample")


@pytest.mark.parametrize("text", ["[]", "- a", "hello", "12"])
def test_a_file_that_is_no_mapping_is_refused(text: str):
    assert refused(text).what in ("is not a mapping of sections", "is empty")


@pytest.mark.parametrize(
    ("raw", "where", "what"),
    [
        (b"a: 1\nb: \xff\n", "studies/x.yaml, line 2", "is not UTF-8"),
        (SMALL.encode("utf-16"), "studies/x.yaml, line 1", "is not UTF-8"),
        (SMALL.encode("utf-16-be"), "studies/x.yaml, line 1", "is not valid YAML"),
        (bytes(range(256)), "studies/x.yaml, line 2", "is not UTF-8"),
        (b"a" * (LARGEST + 1), "studies/x.yaml", "is too large"),
    ],
)
def test_bytes_that_are_no_text(tmp_path: Path, raw: bytes, where: str, what: str):
    path = tmp_path / "studies" / "x.yaml"
    path.parent.mkdir()
    path.write_bytes(raw)
    with pytest.raises(StudyFileError) as caught:
        load_study(path)
    assert caught.value.where == where
    assert caught.value.what.startswith(what)


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path):
    path = tmp_path / "small.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    assert load_study(path).study.questions.keys() == {"choice", "ticks", "rows", "number", "words"}


def test_a_missing_file_a_folder_and_a_name_that_is_none(tmp_path: Path):
    with pytest.raises(StudyFileError, match="cannot be read: No such file"):
        load_study(tmp_path / "nosuch.yaml")
    with pytest.raises(StudyFileError, match="cannot be read"):
        read_yaml(tmp_path)
    for name in ("My Study", "a..b", "ÜBER", "-x", "x" * 61):
        with pytest.raises(StudyFileError, match="is not named as a study"):
            load_study(tmp_path / f"{name}.yaml")


def test_a_key_without_a_value_is_refused_wherever_it_stands():
    text = f"{HEAD}questions:\nfilters:\n  f: ~\ndisclosure: {{mode: [a, ~]}}\n"
    assert str(refused(text)).splitlines() == [
        "study.yaml: 3 problems",
        "study.yaml, line 3: questions: has no value",
        '  do: write one, or take the key out; a text with a comma needs ""',
        "study.yaml, line 5: filters.f: has no value",
        '  do: write one, or take the key out; a text with a comma needs ""',
        "study.yaml, line 6: disclosure.mode.#2: has no value",
        '  do: write one, or take the key out; a text with a comma needs ""',
    ]
