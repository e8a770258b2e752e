"""The sheet of methods: the statement where there is one, the steps from delivery to analysis, weights, reliability."""

from __future__ import annotations

from typing import Any

from xlsxwriter.worksheet import Worksheet

from pipeline.publish.workbook.sheets import BACK, HEAD, Book, begin, put, records, sheet_name
from pipeline.publish.workbook.table import Field, write_rows

WIDTHS = (30, 60, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15)


def write_methodology(book: Book) -> None:
    sheet = begin(book, "methodology", WIDTHS)
    row, sections = HEAD + 1, 0
    statements = book.edition.statements
    statement = statements.get(book.words.language) or statements["en"]
    for key, fields, rows in (
        ("statement", _statement(book), statement),
        ("waterfall", _waterfall(book), records(book.edition, "dispositions")),
        ("weighting", _weighting(book), records(book.edition, "weighting")),
        ("reliability", _reliability(book), records(book.edition, "reliability")),
    ):
        if not rows and key != "weighting":
            continue
        sections += len(rows)
        _heading(book, sheet, row, book.words.say("methodology", key))
        if rows:
            row = write_rows(book, sheet, row + 1, fields, rows) + len(rows) + 1
        else:
            put(book, sheet, row + 1, 0, book.words.say("methodology", "unweighted"), "line")
            row += 3
    sheet.freeze_panes(BACK + 1, 0)
    book.written["methodology"] = (sheet_name(book, "methodology"), sections)


def _heading(book: Book, sheet: Worksheet, row: int, text: str) -> None:
    for column in range(len(WIDTHS)):
        put(book, sheet, row, column, text if column == 0 else None, "line", "section")


def _statement(book: Book) -> tuple[Field, ...]:
    of = book.words.of
    return (
        Field("title", "title", "text", WIDTHS[0]),
        Field("value_text", "value", "text", WIDTHS[1]),
        Field("section", "section", "text", WIDTHS[2]),
        Field("required", "required", "text", WIDTHS[3]),
        Field("origin", lambda row: of("origins", row["source"]), "text", WIDTHS[4], "", _missing),
    )


def _missing(row: Any) -> tuple[str, ...]:
    return ("bad",) if row["source"] == "missing" and row["required"] else ()


def _waterfall(book: Book) -> tuple[Field, ...]:
    of = book.words.of
    return (
        Field("disposition", lambda row: of("dispositions", row["disposition"]), "text", WIDTHS[0]),
        Field("threshold", "threshold", "number", WIDTHS[1]),
        Field("respondents_in", "respondents_in", "count", WIDTHS[2]),
        Field("flagged", "flagged", "count", WIDTHS[3]),
        Field("taken_out", "taken_out", "count", WIDTHS[4]),
        Field("remaining", "remaining", "count", WIDTHS[5]),
    )


def _weighting(book: Book) -> tuple[Field, ...]:
    of = book.words.of
    return (
        Field("weight", "weight", "text", WIDTHS[0]),
        Field("margin", lambda row: of("margins", row["margin"]), "text", WIDTHS[1]),
        Field("category", lambda row: of("levels", row["category"]), "text", WIDTHS[2]),
        Field("n", "n", "count", WIDTHS[3]),
        Field("target", "target", "share", WIDTHS[4]),
        Field("share_before", "share_before", "share", WIDTHS[5]),
        Field("share_after", "share_after", "share", WIDTHS[6]),
        Field("smallest", "smallest", "times", WIDTHS[7]),
        Field("largest", "largest", "times", WIDTHS[8]),
        Field("deff_kish", "deff_kish", "times", WIDTHS[9]),
        Field("n_eff_kish", "n_eff_kish", "count", WIDTHS[10]),
    )


def _reliability(book: Book) -> tuple[Field, ...]:
    return (
        Field("dimension", lambda row: book.names.dimension(row["dimension"]), "text", WIDTHS[0]),
        Field("variable", "item", "text", WIDTHS[1]),
        Field("n", "n", "count", WIDTHS[2]),
        Field("items", "items", "count", WIDTHS[3]),
        Field("alpha", "alpha", "times", WIDTHS[4]),
        Field("low", "alpha_low", "times", WIDTHS[5]),
        Field("high", "alpha_high", "times", WIDTHS[6]),
        Field("omega", "omega", "times", WIDTHS[7]),
        Field("mean", "mean", "score", WIDTHS[8]),
        Field("sd", "sd", "score", WIDTHS[9]),
        Field("status_reason", "reason", "text", WIDTHS[10]),
    )
