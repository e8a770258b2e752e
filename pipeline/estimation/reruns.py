"""Each comparison again from the respondents: another rule of cleaning or for missing items, an item left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pipeline import engine
from pipeline.cells.sums import Floats
from pipeline.cleaning.leaving_out import BLANK, Records, analysed_without, order_query
from pipeline.engine import Query
from pipeline.errors import SurveyError
from pipeline.estimation.membership import Codes, Membership
from pipeline.estimation.specifications import Counts, Sections, Specification
from pipeline.maturity.reliability import items_query
from pipeline.maturity.rescoring import (
    Dimensions,
    cuts_of_same_shares,
    missing_item_rules,
    scored_dimensions,
    scores_of,
    tiers_at,
    without_items,
)
from pipeline.maturity.scoring import scores_query
from pipeline.maturity.tiers import respondents_query
from pipeline.study.sampling import UNWEIGHTED, Weights, default_weight
from pipeline.weighting.assigning import sampled_query, weigh


class Rerun:
    """The wave's records, read when first needed, from which other specifications follow. N records, K indicators.

    inputs: tables responses, screening, tier_cuts and respondents; `delivered` and `weights` where the study has
    weights. Indicators, levels, scores and tiers are those that every record would have if it were analysed.
    """

    def __init__(
        self,
        wave: str,
        inputs: Mapping[str, Path | pa.Table],
        sections: Sections,
        memberships: Mapping[str, Membership],
    ) -> None:
        self.wave = wave
        self.inputs = inputs
        self.sections = sections
        self.memberships = memberships

    def of_cleaning(self) -> Iterator[Specification]:
        """Each cleaning rule left out in turn: who is analysed, and their weights, follow from the others."""
        sections = self.sections
        if not sections.cleaning:
            return
        resolver, available = sections.resolver, sections.available
        order = self._fetch(order_query(sections.cleaning, resolver, available), "responses")
        variants = analysed_without(sections.cleaning, resolver, available, self._held("screening"), order)
        tiers = self._published_tiers
        for rule, analysed in variants.items():
            weights, failed = self._weights_of(analysed)
            for comparison in self.memberships:
                weight = sections.weight_of(comparison)
                reason = failed if weight != UNWEIGHTED else ""
                people = np.zeros_like(analysed) if reason else analysed
                counts = self._counts(comparison, tiers, people, weights.get(weight))
                yield Specification(comparison, "cleaning", f"without rule {rule}", counts, reason)

    def of_missing_items(self) -> Iterator[Specification]:
        """Other rules for missing items, with tiers at the published cuts."""
        if not self.rescored:
            return
        for name, dimensions in missing_item_rules(self.dimensions).items():
            tiers = np.full(len(self.analysed), -1)
            scores = scores_of(self._points_of_items, dimensions)
            for cuts, members in self._within:
                tiers[members] = tiers_at(scores[members], cuts)
            for comparison, counts in self._of_tiers(tiers).items():
                yield Specification(comparison, "missing_items", name, counts)

    def of_items(self) -> Iterator[Specification]:
        """Each item of the score left out in turn."""
        for item, name in self.items.items():
            for comparison, counts in self.without((item,)).items():
                yield Specification(comparison, "item_left_out", f"without item {name}", counts)

    def without(self, left_out: tuple[str, ...]) -> dict[str, Counts]:
        """Comparison of tiers -> counts with these items (columns) left out of the score; empty where none is left.

        Tiers are cut anew, within a segment where the published ones are, to shares as near as can be.
        """
        if not self.rescored or not (dimensions := without_items(self.dimensions, left_out)):
            return {}
        scores = scores_of(self._points_of_items, dimensions)
        tiers = np.full(len(scores), -1)
        published = np.where(self.analysed, self._published_tiers, -1)
        for cuts, members in self._within:
            own, weights = scores[members], self._default_weight[members]
            tiers[members] = tiers_at(own, cuts_of_same_shares(own, published[members], weights, len(cuts) + 1))
        return self._of_tiers(tiers)

    def _of_tiers(self, tiers: Codes) -> dict[str, Counts]:
        return {
            name: self._counts(name, tiers, self.analysed, self._published_weight(self.sections.weight_of(name)))
            for name in self.rescored
        }

    def _counts(self, comparison: str, tiers: Codes, analysed: Records, weight: Floats | None) -> Counts:
        groups = self.memberships[comparison].of(tiers, self._levels[comparison])
        a, b = ((group & analysed).astype(float) for group in groups)
        counts = [member @ values for member in (a, b) for values in (self._yes, self._base)]
        if weight is None:
            return Counts(*counts, *counts)
        members = (a * weight, b * weight)
        return Counts(*counts, *(member @ values for member in members for values in (self._yes, self._base)))

    @cached_property
    def everyone(self) -> pd.DataFrame:
        """Table `respondents` as if every record that is not blank were analysed, in order of source_row."""
        sections = self.sections
        query = respondents_query(
            sections.grouping.tiers, sections.score, sections.grouping.columns, sections.indicators, sections.resolver,
            sections.available,
        )  # fmt: skip
        inputs = self._only("responses", "tier_cuts") | {"screening": self._all_but_blank}
        return engine.fetch_through(
            "scores", scores_query(sections.score, sections.resolver), query, inputs
        ).to_pandas()

    @cached_property
    def _all_but_blank(self) -> pa.Table:
        screening = self._held("screening")
        everyone = pc.if_else(pc.equal(screening["disposition"], BLANK), BLANK, "analysed")
        return screening.set_column(screening.column_names.index("disposition"), "disposition", everyone)

    @cached_property
    def analysed(self) -> Records:
        """Records that are analysed as published."""
        screening = self._held("screening").select(["source_row", "disposition"]).to_pandas()
        return (screening.sort_values("source_row")["disposition"] == "analysed").to_numpy()

    @cached_property
    def _says(self) -> Floats:
        return self.everyone[[i.name for i in self.sections.indicators]].to_numpy(float, na_value=np.nan)

    @cached_property
    def _yes(self) -> Floats:
        return np.nan_to_num(self._says)

    @cached_property
    def _base(self) -> Floats:
        return np.where(np.isnan(self._says), 0.0, 1.0)

    @cached_property
    def _levels(self) -> dict[str, Codes]:
        return {name: groups.respondent_levels(self.everyone) for name, groups in self.memberships.items()}

    @cached_property
    def _published_tiers(self) -> Codes:
        """Places of the tiers that respondents have, and that other records would have, by the published cuts."""
        return self.sections.tier_places(self.everyone["tier"].to_numpy(object))

    # -- weights

    def _weights_of(self, analysed: Records) -> tuple[dict[str, Floats], str]:
        """Weights by name of other records than the published ones, or why they cannot be weighed."""
        names = {self.sections.weight_of(comparison) for comparison in self.sections.comparisons}
        used = {name: weight for name, weight in self._fixed.items() if name in names}
        if not used:
            return {}, ""
        try:
            rows = weigh(self.wave, self._sampled[analysed].reset_index(drop=True), None, used).rows
        except SurveyError as error:
            return {}, error.what
        found = {}
        for name in used:
            found[name] = np.zeros(len(analysed))
            found[name][analysed] = rows[f"weight_{name}"].to_numpy(float)
        return found, ""

    @cached_property
    def _fixed(self) -> Weights:
        """The weights without replicates, which a ratio does not need."""
        return {name: weight.model_copy(update={"replicates": None}) for name, weight in self.sections.weights.items()}

    @cached_property
    def _sampled(self) -> pd.DataFrame:
        """What tells the weights, of every record in order of source_row; blank ones are there without an answer."""
        sampling = {ours: theirs for ours, theirs in self.sections.sampling.items() if ours.startswith("weight ")}
        query = sampled_query(None, self._fixed, sampling, self.wave)
        inputs = self._only("responses", "delivered") | {"screening": self._all_but_blank}
        rows = engine.fetch(query, inputs).to_pandas()
        return rows.set_index("source_row").reindex(self.everyone["source_row"]).reset_index()

    def _published_weight(self, name: str) -> Floats | None:
        """Published weights by record, 0 for those not analysed; None where everyone counts once."""
        if name in ("", UNWEIGHTED):
            return None
        rows = self._weights.reindex(self.everyone["source_row"])[f"weight_{name}"]
        return rows.fillna(0.0).to_numpy(float)

    @cached_property
    def _weights(self) -> pd.DataFrame:
        return self._held("weights").to_pandas().set_index("source_row")

    @cached_property
    def _default_weight(self) -> Floats:
        weight = self._published_weight(default_weight(self.sections.weights))
        return np.ones(len(self.everyone)) if weight is None else weight

    # -- the score

    @cached_property
    def cuts(self) -> Floats:
        """The published cuts, where they are the same for everyone; else, and where there are none, empty."""
        return self._cuts_by_level.get("all", np.zeros(0)) if self.sections.one_cut else np.zeros(0)

    @cached_property
    def _cuts_by_level(self) -> dict[str, Floats]:
        tiers = self.sections.grouping.tiers
        if tiers is None or not self.sections.scored:
            return {}
        rows = self._held("tier_cuts").to_pandas()
        found = {str(level): own.set_index("tier")["cut"].reindex(tiers.order[1:]).to_numpy(float)
                 for level, own in rows.groupby("level")}  # fmt: skip
        return {level: cuts for level, cuts in found.items() if not np.isnan(cuts).any()}

    @property
    def rescored(self) -> tuple[str, ...]:
        """Comparisons whose groups the score makes."""
        return tuple(name for name, m in self.memberships.items() if m.by_tier) if self.sections.scored else ()

    @cached_property
    def dimensions(self) -> Dimensions:
        return scored_dimensions(self.sections.score, self.sections.resolver)

    @cached_property
    def items(self) -> dict[str, str]:
        """Columns of the items of the score, with their names in the study file."""
        refs = {v.name: v.ref for v in self.sections.resolver.variables}
        return {item: refs[item] for d in self.dimensions for item in d.items}

    @cached_property
    def _points_of_items(self) -> dict[str, Floats]:
        """Points of each item by record, NaN for those not analysed."""
        rows = self._fetch(items_query(self.sections.score, self.sections.resolver), "responses", "respondents")
        places = np.flatnonzero(self.analysed)
        found = {}
        for item in self.items:
            found[item] = np.full(len(self.analysed), np.nan)
            found[item][places] = np.asarray(rows[item].to_numpy(), float)
        return found

    @cached_property
    def _within(self) -> list[tuple[Floats, Codes]]:
        """Published cuts with the records that they hold for."""
        tiers = self.sections.grouping.tiers
        if tiers is None or tiers.within is None:
            return [(cuts, np.arange(len(self.everyone))) for cuts in self._cuts_by_level.values()]
        levels = self.everyone[tiers.within].to_numpy(object)
        return [(cuts, np.flatnonzero(levels == level)) for level, cuts in self._cuts_by_level.items()]

    def _fetch(self, query: Query, *names: str) -> pa.Table:
        return engine.fetch(query, self._only(*names))

    def _held(self, name: str) -> pa.Table:
        return cast(pa.Table, self.inputs[name])

    def _only(self, *names: str) -> dict[str, Path | pa.Table]:
        return {name: self.inputs[name] for name in names}
