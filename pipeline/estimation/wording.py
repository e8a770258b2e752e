"""One plain sentence for a finding, never saying more than its interval."""

from __future__ import annotations

import math
from typing import NamedTuple

NEAR_ONE = 1.05  # where the smallest figure is below it, ratios and limits have two digits, else one
SMALL_SHARE = 0.05  # where the smaller share is below it, shares have a digit
MOST_DIGITS = 12
DEFINES = "the indicator is part of what defines the groups"
SYNTHETIC = "synthetic data"
BASE = ("base ", "effective base ")  # how reasons begin that are for want of respondents


class Sentence(NamedTuple):
    """What a sentence about a finding is made of.

    within: words for the segment level, to follow "respondents with"; empty for everyone. does: the indicator,
    to follow "to". low, high: limits of the ratio at `level`. suppressed: why the figures are not shown, or empty.
    of: whom the shares are of, where not of everyone in the groups. notes: said at the end, in brackets.
    """

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
    suppressed: str
    low_base: bool
    of: str = ""
    notes: tuple[str, ...] = ()


def wording(s: Sentence) -> str:
    """ "A are 2.1 times as likely as B to do it (60% against 29%, 95% CI 1.9 to 2.3, n = 412 and 1,750)"."""
    text = _claim(s)
    text = f"Among respondents with {s.within}, {text}" if s.within else f"{text[:1].upper()}{text[1:]}"
    return " ".join([text, *(f"[{note}]" for note in s.notes)])


def _claim(s: Sentence) -> str:
    """The sentence, which begins with a small letter unless a group's name begins it with a capital."""
    bases = f"n = {s.n_a:,} and {s.n_b:,}"
    compared = f"compare {s.a} with {s.b} in how likely they are to {s.does}"
    if s.n_a == 0 or s.n_b == 0:
        return f"there are no respondents to {compared} ({bases})."
    if s.suppressed:
        lacking = "few respondents" if s.suppressed.startswith(BASE) else "little precision"
        return f"there {'are' if lacking.endswith('s') else 'is'} too {lacking} to {compared} ({bases})."
    bases = f"{bases}, low base" if s.low_base else bases
    if math.isnan(s.ratio) or math.isnan(s.low):
        why = "nobody in either group did" if s.p_a == s.p_b == 0 else "it has no interval"
        return f"there is no ratio to {compared}: {why} ({_shares(s, apart=False)}, {bases})."
    ratio, lower, upper = printed_ratio(s.ratio, s.low, s.high)
    limits = f"{lower} to {upper}" if upper else f"{lower} and above"
    interval = f"{'model-based ' if s.model_based else ''}{100 * s.level:g}% CI"
    if s.low <= 1 <= s.high:
        return (
            f"there is no clear difference between {s.a} and {s.b} in how likely they are to {s.does} "
            f"({_shares(s, apart=False)}, {interval} of the ratio {limits}, {bases})."
        )
    shares = _shares(s, apart=True)
    if math.isinf(s.ratio):
        claim, of = f"{s.a} are more likely than {s.b}, of whom none did, to {s.does}", " of the ratio"
    elif s.ratio == 0:
        claim, of = f"{s.a}, of whom none did, are less likely than {s.b} to {s.does}", " of the ratio"
    else:
        claim, of = f"{s.a} are {ratio} times as likely as {s.b} to {s.does}", ""
    return f"{claim} ({shares}, {interval}{of} {limits}, {bases})."


def printed_ratio(ratio: float, low: float, high: float) -> tuple[str, str, str]:
    """A ratio and its limits as printed, all apart from each other and from 1 where they are; no upper limit: ""."""
    digits = 2 if low < NEAR_ONE else 1
    while True:
        shown, lower, upper = _figure(ratio, digits), _figure(low, digits), _figure(high, digits)
        apart = (lower != shown or low == ratio) and (shown != upper or ratio == high)
        if apart or digits >= MOST_DIGITS:
            return shown, lower, "" if math.isinf(high) else upper
        digits += 1


def _figure(value: float, digits: int) -> str:
    """So many digits behind the point: fewer from 10 on, more below a tenth, and enough not to seem 1 or 0."""
    if 1.5 <= value < 9.5:
        return f"{value:.{digits}f}"
    if value in (0, math.inf):
        return f"{value:.0f}"
    size = math.floor(math.log10(value))
    shown = max(0, digits - size) if size >= 0 else digits - size - 1
    if size >= 0 and float(f"{value:.{shown}f}") >= 10 ** (size + 1):
        shown = max(0, shown - 1)
    while float(f"{value:.{shown}f}") == 1 != value and shown < MOST_DIGITS:
        shown += 1
    return f"{value:.{shown}f}"


def _shares(s: Sentence, apart: bool) -> str:
    return f"{' against '.join(printed_shares(s.p_a, s.p_b, apart))}{s.of and ' '}{s.of}"


def printed_shares(p_a: float, p_b: float, apart: bool) -> tuple[str, str]:
    """Both shares in percent; 0% and 100% only where it is so. apart: with digits enough to differ."""
    digits = 1 if 0 < min(p_a, p_b) < SMALL_SHARE else 0
    while True:
        a, b = _percent(p_a, digits), _percent(p_b, digits)
        hidden = (a in (0, 100) and a != 100 * p_a) or (b in (0, 100) and b != 100 * p_b)
        if digits >= MOST_DIGITS or not (hidden or (apart and a == b and p_a != p_b)):
            return f"{a:.{digits}f}%", f"{b:.{digits}f}%"
        digits += 1


def _percent(share: float, digits: int) -> float:
    """Halves rounded up, as in print. The slack is for halves that floats hold just below: 57 of 200."""
    return math.floor(share * 100 * 10**digits + 0.5 + 1e-9) / 10**digits
