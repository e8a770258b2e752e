"""The first sheet: what this edition is, where everything stands, and how to read it."""

from __future__ import annotations

from collections.abc import Mapping

from xlsxwriter.worksheet import Worksheet

from pipeline.estimation.status import ORDER
from pipeline.publish.workbook.sheets import HEAD, Book, high, link, put
from pipeline.publish.workbook.table import lines_of

WIDTHS = (30, 96, 16)
SHOWN = {"findings", "toplines", "banners", "tiers", "score_means", "trends", "claims"}
"""Tables of which rows that are left out are missed in this workbook."""


def write_contents(book: Book, sheet: Worksheet) -> None:
    """Written last, when the other sheets are known. sheet: as begun."""
    row = _facts(book, sheet, HEAD)
    row = _sheets(book, sheet, row + 1)
    row = _explained(book, sheet, row + 1, "statuses", {
        book.words.say("statuses", status): book.words.lists["status_meanings"][status] for status in ORDER
    })  # fmt: skip
    row = _explained(book, sheet, row + 1, "signs", book.words.lists["signs"])
    _left_out(book, sheet, row + 1)


def _heading(book: Book, sheet: Worksheet, row: int, *texts: str) -> int:
    for column in range(len(WIDTHS)):
        text = texts[column] if column < len(texts) else None
        put(book, sheet, row, column, text, "line", "section", *(("right",) if column == 2 else ()))
    return row + 1


def _facts(book: Book, sheet: Worksheet, row: int) -> int:
    study, edition, say = book.edition.study, book.edition, book.words.say
    facts: dict[str, object] = {
        "study": book.names.title, "wave": edition.wave,
        **{name: book.facts.get(name) for name in ("analysed", "delivered", "fieldwork_first", "fieldwork_last")},
        "population": study.sample.population, "sample": say("sample_types", study.sample.type),
        "weights": ", ".join(study.weights) or say("texts", "unweighted"),
        "version": edition.origin.get("version"), "delivery": edition.origin.get("delivery_sha256"),
        "study_file": edition.origin.get("study_file_sha256"),
    }  # fmt: skip
    row = _heading(book, sheet, row, say("facts", "heading"))
    for name, value in facts.items():
        if value in (None, ""):
            continue
        put(book, sheet, row, 0, say("facts", name), "line", "line_below")
        put(book, sheet, row, 1, value, "date" if name.startswith("fieldwork") else "fact", "line_below")
        put(book, sheet, row, 2, None, "line", "line_below")
        row = _fitted(sheet, row, value)
    if note := say("texts", "language"):
        put(book, sheet, row, 0, note, "line", "note")
        row += 1
    return row


def _fitted(sheet: Worksheet, row: int, text: object) -> int:
    """Makes the row as high as the text of its second column needs. Returns the next row."""
    high(sheet, row, lines_of(str(text), WIDTHS[1]))
    return row + 1


def _sheets(book: Book, sheet: Worksheet, row: int) -> int:
    say = book.words.say
    row = _heading(book, sheet, row, say("contents", "sheet"), say("contents", "holds"), say("contents", "rows"))
    for key, (name, rows) in book.written.items():
        link(book, sheet, row, 0, key, name)
        put(book, sheet, row, 1, say("about", key), "text", "flush", "line_below")
        put(book, sheet, row, 2, rows, "count", "line_below")
        row = _fitted(sheet, row, say("about", key))
    return row


def _explained(book: Book, sheet: Worksheet, row: int, key: str, meanings: Mapping[str, str]) -> int:
    display = book.edition.study.display
    row = _heading(book, sheet, row, book.words.say("contents", key))
    for name, meaning in meanings.items():
        text = meaning.format(footnote=display.footnote_below, suppress=display.suppress_below)
        put(book, sheet, row, 0, name, "line", "line_below", "strong")
        put(book, sheet, row, 1, text, "text", "flush", "line_below")
        put(book, sheet, row, 2, None, "line", "line_below")
        row = _fitted(sheet, row, text)
    return row


def _left_out(book: Book, sheet: Worksheet, row: int) -> None:
    """How many rows of which table are not shown, by reason."""
    say = book.words.say
    row = _heading(book, sheet, row, say("contents", "left_out"), say("contents", "suppressed"),
                   say("contents", "privacy"))  # fmt: skip
    for table, reasons in book.edition.left_out.items():
        if table in SHOWN and any(reasons.values()):
            put(book, sheet, row, 0, book.words.of("tables", table), "line", "line_below")
            put(book, sheet, row, 1, reasons.get("suppressed", 0), "fact", "line_below")
            put(book, sheet, row, 2, reasons.get("privacy", 0), "count", "line_below")
            row += 1
