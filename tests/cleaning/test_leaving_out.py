"""Who is analysed without a rule, against the screening run again without it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from pipeline import engine
from pipeline.cleaning.leaving_out import analysed_without, order_query
from pipeline.cleaning.screening import rule_names, screening_query
from pipeline.study.cleaning import Cleaning
from tests.cleaning.test_screening_reference import BLANK, RECORD, RULE, STUDY, flat
from tests.records import names_of, responses_of

THERE = [names_of(STUDY), names_of(STUDY) - {"teams__service", "teams__sales", "age", "first__a", "first__b"}]


def both_ways(rules: Cleaning, rows: list[dict[str, Any]], there: set[str]) -> None:
    inputs = {"responses": responses_of(STUDY, rows)}
    screening = engine.fetch(screening_query(rules, STUDY.resolver, there), inputs)
    order = engine.fetch(order_query(rules, STUDY.resolver, there), inputs)
    found = analysed_without(rules, STUDY.resolver, there, screening, order)
    assert tuple(found) == rule_names(rules)
    for i, analysed in enumerate(found.values()):
        others = (*rules[:i], *rules[i + 1 :])
        again = engine.fetch(screening_query(others, STUDY.resolver, there), inputs)["disposition"].to_pylist()
        assert analysed.tolist() == [disposition == "analysed" for disposition in again], (i, rules)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(RULE, min_size=1, max_size=4).map(TypeAdapter(Cleaning).validate_python),
    st.lists(st.one_of(RECORD, RECORD, BLANK).map(flat), min_size=1, max_size=12),
    st.sampled_from(THERE),
)
def test_leaving_a_rule_out_is_running_the_others(rules: Cleaning, rows: list[dict[str, Any]], there: set[str]):
    both_ways(rules, rows, there)


@pytest.mark.parametrize("rows", [[], [{}], [{"consent": "yes", "duration_seconds": None}] * 3])
def test_next_to_nothing(rows: list[dict[str, Any]]):
    rules = TypeAdapter(Cleaning).validate_python(
        [{"rule": "duplicate_id"}, {"rule": "speeder", "below_median": 0.5}, {"rule": "duplicate_answers"}]
    )
    both_ways(rules, rows, THERE[0])
