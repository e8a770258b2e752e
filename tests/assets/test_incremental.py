"""A rerun makes and reads what a change touches, and no more: counted in tables made and rows of files read."""

from __future__ import annotations

import logging
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pipeline import tables
from pipeline.ledger import read_ledger
from pipeline.study.loading import load_study
from tests.assets.small_waves import FIRST, SECOND, STUDY, SmallWaves

ROWS = 100  # respondents of a delivery
CLAIM = """claims:
- {id: a, says: "Three quarters are content.", statistic: share, indicator: is_content, group: users, equal: 75%}
"""
INGEST = {"files", "source_columns", "delivered", "answers", "responses", "screening"}
DELIVERED = ("export", "delivered", "answers")  # what ingest reads
AUDITED = {"claims", "trends"}  # of all waves together


@dataclass(frozen=True)
class Work:
    """What a run did in the folders of waves. made: (wave, table). rows: rows of the files it read, by the same."""

    made: set[tuple[str, str]]
    rows: Counter[tuple[str, str]]

    def of(self, wave: str) -> set[str]:
        return {table for w, table in self.made if w == wave} - AUDITED

    def read_of(self, wave: str, *names: str) -> int:
        return sum(n for (w, table), n in self.rows.items() if w == wave and table in names)


class Waves(SmallWaves):
    """With the means to see what a run did."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
        super().__init__(folder, monkeypatch, CLAIM)
        self.caplog = caplog

    def run(self) -> Work:
        """Runs every wave and publishes."""
        self.caplog.clear()
        with self.caplog.at_level(logging.DEBUG, "survey.tables"):
            outcomes = self.outcomes()
        assert [o.problem for o in outcomes if o.problem] == []
        made, rows = set(), Counter[tuple[str, str]]()
        for record in self.caplog.records:
            if record.name != "survey.tables":
                continue
            path = Path(str(record.args[0]))  # type: ignore[index]
            delivered = path.suffix == ".csv"
            key = (path.parent.name, "export") if delivered else (path.parent.parent.name, path.stem)
            if record.msg.startswith("made"):
                made.add(key)
            else:
                rows[key] += ROWS if delivered else pq.read_metadata(path).num_rows
        return Work(made, rows)


@pytest.fixture
def waves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Waves:
    """Both waves delivered and run."""
    found = Waves(tmp_path, monkeypatch, caplog)
    found.deliver(FIRST)
    return found


def everything(waves: Waves) -> set[str]:
    return {table.name for table in tables.made_for(load_study(waves.home.study_file(STUDY)).study)}


def test_a_wave_is_made_once_and_an_added_one_reads_its_own_rows_only(waves: Waves):
    first = waves.run()
    assert first.of(FIRST) == everything(waves)
    assert first.read_of(FIRST, "export") == ROWS
    waves.deliver(SECOND)
    added = waves.run()
    assert added.of(SECOND) == everything(waves)
    assert added.of(FIRST) == set()
    assert added.read_of(FIRST, *DELIVERED, "responses", "screening", "cells") == 0
    assert added.read_of(FIRST, "respondents") <= 2 * ROWS  # who is in both waves, and their answers


def test_the_same_again_reads_no_respondent(waves: Waves):
    waves.run()
    again = waves.run()
    assert again.of(FIRST) == set()
    assert again.read_of(FIRST, *DELIVERED, "responses", "screening", "respondents", "cells") == 0


def test_only_waves_in_which_anything_changed_are_run(waves: Waves):
    def run() -> list[str | None]:
        return [outcome.wave for outcome in waves.outcomes()]

    assert run() == [FIRST]
    assert run() == [None]  # published again, as claims and the waves of a study may be others
    waves.deliver(SECOND)
    assert run() == [SECOND, None]
    waves.edit('"be content"', '"be happy"')
    assert run() == [FIRST, SECOND, None]
    shutil.rmtree(waves.home.dagster)  # whose pages would know of no table else
    assert run() == [FIRST, SECOND, None]
    assert run() == [None]


def test_a_delivery_under_another_name_is_run(waves: Waves):
    waves.run()
    export = waves.home.raw(STUDY) / FIRST / "export.csv"
    export.rename(export.with_name("other.csv"))
    assert [outcome.wave for outcome in waves.outcomes()] == [FIRST]
    assert read_ledger(waves.home.ledger(STUDY)).waves[FIRST].files == ("other.csv",)
    assert [outcome.wave for outcome in waves.outcomes()] == [None]


def test_a_wave_that_was_set_aside_is_run_again_and_says_why(waves: Waves):
    waves.edit('"Do you use it?"', '"Do you have it?"')
    for _ in range(2):
        wave, publication = waves.outcomes()
        assert "questions_present" in wave.problem
        assert (wave.wave, publication.wave, publication.problem) == (FIRST, None, "")


def test_a_changed_claim_reads_no_delivery_and_makes_neither_respondents_nor_cells(waves: Waves):
    waves.run()
    waves.edit("equal: 75%", "equal: 70%")
    changed = waves.run()
    assert (FIRST, "claims") in changed.made
    assert not changed.of(FIRST) & {*INGEST, "respondents", "cells", "findings", "toplines"}
    assert changed.read_of(FIRST, *DELIVERED) == 0


def test_a_changed_comparison_starts_from_the_cells(waves: Waves):
    waves.run()
    waves.edit("b: rest", "b: everyone")
    changed = waves.run()
    assert "findings" in changed.of(FIRST)
    assert not changed.of(FIRST) & {*INGEST, "respondents", "cells", "toplines"}
    assert changed.read_of(FIRST, "cells") > 0
    assert changed.read_of(FIRST, *DELIVERED) == 0


def test_a_changed_indicator_makes_respondents_and_cells_and_does_not_ingest(waves: Waves):
    waves.run()
    waves.edit('{content: ["yes"]}', '{content: ["no"]}')
    changed = waves.run()
    assert {"respondents", "cells", "findings"} <= changed.of(FIRST)
    assert not changed.of(FIRST) & INGEST
    assert changed.read_of(FIRST, *DELIVERED) == 0


def test_a_damaged_table_is_made_again(waves: Waves):
    waves.run()
    (path,) = waves.home.processed(STUDY).glob(f"{FIRST}/*/findings.parquet")
    whole = path.read_bytes()
    path.write_bytes(whole[:100])
    assert "findings" in waves.run().of(FIRST)
    assert path.read_bytes() == whole


def test_checks_are_told_again_where_nothing_is_made(waves: Waves):
    waves.edit("columns: {id: Id}", "columns: {id: Place}")
    waves.edit('content: {type: single, text: "Are you content?"', 'content: {type: single, text: "Happy?"')
    waves.run()
    (path,) = waves.home.processed(STUDY).glob(f"{FIRST}/*/quality_checks.parquet")
    before = pq.read_table(path).to_pylist()
    assert not all(row["passed"] for row in before)
    waves.run()
    assert pq.read_table(path).to_pylist() == before
