"""Sentences that claims support: never more than the interval, groups and base named. By hand on the small study."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.reading import rows_of
from tests.homes import make_home, survey
from tests.small import STUDY_FILE, small_delivery

STUDY = "small"
RECORDS = {
    # 30 of 40 users and 15 of 60 others: a ratio of 3, limits under 2 and over 4
    "more-than-1": ({"comparison": "use", "more_than": 1}, "Users respondents are 3.0 times as likely as"),
    "more-than-15": ({"comparison": "use", "more_than": 1.5}, "Users respondents are more than 1.5 times as likely as"),
    "more-than-2": ({"comparison": "use", "more_than": 2}, "Users respondents are 3.0 times as likely as"),
    "about-3": ({"comparison": "use", "about": 3}, "Users respondents are 3.0 times as likely as"),
    "difference": ({"comparison": "use", "statistic": "difference", "more_than": 0.2}, "is 50 percentage points more"),
    "share": ({"group": "users", "more_than": 0.5}, "More than 50% of users respondents be content"),
    "thirds": ({"group": "users", "more_than": 0.6667}, "75% of users respondents be content"),
    "town": ({"group": {"place": ["town"]}, "about": 0.45, "margin": 0.3}, "About 45% of respondents with place"),
    "count": ({"statistic": "count", "equal": 45}, "45 of 100 respondents be content."),
}  # fmt: skip


@pytest.fixture(scope="module")
def wordings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    lines = [{"id": name, "says": "x", "indicator": "is_content", **record} for name, (record, _) in RECORDS.items()]
    file: Path = tmp_path_factory.mktemp("study") / f"{STUDY}.yaml"
    file.write_text(STUDY_FILE + f"claims: {json.dumps(lines)}\n")
    home = make_home(tmp_path_factory.mktemp("home"), file)
    home.raw(STUDY).joinpath("1").mkdir(parents=True)
    home.raw(STUDY).joinpath("1", "export.csv").write_text(small_delivery())
    survey(home, "run", STUDY)
    return {row["claim"]: row["wording"] for row in rows_of(home, STUDY, "SELECT * FROM claims")[1]}


@pytest.mark.parametrize("name", RECORDS)
def test_the_strongest_true_sentence(name: str, wordings: dict[str, str]):
    assert RECORDS[name][1] in wordings[name]
    if name != "count":
        assert "model-based 95% CI" in wordings[name]
        assert "n = " in wordings[name]
        assert "low base" in wordings[name]
    assert "those who answered" not in wordings[name]  # everyone did
