"""A release: what of one wave may leave the house, frozen in a dated folder."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import SurveyError
from pipeline.publish.edition import Edition
from pipeline.publish.files import write_files
from pipeline.publish.package import write_package
from pipeline.publish.report.words import languages_of
from pipeline.versions import file_hash


def release(folder: Path, edition: Edition, write_respondents: Callable[[Path], None] | None = None) -> Path:
    """Writes a release of a wave and returns its folder, folder/<date>, which is never written again.

    write_respondents: writes the respondents into a folder, where the study lets them leave the house. The study file
    itself stays: it may name respondents who asked to be removed.
    Raises SurveyError where the folder can't be written.
    """
    day = datetime.now(UTC)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        target = _free(folder, f"{day:%Y-%m-%d}")
        partial = folder / f".{target.name}.{os.getpid()}.tmp"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        write_files(partial, edition, languages_of(edition.study))
        (partial / "data").mkdir()
        write_package(partial / "data", edition)
        if write_respondents is not None:
            write_respondents(partial / "data")
        manifest = {
            "study": edition.study.title.get(), "wave": edition.wave, "released_at": f"{day:%Y-%m-%dT%H:%M:%SZ}",
            "synthetic": edition.study.synthetic, "draft": edition.draft, "draft_because": list(edition.draft_because),
            **edition.origin, "left_out": edition.left_out,
            "files": {path.relative_to(partial).as_posix(): file_hash(path) for path in _files(partial)},
        }  # fmt: skip
        (partial / "manifest.json").write_text(
            json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
        for path in _files(partial):
            path.chmod(0o444)
        os.rename(partial, target)
    except OSError as error:
        raise SurveyError(str(folder), "cannot be released to", found=str(error)) from error
    return target


def _free(folder: Path, name: str) -> Path:
    """A name that no release has yet: the day, then the day with 2, 3 ..."""
    number = 1
    while (target := folder / (name if number == 1 else f"{name}-{number}")).exists():
        number += 1
    return target


def _files(folder: Path) -> list[Path]:
    """Every file below a folder."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
