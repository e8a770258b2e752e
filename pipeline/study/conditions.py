"""The one condition language, for asked_if, unless, when, levels and filters.

    {employees: [huge], region: [north]}      and; options: any of
    {any: [..]}  {all: [..]}  {not: {..}}     or, and, not
    {budget: {at_least: 1000, below: 5000}}   ranges of a number
    {budget: {answered: yes}}                 any answer at all
    huge_north                                a filter by name

A condition is true or false of each respondent, never unknown: without an answer a leaf is false,
and `not` of it true.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

RANGE_KEYS = ("at_least", "at_most", "above", "below")


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
class Chosen:
    """The answer is one of these options; for a multiple-response question: any of them is ticked."""

    question: str
    options: tuple[str, ...]
    kind = "chosen"


@dataclass(frozen=True)
class InRange:
    question: str
    at_least: float | None = None
    at_most: float | None = None
    above: float | None = None
    below: float | None = None
    kind = "range"


@dataclass(frozen=True)
class Answered:
    question: str
    answered: bool
    kind = "answered"


@dataclass(frozen=True)
class Filter:
    """A condition of the section `filters`, by its name."""

    name: str
    kind = "filter"


Condition = All | AnyOf | Not | Chosen | InRange | Answered | Filter


def parse_condition(raw: Any) -> Condition:
    """The condition that a piece of a study file states. Raises PydanticCustomError with the reason."""
    if isinstance(raw, str):
        return Filter(raw)
    if not isinstance(raw, dict) or not raw:
        raise PydanticCustomError(
            "condition", "is not a condition: write {question: [option, ...]}, or the name of a filter"
        )
    parts = tuple(_part(key, value) for key, value in raw.items())
    return parts[0] if len(parts) == 1 else All(parts)


def _part(key: str, value: Any) -> Condition:
    if key in ("any", "all"):
        if not isinstance(value, list) or not value:
            raise PydanticCustomError("condition", "'{key}' needs a list of conditions", {"key": key})
        return (AnyOf if key == "any" else All)(tuple(parse_condition(item) for item in value))
    if key == "not":
        return Not(parse_condition(value))
    if isinstance(value, list):
        if not value or not all(isinstance(option, str) for option in value):
            raise PydanticCustomError("condition", "'{key}' needs a list of options", {"key": key})
        return Chosen(key, tuple(value))
    if isinstance(value, dict):
        return _measured(key, value)
    raise PydanticCustomError(
        "condition",
        "'{key}' needs a list of options, as [{found}], or a range, as {{at_least: 1}}",
        {"key": key, "found": str(value)},
    )


def _measured(key: str, value: dict[str, Any]) -> Condition:
    if set(value) == {"answered"}:
        words = {"yes": True, "true": True, "no": False, "false": False}
        if value["answered"] not in words:
            raise PydanticCustomError("condition", "'answered' is yes or no")
        return Answered(key, words[value["answered"]])
    unknown = [name for name in value if name not in RANGE_KEYS]
    if unknown or not value:
        raise PydanticCustomError(
            "condition",
            "'{key}' has '{unknown}', expected at_least, at_most, above, below or answered",
            {"key": key, "unknown": ", ".join(unknown)},
        )
    try:
        return InRange(key, **{name: float(limit) for name, limit in value.items()})
    except (TypeError, ValueError) as error:
        raise PydanticCustomError("condition", "a limit of '{key}' is not a number", {"key": key}) from error


class _ConditionField:
    """How pydantic reads a condition, and how the JSON Schema shows it."""

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(parse_condition)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        limits = {name: {"type": ["number", "string"]} for name in RANGE_KEYS} | {"answered": {"enum": ["yes", "no"]}}
        leaf = {
            "anyOf": [
                {"type": "array", "minItems": 1},
                {"type": "object"},
                {"type": "object", "properties": limits, "additionalProperties": False},
            ]
        }
        return {
            "description": "A condition: {question: [options]}, {any: [..]}, {not: {..}}, or a filter's name.",
            "anyOf": [{"type": "string"}, {"type": "object", "minProperties": 1, "additionalProperties": leaf}],
        }


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


def leaves(condition: Condition) -> list[Chosen | InRange | Answered | Filter]:
    """The leaves of a condition, in order; filters are not followed."""
    if isinstance(condition, All | AnyOf):
        return [leaf for part in condition.of for leaf in leaves(part)]
    if isinstance(condition, Not):
        return leaves(condition.of)
    return [condition]
