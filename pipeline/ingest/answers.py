"""Delivered answers read as options: texts evened out, renamed options by wave, joined ticks taken apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from pipeline.engine import Query
from pipeline.study.evening import evened
from pipeline.study.questions import Option
from pipeline.study.variables import Variable

TICKED = {"1", "yes", "true", "x", "checked", "selected", "y", "on"}
NOT_TICKED = {"0", "no", "false", "unchecked", "not selected", "n", "off"}
SPACE_BEFORE = re.compile(" ([,;])")
PIECE_BEGINS = re.compile("(?:^|[,;])[,; ]*")
PIECE_ENDS = re.compile("[,;]")

_Row = dict[str, Any]


def values_query(variables: Sequence[Variable], available: Iterable[str]) -> Query:
    """Counts each distinct answer of every delivered column that holds options, and of numbers that are none."""
    found = set(available)
    own = [v.name for v in variables if v.kind in ("choice", "tick") and v.name in found]
    joined = [q for q in dict.fromkeys(v.question for v in variables if v.kind == "tick") if q in found]
    numbers = [v.name for v in variables if v.kind == "number" and v.name in found]
    return Query("core/delivered_values.sql", {"columns": [*own, *joined], "numbers": numbers})


def read_answers(wave: str, variables: Sequence[Variable], values: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of table `answers`: each distinct delivered answer with its code, NULL where it is unknown.

    values: rows with source, answer, n. A joined cell ("Marketing,Sales") yields a row for each option of
    its question, and one row, under the question's own name, for what is left of it that no option explains.
    """
    by_name = {v.name: v for v in variables}
    ticks: dict[str, dict[str, Option]] = {}
    for v in variables:
        if v.kind == "tick":
            ticks.setdefault(v.question, {})[v.part] = v.options[v.part]
    rows: list[dict[str, Any]] = []
    given = (value for value in values if evened(value["answer"]))
    for source, answers in groupby(given, key=itemgetter("source")):
        variable = by_name.get(source)
        if variable is None:
            found = _joined(source, Joined(ticks[source], wave), answers)
        elif variable.kind == "tick":
            found = _coded(source, Tick(variable.options[variable.part], wave), answers)
        elif variable.kind == "choice":
            found = _coded(source, Choice(variable.options, wave), answers)
        else:
            found = _coded(source, lambda answer: None, answers)
        rows += ({"wave": wave, "source": source} | row for row in found)
    return rows


def _coded(source: str, code: Callable[[str], str | None], answers: Iterable[Mapping[str, Any]]) -> Iterator[_Row]:
    for a in answers:
        yield {"variable": source, "answer": a["answer"], "code": code(a["answer"]), "n": a["n"]}


def _joined(question: str, joined: Joined, answers: Iterable[Mapping[str, Any]]) -> Iterator[_Row]:
    for a in answers:
        ticked, rest = joined(a["answer"])
        same = {"answer": a["answer"], "n": a["n"]}
        yield from ({"variable": f"{question}__{key}", "code": "1" if key in ticked else "0"} | same
                    for key in joined.options)  # fmt: skip
        if rest:
            yield {"variable": question, "code": None} | same


class Choice:
    """Reads an answer as the option that it names, or as the one marked `other`, or as None."""

    def __init__(self, options: Mapping[str, Option], wave: str) -> None:
        self.keys: dict[str, str] = {}
        for key, option in options.items():
            self.keys.setdefault(evened(option.text_in(wave)), key)
        self.other = other_of(options)

    def __call__(self, answer: str) -> str | None:
        return self.keys.get(evened(answer), self.other)


class Tick:
    """Reads an answer in the column of one option as "1", "0" or None."""

    def __init__(self, option: Option, wave: str) -> None:
        self.text = evened(option.text_in(wave))
        self.other = option.mark == "other"

    def __call__(self, answer: str) -> str | None:
        wanted = evened(answer)
        if wanted == self.text or wanted in TICKED:
            return "1"
        if wanted in NOT_TICKED:
            return "0"
        return "1" if self.other else None  # what stands in the column of `other` is what the respondent wrote


class Joined:
    """Takes a cell apart that joins options by commas or semicolons, though their texts may hold those themselves.

    Returns the options, and what is left of the cell that none of them explains. Of several readings the one
    that leaves least unexplained counts, then the one of fewest and longest options. What is left is the free
    text of the option marked `other`, where there is one.
    """

    def __init__(self, options: Mapping[str, Option], wave: str) -> None:
        self.options = options
        texts = sorted(((_tight(option.text_in(wave)), key) for key, option in options.items()), key=_longest)
        self.by_start: dict[str, list[tuple[str, str]]] = {}
        for text, key in texts:
            self.by_start.setdefault(text[:1], []).append((text, key))
        self.other = other_of(options)

    def __call__(self, cell: str) -> tuple[set[str], str]:
        text = _tight(cell)
        # From the end: best[i] is the best reading of text[i:], for each i at which a piece can begin.
        starts = [m.end() for m in PIECE_BEGINS.finditer(text) if m.end() < len(text)]
        best: dict[int, _Reading] = {len(text): _Reading(0, 0, "", None, len(text))}
        following = len(text)
        for start in reversed(starts):
            stop = PIECE_ENDS.search(text, start)
            end = stop.start() if stop else len(text)
            after = best[following]
            found = [_Reading(after.unread + end - start, after.pieces + 1, text[start:end], None, following)]
            for option, key in self.by_start.get(text[start], ()):
                end = start + len(option)
                if text.startswith(option, start) and (end == len(text) or text[end] in ",;"):
                    into = _next(text, end)
                    after = best[into]
                    found.append(_Reading(after.unread, after.pieces + 1, option, key, into))
            best[start] = min(found, key=lambda reading: (reading.unread, reading.pieces))
            following = start
        return self._read(best, following)

    def _read(self, best: Mapping[int, _Reading], start: int) -> tuple[set[str], str]:
        ticked: set[str] = set()
        left: list[str] = []
        reading = best[start]
        while reading.pieces:
            if reading.key is None:
                left.append(reading.text)
            else:
                ticked.add(reading.key)
            reading = best[reading.following]
        if left and self.other is not None:
            return ticked | {self.other}, ""
        return ticked, ", ".join(left)


@dataclass(frozen=True)
class _Reading:
    """How the rest of a cell is best read: characters left unread, pieces, and the first piece with its option."""

    unread: int
    pieces: int
    text: str
    key: str | None
    following: int


def _tight(text: str) -> str:
    """The text evened out, without spaces before its commas and semicolons."""
    return SPACE_BEFORE.sub(r"\1", evened(text))


def _next(text: str, end: int) -> int:
    """Where the piece after `end` begins: separators and spaces in a row are one separator."""
    while end < len(text) and text[end] in ",; ":
        end += 1
    return end


def _longest(text_and_key: tuple[str, str]) -> int:
    return -len(text_and_key[0])


def other_of(options: Mapping[str, Option]) -> str | None:
    """The option for free text, if there is one."""
    return next((key for key, option in options.items() if option.mark == "other"), None)
