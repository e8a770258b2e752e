"""The one condition language, for asked_if, unless, when, levels and filters.

    {employees: [huge], region: [north]}      and; options: any of
    {any: [..]}  {all: [..]}  {not: {..}}     or, and, not
    {budget: {at_least: 1000, below: 5000}}   ranges of a number
    {budget: {answered: yes}}                 any answer at all
    huge_north                                a filter by name

A condition is true or false of each respondent, never unknown: without an answer a leaf is false,
and `not` of it true. So `not` under base everyone or asked counts those without an answer as yes, unless
`{question: {answered: yes}}` stands beside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import core_schema

from pipeline.errors import listed, nearest
from pipeline.study.section import Place, wrong

RANGE_KEYS = ("at_least", "at_most", "above", "below")
CONDITION = "a condition"  # in the JSON Schema, where schema.py puts what it is
YES_NO = {"yes": True, "true": True, "no": False, "false": False}
FORMS = "{question: [option, ...]}, {question: {at_least: 1}}, {any: [...]}, {not: {...}}, or a filter's name"


@dataclass(frozen=True)
class All:
    of: tuple[Condition, ...]
    kind = "all"


@dataclass(frozen=True)
class AnyOf:
    of: tuple[Condition, ...]
    kind = "any"


@dataclass(frozen=True)
class Not:
    of: Condition
    kind = "not"


@dataclass(frozen=True)
class _Leaf:
    """at: where it stands below the condition, as keys and indexes."""

    at: Place = field(default=(), compare=False, repr=False, kw_only=True)


@dataclass(frozen=True)
class Chosen(_Leaf):
    """The answer is one of these options; for a multiple-response question: any of them is ticked."""

    question: str
    options: tuple[str, ...]
    kind = "chosen"


@dataclass(frozen=True)
class InRange(_Leaf):
    question: str
    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None
    below: float | None = None
    kind = "range"


@dataclass(frozen=True)
class Answered(_Leaf):
    question: str
    answered: bool
    kind = "answered"


@dataclass(frozen=True)
class Filter(_Leaf):
    """A condition of the section `filters`, by its name."""

    name: str
    kind = "filter"


@dataclass(frozen=True)
class Shown(_Leaf):
    """The export tells that the question was shown. Not written in study files: what `columns: {unanswered}` means."""

    question: str
    kind = "shown"


Leaf = Chosen | InRange | Answered | Filter | Shown
Condition = All | AnyOf | Not | Leaf


def parse_condition(raw: Any, at: Place = ()) -> Condition:
    """The condition that a piece of a study file states. Raises PydanticCustomError with the reason and the place."""
    if isinstance(raw, str):
        return Filter(raw, at=at)
    if not isinstance(raw, dict) or not raw:
        raise wrong("is not a condition", FORMS, at=at)
    parts = tuple(_part(key, value, (*at, key)) for key, value in raw.items())
    return parts[0] if len(parts) == 1 else All(parts)


def _part(key: str, value: Any, at: Place) -> Condition:
    if key in ("any", "all"):
        if not isinstance(value, list) or not value:
            raise wrong(f"`{key}` has no list of conditions", f"{key}: [{{question: [option]}}, ...]", at=at)
        return (AnyOf if key == "any" else All)(tuple(parse_condition(v, (*at, i)) for i, v in enumerate(value)))
    if key == "not":
        return Not(parse_condition(value, at))
    if isinstance(value, dict):
        return _measured(key, value, at)
    if not isinstance(value, list):
        raise wrong(f'has "{value}"', f"a list of options, as [{value}], or a range, as {{at_least: 1}}", at=at)
    if not value or not all(isinstance(option, str) for option in value):
        raise wrong("has no list of options", "[option, ...]", at=at)
    return Chosen(key, tuple(value), at=at)


def _measured(question: str, value: Mapping[str, Any], at: Place) -> Condition:
    for key in value:
        if key not in (*RANGE_KEYS, "answered"):
            close = nearest(key, (*RANGE_KEYS, "answered"))
            raise wrong("is not a limit", f"{listed(RANGE_KEYS)}, or answered alone", nearest=close, at=(*at, key))
    if set(value) == {"answered"}:
        if value["answered"] not in YES_NO:
            raise wrong(f'has "{value["answered"]}"', "yes or no", at=(*at, "answered"))
        return Answered(question, YES_NO[value["answered"]], at=at)
    if not value or "answered" in value:
        raise wrong("is not a range", f"some of {listed(RANGE_KEYS)}; or answered: yes, alone", at=at)
    limits = {key: _limit(text, (*at, key)) for key, text in value.items()}
    lowest = max(limits.get("at_least", -math.inf), limits.get("above", -math.inf))
    highest = min(limits.get("at_most", math.inf), limits.get("below", math.inf))
    if lowest > highest or (lowest == highest and lowest in (limits.get("above"), limits.get("below"))):
        raise wrong("has no number between its limits", "the lower limit under the upper", at=at)
    return InRange(question, **limits, at=at)


def _limit(text: Any, at: Place) -> float:
    try:
        limit = float(text)
    except (TypeError, ValueError):
        limit = math.nan
    if not math.isfinite(limit):
        raise wrong(f'has "{text}"', "a number such as 1000 or 0.5", at=at)
    return limit


class _ConditionField:
    """How pydantic reads a condition; schema.py shows it to editors."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(lambda raw: parse_condition(raw))

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"$comment": CONDITION}


ConditionField = Annotated[Condition, _ConditionField]


def questions_of(condition: Condition, filters: dict[str, Condition]) -> tuple[str, ...]:
    """The questions that a condition looks at, filters included, each once, in order."""
    if isinstance(condition, Filter):
        return questions_of(filters[condition.name], filters)
    if isinstance(condition, All | AnyOf):
        found = [name for part in condition.of for name in questions_of(part, filters)]
        return tuple(dict.fromkeys(found))
    if isinstance(condition, Not):
        return questions_of(condition.of, filters)
    return (condition.question,)


def leaves(condition: Condition) -> list[Leaf]:
    """The leaves of a condition, in order; filters are not followed."""
    if isinstance(condition, All | AnyOf):
        return [leaf for part in condition.of for leaf in leaves(part)]
    if isinstance(condition, Not):
        return leaves(condition.of)
    return [condition]
