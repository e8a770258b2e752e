"""Each cleaning rule by a few records and the dispositions that they must have, counted by hand."""

from __future__ import annotations

from datetime import datetime

import pytest

from pipeline import tables
from pipeline.cleaning.screening import dispositions_query, idle_rules, rule_names, screening_query
from pipeline.study.loading import study_from_text
from pipeline.study.model import Study
from tests.records import columns, core_of, names_of, responses_of, run

QUESTIONS = """
title: Screening
sample: {type: opt_in, population: people}
questions:
  consent: {type: single, text: Consent, options: {"yes": "Yes", "no": "No"}}
  attention: {type: single, text: Pick blue, options: {blue: Blue, red: Red}}
  first: {type: grid, text: First, scale: degree, rows: {a: A, b: B, c: C}}
  second: {type: grid, text: Second, scale: degree, rows: {a: A, b: B}}
  teams: {type: multiple, text: Teams, options: {service: Service, sales: Sales}}
  age: {type: number, text: Age, range: [18, 99]}
  staff: {type: number, text: Staff, range: [0, 10]}
  why: {type: text, text: Why}
  more: {type: single, text: More, options: {"yes": "Yes", "no": "No"}, asked_if: {consent: ["yes"]}}
scales:
  degree: {low: Low, high: High}
"""


def study_with(*rules: str) -> Study:
    return study_from_text(QUESTIONS + "\n".join(["cleaning:" * bool(rules), *(f"  - {rule}" for rule in rules)])).study


def dispositions(study: Study, rows: list[dict], available: set[str] | None = None) -> list[str]:
    query = screening_query(study.cleaning, study.resolver, names_of(study) if available is None else available)
    found = run(query, tables.SCREENING, study, responses=responses_of(study, rows))
    assert found["source_row"].to_pylist() == list(range(1, len(rows) + 1))
    return found["disposition"].to_pylist()


def at(minute: int) -> datetime:
    return datetime(2021, 3, 1, 12, minute)


THERE = {"age": 30.0}  # an answer, so that a record is not blank
ANSWERED = {
    "consent": "yes", "attention": "blue", "first__a": "low", "first__b": "high", "first__c": "low",
    "second__a": "low", "second__b": "high", "teams__service": 1, "teams__sales": 0, "age": 30.0, "staff": 5.0,
    "more": "no",
}  # fmt: skip
"""All 11 questions that count for completeness: the grid rows one by one, the ticks together, the open answer not."""


def test_without_rules_only_blank_records_are_out():
    """An open answer is an answer; a status or a duration is none."""
    rows = [{}, {"status": "IP Address", "duration_seconds": 9.0, "progress_pct": 5.0}, {"why": 1}, {"more": "no"}]
    assert dispositions(study_with(), rows) == ["blank", "blank", "analysed", "analysed"]


STATUSES = {
    "test_response": ["Survey Preview", " survey test ", "Offline Survey Preview", "1", "2", "17"],
    "spam": ["Spam", "Imported Spam", "EX Spam", "8", "12", "40"],
    "": ["IP Address", "Imported", "Offline Response", "0", "4", "16", "complete", None],
    "both": ["Survey Preview Spam", "9"],
}


@pytest.mark.parametrize("rule", ["test_response", "spam"])
def test_statuses_are_those_that_qualtrics_writes_and_numbers(rule: str):
    """Qualtrics: 0 IP address, 1 preview, 2 test, 4 imported, 8 spam, 9 preview spam, 12 imported spam, 16 offline,
    17 offline preview, 40 employee experience spam."""
    rows = [THERE | {"status": status} for kind in STATUSES.values() for status in kind]
    expected = [rule if kind in (rule, "both") else "analysed" for kind, some in STATUSES.items() for _ in some]
    assert dispositions(study_with(f"{{rule: {rule}}}"), rows) == expected


def test_bot_is_below_the_limit_and_never_where_it_was_not_measured():
    rows = [THERE | {"recaptcha": score} for score in (0.49, 0.5, None)]
    assert dispositions(study_with("{rule: bot}"), rows) == ["bot", "analysed", "analysed"]


def test_consent_and_screener_take_out_who_gave_no_answer_too():
    rows = [THERE | {"consent": "yes"}, THERE | {"consent": "no"}, THERE]
    for rule in ("no_consent", "screened_out"):
        study = study_with(f'{{rule: {rule}, unless: {{consent: ["yes"]}}}}')
        assert dispositions(study, rows) == ["analysed", rule, rule]


def test_an_attention_check_that_was_not_shown_is_not_failed():
    rows = [THERE | {"attention": answer} for answer in ("blue", "red", None)]
    study = study_with("{rule: attention_check, unless: {attention: [blue]}}")
    assert dispositions(study, rows) == ["analysed", "attention_check", "analysed"]


def test_incomplete_is_a_share_of_the_questions_that_were_asked():
    """Limit 0.8. Of 11 questions with consent 9 are enough (8.8); without it `more` is not asked: of 10, 8 are."""
    refused = ANSWERED | {"consent": "no", "more": None}
    rows = [
        ANSWERED,
        ANSWERED | {"age": None, "staff": None},  # 9 of 11
        ANSWERED | {"age": None, "staff": None, "attention": None},  # 8 of 11
        refused | {"age": None, "staff": None},  # 8 of 10
        refused | {"age": None, "staff": None, "attention": None},  # 7 of 10
        refused | {"age": None, "staff": None, "attention": None, "more": "yes"},  # unasked answers do not count
        ANSWERED | {"age": None, "staff": None, "teams__service": None, "teams__sales": None},  # ticks count once
    ]
    study = study_with("{rule: incomplete, answered_below: 0.8}")
    query = screening_query(study.cleaning, study.resolver, names_of(study))
    found = run(query, tables.SCREENING, study, responses=responses_of(study, rows))
    assert columns(found, "disposition", "answered_share") == [
        ("analysed", 1.0), ("analysed", 9 / 11), ("incomplete", 8 / 11), ("analysed", 0.8), ("incomplete", 0.7),
        ("incomplete", 0.7), ("incomplete", 8 / 11),
    ]  # fmt: skip


def test_incomplete_by_progress_is_not_known_without_progress():
    rows = [THERE | {"progress_pct": percent} for percent in (99.0, 100.0, None)]
    study = study_with("{rule: incomplete, progress_below: 100}")
    assert dispositions(study, rows) == ["incomplete", "analysed", "analysed"]


def test_duplicate_id_keeps_the_most_complete_then_the_earliest_then_the_first():
    rows = [
        {"respondent_id": "x", "age": 30.0, "started_at": at(1)},
        {"respondent_id": "x", "age": 30.0, "staff": 1.0, "started_at": at(3)},
        {"respondent_id": "x", "age": 30.0, "staff": 1.0, "started_at": at(2)},  # stays
        {"respondent_id": "y", "age": 30.0, "started_at": None},
        {"respondent_id": "y", "age": 31.0, "started_at": at(9)},  # stays: a known start is earlier
        {"respondent_id": "z", "age": 30.0, "started_at": at(1)},  # stays
        {"respondent_id": "z", "age": 30.0, "started_at": at(1)},
    ]
    out = "duplicate_id"
    assert dispositions(study_with("{rule: duplicate_id}"), rows) == [
        out, out, "analysed", out, "analysed", "analysed", out,
    ]  # fmt: skip
    assert dispositions(study_with("{rule: duplicate_id, keep: first}"), rows) == [
        "analysed", out, out, out, "analysed", "analysed", out,
    ]  # fmt: skip


def test_a_row_that_is_out_makes_no_duplicate_of_the_one_that_is_left():
    rows = [
        {"respondent_id": "x", **ANSWERED, "status": "spam", "started_at": at(1)},
        {"respondent_id": "x", "age": 30.0, "started_at": at(2)},
        {"respondent_id": "x", "age": 30.0, "started_at": at(3)},
    ]
    assert dispositions(study_with("{rule: spam}", "{rule: duplicate_id}"), rows) == [
        "spam",
        "analysed",
        "duplicate_id",
    ]
    # The other way round the complete row stays first, and is spam then.
    assert dispositions(study_with("{rule: duplicate_id}", "{rule: spam}"), rows) == [
        "spam", "duplicate_id", "duplicate_id",
    ]  # fmt: skip


def test_duplicate_answers_compare_the_listed_questions_and_keep_the_most_complete():
    """No answer equals no answer, but records without any answer to the listed questions are no duplicates."""
    rows = [
        {"age": 30.0, "staff": None, "started_at": at(1)},
        {"age": 30.0, "staff": None, "consent": "yes", "started_at": at(2)},  # stays: more complete
        {"age": 30.0, "staff": 0.0, "started_at": at(3)},
        {"consent": "no", "started_at": at(4)},
        {"consent": "no", "started_at": at(5)},
    ]
    out = "duplicate_answers"
    study = study_with("{rule: duplicate_answers, questions: [age, staff]}")
    assert dispositions(study, rows) == [out, "analysed", "analysed", "analysed", "analysed"]
    study = study_with("{rule: duplicate_answers}")
    assert dispositions(study, rows) == ["analysed", "analysed", "analysed", "analysed", out]


def test_a_speeder_is_below_a_share_of_the_median_of_the_rows_still_in():
    """Among all the median is 100; without the two spam rows it is 200, and half of it 100."""
    durations = [10.0, 10.0, 60.0, 100.0, 200.0, 300.0, 400.0]
    rows = [THERE | {"duration_seconds": d, "status": "spam" if d == 10.0 else None} for d in durations]
    rows.append(THERE)  # no duration: no speeder, and not in the median
    core = core_of(study_with("{rule: spam}", "{rule: speeder, below_median: 0.5}"), rows)
    assert core.screening["disposition"].to_pylist() == ["spam"] * 2 + ["speeder"] + ["analysed"] * 5
    assert set(core.screening["speeder_limit_seconds"].to_pylist()) == {100.0}
    assert columns(core.dispositions, "disposition", "flagged", "taken_out", "remaining", "threshold") == [
        ("delivered", None, 0, 8, None), ("blank", 0, 0, 8, None), ("spam", 2, 2, 6, None),
        ("speeder", 3, 1, 5, 100.0), ("analysed", None, 0, 5, None),
    ]  # fmt: skip


def test_two_speeder_rules_each_keep_their_own_limit():
    rows = [THERE | {"duration_seconds": d} for d in (5.0, 20.0, 100.0, 100.0, 100.0)]
    core = core_of(study_with("{rule: speeder, below_seconds: 6}", "{rule: speeder, below_median: 0.33}"), rows)
    assert core.screening["disposition"].to_pylist() == ["speeder", "speeder_2"] + ["analysed"] * 3
    assert columns(core.dispositions, "disposition", "threshold")[2:4] == [("speeder", 6.0), ("speeder_2", 33.0)]


def test_without_durations_nobody_is_a_speeder():
    core = core_of(study_with("{rule: speeder, below_median: 0.5}"), [THERE, THERE])
    assert core.screening["disposition"].to_pylist() == ["analysed", "analysed"]
    assert columns(core.dispositions, "disposition", "threshold")[2] == ("speeder", None)


LOW = {"first__a": "low", "first__b": "low", "first__c": "low"}
HIGH = {"second__a": "high", "second__b": "high"}


def test_a_straightliner_answers_every_row_alike_in_each_listed_grid():
    rows = [
        LOW | HIGH,
        LOW | {"second__a": "high", "second__b": "low"},
        LOW | {"second__a": "high"},  # a row without an answer
        LOW,
        {"first__b": "low", "first__c": "low"} | HIGH,
    ]
    both = study_with("{rule: straightliner, grids: [first, second]}")
    assert dispositions(both, rows) == ["straightliner"] + ["analysed"] * 4
    one = study_with("{rule: straightliner, grids: [first]}")
    assert dispositions(one, rows) == ["straightliner"] * 4 + ["analysed"]


def test_a_number_is_out_of_range_beyond_its_ends_only():
    rows = [{"age": age} for age in (17.9, 18.0, 99.0, 99.1)] + [{"age": None, "staff": -1.0}, {"consent": "yes"}]
    out = "out_of_range"
    every = dispositions(study_with("{rule: out_of_range}"), rows)
    assert every == [out, "analysed", "analysed", out, out, "analysed"]
    listed = dispositions(study_with("{rule: out_of_range, questions: [age]}"), rows)
    assert listed == [out, "analysed", "analysed", out, "analysed", "analysed"]


def test_excluded_ids_are_texts_taken_as_they_are():
    rows = [THERE | {"respondent_id": name} for name in ("R_1", "r_1", "O'Neil", "row-4")]
    study = study_with("""{rule: excluded, ids: {R_1: asked for it, "O'Neil": asked for it, row-4: test}}""")
    assert dispositions(study, rows) == ["excluded", "analysed", "excluded", "excluded"]


def test_the_first_rule_decides_and_every_rule_is_told():
    rows = [THERE | {"status": "spam", "recaptcha": 0.1, "consent": "no"}, {}]
    rules = ("{rule: bot}", '{rule: no_consent, unless: {consent: ["yes"]}}', "{rule: spam}")
    forward, backward = core_of(study_with(*rules), rows), core_of(study_with(*reversed(rules)), rows)
    assert columns(forward.screening, "disposition", "rules_met") == [
        ("bot", "bot no_consent spam"),
        ("blank", "blank"),
    ]
    assert columns(backward.screening, "disposition", "rules_met")[0] == ("spam", "spam no_consent bot")
    names = ("position", "disposition", "respondents_in", "flagged", "taken_out", "remaining")
    assert columns(forward.dispositions, *names) == [
        (0, "delivered", 2, None, 0, 2), (1, "blank", 2, 1, 1, 1), (2, "bot", 1, 1, 1, 0),
        (3, "no_consent", 0, 1, 0, 0), (4, "spam", 0, 1, 0, 0), (5, "analysed", 0, None, 0, 0),
    ]  # fmt: skip


def test_a_rule_listed_twice_has_a_number():
    rules = ["{rule: incomplete, progress_below: 50}", "{rule: spam}", "{rule: incomplete, answered_below: 0.5}"]
    study = study_with(*rules)
    assert rule_names(study.cleaning) == ("incomplete", "spam", "incomplete_2")
    rows = [ANSWERED | {"progress_pct": 10.0}, THERE | {"progress_pct": 100.0}, ANSWERED]
    assert dispositions(study, rows) == ["incomplete", "incomplete_2", "analysed"]


LACKING = {
    "consent": '{rule: no_consent, unless: {consent: ["yes"]}}',
    "attention": "{rule: attention_check, unless: {attention: [blue]}}",
    "second__b": "{rule: straightliner, grids: [first, second]}",
    "staff": "{rule: duplicate_answers, questions: [age, staff]}",
}


@pytest.mark.parametrize("lacking", LACKING)
def test_a_rule_whose_question_the_delivery_lacks_takes_nobody_out(lacking: str):
    study = study_with(LACKING[lacking], "{rule: spam}")
    rows = [ANSWERED | LOW | {"second__a": "high", lacking: None} for _ in range(2)]
    assert dispositions(study, rows, names_of(study) - {lacking}) == ["analysed", "analysed"]
    waterfall = core_of(study, rows, names_of(study) - {lacking}).dispositions
    assert columns(waterfall, "flagged", "taken_out")[2] == (0, 0)


def test_out_of_range_looks_at_the_numbers_that_are_there():
    study = study_with("{rule: out_of_range}")
    assert dispositions(study, [{"age": 5.0}], names_of(study) - {"staff"}) == ["out_of_range"]
    assert dispositions(study, [{"consent": "yes"}], names_of(study) - {"age", "staff"}) == ["analysed"]


def test_completeness_counts_the_questions_that_were_delivered():
    study = study_with("{rule: incomplete, answered_below: 1}")
    rows = [ANSWERED | {"age": None}]
    assert dispositions(study, rows) == ["incomplete"]
    assert dispositions(study, rows, names_of(study) - {"age"}) == ["analysed"]
    # A multiple-response question in one delivered column comes under its own name too.
    joined = names_of(study) - {"age"} | {"teams"}
    assert dispositions(study, rows, joined) == ["analysed"]
    assert dispositions(study, [rows[0] | {"teams__service": None, "teams__sales": None}], joined) == ["incomplete"]


def test_questions_may_have_the_names_of_columns_that_screening_makes():
    text = """
title: Names
sample: {type: opt_in, population: people}
questions:
  answered: {type: single, text: A, options: {"yes": "Yes", "no": "No"}}
  asked: {type: number, text: B, range: [0, 1]}
  out_0: {type: single, text: C, options: {"yes": "Yes", "no": "No"}}
  hit: {type: single, text: D, options: {"yes": "Yes", "no": "No"}}
cleaning:
  - {rule: screened_out, unless: {answered: ["yes"], hit: ["yes"]}}
  - {rule: out_of_range}
  - {rule: duplicate_answers}
  - {rule: incomplete, answered_below: 1}
"""
    study = study_from_text(text).study
    whole = {"answered": "yes", "asked": 0.5, "out_0": "no", "hit": "yes"}
    rows = [whole, whole | {"answered": "no"}, whole | {"asked": 7.0}, whole, whole | {"out_0": None}]
    found = core_of(study, rows).screening["disposition"].to_pylist()
    assert found == ["analysed", "screened_out", "out_of_range", "duplicate_answers", "incomplete"]


def test_the_waterfall_of_a_wave_without_rules():
    study = study_with()
    screening = run(
        screening_query((), study.resolver, names_of(study)), tables.SCREENING, study,
        responses=responses_of(study, [THERE, {}]),
    )  # fmt: skip
    found = run(dispositions_query(()), tables.DISPOSITIONS, study, screening=screening)
    assert columns(found, "disposition", "taken_out", "remaining") == [
        ("delivered", 0, 2),
        ("blank", 1, 1),
        ("analysed", 0, 1),
    ]


# -- rules that a delivery leaves nothing to do


def delivered_columns(*names: str, file: str = "a.csv", **known: str) -> list[dict]:
    """Rows of `source_columns`: columns that nothing declares, and known ones as variable=name."""
    unlisted = [{"file": file, "position": 1, "name": name, "role": "unlisted", "variable": ""} for name in names]
    return unlisted + [
        {"file": file, "position": 1, "name": name, "role": "metadata", "variable": ours}
        for ours, name in known.items()
    ]


def idle(columns: list[dict], *rules: str) -> list[str]:
    return list(idle_rules(study_with(*rules).cleaning, columns))


DUPLICATE_ID = "{rule: duplicate_id}"


def test_a_rule_about_ids_does_nothing_without_an_id_column():
    nothing = "a.csv: no id column, so rule duplicate_id does nothing; "
    assert idle(delivered_columns("Age"), DUPLICATE_ID) == [nothing + "do: columns: {id: <name>}"]
    for name in ("id", "Respondent", "Case ID", "response_id"):
        near = f'nearest: "{name}"; do: columns: {{id: "{name}"}}'
        assert idle(delivered_columns("Age", name), DUPLICATE_ID) == [nothing + near]
    assert idle(delivered_columns("Age", id="Code"), DUPLICATE_ID) == []
    assert idle(delivered_columns("Age"), "{rule: duplicate_answers}") == []


def test_a_declared_id_column_that_is_missing_leaves_the_rule_nothing_to_do():
    missing = {"file": "a.csv", "position": 0, "name": "", "role": "missing", "variable": "id"}
    assert len(idle([missing], DUPLICATE_ID)) == 1


def test_a_personal_column_is_not_proposed():
    personal = [row | {"role": "personal"} for row in delivered_columns("Respondent")]
    assert idle(personal, DUPLICATE_ID) == [
        "a.csv: no id column, so rule duplicate_id does nothing; do: columns: {id: <name>}"
    ]


def test_each_file_and_each_column_is_told_once_with_the_rules_that_look_at_it():
    rules = (DUPLICATE_ID, "{rule: spam}", "{rule: test_response}", "{rule: excluded, ids: {x: asked}}")
    columns = delivered_columns(id="Code", status="Status") + delivered_columns("State", file="b.csv")
    assert idle(columns, *rules) == [
        "b.csv: no id column, so rules duplicate_id, excluded do nothing; do: columns: {id: <name>}",
        'b.csv: no status column, so rules spam, test_response do nothing; nearest: "State"; '
        'do: columns: {status: "State"}',
    ]


def test_rules_that_have_what_they_look_at_are_not_idle():
    assert idle(delivered_columns(started="A", finished="B"), "{rule: speeder, below_seconds: 60}") == []
    assert idle(delivered_columns(duration="A"), "{rule: speeder, below_seconds: 60}") == []
    assert len(idle(delivered_columns(started="A"), "{rule: speeder, below_seconds: 60}")) == 1
    assert idle(delivered_columns(), "{rule: incomplete, answered_below: 0.5}") == []
    assert idle(delivered_columns(), "{rule: excluded, ids: {row-7: asked}}") == []
    assert idle(delivered_columns("x"), "{rule: incomplete, progress_below: 90}", "{rule: bot}") == [
        "a.csv: no progress column, so rule incomplete does nothing; do: columns: {progress: <name>}",
        "a.csv: no recaptcha column, so rule bot does nothing; do: columns: {recaptcha: <name>}",
    ]


def test_completeness_counts_more_than_a_thousand_questions():
    questions = "".join(f'  q{i}: {{type: single, text: "Q{i}", options: {{a: A}}}}\n' for i in range(1_001))
    study = study_from_text(
        "title: T\nsample: {type: opt_in, population: people}\nquestions:\n" + questions
        + "cleaning: [{rule: incomplete, answered_below: 0.5}]\n"
    ).study  # fmt: skip
    rows = [{f"q{i}": "a" for i in range(answered)} for answered in (500, 501)]
    assert dispositions(study, rows) == ["incomplete", "analysed"]


def test_what_a_platform_scored_as_fraud_or_seen_before_is_out_where_it_was_measured():
    rows = [THERE | {"fraud_score": score} for score in (29.9, 30.0, None)]
    assert dispositions(study_with("{rule: fraud}"), rows) == ["analysed", "fraud", "analysed"]
    rows = [
        THERE | {"duplicate_score": s, "ballot_box": b} for s, b in ((74, None), (75, None), (None, True), (0, False))
    ]
    found = dispositions(study_with("{rule: platform_duplicate}"), rows)
    assert found == ["analysed", "platform_duplicate", "platform_duplicate", "analysed"]
