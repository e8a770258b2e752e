"""Numbers as sentences have them: thousands apart, no exponents, and none that seems 0 or another which is not."""

from __future__ import annotations

import math
from collections.abc import Sequence

MOST_DIGITS = 6
NOTHING = 1e-9
"""Points that are rounding of 0."""


def plain(value: float, figures: int) -> str:
    """So many significant figures, and all of a whole number: 12,960, 0.0312."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    text = f"{value:,.{_decimals(value, figures)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def mean_and_limits(numbers: Sequence[float], digits: int | None) -> list[str]:
    """digits: decimals at least; None for three figures of the largest. More where a limit would seem the mean."""
    chosen = _decimals(max(map(abs, numbers)), 3) if digits is None else digits
    while chosen < MOST_DIGITS and len({f"{number:.{chosen}f}" for number in numbers}) < len(numbers):
        chosen += 1
    return [f"{number:,.{chosen}f}" for number in numbers]


def signed_points(*shares: float) -> list[str]:
    """Differences of shares in points, with digits enough that none seems 0 which is not."""
    points, digits = [100 * share for share in shares], 0
    while digits < MOST_DIGITS and any(abs(p) > NOTHING and not float(f"{p:.{digits}f}") for p in points):
        digits += 1
    return [f"{p:+.{digits}f}" if abs(p) > NOTHING else "0" for p in points]


def _decimals(value: float, figures: int) -> int:
    return max(0, figures - 1 - math.floor(math.log10(abs(value)))) if value else 0
