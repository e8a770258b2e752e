"""Claimed changes are held to what table `trends` compares and shows: its breaks, the status of both waves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.reading import rows_of
from tests.homes import make_home, survey

STUDY = "changes"
BASE = """\
title: "Changes"
sample: {type: opt_in, population: people}
columns: {id: Id, panel: false}
display: {rule: base, suppress_below: 30, footnote_below: 50}
questions:
  content: {type: single, text: "Content", options: {"yes": "Yes", "no": "No"}}
  place: {type: single, text: "Place", options: {town: "Town", farm: "Farm", village: "Village"}}
  moved: {type: single, text: "Moved", options: {"yes": "Yes", "no": "No"}, breaks: {"2": reworded}}
  often: {type: single, text: "Often", options: {"yes": "Yes", "no": "No", rarely: {text: "Rarely", waves: ["1"]}}}
filters: {movers: {moved: ["yes"]}}
tiers: {order: [settled, moving], answers: {settled: {moved: ["no"]}, moving: {moved: ["yes"]}}}
segments: {place: {question: place}, moved: {question: moved}}
indicators:
  is_content: {when: {content: ["yes"]}}
  has_moved: {when: {moved: ["yes"]}}
  does_often: {when: {often: ["yes"]}}
"""
MOVED, OFTEN = "moved: reworded", "often: rarely was not offered in 2"
BROKEN: dict[str, tuple[dict[str, object], str]] = {
    "indicator": ({"indicator": "has_moved"}, MOVED),
    "condition": ({"when": {"moved": ["yes"]}}, MOVED),
    "options": ({"indicator": "does_often"}, OFTEN),
    "segment": ({"indicator": "is_content", "group": {"moved": ["yes"]}}, MOVED),
    "tier": ({"indicator": "is_content", "group": "moving"}, MOVED),
    "filter": ({"indicator": "is_content", "filter": {"moved": ["yes"]}}, MOVED),
    "named_filter": ({"indicator": "is_content", "group": "movers"}, MOVED),
    "both": ({"indicator": "does_often", "group": {"moved": ["yes"]}}, f"{OFTEN}; {MOVED}"),
}
PLACES = ("farm", "town", "village")
CLAIMS: dict[str, dict[str, object]] = {
    **{name: record for name, (record, _) in BROKEN.items()},
    **{place: {"indicator": "is_content", "group": {"place": [place]}} for place in PLACES},
    "printed": {"indicator": "has_moved", "printed": "-50 points"},
}


def delivery(yes: dict[str, tuple[int, int]], moved: int) -> str:
    """yes: by place, how many are content and how many there are. moved: how many have moved, of the first ones."""
    lines, i = ["Id,Content,Place,Moved,Often"], 0
    for place, (content, people) in yes.items():
        for k in range(people):
            lines.append(f"P{i},{'Yes' if k < content else 'No'},{place},{'Yes' if i < moved else 'No'},Yes")
            i += 1
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, dict[str, object]]]:
    """The claims of wave 2, and the trends, by what they are of. 160 people, then 200."""
    same = {"says": "x", "statistic": "change", "before": "1", "wave": "2"}
    records = [same | {"id": name} | ({} if "printed" in record else {"less_than": 0}) | record
               for name, record in CLAIMS.items()]  # fmt: skip
    file: Path = tmp_path_factory.mktemp("study") / f"{STUDY}.yaml"
    file.write_text(f"{BASE}claims: {json.dumps(records)}\n")
    home = make_home(tmp_path_factory.mktemp("home"), file)
    waves = {
        "1": delivery({"Farm": (9, 9), "Town": (32, 40), "Village": (75, 111)}, 120),
        "2": delivery({"Farm": (15, 60), "Town": (30, 70), "Village": (20, 70)}, 50),
    }
    for wave, text in waves.items():
        home.raw(STUDY).joinpath(wave).mkdir(parents=True)
        home.raw(STUDY).joinpath(wave, "export.csv").write_text(text)
    survey(home, "run", STUDY)
    trends = rows_of(home, STUDY, "SELECT * FROM trends WHERE measure = 'indicator'")[1]
    return {
        "claims": {row["claim"]: row for row in rows_of(home, STUDY, "SELECT * FROM claims WHERE wave = '2'")[1]},
        "trends": {f"{row['name']} {row['segment']} {row['level']}": row for row in trends},
    }


@pytest.mark.parametrize("name", BROKEN)
def test_nothing_is_said_of_a_change_across_a_break(name: str, rows: dict[str, dict[str, dict[str, object]]]):
    row = rows["claims"][name]
    assert (row["verdict"], row["reason"]) == ("not checkable", BROKEN[name][1])
    assert (row["wording"], row["direction"], row["p_value"]) == ("", "", None)
    assert row["observed"] is not None


def test_reasons_are_those_of_the_trends(rows: dict[str, dict[str, dict[str, object]]]):
    of_trends = {
        "indicator": "has_moved all all",
        "options": "does_often all all",
        "segment": "is_content moved yes",
        "both": "does_often moved yes",
        "tier": "is_content tier moving",
    }
    for name, trend in of_trends.items():
        assert not rows["trends"][trend]["comparable"]
        assert rows["claims"][name]["reason"] == rows["trends"][trend]["reason"]


def test_a_printed_change_still_comes_out_across_a_break(rows: dict[str, dict[str, dict[str, object]]]):
    """120 of 160, then 50 of 200: 75% and 25%."""
    row = rows["claims"]["printed"]
    assert row["observed"] == pytest.approx(-0.5)
    assert (row["verdict"], row["reproduction"]) == ("not checkable", "reproduced")


def test_a_change_has_the_worse_status_of_both_waves(rows: dict[str, dict[str, dict[str, object]]]):
    """On farms 9 and 60 people, in town 40 and 70, in villages 111 and 70."""
    claims = rows["claims"]
    found = {place: (claims[place]["status"], claims[place]["status_reason"]) for place in PLACES}
    assert found == {
        "farm": ("suppress", "base 9 under 30"), "town": ("footnote", "low base: 40 under 50"), "village": ("show", ""),
    }  # fmt: skip
    for place in PLACES:
        trend = rows["trends"][f"is_content place {place}"]
        assert found[place] == (trend["status"], trend["status_reason"])
    assert "too few respondents" in str(claims["farm"]["wording"])
    assert str(claims["town"]["wording"]).endswith("n = 40 and 70, low base).")
    assert str(claims["village"]["wording"]).endswith("n = 111 and 70).")
