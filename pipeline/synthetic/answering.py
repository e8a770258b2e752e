"""Answers of made respondents as arrays by variable, and conditions on them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipeline.study.conditions import All, Answered, AnyOf, Chosen, Condition, Filter, InRange, Not
from pipeline.study.model import Study
from pipeline.study.variables import Variable

Flags = NDArray[np.bool_]
Answers = dict[str, NDArray[np.object_]]
"""Variable: option ids, "1" or "0" of a tick, a number as text; "" where there is no answer. All of one length."""


def holds(condition: Condition, answers: Answers, study: Study) -> Flags:
    """Whether a condition of the study file is true of each respondent."""
    if isinstance(condition, Filter):
        return holds(study.filters[condition.name], answers, study)
    if isinstance(condition, All | AnyOf):
        parts = np.array([holds(part, answers, study) for part in condition.of])
        return np.asarray(parts.all(axis=0) if isinstance(condition, All) else parts.any(axis=0))
    if isinstance(condition, Not):
        return ~holds(condition.of, answers, study)
    variables = study.resolver.of(condition.question)
    values = answers[variables[0].name]
    if isinstance(condition, Answered):
        return (values != "") == condition.answered
    if isinstance(condition, InRange):
        return _within(condition, values)
    assert isinstance(condition, Chosen)
    if variables[0].kind == "tick":
        chosen = [answers[v.name] == "1" for v in variables if v.part in condition.options]
        return np.asarray(np.array(chosen).any(axis=0))
    return np.isin(values, condition.options)


def _within(condition: InRange, values: NDArray[np.object_]) -> Flags:
    numbers = np.array([float(value) if value else np.nan for value in values])
    held = ~np.isnan(numbers)
    for limit, keeps in (
        (condition.at_least, np.greater_equal), (condition.at_most, np.less_equal),
        (condition.above, np.greater), (condition.below, np.less),
    ):  # fmt: skip
        if limit is not None:
            held &= keeps(numbers, limit)
    return held


def scores(answers: Answers, study: Study) -> NDArray[np.float64]:
    """The maturity score by the study file's rule, NaN where it is missing; written apart from the pipeline's."""
    assert study.score is not None
    dimensions, weights = [], []
    for dimension in study.score.dimensions.values():
        items = np.array([_points(answers, study.resolver.of(ref)[0], study.score.points) for ref in dimension.items])
        answered = (~np.isnan(items)).sum(axis=0)
        needed = dimension.min_answered or len(dimension.items)
        means = np.nansum(items, axis=0) / np.maximum(answered, 1)
        dimensions.append(np.where(answered >= needed, means, np.nan))
        weights.append(dimension.weight)
    return np.asarray(np.round(np.average(np.array(dimensions), axis=0, weights=weights), 6), dtype=float)


def _points(answers: Answers, variable: Variable, points: dict[str, float]) -> NDArray[np.float64]:
    offered = {option: points[option] for option in variable.options if option in points}
    low, high = min(offered.values()), max(offered.values())
    scaled = {option: 100 * (value - low) / (high - low) for option, value in offered.items()}
    return np.array([scaled.get(answer, np.nan) for answer in answers[variable.name]])


def take(answers: Answers, rows: NDArray[np.intp]) -> Answers:
    """The chosen respondents, copied."""
    return {name: values[rows].copy() for name, values in answers.items()}


def joined(parts: list[Answers]) -> Answers:
    """Respondents one after the other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def skip_unasked(answers: Answers, study: Study, wave: str) -> None:
    """Empties answers to questions that a respondent was not asked, in the order of the questionnaire."""
    for v in study.variables:
        if not study.questions[v.question].asked_in(wave):
            answers[v.name][:] = ""
        elif v.asked_if is not None:
            answers[v.name][~holds(v.asked_if, answers, study)] = ""
