"""What `survey check` says of a study file and a delivery, beside what a run would stumble over."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

import pytest

from tests.cli.commands import Survey, survey_in
from tests.cli.waves import ROWS, WAVES, export
from tests.ingest.deliveries import COLUMNS, QUESTIONS, surveymonkey

PLAIN = QUESTIONS + COLUMNS["plain"]


def remarks(survey: Survey, home: Path, text: str, delivery: bytes) -> set[tuple[str, str, str]]:
    """(weight, where, what) of each remark."""
    (home / "studies" / "tiny.yaml").write_text(text)
    folder = home / "data" / "raw" / "tiny" / "w"
    folder.mkdir(parents=True)
    (folder / "export.csv").write_bytes(delivery)
    return {(r["weight"], r["where"], r["what"]) for r in json.loads(survey("check", "tiny", "--json").out)}


def test_check_warns_of_a_cleaning_rule_that_has_no_column_to_look_at(survey: Survey, home: Path):
    text = QUESTIONS + "cleaning: [{rule: duplicate_id}]\n"
    head = ["Respondent", "Which stage, roughly, are you at?", "Do you use it?", "Which channels do you use?"]
    what = (
        "export.csv: no id column, so rule duplicate_id does nothing; "
        'nearest: "Respondent"; do: columns: {id: "Respondent"}'
    )
    assert ("warning", "wave w", what) in remarks(survey, home, text, export(head))


def test_check_notes_which_column_stands_for_a_declared_one(survey: Survey, home: Path):
    found = remarks(survey, home, PLAIN, surveymonkey(2).encode())
    assert {what for weight, _, what in found if "is taken" in what and weight == "note"} == {
        'export.csv: "Respondent ID" is taken as columns: {id: Code}',
        'export.csv: "Start Date" is taken as columns: {started: Begun}',
        'export.csv: "End Date" is taken as columns: {finished: Ended}',
    }


def test_check_warns_of_indicators_that_count_those_without_an_answer_as_yes(survey: Survey, home: Path):
    indicators = """indicators:
  mails: {when: {not: {channels: [mail]}}}
  asked:
    base: asked
    when:
      not: {channels: [mail]}
  everyone: {base: everyone, when: {channels: {answered: yes}, not: {channels: [mail]}}}
"""
    before, after = PLAIN.split("indicators:")
    text = before + indicators + after.partition("\n")[2]
    line = text.splitlines().index("      not: {channels: [mail]}") + 1
    found = {(where, what) for weight, where, what in remarks(survey, home, text, export()) if "without" in what}
    assert found == {(
        f"studies/tiny.yaml, line {line}",
        "indicators.asked.when.not.channels: counts respondents without an answer to channels as yes, "
        "under base asked; do: base: answered, or channels: {answered: yes} beside the `not`",
    )}  # fmt: skip


SHORT = """title: T
sample: {type: opt_in, population: people}
questions:
  size: {type: single, text: "How big?", options: {small: "Small (1-9)", large: "Large (10 and more)", huge: Huge}}
  tools: {type: multiple, text: "Which tools?", options: {saw: Saw, axe: Axe}}
  age: {type: number, text: "How old?"}
indicators:
  is_huge: {when: {size: [huge]}}
  saws: {when: {tools: [saw]}}
"""


def test_check_counts_who_answered_and_gives_unknown_answers_to_paste(survey: Survey, home: Path):
    delivery = (
        b'How big?,Which tools?,How old?\nSmall (1 - 9),Saw,\nMedium,"Saw, Axe",30\nLarge (10 and more),,\n,Saw,4\n'
    )
    found = remarks(survey, home, SHORT, delivery)
    assert ("note", "wave w", "answered, of 4 records: size 3, tools 3, age 2") in found
    paste = 'to paste: small: {text: "Small (1-9)", also: ["Small (1 - 9)"]}, medium: "Medium"'
    assert ("note", "wave w", f'size (column "How big?"), {paste}') in found
    asks = "it asks for size: huge, which nobody chose"
    assert ("warning", "wave w", f"indicator is_huge: none of 1 counts as yes; {asks}") in found
    assert not any("indicator saws: none" in what for _, _, what in found)


def test_an_export_of_another_survey_is_an_error_and_set_aside(survey: Survey, home: Path):
    """The study has no score, tiers, screening or weights, so it needs none of its three questions."""
    foreign = b"Colour of the car,Number of doors\nRed,3\nBlue,5\nRed,5\n"
    what = "no column for any of 3 questions: is it the export of another survey?"
    assert ("error", "wave w", what) in remarks(survey, home, SHORT, foreign)
    said = survey("run", "tiny")
    assert said.code == 1
    assert f"check questions_present failed\n  found: {what}; missing: size, tools, age\n" in said.err


def test_check_compares_each_wave_with_the_one_before(survey: Survey, home: Path):
    folder = home / "data" / "raw" / "tiny" / "2020"
    folder.mkdir(parents=True)
    (folder / "export.csv").write_text("How big?,Which tools?,How old?\nHuge,Saw,30\nHuge,Axe,31\nHuge,Saw,32\n")
    delivery = b"How big?,Which tools?,How old?\nSmall (1-9),Saw,\nLarge (10 and more),Axe,\nSmall (1-9),Saw,5\n"
    found = remarks(survey, home, SHORT, delivery)
    assert ("warning", "wave w", "age: 33% answered, 100% in wave 2020: was the base changed?") in found
    assert {what.split(":")[1].split(" in wave")[0] for weight, where, what in found if "nobody chose" in what
            and weight == "note"} == {" nobody chose large, small", " nobody chose huge"}  # fmt: skip
    assert not any(what.startswith("tools") and "nobody" in what for _, _, what in found)


def test_check_names_the_reworded_part_and_what_to_paste(survey: Survey, home: Path):
    text = """title: T
sample: {type: opt_in, population: people}
questions:
  how: {type: grid, text: "How often?", scale: often, rows: {buy: "Buy new tools", lend: "Lend tools"}}
scales: {often: {never: Never, daily: Daily}}
"""
    delivery = b"Respondent ID,How often?,How often?\n,Buy any new tools,Lend tools\n1,Never,Daily\n2,Daily,Daily\n"
    found = remarks(survey, home, text, delivery)
    paste = 'buy: {text: "Buy new tools", was: {w: "Buy any new tools"}}'
    assert (
        "warning",
        "wave w",
        f'no column for how.buy; nearest column: "Buy any new tools"; if that is it: {paste}',
    ) in found
    assert ("warning", "wave w", "1 unlisted column: column 2 (How often? / Buy any new tools)") in found


def test_check_knows_an_option_by_its_numbers(survey: Survey, home: Path):
    text = SHORT.replace("huge: Huge", '"t": "Greater than 1,000", "u": "101-1,000"')
    found = remarks(survey, home, text.replace("[huge]", '["t"]'), b'How big?,Which tools?,How old?\n"> 1,000",Saw,4\n')
    what = 'answer "> 1,000" (1 time) is not in the option list; nearest option: "Greater than 1,000"'
    assert ("warning", "wave w", f'size (column "How big?"): {what}') in found


TIERED = """title: T
sample: {type: opt_in, population: people}
questions:
  level:
    type: single
    options: {low: {text: Low, column: l1}, mid: {text: Mid, column: l2}, top: {text: Top, column: l3}}
  paid: {type: number, text: "Paid"}
tiers: {order: [low, mid, top], answers: {low: {level: [low]}, mid: {level: [mid]}, top: {level: [top]}}}
indicators:
  pays: {when: {paid: {at_least: 1}}}
  pays_much: {when: {paid: {at_least: 1000}}}
  tops: {when: {level: [top]}, base: answered}
cleaning: [{rule: excluded, ids: {row-6: "asked to be removed"}}]
"""


def test_check_works_out_tiers_and_indicators(survey: Survey, home: Path):
    """Two low, one mid; one with two ticks; a blank row; one excluded."""
    delivery = b"l1,l2,l3,Paid\n1,,,5\n1,,,6\n,1,,7\n1,1,,8\n,,,\n,,1,9\n"
    found = remarks(survey, home, TIERED, delivery)
    for expected in (
        ("note", "wave w", "analysed: 4 respondents; out: blank 1, excluded 1"),
        ("note", "wave w", "answered, of 5 records (and 1 blank): level 5, paid 5"),
        ("note", "wave w", "tiers: low 2, mid 1, top 0; in none: 1"),
        ("warning", "wave w", "tier top: no respondent"),
        ("warning", "wave w", "1 respondent without a tier"),
        ("warning", "wave w", "indicator pays_much: none of 4 counts as yes"),
        ("warning", "wave w", "indicator tops: none of 3 counts as yes"),
        ("note", "wave w", "indicator pays: all of 4 count as yes"),
    ):
        assert expected in found
    several = (
        "level: 1 record with several options ticked, taken as no answer; do: type: multiple, if several may be chosen"
    )
    assert ("warning", "wave w", several) in found


def test_what_a_run_warns_of_is_a_warning_of_check_before(survey: Survey, home: Path):
    """Two small ones of four give an age though only large ones are asked; one huge has no share in the margin; a
    column is in no question. What needs no estimate can be told before the run."""
    text = SHORT.replace('"How old?"}', '"How old?", asked_if: {size: [large]}}')
    text += "weights: {main: {rake: {size: {small: 0.5, large: 0.5}}}}\n"
    small, large = b"Small (1-9),Saw,", b"Large (10 and more),Axe,"
    rows = [small + b"30,x", small + b"31,x", small + b",x", large + b"40,x", b"Huge,Saw,,x"]
    found = remarks(survey, home, text, b"\n".join([b"How big?,Which tools?,How old?,More", *rows, b""]))
    margin = 'weight main, size: no share for "huge" (1), raked as no answer'
    told = {
        "answered though not asked: age: 2 respondents; is `asked_if` right?",
        "1 unlisted column: More",
        margin,
    }
    assert told <= {what for weight, _, what in found if weight == "warning"}
    said = survey("run", "tiny")
    for check in ("asked_only: age: 2 respondents", "columns_known: 1 unlisted: More", f"margins_complete: {margin}"):
        assert f"warning: wave w, {check}\n" in said.err


def test_check_cuts_tiers_as_the_baseline_does(survey: Survey, home: Path):
    """The baseline's median is 1.5 of 3 steps; in wave w all are above it, so its lower tier is empty."""
    text = """title: T
sample: {type: opt_in, population: people}
baseline: w2
scales: {often: {never: Never, some: Sometimes, daily: Daily}}
questions: {use: {type: single, text: "Use?", scale: often}}
score: {points: {never: 0, some: 1, daily: 2}, dimensions: {all: {items: [use]}}}
tiers: {order: [low, high], quantiles: [0.5]}
"""
    folder = home / "data" / "raw" / "tiny" / "w2"
    folder.mkdir(parents=True)
    (folder / "export.csv").write_text("Use?,X\nNever,1\nNever,1\nSometimes,1\nDaily,1\n")
    found = remarks(survey, home, text, b"Use?,X\nDaily,1\nDaily,1\nDaily,1\n")
    assert ("note", "wave w2", "tiers: low 2, high 2") in found
    assert ("note", "wave w", "tiers: low 0, high 3") in found


def test_ids_that_a_spreadsheet_shortened_are_told_before_and_after_the_run(survey: Survey, home: Path):
    """Five records of one id and one of another: four are taken out."""
    text = SHORT + "columns: {id: ID}\ncleaning: [{rule: duplicate_id}]\n"
    delivery = b"ID,How big?,Which tools?,How old?\n" + b"1.10000E+10,Huge,Saw,30\n" * 5 + b"2,Huge,Saw,30\n"
    what = (
        'rule duplicate_id takes out 4 of 6 records; most frequent id: "1.10000E+10" (5 times), '
        "as a spreadsheet shortens long numbers: export the ids as text"
    )
    assert ("warning", "wave w", what) in remarks(survey, home, text, delivery)
    said = survey("run", "tiny")
    assert said.code == 0
    assert f"warning: wave w, few_taken_out: {what.partition(',')[0]}," in said.err


def test_check_says_so_where_no_cell_tells_who_was_shown(survey: Survey, home: Path):
    text = """title: T
sample: {type: opt_in, population: people}
columns: {unanswered: ["-99"]}
questions: {use: {type: single, text: "Use?", options: {a: A, b: B}}}
"""
    what = "by columns: {unanswered} every record was shown every question: does the export hold such marks?"
    assert ("note", "wave w", what) in remarks(survey, home, text, b"Use?,X\nA,1\n,1\n")
    (home / "data" / "raw" / "tiny" / "w" / "export.csv").write_bytes(b"Use?,X\nA,1\n-99,1\n,1\n")
    assert not any("every record was shown" in r["what"] for r in json.loads(survey("check", "tiny", "--json").out))


def test_check_reads_what_a_run_left_where_nothing_changed_and_says_the_same(
    run_once: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
):  # fmt: skip
    home = tmp_path / "ran"
    shutil.copytree(run_once[0], home)
    survey = survey_in(home, monkeypatch, capsys)

    def check() -> tuple[str, set[str]]:
        """What it says, and the waves whose export it reads to the end."""
        caplog.clear()
        with caplog.at_level(logging.DEBUG, "survey.tables"):
            said = survey("check", "tiny", "--json").out
        paths = {Path(str(record.args[0])) for record in caplog.records if record.name == "survey.tables"}  # type: ignore[index]
        return said, {path.parent.name for path in paths if path.suffix == ".csv"}

    said, read = check()
    assert not read & {"padded", "unknown-minor"}
    for path in (home / "data" / "processed" / "tiny").glob("padded/*/delivered.parquet"):
        path.write_bytes(b"PAR1" + bytes(650) + path.read_bytes()[654:])  # the footer is sound, the rows are not
    assert check() == (said, read | {"padded"})
    shutil.rmtree(home / "data" / "processed")
    assert check() == (said, WAVES.keys() - {"twice"})  # of which the columns say enough


def test_answers_that_are_no_option_count_as_answers(survey: Survey, home: Path):
    rows = [*ROWS, ["e", "", "Perhaps", ""], ["f", "", "", ""]]
    what = "answered, of 5 records (and 1 blank): stage 3, use 5, channels 4, trust 0, staff 0, comment 0"
    assert ("note", "wave w", what) in remarks(survey, home, PLAIN, export(rows=rows))


NUMBERS = """title: T
sample: {type: opt_in, population: people}
questions:
  hours: {type: number, text: "Hours"}
  days: {type: number, text: "Days"}
"""
SAY = 'do: reading: {decimal: ","} or reading: {decimal: "."}'
THOUSANDS = "export.csv: numbers such as 1,125, in Hours, are read as thousands, and may have a decimal comma"
BOTH = (
    "export.csv: numbers with a decimal comma (37,5) in some cells and a decimal point (37.5) in others; "
    "read with a point, so the former are not read"
)
READ_AS = "export.csv: decimal comma: 1,125 is read as 1.125"


@pytest.mark.parametrize(
    ("content", "reading", "expected"),
    [
        ("Hours;Days\n1,125;0,5\n", "", ("note", READ_AS)),
        ('Hours,Days\n"1,125","0,5"\n', "", ("warning", f"{READ_AS}; {SAY}")),
        ('Hours,Days\n"1,125","0,5"\n', 'reading: {decimal: ","}\n', ("note", READ_AS)),
        ("Hours;Days\n1,125;2\n", "", ("warning", f"{THOUSANDS}; {SAY}")),
        ("Hours;Days\n1,125;2\n", 'reading: {decimal: "."}\n', None),
        ('Hours,Days\n"1,125",2\n', "", None),
        ("Hours;Days\n1,125;0.5\n", "", None),
        ("Hours;Days\n1,5;0.5\n", "", ("warning", f"{BOTH}; {SAY}")),
    ],
)
def test_check_says_whether_numbers_have_a_decimal_comma(
    survey: Survey, home: Path, content: str, reading: str, expected: tuple[str, str] | None
):
    found = remarks(survey, home, NUMBERS + reading, content.encode())
    assert {(weight, what) for weight, _, what in found if "decimal" in what} == ({expected} if expected else set())


OPEN = (
    "dates such as 01/02/2024: none tells which part is the day; with / the month is taken to come first; "
    "do: reading: {day_first: true} or {day_first: false}"
)
UNREAD = "unread starts: 2 dates in no form that is known; do: reading: {day_first: true}, if the day comes first"


@pytest.mark.parametrize(
    ("begun", "reading", "expected"),
    [
        (["01/04/2024", "21/04/2024"], "", set()),
        (["01/04/2024", "02/04/2024"], "", {OPEN}),
        (["01/04/2024", "02/04/2024"], "reading: {day_first: true}\n", set()),
        (["01-04-2024", "02-04-2024"], "", {OPEN, f"2 {UNREAD}"}),
        (["yesterday", "today", "2024-04-01"], "", {f"2 {UNREAD}"}),
    ],
)
def test_check_says_which_dates_are_not_read_or_could_be_others(
    survey: Survey, home: Path, begun: list[str], reading: str, expected: set[str]
):
    text = f'{NUMBERS}columns: {{started: "Begun"}}\n{reading}'
    found = remarks(survey, home, text, ("Begun;Hours;Days\n" + "".join(f"{b};1;2\n" for b in begun)).encode())
    assert {what for weight, _, what in found if weight == "warning" and "day_first" in what} == expected
