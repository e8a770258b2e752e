"""One plain sentence for a finding, never saying more than its interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

FEW_TIMES = 1.05  # below it, one digit would hide on which side of 1 a ratio lies
MANY_TIMES = 10.0  # from it on, whole numbers


@dataclass(frozen=True)
class Sentence:
    """What a sentence about a finding is made of. does: the indicator, to follow "to". level: of the interval."""

    a: str
    b: str
    within: str
    does: str
    p_a: float
    p_b: float
    n_a: int
    n_b: int
    ratio: float
    low: float
    high: float
    level: float
    model_based: bool
    status: str
    synthetic: bool


def wording(s: Sentence) -> str:
    """ "A are 2.1 times as likely as B to do it (60% against 29%, 95% CI 1.9 to 2.3, n = 412 and 1,750)"."""
    text = _claim(s)
    text = f"{s.within}: {text[:1].lower()}{text[1:]}" if s.within else text
    return f"{text} [synthetic data]" if s.synthetic else text


def _claim(s: Sentence) -> str:
    bases = f"n = {s.n_a:,} and {s.n_b:,}"
    if s.n_a == 0 or s.n_b == 0:
        return (
            f"No comparison of {s.a} with {s.b} in how likely they are to {s.does}: no respondents in a base ({bases})."
        )
    if s.status == "suppress":
        return f"Too few respondents to compare {s.a} with {s.b} in how likely they are to {s.does} ({bases})."
    kind = "model-based " if s.model_based else ""
    interval = f"{kind}{_percent(s.level)} CI {_limits(s)}"
    shares = f"{_percent(s.p_a)} against {_percent(s.p_b)}"
    if math.isnan(s.ratio) or math.isnan(s.low):
        return f"No ratio of {s.a} to {s.b} can be given in how likely they are to {s.does} ({shares}, {bases})."
    if s.low <= 1 <= s.high:
        return (
            f"No clear difference between {s.a} and {s.b} in how likely they are to {s.does} "
            f"({shares}, {interval} of the ratio, {bases})."
        )
    if math.isinf(s.ratio):
        return (
            f"{_capital(s.a)} are more likely than {s.b}, of whom none did, to {s.does} "
            f"({shares}, {interval} of the ratio, {bases})."
        )
    ratio = times(s.ratio, s.low)
    return f"{_capital(s.a)} are {ratio} times as likely as {s.b} to {s.does} ({shares}, {interval}, {bases})."


def times(value: float, *beside: float) -> str:
    """A ratio or limit as printed: one digit, or two where it or what stands beside it is near 1 or below."""
    digits = 2 if min((value, *beside)) < FEW_TIMES else 1
    return f"{value:.{digits}f}" if value < MANY_TIMES else f"{value:.0f}"


def _limits(s: Sentence) -> str:
    if math.isinf(s.high):
        return f"from {times(s.low)}, no upper limit"
    return f"{times(s.low)} to {times(s.high, s.low)}"


def _percent(share: float) -> str:
    return f"{math.floor(share * 100 + 0.5):d}%"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
