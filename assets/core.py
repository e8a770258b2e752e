"""The core layer: coded, cleaned and scored respondents, and the cells."""

from __future__ import annotations

import dagster as dg

from assets.building import wave_asset
from assets.on_spark import create_by_settings
from pipeline import tables
from pipeline.cells.cells import cells_query, weightings_of
from pipeline.cleaning.screening import screening_query
from pipeline.ingest.answers import read_answers, values_query
from pipeline.ingest.responses import available_variables, responses_query
from pipeline.maturity.scoring import scores_query
from pipeline.maturity.tiers import respondents_query, tier_cuts_query
from pipeline.store import WaveStore
from pipeline.study.loading import StudyFile
from pipeline.study.sampling import default_weight
from pipeline.weighting.assigning import Weighed, sampled_query, weigh


def available(store: WaveStore) -> set[str]:
    """Variables that the wave's delivery tells of."""
    study = store.study
    return available_variables(store.rows(tables.SOURCE_COLUMNS), study.questions, study.scales, store.wave)


def weighed(store: WaveStore, table: tables.Table) -> Weighed:
    """Weights and replicates of the wave, from the inputs of one of their tables."""
    study = store.study
    query = sampled_query(study.design, study.weights, study.sampling_columns, store.wave)
    return weigh(store.wave, store.fetch(query, table).to_pandas(), study.design, study.weights)


def core_assets(study_file: StudyFile) -> list[dg.AssetsDefinition]:
    @wave_asset(study_file, tables.ANSWERS)
    def core_answers(store: WaveStore) -> int:
        study = store.study
        values = store.fetch(values_query(study.questions, study.scales, available(store)), tables.ANSWERS)
        rows = read_answers(store.wave, study.questions, study.scales, values.to_pylist())
        return store.write(tables.ANSWERS, rows)

    @wave_asset(study_file, tables.RESPONSES)
    def core_responses(store: WaveStore) -> int:
        study, answers = store.study, store.rows(tables.ANSWERS)
        query = responses_query(study.questions, study.scales, available(store), answers, study.shown.values())
        return store.create(tables.RESPONSES, query)

    @wave_asset(study_file, tables.SCREENING)
    def core_screening(store: WaveStore) -> int:
        study = store.study
        return store.create(tables.SCREENING, screening_query(study.cleaning, study.resolver, available(store)))

    @wave_asset(study_file, tables.WEIGHTS)
    def core_weights(store: WaveStore) -> int:
        return store.write(tables.WEIGHTS, weighed(store, tables.WEIGHTS).rows)

    @wave_asset(study_file, tables.REPLICATES)
    def core_replicates(store: WaveStore) -> int:
        return store.write(tables.REPLICATES, weighed(store, tables.REPLICATES).replicates)

    @wave_asset(study_file, tables.SCORES)
    def core_scores(store: WaveStore) -> int:
        return store.create(tables.SCORES, scores_query(store.study.score, store.study.resolver))

    @wave_asset(study_file, tables.TIER_CUTS)
    def core_tier_cuts(store: WaveStore) -> int:
        study = store.study
        query = tier_cuts_query(study.tiers, study.segment_columns, store.wave, study.baseline)
        return store.create(tables.TIER_CUTS, query)

    @wave_asset(study_file, tables.RESPONDENTS)
    def core_respondents(store: WaveStore) -> int:
        study = store.study
        query = respondents_query(
            study.tiers, study.score, study.segment_columns, study.indicator_columns, study.resolver, available(store),
            default_weight(study.weights), [c.name for c in tables.sampling_columns(study)],
        )  # fmt: skip
        return store.create(tables.RESPONDENTS, query)

    @wave_asset(study_file, tables.CELLS)
    def core_cells(store: WaveStore) -> int:
        study = store.study
        weightings = weightings_of(study.weights, study.comparisons, study.design)
        strata = study.design is not None and study.design.strata is not None
        query = cells_query(study.segment_columns, study.indicator_columns, weightings, strata, study.has_units)
        return store.create(tables.CELLS, query, create_by_settings)

    return [
        core_answers, core_responses, core_screening, core_weights, core_replicates, core_scores, core_tier_cuts,
        core_respondents, core_cells,
    ]  # fmt: skip
