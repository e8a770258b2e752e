"""A study file from disk: read, validated, with every problem at its line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipeline.errors import StudyFileError, SurveyError, listed, nearest
from pipeline.study.model import Study
from pipeline.study.reading import Document, parse_yaml, read_yaml
from pipeline.study.references import Place, Problem, problems_of

STUDY_NAME = r"[a-z0-9](?:[a-z0-9_-]{0,58}[a-z0-9])?"


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
    return _validated(path.stem, read_yaml(path, shown))


def study_from_text(text: str, name: str = "study") -> StudyFile:
    """A study file from a text, as `load_study`."""
    return _validated(name, parse_yaml(text, f"{name}.yaml"))


def _validated(name: str, document: Document) -> StudyFile:
    if not isinstance(document.data, dict):
        raise StudyFileError(
            document.where(()), "is not a mapping of sections", expected=listed(Study.model_fields, 30)
        )
    try:
        study = Study.model_validate(document.data)
    except ValidationError as error:
        raise _all_in_one(document, [_from_pydantic(document, e) for e in error.errors()]) from error
    problems = problems_of(study)
    if problems:
        raise _all_in_one(document, [_one(document, p) for p in problems])
    return StudyFile(name, study, document)


def _one(document: Document, problem: Problem) -> SurveyError:
    key = ".".join(str(part) for part in problem.place)
    return SurveyError(
        document.where(problem.place), f"{key}: {problem.what}", expected=problem.expected, nearest=problem.nearest
    )


def _all_in_one(document: Document, errors: list[SurveyError]) -> StudyFileError:
    if len(errors) == 1:
        return StudyFileError(errors[0].where, errors[0].what, **errors[0].details)
    text = "\n".join(str(error) for error in errors)
    return StudyFileError(document.file, f"{len(errors)} problems\n{text}")


def _place(document: Document, loc: tuple[str | int, ...]) -> Place:
    """pydantic's location without the names of union members, which are not in the file."""
    place: Place = ()
    for part in loc:
        if (*place, part) in document.lines:
            place = (*place, part)
    return place


def _from_pydantic(document: Document, error: Any) -> SurveyError:
    place = _place(document, error["loc"])
    context = error.get("ctx", {})
    found = error.get("input")
    if error["type"] == "unknown_key":
        place = (*place, context["key"])
        what, expected, close = "is not a key here", context["valid"], context["nearest"]
    elif error["type"] == "missing":
        what, expected, close = f"misses the key `{error['loc'][-1]}`", None, None
    elif error["type"] in ("literal_error", "union_tag_invalid"):
        choices = context.get("expected") or context.get("expected_tags", "")
        names = [name.strip("' ") for name in choices.replace(" or ", ", ").split(",")]
        value = found if isinstance(found, str) else context.get("tag", "")
        if error["type"] == "union_tag_invalid":
            place = (*place, context["discriminator"].strip("'"))
        what, expected, close = f'has "{value}"', listed(names, 30), nearest(value, names)
    elif error["type"] == "union_tag_not_found":
        key = context.get("discriminator", "").strip("'")
        close = nearest(key, found) if isinstance(found, dict) else None
        what, expected = f"misses the key `{key}`", None
    else:
        shown = f' (found "{found}")' if isinstance(found, str | int | float) else ""
        what, expected, close = error["msg"][0].lower() + error["msg"][1:] + shown, None, None
    key = ".".join(str(part) for part in place)
    return SurveyError(document.where(place), f"{key}: {what}" if key else what, expected=expected, nearest=close)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a study file, for editors that complete and check as one writes."""
    schema = Study.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Study file"
    return schema
