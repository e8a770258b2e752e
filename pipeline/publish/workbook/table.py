"""A flat table on a sheet of its own: two rows of headings, frozen and filtered, then a row for each record."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

from xlsxwriter.worksheet import Worksheet

from pipeline.publish.workbook.sheets import (
    HEAD,
    HEIGHT,
    KINDS,
    LINE,
    MOST_ROWS,
    PAGE_WIDTH,
    Book,
    begin,
    break_columns,
    high,
    put,
    sheet_name,
)  # fmt: skip

Row = Mapping[str, Any]
Value = Callable[[Row], Any]
ROOM = 1.1
"""Characters of the text's size in a unit of width, which is a digit of a larger size."""


@dataclass(frozen=True)
class Field:
    """A column. heading: key of the words. value: name of the row's column, or what to make of the row.

    kind: what it holds, or how the row tells. group: heading above it, shared with neighbours. look: of a row's cell.
    """

    heading: str
    value: str | Value
    kind: str | Callable[[Row], str] = "text"
    width: float = 10
    group: str = ""
    look: Callable[[Row], tuple[str, ...]] = lambda row: ()


def interval(
    of: str, kind: str | Callable[[Row], str], group: str, heading: str = "", first: str = ""
) -> tuple[Field, Field, Field]:
    """An estimate with its limits: columns `of`, `of_low` and `of_high`."""
    return (
        Field(heading or of, first or of, kind, 8, group),
        Field("low", f"{of}_low", kind, 8, group),
        Field("high", f"{of}_high", kind, 8, group),
    )


def write_table(book: Book, key: str, fields: Sequence[Field], rows: Sequence[Row], frozen: int = 1) -> None:
    """The table on one sheet, or on several where one has not enough rows. frozen: columns that stay in sight."""
    book.written[key] = (sheet_name(book, key), len(rows))
    most = MOST_ROWS - HEAD - 2
    for number, start in enumerate(range(0, max(len(rows), 1), most), start=1):
        _write_part(book, key, fields, rows[start : start + most], frozen, number)


def _write_part(book: Book, key: str, fields: Sequence[Field], rows: Sequence[Row], frozen: int, number: int) -> None:
    sheet = begin(book, key, [field.width for field in fields], number)
    first = write_rows(book, sheet, HEAD, fields, rows)
    sheet.freeze_panes(first, frozen)
    sheet.repeat_rows(HEAD, first - 1)
    if sum(field.width for field in fields) > PAGE_WIDTH:
        parts = [list(members) for _, members in groupby(fields[frozen:], key=lambda field: field.group)]
        break_columns(sheet, [(len(part), sum(field.width for field in part)) for part in parts], frozen,
                      sum(field.width for field in fields[:frozen]))  # fmt: skip
    if rows:
        sheet.autofilter(first - 1, 0, first + len(rows) - 1, len(fields) - 1)
    else:
        put(book, sheet, first, 0, book.words.say("texts", "nothing"), "line", "muted")


def write_rows(book: Book, sheet: Worksheet, top: int, fields: Sequence[Field], rows: Sequence[Row]) -> int:
    """Headings from row `top` on and the records under them. Returns the row of the first record."""
    say = book.words.say
    edges = [at > 0 and field.group != fields[at - 1].group for at, field in enumerate(fields)]
    if any(field.group for field in fields):
        _write_groups(book, sheet, top, fields)
        top += 1
    lines = 1
    for column, field in enumerate(fields):
        heading = say("columns", field.heading)
        numeric = not isinstance(field.kind, str) or KINDS[field.kind].get("align") == "right"
        looks = ("head", *(("right",) if numeric else ()), *(("edge",) if edges[column] else ()))
        put(book, sheet, top, column, heading, "text", *looks)
        lines = max(lines, lines_of(heading, field.width))
    sheet.set_row(top, LINE * lines + HEIGHT / 2)
    looks_of = [("line_below", "edge") if edge else ("line_below",) for edge in edges]
    for number, row in enumerate(rows, start=top + 1):
        tallest = 1
        for column, field in enumerate(fields):
            kind = field.kind if isinstance(field.kind, str) else field.kind(row)
            value = _value(book, row, field)
            put(book, sheet, number, column, value, kind, *looks_of[column], *field.look(row))
            if kind == "text" and isinstance(value, str):
                tallest = max(tallest, lines_of(value, field.width))
        high(sheet, number, tallest)
    return top + 1


def _write_groups(book: Book, sheet: Worksheet, row: int, fields: Sequence[Field]) -> None:
    """What neighbours share, above their headings."""
    at = 0
    for group, members in groupby(fields, key=lambda field: field.group):
        last = at + len(list(members)) - 1
        text = book.words.say("groups", group) if group else ""
        if last > at:
            sheet.merge_range(row, at, row, last, "", book.style("text", "group"))
        put(book, sheet, row, at, text, "text", "group")
        at = last + 1


def _value(book: Book, row: Row, field: Field) -> Any:
    if not isinstance(field.value, str):
        return field.value(row)
    value = row[field.value]
    if field.value.endswith("_high") and isinstance(value, float) and math.isinf(value):
        return book.words.say("texts", "no_limit")
    return value


@lru_cache(maxsize=20_000)  # labels and reasons repeat
def lines_of(text: str, width: float) -> int:
    """Lines that a text takes in a column, words kept whole; rather one too many."""
    room, lines, left = max(width * ROOM, 1.0), 0, 0.0
    for paragraph in text.split("\n"):
        lines, left = lines + 1, room
        for word in paragraph.split(" "):
            if len(word) > left and left < room:
                lines, left = lines + 1, room
            lines += int(len(word) // (room + 1))
            left -= len(word) + 1
    return lines
