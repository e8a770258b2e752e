"""The raw layer: a wave's delivery as it came."""

from __future__ import annotations

import dagster as dg

from assets.building import wave_asset
from pipeline import tables
from pipeline.ingest.delivered import delivered_query, file_rows, source_column_rows
from pipeline.ingest.matching import match
from pipeline.ingest.readable import reading
from pipeline.ingest.sniffing import read_source
from pipeline.store import WaveStore
from pipeline.study.loading import StudyFile


def raw_assets(study_file: StudyFile) -> list[dg.AssetsDefinition]:
    @wave_asset(study_file, tables.FILES)
    def raw_files(store: WaveStore) -> int:
        return store.write(tables.FILES, file_rows(store.wave, [read_source(path) for path in store.delivery()]))

    @wave_asset(study_file, tables.SOURCE_COLUMNS)
    def raw_source_columns(store: WaveStore) -> int:
        study = store.study
        sampling = study.sampling_columns.items()
        sources = [read_source(path) for path in store.delivery()]
        matched = [(s, match(s, study.questions, study.scales, study.columns, store.wave, sampling)) for s in sources]
        return store.write(tables.SOURCE_COLUMNS, source_column_rows(store.wave, matched))

    @wave_asset(study_file, tables.DELIVERED)
    def raw_delivered(store: WaveStore) -> int:
        sources = [read_source(path) for path in store.delivery()]
        columns, study = store.rows(tables.SOURCE_COLUMNS), store.study
        return reading(
            sources,
            lambda ready: store.create(
                tables.DELIVERED,
                delivered_query(store.wave, ready, columns, study.variables, [*study.sampling_columns]),
            ),
        )

    return [raw_files, raw_source_columns, raw_delivered]
