"""The codebook: every variable and option as declared, with the delivered column that holds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from pipeline.study.conditions import All, Answered, AnyOf, Chosen, Condition, Filter, Not, Shown
from pipeline.study.questions import Questions
from pipeline.study.variables import Variable


def codebook_rows(
    wave: str, questions: Questions, variables: Sequence[Variable], source_columns: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Rows of table `codebook`."""
    delivered = {row["variable"]: row["name"] or row["text"] for row in source_columns if row["position"]}
    rows = []
    for v in variables:
        question = questions[v.question]
        text = question.text_in(wave) or " / ".join(question.columns_in(wave))
        shared = {
            "wave": wave,
            "variable": v.name,
            "question": v.ref,
            "type": v.kind,
            "question_text": f"{text} - {v.part_text}" if v.part_text else text,
            "asked_if": condition_text(v.asked_if) if v.asked_if is not None else "",
            "source_column": delivered.get(v.name) or delivered.get(v.question) or "",
        }
        if not v.options:
            rows.append(shared | {"option": "", "option_text": None, "mark": ""})
        rows += [
            shared | {"option": key, "option_text": option.text_in(wave), "mark": option.mark or ""}
            for key, option in v.options.items()
        ]
    return rows


def condition_text(condition: Condition) -> str:
    """A condition as it stands in a study file, on one line."""
    return str(yaml.safe_dump(_plain(condition), default_flow_style=True, width=10_000, allow_unicode=True)).strip()


def _plain(condition: Condition) -> Any:
    if isinstance(condition, Filter):
        return condition.name
    if isinstance(condition, Shown):
        return f"{condition.question} was shown"
    if isinstance(condition, Chosen):
        return {condition.question: list(condition.options)}
    if isinstance(condition, Answered):
        return {condition.question: {"answered": "yes" if condition.answered else "no"}}
    if isinstance(condition, Not):
        return {"not": _plain(condition.of)}
    if isinstance(condition, All | AnyOf):
        return {condition.kind: [_plain(part) for part in condition.of]}
    limits = ((name, getattr(condition, name)) for name in ("at_least", "at_most", "above", "below"))
    return {condition.question: {name: limit for name, limit in limits if limit is not None}}
