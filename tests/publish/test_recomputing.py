"""The macros of the published file have the findings' figures, from the cells by SQL alone."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from pipeline import tables
from pipeline.store import arrow_rows
from pipeline.study.loading import study_from_text
from pipeline.study.model import Study
from pipeline.weighting.assigning import Weighed, weigh
from tests.estimation.schools import REFERENCES, STUDY, core_tables, schools
from tests.publish.files import published, rows_of
from tests.records import core_of

with (REFERENCES / "survey_risk_ratio.csv").open() as file:
    PUBLISHED = {(r["data"], r["design"], r["contrast"]): r for r in csv.DictReader(file)}
HI = "hi: awards Yes vs No"
FIGURES = ("weighted_base_a", "p_a", "weighted_base_b", "p_b", "ratio", "difference", "se_log_ratio", "df")

TEXT = """
title: Tried
sample: {type: probability, population: people}
questions:
  user: {type: single, text: User, options: {"yes": "Yes", "no": "No", dk: {text: "Don't know", is: dont_know}}}
  content: {type: single, text: Content, options: {"yes": "Yes", "no": "No", dk: {text: "Don't know", is: dont_know}}}
  fond: {type: single, text: Fond, options: {"yes": "Yes", "no": "No"}}
  place: {type: single, text: Place, options: {town: Town, village: Village, farm: Farm}}
  tools: {type: multiple, text: Tools, options: {saw: Saw, axe: Axe}}
filters: {in_town: {place: [town]}}
tiers: {order: [others, users], answers: {others: {user: ["no"]}, users: {user: ["yes"]}}}
segments:
  place: {question: place, nets: {country: [village, farm]}}
  profile: {levels: {Townsfolk: in_town, Fond ones: {fond: ["yes"]}}}
  tools: {question: tools}
indicators:
  is_content: {when: {content: ["yes"]}}
  is_content_known: {when: {content: ["yes"]}, base: substantive}
  is_fond: {when: {fond: ["yes"]}, base: everyone}
comparisons:
  use: {a: {tier: [users]}, b: rest}
  use_else: {a: {tier: [users]}, b: everyone_else}
  use_all: {a: {tier: [users]}, b: everyone}
  town_all: {a: {place: [town]}, b: everyone}
  country: {a: {place: [country]}, b: {place: [town]}}
  town_users: {a: {place: [town], tier: [users]}, b: {tier: [users]}}
  townsfolk: {a: {profile: [Townsfolk]}, b: rest}
  saw: {a: {tools: [saw]}, b: rest}
  saw_else: {a: {tools: [saw]}, b: everyone_else}
  saw_all: {a: {tools: [saw], tier: [users]}, b: everyone}
  alike: {a: {tier: [others]}, b: rest, weight: unweighted}
"""
UNWEIGHTED = ", weight: unweighted"
MAIN = "weights: {main: {column: w}}\n"
RAKE = "rake: {place: {town: 0.5, village: 0.3, farm: 0.2}, fond: {yes: 0.6, no: 0.4}}"
REPEATED = "weights: {main: {column: w, replicates: {kind: KIND, columns: [r1..r8]}}}\n"
UNITS = "design: {strata: stratum, psu: unit}\n"
DESIGNS = {
    "counts": "",
    "weighted": MAIN,
    "strata without weights": "design: {strata: stratum}\n",
    "stratified": "design: {strata: stratum}\n" + MAIN,
    "finite population": "design: {strata: stratum, fpc: fpc}\n" + MAIN,
    "clustered": UNITS + MAIN,
    "clusters alone": "design: {psu: unit}\n",
    "raked": f"weights: {{main: {{{RAKE}}}}}\n",
    "raked in strata": f"design: {{strata: stratum}}\nweights: {{main: {{column: w, {RAKE}}}}}\n",
    "raked in units": f"{UNITS}weights: {{main: {{column: w, {RAKE}}}}}\n",
    "raked and not met": f"weights: {{main: {{column: w, {RAKE}, trim: 1.3}}}}\n",
    "lonely, adjusted": "design: {strata: lonely, psu: unit, lonely_psu: adjust}\n" + MAIN,
    "lonely, averaged": "design: {strata: lonely, psu: unit, lonely_psu: average}\n" + MAIN,
    "lonely, removed": "design: {strata: lonely, psu: unit, lonely_psu: remove}\n" + MAIN,
    "balanced replicates": REPEATED.replace("KIND", "brr"),
    "jackknife delivered": REPEATED.replace("KIND", "jk1"),
    "Fay's replicates": REPEATED.replace("KIND", "fay, fay: 0.3, mse: true"),
    "jackknife of strata": REPEATED.replace("KIND", "jkn, rscales: [.5, .6, .7, .8, .5, .6, .7, .8]"),
}
MADE = {
    "jackknife": "design: {strata: stratum, psu: unit, variance: jackknife}\n" + MAIN,
    "raked again": f"design: {{psu: unit, variance: jackknife}}\nweights: {{main: {{column: w, {RAKE}}}}}\n",
}


def records(count: int = 300) -> list[dict[str, Any]]:
    draw = np.random.default_rng(11)
    found = []
    for i in range(count):
        stratum = i % 3
        yes_no = [str(v) if v != "none" else None for v in draw.choice(["yes", "no", "dk", "none"], 2,
                                                                        p=[0.4, 0.4, 0.1, 0.1])]  # fmt: skip
        ticks = draw.integers(0, 2, 2).tolist() if i % 7 else [None, None]
        found.append({
            "user": yes_no[0], "content": yes_no[1], "fond": str(draw.choice(["yes", "no"])),
            "place": str(draw.choice(["town", "village", "farm"])) if i % 11 else None,
            "tools__saw": ticks[0], "tools__axe": ticks[1],
            "stratum": f"s{stratum}", "unit": f"u{stratum}{draw.integers(5)}", "fpc": [400.0, 700.0, 0.2][stratum],
            "lonely": "one" if i < 12 else f"s{stratum}", "w": round(float(draw.uniform(0.2, 3)), 3) * (i % 29 > 0),
            **{f"r{k}": float(draw.uniform(0, 3)) for k in range(1, 9)},
        })  # fmt: skip
        found[-1]["unit"] = "first" if i < 12 else found[-1]["unit"]
    return found


def sampled_of(study: Study, rows: Sequence[dict[str, Any]]) -> Weighed | None:
    if study.design is None and not study.weights:
        return None
    frame = pd.DataFrame({"source_row": range(1, len(rows) + 1)})
    for ours, theirs in study.sampling_columns.items():
        frame[ours] = [row[theirs] for row in rows]
    for weight in study.weights.values():
        for question in weight.margins("w"):
            frame[f"margin {question}"] = [row[question] for row in rows]
    return weigh("w", frame, study.design, study.weights)


def tried(folder: Path, sections: str) -> Path:
    text = TEXT if "weights:" in sections else TEXT.replace(UNWEIGHTED, "")
    study, rows = study_from_text(text + sections).study, records()
    weighed, weights = sampled_of(study, rows), {}
    if weighed is not None:
        weights["weights"] = arrow_rows(weighed.rows, tables.WEIGHTS.arrow_schema(study))
        if study.is_replicated:
            weights["replicates"] = arrow_rows(weighed.replicates, tables.REPLICATES.arrow_schema(study))
    answers = [{name: row[name] for name in row if name in {v.name for v in study.variables}} for row in rows]
    return published(folder, study, core_of(study, answers, weights=weights), weights,
                     weighed.report if weighed else None)  # fmt: skip


def both(path: Path) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Published findings, each with what the macro makes of it."""
    again = {row["finding_id"]: row for row in rows_of(path, "FROM recomputed_findings()")}
    found = rows_of(path, "FROM findings")
    assert len(again) == len(found) > 100
    return [(row, again[row["finding_id"]]) for row in found]


@pytest.mark.parametrize("design", DESIGNS)
def test_macros_have_the_published_figures(design: str, tmp_path: Path):
    replicated = "replicates" in DESIGNS[design]
    told = 0
    for row, again in both(tried(tmp_path, DESIGNS[design])):
        for name in ("x_a", "n_a", "x_b", "n_b"):
            assert again[name] == row[name], (name, row["finding_id"])
        for name in FIGURES:
            if name == "df" and replicated and again["df"] is None:
                continue  # the rank of the weights, which cells do not hold
            expected = None if row[name] is None or math.isnan(row[name]) else pytest.approx(row[name], rel=1e-9)
            assert again[name] == expected, (name, row["finding_id"], again["reason"])
        assert (again["reason"] == "") == (again["se_log_ratio"] is not None)
        told += again["se_log_ratio"] is not None
    assert told > 100


@pytest.mark.parametrize("design", MADE)
def test_what_cells_do_not_tell_is_null_with_a_reason(design: str, tmp_path: Path):
    for row, again in both(tried(tmp_path, MADE[design])):
        assert again["ratio"] == pytest.approx(row["ratio"], rel=1e-9)
        assert again["se_log_ratio"] is None
        assert row["se_log_ratio"] is None or again["reason"].endswith("the cells do not hold their factors")


SCHOOLS = [
    ("apistrat", "strata stype; no fpc", "design: {strata: s}\n", {"design_strata": "stype"}),
    ("apistrat", "strata stype; fpc", "design: {strata: s, fpc: fpc}\n",
     {"design_strata": "stype", "design_fpc": "fpc"}),
    ("apiclus2", "clusters dnum; with replacement", "design: {psu: dnum}\n", {"design_psu": "dnum"}),
]  # fmt: skip


@pytest.mark.parametrize(("data", "design", "sections", "columns"), SCHOOLS)
def test_errors_are_those_of_r(data: str, design: str, sections: str, columns: dict[str, str], tmp_path: Path):
    text = STUDY + sections + "weights: {main: {column: pw}}\n"
    study, _, weights, core = core_tables(schools(data), text, weight_main="pw", **columns)
    row = rows_of(published(tmp_path, study, core, weights), "FROM recomputed_finding('w/awards/hi')")[0]
    expected = PUBLISHED[data, design, HI]
    for ours, theirs in {"p_a": "p1", "p_b": "p2", "ratio": "rr", "se_log_ratio": "se_log_rr", "df": "df"}.items():
        assert row[ours] == pytest.approx(float(expected[theirs]), rel=1e-8)


def test_errors_under_raking_are_those_of_r(tmp_path: Path):
    expected = yaml.safe_load((REFERENCES / "other.yaml").read_text())["raking"]["apistrat"]
    margins = {"stype": expected["margins"]["stype"], "sch_wide": expected["margins"]["sch.wide"]}
    shares = {q: {key: count / sum(counts.values()) for key, count in counts.items()} for q, counts in margins.items()}
    text = STUDY + yaml.safe_dump({"design": {"strata": "s"}, "weights": {"main": {"column": "pw", "rake": shares}}})
    study, _, weights, core = core_tables(schools("apistrat"), text, design_strata="stype", weight_main="pw")
    row = rows_of(published(tmp_path, study, core, weights), "FROM recomputed_finding('w/awards/hi')")[0]
    assert math.log(row["ratio"]) == pytest.approx(expected["log_rr"], rel=1e-8)
    assert row["se_log_ratio"] == pytest.approx(expected["se_residuals"], rel=1e-8)


def test_what_is_asked_for_is_all_that_is_worked_out(tmp_path: Path):
    path = tried(tmp_path, DESIGNS["weighted"])
    counted = "SELECT COUNT(*) AS n, COUNT(DISTINCT indicator) AS indicators FROM recomputed_findings"
    assert rows_of(path, f"{counted}(of_indicator := 'is_fond', of_segment := 'all')") == [{"n": 11, "indicators": 1}]
    assert rows_of(path, f"{counted}(of_comparison := 'use', of_wave := 'w')") == [{"n": 27, "indicators": 3}]
    assert rows_of(path, f"{counted}(of_wave := 'another')") == [{"n": 0, "indicators": 0}]
    assert rows_of(path, "FROM recomputed_finding('w/use/nothing')") == []
    one = rows_of(path, "FROM recomputed_finding('w/use/is_fond/profile=Fond ones')")
    assert [row["level"] for row in one] == ["Fond ones"]
