"""Large study files load in time that grows with their size, hostile ones are refused at once."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

import pytest

from tests.study.files import HEAD, SMALL, loaded, refused


def seconds(action: Callable[[], object]) -> float:
    start = perf_counter()
    action()
    return perf_counter() - start


def large(n: int) -> str:
    """n questions on one scale, each asked after another, with an indicator on each."""
    questions = "".join(
        f"  q{i}: {{type: single, text: Question number {i}?, scale: often, asked_if: {{q{max(0, i - 1)}: [a, b]}}}}\n"
        for i in range(1, n)
    )
    indicators = "".join(f"  i{i}: {{when: {{q{i}: [a]}}, base: asked}}\n" for i in range(n))
    return (
        f"{HEAD}scales: {{often: {{a: A, b: B, dk: {{text: D, is: dont_know}}}}}}\n"
        f"questions:\n  q0: {{type: single, text: First, scale: often}}\n{questions}indicators:\n{indicators}"
    )


def test_two_thousand_questions_load_in_about_a_second():
    text = large(2000)
    assert seconds(lambda: loaded(text)) < 2  # 0.3 on an idle core


def test_time_grows_with_size_not_with_its_square():
    small, big = large(500), large(4000)
    loaded(small)
    base = min(seconds(lambda: loaded(small).study.scored_indicators) for _ in range(3))
    assert min(seconds(lambda: loaded(big).study.scored_indicators) for _ in range(3)) < 8 * base * 3


def many(n: int, line: str) -> str:
    return "".join(line.replace("%1", str(i + 1)).replace("%", str(i)) for i in range(n))


@pytest.mark.parametrize(
    "text",
    [
        SMALL + many(5000, "nosuch%: 1\n"),
        SMALL + "indicators:\n" + many(5000, "  i%: {when: {nosuch%: [a]}}\n"),
        f"{HEAD}questions:\n" + many(3000, "  q%: {type: single, text: Q%, scale: nosuch%}\n"),
        SMALL + "filters:\n" + many(5000, "  f%: {not: f%1}\n") + "  f5000: f0\n",
        SMALL + "filters:\n  f0: {choice: [a]}\n" + many(40, "  f%1: {any: [f%, f%]}\n"),
        SMALL + "segments: {s: {levels: {" + many(3000, "L%: {choice: [a]}, ") + "l0: {choice: [b]}}}}\n",
        SMALL.replace("{a: A,", "{" + many(3000, "o%: {text: O%, was: {w%: P%}}, ") + "p: o1,"),
        SMALL + "score: {dimensions: {d: {items: [" + many(5000, "ticks.x%, ") + "ticks.x]}}}\n",
        SMALL.replace("Which?", "<a" * 200_000),
        "x: *a\n" * 100_000,
    ],
    ids=["keys", "references", "scales", "circle", "doubling", "levels", "renamed", "items", "tags", "aliases"],
)
def test_hostile_files_are_refused_or_read_quickly(text: str):
    def attempt() -> None:
        if "<a<a" in text:
            loaded(text)
        else:
            refused(text)

    assert seconds(attempt) < 2
