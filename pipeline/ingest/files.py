"""The files of a delivery: which they are, and their hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import DeliveryError, listed

DATA_SUFFIXES = (".csv", ".tsv", ".txt")


def data_files(folder: Path, declared: Sequence[str] = ()) -> list[Path]:
    """The data files of a wave's folder, in the declared order, else the only one.

    Raises DeliveryError where the folder or a declared file is missing, or where there are several
    files and the study file does not list them. Hidden files and folders are no data.
    """
    if not folder.is_dir():
        raise DeliveryError(str(folder), "there is no such wave folder", do=f"survey add {folder.parent.name} "
                            f"{folder.name} FILE")  # fmt: skip
    if declared:
        paths = [folder / name for name in declared]
        wrong = [p for p in paths if p.parent != folder or not p.is_file()]
        if wrong:
            raise DeliveryError(
                str(wrong[0]), "the study file lists this file for the wave, but it is not in the wave's folder"
            )
        return paths
    found = sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))
    found = [p for p in found if p.suffix.lower() in DATA_SUFFIXES]
    if not found:
        raise DeliveryError(
            str(folder), "holds no data file", expected=f"one file ending in {listed(DATA_SUFFIXES)}",
            do=f"survey add {folder.parent.name} {folder.name} FILE",
        )  # fmt: skip
    if len(found) > 1:
        raise DeliveryError(
            str(folder), "holds several data files", found=listed(p.name for p in found),
            expected="one, or all of them listed in the study file",
            do=f"under waves, {folder.name}: {{files: [{', '.join(p.name for p in found)}]}}",
        )  # fmt: skip
    return found


def sha256(path: Path) -> str:
    """Hash of a file's bytes. Raises DeliveryError where it can't be read."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise DeliveryError(str(path), f"cannot be read: {error.strerror}") from error
