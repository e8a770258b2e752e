"""The raw layer: a wave's delivery as it came."""

from __future__ import annotations

import dagster as dg

from assets.building import wave_asset
from pipeline import tables
from pipeline.ingest.delivered import delivered_query, file_rows, source_column_rows
from pipeline.ingest.matching import match
from pipeline.ingest.readable import reading
from pipeline.store import WaveStore
from pipeline.study.loading import StudyFile


def raw_assets(study_file: StudyFile) -> list[dg.AssetsDefinition]:
    @wave_asset(study_file, tables.FILES)
    def raw_files(store: WaveStore) -> int:
        return store.write(tables.FILES, file_rows(store.wave, store.sources()))

    @wave_asset(study_file, tables.SOURCE_COLUMNS)
    def raw_source_columns(store: WaveStore) -> int:
        study = store.study
        sampling = study.sampling_columns.items()
        matched = [
            (s, match(s, study.questions, study.scales, study.columns, store.wave, sampling)) for s in store.sources()
        ]
        return store.write(tables.SOURCE_COLUMNS, source_column_rows(store.wave, matched))

    @wave_asset(study_file, tables.DELIVERED)
    def raw_delivered(store: WaveStore) -> int:
        columns = store.rows(tables.SOURCE_COLUMNS)
        return reading(
            store.sources(),
            lambda ready: store.create(
                tables.DELIVERED, delivered_query(store.wave, ready, columns, store.study, store.id_key)
            ),
        )

    return [raw_files, raw_source_columns, raw_delivered]
