"""The JSON Schema of a study file, for editors that complete and check as one writes.

An editor's YAML gives scalars types that `reading.py` does not: `baseline: 2021` is a number there, a text here.
The schema takes both; what it cannot see (names that point nowhere) is for `survey check` to say.
"""

from __future__ import annotations

from typing import Any

from pipeline.study.conditions import CONDITION, RANGE_KEYS
from pipeline.study.model import Study

NOT = (
    "True of respondents without an answer, too; {question: {answered: yes}} beside it leaves them out, as does "
    "base answered."
)
_NUMERAL = r"^\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?\s*$"
_YES_NO = [True, False, "yes", "no", "true", "false"]
_AS_WRITTEN: dict[str, dict[str, Any]] = {
    "string": {"type": ["string", "number", "boolean"]},
    "number": {"type": ["number", "string"], "pattern": _NUMERAL},
    "integer": {"type": ["integer", "string"], "pattern": r"^[0-9]+$"},
    "boolean": {"type": ["boolean", "string"], "enum": _YES_NO},
}


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a study file."""
    schema: dict[str, Any] = _as_written(Study.model_json_schema(by_alias=True))
    schema["$defs"]["Condition"] = _condition()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | schema | {"title": "Study file"}


def _as_written(node: Any) -> Any:
    """The schema with every scalar as an editor may type it, and no null: a key without a value is an error."""
    if isinstance(node, list):
        return [_as_written(part) for part in node]
    if not isinstance(node, dict):
        return node
    node = {key: _as_written(value) for key, value in node.items() if key != "title" or not isinstance(value, str)}
    if isinstance(node.get("const"), str) and node["const"].isdigit():
        node["enum"] = [node["const"], int(node.pop("const"))]
    if node.get("$comment") == CONDITION:
        node["$ref"] = "#/$defs/Condition"
    if node.get("default", "") is None:
        del node["default"]
    choices = [choice for choice in node.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) == 1:
        node = choices[0] | {key: value for key, value in node.items() if key != "anyOf"}
    if not isinstance(node.get("type"), str):
        return node
    if "enum" in node or "const" in node:
        return {key: value for key, value in node.items() if key != "type"}
    return node if node.get("format") == "date" else node | _AS_WRITTEN.get(node["type"], {})


def _condition() -> dict[str, Any]:
    """The condition language, as conditions.py reads it."""
    condition = {"$ref": "#/$defs/Condition"}
    several = {"type": "array", "minItems": 1, "items": condition}
    option = {"type": ["string", "number", "boolean"]}
    number = _AS_WRITTEN["number"]
    limits = dict.fromkeys(RANGE_KEYS, number)
    return {
        "description": "{question: [option, ...]}, {question: {at_least: 1}}, {any: [...]}, {all: [...]}, {not: ...}, "
        "or the name of a filter. Several keys: all of them.",
        "anyOf": [
            {"type": "string"},
            {
                "type": "object",
                "minProperties": 1,
                "properties": {"any": several, "all": several, "not": {"description": NOT} | condition},
                "additionalProperties": {
                    "anyOf": [
                        {"type": "array", "minItems": 1, "items": option},
                        {"type": "object", "minProperties": 1, "properties": limits, "additionalProperties": False},
                        {"type": "object", "required": ["answered"], "properties": {"answered": {"enum": _YES_NO}},
                         "additionalProperties": False},
                    ]
                },
            },
        ],
    }  # fmt: skip
