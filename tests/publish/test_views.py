"""Views and macros of the published file: explained, as declared, and without suppressed figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline import tables
from pipeline.estimation.group_cells import group_cell_rows
from pipeline.estimation.groups import Grouping
from pipeline.publish.database import TYPES, Content, publish
from pipeline.publish.written import recomputing_contents, written_for
from pipeline.store import arrow_rows
from pipeline.study.loading import study_from_text
from tests.publish.files import published, rows_of, schema_of
from tests.records import core_of

PLAIN = """
title: Plain
sample: {type: opt_in, population: people}
questions: {content: {type: single, text: Content, options: {"yes": "Yes", "no": "No"}}}
"""
COMPARED = (
    PLAIN
    + """
segments: {profile: {levels: {Happy: {content: ["yes"]}}}}
indicators: {is_content: {when: {content: ["yes"]}}}
comparisons: {happy: {a: {profile: [Happy]}, b: everyone}}
"""
)


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    """The file of a study without tiers, score, weights, indicators, comparisons, claims."""
    study = study_from_text(PLAIN).study
    everything = (*tables.PUBLISHED, tables.TRENDS, tables.CLAIMS, tables.WAVES, tables.WEIGHTS)
    core = core_of(study, [{"content": "yes"}, {"content": "no"}])
    contents = [Content(table, table.columns_for(study), schema=schema_of(table)) for table in everything]
    contents += [Content(tables.CELLS, tables.CELLS.columns_for(study), rows=core.cells, schema="core")]
    contents += recomputing_contents(study, ["w"])
    publish(tmp_path / "x.duckdb", contents, {}, True, written_for(study))
    return tmp_path / "x.duckdb"


def test_a_study_with_nothing_to_compare_has_empty_views(plain: Path):
    for view in tables.VIEWS:
        counted = rows_of(plain, f"SELECT COUNT(*) AS n FROM {view.schema}.{view.name}")
        assert counted == [{"n": 1 if view.name == "strata" else 0}], view.name
    assert rows_of(plain, "FROM recomputed_findings()") == []


def test_every_table_view_column_and_macro_is_explained(plain: Path):
    lacking = """
        SELECT table_name AS name FROM duckdb_tables()
        WHERE NOT internal AND NOT COALESCE(starts_with(comment, 'SYNTHETIC'), FALSE)
        UNION ALL
        SELECT view_name FROM duckdb_views()
        WHERE NOT internal AND NOT COALESCE(starts_with(comment, 'SYNTHETIC'), FALSE)
        UNION ALL
        SELECT table_name || '.' || column_name FROM duckdb_columns() WHERE NOT internal AND COALESCE(comment, '') = ''
        UNION ALL
        SELECT function_name FROM duckdb_functions()
        WHERE NOT internal AND NOT COALESCE(starts_with(comment, 'SYNTHETIC'), FALSE)"""
    assert rows_of(plain, lacking) == []
    macros = rows_of(plain, "SELECT function_name AS name FROM duckdb_functions() WHERE NOT internal ORDER BY name")
    assert [row["name"] for row in macros] == ["recomputed_finding", "recomputed_findings"]


def test_views_have_the_columns_that_are_declared(plain: Path):
    for view in tables.VIEWS:
        found = rows_of(plain, f"DESCRIBE {view.schema}.{view.name}")
        declared = [(column.name, TYPES[column.type]) for column in view.columns]
        assert [(row["column_name"], row["column_type"]) for row in found] == declared, view.name


def finding(
    indicator: str, ratio: float, low: float, high: float, status: str = "show", reason: str = ""
) -> dict[str, Any]:
    texts = dict.fromkeys(("group_a", "group_b", "weighting", "base", "method", "wording"), "")
    sums = {f"{name}_{end}": 200 for name in ("x", "n") for end in "ab"} | {
        f"weighted_base_{end}": 200.0 for end in "ab"
    }
    return texts | sums | {
        "finding_id": f"w/c/{indicator}", "wave": "w", "indicator": indicator, "comparison": "c", "segment": "all",
        "level": "all", "in_score": False, "ci_level": 0.95, "ratio": ratio, "ratio_low": low, "ratio_high": high,
        "status": status, "status_reason": reason,
    }  # fmt: skip


def share(level: str, value: float, status: str = "show", reason: str = "") -> dict[str, Any]:
    return {
        "wave": "w", "indicator": "i", "segment": "all" if level == "all" else "tier", "level": level, "base": "asked",
        "x": 20, "n": 40, "weighted_base": 40.0, "share": value, "ci_level": 0.95, "method": "", "status": status,
        "status_reason": reason,
    }  # fmt: skip


def tier(position: int, name: str) -> dict[str, Any]:
    return {"wave": "w", "position": position, "tier": name, "x": 40, "n": 80, "weighted_base": 80.0, "share": 0.5,
            "ci_level": 0.95, "method": "", "status": "show", "status_reason": ""}  # fmt: skip


def file_with(folder: Path, rows: dict[tables.Table, list[dict[str, Any]]]) -> Path:
    study = study_from_text(PLAIN).study
    everything = (*tables.PUBLISHED, tables.TRENDS, tables.CLAIMS, tables.WAVES, tables.CELLS, tables.WEIGHTS)
    contents = []
    for table in everything:
        given = arrow_rows(rows.get(table, []), table.arrow_schema(study))
        contents.append(Content(table, table.columns_for(study), rows=given, schema=schema_of(table)))
    contents += recomputing_contents(study, [])
    publish(folder / "x.duckdb", contents, {}, False, written_for(study))
    return folder / "x.duckdb"


def test_top_ratios_are_clear_shown_and_ranked_on_both_sides_of_1(tmp_path: Path):
    found = [
        finding("twice", 2.0, 1.5, 2.6), finding("a_third", 1 / 3, 0.2, 0.5), finding("none", 0.0, 0.0, 0.1),
        finding("unclear", 4.0, 0.9, 9.0), finding("hidden", 9.0, 5.0, 20.0, "suppress", "base 9 under 30"),
    ]  # fmt: skip
    path = file_with(tmp_path, {tables.FINDINGS: found})
    rows = rows_of(path, "SELECT place, indicator FROM top_ratios")
    assert [(row["place"], row["indicator"]) for row in rows] == [(1, "none"), (2, "a_third"), (3, "twice")]
    low = rows_of(path, "SELECT name, n, status_reason FROM low_bases")
    assert low == [{"name": "hidden", "n": 200, "status_reason": "base 9 under 30"}]


def test_a_suppressed_share_is_no_part_of_the_profile(tmp_path: Path):
    shares = [share("all", 0.4), share("low", 0.2), share("high", 0.9, "suppress", "interval .31 wide")]
    path = file_with(tmp_path, {tables.SHARES: shares, tables.TIERS: [tier(1, "low"), tier(2, "high")]})
    rows = rows_of(path, "SELECT tier, x, share, index_to_everyone, status FROM tier_profile")
    assert rows == [
        {"tier": "low", "x": 20, "share": 0.2, "index_to_everyone": 50.0, "status": "show"},
        {"tier": "high", "x": None, "share": None, "index_to_everyone": None, "status": "suppress"},
    ]


def test_a_group_of_a_level_that_overlaps_is_its_members_and_everyone_is_everyone():
    """Members, those known to be outside, and the rest add up to everyone."""
    study = study_from_text(COMPARED).study
    grouping = Grouping(study.tiers, study.segments, study.segment_columns, study.resolver)
    rows = [tuple(row[name] for name in ("part", "cell_segment", "cell_level", "cell_tier", "times"))
            for row in group_cell_rows(study.comparisons, grouping)]  # fmt: skip
    assert rows == [
        ("a", "profile", "Happy", None, 1), ("b", "all", "all", None, 1), ("both", "profile", "Happy", None, 1),
    ]  # fmt: skip


def test_a_comparison_of_an_answer_with_itself_is_told_by_its_groups(tmp_path: Path):
    """By hand: 2 of 2 happy say yes, of all 4 two do: 2 times as likely. Both shares are of the same people."""
    study = study_from_text(COMPARED).study
    core = core_of(study, [{"content": "yes"}, {"content": "yes"}, {"content": "no"}, {"content": "no"}])
    row = rows_of(published(tmp_path, study, core, {}), "FROM recomputed_finding('w/happy/is_content')")[0]
    assert [row[name] for name in ("x_a", "n_a", "x_b", "n_b", "ratio", "df")] == [2, 2, 2, 4, 2.0, 3.0]
