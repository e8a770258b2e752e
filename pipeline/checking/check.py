"""`survey check`: study file and exports read together as a reviewer would; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipeline import engine, tables
from pipeline.checking.answers import of_answers
from pipeline.checking.columns import of_columns
from pipeline.checking.outcome import Outcome, of_outcome, outcome
from pipeline.checking.remark import Remark
from pipeline.checking.spelling import MOMENTS_TOLD, moments_query, of_moments, of_numerals
from pipeline.claims.printed import printed_parts
from pipeline.engine import Query
from pipeline.errors import SurveyError, counted, listed
from pipeline.ingest.answers import read_answers, values_query
from pipeline.ingest.delivered import delivered_query, source_column_rows
from pipeline.ingest.layout import Source
from pipeline.ingest.matching import match
from pipeline.ingest.readable import reading
from pipeline.ingest.responses import available_variables
from pipeline.ledger import read_ledger
from pipeline.quality import incomplete_margins, naming
from pipeline.settings import Home
from pipeline.store import WaveStore
from pipeline.study.breaks import MUCH
from pipeline.study.claim_references import without_charts
from pipeline.study.loading import StudyFile
from pipeline.study.model import Study
from pipeline.study.silence import counts_silence
from pipeline.study.variables import hot_columns, options_of
from pipeline.study.waves import check_wave_name

KEPT = (tables.DELIVERED, tables.ANSWERS, tables.RESPONSES, tables.SCREENING, tables.SCORES)
"""Tables that are read as a run left them, where it made them of the same delivery, study file and code."""


@dataclass(frozen=True)
class Looked:
    """What a wave's delivery holds: records with an answer, how many answered each question, options that occur."""

    records: int
    answered: dict[str, int]
    options: dict[str, set[str]]
    cuts: pa.Table


def remarks(home: Home, study_file: StudyFile, waves: Sequence[str]) -> Iterator[Remark]:
    """What is to be said of a study file and of each wave's delivery, the baseline's first."""
    yield from _of_study(study_file)
    if not waves:
        yield Remark("note", study_file.name, f"no wave is delivered yet: survey add {study_file.name} WAVE FILE")
    study = study_file.study
    looked: dict[str, Looked] = {}
    for wave in sorted(waves, key=lambda wave: wave != study.baseline):
        try:
            yield from _of_wave(WaveStore(home, study_file, check_wave_name(wave)), looked)
        except SurveyError as error:
            yield Remark("error", f"wave {wave}", str(error))
    in_order = [(wave, looked[wave]) for wave in waves if wave in looked]
    for (before, earlier), (wave, later) in pairwise(in_order):
        yield from _since(study, before, earlier, wave, later)


def _of_study(study_file: StudyFile) -> Iterator[Remark]:
    study = study_file.study
    counts = [
        (len(study.questions), "question"), (len(study.cleaning), "cleaning rule"),
        (len(study.tiers.order) if study.tiers else 0, "tier"), (len(study.segments), "segment"),
        (len(study.indicators), "indicator"), (len(study.comparisons), "comparison"),
        *([(len(claims), "claim")] if (claims := study.claim_set.claims) else []),
    ]  # fmt: skip
    yield Remark("note", study_file.document.file, ", ".join(counted(n, what) for n, what in counts))
    if study.synthetic:
        yield Remark("note", study_file.document.file, "the data are synthetic, and marked so wherever they are shown")
    yield from _of_silence(study_file)
    yield from _of_claims(study_file)


def _of_claims(study_file: StudyFile) -> Iterator[Remark]:
    """Printed texts that state no figure: they load, and would be audited as no figure."""
    for i, claim in enumerate(study_file.study.claim_set.claims):
        if claim.not_checkable or claim.printed is None:
            continue
        where = study_file.document.where(("claims", "claims", i, "printed"))
        cells = without_charts((claim,), study_file.study.indicators)
        for cell in cells:
            stated = 1 if isinstance(cell.printed, str) else len(cell.printed or ())
            if len(printed_parts(cell.model_copy(update={"equal": None}))) < stated:
                what = f"claim {cell.id}: no figure is read in what was printed, {cell.printed!r}"
                yield Remark("warning", where, what)


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


def _of_wave(store: WaveStore, looked: dict[str, Looked]) -> Iterator[Remark]:
    study, wave = store.study, store.wave
    sources = store.sources()
    sampling = study.sampling_columns.items()
    matched = [(s, match(s, study.questions, study.scales, study.columns, wave, sampling)) for s in sources]
    rows = source_column_rows(wave, matched)
    for source in sources:
        layout = source.layout
        width = counted(len(layout.columns), "column")
        yield Remark("note", f"wave {wave}", f"{source.path.name}: {layout.platform}, {width}")
    for source in sources:
        yield from of_numerals(study, wave, source, rows)
    yield from of_columns(study, wave, rows)
    anchored = study.tiers is not None and not study.tiers.recut and study.baseline in looked
    anchor = looked[study.baseline].cuts if anchored and study.baseline else None
    kept = _kept(store)
    try:
        answers, counts, found = _read(study, wave, sources, rows, anchor, kept)
    except duckdb.Error:
        if not kept:
            raise
        answers, counts, found = _read(study, wave, sources, rows, anchor, {})  # one of them is damaged
    yield from of_answers(study, wave, answers, naming(study, rows))
    for incomplete in incomplete_margins(study, wave, answers):
        yield Remark("warning", f"wave {wave}", incomplete)
    yield from of_moments(study, wave, {name: counts.pop(name) for name in MOMENTS_TOLD})
    records = counts.pop("records with an answer")
    blank = counts.pop("all records") - records
    looked[wave] = Looked(records, counts, _options_seen(answers, study), found.cuts)
    shown = ", ".join(f"{question} {n:,}" for question, n in counts.items())
    of = f"{counted(records, 'record')}{f' (and {blank:,} blank)' if blank else ''}"
    yield Remark("note", f"wave {wave}", f"answered, of {of}: {shown}")
    there = available_variables(rows, study.questions, study.scales, wave)
    if not answers and any(v.options for v in study.variables if v.name in there):
        yield Remark("error", f"wave {wave}", "no record holds an answer to a declared question")
    yield from of_outcome(study, wave, found, looked[wave].options)


def _kept(store: WaveStore) -> dict[str, Path]:
    """Files of those of KEPT that are there, by name of table; none of a wave that no run has judged."""
    with suppress(SurveyError):
        if store.wave in read_ledger(store.home.ledger(store.study_file.name)).waves:
            paths = {table.name: store.path(table) for table in KEPT}
            return {name: path for name, path in paths.items() if path.is_file()}
    return {}


def _read(
    study: Study,
    wave: str,
    sources: Sequence[Source],
    rows: list[dict[str, Any]],
    anchor: pa.Table | None,
    kept: Mapping[str, Path],
) -> tuple[list[dict[str, Any]], dict[str, int], Outcome]:
    """Rows of table `answers`, how many answered each question, and what comes of it.

    rows: those of table `source_columns`. anchor: tier cuts of the baseline wave. kept: as `_kept` returns them.
    """
    there = available_variables(rows, study.questions, study.scales, wave)
    cells = {question: names for question, names in study.cells.items() if study.questions[question].asked_in(wave)}
    with engine.connection(kept) as con:
        if "delivered" not in kept:
            reading(sources, lambda ready: engine.keep(con, "delivered", delivered_query(wave, ready, rows, study)))
        if "answers" in kept:
            query = Query("out/columns.sql", {"columns": tables.ANSWERS.arrow_schema(study).names, "source": "answers"})
            answers = engine.rows_of(con, query).to_pylist()
        else:
            values = engine.rows_of(con, values_query(study.questions, study.scales, there)).to_pylist()
            answers = read_answers(wave, study.questions, study.scales, values)
            engine.hold(con, "answers", answers, tables.ANSWERS.arrow_schema(study))
        counts = engine.rows_of(con, Query("core/bases.sql", {"questions": cells})).to_pylist()[0]
        found = outcome(con, study, wave, there, answers, anchor, kept)
        counts |= engine.rows_of(con, moments_query()).to_pylist()[0]
        return answers, counts, found


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
            found = {key for key in found if options_of(declared, study.scales)[key].offered_in(where)}
            if found and gone:
                what = f"{question}: nobody chose {listed(sorted(found))} in wave {where}"
                yield Remark("note", f"wave {wave}", f"{what}: not offered then? if so, say `waves` at the option")
