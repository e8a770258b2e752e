"""The tutorial is followed to the letter: its commands run, and print what it shows."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from pipeline.settings import PROJECT, Home
from tests.homes import survey

TUTORIAL = PROJECT / "docs" / "tutorial.md"
EXPORTS = PROJECT / "docs" / "tutorial"
SHOWN_HOME = "~/surveys"


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """(language, text) of every fenced block, in order."""
    return ((found[1], found[2]) for found in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))


def commands(block: str) -> Iterator[tuple[str, list[str]]]:
    """(command, lines that it prints) of a console block."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        first, *shown = part.splitlines()
        yield first, shown


def follow(tutorial: str, home: Home) -> int:
    """Does what the tutorial says, in order. Returns the number of commands."""
    study_file, done = home.studies / "teams.yaml", 0
    for language, block in blocks(tutorial):
        if language == "yaml":
            study_file.write_text(block, encoding="utf-8")
        elif language == "diff":
            gone, new = (re.findall(rf"^\{sign}(.*)$", block, re.MULTILINE) for sign in "-+")
            text = study_file.read_text(encoding="utf-8")
            assert text.count("\n".join(gone)) == 1
            study_file.write_text(text.replace("\n".join(gone), "\n".join(new)), encoding="utf-8")
        elif language == "console":
            for command, shown in commands(block):
                words = shlex.split(command.replace(SHOWN_HOME, str(home.root)))
                assert words[0] == "survey"
                said = survey(home, *words[1:])
                printed = [line.rstrip() for line in (said.stdout + said.stderr).splitlines()]
                at = 0
                for line in shown:
                    wanted = line.replace(SHOWN_HOME, str(home.root)).rstrip()
                    assert wanted in printed[at:], "\n".join([command, "printed", *printed])
                    at = printed.index(wanted, at) + 1
                done += 1
    return done


def test_the_tutorial_can_be_followed(tmp_path: Path):
    for export in EXPORTS.glob("*.csv"):
        (tmp_path / export.name).write_bytes(export.read_bytes())
    assert follow(TUTORIAL.read_text(encoding="utf-8"), Home(tmp_path)) == 10


def test_its_exports_are_made_by_the_script_beside_them(tmp_path: Path):
    script = tmp_path / "make_exports.py"
    script.write_bytes((EXPORTS / "make_exports.py").read_bytes())
    subprocess.run([sys.executable, str(script)], check=True, timeout=60)
    made = {path.name: path.read_bytes() for path in tmp_path.glob("*.csv")}
    assert made == {path.name: path.read_bytes() for path in EXPORTS.glob("*.csv")}
    assert len(made) == 2
