"""Who would be analysed if one cleaning rule were not listed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.cleaning.screening import rule_names, screening_query
from pipeline.engine import Query
from pipeline.study.cleaning import Cleaning
from pipeline.study.columns import Resolver

Records = NDArray[np.bool_]
BLANK = "blank"


def order_query(cleaning: Cleaning, resolver: Resolver, available: set[str]) -> Query:
    """What rules look at that hang on who is still in: duplicates, and speeders by the median. Reads `responses`."""
    return replace(screening_query(cleaning, resolver, available), template="core/screening_order.sql")


def analysed_without(
    cleaning: Cleaning, resolver: Resolver, available: set[str], screening: pa.Table, order: pa.Table
) -> dict[str, Records]:
    """Rule -> the records (N,), in order of source_row, that are analysed with all the other rules.

    screening: the table. order: rows of `order_query`. Equals `screening_query` run without the rule; what does not
    hang on who is still in is taken from `rules_met`.
    """
    steps = screening_query(cleaning, resolver, available).values["steps"]
    screened = screening.select(["source_row", "disposition", "rules_met"]).to_pandas().sort_values("source_row")
    met = " " + screened["rules_met"].fillna("") + " "
    blank = (screened["disposition"] == BLANK).to_numpy()
    facts = order.to_pandas()
    rules = [_rule_of(step, facts, met) for step in steps]
    found = {}
    for left_out in rule_names(cleaning):
        still = ~blank
        for step, rule in zip(steps, rules, strict=True):
            if step["name"] != left_out:
                still &= ~rule.hits(still)
        found[left_out] = still
    return found


class _Rule(Protocol):
    def hits(self, still: Records) -> Records:
        """Which records the rule takes out, of those still in; of others it says nothing."""


@dataclass(frozen=True)
class _Alone:
    """Looks at each record alone."""

    met: Records

    def hits(self, still: Records) -> Records:
        return self.met


@dataclass(frozen=True)
class _Faster:
    """Faster than a share of the median duration of the records still in."""

    duration: NDArray[np.float64]
    share: float

    def hits(self, still: Records) -> Records:
        known = self.duration[still & ~np.isnan(self.duration)]
        return self.duration < self.share * np.median(known) if len(known) else np.zeros(len(still), dtype=bool)


@dataclass(frozen=True)
class _Further:
    """All but the first of the records still in with the same key. order: places sorted by key, the first one first."""

    key: NDArray[np.intp]
    order: NDArray[np.intp]

    def hits(self, still: Records) -> Records:
        left = self.order[still[self.order]]
        hit = np.zeros(len(still), dtype=bool)
        hit[left[1:][self.key[left[1:]] == self.key[left[:-1]]]] = True
        return hit


def _rule_of(step: Mapping[str, Any], facts: pd.DataFrame, met: pd.Series) -> _Rule:
    rule, name = step["rule"], step["name"]
    if step["kind"] == "speeder" and rule.below_median is not None:
        return _Faster(facts["duration_seconds"].to_numpy(float), rule.below_median)
    if step["kind"] == "duplicate_id":
        return _further(facts["respondent_id"], facts, fullest=rule.keep == "most_complete")
    if step["kind"] == "duplicate_answers":
        return _further(facts[f"answers of {name}"], facts, fullest=True)
    return _Alone(met.str.contains(f" {name} ", regex=False).to_numpy(bool))


def _further(keys: pd.Series, facts: pd.DataFrame, fullest: bool) -> _Further:
    """Sorted as the screening does: the fullest first, where that counts, then the earliest; no start comes last."""
    key = pd.factorize(keys, use_na_sentinel=False)[0]
    started = pd.to_datetime(facts["started_at"])
    start = np.where(started.isna(), np.iinfo(np.int64).max, started.astype("int64"))
    answered = facts["its answered"].to_numpy() if fullest else np.zeros(len(facts), dtype=int)
    return _Further(key, np.lexsort((facts["source_row"].to_numpy(), start, -answered, key)))
