"""The methodology statement as rows, as Markdown, and what makes it a draft."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from typing import Any

import pandas as pd

from pipeline.errors import SurveyError
from pipeline.publish.methodology import processing, sampling
from pipeline.publish.methodology.speech import Speech, speech
from pipeline.study.disclosure import ELEMENTS, Asked
from pipeline.study.model import Study
from pipeline.study.sampling import default_weight
from pipeline.study.section import Text

SECTIONS: Mapping[str, tuple[str, ...]] = {
    "responsibility": ("synthetic", "sponsor", "conductor", "funding", "contact"),
    "sample": (
        "population", "sample_type", "sampling_frame", "sample_supplier", "recruitment", "eligibility", "quotas",
        "incentive", "contact_attempts", "response_rate",
    ),
    "collection": (
        "data_collection", "mode", "interviewers", "languages", "questionnaire", "fieldwork",
    ),
    "precision": ("sample_size", "segment_sizes", "design", "weighting", "precision"),
    "processing": ("dispositions", "cleaning", "data_quality", "score", "software"),
    "web": (
        "ethics_approval", "consent", "data_protection", "development", "open_or_closed", "contact_mode", "advertising",
        "web_or_email", "context", "voluntary", "randomisation", "adaptive_questioning", "number_of_items",
        "number_of_screens", "completeness_check", "review_step", "unique_visitors", "view_rate", "participation_rate",
        "completion_rate", "cookies", "ip_check", "log_file_analysis", "registration", "incomplete_questionnaires",
        "atypical_timestamps", "statistical_correction",
    ),
    "limits": ("limitations",),
}  # fmt: skip
"""Every element, declared or computed, in the order of the statement."""

EVIDENCE: Mapping[str, tuple[str, ...]] = {
    "dispositions": ("position", "disposition", "taken_out", "remaining", "threshold"),
    "weighting": (
        "weight", "source", "margin", "category", "target", "iterations", "converged", "largest_gap", "trim", "trimmed",
        "smallest", "largest", "mean", "deff_kish", "n_eff_kish",
    ),
    "shares": ("segment", "n", "deff", "df"),
    "cells": ("weighting", "replicate", "stratum", "psu", "segment", "level", "tier", "n"),
}  # fmt: skip
"""Tables that the statement is computed from -> the columns that it needs."""

STATED = ("population", "sample_type")
"""Elements that stand in other sections of the study file than `disclosure`."""


@dataclass(frozen=True)
class Evidence:
    """What a wave's tables tell: rows of those of EVIDENCE by name, and the first and last day of its fieldwork.

    A table that the study has not, such as `weighting` without weights, may be absent or empty.
    """

    wave: str
    found: Mapping[str, pd.DataFrame]
    fieldwork: tuple[date | None, date | None]

    def table(self, name: str) -> pd.DataFrame:
        return self.found.get(name, pd.DataFrame(columns=list(EVIDENCE[name])))


def methodology_rows(study: Study, evidence: Evidence, language: str = "en") -> list[dict[str, Any]]:
    """Rows of table `methodology`: every element that applies to the wave, its words in a language.

    value: None where the element is blank. Raises SurveyError where there are no words in the language.
    """
    say = speech(language)
    disclosed = study.disclosure_of(evidence.wave)
    asked = disclosed.asked(study.sample.type)
    web = "web" in (disclosed.mode or ())
    rows: list[dict[str, Any]] = []
    for section, elements in SECTIONS.items():
        for element in elements:
            if element in ELEMENTS:
                if element not in asked:
                    continue
                who, value, source = asked[element], _declared(getattr(disclosed, element), say), "declared"
            else:
                if (section == "web" and not web) or (element == "synthetic" and not study.synthetic):
                    continue
                who = Asked("cherries" if section == "web" else "aapor", required=element != "synthetic")
                value = _COMPUTED[element](study, evidence, say).strip()
                by_hand = element in STATED or (element == "fieldwork" and _has_dates(study, evidence.wave))
                source = "declared" if by_hand else "computed"
            rows.append(
                {
                    "wave": evidence.wave,
                    "position": len(rows) + 1,
                    "section": say.say(f"sections.{section}"),
                    "standard": who.standard,
                    "element": element,
                    "title": say.say(f"titles.{element}"),
                    "required": who.required,
                    "value": value or None,
                    "source": source if value else "missing",
                }
            )
    return rows


def ordered(rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of table `methodology` of one wave, as the statement has them."""
    found = rows.sort_values("position").to_dict("records")
    return [{str(name): None if pd.isna(value) else value for name, value in row.items()} for row in found]


def in_language(
    published: Sequence[Mapping[str, Any]], study: Study, evidence: Evidence, language: str
) -> list[dict[str, Any]]:
    """Rows as published, in another language.

    Raises SurveyError where the study file has changed since, so that they would tell something else.
    """
    again = methodology_rows(study, evidence)
    if _values(published) != _values(again):
        raise SurveyError(
            f"wave {evidence.wave}", "is published as another study file told it than the present one",
            do="run the wave again",
        )  # fmt: skip
    # The software that made the tables, not the one that translates.
    used = {row["element"]: row["value"] for row in published if row["element"] == "software"}
    rows = methodology_rows(study, evidence, language)
    return [row | {"value": used.get(row["element"], row["value"])} for row in rows]


def _values(rows: Sequence[Mapping[str, Any]]) -> dict[str, str | None]:
    return {row["element"]: row["value"] for row in rows if row["element"] != "software"}


def draft_reasons(rows: Sequence[Mapping[str, Any]], language: str = "en") -> list[str]:
    """Why a release is a draft: its required elements that are blank, one each. rows: of table `methodology`."""
    say = speech(language)
    return [say.say("statement.reason", title=row["title"], element=row["element"]) for row in _lacking(rows)]


def _lacking(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [row for row in rows if row["required"] and row["source"] == "missing"]


def methodology_markdown(title: str, rows: Sequence[Mapping[str, Any]], language: str = "en") -> str:
    """The statement as Markdown, in which nothing of a study file or export is markup.

    title: of the study. rows: of table `methodology`, in the language. Says at its head whether it is a draft, and
    whether data are synthetic; blank elements that are not required are passed over.
    """
    say = speech(language)
    wave = str(rows[0]["wave"])
    lines = ["# " + plain(say.say("statement.heading", title=title, wave=wave)), ""]
    if lacking := _lacking(rows):
        told = ", ".join(str(row["title"]) for row in lacking)
        lines += [f"**{plain(say.say('statement.draft', lacking=told))}**", ""]
    section = None
    for row in rows:
        if row["element"] == "synthetic":
            lines += [f"**{plain(row['title'])}. {plain(row['value'])}**", ""]
            continue
        if row["source"] == "missing" and not row["required"]:
            continue
        if row["section"] != section:
            section = row["section"]
            lines += ([""] if lines[-1] else []) + [f"## {plain(section)}", ""]
        value = "—" if row["source"] == "missing" else plain(row["value"])
        how = say.say(f"statement.{row['source']}")
        lines.append(f"- **{plain(row['title'])}** ({how}): {value}")
    return "\n".join([*lines, "", plain(say.say("statement.standards")), ""])


def plain(text: str) -> str:
    """Text as Markdown that shows it as it is, on one line."""
    line = " ".join(text.split())
    for sign in "\\`*_{}[]#|~$!":
        line = line.replace(sign, "\\" + sign)
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _declared(value: Any, say: Speech) -> str:
    if value is None:
        return ""
    if isinstance(value, Text):
        return " ".join(value.get(say.language).split())
    return ", ".join(say.say(f"modes.{mode}") for mode in value)


def _has_dates(study: Study, wave: str) -> bool:
    return wave in study.waves and study.waves[wave].fieldwork is not None


# -- elements that are computed: of the study and the evidence, in words


def _asked_questions(study: Study, wave: str) -> list[str]:
    return [name for name, question in study.questions.items() if question.asked_in(wave)]


def _fieldwork(study: Study, evidence: Evidence, say: Speech) -> str:
    first, last = evidence.fieldwork
    return "" if first is None or last is None else say.say("fieldwork", first=say.day(first), last=say.day(last))


def _questionnaire(study: Study, evidence: Evidence, say: Speech) -> str:
    return say.say("questionnaire", questions=say.number(len(_asked_questions(study, evidence.wave))))


def _segment_sizes(study: Study, evidence: Evidence, say: Speech) -> str:
    analysed = sampling.ends(evidence.table("dispositions"))[1]
    return sampling.segment_sizes(study, evidence.table("cells"), analysed, say)


def _precision(study: Study, evidence: Evidence, say: Speech) -> str:
    analysed = sampling.ends(evidence.table("dispositions"))[1]
    return sampling.precision(study, evidence.table("shares"), evidence.table("weighting"), analysed, say)


def _adaptive(study: Study, evidence: Evidence, say: Speech) -> str:
    names = _asked_questions(study, evidence.wave)
    conditional = sum(study.questions[name].asked_if is not None for name in names)
    place = f"adaptive_questioning.{'some' if conditional else 'none'}"
    return say.say(place, conditional=say.number(conditional), questions=say.number(len(names)))


def _items(study: Study, evidence: Evidence, say: Speech) -> str:
    """A row of a grid is an item; a multiple-response question is one."""
    names = set(_asked_questions(study, evidence.wave))
    items = {v.question if v.kind == "tick" else v.ref for v in study.variables if v.question in names}
    return say.say("number_of_items", items=say.number(len(items)), questions=say.number(len(names)))


def _software(study: Study, evidence: Evidence, say: Speech) -> str:
    used = {name: version(name) for name in ("duckdb", "statsmodels")}
    return say.say("software", version=version("survey-pipeline"), **used)


_COMPUTED: Mapping[str, Callable[[Study, Evidence, Speech], str]] = {
    "synthetic": lambda study, evidence, say: say.say("synthetic"),
    "population": lambda study, evidence, say: study.sample.population,
    "sample_type": lambda study, evidence, say: say.say(f"sample_type.{study.sample.type}"),
    "data_collection": lambda study, evidence, say: say.say("data_collection", wave=evidence.wave),
    "questionnaire": _questionnaire,
    "fieldwork": _fieldwork,
    "sample_size": lambda study, evidence, say: sampling.sample_size(evidence.table("dispositions"), say),
    "segment_sizes": _segment_sizes,
    "design": lambda study, evidence, say: sampling.design(study.design, evidence.table("cells"), say),
    "weighting": lambda study, evidence, say: sampling.weighting(
        evidence.table("weighting"), default_weight(study.weights), study.resolver, say
    ),
    "precision": _precision,
    "dispositions": lambda study, evidence, say: processing.dispositions(evidence.table("dispositions"), say),
    "cleaning": lambda study, evidence, say: processing.cleaning(study.cleaning, evidence.table("dispositions"), say),
    "score": lambda study, evidence, say: processing.score_and_tiers(study, say),
    "software": _software,
    "adaptive_questioning": _adaptive,
    "number_of_items": _items,
    "incomplete_questionnaires": lambda study, evidence, say: processing.incomplete(
        study.cleaning, evidence.table("dispositions"), say
    ),
    "atypical_timestamps": lambda study, evidence, say: processing.timestamps(
        study.cleaning, evidence.table("dispositions"), say
    ),
    "statistical_correction": lambda study, evidence, say: say.say(
        f"statistical_correction.{'weights' if study.weights else 'none'}"
    ),
}
"""Element -> its words, empty where the tables do not tell it."""
