"""Findings under complex designs against R's survey package, from the respondents' rows to the published columns."""

from __future__ import annotations

import csv
import math

import pytest
import yaml

from pipeline.estimation.adjusted_table import adjusted_table
from pipeline.estimation.adjusting import DESIGNED, WEIGHTED
from pipeline.estimation.designed import LINEARISED
from pipeline.estimation.groups import Grouping
from pipeline.estimation.quantiles import t_quantile
from tests.estimation.schools import REFERENCES, STUDY, core_tables, findings, findings_of, mean_and_share, schools

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


def test_few_replicates_are_few_degrees_of_freedom_of_every_group():
    """Four replicates of independent weights leave 4 degrees of freedom, under the 8 that NCHS asks for."""
    rows = schools("apistrat")
    for i, row in enumerate(rows):
        row |= {f"rep{k}": float(row["pw"]) * (2.0 if (i >> k) & 1 else 0.1) for k in range(1, 5)}
    sections = "weights: {main: {column: pw, replicates: {kind: brr, columns: [rep1..rep4]}}}\n"
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
    found = adjusted_table(
        "w", respondents, made["weights"].to_pandas(), study.comparisons, grouping, study.indicator_columns, "main",
        study.design,
    )  # fmt: skip
    assert set(found["method"]) == {f"{DESIGNED}; weight main taken as fixed"}
    assert set(found["mh_method"]) == {f"{WEIGHTED}; weight main taken as fixed"}
