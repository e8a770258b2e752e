"""Delivered answers read as options: texts evened out, renamed options by wave, joined ticks taken apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipeline.engine import Query
from pipeline.study.evening import evened
from pipeline.study.questions import Option
from pipeline.study.variables import Variable

TICKED = {"1", "yes", "true", "x", "checked", "selected", "y", "on"}
NOT_TICKED = {"0", "no", "false", "unchecked", "not selected", "n", "off"}


def values_query(variables: Sequence[Variable], available: Iterable[str]) -> Query:
    """Counts each distinct answer of every delivered column that holds options, and of numbers that are none."""
    found = set(available)
    own = [v.name for v in variables if v.kind in ("choice", "tick") and v.name in found]
    joined = [q for q in dict.fromkeys(v.question for v in variables if v.kind == "tick") if q in found]
    numbers = [v.name for v in variables if v.kind == "number" and v.name in found]
    return Query("core/delivered_values.sql", {"columns": [*own, *joined], "numbers": numbers})


def read_answers(wave: str, variables: Sequence[Variable], values: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of table `answers`: each distinct delivered answer with its code, NULL where it is unknown.

    values: rows with source, answer, n. A joined cell ("Marketing,Sales") yields a row for each option of
    its question, and one row, under the question's own name, for what is left of it that no option explains.
    """
    by_name = {v.name: v for v in variables}
    ticks: dict[str, list[Variable]] = {}
    for v in variables:
        if v.kind == "tick":
            ticks.setdefault(v.question, []).append(v)
    rows: list[dict[str, Any]] = []
    for value in values:
        source, answer, n = value["source"], value["answer"], value["n"]

        def row(
            variable: str, code: str | None, answer: str = answer, source: str = source, n: int = n
        ) -> dict[str, Any]:
            return {"wave": wave, "variable": variable, "source": source, "answer": answer, "code": code, "n": n}

        variable = by_name.get(source)
        if variable is None:
            ticked, rest = taken_apart(answer, {t.part: t.options[t.part] for t in ticks[source]}, wave)
            rows += [row(t.name, "1" if t.part in ticked else "0") for t in ticks[source]]
            if rest:
                rows.append(row(source, None))
        elif variable.kind == "tick":
            rows.append(row(source, _tick(answer, variable.options[variable.part], wave)))
        elif variable.kind == "number":
            rows.append(row(source, None))
        else:
            rows.append(row(source, option_of(answer, variable.options, wave)))
    return rows


def option_of(answer: str, options: Mapping[str, Option], wave: str) -> str | None:
    """The option that a delivered answer names, or the one marked `other`, or None."""
    wanted = evened(answer)
    for key, option in options.items():
        if wanted == evened(option.text_in(wave)):
            return key
    return next((key for key, option in options.items() if option.mark == "other"), None)


def _tick(answer: str, option: Option, wave: str) -> str | None:
    wanted = evened(answer)
    if option.mark == "other" or wanted == evened(option.text_in(wave)) or wanted in TICKED:
        return "1"  # whatever stands in the column of `other` is what the respondent wrote
    return "0" if wanted in NOT_TICKED else None


def taken_apart(cell: str, options: Mapping[str, Option], wave: str) -> tuple[set[str], str]:
    """Options joined by commas or semicolons in one cell, though their texts may hold commas themselves.

    Returns the options found, longest texts first, and the rest of the cell that none of them explains.
    """
    texts = sorted(((evened(o.text_in(wave)), key) for key, o in options.items()), key=lambda t: -len(t[0]))
    rest, ticked = evened(cell), set()
    position = 0
    left: list[str] = []
    while position < len(rest):
        for text, key in texts:
            end = position + len(text)
            if rest.startswith(text, position) and (end == len(rest) or rest[end] in ",;"):
                ticked.add(key)
                position = end
                break
        else:
            end = min((i for i in (rest.find(",", position), rest.find(";", position)) if i >= 0), default=len(rest))
            left.append(rest[position:end])
            position = end
        while position < len(rest) and rest[position] in ",; ":
            position += 1
    other = next((key for key, option in options.items() if option.mark == "other"), None)
    if left and other is not None:
        return ticked | {other}, ""
    return ticked, ", ".join(left)
