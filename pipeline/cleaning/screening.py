"""Cleaning rules as one disposition per delivered record: listed rules only, in order, the first hit decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from pipeline.engine import Query
from pipeline.study.cleaning import (
    AttentionCheck,
    Bot,
    Cleaning,
    DuplicateAnswers,
    Excluded,
    Incomplete,
    NoConsent,
    OutOfRange,
    Rule,
    ScreenedOut,
    Speeder,
    Straightliner,
)
from pipeline.study.columns import Resolver
from pipeline.study.conditions import ConditionField
from pipeline.study.variables import Variable

# As exports name them, and as Qualtrics numbers them; a preview that looks like spam is both.
TEST_STATUS = (
    "survey preview", "survey test", "preview", "test", "survey preview spam", "offline survey preview",
    "1", "2", "9", "17",
)  # fmt: skip
SPAM_STATUS = ("spam", "possible spam", "imported spam", "survey preview spam", "ex spam", "8", "9", "12", "40")


def rule_names(cleaning: Cleaning) -> tuple[str, ...]:
    """Dispositions in order: the rules' names, numbered where one is listed again."""
    seen: Counter[str] = Counter()
    names = []
    for rule in cleaning:
        seen[rule.rule] += 1
        names.append(rule.rule if seen[rule.rule] == 1 else f"{rule.rule}_{seen[rule.rule]}")
    return tuple(names)


def screening_query(cleaning: Cleaning, resolver: Resolver, available: set[str]) -> Query:
    """One disposition for each record. available: variables that the delivery has a column for.

    A rule that the delivery lacks a question for does not run, rather than run on the others and hit more
    records; that it is lacking is for the checks to say. out_of_range runs on the numbers that are there.
    """
    present = [v for v in resolver.variables if v.name in available or v.question in available]
    steps = [
        {"name": name, "kind": rule.rule, "rule": rule} | _values(rule, resolver, present)
        for name, rule in zip(rule_names(cleaning), cleaning, strict=True)
    ]
    return Query(
        "core/screening.sql",
        {
            "steps": [step for step in steps if step.get("runs", True)],
            "items": _completeness_items(resolver, present),
            "answers": [v.name for v in present],
            "test_status": TEST_STATUS,
            "spam_status": SPAM_STATUS,
        },
    )


def _values(rule: Rule, resolver: Resolver, present: Sequence[Variable]) -> dict[str, Any]:
    names = {v.name for v in present}
    if isinstance(rule, NoConsent | ScreenedOut):
        return _condition(rule.unless, resolver, names)
    if isinstance(rule, AttentionCheck):
        return _condition(rule.unless, resolver, names) | {"shown": resolver.needed(rule.unless)}
    if isinstance(rule, Straightliner):
        grids = [[v.name for v in present if v.question == grid] for grid in rule.grids]
        return {"grids": grids, "runs": all(len(rows) > 1 for rows in grids)}
    if isinstance(rule, OutOfRange):
        numbers = [v for v in present if v.number_range and (not rule.questions or v.name in rule.questions)]
        return {"numbers": numbers, "runs": bool(numbers)}
    if isinstance(rule, DuplicateAnswers):
        vector = [v for v in present if not rule.questions or v.question in rule.questions]
        lacking = set(rule.questions) - {v.question for v in vector}
        return {"vector": [v.name for v in vector], "runs": bool(vector) and not lacking}
    if isinstance(rule, Excluded):
        return {"ids": list(rule.ids)}
    return {
        "runs": isinstance(rule, Incomplete | Speeder | Bot) or rule.rule in ("test_response", "spam", "duplicate_id")
    }


def _condition(unless: ConditionField, resolver: Resolver, names: set[str]) -> dict[str, Any]:
    return {"unless": resolver.columns(unless), "runs": set(resolver.needed(unless)) <= names}


def _completeness_items(resolver: Resolver, present: Sequence[Variable]) -> list[dict[str, Any]]:
    """Questions that count for completeness: each grid row, each multiple question once, open answers never."""
    items: list[dict[str, Any]] = []
    seen: set[str] = set()
    for v in present:
        if v.kind == "text" or (v.kind == "tick" and v.question in seen):
            continue
        seen.add(v.question)
        asked = resolver.columns(v.asked_if) if v.asked_if is not None else None
        items.append({"column": v.name, "asked": asked})
    return items


def dispositions_query(cleaning: Cleaning) -> Query:
    """The waterfall: from delivered records to analysed respondents, a row a rule."""
    names = rule_names(cleaning)
    speeders = [name for name, rule in zip(names, cleaning, strict=True) if isinstance(rule, Speeder)]
    return Query("out/dispositions.sql", {"rules": ["blank", *names], "speeders": speeders})
