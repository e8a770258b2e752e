"""Dates with the day or the month first: told from all starts and finishes of a file, or said by the study file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from pipeline import tables
from pipeline.study.loading import study_from_text
from tests.ingest.deliveries import delivered, ingest

STUDY = """title: T
sample: {type: opt_in, population: people}
columns: {started: "Begun", finished: "Ended"}
questions:
  q: {type: single, text: "Q", options: {a: A}}
"""
HEAD = "Begun,Ended,Q\n"


def april(day: int, hour: int = 10) -> datetime:
    return datetime(2024, 4, day, hour)


@pytest.mark.parametrize(
    ("begun", "ended", "more", "starts"),
    [
        (["01/04/2024 10:00", "21/04/2024 10:00"], ["", ""], "", [april(1), april(21)]),
        (["04/01/2024 10:00", "04/21/2024 10:00"], ["", ""], "", [april(1), april(21)]),
        (["04/01/24 10:00:00 AM", "04/21/24 10:00:00 AM"], ["", ""], "", [april(1), april(21)]),
        (["01-04-2024 10:00", "21-04-2024 10:00"], ["", ""], "", [april(1), april(21)]),
        (["04-01-2024 10:00", "04-21-2024 10:00"], ["", ""], "", [april(1), april(21)]),
        (["01/04/2024 10:00", "02/04/2024 10:00"], ["", "13/04/2024 10:00"], "", [april(1), april(2)]),
        (["01/04/2024 10:00"], [""], "reading: {day_first: true}\n", [april(1)]),
        (["04/01/2024 10:00"], [""], "reading: {day_first: false}\n", [april(1)]),
        (["04/01/2024 10:00"], [""], "", [april(1)]),
        (["04-01-2024 10:00"], [""], "", [None]),
        (["04/01/2024 10:00", "13/40/2024 10:00"], ["", ""], "", [april(1), None]),
        (["2024-04-01 10:00", "21.04.2024 10:00"], ["", ""], "", [april(1), april(21)]),
    ],
)
def test_which_part_of_a_date_is_the_day(tmp_path: Path, begun: list[str], ended: list[str], more: str, starts: object):
    content = HEAD + "".join(f"{b},{e},A\n" for b, e in zip(begun, ended, strict=True))
    store = ingest(delivered(tmp_path, study_from_text(STUDY + more), ("export.csv", content)))
    assert [row["started_at"] for row in store.rows(tables.RESPONSES)] == starts


def test_a_day_far_down_the_file_tells_it(tmp_path: Path):
    content = HEAD + "01/04/2024 10:00,,A\n" * 5000 + "13/04/2024 10:00,,A\n"
    found = ingest(delivered(tmp_path, study_from_text(STUDY), ("export.csv", content))).rows(tables.RESPONSES)
    assert {row["started_at"] for row in found} == {april(1), april(13)}
    assert [row["source_row"] for row in found] == list(range(1, 5002))
