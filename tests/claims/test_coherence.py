"""What printed figures imply about each other, by hand, and that sound ones are left in peace."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.claims.coherence import coherence
from pipeline.study.claim_references import without_charts
from pipeline.study.loading import study_from_text
from tests.small import STUDY_FILE

TEXT = STUDY_FILE.replace("indicators: {", 'indicators: {denies: {when: {content: ["no"]}}, ')
USERS, OTHERS = {"tier": ["users"]}, {"tier": ["others"]}


def conflicts(*records: dict[str, Any], shares: dict[str, float] | None = None) -> dict[str, list[str]]:
    lines = [{"id": f"c{i}", "says": "x", "indicator": "is_content", **record} for i, record in enumerate(records)]
    study = study_from_text(TEXT + f"claims: {lines!r}\n").study
    claims = without_charts(study.claim_set.claims, study.indicators)
    return coherence(study, claims, shares or {"users": 0.4, "others": 0.6})


SOUND = (
    {"comparison": "use", "printed": {"p_a": "75%", "p_b": "25%", "ratio": "3.0"}},
    {"group": USERS, "printed": "75%"}, {"group": OTHERS, "printed": "25%"}, {"printed": "45%"},
    {"comparison": "use", "statistic": "difference", "printed": {"p_a": "75%", "p_b": "25%", "value": "50 points"}},
)  # fmt: skip


def test_sound_figures_agree():
    assert conflicts(*SOUND) == {}


@pytest.mark.parametrize(("records", "words"), [
    ([{"printed": "130%"}], "is no share"),
    ([{"more_than": 1.2}], "between 0 and 1"),
    ([{"comparison": "use", "printed": {"p_a": "63%", "p_b": "37%", "ratio": "twice"}}],
     "is 1.667 to 1.740, which does not print as twice"),
    ([{"comparison": "use", "more_than": 2, "printed": {"p_a": "63%", "p_b": "37%"}}],
     "at most 1.740, not more than 2"),
    ([{"comparison": "use", "printed": {"ratio": "5.0", "p_b": "25%"}}], "more than everyone"),
    ([{"comparison": "use", "more_than": 5}, {"group": OTHERS, "printed": "25%"}], "more than everyone"),
    ([{"comparison": "use", "printed": "2.0"},
      {"group": "users", "printed": "75%"},
      {"group": OTHERS, "printed": "25%"}],
     "give 2.92 to 3.08, not 2.0"),
    ([{"comparison": "use", "statistic": "difference", "printed": {"p_a": "75%", "p_b": "25%", "value": "40 points"}}],
     "49.0 to 51.0 points"),
    ([{"group": "users", "printed": "75%"}, {"group": "others", "printed": "25%"}, {"printed": "80%"}],
     "lies outside the tiers"),
    ([{"group": "users", "printed": "75%"}, {"group": "others", "printed": "25%"}, {"printed": "60%"}], "mix to"),
    ([{"printed": "60%"}, {"indicator": "denies", "printed": "50%"}], "exclude each other come to 110%"),
    ([{"printed": "40%"}, {"indicator": "denies", "printed": "30%"}], "not to everyone"),
])  # fmt: skip
def test_conflicts(records: list[dict[str, Any]], words: str):
    found = conflicts(*records)
    assert found
    assert any(words in text for texts in found.values() for text in texts), found


def test_rounded_shares_may_come_to_a_hundred_and_one():
    assert conflicts({"printed": "51%"}, {"indicator": "denies", "printed": "50%"}) == {}
