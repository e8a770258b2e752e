"""Editions, what may be shown of each published wave: read from the study's database, and written as files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from pipeline import tables
from pipeline.admission import version_of
from pipeline.engine import replacing
from pipeline.errors import SurveyError
from pipeline.ledger import Ledger, published_waves, read_ledger
from pipeline.locking import held
from pipeline.publish.edition import HISTORY, SHOWN, Edition, Statement, edition_of
from pipeline.publish.files import write_files
from pipeline.publish.methodology.statement import EVIDENCE, Evidence, in_language, ordered
from pipeline.publish.package import write_package
from pipeline.publish.release import release
from pipeline.publish.report.words import languages_of
from pipeline.publish.spss import write_spss
from pipeline.reading import opened
from pipeline.settings import Home
from pipeline.store import WaveStore
from pipeline.study.loading import StudyFile
from pipeline.versions import code_digest, hashed

RESPONDENTS = "respondents.sav"
MADE = "edition.json"
"""File of an edition's folder that tells from what it was made."""
CODE = ("pipeline.publish", "pipeline.editions", "pipeline.estimation", "pipeline.claims", "pipeline.study")


def write_editions(home: Home, study_file: StudyFile, run_id: str, tell: Callable[[str], None]) -> dict[str, Path]:
    """Writes the files of every published wave where they are not there as they would be. Returns folders by wave.

    A wave that was published from another study file or program keeps the files that it has. Files of waves that are
    not published any more are removed.
    """
    name = study_file.name
    folder = home.editions(name)
    with held(home.locks(name) / "publication", f"the publication of {name}", run_id, tell):
        ledger = read_ledger(home.ledger(name))
        published = published_waves(ledger)
        for gone in folder.iterdir() if folder.is_dir() else ():
            if gone.name not in published:
                shutil.rmtree(gone)
        for wave in published:
            version = _version(study_file, ledger, wave)
            if _made(folder / wave) == version:
                continue
            if not is_current(home, study_file, ledger, wave):
                tell(
                    f"wave {wave}: its report stays as it is: the wave was published from another study file or program"
                )
                continue
            # Workbooks take seconds, so that in the house there is one; a release has one in each language.
            languages = languages_of(study_file.study)[:1]
            write_files(folder / wave, read_edition(home, study_file, wave), languages)
            files = sorted(path.name for path in (folder / wave).iterdir())
            with replacing(folder / wave / MADE) as partial:
                partial.write_text(json.dumps({"version": version, "files": files}))
    return {wave: folder / wave for wave in published if (folder / wave / MADE).is_file()}


def _version(study_file: StudyFile, ledger: Ledger, wave: str) -> str:
    """Hash of what an edition shows: its wave and those before, study file, program, and what is set aside."""
    made_from = [f"{w} {admitted.version}" for w, admitted in published_waves(ledger).items() if w <= wave]
    return hashed(code_digest(CODE), study_file.digest(study_file.document.data), *made_from, *_set_aside(ledger))


def _made(folder: Path) -> str:
    """What an edition was made from; "" where there is none, or a file of it is gone."""
    path = folder / MADE
    told = json.loads(path.read_text()) if path.is_file() else {}
    return str(told["version"]) if all((folder / name).exists() for name in told.get("files", ["?"])) else ""


def _set_aside(ledger: Ledger) -> tuple[str, ...]:
    """Waves whose latest delivery is quarantined."""
    return tuple(sorted(wave for wave, entry in ledger.waves.items() if entry.status == "quarantined"))


def read_edition(home: Home, study_file: StudyFile, wave: str) -> Edition:
    """The edition of a published wave.

    Raises SurveyError where the study or the wave is not published, or was published from another study file or
    program than the present ones: labels and figures would not belong together.
    """
    name = study_file.name
    ledger = _current(home, study_file, wave)
    with opened(home, name) as con:
        found = {
            table.name: con.execute(f"SELECT * FROM {table.name} WHERE wave = ?", [wave]).fetch_df() for table in SHOWN
        }
        earlier = {table.name: con.execute(_history(table.name), [wave]).fetch_df() for table in HISTORY}
        statements = {code: _statement(con, study_file, wave, code) for code in {"en", *languages_of(study_file.study)}}
    return edition_of(name, study_file.study, wave, found, earlier, statements, _origin(ledger, wave))


def read_statement(home: Home, study_file: StudyFile, wave: str, language: str) -> Statement:
    """The methodology statement of a published wave in a language.

    Raises SurveyError where it is published as another study file told it, or there are no words in the language.
    """
    with opened(home, study_file.name) as con:
        return _statement(con, study_file, wave, language)


def _statement(con: duckdb.DuckDBPyConnection, study_file: StudyFile, wave: str, language: str) -> Statement:
    published = ordered(con.execute("SELECT * FROM methodology WHERE wave = ?", [wave]).fetch_df())
    if language == "en":
        return published
    found = {
        name: con.execute(f"SELECT {', '.join(columns)} FROM {'core.' if name == 'cells' else ''}{name} WHERE wave = ?",
                          [wave]).fetch_df()
        for name, columns in EVIDENCE.items()
    }  # fmt: skip
    days = con.execute("SELECT fieldwork_first, fieldwork_last FROM waves WHERE wave = ?", [wave]).fetchall()[0]
    return in_language(published, study_file.study, Evidence(wave, found, days), language)


def release_wave(home: Home, study_file: StudyFile, wave: str) -> tuple[Path, Edition]:
    """Freezes a release of a published wave. Returns its folder, and what it shows."""
    name, study = study_file.name, study_file.study
    with held(home.locks(name) / "publication", f"the publication of {name}", "release"):
        edition = read_edition(home, study_file, wave)

        def respondents(folder: Path) -> None:
            write_spss(folder / RESPONDENTS, study, wave, *respondents_of(home, study_file, wave))

        may_leave = respondents if study.display.release_respondents else None
        return release(home.releases(name, wave), edition, may_leave), edition


def export_wave(home: Home, study_file: StudyFile, wave: str, folder: Path) -> None:
    """Writes a published wave for other tools into a new folder, with its respondents: for use in the house.

    Raises SurveyError where the folder is there already, or can't be written.
    """
    edition = read_edition(home, study_file, wave)
    try:
        folder.mkdir(parents=True)
        write_package(folder, edition)
        write_spss(folder / RESPONDENTS, study_file.study, wave, *respondents_of(home, study_file, wave))
    except FileExistsError:
        raise SurveyError(str(folder), "is there already", do="name a folder that is not") from None
    except OSError as error:
        raise SurveyError(str(folder), "cannot be written to", found=str(error)) from error


def respondents_of(home: Home, study_file: StudyFile, wave: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of core tables `responses` and `respondents` of a published wave, for `publish.spss.write_spss`.

    Raises SurveyError as `read_edition` does.
    """
    _current(home, study_file, wave)
    with opened(home, study_file.name) as con:
        responses, respondents = (
            con.execute(f"SELECT * FROM core.{table.name} WHERE wave = ?", [wave]).fetch_df()
            for table in (tables.RESPONSES, tables.RESPONDENTS)
        )
    return responses, respondents


def _current(home: Home, study_file: StudyFile, wave: str) -> Ledger:
    """The ledger. Raises SurveyError where the wave was published from another study file or program."""
    name = study_file.name
    ledger = read_ledger(home.ledger(name))
    if not is_current(home, study_file, ledger, wave):
        raise SurveyError(
            f"{name}, wave {wave}", "was published from another study file or program than the present ones",
            do=f"survey run {name} --wave {wave}, then ask again",
        )  # fmt: skip
    return ledger


def _history(table: str) -> str:
    of_all = "" if table == "tiers" else " AND segment = 'all'"
    return f"SELECT * FROM {table} WHERE wave <= ?{of_all}"


def is_current(home: Home, study_file: StudyFile, ledger: Ledger, wave: str) -> bool:
    """Whether a wave is published from the present study file and program, and shown as it and those before are
    admitted: a wave may be admitted while the database is not made again yet."""
    entry = ledger.waves.get(wave)
    if entry is None or entry.admitted is None:
        return False
    with opened(home, study_file.name) as con:
        shown = dict(con.execute("SELECT wave, version FROM waves WHERE published").fetchall())
    if any(shown.get(w) != admitted.version for w, admitted in published_waves(ledger).items() if w <= wave):
        return False
    return version_of(WaveStore(home, study_file, wave, entry.admitted.sha256)) == entry.admitted.version


def _origin(ledger: Ledger, wave: str) -> dict[str, Any]:
    """What the edition was made from."""
    made = ledger.waves[wave].admitted
    assert made is not None
    run = next((run for run in reversed(ledger.runs) if run.wave == wave and run.version == made.version), None)
    return {
        "version": made.version, "delivery_sha256": made.sha256, "delivery_files": list(made.files),
        "run_id": run.run_id if run else "", "study_file_sha256": run.study_file_sha256 if run else "",
        "code_version": run.code_version if run else "", "set_aside": list(_set_aside(ledger)),
    }  # fmt: skip
