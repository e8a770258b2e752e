"""The score limits of tables at the edge, against the textbook formulas with 160 digits."""

from decimal import Decimal, localcontext

import numpy as np
import pytest

from pipeline.estimation import odds_ratios, ratios
from pipeline.estimation.counts import two_groups
from pipeline.estimation.score_limits import score_limits

Z = Decimal("1.959963984540054")
MILLION, BILLION = 10**6, 10**9
EDGES = [
    (20, 20, 15, 20),
    (15, 20, 20, 20),
    (20, 20, 30, 30),
    (0, 16, 15, 72),
    (5, 20, 0, 20),
    (0, 20, 20, 20),
    (20, 20, 0, 20),
    (1, 1, 1, 1),
    (1, 1, 0, 1),
    (1, 1, MILLION, MILLION),
    (1, 1, 1, MILLION),
    (189, 11034, 104, 11037),
    (11033, 11034, 11037, 11037),
    (MILLION, MILLION, MILLION - 1, MILLION),
    (BILLION, BILLION, 1, BILLION),
    (BILLION, BILLION, BILLION, BILLION),
]


def ratio_score(r, x_a, n_a, x_b, n_b):
    """Farrington and Manning's quadratic for the restricted p_b, then the plain statistic."""
    n = n_a + n_b
    linear = n_a * r + x_a + n_b + x_b * r
    p_b = (linear - (linear**2 - 4 * n * r * (x_a + x_b)).sqrt()) / (2 * n * r)
    p_a = r * p_b
    return (x_a / n_a - r * x_b / n_b) / (p_a * (1 - p_a) / n_a + r**2 * p_b * (1 - p_b) / n_b).sqrt()


def odds_score(odds, x_a, n_a, x_b, n_b):
    """Miettinen and Nurminen's quadratic for the restricted p_b, then their statistic."""
    yes = x_a + x_b
    linear = n_a * odds + n_b - yes * (odds - 1)
    p_b = (-linear + (linear**2 + 4 * n_b * (odds - 1) * yes).sqrt()) / (2 * n_b * (odds - 1))
    p_a = p_b * odds / (1 + p_b * (odds - 1))
    return (x_a - n_a * p_a) * (1 / (n_a * p_a * (1 - p_a)) + 1 / (n_b * p_b * (1 - p_b))).sqrt()


def crossing(score, table, target):
    low, high = Decimal(-62), Decimal("61.7")  # never halves to 0, where the quadratic of the odds is linear
    for _ in range(70):
        middle = (low + high) / 2
        low, high = (middle, high) if score(middle.exp(), *table) > target else (low, middle)
    return float(middle.exp())


@pytest.mark.parametrize("table", EDGES, ids=lambda table: "{}/{} v {}/{}".format(*table))
def test_edges_of_the_ratio(table):
    x_a, n_a, x_b, n_b = (Decimal(count) for count in table)
    with localcontext(prec=160):
        critical = Z * ((n_a + n_b) / (n_a + n_b - 1)).sqrt()
        low = crossing(ratio_score, (x_a, n_a, x_b, n_b), critical) if x_a else 0
        high = crossing(ratio_score, (x_a, n_a, x_b, n_b), -critical) if x_b else np.inf
    assert ratios.miettinen_nurminen(*table) == (pytest.approx(low, rel=1e-12), pytest.approx(high, rel=1e-12))


@pytest.mark.parametrize("table", EDGES, ids=lambda table: "{}/{} v {}/{}".format(*table))
def test_edges_of_the_odds_ratio(table):
    x_a, n_a, x_b, n_b = (Decimal(count) for count in table)
    with localcontext(prec=160):
        critical = Z * ((n_a + n_b) / (n_a + n_b - 1)).sqrt()
        low = crossing(odds_score, (x_a, n_a, x_b, n_b), critical) if x_a and x_b < n_b else 0
        high = crossing(odds_score, (x_a, n_a, x_b, n_b), -critical) if x_b and x_a < n_a else np.inf
    assert odds_ratios.miettinen_nurminen(*table) == (pytest.approx(low, rel=1e-9), pytest.approx(high, rel=1e-9))


def test_a_limit_that_is_not_found_is_an_error_not_a_number():
    counts = two_groups(3, 10, 4, 10)
    with pytest.raises(ArithmeticError, match="no score limit found for 1 tables"):
        score_limits(lambda effect, *table: np.full_like(effect, 5.0), counts, np.full((), 1.96), np.True_, np.False_)
