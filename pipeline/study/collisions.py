"""What a study file declares twice without saying so: two questions for one column, two columns of one name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import translate

from pipeline.study.evening import evened
from pipeline.study.model import Study
from pipeline.study.problems import Problem
from pipeline.study.questions import (
    GridQuestion,
    MultipleQuestion,
    Options,
    Question,
    SingleQuestion,
    TextQuestion,
)
from pipeline.study.section import Place
from pipeline.study.variables import options_of

# Names that a question, a segment or an indicator cannot have: columns beside theirs in the same table or query.
RESPONSE_COLUMNS = (
    "wave", "source_row", "respondent_id", "id", "started", "started_at", "finished", "finished_at", "duration",
    "duration_seconds", "status", "progress", "progress_pct", "recaptcha", "fraud_score", "duplicate_score",
    "ballot_box", "fingerprint", "file_number", "file_row", "record", "shown",
)  # fmt: skip
RESPONDENT_COLUMNS = ("wave", "source_row", "respondent_id", "disposition", "score", "tier", "weight", "all",
                      "segment", "level", "stratum", "psu", "n", "w", "ww")  # fmt: skip
CONDITION_WORDS = ("any", "all", "not", "tier", "filter")
EVERY_WAVE = ""
WITHOUT_TIER = "without_tier"  # a row of table `tiers`


def collisions(study: Study) -> Iterator[Problem]:
    """What an answer, a delivery or a query could not tell apart."""
    for name, options in study.scales.items():
        yield from _same_options(("scales", name), options)
    for name, question in study.questions.items():
        yield from _same_options(("questions", name, "options"), getattr(question, "options", None) or {})
    yield from _source_columns(study)
    yield from _personal(study)
    yield from _reserved(study)


def _same_options(place: Place, options: Options) -> Iterator[Problem]:
    """Options that no answer could tell apart, in every wave or in one."""
    by_name: dict[str, str] = {}
    by_text: dict[str, tuple[str, bool]] = {}  # option, and whether the text is its own, which a wave may replace
    for key, option in options.items():
        if (first := by_name.setdefault(key.casefold(), key)) != key:
            yield Problem((*place, key), f'differs from option "{first}" by case only', "another name")
        more = {"also": option.also, "code": (option.code,) if option.code else ()}
        for at, text in [((), option.text), *(((name,), text) for name, texts in more.items() for text in texts)]:
            other, _ = by_text.setdefault(evened(text), (key, not at))
            if other != key:
                yield Problem((*place, key, *at), f'has the text of option "{other}"', "texts that differ")
    renamed: dict[tuple[str, str], str] = {}
    for key, option in options.items():
        for wave, was in option.was.items():
            for text in was.text or ():
                first = renamed.setdefault((wave, evened(text)), key)
                other, own = by_text.get(evened(text), (key, True))
                replaced = own and wave in options[other].was and options[other].was[wave].text is not None
                if first != key or (other != key and not replaced):
                    yield Problem((*place, key, "was", wave),
                                  f'is the text of option "{first if first != key else other}" in wave {wave}',
                                  "texts that differ")  # fmt: skip


# -- the columns of a delivery


def _source_columns(study: Study) -> Iterator[Problem]:
    """Two declarations that look for the same column in some wave, each question reported once."""
    own: dict[str, str] = {}
    for ours, column in study.columns.named.items():
        by = own.setdefault(_by_name(column), f"columns.{ours}")
        if by != f"columns.{ours}":
            yield Problem(("columns", ours), f"names the column of `{by}`", "a column of its own")
    usual = {name: list(_sought(name, question, study, EVERY_WAVE)) for name, question in study.questions.items()}
    special = {name: set(_particular(question, study)) for name, question in study.questions.items()}
    waves = [wave for name, question in study.questions.items() for wave in (*(question.waves or ()), *special[name])]
    reported: set[str] = set()
    for wave in dict.fromkeys((EVERY_WAVE, *waves)):
        taken = dict(own)
        for name, question in study.questions.items():
            if name in reported or (question.waves is not None and wave not in question.waves):
                continue
            sought = list(_sought(name, question, study, wave)) if wave in special[name] else usual[name]
            for place, column in sought:
                other = taken.setdefault(column, who := f"{name}.{place[-1]}" if len(place) > 3 else name)
                if other != who and name not in reported:
                    reported.add(name)
                    yield Problem(place, f"looks for the same column as `{other}`", do="tell them apart with `column`")


def _particular(question: Question, study: Study) -> Iterator[str]:
    """Waves in which the question, a row or an option was delivered otherwise."""
    yield from question.was
    if isinstance(question, GridQuestion):
        yield from (wave for row in question.rows.values() for wave in row.was)
    elif isinstance(question, MultipleQuestion) or (isinstance(question, SingleQuestion) and question.by_columns):
        yield from (wave for option in options_of(question, study.scales).values() for wave in option.was)


def _by_name(column: str) -> str:
    return f"name {evened(column)}"


def _sought(name: str, question: Question, study: Study, wave: str) -> Iterator[tuple[Place, str]]:
    """Each column that a question looks for, as ingest matches it: by name, by text, by text and part."""
    place: Place = ("questions", name)
    columns, text = question.columns_in(wave), question.text_in(wave) or ""
    if isinstance(question, GridQuestion):
        parts = {(*place, "rows", key): (row.text_in(wave), row.column_in(wave)) for key, row in question.rows.items()}
    else:
        if columns or text:
            found = [_by_name(column) for column in columns] or [f"text {evened(text)}"]
            yield from (((*place, "column" if columns else "text"), column) for column in found)
        if not isinstance(question, MultipleQuestion | SingleQuestion):
            return
        offered = options_of(question, study.scales)
        # Options with one text are reported as such.
        by_text = {evened(option.text_in(wave)): key for key, option in reversed(offered.items())}
        ticks = isinstance(question, MultipleQuestion)
        parts = {
            (*place, "options", key): (option.text_in(wave), option.column_in(wave))
            for key, option in offered.items()
            if option.column_in(wave) or (ticks and by_text[evened(option.text_in(wave))] == key)
        }
    for where, (part, column) in parts.items():
        if column:
            yield where, _by_name(column)
        elif columns:
            yield where, f"part {evened(columns[0])} {evened(part)}"
        else:
            yield where, f"text {evened(f'{text} - {part}')}"


def _personal(study: Study) -> Iterator[Problem]:
    """Columns that are to end at the delivered file, and are declared to be kept."""
    if not study.columns.personal:
        return
    personal = re.compile("|".join(translate(evened(pattern)) for pattern in study.columns.personal))
    kept: list[tuple[Place, str]] = [(("columns", ours), column) for ours, column in study.columns.named.items()]
    for name, question in study.questions.items():
        if not isinstance(question, TextQuestion):
            kept += [(("questions", name), text) for text in (*(question.column or ()), question.text) if text]
    for place, text in kept:
        if personal.match(evened(text)):
            yield Problem(place, "is listed under `personal`, and would be kept", "one or the other")


# -- names in our own tables


def _reserved(study: Study) -> Iterator[Problem]:
    for name in study.questions:
        if name in (*RESPONSE_COLUMNS, *CONDITION_WORDS):
            yield Problem(("questions", name), f'"{name}" is a word of the study file or a column of its own',
                          "another name")  # fmt: skip
    for i, tier in enumerate(study.tiers.order if study.tiers else ()):
        if tier == WITHOUT_TIER:
            yield Problem(("tiers", "order", i), f'"{tier}" stands for respondents without a tier', "another name")


def respondent_columns(study: Study) -> Iterator[Problem]:
    """Two columns of `respondents` with one name. The segments must be sound: their levels are looked up."""
    weights = [f"weight_{name}" for name in study.weights]
    margins = [f"margin_{name}" for name, weight in study.weights.items() if weight.rake is not None]
    taken = dict.fromkeys((*RESPONDENT_COLUMNS, *weights, *margins), "a column of its own")
    claims: list[tuple[Place, str, str]] = []
    for name in study.score.dimensions if study.score else ():
        claims.append((("score", "dimensions", name), f"score_{name}", f"dimension {name} of the score"))
    for segment in study.segment_columns:
        place: Place = ("segments", segment.name)
        claims.append((place, segment.name, f"segment {segment.name}"))
        for level, column in segment.columns.items():
            at = (*place, "levels", level) if study.segments[segment.name].levels else place
            claims.append((at, column, f'level "{level}" of segment {segment.name}'))
    claims += [(("indicators", name), name, f"indicator {name}") for name in study.indicators]
    for at, column, what in claims:
        first = taken.setdefault(column, what)
        if first is not what:
            yield Problem(at, f'needs the column "{column}", which is {first}', "another name")
