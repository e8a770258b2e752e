"""The out layer of one wave: waterfall, tiers, shares, toplines, findings, codebook, and the verdict on the wave."""

from __future__ import annotations

import dagster as dg

from assets.building import started_at, wave_asset
from assets.core import available
from pipeline import tables
from pipeline.admission import admit
from pipeline.cells.sums import read_cells
from pipeline.cleaning.screening import dispositions_query
from pipeline.estimation.comparing import compare
from pipeline.estimation.groups import Grouping
from pipeline.estimation.levels import indicator_shares, topline_rows, toplines_query
from pipeline.estimation.tier_table import tier_rows, tiers_query
from pipeline.publish.codebook import codebook_rows
from pipeline.publish.forest import forest_markdown
from pipeline.quality import all_checks, check_rows
from pipeline.store import WaveStore
from pipeline.study.loading import StudyFile


def finding_assets(study_file: StudyFile) -> list[dg.AssetsDefinition]:
    @wave_asset(study_file, tables.DISPOSITIONS)
    def out_dispositions(store: WaveStore) -> int:
        return store.create(tables.DISPOSITIONS, dispositions_query(store.study.cleaning))

    @wave_asset(study_file, tables.TIERS)
    def out_tiers(store: WaveStore) -> int:
        counts = store.fetch(tiers_query(), tables.TIERS).to_pandas()
        return store.write(tables.TIERS, tier_rows(store.wave, counts, store.study.tiers))

    @wave_asset(study_file, tables.SHARES)
    def out_shares(store: WaveStore) -> int:
        study = store.study
        cells = read_cells(store.read(tables.CELLS), study.indicator_columns)
        rows = indicator_shares(store.wave, cells, study.indicators, study.tiers, study.segment_columns, study.display)
        return store.write(tables.SHARES, rows)

    @wave_asset(study_file, tables.TOPLINES)
    def out_toplines(store: WaveStore) -> int:
        study, there = store.study, available(store)
        query = toplines_query(study.variables, there, study.tiers, study.segment_columns)
        counts = store.fetch(query, tables.TOPLINES).to_pandas()
        rows = topline_rows(
            store.wave, counts, study.variables, there, study.tiers, study.segment_columns, study.display
        )
        return store.write(tables.TOPLINES, rows)

    @wave_asset(study_file, tables.FINDINGS, extra=forest_plot)
    def out_findings(store: WaveStore) -> int:
        study = store.study
        cells = read_cells(store.read(tables.CELLS), study.indicator_columns)
        grouping = Grouping(study.tiers, study.segments, study.segment_columns, study.resolver)
        rows = compare(
            store.wave, cells, study.comparisons, grouping, study.indicators, study.scored_indicators,
            study.display, study.sample, study.synthetic,
        )  # fmt: skip
        return store.write(tables.FINDINGS, rows)

    @wave_asset(study_file, tables.CODEBOOK)
    def out_codebook(store: WaveStore) -> int:
        rows = codebook_rows(
            store.wave, store.study.questions, store.study.variables, store.rows(tables.SOURCE_COLUMNS)
        )
        return store.write(tables.CODEBOOK, rows)

    @wave_asset(study_file, tables.QUALITY_CHECKS)
    def out_quality_checks(store: WaveStore) -> int:
        """Every table of the wave is made and none of its blocking checks failed: the wave is admitted."""
        context = dg.AssetExecutionContext.get()
        rows = store.write(tables.QUALITY_CHECKS, check_rows(store.wave, all_checks(store)))
        entry = admit(store, context.run.run_id, started_at(context))
        context.log.info(f"wave {store.wave} is admitted, version {entry.admitted.version if entry.admitted else ''}")
        return rows

    return [
        out_dispositions, out_tiers, out_shares, out_toplines, out_findings, out_codebook, out_quality_checks,
    ]  # fmt: skip


def forest_plot(store: WaveStore) -> dict[str, dg.MetadataValue]:
    """The ratios as a picture, where there are any."""
    picture = forest_markdown(store.rows(tables.FINDINGS), store.study.synthetic)
    return {"forest_plot": dg.MetadataValue.md(picture)} if picture else {}
