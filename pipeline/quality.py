"""Checks of a wave's tables: what was measured against what was expected, and what keeps a wave from publication."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import pyarrow.compute as pc

from pipeline import tables
from pipeline.cleaning.screening import idle_rules, most_taken_query, most_taken_words
from pipeline.engine import Query, fetch
from pipeline.errors import SurveyError, counted, listed
from pipeline.ingest.responses import available_variables
from pipeline.replacing import replacing
from pipeline.store import WaveStore
from pipeline.study.cleaning import AttentionCheck, NoConsent, ScreenedOut
from pipeline.study.conditions import Shown
from pipeline.study.model import Study
from pipeline.study.problems import one_line
from pipeline.study.waves import Wave
from pipeline.tables import Table
from pipeline.versions import code_digest, hashed

ROUNDING = 1e-9
PERSONAL = {
    "e-mail address": r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}",
    "IP address": r"\b(?:(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})\.){3}(?:25[0-5]|2[0-4][0-9]|1?[0-9]{1,2})\b",
}


@dataclass(frozen=True)
class Check:
    """A check of one table. blocking: whether a failure keeps the wave from being published."""

    name: str
    table: str
    passed: bool
    blocking: bool
    measured: str
    expected: str

    @property
    def grave(self) -> bool:
        """Whether it failed so that the wave is set aside."""
        return self.blocking and not self.passed


@dataclass(frozen=True)
class Declared:
    """A check as declared: what it expects, how it is run, and what to do where a failure sets a wave aside."""

    name: str
    table: Table
    blocking: bool
    expected: str
    run: Callable[[WaveStore], Iterator[tuple[bool, str, bool]]]
    do: str = ""


def needed_variables(study: Study, wave: str) -> set[str]:
    """Variables without which a wave's screener, score, tiers or weights cannot be computed."""
    resolver = study.resolver
    refs = [item for d in (study.score.dimensions.values() if study.score else ()) for item in d.items]
    conditions = [rule.unless for rule in study.cleaning if isinstance(rule, NoConsent | ScreenedOut | AttentionCheck)]
    conditions += list((study.tiers.answers or {}).values()) if study.tiers else []
    within = [s.source for s in study.segment_columns if study.tiers and s.name == study.tiers.within and s.source]
    raked = [question for weight in study.weights.values() for question in weight.margins(wave)]
    drawn = [name for name in (study.design.strata, study.design.psu) if name] if study.design else []
    drawn = [name for name in drawn if name in study.questions]
    found = {v.name for ref in (*refs, *raked, *drawn) for v in resolver.of(ref)}
    sampling = set(study.sampling_columns)
    return found | {name for condition in conditions for name in resolver.needed(condition)} | set(within) | sampling


def asked_indicators(study: Study, wave: str) -> set[str]:
    """Indicators all of whose questions were asked in the wave."""
    resolver = study.resolver
    of = {v.name: v.question for v in study.variables}
    return {
        name
        for name, indicator in study.indicators.items()
        if all(study.questions[of[v]].asked_in(wave) for v in resolver.needed(indicator.when) if v in of)
    }


def checked(table: Table, store: WaveStore) -> list[Check]:
    """What the checks of a table's present version find: told anew only where the table, the study file or the
    checks changed."""
    if not any(declared.table is table for declared in CHECKS):
        return []
    sections, code = tables.QUALITY_CHECKS.sections, tables.QUALITY_CHECKS.code
    version = hashed(store.version(table), store.study_file.digest(sections), code_digest(code))
    path = store.path_of(table, version).with_name(f"checks_of_{table.name}.json")
    with suppress(OSError, ValueError, TypeError):
        return [Check(**told) for told in json.loads(path.read_text())]
    found = checks_of(table, store)
    with replacing(path) as partial:
        partial.write_text(json.dumps([asdict(check) for check in found], ensure_ascii=False, indent=1))
    return found


def checks_of(table: Table, store: WaveStore) -> list[Check]:
    """Runs every check of a table. A check that the study file admits for the wave no longer blocks."""
    admitted = store.study.waves.get(store.wave, Wave()).admit
    found = []
    for declared in CHECKS:
        if declared.table is not table:
            continue
        results = list(declared.run(store))
        passed = all(ok for ok, _, _ in results)
        blocking = declared.blocking and (passed or any(blocks for ok, _, blocks in results if not ok))
        measured = "; ".join(text for ok, text, _ in results if text and (passed or not ok))
        if not passed and declared.name in admitted:
            blocking, measured = False, f"{measured} (admitted: {admitted[declared.name]})"
        found.append(Check(declared.name, table.name, passed, blocking, measured, declared.expected))
    return found


Found = Iterator[tuple[bool, str, bool]]


def _questions_present(store: WaveStore) -> Found:
    needed = needed_variables(store.study, store.wave)
    questions = store.study.resolver
    missing = [row["variable"] for row in store.rows(tables.SOURCE_COLUMNS) if row["role"] == "missing"]
    names = {name: {v.name for v in questions.of(name)} | {name} for name in missing}
    words = naming(store.study, [])
    if none := no_question_found(store.study, store.wave, store.rows(tables.SOURCE_COLUMNS)):
        yield False, none, True
    grave = [name for name in missing if names[name] & needed]
    if grave:
        yield False, f"missing, and needed for screening, score, tiers or weights: {listed(map(words, grave))}", True
    if mild := [name for name in missing if name not in grave]:
        yield False, f"missing: {listed(map(words, mild))}", False
    if not missing:
        yield True, "all there", False


def no_question_found(study: Study, wave: str, source_columns: Iterable[Mapping[str, Any]]) -> str:
    """Words for a delivery without any question of the wave, which is no delivery of this survey; else ""."""
    asked = sum(question.asked_in(wave) for question in study.questions.values())
    if not asked or any(row["role"] == "question" for row in source_columns):
        return ""
    return f"no column for any of {counted(asked, 'question')}: is it the export of another survey?"


def _columns_known(store: WaveStore) -> Found:
    rows = store.rows(tables.SOURCE_COLUMNS)
    for role in ("unlisted", "repeated", "nameless"):
        names = [column_words(row) for row in rows if row["role"] == role]
        if names:
            yield False, f"{len(names)} {role}: {listed(names)}", False


def _rules_run(store: WaveStore) -> Found:
    for idle in idle_rules(store.study.cleaning, store.rows(tables.SOURCE_COLUMNS)):
        yield False, idle, False


def column_words(row: Mapping[str, Any]) -> str:
    """A delivered column as an analyst finds it: its name, where that tells it from others, else its place with
    question and part."""
    text = " / ".join(part for part in (row["text"][:60], row["part"][:60]) if part.strip())
    if row["name"] and not (row["part"].strip() and row["name"] == row["text"]):
        return str(row["name"])
    return f"column {row['position']}" + (f" ({text})" if text else "")


def naming(study: Study, source_columns: Iterable[Mapping[str, Any]]) -> Callable[[str], str]:
    """How an analyst knows a variable: `practice.crm`, as the study file has it, with its delivered column."""
    written = {v.name: v.ref for v in study.variables}
    written |= {ours: f'{ours} (column "{theirs}")' for ours, theirs in study.sampling_columns.items()}
    columns = {row["variable"]: row for row in source_columns if row["variable"] and row["position"]}

    def words(variable: str) -> str:
        name, row = written.get(variable, variable), columns.get(variable)
        if row is None or row["name"] == name:
            return name
        return f'{name} (column "{one_line(row["name"], 60)}")' if row["name"] else f"{name} ({column_words(row)})"

    return words


def _options_changed(store: WaveStore) -> Found:
    needed = needed_variables(store.study, store.wave)
    unknown: dict[str, list[str]] = {}
    for row in store.rows(tables.ANSWERS):
        if row["code"] is None:
            unknown.setdefault(row["variable"], []).append(f'"{row["answer"][:80]}" ({row["n"]})')
    words = naming(store.study, store.rows(tables.SOURCE_COLUMNS))
    for name, answers in unknown.items():
        parts = {v.name for v in store.study.resolver.of(name)} | {name}
        yield False, f"{words(name)}: {listed(answers)}", bool(parts & needed)


def _few_taken_out(store: WaveStore) -> Found:
    query = most_taken_query(store.study.cleaning)
    for row in fetch(query, {"screening": store.existing(tables.SCREENING)}).to_pylist() if query else ():
        yield False, most_taken_words(row), False


def _no_personal_data(store: WaveStore) -> Found:
    ids = store.read(tables.RESPONSES, ["respondent_id"])["respondent_id"]
    for kind, pattern in PERSONAL.items():
        found = pc.sum(pc.match_substring_regex(ids, pattern)).as_py()
        if found:
            yield False, f"respondent_id: {counted(found, kind)}", True
        for name in sorted(
            {row["variable"] for row in store.rows(tables.ANSWERS) if re.search(pattern, row["answer"])}
        ):
            yield False, f"{naming(store.study, [])(name)}: {kind} among the answers", True
    yield True, "none found", False


def _row_conservation(store: WaveStore) -> Found:
    delivered = store.row_count(tables.DELIVERED)
    rows = store.rows(tables.DISPOSITIONS)
    out, analysed = sum(row["taken_out"] for row in rows), rows[-1]["remaining"]
    adds_up = delivered == rows[0]["remaining"] == out + analysed == store.row_count(tables.SCREENING)
    steps = all(row["respondents_in"] - row["taken_out"] == row["remaining"] for row in rows)
    steps &= all(row["respondents_in"] == before["remaining"] for before, row in pairwise(rows))
    yield adds_up and steps, f"{delivered:,} delivered = {out:,} taken out + {analysed:,} analysed", True


def _someone_analysed(store: WaveStore) -> Found:
    analysed = store.rows(tables.DISPOSITIONS)[-1]["remaining"]
    yield analysed > 0, f"{analysed:,} analysed", True


def _unique_ids(store: WaveStore) -> Found:
    respondents = store.read(tables.RESPONDENTS, ["disposition", "respondent_id"])
    ids = respondents.filter(pc.equal(respondents["disposition"], "analysed"))["respondent_id"]
    seen = pc.value_counts(ids)
    doubled = seen.filter(pc.greater(seen.field("counts"), 1)).field("values").to_pylist()
    what = f"{counted(len(doubled), 'id')} twice: {listed(doubled, 5)}"
    yield not doubled, what if doubled else f"{counted(len(ids), 'respondent')}, no id twice", True


def _tier_shares(store: WaveStore) -> Found:
    total = sum(row["share"] or 0.0 for row in store.rows(tables.TIERS))
    has_tiers = store.study.tiers is not None
    yield not has_tiers or abs(total - 1) < ROUNDING, f"{total:.12g}" if has_tiers else "no tiers declared", True


def _tiers_filled(store: WaveStore) -> Found:
    empty = [row["tier"] for row in store.rows(tables.TIERS) if row["x"] == 0]
    without = [row["x"] for row in store.rows(tables.TIERS) if row["position"] == 0]
    if empty:
        yield False, f"no respondents: {listed(empty)}", False
    if without:
        yield False, f"{counted(without[0], 'respondent')} without a tier", False


def _ratios(store: WaveStore) -> Found:
    rows = store.rows(tables.FINDINGS)
    wrong = []
    for row in rows:
        p_a, p_b, ratio = row["p_a"], row["p_b"], row["ratio"]
        if p_a is None or p_b is None or (p_a == 0 and p_b == 0):
            right = ratio is None
        elif p_b == 0:
            right = ratio == float("inf")
        else:
            right = ratio is not None and abs(ratio - p_a / p_b) <= ROUNDING * max(1.0, p_a / p_b)
        if not right:
            wrong.append(row["finding_id"])
    yield not wrong, counted(len(rows), "finding") if not wrong else f"{len(wrong)} wrong: {listed(wrong, 5)}", True


def _ratio_inside(store: WaveStore) -> Found:
    wrong = [row["finding_id"] for row in store.rows(tables.FINDINGS) if not _inside(row)]
    yield not wrong, "all inside" if not wrong else f"{len(wrong)} outside: {listed(wrong, 5)}", True


def _inside(row: Mapping[str, Any]) -> bool:
    ratio, low, high = row["ratio"], row["ratio_low"], row["ratio_high"]
    if low is None or high is None:
        return low is high  # an interval has both limits
    return bool(ratio is None or low <= ratio * (1 + ROUNDING) <= high * (1 + 2 * ROUNDING))


def _empty_indicators(store: WaveStore) -> Found:
    rows = [row for row in store.rows(tables.SHARES) if row["segment"] == "all"]
    asked = asked_indicators(store.study, store.wave)
    empty = [row["indicator"] for row in rows if row["n"] == 0 and row["indicator"] in asked]
    if empty:
        yield False, f"nobody in the base: {listed(empty)}", False


def unasked_query(study: Study, present: set[str]) -> Query | None:
    """Answers of analysed respondents who were not asked, told from tables `responses` and `screening`; None where
    nothing tells who was asked. present: variables that the delivery has a column for."""
    resolver = study.resolver
    asked: dict[str, dict[str, Any]] = {}
    for v in study.variables:
        if v.asked_if is None or isinstance(v.asked_if, Shown) or v.kind == "text":
            continue
        if set(resolver.needed(v.asked_if)) <= present:  # else nobody knows who was asked
            question = asked.setdefault(v.question, {"columns": [], "asked": resolver.columns(v.asked_if)})
            question["columns"].append(v.name)
    return Query("core/unasked.sql", {"questions": asked}) if asked else None


def unasked_words(row: Mapping[str, Any]) -> str:
    """row: of what `unasked_query` finds; "" where nobody answered unasked."""
    return f"{row['question']}: {counted(row['n'], 'respondent')}" if row["n"] else ""


def _unasked(store: WaveStore) -> Found:
    study = store.study
    present = available_variables(store.rows(tables.SOURCE_COLUMNS), study.questions, study.scales, store.wave)
    query = unasked_query(study, present)
    paths = {"responses": store.existing(tables.RESPONSES), "screening": store.existing(tables.SCREENING)}
    for row in fetch(query, paths).to_pylist() if query else ():
        if words := unasked_words(row):
            yield False, words, False


ADMIT = '; or publish all the same: under waves, {wave}: {{admit: {{{check}: "the reason"}}}}'
FAULT = "report it: this is a fault of the software, not of the data"


def _weights_converged(store: WaveStore) -> Found:
    for row in store.rows(tables.WEIGHTING):
        if row["converged"] is False:
            yield False, f"weight {row['weight']}: a share is {row['largest_gap']:.4f} from its target", False


def incomplete_margins(study: Study, wave: str, answers: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Answers that a margin gives no share are raked as no answer: their weighted share stays what it was.

    answers: rows of the table of that name.
    """
    given = [row for row in answers if row["code"] is not None]
    for name, weight in study.weights.items():
        for question, shares in weight.margins(wave).items():
            (variable,) = study.resolver.of(question)
            without: dict[str, int] = {}
            for row in given:
                if row["variable"] == question and row["code"] not in {*shares, *variable.not_substantive}:
                    without[row["code"]] = without.get(row["code"], 0) + row["n"]
            if without:
                codes = listed(f'"{code}" ({n})' for code, n in without.items())
                yield f"weight {name}, {question}: no share for {codes}, raked as no answer"


def _margins_complete(store: WaveStore) -> Found:
    for words in incomplete_margins(store.study, store.wave, store.rows(tables.ANSWERS)):
        yield False, words, False


CHECKS = (
    Declared("questions_present", tables.SOURCE_COLUMNS, True, "every declared question of the wave",
             _questions_present, "write its `text` or `column` in {file} as the export has it, which "
             "survey check {study} compares" + ADMIT),
    Declared("columns_known", tables.SOURCE_COLUMNS, False, "every column declared, personal or ignored",
             _columns_known),
    Declared("rules_run", tables.SOURCE_COLUMNS, False, "the columns that the cleaning rules look at",
             _rules_run),
    Declared("options_changed", tables.ANSWERS, True, "only answers that the study file lists",
             _options_changed, "add the answer in {file}, as an option or by `was:` to the option that it is in "
             "this wave" + ADMIT),
    Declared("asked_only", tables.SCREENING, False, "no answers from respondents who were not asked",
             _unasked),
    Declared("few_taken_out", tables.SCREENING, False,
             "no cleaning rule that takes out more than half of the records that reach it", _few_taken_out),
    Declared("no_personal_data", tables.RESPONSES, True, "no e-mail or IP address in what is kept",
             _no_personal_data, "in {file}, under columns: pseudonymise: yes for ids, personal: [...] for other "
             "columns; a question with free words has type text, or an option marked `is: other`" + ADMIT),
    Declared("row_conservation", tables.DISPOSITIONS, True, "delivered = taken out + analysed",
             _row_conservation, FAULT),
    Declared("respondents_analysed", tables.DISPOSITIONS, True, "at least one",
             _someone_analysed, "look whether the export holds answers, and at `cleaning` in {file}"),
    Declared("unique_ids", tables.RESPONDENTS, True, "each analysed respondent once",
             _unique_ids, "add the cleaning rule `duplicate_id` in {file}, or export the survey again" + ADMIT),
    Declared("weights_converged", tables.WEIGHTING, False, "every margin met by the raked weights", _weights_converged),
    Declared("margins_complete", tables.WEIGHTING, False, "a share for every answer to a margin's question",
             _margins_complete),
    Declared("tier_shares", tables.TIERS, True, "1",
             _tier_shares, FAULT),
    Declared("tiers_filled", tables.TIERS, False, "respondents in every tier, a tier for every respondent",
             _tiers_filled),
    Declared("indicators_filled", tables.SHARES, False, "somebody in the base of each indicator",
             _empty_indicators),
    Declared("ratio_is_quotient", tables.FINDINGS, True, "ratio = p_a / p_b",
             _ratios, FAULT),
    Declared("ratio_in_interval", tables.FINDINGS, True, "ratio_low <= ratio <= ratio_high",
             _ratio_inside, FAULT),
)  # fmt: skip
DO = {d.name: d.do for d in CHECKS}


def all_checks(store: WaveStore, look: Callable[[Table, WaveStore], list[Check]] = checks_of) -> list[Check]:
    """Every check of a wave, in order. look: `checked`, where what was told before will do."""
    made = [table for table in dict.fromkeys(d.table for d in CHECKS) if table.made_if(store.study)]
    return [check for table in made for check in look(table, store)]


def check_rows(wave: str, checks: list[Check]) -> list[dict[str, object]]:
    """Rows of table `quality_checks`."""
    return [
        {
            "wave": wave,
            "check_name": c.name,
            "table_name": c.table,
            "passed": c.passed,
            "blocking": c.blocking,
            "measured": c.measured,
            "expected": c.expected,
        }
        for c in checks
    ]


def reasons(store: WaveStore, checks: list[Check]) -> str:
    """Why a wave is quarantined, or ""."""
    return "\n".join(reason(store, check) for check in checks if check.grave)


def reason(store: WaveStore, check: Check) -> str:
    """Why one check sets the wave aside: the delivery, what was found in it, what to do."""
    study = store.study_file
    do = DO[check.name].format(file=study.document.file, study=study.name, wave=store.wave, check=check.name)
    delivery = listed(store.delivery())
    return str(
        SurveyError(delivery, f"check {check.name} failed", found=check.measured, expected=check.expected, do=do)
    )
