"""Trends of a small panel: three waves, respondents identified, hand-counted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipeline.reading import rows_of
from pipeline.settings import Home
from tests.homes import make_home, survey

STUDY = "panel"
TEXT = """\
title: "Panel"
sample: {type: opt_in, population: people}
baseline: "1"
columns: {id: Id}
scales: {often: {never: Never, some: Sometimes, daily: Daily}}
questions:
  content: {type: single, text: "Content?", options: {"yes": "Yes", "no": "No"}}
  use: {type: single, text: "Use?", scale: often}
  place:
    type: single
    text: "Where?"
    options: {town: "Town", village: "Village"}
    breaks: {"2": "places were redrawn"}
score: {points: {never: 0, some: 1, daily: 2}, dimensions: {use: {items: [use]}}}
tiers: {order: [low, high], cuts: [50]}
segments: {place: {question: place}}
indicators: {is_content: {when: {content: ["yes"]}, label: "be content"}}
comparisons: {use: {a: {tier: [high]}, b: {tier: [low]}}}
"""


def delivery(content: range, first: int = 0) -> str:
    """100 people from `first` on; of them, the ones in `content` are content. Use goes never, sometimes, daily."""
    lines = ["Id,Content?,Use?,Where?"]
    for i in range(first, first + 100):
        use = ("Never", "Sometimes", "Daily")[i % 3]
        lines.append(f"P{i},{'Yes' if i in content else 'No'},{use},{'Town' if i % 2 else 'Village'}")
    return "\n".join(lines) + "\n"


def land(home: Home, wave: str, text: str) -> None:
    folder = home.raw(STUDY) / wave
    folder.mkdir(parents=True)
    (folder / "export.csv").write_text(text)


def trends(home: Home) -> dict[tuple[str, ...], dict[str, Any]]:
    key = ("measure", "name", "comparison", "segment", "level", "wave_before", "wave")
    return {tuple(row[name] for name in key): row for row in rows_of(home, STUDY, "SELECT * FROM trends")[1]}


@pytest.fixture(scope="module")
def panel(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, dict[tuple[str, ...], dict[str, Any]]]:
    """The home after three waves, and its trends after two of them."""
    source = tmp_path_factory.mktemp("study") / f"{STUDY}.yaml"
    source.write_text(TEXT)
    home = make_home(tmp_path_factory.mktemp("home"), source)
    land(home, "1", delivery(range(40)))
    land(home, "2", delivery(range(20, 80), first=20))  # 80 of 100 again: P20 to P99, of whom 20 to 39 stay content
    survey(home, "run", STUDY)
    two = trends(home)
    land(home, "3", delivery(range(500, 530), first=500))
    survey(home, "run", STUDY)
    return home, two


EVERYONE = ("is_content", "", "all", "all")
Panel = tuple[Home, dict[tuple[str, ...], dict[str, Any]]]


def test_a_change_is_counted_with_those_who_are_in_both_waves(panel: Panel):
    """40% to 60%. Of the 80 in both, 20 are content twice, 40 since, 20 never: Cov = sum (y1 - .4)(y2 - .6) / 100^2."""
    row = trends(panel[0])["indicator", *EVERYONE, "1", "2"]
    assert (row["value_before"], row["value"], row["overlap"]) == (0.4, 0.6, 80)
    assert row["change"] == pytest.approx(0.2)
    covariance = (20 * 0.6 * 0.4 + 40 * -0.4 * 0.4 + 20 * -0.4 * -0.6) / 100**2
    assert row["se"] == pytest.approx((0.24 / 100 + 0.24 / 100 - 2 * covariance) ** 0.5)
    assert row["comparable"]
    assert row["change_low"] > 0
    assert row["wording"].startswith(
        "Between 1 and 2 the share of respondents who be content rose from 40% to 60% (+20"
    )


def test_a_wave_is_compared_with_the_one_before_and_with_the_baseline(panel: Panel):
    pairs = {key[5:] for key in trends(panel[0])}
    assert pairs == {("1", "2"), ("2", "3"), ("1", "3")}
    row = trends(panel[0])["indicator", *EVERYONE, "1", "3"]
    assert (row["value"], row["overlap"]) == (0.3, 0)


def test_a_further_wave_changes_nothing_of_former_pairs(panel: Panel):
    home, two = panel
    three = trends(home)
    assert len(two) >= 20
    assert {key: three[key] for key in two} == two


def test_each_pair_of_waves_is_worked_out_once(panel: Panel):
    home = panel[0]
    files = {path: path.stat().st_mtime_ns for path in home.processed(STUDY).glob("*/*/trends.parquet")}
    assert sorted(path.parent.parent.name for path in files) == ["2", "3", "3"]
    survey(home, "run", STUDY)
    assert {path: path.stat().st_mtime_ns for path in home.processed(STUDY).glob("*/*/trends.parquet")} == files


def test_no_change_is_claimed_across_a_break(panel: Panel):
    rows = [row for key, row in trends(panel[0]).items() if key[3] == "place" and key[5:] == ("1", "2")]
    assert rows
    for row in rows:
        assert (row["comparable"], row["p_value"], row["q_value"], row["wording"]) == (False, None, None, "")
        assert "place: places were redrawn" in row["reason"]
    assert all(row["comparable"] or row["reason"] != "place: places were redrawn"
               for key, row in trends(panel[0]).items() if key[5:] == ("2", "3"))  # fmt: skip


def test_score_tiers_and_findings_have_trends(panel: Panel):
    """Never, sometimes, daily score 0, 50, 100; high from 50. Of P0-P99 34 never; of P20-P119 33 (P21 ... P117)."""
    found = trends(panel[0])
    tier = found["tier", "high", "", "all", "all", "1", "2"]
    assert (tier["value_before"], tier["value"]) == (0.66, 0.67)
    score = found["score", "all", "", "all", "all", "1", "2"]
    assert (score["value_before"], score["value"]) == (
        pytest.approx((33 * 50 + 33 * 100) / 100),
        pytest.approx((33 * 50 + 34 * 100) / 100),
    )
    finding = found["finding", "is_content", "use", "all", "all", "1", "2"]
    assert finding["change"] == pytest.approx(finding["value"] / finding["value_before"])
    assert finding["change_low"] < finding["change"] < finding["change_high"]


def test_the_command_prints_them(panel: Panel):
    shown = json.loads(survey(panel[0], "trends", STUDY, "--measure", "indicator", "--json").stdout)
    assert [(row["wave_before"], row["wave"]) for row in shown] == [("1", "2"), ("1", "3"), ("2", "3")]
    assert "rose from 40% to 60%" in survey(panel[0], "trends", STUDY, "--sentences").stdout
    assert "places were redrawn" in survey(panel[0], "trends", STUDY, "--segments").stdout
