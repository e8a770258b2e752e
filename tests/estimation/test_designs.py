"""Findings under complex designs against R's survey package, from the respondents' rows to the published columns."""

from __future__ import annotations

import csv
import math

import pytest
import yaml

from pipeline.estimation.designed import LINEARISED
from tests.estimation.schools import REFERENCES, findings, findings_of, schools

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
