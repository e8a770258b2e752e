"""A study file from disk: read, validated, with every problem at its line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
from pipeline.study.reading import Document, parse_yaml
from pipeline.study.references import broken_comparisons, broken_references
from pipeline.study.section import Place
from pipeline.study.written import STUDY_NAME as STUDY_NAME
from pipeline.study.written import StudyFile as StudyFile
from pipeline.study.written import read_study_file, with_claims_listed

MOST_SHOWN = 50


def load_study(path: Path) -> StudyFile:
    """The study file at `path`. Raises StudyFileError naming every problem, each with its line."""
    found = read_study_file(path)
    found.study  # noqa: B018 - validates
    return found


def study_from_text(text: str, name: str = "study") -> StudyFile:
    """A study file from a text, as `load_study`."""
    found = StudyFile(name, with_claims_listed(parse_yaml(text, f"{name}.yaml")))
    found.study  # noqa: B018 - validates
    return found


def validated(document: Document) -> Study:
    """The contents of a study file. Raises StudyFileError naming every problem, each with its line."""
    if not isinstance(document.data, dict) or not document.data:
        what = "is not a mapping of sections" if document.data else "is empty"
        raise StudyFileError(document.where(()), what, expected=listed(Study.model_fields, 30))
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
    return study


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
