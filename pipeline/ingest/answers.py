"""Delivered answers read as options: texts evened out, renamed options by wave, joined ticks taken apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from pipeline.engine import Query
from pipeline.ingest.spreadsheet_dates import spreadsheet_dates, without_year
from pipeline.study.evening import evened
from pipeline.study.questions import GridQuestion, MultipleQuestion, Option, Questions, Scales
from pipeline.study.variables import cells_of, hot_columns, options_of

TICKED = {"1", "1.0", "yes", "true", "x", "checked", "selected", "y", "on"}
NOT_TICKED = {"0", "0.0", "no", "false", "unchecked", "not selected", "n", "off"}
SPACE_BEFORE = re.compile(" ([,;])")
PIECE_BEGINS = re.compile("(?:^|[,;])[,; ]*")
PIECE_ENDS = re.compile("[,;]")
LINE_END = re.compile("[\r\n]+")
WHOLE = re.compile(r"([0-9]+)\.0+")  # a whole number as a spreadsheet may write it
WORDS = "(words of their own)"  # what stands for what respondents wrote in place of an option
OTHER = "-oth-"  # what LimeSurvey writes for the option for free text

_Row = dict[str, Any]


def values_query(questions: Questions, scales: Scales, available: Iterable[str]) -> Query:
    """Counts each distinct answer of every delivered column that holds options, and of numbers that are none."""
    found = set(available)
    cells = cells_of(questions, scales)
    coded = [name for question, names in cells.items() if questions[question].type not in ("number", "text")
             for name in names if name in found]  # fmt: skip
    numbers = [name for name, question in questions.items() if question.type == "number" and name in found]
    return Query("core/delivered_values.sql", {"columns": coded, "numbers": numbers})


def read_answers(
    wave: str, questions: Questions, scales: Scales, values: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Rows of table `answers`: each distinct delivered answer with its code, NULL where it is unknown.

    values: rows with source, answer, n. A joined cell ("Marketing,Sales") yields a row for each option of
    its question, and one row, under the question's own name, for what is left of it that no option explains.
    """
    answers: dict[str, list[Mapping[str, Any]]] = {}
    for value in values:
        if evened(value["answer"]):
            answers.setdefault(value["source"], []).append(value)
    rows: list[dict[str, Any]] = []
    for source, coded in _readers(wave, questions, scales, answers):
        if source in answers:
            rows += ({"wave": wave, "source": source} | row for row in coded(source, answers[source]))
    return rows


_Answers = Iterable[Mapping[str, Any]]


def _readers(
    wave: str, questions: Questions, scales: Scales, answers: Mapping[str, _Answers]
) -> Iterator[tuple[str, Callable[[str, _Answers], Iterator[_Row]]]]:
    """How the answers of each column are read."""
    for name, question in questions.items():
        options = options_of(question, scales)
        if isinstance(question, MultipleQuestion):
            columns = {f"{name}__{key}": option for key, option in options.items()}
            numbered = _hold_own_numbers([answers.get(column, ()) for column in columns])
            for column, option in columns.items():
                yield column, partial(_coded, Tick(option, wave, question.ticked, numbered))
            yield name, partial(_joined, Joined(options, wave))
        elif hot := hot_columns(name, question):
            numbered = _hold_own_numbers([answers.get(column, ()) for column in hot.values()])
            for key, column in hot.items():
                yield column, partial(_coded, Tick(options[key], wave, (), numbered))
        elif isinstance(question, GridQuestion):
            choice = Choice(options, wave)
            for key in question.rows:
                yield f"{name}__{key}", partial(_chosen, choice)
        elif options:
            yield name, partial(_chosen, Choice(options, wave))
        else:
            yield name, partial(_coded, lambda answer: None)


def _hold_own_numbers(columns: Iterable[_Answers]) -> bool:
    """Whether a tick is told by the number of its option: each column has one number, none that of another."""
    found = [{evened(a["answer"]) for a in answers} - NOT_TICKED for answers in columns]
    numbers = [next(iter(texts)) for texts in found if len(texts) == 1]
    return (
        len(numbers) == sum(bool(texts) for texts in found) > 1
        and all(number.isdigit() for number in numbers)
        and len(set(numbers)) == len(numbers)
    )


def _coded(code: Callable[[str], str | None], source: str, answers: _Answers) -> Iterator[_Row]:
    for a in answers:
        yield {"variable": source, "answer": a["answer"], "code": code(a["answer"]), "n": a["n"]}


def _chosen(choice: Choice, source: str, answers: _Answers) -> Iterator[_Row]:
    """As `_coded`; what respondents wrote in place of an option is counted, and their words end here."""
    words = 0
    for row in _coded(choice, source, answers):
        if row["code"] is not None and row["code"] == choice.other and not choice.names(row["answer"]):
            words += row["n"]
        else:
            yield row
    if words:
        yield {"variable": source, "answer": WORDS, "code": choice.other, "n": words}


def _joined(joined: Joined, question: str, answers: _Answers) -> Iterator[_Row]:
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
        self.other = other_of(options)
        for key, option in options.items():
            for text in option.answers_in(wave):
                self.keys.setdefault(evened(text), key)
        for key, option in options.items():
            for text in spreadsheet_dates(option.text_in(wave)):
                self.keys.setdefault(text, key)
        if self.other is not None:
            self.keys.setdefault(OTHER, self.other)

    def __call__(self, answer: str) -> str | None:
        return self.names(answer) or self.other

    def names(self, answer: str) -> str | None:
        """The option that the answer names, or None."""
        wanted = evened(answer)
        key = self.keys.get(wanted)
        if key is None and (whole := WHOLE.fullmatch(wanted)):
            key = self.keys.get(whole.group(1))
        if key is None and (date := without_year(wanted)):
            key = self.keys.get(date)
        return key


class Tick:
    """Reads an answer in the column of one option as "1", "0" or None.

    ticked: the answers that mean so, where the study file says it. numbered: whether the option's number does.
    """

    def __init__(self, option: Option, wave: str, ticked: Iterable[str] = (), numbered: bool = False) -> None:
        self.called = {evened(text) for text in (*option.own_texts_in(wave), *option.also)}
        self.code = evened(option.code or "")
        self.ticked = {evened(text) for text in ticked}
        self.numbered = numbered
        self.other = option.mark == "other"

    def __call__(self, answer: str) -> str | None:
        wanted = evened(answer)
        if self.ticked:
            return "1" if wanted in self.ticked else "0"
        if wanted in self.called:
            return "1"
        if wanted in NOT_TICKED:
            return "0"
        if wanted in TICKED or wanted == self.code or (self.numbered and wanted.isdigit()):
            return "1"
        return "1" if self.other else None  # what stands in the column of `other` is what the respondent wrote


class Joined:
    """Takes a cell apart that joins options by commas or semicolons, though their texts may hold those themselves.

    Returns the options, and what is left of the cell that none of them explains. Of several readings the one
    that leaves least unexplained counts, then the one of fewest and longest options. What is left is the free
    text of the option marked `other`, where there is one.
    """

    def __init__(self, options: Mapping[str, Option], wave: str) -> None:
        self.options = options
        texts = sorted(
            ((_tight(text), key) for key, option in options.items() for text in option.answers_in(wave)), key=_longest
        )
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
    """The text evened out, without spaces before its commas and semicolons; a line's end divides as they do."""
    return SPACE_BEFORE.sub(r"\1", evened(LINE_END.sub(";", text.strip())))


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
