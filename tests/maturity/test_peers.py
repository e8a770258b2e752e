"""Percentiles of peers and places among them, against numpy, scipy and by hand."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import engine
from pipeline.maturity.peers import PERCENTS, peer_percentiles_query, peer_places_query
from pipeline.study.columns import SegmentColumns

INDUSTRY = SegmentColumns(
    "industry", ("bank", "shop", "farm"), False, "industry", (), {"town": ("bank", "shop")}, {}, ("industry",)
)
PERCENT_COLUMNS = [f"p{percent}" for percent in PERCENTS]


def respondents(scores, levels=None, weights=None, dispositions=None) -> pa.Table:
    n = len(scores)
    return pa.table(
        {
            "wave": pa.array(["w"] * n, pa.string()),
            "source_row": pa.array(range(1, n + 1), pa.int64()),
            "respondent_id": pa.array([f"r{i}" for i in range(1, n + 1)], pa.string()),
            "disposition": pa.array(dispositions or ["analysed"] * n, pa.string()),
            "weight": pa.array([1.0] * n if weights is None else weights, pa.float64()),
            "score": pa.array(scores, pa.float64()),
            "industry": pa.array(levels or ["bank"] * n, pa.string()),
        }
    )


def percentiles(table: pa.Table, peers: SegmentColumns | None = INDUSTRY, suppress: int = 1, footnote: int = 1) -> dict:
    found = engine.fetch(peer_percentiles_query("2021", peers, suppress, footnote), {"respondents": table}).to_pylist()
    assert {row["wave"] for row in found} == {"2021"}
    return {(row["segment"], row["level"]): row for row in found}


def places(table: pa.Table, peers: SegmentColumns | None = INDUSTRY, suppress: int = 1, footnote: int = 1) -> dict:
    found = engine.fetch(peer_places_query("2021", peers, suppress, footnote), {"respondents": table}).to_pylist()
    return {(row["segment"], row["source_row"]): row for row in found}


def of(row: dict) -> list[float]:
    return [row[name] for name in PERCENT_COLUMNS]


# -- percentiles

SCORES = st.lists(
    st.sampled_from([0.0, 33.333333, 50.0, 66.666667, 100.0]) | st.floats(0, 100), min_size=1, max_size=40
)


@settings(max_examples=40, deadline=None)
@given(SCORES, st.sampled_from([1.0, 0.3, 1e-6, 1e12]))
def test_equal_weights_are_numpys_percentiles(scores, weight):
    found = percentiles(respondents(scores, weights=[weight] * len(scores)))["industry", "bank"]
    assert of(found) == pytest.approx(np.percentile(scores, PERCENTS), rel=1e-9, abs=1e-9)
    assert found["mean"] == pytest.approx(np.mean(scores), abs=1e-9)


def test_weighted_percentiles_by_hand():
    """Scores 10, 20, 40 of weights 1, 2, 3 stand at 0.5, 2, 4.5 of 6. From the first to the last are 4: 10% is at 0.9,
    .4 / 1.5 of the way from 10 to 20; 50% at 2.5, a fifth of the way from 20 to 40; 90% at 4.1, .84 of it."""
    found = percentiles(respondents([40, 10, 20], weights=[3, 1, 2]))["all", "all"]
    assert found["p10"] == pytest.approx(10 + 10 * 0.4 / 1.5)
    assert found["p25"] == pytest.approx(10 + 10 * 1 / 1.5)
    assert found["p50"] == pytest.approx(24)
    assert found["p75"] == pytest.approx(20 + 20 * 1.5 / 2.5)
    assert found["p90"] == pytest.approx(20 + 20 * 2.1 / 2.5)
    assert found["mean"] == pytest.approx(170 / 6)
    assert (found["n"], found["weighted_base"]) == (3, 6)


WEIGHTED = st.lists(st.tuples(st.sampled_from([0.0, 25.0, 50.0, 99.5]), st.floats(0.01, 100)), min_size=1, max_size=25)


@settings(max_examples=30, deadline=None)
@given(WEIGHTED, st.sampled_from([1e-9, 3.7, 1e9]), st.randoms())
def test_neither_the_scale_of_weights_nor_the_order_of_rows_matters(rows, factor, random):
    first = of(percentiles(respondents(*zip_up(rows)))["all", "all"])
    random.shuffle(rows)
    shuffled = of(percentiles(respondents(*zip_up(rows)))["all", "all"])
    scaled = of(percentiles(respondents(*zip_up([(s, w * factor) for s, w in rows])))["all", "all"])
    assert shuffled == first
    assert scaled == pytest.approx(first, rel=1e-9, abs=1e-9)
    assert first == sorted(first)
    assert min(s for s, _ in rows) <= first[0]
    assert first[-1] <= max(s for s, _ in rows)


def zip_up(rows):
    scores, weights = zip(*rows, strict=True)
    return list(scores), None, list(weights)


def test_levels_nets_and_everyone():
    """A respondent without level is in `all` alone; a declared level without respondents has a row."""
    found = percentiles(respondents([10, 20, 30, 90], ["bank", "shop", "shop", None]))
    assert {key: (row["n"], row["p50"]) for key, row in found.items()} == {
        ("all", "all"): (4, 25.0), ("industry", "bank"): (1, 10.0), ("industry", "shop"): (2, 25.0),
        ("industry", "town"): (3, 20.0), ("industry", "farm"): (0, None),
    }  # fmt: skip
    assert of(found["industry", "bank"]) == [10.0] * 5


def test_who_is_not_analysed_has_no_score_or_no_weight_is_nobodys_peer():
    table = respondents(
        [10, 20, None, float("nan"), 50, 60], weights=[1, 1, 1, 1, 0, None],
        dispositions=["analysed", "spam", *["analysed"] * 4],
    )  # fmt: skip
    assert percentiles(table)["all", "all"]["n"] == 1
    assert set(places(table)) == {("all", 1), ("industry", 1)}


def test_small_bases_are_marked_and_still_computed():
    found = percentiles(respondents(list(range(12)), ["bank"] * 7 + ["shop"] * 4 + ["farm"]), suppress=4, footnote=7)
    assert {level: (row["status"], row["status_reason"]) for (_, level), row in found.items()} == {
        "all": ("show", ""), "bank": ("show", ""), "town": ("show", ""),
        "shop": ("footnote", "low base: 4 under 7"), "farm": ("suppress", "base 1 under 4"),
    }  # fmt: skip
    assert found["industry", "farm"]["p50"] == 11


def test_without_a_segment_everyone_is_compared_with_everyone():
    assert set(percentiles(respondents([1, 2]), None)) == {("all", "all")}
    assert set(places(respondents([1, 2]), None)) == {("all", 1), ("all", 2)}


def test_a_wave_without_respondents():
    found = percentiles(respondents([]))
    assert {row["n"] for row in found.values()} == {0}
    assert found["all", "all"]["status"] == "suppress"
    assert places(respondents([])) == {}


def test_overlapping_levels_are_refused():
    overlapping = SegmentColumns("teams", ("a", "b"), True, None, (), {}, {"a": 1, "b": 2}, ())
    for query in (peer_percentiles_query, peer_places_query):
        with pytest.raises(ValueError, match="overlap"):
            query("w", overlapping, 30, 100)


def test_names_of_levels_are_quoted():
    odd = SegmentColumns('its "level"', ("it's", "x; --"), False, None, (), {}, {}, ())
    table = respondents([1, 2], ["it's", "x; --"]).rename_columns(
        ["wave", "source_row", "respondent_id", "disposition", "weight", "score", 'its "level"']
    )
    assert percentiles(table, odd)[odd.name, "it's"]["p50"] == 1
    assert places(table, odd)[odd.name, 2]["level"] == "x; --"


# -- places


@settings(max_examples=30, deadline=None)
@given(SCORES)
def test_places_are_scipys_mean_percentile_rank(scores):
    from scipy.stats import percentileofscore

    found = places(respondents(scores))
    for i, score in enumerate(scores, 1):
        assert found["industry", i]["percentile_pct"] == pytest.approx(
            percentileofscore(scores, score, kind="mean"), abs=1e-6
        )


def test_weighted_places_by_hand():
    """Below 20 is weight 1 of 8, at 20 are 2 + 3: (1 + 2.5) / 8; 10 has .5 / 8, 40 has (6 + 1) / 8."""
    found = places(respondents([20, 10, 40, 20], weights=[2, 1, 2, 3]))
    assert [found["all", i]["percentile_pct"] for i in (1, 2, 3, 4)] == [43.75, 6.25, 87.5, 43.75]
    assert found["all", 1]["n_peers"] == 4


def test_each_stands_in_its_own_level():
    found = places(respondents([10, 20, 30, 90], ["bank", "shop", "shop", None]), suppress=2, footnote=3)
    assert {key: (row["level"], row["percentile_pct"], row["n_peers"]) for key, row in found.items()} == {
        ("all", 1): ("all", 12.5, 4), ("all", 2): ("all", 37.5, 4), ("all", 3): ("all", 62.5, 4),
        ("all", 4): ("all", 87.5, 4), ("industry", 1): ("bank", 50.0, 1), ("industry", 2): ("shop", 25.0, 2),
        ("industry", 3): ("shop", 75.0, 2),
    }  # fmt: skip
    assert [found["industry", i]["status"] for i in (1, 2)] == ["suppress", "footnote"]
    assert found["industry", 3]["respondent_id"] == "r3"


@settings(max_examples=30, deadline=None)
@given(WEIGHTED)
def test_the_weighted_mean_of_places_is_the_middle(rows):
    found = places(respondents(*zip_up(rows)))
    shares = np.array([found["all", i]["percentile_pct"] for i in range(1, len(rows) + 1)])
    assert np.average(shares, weights=[w for _, w in rows]) == pytest.approx(50, abs=1e-5)
    assert np.all((shares >= 0) & (shares <= 100))
