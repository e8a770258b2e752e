"""`survey init`: from an unknown export to toplines of every question, with nothing written by hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.commands import survey_in
from tests.ingest.deliveries import TITLES, qualtrics


def test_a_draft_is_in_order_and_yields_toplines_of_every_question(tmp_path: Path, monkeypatch, capsys):
    survey = survey_in(tmp_path / "home", monkeypatch, capsys)
    export = tmp_path / "export.csv"
    export.write_text(qualtrics())
    said = survey("init", export, "--study", "mine")
    assert said.code == 0
    assert "added as wave 2021" in said.out
    assert "survey run mine" in said.out
    assert survey("check", "mine").code == 0
    assert survey("run", "mine").code == 0
    said = survey("query", "mine", "SELECT DISTINCT question FROM toplines", "--json")
    assert len(json.loads(said.out)) >= len(TITLES)  # a grid has one a row


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["none.csv", "--study", "mine"], "cannot be read: No such file"),
     (["export.csv", "--study", "../x"], "no name of a study"),
     (["export.csv", "--study", "mine", "--wave", "a/b"], "is not a wave name")],
)  # fmt: skip
def test_what_cannot_be_is_said_and_nothing_is_left_behind(tmp_path: Path, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(tmp_path)
    Path("export.csv").write_text(qualtrics())
    found = survey_in(tmp_path / "home", monkeypatch, capsys)("init", *arguments)
    assert found.code == 2
    assert said in found.err
    assert not (tmp_path / "home").exists()
