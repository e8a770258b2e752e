"""The maturity score itself: reliability, percentiles among peers, and clusters beside the tiers."""

from __future__ import annotations

from functools import lru_cache

import dagster as dg

from assets.building import wave_asset
from assets.studies import open_store
from pipeline import tables
from pipeline.maturity.clustering import ClusterTables, cluster_tables
from pipeline.maturity.peers import peer_percentiles_query, peer_places_query
from pipeline.maturity.reliability import dimensions_of, items_query, reliability_rows
from pipeline.maturity.scoring import score_bands_query
from pipeline.store import WaveStore
from pipeline.study.columns import SegmentColumns
from pipeline.study.loading import StudyFile


def maturity_assets(study_file: StudyFile) -> list[dg.AssetsDefinition]:
    @wave_asset(study_file, tables.RELIABILITY)
    def out_reliability(store: WaveStore) -> int:
        score, resolver = store.study.score, store.study.resolver
        items = store.fetch(items_query(score, resolver), tables.RELIABILITY)
        return store.write(tables.RELIABILITY, reliability_rows(store.wave, items, dimensions_of(score, resolver)))

    @wave_asset(study_file, tables.SCORE_BANDS)
    def out_score_bands(store: WaveStore) -> int:
        return store.create(tables.SCORE_BANDS, score_bands_query())

    @wave_asset(study_file, tables.PEER_PERCENTILES)
    def out_peer_percentiles(store: WaveStore) -> int:
        display = store.study.display
        query = peer_percentiles_query(store.wave, peers(store), display.suppress_below, display.footnote_below)
        return store.create(tables.PEER_PERCENTILES, query)

    @wave_asset(study_file, tables.PEER_PLACES)
    def out_peer_places(store: WaveStore) -> int:
        display = store.study.display
        query = peer_places_query(store.wave, peers(store), display.suppress_below, display.footnote_below)
        return store.create(tables.PEER_PLACES, query)

    @wave_asset(study_file, tables.TIER_CLUSTERS)
    def out_tier_clusters(store: WaveStore) -> int:
        return store.write(tables.TIER_CLUSTERS, clusters(store)[0])

    @wave_asset(study_file, tables.TIER_AGREEMENT)
    def out_tier_agreement(store: WaveStore) -> int:
        return store.write(tables.TIER_AGREEMENT, clusters(store)[1])

    return [
        out_reliability,
        out_score_bands,
        out_peer_percentiles,
        out_peer_places,
        out_tier_clusters,
        out_tier_agreement,
    ]


def peers(store: WaveStore) -> SegmentColumns | None:
    """The segment within whose levels scores are ranked."""
    score = store.study.score
    return next((s for s in store.study.segment_columns if score and s.name == score.peers), None)


def clusters(store: WaveStore) -> ClusterTables:
    """Both tables, made once in a run."""
    return _clusters(store.study_file.name, store.wave, store.version(tables.TIER_AGREEMENT))


@lru_cache(maxsize=1)
def _clusters(name: str, wave: str, version: str) -> ClusterTables:
    store = open_store(name, wave)
    score, tiers = store.study.score, store.study.tiers
    dimensions = list(score.dimensions) if score else []
    return cluster_tables(wave, store.read(tables.RESPONDENTS), dimensions, tiers.order if tiers else ())
