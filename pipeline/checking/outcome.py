"""What a run would make of a delivery: dispositions, tiers and indicators, worked out in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from pipeline import engine
from pipeline.checking.remark import Remark
from pipeline.cleaning.screening import most_taken_query, most_taken_words, screening_query
from pipeline.engine import Query
from pipeline.errors import counted, listed
from pipeline.ingest.responses import responses_query
from pipeline.maturity.scoring import scores_query
from pipeline.maturity.tiers import respondents_query, tier_cuts_query
from pipeline.quality import asked_indicators, unasked_query, unasked_words
from pipeline.study.conditions import Chosen, Condition, leaves
from pipeline.study.model import Study

ANALYSED, BLANK = "analysed", "blank"


@dataclass(frozen=True)
class Outcome:
    """Records by disposition, analysed ones by tier (None = in no tier), and each indicator's base and yes.

    most_taken: words for rules that take out most of the records that reach them. unasked: words for questions
    that analysed respondents answered though they were not asked.
    """

    dispositions: Mapping[str, int]
    tiers: Mapping[str | None, int]
    indicators: Mapping[str, tuple[int, int]]
    several: Mapping[str, int]
    never_hidden: bool
    most_taken: tuple[str, ...]
    unasked: tuple[str, ...]
    cuts: pa.Table

    @property
    def records(self) -> int:
        """Records that hold an answer."""
        return sum(self.dispositions.values()) - self.dispositions.get(BLANK, 0)


def outcome(
    con: duckdb.DuckDBPyConnection,
    study: Study,
    wave: str,
    there: set[str],
    answers: list[dict[str, Any]],
    cuts: pa.Table | None,
    kept: Container[str] = (),
) -> Outcome:
    """Tables `delivered` and `answers` of the connection, taken to its respondents, unweighted.

    there: variables that the delivery tells of. answers: rows of that table. cuts: tier cuts of the baseline
    wave, where they are known; else they are taken from this wave. kept: tables that the connection has already.
    """
    resolver, questions = study.resolver, study.questions
    coding = responses_query(questions, study.scales, there, answers, study.shown.values())
    if "responses" not in kept:
        engine.keep(con, "responses", coding)
    if "screening" not in kept:
        engine.keep(con, "screening", screening_query(study.cleaning, resolver, there))
    if "scores" not in kept:
        engine.keep(con, "scores", scores_query(study.score, resolver))
    if cuts is None:
        cuts = engine.rows_of(con, tier_cuts_query(study.tiers, study.segment_columns, wave, study.baseline))
    con.register("tier_cuts", cuts)
    query = respondents_query(study.tiers, study.score, study.segment_columns, study.indicator_columns, resolver, there)
    engine.keep(con, "respondents", query)
    dispositions: Counter[str] = Counter()
    tiers: Counter[str | None] = Counter()
    for row in engine.rows_of(con, Query("checking/dispositions.sql")).to_pylist():
        dispositions[row["disposition"]] += row["n"]
        if row["disposition"] == ANALYSED:
            tiers[row["tier"]] += row["n"]
    counts = _one_row(con, "checking/indicators.sql", {"indicators": list(study.indicators)}, "indicators")
    hot = {name: ticked for name, ticked in coding.values["hot"].items() if any(ticked.values())}
    several = _one_row(con, "checking/several.sql", {"hot": hot, "columns_of": coding.values["columns_of"]}, "hot")
    hidden = _one_row(con, "checking/shown.sql", {"shown": list(study.shown.values())}, "shown")
    return Outcome(
        dispositions,
        tiers,
        {name: (counts[f"n {name}"], counts[f"x {name}"]) for name in study.indicators},
        several,
        bool(hidden) and not any(hidden.values()),
        tuple(most_taken_words(row) for row in _rows(con, most_taken_query(study.cleaning))),
        tuple(filter(None, (unasked_words(row) for row in _rows(con, unasked_query(study, there))))),
        cuts,
    )


def _rows(con: duckdb.DuckDBPyConnection, query: Query | None) -> list[dict[str, Any]]:
    return engine.rows_of(con, query).to_pylist() if query is not None else []


def _one_row(con: duckdb.DuckDBPyConnection, template: str, values: dict[str, Any], needed: str) -> dict[str, Any]:
    found: dict[str, Any] = engine.rows_of(con, Query(template, values)).to_pylist()[0] if values[needed] else {}
    return found


def of_outcome(study: Study, wave: str, found: Outcome, options: Mapping[str, set[str]]) -> Iterator[Remark]:
    """options: of each question, those that some record chose."""
    where = f"wave {wave}"
    analysed = found.dispositions.get(ANALYSED, 0)
    out = [f"{name} {n:,}" for name, n in found.dispositions.items() if name != ANALYSED]
    yield Remark("note", where, f"analysed: {counted(analysed, 'respondent')}{'; out: ' if out else ''}{listed(out)}")
    for words in found.most_taken:
        yield Remark("warning", where, words)
    if not analysed:
        if found.records:
            yield Remark("error", where, "no respondent is left to analyse")
        return
    if found.unasked:
        answered = listed(found.unasked, len(found.unasked))
        yield Remark("warning", where, f"answered though not asked: {answered}; is `asked_if` right?")
    for question, n in found.several.items():
        if n:
            what = f"{question}: {counted(n, 'record')} with several options ticked, taken as no answer"
            yield Remark("warning", where, f"{what}; do: type: multiple, if several may be chosen")
    if found.never_hidden:
        what = "by columns: {unanswered} every record was shown every question: does the export hold such marks?"
        yield Remark("note", where, what)
    if study.tiers is not None:
        shares = [f"{tier} {found.tiers.get(tier, 0):,}" for tier in study.tiers.order]
        none = f"; in none: {found.tiers[None]:,}" if found.tiers.get(None) else ""
        yield Remark("note", where, f"tiers: {listed(shares)}{none}")
        if found.tiers.get(None):
            yield Remark("warning", where, f"{counted(found.tiers[None], 'respondent')} without a tier")
        answers = study.tiers.answers or {}
        for tier in study.tiers.order:
            if not found.tiers.get(tier):
                why = _unchosen(study, answers[tier], options) if tier in answers else ""
                yield Remark("warning", where, f"tier {tier}: no respondent{why}")
    asked = asked_indicators(study, wave)
    for name, indicator in study.indicators.items():
        n, x = found.indicators[name]
        if name not in asked:
            continue
        if not n:
            yield Remark("warning", where, f"indicator {name}: nobody is in its base")
        elif not x:
            why = _unchosen(study, indicator.when, options)
            yield Remark("warning", where, f"indicator {name}: none of {n:,} counts as yes{why}")
        elif x == n and n > 1:
            yield Remark("note", where, f"indicator {name}: all of {n:,} count as yes")


def _unchosen(study: Study, condition: Condition, options: Mapping[str, set[str]]) -> str:
    """The options that a condition asks for and nobody chose."""
    for leaf in leaves(condition):
        if isinstance(leaf, Chosen):
            question = study.resolver.of(leaf.question)[0].question
            if not set(leaf.options) & options.get(question, set()):
                return f"; it asks for {leaf.question}: {listed(leaf.options)}, which nobody chose"
    return ""
