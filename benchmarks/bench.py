"""All that `survey bench` measures, line by line, in a folder that goes when it is done."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.compare import SIZES, compare
from benchmarks.limits import growth, limits, memory
from benchmarks.lines import Line

PARTS = ("compare", "limits", "growth", "memory")


def bench(respondents: int, parts: tuple[str, ...], runs: int) -> Iterator[Line]:
    """respondents: of the largest job; comparisons stop at a million."""
    for part in parts:
        with tempfile.TemporaryDirectory(prefix="survey-bench-") as name:
            folder = Path(name)
            if part == "compare":
                yield from compare(folder, [size for size in SIZES if size <= respondents] or [respondents], runs)
            elif part == "memory":
                yield from memory(folder, respondents)
            else:
                yield from {"limits": limits, "growth": growth}[part](folder, respondents, runs)
