"""Numbers as people write them, and whether a file writes them with a decimal point or a decimal comma."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

_SPACE = "\\s\u00a0\u202f"
_BEFORE, _BEHIND = rf"[$€£]?[{_SPACE}]?[-+]?", rf"([eE][-+]?[0-9]{{1,2}})?[{_SPACE}]?%?"
# As DuckDB's regular expressions have it, too. A group of thousands never follows a leading 0: 0,852 is a decimal.
WITH_POINT = rf"{_BEFORE}([1-9][0-9]{{0,2}}(,[0-9]{{3}})+|[0-9]+)?(\.[0-9]+)?{_BEHIND}"
WITH_COMMA = rf"{_BEFORE}([1-9][0-9]{{0,2}}([.{_SPACE}][0-9]{{3}})+|[0-9]+)?(,[0-9]+)?{_BEHIND}"
GROUPING = f"[.{_SPACE}]"  # what is taken out of a number with a decimal comma
_POINT, _COMMA = re.compile(WITH_POINT), re.compile(WITH_COMMA)
_LIST = re.compile(r"[0-9]+(,[0-9]+){2,}")  # codes of several options, as in 1,4,12


@dataclass(frozen=True)
class Numerals:
    """Positions of the columns that tell how a file writes its numbers, from its first records.

    said: what the study file says, "," or "."; else "". comma, point: columns with numbers that can only be read so
    (37,5 and 37.5). unclear: columns with numbers that are others if read otherwise (1,125).
    """

    said: str = ""
    comma: frozenset[int] = frozenset()
    point: frozenset[int] = frozenset()
    unclear: frozenset[int] = frozenset()

    def decimal(self, positions: Collection[int] = ()) -> str:
        """The decimal sign of the columns at these positions: "," or ".", or "" where nothing tells.

        What they hold counts before what the other columns hold: coordinates have a point in any language.
        """
        comma, point = not self.comma.isdisjoint(positions), not self.point.isdisjoint(positions)
        if not (comma or point):
            comma, point = bool(self.comma), bool(self.point)
        told = "," if comma and not point else "." if point else ""
        return self.said or told

    def both(self, positions: Collection[int]) -> bool:
        """Whether the columns at these positions have decimal commas and points, and nothing says which counts."""
        return not (self.said or self.comma.isdisjoint(positions) or self.point.isdisjoint(positions))


UNTOLD = Numerals()


def numerals(records: Iterable[Sequence[str]], said: str = "", is_text: bool = True) -> Numerals:
    """What the cells of some records tell that are wholly numbers.

    is_text: whether the file holds nothing but text; else a number with a point is a real one, and tells nothing.
    """
    cells: dict[int, set[str]] = {}
    for record in records:
        for position, cell in enumerate(record, 1):
            if "," in cell or "." in cell:
                cells.setdefault(position, set()).add(cell.strip())
    comma: set[int] = set()
    point: set[int] = set()
    unclear: set[int] = set()
    for position, texts in cells.items():
        if any(_LIST.fullmatch(text) and not _POINT.fullmatch(text) for text in texts):
            continue
        for text in texts:
            by_point, by_comma = _is(_POINT, text), _is(_COMMA, text)
            if by_comma and "," in text:
                (unclear if by_point else comma).add(position)
            elif by_point and not by_comma and (is_text or "," in text):
                point.add(position)
    return Numerals(said, frozenset(comma), frozenset(point), frozenset(unclear))


def is_number(text: str, decimal: str = ".") -> bool:
    """Whether a text is read as a number in a file with this decimal sign.

    With a decimal comma, a number that can only have a point is read all the same.
    """
    return _is(_POINT, text.strip()) or (decimal == "," and _is(_COMMA, text.strip()))


def _is(way: re.Pattern[str], text: str) -> bool:
    return way.fullmatch(text) is not None and any(character.isdigit() for character in text)
