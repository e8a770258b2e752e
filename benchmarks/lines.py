"""A line of what `survey bench` prints, and the machine that it was measured on."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

COLUMNS = ("what", "against", "respondents", "indicators", "seconds", "seconds_against", "ratio", "runs", "note")
PACKAGES = ("duckdb", "numpy", "pandas", "statsmodels", "svy", "samplics")


@dataclass(frozen=True)
class Line:
    """seconds, seconds_against: medians over runs. ratio: median of what one run gave, as the note says it."""

    what: str
    against: str
    respondents: int
    indicators: int
    seconds: float | None
    seconds_against: float | None
    ratio: float | None
    runs: int
    note: str


def skipped(what: str, against: str, respondents: int, indicators: int, why: str) -> Line:
    return Line(what, against, respondents, indicators, None, None, None, 0, why)


def measured(
    what: str, against: str, size: tuple[int, int], own: Sequence[float], other: Sequence[float], note: str
) -> Line:
    """Times of runs side by side, size = respondents and indicators; the ratio is how often own goes into other."""
    ratio = statistics.median(b / a for a, b in zip(own, other, strict=True))
    return Line(what, against, *size, statistics.median(own), statistics.median(other), ratio, len(own), note)


def machine() -> str:
    """Processor, cores, memory and versions, in one line."""
    cpu, memory = platform.processor() or platform.machine(), ""
    if (info := Path("/proc/cpuinfo")).is_file():
        models = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        cpu = models[0] if models else cpu
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = f", {os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"
    versions = [f"Python {platform.python_version()}"]
    for name in PACKAGES:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return f"{cpu}, {os.cpu_count()} cores{memory}, {platform.system()}; {', '.join(versions)}"
