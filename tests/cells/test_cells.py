"""Cells against sums over respondents, and covers that hold everyone exactly once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from pipeline import tables
from pipeline.cells.cells import Weighting, cells_query
from pipeline.cells.sums import Cells, covering, members_of, read_cells
from pipeline.study.loading import study_from_text
from tests.cells.conftest import Make
from tests.records import table_of

STUDY = study_from_text("""
title: Cells
sample: {type: opt_in, population: people}
questions:
  size: {type: single, text: Size, options: {small: Small, middle: Middle, large: Large}}
  teams: {type: multiple, text: Teams, options: {service: Service, sales: Sales, dk: {text: Unsure, is: dont_know}}}
  a: {type: single, text: A, options: {"yes": "Yes", "no": "No"}}
  b: {type: multiple, text: B, options: {x: X, y: Y, z: Z}}
design: {strata: place}
weights: {main: {column: w}}
tiers: {order: [low, high], answers: {low: {a: ["no"]}, high: {a: ["yes"]}}}
segments:
  size: {question: size, nets: {not_large: [small, middle]}}
  team: {question: teams}
  kind: {levels: {All in: {size: [small]}, Odd: {a: ["yes"]}}}
indicators:
  one: {when: {a: ["yes"]}}
  gone: {when: {b: [z]}}
  two: {when: {b: [x]}}
  three: {when: {b: [y]}}
  four: {when: {b: [y]}, base: everyone}
""").study
SEGMENTS = {s.name: s for s in STUDY.segment_columns}
INDICATORS = ["one", "gone", "two", "three", "four"]
BASES = {"one": "one", "gone": "gone", "two": "gone", "three": "gone", "four": "four"}
"""Three indicators look at the same question with the same rule: they share one base."""

Frame = pd.DataFrame
KEYS_AND_COUNT = pa.schema(list(tables.CELLS.arrow_schema(STUDY))[:10])


def respondents(seed: int, size: int, weights: bool = True) -> Frame:
    """Random rows of table `respondents`; the option of `gone` was not in this wave."""
    rng = np.random.default_rng(seed)

    def some(*values: Any) -> list[Any]:
        return [values[i] for i in rng.integers(0, len(values), size)]

    answered = rng.random(size) < 0.7
    two, three = (pd.Series(some(1, 0), dtype="Int8").where(answered) for _ in range(2))
    return Frame({
        "wave": "w", "source_row": range(1, size + 1), "respondent_id": [f"r{i}" for i in range(size)],
        "disposition": some("analysed", "analysed", "analysed", "spam"),
        "weight": rng.uniform(0.2, 5, size) if weights else np.ones(size), "stratum": some("north", "south"),
        "tier": some("low", "high", None), "size": some("small", "middle", "large", None),
        "team__service": some(1, 0), "team__sales": some(1, 0, 0),
        "kind__all_in": some(1, 0), "kind__odd": some(1, 0),
        "one": pd.Series(some(1, 0, None), dtype="Int8"), "gone": pd.Series([None] * size, dtype="Int8"),
        "two": two, "three": three, "four": pd.Series(some(1, 0), dtype="Int8"),
    })  # fmt: skip


def rows_of(frame: Frame) -> pa.Table:
    frame = frame.assign(weight_main=frame["weight"])
    records = [{k: None if pd.isna(v) else v for k, v in row.items()} for row in frame.to_dict("records")]
    return table_of(tables.RESPONDENTS, STUDY, records)


def cells_of(frame: Frame, make: Make) -> pa.Table:
    query = cells_query(STUDY.segment_columns, STUDY.indicator_columns, (Weighting("main", False, False),), strata=True)
    return make(query, tables.CELLS.arrow_schema(STUDY), {"respondents": rows_of(frame)})


def analysed(frame: Frame) -> Frame:
    return frame[frame["disposition"] == "analysed"]


def sums(frame: Frame) -> dict[str, float]:
    """What a cell holds, from the respondents in it."""
    w = frame["weight"]
    found = {"n": len(frame), "w": w.sum(), "ww": (w**2).sum()}
    for name in INDICATORS:
        # All that share a base are known of the same respondents, unless the wave could not measure them.
        sharing = [i for i in INDICATORS if BASES[i] == BASES[name]]
        base = frame[sharing].notna().any(axis=1)
        yes = (frame[name] == 1).fillna(False).astype(bool)
        found |= {
            f"{BASES[name]}__n_base": base.sum(), f"{BASES[name]}__w_base": w[base].sum(),
            f"{BASES[name]}__ww_base": (w[base] ** 2).sum(),
        }  # fmt: skip
        measured = frame[name].notna().any()
        found |= {
            f"{name}__n_yes": yes.sum() if measured else np.nan, f"{name}__w_yes": w[yes].sum() if measured else np.nan,
            f"{name}__ww_yes": (w[yes] ** 2).sum() if measured else np.nan,
        }  # fmt: skip
    return found


def sets_of(frame: Frame) -> dict[tuple[str, str | None], pd.Series]:
    """(segment, level): who is in it, as the declaration of the segments says."""
    everyone = pd.Series(True, index=frame.index)
    found = {("all", "all"): everyone}
    for level in ("small", "middle", "large"):
        found["size", level] = frame["size"] == level
    found["size", None] = frame["size"].isna()
    ticked = (frame["team__service"] == 1) | (frame["team__sales"] == 1)
    for level, column, known in (
        ("service", "team__service", ticked), ("sales", "team__sales", ticked),
    ):  # fmt: skip
        found["team", level], found["not team", level] = frame[column] == 1, (frame[column] == 0) & known
    for level, column in (("All in", "kind__all_in"), ("Odd", "kind__odd")):
        found["kind", level], found["not kind", level] = frame[column] == 1, frame[column] == 0
    return found


@pytest.mark.parametrize(("seed", "size"), [(1, 400), (2, 30), (3, 3), (4, 1)])
def test_cells_are_sums_over_their_respondents(seed: int, size: int, make: Make):
    frame = respondents(seed, size)
    there = analysed(frame)
    expected = {}
    for (segment, level), chosen in sets_of(there).items():
        for tier in ("low", "high", None):
            for stratum in ("north", "south"):
                part = there[chosen & (there["tier"].isna() if tier is None else there["tier"] == tier)]
                part = part[part["stratum"] == stratum]
                if len(part):
                    expected["w", "main", 0, stratum, 0, 0, segment, level, tier] = sums(part)
    found = {}
    for row in cells_of(frame, make).to_pylist():
        key = tuple(row.pop(name) for name in tables.CELLS.key)
        assert key not in found
        found[key] = {name: np.nan if value is None else value for name, value in row.items()}
    assert found.keys() == expected.keys()
    for key, row in expected.items():
        assert found[key] == pytest.approx(row, rel=1e-10, nan_ok=True)  # weights are rounded, key


def test_cells_of_disjoint_sets_of_respondents_add_up(make: Make):
    frame = respondents(5, 300)
    first = np.random.default_rng(6).random(300) < 0.4
    keys = list(tables.CELLS.key)

    def summed(*parts: pa.Table) -> Frame:
        together = pd.concat([part.to_pandas() for part in parts])
        return together.groupby(keys, dropna=False).sum().sort_index()

    apart, together = summed(cells_of(frame[first], make), cells_of(frame[~first], make)), summed(cells_of(frame, make))
    pd.testing.assert_frame_equal(apart, together, rtol=1e-10, check_dtype=False)


def test_nobody_makes_no_cells(make: Make):
    frame = respondents(1, 5).assign(disposition="spam")
    cells = read_cells(cells_of(frame, make), STUDY.indicator_columns, "main")
    assert cells.n_base.shape == (0, 5)
    for segment in (None, *STUDY.segment_columns):
        assert len(covering(cells, segment, "service").n) == 0


def test_a_study_without_segments_or_indicators_has_cells_by_tier(make: Make):
    frame = respondents(7, 50)
    found = make(cells_query((), ()), KEYS_AND_COUNT, {"respondents": rows_of(frame)})
    assert set(found["segment"].to_pylist()) == set(found["level"].to_pylist()) == {"all"}
    assert sum(found["n"].to_pylist()) == len(analysed(frame))


def totals(cells: Cells, chosen: np.ndarray | None = None) -> dict[str, np.ndarray]:
    part = cells if chosen is None else cells.rows(chosen)
    return {name: getattr(part, name).sum(axis=0) for name in ("n", *Cells.SUMS)}


def brute(frame: Frame) -> dict[str, np.ndarray]:
    found = sums(frame)
    base = [BASES[name] if frame[name].notna().any() else None for name in INDICATORS]
    answer: dict[str, np.ndarray] = {"n": np.array(float(len(frame)))}
    for kind in ("n", "w", "ww"):
        answer[f"{kind}_base"] = np.array([found[f"{b}__{kind}_base"] if b else 0.0 for b in base], float)
        answer[f"{kind}_yes"] = np.array([np.nan_to_num(found[f"{name}__{kind}_yes"]) for name in INDICATORS], float)
    return answer


def assert_sums(got: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    for name, values in expected.items():
        assert got[name] == pytest.approx(values, rel=1e-9, abs=1e-9), name


Covered = Callable[[int], tuple[Frame, Cells]]


@pytest.fixture(scope="module")
def known() -> dict[tuple[object, int], tuple[Frame, Cells]]:
    return {}


@pytest.fixture
def covered(make: Make, request: pytest.FixtureRequest, known: dict[Any, tuple[Frame, Cells]]) -> Covered:
    """Analysed respondents and their cells by seed; those of an engine are made once."""
    engine = request.node.callspec.params["make"]

    def found(seed: int) -> tuple[Frame, Cells]:
        if (engine, seed) not in known:
            frame = respondents(seed, 150)
            known[engine, seed] = analysed(frame), read_cells(cells_of(frame, make), STUDY.indicator_columns, "main")
        return known[engine, seed]

    return found


PLACES = [(None, "")] + [(segment, level) for name, segment in SEGMENTS.items() for level in SEGMENTS[name].all_levels]


@pytest.mark.parametrize(("segment", "level"), PLACES, ids=lambda part: getattr(part, "name", part or "all"))
@pytest.mark.parametrize("seed", [8, 9])
def test_a_cover_holds_every_analysed_respondent_once(segment: Any, level: str, seed: int, covered: Covered):
    """Weights are added up and taken apart again, and nothing is left of them where nobody is left."""
    there, cells = covered(seed)
    cover = covering(cells, segment, level)
    assert_sums(totals(cover), brute(there))
    for sums_of in (getattr(cover, name) for name in ("n", *Cells.SUMS)):
        assert np.all(sums_of >= 0)
    assert np.all(cover.w_base[cover.n_base == 0] == 0)
    assert np.all(cover.w_yes[cover.n_yes == 0] == 0)
    if segment is None:
        return
    inside = np.isin(cover.level, members_of(segment, level))
    unknown = np.array([name is None for name in cover.level], bool)
    sets = sets_of(there)
    members = sum(
        (sets[segment.name, part] for part in members_of(segment, level)), start=pd.Series(False, there.index)
    )
    known_outside = sets["not " + segment.name, level] if segment.overlapping else there["size"].notna() & ~members
    assert_sums(totals(cover, inside), brute(there[members]))
    assert_sums(totals(cover, ~inside & ~unknown), brute(there[known_outside]))
    assert_sums(totals(cover, unknown), brute(there[~members & ~known_outside]))
    for tier in ("low", "high", None):
        chosen = np.array([name == tier for name in cover.tier]) & inside
        assert (
            cover.n[chosen].sum() == (members & (there["tier"].isna() if tier is None else there["tier"] == tier)).sum()
        )


def test_an_indicator_of_which_the_wave_lacks_the_option_has_no_base_and_its_siblings_keep_theirs(make: Make):
    """It stands first in the study file, and lends its name to the base that the others share."""
    frame = respondents(10, 200)
    cells = read_cells(cells_of(frame, make), STUDY.indicator_columns, "main")
    everyone = cells.rows(cells.segment == "all")
    gone, two = (INDICATORS.index(name) for name in ("gone", "two"))
    assert everyone.n_base[:, gone].sum() == everyone.n_yes[:, gone].sum() == 0
    assert everyone.n_base[:, two].sum() == analysed(frame)["two"].notna().sum() > 0
