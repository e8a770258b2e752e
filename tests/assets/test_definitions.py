"""What Dagster loads: every study its assets, checks and job; a broken study file stands apart with its error."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from assets.definitions import defs
from assets.studies import read_study
from pipeline import tables
from tests.homes import STUDIES, make_home

ROOT = STUDIES.parent
BROKEN = 'title: "Broken"\nsample: {type: opt_inn, population: x}\nquestions: {}\n'


@pytest.fixture
def definitions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dg.Definitions:
    """Two good study files and a broken one."""
    home = make_home(tmp_path, STUDIES / "ospo.yaml", STUDIES / "flying-etiquette.yaml")
    (home.studies / "broken.yaml").write_text(BROKEN)
    monkeypatch.setenv("SURVEY_HOME", str(tmp_path))
    return defs()


def test_each_study_has_its_assets_in_three_layers(definitions: dg.Definitions):
    graph = definitions.resolve_asset_graph()
    for study in ("ospo", "flying-etiquette"):
        mine = {key for key in graph.get_all_asset_keys() if key.path[0] == study}
        made = tables.made_for(read_study(study).study)
        expected = {dg.AssetKey([study, table.asset]) for table in made} | {
            dg.AssetKey([study, n]) for n in ("out_claims", "out_database", "out_editions")
        }
        assert mine == expected
        groups = {graph.get(key).group_name for key in mine}
        assert groups == {f"{study.replace('-', '_')}_{layer}" for layer in ("raw", "core", "out")}


def test_lineage_follows_the_declared_tables(definitions: dg.Definitions):
    graph = definitions.resolve_asset_graph()
    made = tables.made_for(read_study("ospo").study)
    for table in made:
        parents = {key.path[1] for key in graph.get(dg.AssetKey(["ospo", table.asset])).parent_keys}
        assert parents == {below.asset for below in made if below.name in table.made_from}


def test_assets_carry_kinds_owners_descriptions_schemas_and_code_versions(definitions: dg.Definitions):
    graph = definitions.resolve_asset_graph()
    for table in tables.made_for(read_study("ospo").study):
        node = graph.get(dg.AssetKey(["ospo", table.asset]))
        assert node.kinds == {"duckdb", "parquet"}
        assert node.owners == ["team:survey-research"]
        assert node.description == table.description
        assert node.code_version
        assert node.metadata["dagster/column_schema"].columns


def test_checks_that_guard_publication_block(definitions: dg.Definitions):
    specs = {spec.name: spec for a in definitions.assets or [] for spec in getattr(a, "check_specs", [])}
    blocking = {name for name, spec in specs.items() if spec.blocking}
    assert {"row_conservation", "unique_ids", "options_changed", "tier_shares", "ratio_is_quotient"} <= blocking
    assert "columns_known" not in blocking


def test_a_broken_study_file_shows_as_one_asset_with_its_error(definitions: dg.Definitions):
    graph = definitions.resolve_asset_graph()
    mine = [key for key in graph.get_all_asset_keys() if key.path[0] == "broken"]
    assert mine == [dg.AssetKey(["broken", "study_file"])]
    description = graph.get(mine[0]).description or ""
    assert "broken.yaml, line 2" in description
    assert "opt_in" in description


def test_every_study_has_a_job(definitions: dg.Definitions):
    assert {job.name for job in definitions.resolve_all_job_defs()} >= {"ospo", "flying_etiquette"}


def test_a_home_without_studies_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SURVEY_HOME", str(tmp_path))
    assert list(defs().resolve_asset_graph().get_all_asset_keys()) == []


def test_dg_accepts_the_project(tmp_path: Path):
    command = [str(Path(sys.executable).with_name("dg")), "check", "defs"]
    environment = os.environ | {"DAGSTER_HOME": str(tmp_path)}
    result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
