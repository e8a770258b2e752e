"""Which version of a table follows from a delivery, a study file and the code: a hash, so a rerun is the same."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from pipeline.replacing import replacing
from pipeline.settings import PROJECT

LENGTH = 16  # hexadecimal digits of a version


def hashed(*parts: str) -> str:
    """Hash of texts, in order."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:LENGTH]


def file_hash(path: Path) -> str:
    """SHA-256 of a file's bytes. Raises OSError where it can't be read."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@lru_cache(maxsize=256)
def code_digest(code: tuple[str, ...]) -> str:
    """Hash of the sources of packages and modules, and of SQL and YAML files by their paths in the project."""
    return hashed(*(digest for name in code for digest in _digests(name)))


@lru_cache(maxsize=256)  # several tables are made by the same code
def _digests(name: str) -> tuple[str, ...]:
    return tuple(map(file_hash, _sources(name)))


def _sources(name: str) -> Iterable[Path]:
    if name.endswith((".sql", ".yaml")):
        return [PROJECT / name]
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ValueError(f"no module {name}")
    origin = Path(spec.origin)
    return sorted(origin.parent.rglob("*.py")) if origin.name == "__init__.py" else [origin]


class HashCache:
    """Hashes of files, remembered by size and time of change, so that large deliveries are hashed once."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def get(self, file: Path) -> str | None:
        known = self._read().get(file.name)
        return known["sha256"] if known and known["seen"] == _seen(file) else None

    def put(self, file: Path, sha256: str) -> None:
        known = self._read() | {file.name: {"seen": _seen(file), "sha256": sha256}}
        with suppress(OSError), replacing(self.path) as partial:  # a home that is only read has no memory
            partial.write_text(json.dumps(known, indent=1))

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            return dict(json.loads(self.path.read_text()))
        except (OSError, ValueError):
            return {}


def _seen(file: Path) -> str:
    status = file.stat()
    return f"{status.st_size} {status.st_mtime_ns}"
