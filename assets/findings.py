"""The out layer of one wave: waterfall, tiers, shares, toplines, findings, codebook, and the verdict on the wave."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg
import pandas as pd
import pyarrow as pa

from assets.building import started_at, wave_asset
from assets.core import available, weighed
from pipeline import engine, tables
from pipeline.admission import admit, fieldwork_of
from pipeline.cells.cells import weightings_of
from pipeline.cells.slices import fetch_cells
from pipeline.cleaning.screening import dispositions_query
from pipeline.errors import SurveyError
from pipeline.estimation.adjusted_table import adjusted_table
from pipeline.estimation.column_letters import banner_rows
from pipeline.estimation.comparing import compare
from pipeline.estimation.groups import Grouping
from pipeline.estimation.levels import (
    in_passes,
    indicator_shares,
    option_cells_query,
    option_columns,
    options_query,
    topline_rows,
)
from pipeline.estimation.means import Sampled, mean_rows, numbers_of, numbers_query, sampled_as
from pipeline.estimation.plan import Plan, WeightedCells, weighted_cells
from pipeline.estimation.score_table import score_columns, score_mean_rows, score_numbers_query
from pipeline.estimation.tier_table import tier_rows, tiers_query
from pipeline.estimation.tier_trends import tier_trend_rows
from pipeline.publish.codebook import codebook_rows
from pipeline.publish.methodology.statement import EVIDENCE, Evidence, methodology_rows
from pipeline.quality import all_checks, check_rows, checked, reasons
from pipeline.store import WaveStore
from pipeline.study.loading import StudyFile
from pipeline.study.model import Study
from pipeline.study.sampling import default_weight
from pipeline.weighting.assigning import replicate_matrix


def cells_by_weight(store: WaveStore, names: Sequence[str]) -> dict[str, WeightedCells]:
    """Cells of the indicators under the named weights."""
    study = store.study
    rows = store.read(tables.CELLS)
    return weighted_cells(
        rows, study.indicator_columns, names, study.design, study.weights, store.wave, sampled_rows(store),
        replicate_rows(store),
    )  # fmt: skip


def grouping_of(study: Study) -> Grouping:
    return Grouping(study.tiers, study.segments, study.segment_columns, study.resolver)


def default_cells(store: WaveStore) -> WeightedCells:
    name = default_weight(store.study.weights)
    return cells_by_weight(store, [name])[name]


def sampled_rows(store: WaveStore) -> pa.Table | None:
    """Table `weights`, where the study has design or weights."""
    return store.read(tables.WEIGHTS) if tables.WEIGHTS.made_if(store.study) else None


def replicate_rows(store: WaveStore) -> pa.Table | None:
    """Table `replicates`, where some weight has any."""
    return store.read(tables.REPLICATES) if tables.REPLICATES.made_if(store.study) else None


def sampled_as_planned(store: WaveStore, plan: Plan, count: int) -> Sampled:
    """The analysed respondents, so many, under the default weight, in order of source_row."""
    rows, again = sampled_rows(store), replicate_rows(store)
    replicates = replicate_matrix(again.to_pandas(), default_weight(store.study.weights)) if again else None
    return sampled_as(rows.to_pandas() if rows else None, replicates, plan, count)


def toplines(store: WaveStore) -> pd.DataFrame:
    """Rows of table `toplines`."""
    study, there = store.study, available(store)
    segments, name = study.segment_columns, default_weight(study.weights)
    inputs = store.inputs(tables.TOPLINES)
    sampled, again = sampled_rows(store), replicate_rows(store)
    weightings = weightings_of(study.weights, {}, study.design)
    strata = study.design is not None and study.design.strata is not None
    numbers = numbers_of(study.variables, there)
    respondents = engine.fetch(numbers_query(numbers, segments), inputs).to_pandas() if numbers else pd.DataFrame()
    found = []
    for options in in_passes(option_columns(study.variables, there)):
        query = option_cells_query(options, segments, weightings, strata, study.has_units)
        answered = options_query(options, segments, [c.name for c in tables.sampling_columns(study)])
        rows = fetch_cells(query, inputs, ("option_respondents", answered))
        weighted = weighted_cells(
            rows, options, [name], study.design, study.weights, store.wave, sampled, again
        )[name]  # fmt: skip
        own = [o.variable for o in options if o.variable in numbers]
        people = sampled_as_planned(store, weighted.plan, len(respondents))
        means = mean_rows(respondents, own, people, weighted.plan, study.tiers, segments)
        found.append(topline_rows(store.wave, weighted, options, means, study.tiers, segments, study.display))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def score_means(store: WaveStore) -> pd.DataFrame:
    """Rows of table `score_means`."""
    study, segments = store.study, store.study.segment_columns
    respondents = store.fetch(score_numbers_query(study.score, segments), tables.SCORE_MEANS).to_pandas()
    plan = default_cells(store).plan
    people = sampled_as_planned(store, plan, len(respondents))
    means = mean_rows(respondents, list(score_columns(study.score)), people, plan, study.tiers, segments)
    return score_mean_rows(store.wave, means, study.score)


def finding_assets(study_file: StudyFile) -> list[dg.AssetsDefinition]:
    @wave_asset(study_file, tables.DISPOSITIONS)
    def out_dispositions(store: WaveStore) -> int:
        return store.create(tables.DISPOSITIONS, dispositions_query(store.study.cleaning))

    @wave_asset(study_file, tables.TIERS)
    def out_tiers(store: WaveStore) -> int:
        study = store.study
        scores = store.fetch(tiers_query(), tables.TIERS).to_pandas()
        rows = tier_rows(store.wave, default_cells(store), scores, study.tiers, study.display)
        return store.write(tables.TIERS, rows)

    @wave_asset(study_file, tables.SHARES)
    def out_shares(store: WaveStore) -> int:
        study = store.study
        rows = indicator_shares(
            store.wave, default_cells(store), study.indicators, study.tiers, study.segment_columns, study.display
        )
        return store.write(tables.SHARES, rows)

    @wave_asset(study_file, tables.SCORE_MEANS)
    def out_score_means(store: WaveStore) -> int:
        return store.write(tables.SCORE_MEANS, score_means(store))

    @wave_asset(study_file, tables.TOPLINES)
    def out_toplines(store: WaveStore) -> int:
        return store.write(tables.TOPLINES, toplines(store))

    @wave_asset(study_file, tables.FINDINGS)
    def out_findings(store: WaveStore) -> int:
        study = store.study
        names = [default_weight(study.weights), *(c.weight for c in study.comparisons.values() if c.weight)]
        rows = compare(
            store.wave, cells_by_weight(store, names), names[0], study.comparisons, grouping_of(study),
            study.indicators, study.scored_indicators, study.display, study.sample, study.synthetic,
        )  # fmt: skip
        return store.write(tables.FINDINGS, rows)

    @wave_asset(study_file, tables.BANNERS)
    def out_banners(store: WaveStore) -> int:
        study, rows = store.study, store.read(tables.TOPLINES).to_pandas()
        banners = banner_rows(store.wave, rows, study.tiers, study.segment_columns, study.display.suppress_below)
        return store.write(tables.BANNERS, banners)

    @wave_asset(study_file, tables.ADJUSTED)
    def out_adjusted(store: WaveStore) -> int:
        study, sampled = store.study, sampled_rows(store)
        respondents = store.read(tables.RESPONDENTS).to_pandas().query("disposition == 'analysed'")
        rows = adjusted_table(
            store.wave, respondents, sampled.to_pandas() if sampled else None, study.comparisons, grouping_of(study),
            study.indicator_columns, default_weight(study.weights), study.design,
        )  # fmt: skip
        return store.write(tables.ADJUSTED, rows)

    @wave_asset(study_file, tables.TIER_TRENDS)
    def out_tier_trends(store: WaveStore) -> int:
        order = store.study.tiers.order if store.study.tiers else ()
        return store.write(tables.TIER_TRENDS, tier_trend_rows(store.wave, default_cells(store), order))

    @wave_asset(study_file, tables.WEIGHTING)
    def out_weighting(store: WaveStore) -> int:
        return store.write(tables.WEIGHTING, list(weighed(store, tables.WEIGHTING).report))

    @wave_asset(study_file, tables.CODEBOOK)
    def out_codebook(store: WaveStore) -> int:
        rows = codebook_rows(
            store.wave, store.study.questions, store.study.variables, store.rows(tables.SOURCE_COLUMNS)
        )
        return store.write(tables.CODEBOOK, rows)

    @wave_asset(study_file, tables.METHODOLOGY)
    def out_methodology(store: WaveStore) -> int:
        found = {
            name: store.read(tables.BY_NAME[name], columns).to_pandas()
            for name, columns in EVIDENCE.items()
            if tables.BY_NAME[name].made_if(store.study)
        }
        evidence = Evidence(store.wave, found, fieldwork_of(store))
        return store.write(tables.METHODOLOGY, methodology_rows(store.study, evidence))

    @wave_asset(study_file, tables.QUALITY_CHECKS, always=True)
    def out_quality_checks(store: WaveStore) -> int:
        """Every table of the wave is made and none of its blocking checks failed: the wave is admitted."""
        context = dg.AssetExecutionContext.get()
        checks = all_checks(store, checked)
        # A run need not make all tables, nor one whose check failed: its selection would pass that check over.
        if why := reasons(store, checks):
            raise SurveyError("", why)
        for table in tables.made_for(store.study):
            if table is not tables.QUALITY_CHECKS:
                store.existing(table)
        rows = store.write(tables.QUALITY_CHECKS, check_rows(store.wave, checks))
        entry = admit(store, context.run.run_id, started_at(context))
        context.log.info(f"wave {store.wave} is admitted, version {entry.admitted.version if entry.admitted else ''}")
        return rows

    return [
        out_dispositions, out_tiers, out_shares, out_score_means, out_toplines,
        out_banners, out_findings, out_adjusted, out_tier_trends,
        out_weighting, out_codebook, out_methodology, out_quality_checks,
    ]  # fmt: skip
