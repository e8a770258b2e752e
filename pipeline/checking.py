"""`survey check`: study file and exports read together as a reviewer would; nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pipeline import engine
from pipeline.cleaning.screening import idle_rules
from pipeline.errors import SurveyError, counted, listed, nearest
from pipeline.ingest.answers import read_answers, values_query
from pipeline.ingest.delivered import delivered_query, source_column_rows
from pipeline.ingest.files import data_files
from pipeline.ingest.matching import match
from pipeline.ingest.readable import reading
from pipeline.ingest.responses import available_variables
from pipeline.ingest.sniffing import read_source
from pipeline.quality import column_words, naming, needed_variables
from pipeline.settings import Home
from pipeline.study.evening import evened
from pipeline.study.loading import StudyFile
from pipeline.study.model import Study
from pipeline.study.silence import counts_silence
from pipeline.study.waves import Wave, check_wave_name

Weight = Literal["error", "warning", "note"]

MOST_HINTS = 20  # of one kind, for one variable


@dataclass(frozen=True)
class Remark:
    """Something that a reviewer would say. error: the wave would fail or be quarantined."""

    weight: Weight
    where: str
    what: str


def remarks(home: Home, study_file: StudyFile, waves: list[str]) -> Iterator[Remark]:
    """What is to be said of a study file and of each wave's delivery."""
    yield from _of_study(study_file)
    if not waves:
        yield Remark("note", study_file.name, f"no wave is delivered yet: survey add {study_file.name} WAVE FILE")
    for wave in waves:
        try:
            yield from _of_wave(home, study_file.study, study_file.name, check_wave_name(wave))
        except SurveyError as error:
            yield Remark("error", f"wave {wave}", str(error))


def _of_study(study_file: StudyFile) -> Iterator[Remark]:
    study = study_file.study
    counts = [
        (len(study.questions), "question"), (len(study.cleaning), "cleaning rule"),
        (len(study.tiers.order) if study.tiers else 0, "tier"), (len(study.segments), "segment"),
        (len(study.indicators), "indicator"), (len(study.comparisons), "comparison"),
    ]  # fmt: skip
    yield Remark("note", study_file.document.file, ", ".join(counted(n, what) for n, what in counts))
    if study.synthetic:
        yield Remark("note", study_file.document.file, "the data are synthetic, and marked so wherever they are shown")
    yield from _of_silence(study_file)
    if study.claims is not None:
        where = study_file.document.where(("claims",))
        yield Remark("warning", where, "claims are listed, but not audited yet")


def _of_silence(study_file: StudyFile) -> Iterator[Remark]:
    resolver = study_file.study.resolver
    for name, indicator in study_file.study.indicators.items():
        silent = counts_silence(indicator.when, resolver) if indicator.base in ("everyone", "asked") else []
        for at, ref in silent:
            place = ("indicators", name, "when", *at)
            key = ".".join(f"#{part + 1}" if isinstance(part, int) else part for part in place)
            what = f"{key}: counts respondents without an answer to {ref} as yes, under base {indicator.base}"
            do = f"do: base: answered, or {ref}: {{answered: yes}} beside the `not`"
            yield Remark("warning", study_file.document.where(place), f"{what}; {do}")


def _of_wave(home: Home, study: Study, name: str, wave: str) -> Iterator[Remark]:
    files = data_files(home.raw(name) / wave, study.waves.get(wave, Wave()).files)
    sources = [read_source(path, study.reading_of(wave)) for path in files]
    sampling = study.sampling_columns.items()
    matched = [(s, match(s, study.questions, study.scales, study.columns, wave, sampling)) for s in sources]
    rows = source_column_rows(wave, matched)
    for source in sources:
        layout = source.layout
        width = counted(len(layout.columns), "column")
        yield Remark("note", f"wave {wave}", f"{source.path.name}: {layout.platform}, {width}")
    yield from _of_columns(study, wave, rows)
    there, variables = available_variables(rows), study.variables
    values = reading(
        sources,
        lambda ready: engine.fetch_through(
            "delivered",
            delivered_query(wave, ready, rows, study),
            values_query(study.questions, study.scales, there),
        ),
    )
    answers = read_answers(wave, study.questions, study.scales, values.to_pylist())
    found = [v for v in variables if there & {v.name, v.question}]
    if found and not answers and all(v.options for v in found):
        yield Remark("error", f"wave {wave}", "no record holds an answer to a declared question")
    yield from _of_answers(study, wave, answers, naming(study, rows))


def _of_columns(study: Study, wave: str, rows: list[dict[str, Any]]) -> Iterator[Remark]:
    weigh, words = _weights(study, wave, "questions_present"), naming(study, [])
    texts = [row["text"] for row in rows if row["role"] == "unlisted" and row["text"]]
    for number, row in enumerate(row for row in rows if row["role"] == "missing"):
        ref = row["variable"]
        weight = weigh(ref)
        why = ", and screening, score, tiers or weights need it" if weight == "error" else ""
        declared = study.questions.get(ref.split("__")[0])
        close = nearest(declared.text or "", texts) if declared and number < MOST_HINTS else None
        if ref in study.sampling_columns:
            close = nearest(study.sampling_columns[ref], [column["name"] for column in rows if column["position"]])
        hint = f'; nearest column: "{close}"' if close else ""
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
            yield Remark("note", f"wave {wave}", f"{counted(len(names), f'{role} column')}: {listed(names, 8)}")


def _weights(study: Study, wave: str, check: str) -> Callable[[str], Weight]:
    """How much a finding about a variable weighs: an error where it is needed and the wave does not admit it."""
    needed, resolver = needed_variables(study, wave), study.resolver
    admitted = check in study.waves.get(wave, Wave()).admit

    def weigh(variable: str) -> Weight:
        grave = not admitted and bool(({v.name for v in resolver.of(variable)} | {variable}) & needed)
        return "error" if grave else "warning"

    return weigh


def _of_answers(
    study: Study, wave: str, answers: list[dict[str, Any]], words: Callable[[str], str]
) -> Iterator[Remark]:
    weigh = _weights(study, wave, "options_changed")
    by_name = {v.name: v for v in study.variables}
    unknown: dict[str, list[dict[str, Any]]] = {}
    for row in answers:
        if row["code"] is None:
            unknown.setdefault(row["variable"], []).append(row)
    for name, rows in unknown.items():
        weight, variable = weigh(name), by_name.get(name)
        texts = [option.text for option in variable.options.values()] if variable else []
        wrong = "is no number" if variable and variable.kind == "number" else "is not in the option list"
        for row in rows[:MOST_HINTS]:
            close = nearest(row["answer"], texts)
            hint = f'; nearest option: "{close}"' if close else ""
            answer = f'answer "{row["answer"][:100]}" ({counted(row["n"], "time")})'
            what = f"{words(name)}: {answer} {wrong}{hint}"
            yield Remark(weight, f"wave {wave}", what)
        if len(rows) > MOST_HINTS:
            more = f"{words(name)}: {counted(len(rows) - MOST_HINTS, 'more answer')}, each of which {wrong}"
            yield Remark(weight, f"wave {wave}", more)
