"""The files of an edition: what people open, and what other tools read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from pipeline.publish.edition import Edition
from pipeline.publish.report.report import write_report

FILES: Mapping[str, Callable[[Path, Edition], None]] = {
    "report.html": write_report,
}
"""Name in the edition's folder -> what writes it."""


def write_files(folder: Path, edition: Edition) -> None:
    """Writes every file of an edition into a folder, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, write in FILES.items():
        write(folder / name, edition)
