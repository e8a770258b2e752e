"""`survey check`: study file and exports read together as a reviewer would; nothing is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from pipeline import engine
from pipeline.cleaning.screening import idle_rules
from pipeline.engine import Query
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
from pipeline.study.columns import slug
from pipeline.study.conditions import Chosen, leaves
from pipeline.study.evening import evened
from pipeline.study.loading import StudyFile
from pipeline.study.model import Study
from pipeline.study.silence import counts_silence
from pipeline.study.variables import Variable, hot_columns
from pipeline.study.waves import Wave, check_wave_name

Weight = Literal["error", "warning", "note"]

MOST_HINTS = 20  # of one kind, for one variable
MUCH = 0.2  # change of the share that answers between two waves


@dataclass(frozen=True)
class Remark:
    """Something that a reviewer would say. error: the wave would fail or be quarantined."""

    weight: Weight
    where: str
    what: str


@dataclass(frozen=True)
class Looked:
    """What a wave's delivery holds: records, how many answered each question, the options that occur."""

    records: int
    answered: dict[str, int]
    options: dict[str, set[str]]


def remarks(home: Home, study_file: StudyFile, waves: list[str]) -> Iterator[Remark]:
    """What is to be said of a study file and of each wave's delivery."""
    yield from _of_study(study_file)
    if not waves:
        yield Remark("note", study_file.name, f"no wave is delivered yet: survey add {study_file.name} WAVE FILE")
    looked: dict[str, Looked] = {}
    for wave in waves:
        try:
            yield from _of_wave(home, study_file.study, study_file.name, check_wave_name(wave), looked)
        except SurveyError as error:
            yield Remark("error", f"wave {wave}", str(error))
    for (before, earlier), (wave, later) in pairwise(looked.items()):
        yield from _since(study_file.study, before, earlier, wave, later)


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


def _of_wave(home: Home, study: Study, name: str, wave: str, looked: dict[str, Looked]) -> Iterator[Remark]:
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
    there, variables = available_variables(rows, study.questions, study.scales, wave), study.variables
    cells = {question: names for question, names in study.cells.items() if study.questions[question].asked_in(wave)}
    values, bases = reading(
        sources,
        lambda ready: engine.fetch_all_through(
            "delivered",
            delivered_query(wave, ready, rows, study),
            [
                values_query(study.questions, study.scales, there),
                Query("core/bases.sql", {"questions": cells}),
            ],
        ),
    )
    answers = read_answers(wave, study.questions, study.scales, values.to_pylist())
    found = [v for v in variables if there & {v.name, v.question}]
    if found and not answers and all(v.options for v in found):
        yield Remark("error", f"wave {wave}", "no record holds an answer to a declared question")
    yield from _of_answers(study, wave, answers, naming(study, rows))
    counts = bases.to_pylist()[0]
    records = counts.pop("all records")
    looked[wave] = Looked(records, counts, _options_seen(answers, study))
    shown = ", ".join(f"{question} {n:,}" for question, n in counts.items())
    yield Remark("note", f"wave {wave}", f"answered, of {counted(records, 'record')}: {shown}")
    yield from _never(study, wave, looked[wave])


def _options_seen(answers: list[dict[str, Any]], study: Study) -> dict[str, set[str]]:
    """Of each question with options, those that some record chose."""
    of = {v.name: (v.question, v.part if v.kind == "tick" else "") for v in study.variables}
    of |= {
        column: (q, key) for q, question in study.questions.items() for key, column in hot_columns(q, question).items()
    }
    seen: dict[str, set[str]] = {}
    for row in answers:
        question, tick = of.get(row["variable"], ("", ""))
        if question and row["code"] is not None and (not tick or row["code"] == "1"):
            seen.setdefault(question, set()).add(tick or row["code"])
    return seen


def _never(study: Study, wave: str, looked: Looked) -> Iterator[Remark]:
    """Indicators and tiers that ask for options which no record of the wave chose."""
    conditions = [(f"indicator {name}", indicator.when) for name, indicator in study.indicators.items()]
    conditions += [(f"tier {name}", of) for name, of in ((study.tiers.answers or {}) if study.tiers else {}).items()]
    for what, condition in conditions:
        for leaf in leaves(condition):
            if not isinstance(leaf, Chosen):
                continue
            variables = study.resolver.of(leaf.question)
            question = variables[0].question
            asked = study.questions[question].asked_in(wave) and looked.answered.get(question)
            if asked and not set(leaf.options) & looked.options.get(question, set()):
                chosen = f"{leaf.question}: {listed(leaf.options)}"
                yield Remark("warning", f"wave {wave}", f"{what} asks for {chosen}, which nobody chose")


def _since(study: Study, before: str, earlier: Looked, wave: str, later: Looked) -> Iterator[Remark]:
    """What one wave has and the other has not: options that occur, and how many answer."""
    for question, declared in study.questions.items():
        if not (declared.asked_in(before) and declared.asked_in(wave)):
            continue
        shares = [w.answered.get(question, 0) / w.records if w.records else 0.0 for w in (earlier, later)]
        if abs(shares[1] - shares[0]) > MUCH:
            what = f"{question}: {100 * shares[1]:.0f}% answered, {100 * shares[0]:.0f}% in wave {before}"
            yield Remark("warning", f"wave {wave}", f"{what}: was the base changed?")
        old, new = (w.options.get(question, set()) for w in (earlier, later))
        for found, gone, where in ((new - old, old, before), (old - new, new, wave)):
            if found and gone:
                what = f"{question}: nobody chose {listed(sorted(found))} in wave {where}"
                yield Remark("note", f"wave {wave}", f"{what}: not offered then? if so, say `waves` at the option")


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
        if variable is not None and variable.options and variable.kind == "choice":
            yield Remark("note", f"wave {wave}", f"{words(name)}, to paste: {_pasted(rows[:MOST_HINTS], variable)}")
        if len(rows) > MOST_HINTS:
            more = f"{words(name)}: {counted(len(rows) - MOST_HINTS, 'more answer')}, each of which {wrong}"
            yield Remark(weight, f"wave {wave}", more)


def _pasted(rows: list[dict[str, Any]], variable: Variable) -> str:
    """The options that the answers are, as the study file has them: near ones beside the option that they are near."""
    by_text = {option.text: key for key, option in variable.options.items()}
    near: dict[str, list[str]] = {}
    new: dict[str, str] = {}
    for row in rows:
        close = nearest(row["answer"], list(by_text))
        if close:
            near.setdefault(by_text[close], []).append(row["answer"])
        else:
            new[slug(row["answer"])[:40].strip("_") or "option"] = row["answer"]
    lines = [f"{key}: {{text: {json.dumps(variable.options[key].text, ensure_ascii=False)}, "
             f"also: {json.dumps(texts, ensure_ascii=False)}}}" for key, texts in near.items()]  # fmt: skip
    return ", ".join([*lines, *(f"{key}: {json.dumps(text, ensure_ascii=False)}" for key, text in new.items())])
