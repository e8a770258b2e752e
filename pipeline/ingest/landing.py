"""A delivery put in its place: checked, hashed, copied whole; a corrected one sets the former aside."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.engine import replacing
from pipeline.errors import DeliveryError, listed
from pipeline.ingest.files import DATA_SUFFIXES, sha256
from pipeline.ingest.layout import Source
from pipeline.ingest.sniffing import read_source

SUPERSEDED = ".superseded"
SIDECAR = ".delivery.json"


@dataclass(frozen=True)
class Landed:
    """What became of a delivery. superseded: former files, now under .superseded/<sha256>/."""

    path: Path
    sha256: str
    source: Source
    already_there: bool
    superseded: tuple[str, ...]


def land(file: Path, folder: Path, declared: Sequence[str] = ()) -> Landed:
    """Copies a file into a wave's folder, under its own name.

    declared: the wave's files, where the study file lists several; those stay beside each other.
    Raises DeliveryError where the file is missing, no data file, not readable, or not one of the declared.
    Nothing is changed then.
    """
    if not file.is_file():
        raise DeliveryError(str(file), "there is no such file")
    if file.suffix.lower() not in DATA_SUFFIXES or file.name.startswith("."):
        raise DeliveryError(str(file), "is no data file", expected=f"a name ending in {listed(DATA_SUFFIXES)}")
    if declared and file.name not in declared:
        raise DeliveryError(str(file), "is not one of the wave's files", expected=listed(declared))
    source = read_source(file)
    digest = sha256(file)
    target = folder / file.name
    if target.is_file() and sha256(target) == digest:
        return Landed(target, digest, source, True, ())
    former = [p for p in _data(folder) if p.name == file.name or p.name not in declared]
    with replacing(target) as partial:
        shutil.copyfile(file, partial)
        for old in former:
            aside = folder / SUPERSEDED / sha256(old)
            aside.mkdir(parents=True, exist_ok=True)
            old.replace(aside / old.name)
    _note(folder, file, digest)
    return Landed(target, digest, source, False, tuple(p.name for p in former))


def _data(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [
        p
        for p in sorted(folder.iterdir())
        if p.is_file() and not p.name.startswith(".") and p.suffix.lower() in DATA_SUFFIXES
    ]


def _note(folder: Path, file: Path, digest: str) -> None:
    """Keeps beside the delivery its hash, and when it came."""
    path = folder / SIDECAR
    try:
        known = dict(json.loads(path.read_text()))
    except (OSError, ValueError):
        known = {}
    known[file.name] = {
        "sha256": digest,
        "size_bytes": file.stat().st_size,
        "added_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    with replacing(path) as partial:
        partial.write_text(json.dumps(known, indent=1))
