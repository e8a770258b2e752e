"""Each check on tables that are sound and on tables with one planted fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from pipeline import tables
from pipeline.quality import CHECKS, Check, all_checks, check_rows, checks_of, naming, needed_variables, reason, reasons
from pipeline.study.loading import StudyFile, study_from_text
from pipeline.study.model import Study
from pipeline.study.waves import CHECKS as CHECK_NAMES
from pipeline.tables import Table
from tests.records import responses_of, table_of

TEXT = """
title: Checks
sample: {type: opt_in, population: people}
baseline: w
waves: {w: {admit: %s}}
questions:
  consent: {type: single, text: C, options: {"yes": "Yes", "no": "No"}}
  practice: {type: grid, text: P, rows: {crm: C, map: M}, options: {low: Low, high: High}, asked_if: {consent: ["yes"]}}
  teams: {type: multiple, text: T, options: {service: Service, sales: Sales}}
  size: {type: single, text: S, options: {small: Small, large: Large}}
  mood: {type: single, text: M, options: {good: Good, bad: Bad}, asked_if: {size: [small]}}
cleaning:
  - {rule: no_consent, unless: {consent: ["yes"]}}
score: {points: {low: 0, high: 1}, dimensions: {a: {items: [practice.crm]}, b: {items: [teams.service]}}}
tiers: {order: [less, more], quantiles: [0.5], within: size}
weights: {main: {rake: {size: {small: 0.5, large: 0.5}}}}
segments: {size: {question: size}}
indicators: {is_good: {when: {mood: [good]}}}
comparisons: {one: {a: {tier: [more]}, b: rest}}
"""


@dataclass
class Tables:
    """Stands in for a WaveStore: rows by table, good ones where a test plants no others."""

    planted: dict[Table, list[dict[str, Any]]] = field(default_factory=dict)
    admit: str = "{}"
    delivered: int = 4
    wave = "w"
    text: str = TEXT

    @property
    def study_file(self) -> StudyFile:
        return study_from_text(self.text % self.admit, "ours")

    @property
    def study(self) -> Study:
        return self.study_file.study

    def delivery(self) -> list[Path]:
        return [Path("raw/w/a.csv")]

    def rows(self, table: Table) -> list[dict[str, Any]]:
        return self.planted.get(table, GOOD.get(table, []))

    def row_count(self, table: Table) -> int:
        return self.delivered if table is tables.DELIVERED else len(self.rows(table))

    def read(self, table: Table, columns: Sequence[str] | None = None) -> pa.Table:
        found = table_of(table, self.study, self.rows(table))
        return found if columns is None else found.select(list(columns))

    def existing(self, table: Table) -> pa.Table:
        if table is tables.RESPONSES:
            return responses_of(self.study, self.rows(table))
        return self.read(table)


def step(position: int, name: str, before: int, out: int) -> dict[str, Any]:
    return {
        "position": position,
        "disposition": name,
        "respondents_in": before,
        "taken_out": out,
        "remaining": before - out,
    }


def column(variable: str, role: str = "question", position: int = 1, **more: str) -> dict[str, Any]:
    return {"file": "a.csv", "position": position, "name": variable, "text": "", "part": "", "role": role,
            "variable": variable} | more  # fmt: skip


def finding(name: str, p_a: float | None, p_b: float | None, *ratio_low_high: float | None) -> dict[str, Any]:
    ratio, low, high = ratio_low_high
    return {"finding_id": name, "p_a": p_a, "p_b": p_b, "ratio": ratio, "ratio_low": low, "ratio_high": high}


INF = float("inf")
VARIABLES = ("consent", "practice__crm", "practice__map", "teams__service", "teams__sales", "size", "mood")
WATERFALL = [step(0, "delivered", 4, 0), step(1, "blank", 4, 0), step(2, "no_consent", 4, 2), step(3, "analysed", 2, 0)]
GOOD: dict[Table, list[dict[str, Any]]] = {
    tables.SOURCE_COLUMNS: [
        *(column(name) for name in VARIABLES), column("Q9", "ignored"), column("mood", "not asked", 0),
    ],
    tables.ANSWERS: [{"variable": "size", "answer": "Small", "code": "small", "n": 3}],
    tables.RESPONSES: [{"consent": "yes", "practice__crm": "low", "size": "small", "mood": "good"} for _ in range(4)],
    tables.SCREENING: [{"source_row": i, "disposition": "analysed" if i < 3 else "no_consent"} for i in range(1, 5)],
    tables.DISPOSITIONS: WATERFALL,
    tables.RESPONDENTS: [
        {"respondent_id": name, "disposition": d}
        for name, d in (("a", "analysed"), ("b", "analysed"), ("b", "no_consent"), ("a", "no_consent"))
    ],
    tables.TIERS: [
        {"tier": "less", "position": 1, "x": 1, "share": 0.5}, {"tier": "more", "position": 2, "x": 1, "share": 0.5},
    ],
    tables.SHARES: [
        {"indicator": "is_good", "segment": "all", "n": 2}, {"indicator": "is_good", "segment": "size", "n": 0},
    ],
    tables.FINDINGS: [
        finding("times", 0.6, 0.3, 2.0, 1.5, 2.5),
        finding("infinite", 0.6, 0.0, INF, 1.5, INF),
        finding("zero", 0.0, 0.3, 0.0, 0.0, 0.5),
        finding("none", 0.0, 0.0, None, 0.0, INF),
        finding("empty", None, 0.3, None, None, None),
        finding("no interval", 1.0, 1.0, 1.0, None, None),
    ],
}  # fmt: skip


def result(name: str, store: Tables) -> Check:
    (declared,) = [d for d in CHECKS if d.name == name]
    (found,) = [c for c in checks_of(declared.table, store) if c.name == name]
    assert found.expected == declared.expected
    return found


def planted(name: str, rows: list[dict[str, Any]], table: Table, **more: Any) -> Check:
    return result(name, Tables({table: rows}, **more))


def test_sound_tables_pass_every_check():
    found = all_checks(Tables())
    assert [c.name for c in found if not c.passed] == []
    assert sorted(c.name for c in found) == sorted(d.name for d in CHECKS)
    assert reasons(Tables(), found) == ""


@pytest.mark.parametrize(("lacking", "blocks"), [
    ("consent", True), ("practice__crm", True), ("teams__service", True), ("teams", True), ("size", True),
    ("practice__map", False), ("teams__sales", False), ("mood", False),
])  # fmt: skip
def test_a_missing_question_quarantines_only_where_it_is_needed(lacking: str, blocks: bool):
    """Needed: the screener, the items of the score, the segment of the tiers, the margins of the weights."""
    found = planted("questions_present", [column("size"), column(lacking, "missing", 0)], tables.SOURCE_COLUMNS)
    assert (found.passed, found.blocking) == (False, blocks)
    assert lacking.replace("__", ".") in found.measured
    assert ("needed" in found.measured) == blocks


def test_needed_variables_are_those_of_screener_score_tiers_and_weights():
    assert needed_variables(Tables().study, "w") == {"consent", "practice__crm", "teams__service", "size"}


def test_needed_are_margins_of_the_wave_and_questions_that_are_strata():
    """mood is a margin in wave v only; a stratum or unit that is no question is a column of the delivery."""
    text = TEXT.replace("weights: {main: {", "weights: {main: {waves: {v: {mood: {good: 0.5, bad: 0.5}}}, ") % "{}"
    plain = study_from_text(text, "ours").study
    assert "mood" in needed_variables(plain, "v")
    assert "mood" not in needed_variables(plain, "w")
    drawn = study_from_text(text + "design: {strata: mood, psu: org, fpc: size}\n", "ours").study
    assert {"mood", "design psu", "design fpc"} <= needed_variables(drawn, "w")


def test_a_missing_column_of_the_design_is_told_by_its_name():
    study = study_from_text(TEXT % "{}" + "design: {strata: regoin}\n", "ours").study
    assert naming(study, [])("design strata") == 'design strata (column "regoin")'


def test_the_study_file_knows_every_check_by_name():
    assert [check.name for check in CHECKS] == list(CHECK_NAMES)


def test_both_kinds_of_missing_questions_are_told_and_block():
    rows = [column("consent"), column("mood", "missing", 0), column("size", "missing", 0)]
    found = planted("questions_present", rows, tables.SOURCE_COLUMNS)
    assert (found.passed, found.blocking) == (False, True)
    assert found.measured == "missing, and needed for screening, score, tiers or weights: size; missing: mood"


FRESH = """
title: Fresh
sample: {type: opt_in, population: people}
waves: {w: {admit: %s}}
questions:
  mood: {type: single, text: M, options: {good: Good, bad: Bad}}
  age: {type: number, text: A}
  gone: {type: number, text: G, waves: [v]}
"""


def test_an_export_in_which_no_question_is_found_blocks_though_nothing_needs_one():
    """Of 3 questions 2 are asked in wave w; a draft has no score, tiers, screening or weights."""
    lacking = [column("mood", "missing", 0), column("age", "missing", 0), column("gone", "not asked", 0)]
    none = planted("questions_present", [column("", "unlisted"), *lacking], tables.SOURCE_COLUMNS, text=FRESH)
    assert (none.passed, none.blocking) == (False, True)
    assert none.measured == (
        "no column for any of 2 questions: is it the export of another survey?; missing: mood, age"
    )
    one = planted("questions_present", [column("mood"), *lacking[1:]], tables.SOURCE_COLUMNS, text=FRESH)
    assert (one.passed, one.blocking, one.measured) == (False, False, "missing: age")


def test_columns_that_nobody_declared_are_a_warning():
    rows = [
        column("x", "unlisted"),
        column("", "nameless", 7, text="What else?"),
        column("y", "repeated"),
        column("z", "personal"),
    ]
    found = planted("columns_known", rows, tables.SOURCE_COLUMNS)
    assert (found.passed, found.blocking) == (False, False)
    assert found.measured == "1 unlisted: x; 1 repeated: y; 1 nameless: column 7 (What else?)"


def test_a_cleaning_rule_without_its_column_is_a_warning(monkeypatch: pytest.MonkeyPatch):
    with_rule = TEXT.replace("cleaning:\n", "cleaning:\n  - {rule: duplicate_id}\n")
    monkeypatch.setattr(Tables, "study_file", property(lambda self: study_from_text(with_rule % self.admit, "ours")))
    assert planted("rules_run", [column("id", "metadata")], tables.SOURCE_COLUMNS).passed
    found = planted("rules_run", [column("", "unlisted", name="Respondent")], tables.SOURCE_COLUMNS)
    assert (found.passed, found.blocking) == (False, False)
    assert found.measured == (
        'a.csv: no id column, so rule duplicate_id does nothing; nearest: "Respondent"; do: columns: {id: "Respondent"}'
    )


def test_answers_that_nobody_declared_quarantine_where_the_question_is_needed():
    def unknown(variable: str) -> Check:
        return planted(
            "options_changed", [{"variable": variable, "answer": "Huge", "code": None, "n": 3}], tables.ANSWERS
        )

    assert (unknown("size").passed, unknown("size").blocking) == (False, True)
    assert (unknown("teams").passed, unknown("teams").blocking) == (False, True)
    assert (unknown("mood").passed, unknown("mood").blocking) == (False, False)
    assert unknown("mood").measured == 'mood: "Huge" (3)'


def test_an_answer_is_told_with_the_question_as_written_and_the_delivered_column():
    rows = [{"variable": "practice__map", "answer": "Odd", "code": None, "n": 1},
            {"variable": "mood", "answer": "Odd", "code": None, "n": 2}]  # fmt: skip
    columns = [column("practice__map") | {"name": "Q3_2"}, column("mood") | {"name": "", "text": "Mood?"}]
    found = result("options_changed", Tables({tables.ANSWERS: rows, tables.SOURCE_COLUMNS: columns}))
    assert found.measured == 'practice.map (column "Q3_2"): "Odd" (1); mood (column 1 (Mood?)): "Odd" (2)'


def test_margins_that_were_not_met_are_said_and_do_not_block():
    summary = {"weight": "main", "source": "raked", "margin": "all", "category": "all", "n": 2, "largest_gap": 0.025}
    found = planted("weights_converged", [summary | {"converged": False}], tables.WEIGHTING)
    assert (found.passed, found.blocking) == (False, False)
    assert found.measured == "weight main: a share is 0.0250 from its target"
    assert planted("weights_converged", [summary | {"converged": True}], tables.WEIGHTING).passed


def test_answers_without_a_share_in_a_margin_are_said_and_do_not_block():
    """Whoever answered so is raked as if there were no answer; don't know has no share by its nature."""
    text = TEXT.replace("large: Large}", "large: Large, huge: Huge, dk: {text: D, is: dont_know}}")
    text = text.replace("{size: {small: 0.5, large: 0.5}}", "{size: {small: 1}}")
    answers = [{"variable": "size", "answer": code, "code": code, "n": 2} for code in ("small", "large", "huge", "dk")]
    found = planted("margins_complete", answers, tables.ANSWERS, text=text)
    assert (found.passed, found.blocking) == (False, False)
    assert found.measured == 'weight main, size: no share for "large" (2), "huge" (2), raked as no answer'
    assert planted("margins_complete", answers[:2], tables.ANSWERS).passed


def test_every_check_that_can_set_a_wave_aside_says_what_to_do():
    for declared in CHECKS:
        check = Check(declared.name, declared.table.name, False, declared.blocking, "x", declared.expected)
        assert check.grave == declared.blocking == ("\n  do: " in reason(Tables(), check)), declared.name  # type: ignore[arg-type]


def test_a_failure_that_the_study_file_admits_does_not_block_and_says_why():
    rows = [{"variable": "size", "answer": "Huge", "code": None, "n": 3}]
    found = planted("options_changed", rows, tables.ANSWERS, admit='{options_changed: "added on purpose"}')
    assert (found.passed, found.blocking) == (False, False)
    assert found.measured == 'size: "Huge" (3) (admitted: added on purpose)'
    passing = result("options_changed", Tables(admit='{options_changed: "added on purpose"}'))
    assert (passing.passed, passing.blocking, "admitted" in passing.measured) == (True, True, False)


@pytest.mark.parametrize("answer", [{"practice__crm": "low"}, {"practice__map": "low"}])
def test_answers_from_those_who_were_not_asked_are_a_warning_for_every_row_of_a_grid(answer: dict[str, str]):
    """Rows 1 and 2 are analysed, 3 and 4 are not."""
    rows = [{"consent": "no", **answer}, {"consent": "yes"}, {"consent": "no", **answer}, {}]
    found = planted("asked_only", rows, tables.RESPONSES)
    assert (found.passed, found.blocking, found.measured) == (False, False, "practice: 1 respondent")


def test_nobody_can_tell_who_was_asked_where_the_condition_has_no_column():
    store = Tables({
        tables.RESPONSES: [{"consent": "yes", "mood": "good"}],
        tables.SOURCE_COLUMNS: [column(name) for name in VARIABLES if name != "size"] + [column("size", "missing", 0)],
    })  # fmt: skip
    assert result("asked_only", store).passed


def screened(*ids_by_disposition: tuple[str, str, int]) -> list[dict[str, Any]]:
    """Rows of `screening`: so many of each id and disposition."""
    ids = [(i, d) for i, d, n in ids_by_disposition for _ in range(n)]
    return [{"source_row": n, "respondent_id": i, "disposition": d} for n, (i, d) in enumerate(ids, 1)]


def test_a_rule_that_takes_out_most_of_what_reaches_it_is_a_warning():
    """Of 10 records 1 is blank and 2 are without consent; of the 7 left duplicate_id takes out 4: of id 1.1E+10
    all but the first."""
    text = TEXT.replace("score:", "  - {rule: duplicate_id}\nscore:", 1)
    rows = screened(("", "blank", 1), ("r", "no_consent", 2), ("1.10000E+10", "analysed", 1),
                    ("1.10000E+10", "duplicate_id", 4), ("a", "analysed", 2))  # fmt: skip
    found = planted("few_taken_out", rows, tables.SCREENING, text=text)
    assert (found.passed, found.blocking) == (False, False)
    assert found.measured == (
        'rule duplicate_id takes out 4 of 7 records; most frequent id: "1.10000E+10" (5 times), '
        "as a spreadsheet shortens long numbers: export the ids as text"
    )
    plain = screened(("11", "analysed", 1), ("11", "duplicate_id", 2))
    assert planted("few_taken_out", plain, tables.SCREENING, text=text).measured == (
        'rule duplicate_id takes out 2 of 3 records; most frequent id: "11" (3 times)'
    )


def test_a_rule_that_takes_out_half_of_what_reaches_it_is_none():
    half = screened(("a", "no_consent", 2), ("b", "analysed", 2), ("", "blank", 9))
    assert planted("few_taken_out", half, tables.SCREENING).passed
    more = planted("few_taken_out", [*half, *screened(("c", "no_consent", 1))], tables.SCREENING)
    assert (more.passed, more.measured) == (False, "rule no_consent takes out 3 of 5 records")


WATERFALLS = {
    "a record lost after delivery": [step(0, "delivered", 3, 0), step(1, "x", 3, 1), step(2, "analysed", 2, 0)],
    "fewer out than are missing": [step(0, "delivered", 4, 0), step(1, "x", 4, 1), step(2, "analysed", 2, 0)],
    "a step that does not add up": [
        step(0, "delivered", 4, 0), step(1, "x", 4, 2) | {"remaining": 3}, step(2, "analysed", 2, 0),
    ],
    "a gap between steps": [
        step(0, "delivered", 4, 0), step(1, "x", 4, 1), step(2, "y", 2, 1), step(3, "analysed", 2, 0),
    ],
    "more out than there were": [step(0, "delivered", 4, 0), step(1, "x", 4, 3), step(2, "analysed", 2, 0)],
}  # fmt: skip


@pytest.mark.parametrize("fault", WATERFALLS)
def test_a_waterfall_that_does_not_add_up_blocks(fault: str):
    found = planted("row_conservation", WATERFALLS[fault], tables.DISPOSITIONS)
    assert (found.passed, found.blocking) == (False, True)


def test_records_lost_before_screening_block():
    assert not result("row_conservation", Tables(delivered=5)).passed
    assert not planted("row_conservation", GOOD[tables.SCREENING][:3], tables.SCREENING).passed


def test_a_wave_of_nobody_blocks():
    rows = [step(0, "delivered", 4, 0), step(1, "blank", 4, 4), step(2, "analysed", 0, 0)]
    found = planted("respondents_analysed", rows, tables.DISPOSITIONS)
    assert (found.passed, found.blocking, found.measured) == (False, True, "0 analysed")


def test_an_id_of_two_analysed_respondents_blocks():
    """Twice among those taken out is no fault: they may be the duplicates."""
    rows = [{"respondent_id": name, "disposition": "analysed"} for name in "abca"]
    found = planted("unique_ids", rows, tables.RESPONDENTS)
    assert (found.passed, found.blocking, found.measured) == (False, True, "1 id twice: a")


def tier(name: str, x: int, share: float | None, position: int = 1) -> dict[str, Any]:
    return {"tier": name, "position": position, "x": x, "share": share}


def test_tier_shares_that_are_not_everyone_block():
    for rows in ([tier("less", 1, 0.5)], [tier("less", 1, 0.5), tier("more", 1, 0.500001)], [tier("less", 0, None)]):
        found = planted("tier_shares", rows, tables.TIERS)
        assert (found.passed, found.blocking) == (False, True)
    thirds = [tier("less", 1, 1 / 3), tier("more", 1, 1 / 3), tier("without_tier", 1, 1 / 3, 0)]
    assert planted("tier_shares", thirds, tables.TIERS).passed


def test_empty_tiers_and_respondents_without_one_are_a_warning():
    rows = [tier("less", 0, 0.0), tier("more", 1, 0.25), tier("without_tier", 3, 0.75, 0)]
    found = planted("tiers_filled", rows, tables.TIERS)
    assert (found.passed, found.blocking) == (False, False)
    assert found.measured == "no respondents: less; 3 respondents without a tier"


def test_an_indicator_of_nobody_is_a_warning():
    found = planted("indicators_filled", [{"indicator": "is_good", "segment": "all", "n": 0}], tables.SHARES)
    assert (found.passed, found.blocking, found.measured) == (False, False, "nobody in the base: is_good")


@pytest.mark.parametrize("wrong", [
    finding("x", 0.6, 0.3, 2.1, 1.5, 2.5), finding("x", 0.6, 0.3, INF, 1.5, INF),
    finding("x", 0.6, 0.3, None, 1.5, 2.5), finding("x", 0.6, 0.0, 5.0, 1.5, INF),
    finding("x", 0.6, 0.0, None, 1.5, INF), finding("x", 0.0, 0.0, 1.0, 0.0, INF),
    finding("x", None, 0.3, 1.0, None, None), finding("x", 0.3, 0.6, 2.0, 1.5, 2.5),
])  # fmt: skip
def test_a_ratio_that_is_not_the_quotient_blocks(wrong: dict[str, Any]):
    found = planted("ratio_is_quotient", [*GOOD[tables.FINDINGS], wrong], tables.FINDINGS)
    assert (found.passed, found.blocking, found.measured) == (False, True, "1 wrong: x")


@pytest.mark.parametrize("wrong", [
    finding("x", 0.6, 0.3, 2.0, 2.1, 2.5), finding("x", 0.6, 0.3, 2.0, 1.5, 1.9),
    finding("x", 0.6, 0.3, 2.0, 1.5, None), finding("x", 0.6, 0.3, 2.0, None, 2.5),
    finding("x", 0.6, 0.0, INF, 1.5, 9.0),
])  # fmt: skip
def test_a_ratio_outside_of_its_interval_blocks(wrong: dict[str, Any]):
    found = planted("ratio_in_interval", [*GOOD[tables.FINDINGS], wrong], tables.FINDINGS)
    assert (found.passed, found.blocking, found.measured) == (False, True, "1 outside: x")


def test_reasons_are_those_of_the_checks_that_block():
    store = Tables({
        tables.ANSWERS: [{"variable": "mood", "answer": "Odd", "code": None, "n": 1}],
        tables.RESPONDENTS: [{"respondent_id": "a", "disposition": "analysed"}] * 2,
    })  # fmt: skip
    found = all_checks(store)
    assert reasons(store, found) == (
        "raw/w/a.csv: check unique_ids failed\n  found: 1 id twice: a\n  expected: each analysed respondent once\n"
        "  do: add the cleaning rule `duplicate_id` in ours.yaml, or export the survey again; "
        'or publish all the same: under waves, w: {admit: {unique_ids: "the reason"}}'
    )
    rows = {row["check_name"]: row for row in check_rows("w", found)}
    assert rows["options_changed"] == {
        "wave": "w", "check_name": "options_changed", "table_name": "answers", "passed": False, "blocking": False,
        "measured": 'mood: "Odd" (1)', "expected": "only answers that the study file lists",
    }  # fmt: skip
    assert rows["unique_ids"]["blocking"]
    assert not rows["unique_ids"]["passed"]
    assert rows["row_conservation"]["measured"] == "4 delivered = 2 taken out + 2 analysed"
