"""A proposed sentence held against a finding: what is wrong with it, and how the data let it be said."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.claims.printed import printed_figure, rounded
from pipeline.claims.verdicts import (
    CONTRADICTED,
    NOT_CHECKABLE,
    NOT_SUPPORTED,
    SUPPORTED,
    Estimate,
    direction,
    verdict,
)
from pipeline.study.claims import Claim, Margins

CAUSAL = re.compile(
    r"\b(because|causes?|caused|causing|leads? to|led to|leading to|results? in|resulted in|drives?|drove|driven by|"
    r"boosts?|boosted|thanks to|due to|makes? (?:them|it|you)|helps? (?:them|you)|improves?|improved|increases? the|"
    r"reduces? the|impact of|effect of|contributes? to|pays? off|enables?)\b", re.I,
)  # fmt: skip
TIMES_MORE = re.compile(r"\b(?:times|fold|x) (?:more|less|higher|lower|greater|fewer|as much)\b", re.I)
ODDS = re.compile(r"\bodds\b", re.I)
ERROR = re.compile(r"\bmargins? of (?:sampling )?error\b", re.I)
SURE = re.compile(r"\b(proves?|proven|always|never|all of|everyone|nobody|guarantees?)\b", re.I)
MULTIPLE = re.compile(
    r"\b(?:(more than|over|at least|about|around|roughly|nearly|almost|fewer than|less than|under|up to|at most) )?"
    r"(twice|double|thrice|triple|(?:\d+(?:\.\d+)?|two|three|four|five|six|seven|eight|nine|ten)[ -]?(?:times|fold|x))"
    r"(?:\W|$)", re.I,
)  # fmt: skip
PERCENT = re.compile(
    r"\b(?:(more than|over|at least|about|around|roughly|nearly|almost|fewer than|less than|under|up to|at most) )?"
    r"(\d+(?:\.\d+)?) ?(%|percentage points?|per ?cent|points?|pp)(?: (more|less|higher|lower|greater) likely)?", re.I,
)  # fmt: skip
OPERATOR = {
    "more than": "more_than", "over": "more_than", "at least": "at_least", "about": "about", "around": "about",
    "roughly": "about", "nearly": "nearly", "almost": "nearly", "fewer than": "less_than", "less than": "less_than",
    "under": "less_than", "up to": "at_most", "at most": "at_most",
}  # fmt: skip
NO_INTERVAL = "the ratio has no interval"
MORE, LESS = re.compile(r"\bmore likely\b|\blikelier\b", re.I), re.compile(r"\bless likely\b", re.I)


@dataclass(frozen=True)
class Fault:
    """Something that a sentence may not say. kind: one word for it."""

    kind: str
    words: str


def faults(sentence: str, finding: Mapping[str, Any], opt_in: bool, margins: Margins) -> list[Fault]:
    """What is wrong with a sentence about a finding. finding: a row of table `findings`."""
    found = list(_words(sentence, opt_in))
    figures = list(_multiples(sentence, finding, margins))
    found += figures
    found += _percents(sentence, finding)
    if not figures and not MULTIPLE.search(sentence):
        found += _sides(sentence, finding)
    found += _groups(sentence, finding)
    if finding["status"] == "suppress":
        found.append(Fault("base", f"the figures are not shown: {finding['status_reason']}"))
    elif min(finding["n_a"], finding["n_b"]) and finding["status"] == "footnote" and "base" not in sentence.casefold():
        found.append(Fault("base", f"does not say: {finding['status_reason']}"))
    return found


def _words(sentence: str, opt_in: bool) -> Iterator[Fault]:
    if found := CAUSAL.search(sentence):
        yield Fault("cause", f'"{found[0]}" says why; a comparison of groups does not')
    if found := TIMES_MORE.search(sentence):
        yield Fault("wording", f'"{found[0]}" is read in two ways: write "times as likely"')
    if found := ODDS.search(sentence):
        yield Fault("odds", f'"{found[0]}" are no likelihood: the ratio of shares is what "times as likely" means')
    if opt_in and (found := ERROR.search(sentence)):
        yield Fault(
            "precision", f'"{found[0]}" needs a probability sample; this one is opt-in, its interval model-based'
        )
    if found := SURE.search(sentence):
        yield Fault("wording", f'"{found[0]}" is more than a survey tells')


def _estimate(finding: Mapping[str, Any]) -> Estimate:
    """90% limits from the 95% ones, on the logarithm."""
    value, low, high = (float(finding[name] if finding[name] is not None else math.nan)
                        for name in ("ratio", "ratio_low", "ratio_high"))  # fmt: skip
    if not (0 < value < math.inf and low > 0 and high < math.inf):
        return Estimate(value, low, high, low, high)
    part = 1.6448536269514722 / 1.959963984540054
    return Estimate(value, low, high, value * (low / value) ** part, value * (high / value) ** part)


def _multiples(sentence: str, finding: Mapping[str, Any], margins: Margins) -> Iterator[Fault]:
    for found in MULTIPLE.finditer(sentence):
        figure = printed_figure(found[2].replace("fold", " times").replace("x", " times"), "ratio")
        if figure is None:
            continue
        value = figure.value
        if LESS.search(sentence[found.end() : found.end() + 20]):
            value = 1 / value
        operator = OPERATOR.get((found[1] or "").casefold(), "equal")
        claim = Claim.model_construct(id="sentence", says=sentence, statistic="ratio").model_copy(
            update={operator: value}
        )
        estimate = _estimate(finding)
        said = verdict(claim, estimate, margins)
        limits = f"{estimate.value:.2f}, 95% CI {estimate.low:.2f} to {estimate.high:.2f}"
        text = found[0].strip(" ,.;:")
        if said == NOT_CHECKABLE:
            yield Fault("figure", f'"{text}" can\'t be checked: {NO_INTERVAL}')
        elif said in (NOT_SUPPORTED, CONTRADICTED):
            yield Fault("figure", f'"{text}" is {said}: the ratio is {limits}')
        elif operator == "equal" and not rounded("", value, 1).covers(estimate.value):
            yield Fault("rounding", f'"{text}" is not what {estimate.value:.2f} rounds to: about at best ({limits})')
        elif said != SUPPORTED and operator != "equal":
            yield Fault("figure", f'"{text}" is consistent with the data, but not supported: the ratio is {limits}')
        if direction(claim, estimate) == "opposite":
            yield Fault("direction", f"the data point the other way: {limits}")


def _percents(sentence: str, finding: Mapping[str, Any]) -> Iterator[Fault]:
    p_a, p_b = (float(finding[name]) if finding[name] is not None else math.nan for name in ("p_a", "p_b"))
    shares = {"the share of " + finding["group_a"]: p_a, "the share of " + finding["group_b"]: p_b}
    for found in PERCENT.finditer(sentence):
        if OPERATOR.get((found[1] or "").casefold()) not in (None, "about"):
            continue
        digits = len(found[2].partition(".")[2]) + 2
        figure = rounded(found[0], float(found[2]) / 100, digits)
        shown = found[0].strip()
        if found[4]:
            relative = p_a / p_b - 1 if p_b > 0 else math.nan
            sign = -1 if found[4].casefold() in ("less", "lower") else 1
            if figure.covers(sign * (p_a - p_b)) and not figure.covers(sign * relative):
                points = f"{100 * (p_a - p_b):.0f} are percentage points"
                yield Fault("unit", f'"{shown}": {points}; in percent of the other share it is {100 * relative:+.0f}%')
            elif not figure.covers(sign * relative):
                yield Fault("figure", f'"{shown}" does not come out: the relative difference is {100 * relative:+.0f}%')
        elif found[3].casefold().startswith(("percentage", "point", "pp")):
            if not figure.covers(abs(p_a - p_b)):
                yield Fault("figure", f'"{shown}" does not come out: the difference is {100 * (p_a - p_b):+.1f} points')
        elif not any(figure.covers(p) for p in shares.values()):
            told = ", ".join(f"{name} is {100 * p:.1f}%" for name, p in shares.items())
            yield Fault("figure", f'"{shown}" is neither share: {told}')


def _sides(sentence: str, finding: Mapping[str, Any]) -> Iterator[Fault]:
    low, high = finding["ratio_low"], finding["ratio_high"]
    side = 1 if MORE.search(sentence) else -1 if LESS.search(sentence) else 0
    if not side:
        return
    if low is None or math.isnan(low):
        yield Fault("figure", f"no clear difference: {NO_INTERVAL}")
        return
    limits = f"the ratio is {finding['ratio']:.2f}, 95% CI {low:.2f} to {high:.2f}"
    if low <= 1 <= high:
        yield Fault("figure", f"no clear difference: {limits}")
    elif (low > 1) != (side > 0):
        yield Fault("direction", f"the data point the other way: {limits}")


def _groups(sentence: str, finding: Mapping[str, Any]) -> Iterator[Fault]:
    """Whether both groups are named, by the words that tell one from the other."""
    told = [_telling(finding[f"group_{end}"]) for end in "ab"]
    own, other = told[0] - told[1], told[1] - told[0]
    spoken = _telling(sentence)
    if own and not own & spoken:
        yield Fault("group", f"does not name whom it is said of: {finding['group_a']}")
    others = {"other", "others", "rest", "all", "else", "everyone", "than", "compared", "against", "versus", "average"}
    if other and not other & spoken and not others & set(re.findall(r"\w+", sentence.casefold())):
        yield Fault("comparator", f"does not say than whom: {finding['group_b']}")


def _telling(text: str) -> set[str]:
    plain = {
        "respondents",
        "with",
        "who",
        "and",
        "or",
        "the",
        "of",
        "all",
        "other",
        "others",
        "to",
        "a",
        "organisations",
    }
    return {word.removesuffix("s") for word in re.findall(r"[\w-]+", text.casefold())} - plain
