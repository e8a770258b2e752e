"""The bundled study from delivery to database: the planted truth comes out, and nothing else does."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

from tests.bundled import STUDY, Bundled
from tests.homes import STUDIES

README = STUDIES.parent / "README.md"

# The calibration of the printed figures (claims file of the survey of 2,162 marketers): yes among the 412 mature,
# yes among the 1,750 others.
CALIBRATION = {
    "reach_prospects": (379, 1426), "dept_marketing": (408, 1689), "dept_pr": (330, 1062),
    "customer_service": (247, 438), "hr": (190, 402), "sales": (227, 630), "product": (165, 438),
    "listening": (346, 368), "engaging": (297, 315), "social_ads": (247, 788), "relationships": (363, 735),
    "target_customers": (383, 1479), "communities": (297, 784), "partners": (275, 700), "shareholders": (148, 280),
    "brand_health": (402, 1312), "differentiation": (346, 1050), "ad_efficiency": (309, 788),
    "covid_prep": (354, 1169), "sponsor": (309, 262), "dt_ready": (309, 735),
}  # fmt: skip


@pytest.mark.parametrize("indicator", CALIBRATION)
def test_first_wave_meets_the_calibration_exactly(bundled: Bundled, indicator: str):
    row = bundled.rows(
        "SELECT x_a, n_a, x_b, n_b, ratio FROM findings"
        " WHERE wave = '2021' AND comparison = 'maturity' AND segment = 'all' AND indicator = ?", indicator,
    )[0]  # fmt: skip
    x_a, x_b = CALIBRATION[indicator]
    assert (row["x_a"], row["n_a"], row["x_b"], row["n_b"]) == (x_a, 412, x_b, 1750)
    assert row["ratio"] == pytest.approx((x_a / 412) / (x_b / 1750), rel=1e-12)


def test_first_wave_has_2162_respondents(bundled: Bundled):
    assert bundled.rows("SELECT SUM(x) AS n FROM tiers WHERE wave = '2021'")[0]["n"] == 2162
    counted = bundled.rows("SELECT COUNT(*) AS n FROM respondents WHERE wave = '2021' AND disposition = 'analysed'")
    assert counted[0]["n"] == 2162


@pytest.mark.parametrize("wave", ["2022", "2023"])
def test_free_waves_recover_the_planted_shares_within_sampling_error(bundled: Bundled, wave: str):
    truth = bundled.planted.waves[wave]
    rows = bundled.rows(
        "SELECT indicator, p_a, n_a, p_b, n_b FROM findings"
        " WHERE wave = ? AND comparison = 'maturity' AND segment = 'all'", wave,
    )  # fmt: skip
    found = {row["indicator"]: row for row in rows}
    distances = []
    for name, shares in truth.shares.items():
        for end, share, members in zip("ab", shares, truth.members, strict=True):
            assert found[name][f"n_{end}"] == members
            error = (share * (1 - share) / members) ** 0.5
            distances.append((found[name][f"p_{end}"] - share) / error)
    assert max(abs(d) for d in distances) < 4  # of 42 draws; beyond 4 standard errors once in 380 such waves
    assert sum(d * d for d in distances) / len(distances) < 1.8  # mean square of standard normals is about 1


@pytest.mark.parametrize("wave", ["2021", "2022", "2023"])
def test_cleaning_takes_out_just_what_was_planted(bundled: Bundled, wave: str):
    junk = bundled.planted.junk
    rows = bundled.rows("SELECT * FROM dispositions WHERE wave = ? ORDER BY position", wave)
    assert {
        r["disposition"]: r["taken_out"] for r in rows if r["disposition"] in bundled.planted.junk
    } == bundled.planted.junk
    assert rows[0]["remaining"] == sum(bundled.planted.waves[wave].members) + sum(junk.values())
    for before, after in pairwise(rows):
        assert after["respondents_in"] == before["remaining"]
        assert after["remaining"] == after["respondents_in"] - after["taken_out"]


def test_every_table_and_column_is_explained_and_marked_synthetic(bundled: Bundled):
    tables = bundled.rows("SELECT table_name, comment FROM duckdb_tables() WHERE NOT internal")
    assert {"findings", "toplines", "tiers", "shares", "respondents", "waves", "runs"} <= {
        t["table_name"] for t in tables
    }
    assert [t["table_name"] for t in tables if not (t["comment"] or "").startswith("SYNTHETIC")] == []
    columns = bundled.rows("SELECT table_name, column_name, comment FROM duckdb_columns() WHERE NOT internal")
    assert [c for c in columns if not c["comment"]] == []
    assert bundled.rows("SELECT DISTINCT synthetic FROM waves") == [{"synthetic": True}]
    assert (
        bundled.rows("SELECT COUNT(*) AS n FROM findings WHERE NOT ends_with(wording, '[synthetic data]')")[0]["n"] == 0
    )


def test_no_personal_data_leave_the_raw_delivery(bundled: Bundled):
    delivery = next((bundled.home.raw(STUDY) / "2021").glob("*SYNTHETIC.csv")).read_text(encoding="utf-8-sig")
    assert re.search(r"192\.0\.2\.\d+", delivery)
    assert "@example.org" in delivery
    assert "A made remark." in delivery
    for path in bundled.home.processed(STUDY).rglob("*.parquet"):
        with duckdb.connect() as con:
            found = con.sql(
                f"SELECT COUNT(*) FROM (SELECT to_json(t) AS j FROM read_parquet('{path}') AS t)"
                " WHERE regexp_matches(j, '192\\.0\\.2\\.|@example|made remark')"
            ).fetchall()
        assert found == [(0,)], path


def test_a_renamed_option_and_a_new_question_are_no_trouble(bundled: Bundled):
    largest = bundled.rows(
        "SELECT wave, x FROM toplines WHERE question = 'employees' AND option = 'huge' AND segment = 'all'"
    )
    assert all(row["x"] > 100 for row in largest)
    asked = bundled.rows(
        "SELECT wave, n FROM shares WHERE indicator = 'uses_assistants' AND segment = 'all' ORDER BY wave"
    )
    assert [row["n"] for row in asked] == [0, 2300, 2450]


def test_all_checks_pass_and_are_published(bundled: Bundled):
    checks = bundled.rows("SELECT check_name, passed, measured FROM quality_checks")
    assert len(checks) == 45
    # The question that is new in 2022, and declared so, leaves an indicator without base in 2021.
    assert [c["check_name"] for c in checks if not c["passed"]] == []


def test_indicators_of_scored_items_are_flagged(bundled: Bundled):
    flagged = bundled.rows("SELECT DISTINCT indicator FROM findings WHERE in_score")
    assert flagged == [{"indicator": "attributes_sales"}]


def test_shares_of_options_that_exclude_each_other_sum_to_one(bundled: Bundled):
    sums = bundled.rows(
        "SELECT wave, question, segment, level, SUM(x) AS x, MAX(n) AS n FROM toplines"
        " WHERE question NOT IN ('teams', 'hr_benefits', 'budget', 'remarks') GROUP BY ALL HAVING SUM(x) <> MAX(n)"
    )
    assert sums == []


def test_toplines_agree_with_the_responses(bundled: Bundled):
    counted = bundled.rows(
        "SELECT COUNT(*) FILTER (r.\"teams__pr\" = 1) AS x, COUNT(r.\"teams__pr\") AS n FROM responses AS r"
        " JOIN respondents AS p USING (wave, source_row)"
        " WHERE p.disposition = 'analysed' AND wave = '2022' AND size = 'huge'"
    )[0]  # fmt: skip
    published = bundled.rows(
        "SELECT x, n FROM toplines WHERE wave = '2022' AND question = 'teams' AND option = 'pr'"
        " AND segment = 'size' AND level = 'huge'"
    )[0]
    assert counted == published


def test_history_of_the_runs_is_kept(bundled: Bundled):
    runs = bundled.rows("SELECT wave, outcome, version, started_at, finished_at FROM runs ORDER BY wave")
    assert [(r["wave"], r["outcome"]) for r in runs] == [(w, "admitted") for w in ("2021", "2022", "2023")]
    assert all(r["started_at"] <= r["finished_at"] for r in runs)
    assert Path(bundled.home.dagster / "history" / "runs.db").exists()


def test_nets_are_called_by_their_label(bundled: Bundled):
    rows = bundled.rows("SELECT DISTINCT group_a FROM findings WHERE comparison = 'large' AND segment = 'all'")
    assert [row["group_a"] for row in rows] == ['respondents with company size "1,000 or more"']


def test_the_example_in_the_readme_prints_what_it_shows(
    bundled: Bundled, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    example, shown = re.search(r"```python\n(.*?)```\n\n```\n(.*?)```", README.read_text(), re.DOTALL).groups()
    monkeypatch.chdir(bundled.home.root)
    exec(example, {})
    assert capsys.readouterr().out.strip() == shown.strip()


def test_what_stands_beside_the_findings_is_of_the_same_respondents(bundled: Bundled):
    """Of all with every segment the crude ratio is the published one; trends count both groups of a division."""
    rows = bundled.rows(
        "SELECT a.crude_ratio, a.n_left_out, a.n, r.ratio, f.ratio AS published, f.n_a + f.n_b AS respondents,"
        " f.x_a + f.x_b AS yes, t.x, t.n AS in_trend, a.direction_reversed"
        " FROM findings AS f JOIN adjusted AS a USING (wave, comparison, indicator)"
        " JOIN robustness AS r USING (finding_id)"
        " JOIN tier_trends AS t ON t.wave = f.wave AND t.indicator = f.indicator"
        " WHERE f.wave = '2021' AND f.comparison = 'maturity' AND f.segment = 'all' AND f.ratio IS NOT NULL"
    )
    assert len(rows) >= len(CALIBRATION)
    for row in rows:
        assert row["n"] + row["n_left_out"] == row["respondents"] == row["in_trend"]
        assert row["x"] == row["yes"]
        assert row["ratio"] == row["published"]
        if row["n_left_out"] == 0:
            assert row["crude_ratio"] == pytest.approx(row["published"], rel=1e-9)


def test_every_scored_respondent_has_a_place_among_all_and_in_its_industry(bundled: Bundled):
    places = bundled.rows("SELECT segment, COUNT(*) AS n, AVG(percentile_pct) AS mean FROM peer_places"
                          " WHERE wave = '2021' GROUP BY segment ORDER BY segment")  # fmt: skip
    assert [(row["segment"], row["n"]) for row in places] == [("all", 2162), ("industry_group", 2162)]
    assert [row["mean"] for row in places] == pytest.approx([50, 50])


def test_column_letters_name_lower_columns(bundled: Bundled):
    rows = bundled.rows("SELECT * FROM banners WHERE wave = '2021' AND segment = 'tier' AND higher_than <> ''")
    assert rows
    shares = {(row["question"], row["option"], row["letter"]): row["share"] for row in bundled.rows(
        "SELECT * FROM banners WHERE wave = '2021' AND segment = 'tier'")}  # fmt: skip
    for row in rows:
        for letter in row["higher_than"].split():
            assert shares[row["question"], row["option"], letter] < row["share"]
