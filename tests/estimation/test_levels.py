"""Toplines and the table of tiers, by a few respondents counted by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

from pipeline import engine
from pipeline.estimation.levels import option_cells_query, option_columns, options_query, topline_rows
from pipeline.estimation.means import mean_rows, numbers_of, numbers_query, sampled_as
from pipeline.estimation.plan import weighted_cells
from pipeline.estimation.tier_table import tier_rows, tiers_query
from pipeline.study.loading import study_from_text
from pipeline.study.model import Study
from tests.records import cells_of, core_of, names_of

STUDY = study_from_text("""
title: Levels
sample: {type: opt_in, population: people}
questions:
  size: {type: single, text: Size, options: {small: Small, middle: Middle, large: Large, dk: {text: D, is: dont_know}}}
  often: {type: grid, text: Often, rows: {x: X, y: Y}, options: {low: Low, high: High, dk: {text: D, is: dont_know}}}
  teams: {type: multiple, text: T, options: {service: Service, sales: Sales, dk: {text: Unsure, is: dont_know}}}
  budget: {type: number, text: Budget}
  why: {type: text, text: Why}
tiers: {order: [low, high, top], answers: {low: {often.x: [low]}, high: {often.x: [high]}, top: {size: [dk]}}}
cleaning: [{rule: spam}]
segments:
  size: {question: size, nets: {not_large: [small, middle]}}
  team: {question: teams}
  kind: {levels: {Low and small: {often.x: [low], size: [small]}, Any: {not: {often.y: [dk]}}}}
display: {rule: base, suppress_below: 2, footnote_below: 3}
""").study


def ticked(*options: str) -> dict[str, int]:
    return {f"teams__{option}": int(option in options) for option in ("service", "sales", "dk")}


ROWS: list[dict[str, Any]] = [
    {"size": "small", "often__x": "low", "often__y": "dk", "budget": 1.0, "why": 1} | ticked("service"),
    {"size": "small", "often__x": "high", "often__y": "low", "budget": 4.0} | ticked("service", "sales"),
    {"size": "middle", "often__x": "low", "budget": 10.0} | ticked("dk"),
    {"size": "large", "often__x": "high"} | ticked("sales"),
    {"size": "dk", "budget": 2.0, "why": 1},
    {"size": "large", "often__x": "high", "budget": 1e9, "status": "spam"} | ticked("service"),
]


def toplines(
    study: Study, records: list[dict[str, Any]], available: set[str] | None = None
) -> dict[tuple, dict[str, Any]]:
    core = core_of(study, records, available)
    there = names_of(study) if available is None else available
    inputs = {"responses": core.responses, "respondents": core.respondents}
    options, segments = option_columns(study.variables, there), study.segment_columns
    rows = engine.fetch_through(
        "option_respondents", options_query(options, segments),
        option_cells_query(options, segments, (), False, False), inputs,
    )  # fmt: skip
    weighted = weighted_cells(rows, options, [""], None, {}, "w", None)[""]
    numbers = numbers_of(study.variables, there)
    respondents = engine.fetch(numbers_query(numbers, segments), inputs).to_pandas()
    everyone = sampled_as(None, None, weighted.plan, len(respondents))
    means = mean_rows(respondents, numbers, everyone, weighted.plan, study.tiers, segments)
    frame = topline_rows("w", weighted, options, means, study.tiers, segments, study.display)
    found = {tuple(row[k] for k in ("question", "option", "segment", "level")): row for row in frame.to_dict("records")}
    assert len(found) == len(frame)
    return found


@pytest.fixture(scope="module")
def found() -> dict[tuple, dict[str, Any]]:
    return toplines(STUDY, ROWS)


COUNTS = {
    # question, option: segment, level: respondents with it, respondents who answered
    ("size", "small"): {
        ("all", "all"): (2, 5), ("tier", "low"): (1, 2), ("tier", "high"): (1, 2), ("tier", "top"): (0, 1),
        ("size", "small"): (2, 2), ("size", "large"): (0, 1), ("size", "not_large"): (2, 3),
        ("team", "service"): (2, 2), ("team", "sales"): (1, 2), ("kind", "Low and small"): (1, 1),
        ("kind", "Any"): (1, 4),
    },
    ("size", "dk"): {
        ("all", "all"): (1, 5), ("tier", "top"): (1, 1), ("size", "not_large"): (0, 3), ("kind", "Any"): (1, 4),
    },
    ("often.y", "dk"): {
        ("all", "all"): (1, 2), ("tier", "low"): (1, 1), ("size", "small"): (1, 2), ("size", "middle"): (0, 0),
        ("kind", "Any"): (0, 1),
    },
    ("often.y", "high"): {("all", "all"): (0, 2), ("team", "sales"): (0, 1)},
    ("teams", "service"): {
        ("all", "all"): (2, 4), ("tier", "low"): (1, 2), ("tier", "top"): (0, 0), ("size", "not_large"): (2, 3),
        ("team", "service"): (2, 2), ("team", "sales"): (1, 2), ("kind", "Any"): (1, 3),
    },
    ("teams", "dk"): {("all", "all"): (1, 4), ("size", "middle"): (1, 1), ("team", "sales"): (0, 2)},
}  # fmt: skip


def test_answers_are_counted_in_every_level(found: dict[tuple, dict[str, Any]]):
    for answer, places in COUNTS.items():
        for place, (x, n) in places.items():
            row = found[(*answer, *place)]
            assert (row["x"], row["n"], row["weighted_base"]) == (x, n, n), (answer, place)
            assert row["share"] == pytest.approx(x / n if n else math.nan, nan_ok=True)
            assert row["status"] == ("suppress" if n < 2 else "footnote" if n < 3 else "show")


def test_every_option_has_a_row_in_every_level_and_no_other(found: dict[tuple, dict[str, Any]]):
    levels = [("all", "all"), *(("tier", t) for t in ("low", "high", "top")),
              *(("size", s) for s in ("small", "middle", "large", "not_large")),
              *(("team", t) for t in ("service", "sales")), ("kind", "Low and small"), ("kind", "Any")]  # fmt: skip
    options = {
        "size": ("small", "middle", "large", "dk"), "often.x": ("low", "high", "dk"), "often.y": ("low", "high", "dk"),
        "teams": ("service", "sales", "dk"), "budget": ("all",), "why": ("all",),
    }  # fmt: skip
    assert found.keys() == {(q, o, *level) for q, some in options.items() for o in some for level in levels}


def test_numbers_have_mean_deviation_and_median_and_no_share(found: dict[tuple, dict[str, Any]]):
    """Everyone 1, 4, 10, 2: mean 4.25, squares about it 10.5625 + .0625 + 33.0625 + 5.0625 = 48.75, over 3."""
    row = found["budget", "all", "all", "all"]
    assert (row["x"], row["n"], row["mean"], row["median"]) == (4, 4, 4.25, 3.0)
    assert row["sd"] == pytest.approx(math.sqrt(48.75 / 3))
    assert all(math.isnan(row[name]) for name in ("share", "share_low", "share_high"))
    row = found["budget", "all", "team", "service"]
    assert (row["n"], row["mean"], row["median"]) == (2, 2.5, 2.5)
    row = found["budget", "all", "kind", "Low and small"]
    assert (row["n"], row["mean"], row["median"], row["status"]) == (1, 1.0, 1.0, "suppress")
    assert math.isnan(row["sd"])
    row = found["budget", "all", "size", "large"]
    assert (row["n"], row["status"]) == (0, "suppress")
    assert math.isnan(row["mean"])


def test_open_answers_are_counted(found: dict[tuple, dict[str, Any]]):
    row = found["why", "all", "all", "all"]
    assert (row["x"], row["n"]) == (2, 2)
    assert math.isnan(row["share"])


def test_a_question_that_the_wave_did_not_ask_has_no_rows():
    rows = toplines(STUDY, [{"size": "small"}], {"size", "why"})
    assert {key[0] for key in rows} == {"size", "why"}
    assert (rows["why", "all", "all", "all"]["n"], rows["size", "small", "all", "all"]["n"]) == (0, 1)


def test_nobody_analysed():
    rows = toplines(STUDY, [{"size": "small", "status": "spam"}])
    assert {row["n"] for row in rows.values()} == {0}


def test_questions_may_have_the_names_of_columns_that_counting_makes():
    study = study_from_text("""
title: Names
sample: {type: opt_in, population: people}
questions:
  weight: {type: single, text: W, options: {low: Low, high: High}}
  code: {type: single, text: C, options: {low: Low, high: High}}
  variable: {type: number, text: V}
  number: {type: number, text: N}
segments: {by: {question: code}}
""").study
    rows = toplines(study, [{"weight": "low", "code": "high", "variable": 2.0, "number": 7.0}, {"weight": "high"}])
    expected = {
        ("weight", "low"): (1, 2),
        ("weight", "high"): (1, 2),
        ("code", "high"): (1, 1),
        ("code", "low"): (0, 1),
    }
    assert {
        key[:2]: (row["x"], row["n"]) for key, row in rows.items() if key[2] == "all" and key[1] != "all"
    } == expected
    assert [rows[name, "all", "by", "high"]["mean"] for name in ("variable", "number")] == [2.0, 7.0]
    assert rows["weight", "low", "by", "high"]["n"] == 1


def test_a_study_of_numbers_only_and_one_without_segments():
    text = "title: T\nsample: {type: opt_in, population: p}\nquestions:\n  n: {type: number, text: N}\n"
    rows = toplines(study_from_text(text).study, [{"n": 1.0}, {"n": 3.0}])
    assert [(row["n"], row["mean"]) for row in rows.values()] == [(2, 2.0)]


def test_a_mean_is_judged_by_its_base_and_not_as_a_share_of_100_percent():
    study = study_from_text(
        "title: T\nsample: {type: opt_in, population: p}\nquestions:\n  n: {type: number, text: N}\n"
        "display: {suppress_below: 2, footnote_below: 4}\n"
    ).study
    said = []
    for count in (4, 3, 1):
        (row,) = toplines(study, [{"n": float(i)} for i in range(count)]).values()
        said.append((row["status"], row["status_reason"]))
    assert said == [("show", ""), ("footnote", "low base: 3 under 4"), ("suppress", "base 1 under 2")]


# -- tiers


def tiers(study: Study, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    core = core_of(study, rows)
    counts = engine.fetch(tiers_query(), {"respondents": core.respondents, "tier_cuts": core.tier_cuts}).to_pandas()
    return tier_rows("w", cells_of(study, core, [""])[""], counts, study.tiers, study.display).to_dict("records")


def test_tiers_have_sizes_shares_and_those_without_one_a_row():
    rows = tiers(STUDY, [*ROWS, {"why": 1}])
    assert [(row["position"], row["tier"], row["x"], row["n"]) for row in rows] == [
        (1, "low", 2, 6), (2, "high", 2, 6), (3, "top", 1, 6), (0, "without_tier", 1, 6),
    ]  # fmt: skip
    assert sum(row["share"] for row in rows) == pytest.approx(1)
    assert all(math.isnan(row["mean_score"]) and math.isnan(row["cut"]) for row in rows)


SCORED = """
title: Scored
sample: {type: opt_in, population: people}
questions:
  a: {type: single, text: A, options: {p0: "0", p1: "1", p2: "2"}}
  size: {type: single, text: S, options: {small: Small, large: Large}}
score: {points: {p0: 0, p1: 1, p2: 2}, dimensions: {a: {items: [a]}}}
segments: {size: {question: size}}
baseline: w
"""


def test_mean_scores_and_cuts_and_tiers_of_nobody():
    study = study_from_text(SCORED + "tiers: {order: [low, middle, high], cuts: [40, 90]}").study
    rows = tiers(study, [{"a": "p0"}, {"a": "p1"}, {"a": "p1"}])
    got = [(row["tier"], row["x"], row["share"], row["mean_score"], row["cut"]) for row in rows]
    assert got[0][:4] == ("low", 1, pytest.approx(1 / 3), 0.0)
    assert math.isnan(got[0][4])
    assert got[1] == ("middle", 2, pytest.approx(2 / 3), 50.0, 40.0)
    assert got[2][:3] == ("high", 0, 0.0)
    assert rows[2]["share_low"] == 0.0


def test_cuts_within_a_segment_are_not_one_cut():
    study = study_from_text(SCORED + "tiers: {order: [low, high], quantiles: [0.5], within: size}").study
    rows = tiers(study, [{"a": "p0", "size": "small"}, {"a": "p2", "size": "large"}])
    assert [row["x"] for row in rows] == [0, 2]
    assert all(math.isnan(row["cut"]) for row in rows)


def test_nobody_has_tiers_without_shares():
    rows = tiers(STUDY, [{"size": "small", "status": "spam"}])
    assert [(row["tier"], row["x"], row["n"]) for row in rows] == [("low", 0, 0), ("high", 0, 0), ("top", 0, 0)]
    assert all(math.isnan(row["share"]) for row in rows)


def test_a_study_without_tiers_has_no_rows():
    study = study_from_text(SCORED).study
    core = core_of(study, [{"a": "p0"}])
    counts = engine.fetch(tiers_query(), {"respondents": core.respondents, "tier_cuts": core.tier_cuts}).to_pandas()
    assert tier_rows("w", cells_of(study, core, [""])[""], counts, None, study.display).empty
