"""The `survey` command called in this process: a new process costs seconds."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from pipeline.cli import main


@dataclass(frozen=True)
class Said:
    """Exit code, and what came on standard output and standard error."""

    code: int
    out: str
    err: str


class Survey(Protocol):
    """Runs `survey` with these arguments in a home."""

    def __call__(self, *arguments: str | Path) -> Said: ...


def survey_in(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Survey:
    """The command for one home. Nothing that it prints may be a traceback."""

    def survey(*arguments: str | Path) -> Said:
        monkeypatch.setenv("SURVEY_HOME", str(home))
        monkeypatch.setattr(sys, "argv", ["survey", *map(str, arguments)])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return Said(code, out, err)

    return survey


def everything(folder: Path) -> dict[str, bytes]:
    """Every file of a home."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
