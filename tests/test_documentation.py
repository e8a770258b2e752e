"""What is written about the project holds."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from pipeline.cli import app
from pipeline.study.schema import json_schema
from tests.homes import STUDIES

ROOT = STUDIES.parent
README = (ROOT / "README.md").read_text()
COMMANDS = list(app.commands)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_shows_every_command(command: str):
    assert re.search(rf"survey {command}\b", README), f"README.md does not mention `survey {command}`"


def test_the_published_schema_of_study_files_is_the_present_one():
    stored = json.loads((ROOT / "docs" / "study-file.schema.json").read_text())
    assert stored == json_schema(), "run: ./survey schema > docs/study-file.schema.json"


def test_links_of_the_readme_lead_somewhere():
    for target in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (ROOT / target).exists(), target


def test_no_file_names_a_package_registry_or_a_path_of_one_machine():
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    hosts = "pypi" + r"\.org|pythonhosted" + r"\.org|registry\.npm" + "js"
    homes = "(^|[^A-Za-z0-9_.~-])/(ro" + "ot|wo" + "rk)/"
    for pattern in (hosts, homes):
        command = ["git", "grep", "-nIE", pattern, "--", "."]
        found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert found.stdout == ""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert "uv.lock" not in tracked
    assert [name for name in tracked if re.search(r"^data/.*\.(csv|parquet|duckdb)$", name)] == []
