"""One wave's analysed respondents, as claims look at them: who says yes, who is in each base and in each group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy import sparse

from pipeline import engine
from pipeline.cells.sums import Cells
from pipeline.claims.sides import INLINE, as_group, filter_of, indicator_of
from pipeline.engine import Query
from pipeline.estimation.counts import Floats
from pipeline.estimation.members import Members
from pipeline.estimation.membership import Chosen, membership
from pipeline.estimation.plan import SIMPLE, Plan, plan_of
from pipeline.maturity.tiers import columns_of
from pipeline.study.analysis import Base, Comparison, Indicator
from pipeline.study.claims import EVERYONE, Claim
from pipeline.study.columns import IndicatorColumn, indicator_columns
from pipeline.study.conditions import Condition
from pipeline.study.model import Study
from pipeline.study.sampling import UNWEIGHTED, default_weight
from pipeline.weighting.assigning import replicate_matrix

RULES: tuple[Base, ...] = ("everyone", "asked", "answered", "substantive")


class NotInWaveError(Exception):
    """What a claim looks at was not asked in this wave; the message says what."""


@dataclass(frozen=True)
class Sample:
    """columns: rows of claims/values.sql. respondents: the analysed of table `respondents`, in the same order.
    sampled, replicates: tables `weights` and `replicates`, where the study has them."""

    study: Study
    wave: str
    respondents: pd.DataFrame
    columns: pa.Table
    indicators: Mapping[str, IndicatorColumn]
    sampled: pa.Table | None
    replicates: pa.Table | None
    _kept: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def size(self) -> int:
        return len(self.respondents)

    @cached_property
    def members(self) -> Members:
        return Members(self.study, self.respondents)

    def _column(self, name: str, what: str) -> Floats:
        if name not in self._kept:
            if name not in self.columns.column_names:
                raise NotInWaveError(f"wave {self.wave} did not ask what {what} looks at")
            self._kept[name] = self.columns.column(name).to_numpy(zero_copy_only=False).astype(float)
        return np.asarray(self._kept[name])

    def yes(self, indicator: str) -> Chosen:
        return self._column(f"yes {indicator}", _shown(indicator)) == 1

    def base(self, indicator: str, rule: str) -> Chosen:
        return self._column(f"{rule} {indicator}", _shown(indicator)) == 1

    def filter(self, name: str) -> Chosen:
        return self._column(f"filter {name}", f"filter {name}") == 1

    def number(self, question: str) -> Floats:
        return self._column(f"number {question}", question)

    def rule(self, indicator: str) -> Base:
        """The base rule that an indicator is declared with."""
        return self.indicators[indicator].rule  # type: ignore[return-value]

    def group(self, group: str | Mapping[str, Sequence[str]] | None) -> Chosen:
        """Who is in a group of a claim. Raises NotInWaveError where the wave does not tell."""
        if group is None or group == EVERYONE:
            return np.ones(self.size, dtype=bool)
        group = as_group(self.study, group)
        if isinstance(group, str):
            return self.filter(group)
        chosen = np.ones(self.size, dtype=bool)
        for key, levels in group.items():
            of = [self._level(key, level) for level in levels]
            chosen &= np.logical_or.reduce(of)
        return chosen

    def _level(self, segment: str, level: str) -> Chosen:
        if (segment, level) not in self.members.levels:
            raise NotInWaveError(f"wave {self.wave} does not tell segment {segment}")
        return self.members.levels[segment, level]

    def known(self, group: Mapping[str, Sequence[str]]) -> Chosen:
        """Of whom it is known whether they are in the group: who has a tier, a level of each segment."""
        chosen = np.ones(self.size, dtype=bool)
        for key in group:
            column = next((s for s in self.study.segment_columns if s.name == key), None)
            if column is not None and column.overlapping:
                probe = membership(Comparison(a={key: (group[key][0],)}, b="rest"), self.members.grouping)
                chosen &= probe.respondent_levels(self.respondents) >= 0
            else:
                chosen &= self.respondents[key].notna().to_numpy()
        return chosen

    def plan(self, weight: str) -> Plan:
        if ("plan", weight) not in self._kept:
            study, sampled = self.study, self.sampled
            plan = SIMPLE if sampled is None else plan_of(
                weight, study.design, study.weights, self.wave, sampled, self.replicates
            )  # fmt: skip
            self._kept["plan", weight] = plan
        found: Plan = self._kept["plan", weight]
        return found

    def weights(self, weight: str) -> Floats:
        """Weights of the respondents, 1 each where there are none."""
        if self.sampled is None or weight in ("", UNWEIGHTED) or weight not in self.study.weights:
            return np.ones(self.size)
        return np.asarray(self.sampled.column(f"weight_{weight}").to_numpy(zero_copy_only=False), dtype=float)

    def replicate_weights(self, weight: str) -> Floats | None:
        """(replicates, respondents), where there are delivered or raked ones."""
        if self.replicates is None or weight in ("", UNWEIGHTED):
            return None
        return replicate_matrix(self.replicates.to_pandas(), weight)

    def cells(self, a: Chosen, b: Chosen, y: Floats, weight: str) -> tuple[Cells, Chosen, Chosen]:
        """Cells of everyone by design and by membership in a and b, with who of them is in a and in b.

        y: (respondents, K), 1 yes, 0 no, NaN outside the base.
        """
        n, k = y.shape
        stratum, psu, margins = self._design(weight)
        codes = np.stack([stratum, psu, margins, a.astype(int) + 2 * b.astype(int)])
        keys, at = np.unique(codes, axis=1, return_inverse=True)
        at = np.asarray(at).ravel()
        count = keys.shape[1]
        sums = sparse.csr_matrix((np.ones(n), (at, np.arange(n))), shape=(count, n))
        inside = ~np.isnan(y)
        base, yes, w = inside.astype(float), np.where(inside, y, 0.0), self.weights(weight)[:, None]
        plain = not self.study.weights or weight in ("", UNWEIGHTED)
        again = None if plain else self.replicate_weights(weight)
        of = {"n_base": sums @ base, "n_yes": sums @ yes}
        total = np.asarray(sums @ np.ones((n, 1))).ravel()
        if plain:
            of |= {f"{kind}_{end}": of[f"n_{end}"] for kind in ("w", "ww") for end in ("base", "yes")}
            own = {"w": total, "ww": total}
        else:
            of |= {"w_base": sums @ (w * base), "w_yes": sums @ (w * yes)}
            of |= {"ww_base": sums @ (w**2 * base), "ww_yes": sums @ (w**2 * yes)}
            own = {"w": np.asarray(sums @ w).ravel(), "ww": np.asarray(sums @ w**2).ravel()}
        if again is None:
            repeated = {"r": np.zeros((count, 0)), "r_base": np.zeros((count, 0, k)), "r_yes": np.zeros((count, 0, k))}
        else:
            rw = again.T
            repeated = {"r": sums @ rw}
            for end, values in (("base", base), ("yes", yes)):
                repeated[f"r_{end}"] = np.stack([sums @ (rw * values[:, [i]]) for i in range(k)], axis=2)
        labels = self._strata
        same = np.full(count, "all", dtype=object)
        cells = Cells(
            indicators=tuple(str(i) for i in range(k)), stratum=labels[keys[0]], psu=keys[1], margins=keys[2],
            segment=same, level=same, tier=same, n=total, **own, **of, **repeated,
        )  # fmt: skip
        return cells, keys[3] % 2 == 1, keys[3] >= 2

    @cached_property
    def _strata(self) -> NDArray[np.object_]:
        if self.sampled is None or self.study.design is None or self.study.design.strata is None:
            return np.array(["all"], dtype=object)
        return np.array(sorted(set(self.sampled.column("stratum").to_pylist())), dtype=object)

    def _design(self, weight: str) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
        none = np.zeros(self.size, dtype=np.intp)
        stratum = psu = margins = none
        if self.sampled is not None:
            if len(self._strata) > 1:
                place = {label: i for i, label in enumerate(self._strata)}
                stratum = np.array(
                    [place[label] for label in self.sampled.column("stratum").to_pylist()], dtype=np.intp
                )
            if self.study.has_units:
                psu = self.sampled.column("psu").to_numpy(zero_copy_only=False).astype(np.intp)
            if weight in self.study.weights and self.study.weights[weight].rake is not None:
                margins = self.sampled.column(f"margin_{weight}").to_numpy(zero_copy_only=False).astype(np.intp)
        return stratum, psu, margins


def _shown(indicator: str) -> str:
    return f"claim {indicator.removeprefix(INLINE)}" if indicator.startswith(INLINE) else f"indicator {indicator}"


def inline_indicators(claims: Sequence[Claim]) -> dict[str, Indicator]:
    """Indicators that stand in claims alone, by the name that the sample knows them by."""
    own = [(indicator_of(c), c.when, c.base or "answered") for c in claims if c.when is not None]
    return {name: Indicator.model_construct(when=when, base=base) for name, when, base in own}


def read_sample(
    study: Study, wave: str, claims: Sequence[Claim], available: set[str], inputs: Mapping[str, Path]
) -> Sample:
    """What the claims of a study (charts as cells) need of a wave. inputs: responses, respondents and, where the study
    has them, weights and replicates. available: variables that the wave's delivery tells of."""
    resolver = study.resolver
    columns = indicator_columns(dict(study.indicators) | inline_indicators(claims), resolver)
    present = {v.name for v in study.variables if v.name in available}
    named: dict[str, Condition] = dict(study.filters)
    named |= {filter_of(c): c.filter for c in claims if c.filter is not None}
    conditions = {name: resolver.columns(condition) for name, condition in named.items()}
    query = Query("claims/values.sql", {
        "indicators": [i for i in columns if set(i.needs) <= present],
        "rules": RULES,
        "filters": [(name, c) for name, c in conditions.items() if columns_of(c) <= present],
        "numbers": [v.name for v in study.variables if v.kind == "number" and v.name in present],
    })  # fmt: skip
    values = engine.fetch(query, {name: inputs[name] for name in ("responses", "respondents")})
    chosen = ("disposition", "=", "analysed")
    respondents = engine.read(inputs["respondents"], filters=[chosen]).to_pandas().sort_values("source_row")
    sampled, again = (engine.read(inputs[name]).sort_by("source_row") if name in inputs else None
                      for name in ("weights", "replicates"))  # fmt: skip
    return Sample(study, wave, respondents.reset_index(drop=True), values, {i.name: i for i in columns}, sampled, again)


def weight_of(study: Study, claim: Claim) -> str:
    """The weight that a claim is checked under."""
    comparison = study.comparisons.get(claim.comparison or "")
    return claim.weight or (comparison.weight if comparison else None) or default_weight(study.weights)
