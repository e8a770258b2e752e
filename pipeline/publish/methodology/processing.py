"""How answers were processed, in words: dispositions, cleaning, score and tiers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline.cleaning.screening import rule_names
from pipeline.publish.codebook import condition_text
from pipeline.publish.methodology.speech import Speech, sentence
from pipeline.study.cleaning import Cleaning, Rule
from pipeline.study.labels import segment_label, tier_name
from pipeline.study.model import Study
from pipeline.study.section import Section

SHARES = ("answered_below", "below_median")


def dispositions(waterfall: pd.DataFrame, say: Speech) -> str:
    """waterfall: rows of table `dispositions`."""
    rows = waterfall.sort_values("position").to_dict("records")
    out = [f"{_outcome(row, say)} {say.number(row['taken_out'])}" for row in rows[1:-1] if row["taken_out"]]
    return say.say(
        "dispositions", delivered=say.number(rows[0]["remaining"]), out=", ".join(out) or say.say("nobody"),
        analysed=say.number(rows[-1]["remaining"]),
    )  # fmt: skip


def _outcome(row: Mapping[Any, Any], say: Speech) -> str:
    """ "incomplete", or "incomplete 2" where the rule is listed again."""
    rule, number = re.fullmatch(r"(.+?)(?:_([0-9]+))?", row["disposition"]).groups()  # type: ignore[union-attr]
    return say.say(f"outcomes.{rule}") + (f" {number}" if number else "")


def cleaning(rules: Cleaning, waterfall: pd.DataFrame, say: Speech) -> str:
    rows = _by_name(waterfall)
    told = [("blank", say.say("rules.blank"))]
    told += [(name, rule_words(rule, rows[name], say)) for name, rule in _named(rules)]
    counted = [say.say("rule", rule=words, count=say.number(rows[name]["taken_out"])) for name, words in told]
    return say.say("cleaning", rules="; ".join(counted))


def incomplete(rules: Cleaning, waterfall: pd.DataFrame, say: Speech) -> str:
    return _left_out("incomplete_questionnaires", ("incomplete",), rules, waterfall, say)


def timestamps(rules: Cleaning, waterfall: pd.DataFrame, say: Speech) -> str:
    return _left_out("atypical_timestamps", ("speeder",), rules, waterfall, say)


def _left_out(place: str, kinds: tuple[str, ...], rules: Cleaning, waterfall: pd.DataFrame, say: Speech) -> str:
    rows = _by_name(waterfall)
    chosen = [(name, rule) for name, rule in _named(rules) if rule.rule in kinds]
    if not chosen:
        return say.say(f"{place}.none")
    words = [rule_words(rule, rows[name], say) for name, rule in chosen]
    count = sum(int(rows[name]["taken_out"]) for name, _ in chosen)
    return say.say(f"{place}.rule", rules="; ".join(words), count=say.number(count))


def _named(rules: Cleaning) -> list[tuple[str, Rule]]:
    return [*zip(rule_names(rules), rules, strict=True)]


def _by_name(waterfall: pd.DataFrame) -> dict[str, Mapping[Any, Any]]:
    return {row["disposition"]: row for row in waterfall.to_dict("records")}


def rule_words(rule: Rule, row: Mapping[Any, Any], say: Speech) -> str:
    """What a rule takes out. row: its row of table `dispositions`."""
    values: dict[str, object] = {}
    for name in type(rule).model_fields:
        value = getattr(rule, name)
        if isinstance(value, float | int):
            values[name] = say.percent(value, 1) if name in SHARES else say.number(value, 2)
    if "unless" in type(rule).model_fields:
        values["unless"] = condition_text(rule.unless)  # type: ignore[union-attr]
    for name in ("grids", "questions"):
        values[name] = ", ".join(getattr(rule, name, ())) or say.say("all_questions")
    seconds = row["threshold"]
    values["seconds"] = "–" if seconds is None or pd.isna(seconds) else say.number(seconds, 1)
    return say.say(f"rules.{_kind(rule)}", **values)


def _kind(rule: Section) -> str:
    """Place of a rule's words: its name, and which of its limits it has."""
    name = str(getattr(rule, "rule", ""))
    if name == "incomplete":
        return f"{name}_{'answered' if getattr(rule, 'answered_below', None) is not None else 'progress'}"
    if name == "speeder":
        return f"{name}_{'median' if getattr(rule, 'below_median', None) is not None else 'seconds'}"
    return f"{name}_{rule.keep}" if hasattr(rule, "keep") else name


def score_and_tiers(study: Study, say: Speech) -> str:
    """How respondents were scored and put into tiers: enough to do it again."""
    parts = _score(study, say) + _tiers(study, say)
    return sentence(parts) if parts else say.say("score.none")


def _score(study: Study, say: Speech) -> list[str]:
    if study.score is None:
        return []
    score = study.score
    dimensions = [
        say.say(
            "score.dimension",
            label=d.label.get(say.language) if d.label else name.replace("_", " "),
            items=say.number(len(d.items)), needed=say.number(d.min_answered or len(d.items)),
            weight=say.number(d.weight, 2),
        )
        for name, d in score.dimensions.items()
    ]  # fmt: skip
    parts = [f"{say.say('score.score')}: {', '.join(dimensions)}"]
    if score.points:
        points = ", ".join(f"{option} {say.number(value, 2)}" for option, value in score.points.items())
        parts.append(say.say("score.points", points=points))
    return parts


def _tiers(study: Study, say: Speech) -> list[str]:
    tiers = study.tiers
    if tiers is None:
        return []
    labels = {tier: tier_name(tiers, tier, say.language) for tier in tiers.order}
    if tiers.answers is not None:
        told = [
            say.say("score.by_answer", tier=labels[tier], condition=condition_text(tiers.answers[tier]))
            for tier in tiers.order
        ]
        return [say.say("score.answers", tiers=", ".join(told))]
    if tiers.cuts is not None:
        told = [say.say("score.lowest", tier=labels[tiers.order[0]])]
        told += [
            say.say("score.from_cut", tier=labels[tier], cut=say.number(cut, 2))
            for tier, cut in zip(tiers.order[1:], tiers.cuts, strict=True)
        ]
        return [say.say("score.cuts", tiers=", ".join(told))]
    if tiers.recut:
        wave = say.say("score.own")
    else:
        wave = say.say("score.baseline", wave=study.baseline) if study.baseline else say.say("score.first")
    within = tiers.within and segment_label(study.segments, tiers.within, say.language)
    return [
        say.say(
            "score.quantiles", quantiles=", ".join(say.number(share, 4) for share in tiers.quantiles or ()), wave=wave,
            within=say.say("score.within", segment=within) if within else "", tiers=", ".join(labels.values()),
        )
    ]  # fmt: skip
