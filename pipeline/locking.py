"""One run of a study and wave at a time: the second waits, says for whom, then gives up clearly."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import SurveyError
from pipeline.settings import wait_seconds

PAUSE = 0.2  # seconds between tries


class BusyError(SurveyError):
    """Another run holds what this one needs."""


@contextmanager
def held(path: Path, what: str, run: str, tell: Callable[[str], None] = lambda text: None) -> Iterator[None]:
    """Holds the lock file while the block runs. The lock goes with the process, so a killed run leaves none.

    what: "wave 2021 of ospo". run: who holds it, for the one that waits. tell: is told once that one waits.
    Raises BusyError after SURVEY_WAIT_SECONDS, SurveyError where the lock file can't be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise SurveyError(
            str(path), "cannot be locked", found=str(error), do="free space or rights on the folder, then run again"
        ) from error
    try:
        _wait(lock, path, what, tell)
        holder = {"run": run, "pid": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")}
        with suppress(OSError):  # on a full disk the lock holds all the same, without a name
            os.ftruncate(lock, 0)
            os.write(lock, json.dumps(holder).encode())
        try:
            yield
        finally:
            os.ftruncate(lock, 0)
    finally:
        os.close(lock)


def is_free(path: Path) -> bool:
    """Whether nobody holds the lock, as when its process was killed."""
    try:
        lock = os.open(path, os.O_RDWR)
    except OSError:
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


def _wait(lock: int, path: Path, what: str, tell: Callable[[str], None]) -> None:
    limit = wait_seconds()
    end = time.monotonic() + limit
    told = False
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            holder = _holder(path)
        if not told:
            tell(f"waiting for {holder}, which is working on {what} (at most {limit} s)")
            told = True
        if time.monotonic() >= end:
            raise BusyError(
                what, "another run is still working on it", found=holder, expected=f"free within {limit} s",
                do="run again when it has ended, or set SURVEY_WAIT_SECONDS higher",
            )  # fmt: skip
        time.sleep(PAUSE)


def _holder(path: Path) -> str:
    try:
        known = json.loads(path.read_text())
        return f"run {known['run']} (process {known['pid']}, since {known['since']})"
    except (OSError, ValueError, KeyError):
        return "another run"
