"""What stands in the banner tables: a block for each question, and a column for the total, each tier and each level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.estimation.column_letters import column_letter
from pipeline.publish.codebook import condition_text
from pipeline.publish.workbook.sheets import Book, records
from pipeline.study.variables import Variable, options_of

FIGURES = ("mean", "mean_low", "mean_high", "sd", "median")
"""What is told of a number."""
BASES = ("n", "weighted_base", "n_eff_kish")
ALL = "all"
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """A column: everyone, or one level of a segment, with its letter there."""

    segment: str
    level: str
    letter: str
    label: str


@dataclass(frozen=True)
class Block:
    """One question.

    options: option -> what it is called; empty for numbers and open answers. rows: by option and place (segment,
    level), the row of `toplines`; letters: the same from `banners`. top: row of the sheet where it begins, from 0.
    """

    number: int
    kind: str
    title: str
    base: str
    options: Mapping[str, str]
    rows: Mapping[tuple[str, str, str], Row]
    letters: Mapping[tuple[str, str, str], str]
    top: int = 0

    def figure(self, place: Place) -> Row | None:
        """Any row of the column: what it tells of the base holds for all options."""
        options = self.options or (ALL,)
        found = (self.rows.get((option, place.segment, place.level)) for option in options)
        return next((row for row in found if row is not None), None)

    @property
    def lines(self) -> int:
        """Rows that it takes, with one blank after it."""
        body = len(self.options) if self.options else len(FIGURES) if self.kind == "number" else 1
        return 2 + body + (len(BASES) if self.kind != "text" else 0) + 1


def places(book: Book) -> list[list[Place]]:
    """The columns, a list for each segment: the total, the tiers, each segment."""
    study, names = book.edition.study, book.names
    groups = [("tier", tuple(study.tiers.order))] if study.tiers else []
    groups += [(segment.name, tuple(segment.all_levels)) for segment in study.segment_columns]
    found = [[Place(ALL, ALL, "", book.words.say("texts", "total"))]]
    found += [
        [Place(segment, level, column_letter(i), names.level(segment, level)) for i, level in enumerate(levels)]
        for segment, levels in groups
    ]
    return found


def blocks(book: Book, top: int) -> list[Block]:
    """The questions of which something may be shown, in the order of the study file, the first at row `top`."""
    rows: dict[str, dict[tuple[str, str, str], Row]] = {}
    for row in records(book.edition, "toplines"):
        rows.setdefault(row["question"], {})[row["option"], row["segment"], row["level"]] = row
    letters: dict[str, dict[tuple[str, str, str], str]] = {}
    for row in records(book.edition, "banners"):
        letters.setdefault(row["question"], {})[row["option"], row["segment"], row["level"]] = row["higher_than"]
    found: list[Block] = []
    for ref, variable, options in _questions(book):
        if ref in rows:
            block = Block(len(found) + 1, variable.kind, book.names.question(variable), _base(book, variable),
                          options, rows[ref], letters.get(ref, {}), top)  # fmt: skip
            found.append(block)
            top += block.lines
    return found


def _questions(book: Book) -> Iterator[tuple[str, Variable, Mapping[str, str]]]:
    """(reference, its first variable, options that the wave offered); the ticks of a question are one."""
    study, wave, seen = book.edition.study, book.edition.wave, set()
    for variable in study.variables:
        ref = variable.question if variable.kind == "tick" else variable.ref
        if ref in seen:
            continue
        seen.add(ref)
        options = options_of(study.questions[variable.question], study.scales)
        yield ref, variable, {key: book.names.option(o) for key, o in options.items() if o.offered_in(wave)}


def _base(book: Book, variable: Variable) -> str:
    if variable.asked_if is None:
        return book.words.say("texts", "base")
    condition = condition_text(variable.asked_if).removesuffix("\n...")
    return book.words.say("texts", "asked", condition=condition)


def low(row: Row, book: Book) -> bool:
    """Whether the base carries a footnote."""
    return bool(row["n"] < book.edition.study.display.footnote_below)


def flattened(groups: Sequence[Sequence[Place]]) -> list[Place]:
    return [place for group in groups for place in group]
