"""A study file from disk: read, validated, with every problem at its line."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from pipeline.errors import StudyFileError, SurveyError, listed, nearest
from pipeline.study.cleaning import Rule
from pipeline.study.collisions import collisions, respondent_columns
from pipeline.study.model import Study
from pipeline.study.problems import Problem
from pipeline.study.questions import Question
from pipeline.study.reading import Document, parse_yaml, read_yaml
from pipeline.study.references import broken_comparisons, broken_references
from pipeline.study.section import Place

STUDY_NAME = r"[a-z0-9](?:[a-z0-9_-]{0,58}[a-z0-9])?"
MOST_SHOWN = 50


@dataclass(frozen=True)
class StudyFile:
    """A valid study file: its name, its contents, and the means to tell whether a section changed."""

    name: str
    study: Study
    document: Document

    def digest(self, sections: Iterable[str]) -> str:
        """Hash of the named sections as written, comments and layout aside."""
        part = {section: self.document.data.get(section) for section in sections}
        return hashlib.sha256(json.dumps(part, ensure_ascii=False).encode()).hexdigest()


def load_study(path: Path) -> StudyFile:
    """The study file at `path`. Raises StudyFileError naming every problem, each with its line."""
    shown = f"{path.parent.name}/{path.name}"
    if not re.fullmatch(STUDY_NAME, path.stem):
        raise StudyFileError(
            shown, "is not named as a study", expected="lower-case letters, digits, - and _, at most 60"
        )
    return _validated(path.stem, read_yaml(path, shown))


def study_from_text(text: str, name: str = "study") -> StudyFile:
    """A study file from a text, as `load_study`."""
    return _validated(name, parse_yaml(text, f"{name}.yaml"))


def _validated(name: str, document: Document) -> StudyFile:
    if not isinstance(document.data, dict) or not document.data:
        what = "is not a mapping of sections" if document.data else "is empty"
        raise StudyFileError(document.where(()), what, expected=listed(Study.model_fields, 30))
    _raise_any(document, _empty(document.data, ()))
    try:
        study = Study.model_validate(document.data)
    except ValidationError as error:
        _raise_any(document, (p for e in error.errors() for p in _from_pydantic(document, e)))
        raise
    _raise_any(document, chain(broken_references(study), collisions(study)))
    # Levels of segments are known only once what they are made of is sound.
    _raise_any(document, chain(broken_comparisons(study), respondent_columns(study)))
    return StudyFile(name, study, document)


# -- problems, at their lines


def _raise_any(document: Document, problems: Iterable[Problem]) -> None:
    """Raises StudyFileError where there are problems; no more are looked for than an analyst would read."""
    found = list(islice(problems, MOST_SHOWN + 1))
    if not found:
        return
    shown = sorted(found[:MOST_SHOWN], key=lambda problem: document.line(problem.place))
    errors = [_error(document, problem) for problem in shown]
    if len(errors) == 1:
        raise StudyFileError(errors[0].where, errors[0].what, **errors[0].details)
    count = f"{len(found)} problems" if len(found) <= MOST_SHOWN else f"more than {MOST_SHOWN} problems; of these"
    raise StudyFileError(document.file, "\n".join([count, *map(str, errors)]))


def _error(document: Document, problem: Problem) -> SurveyError:
    key = ".".join(f"#{part + 1}" if isinstance(part, int) else _short(part, 60) for part in problem.place)
    what = _short(f"{key}: {problem.what}" if key else problem.what)
    details = {"expected": problem.expected, "nearest": problem.nearest, "do": problem.do}
    return SurveyError(
        document.where(problem.place), what, **{name: text and _short(text) for name, text in details.items()}
    )


def _short(text: str, most: int = 600) -> str:
    """A text of the file on one line."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most]}..."


def _empty(value: Any, place: Place) -> Iterator[Problem]:
    if value is None:
        yield Problem(place, "has no value", do="write one, or take the key out")
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _empty(inner, (*place, key))


# -- what pydantic finds

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


def _from_pydantic(document: Document, error: Any) -> Iterator[Problem]:
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
    elif kind in ("missing", "too_short", "too_long"):
        size = context.get("actual_length", error["loc"][-1])
        what = f"has {size} {'entry' if size == 1 else 'entries'}" if size else "is empty"
        yield Problem(place, what, _EXPECTED[kind].format(**context) if context else "one more")
    else:
        expected = _EXPECTED[kind].format(**context) if kind in _EXPECTED else error["msg"]
        if context.get("class_name") in ("Option", "Row"):
            expected = "a text, or {text: ...}"
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
    return f'"{_short(str(value), 80)}"'


def _kinds(union: Any) -> list[str]:
    """What the members of a tagged union are called."""
    members, field = get_args(union)
    return [get_args(m.model_fields[field.discriminator].annotation)[0] for m in get_args(members)]
