"""The study files of the real surveys load, and leave nothing of the exports unexplained."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pipeline.study.evening import evened
from pipeline.study.loading import load_study
from pipeline.study.model import Study
from pipeline.study.questions import GridQuestion
from pipeline.study.variables import Variable
from tests.real.expected import DELIVERIES, WAVES

STUDIES = Path(__file__).parents[2] / "studies"
FREE_TEXT = "other (please specify)"
METADATA = {"respondentid", "respondent id", "start date", "end date", "collector"}
BOTH = {("location", FREE_TEXT), ("program_role", FREE_TEXT), ("planned_location", FREE_TEXT)}
EXAMPLES = "if yes, please provide one or two specific examples."
LEFT_OUT = {  # question, second header cell: no question of its own
    "2018": BOTH | {("devops_impact", FREE_TEXT), ("starting_challenges", FREE_TEXT), ("repository_tools", "recode")},
    "2020": BOTH
    | {("practices_impact", FREE_TEXT), ("starting_challenges", FREE_TEXT), ("license", FREE_TEXT)}
    | {(EXAMPLES, "example 1"), (EXAMPLES, "example 2")},
    "2014": set(),
}


def study_of(name: str) -> Study:
    return load_study(STUDIES / f"{name}.yaml").study


def delivered(export: Path, headers: int) -> dict[tuple[str, str], set[str]]:
    """(question, second header cell): distinct answers, all evened out. The second is "" where it says nothing."""
    with export.open(encoding="utf-8-sig", newline="") as stream:
        first, *others = csv.reader(stream)
    found: dict[tuple[str, str], set[str]] = {}
    question = ""
    for i, cell in enumerate(first):
        question = evened(cell) or question
        part = evened(others[0][i]) if headers == 2 else ""
        part = "" if part in ("response", "open-ended response", question) else part
        answers = {evened(row[i]) for row in others[headers - 1 :]} - {""}
        if question not in METADATA and (part or cell):
            found.setdefault((question, part), set()).update(answers)
    return found


def declared(study: Study, wave: str) -> dict[tuple[str, str], Variable]:
    """The variables of a wave, by each text that their column may have."""
    found: dict[tuple[str, str], Variable] = {}
    for v in study.variables:
        question = study.questions[v.question]
        parts = [""]
        if v.kind == "tick":
            option = v.options[v.part]
            parts = [*option.own_texts_in(wave), *option.also] if option.offered_in(wave) else []
        elif isinstance(question, GridQuestion):
            row = question.rows[v.part]
            parts = [row.text_in(wave)] if row.asked_in(wave) else []
        if question.asked_in(wave):
            for place in [(evened(question.text_in(wave) or ""), evened(part)) for part in parts]:
                assert place not in found, place
                found[place] = v
    return found


@pytest.mark.parametrize("name", DELIVERIES)
def test_study_file_loads_without_a_problem(name: str):
    assert study_of(name).questions


@pytest.mark.parametrize(("name", "wave"), WAVES)
def test_study_file_declares_the_whole_export(name: str, wave: str, real_data: Path):
    study = study_of(name)
    names = {evened(question.text_in(wave) or ""): key for key, question in study.questions.items()}
    columns = delivered(real_data / DELIVERIES[name][wave], 2 if name == "ospo" else 1)
    variables = declared(study, wave)
    assert {v.name for place, v in variables.items() if place in columns} == {v.name for v in variables.values()}
    left_out = {(names.get(question, question), part) for question, part in set(columns) - set(variables)}
    assert left_out == LEFT_OUT[wave]
    for place, variable in variables.items():
        if variable.kind == "text" or any(option.mark == "other" for option in variable.options.values()):
            continue  # free text
        options = [option for option in variable.options.values() if option.offered_in(wave)]
        offered = {evened(text) for option in options for text in option.answers_in(wave)}
        assert columns.get(place, set()) <= offered, variable.ref


def test_flying_etiquette_has_no_maturity():
    study = study_of("flying-etiquette")
    assert (study.score, study.tiers, dict(study.comparisons)) == (None, None, {})
