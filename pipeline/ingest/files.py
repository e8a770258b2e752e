"""The files of a delivery: which they are, and their hashes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import DeliveryError, listed, nearest
from pipeline.versions import file_hash

DATA_SUFFIXES = (
    ".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".sav", ".zsav", ".por", ".parquet",
)  # fmt: skip


def is_data(path: Path) -> bool:
    """Whether a file is of a delivery; hidden files and folders are not."""
    return path.suffix.lower() in DATA_SUFFIXES and not path.name.startswith(".") and path.is_file()


def files_in(folder: Path) -> list[Path]:
    """The data files in a folder; none where there is no folder. Raises DeliveryError where it can't be read."""
    try:
        return sorted(path for path in folder.iterdir() if is_data(path)) if folder.is_dir() else []
    except OSError as error:
        raise DeliveryError(str(folder), f"cannot be read: {error.strerror}") from error


def data_files(folder: Path, declared: Sequence[str] = ()) -> list[Path]:
    """The data files of a wave's folder, in the declared order, else the only one.

    Raises DeliveryError where the folder or a declared file is missing, and where there are files that the
    study file does not list, unless it lists none and there is one.
    """
    study, wave = folder.parent.name, folder.name
    if not folder.is_dir():
        raise DeliveryError(str(folder), "there is no such wave folder", do=f"survey add {study} {wave} FILE")
    found = files_in(folder)
    if declared:
        return _declared(folder, declared, found)
    if not found:
        others = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
        raise DeliveryError(
            str(folder), "holds no data file", expected=f"one file ending in {listed(DATA_SUFFIXES)}",
            found=listed(others), do=f"survey add {study} {wave} FILE",
        )  # fmt: skip
    if len(found) > 1:
        raise DeliveryError(
            str(folder), "holds several data files", found=listed(path.name for path in found),
            expected="one, or all of them listed in the study file",
            do=f"under waves, {wave}: {{files: [{', '.join(path.name for path in found)}]}}",
        )  # fmt: skip
    return found


def _declared(folder: Path, declared: Sequence[str], found: Sequence[Path]) -> list[Path]:
    paths = [folder / name for name in declared]
    there = [path.name for path in found]
    for path in paths:
        if path not in found:
            raise DeliveryError(
                str(path), "the study file lists this file for the wave, but it is not in the wave's folder",
                found=listed(there) or "no data file", nearest=nearest(path.name, there),
                do=f"survey add {folder.parent.name} {folder.name} FILE, or mend `files` in the study file",
            )  # fmt: skip
    if twice := sorted({path.name for path in paths if paths.count(path) > 1}):
        raise DeliveryError(str(folder), f"the study file lists {listed(twice)} twice", expected="each file once")
    if more := [path.name for path in found if path not in paths]:
        raise DeliveryError(
            str(folder), "holds data files that the study file does not list", found=listed(more),
            expected=listed(declared), do="list them under `files` in the study file, or take them out",
        )  # fmt: skip
    return paths


def sha256(path: Path) -> str:
    """Hash of a file's bytes. Raises DeliveryError where it can't be read."""
    try:
        return file_hash(path)
    except OSError as error:
        raise DeliveryError(str(path), f"cannot be read: {error.strerror}") from error


def stamp(path: Path) -> str:
    """What changes when a file is replaced or written to. Raises DeliveryError where it is missing."""
    try:
        status = path.stat()
    except OSError as error:
        raise DeliveryError(str(path), f"cannot be read: {error.strerror}") from error
    return f"{status.st_ino} {status.st_size} {status.st_mtime_ns}"
