"""Arrows run one way: no package imports a later one, `pipeline` never imports Dagster, `assets` holds no SQL."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# Earlier to later. What stands in one line does not import each other unless it is in the same package.
ORDER = [
    ["errors", "replacing"],
    ["settings", "tables"],
    ["engine"],
    ["versions", "spark"],
    ["study"],
    ["ingest"],
    ["cleaning"],
    ["weighting"],
    ["maturity"],
    ["cells"],
    ["estimation"],
    ["claims"],
    ["publish"],
    ["ledger", "locking", "reading", "printing"],
    ["store", "alerts"],
    ["standing"],
    ["quality", "errata", "trending"],
    ["auditing"],
    ["admission", "drafting", "checking", "lineage", "column_lineage", "overview"],
    ["editions"],
    ["landing"],
    ["synthetic"],
    ["cli"],
]
RANK = {name: rank for rank, names in enumerate(ORDER) for name in names}
FILES = sorted((ROOT / "pipeline").rglob("*.py"))


def part_of(path: Path) -> str:
    return path.relative_to(ROOT / "pipeline").parts[0].removesuffix(".py")


def imported(path: Path) -> list[str]:
    """Modules that a file imports anywhere, in functions too."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from pipeline import tables` names modules; `from pipeline.errors import x` does not.
            found += [f"pipeline.{a.name}" for a in node.names] if node.module == "pipeline" else [node.module]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_package_imports_a_later_one(path: Path):
    own = part_of(path)
    if own == "__init__":
        return
    for name in imported(path):
        if not name.startswith("pipeline."):
            continue
        other = name.split(".")[1]
        assert own == other or RANK[other] < RANK[own], f"{own} imports {other}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_pipeline_knows_no_dagster_and_assets_only_lazily(path: Path):
    modules = {name.split(".")[0] for name in imported(path)}
    assert "dagster" not in modules
    if part_of(path) != "cli":
        assert "assets" not in modules


def test_the_command_imports_assets_and_dagster_inside_functions_only():
    tree = ast.parse((ROOT / "pipeline" / "cli.py").read_text())
    top = [n for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
    names = [getattr(n, "module", None) or n.names[0].name for n in top]
    assert not [
        name for name in names if name.split(".")[0] in ("assets", "dagster", "pandas", "duckdb", "statsmodels")
    ]


def test_synthetic_imports_study_alone():
    for path in (ROOT / "pipeline" / "synthetic").glob("*.py"):
        parts = {name.split(".")[1] for name in imported(path) if name.startswith("pipeline.")}
        assert parts <= {"study", "synthetic", "errors"}, path


def test_only_engine_and_publication_and_readers_open_connections():
    """DESIGN: engine.py opens connections, publish aside; `reading` opens what is published, read-only."""
    openers = {
        part_of(path) for path in FILES
        if any(isinstance(n, ast.Attribute) and n.attr == "connect" and getattr(n.value, "id", "") == "duckdb"
               for n in ast.walk(ast.parse(path.read_text())))
    }  # fmt: skip
    assert openers == {"engine", "publish", "reading"}


def test_assets_hold_no_sql_and_no_statistics():
    for path in (ROOT / "assets").glob("*.py"):
        modules = {name.split(".")[0] for name in imported(path)}
        assert not modules & {"duckdb", "scipy", "statsmodels", "numpy"}, path
        assert "SELECT " not in path.read_text(), path
