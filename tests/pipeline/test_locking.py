"""One at a time, and who waits is told for whom."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline.locking import BusyError, held


def test_who_waits_is_told_for_whom_and_gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SURVEY_WAIT_SECONDS", "1")
    told: list[str] = []
    with held(tmp_path / "lock", "wave 2021 of x", "run-1"):
        start = time.monotonic()
        with pytest.raises(BusyError, match="run-1"), held(tmp_path / "lock", "wave 2021 of x", "run-2", told.append):
            pytest.fail("two runs hold the same wave")
        assert time.monotonic() - start >= 1
    assert len(told) == 1
    assert "run run-1" in told[0]
    with held(tmp_path / "lock", "wave 2021 of x", "run-3"):
        pass


def test_other_waves_are_free(tmp_path: Path):
    with held(tmp_path / "2021", "wave 2021", "run-1"), held(tmp_path / "2022", "wave 2022", "run-2"):
        pass


def test_a_killed_holder_leaves_no_lock(tmp_path: Path):
    code = (
        "import sys, time; from pathlib import Path; from pipeline.locking import held\n"
        "with held(Path(sys.argv[1]), 'x', 'killed'): print('held', flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "lock")], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    child.kill()
    child.wait(10)
    child.stdout.close()
    with held(tmp_path / "lock", "x", "next"):
        pass
