from fractions import Fraction
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.publish.privacy import SMALL, SUBTRACTION, Additive, protected, withheld

TIERS = Additive(single_choice=["size"], exclusive=["tier"])


def long(table, variable="size", segment="tier", add_all=True):
    """Rows of counts from level: {option: x}, with everyone's added up; n is the sum of options."""
    rows = [
        (segment, level, option, x, sum(counts.values()))
        for level, counts in table.items()
        for option, x in counts.items()
    ]
    if add_all:
        options = next(iter(table.values()))
        base = sum(sum(counts.values()) for counts in table.values())
        rows += [("all", "all", o, sum(counts[o] for counts in table.values()), base) for o in options]
    return pd.DataFrame(rows, columns=["segment", "level", "option", "x", "n"]).assign(variable=variable)


def reasons(counts, additive=TIERS, minimum=5):
    found = withheld(counts, additive, minimum)
    assert np.array_equal(found["withheld"], found["reason"] != "")
    keys = counts[["level", "option"]].itertuples(index=False, name=None)
    return {key: reason for key, reason in zip(keys, found["reason"], strict=True) if reason}


def test_a_small_cell_takes_a_rectangle_with_it():
    """One small cell: another of its level, another of its option, and the one where those meet."""
    counts = long(
        {"low": {"s": 3, "m": 40, "l": 50}, "mid": {"s": 20, "m": 30, "l": 60}, "top": {"s": 70, "m": 80, "l": 90}}
    )
    assert reasons(counts) == {
        ("low", "s"): SMALL,
        ("low", "m"): SUBTRACTION,
        ("mid", "s"): SUBTRACTION,
        ("mid", "m"): SUBTRACTION,
    }


def test_nothing_small_nothing_withheld():
    counts = long({"low": {"s": 5, "m": 40}, "top": {"s": 0, "m": 7}})
    assert reasons(counts) == {}
    assert reasons(long({"low": {"s": 1, "m": 1}}), minimum=None) == {}
    assert withheld(counts.iloc[:0], TIERS, 5).columns.tolist() == ["withheld", "reason"]


def test_zeros_stay_and_hide_nothing():
    """In a level of 3, 0 and 0 only the base can hide the 3, and a row shows its base."""
    found = reasons(long({"low": {"s": 3, "m": 0}, "top": {"s": 60, "m": 70}, "mid": {"s": 10, "m": 20}}))
    assert found[("low", "s")] == SMALL
    assert found[("low", "m")] == SMALL  # on the small base of 3


def test_ones_that_must_be_one_are_not_hidden_by_each_other():
    """Two hidden cells of a known sum 2 are 1 and 1, for zeros are never hidden: a third goes."""
    table = {"low": {"s": 1, "m": 1, "l": 50, "xl": 60}}
    assert reasons(long(table, add_all=False)) == {("low", "s"): SMALL, ("low", "m"): SMALL, ("low", "l"): SUBTRACTION}


def test_a_small_base_withholds_its_rows():
    counts = long({"low": {"s": 4, "m": 0}, "mid": {"s": 20, "m": 30}, "top": {"s": 70, "m": 80}})
    found = reasons(counts)
    assert found[("low", "s")] == found[("low", "m")] == SMALL
    assert SUBTRACTION in found.values()


def test_ticks_do_not_add_up_to_their_base_but_levels_do():
    counts = pd.DataFrame(
        [("tier", "low", "crm", 3, 50), ("tier", "top", "crm", 40, 60), ("all", "all", "crm", 43, 110)],
        columns=["segment", "level", "option", "x", "n"],
    ).assign(variable="practice")
    assert reasons(counts) == {("low", "crm"): SMALL, ("top", "crm"): SUBTRACTION}
    assert reasons(counts, Additive()) == {("low", "crm"): SMALL}


def test_a_net_gives_its_part_away():
    additive = Additive(nets={("tier", "upper"): ("mid", "top")})
    counts = pd.DataFrame(
        [("tier", "mid", "yes", 2, 50), ("tier", "top", "yes", 40, 60), ("tier", "upper", "yes", 42, 110)],
        columns=["segment", "level", "option", "x", "n"],
    ).assign(variable="uses_crm")
    assert reasons(counts, additive) == {("mid", "yes"): SMALL, ("top", "yes"): SUBTRACTION}


def test_those_without_a_level_hide_others_if_they_are_not_few():
    """Everyone's 100 are the levels' 3 and 50 and 47 who gave no level, or 3 and 95 and 2 who gave none."""

    def table(top, everyone):
        return pd.DataFrame(
            [("tier", "low", "yes", 3, 60), ("tier", "top", "yes", top, 100), ("all", "all", "yes", everyone, 260)],
            columns=["segment", "level", "option", "x", "n"],
        ).assign(variable="uses_crm")  # fmt: skip

    assert reasons(table(50, 100)) == {("low", "yes"): SMALL}
    assert reasons(table(95, 100)) == {("low", "yes"): SMALL, ("top", "yes"): SUBTRACTION}


def test_one_count_in_two_tables_is_one_cell():
    counts = long({"low": {"s": 3, "m": 40}, "mid": {"s": 20, "m": 30}, "top": {"s": 70, "m": 80}})
    both = pd.concat([counts.assign(table="toplines"), counts.assign(table="shares")])
    found = withheld(both, TIERS, 5)
    assert found["reason"].iloc[: len(counts)].tolist() == found["reason"].iloc[len(counts) :].tolist()
    with pytest.raises(ValueError, match="one count, two values"):
        withheld(pd.concat([counts, counts.assign(n=counts["n"] + 1)]), TIERS, 5)


def test_an_answered_number_is_its_base():
    counts = pd.DataFrame(
        [("tier", "low", "all", 3, 3), ("tier", "top", "all", 40, 40), ("all", "all", "all", 43, 43)],
        columns=["segment", "level", "option", "x", "n"],
    ).assign(variable="age")
    assert set(reasons(counts)) == {("low", "all"), ("top", "all")}


def test_impossible_tables_are_refused():
    counts = long({"low": {"s": 3, "m": 40}, "top": {"s": 70, "m": 80}})
    with pytest.raises(ValueError, match="x is 3 and n is 2"):
        withheld(counts.assign(n=2), TIERS, 5)
    with pytest.raises(ValueError, match="exceed it by"):
        withheld(counts.assign(x=counts["x"].where(counts["level"] != "all", 80)), TIERS, 5)


def determined_exactly(sums, hidden):
    """Cells fixed by the sums, by Gauss-Jordan elimination in fractions: a pivot without free cells in its row."""
    columns = list(np.flatnonzero(hidden))
    rows = [[Fraction(int(row[c])) for c in columns] for row in sums]
    fixed, done = set(), 0
    for column in range(len(columns)):
        pivot = next((i for i in range(done, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[done], rows[pivot] = rows[pivot], rows[done]
        rows[done] = [value / rows[done][column] for value in rows[done]]
        for i in range(len(rows)):
            if i != done and rows[i][column]:
                rows[i] = [a - rows[i][column] * b for a, b in zip(rows[i], rows[done], strict=True)]
        done += 1
    for row in rows[:done]:
        filled = [c for c, value in zip(columns, row, strict=True) if value]
        if len(filled) == 1:
            fixed.add(int(filled[0]))
    return fixed


def two_way(inner):
    """Cells of a table with its margins, row by row, and the sums among them."""
    full = np.vstack([np.hstack([inner, inner.sum(1, keepdims=True)]), [[*inner.sum(0), inner.sum()]]])
    number = np.arange(full.size).reshape(full.shape)
    sums = []
    for line in (*number, *number.T):
        row = np.zeros(full.size)
        row[line[:-1]], row[line[-1]] = 1, -1
        sums.append(row)
    return full.ravel().astype(float), np.array(sums)


def tables(most, highest):
    shapes = st.tuples(st.integers(1, most), st.integers(1, most))
    cells = st.sampled_from([0, 1, 2, 3, 4]) | st.integers(0, highest)
    return shapes.flatmap(
        lambda shape: st.lists(cells, min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]).map(
            lambda values: np.array(values).reshape(shape)
        )
    )


@settings(deadline=None, max_examples=200)
@given(tables(6, 60))
def test_no_hidden_cell_of_a_two_way_table_is_determined(inner):
    values, sums = two_way(inner)
    hidden = protected(values, np.ones(len(values), bool), sums, 5)
    assert np.all(hidden[(values > 0) & (values < 5)])
    assert not np.any(hidden & (values == 0))
    assert not determined_exactly(sums, hidden)
    if not np.any((values > 0) & (values < 5)):
        assert not hidden.any()


@settings(deadline=None, max_examples=60)
@given(tables(2, 6))
def test_each_hidden_count_could_be_another_one(inner):
    """All tables of whole numbers, of at least 1 where hidden, that agree with what is published."""
    values, sums = two_way(inner)
    hidden = np.flatnonzero(protected(values, np.ones(len(values), bool), sums, 4))
    if not 0 < len(hidden) <= 6:
        return
    guesses = np.array(list(product(range(1, int(values[hidden].max()) + 3), repeat=len(hidden))), float)
    known = sums @ np.where(np.isin(np.arange(len(values)), hidden), 0, values)
    fitting = guesses[np.all(np.abs(guesses @ sums[:, hidden].T + known) < 1e-9, axis=1)]
    assert np.all(fitting.min(axis=0) < fitting.max(axis=0))


@settings(deadline=None, max_examples=60)
@given(tables(5, 40), st.data())
def test_no_withheld_row_is_determined_by_the_rows_that_stay(inner, data):
    """A single-choice question by tiers with a net of the first two, as a release shows it."""
    names = [f"tier {i}" for i in range(len(inner))]
    counts = long({name: {f"o{j}": int(x) for j, x in enumerate(row)} for name, row in zip(names, inner, strict=True)})
    nets = {}
    if len(names) > 1:
        net = counts[counts["level"].isin(names[:2])].groupby("option", as_index=False)[["x", "n"]].sum()
        counts = pd.concat([counts, net.assign(segment="tier", level="low net", variable="size")], ignore_index=True)
        nets = {("tier", "low net"): names[:2]}
    counts = counts.sample(frac=1, random_state=data.draw(st.integers(0, 99)))
    found = withheld(counts, Additive(["size"], ["tier"], nets), 5)
    cells, values, gone = {}, [], []
    shown_bases = set(counts.loc[~found["withheld"], "level"])
    for level, option, x, n, hide in zip(
        counts["level"], counts["option"], counts["x"], counts["n"], found["withheld"], strict=True
    ):
        assert hide or not (0 < x < 5 or 0 < n < 5)
        for cell, value, hidden in (((level, option), x, hide), ((level, ""), n, level not in shown_bases)):
            if cell not in cells:
                cells[cell] = len(values)
                values.append(value)
                gone.append(hidden)
    sums = []

    def add(total, parts):
        row = np.zeros(len(values))
        row[[cells[part] for part in parts]], row[cells[total]] = 1, -1
        sums.append(row)

    options = [f"o{j}" for j in range(inner.shape[1])]
    for level in dict.fromkeys(counts["level"]):
        add((level, ""), [(level, option) for option in options])
    for option in ["", *options]:
        add(("all", option), [(name, option) for name in names])
        for (_, net_name), parts in nets.items():
            add((net_name, option), [(part, option) for part in parts])
    assert np.all(np.abs(np.array(sums) @ values) == 0)
    withheld_counts = {
        cells[level, option]
        for level, option, x in counts.loc[found["withheld"], ["level", "option", "x"]].itertuples(index=False)
        if x
    }
    small_bases = {i for (_, option), i in cells.items() if option == "" and 0 < values[i] < 5}
    assert not (withheld_counts | small_bases) & determined_exactly(sums, np.array(gone))
