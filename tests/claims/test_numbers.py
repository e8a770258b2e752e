"""Numbers as sentences have them."""

from __future__ import annotations

import math

import pytest

from pipeline.claims.numbers import mean_and_limits, plain, signed_points


@pytest.mark.parametrize(("value", "figures", "text"), [
    (12960.0, 4, "12,960"), (1234567.0, 6, "1,234,567"), (1296.4, 4, "1,296"), (0.03123, 3, "0.0312"), (2.0, 4, "2"),
    (2.1756, 4, "2.176"), (-1500.0, 4, "-1,500"), (0.0, 4, "0"), (math.inf, 4, "inf"),
])  # fmt: skip
def test_no_exponents(value: float, figures: int, text: str):
    assert plain(value, figures) == text


@pytest.mark.parametrize(("numbers", "digits", "texts"), [
    ((1396.2, 379.3, 2413.1), None, ["1,396", "379", "2,413"]),
    ((42.53, 40.14, 44.92), None, ["42.5", "40.1", "44.9"]),
    ((0.0234, 0.0201, 0.0267), None, ["0.0234", "0.0201", "0.0267"]),
    ((1396.25, 379.3, 2413.1), 1, ["1,396.2", "379.3", "2,413.1"]),
    ((1000000.0, 999999.8, 1000000.2), None, ["1,000,000.0", "999,999.8", "1,000,000.2"]),
    ((3.02, 2.98, 3.06), 0, ["3.02", "2.98", "3.06"]),  # no limit seems to be the mean
])  # fmt: skip
def test_means(numbers: tuple[float, ...], digits: int | None, texts: list[str]):
    assert mean_and_limits(numbers, digits) == texts


@pytest.mark.parametrize(("shares", "texts"), [
    ((0.06, -0.002, 0.12), ["+6.0", "-0.2", "+12.0"]),
    ((0.5, 0.31, 0.65), ["+50", "+31", "+65"]),
    ((0.0, -0.1, 0.1), ["0", "-10", "+10"]),
    ((1e-17, -0.1, 0.1), ["0", "-10", "+10"]),
])  # fmt: skip
def test_points_that_are_not_0_do_not_seem_so(shares: tuple[float, ...], texts: list[str]):
    assert signed_points(*shares) == texts
