"""Prints how long a process takes that imports what each part of the command needs, the best of five."""

from __future__ import annotations

import subprocess
import sys
import time

PARTS = {
    "Python alone": "pass",
    "survey --help": "import pipeline.cli",
    "survey findings": "import pipeline.cli, pipeline.standing, pipeline.reading, pipeline.printing",
    "survey check": "import pipeline.checking.check",
    "survey run": "import assets.running",
}


def seconds(code: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)
    return time.perf_counter() - start


print("imports: " + ", ".join(f"{part} {min(seconds(code) for _ in range(5)):.2f} s" for part, code in PARTS.items()))
