"""The tables of one study and wave on disk: where each version lies, and reading and writing them whole."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import tables
from pipeline.errors import NoBaselineError, NotBuiltError
from pipeline.ingest.files import data_files, sha256
from pipeline.ingest.pseudonyms import id_key
from pipeline.ledger import read_ledger
from pipeline.settings import Home
from pipeline.study.written import StudyFile
from pipeline.tables import Table
from pipeline.versions import HashCache, code_digest, hashed

# What reads and writes is imported where it does: versions and paths alone are to be had in no time.
if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from pipeline.engine import Query
    from pipeline.ingest.layout import Source
    from pipeline.study.model import Study

    Create = Callable[[Query, Mapping[str, Path], pa.Schema, Path], int]


@dataclass(frozen=True)
class WaveStore:
    """Processed tables of one wave, each under the version that its inputs, sections and code have now.

    delivered: hash of the delivery that the tables follow from, where it need not be the one that lies there.
    """

    home: Home
    study_file: StudyFile
    wave: str
    delivered: str = ""
    _known: dict[str, str] = field(default_factory=dict, repr=False, compare=False)  # versions, as of the first look

    @property
    def study(self) -> Study:
        return self.study_file.study

    @property
    def raw_folder(self) -> Path:
        return self.home.raw(self.study_file.name) / self.wave

    def delivery(self) -> list[Path]:
        """The wave's data files. Raises DeliveryError where they are not in order."""
        return data_files(self.raw_folder, self.study_file.files_of(self.wave))

    def sources(self) -> list[Source]:
        """The wave's data files with their layouts. Raises DeliveryError where one can't be read."""
        from pipeline.ingest.sniffing import read_source

        return [read_source(path, self.study.reading_of(self.wave)) for path in self.delivery()]

    @property
    def id_key(self) -> bytes | None:
        """What respondent ids are hashed with, where the study file says that they are."""
        return id_key(self.home) if self.study.columns.pseudonymise else None

    def delivery_digest(self) -> str:
        """SHA-256 of the delivered file; of the names and hashes, where there are several."""
        if self.delivered:
            return self.delivered
        cache = HashCache(self.home.processed(self.study_file.name) / self.wave / "hashes.json")
        parts: list[tuple[str, str]] = []
        for file in self.delivery():
            known = cache.get(file)
            if known is None:
                known = sha256(file)
                cache.put(file, known)
            parts.append((file.name, known))
        if len(parts) == 1:
            return parts[0][1]
        return hashlib.sha256("\n".join(f"{name} {known}" for name, known in parts).encode()).hexdigest()

    def version(self, table: Table) -> str:
        """The version of a table: a hash of the delivery, its sections, its code, and all that it is made from."""
        return self._version(table, self._known)

    def _version(self, table: Table, known: dict[str, str]) -> str:
        if table.name not in known:
            if table is tables.FILES:
                below = [self.delivery_digest()]
            else:
                source = self._input_store(table)
                below = [source._version(below, known if source is self else source._known)
                         for below in tables.inputs_of(table, self.study)]  # fmt: skip
            if table is tables.DELIVERED and (key := self.id_key) is not None:
                below.append(hashlib.sha256(key).hexdigest())
            parts = (table.name, self.wave, code_digest(table.code), self.study_file.digest(table.sections), *below)
            known[table.name] = hashed(*parts)
        return known[table.name]

    @property
    def anchor_wave(self) -> str:
        """The other wave from whose scores the cuts of this one's tiers are taken, or ""."""
        if "quantiles" not in self.study_file.section("tiers"):
            return ""  # told without validating the file
        tiers, baseline = self.study.tiers, self.study.baseline
        anchored = tiers is not None and tiers.quantiles is not None and not tiers.recut
        return baseline if anchored and baseline and baseline != self.wave else ""

    def anchor(self) -> str:
        """Version of what the cuts are taken from in another wave; "" where there is no such wave.

        Raises NoBaselineError where that wave is not admitted, NotBuiltError where it is not made yet from the present
        study file.
        """
        if not self.anchor_wave:
            return ""
        return hashed(*(path.parent.name for path in self.inputs(tables.TIER_CUTS).values()))

    def _input_store(self, table: Table) -> WaveStore:
        """Where a table's inputs lie: quantile cuts hang on what is admitted of the baseline wave, all else on
        the wave itself."""
        if table is not tables.TIER_CUTS or not self.anchor_wave:
            return self
        entry = read_ledger(self.home.ledger(self.study_file.name)).waves.get(self.anchor_wave)
        if entry is None or entry.admitted is None:
            study = self.study_file.name
            raise NoBaselineError(
                f"{study}, wave {self.anchor_wave}", "is the baseline, from which the cuts of the tiers are taken, and"
                " is not admitted yet", do=f"survey run {study} --wave {self.anchor_wave}, then this wave again",
            )  # fmt: skip
        return WaveStore(self.home, self.study_file, self.anchor_wave, entry.admitted.sha256)

    def path(self, table: Table) -> Path:
        return self.path_of(table, self.version(table))

    def path_of(self, table: Table, version: str) -> Path:
        return self.home.processed(self.study_file.name) / self.wave / version / f"{table.name}.parquet"

    def existing(self, table: Table) -> Path:
        """The file of the present version. Raises NotBuiltError where it was not made yet."""
        path = self.path(table)
        if not path.is_file():
            raise NotBuiltError(
                f"{self.study_file.name}, wave {self.wave}",
                f"table {table.name} is not made yet from the present study file and delivery",
                do=f"survey run {self.study_file.name} --wave {self.wave}, or materialize {table.asset} in the UI",
            )
        return path

    def inputs(self, table: Table) -> dict[str, Path]:
        """The files that a table is made from, by name."""
        source = self._input_store(table)
        return {below.name: source.existing(below) for below in tables.inputs_of(table, self.study)}

    def read(self, table: Table, columns: Sequence[str] | None = None) -> pa.Table:
        """A table, or the named columns of it."""
        from pipeline import engine

        return engine.read(self.existing(table), columns)

    def rows(self, table: Table) -> list[dict[str, Any]]:
        return self.read(table).to_pylist()

    def fetch(self, query: Query, table: Table) -> pa.Table:
        """Rows of a query over the inputs of a table."""
        from pipeline import engine

        return engine.fetch(query, self.inputs(table))

    def create(self, table: Table, query: Query, create: Create | None = None) -> int:
        """Makes a table by a query over its inputs, on another engine than DuckDB where `create` is given. Returns its
        number of rows."""
        from pipeline import engine

        path = self.path(table)
        make = create or engine.create
        make(query, self.inputs(table), table.arrow_schema(self.study), path)
        return _checked(path, table, self.study)

    def write(self, table: Table, rows: pd.DataFrame | list[dict[str, Any]]) -> int:
        """Writes a table from rows that hold at least its columns. Returns its number of rows."""
        from pipeline import engine

        path = self.path(table)
        engine.write(arrow_rows(rows, table.arrow_schema(self.study)), path)
        return _checked(path, table, self.study)

    def made(self, table: Table) -> int | None:
        """Rows of the present version of a table; None where it was not made yet, or its file is damaged.

        What is there need not be made again: a version follows from all that a table is made of.
        """
        import pyarrow as pa

        path = self.path(table)
        try:
            return _checked(path, table, self.study)
        except (OSError, pa.ArrowException, ValueError):
            return None

    def row_count(self, table: Table) -> int:
        import pyarrow.parquet as pq

        return int(pq.read_metadata(self.existing(table)).num_rows)


def arrow_rows(rows: pd.DataFrame | list[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """Rows that hold at least the columns of the schema, as it has them."""
    import pyarrow as pa

    if len(rows) == 0:
        return schema.empty_table()
    # Declared NOT NULL is checked after writing, with the column's name; pyarrow would not name the table.
    loose = pa.schema([field.with_nullable(True) for field in schema])
    if isinstance(rows, list):
        found = pa.Table.from_pylist(rows, schema=loose)
    else:
        found = pa.Table.from_pandas(rows[schema.names], schema=loose, preserve_index=False)
    return found.cast(schema).replace_schema_metadata(None) if _no_nulls(found, schema) else found


def _no_nulls(found: pa.Table, schema: pa.Schema) -> bool:
    return all(field.nullable or found.column(field.name).null_count == 0 for field in schema)


def _checked(path: Path, table: Table, study: Study) -> int:
    """Rows of a table just written. Raises ValueError where a column that must have values has none."""
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(path)
    required = {c.name for c in table.columns_for(study) if not c.nullable}
    for group in range(metadata.num_row_groups):
        for i in range(metadata.num_columns):
            column = metadata.row_group(group).column(i)
            statistics = column.statistics
            if column.path_in_schema in required and statistics is not None and statistics.null_count:
                path.unlink()
                raise ValueError(f"table {table.name}: column {column.path_in_schema} has NULLs")
    return int(metadata.num_rows)


def versions(store: WaveStore, made: Mapping[str, Table]) -> dict[str, str]:
    """Versions of several tables, by name."""
    return {name: store.version(table) for name, table in made.items()}
