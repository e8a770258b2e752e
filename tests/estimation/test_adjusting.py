"""Rows of table `adjusted`: who is in them, what they hold, and what is said where there is nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.estimation.adjusted import model_data, modified_poisson, standardised_ratio
from pipeline.estimation.adjusting import OVERLAP, adjusted_rows
from pipeline.estimation.stratified import mantel_haenszel
from pipeline.estimation.variance import sampling
from tests.estimation.linear import log_ratio

FLAGS = ["direction_reversed", "reversal_clear"]


def one_hot(code):
    return (np.asarray(code)[:, None] == np.unique(code)).astype(float)


def rows(yes, in_a, in_b, segments, adjust_for=(), stratify_by=None, weights=None, **more):
    yes = np.asarray(yes, float)
    names = [f"y{k}" for k in range(yes.shape[1])]
    weights = np.ones(len(yes)) if weights is None else weights
    return adjusted_rows("w", "c", names, yes, in_a, in_b, segments, adjust_for, stratify_by, weights, **more)


def sample(seed: int = 0, size: int = 500):
    rng = np.random.default_rng(seed)
    industry = rng.choice(["retail", "bank", "press", "law"], size).astype(object)
    region = rng.choice(["north", "south"], size).astype(object)
    in_a = rng.random(size) < np.where(industry == "bank", 0.6, 0.3)
    yes = (rng.random((size, 3)) < np.where(industry == "bank", 0.5, 0.25)[:, None] + 0.1 * in_a[:, None]).astype(float)
    yes[rng.random((size, 3)) < 0.1] = np.nan
    return yes, in_a, {"industry": industry, "region": region}, rng.uniform(0.3, 3, size)


def kidney_stones():
    """Charig et al. (1986): open surgery against nephrolithotomy by size of stone, and successes."""
    table = {("small", 1): (81, 87), ("small", 0): (234, 270), ("large", 1): (192, 263), ("large", 0): (55, 80)}
    people = [(level, a, i < x) for (level, a), (x, n) in table.items() for i in range(n)]
    size, in_a, yes = zip(*people, strict=True)
    return np.array(yes, float)[:, None], np.array(in_a, bool), {"size": np.array(size, object)}


def test_simpsons_paradox_is_flagged_and_undone_by_either_way():
    """Crude 273/350 against 289/350; Mantel-Haenszel by hand."""
    yes, in_a, segments = kidney_stones()
    (row,) = rows(yes, in_a, ~in_a, segments, ["size"], "size").to_dict("records")
    pooled = (81 * 270 / 357 + 192 * 80 / 343) / (234 * 87 / 357 + 55 * 263 / 343)
    assert row["crude_ratio"] == pytest.approx(273 / 289)
    assert row["mh_ratio"] == pytest.approx(pooled)
    assert row["direction_reversed"] is True
    assert row["reversal_clear"] is False
    assert min(row["ratio"], row["standardised_ratio"]) > 1
    assert (row["n"], row["n_left_out"], row["strata_used"], row["homogeneity_df"]) == (700, 0, 2, 1)
    assert (row["covariates"], row["stratifier"], row["ci_level"]) == ("size", "size", 0.95)


def test_a_row_holds_what_the_models_give_for_the_complete_respondents():
    yes, in_a, segments, w = sample()
    in_b = ~in_a & (np.arange(500) % 5 > 0)
    segments["industry"][::50], segments["region"][1::50] = None, np.nan
    complete = np.array([isinstance(i, str) and isinstance(r, str) for i, r in zip(*segments.values(), strict=True)])
    columns = np.hstack([one_hot(v[complete].astype(str)) for v in segments.values()])
    psu, design = np.arange(500) // 5, sampling(np.zeros(100))
    for weights, at in ((np.ones(500), {}), (w, {"psu": psu, "design": design})):
        frame = rows(yes, in_a, in_b, segments, ["industry", "region"], "region", weights, **at)
        own = (at["psu"][complete], design) if at else (None, None)
        data = model_data(yes[complete], in_a[complete], in_b[complete], columns, weights[complete], *own)
        poisson, standard = modified_poisson(data), standardised_ratio(data)
        assert frame["ratio"].to_numpy() == pytest.approx(poisson.ratio(), rel=1e-7)
        assert frame["se_log_ratio"].to_numpy() == pytest.approx(poisson.se, rel=1e-6)
        assert frame["ratio_low"].to_numpy() == pytest.approx(poisson.limits()[0], rel=1e-6)
        assert frame["p_value"].to_numpy() == pytest.approx(poisson.p_value(), rel=1e-4)
        assert frame["standardised_ratio"].to_numpy() == pytest.approx(standard.ratio(), rel=1e-7)
        assert frame["standardised_ratio_high"].to_numpy() == pytest.approx(standard.limits()[1], rel=1e-6)
        answered = ~np.isnan(yes) & (in_a | in_b)[:, None]
        assert list(frame["n"]) == list((answered & complete[:, None]).sum(axis=0))
        assert list(frame["n_left_out"]) == list((answered & ~complete[:, None]).sum(axis=0))
        assert frame["df"].isna().all() if not at else (frame["df"] == 99 + 1 - 6).all()


def test_without_weights_strata_are_counted_and_with_weights_summed():
    yes, in_a, segments, w = sample(1)
    answered, region = ~np.isnan(yes), segments["region"]

    def count(group, of):
        return np.stack([(of & (group & (region == r))[:, None]).sum(axis=0) for r in ("north", "south")])

    expected = mantel_haenszel(*(count(g, of) for g in (in_a, ~in_a) for of in (np.nan_to_num(yes) == 1, answered)))
    frame = rows(yes, in_a, ~in_a, segments, stratify_by="region")
    assert frame["mh_ratio_low"].to_numpy() == pytest.approx(expected.low)
    assert frame["homogeneity_p"].to_numpy() == pytest.approx(expected.q_p)
    assert set(frame["mh_method"]) == {"Mantel-Haenszel, Greenland-Robins"}
    heavy = rows(yes, in_a, ~in_a, segments, stratify_by="region", weights=7 * np.ones(500))
    assert heavy["mh_ratio_low"].to_numpy() == pytest.approx(expected.low)
    frame = rows(yes, in_a, ~in_a, segments, stratify_by="region", weights=w)
    assert set(frame["mh_method"]) == {"Mantel-Haenszel of weighted sums, linearised, t"}
    assert (frame["mh_df"] == 499).all()


def test_weights_without_a_design_make_one_stratum_of_respondents():
    yes, in_a, _, w = sample(2)
    constant = {"all": np.full(500, "x", object)}
    frame = rows(yes, in_a, ~in_a, constant, ["all"], "all", w)
    base, y, v = ~np.isnan(yes), np.nan_to_num(yes), w[:, None]
    crude = log_ratio(
        np.zeros(500), np.ones(500), v * base, v * y, v**2 * base, v**2 * y, in_a, ~in_a
    )  # fmt: skip
    assert frame["standardised_se_log_ratio"].to_numpy() == pytest.approx(crude.se, rel=1e-8)
    assert frame["mh_se_log_ratio"].to_numpy() == pytest.approx(crude.se, rel=1e-8)
    assert np.log(frame["crude_ratio"].to_numpy()) == pytest.approx(crude.estimate, rel=1e-8)
    assert set(frame["method"]) == {"modified Poisson, design-based, t"}


def test_rare_levels_are_pooled_until_they_are_ten():
    """Levels of 3, 4, 12 and 181 respondents: 3 and 4 make 7, with 12 they make 19. Of 9 and 1 and 190: 9 and 1."""
    rng = np.random.default_rng(3)
    in_a, yes = rng.random(200) < 0.5, (rng.random((200, 1)) < 0.4).astype(float)

    def ratio(*sizes):
        levels = np.repeat([f"l{i}" for i in range(len(sizes))], sizes).astype(object)
        frame = rows(yes, in_a, ~in_a, {"s": levels}, ["s"])
        return frame["levels_pooled"].item(), frame["ratio"].item()

    assert ratio(3, 4, 12, 181) == (3, pytest.approx(ratio(19, 181)[1], rel=1e-9))
    assert ratio(9, 1, 190) == (2, pytest.approx(ratio(10, 190)[1], rel=1e-9))
    assert ratio(10, 190)[0] == 0
    crude = rows(yes, in_a, ~in_a, {}).iloc[0]["crude_ratio"]
    assert ratio(5, 195) == (2, pytest.approx(crude, rel=1e-9))
    assert ratio(200) == (0, pytest.approx(crude, rel=1e-9))


def test_groups_that_share_respondents_are_refused_with_a_reason():
    yes, in_a, segments, _ = sample(4)
    frame = rows(yes, in_a, np.ones(500, bool), segments, ["industry"], "region")
    assert set(frame["reason"]) == set(frame["standardised_reason"]) == set(frame["mh_reason"]) == {OVERLAP}
    estimates = [c for c in frame.columns if frame[c].dtype == float and c not in ("ci_level", "levels_pooled")]
    assert frame[[*estimates, *FLAGS]].isna().all(axis=None)
    assert (frame["n"] > 0).all()


def test_what_is_not_asked_for_stays_empty_without_a_reason():
    yes, in_a, segments, _ = sample(5)
    frame = rows(yes, in_a, ~in_a, segments, stratify_by="region")
    assert frame[["ratio", "standardised_ratio", "df"]].isna().all(axis=None)
    assert (frame[["reason", "method", "covariates", "standardised_reason"]] == "").all(axis=None)
    frame = rows(yes, in_a, ~in_a, segments, ["region"])
    assert frame[["mh_ratio", "homogeneity_q", *FLAGS]].isna().all(axis=None)
    assert (frame[["mh_reason", "mh_method", "stratifier"]] == "").all(axis=None)
    assert (frame["strata_used"] == 0).all()


def test_columns_have_one_type_whatever_is_in_them():
    yes, in_a, segments, w = sample(6)
    full = rows(yes, in_a, ~in_a, segments, ["industry"], "region")
    for other in (
        rows(yes, in_a, ~in_a, segments, ["industry"], "region", w),
        rows(yes, in_a, in_a, segments, ["industry"], "region"),
        rows(yes, in_a, ~in_a, segments),
        rows(yes[:0], in_a[:0], in_a[:0], {k: v[:0] for k, v in segments.items()}, ["industry"], "region"),
        rows(np.zeros((500, 3)), in_a, ~in_a, segments, ["industry"], "region"),
    ):
        assert list(other.columns) == list(full.columns)
        numeric = [c for c in full.columns if pd.api.types.is_numeric_dtype(full[c])]
        assert (other[numeric].dtypes == full[numeric].dtypes).all()
        assert len(other) == 3


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_every_unknown_interval_has_a_reason(seed):
    rng = np.random.default_rng(seed)
    size = int(rng.choice([0, 1, 3, 10, 60, 300]))
    yes = (rng.random((size, 3)) < rng.choice([0, 0.05, 0.5, 1], 3)).astype(float)
    yes[rng.random((size, 3)) < 0.3] = np.nan
    in_a = rng.random(size) < 0.4
    segments = {
        "s": rng.choice(np.array(["p", "q", "r", None, np.nan], object), size, p=[0.5, 0.3, 0.1, 0.05, 0.05]),
        "t": rng.choice(np.array([*"abcdefghij"], object), size),
        "none": np.full(size, None, object),
    }
    for adjust_for, by in ((["s", "t"], "t"), (["none"], "none"), (["t", "t"], "s")):
        for weights in (np.ones(size), rng.choice([0.0, 0.1, 1e6], size)):
            frame = rows(yes, in_a, ~in_a, segments, adjust_for, by, weights)
            for low, reason in (("ratio_low", "reason"), ("standardised_ratio_low", "standardised_reason"),
                                ("mh_ratio_low", "mh_reason")):  # fmt: skip
                assert ((frame[reason] != "") | frame[low].notna()).all()


def test_what_does_not_fit_is_refused():
    yes, in_a, segments, w = sample(7)
    with pytest.raises(KeyError):
        rows(yes, in_a, ~in_a, segments, ["country"])
    with pytest.raises(ValueError, match="segment"):
        rows(yes, in_a, ~in_a, {"s": ["x"]}, ["s"])
    with pytest.raises(ValueError, match="groups must have"):
        rows(yes, in_a[:5], ~in_a, segments, ["region"])
    for weights in (-w, w[:5]):
        with pytest.raises(ValueError, match="weights must"):
            rows(yes, in_a, ~in_a, segments, ["region"], weights=weights)
    with pytest.raises(ValueError, match="outcome"):
        adjusted_rows("w", "c", ["one"], yes, in_a, ~in_a, segments, [], None, w)
