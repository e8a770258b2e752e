"""Columns without a question, questions without a column."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pipeline.checking.remark import MOST_HINTS, Remark, weights
from pipeline.cleaning.screening import idle_rules
from pipeline.errors import counted, listed, nearest
from pipeline.quality import column_words, naming, no_question_found
from pipeline.study.evening import evened
from pipeline.study.model import Study
from pipeline.study.waves import Wave


def of_columns(study: Study, wave: str, rows: list[dict[str, Any]]) -> Iterator[Remark]:
    """rows: table `source_columns` of the wave."""
    weigh, words = weights(study, wave, "questions_present"), naming(study, [])
    if none := no_question_found(study, wave, rows):
        admitted = "questions_present" in study.waves.get(wave, Wave()).admit
        yield Remark("warning" if admitted else "error", f"wave {wave}", none)
    unlisted = [row for row in rows if row["role"] == "unlisted" and row["text"]]
    for number, row in enumerate(row for row in rows if row["role"] == "missing"):
        ref = row["variable"]
        weight = weigh(ref)
        why = ", and screening, score, tiers or weights need it" if weight == "error" else ""
        hint = _nearest_column(study, wave, ref, rows, unlisted) if number < MOST_HINTS else ""
        yield Remark(weight, f"wave {wave}", f"no column for {words(ref)}{why}{hint}")
    for idle in idle_rules(study.cleaning, rows):
        yield Remark("warning", f"wave {wave}", idle)
    named = study.columns.named
    for row in rows:
        meant = named.get(row["variable"])
        if meant and row["position"] and evened(row["name"]) != evened(meant):
            what = f'{row["file"]}: "{row["name"]}" is taken as columns: {{{row["variable"]}: {meant}}}'
            yield Remark("note", f"wave {wave}", what)
    for role in ("unlisted", "repeated", "nameless"):
        names = [column_words(row) for row in rows if row["role"] == role]
        if names:
            yield Remark("warning", f"wave {wave}", f"{counted(len(names), f'{role} column')}: {listed(names, 8)}")


def _nearest_column(
    study: Study, wave: str, ref: str, rows: list[dict[str, Any]], unlisted: list[dict[str, Any]]
) -> str:
    """The unlisted column that may be meant: of a row or option, one under the same question; and how to say so."""
    if ref in study.sampling_columns:
        close = nearest(study.sampling_columns[ref], [row["name"] for row in rows if row["position"]])
        return f'; nearest column: "{close}"' if close else ""
    declared = study.questions.get(ref.split("__")[0])
    variable = next((v for v in study.variables if v.name == ref), None)
    if declared is None or not declared.text:
        return ""
    text = declared.text_in(wave) or ""
    if variable is not None and variable.part:
        parts = [row["part"] for row in unlisted if row["part"] and evened(row["text"]) == evened(text)]
        close = nearest(variable.part_text, parts)
        said = (
            f"{variable.part}: {{text: {_quoted(variable.part_text)}, was: {{{_wave(wave)}: {_quoted(close or '')}}}}}"
        )
    else:
        close = nearest(text, [row["text"] for row in unlisted])
        said = f"was: {{{_wave(wave)}: {_quoted(close or '')}}}"
    return f'; nearest column: "{close}"; if that is it: {said}' if close else ""


def _wave(wave: str) -> str:
    return wave if wave.isalnum() else _quoted(wave)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
