"""Made respondents: a latent maturity drives the scored items; tiers follow from the items alone."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from pipeline.errors import SurveyError
from pipeline.study.conditions import Chosen
from pipeline.study.model import Study
from pipeline.study.variables import Variable
from pipeline.synthetic.answering import Answers, Flags, scores, skip_unasked
from pipeline.synthetic.planted import Planted, PlantedWave

NOISE = 0.9  # of an item around the latent maturity, in its standard deviations
NUDGE = 0.15  # by which a respondent's latent maturity moves when the items fall on the wrong side of the cut
TRIES = 400
LONGEST_BUDGET = 5000


def respondents(study: Study, planted: Planted, wave: str, truth: PlantedWave, rng: Generator) -> tuple[Answers, Flags]:
    """Answers of as many valid respondents as the truth has members, and who is in the planted tier."""
    n = sum(truth.members)
    latent = rng.normal(size=n)
    answers = _background(study, planted, n, rng)
    member = _items(study, planted, latent, truth.members[0], answers, rng)
    yes = _indicators(truth, latent, member, rng)
    _answer_indicators(study, yes, answers, rng)
    _ticks_left_over(study, answers, rng)
    skip_unasked(answers, study, wave)
    return answers, member


def _background(study: Study, planted: Planted, n: int, rng: Generator) -> Answers:
    answers: Answers = {}
    for v in study.variables:
        if v.question in planted.fixed:
            answers[v.name] = np.full(n, planted.fixed[v.question], dtype=object)
        elif v.kind == "choice":
            shares = planted.answers.get(v.question) or {o: 1.0 for o in v.options if o not in v.not_substantive}
            weights = np.array(list(shares.values()))
            answers[v.name] = rng.choice(np.array(list(shares), dtype=object), size=n, p=weights / weights.sum())
        elif v.kind == "tick":
            answers[v.name] = np.full(n, "0", dtype=object)
        elif v.kind == "number":
            amounts = np.minimum(np.exp(rng.normal(5.3, 1.3, size=n)).astype(int), LONGEST_BUDGET)
            answers[v.name] = np.array([str(amount) for amount in amounts], dtype=object)
        else:
            said = rng.random(n) < 0.06
            answers[v.name] = np.where(said, "A made remark.", "").astype(object)
    return answers


def _items(
    study: Study, planted: Planted, latent: NDArray[np.float64], members: int, answers: Answers, rng: Generator
) -> Flags:
    """Answers the scored items so that just the highest by latent maturity reach the planted tier's cut."""
    assert study.score is not None
    assert study.tiers is not None
    assert study.tiers.cuts is not None
    cut = study.tiers.cuts[study.tiers.order.index(planted.tier) - 1]
    member = np.zeros(len(latent), dtype=bool)
    member[np.argsort(-latent, kind="stable")[:members]] = True
    items = [study.resolver.of(ref)[0] for d in study.score.dimensions.values() for ref in d.items]
    pushed = latent.copy()
    wrong = np.arange(len(latent))
    for _ in range(TRIES):
        for item in items:
            answers[item.name][wrong] = _item(item, study.score.points, pushed[wrong], rng)
        _dont_know(study, planted.dont_know, wrong, answers, rng)
        score = scores({item.name: answers[item.name][wrong] for item in items}, study)
        straight = _straight(study, answers, wrong)
        off = ((score >= cut) != member[wrong]) | straight
        pushed[wrong[off]] += np.where(member[wrong[off]], NUDGE, -NUDGE) * ~straight[off]
        wrong = wrong[off]
        if not len(wrong):
            return member
    raise SurveyError("", f"{len(wrong)} made respondents do not fall on their side of the cut {cut}")


def _item(item: Variable, points: dict[str, float], latent: NDArray[np.float64], rng: Generator) -> NDArray[np.object_]:
    """Options by rising points, with thresholds that leave the highest to the most mature."""
    options = np.array(sorted((o for o in item.options if o in points), key=lambda o: points[o]), dtype=object)
    thresholds = np.linspace(-0.7, 0.75, len(options) - 1)
    return options[np.searchsorted(thresholds, latent + NOISE * rng.normal(size=len(latent)))]


def _dont_know(study: Study, share: float, rows: NDArray[np.intp], answers: Answers, rng: Generator) -> None:
    """At most one don't know in a dimension, so that no score is missing."""
    assert study.score is not None
    for dimension in study.score.dimensions.values():
        items = [study.resolver.of(ref)[0] for ref in dimension.items]
        which = rng.integers(len(items), size=len(rows))
        hit = rng.random(len(rows)) < share * len(items)
        for i, item in enumerate(items):
            if item.not_substantive:
                answers[item.name][rows[hit & (which == i)]] = item.not_substantive[0]


def _straight(study: Study, answers: Answers, rows: NDArray[np.intp]) -> Flags:
    """Whether every scored grid has one answer throughout: a valid respondent must not look like that."""
    assert study.score is not None
    grids: dict[str, list[str]] = {}
    for dimension in study.score.dimensions.values():
        for ref in dimension.items:
            item = study.resolver.of(ref)[0]
            grids.setdefault(item.question, []).append(item.name)
    same = [
        np.all([answers[name][rows] == answers[names[0]][rows] for name in names], axis=0) for names in grids.values()
    ]
    return np.all(same, axis=0)


def _indicators(truth: PlantedWave, latent: NDArray[np.float64], member: Flags, rng: Generator) -> dict[str, Flags]:
    """Who says yes: the likeliest by latent maturity and chance where counts are planted, free draws else."""
    yes: dict[str, Flags] = {}
    groups = (member, ~member)
    for name, counts in truth.counts.items():
        yes[name] = np.zeros(len(latent), dtype=bool)
        for group, count in zip(groups, counts, strict=True):
            rows = np.flatnonzero(group)
            likely = latent[rows] + 2.0 * rng.normal(size=len(rows))
            yes[name][rows[np.argsort(-likely, kind="stable")[:count]]] = True
    for name, shares in truth.shares.items():
        yes[name] = rng.random(len(latent)) < np.where(member, *shares)
    return yes


def _answer_indicators(study: Study, yes: dict[str, Flags], answers: Answers, rng: Generator) -> None:
    """Puts answers that mean yes, or no, to what each indicator asks."""
    for name, flags in yes.items():
        condition = study.indicators[name].when
        if not isinstance(condition, Chosen):
            raise SurveyError("", f'the planted indicator "{name}" is not a choice of options')
        variables = study.resolver.of(condition.question)
        if variables[0].kind == "tick":
            for v in variables:
                if v.part in condition.options:
                    answers[v.name] = np.where(flags, "1", "0").astype(object)
            continue
        others = [option for option in variables[0].options if option not in condition.options]
        said = rng.choice(np.array(condition.options, dtype=object), size=len(flags))
        denied = rng.choice(np.array(others, dtype=object), size=len(flags))
        answers[variables[0].name] = np.where(flags, said, denied).astype(object)


def _ticks_left_over(study: Study, answers: Answers, rng: Generator) -> None:
    """Ticks that no indicator decides are drawn; who ticks nothing says none of these."""
    by_question: dict[str, list[Variable]] = {}
    for v in study.variables:
        if v.kind == "tick":
            by_question.setdefault(v.question, []).append(v)
    for variables in by_question.values():
        some = [v for v in variables if v.options[v.part].mark != "none"]
        if not any((answers[v.name] == "1").any() for v in some):
            for v in some:
                answers[v.name] = np.where(rng.random(len(answers[v.name])) < 0.4, "1", "0").astype(object)
        ticked = np.any([answers[v.name] == "1" for v in some], axis=0)
        for v in variables:
            if v.options[v.part].mark == "none":
                answers[v.name] = np.where(ticked, "0", "1").astype(object)
