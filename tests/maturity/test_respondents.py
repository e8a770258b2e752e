"""Segments and bases by a few respondents, counted by hand."""

from __future__ import annotations

from functools import lru_cache

import pyarrow as pa

from pipeline import tables
from pipeline.engine import Query, fetch
from pipeline.study.loading import study_from_text
from tests.records import columns, core_of, names_of, responses_of, table_of

STUDY = study_from_text("""
title: Respondents
sample: {type: opt_in, population: people}
questions:
  role: {type: single, text: Role, options: {chief: Chief, clerk: Clerk, dk: {text: "Don't know", is: dont_know}}}
  often: {type: single, text: Often, scale: degree, asked_if: {role: [chief]}}
  teams:
    type: multiple
    text: Teams
    options: {service: Service, sales: Sales, nobody: {text: None, is: none}, dk: {text: Unsure, is: dont_know}}
    asked_if: {role: [chief, clerk]}
  budget: {type: number, text: Budget}
scales:
  degree: {low: Low, high: High, refused: {text: Rather not say, is: refused}}
cleaning:
  - {rule: spam}
segments:
  role: {question: role, nets: {everyone_known: [chief, clerk]}}
  money: {question: budget, bands: [0, 1000]}
  team: {question: teams}
  profile: {levels: {"Rich chiefs": {role: [chief], budget: {at_least: 1000}}, Not in sales: {not: {teams: [sales]}}}}
indicators:
  everyone: {when: {often: [high]}, base: everyone}
  asked: {when: {often: [high]}, base: asked}
  answered: {when: {often: [high]}}
  substantive: {when: {often: [high]}, base: substantive}
  service_everyone: {when: {teams: [service]}, base: everyone}
  service_asked: {when: {teams: [service]}, base: asked}
  service_answered: {when: {teams: [service, sales]}, base: answered}
  service_substantive: {when: {teams.service: [service]}, base: substantive}
  both_answered: {when: {any: [{often: [high]}, {teams: [service]}]}, base: answered}
  both_substantive: {when: {any: [{often: [high]}, {teams: [service]}]}, base: substantive}
  both_asked: {when: {any: [{often: [high]}, {teams: [service]}]}, base: asked}
  rich: {when: {budget: {at_least: 1000}}}
""").study


def ticked(*options: str) -> dict[str, int]:
    return {f"teams__{option}": int(option in options) for option in ("service", "sales", "nobody", "dk")}


ROWS = [
    {"role": "chief", "often": "high", "budget": 1000.0} | ticked("service"),  # 1
    {"role": "chief", "often": "low", "budget": 999.9} | ticked("sales"),  # 2
    {"role": "chief", "often": "refused", "budget": 0.0} | ticked("dk"),  # 3
    {"role": "chief", "budget": -1.0},  # 4 shown both, answered neither
    {"role": "clerk"} | ticked("nobody"),  # 5 was not shown `often`
    {"role": "dk"},  # 6 was shown neither
    {"budget": 2000.0},  # 7 role unknown: shown neither
    {"role": "chief", "often": "high", "status": "spam"} | ticked("service"),  # 8 is not analysed
]


@lru_cache
def respondents() -> pa.Table:
    return core_of(STUDY, ROWS).respondents


def test_bases_of_a_question_that_some_were_not_shown():
    found = respondents()
    assert found["everyone"].to_pylist() == [1, 0, 0, 0, 0, 0, 0, None]
    assert found["asked"].to_pylist() == [1, 0, 0, 0, None, None, None, None]
    assert found["answered"].to_pylist() == [1, 0, 0, None, None, None, None, None]
    assert found["substantive"].to_pylist() == [1, 0, None, None, None, None, None, None]


def test_bases_of_a_multiple_response_question():
    """Answered where anything is ticked, "none of these" and "unsure" too; unsure is no content, none is."""
    found = respondents()
    assert found["service_everyone"].to_pylist() == [1, 0, 0, 0, 0, 0, 0, None]
    assert found["service_asked"].to_pylist() == [1, 0, 0, 0, 0, None, None, None]
    assert found["service_answered"].to_pylist() == [1, 1, 0, None, 0, None, None, None]
    assert found["service_substantive"].to_pylist() == [1, 0, None, None, 0, None, None, None]


def test_a_condition_on_two_questions_needs_a_base_in_both():
    found = respondents()
    assert found["both_answered"].to_pylist() == [1, 0, 0, None, None, None, None, None]
    assert found["both_substantive"].to_pylist() == [1, 0, None, None, None, None, None, None]
    assert found["both_asked"].to_pylist() == [1, 0, 0, 0, None, None, None, None]


def test_a_question_that_the_wave_did_not_ask_is_unknown_and_not_no():
    lacking = names_of(STUDY) - {"often"}
    rows = [{k: v for k, v in row.items() if k != "often"} for row in ROWS]
    core = core_of(STUDY, rows, lacking)
    for name in ("everyone", "asked", "answered", "substantive", "both_answered", "both_asked"):
        assert core.respondents[name].null_count == len(ROWS), name
    assert core.respondents["service_asked"].to_pylist() == [1, 0, 0, 0, 0, None, None, None]
    # Who was shown `teams` cannot be told without `role`; who answered it can.
    core = core_of(STUDY, [{k: v for k, v in row.items() if k != "role"} for row in ROWS], names_of(STUDY) - {"role"})
    assert core.respondents["service_asked"].null_count == len(ROWS)
    assert core.respondents["service_answered"].to_pylist() == [1, 1, 0, None, 0, None, None, None]


def test_an_option_without_a_column_is_unknown_and_its_siblings_are_not():
    rows = [{k: v for k, v in row.items() if k != "teams__service"} for row in ROWS]
    core = core_of(STUDY, rows, names_of(STUDY) - {"teams__service"})
    assert core.respondents["service_asked"].null_count == len(ROWS)
    assert core.respondents["service_answered"].null_count == len(ROWS)  # service or sales: one is not known
    assert core.respondents["team__service"].null_count == len(ROWS)
    assert core.respondents["team__sales"].to_pylist() == [0, 1, 0, 0, 0, 0, 0, 0]


def test_levels_leave_out_dont_know_and_no_answer():
    assert respondents()["role"].to_pylist() == ["chief", "chief", "chief", "chief", "clerk", None, None, "chief"]
    assert respondents()["money"].to_pylist() == [
        "1000_and_more", "0_to_1000", "0_to_1000", "below_0", None, None, "1000_and_more", None,
    ]  # fmt: skip


def test_levels_by_condition_and_by_ticks_overlap():
    found = respondents()
    assert columns(found, "profile__rich_chiefs", "profile__not_in_sales") == [
        (1, 1), (0, 0), (0, 1), (0, 1), (0, 1), (0, 1), (0, 1), (0, 1),
    ]  # fmt: skip
    assert columns(found, "team__service", "team__sales", "team__nobody") == [
        (1, 0, 0), (0, 1, 0), (0, 0, 0), (0, 0, 0), (0, 0, 1), (0, 0, 0), (0, 0, 0), (1, 0, 0),
    ]  # fmt: skip
    assert "team__dk" not in found.column_names


def test_levels_of_a_question_that_the_wave_did_not_ask_are_unknown():
    rows = [{"role": row.get("role"), "budget": row.get("budget")} for row in ROWS]
    without = {name for name in names_of(STUDY) if not name.startswith("teams__")}
    found = core_of(STUDY, rows, without).respondents
    assert found["profile__not_in_sales"].null_count == len(ROWS)  # not everybody
    assert found["profile__rich_chiefs"].to_pylist() == [1, 0, 0, 0, 0, 0, 0, 0]
    assert found["team__sales"].null_count == len(ROWS)
    found = core_of(STUDY, [{"role": "chief"}], names_of(STUDY) - {"budget"}).respondents
    assert columns(found, "money", "profile__rich_chiefs", "role") == [(None, None, "chief")]


def test_questions_may_have_the_names_of_columns_that_are_made():
    text = """
title: Names
sample: {type: opt_in, population: people}
questions:
  its_tier: {type: single, text: A, options: {"yes": "Yes", "no": "No"}}
  cut_1: {type: single, text: B, options: {"yes": "Yes", "no": "No"}}
  rules_met: {type: single, text: C, options: {"yes": "Yes", "no": "No"}}
tiers: {order: [low, high], answers: {low: {cut_1: ["no"]}, high: {its_tier: ["yes"]}}}
segments: {kind: {question: rules_met}, by: {levels: {X: {its_tier: ["yes"]}}}}
indicators: {said_yes: {when: {its_tier: ["yes"]}}}
"""
    study = study_from_text(text).study
    rows = [{"its_tier": "yes", "cut_1": "yes", "rules_met": "no"}, {"its_tier": "no", "cut_1": "no"}]
    found = core_of(study, rows).respondents
    assert columns(found, "disposition", "tier", "kind", "by__x", "said_yes") == [
        ("analysed", "high", "no", 1, 1), ("analysed", "low", None, 0, 0),
    ]  # fmt: skip


def test_unasked_counts_the_analysed_who_answered_without_being_asked():
    rows = [
        {"source_row": 1, "role": "clerk", "often": "low"},
        {"source_row": 2, "often": "refused"},
        {"source_row": 3, "role": "chief", "often": "low"},
        {"source_row": 4, "role": "clerk"},
        {"source_row": 5, "role": "clerk", "often": "low"},  # spam
        {"source_row": 6, "role": "dk"} | ticked("sales"),
    ]
    dispositions = ["analysed"] * 4 + ["spam", "analysed"]
    screening = [{"source_row": i, "disposition": d} for i, d in enumerate(dispositions, 1)]
    resolver = STUDY.resolver
    questions = {
        name: {
            "columns": [v.name for v in resolver.of(name)], "asked": resolver.columns(STUDY.questions[name].asked_if)
        }
        for name in ("often", "teams")
    }  # fmt: skip
    found = fetch(
        Query("core/unasked.sql", {"questions": questions}),
        {"responses": responses_of(STUDY, rows), "screening": table_of(tables.SCREENING, STUDY, screening)},
    )
    assert sorted(columns(found, "question", "n")) == [("often", 2), ("teams", 1)]
