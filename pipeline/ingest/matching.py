"""Which column of a delivered file belongs to which declared question: by text, name or ImportId, never position."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice

from pipeline.errors import DeliveryError, listed
from pipeline.ingest.layout import Source, SourceColumn
from pipeline.study.evening import evened
from pipeline.study.questions import GridQuestion, MultipleQuestion, Question, Questions, Scales
from pipeline.study.variables import hot_columns, options_of
from pipeline.study.waves import METADATA, Columns

SELECTED = "Selected Choice"
JOINS = (" - ", "-", f" - {SELECTED} - ")  # between a question and its part, where one header cell holds both
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
        self.by_whole: dict[str, list[SourceColumn]] = {}
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
            if text and part:
                for dash in JOINS:
                    self.by_whole.setdefault(evened(f"{column.text}{dash}{column.part}"), []).append(column)

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
            found = self.by_text.get((evened(f"{text} - {SELECTED}"), ""), []) or self.by_whole.get(evened(text), [])
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

    def take(found: list[SourceColumn], variable: str, what: str, several: bool = False) -> bool:
        if len(found) > 1 and not several:
            shown = listed(_shown(c) for c in found)
            keys = [c.import_id for c in found if c.import_id]
            raise DeliveryError(
                str(source.path), f"has {len(found)} columns for {what}", found=f"columns {shown}", expected="one",
                do="name the right one with `column`, or drop the other from the export"
                + (f"; by their ids: {listed(keys)}" if len(set(keys)) == len(found) else ""),
            )  # fmt: skip
        for column in found:
            if (other := taken.get(column.position)) is not None:
                raise DeliveryError(
                    str(source.path), f"column {_shown(column)} answers to {what} and to {taken_by[other]}",
                    expected="a column for each", do="tell them apart with `column`, or take one out of the study file",
                )  # fmt: skip
        taken.update({column.position: variable for column in found})
        if found:
            taken_by[variable] = what
        return bool(found)

    for name, question in questions.items():
        for w in _wanted(name, question, scales, index, wave):
            if not w.asked:
                missing.append(Match(None, "not asked", w.variable))
            elif not take(w.found, w.variable, w.what, w.several):
                missing.append(Match(None, "missing", w.variable))

    def free(name: str | None) -> list[SourceColumn]:
        found = index.named(name) if name else []
        left = [c for c in found if c.position not in taken and not _is_question(c)]
        exact = [c for c in left if c.import_id == name]  # a field of the study may be called Status too
        return exact if len(left) > 1 and len(exact) == 1 else left

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
    names = {evened(name) for name in source.layout.defaults.values()}
    matched = [
        Match(c, _role(c, taken, columns, counts, names), taken.get(c.position, "")) for c in source.layout.columns
    ]
    return matched + missing


def _is_question(column: SourceColumn) -> bool:
    """A question may bear the name of a metadata column; Qualtrics tells it by the id."""
    return column.import_id.startswith("QID")


def _shown(column: SourceColumn) -> str:
    return f"{column.position} ({(column.name or column.text)[:60]})"


@dataclass(frozen=True)
class _Wanted:
    """A column of `delivered`, the columns that answer to it, and words for it. several: whether many may."""

    variable: str
    found: list[SourceColumn]
    what: str
    asked: bool
    several: bool = False


def _wanted(name: str, question: Question, scales: Scales, index: _Index, wave: str) -> list[_Wanted]:
    """Every column that a question can have."""
    columns, text, asked = question.columns_in(wave), question.text_in(wave), question.asked_in(wave)
    if isinstance(question, GridQuestion):
        return [
            _Wanted(f"{name}__{key}", _part(index, row.column_in(wave), columns, text, row.text_in(wave)),
                    f'row "{key}" of grid "{name}"', asked and row.asked_in(wave))
            for key, row in question.rows.items()
        ]  # fmt: skip
    whole = [c for column in columns for c in index.named(column)] if columns else index.texted(text)
    alone = _Wanted(name, whole, f'question "{name}"', asked, len(columns) > 1)
    if isinstance(question, MultipleQuestion):
        ticks = [
            _Wanted(f"{name}__{key}",
                    _part(index, option.column_in(wave), columns, text, *option.own_texts_in(wave), *option.also),
                    f'option "{key}" of question "{name}"', asked and option.offered_in(wave), option.mark == "other")
            for key, option in options_of(question, scales).items()
        ]  # fmt: skip
        return ticks if any(tick.found for tick in ticks) else [alone]
    if hot := hot_columns(name, question):
        options = options_of(question, scales)
        return [
            _Wanted(column, index.named(options[key].column_in(wave) or ""), f'option "{key}" of question "{name}"',
                    asked and options[key].offered_in(wave))
            for key, column in hot.items()
        ]  # fmt: skip
    return [alone]


def _part(
    index: _Index, own: str | None, columns: tuple[str, ...], text: str | None, *parts: str
) -> list[SourceColumn]:
    """Columns of a grid row or an option: by its own name, or by its question's name or text and the first of its
    own texts that finds some."""
    if own:
        return index.named(own)
    for part in parts:
        found = [c for column in columns for c in index.part_of(column, part)] if columns else index.texted(text, part)
        if found:
            return found
    return []


def _role(
    column: SourceColumn,
    taken: Mapping[int, str],
    columns: Columns,
    counts: Counter[tuple[str, str, str]],
    own: set[str],
) -> str:
    if column.position in taken:
        variable = taken[column.position]
        return "metadata" if variable in METADATA else "sampling" if " " in variable else "question"
    name = evened(column.name)
    if column.kind == "personal" or _among(column, columns.personal):
        return "personal"
    if _among(column, columns.ignore):
        return "ignored"
    if column.kind:
        return column.kind
    if name in own and not _is_question(column):
        return "metadata"
    if not name and not column.text.strip() and not column.part.strip():
        return "nameless"
    if counts[(name, evened(column.text), evened(column.part))] > 1:
        return "repeated"
    return "unlisted"


def _among(column: SourceColumn, patterns: tuple[str, ...]) -> bool:
    names = {evened(column.name), evened(column.text)} - {""}
    return any(fnmatchcase(name, evened(pattern)) for pattern in patterns for name in names)
