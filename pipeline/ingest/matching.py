"""Which column of a delivered file belongs to which declared question: by text, name or ImportId, never position."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice

from pipeline.errors import DeliveryError, listed
from pipeline.ingest import qualtrics, surveymonkey
from pipeline.ingest.layout import Source, SourceColumn
from pipeline.study.evening import evened
from pipeline.study.questions import GridQuestion, MultipleQuestion, Question, Questions, Scales
from pipeline.study.variables import options_of
from pipeline.study.waves import Columns
from pipeline.tables import METADATA

PLATFORM_METADATA = (*qualtrics.METADATA, *surveymonkey.METADATA)
PLATFORM_PERSONAL = (*qualtrics.PERSONAL, *surveymonkey.PERSONAL)
SELECTED = "Selected Choice"
MOST_STARTS = 8  # underscores of a column name that may follow the name of its question


@dataclass(frozen=True)
class Match:
    """A column and what becomes of it. column is None where a declared variable has none (missing, not asked)."""

    column: SourceColumn | None
    role: str
    variable: str


class _Index:
    """The columns of one file, found by evened name, ImportId, and text with part."""

    def __init__(self, source: Source) -> None:
        self.by_name: dict[str, list[SourceColumn]] = {}
        self.by_text: dict[tuple[str, str], list[SourceColumn]] = {}
        self.by_start: dict[str, list[tuple[SourceColumn, str, str]]] = {}
        for column in source.layout.columns:
            text, part = evened(column.text), evened(column.part)
            starts = set()
            for name in {evened(column.name), evened(column.import_id)} - {""}:
                self.by_name.setdefault(name, []).append(column)
                starts |= {name[: m.end()] for m in islice(re.finditer("_", name), MOST_STARTS)}
            for start in starts:
                self.by_start.setdefault(start, []).append((column, text, part))
            if text:
                self.by_text.setdefault((text, part), []).append(column)

    def named(self, name: str) -> list[SourceColumn]:
        return self.by_name.get(evened(name), [])

    def texted(self, text: str | None, part: str = "") -> list[SourceColumn]:
        """Columns of a question text; of a part of it, as its own header cell or after " - "."""
        if not text:
            return []
        found = list(self.by_text.get((evened(text), evened(part)), []))
        if part:
            for joined in (f"{text} - {part}", f"{text} - {SELECTED} - {part}"):
                found += self.by_text.get((evened(joined), ""), [])
        elif not found:
            found = self.by_text.get((evened(f"{text} - {SELECTED}"), ""), [])
        return found

    def part_of(self, column: str, part: str) -> list[SourceColumn]:
        """Columns named `column_...` whose text ends with the part."""
        among, end = self.by_start.get(evened(column) + "_", []), evened(part)
        return [c for c, text, own in among if own == end or text.endswith(f"- {end}")]


def match(
    source: Source,
    questions: Questions,
    scales: Scales,
    columns: Columns,
    wave: str,
    sampling: Iterable[tuple[str, str]] = (),
) -> list[Match]:
    """Every column of a file with its role, in order; then declared variables that it lacks.

    sampling: (name in `delivered`, delivered column) of what tells design and weights.
    Raises DeliveryError where two columns answer to one declared question, or one to two.
    """
    index = _Index(source)
    taken: dict[int, str] = {}
    taken_by: dict[str, str] = {}
    missing: list[Match] = []

    def take(found: list[SourceColumn], variable: str, what: str) -> bool:
        if len(found) > 1:
            shown = listed(_shown(c) for c in found)
            raise DeliveryError(
                str(source.path), f"has {len(found)} columns for {what}", found=f"columns {shown}",
                expected="one", do="name the right one with `column`, or drop the other from the export",
            )  # fmt: skip
        if found and (other := taken.get(found[0].position)) is not None:
            raise DeliveryError(
                str(source.path), f"column {_shown(found[0])} answers to {what} and to {taken_by[other]}",
                expected="a column for each", do="tell them apart with `column`, or take one out of the study file",
            )  # fmt: skip
        if found:
            taken[found[0].position] = variable
            taken_by[variable] = what
        return bool(found)

    for name, question in questions.items():
        for variable, found, what in _wanted(name, question, scales, index, wave):
            if not question.asked_in(wave):
                missing.append(Match(None, "not asked", variable))
            elif not take(found, variable, what):
                missing.append(Match(None, "missing", variable))

    def free(name: str | None) -> list[SourceColumn]:
        found = index.named(name) if name else []
        return [c for c in found if c.position not in taken and not _is_question(c)]

    for ours in METADATA:
        declared, own = getattr(columns, ours), source.layout.defaults.get(ours)
        # The waves may come from several platforms, each with a name of its own.
        found = free(declared) or [c for c in free(own) if not _among(c, columns.personal)]
        if not take(found, ours, f"`columns: {ours}`") and declared:
            missing.append(Match(None, "missing", ours))

    for ours, theirs in sampling:
        # A question or an id may also tell stratum or sampling unit: it is read twice.
        if not take([c for c in index.named(theirs) if c.position not in taken], ours, f"`{ours}`"):
            again = index.named(theirs)[:1]
            missing.append(Match(again[0], "sampling", ours) if again else Match(None, "missing", ours))

    counts = Counter((evened(c.name), evened(c.text), evened(c.part)) for c in source.layout.columns)
    matched = [Match(c, _role(c, taken, columns, counts), taken.get(c.position, "")) for c in source.layout.columns]
    return matched + missing


def _is_question(column: SourceColumn) -> bool:
    """A question may bear the name of a metadata column; Qualtrics tells it by the id."""
    return column.import_id.startswith("QID")


def _shown(column: SourceColumn) -> str:
    return f"{column.position} ({(column.name or column.text)[:60]})"


def _wanted(
    name: str, question: Question, scales: Scales, index: _Index, wave: str
) -> list[tuple[str, list[SourceColumn], str]]:
    """(variable, columns that answer to it, words for it) for every column that a question can have."""
    if isinstance(question, GridQuestion):
        wanted = []
        for key, row in question.rows.items():
            if row.column:
                found = index.named(row.column)
            elif question.column:
                found = index.part_of(question.column, row.text)
            else:
                found = index.texted(question.text, row.text)
            wanted.append((f"{name}__{key}", found, f'row "{key}" of grid "{name}"'))
        return wanted
    whole = index.named(question.column) if question.column else index.texted(question.text)
    if not isinstance(question, MultipleQuestion):
        return [(name, whole, f'question "{name}"')]
    ticks = []
    for key, option in options_of(question, scales).items():
        text = option.text_in(wave)
        if option.column:
            found = index.named(option.column)
        elif question.column:
            found = index.part_of(question.column, text)
        else:
            found = index.texted(question.text, text)
        ticks.append((f"{name}__{key}", found, f'option "{key}" of question "{name}"'))
    if any(found for _, found, _ in ticks):
        return ticks
    return [(name, whole, f'question "{name}"')]


def _role(
    column: SourceColumn, taken: Mapping[int, str], columns: Columns, counts: Counter[tuple[str, str, str]]
) -> str:
    if column.position in taken:
        variable = taken[column.position]
        return "metadata" if variable in METADATA else "sampling" if " " in variable else "question"
    name = evened(column.name)
    if _among(column, (*columns.personal, *PLATFORM_PERSONAL)):
        return "personal"
    if _among(column, columns.ignore):
        return "ignored"
    if name in {evened(known) for known in PLATFORM_METADATA} and not _is_question(column):
        return "metadata"
    if not name and not column.text.strip() and not column.part.strip():
        return "nameless"
    if counts[(name, evened(column.text), evened(column.part))] > 1:
        return "repeated"
    return "unlisted"


def _among(column: SourceColumn, patterns: tuple[str, ...]) -> bool:
    names = {evened(column.name), evened(column.text)} - {""}
    return any(fnmatchcase(name, evened(pattern)) for pattern in patterns for name in names)
