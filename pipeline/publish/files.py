"""The files of an edition that people open."""

from __future__ import annotations

from pathlib import Path

from pipeline.engine import replacing
from pipeline.publish.edition import Edition
from pipeline.publish.methodology.statement import methodology_markdown
from pipeline.publish.report.report import write_report
from pipeline.publish.workbook.book import write_workbook


def write_files(folder: Path, edition: Edition) -> None:
    """Writes report, workbook and methodology statement of an edition into a folder, each whole or not at all.

    report.html is in every language of the study; workbook.xlsx and methodology.md are in English, beside them
    workbook.<language>.xlsx and methodology.<language>.md in every other language.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_report(folder / "report.html", edition)
    for language, rows in edition.statements.items():
        end = "" if language == "en" else f".{language}"
        write_workbook(folder / f"workbook{end}.xlsx", edition, language)
        with replacing(folder / f"methodology{end}.md") as partial:
            title = edition.study.title.get(language)
            partial.write_text(methodology_markdown(title, rows, language), encoding="utf-8")
