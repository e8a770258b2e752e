"""Ten waves of 2,162 respondents from nothing to published, then one more, Dagster and its start included.

python benchmarks/waves.py
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STUDY = "social-maturity"


def timed(home: Path, *arguments: str) -> float:
    start = time.perf_counter()
    command = [sys.executable, "-m", "pipeline.cli", *arguments]
    subprocess.run(command, env=os.environ | {"SURVEY_HOME": str(home)}, check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        made, home = Path(folder) / "made", Path(folder) / "home"
        timed(made, "demo")
        first = made / "data" / "raw" / STUDY / "2021"
        shutil.copytree(made / "studies", home / "studies")
        waves = home / "data" / "raw" / STUDY
        shutil.copytree(first, waves / "2021")
        for number in range(2, 11):
            shutil.copytree(first, waves / f"2021-{number:02}")
        print(f"ten waves of 2,162 from nothing: {timed(home, 'run', STUDY):.1f} s")
        shutil.copytree(first, waves / "2021-11")
        print(f"one more wave: {timed(home, 'run', STUDY, '--wave', '2021-11'):.1f} s")


if __name__ == "__main__":
    main()
