"""A study file from disk: read, validated, with every problem at its line."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pipeline.errors import StudyFileError, SurveyError, listed
from pipeline.study.claim_references import broken_claims
from pipeline.study.collisions import collisions, respondent_columns
from pipeline.study.disclosure import Disclosure, improper_words
from pipeline.study.misfits import misfits
from pipeline.study.model import Study
from pipeline.study.problems import Problem, one_line
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
    document = read_yaml(path, shown)
    claims = document.data.get("claims") if isinstance(document.data, dict) else None
    if isinstance(claims, str) and re.fullmatch(r"[^/\\]+", claims) and (path.parent / claims).name not in ("", ".."):
        if not (path.parent / claims).is_file():
            raise StudyFileError(
                document.where(("claims",)), f'claims: file "{claims}" is not there', expected=f"beside {path.name}"
            )
        document = document.with_section("claims", read_yaml(path.parent / claims, f"{path.parent.name}/{claims}"))
    return _validated(path.stem, document)


def study_from_text(text: str, name: str = "study") -> StudyFile:
    """A study file from a text, as `load_study`."""
    return _validated(name, parse_yaml(text, f"{name}.yaml"))


def _validated(name: str, document: Document) -> StudyFile:
    if not isinstance(document.data, dict) or not document.data:
        what = "is not a mapping of sections" if document.data else "is empty"
        raise StudyFileError(document.where(()), what, expected=listed(Study.model_fields, 30))
    if isinstance(document.data.get("claims"), list):
        document = document.under("claims", "claims")
    _raise_any(document, _empty(document.data, ()))
    try:
        study = Study.model_validate(document.data)
    except ValidationError as error:
        _raise_any(document, (p for e in error.errors() for p in misfits(document, e)))
        raise
    _raise_any(document, chain(broken_references(study), collisions(study)))
    # Levels of segments are known only once what they are made of is sound.
    _raise_any(document, chain(broken_comparisons(study), respondent_columns(study)))
    _raise_any(document, broken_claims(study))
    disclosed: dict[Place, Disclosure] = {("disclosure",): study.disclosure}
    disclosed |= {("waves", wave, "disclosure"): declared.disclosure for wave, declared in study.waves.items()}
    _raise_any(document, improper_words(study.sample.type, disclosed))
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
    count = f"{len(found)} problems"
    if len(found) > MOST_SHOWN:
        count = f"more than {MOST_SHOWN} problems, the first {MOST_SHOWN} of them:"
    raise StudyFileError(document.file, "\n".join([count, *map(str, errors)]))


def _error(document: Document, problem: Problem) -> SurveyError:
    place = problem.place[1:] if problem.place[:2] == ("claims", "claims") else problem.place
    key = ".".join(f"#{part + 1}" if isinstance(part, int) else one_line(part, 60) for part in place)
    what = one_line(f"{key}: {problem.what}" if key else problem.what)
    details = {"expected": problem.expected, "nearest": problem.nearest, "do": problem.do}
    return SurveyError(
        document.where(problem.place), what, **{name: text and one_line(text) for name, text in details.items()}
    )


def _empty(value: Any, place: Place) -> Iterator[Problem]:
    if value is None:
        yield Problem(place, "has no value", do='write one, or take the key out; a text with a comma needs ""')
    elif isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _empty(inner, (*place, key))
