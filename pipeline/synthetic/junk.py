"""Records that cleaning has to take out, each valid but for one flaw, and what platforms record beside answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.random import Generator

from pipeline.errors import SurveyError
from pipeline.study.cleaning import AttentionCheck, Excluded, NoConsent, ScreenedOut, Straightliner
from pipeline.study.conditions import Chosen
from pipeline.study.model import Study
from pipeline.synthetic.answering import Answers, joined, skip_unasked, take
from pipeline.synthetic.planted import Planted
from pipeline.synthetic.respondents import respondents

VALID = "analysed"
COPIES = ("duplicate_id", "duplicate_answers")  # rules that take out further copies of a valid response


@dataclass
class Record:
    """What the platform records of one response. disposition: what cleaning has to make of it."""

    response_id: str
    disposition: str
    start: datetime
    seconds: int
    status: str = "IP Address"
    progress: int = 100
    recaptcha: float = 0.9


def with_junk(
    study: Study, planted: Planted, wave: str, valid: Answers, rng: Generator
) -> tuple[Answers, list[Record]]:
    """The valid respondents among the junk, in order of start."""
    n = len(next(iter(valid.values())))
    first, last = study.waves[wave].fieldwork or (datetime(2020, 1, 1, tzinfo=UTC).date(),) * 2
    days = (last - first).days
    opened = datetime(first.year, first.month, first.day, 8, tzinfo=UTC)

    def record(disposition: str) -> Record:
        # The last day stays free, so that a copy can begin after its original.
        start = opened + timedelta(seconds=int(rng.integers(max(days - 1, 1) * 86_400)))
        seconds = int(np.clip(np.exp(rng.normal(6.4, 0.35)), 330, 2400))
        recaptcha = round(float(rng.uniform(0.7, 1.0)), 1)
        return Record(f"R_{_letters(rng)}", disposition, start, seconds, recaptcha=recaptcha)

    records = [record(VALID) for _ in range(n)]
    parts = [valid]
    others, _ = respondents(study, planted, wave, planted.waves[wave].likewise(sum(planted.junk.values())), rng)
    pool = rng.permutation(sum(planted.junk.values()))
    for rule, count in planted.junk.items():
        originals = rng.choice(n, size=count, replace=False)
        rows, pool = pool[:count], pool[count:]
        answers = take(valid, originals) if rule in COPIES else take(others, rows)
        found = [record(rule) for _ in range(count)]
        _spoil(rule, study, wave, answers, found, [records[i] for i in originals], rng)
        parts.append(answers)
        records += found
    order = np.argsort([r.start.timestamp() for r in records], kind="stable")
    return take(joined(parts), order), [records[i] for i in order]


def _letters(rng: Generator) -> str:
    return "".join(rng.choice(list("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"), size=15))


def _spoil(
    rule: str,
    study: Study,
    wave: str,
    answers: Answers,
    records: list[Record],
    originals: list[Record],
    rng: Generator,
) -> None:
    """Gives records the flaw that the rule looks for, and no earlier one."""
    if rule == "test_response":
        for i, r in enumerate(records):
            r.status = "Survey Preview" if i % 2 else "Survey Test"
    elif rule == "spam":
        for r in records:
            r.status = "Spam"
    elif rule == "bot":
        for r in records:
            r.recaptcha = round(float(rng.uniform(0.0, 0.4)), 1)
    elif rule == "speeder":
        for r in records:
            r.seconds = int(rng.integers(35, 95))
    elif rule == "incomplete":
        _break_off(study, answers, records, rng)
    elif rule in COPIES:
        _copy(rule, study, answers, records, originals)
    elif rule == "out_of_range":
        for v in study.variables:
            if v.number_range:
                answers[v.name][:] = str(int(v.number_range[1]) * 1000)
                _open_the_way(study, v.question, answers)
    elif rule == "excluded":
        ids = [i for r in study.cleaning if isinstance(r, Excluded) for i in r.ids]
        for r, response_id in zip(records, ids, strict=True):
            r.response_id = response_id
    else:
        _answer_wrongly(rule, study, wave, answers, rng)


def _answer_wrongly(rule: str, study: Study, wave: str, answers: Answers, rng: Generator) -> None:
    for declared in study.cleaning:
        if declared.rule != rule:
            continue
        if isinstance(declared, NoConsent | ScreenedOut | AttentionCheck) and isinstance(declared.unless, Chosen):
            variable = study.resolver.of(declared.unless.question)[0]
            wrong = [o for o in variable.options if o not in declared.unless.options]
            answers[variable.name][:] = rng.choice(np.array(wrong, dtype=object), size=len(answers[variable.name]))
            if not isinstance(declared, AttentionCheck):
                skip_unasked(answers, study, wave)
            return
        if isinstance(declared, Straightliner):
            for v in study.variables:
                if v.question in declared.grids:
                    answers[v.name][:] = list(v.options)[2]
            return
    raise SurveyError("", f'no record can be made for the cleaning rule "{rule}"')


def _break_off(study: Study, answers: Answers, records: list[Record], rng: Generator) -> None:
    names = [v.name for v in study.variables]
    for i, r in enumerate(records):
        kept = rng.uniform(0.15, 0.65)
        r.progress = int(100 * kept)
        r.seconds = max(40, int(r.seconds * kept))
        for name in names[int(len(names) * kept) :]:
            answers[name][i] = ""


def _copy(rule: str, study: Study, answers: Answers, records: list[Record], originals: list[Record]) -> None:
    """A later response with the id of an original, some less complete; or with its answers and another id."""
    grids = [v.name for v in study.variables if v.part and v.kind == "choice"]
    for i, (r, original) in enumerate(zip(records, originals, strict=True)):
        r.start = original.start + timedelta(hours=1 + i % 20)
        if rule == "duplicate_id":
            r.response_id = original.response_id
            for name in grids[: i % 4]:
                answers[name][i] = ""


def _open_the_way(study: Study, question: str, answers: Answers) -> None:
    """Lets the respondent be asked the question."""
    asked_if = study.questions[question].asked_if
    if isinstance(asked_if, Chosen):
        answers[study.resolver.of(asked_if.question)[0].name][:] = asked_if.options[0]
