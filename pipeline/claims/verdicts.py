"""What the data say of a claimed figure: supported, consistent, not supported, contradicted."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtr

from pipeline.claims.numbers import plain
from pipeline.study.claims import Claim, Margins

SUPPORTED, CONSISTENT, NOT_SUPPORTED, CONTRADICTED = VERDICTS = (
    "supported", "consistent", "not supported", "contradicted",
)  # fmt: skip
NOT_CHECKABLE = "not checkable"
SAME, UNCLEAR, OPPOSITE = "same", "unclear", "opposite"
Z95 = 1.959963984540054
EVEN = {"ratio": 1.0, "odds_ratio": 1.0, "difference": 0.0, "paired": 0.0, "change": 0.0}
SAME_VALUE = 1e-12


@dataclass(frozen=True)
class Estimate:
    """A figure, unrounded, with its 95% and 90% limits; NaN where there is none."""

    value: float
    low: float
    high: float
    low90: float
    high90: float

    @property
    def has_interval(self) -> bool:
        """Without one nothing tells how far off the figure may be, and so nothing is said of the population."""
        return not (math.isnan(self.low) or math.isnan(self.high))


def verdict(claim: Claim, estimate: Estimate, margins: Margins) -> str:
    """The worst of what is claimed: a claim may say "about" and "less than" at once. Not checkable without interval."""
    if not estimate.has_interval:
        return NOT_CHECKABLE
    claimed = claim.operators
    found = [verdict_of(name, value, claim, estimate, margins) for name, value in claimed.items()]
    return max(found, key=VERDICTS.index)


def verdict_of(operator: str, value: float, claim: Claim, e: Estimate, margins: Margins) -> str:
    """The verdict of one operator of a claim, whose figure has an interval."""
    if operator in ("more_than", "at_least"):
        return _above(e.value, e.low, e.high, value, operator == "at_least")
    if operator in ("less_than", "at_most"):
        return _above(-e.value, -e.high, -e.low, -value, operator == "at_most")
    near = _near(e, *margin_of(claim, operator, value, margins))
    if operator == "nearly":
        return max(near, _above(-e.value, -e.high, -e.low, -value, False), key=VERDICTS.index)
    return near


def _above(value: float, low: float, high: float, limit: float, included: bool) -> str:
    """Of "more than": by the lower limit, the estimate, the upper limit."""
    beyond = value > limit or (included and value >= limit)
    if low > limit or (included and low >= limit):
        return SUPPORTED
    if beyond:
        return CONSISTENT
    return NOT_SUPPORTED if high >= limit else CONTRADICTED


def _near(e: Estimate, low: float, high: float) -> str:
    """Of "about": two one-sided tests at 5% each, by the 90% interval."""
    slack = SAME_VALUE * max(1.0, abs(high))
    inside = low - slack <= e.value <= high + slack
    if inside and e.low90 >= low - slack and e.high90 <= high + slack:
        return SUPPORTED
    if inside:
        return CONSISTENT
    return NOT_SUPPORTED if e.low <= high + slack and e.high >= low - slack else CONTRADICTED


def margin_of(claim: Claim, operator: str, value: float, margins: Margins) -> tuple[float, float]:
    """What is near a value: the claim's own margin, else the study's."""
    measure = claim.measures
    if measure in ("ratio", "odds_ratio"):
        factor = claim.margin or margins.ratio
        factor = factor if factor > 1 else 1 + factor
        return value / factor, value * factor
    if measure in ("mean", "count"):
        exact = measure == "count" and operator == "equal" and claim.margin is None
        reach = 0.5 * 10.0 ** -(claim.digits or 0) if exact else claim.margin or abs(value) * margins.mean
    elif measure == "rank":
        reach = claim.margin or 0.0
    else:
        reach = claim.margin or margins.share
    return value - reach, value + reach


def margin_words(claim: Claim, margins: Margins) -> str:
    """The margin of a claim that says how near a figure is; empty for others."""
    named = next((name for name in ("about", "nearly", "equal") if getattr(claim, name) is not None), None)
    if named is None or claim.measures == "rank":
        return ""
    low, high = margin_of(claim, named, getattr(claim, named), margins)
    if claim.measures in ("share", "difference", "paired", "change"):
        return f"{100 * low:.4g}% to {100 * high:.4g}%"
    return f"{plain(low, 4)} to {plain(high, 4)}"


def direction(claim: Claim, estimate: Estimate) -> str:
    """Whether the data point the way the claim does; "" where it says of no two that one is more."""
    even = EVEN.get(claim.measures)
    if even is None:
        return ""
    side = next((_side(name, value, even) for name, value in claim.operators.items() if _side(name, value, even)), 0)
    if not side or math.isnan(estimate.low):
        return "" if not side else UNCLEAR
    if estimate.low <= even <= estimate.high:
        return UNCLEAR
    return SAME if (estimate.low > even) == (side > 0) else OPPOSITE


def _side(operator: str, value: float, even: float) -> int:
    if operator in ("more_than", "at_least"):
        return 1 if value >= even else 0
    if operator in ("less_than", "at_most"):
        return -1 if value <= even else 0
    return (value > even) - (value < even)


def p_value(claim: Claim, e: Estimate, margins: Margins) -> float:
    """One-sided, of what the claim denies: that the figure lies on the other side of its limit or outside its margin.

    From the width of the 95% interval on the scale where it is symmetric (ratios in logarithms, shares in logits).
    """
    if claim.measures in ("count", "rank") or not e.has_interval:
        return math.nan
    tails = []
    for name, value in claim.operators.items():
        if name in ("more_than", "at_least"):
            tails.append(_tail(claim, e, value, 1))
        elif name in ("less_than", "at_most"):
            tails.append(_tail(claim, e, value, -1))
        else:
            low, high = margin_of(claim, name, value, margins)
            tails += [_tail(claim, e, low, 1), _tail(claim, e, min(high, value) if name == "nearly" else high, -1)]
    return max(tails, default=math.nan) if not any(map(math.isnan, tails)) else math.nan


def _tail(claim: Claim, e: Estimate, limit: float, side: int) -> float:
    """The probability of so far an estimate or farther, were the figure at the limit."""
    at, own, far = (_scaled(claim, number) for number in (limit, e.value, e.low if side > 0 else e.high))
    if side * (own - at) == math.inf or math.isinf(at):
        return 0.0 if side * (own - at) > 0 else 1.0
    error = abs(own - far) / Z95
    if math.isnan(error) or error == 0 or math.isinf(error):
        return math.nan if math.isnan(error) or math.isinf(error) else float(side * (own - at) <= 0)
    return float(ndtr(-side * (own - at) / error))


def _scaled(claim: Claim, number: float) -> float:
    if claim.measures in ("ratio", "odds_ratio"):
        return math.log(number) if number > 0 else -math.inf
    if claim.measures == "share":
        return -math.inf if number <= 0 else math.inf if number >= 1 else math.log(number / (1 - number))
    return number
