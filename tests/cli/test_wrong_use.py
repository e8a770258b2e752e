"""Mistyped names, files in the wrong place, hostile names: exit code 2, a reason on standard error, nothing changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.commands import Survey, everything
from tests.cli.waves import export


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "export.csv"
    path.write_bytes(export())
    return path


@pytest.mark.parametrize(
    "study", ["../tiny", "../../etc/passwd", "/etc/passwd", "tiny.yaml", "Tiny", "", ".", "a/b", "tiny\x1b[2J"]
)
@pytest.mark.parametrize("command", ["run", "check", "waves", "findings", "query", "add"])
def test_a_study_name_is_no_path(survey: Survey, home: Path, file: Path, command: str, study: str):
    """Also where a study file lies there."""
    (home / "tiny.yaml").write_bytes((home / "studies" / "tiny.yaml").read_bytes())
    (home / "studies" / "Tiny.yaml").write_bytes((home / "studies" / "tiny.yaml").read_bytes())
    before = everything(home)
    more: dict[str, tuple[str | Path, ...]] = {"query": ("SELECT 1",), "add": ("2021", file)}
    result = survey(command, study, *more.get(command, ()))
    assert (result.code, result.out) == (2, "")
    assert "there is no study" in result.err
    assert "expected: lower-case letters, digits, - and _" in result.err
    assert "\x1b" not in result.err
    assert everything(home) == before


def test_an_unknown_study_names_those_there_are_and_the_nearest(survey: Survey):
    result = survey("run", "tny")
    assert result.code == 2
    assert 'there is no study "tny"\n  found: tiny\n  nearest: tiny' in result.err


def test_a_home_without_studies_says_where_it_looked(survey: Survey, home: Path):
    (home / "studies" / "tiny.yaml").unlink()
    result = survey("check", "tiny")
    assert result.code == 2
    assert str(home / "studies") in result.err
    assert "no study files" in result.err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "title"), (b"- a\n- b\n", "is not a mapping of sections"), (b"title: [\n", "is not valid YAML"),
        (b"title: caf\xe9\n", "line 1: is not UTF-8"), (b"title: a\ntitle: b\n", 'line 2: key "title" stands twice'),
        (b"\x00\x01\x02", "is not valid YAML"),
    ],
)  # fmt: skip
def test_a_study_file_that_is_none_is_told_with_its_place(survey: Survey, home: Path, content: bytes, said: str):
    (home / "studies" / "tiny.yaml").write_bytes(content)
    for command in ("check", "run", "waves"):
        result = survey(command, "tiny")
        assert (result.code, result.out) == (2, "")
        assert "studies/tiny.yaml" in result.err
        assert said in result.err


def test_a_folder_in_place_of_a_study_file_is_no_study(survey: Survey, home: Path):
    (home / "studies" / "folder.yaml").mkdir()
    assert survey("check", "folder").code == 2


@pytest.mark.parametrize("wave", ["../../etc", "a/b", "", ".hidden", "..", "a b", "ä", "x" * 65, "2021\n", "con:", "-"])
@pytest.mark.parametrize("command", ["run", "add"])
def test_a_wave_name_is_no_path(survey: Survey, home: Path, file: Path, command: str, wave: str):
    survey("add", "tiny", "2021", file)
    before = everything(home)
    arguments = ("run", "tiny", f"--wave={wave}") if command == "run" else ("add", "tiny", "--", wave, file)
    result = survey(*arguments)
    assert result.code == 2
    assert "is not a wave name" in result.err
    assert everything(home) == before


def test_a_wave_that_was_not_added_names_those_there_are(survey: Survey, file: Path):
    survey("add", "tiny", "2021", file)
    result = survey("run", "tiny", "--wave", "2022")
    assert result.code == 2
    assert "there is no such wave folder\n  found: 2021\n  do: survey add tiny 2022 FILE" in result.err


def test_a_run_without_a_delivery_says_how_to_add_one(survey: Survey):
    result = survey("run", "tiny")
    assert (result.code, result.out) == (2, "")
    assert "do: survey add tiny WAVE FILE" in result.err


def test_a_folder_with_a_name_that_is_no_wave_is_named_by_check(survey: Survey, home: Path):
    (home / "data" / "raw" / "tiny" / "20 21").mkdir(parents=True)
    result = survey("check", "tiny")
    assert result.code == 1
    assert '"20 21" is not a wave name' in result.out


def test_a_file_in_place_of_a_data_folder_is_named(survey: Survey, home: Path, file: Path):
    (home / "data").write_text("no folder")
    result = survey("add", "tiny", "2021", file)
    assert result.code == 2
    assert str(home / "data") in result.err
    assert (home / "data").read_text() == "no folder"


def test_an_added_delivery_is_told_with_records_columns_and_hash(survey: Survey, home: Path, file: Path):
    result = survey("add", "tiny", "2021", file)
    assert result.code == 0
    assert result.out.startswith(f"{home}/data/raw/tiny/2021/export.csv added: plain, 4 records, 4 columns, sha256 ")
    assert "is there already" in survey("add", "tiny", "2021", file).out


def test_names_in_an_export_do_not_reach_the_terminal_as_control_characters(survey: Survey, home: Path, file: Path):
    file.write_bytes(export(["Code", "\x1b[2Jgone", "Do you use it?", "C"]))
    survey("add", "tiny", "2021", file)
    result = survey("check", "tiny")
    assert "[2Jgone" in result.out
    assert "\x1b" not in result.out


@pytest.mark.parametrize(
    "arguments", [("nonsense",), ("run",), ("query", "tiny"), ("run", "tiny", "--wav", "1"), ("add", "tiny")]
)
def test_wrong_arguments_are_wrong_use(survey: Survey, arguments: tuple[str, ...]):
    result = survey(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err


def test_help_lists_every_command_with_what_it_does(survey: Survey):
    said = survey("--help").out
    for command in ("demo", "add", "check", "run", "ui", "findings", "waves", "query"):
        line = next(line for line in said.splitlines() if line.split()[:1] == [command])
        assert len(line.split()) > 3
