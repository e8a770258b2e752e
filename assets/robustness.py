"""How far findings hang on choices that could have been made otherwise."""

from __future__ import annotations

from functools import lru_cache

import dagster as dg

from assets.building import wave_asset
from assets.core import available
from assets.findings import grouping_of
from assets.studies import open_store
from pipeline import tables
from pipeline.estimation.robustness import Robustness, robustness
from pipeline.estimation.specifications import Sections
from pipeline.store import WaveStore
from pipeline.study.loading import StudyFile


def robustness_assets(study_file: StudyFile) -> list[dg.AssetsDefinition]:
    @wave_asset(study_file, tables.SPECIFICATIONS)
    def out_specifications(store: WaveStore) -> int:
        return store.write(tables.SPECIFICATIONS, varied(store).specifications)

    @wave_asset(study_file, tables.ROBUSTNESS)
    def out_robustness(store: WaveStore) -> int:
        return store.write(tables.ROBUSTNESS, varied(store).robustness)

    return [out_specifications, out_robustness]


def varied(store: WaveStore) -> Robustness:
    """Both tables, made once in a run."""
    return _varied(store.study_file.name, store.wave, store.version(tables.ROBUSTNESS))


@lru_cache(maxsize=1)
def _varied(name: str, wave: str, version: str) -> Robustness:
    store = open_store(name, wave)
    study, inputs = store.study, store.inputs(tables.ROBUSTNESS)
    sections = Sections(
        study.cleaning, study.weights, study.score, grouping_of(study), study.indicator_columns, study.comparisons,
        study.sampling_columns, available(store),
    )  # fmt: skip
    findings = store.read(tables.FINDINGS).to_pandas()
    return robustness(wave, inputs, sections, findings, study.display.suppress_below, study.claim_set.claims)
