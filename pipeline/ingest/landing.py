"""A delivery put in its place: checked, hashed, copied whole; a corrected one sets the former aside."""

from __future__ import annotations

import codecs
import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pipeline.engine import Query, fetch_through
from pipeline.errors import DeliveryError, listed, nearest
from pipeline.ingest.delivered import NOTHING, delivered_query
from pipeline.ingest.files import DATA_SUFFIXES, files_in, is_data, sha256
from pipeline.ingest.layout import Source
from pipeline.ingest.readable import reading
from pipeline.ingest.sniffing import not_text, read_source
from pipeline.replacing import replacing
from pipeline.study.waves import AS_SNIFFED, Reading

SUPERSEDED = ".superseded"
SIDECAR = ".delivery.json"
CHUNK = 4_000_000  # bytes
ARCHIVES = (".zip", ".gz", ".7z", ".rar")  # as platforms and mail programs pack exports


@dataclass(frozen=True)
class Landed:
    """What became of a delivery. records: data rows. superseded: former files, now under .superseded/<sha256>/."""

    path: Path
    sha256: str
    source: Source
    records: int
    already_there: bool
    superseded: tuple[str, ...]


def land(file: Path, folder: Path, declared: Sequence[str] = (), how: Reading = AS_SNIFFED) -> Landed:
    """Copies a file into a wave's folder, under its own name, once it was read to its end.

    declared: the wave's files, where the study file lists several; those stay beside each other. how: what the
    study file says of reading them.
    Raises DeliveryError where the file is missing, no data file, unsound, or not one of the declared.
    Nothing is changed then.
    """
    new = not folder.exists()
    try:
        return _land(file, folder, declared, how)
    except BaseException as error:
        if new:
            with suppress(OSError):
                folder.rmdir()
        if not isinstance(error, OSError):
            raise
        raise DeliveryError(
            str(error.filename or folder), f"cannot be read or written: {error.strerror or error}",
            do="nothing was added; mend this, then add again",
        ) from error  # fmt: skip


def same_elsewhere(landed: Landed) -> list[Path]:
    """Files of other waves of the study that hold the same bytes."""
    wave = landed.path.parent
    size = landed.path.stat().st_size
    found = []
    for folder in sorted(wave.parent.iterdir()):
        if folder == wave or folder.name.startswith("."):
            continue
        with suppress(DeliveryError, OSError):
            alike = [path for path in files_in(folder) if path.stat().st_size == size]
            found += [path for path in alike if sha256(path) == landed.sha256]
    return found


def _land(file: Path, folder: Path, declared: Sequence[str], how: Reading) -> Landed:
    if file.is_dir():
        raise DeliveryError(str(file), "is a folder", expected="one file; add the files of a wave one by one")
    if not file.is_file():
        raise DeliveryError(str(file), "there is no such file", nearest=_neighbour(file))
    if not is_data(file):
        raise DeliveryError(
            str(file), "is no data file", expected=f"a name ending in {listed(DATA_SUFFIXES)}",
            do="unzip it, and add the file in it" if file.suffix.lower() in ARCHIVES else None,
        )  # fmt: skip
    if declared and file.name not in declared:
        raise DeliveryError(
            str(file), "is not one of the wave's files", expected=listed(declared),
            do="rename it, or list it under `files` in the study file",
        )  # fmt: skip
    source = read_source(file, how)
    digest = _read_through(file, source.encoding) if source.format == "csv" else sha256(file)
    records = reading([source], lambda ready: _count(ready))
    target = folder / file.name
    if target.is_file() and sha256(target) == digest:
        return Landed(target, digest, source, records, True, ())
    _heal(folder)
    former = [path for path in files_in(folder) if path.name == file.name or path.name not in declared]
    with replacing(target) as partial:
        shutil.copyfile(file, partial)
        if sha256(partial) != digest:
            raise DeliveryError(str(file), "was changed while it was copied", do="add it again when it is complete")
        for old in former:
            aside = folder / SUPERSEDED / sha256(old)
            aside.mkdir(parents=True, exist_ok=True)
            shutil.copy2(old, aside / old.name)
    for old in former:
        if old != target:
            old.unlink()
    _note(folder, file.name, digest, target.stat().st_size)
    return Landed(target, digest, source, records, False, tuple(path.name for path in former))


def _neighbour(file: Path) -> str | None:
    if not file.parent.is_dir():
        return None
    return nearest(file.name, [path.name for path in file.parent.iterdir() if is_data(path)])


def _read_through(file: Path, encoding: str) -> str:
    """The file's hash, once all of it was found to be text; a reader looks at declared columns only."""
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder(encoding)()
    line = 1
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
            try:
                text = decoder.decode(chunk)
            except UnicodeDecodeError as error:
                wrong = error.object[error.start]
                raise not_text(file, line + error.object[: error.start].count(b"\n"), wrong, encoding) from error
            if "\x00" in text:
                line += text[: text.index("\x00")].count("\n")
                raise DeliveryError(
                    f"{file}, line {line}", "is not text", found="zero bytes",
                    do="export the survey again; was the transfer complete?",
                )  # fmt: skip
            line += text.count("\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise not_text(file, line, error.object[error.start], encoding) from error
    return digest.hexdigest()


def _count(ready: Sequence[Source]) -> int:
    return int(
        fetch_through("delivered", delivered_query("", ready, [], NOTHING), Query("raw/records.sql"))["n"][0].as_py()
    )


def _heal(folder: Path) -> None:
    """Takes away what a copy left that was killed; `replacing` names its partial files by their process."""
    for partial in folder.glob(".*.tmp"):
        process = partial.name.split(".")[-2]
        if process.isdigit() and not _runs(int(process)):
            partial.unlink(missing_ok=True)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _note(folder: Path, name: str, digest: str, size: int) -> None:
    """Keeps beside the delivery its hash, and when it came."""
    path = folder / SIDECAR
    try:
        known = dict(json.loads(path.read_text()))
    except (OSError, ValueError):
        known = {}
    there = {path.name for path in files_in(folder)}
    known = {file: entry for file, entry in known.items() if file in there}
    known[name] = {"sha256": digest, "size_bytes": size, "added_at": datetime.now(UTC).isoformat(timespec="seconds")}
    with replacing(path) as partial:
        partial.write_text(json.dumps(known, indent=1))
