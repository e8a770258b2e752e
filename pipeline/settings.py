"""Every path and environment variable, in one place."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_dir

from pipeline.errors import SurveyError

PROJECT = Path(__file__).resolve().parent.parent
SQL_FOLDER = PROJECT / "sql"
BUNDLED_STUDIES = PROJECT / "studies"
ENGINES = ("duckdb", "spark")


@dataclass(frozen=True)
class Home:
    """The folder that holds an analyst's studies and data. Set by SURVEY_HOME, else the current folder."""

    root: Path

    @property
    def studies(self) -> Path:
        return self.root / "studies"

    def study_file(self, study: str) -> Path:
        return self.studies / f"{study}.yaml"

    def raw(self, study: str) -> Path:
        return self.root / "data" / "raw" / study

    def wave_folders(self, study: str) -> list[str]:
        """Waves that have a folder, hidden ones left out."""
        found = self.raw(study).iterdir() if self.raw(study).is_dir() else ()
        return sorted(path.name for path in found if path.is_dir() and not path.name.startswith("."))

    def processed(self, study: str) -> Path:
        return self.root / "data" / "processed" / study

    def releases(self, study: str, wave: str) -> Path:
        """Frozen folders of a wave, one for each release."""
        return self.root / "release" / study / wave

    def editions(self, study: str) -> Path:
        """Report, workbook and the like of each published wave, in a folder of its name."""
        return self.processed(study) / "editions"

    def database(self, study: str) -> Path:
        """What analysts open."""
        return self.root / "data" / "processed" / f"{study}.duckdb"

    def ledger(self, study: str) -> Path:
        return self.processed(study) / "ledger.json"

    def errata(self, study: str) -> Path:
        return self.processed(study) / "errata.parquet"

    def audited(self, study: str) -> Path:
        """Which claims table of each wave the errata know of."""
        return self.processed(study) / "claims.json"

    def shown(self, study: str) -> Path:
        """Hash of the ledger that the published database shows."""
        return self.processed(study) / "published"

    def published_parts(self, study: str) -> Path:
        """What the published database is made of."""
        return self.processed(study) / "published.json"

    def locks(self, study: str) -> Path:
        return self.processed(study) / ".locks"

    @property
    def id_key(self) -> Path:
        """What respondent ids are hashed with; whoever has it can tell whether a known id is among them."""
        return self.root / "data" / "raw" / ".id-key"

    @property
    def dagster(self) -> Path:
        """Where Dagster keeps its history, unless DAGSTER_HOME says otherwise."""
        return Path(os.environ.get("DAGSTER_HOME") or self.root / ".dagster")


def home() -> Home:
    return Home(Path(os.environ.get("SURVEY_HOME") or Path.cwd()).resolve())


def threads() -> int:
    """Threads that one query may use (SURVEY_THREADS; default: all cores)."""
    return _number("SURVEY_THREADS", os.cpu_count() or 1)


def memory_limit() -> str:
    """Memory that one query may use before it spills to disk (SURVEY_MEMORY, such as 4GB)."""
    return os.environ.get("SURVEY_MEMORY", "4GB")


def memory_megabytes() -> int:
    """SURVEY_MEMORY as a number, for engines that do not read 4GB, 4GiB and 0.5TB alike. Raises SurveyError."""
    found = re.fullmatch(r"([\d.]+)\s*([KMGT])i?B?", memory_limit().strip(), re.IGNORECASE)
    if found is None:
        raise SurveyError("SURVEY_MEMORY", "is no amount of memory", found=memory_limit(), expected="4GB or 512MB")
    return max(1, int(float(found[1]) * 1024.0 ** ("KMGT".index(found[2].upper()) - 1)))


def cells_engine() -> str:
    """What builds the cells: duckdb or spark (SURVEY_ENGINE; default duckdb). Raises SurveyError."""
    chosen = os.environ.get("SURVEY_ENGINE") or ENGINES[0]
    if chosen not in ENGINES:
        raise SurveyError("SURVEY_ENGINE", "is no engine", found=chosen, expected=" or ".join(ENGINES))
    return chosen


def spark_master() -> str:
    """Where Spark runs, such as spark://host:7077 (SURVEY_SPARK_MASTER; default: here, on `threads()` threads)."""
    return os.environ.get("SURVEY_SPARK_MASTER") or f"local[{threads()}]"


def spark_address(path: Path) -> str:
    """The address under which Spark finds a path of data/processed.

    SURVEY_SPARK_DATA is what a cluster knows data/processed by, such as s3a://bucket/processed; default: the path.
    """
    seen = os.environ.get("SURVEY_SPARK_DATA", "").rstrip("/")
    processed = home().root / "data" / "processed"
    return f"{seen}/{path.relative_to(processed).as_posix()}" if seen else str(path)


def id_key_text() -> str:
    """A key for respondent ids from elsewhere, such as a vault (SURVEY_ID_KEY)."""
    return os.environ.get("SURVEY_ID_KEY", "")


def cache_folder() -> Path:
    """Where what takes seconds to make and never changes is kept (SURVEY_CACHE; default: the user's cache folder)."""
    return Path(os.environ.get("SURVEY_CACHE") or user_cache_dir("survey-pipeline", appauthor=False))


def webhook() -> str:
    """Where alerts are posted as JSON (SURVEY_WEBHOOK; default: nowhere)."""
    return os.environ.get("SURVEY_WEBHOOK", "")


def wait_seconds() -> int:
    """How long a run waits for another of the same study and wave (SURVEY_WAIT_SECONDS; default 60)."""
    return _number("SURVEY_WAIT_SECONDS", 60)


def _number(variable: str, default: int) -> int:
    text = os.environ.get(variable, "")
    return int(text) if text.isdigit() and int(text) > 0 else default
