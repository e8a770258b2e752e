"""Homes for tests: a folder with study files, and the command run in it as an analyst would."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from pipeline.settings import Home

STUDIES = Path(__file__).resolve().parent.parent / "studies"
WARNINGS = os.environ.get("SURVEY_TEST_WARNINGS", "error")
"""Only the dependency weather says otherwise: there one library may call what another has deprecated since."""


def make_home(folder: Path, *study_files: Path) -> Home:
    """A home with copies of study files and their claims."""
    home = Home(folder)
    home.studies.mkdir(parents=True)
    for path in study_files:
        for file in (path, *path.parent.glob(f"{path.stem}.claims.yaml")):
            (home.studies / file.name).write_bytes(file.read_bytes())
    return home


def survey(home: Home, *arguments: str, expect: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the command in its own process; fails the test where its exit code is not the expected one."""
    inherited = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    result = subprocess.run(
        [sys.executable, "-W", WARNINGS, "-m", "pipeline.cli", *arguments],
        env=inherited | {"SURVEY_HOME": str(home.root)} | environment,
        cwd=home.root, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert result.returncode == expect, f"exit {result.returncode}\n{result.stdout}\n{result.stderr}"
    return result
