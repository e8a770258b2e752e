"""Files that others wrote, read in a process of its own: what breaks a reader, or makes it swell, ends there.

The libraries that read workbooks and SPSS files are written in Rust and C: a forged or damaged file can make them
abort, which no `except` catches, or ask for hundreds of gigabytes. The child has a limit of memory and of time.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.errors import DeliveryError, SurveyError

MEMORY = 4 << 30  # bytes of address space
SECONDS = 30  # and one more for each SLOWEST bytes of the file
SLOWEST = 100_000
LONGEST = 256 << 20  # characters of what may come back
AS_CSV = "open it in the program that wrote it, and save it again, or as CSV"
# Each thread of a library reserves address space, of which there is little.
FRUGAL = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2",
          "ARROW_DEFAULT_MEMORY_POOL": "system", "RUST_BACKTRACE": "0"}  # fmt: skip


def apart(task: Callable[..., Any], path: Path, *arguments: str) -> Any:
    """What `task(path, *arguments)` returns; as JSON carries it, so without tuples and records.

    task: a function of a module, of a path and of texts. Raises the DeliveryError that it raises, and one for
    whatever else ends it.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise DeliveryError(str(path), f"cannot be read: {error.strerror}") from error
    command = [sys.executable, "-P", "-m", __name__, task.__module__, task.__name__, str(path), *arguments]
    environment = os.environ | FRUGAL | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "PYTHONUTF8": "1"}
    try:
        done = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False,
            timeout=SECONDS + size / SLOWEST,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise DeliveryError(
            str(path), "takes too long to read", found=f"not done after {error.timeout:,.0f} seconds", do=AS_CSV
        ) from error
    except ValueError as error:  # a zero byte in a path or in the name of a sheet
        raise DeliveryError(str(path), f"cannot be read: {error}") from error
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        answer = {"error": _ended(done.stderr)}
    if "error" in answer:
        told = answer["error"]
        raise DeliveryError(told.get("where") or str(path), told["what"], **told["details"])
    return answer["result"]


def _ended(stderr: bytes) -> dict[str, Any]:
    """The error of a reader that ended without an answer. An allocation that fails makes Rust abort."""
    if b"memory allocation of" in stderr or b"MemoryError" in stderr or b"Cannot allocate memory" in stderr:
        return TOO_LARGE
    return _breaks("")


def _breaks(found: str) -> dict[str, Any]:
    return {"what": "is damaged: its reader breaks on it", "details": {"found": found[:200], "do": AS_CSV}}


TOO_LARGE = {
    "what": "needs too much memory to read",
    "details": {"found": f"more than {MEMORY >> 30} GiB", "do": "save it as CSV in the program that wrote it"},
}


def _limit() -> None:
    """Bounds what this process may take. Not every system enforces each; Windows has none of it."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _answer(module: str, name: str, path: str, arguments: list[str]) -> dict[str, Any]:
    try:
        return {"result": getattr(importlib.import_module(module), name)(Path(path), *arguments)}
    except SurveyError as error:
        return {"error": {"where": error.where, "what": error.what, "details": error.details}}
    except MemoryError:
        return {"error": TOO_LARGE}
    except OSError as error:
        if error.errno is None:  # of a library, on a file that ends early
            return {"error": _breaks(str(error))}
        return {"error": {"what": f"cannot be read or written: {error.strerror}", "details": {}}}
    except Exception as error:
        return {"error": _breaks(f"{type(error).__name__}: {error}")}


if __name__ == "__main__":
    _limit()
    text = json.dumps(_answer(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]))
    if len(text) > LONGEST:
        text = json.dumps({"error": {"what": "has header rows that are too long", "details": {"do": AS_CSV}}})
    sys.stdout.write(text)
