"""What a study file declares twice without saying so: two questions for one column, two columns of one name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import translate

from pipeline.study.evening import evened
from pipeline.study.model import Study
from pipeline.study.problems import Problem
from pipeline.study.questions import GridQuestion, MultipleQuestion, Options, Question, TextQuestion
from pipeline.study.section import Place
from pipeline.study.variables import options_of

# Names that a question, a segment or an indicator cannot have: columns beside theirs in the same table or query.
RESPONSE_COLUMNS = (
    "wave", "source_row", "respondent_id", "id", "started", "started_at", "finished", "finished_at", "duration",
    "duration_seconds", "status", "progress", "progress_pct", "recaptcha", "fingerprint", "file_number", "file_row",
    "record",
)  # fmt: skip
RESPONDENT_COLUMNS = ("wave", "source_row", "respondent_id", "disposition", "score", "tier", "weight", "all",
                      "segment", "level", "stratum", "n", "w", "ww")  # fmt: skip
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
    by_name: dict[str, str] = {}
    by_text: dict[str, str] = {}
    for key, option in options.items():
        if (first := by_name.setdefault(key.casefold(), key)) != key:
            yield Problem((*place, key), f'differs from option "{first}" by case only', "another name")
        if (first := by_text.setdefault(evened(option.text), key)) != key:
            yield Problem((*place, key), f'has the text of option "{first}"', "texts that differ")
    renamed: dict[tuple[str, str], str] = {}
    for key, option in options.items():
        for wave, text in option.was.items():
            first = renamed.setdefault((wave, evened(text)), key)
            other = by_text.get(evened(text), key)
            if first != key or (other != key and wave not in options[other].was):
                yield Problem((*place, key, "was", wave),
                              f'is the text of option "{first if first != key else other}" in wave {wave}',
                              "texts that differ")  # fmt: skip


# -- the columns of a delivery


def _source_columns(study: Study) -> Iterator[Problem]:
    """Two declarations that look for the same column in some wave, each question reported once."""
    taken: dict[str, dict[str, str]] = {}  # by column and wave, EVERY_WAVE for all of them: who looks for it
    for ours, column in study.columns.named.items():
        by = taken.setdefault(_by_name(column), {EVERY_WAVE: f"columns.{ours}"})[EVERY_WAVE]
        if by != f"columns.{ours}":
            yield Problem(("columns", ours), f"names the column of `{by}`", "a column of its own")
    for name, question in study.questions.items():
        reported = False
        waves = question.waves or (EVERY_WAVE,)
        for place, column in _sought(name, question, study):
            claims = taken.setdefault(column, {})
            others = [claims[wave] for wave in (*waves, EVERY_WAVE) if wave in claims]
            if question.waves is None:
                others += claims.values()
            if others and not reported:
                reported = True
                yield Problem(place, f"looks for the same column as `{others[0]}`", do="tell them apart with `column`")
            claims |= dict.fromkeys(waves, f"{name}.{place[-1]}" if len(place) > 3 else name)


def _by_name(column: str) -> str:
    return f"name {evened(column)}"


def _sought(name: str, question: Question, study: Study) -> Iterator[tuple[Place, str]]:
    """Each column that a question looks for, as ingest matches it: by name, by text, by text and part."""
    place: Place = ("questions", name)
    if isinstance(question, GridQuestion):
        parts = {(*place, "rows", key): (row.text, row.column) for key, row in question.rows.items()}
    else:
        yield (
            (*place, "column" if question.column else "text"),
            (_by_name(question.column) if question.column else f"text {evened(question.text or '')}"),
        )
        if not isinstance(question, MultipleQuestion):
            return
        offered = options_of(question, study.scales)
        # Options with one text are reported as such.
        by_text = {evened(option.text): key for key, option in reversed(offered.items())}
        parts = {(*place, "options", key): (option.text, option.column) for key, option in offered.items()
                 if option.column or by_text[evened(option.text)] == key}  # fmt: skip
    for where, (text, column) in parts.items():
        if column:
            yield where, _by_name(column)
        elif question.column:
            yield where, f"part {evened(question.column)} {evened(text)}"
        else:
            yield where, f"text {evened(f'{question.text} - {text}')}"


def _personal(study: Study) -> Iterator[Problem]:
    """Columns that are to end at the delivered file, and are declared to be kept."""
    if not study.columns.personal:
        return
    personal = re.compile("|".join(translate(evened(pattern)) for pattern in study.columns.personal))
    kept: list[tuple[Place, str]] = [(("columns", ours), column) for ours, column in study.columns.named.items()]
    for name, question in study.questions.items():
        if not isinstance(question, TextQuestion):
            kept += [(("questions", name), text) for text in (question.column, question.text) if text]
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
    taken = dict.fromkeys(RESPONDENT_COLUMNS, "a column of its own")
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
