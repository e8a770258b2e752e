"""Findings under complex designs against R's survey package, from the respondents' rows to the published columns."""

from __future__ import annotations

import csv
import math

import pandas as pd
import pytest
import yaml

from pipeline import engine
from pipeline.cells.sums import covering
from pipeline.estimation.adjusted_table import adjusted_table
from pipeline.estimation.adjusting import DESIGNED, WEIGHTED
from pipeline.estimation.covariance import share_pair
from pipeline.estimation.designed import LINEARISED
from pipeline.estimation.groups import Grouping
from pipeline.estimation.levels import level_shares
from pipeline.estimation.means import mean_rows, numbers_query, sampled_as
from pipeline.estimation.quantiles import t_quantile
from tests.estimation.schools import (
    REFERENCES,
    STUDY,
    core_tables,
    findings,
    findings_of,
    mean_and_share,
    schools,
    study_and_cells,
)
from tests.records import cells_of

PRECISE = 1e-8
with (REFERENCES / "survey_risk_ratio.csv").open() as file:
    PUBLISHED = {(r["data"], r["design"], r["contrast"]): r for r in csv.DictReader(file)}
STRATA = "design: {strata: s}\nweights: {main: {column: pw}}\n"
FPC = "design: {strata: s, fpc: fpc}\nweights: {main: {column: pw}}\n"
CLUSTERS = "design: {psu: dnum}\nweights: {main: {column: pw}}\n"
HI = "hi: awards Yes vs No"
CASES = [
    ("apistrat", "strata stype; no fpc", HI, STRATA, {"design_strata": "stype"}, ("awards", "hi")),
    ("apistrat", "strata stype; fpc", HI, FPC, {"design_strata": "stype", "design_fpc": "fpc"}, ("awards", "hi")),
    ("apistrat", "strata stype; no fpc", "sch.wide Yes: stype E vs not E", STRATA, {"design_strata": "stype"},
     ("elementary", "target")),
    ("apiclus2", "clusters dnum; with replacement", HI, CLUSTERS, {"design_psu": "dnum"}, ("awards", "hi")),
]  # fmt: skip


@pytest.mark.parametrize(("data", "design", "contrast", "sections", "columns", "place"), CASES)
def test_linearised_ratios_are_those_of_r(data, design, contrast, sections, columns, place):
    row = findings(data, sections, weight_main="pw", **columns).loc[place]
    expected = PUBLISHED[data, design, contrast]
    assert row["p_a"] == pytest.approx(float(expected["p1"]), rel=PRECISE)
    assert row["p_b"] == pytest.approx(float(expected["p2"]), rel=PRECISE)
    assert row["ratio"] == pytest.approx(float(expected["rr"]), rel=PRECISE)
    assert row["se_log_ratio"] == pytest.approx(float(expected["se_log_rr"]), rel=PRECISE)
    assert row["df"] == float(expected["df"])
    if row["method"].startswith(LINEARISED):
        limits = [row["ratio_low"], row["ratio_high"]]
        assert limits == pytest.approx([float(expected["t_low"]), float(expected["t_high"])], rel=PRECISE)


OTHER = yaml.safe_load((REFERENCES / "other.yaml").read_text())


def test_raked_weights_are_linearised_with_residuals_from_the_margins():
    """R: rake() to the population's stype and sch.wide, then svyby and the delta method."""
    expected = OTHER["raking"]["apistrat"]
    margins = {"stype": expected["margins"]["stype"], "sch_wide": expected["margins"]["sch.wide"]}
    shares = {q: {key: count / sum(counts.values()) for key, count in counts.items()} for q, counts in margins.items()}
    sections = yaml.safe_dump({"design": {"strata": "s"}, "weights": {"main": {"column": "pw", "rake": shares}}})
    row = findings("apistrat", sections, design_strata="stype", weight_main="pw").loc["awards", "hi"]
    assert math.log(row["ratio"]) == pytest.approx(expected["log_rr"], rel=PRECISE)
    assert row["se_log_ratio"] == pytest.approx(expected["se_residuals"], rel=PRECISE)
    assert row["method"] == f"{LINEARISED}; weight main raked to margins"


UNITS = [
    ("apiclus2", "JK1 40 replicates", "design: {psu: d, variance: jackknife}\n", {"design_psu": "dnum"}),
    ("apistrat", "JKn 200 replicates", "design: {strata: s, psu: n, variance: jackknife}\n",
     {"design_strata": "stype", "design_psu": "snum"}),
]  # fmt: skip


@pytest.mark.parametrize(("data", "design", "sections", "columns"), UNITS)
def test_jackknives_made_from_units_are_those_of_r(data, design, sections, columns):
    weights = "weights: {main: {column: pw}}\n"
    row = findings(data, sections + weights, weight_main="pw", **columns).loc["awards", "hi"]
    expected = PUBLISHED[data, design, HI]
    assert row["se_log_ratio"] == pytest.approx(float(expected["se_log_rr"]), rel=PRECISE)
    assert row["df"] == float(expected["df"])


def test_delivered_replicates_are_read_as_they_are_declared():
    """The jackknife's replicate weights, delivered as columns: the same error and degrees of freedom as R's."""
    rows = schools("apiclus2")
    units = sorted({r["dnum"] for r in rows})
    for i, unit in enumerate(units, 1):
        for r in rows:
            r[f"rep{i}"] = 0.0 if r["dnum"] == unit else float(r["pw"]) * len(units) / (len(units) - 1)
    sections = f"weights: {{main: {{column: pw, replicates: {{kind: jk1, columns: [rep1..rep{len(units)}]}}}}}}\n"
    found = findings_of(rows, sections, weight_main="pw").loc["awards", "hi"]
    expected = PUBLISHED["apiclus2", "JK1 40 replicates", HI]
    assert found["se_log_ratio"] == pytest.approx(float(expected["se_log_rr"]), rel=PRECISE)
    assert found["df"] == float(expected["df"])


def test_bootstrap_and_raked_replicates_come_near_the_linearised_error():
    """Within a tenth: 500 draws leave the error of a standard error at about a thirtieth, and the sample is small."""
    plain = findings("apistrat", STRATA, design_strata="stype", weight_main="pw").loc["awards", "hi"]
    drawn = "design: {strata: s, psu: n, variance: bootstrap}\nweights: {main: {column: pw}}\n"
    columns = {"design_strata": "stype", "design_psu": "snum", "weight_main": "pw"}
    boot = findings("apistrat", drawn, **columns).loc["awards", "hi"]
    assert boot["se_log_ratio"] == pytest.approx(plain["se_log_ratio"], rel=0.1)
    assert "bootstrap replicates" in boot["method"]


def test_random_groups_of_respondents_stand_in_for_units():
    """Without units the jackknife drops a group at a time: near the linearised error, from some 80 groups."""
    plain = findings("apistrat", STRATA, design_strata="stype", weight_main="pw").loc["awards", "hi"]
    sections = "design: {strata: s, variance: jackknife}\nweights: {main: {column: pw}}\n"
    row = findings("apistrat", sections, design_strata="stype", weight_main="pw").loc["awards", "hi"]
    assert row["se_log_ratio"] == pytest.approx(plain["se_log_ratio"], rel=0.25)
    assert row["df"] < 100


def test_weights_times_a_constant_change_nothing():
    rows = schools("apiclus2")
    for row in rows:
        row["heavy"] = 1000 * float(row["pw"])
    plain, heavy = (findings_of(rows, CLUSTERS, design_psu="dnum", weight_main=name) for name in ("pw", "heavy"))
    same = [
        "p_a",
        "ratio",
        "ratio_low",
        "ratio_high",
        "difference_low",
        "odds_ratio_high",
        "p_value",
        "n_eff_a",
        "deff",
    ]
    assert heavy[same].to_numpy(float) == pytest.approx(plain[same].to_numpy(float), rel=1e-9, nan_ok=True)


def test_a_filter_gives_what_the_matching_level_gives():
    sections = "tiers: {order: [none, some], answers: {none: {awards: ['No']}, some: {awards: ['Yes']}}}\n" + STRATA
    text = STUDY.replace("segments: {", "segments: {only_e: {levels: {e: {stype: [E]}}}, ").replace(
        "comparisons:\n", "comparisons:\n  tiers: {a: {tier: [some]}, b: {tier: [none]}}\n"
    )
    rows = findings_of(schools("apistrat"), sections, text, design_strata="stype", weight_main="pw")
    by_tier = rows.loc["tiers"].reset_index().set_index(["segment", "level"])
    names = [
        "indicator",
        "x_a",
        "p_a",
        "p_a_low",
        "p_b_high",
        "ratio",
        "ratio_low",
        "ratio_high",
        "n_eff_b",
        "df",
    ]
    level, chosen = (by_tier.loc[place, names].set_index("indicator") for place in (("stype", "E"), ("only_e", "e")))
    assert list(level.index) == list(chosen.index) == ["hi", "target"]
    assert level.to_numpy(float) == pytest.approx(chosen.to_numpy(float), rel=1e-9, nan_ok=True)


def test_a_mean_of_yes_and_no_is_a_share():
    """Numbers 0 and 1: the mean's interval is p -+ t times the standard error of the share, under any design."""
    for sections, columns in (
        (STRATA, {"design_strata": "stype"}), (CLUSTERS, {"design_psu": "dnum"}),
        ("design: {psu: d, variance: jackknife}\nweights: {main: {column: pw}}\n", {"design_psu": "dnum"}),
    ):  # fmt: skip
        data = "apistrat" if "design_strata" in columns else "apiclus2"
        mean, low, high, pair = mean_and_share(data, sections, weight_main="pw", **columns)
        half = t_quantile(0.95, pair.df[0]) * math.sqrt(pair.a.variance[0])
        assert [mean, low, high] == pytest.approx([pair.a.p[0], pair.a.p[0] - half, pair.a.p[0] + half], rel=1e-9)


def test_a_weight_keeps_its_digits_beside_others_that_are_far_larger():
    """R: svydesign(~1, strata = ~stype, weights = ~wx), wx = pw^4; svyby, svycontrast. `pop` is a billion times wx."""
    rows = schools("apistrat")
    for row in rows:
        row |= {"wx": float(row["pw"]) ** 4, "pop": 1e9 * float(row["pw"]) ** 4}
    sections = "design: {strata: s}\nweights: {main: {column: wx}, pop: {column: pop}}\n"
    text = STUDY + "  again: {a: {awards: ['Yes']}, b: {awards: ['No']}, weight: pop}\n"
    columns = {"design_strata": "stype", "weight_main": "wx", "weight_pop": "pop"}
    study, _, weighed, core = core_tables(rows, text + sections, **columns)
    for name in ("main", "pop"):
        weighted = cells_of(study, core, [name], weighed["weights"])[name]
        segment = next(s for s in study.segment_columns if s.name == "awards")
        cover = covering(weighted.cells, segment, None)
        pair = share_pair(cover, cover.level == "Yes", cover.level == "No", weighted.plan).at(0)
        variance = (
            pair.a.variance / pair.a.p**2 + pair.b.variance / pair.b.p**2 - 2 * pair.covariance / pair.a.p / pair.b.p
        )
        assert math.sqrt(variance) == pytest.approx(0.2452810345256302, rel=1e-12)


def test_who_has_no_weight_does_not_count_for_degrees_of_freedom_or_deviations():
    """R: weights 0 for every seventh row; degf, svyvar, confint(svymean(~api00), df = degf)."""
    rows = schools("apistrat")
    for i, row in enumerate(rows, 1):
        row["wz"] = 0.0 if i % 7 == 0 else row["pw"]
    row = findings_of(rows, STRATA, design_strata="stype", weight_main="wz").loc["awards", "hi"]
    assert row["df"] == 169
    assert row["se_log_ratio"] == pytest.approx(0.2173548211925724, rel=PRECISE)
    found = means_of(rows, design_strata="stype", weight_main="wz")
    assert found["sd"] == pytest.approx(124.5003766233024, rel=PRECISE)
    assert [found["mean_low"], found["mean_high"]] == pytest.approx([648.0544031277807, 689.1474559597148], rel=PRECISE)


def test_numbers_that_are_all_alike_have_no_interval():
    rows = schools("apistrat")
    for row in rows:
        row["api00"] = 7.3
    found = means_of(rows, design_strata="stype", weight_main="pw")
    assert (found["mean"], found["sd"]) == (7.3, 0.0)
    assert found[["mean_low", "mean_high"]].isna().all()


def means_of(rows, **columns):
    study, inputs, weighed, core = core_tables(rows, STUDY + STRATA, **columns)
    plan = cells_of(study, core, ["main"], weighed["weights"])["main"].plan
    respondents = engine.fetch(numbers_query(["api00"], study.segment_columns), inputs).to_pandas()
    people = sampled_as(weighed["weights"].to_pandas(), None, plan, len(respondents))
    return mean_rows(respondents, ["api00"], people, plan, None, ()).loc[0]


def test_shares_in_levels_have_the_degrees_of_freedom_of_the_design():
    """R: svyciprop(~hi, subset(design, stype == "E"), method = "xlogit", df = degf(design))."""
    columns = {"design_strata": "stype", "weight_main": "pw"}
    study, weighted = study_and_cells(schools("apistrat"), STRATA, **columns)
    found = level_shares(weighted, None, study.segment_columns, study.display).set_index(["name", "segment", "level"])
    row = found.loc["hi", "stype", "E"]
    assert row["df"] == 197
    limits = [row["share_low"], row["share_high"]]
    assert limits == pytest.approx([0.3640057030130043, 0.5590567388576776], rel=PRECISE)


def test_replicates_have_their_own_rank_as_degrees_of_freedom():
    """R: degf(svrepdesign(type = "bootstrap", scale = 1/11)): the base weight is none of the replicates."""
    rows = schools("apistrat")
    for i, row in enumerate(rows, 1):
        row |= {f"rep{k}": float(row["pw"]) * ((i * k * 7919 + i * i * 31 + k * k * 17) % 17) for k in range(1, 13)}
    sections = "weights: {main: {column: pw, replicates: {kind: bootstrap, columns: [rep1..rep12]}}}\n"
    row = findings_of(rows, sections, weight_main="pw").loc["awards", "hi"]
    assert row["df"] == 11
    assert row["se_log_ratio"] == pytest.approx(0.1422639319124274, rel=PRECISE)


def test_where_all_say_yes_replicates_tell_the_error_of_the_other_share():
    """R: as.svrepdesign(svydesign(~dnum, weights = ~pw)), api00 > 700 made true of all with awards; SE(p_No) / p_No."""
    rows = schools("apiclus2")
    for row in rows:
        row["api00"] = 999 if row["awards"] == "Yes" else row["api00"]
    sections = "design: {psu: d, variance: jackknife}\nweights: {main: {column: pw}}\n"
    row = findings_of(rows, sections, design_psu="dnum", weight_main="pw").loc["awards", "hi"]
    assert (row["p_a"], row["p_b"]) == pytest.approx((1.0, 0.07377049180327869), rel=PRECISE)
    assert row["se_log_ratio"] == pytest.approx(0.6432041561608166, rel=PRECISE)


def test_the_effective_base_of_the_weights_is_that_of_the_base_in_units_too():
    """(sum w)**2 / sum w**2 of those with awards who answered."""
    rows = schools("apiclus2")
    for row in rows[::3]:
        row["sch.wide"] = None
    weights = [float(row["pw"]) for row in rows if row["awards"] == "Yes" and row["sch.wide"]]
    row = findings_of(rows, CLUSTERS, design_psu="dnum", weight_main="pw").loc["awards", "target"]
    assert row["n_eff_kish_a"] == pytest.approx(sum(weights) ** 2 / sum(w * w for w in weights), rel=PRECISE)


def test_a_group_within_one_unit_has_no_interval():
    """Its residuals sum to 0 in the unit, but for rounding: R gives a standard error of 1e-17."""
    rows = schools("apiclus2")
    for row in rows:
        row["dnum"] = 1 if row["stype"] == "E" else row["dnum"]
    row = findings_of(rows, CLUSTERS, design_psu="dnum", weight_main="pw").loc["elementary", "target"]
    assert 0 < row["p_a"] < 1
    assert row[["p_a_low", "p_a_high"]].isna().all()
    assert "no interval" in row["status_reason"]


def test_few_replicates_are_few_degrees_of_freedom_of_every_group():
    """R degf: five replicates of independent weights leave 4, under the 8 that NCHS asks for."""
    rows = schools("apistrat")
    for i, row in enumerate(rows):
        row |= {f"rep{k}": float(row["pw"]) * (2.0 if (i >> k) & 1 else 0.1) for k in range(1, 6)}
    sections = "weights: {main: {column: pw, replicates: {kind: brr, columns: [rep1..rep5]}}}\n"
    found = findings_of(rows, sections, weight_main="pw").loc["awards", "hi"]
    assert found["df"] == 4
    assert (found["status"], found["status_reason"]) == ("review", "4 degrees of freedom")


@pytest.mark.parametrize("display", ["", "display: {rule: base}\n"])
def test_a_group_without_any_weight_has_no_share_and_says_why(display: str):
    rows = schools("apistrat")
    weightless = [row for row in rows if row["awards"] == "Yes"]
    for row in weightless:
        row["pw"] = 0
    found = findings_of(rows, display + "weights: {main: {column: pw}}\n", weight_main="pw").loc["awards", "hi"]
    assert found["n_a"] == len(weightless)
    assert found[["p_a", "ratio", "ratio_low", "ratio_high"]].isna().all()
    reason = f"base of weight 0: {len(weightless)} without a weight"
    assert (found["status"], found["status_reason"]) == ("suppress", reason)
    assert found["wording"].startswith("There are too few respondents to compare")


def test_a_sentence_on_a_low_base_says_so_whatever_else_is_to_be_said():
    """40 of 40 against 60 of 80: for review because of the 100%, and on a low base."""
    rows = schools("apistrat")[:120]
    for i, row in enumerate(rows):
        row |= {"awards": "Yes" if i < 40 else "No", "api00": 800 if i < 40 or i % 4 else 600, "w": 1 + i % 2}
    found = findings_of(rows, "weights: {main: {column: w}}\n", weight_main="w").loc["awards", "hi"]
    assert (found["status"], found["status_reason"]) == ("review", "share is 100%")
    assert "n = 40 and 80, low base)" in found["wording"]


def test_weights_that_do_not_meet_their_margins_are_taken_as_fixed():
    """What margins explain is no part of a variance that they do not bind: the error is that of delivered weights."""
    rows = schools("apistrat")
    sections = "design: {strata: s}\nweights: {main: {rake: {stype: {E: 0.05, H: 0.9, M: 0.05}}, trim: 1.2}}\n"
    weights = core_tables(rows, STUDY + sections, design_strata="stype")[2]["weights"]["weight_main"].to_pylist()
    for row, weight in zip(rows, weights, strict=True):
        row["pw"] = weight
    raked = findings_of(rows, sections, design_strata="stype").loc["awards", "hi"]
    fixed = findings_of(rows, STRATA, design_strata="stype", weight_main="pw").loc["awards", "hi"]
    assert raked["method"] == f"{LINEARISED}; weight main taken as fixed, its margins not met"
    names = ["ratio", "ratio_low", "ratio_high", "se_log_ratio", "n_eff_a"]
    assert raked[names].to_list() == pytest.approx(fixed[names].to_list(), rel=1e-9)


def test_an_adjusted_ratio_says_that_its_weight_is_taken_as_fixed():
    text = STUDY.replace('b: {awards: ["No"]}}', "b: rest, adjust_for: [stype], stratify_by: stype}") + STRATA
    study, _, made, core = core_tables(schools("apistrat"), text, design_strata="stype", weight_main="pw")
    grouping = Grouping(study.tiers, study.segments, study.segment_columns, study.resolver)
    respondents = core.respondents.to_pandas().assign(tier=None)
    found, shuffled = (
        adjusted_table("w", rows, made["weights"].to_pandas(), study.comparisons, grouping, study.indicator_columns,
                       "main", study.design)
        for rows in (respondents, respondents.sample(frac=1, random_state=1))
    )  # fmt: skip
    pd.testing.assert_frame_equal(found, shuffled)
    assert set(found["method"]) == {f"{DESIGNED}; weight main taken as fixed"}
    assert set(found["mh_method"]) == {f"{WEIGHTED}; weight main taken as fixed"}
