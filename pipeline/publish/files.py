"""The files of an edition that people open."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pipeline.engine import replacing
from pipeline.publish.edition import Edition
from pipeline.publish.methodology.statement import methodology_markdown
from pipeline.publish.report.report import write_report
from pipeline.publish.workbook.book import write_workbook


def write_files(folder: Path, edition: Edition, languages: Sequence[str]) -> None:
    """Writes report, workbook and methodology statement of an edition into a folder, each whole or not at all.

    languages: of workbook and statement, the first without the language in its name. The report is in all languages of
    the study.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_report(folder / "report.html", edition)
    for language in languages:
        end = "" if language == languages[0] else f".{language}"
        write_workbook(folder / f"workbook{end}.xlsx", edition, language)
        with replacing(folder / f"methodology{end}.md") as partial:
            title, rows = edition.study.title.get(language), edition.statements[language]
            partial.write_text(methodology_markdown(title, rows, language), encoding="utf-8")
