"""Printed figures as closed intervals: every unrounded value that prints so."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.study.claims import Claim

SLACK = 1e-9  # for halves that floats hold just beside
SLASH = re.compile(r"(?<![\d/])(\d{1,2})\s*/\s*(\d{1,2})(?![\d/])")
WORDS = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
         "ten": 10}  # fmt: skip
PARTS = {"half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fifth": 5, "fifths": 5,
         "tenth": 10, "tenths": 10}  # fmt: skip
NUMBER = re.compile(
    r"(?<![\w.])([-+−]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[-+−]?\d*\.?\d+)"
    r"\s*(%|per ?cent\b|percentage points?\b|points?\b|pp\b)?"
)
IN = re.compile(rf"\b({'|'.join(WORDS)}|\d+) (?:in|out of|of) (?:every )?({'|'.join(WORDS)}|\d+)\b")
FRACTION = re.compile(rf"\b(?:({'|'.join(WORDS)})[ -])?({'|'.join(PARTS)})\b")
TIMES = re.compile(rf"\b({'|'.join(WORDS)})[ -](?:times|fold)\b")
MULTIPLES = {"twice": 2.0, "double": 2.0, "thrice": 3.0, "triple": 3.0}
COMMON = sorted({k / n for n in (2, 3, 4, 5, 10) for k in range(n + 1)})
"""Fractions that words name: halves, thirds, quarters, fifths and tenths."""
DIGITS = {"share": 2, "ratio": 1, "odds_ratio": 1, "difference": 2, "paired": 2, "change": 2, "mean": 1, "count": 0,
          "rank": 0}  # fmt: skip
"""Decimals of a figure that is claimed without saying how it was printed. A multiple in words, and a whole one in
figures, has one: twice is 1.95 to 2.05, unless the claim declares `digits: 0`."""


@dataclass(frozen=True)
class PrintedFigure:
    """What prints so: values from low to high, both included. unit: one step of the last printed digit."""

    text: str
    value: float
    low: float
    high: float
    unit: float

    def covers(self, value: float) -> bool:
        return self.low - SLACK <= value <= self.high + SLACK


def rounded(text: str, value: float, digits: int) -> PrintedFigure:
    """The closed rounding interval of a value with so many decimals."""
    unit = 10.0**-digits
    return PrintedFigure(text, value, value - unit / 2, value + unit / 2, unit)


def printed_figure(text: str, statistic: str, digits: int | None = None) -> PrintedFigure | None:
    """What a printed text states of a statistic; None where it states no figure.

    Percent are shares, percentage points differences of shares. A fraction in words is read as the nearest of the
    common ones: "two thirds" prints of 0.633 to 0.683, halfway to three fifths and seven tenths.
    """
    lower = text.casefold()
    multiple = statistic in ("ratio", "odds_ratio")
    if multiple and (named := next((v for word, v in MULTIPLES.items() if word in lower.split()), None)):
        return rounded(text, named, 1 if digits is None else digits)
    if multiple and (found := TIMES.search(lower)):
        return rounded(text, float(WORDS[found[1]]), 1 if digits is None else digits)
    for pattern in (IN, SLASH):
        if found := pattern.search(lower):
            above, below = (float(WORDS.get(part, 0) or part) for part in found.groups())
            return _fraction(text, above / below, multiple) if 0 < above <= below else None
    if found := FRACTION.search(lower):
        return _fraction(text, WORDS[found[1] or "one"] / PARTS[found[2]], multiple)
    found = NUMBER.search(lower)
    if found is None:
        return None
    number = found[1].replace(",", "").replace("−", "-")
    value, own = float(number), len(number.partition(".")[2])
    shares = statistic in ("share", "difference", "paired", "change")
    if found[2] or (shares and abs(value) > 1):
        value, own = value / 100, own + 2
        if multiple and found[2] and found[2][0] in "%p":
            value = 1 + value if "more" in lower else 1 - value if "less" in lower else value
    elif multiple:
        own = max(own, 1)
    elif shares:
        own = max(own, 2)
    return rounded(text, value, own if digits is None else digits)


def _fraction(text: str, value: float, multiple: bool) -> PrintedFigure:
    """multiple: of a ratio, where a third less likely is two thirds as likely."""
    below = max((f for f in COMMON if f < value - SLACK), default=value)
    above = min((f for f in COMMON if f > value + SLACK), default=value)
    low, high = (value + below) / 2, (value + above) / 2
    if multiple and re.search(r"\b(less|fewer|lower)\b", text.casefold()):
        value, low, high = 1 - value, 1 - high, 1 - low
    elif multiple and re.search(r"\b(more|higher)\b", text.casefold()):
        value, low, high = 1 + value, 1 + low, 1 + high
    return PrintedFigure(text, value, low, high, high - low)


def printed_parts(claim: Claim) -> dict[str, PrintedFigure]:
    """Every printed figure of a claim: `value` for the statistic itself, p_a, p_b, ratio, difference beside it."""
    measure = claim.measures
    found: dict[str, PrintedFigure] = {}
    if isinstance(claim.printed, str):
        of = {"value": printed_figure(claim.printed, measure, claim.digits)}
    elif isinstance(claim.printed, dict):
        kinds = {"p_a": "share", "p_b": "share", "value": measure}  # what else stands there is a statistic
        of = {("value" if part == measure else part):
              printed_figure(text, kinds.get(part, part), claim.digits if part in ("value", measure) else None)
              for part, text in claim.printed.items()}  # fmt: skip
    else:
        of = {}
    found |= {part: figure for part, figure in of.items() if figure is not None}
    if "value" not in found and claim.equal is not None:
        digits = DIGITS[measure] if claim.digits is None else claim.digits
        found["value"] = rounded(f"{claim.equal:.{digits}f}", claim.equal, digits)
    return found
