"""Random records under random rules, against the documented semantics written down again in plain Python."""

from __future__ import annotations

import statistics
from collections import Counter
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from pipeline import tables
from pipeline.cleaning.screening import dispositions_query, screening_query
from pipeline.study.cleaning import Cleaning
from pipeline.study.loading import study_from_text
from tests.records import names_of, responses_of, run

STUDY = study_from_text("""
title: Screening
sample: {type: opt_in, population: people}
questions:
  consent: {type: single, text: Consent, options: {"yes": "Yes", "no": "No"}}
  attention: {type: single, text: Pick blue, options: {blue: Blue, red: Red}}
  first: {type: grid, text: First, scale: degree, rows: {a: A, b: B}}
  second: {type: grid, text: Second, scale: degree, rows: {a: A, b: B}}
  teams: {type: multiple, text: Teams, options: {service: Service, sales: Sales}}
  age: {type: number, text: Age, range: [18, 99]}
  why: {type: text, text: Why}
  more: {type: single, text: More, options: {"yes": "Yes", "no": "No"}, asked_if: {consent: ["yes"]}}
scales:
  degree: {low: Low, high: High}
""").study

# Questions as a respondent sees them, with the columns that hold the answer; ticks stand together.
COUNTED = {
    "consent": ["consent"], "attention": ["attention"], "first.a": ["first__a"], "first.b": ["first__b"],
    "second.a": ["second__a"], "second.b": ["second__b"], "teams": ["teams__service", "teams__sales"],
    "age": ["age"], "more": ["more"],
}  # fmt: skip
VECTORS = {
    (): [*(column for columns in COUNTED.values() for column in columns), "why"],
    ("first", "age"): ["first__a", "first__b", "age"],
    ("consent",): ["consent"],
}
GRIDS = {"first": ["first__a", "first__b"], "second": ["second__a", "second__b"]}


def maybe(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([None, *values])


TICKS = st.sampled_from([(None, None), (1, 0), (0, 1), (1, 1)])
RECORD = st.fixed_dictionaries(
    {
        "respondent_id": st.sampled_from("xyz"),
        "started_at": maybe(*(datetime(2021, 3, 1) + timedelta(minutes=m) for m in range(3))),
        "duration_seconds": maybe(1.0, 10.0, 20.0, 40.0, 50.0),
        "status": maybe("Spam", "Survey Preview", "IP Address"),
        "progress_pct": maybe(20.0, 100.0),
        "recaptcha": maybe(0.2, 0.9),
        "ticks": TICKS,
        "age": maybe(17.0, 18.0, 50.0),
        "why": maybe(1),
        **{name: maybe("yes", "no") for name in ("consent", "more")},
        "attention": maybe("blue", "red"),
        **{column: maybe("low", "high") for grid in GRIDS.values() for column in grid},
    }
)
BLANK = st.fixed_dictionaries({"respondent_id": st.sampled_from("xyz"), "duration_seconds": maybe(1.0, 40.0)})
UNLESS = st.sampled_from(
    [{"consent": ["yes"]}, {"teams": ["service"], "age": {"at_least": 18}}, {"not": {"more": ["no"]}}]
)
RULE = st.one_of(
    st.sampled_from(["test_response", "spam", "out_of_range"]).map(lambda name: {"rule": name}),
    st.sampled_from([0.5, 0.9]).map(lambda limit: {"rule": "bot", "recaptcha_below": limit}),
    st.builds(
        lambda name, unless: {"rule": name, "unless": unless}, st.sampled_from(["no_consent", "screened_out"]), UNLESS
    ),
    st.just({"rule": "attention_check", "unless": {"attention": ["blue"]}}),
    st.sampled_from(["0.5", "0.7", "0.75", "1"]).map(lambda share: {"rule": "incomplete", "answered_below": share}),
    st.just({"rule": "incomplete", "progress_below": 50}),
    st.sampled_from(["most_complete", "first"]).map(lambda keep: {"rule": "duplicate_id", "keep": keep}),
    st.sampled_from(list(VECTORS)).map(lambda questions: {"rule": "duplicate_answers", "questions": questions}),
    st.sampled_from(["0.25", "0.33", "0.5", "0.9"]).map(lambda share: {"rule": "speeder", "below_median": share}),
    st.just({"rule": "speeder", "below_seconds": 15}),
    st.sampled_from([("first",), ("first", "second")]).map(lambda grids: {"rule": "straightliner", "grids": grids}),
    st.just({"rule": "excluded", "ids": {"z": "asked"}}),
)


def flat(record: dict[str, Any]) -> dict[str, Any]:
    service, sales = record.get("ticks", (None, None))
    return {name: v for name, v in record.items() if name != "ticks"} | {
        "teams__service": service,
        "teams__sales": sales,
    }


def agreed(unless: dict[str, Any], row: dict[str, Any]) -> bool:
    """The three conditions of UNLESS and the attention check, in words."""
    if "consent" in unless:
        return row.get("consent") == "yes"
    if "teams" in unless:
        return row.get("teams__service") == 1 and row.get("age") is not None and row["age"] >= 18
    if "attention" in unless:
        return row.get("attention") == "blue"
    return row.get("more") != "no"


def reference(rules: list[dict[str, Any]], rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Dispositions, rules met and limits by the words of the study file, a record at a time."""
    asked = [[q for q in COUNTED if q != "more" or row.get("consent") == "yes"] for row in rows]
    answered = [
        sum(any(row.get(column) is not None for column in COUNTED[q]) for q in some)
        for row, some in zip(rows, asked, strict=True)
    ]
    out: list[str | None] = [
        "blank" if all(row.get(column) is None for column in VECTORS[()]) else None for row in rows
    ]
    blank = [name is not None for name in out]
    met = [["blank"] if b else [] for b in blank]
    seen: Counter[str] = Counter()
    names, limits = [], []
    for rule in rules:
        seen[rule["rule"]] += 1
        name = rule["rule"] + (f"_{seen[rule['rule']]}" if seen[rule["rule"]] > 1 else "")
        left = [i for i, gone in enumerate(out) if gone is None]
        limit = _limit(rule, [rows[i] for i in left])
        hits = [_hit(rule, i, rows, left, asked, answered, limit) for i in range(len(rows))]
        for i, hit in enumerate(hits):
            if hit and not blank[i]:
                met[i].append(name)
                out[i] = out[i] or name
        names.append(name)
        limits.append(limit)
    return {
        "names": names, "limits": limits, "disposition": [name or "analysed" for name in out],
        "rules_met": [" ".join(some) for some in met],
        "answered_share": [a / len(some) for a, some in zip(answered, asked, strict=True)],
    }  # fmt: skip


def _limit(rule: dict[str, Any], left: list[dict[str, Any]]) -> float | None:
    if rule["rule"] != "speeder":
        return None
    if "below_seconds" in rule:
        return float(rule["below_seconds"])
    known = [row["duration_seconds"] for row in left if row.get("duration_seconds") is not None]
    return float(rule["below_median"]) * statistics.median(known) if known else None


def _hit(rule, i, rows, left, asked, answered, limit) -> bool:
    row, name = rows[i], rule["rule"]

    def below(value: float | None, limit: float | None) -> bool:
        return value is not None and limit is not None and value < limit

    if name == "test_response":
        return row.get("status") == "Survey Preview"
    if name == "spam":
        return row.get("status") == "Spam"
    if name == "bot":
        return below(row.get("recaptcha"), rule["recaptcha_below"])
    if name in ("no_consent", "screened_out"):
        return not agreed(rule["unless"], row)
    if name == "attention_check":
        return row.get("attention") is not None and not agreed(rule["unless"], row)
    if name == "incomplete" and "progress_below" in rule:
        return below(row.get("progress_pct"), rule["progress_below"])
    if name == "incomplete":
        return answered[i] < Fraction(rule["answered_below"]) * len(asked[i])
    if name == "out_of_range":
        return row.get("age") is not None and not 18 <= row["age"] <= 99
    if name == "excluded":
        return row["respondent_id"] in rule["ids"]
    if name == "straightliner":
        return all(len({row.get(column) for column in GRIDS[g]} | {None}) == 2
                   and all(row.get(column) is not None for column in GRIDS[g]) for g in rule["grids"])  # fmt: skip
    if name == "speeder":
        return below(row.get("duration_seconds"), limit)
    if i not in left:
        return False
    # duplicates: somebody else among those still in is alike and comes first
    start = [r.get("started_at") or datetime.max for r in rows]
    first = rule.get("keep") == "first"
    order = [(0 if first else -answered[j], start[j], j) for j in range(len(rows))]
    if name == "duplicate_id":
        alike = [j for j in left if rows[j]["respondent_id"] == row["respondent_id"]]
    else:
        columns = VECTORS[tuple(rule["questions"])]
        vector = [row.get(column) for column in columns]
        alike = [j for j in left if [rows[j].get(column) for column in columns] == vector]
        if all(value is None for value in vector):
            return False
    return min(order[j] for j in alike) < order[i]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.one_of(RECORD, RECORD, RECORD, BLANK), min_size=1, max_size=12), st.lists(RULE, max_size=5))
def test_screening_follows_the_words_of_the_study_file(records, rules):
    rows = [flat(record) for record in records]
    cleaning = TypeAdapter(Cleaning).validate_python(rules)
    study = STUDY.model_copy(update={"cleaning": cleaning})
    screening = run(
        screening_query(cleaning, study.resolver, names_of(study)), tables.SCREENING, study,
        responses=responses_of(study, rows),
    )  # fmt: skip
    expected = reference(rules, rows)
    for column in ("disposition", "rules_met", "answered_share"):
        assert screening[column].to_pylist() == expected[column], column
    waterfall = run(dispositions_query(cleaning), tables.DISPOSITIONS, study, screening=screening).to_pylist()
    assert [row["disposition"] for row in waterfall] == ["delivered", "blank", *expected["names"], "analysed"]
    assert [row["threshold"] for row in waterfall] == [None, None, *expected["limits"], None]
    left = len(rows)
    for row in waterfall[1:-1]:
        taken = expected["disposition"].count(row["disposition"])
        flagged = sum(row["disposition"] in met.split() for met in expected["rules_met"])
        assert (row["respondents_in"], row["taken_out"], row["remaining"]) == (left, taken, left - taken)
        assert row["flagged"] == flagged
        left -= taken
    assert waterfall[-1]["remaining"] == left == expected["disposition"].count("analysed")
