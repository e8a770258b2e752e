"""Figures as a language prints them, at the roundings that the report states."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from babel.dates import format_date
from babel.numbers import format_decimal

NBSP = "\u00a0"
NONE = "–"
DATES = {"en": "en_GB"}
"""Whose dates a language has, where it is not the language's first."""


@dataclass(frozen=True)
class Numbers:
    """language: its code, as Babel knows it. to: between two limits. no_upper: said of an endless ratio. above: of
    limits of which the upper one is endless, with {low}."""

    language: str
    to: str
    no_upper: str
    above: str

    def count(self, n: float | None) -> str:
        """A whole number with the language's thousands."""
        return NONE if _none(n) else format_decimal(round(n), locale=self.language)  # type: ignore[arg-type]

    def decimal(self, value: float | None, digits: int) -> str:
        """So many digits behind the point; halves rounded up, as in print."""
        if _none(value):
            return NONE
        assert value is not None
        if math.isinf(value):
            return self.no_upper
        rounded = math.copysign(math.floor(abs(value) * 10**digits + 0.5 + 1e-9) / 10**digits, value)
        shown = format_decimal(rounded + 0.0, format=f"#,##0.{'0' * digits}", locale=self.language)
        return shown.replace("-", "−")

    def percent(self, share: float | None, digits: int = 1) -> str:
        """A share, 0 to 1, in percent."""
        if _none(share):
            return NONE
        space = NBSP if self.language == "ru" else ""
        return f"{self.decimal(100 * share, digits)}{space}%"  # type: ignore[operator]

    def ratio(self, value: float | None) -> str:
        """Two digits."""
        return self.decimal(value, 2)

    def signed_points(self, difference: float | None) -> str:
        """A difference of shares in percentage points, with its sign and one digit."""
        if _none(difference):
            return NONE
        shown = self.decimal(100 * difference, 1)  # type: ignore[operator]
        return shown if shown.startswith("−") or not shown.strip("0,.") else f"+{shown}"

    def limits(self, low: str, high: str) -> str:
        """Two limits as printed; none where there is none."""
        if NONE in (low, high):
            return NONE
        if high == self.no_upper:
            return self.above.format(low=low)
        return f"{low} {self.to} {high}" if self.to.isalpha() else f"{low}{self.to}{high}"

    def day(self, day: date | None) -> str:
        return NONE if _none(day) else format_date(day, "long", locale=DATES.get(self.language, self.language))

    def localised(self, shown: str) -> str:
        """A figure printed in English, such as 2.4 or 60%, as the language prints it."""
        return shown if self.language == "en" else shown.replace(".", ",").replace("%", f"{NBSP}%")


def _none(value: Any) -> bool:
    return value is None or bool(pd.isna(value))
