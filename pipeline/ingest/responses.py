"""Delivered text coded: options by join, ticks, numbers, moments."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.engine import Query
from pipeline.study.variables import Variable


def responses_query(variables: Sequence[Variable], available: Iterable[str]) -> Query:
    """Codes every delivered record. available: variables and joined questions that the delivery has."""
    found = set(available)
    questions: dict[str, list[str]] = {}
    for v in variables:
        if v.kind == "tick":
            questions.setdefault(v.question, []).append(v.name)
    sources = {
        v.name: (v.question if v.question in found else v.name) if v.kind == "tick" else v.name
        for v in variables
        if v.kind in ("choice", "tick")
    }
    return Query(
        "core/responses.sql",
        {
            "variables": variables,
            "coded": {name: source for name, source in sources.items() if source in found},
            "ticks": questions,
        },
    )


def available_variables(source_columns: Iterable[dict[str, object]]) -> set[str]:
    """Variables and joined questions that every file of the delivery has a column for."""
    present: dict[str, set[str]] = {}
    for row in source_columns:
        names = present.setdefault(str(row["file"]), set())
        if row["variable"] and row["position"]:
            names.add(str(row["variable"]))
    return set.union(*present.values()) if present else set()
