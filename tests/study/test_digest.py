"""A section's digest changes with what it says, and with nothing else."""

from __future__ import annotations

import re

import pytest

from tests.study.files import EXAMPLE, changed, loaded

SECTIONS = ("questions", "scales", "filters", "cleaning", "score", "tiers", "segments", "indicators", "comparisons")


def digests(text: str) -> dict[str, str]:
    file = loaded(text)
    return {section: file.digest((section,)) for section in (*SECTIONS, "display")}


@pytest.mark.parametrize(
    "same",
    [
        "# a comment\n" + EXAMPLE,
        re.sub(r"[ ]+#.*", "", EXAMPLE),
        EXAMPLE.replace("\n", "\r\n"),
        EXAMPLE + "\n\n\n",
        changed("  teams:\n    type: multiple\n", "  teams:\n\n    # teams\n    'type': \"multiple\"\n"),
        changed("cuts: [70]", "cuts: ['70',\n  ]"),
    ],
)
def test_comments_and_layout_change_nothing(same: str):
    assert digests(same) == digests(EXAMPLE)


@pytest.mark.parametrize(
    ("old", "new", "section"),
    [
        ("text: Yearly budget", "text: Yearly budgets", "questions"),
        ("asked_if: {consent: [\"yes\"]}", "label: x", "questions"),
        ("{north: North, south: South}", "{south: South, north: North}", "questions"),
        ("rarely: Rarely", "rarely: rarely", "scales"),
        ("at_least: 1000", "at_least: 1001", "filters"),
        ("answered_below: 0.8", "answered_below: 0.80", "cleaning"),
        ("weight: 1,", "weight: 2,", "score"),
        ("cuts: [70]", "cuts: [71]", "tiers"),
        ("bands: [1000, 100000]", "bands: [1000]", "segments"),
        ("base: asked", "base: everyone", "indicators"),
        ("b: everyone_else", "b: rest", "comparisons"),
        ("disclosure:", "display: {suppress_below: 20}\ndisclosure:", "display"),
    ],
)  # fmt: skip
def test_a_change_is_seen_in_its_section_and_nowhere_else(old: str, new: str, section: str):
    before, after = digests(EXAMPLE), digests(changed(old, new))
    assert {name for name in before if before[name] != after[name]} == {section}


def test_a_digest_of_several_sections_is_of_all_of_them():
    before, after = loaded(EXAMPLE), loaded(changed("cuts: [70]", "cuts: [71]"))
    assert before.digest(("score", "tiers")) != after.digest(("score", "tiers"))
    assert before.digest(("score", "segments")) == after.digest(("score", "segments"))
    assert before.digest(()) == after.digest(())
