"""Puts the workbook together."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError

from pipeline.engine import replacing
from pipeline.errors import SurveyError
from pipeline.publish.edition import Edition
from pipeline.publish.workbook import contents
from pipeline.publish.workbook.banners import write_banners
from pipeline.publish.workbook.findings import write_findings
from pipeline.publish.workbook.methodology import write_methodology
from pipeline.publish.workbook.other_tables import (
    write_claims,
    write_codebook,
    write_scores,
    write_tiers,
    write_trends,
)  # fmt: skip
from pipeline.publish.workbook.sheets import Book, begin, safe
from pipeline.publish.workbook.words import words_in

NO_FORMULAS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
UNDATED = datetime(2000, 1, 1, tzinfo=UTC)
MOST_OF_A_PROPERTY = 200


def write_workbook(path: Path, edition: Edition, language: str = "en") -> None:
    """Writes the edition as an XLSX workbook, whole or not at all; the same edition gives the same bytes.

    language: of headings, and of labels where the study file has them; sentences stay as published.
    Raises SurveyError for a language without a catalogue, for more than a worksheet holds, and where the file can't
    be written.
    """
    words = words_in(language)
    try:
        with replacing(path) as partial:
            file = Workbook(str(partial), NO_FORMULAS)
            _write(Book(file, edition, words))
            file.close()
    except (OSError, FileCreateError) as error:
        raise SurveyError(str(path), "cannot be written", found=str(error)) from error


def _write(book: Book) -> None:
    _describe(book)
    first = begin(book, "contents", contents.WIDTHS)
    write_findings(book)
    study = book.edition.study
    if study.tiers is not None:
        write_tiers(book)
    if study.score is not None:
        write_scores(book)
    write_banners(book)
    write_claims(book)
    write_trends(book)
    write_codebook(book)
    write_methodology(book)
    contents.write_contents(book, first)


def _describe(book: Book) -> None:
    """Document properties. The date is when the delivery was judged: that of writing would differ each time."""
    say, edition = book.words.say, book.edition
    marks = [say("marks", "synthetic")] if edition.study.synthetic else []
    marks += [say("marks", "draft_short")] if edition.draft else []
    judged = book.facts.get("judged_at")
    book.file.set_properties({
        "title": safe(say("marks", "subtitle", title=book.names.title, wave=edition.wave))[:MOST_OF_A_PROPERTY],
        "comments": " · ".join(marks), "created": (judged or UNDATED).replace(tzinfo=None),
    })  # fmt: skip
    book.file.set_custom_property("version", str(edition.origin.get("version", ""))[:MOST_OF_A_PROPERTY])
