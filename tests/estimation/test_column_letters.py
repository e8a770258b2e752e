"""Column letters against R's z values, and by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import stats

from pipeline.estimation.column_letters import banner_rows, column_letter, higher_than, pooled_z
from pipeline.study.loading import study_from_text
from tests.estimation.schools import REFERENCES

PUBLISHED = yaml.safe_load((REFERENCES / "other.yaml").read_text())["column_letters"]
COUNTS, BASES = (np.array([PUBLISHED[name]], float) for name in ("counts", "n"))
ALL = np.ones((3, 3), dtype=bool)

STUDY = study_from_text("""
title: Banners
sample: {type: opt_in, population: people}
questions:
  q: {type: single, text: Q, options: {"yes": "Yes", "no": "No"}}
  size: {type: single, text: S, options: {a: A, b: B, c: C}}
segments: {size: {question: size, nets: {a_or_b: [a, b]}}, kind: {levels: {x: {q: ["yes"]}, y: {size: [a]}}}}
""").study


def test_z_values_are_those_published():
    z = pooled_z(COUNTS / BASES, BASES)[0]
    assert [z[0, 1], z[0, 2], z[1, 2]] == pytest.approx(PUBLISHED["z"], rel=1e-8)
    assert z == pytest.approx(-z.T, nan_ok=True)


def test_after_bonferroni_only_the_first_column_is_higher_than_the_third():
    higher = higher_than(COUNTS / BASES, BASES, ALL, np.ones((1, 3), dtype=bool))[0]
    assert np.argwhere(higher).tolist() == [[0, 2]]


def test_a_column_on_too_small_a_base_is_not_tested():
    """What is left is one pair: z = 2.12 is over 1.96."""
    higher = higher_than(COUNTS / BASES, BASES, ALL, np.array([[True, True, False]]))[0]
    assert np.argwhere(higher).tolist() == [[0, 1]]


def test_fewer_pairs_need_less():
    """A against B alone: z = 2.12 is over 1.96, and under 2.39, which three pairs need."""
    share, base = (COUNTS / BASES)[:, :2], BASES[:, :2]
    assert higher_than(share, base, ALL[:2, :2], np.ones((1, 2), dtype=bool))[0, 0, 1]


@pytest.mark.parametrize(("place", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (27, "AB"), (701, "ZZ"), (702, "AAA")])
def test_letters_go_on_after_z(place: int, letters: str):
    assert column_letter(place) == letters


@pytest.mark.parametrize(
    ("share", "base"), [(np.zeros((1, 3)), BASES), (np.ones((1, 3)), BASES), (BASES * np.nan, 0 * BASES)]
)
def test_nothing_is_higher_where_nothing_differs(share, base):
    assert not higher_than(share, base, ALL, np.ones((1, 3), dtype=bool)).any()


def toplines() -> pd.DataFrame:
    rows = []
    for segment, level, x, n in (
        ("all", "all", 135, 300), ("size", "a", 60, 100), ("size", "b", 45, 100), ("size", "c", 30, 100),
        ("size", "a_or_b", 105, 200), ("kind", "x", 90, 100), ("kind", "y", 10, 100),
    ):  # fmt: skip
        rows += [
            {"question": "q", "option": option, "segment": segment, "level": level, "x": count, "n": n, "n_eff": n,
             "weighted_base": n, "share": count / n, "status": "show"}
            for option, count in (("yes", x), ("no", n - x))
        ]  # fmt: skip
    return pd.DataFrame(rows)


def test_nets_are_not_tested_against_their_parts_nor_overlapping_levels_at_all():
    """Pairs are A-B, A-C, B-C and the net against C: z of A-C 4.26 and of the net against C 3.71 are over 2.50."""
    rows = banner_rows("w", toplines(), None, STUDY.segment_columns, 30)
    found = {(r["segment"], r["level"], r["option"]): (r["letter"], r["higher_than"]) for r in rows.to_dict("records")}
    assert found["size", "a", "yes"] == ("A", "C")
    assert found["size", "b", "yes"] == ("B", "")
    assert found["size", "c", "yes"] == ("C", "")
    assert found["size", "a_or_b", "yes"] == ("D", "C")
    assert found["size", "c", "no"] == ("C", "A D")
    assert found["kind", "x", "yes"] == ("A", "")
    assert len(rows) == 2 * (4 + 2)


def test_nobody_and_no_segments_give_no_rows():
    assert banner_rows("w", toplines(), None, (), 30).empty


def test_letters_are_those_of_every_pair_tested_by_itself():
    rng = np.random.default_rng(2)
    n = rng.integers(0, 200, (40, 6)).astype(float)
    x = rng.binomial(n.astype(int), rng.random((40, 6))).astype(float)
    apart = np.triu(rng.random((6, 6)) < 0.8, 1)
    share = np.divide(x, n, out=np.full(n.shape, np.nan), where=n > 0)
    found = higher_than(share, n, apart | apart.T, n >= 30)
    for k in range(40):
        pairs = [(i, j) for i, j in np.argwhere(apart) if min(n[k, i], n[k, j]) >= 30]
        for i, j in pairs:
            common = (x[k, i] + x[k, j]) / (n[k, i] + n[k, j])
            error = np.sqrt(common * (1 - common) * (1 / n[k, i] + 1 / n[k, j]))
            gap = share[k, i] - share[k, j]
            significant = error > 0 and 2 * stats.norm.sf(abs(gap) / error) * len(pairs) < 0.05
            assert (found[k, i, j], found[k, j, i]) == (significant and gap > 0, significant and gap < 0)
        assert found[k].sum() <= len(pairs)


def test_an_effective_base_may_be_too_small_where_the_base_is_not():
    rows = toplines().assign(n_eff=lambda t: t["n_eff"].where(t["level"] != "a", 29.0))
    found = banner_rows("w", rows, None, STUDY.segment_columns, 30).set_index(["segment", "level", "option"])
    assert found.loc[("size", "a", "yes"), "higher_than"] == ""
    assert found.loc[("size", "c", "no"), "higher_than"] == "D"


def test_an_option_may_be_called_all_and_a_number_has_no_letters():
    rows = toplines().replace({"option": {"yes": "all"}})
    number = rows[rows["option"] == "all"].assign(question="age", share=np.nan)
    number.loc[number["level"] == "b", "n"] = 0
    found = banner_rows("w", pd.concat([rows, number], ignore_index=True), None, STUDY.segment_columns, 30)
    assert set(found["question"]) == {"q"}
    assert set(found["option"]) == {"all", "no"}


def test_a_column_without_a_share_is_there_and_without_letters():
    """Nobody in level a has a weight: its share is unknown though it has respondents."""
    rows = toplines()
    rows.loc[rows["level"] == "a", ["share", "n_eff"]] = np.nan
    found = banner_rows("w", rows, None, STUDY.segment_columns, 30)
    assert not found[["x", "n"]].isna().any(axis=None)
    assert len(found) == 2 * (4 + 2)
    assert set(found.loc[found["level"] == "a", "higher_than"]) == {""}
