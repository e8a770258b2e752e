"""The pipeline publishes every printed figure of the real surveys."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.real.expected import Expected, cases, expected_rows


def published_row(tables: Path, expected: Expected) -> dict[str, Any]:
    """The one row of a published table with the expected key."""
    where = " AND ".join(f'"{column}" = ?' for column in expected.key)
    with duckdb.connect(str(tables), read_only=True) as connection:
        found = connection.execute(f'SELECT * FROM "{expected.table}" WHERE {where}', [*expected.key.values()])
        names = [column[0] for column in found.description]
        rows = found.fetchall()
    assert len(rows) == 1, f"{len(rows)} rows of {expected.table} for {expected.key}"
    return dict(zip(names, rows[0], strict=True))


@pytest.mark.parametrize("expected", cases())
def test_published_tables_show_the_printed_figure(expected: Expected, published_tables: dict[str, Path]):
    row = published_row(published_tables[expected.study], expected)
    assert expected.measured(row) == expected.stated


def test_large_companies_have_the_ratio_of_their_true_comparator(published_tables: dict[str, Path], real_data: Path):
    """100/160 against 180/588: 2.04, not the 1.70 of the printed pair."""
    large = next(e for e in expected_rows(real_data) if e.table == "findings")
    row = published_row(published_tables["ospo"], large)
    assert row["ratio"] == pytest.approx(2.04, abs=0.005)


@pytest.mark.parametrize(("study", "respondents"), [("ospo", 748), ("flying-etiquette", 1040)])
def test_no_respondent_is_lost(study: str, respondents: int, published_tables: dict[str, Path]):
    with duckdb.connect(str(published_tables[study]), read_only=True) as connection:
        delivered, analysed = connection.execute(
            "SELECT MAX(remaining) FILTER (disposition = 'delivered'), MAX(remaining) FILTER (disposition = 'analysed')"
            " FROM dispositions"
        ).fetchall()[0]
    assert (delivered, analysed) == (respondents, respondents)


def test_a_study_without_comparisons_has_no_findings(published_tables: dict[str, Path]):
    with duckdb.connect(str(published_tables["flying-etiquette"]), read_only=True) as connection:
        tables = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        count = connection.execute("SELECT COUNT(*) FROM findings").fetchall()[0][0] if "findings" in tables else 0
    assert count == 0
