"""Who was asked a question, told from who has no answer to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.drafting.profiles import Export
from pipeline.drafting.questions import DraftQuestion
from pipeline.study.evening import evened

NEAREST = 40  # earlier questions that may explain a silence
MOST_OPTIONS = 12  # of a question that may
FEWEST = 10  # records on either side
STRAYS = 0.02  # answers from those who seem not to have been asked
ANSWERED = 0.5  # of those who seem to have been


@dataclass(frozen=True)
class Asked:
    """asked_if as drafted: a question and its options. strays: share of the answers that it does not explain."""

    question: str
    options: tuple[str, ...]
    strays: float


def asked_rules(export: Export, questions: Sequence[DraftQuestion]) -> dict[str, Asked]:
    """The questions whose missing answers an earlier question explains, each with the nearest that does so best."""
    answered = {q.name: _answered(export, q) for q in questions}
    coded = {q.name: found for q in questions if (found := _coded(export, q)) is not None}
    order = [q.name for q in questions]
    rules: dict[str, Asked] = {}
    for i, question in enumerate(questions):
        given = answered[question.name]
        if given is None or given.all() or given.sum() < FEWEST:
            continue
        best: Asked | None = None
        earlier = [name for name in order[max(0, i - NEAREST) : i] if name in coded]
        for name in reversed(earlier):
            rule = _rule(name, *coded[name], given)
            if rule is not None and (best is None or rule.strays < best.strays - STRAYS / 4):
                best = rule
        if best is not None:
            rules[question.name] = best
    return rules


def _answered(export: Export, question: DraftQuestion) -> NDArray[np.bool_] | None:
    """For each record, whether the question has an answer."""
    found = None
    for p in question.profiles:
        cells = export.cells.get(p.column.position)
        if cells is None:
            if p.filled:
                return None
            continue
        given = np.array([cell is not None for cell in cells])
        found = given if found is None else found | given
    return found


def _coded(export: Export, question: DraftQuestion) -> tuple[tuple[str, ...], NDArray[np.int64]] | None:
    """Options of a question with one answer, and the place of each record's; -1 without one."""
    if question.kind != "single" or not 2 <= len(question.options) <= MOST_OPTIONS:
        return None
    cells = export.cells.get(question.profiles[0].column.position)
    if cells is None:
        return None
    places: dict[str, int] = {}
    for i, option in enumerate(question.options):
        places |= {evened(text): i for text in (option.text, option.code or option.text)}
    distinct = {cell: places.get(evened(cell), -1) for cell in set(cells) if cell is not None}
    codes = np.array([-1 if cell is None else distinct[cell] for cell in cells], dtype=np.int64)
    return tuple(option.key for option in question.options), codes


def _rule(name: str, options: tuple[str, ...], codes: NDArray[np.int64], given: NDArray[np.bool_]) -> Asked | None:
    """The options whose respondents answer, where all others do not."""
    size = np.bincount(codes + 1, minlength=len(options) + 1).astype(float)
    said = np.bincount(codes[given] + 1, minlength=len(options) + 1).astype(float)
    with np.errstate(invalid="ignore"):
        share = said / size
    asked = (share >= ANSWERED) & (size > 0)
    asked[0] = False
    left_out = (size > 0) & ~asked
    left_out[0] = False
    if not asked.any() or size[asked].sum() < FEWEST or size[left_out].sum() < FEWEST:
        return None
    strays = said[~asked].sum() / max(said.sum(), 1.0)
    if strays > STRAYS or said[left_out].sum() > STRAYS * size[left_out].sum():
        return None
    return Asked(name, tuple(key for key, yes in zip(options, asked[1:], strict=True) if yes), float(strays))
