"""Questions flattened into variables: one for each column of `responses`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pipeline.study.conditions import Condition
from pipeline.study.questions import (
    NOT_SUBSTANTIVE,
    GridQuestion,
    MultipleQuestion,
    NumberQuestion,
    Option,
    Question,
    Scales,
    SingleQuestion,
    TextQuestion,
)

Kind = Literal["choice", "tick", "number", "text"]


@dataclass(frozen=True)
class Variable:
    """A column of `responses`.

    name: column name (`employees`, `practice__crm`, `teams__marketing`). ref: its name in a study file
    (`employees`, `practice.crm`, `teams.marketing`). kind: what the column holds: choice = option id,
    tick = 1 or 0 (NULL where nothing of the question is ticked), number, text = 1 where answered.
    part: the option of a tick, the row of a grid, else "".
    """

    name: str
    ref: str
    question: str
    part: str
    kind: Kind
    options: Mapping[str, Option]
    asked_if: Condition | None
    number_range: tuple[float, float] | None = None
    part_text: str = ""

    @property
    def not_substantive(self) -> tuple[str, ...]:
        """Options that are an answer without content: don't know, refused."""
        return tuple(key for key, option in self.options.items() if option.mark in NOT_SUBSTANTIVE)


def options_of(question: Question, scales: Scales) -> dict[str, Option]:
    """The options of a question, from itself or its scale; empty for numbers and texts."""
    if isinstance(question, NumberQuestion | TextQuestion):
        return {}
    if question.options is not None:
        return question.options
    return scales.get(question.scale or "", {})


def hot_columns(name: str, question: Question) -> dict[str, str]:
    """Option -> column of `delivered`, where each option of a single question was delivered in one of its own."""
    if isinstance(question, SingleQuestion) and question.by_columns:
        return {key: f"{name}__{key}" for key in question.options or {}}
    return {}


def cells_of(questions: Mapping[str, Question], scales: Scales) -> dict[str, tuple[str, ...]]:
    """Columns of `delivered` that hold the answers to each question.

    A variable each; those of a question delivered by option; and, beside the ticks of a multiple-response
    question, one of its own name for exports that join them in one cell.
    """
    found: dict[str, list[str]] = {name: [] for name in questions}
    for v in variables_of(questions, scales):
        found[v.question].append(v.name)
    for name, question in questions.items():
        found[name] += [name] if isinstance(question, MultipleQuestion) else hot_columns(name, question).values()
    return {name: tuple(columns) for name, columns in found.items()}


SHOWN = "shown__"
"""What begins the name of the column that tells whether a question was shown; no question is called `shown`."""


def variables_of(questions: Mapping[str, Question], scales: Scales) -> tuple[Variable, ...]:
    """All variables, in the order of the study file."""
    found: list[Variable] = []
    for name, question in questions.items():
        options = options_of(question, scales)
        if isinstance(question, MultipleQuestion):
            found += [
                Variable(f"{name}__{key}", f"{name}.{key}", name, key, "tick", {key: option}, question.asked_if,
                         part_text=option.text)
                for key, option in options.items()
            ]  # fmt: skip
        elif isinstance(question, GridQuestion):
            found += [
                Variable(f"{name}__{key}", f"{name}.{key}", name, key, "choice", options, question.asked_if,
                         part_text=row.text)
                for key, row in question.rows.items()
            ]  # fmt: skip
        elif isinstance(question, NumberQuestion):
            found.append(Variable(name, name, name, "", "number", {}, question.asked_if, question.range))
        elif isinstance(question, TextQuestion):
            found.append(Variable(name, name, name, "", "text", {}, question.asked_if))
        else:
            found.append(Variable(name, name, name, "", "choice", options, question.asked_if))
    return tuple(found)
