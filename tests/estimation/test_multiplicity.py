from pathlib import Path

import numpy as np
import pytest
import yaml

from pipeline.estimation.multiplicity import benjamini_hochberg

REFERENCES = Path(__file__).parents[1] / "references"
PUBLISHED = yaml.safe_load((REFERENCES / "other.yaml").read_text())["benjamini_hochberg"]


def test_the_example_of_benjamini_and_hochberg_by_hand():
    """q is the smallest of p m / rank over this and all later ranks: ranks 6 and 5 take from 7 and none."""
    by_hand = [
        0.0015, 0.003, 0.0095, 0.035625, 0.0603, 0.0298 * 15 / 7, 0.0298 * 15 / 7, 0.0645, 0.0765, 0.486,
        0.4262 * 15 / 11, 0.714875, 0.6528 * 15 / 13, 0.759 * 15 / 14, 1.0,
    ]  # fmt: skip
    q = benjamini_hochberg(PUBLISHED["p"], ["one"] * 15)
    assert q == pytest.approx(by_hand, rel=1e-12)
    assert np.sum(q <= 0.05) == PUBLISHED["rejected_at_5_percent"]["bh"]


def test_families_do_not_see_each_other_whatever_their_order():
    p = np.array(PUBLISHED["p"])
    mixed = np.random.default_rng(5).permutation(30)
    both, family = np.concatenate([p, [0.5] * 15])[mixed], np.repeat(["wave 1", "wave 2"], 15)[mixed]
    q = benjamini_hochberg(both, family)
    alone = benjamini_hochberg(p, np.zeros(15))
    assert np.sort(q[family == "wave 1"]) == pytest.approx(alone, rel=1e-12)
    assert q[family == "wave 2"] == pytest.approx([0.5] * 15)


def test_a_finding_without_p_is_not_counted():
    """Two p values remain: 0.01 x 2 / 1 and 0.04 x 2 / 2."""
    q = benjamini_hochberg([0.04, np.nan, 0.01, np.nan], [1, 1, 1, 2])
    assert q == pytest.approx([0.04, np.nan, 0.02, np.nan], nan_ok=True)


def test_nothing_in_nothing_out():
    assert benjamini_hochberg([], []).shape == (0,)


@pytest.mark.parametrize(
    ("p", "family", "complaint"),
    [([1.1], [1], "between 0 and 1"), ([0.1, 0.2], [1], "one length"), ([[0.1]], [[1]], "lists")],
)
def test_what_is_not_p_values_is_refused(p, family, complaint):
    with pytest.raises(ValueError, match=complaint):
        benjamini_hochberg(p, family)
