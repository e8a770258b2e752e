"""Study files for tests: the example, changed in one place, and the problem that this must give."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import StudyFileError
from pipeline.study.loading import StudyFile, study_from_text
from pipeline.study.model import Study

EXAMPLE = (Path(__file__).parent / "example.yaml").read_text(encoding="utf-8")

HEAD = """\
title: Small
sample: {type: opt_in, population: people}
"""
SMALL = f"""{HEAD}questions:
  choice: {{type: single, text: "Which?", options: {{a: A, b: B, dk: {{text: Unsure, is: dont_know}}}}}}
  ticks: {{type: multiple, text: "Which of these?", options: {{x: X, y: Y, none: {{text: None, is: none}}}}}}
  rows: {{type: grid, text: "How often?", options: {{never: Never, often: Often}}, rows: {{one: First, two: Second}}}}
  number: {{type: number, text: "How many?", range: [0, 100]}}
  words: {{type: text, text: "What else?"}}
"""


def changed(old: str, new: str, source: str = EXAMPLE) -> str:
    """The source with its first `old` as `new`."""
    assert old in source, old
    return source.replace(old, new, 1)


def line_of(text: str, marker: str) -> int:
    """Line on which the marker first stands."""
    return text[: text.index(marker)].count("\n") + 1


def study(text: str) -> Study:
    return study_from_text(text).study


def loaded(text: str) -> StudyFile:
    return study_from_text(text)


def refused(text: str) -> StudyFileError:
    """The error that the text gives; the test fails where there is none."""
    with pytest.raises(StudyFileError) as caught:
        study_from_text(text, "study")
    return caught.value


def problems(text: str) -> list[str]:
    """First lines of all problems of a text, each "line N: key: what"."""
    lines = str(refused(text)).splitlines()
    return [line.removeprefix("study.yaml, ") for line in lines if line.startswith("study.yaml, line")]
