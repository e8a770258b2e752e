"""Whatever ends a reader, the one who called it gets a DeliveryError."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import DeliveryError
from pipeline.ingest import apart as module
from pipeline.ingest.apart import apart


def tell(path: Path, *words: str) -> dict[str, Any]:
    return {"name": path.name, "words": words}


def refuse(path: Path) -> None:
    raise DeliveryError(f"{path}, line 3", "is wrong", expected="right", found=None)


def break_(path: Path) -> None:
    raise KeyError("x")


def end(path: Path) -> None:
    os._exit(0)


def abort(path: Path) -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def swell(path: Path) -> int:
    return len(bytearray(module.MEMORY))


def wait(path: Path) -> None:
    time.sleep(60)


def vanish(path: Path) -> str:
    return (path / "none").read_text()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "файл.sav"
    path.write_bytes(b"x")
    return path


def test_results_come_back_as_json_has_them(file: Path):
    assert apart(tell, file, "a b", "", "“ü”") == {"name": "файл.sav", "words": ["a b", "", "“ü”"]}


def test_refusals_come_back_whole(file: Path):
    with pytest.raises(DeliveryError) as error:
        apart(refuse, file)
    assert str(error.value) == f"{file}, line 3: is wrong\n  expected: right"


@pytest.mark.parametrize(
    ("task", "words"),
    [(break_, "KeyError"), (end, "breaks"), (abort, "breaks"), (swell, "too much memory"), (vanish, "Not a directory")],
)
def test_whatever_ends_it_is_told(file: Path, task: Any, words: str):
    with pytest.raises(DeliveryError, match=words) as error:
        apart(task, file)
    assert error.value.where == str(file)


def test_none_waits_for_ever(file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "SECONDS", 0.5)
    with pytest.raises(DeliveryError, match="takes too long"):
        apart(wait, file)


def test_words_no_program_can_take_and_files_not_there_are_refused(file: Path):
    with pytest.raises(DeliveryError):
        apart(tell, file, "a\0b")
    with pytest.raises(DeliveryError, match="No such file"):
        apart(tell, file.with_name("none.sav"))
