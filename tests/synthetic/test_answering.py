"""Conditions of a study file hold of made respondents as they do of real ones."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.study.loading import study_from_text
from pipeline.synthetic.answering import holds

STUDY = """
title: "Conditions"
sample: {type: opt_in, population: people}
questions:
  budget: {type: number, text: "Budget?"}
  user: {type: single, text: "Use?", options: {"yes": "Yes", "no": "No"}}
filters: {it: CONDITION}
"""
ANSWERS = {
    "budget": np.array(["", "9", "10", "10.5", "20"], dtype=object),
    "user": np.array(["yes", "yes", "", "no", "no"], dtype=object),
}


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("{budget: {at_least: 10}}", [0, 0, 1, 1, 1]),
        ("{budget: {above: 10, below: 20}}", [0, 0, 0, 1, 0]),
        ("{budget: {at_most: 10}}", [0, 1, 1, 0, 0]),
        ("{not: {budget: {at_most: 10}}}", [1, 0, 0, 1, 1]),
        ('{all: [{budget: {at_least: 10}}, {user: ["no"]}]}', [0, 0, 0, 1, 1]),
    ],
)
def test_conditions_on_made_answers(condition: str, expected: list[int]):
    study = study_from_text(STUDY.replace("CONDITION", condition)).study
    assert holds(study.filters["it"], ANSWERS, study).tolist() == [bool(value) for value in expected]
