"""Each comparison again from the respondents: another rule of cleaning or for missing items, an item left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import cast

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pipeline import engine
from pipeline.cells.sums import Floats
from pipeline.cleaning.leaving_out import BLANK, Records, analysed_without, order_query
from pipeline.engine import Query
from pipeline.errors import SurveyError
from pipeline.estimation.membership import Codes, Membership
from pipeline.estimation.recounting import Answers, Way, sides
from pipeline.estimation.specifications import Kind, Sections
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

READ_AT_ONCE = 10  # indicators: 10 bytes a record
OUTSIDE_BASE = -1


class Rerun:
    """The wave's records, read when first needed, from which other specifications follow. N records, K indicators.

    con: a connection of its own, that holds every record as long as the rerun is used; `open` makes both.
    inputs: tables responses, screening, tier_cuts and respondents; `delivered` and `weights` where the study has
    weights. Indicators, levels, scores and tiers are those that every record would have if it were analysed.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        wave: str,
        inputs: Mapping[str, Path | pa.Table],
        sections: Sections,
        memberships: Mapping[str, Membership],
    ) -> None:
        self.con = con
        self.wave = wave
        self.inputs = inputs
        self.sections = sections
        self.memberships = memberships

    @classmethod
    @contextmanager
    def open(
        cls, wave: str, inputs: Mapping[str, Path | pa.Table], sections: Sections, memberships: Mapping[str, Membership]
    ) -> Iterator[Rerun]:
        with engine.connection({name: inputs[name] for name in ("responses", "tier_cuts")}) as con:
            yield cls(con, wave, inputs, sections, memberships)

    def of_cleaning(self) -> Iterator[Way]:
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
                groups = self._sides(comparison, tiers, people)
                yield Way(comparison, "cleaning", f"without rule {rule}", groups, weights.get(weight), reason)

    def of_missing_items(self) -> Iterator[Way]:
        """Other rules for missing items, with tiers at the published cuts."""
        if not self.rescored:
            return
        for name, dimensions in missing_item_rules(self.dimensions).items():
            tiers = np.full(len(self.analysed), -1)
            scores = scores_of(self._points_of_items, dimensions)
            for cuts, members in self._within:
                tiers[members] = tiers_at(scores[members], cuts)
            yield from self._of_tiers(tiers, "missing_items", name)

    def of_items(self) -> Iterator[Way]:
        """Each item of the score left out in turn."""
        for item, name in self.items.items():
            yield from self.without((item,), f"without item {name}")

    def without(self, left_out: tuple[str, ...], name: str) -> list[Way]:
        """Comparisons of tiers with these items (columns) left out of the score; empty where none is left.

        Tiers are cut anew, within a segment where the published ones are, to shares as near as can be.
        """
        if not self.rescored or not (dimensions := without_items(self.dimensions, left_out)):
            return []
        scores = scores_of(self._points_of_items, dimensions)
        tiers = np.full(len(scores), -1)
        published = np.where(self.analysed, self._published_tiers, -1)
        for cuts, members in self._within:
            own, weights = scores[members], self._default_weight[members]
            tiers[members] = tiers_at(own, cuts_of_same_shares(own, published[members], weights, len(cuts) + 1))
        return self._of_tiers(tiers, "item_left_out", name)

    def _of_tiers(self, tiers: Codes, kind: Kind, name: str) -> list[Way]:
        return [
            Way(comparison, kind, name, self._sides(comparison, tiers, self.analysed), self._weight_of(comparison))
            for comparison in self.rescored
        ]

    def _sides(self, comparison: str, tiers: Codes, people: Records) -> NDArray[np.int8]:
        in_a, in_b = self.memberships[comparison].of(tiers, self._levels[comparison])
        return sides(in_a & people, in_b & people)

    def answers(self) -> Iterator[Answers]:
        """Each indicator's answers as `counted` takes them, read from some columns at a time."""
        names = [i.name for i in self.sections.indicators]
        for start in range(0, len(names), READ_AT_ONCE):
            block = self._of_everyone(names[start : start + READ_AT_ONCE])
            for column in block.columns:
                yield np.asarray(pc.fill_null(column, OUTSIDE_BASE).to_numpy(), np.int8)

    @cached_property
    def everyone(self) -> pd.DataFrame:
        """Where every record that is not blank would stand if it were analysed, in order of source_row."""
        segments = (column for groups in self.memberships.values() for column in groups.respondent_columns)
        within = self.sections.grouping.tiers.within if self.sections.grouping.tiers else None
        return self._of_everyone(
            ["source_row", "tier", *dict.fromkeys([*segments, *filter(None, [within])])]
        ).to_pandas(strings_to_categorical=True)  # else each of millions of texts would be an object of its own

    def _of_everyone(self, columns: Sequence[str]) -> pa.Table:
        """Columns of table `respondents` as if every record that is not blank were analysed, in order of source_row."""
        return engine.rows_of(self.con, Query("out/columns.sql", {"columns": columns, "source": self._source}))

    @cached_property
    def _source(self) -> str:
        """Name of the table of every record, which the connection holds from now on."""
        sections = self.sections
        self.con.register("screening", self._all_but_blank)
        engine.keep(self.con, "scores", scores_query(sections.score, sections.resolver))
        query = respondents_query(
            sections.grouping.tiers, sections.score, sections.grouping.columns, sections.indicators, sections.resolver,
            sections.available,
        )  # fmt: skip
        engine.keep(self.con, "everyone", query)
        self.con.execute("DROP TABLE scores")
        return "everyone"

    @cached_property
    def _all_but_blank(self) -> pa.Table:
        screening = self._held("screening")
        everyone = pc.if_else(pc.equal(screening["disposition"], BLANK), BLANK, "analysed")
        return screening.set_column(screening.column_names.index("disposition"), "disposition", everyone)

    @cached_property
    def analysed(self) -> Records:
        """Records that are analysed as published."""
        screening = self._held("screening")
        order = np.argsort(screening["source_row"].to_numpy())
        return pc.equal(screening["disposition"], "analysed").to_numpy()[order]

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

    def _weight_of(self, comparison: str) -> Floats | None:
        return self._published_weights.get(self.sections.weight_of(comparison))

    @cached_property
    def _published_weights(self) -> dict[str, Floats]:
        """Published weights by record, 0 for those not analysed."""
        if not self.sections.weights:
            return {}
        columns = {name: f"weight_{name}" for name in self.sections.weights}
        rows = self._held("weights").select(["source_row", *columns.values()]).to_pandas().set_index("source_row")
        everyone = rows.reindex(self.everyone["source_row"], fill_value=0.0)
        return {name: everyone[column].to_numpy(float) for name, column in columns.items()}

    @cached_property
    def _default_weight(self) -> Floats:
        weight = self._published_weights.get(default_weight(self.sections.weights))
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
