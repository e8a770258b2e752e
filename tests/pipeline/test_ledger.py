"""The ledger: written whole, by one process at a time, and never guessed at where it is damaged."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.errors import SurveyError
from pipeline.ledger import Admitted, Ledger, RunEntry, WaveEntry, read_ledger, record

NOW = "2026-01-01T00:00:00+00:00"
ADMITTED = Admitted("v1", {"findings": "f1"}, 10, 9, ("2026-01-01", None), NOW)
ENTRY = WaveEntry("admitted", "", ("a.csv",), "abc", NOW, ADMITTED)


def test_what_is_recorded_is_read(tmp_path: Path):
    run = RunEntry("r1", "2021", "admitted", "v1", "d", "s", "c", None, NOW)
    record(tmp_path / "ledger.json", "2021", lambda before: ENTRY, run)
    assert read_ledger(tmp_path / "ledger.json") == Ledger({"2021": ENTRY}, (run,))


def test_a_verdict_sees_the_entry_before(tmp_path: Path):
    path = tmp_path / "ledger.json"
    record(path, "2021", lambda before: ENTRY, None)
    seen: list[WaveEntry | None] = []
    record(path, "2021", lambda before: seen.append(before) or ENTRY, None)
    record(path, "2022", lambda before: seen.append(before) or ENTRY, None)
    assert seen == [ENTRY, None]


def test_records_of_several_at_once_are_all_kept(tmp_path: Path):
    path = tmp_path / "ledger.json"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda wave: record(path, str(wave), lambda before: ENTRY, None), range(40)))
    assert set(read_ledger(path).waves) == {str(wave) for wave in range(40)}


def test_no_ledger_is_an_empty_one_and_a_damaged_one_an_error(tmp_path: Path):
    assert read_ledger(tmp_path / "none.json") == Ledger()
    (tmp_path / "bad.json").write_text('{"waves": ')
    with pytest.raises(SurveyError, match="cannot be read"):
        read_ledger(tmp_path / "bad.json")
