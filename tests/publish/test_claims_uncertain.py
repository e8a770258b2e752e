"""Claims about figures whose error nothing tells: none of them is supported, contradicted or said. Counted by hand."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.reading import rows_of
from tests.homes import make_home, survey

STUDY = "uncertain"
BASE = """\
title: "Uncertain"
sample: {type: probability, population: people}
columns: {id: Id}
questions:
  first: {type: single, text: "First", options: {"yes": "Yes", "no": "No"}}
  second: {type: single, text: "Second", options: {"yes": "Yes", "no": "No"}}
  place: {type: single, text: "Place", options: {town: "Town", farm: "Farm"}}
  age: {type: number, text: "Age"}
segments: {place: {question: place}}
indicators: {first: {when: {first: ["yes"]}}, second: {when: {second: ["yes"]}}}
"""
SHOWN = "display: {rule: base, suppress_below: 1}\n"
ONE_UNIT = "design: {strata: Stratum, psu: Unit, lonely_psu: remove}\n"
CLAIMS: dict[str, dict[str, object]] = {
    "share": {"indicator": "first", "more_than": 0.1},
    "printed": {"indicator": "first", "printed": "62.5%"},
    "wrong": {"indicator": "first", "printed": "37.5%"},
    "ratio": {"indicator": "first", "group": {"place": ["farm"]}, "against": "rest", "less_than": 9},
    "difference": {"statistic": "difference", "indicator": "first", "group": {"place": ["farm"]}, "against": "rest",
                   "less_than": 0.9},
    "mean": {"statistic": "mean", "question": "age", "about": 100},
    "paired": {"statistic": "paired", "indicator": "first", "minus": "second", "more_than": 0},
    "rank": {"statistic": "rank", "indicator": "first", "among": ["first", "second"], "equal": 1},
}  # fmt: skip


def delivery() -> str:
    """Of 64 in one unit, 40 say yes to the first and 24 to the second; one lives on a farm."""
    lines = ["Id,First,Second,Place,Age,Stratum,Unit"]
    for i in range(64):
        first, second = ("Yes" if i < yes else "No" for yes in (40, 24))
        lines.append(f"P{i},{first},{second},{'Farm' if i == 0 else 'Town'},{20 + i % 5},s,u")
    return "\n".join(lines) + "\n"


def audited(
    tmp_path: Path, design: str, records: dict[str, dict[str, object]], waves: tuple[str, ...] = ("1",)
) -> dict[str, dict[str, object]]:
    """The claims of the last wave."""
    lines = [{"id": name, "says": "x"} | record for name, record in records.items()]
    file = tmp_path / f"{STUDY}.yaml"
    file.write_text(f"{BASE}{design}claims: {json.dumps(lines)}\n")
    home = make_home(tmp_path / "home", file)
    for wave in waves:
        home.raw(STUDY).joinpath(wave).mkdir(parents=True)
        home.raw(STUDY).joinpath(wave, "export.csv").write_text(delivery())
    survey(home, "run", STUDY)
    return {row["claim"]: row for row in rows_of(home, STUDY, "SELECT * FROM claims WHERE wave = ?", [waves[-1]])[1]}


def assert_nothing_is_said(row: dict[str, object]) -> None:
    assert (row["low"], row["high"], row["low_90"], row["high_90"], row["p_value"]) == (None,) * 5
    assert row["verdict"] == "not checkable"
    assert str(row["reason"]).startswith("there is no interval")
    assert (row["wording"], row["direction"]) == ("", "")


def test_a_design_of_one_unit_tells_no_error(tmp_path: Path):
    count: dict[str, object] = {"statistic": "count", "indicator": "first", "equal": 40}
    rows = audited(tmp_path, SHOWN + ONE_UNIT, CLAIMS | {"count": count})
    for name in CLAIMS:
        assert_nothing_is_said(rows[name])
    assert rows["share"]["observed"] == 0.625
    assert rows["paired"]["observed"] == 0.25
    assert rows["rank"]["observed"] == 1
    assert (rows["count"]["verdict"], rows["count"]["low"], rows["count"]["high"]) == ("supported", 40, 40)
    # whether a printed figure comes out needs no interval: 40 of 64 are 62.5%; 37.5% are those who say no
    assert (rows["printed"]["reproduction"], rows["printed"]["problem"]) == ("reproduced", False)
    assert (rows["wrong"]["reproduction"], rows["wrong"]["problem"]) == ("not reproduced", True)
    assert rows["wrong"]["kinds"] == "direction"


def test_a_change_of_shares_without_error_tells_no_error(tmp_path: Path):
    change: dict[str, object] = {"statistic": "change", "indicator": "first", "before": "1", "less_than": 0.5}
    rows = audited(tmp_path, ONE_UNIT, {"change": change | {"wave": "2"}}, ("1", "2"))
    assert_nothing_is_said(rows["change"])
    assert rows["change"]["observed"] == 0


def test_one_respondent_tells_no_error(tmp_path: Path):
    on_the_farm = {name: CLAIMS[name] | {"group": {"place": ["farm"]}} for name in ("mean", "paired")}
    for row in audited(tmp_path, SHOWN, on_the_farm).values():
        assert_nothing_is_said(row)
        assert row["n_a"] == 1
