"""Sentences that claims support: never more than the interval, groups and base named. By hand on the small study."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from pipeline.claims.figures import Asked, Figure
from pipeline.claims.sentences import supported
from pipeline.claims.verdicts import Estimate
from pipeline.reading import rows_of
from pipeline.study.claims import Claim, Margins
from pipeline.study.loading import study_from_text
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


def said(claim: dict[str, object], estimate: tuple[float, float, float], **parts: float) -> str:
    """The sentence of a figure whose limits are given."""
    made = study_from_text(STUDY_FILE).study
    declared = Claim.model_validate({"id": "c", "says": "x", **claim})
    everyone, answers = np.ones(100, dtype=bool), np.ones(100)
    two = declared.measures == "difference"
    asked = Asked(declared, everyone, everyone if two else None, answers, "", "answered", "users", "others" * two)
    value, low, high = estimate
    figure = Figure(Estimate(value, low, high, low, high), 100, 100 if two else None, None, None, parts, "by hand")
    return supported(made, asked, figure, Margins())


DIFFERENCE = {"statistic": "difference", "indicator": "is_content", "comparison": "use", "more_than": 0}
SHARES = {"p_a": 0.31, "p_b": 0.25, "ratio": 1.24}


def test_a_difference_is_clear_by_its_own_interval_and_not_by_that_of_the_ratio():
    holds_0 = said(DIFFERENCE, (0.06, -0.002, 0.12), ratio_low=1.001, ratio_high=1.6, **SHARES)
    assert holds_0 == (
        "There is no clear difference between the shares of users and of others who be content (31% against 25%, "
        "model-based 95% CI -0.2 to +12.0 points, n = 100 and 100)."
    )
    leaves_it_out = said(DIFFERENCE, (0.06, 0.002, 0.12), ratio_low=0.999, ratio_high=1.6, **SHARES)
    assert leaves_it_out == (
        "The share of users who be content is 6.0 percentage points more than that of others (31% against 25%, "
        "model-based 95% CI +0.2 to +12.0 points, n = 100 and 100)."
    )


def test_points_of_changes_do_not_seem_0_where_they_are_not():
    change = {"statistic": "change", "indicator": "is_content", "before": "1", "more_than": 0}
    assert "did not clearly change  (+6.0 percentage points, model-based 95% CI -0.2 to +12.0," in said(
        change, (0.06, -0.002, 0.12)
    )


@pytest.mark.parametrize(("record", "text"), [
    ({"about": 1400}, "give 1,396 on average to income (model-based 95% CI 379 to 2,413,"),
    ({"about": 1400, "digits": 1}, "give 1,396.2 on average to income (model-based 95% CI 379.3 to 2,413.1,"),
    ({"printed": "1,396.24"}, "give 1,396.24 on average to income (model-based 95% CI 379.30 to 2,413.10,"),
])  # fmt: skip
def test_a_mean_has_all_its_digits(record: dict[str, object], text: str):
    mean = {"statistic": "mean", "question": "income", **record}
    assert text in said(mean, (1396.24, 379.3, 2413.1))


@pytest.mark.parametrize("record", [DIFFERENCE, {"indicator": "is_content", "more_than": 0}])
def test_without_an_interval_there_is_no_sentence(record: dict[str, object]):
    assert said(record, (0.06, math.nan, math.nan), ratio_low=math.nan, ratio_high=math.nan, **SHARES) == ""
