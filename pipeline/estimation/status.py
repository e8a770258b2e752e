"""Whether an estimate may be shown; travels beside it and never replaces it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.estimation.counts import Floats
from pipeline.estimation.shares import checked_share
from pipeline.study.analysis import Display

ORDER = ("show", "footnote", "review", "suppress")

Texts = NDArray[np.object_]
Statuses = tuple[Texts, Texts]
"""Statuses and reasons, the reason empty for show."""

LOW_BASE = "low base"
SMALLEST_BASE = 30
NARROW, WIDE = 0.05, 0.30
RELATIVE = 1.3
FEWEST_DF = 8


def share_status(
    p: ArrayLike,
    n: ArrayLike,
    n_eff: ArrayLike,
    kg_low: ArrayLike,
    kg_high: ArrayLike,
    df: ArrayLike,
    display: Display,
) -> Statuses:
    """Status and reason of shares.

    p, share; n, unweighted base; n_eff, effective base; kg_low and kg_high, Korn and Graubard's 95% limits;
    df of the group (units with its respondents minus strata with them; n - 1 without a design): any shapes that
    broadcast. Returns two object arrays of that shape. The strictest rule that holds gives status and reason.
    Rule nchs, for opt-in samples alike: suppressed with a base or effective base under 30, without an interval,
    with one .30 wide or more, or one over .05 that is over 130% of the share; for review at 0% and 100% and with
    df under 8; a footnote where an interval over .05 is over 130% of the complement. Rule base: none of this.
    Both: the study's smallest bases, and suppressed where nobody in the base has a weight.
    Raises ValueError for a share outside 0 to 1.
    Source: Parker et al. (2017), NCHS data presentation standards for proportions, Vital Health Stat 2(175).
    """
    given = [checked_share(p), *(np.asarray(value, float) for value in (n, n_eff, kg_low, kg_high, df))]
    p, n, n_eff, low, high, df = np.broadcast_arrays(*given)
    rules = [*_base_rules(p, n, display), *(_nchs_rules(p, n, n_eff, high - low, df) if display.rule == "nchs" else ())]
    return _strictest(rules, n.shape)


def base_status(n: ArrayLike, display: Display) -> Statuses:
    """Status and reason of means, which have no share to judge: the study's smallest bases alone count."""
    n = np.asarray(n, float)
    return _strictest(list(_base_rules(np.zeros(n.shape), n, display)), n.shape)


def _strictest(rules: Sequence[Rule], shape: tuple[int, ...]) -> Statuses:
    status, reason = np.full(shape, "show", object), np.full(shape, "", object)
    for outcome in ORDER[:0:-1]:
        for holds, word in (rule[1:] for rule in rules if rule[0] == outcome):
            for row in zip(*np.nonzero(holds & (status == "show")), strict=True):
                status[row], reason[row] = outcome, word(row)
    return status, reason


def worse_of(first: Statuses, second: Statuses) -> Statuses:
    """The stricter status of each row; where they are alike, both reasons. A ratio takes that of its two shares."""
    rank = {status: place for place, status in enumerate(ORDER)}
    ranks = [
        np.array([rank[status] for status in group[0].ravel()]).reshape(group[0].shape) for group in (first, second)
    ]
    status = np.where(ranks[0] >= ranks[1], first[0], second[0])
    reason = np.where(ranks[0] >= ranks[1], first[1], second[1])
    for row in zip(*np.nonzero((ranks[0] == ranks[1]) & (first[1] != second[1])), strict=True):
        reason[row] = _both(first[1][row], second[1][row])
    return status, reason


def _both(first: str, second: str) -> str:
    return "; ".join(dict.fromkeys(reason for reason in (first, second) if reason))


Row = tuple[np.intp, ...]
Rule = tuple[str, NDArray[np.bool_], Callable[[Row], str]]
"""A status, where it is due, and the reason of a row."""


def _base_rules(p: Floats, n: Floats, display: Display) -> Iterator[Rule]:
    suppress, footnote = display.suppress_below, display.footnote_below
    yield "suppress", ~(n >= suppress), lambda row: f"base {n[row]:.0f} under {suppress}"
    yield "suppress", np.isnan(p) & (n > 0), lambda row: f"base of weight 0: {n[row]:.0f} without a weight"
    yield "footnote", n < footnote, lambda row: f"{LOW_BASE}: {n[row]:.0f} under {footnote}"


def _nchs_rules(p: Floats, n: Floats, n_eff: Floats, width: Floats, df: Floats) -> Iterator[Rule]:
    between = (width > NARROW) & (width < WIDE) & (p > 0) & (p < 1)
    yield "suppress", n < SMALLEST_BASE, lambda row: f"base {n[row]:.0f} under {SMALLEST_BASE}"
    yield "suppress", n_eff < SMALLEST_BASE, lambda row: f"effective base {_cut(n_eff[row])} under {SMALLEST_BASE}"
    yield "suppress", np.isnan(width) | np.isnan(n_eff), lambda row: _no_interval(df[row])
    yield "suppress", width >= WIDE, lambda row: f"interval {width[row]:.2f} wide".replace(" 0.", " .")
    yield (
        "suppress",
        between & (width > RELATIVE * p),
        lambda row: f"interval {_over(width[row] / p[row])} of the share",
    )
    yield "review", (p == 0) | (p == 1), lambda row: f"share is {p[row]:.0%}"
    yield "review", ~(df >= FEWEST_DF), lambda row: _degrees(df[row])
    yield (
        "footnote", between & (width > RELATIVE * (1 - p)),
        lambda row: f"interval {_over(width[row] / (1 - p[row]))} of the complement",
    )  # fmt: skip


def _no_interval(df: float) -> str:
    if df <= 0:
        return "no interval: no more sampling units than strata"
    return "no interval: the design does not tell the error"


def _cut(n_eff: float) -> str:
    """One digit, cut and not rounded: 29.97 is under 30 and must not be printed as 30."""
    return f"{np.floor(n_eff * 10) / 10:g}"


def _over(relative: float) -> str:
    """In percent, rounded up: what is over 130% must not be printed as 130%."""
    return f"{np.ceil(relative * 100):.0f}%"


def _degrees(df: float) -> str:
    if np.isnan(df):
        return "degrees of freedom unknown"
    return f"{df:.0f} degree{'s' if df != 1 else ''} of freedom"
