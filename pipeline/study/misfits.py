"""Values that do not fit the model, as pydantic finds them, in the words of the study file and at their places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pipeline.errors import listed, nearest
from pipeline.study.cleaning import Rule
from pipeline.study.problems import Problem, one_line
from pipeline.study.questions import Question
from pipeline.study.reading import Document
from pipeline.study.section import Place

_MAPPING, _LIST, _NUMBER = "a mapping, key: value", "a list, [..., ...]", "a number such as 1000 or 0.5"
_WHOLE = "a whole number such as 30"
_EXPECTED = {
    "string_type": "a text", "bool_parsing": "yes or no", "bool_type": "yes or no",
    "float_parsing": _NUMBER, "float_type": _NUMBER, "finite_number": _NUMBER,
    "int_parsing": _WHOLE, "int_parsing_size": _WHOLE, "int_type": _WHOLE,
    "dict_type": _MAPPING, "model_type": _MAPPING, "model_attributes_type": _MAPPING,
    "tuple_type": _LIST, "list_type": _LIST,
    "greater_than": "more than {gt:g}", "greater_than_equal": "at least {ge:g}",
    "less_than": "less than {lt:g}", "less_than_equal": "at most {le:g}",
    "too_short": "at least {min_length}", "too_long": "at most {max_length}",
}  # fmt: skip
_KINDS = {"type": Question, "rule": Rule}  # unions, by the key that tells their members apart


def misfits(document: Document, error: Any) -> Iterator[Problem]:
    """Problems of one entry of `ValidationError.errors()`."""
    place = _place(document, error["loc"])
    kind, context, found = error["type"], error.get("ctx", {}), error["input"]
    if kind == "wrong":
        yield Problem((*place, *context["at"]), context["what"], context["expected"], context["nearest"], context["do"])
    elif kind == "unknown_key":
        for key in context["keys"]:
            close = nearest(key, context["valid"])
            yield Problem((*place, key), "is not a key here", listed(context["valid"], 30), close)
    elif kind in ("union_tag_invalid", "union_tag_not_found"):
        key = context["discriminator"].strip("'")
        kinds = _kinds(_KINDS[key])
        if kind == "union_tag_invalid":
            yield Problem(
                (*place, key), f"has {_shown(found[key])}", listed(kinds, 30), nearest(str(found[key]), kinds)
            )
        else:
            yield Problem(place, f"misses the key `{key}`", listed(kinds, 30), nearest(key, found))
    elif kind == "literal_error":
        choices = [choice.strip("' ") for choice in context["expected"].replace(" or ", ", ").split(",")]
        yield Problem(place, f"has {_shown(found)}", listed(choices, 30), nearest(str(found), choices))
    elif kind == "missing" and isinstance(error["loc"][-1], str):
        yield Problem(place, f"misses the key `{error['loc'][-1]}`")
    elif kind == "too_short" and len(found) >= context["min_length"]:
        return  # long enough, but for the entries that are wrong themselves
    elif kind in ("missing", "too_short", "too_long"):
        size = context.get("actual_length", error["loc"][-1])
        what = f"has {size} {'entry' if size == 1 else 'entries'}" if size else "is empty"
        yield Problem(place, what, _EXPECTED[kind].format(**context) if context else "one more")
    else:
        expected = _EXPECTED[kind].format(**context) if kind in _EXPECTED else error["msg"]
        if context.get("class_name") in ("Option", "Row", "Earlier", "EarlierOption"):
            expected = "a text, or {text: ...}"
        elif context.get("class_name") == "Net":
            expected = "a list of options, or {of: [...], label: ...}"
        yield Problem(place, f"has {_shown(found)}", expected)


def _place(document: Document, loc: tuple[str | int, ...]) -> Place:
    """pydantic's location without the names of union members and the like, which are not in the file."""
    if loc[:1] in (("questions",), ("cleaning",)):
        loc = (*loc[:2], *loc[3:])
    place: Place = ()
    for part in loc:
        if (*place, part) in document.lines:
            place = (*place, part)
    return place


def _shown(value: Any) -> str:
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    return f'"{one_line(str(value), 80)}"'


def _kinds(union: Any) -> list[str]:
    """What the members of a tagged union are called."""
    members, field = get_args(union)
    return [get_args(m.model_fields[field.discriminator].annotation)[0] for m in get_args(members)]
