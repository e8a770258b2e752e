"""Counts of many specifications at once, indicator by indicator, so that memory does not grow with indicators."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.cells.sums import Floats
from pipeline.estimation.specifications import Counts, Kind, Specification

A, B = 1, 2
"""In group a, in group b; their sum in both, 0 in neither."""
SIDES = 4
AT_ONCE = 6  # specifications whose groups are told apart in one pass: 4,096 combinations stay in a core's cache

Answers = NDArray[np.int8]


@dataclass(frozen=True)
class Way:
    """A specification that is not counted yet.

    groups: (N,) the side of each record, as A and B. weight: (N,), None where everyone counts once.
    """

    comparison: str
    kind: Kind
    name: str
    groups: NDArray[np.int8]
    weight: Floats | None = None
    reason: str = ""


def sides(in_a: NDArray[np.bool_], in_b: NDArray[np.bool_]) -> NDArray[np.int8]:
    """The side of each record."""
    return np.asarray(A * in_a.astype(np.int8) + B * in_b.astype(np.int8), np.int8)


def counted(ways: Sequence[Way], answers: Iterable[Answers]) -> list[Specification]:
    """Each way with its counts. answers: of each indicator in turn (N,), 1 yes, 0 no, -1 not in the base."""
    passes = [_Pass(chunk) for own in _by_weight(ways) for chunk in _chunks(own)]
    inside, within = None, np.zeros(0, dtype=np.intp)
    for answer in answers:
        now = answer >= 0
        if inside is None or not np.array_equal(inside, now):  # indicators of one question share a base
            inside, within = now, np.flatnonzero(now)
        yes = np.flatnonzero(answer == 1)
        for one in passes:
            one.add(yes, within)
    found = {id(way): counts for one in passes for way, counts in one.counts()}
    return [Specification(way.comparison, way.kind, way.name, found[id(way)], way.reason) for way in ways]


class _Pass:
    """Some ways under one weight: sums by combination of their sides, from which each way's follow."""

    def __init__(self, ways: Sequence[Way]) -> None:
        self.ways = ways
        self.weight = ways[0].weight
        self.size = SIDES ** len(ways)
        self.combination = np.zeros(len(ways[0].groups), dtype=np.int16)
        for place, way in enumerate(ways):
            self.combination += way.groups * np.int16(SIDES**place)
        self.sums: list[Floats] = []
        self.base: tuple[NDArray[np.intp], Floats] | None = None

    def add(self, yes: NDArray[np.intp], base: NDArray[np.intp]) -> None:
        """Sums (4, combinations) of the next indicator: yes and base of respondents, then of weights.

        yes, base: places of the records; the same array where indicators share a base.
        """
        if self.base is None or self.base[0] is not base:
            self.base = (base, self._both(base))
        of_yes, of_base = self._both(yes), self.base[1]
        self.sums.append(np.stack([of_yes[0], of_base[0], of_yes[1], of_base[1]]))

    def _both(self, at: NDArray[np.intp]) -> Floats:
        where = self.combination[at]
        plain = np.bincount(where, minlength=self.size).astype(float)
        return np.stack([plain, plain if self.weight is None else np.bincount(where, self.weight[at], self.size)])

    def counts(self) -> list[tuple[Way, Counts]]:
        sums = np.stack(self.sums) if self.sums else np.zeros((0, SIDES, self.size))  # (K, 4, combinations)
        found = []
        for place, way in enumerate(self.ways):
            side = np.arange(self.size) // SIDES**place % SIDES
            a, b = (sums @ ((side & group) > 0) for group in (A, B))
            found.append((way, Counts(a[:, 0], a[:, 1], b[:, 0], b[:, 1], a[:, 2], a[:, 3], b[:, 2], b[:, 3])))
        return found


def _by_weight(ways: Iterable[Way]) -> list[list[Way]]:
    """Ways that share one array of weights."""
    found: dict[int, list[Way]] = {}
    for way in ways:
        found.setdefault(id(way.weight), []).append(way)
    return list(found.values())


def _chunks(ways: Sequence[Way]) -> list[Sequence[Way]]:
    return [ways[start : start + AT_ONCE] for start in range(0, len(ways), AT_ONCE)]
