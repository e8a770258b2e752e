"""A new study from one export: its file drafted, the export put in place; both or neither."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from pipeline.drafting.draft import draft
from pipeline.drafting.labels import labels_of, read_labels
from pipeline.drafting.profiles import Export, profiled
from pipeline.errors import StudyFileError, SurveyError
from pipeline.ingest.landing import land
from pipeline.ingest.sniffing import read_source
from pipeline.settings import Home
from pipeline.study.loading import STUDY_NAME, study_from_text
from pipeline.study.waves import check_wave_name

YEAR = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}(?![0-9])")


@dataclass(frozen=True)
class Started:
    """What was made. report: what is to be said of the draft, a line each."""

    study_file: Path
    delivery: Path
    wave: str
    report: tuple[str, ...]


def start(home: Home, export: Path, study: str, wave: str | None = None, labels: Path | None = None) -> Started:
    """Drafts studies/<study>.yaml and adds the export as a wave.

    Raises SurveyError where there is such a study already, or a name cannot be used; DeliveryError where the export
    or the table of labels cannot be read. Nothing is left behind then.
    """
    target = home.study_file(study)
    if not re.fullmatch(STUDY_NAME, study):
        raise SurveyError(study, "is no name of a study", expected="lower-case letters, digits, - and _, at most 60")
    if target.exists():
        raise SurveyError(str(target), "is there already", do="take another name, or move it away")
    if wave is not None:
        check_wave_name(wave)
    source = read_source(export)
    found = profiled(source)
    known = read_labels(labels) if labels is not None else labels_of(source)
    made = draft(found, study.replace("-", " ").replace("_", " ").capitalize(), known)
    try:
        study_from_text(made.text, study)
    except StudyFileError as error:
        beside = target.with_suffix(".draft.txt")
        beside.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(made.text)
        raise SurveyError(
            str(export), "could not be drafted as a valid study", found=str(error).splitlines()[0],
            do=f"the draft is in {beside}: mend it there and save it as {target.name}",
        ) from error  # fmt: skip
    name = wave or _wave(found, made.text)
    folder = home.raw(study) / name
    if folder.exists() and any(folder.iterdir()):
        raise SurveyError(str(folder), "holds a delivery already", do="give another --study, or another --wave")
    landed = land(export, folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        with target.open("x", encoding="utf-8") as stream:
            stream.write(made.text)
    except OSError as error:
        landed.path.unlink()
        with suppress(OSError):
            (folder / ".delivery.json").unlink()
            folder.rmdir()
        raise SurveyError(str(target), f"cannot be written: {error.strerror}") from error
    return Started(target, landed.path, name, made.report)


def _wave(export: Export, text: str) -> str:
    """The year that most interviews began in; 1 where the export does not tell."""
    named = re.search(r'^  (?:started|finished): "(.+)"$', text, re.MULTILINE)
    of = next((p for p in export.profiles if named and p.column.name == named.group(1)), None)
    years: Counter[str] = Counter()
    for answer, n in of.answers.items() if of else ():
        years.update(dict.fromkeys(_years(answer), n))
    return years.most_common(1)[0][0] if years else "1"


def _years(moment: str) -> list[str]:
    """The year of a moment; serial days of a spreadsheet count from 1899-12-30."""
    try:
        days = float(moment)
    except ValueError:
        return YEAR.findall(moment)[:1]
    return [str((date(1899, 12, 30) + timedelta(days=int(days))).year)] if 20_000 <= days <= 80_000 else []
