"""The files of an edition that people open."""

from __future__ import annotations

from pathlib import Path

from pipeline.engine import replacing
from pipeline.publish.edition import Edition
from pipeline.publish.methodology.statement import methodology_markdown
from pipeline.publish.report.report import write_report


def write_files(folder: Path, edition: Edition) -> None:
    """Writes report and methodology statement of an edition into a folder, each whole or not at all.

    The statement is methodology.md in English, methodology.<language>.md in every other language of the study.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_report(folder / "report.html", edition)
    for language, rows in edition.statements.items():
        name = "methodology.md" if language == "en" else f"methodology.{language}.md"
        with replacing(folder / name) as partial:
            title = edition.study.title.get(language)
            partial.write_text(methodology_markdown(title, rows, language), encoding="utf-8")
