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
