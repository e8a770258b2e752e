"""Where `not` takes those without an answer for a yes, and where what stands beside it does not let them in."""

from __future__ import annotations

import pytest

from pipeline.study.silence import counts_silence
from tests.study.files import SMALL, study

FILTERS = "filters: {is_a: {choice: [a]}, not_a: {not: {choice: [a]}}, has: {choice: {answered: yes}}}\n"


@pytest.mark.parametrize(
    ("when", "found"),
    [
        ("{not: {choice: [a]}}", [("not.choice", "choice")]),
        ("{not: {ticks: [x]}, choice: [a]}", [("not.ticks", "ticks")]),
        ("{not: {number: {above: 5}}}", [("not.number", "number")]),
        ("{not: {rows.one: [often]}, rows.two: [often]}", [("not.rows.one", "rows.one")]),
        ("{not: {any: [{choice: [a]}, {ticks: [x]}]}}", [("not.any.0.choice", "choice"), ("not.any.1.ticks", "ticks")]),
        ("{any: [{choice: [b]}, {not: {choice: [a]}}]}", [("any.1.not.choice", "choice")]),
        ("{any: [{choice: {answered: yes}}, {not: {choice: [a]}}]}", [("any.1.not.choice", "choice")]),
        ("{not: {choice: [a], ticks: [x]}, ticks: {answered: yes}}", [("not.choice", "choice")]),
        ("{not: is_a}", [("not", "choice")]),
        ("not_a", [("", "choice")]),
        ("{not: {choice: {answered: no}, ticks: [x]}}", [("not.ticks", "ticks")]),
    ],
)
def test_not_without_an_answer_is_a_yes(when: str, found: list[tuple[str, str]]):
    assert silences(when) == found


@pytest.mark.parametrize(
    "when",
    [
        "{choice: [a]}", "{ticks: {answered: no}}",
        "{choice: {answered: yes}, not: {choice: [a]}}",
        "{all: [has, not_a]}",
        "{ticks: [x], not: {ticks: [y]}}", "{ticks.x: [x], not: {ticks.y: [y]}}",
        "{number: {above: 1}, not: {number: {above: 5}}}",
        "{any: [{choice: [b], not: {choice: [a]}}, {ticks: [x]}]}",
        "{not: {any: [{choice: [a]}, {choice: {answered: no}}]}}",
        "{not: {choice: {answered: yes}}}",
        "{not: {not: {choice: [a]}}}", "{not: not_a}",
        "{any: [{choice: [a]}, {choice: [b], ticks: [x]}], not: {choice: [dk]}}",
    ],
)  # fmt: skip
def test_not_beside_an_answer_is_not(when: str):
    assert silences(when) == []


def silences(when: str) -> list[tuple[str, str]]:
    """(keys below `when`, question)."""
    found = study(SMALL + FILTERS + f"indicators: {{i: {{when: {when}, base: everyone}}}}")
    silent = counts_silence(found.indicators["i"].when, found.resolver)
    return [(".".join(map(str, at)), ref) for at, ref in silent]
