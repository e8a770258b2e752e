"""Claims under weights, strata, units, raking and replicates have the figures of the published tables."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.reading import rows_of
from tests.homes import make_home, survey

STUDY = "designed"
BASE = """\
title: "Designed"
sample: {type: probability, population: people}
columns: {id: Id}
questions:
  user: {type: single, text: "User", options: {"yes": "Yes", "no": "No", dk: {text: "Don't know", is: dont_know}}}
  content: {type: single, text: "Content", options: {"yes": "Yes", "no": "No", dk: {text: "Don't know", is: dont_know}}}
  fond: {type: single, text: "Fond", options: {"yes": "Yes", "no": "No"}}
  place: {type: single, text: "Place", options: {town: "Town", village: "Village", farm: "Farm"}}
  age: {type: number, text: "Age"}
filters: {in_town: {place: [town]}}
tiers: {order: [others, users], answers: {others: {user: ["no"]}, users: {user: ["yes"]}}}
segments: {place: {question: place}, profile: {levels: {Townsfolk: in_town, Fond ones: {fond: ["yes"]}}}}
indicators:
  is_content: {when: {content: ["yes"]}}
  is_content_known: {when: {content: ["yes"]}, base: substantive}
  is_fond: {when: {fond: ["yes"]}, base: everyone}
comparisons:
  use: {a: {tier: [users]}, b: rest}
  else: {a: {tier: [users]}, b: everyone_else}
  all: {a: {place: [town]}, b: everyone}
  town: {a: {place: [town]}, b: {place: [village, farm]}}
  townsfolk: {a: {profile: [Townsfolk]}, b: rest}
"""
DESIGNS = {
    "weighted": "weights: {main: {column: W}}\n",
    "stratified": "design: {strata: Stratum}\nweights: {main: {column: W}}\n",
    "clustered": "design: {strata: Stratum, psu: Unit}\nweights: {main: {column: W}}\n",
    "raked": "weights: {main: {rake: {place: {town: 0.4, village: 0.4, farm: 0.2}}}}\n",
    "jackknife": "design: {strata: Stratum, psu: Unit, variance: jackknife}\nweights: {main: {column: W}}\n",
    "simple": "",
}
COMPARISONS = ("use", "else", "all", "town", "townsfolk")
INDICATORS = ("is_content", "is_content_known", "is_fond")


def delivery() -> str:
    rng = np.random.default_rng(7)
    lines = ["Id,User,Content,Fond,Place,Age,W,Stratum,Unit"]
    for i in range(400):
        stratum = i % 4
        unit = stratum * 6 + int(rng.integers(6))
        user = rng.choice(["Yes", "No", "Don't know", ""], p=[0.4, 0.45, 0.1, 0.05])
        content = rng.choice(["Yes", "No", "Don't know", ""], p=[0.5, 0.35, 0.1, 0.05])
        fond, place = rng.choice(["Yes", "No"]), rng.choice(["Town", "Village", "Farm"])
        lines.append(f"P{i},{user},{content},{fond},{place},{20 + i % 60},{rng.uniform(0.3, 3):.4f},s{stratum},u{unit}")
    return "\n".join(lines) + "\n"


def records() -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for indicator in INDICATORS:
        for comparison in COMPARISONS:
            for measure, operator in (("ratio", "more_than"), ("difference", "less_than"), ("odds_ratio", "about")):
                found.append({"id": f"{measure}-{comparison}-{indicator}", "indicator": indicator, "statistic": measure,
                              "comparison": comparison, operator: 0.5})  # fmt: skip
        groups = {"all-all": "everyone", "tier-users": "users", "place-farm": {"place": ["farm"]},
                  "profile-Townsfolk": {"profile": ["Townsfolk"]}}  # fmt: skip
        found += [{"id": f"share-{place.replace(' ', '_')}-{indicator}", "indicator": indicator, "group": group,
                   "about": 0.5} for place, group in groups.items()]  # fmt: skip
    found.append({"id": "age", "statistic": "mean", "question": "age", "group": {"place": ["town"]}, "about": 50})
    return [{"says": "x", **record} for record in found]


@pytest.mark.parametrize("design", DESIGNS)
def test_figures_are_those_of_the_published_tables(design: str, tmp_path: Path):
    lines = "\n".join(f"  - {json.dumps(record)}" for record in records())
    file = tmp_path / f"{STUDY}.yaml"
    file.write_text(f"{BASE}{DESIGNS[design]}claims:\n{lines}\n")
    home = make_home(tmp_path / "home", file)
    home.raw(STUDY).joinpath("1").mkdir(parents=True)
    home.raw(STUDY).joinpath("1", "export.csv").write_text(delivery())
    survey(home, "run", STUDY)
    claims = {row["claim"]: row for row in rows_of(home, STUDY, "SELECT * FROM claims")[1]}
    findings = rows_of(home, STUDY, "SELECT * FROM findings WHERE segment = 'all'")[1]
    assert len(findings) == len(COMPARISONS) * len(INDICATORS)
    for row in findings:
        for measure in ("ratio", "difference", "odds_ratio"):
            mine = claims[f"{measure}-{row['comparison']}-{row['indicator']}"]
            assert (mine["x_a"], mine["n_a"], mine["x_b"], mine["n_b"]) == (
                row["x_a"],
                row["n_a"],
                row["x_b"],
                row["n_b"],
            )
            expected = [row[measure], row[f"{measure}_low"], row[f"{measure}_high"]]
            assert [mine["observed"], mine["low"], mine["high"]] == pytest.approx(expected, rel=1e-9)
            assert mine["low_90"] > mine["low"]
            assert mine["high_90"] < mine["high"]
            assert (mine["group_a"], mine["group_b"]) == (row["group_a"], row["group_b"])
    shares = rows_of(home, STUDY, "SELECT * FROM shares")[1]
    seen = 0
    for row in shares:
        mine = claims.get(f"share-{row['segment']}-{row['level']}-{row['indicator']}".replace(" ", "_"))
        if mine is not None:
            seen += 1
            expected = [row["share"], row["share_low"], row["share_high"]]
            assert [mine["observed"], mine["low"], mine["high"]] == pytest.approx(expected, rel=1e-9)
            assert mine["status"] == row["status"]
    assert seen == 4 * len(INDICATORS)
    sql = "SELECT * FROM toplines WHERE question = 'age' AND segment = 'place' AND level = 'town'"
    age = rows_of(home, STUDY, sql)[1][0]
    expected = [age["mean"], age["mean_low"], age["mean_high"]]
    assert [claims["age"][name] for name in ("observed", "low", "high")] == pytest.approx(expected, rel=1e-9)
