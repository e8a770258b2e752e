"""From each column of a table to the columns that its values come from, as the study file declares it.

Values are followed, not filters: which records count at all is a chain of its own, which begins at `disposition`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pipeline import tables
from pipeline.cleaning.screening import rule_names
from pipeline.maturity.tiers import columns_of
from pipeline.publish.markdown import markdown_table
from pipeline.quality import column_words
from pipeline.study.cleaning import (
    AttentionCheck,
    Bot,
    DuplicateAnswers,
    Excluded,
    Fraud,
    Incomplete,
    NoConsent,
    OutOfRange,
    PlatformDuplicate,
    Rule,
    ScreenedOut,
    Speeder,
    Straightliner,
)
from pipeline.study.columns import IndicatorColumn, SegmentColumns
from pipeline.study.model import Study
from pipeline.study.sampling import default_weight
from pipeline.study.variables import Variable, hot_columns
from pipeline.tables import Table

Source = tuple[str, str]
"""Table and column. Of table `source_columns`, the name of a column of the export."""

Sources = dict[str, tuple[Source, ...]]
FIGURES = "*"
"""In place of a column's name: every column that neither tells the row apart nor is declared."""

DECLARED = frozenset({
    "ci_level", "position", "base", "in_score", "weighting", "covariates", "stratifier", "letter", "type", "method",
    "question_text", "option_text", "mark", "asked_if", "claimed_side", "claimed_limit", "comparison", "items", "kind",
})  # fmt: skip
"""Columns that say what the study file says, or how something was computed."""

MOST_NAMED, WIDTH = 8, 600  # names in a cell, characters of it
MOST = 200  # sources of one column; what hangs on more hangs on everything, and no picture of it can be read


def column_sources(table: Table, study: Study, source_columns: Iterable[Mapping[str, Any]] = ()) -> Sources:
    """Columns of a table -> columns of the tables that it is made from; those that come from none are left out.

    source_columns: rows of the table of that name, from which those of `delivered` come.
    """
    if table is tables.DELIVERED:
        return _exported(source_columns)
    told = RULES[table.name](study) if table.name in RULES else {}
    below = {t.name: {c.name for c in t.columns_for(study)} for t in tables.inputs_of(table, study)}
    found: Sources = {}
    for column in table.columns_for(study):
        name = column.name
        if name in told:
            sources = told[name]
        elif FIGURES in told and name not in (*table.key, *DECLARED, "wave"):
            sources = told[FIGURES]
        else:
            sources = [(source, name) for source, columns in below.items() if name in columns][:1]
        there = tuple(dict.fromkeys(one for one in sources if one[0] in below))
        if 0 < len(there) <= MOST:
            found[name] = there
    return found


def _exported(source_columns: Iterable[Mapping[str, Any]]) -> Sources:
    found: dict[str, list[Source]] = {}
    for row in source_columns:
        if row["variable"] and row["position"]:
            found.setdefault(row["variable"], []).append((tables.SOURCE_COLUMNS.name, column_words(row)))
    return {name: tuple(dict.fromkeys(sources)) for name, sources in found.items()}


def lineage_markdown(found: Sources) -> str:
    """Column lineage in words, as Dagster's own page draws it in Dagster+ alone; alike columns in one row."""
    alike: dict[tuple[Source, ...], list[str]] = {}
    for column, sources in found.items():
        alike.setdefault(sources, []).append(column)
    rows = [
        (_some(columns), _some([f"{table}.{name}" for table, name in sources])) for sources, columns in alike.items()
    ]
    return markdown_table(("columns", "come from"), rows, WIDTH)


def indicators_markdown(study: Study, source_columns: Iterable[Mapping[str, Any]]) -> str:
    """Each indicator with the answers that it is told by, and where these stand in the export; "" without any."""
    indicators, answers = column_sources(tables.RESPONDENTS, study), column_sources(tables.RESPONSES, study)
    exported = _exported(source_columns)
    rows = []
    for i in study.indicator_columns:
        own = [name for _, name in indicators.get(i.name, ())]
        delivered = dict.fromkeys(name for answer in own for _, name in answers[answer])
        found = dict.fromkeys(name for column in delivered for _, name in exported.get(column, ()))
        rows.append((i.name, i.rule, _some(own), _some(list(found)) or "not in this wave"))
    return markdown_table(("indicator", "base", "answers", "columns of the export"), rows, WIDTH) if rows else ""


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST_NAMED]) + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")


Told = Mapping[str, Sequence[Source]]


def _in(table: Table, columns: Iterable[str]) -> list[Source]:
    return [(table.name, column) for column in columns]


def _answers(study: Study) -> Told:
    return {FIGURES: _in(tables.DELIVERED, (name for cells in study.cells.values() for name in cells))}


def _responses(study: Study) -> Told:
    timed = {"started_at": ["started"], "finished_at": ["finished"], "progress_pct": ["progress"],
             "duration_seconds": ["duration", "started", "finished"], "respondent_id": ["id"]}  # fmt: skip
    coded = {v.name: _delivered_as(v, study) for v in study.variables}
    return {name: _in(tables.DELIVERED, columns) for name, columns in (timed | coded).items()}


def _delivered_as(v: Variable, study: Study) -> list[str]:
    """A column of its own, those of its options, or the cell that joins the ticks of its question."""
    return [v.name, *hot_columns(v.name, study.questions[v.question]).values(), *([v.question] * (v.kind == "tick"))]


def _screening(study: Study) -> Told:
    found = {
        name: _looks_at(rule, study) for name, rule in zip(rule_names(study.cleaning), study.cleaning, strict=True)
    }
    met = _in(tables.RESPONSES, dict.fromkeys(name for names in found.values() for name in names))
    limits = {f"{name}_limit_seconds": _in(tables.RESPONSES, ["duration_seconds"]) for name in found}
    answers = _in(tables.RESPONSES, (v.name for v in study.variables if v.kind != "text"))
    return {"disposition": met, "rules_met": met, "answered_share": answers, **limits}


def _looks_at(rule: Rule, study: Study) -> Sequence[str]:
    """Columns of `responses` that a cleaning rule looks at."""
    if isinstance(rule, NoConsent | ScreenedOut | AttentionCheck):
        return study.resolver.needed(rule.unless)
    if isinstance(rule, Bot):
        return ["recaptcha"]
    if isinstance(rule, Fraud):
        return ["fraud_score"]
    if isinstance(rule, PlatformDuplicate):
        return ["duplicate_score", "ballot_box"]
    if isinstance(rule, Speeder):
        return ["duration_seconds"]
    if isinstance(rule, Excluded):
        return ["respondent_id"]
    if isinstance(rule, Straightliner):
        return [v.name for v in study.variables if v.question in rule.grids]
    if isinstance(rule, OutOfRange):
        return [v.name for v in study.variables if v.number_range and v.question in (rule.questions or (v.question,))]
    if isinstance(rule, DuplicateAnswers):
        return [v.name for v in study.variables if v.question in (rule.questions or (v.question,))]
    if isinstance(rule, Incomplete):
        if rule.progress_below is not None:
            return ["progress_pct"]
        return [v.name for v in study.variables if v.kind != "text"]
    return ["respondent_id", "started_at"] if rule.rule == "duplicate_id" else ["status"]


def _sampling(study: Study) -> Told:
    """What weights, strata and sampling units come from: delivered columns, and questions."""
    design, found = study.design, {}
    for ours, column in (("strata", "stratum"), ("psu", "psu"), ("fpc", "fraction")):
        theirs = getattr(design, ours) if design else None
        if theirs is not None and theirs in study.questions and ours != "fpc":
            found[column] = _in(tables.RESPONSES, [theirs])
        elif theirs is not None:
            found[column] = _in(tables.DELIVERED, [f"design {ours}"])
    for name, weight in study.weights.items():
        margins = _in(tables.RESPONSES, weight.rake or ())
        found[f"margin_{name}"] = margins
        found[f"weight_{name}"] = margins + _in(tables.DELIVERED, [f"weight {name}"] if weight.column else ())
    return found


def _replicates(study: Study) -> Told:
    delivered = [name for name in study.sampling_columns if name.startswith("replicate ")]
    weights = [one for sources in _sampling(study).values() for one in sources]
    return {"weight": [*_in(tables.DELIVERED, delivered), *weights]}


def _weighting(study: Study) -> Told:
    return {FIGURES: [one for name, sources in _sampling(study).items() for one in sources if "_" in name]}


def _items(study: Study) -> dict[str, list[Source]]:
    """Dimension -> answers that it is scored by."""
    dimensions = study.score.dimensions if study.score else {}
    return {
        name: _in(tables.RESPONSES, (v.name for item in dimension.items for v in study.resolver.of(item)))
        for name, dimension in dimensions.items()
    }


def _scores(study: Study) -> Told:
    items = _items(study)
    score = [one for sources in items.values() for one in sources]
    return {**{f"score_{name}": sources for name, sources in items.items()}, "score": score}


def _tier_cuts(study: Study) -> Told:
    tiers = study.tiers
    within = [s.source for s in study.segment_columns if tiers and s.name == tiers.within and s.source]
    return {"cut": _in(tables.SCORES, ["score"] if tiers and tiers.quantiles else ()),
            "level": _in(tables.RESPONSES, within), "tier": ()}  # fmt: skip


def _respondents(study: Study) -> Told:
    tiers, weight = study.tiers, default_weight(study.weights)
    scored = [*_in(tables.SCORES, ["score"]), *_in(tables.TIER_CUTS, ["cut"])] if tiers else []
    answers = tiers.answers if tiers else None
    asked = [name for condition in (answers or {}).values() for name in study.resolver.needed(condition)]
    found: dict[str, Sequence[Source]] = {
        "weight": _in(tables.WEIGHTS, [f"weight_{weight}"] if weight else ()),
        "tier": _in(tables.RESPONSES, asked) if answers else scored,
        **{c.name: _in(tables.WEIGHTS, [c.name]) for c in tables.sampling_columns(study)},
    }
    for segment in study.segment_columns:
        found[segment.name] = _in(tables.RESPONSES, segment.needs)
        for level, column in segment.columns.items():
            found[column] = _in(tables.RESPONSES, sorted(columns_of(segment.conditions[level])))
    return found | {i.name: _in(tables.RESPONSES, _of_indicator(i)) for i in study.indicator_columns}


def _of_indicator(i: IndicatorColumn) -> list[str]:
    """Answers that an indicator is told by, then those that its base is."""
    bases = {"asked": [q.asked_if for q in i.questions], "substantive": [q.no_content for q in i.questions]}
    looked_at = [i.when, *(condition for condition in bases.get(i.rule, ()) if condition is not None)]
    return [column for condition in looked_at for column in sorted(columns_of(condition))]


def _cells(study: Study) -> Told:
    weights = _in(tables.RESPONDENTS, (f"weight_{name}" for name in study.weights))
    margins = _in(tables.RESPONDENTS, (f"margin_{name}" for name, w in study.weights.items() if w.rake))
    found: dict[str, Sequence[Source]] = {
        "w": weights, "ww": weights, "margins": margins, "n": _in(tables.RESPONDENTS, ["disposition"]),
        "level": _in(tables.RESPONDENTS, _levels(study.segment_columns)), "weighting": (),
    }  # fmt: skip
    bases: dict[str, list[str]] = {}
    for i in study.indicator_columns:
        bases.setdefault(i.base, []).append(i.name)
        found |= {f"{i.name}__{kind}_yes": _in(tables.RESPONDENTS, [i.name]) + weights * (kind != "n")
                  for kind in ("n", "w", "ww")}  # fmt: skip
    for base, names in bases.items():
        found |= {f"{base}__{kind}_base": _in(tables.RESPONDENTS, names) + weights * (kind != "n")
                  for kind in ("n", "w", "ww")}  # fmt: skip
    return found


def _levels(segments: Iterable[SegmentColumns]) -> list[str]:
    return [column for s in segments for column in (s.columns.values() if s.overlapping else [s.name])]


def _sums(study: Study, *ends: str) -> list[Source]:
    """Sums in `cells` of every indicator, of those kinds: n_yes, w_base."""
    names = (c.name for c in tables.CELLS.columns_for(study))
    return _in(tables.CELLS, (name for name in names if name.endswith(tuple(f"__{end}" for end in ends))))


def _shares(study: Study) -> Told:
    """Counts, bases and all that follows from them, of one group or two."""
    yes, base = _sums(study, "n_yes"), _sums(study, "n_base")
    weighted = _sums(study, "w_base") if study.weights else base
    groups = _in(tables.CELLS, ["tier", "segment", "level"])
    found: dict[str, Sequence[Source]] = {"indicator": (), "finding_id": (), FIGURES: _sums(study, *_kinds(study))}
    for end in ("", "_a", "_b"):
        found |= {f"x{end}": yes, f"n{end}": base, f"weighted_base{end}": weighted, f"group{end}": groups}
    return found


def _kinds(study: Study) -> tuple[str, ...]:
    weighted = ("w_yes", "w_base", "ww_yes", "ww_base") if study.weights else ()
    return ("n_yes", "n_base", *weighted)


def _tiers(study: Study) -> Told:
    sizes = _in(tables.CELLS, ["tier", "w", "ww", "n"] if study.weights else ["tier", "n"])
    return {FIGURES: sizes, "tier": _in(tables.CELLS, ["tier"]), "cut": _in(tables.TIER_CUTS, ["cut"]),
            "mean_score": _in(tables.RESPONDENTS, ["score", "weight"])}  # fmt: skip


def _toplines(study: Study) -> Told:
    levels = _in(tables.RESPONDENTS, ["tier", *_levels(study.segment_columns)])
    numbers = _in(tables.RESPONSES, (v.name for v in study.variables if v.kind == "number"))
    figures = _in(tables.RESPONSES, (v.name for v in study.variables if v.kind in ("choice", "tick")))
    means = dict.fromkeys(("mean", "mean_low", "mean_high", "sd", "median"), numbers)
    return {"level": levels, FIGURES: figures, **means}


def _means(study: Study) -> Told:
    scores = ["score", *(f"score_{name}" for name in (study.score.dimensions if study.score else {}))]
    weight = ["weight"] if study.weights else []
    return {"level": _in(tables.RESPONDENTS, ["tier", *_levels(study.segment_columns)]),
            "cluster": _in(tables.RESPONDENTS, scores), "tier": _in(tables.RESPONDENTS, ["tier"]),
            "segment": (), "dimension": (), FIGURES: _in(tables.RESPONDENTS, [*scores, *weight])}  # fmt: skip


def _clusters(study: Study) -> Told:
    return {**_means(study), "tier": _means(study)[FIGURES]}


def _peers(study: Study) -> Told:
    score, weight = study.score, ["weight"] if study.weights else []
    peers = [s for s in study.segment_columns if score and s.name == score.peers]
    return {"level": _in(tables.RESPONDENTS, _levels(peers)), "score": _in(tables.RESPONDENTS, ["score"]),
            "source_row": _in(tables.RESPONDENTS, ["source_row"]),
            "respondent_id": _in(tables.RESPONDENTS, ["respondent_id"]),
            FIGURES: _in(tables.RESPONDENTS, ["score", *weight])}  # fmt: skip


def _reliability(study: Study) -> Told:
    return {FIGURES: [one for sources in _items(study).values() for one in sources]}


def _models(study: Study) -> Told:
    """Of respondents: indicators, and what tells the groups of comparisons and their differences."""
    groups = [s for s in study.segment_columns if any(s.name in _named(c) for c in study.comparisons.values())]
    columns = ["tier", *_levels(groups), *(i.name for i in study.indicator_columns)]
    return {"indicator": (), FIGURES: _in(tables.RESPONDENTS, columns)}


def _named(comparison: Any) -> set[str]:
    """Segments that a comparison names."""
    sides = [side for side in (comparison.a, comparison.b) if isinstance(side, Mapping)]
    pooled = [comparison.stratify_by] if comparison.stratify_by else []
    return {name for side in sides for name in side} | {*comparison.adjust_for, *pooled}


def _robustness(study: Study) -> Told:
    ratio = _in(tables.FINDINGS, ["ratio"])
    return {**_models(study), "ratio": ratio, "finding_id": _in(tables.FINDINGS, ["finding_id"])}


def _banners(study: Study) -> Told:
    return {"higher_than": _in(tables.TOPLINES, ["share", "n_eff"]), "letter": ()}


def _dispositions(study: Study) -> Told:
    named = zip(rule_names(study.cleaning), study.cleaning, strict=True)
    limits = [f"{name}_limit_seconds" for name, rule in named if isinstance(rule, Speeder)]
    first = _in(tables.SCREENING, ["disposition"])
    return {"disposition": first, "threshold": _in(tables.SCREENING, limits),
            "flagged": _in(tables.SCREENING, ["rules_met"]), FIGURES: first}  # fmt: skip


def _codebook(study: Study) -> Told:
    return {"variable": (), "question": (), "source_column": _in(tables.SOURCE_COLUMNS, ["name"])}


RULES: Mapping[str, Callable[[Study], Told]] = {
    "answers": _answers, "responses": _responses, "screening": _screening, "dispositions": _dispositions,
    "weights": _sampling, "replicates": _replicates, "scores": _scores, "tier_cuts": _tier_cuts,
    "respondents": _respondents, "cells": _cells, "tiers": _tiers, "shares": _shares, "findings": _shares,
    "tier_trends": _shares, "toplines": _toplines, "banners": _banners, "adjusted": _models,
    "specifications": _models, "robustness": _robustness, "weighting": _weighting, "reliability": _reliability,
    "score_means": _means, "score_bands": _means, "peer_percentiles": _peers, "peer_places": _peers,
    "tier_clusters": _clusters, "tier_agreement": _means, "codebook": _codebook,
}  # fmt: skip
