"""Rows of table `weighting`."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.weighting.raking import rake
from pipeline.weighting.report import delivered_rows, weighting_rows


def test_a_raked_weight_has_a_row_for_itself_and_one_for_each_category():
    """5 A, 3 B, 2 without an answer, base 1: .625 and .375 before, .25 and .75 after, .2 without both times."""
    margins = ([[0] * 5 + [1] * 3 + [-1] * 2], [[0.25, 0.75]], np.ones(10))
    raked = rake(*margins, trim=4)
    first, *rest = weighting_rows("w1", "main", ["size"], [["A", "B"]], *margins, trim=4, raked=raked)
    assert (first["margin"], first["category"], first["source"]) == ("all", "all", "raked")
    assert (first["n"], first["missing"], first["zero"], first["trim"], first["trimmed"]) == (10, 0, 0, 4, 0)
    assert first["converged"]
    assert (first["smallest"], first["largest"], first["mean"]) == pytest.approx((0.4, 2, 1))
    assert first["deff_kish"] == pytest.approx(1 + first["cv"] ** 2)
    assert first["n_eff_kish"] * first["deff_kish"] == pytest.approx(10)
    assert [row["category"] for row in rest] == ["A", "B", "no_answer"]
    assert [row["n"] for row in rest] == [5, 3, 2]
    assert [row["target"] for row in rest] == [0.25, 0.75, None]
    assert [row["share_before"] for row in rest] == pytest.approx([0.625, 0.375, 0.2])
    assert [row["share_after"] for row in rest] == pytest.approx([0.25, 0.75, 0.2])
    assert all(row["iterations"] is None for row in rest)
    assert len({tuple(row) for row in [first, *rest]}) == 1


def test_a_delivered_weight_has_one_row():
    (row,) = delivered_rows("w1", "panel", [1, 1, 2, 0, np.nan])
    assert (row["source"], row["n"], row["missing"], row["zero"]) == ("delivered", 5, 1, 1)
    assert (row["smallest"], row["largest"], row["n_eff_kish"]) == pytest.approx((1, 2, 16 / 6))
    assert row["converged"] is None


@pytest.mark.parametrize("weights", [[], [np.nan, 0]])
def test_nothing_to_describe_is_empty(weights):
    (row,) = delivered_rows("w1", "panel", weights)
    assert row["largest"] is None
    assert row["n_eff_kish"] is None


def test_equal_weights_have_no_spread():
    assert delivered_rows("w1", "panel", np.full(7, 0.1))[0]["cv"] == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize("weights", [[1, -1], [1, np.inf]])
def test_impossible_weights_are_refused(weights):
    with pytest.raises(ValueError, match="weight panel"):
        delivered_rows("w1", "panel", weights)
