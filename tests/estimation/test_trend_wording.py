"""A change in words: no sentence may seem to say that a figure fell from 1.0 to 1.0."""

from __future__ import annotations

import pytest

from pipeline.estimation.trend_wording import trend_wording
from pipeline.study.loading import study_from_text
from tests.small import STUDY_FILE

STUDY = study_from_text(STUDY_FILE).study


@pytest.mark.parametrize(
    ("before", "after", "high", "says"),
    [
        (1.04, 0.96, 0.98, "fell from 1.04 to 0.96 (0.92 times"),
        (1.0412, 1.0388, 0.999, "fell from 1.041 to 1.039 (0.998 times, model-based 95% CI 0.50 to 0.999"),
        (2.4, 1.9, 0.98, "fell from 2.4 to 1.9 (0.79 times"),
        (1.04, 0.96, 1.01, "did not clearly change (1.0 and 1.0) (0.92 times"),
    ],
)
def test_values_that_clearly_differ_do_not_seem_equal(before: float, after: float, high: float, says: str):
    assert says in said(value_before=before, value=after, change=after / before, change_high=high)


def said(**values: object) -> str:
    row = {
        "measure": "finding", "name": "is_content", "comparison": "use", "segment": "all", "level": "all",
        "wave_before": "1", "wave": "2", "value_before": 1.0, "value": 1.2, "change": 1.2,
        "change_low": 0.5, "change_high": 2.0, "ci_level": 0.95, "n_before": 100, "n": 100, "comparable": True,
        "status": "show", "status_reason": "",
    }  # fmt: skip
    return trend_wording(STUDY, STUDY.resolver, row | values)


def test_shares_are_rounded_as_in_findings():
    """57 of 200 and 125 of 200 are 28.5% and 62.5%: halves go up, as in print."""
    text = said(
        measure="indicator", value_before=57 / 200, value=125 / 200, change=0.34, change_low=0.2, change_high=0.4
    )
    assert "rose from 29% to 63% (+34 percentage points" in text


def test_limits_of_a_change_of_ratios_do_not_seem_to_hold_1():
    assert "rose from 1.0 to 1.2 (1.05 times, model-based 95% CI 1.003 to 1.10, n" in said(
        change=1.05, change_low=1.003, change_high=1.10
    )


def test_a_low_base_in_either_wave_is_said_whatever_the_reason():
    """Bases under 100, the default of `footnote_below`."""
    reason = "interval 140% of the complement; low base: 99 under 100"
    assert "n = 99 and 100, low base)" in said(n_before=99, status="footnote", status_reason=reason)
    assert "n = 100 and 99, low base)" in said(n=99, status="review", status_reason="share is 100%")
    assert "low base" not in said()


def test_a_ratio_of_groups_that_the_indicator_defines_says_so():
    reason = "the indicator is part of what defines the groups; low base: 99 under 100"
    assert said(status="footnote", status_reason=reason).endswith("[the indicator is part of what defines the groups]")
