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
        (1.0412, 1.0388, 0.999, "fell from 1.041 to 1.039 (1.00 times"),
        (2.4, 1.9, 0.98, "fell from 2.4 to 1.9 (0.79 times"),
        (1.04, 0.96, 1.01, "did not clearly change (1.0 and 1.0) (0.92 times"),
    ],
)
def test_values_that_clearly_differ_do_not_seem_equal(before: float, after: float, high: float, says: str):
    row = {
        "measure": "finding", "name": "is_content", "comparison": "use", "segment": "all", "level": "all",
        "wave_before": "1", "wave": "2", "value_before": before, "value": after, "change": after / before,
        "change_low": 0.5, "change_high": high, "ci_level": 0.95, "n_before": 40, "n": 60, "comparable": True,
        "status": "show", "status_reason": "",
    }  # fmt: skip
    assert says in trend_wording(STUDY, STUDY.resolver, row)
