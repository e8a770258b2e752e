"""How a sheet looks and how a cell is written: text stays text, numbers are numbers, nothing is worked out."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, lru_cache
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pipeline.publish.edition import Edition
from pipeline.publish.workbook.names import Names
from pipeline.publish.workbook.words import Words

MOST_CHARACTERS = 32_767
"""Of a cell, in the units of UTF-16."""
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
LINE = 12.0
"""Height of a line of text, in points."""
HEIGHT, MOST_HEIGHT = 13.5, 400.0
"""Heights of a row: with one line, and at most."""
SCALE = 60
PAGE_WIDTH, PAGE_HEIGHT = 190.0, 840.0
"""What a page of A4 across holds at that scale: characters, and points."""
MOST_FOOTER = 60
"""Characters of the title in a footer: Excel takes 255 in all."""
TITLE, STUDY, MARK, NOTE, BACK, HEAD = range(6)
"""Rows that every sheet begins with, the last one the first of its own."""
NO_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML, or a cell, cannot hold."""

NAVY, GREY, RULE, BAND, AMBER, RED = "#1F3864", "#6B7280", "#BFC5CE", "#EEF1F5", "#FFF1CC", "#FBE3E0"
_NUMBER = {"align": "right"}
KINDS: Mapping[str, Mapping[str, Any]] = {
    "text": {"text_wrap": True, "indent": 1, "align": "left"},
    "line": {},
    "count": {"num_format": "#,##0", **_NUMBER},
    "number": {"num_format": "#,##0.0", **_NUMBER},
    "percent": {"num_format": "0%", **_NUMBER},
    "share": {"num_format": "0.0%", **_NUMBER},
    "change": {"num_format": "+0.0%;-0.0%;0.0%", **_NUMBER},
    "step": {"num_format": "+0.0;-0.0;0.0", **_NUMBER},
    "times": {"num_format": "0.00", **_NUMBER},
    "score": {"num_format": "0.0", **_NUMBER},
    "p": {"num_format": '[<0.001]"<0.001";0.000', **_NUMBER},
    "date": {"num_format": "yyyy-mm-dd", "align": "left"},
    "fact": {"num_format": "#,##0", "align": "left", "text_wrap": True},
    "letters": {"font_size": 8, "font_color": NAVY, "align": "left"},
}
"""What a cell holds -> how it is shown. A share is from 0 to 1, and so is its change."""
LOOKS: Mapping[str, Mapping[str, Any]] = {
    "title": {"bold": True, "font_size": 15, "font_color": NAVY},
    "study": {"font_color": GREY, "font_size": 10},
    "note": {"font_color": GREY, "italic": True},
    "synthetic": {"bold": True, "bg_color": AMBER, "font_color": "#7A4B00"},
    "draft": {"bold": True, "bg_color": RED, "font_color": "#9B1C1C"},
    "group": {"bold": True, "font_color": NAVY, "align": "center", "indent": 0, "bottom": 1, "bottom_color": NAVY,
              "bg_color": BAND, "text_wrap": True, "valign": "vcenter"},
    "head": {"bold": True, "bg_color": BAND, "bottom": 2, "bottom_color": NAVY, "text_wrap": True, "valign": "bottom"},
    "right": {"align": "right", "indent": 0},
    "center": {"align": "center", "indent": 0},
    "section": {"bold": True, "font_size": 11, "font_color": NAVY, "bottom": 1, "bottom_color": NAVY},
    "strong": {"bold": True},
    "small": {"font_size": 8},
    "flush": {"indent": 0},
    "plain": {"bottom": 0, "bold": False, "valign": "bottom"},
    "muted": {"italic": True, "font_color": GREY},
    "absent": {"font_color": GREY, "align": "right"},
    "base": {"font_color": GREY, "font_size": 8},
    "first": {"top": 1, "top_color": RULE},
    "edge": {"left": 1, "left_color": RULE},
    "line_below": {"bottom": 1, "bottom_color": "#E3E6EB"},
    "block": {"bold": True, "bg_color": BAND, "top": 1, "top_color": NAVY, "indent": 0},
    "link": {"font_color": "#1D4ED8", "underline": 1},
    "good": {"bg_color": "#E3F1E6"},
    "even": {"bg_color": "#F3F4F6"},
    "doubt": {"bg_color": AMBER},
    "bad": {"bg_color": RED},
}  # fmt: skip


@dataclass(frozen=True)
class Book:
    """A workbook that is being written."""

    file: Workbook
    edition: Edition
    words: Words
    formats: dict[tuple[str, ...], Format] = field(default_factory=dict)
    written: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Key of a sheet -> its name and how many rows it shows, for the contents."""

    @cached_property
    def names(self) -> Names:
        return Names(self.edition.study, self.edition.wave, self.words)

    @cached_property
    def facts(self) -> Mapping[str, Any]:
        """The edition's row of table `waves`."""
        return next(iter(records(self.edition, "waves")), {})

    def style(self, kind: str, *looks: str) -> Format:
        """The format of a kind of cell; later looks win."""
        key = (kind, *looks)
        if key not in self.formats:
            base: dict[str, Any] = {"font_name": "Arial", "font_size": 9, "valign": "top"}
            self.formats[key] = self.file.add_format(base | _together(KINDS[kind], *(LOOKS[look] for look in looks)))
        return self.formats[key]


def _together(*parts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for part in parts for name, value in part.items()}


def records(edition: Edition, table: str) -> list[dict[str, Any]]:
    """Rows of a table as the edition shows them, None for what is missing; none where the edition lacks the table."""
    frame = edition.rows.get(table)
    if frame is None or frame.empty:
        return []
    columns = [
        [None if missing else value for value, missing in zip(column.tolist(), column.isna(), strict=True)]
        for _, column in frame.items()
    ]
    return [dict(zip(map(str, frame.columns), row, strict=True)) for row in zip(*columns, strict=True)]


@lru_cache(maxsize=20_000)  # labels repeat
def safe(text: str) -> str:
    """The text as a cell can hold it: not longer than Excel allows, without characters that no file can hold.

    XlsxWriter takes a text from <r> to </r> for formatting: a space after it keeps it a text.
    """
    text = NO_TEXT.sub("\ufffd", text.replace("\r\n", "\n"))
    if len(text) * 2 > MOST_CHARACTERS and len(text.encode("utf-16-le")) // 2 > MOST_CHARACTERS:
        text = text.encode("utf-16-le")[: 2 * (MOST_CHARACTERS - 1)].decode("utf-16-le", "ignore") + "…"
    return f"{text[: MOST_CHARACTERS - 1]} " if text.startswith("<r>") and text.endswith("</r>") else text


def put(book: Book, sheet: Worksheet, row: int, column: int, value: object, kind: str, *looks: str) -> None:
    """Writes one cell. A missing number is a mark and not 0, an infinite one is words."""
    if value is None or value == "":
        if kind in ("text", "line", "letters", "fact", "date"):
            sheet.write_blank(row, column, None, book.style(kind, *looks))
        else:
            sheet.write_string(row, column, book.words.say("texts", "none"), book.style(kind, *looks, "absent"))
    elif isinstance(value, bool):
        sheet.write_string(row, column, book.words.say("texts", "yes" if value else "no"), book.style(kind, *looks))
    elif isinstance(value, str):
        sheet.write_string(row, column, safe(value), book.style(kind, *looks))
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, book.style(kind, *looks))
    elif math.isfinite(value):  # type: ignore[arg-type]
        sheet.write_number(row, column, value, book.style(kind, *looks))
    else:
        sheet.write_string(row, column, book.words.say("texts", "infinite"), book.style(kind, *looks))


def begin(book: Book, key: str, widths: Sequence[float], number: int = 1) -> Worksheet:
    """A new sheet with what every sheet begins with, ready to be printed. number: 2 where one did not hold all."""
    say, edition = book.words.say, book.edition
    name = sheet_name(book, key, number)
    sheet = book.file.add_worksheet(name)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width, book.style("line"))
    put(book, sheet, TITLE, 0, name, "line", "title")
    analysed = book.facts.get("analysed")
    study = say("marks", "subtitle", title=book.names.title, wave=edition.wave)
    n = "" if analysed is None else " · " + say("marks", "n", n=f"{analysed:,}")
    put(book, sheet, STUDY, 0, study + n, "line", "study")
    _mark(book, sheet, min(len(widths), 8))
    put(book, sheet, NOTE, 0, say("about", key), "line", "note")
    if key != "contents":
        link(book, sheet, BACK, 0, "contents", say("texts", "to_contents"))
    sheet.set_default_row(HEIGHT)
    sheet.set_row(TITLE, 22)
    sheet.hide_gridlines(2)
    _printing(book, sheet)
    return sheet


def link(book: Book, sheet: Worksheet, row: int, column: int, key: str, text: str, target: int = 0) -> None:
    """A link to a row of another sheet of this workbook."""
    place = f"internal:'{sheet_name(book, key)}'!A{target + 1}"
    sheet.write_url(row, column, place, book.style("line", "link"), safe(text))


def high(sheet: Worksheet, row: int, lines: int) -> float:
    """Makes a row as high as its lines need, and returns the height."""
    height = min(LINE * lines + HEIGHT - LINE, MOST_HEIGHT)
    if lines != 1:
        sheet.set_row(row, height)
    return height


def break_columns(sheet: Worksheet, parts: Sequence[tuple[int, float]], fixed: int, width: float) -> None:
    """Pages that break between parts of a wide sheet: readable ones, not all columns on one.

    parts: (columns, width in characters) that belong together. fixed: first columns, on every page, of that width.
    """
    sheet.set_print_scale(SCALE)
    sheet.print_across()
    sheet.repeat_columns(0, fixed - 1)
    column, taken, breaks = fixed, width, []
    for columns, wide in parts:
        if taken + wide > PAGE_WIDTH and taken > width:
            breaks.append(column)
            taken = width
        taken += wide
        column += columns
    sheet.set_v_pagebreaks(breaks)


def sheet_name(book: Book, key: str, number: int = 1) -> str:
    name = book.words.say("sheets", key)
    return name if number == 1 else book.words.say("texts", "part", name=name, number=number)


def _mark(book: Book, sheet: Worksheet, columns: int) -> None:
    """Synthetic and draft, in one band across the first columns."""
    said = []
    if book.edition.study.synthetic:
        said.append(book.words.say("marks", "synthetic"))
    if book.edition.draft:
        said.append(book.words.say("marks", "draft", because="; ".join(book.edition.draft_because)))
    if not said:
        return
    look = "draft" if book.edition.draft else "synthetic"
    for column in range(columns):
        put(book, sheet, MARK, column, " · ".join(said) if column == 0 else None, "line", look)


def _printing(book: Book, sheet: Worksheet) -> None:
    say, edition = book.words.say, book.edition
    said = [say("marks", "synthetic_short")] if edition.study.synthetic else []
    said += [say("marks", "draft_short")] if edition.draft else []
    title = safe(book.names.title).replace("\n", " ")[:MOST_FOOTER].replace("&", "&&")
    wave = edition.wave.replace("&", "&&")
    page = say("marks", "page", page="&P", pages="&N")
    sheet.set_footer(f"&L&8 {title} · {wave}&C&8&B {' · '.join(said)}&R&8 {page}")
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1, 0)
