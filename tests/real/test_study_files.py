"""The study files of the real surveys load, and leave nothing of the exports unexplained."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pipeline.study.evening import evened
from pipeline.study.loading import load_study
from pipeline.study.model import Study
from pipeline.study.variables import Variable
from tests.real.expected import DELIVERIES

STUDIES = Path(__file__).parents[2] / "studies"
FREE_TEXT = "other (please specify)"
METADATA = {"respondentid", "respondent id", "start date", "end date", "collector"}
LEFT_OUT = {  # question, second header cell: no question of its own
    ("location", FREE_TEXT),
    ("program_role", FREE_TEXT),
    ("planned_location", FREE_TEXT),
    ("devops_impact", FREE_TEXT),
    ("starting_challenges", FREE_TEXT),
    ("repository_tools", "recode"),
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
        part = "" if part in ("response", question) else part
        answers = {evened(row[i]) for row in others[headers - 1 :]} - {""}
        if question not in METADATA and (part or cell):
            found.setdefault((question, part), set()).update(answers)
    return found


def declared(study: Study) -> dict[tuple[str, str], Variable]:
    texts = {name: evened(question.text or "") for name, question in study.questions.items()}
    return {(texts[v.question], evened(v.part_text)): v for v in study.variables}


@pytest.mark.parametrize("name", DELIVERIES)
def test_study_file_loads_without_a_problem(name: str):
    assert study_of(name).questions


@pytest.mark.parametrize("name", DELIVERIES)
def test_variables_differ_in_question_or_part(name: str):
    assert len(declared(study_of(name))) == len(study_of(name).variables)


@pytest.mark.parametrize(("name", "headers"), [("ospo", 2), ("flying-etiquette", 1)])
def test_study_file_declares_the_whole_export(name: str, headers: int, real_data: Path):
    study = study_of(name)
    names = {evened(question.text or ""): key for key, question in study.questions.items()}
    columns = delivered(real_data / DELIVERIES[name][1], headers)
    variables = declared(study)
    assert set(variables) <= set(columns)
    left_out = {(names.get(question, question), part) for question, part in set(columns) - set(variables)}
    assert left_out == (LEFT_OUT if name == "ospo" else set())
    for place, variable in variables.items():
        if any(option.mark == "other" for option in variable.options.values()):
            continue  # free text
        offered = {evened(option.text) for option in variable.options.values()}
        assert columns[place] <= offered, variable.ref


def test_flying_etiquette_has_no_maturity():
    study = study_of("flying-etiquette")
    assert (study.score, study.tiers, dict(study.comparisons)) == (None, None, {})
