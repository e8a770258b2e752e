"""What `survey check` says of a study file and a delivery, beside what a run would stumble over."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.commands import Survey
from tests.cli.waves import export
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
    assert ("warning", "wave w", "indicator is_huge asks for size: huge, which nobody chose") in found
    assert not any("indicator saws" in what for _, _, what in found)


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
