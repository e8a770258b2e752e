"""Delivered text coded: options, ticks, numbers, moments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.engine import Query
from pipeline.study.questions import MultipleQuestion, Questions, Scales
from pipeline.study.variables import Variable, hot_columns, options_of, variables_of


def responses_query(
    questions: Questions,
    scales: Scales,
    available: Iterable[str],
    answers: Iterable[Mapping[str, Any]],
    shown: Iterable[str] = (),
) -> Query:
    """Codes every delivered record. shown: columns that tell whether a question was shown.

    available: what `available_variables` says of the delivery. answers: rows of table
    `answers`; those of a column of its own become a CASE (a join for each column costs seconds at 150 columns),
    those of a cell that joins several ticks are joined, as a cell may have thousands of combinations.
    """
    found = set(available)
    known: dict[str, dict[str, list[str]]] = {}
    for row in answers:
        if row["code"] is not None and row["source"] == row["variable"]:
            known.setdefault(row["variable"], {}).setdefault(row["code"], []).append(row["answer"])
    variables = variables_of(questions, scales)
    hot = {name: hot_columns(name, question) for name, question in questions.items()}
    ticks: dict[str, list[str]] = {}
    for v in variables:
        if v.kind == "tick":
            ticks.setdefault(v.question, []).append(v.name)
    return Query(
        "core/responses.sql",
        {
            "variables": variables,
            "known": {v.name: _codes(v, known[v.name]) for v in variables if v.name in known},
            "joined": {question: names for question, names in ticks.items() if question in found},
            "ticks": ticks,
            "hot": {name: {key: _ticked(known[column]) for key, column in columns.items() if column in known}
                    for name, columns in hot.items() if columns},
            "columns_of": hot,
            "shown": list(shown),
        },
    )  # fmt: skip


def _ticked(known: dict[str, list[str]]) -> list[str]:
    """Delivered answers that mean ticked."""
    return known.get("1", [])


def _codes(variable: Variable, known: dict[str, list[str]]) -> dict[str, Any]:
    """Delivered answers of each code; `otherwise` is the code of all that is left, where an option takes it."""
    other = next((key for key, option in variable.options.items() if option.mark == "other"), None)
    otherwise = "1" if other is not None and variable.kind == "tick" else other
    return {"codes": {c: answers for c, answers in known.items() if c != otherwise}, "otherwise": otherwise}


def available_variables(
    source_columns: Iterable[Mapping[str, Any]], questions: Questions, scales: Scales, wave: str
) -> set[str]:
    """Columns of `delivered` and variables that some file of the wave's delivery tells of.

    A cell that joins ticks tells of every option that the wave offered; options with columns of their own
    tell of their one answer.
    """
    found = {str(row["variable"]) for row in source_columns if row["variable"] and row["position"]}
    for name, question in questions.items():
        if isinstance(question, MultipleQuestion) and name in found:
            options = options_of(question, scales)
            found |= {f"{name}__{key}" for key, option in options.items() if option.offered_in(wave)}
        elif not found.isdisjoint(hot_columns(name, question).values()):
            found.add(name)
    return found
