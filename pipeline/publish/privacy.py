"""Counts that a release must not show: small ones, and others from which a small one could be got by subtraction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.estimation.counts import Floats

SMALL = "small cell"
SUBTRACTION = "could be got by subtraction"

Flags = NDArray[np.bool_]
Place = tuple[str, str]  # segment, level
ALL: Place = ("all", "all")
BASE = ""  # stands for an option: the base itself

CELL = ["variable", "segment", "level", "option"]
EXACT = 1e-9


@dataclass(frozen=True)
class Additive:
    """Which published counts add up.

    single_choice: variables whose options exclude each other, so that they add up to the base. Option `all` (the
    count of a number or an open answer) is its base for every variable.
    exclusive: segments (`tier` among them) whose levels exclude each other, so that they add up to everyone.
    nets: parts of a level by (segment, level), parts that exclude each other.
    """

    single_choice: Collection[str] = ()
    exclusive: Collection[str] = ()
    nets: Mapping[Place, Sequence[str]] = field(default_factory=dict)


def withheld(counts: pd.DataFrame, additive: Additive, minimum: int | None) -> pd.DataFrame:
    """Which rows of published counts a release must leave out, and why.

    counts: a row for each published count, of one wave: variable (question or indicator), segment, level, option,
    x (respondents who gave it), n (unweighted base), whole numbers; other columns, such as the table, are not
    read. Rows alike in the first four are one count that several tables show.
    minimum: counts from 1 to under this are small; None: nothing is withheld.
    Returns a frame with the index of counts: `withheld` (bool) and `reason` (SMALL, SUBTRACTION or empty). All
    figures of such a row must go, share and limits among them; the reason must stay in the house, for it tells
    the range. A small base withholds every row on it. Zeros stay, but on a base that is withheld.
    No withheld count is determined by the rest, also not by its being a whole number of at least 1. What lies
    outside the published options or levels (no answer to the segment's question) hides others only if it is
    not small itself.
    Raises ValueError where rows that are one count differ, x exceeds n, or parts exceed their total.
    Source: complementary cell suppression as in Hundepool et al. (2012), Statistical Disclosure Control, chapter 4.
    """
    found = pd.DataFrame({"withheld": False, "reason": ""}, index=counts.index)
    if minimum is None or counts.empty:
        return found
    small = (counts["x"].between(1, minimum - 1)) | (counts["n"].between(1, minimum - 1))
    reasons = np.full(len(counts), "", object)
    variables = counts["variable"].to_numpy()
    for variable in counts.loc[small, "variable"].unique():
        rows = np.flatnonzero(variables == variable)
        reasons[rows] = _reasons(counts.iloc[rows], variable in additive.single_choice, additive, minimum)
    return found.assign(withheld=reasons != "", reason=reasons)


def _reasons(counts: pd.DataFrame, single: bool, additive: Additive, minimum: int) -> list[str]:
    """The reason of each row of one variable; its counts add up among themselves only."""
    cells = _cells(counts)
    sums = _Sums(cells, minimum)
    for place in dict.fromkeys((segment, level) for segment, level, _ in cells):
        options = [option for segment, level, option in cells if (segment, level) == place and option != BASE]
        if single:
            sums.add((*place, BASE), [(*place, option) for option in options])
        elif "all" in options:
            sums.add((*place, BASE), [(*place, "all")])
    for option in dict.fromkeys(option for _, _, option in cells):
        levels = {(segment, level) for segment, level, other in cells if other == option}
        for segment in additive.exclusive:
            own = [place for place in levels if place[0] == segment and place not in additive.nets]
            if own:
                sums.add((*ALL, option), [(*place, option) for place in own])
        for (segment, net), parts in additive.nets.items():
            sums.add((segment, net, option), [(segment, part, option) for part in parts])
    hidden = protected(np.array(sums.values), sums.published, sums.matrix(), minimum)
    hides = {cell: bool(hidden[i]) for cell, i in sums.number.items()}
    reasons = []
    for segment, level, option in counts[CELL[1:]].itertuples(index=False, name=None):
        concerned = [cell for cell in ((segment, level, option), (segment, level, BASE)) if hides[cell]]
        is_small = any(0 < cells[cell] < minimum for cell in concerned)
        reasons.append((SMALL if is_small else SUBTRACTION) if concerned else "")
    return reasons


def _cells(counts: pd.DataFrame) -> dict[tuple[str, str, str], float]:
    """Values of counts and bases by segment, level and option."""
    cells: dict[tuple[str, str, str], float] = {}
    for segment, level, option, x, n in counts[[*CELL[1:], "x", "n"]].itertuples(index=False, name=None):
        if not 0 <= x <= n:
            raise ValueError(f"{segment} {level}, option {option}: x is {x} and n is {n}")
        for cell, value in (((segment, level, option), x), ((segment, level, BASE), n)):
            if cells.setdefault(cell, float(value)) != value:
                raise ValueError(f"{' '.join(cell).strip()} is {cells[cell]:.0f} and {value}: one count, two values")
    return cells


class _Sums:
    """Cells, and the sums that hold among them: parts and what is left over make up a total."""

    def __init__(self, cells: Mapping[tuple[str, str, str], float], minimum: int) -> None:
        self.number = {cell: i for i, cell in enumerate(cells)}
        self.values = list(cells.values())
        self.minimum = minimum
        self.sums: list[tuple[int, list[int]]] = []

    @property
    def published(self) -> Flags:
        return np.arange(len(self.values)) < len(self.number)

    def add(self, total: tuple[str, str, str], parts: Sequence[tuple[str, str, str]]) -> None:
        """A sum of published cells; without all of them there is nothing to subtract."""
        if total not in self.number or any(part not in self.number for part in parts):
            return
        numbers = [self.number[part] for part in parts]
        left = self.values[self.number[total]] - sum(self.values[i] for i in numbers)
        if left < 0:
            raise ValueError(f"parts of {' '.join(total).strip()} exceed it by {-left:.0f}")
        if left >= self.minimum:  # a smaller one would hide the others by less than a small count: as if it were known
            numbers.append(len(self.values))
            self.values.append(left)
        self.sums.append((self.number[total], numbers))

    def matrix(self) -> Floats:
        """A row for each sum, a column for each cell: 1 for parts, -1 for the total."""
        found = np.zeros((len(self.sums), len(self.values)))
        for row, (total, parts) in zip(found, self.sums, strict=True):
            row[parts] = 1.0
            row[total] = -1.0
        return found


def protected(values: Floats, published: Flags, sums: Floats, minimum: int) -> Flags:
    """Which published cells must be hidden so that no small one can be worked out.

    values: (N,) counts. published: (N,) False for counts that nobody is shown. sums: (E, N) whose product with
    the values is known to everyone. Returns (N,): the small cells, and others until none that is hidden is determined.
    The smallest cell that helps is hidden first; zeros never.
    """
    hidden = published & (values > 0) & (values < minimum)
    while True:
        unknown = hidden | ~published
        involved = (sums != 0) & unknown
        open_sums = (involved.sum(axis=1) == 1) & np.any(involved & hidden, axis=1)  # plain subtraction, the usual case
        if not np.any(open_sums):
            exposed = hidden & _determined(values, unknown, published, sums)
            if not np.any(exposed):
                return hidden
            open_sums = np.any(involved & exposed, axis=1)
        candidates = published & ~hidden & (values > 0)
        beside = candidates & np.any(sums[open_sums] != 0, axis=0)
        choice = np.flatnonzero(beside if np.any(beside) else candidates)
        if not len(choice):
            return published  # nothing is left to hide behind: hide the zeros as well
        hidden[choice[np.argmin(values[choice])]] = True


def _determined(values: Floats, unknown: Flags, published: Flags, sums: Floats) -> Flags:
    """Which unknown cells have one value only, given the known ones and that hidden cells are at least 1.

    A hidden 1 lies at its bound and can only grow. Where it cannot, it is as good as known; apart from those the
    bounds tell nothing, so a cell is determined where its column is no part of any change that leaves the sums as
    they are.
    """
    free = unknown.copy()
    lowest = unknown & published & (values == 1)
    if np.any(lowest):
        free &= ~(lowest & ~_can_grow(sums[:, unknown], lowest[unknown], unknown))
    found = unknown.copy()
    if np.any(free):
        _, size, rows = np.linalg.svd(sums[:, free])
        basis = rows[: np.sum(size > EXACT)]
        found[free] = np.sum(basis**2, axis=0) > 1 - EXACT  # the cell's own direction lies in the row space
    return found


def _can_grow(sums: Floats, lowest: Flags, unknown: Flags) -> Flags:
    """(N,): which of the lowest cells some change of the unknown ones increases, without decreasing another of them."""
    from scipy.optimize import linprog

    cells, bound = len(lowest), np.flatnonzero(lowest)
    gain = np.zeros((len(bound), cells + len(bound)))  # gain <= change, and at most 1
    gain[np.arange(len(bound)), bound] = -1.0
    gain[:, cells:] = np.eye(len(bound))
    result = linprog(
        np.r_[np.zeros(cells), -np.ones(len(bound))],
        A_ub=gain,
        b_ub=np.zeros(len(bound)),
        A_eq=np.hstack([sums, np.zeros((len(sums), len(bound)))]),
        b_eq=np.zeros(len(sums)),
        bounds=[(0.0, None) if low else (None, None) for low in lowest] + [(0.0, 1.0)] * len(bound),
    )
    if not result.success:
        raise ArithmeticError(f"the check against subtraction did not end: {result.message}")
    grows = np.zeros(len(unknown), bool)
    grows[np.flatnonzero(unknown)[bound]] = result.x[cells:] > 0.5
    return grows
