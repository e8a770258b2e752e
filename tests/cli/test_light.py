"""Commands that only show or check import none of the large libraries: that, and not the work, would take the time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HEAVY = {"pandas", "scipy", "statsmodels", "dagster", "altair"}
SCRIPT = """
import sys
from pipeline.cli import main
sys.argv = ["survey", *sys.argv[1:]]
try:
    main()
finally:
    print("imported:", *sorted({name.partition(".")[0] for name in sys.modules}), file=sys.stderr)
"""


def imported_by(home: Path, *arguments: str) -> set[str]:
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments], env={"SURVEY_HOME": str(home)}, capture_output=True, text=True
    )
    assert ran.returncode in (0, 1), ran.stderr  # a check may say no
    return set(ran.stderr.partition("imported:")[2].split())


def test_findings_import_neither_statistics_nor_dagster_nor_arrow(run_once: tuple[Path, str]):
    assert not imported_by(run_once[0], "findings", "tiny") & {*HEAVY, "pyarrow", "numpy", "jinja2"}


def test_a_check_imports_neither_statistics_nor_dagster(run_once: tuple[Path, str]):
    assert not imported_by(run_once[0], "check", "tiny") & HEAVY
