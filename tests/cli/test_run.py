"""One run of good and bad waves: each bad one is set aside with its reason, the good ones are published."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.settings import Home
from tests.cli.commands import Survey
from tests.cli.waves import WAVES

GOOD = [name for name, wave in WAVES.items() if not wave.problem]
BAD = [name for name, wave in WAVES.items() if wave.problem]


def test_a_run_names_every_problem_and_no_traceback(run_once: tuple[Path, str]):
    said = run_once[1]
    assert "Traceback" not in said
    for name in BAD:
        problem = said.split(f"tiny, wave {name} failed:\n")[1].split("\ntiny, wave ")[0]
        assert WAVES[name].problem in problem, name
        assert said.count(WAVES[name].problem) == 1, name
    assert "\n5 of 7 waves failed; survey waves tiny shows what is published\n" in said


def test_a_run_repeats_failed_checks_of_what_it_published_one_a_line(run_once: tuple[Path, str]):
    root, said = run_once
    mild = "questions_present: missing: trust.us, trust.them, staff, comment, started, finished"
    stage = 'stage (column "Which stage, roughly, are you at?")'
    published = said.split("\nPublished ")[1]
    assert published.splitlines() == [
        f"padded, unknown-minor: {Home(root).database('tiny')}",
        f"  warning: wave padded, {mild}",
        f'  warning: wave unknown-minor, options_changed: {stage}: "Nowhere" (1)',
        f"  warning: wave unknown-minor, {mild}",
        "  All at length: survey check tiny, or table quality_checks",
        "5 of 7 waves failed; survey waves tiny shows what is published",
    ]


def test_a_failed_check_names_the_delivery_and_what_to_do(ran: Survey, run_once: tuple[Path, str]):
    row = next(r for r in json.loads(ran("waves", "tiny", "--json").out) if r["wave"] == "unknown-needed")
    delivery = Home(run_once[0]).raw("tiny") / "unknown-needed" / "export.csv"
    assert row["reason"] == (
        f'{delivery}: check options_changed failed\n  found: use (column "Do you use it?"): "Perhaps" (1)\n'
        "  expected: only answers that the study file lists\n"
        "  do: add the answer in studies/tiny.yaml, as an option or by `was:` to the option that it is in this wave; "
        'or publish all the same: under waves, unknown-needed: {admit: {options_changed: "the reason"}}'
    )
    assert row["reason"] in run_once[1]


@pytest.mark.parametrize("name", BAD)
def test_a_bad_wave_is_quarantined_with_the_reason(ran: Survey, name: str):
    row = next(row for row in json.loads(ran("waves", "tiny", "--json").out) if row["wave"] == name)
    assert (row["status"], row["published"]) == ("quarantined", False)
    assert WAVES[name].problem in row["reason"]


@pytest.mark.parametrize("name", GOOD)
def test_a_good_wave_is_published_with_its_records_counted(ran: Survey, name: str):
    row = next(row for row in json.loads(ran("waves", "tiny", "--json").out) if row["wave"] == name)
    assert (row["status"], row["published"], row["reason"]) == ("admitted", True, "")
    assert (row["delivered"], row["analysed"]) == WAVES[name].records


def test_only_good_waves_are_published(ran: Survey):
    said = ran("query", "tiny", "SELECT DISTINCT wave FROM respondents ORDER BY wave", "--json")
    assert [row["wave"] for row in json.loads(said.out)] == sorted(GOOD)


def test_padding_rows_are_blank_and_answers_of_others_stay(ran: Survey):
    sql = "SELECT disposition, COUNT(*) AS n FROM respondents WHERE wave = 'padded' GROUP BY ALL ORDER BY ALL"
    assert json.loads(ran("query", "tiny", sql, "--json").out) == [
        {"disposition": "analysed", "n": 4}, {"disposition": "blank", "n": 2},
    ]  # fmt: skip


def test_what_does_not_keep_a_wave_from_publication_is_a_failed_check_with_its_answer(ran: Survey):
    sql = "SELECT wave, check_name, measured FROM quality_checks WHERE NOT passed AND wave = 'unknown-minor'"
    rows = json.loads(ran("query", "tiny", sql, "--json").out)
    found = {(row["wave"], row["check_name"]): row["measured"] for row in rows}
    assert (
        found["unknown-minor", "options_changed"] == 'stage (column "Which stage, roughly, are you at?"): "Nowhere" (1)'
    )
    assert (
        found["unknown-minor", "questions_present"]
        == "missing: trust.us, trust.them, staff, comment, started, finished"
    )


def test_an_unknown_answer_is_no_answer(ran: Survey):
    sql = "SELECT stage FROM responses WHERE wave = 'unknown-minor' ORDER BY source_row"
    rows = json.loads(ran("query", "tiny", sql, "--json").out)
    assert [row["stage"] for row in rows] == ["start", "end", "start", None, None]


def test_nothing_is_left_half_written(run_once: tuple[Path, str]):
    left = [path for path in run_once[0].rglob("*") if path.name.endswith((".tmp", ".wal"))]
    assert left == []
    raw = {path.parent.name: path.read_bytes() for path in (run_once[0] / "data" / "raw").rglob("*.csv")}
    assert raw == {name: wave.content for name, wave in WAVES.items()}
