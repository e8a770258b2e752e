"""How a function that makes a table becomes an asset: lineage, schema, checks and metadata follow from the table."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pyarrow.parquet as pq

from assets.studies import open_store
from assets.waves import waves_of
from pipeline import tables
from pipeline.admission import quarantine
from pipeline.column_lineage import column_sources, indicators_markdown, lineage_markdown
from pipeline.errors import NotBuiltError, SurveyError
from pipeline.publish.glance import at_a_glance
from pipeline.publish.markdown import markdown_table
from pipeline.quality import CHECKS, Check, checked, reason, reasons
from pipeline.store import WaveStore
from pipeline.study.loading import StudyFile
from pipeline.tables import Column, Table
from pipeline.versions import code_digest

OWNERS = ["team:survey-research"]
PREVIEW_ROWS = 10
PREVIEW_COLUMNS = 14

Make = Callable[[WaveStore], int]


def asset_key(study: str, table: Table) -> dg.AssetKey:
    return dg.AssetKey([study, table.asset])


def group_of(study: str, layer: str) -> str:
    return f"{study.replace('-', '_')}_{layer}"


def described(study_file: StudyFile, text: str) -> str:
    """A description that says so where the data are synthetic."""
    return f"**Synthetic data.** {text}" if study_file.study.synthetic else text


def schema_metadata(columns: tuple[Column, ...]) -> dict[str, Any]:
    """The declared columns as Dagster shows them."""
    return {
        "dagster/column_schema": dg.TableSchema(
            columns=[
                dg.TableColumn(c.name, c.type, c.comment, dg.TableColumnConstraints(nullable=c.nullable))
                for c in columns
            ]
        )
    }


def tags_of(study_file: StudyFile, layer: str) -> dict[str, str]:
    """What assets can be searched for by."""
    return {"layer": layer, "data": "synthetic" if study_file.study.synthetic else "collected"}


def wave_asset(study_file: StudyFile, table: Table, always: bool = False) -> Callable[[Make], dg.AssetsDefinition]:
    """Makes an asset, partitioned by wave, of a function that writes a table of a WaveStore.

    A table whose present version lies there is not made again, unless `always`: its checks, metadata and version are
    told as if it were. A failed blocking check or a SurveyError quarantines the wave, with the reason, and stops what
    follows; a table that is not made yet says nothing of the delivery and only stops.
    """
    study = study_file.name

    def decorate(make: Make) -> dg.AssetsDefinition:
        @dg.asset(
            key=asset_key(study, table),
            deps=[asset_key(study, below) for below in tables.inputs_of(table, study_file.study)],
            partitions_def=waves_of(study),
            group_name=group_of(study, table.layer),
            kinds={"parquet", "duckdb"},
            owners=OWNERS,
            tags=tags_of(study_file, table.layer),
            description=described(study_file, table.description),
            code_version=code_digest(table.code),
            metadata=schema_metadata(table.columns_for(study_file.study)),
            check_specs=[
                dg.AssetCheckSpec(
                    d.name, asset=asset_key(study, table), blocking=d.blocking, description=f"Expected: {d.expected}."
                )
                for d in CHECKS
                if d.table is table
            ],
            required_resource_keys={lock_name(study)},
        )
        def asset(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
            store = None
            try:
                store = open_store(study, context.partition_key)
                there = None if always else store.made(table)
                rows = make(store) if there is None else there
                checks = checked(table, store)
                why = reasons(store, checks)
            except NotBuiltError as error:  # of a selection that leaves out what it follows from
                raise dg.Failure(str(error), allow_retries=False) from None
            except SurveyError as error:
                if store is not None:
                    _set_aside(context, store, str(error))
                raise dg.Failure(str(error), allow_retries=False) from None
            if why:
                _set_aside(context, store, why)
            return dg.MaterializeResult(
                metadata=_metadata(store, table, rows, there is not None)
                | glance(store, table)
                | column_lineage(store, table),
                data_version=dg.DataVersion(store.version(table)),
                check_results=[_result(store, table, check) for check in checks],
            )

        return asset

    return decorate


def lock_name(study: str) -> str:
    """Name of the resource that keeps two runs of a study and wave apart."""
    return f"lock_{study.replace('-', '_')}"


def started_at(context: dg.AssetExecutionContext) -> datetime | None:
    """When the run began."""
    record = context.instance.get_run_record_by_id(context.run.run_id)
    return datetime.fromtimestamp(record.start_time, UTC) if record and record.start_time else None


def _set_aside(context: dg.AssetExecutionContext, store: WaveStore, why: str) -> None:
    context.log.info(f"wave {store.wave} is quarantined: {why}")
    try:
        quarantine(store, why, context.run.run_id, started_at(context))
    except SurveyError as error:  # a damaged ledger, of which the publication says so
        context.log.info(str(error))


def _result(store: WaveStore, table: Table, check: Check) -> dg.AssetCheckResult:
    why = {"why": reason(store, check)} if check.grave else {}
    return dg.AssetCheckResult(
        asset_key=asset_key(store.study_file.name, table),
        check_name=check.name,
        # A failure that does not block is a warning, so that Dagster lets the run go on.
        passed=check.passed,
        severity=dg.AssetCheckSeverity.ERROR if why else dg.AssetCheckSeverity.WARN,
        metadata={"measured": check.measured, "expected": check.expected} | why,
    )


def _metadata(store: WaveStore, table: Table, rows: int, before: bool) -> dict[str, Any]:
    path = store.existing(table)
    return {
        "dagster/row_count": rows,
        "wave": store.wave,
        "version": path.parent.name,
        "made": "before, and nothing changed that it follows from" if before else "now",
        "file": dg.MetadataValue.path(str(path)),
        "preview": dg.MetadataValue.md(preview(path, table.preview)),
    }


def glance(store: WaveStore, table: Table) -> dict[str, Any]:
    """Numbers, short tables and pictures; texts are Markdown."""

    def read(wanted: Table, *columns: str) -> pa.Table:
        return pq.read_table(store.existing(wanted), columns=list(columns) or None)

    return {name: shown(value) for name, value in at_a_glance(table, read, store.study).items()}


def shown(value: Any) -> Any:
    return dg.MetadataValue.md(value) if isinstance(value, str) else value


def column_lineage(store: WaveStore, table: Table) -> dict[str, Any]:
    """Where each column's values come from, for the pages that Dagster+ draws of it, and as tables for all others."""
    study, by_indicator = store.study, table in (tables.RESPONDENTS, tables.SHARES, tables.FINDINGS)
    exported = store.rows(tables.SOURCE_COLUMNS) if table is tables.DELIVERED or by_indicator else ()
    found = column_sources(table, study, exported)
    if not found:
        return {}
    texts = {"columns_come_from": lineage_markdown(found)}
    if by_indicator:
        texts["indicators_in_the_export"] = indicators_markdown(study, exported)
    keys = {below.name: asset_key(store.study_file.name, below) for below in tables.ALL}
    lineage = {
        column: [dg.TableColumnDep(keys[source], name) for source, name in sources] for column, sources in found.items()
    }
    shown_texts = {name: shown(text) for name, text in texts.items() if text}
    return {"dagster/column_lineage": dg.TableColumnLineage(lineage)} | shown_texts


def preview(path: Path, columns: tuple[str, ...]) -> str:
    """The first rows of a Parquet file as a Markdown table; cells cut to a readable width, markup shown as text."""
    with pq.ParquetFile(path) as file:
        chosen = list(columns or file.schema_arrow.names[:PREVIEW_COLUMNS])
        first = next(file.iter_batches(PREVIEW_ROWS, columns=chosen), None)
    return markdown_table(chosen, zip(*first.to_pydict().values(), strict=True)) if first else "no rows"
