"""Findings and shares from cells, against counts over the respondents' own answers."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep

from pipeline import tables
from pipeline.errors import StudyFileError
from pipeline.estimation.comparing import DEFINES, DISJOINT, compare
from pipeline.estimation.designed import LINEARISED, MOVER
from pipeline.estimation.groups import Grouping
from pipeline.estimation.levels import indicator_shares
from pipeline.study.loading import study_from_text
from pipeline.study.model import Study
from pipeline.study.sampling import default_weight
from tests.records import Core, cells_of, core_of, table_of

TEXT = """
title: Findings
sample: {type: opt_in, population: people}
questions:
  practice: {type: grid, text: P, scale: frequency, rows: {crm: C, map: M}}
  size: {type: single, text: Size, options: {small: Small, middle: Middle, large: Large, dk: {text: D, is: dont_know}}}
  region: {type: single, text: Region, options: {north: North, south: South}}
  teams: {type: multiple, text: T, options: {service: Service, sales: Sales, dk: {text: Unsure, is: dont_know}}}
  budget: {type: number, text: Budget}
  uses: {type: single, text: Uses, options: {"yes": "Yes", "no": "No", dk: {text: D, is: dont_know}}}
  praise: {type: single, text: Praise, options: {"yes": "Yes", "no": "No"}, asked_if: {uses: ["yes"]}}
scales:
  frequency: {never: Never, rarely: Rarely, often: Often, dk: {text: D, is: dont_know}}
score:
  points: {never: 0, rarely: 1, often: 2}
  dimensions: {crm: {items: [practice.crm]}, map: {items: [practice.map]}}
tiers: {order: [low, middle, high], cuts: [25, 75]}
cleaning:
  - {rule: spam}
display: {rule: base}
segments:
  size: {question: size, nets: {not_large: [small, middle]}}
  team: {question: teams}
  spend: {question: budget, bands: [10, 100]}
  profile: {levels: {Small north: {size: [small], region: [north]}, No sales: {not: {teams: [sales]}}}}
indicators:
  uses_it: {when: {uses: ["yes"]}}
  uses_known: {when: {uses: ["yes"]}, base: substantive}
  praise_asked: {when: {praise: ["yes"]}, base: asked}
  praise_all: {when: {praise: ["yes"]}, base: everyone}
  often_crm: {when: {practice.crm: [often]}}
  is_small: {when: {size: [small]}}
comparisons:
  ends: {a: {tier: [high]}, b: {tier: [low]}}
  shared: {a: {tier: [middle, high]}, b: {tier: [low, middle]}}
  rest: {a: {tier: [high]}, b: rest}
  others: {a: {tier: [high]}, b: everyone_else}
  all_of_them: {a: {tier: [high]}, b: everyone}
  large_rest: {a: {size: [large]}, b: rest}
  large_others: {a: {size: [large]}, b: everyone_else}
  large_all: {a: {size: [large]}, b: everyone}
  net: {a: {size: [not_large]}, b: {size: [large]}}
  high_and_large: {a: {tier: [high], size: [large, middle]}, b: {tier: [low], size: [not_large]}}
  high_large_rest: {a: {tier: [high], size: [large]}, b: rest}
  service_rest: {a: {team: [service]}, b: rest}
  service_others: {a: {team: [service]}, b: everyone_else}
  service_all: {a: {team: [service]}, b: everyone}
  north_rest: {a: {profile: [Small north]}, b: rest}
  high_north: {a: {tier: [high], profile: [Small north]}, b: {tier: [low, middle], profile: [Small north]}}
  high_or_north: {a: {tier: [high]}, b: {profile: [Small north]}}
"""
STUDY = study_from_text(TEXT).study
TEAMS = ("service", "sales", "dk")
Person = dict[str, Any]
Test = Callable[[Person], bool]


def people(seed: int, size: int) -> list[Person]:
    """Random answers; about one in six is missing, one in ten people is spam."""
    rng = np.random.default_rng(seed)

    def one(*values: Any) -> Any:
        return values[rng.integers(0, len(values))] if rng.random() > 1 / 6 else None

    found = []
    for _ in range(size):
        ticks = rng.random(3) < (0.5, 0.4, 0.1)
        uses = one("yes", "yes", "no", "dk")
        found.append({
            "practice__crm": one("never", "rarely", "often", "dk"), "practice__map": one("never", "rarely", "often"),
            "size": one("small", "middle", "large", "dk"), "region": one("north", "south"),
            **{f"teams__{name}": int(t) if any(ticks) else None for name, t in zip(TEAMS, ticks, strict=True)},
            "budget": one(5.0, 10.0, 99.0, 100.0), "uses": uses, "praise": one("yes", "no") if uses == "yes" else None,
            "status": "spam" if rng.random() < 0.1 else None,
        })  # fmt: skip
    return found


def tier(p: Person) -> str | None:
    points = {"never": 0, "rarely": 50, "often": 100}
    crm, mapping = points.get(p["practice__crm"]), points.get(p["practice__map"])
    if crm is None or mapping is None:
        return None
    return "low" if crm + mapping < 50 else "middle" if crm + mapping < 150 else "high"


def size(p: Person) -> str | None:
    return p["size"] if p["size"] != "dk" else None


def spend(p: Person) -> str | None:
    b = p["budget"]
    return None if b is None else "below_10" if b < 10 else "10_to_100" if b < 100 else "100_and_more"


def in_a_team(p: Person) -> bool:
    return p["teams__service"] == 1 or p["teams__sales"] == 1


def north(p: Person) -> bool:
    return p["size"] == "small" and p["region"] == "north"


LEVELS: dict[tuple[str, str], Test] = {
    ("all", "all"): lambda p: True,
    **{("size", name): lambda p, name=name: size(p) == name for name in ("small", "middle", "large")},
    ("size", "not_large"): lambda p: size(p) in ("small", "middle"),
    ("team", "service"): lambda p: p["teams__service"] == 1,
    ("team", "sales"): lambda p: p["teams__sales"] == 1,
    **{("spend", name): lambda p, name=name: spend(p) == name for name in ("below_10", "10_to_100", "100_and_more")},
    ("profile", "Small north"): north,
    ("profile", "No sales"): lambda p: p["teams__sales"] != 1,
}
TIERS: dict[tuple[str, str], Test] = {
    ("tier", name): lambda p, name=name: tier(p) == name for name in STUDY.tiers.order
}
INDICATORS: dict[str, tuple[Test, Test]] = {  # base, yes
    "uses_it": (lambda p: p["uses"] is not None, lambda p: p["uses"] == "yes"),
    "uses_known": (lambda p: p["uses"] in ("yes", "no"), lambda p: p["uses"] == "yes"),
    "praise_asked": (lambda p: p["uses"] == "yes", lambda p: p["praise"] == "yes"),
    "praise_all": (lambda p: True, lambda p: p["praise"] == "yes"),
    "often_crm": (lambda p: p["practice__crm"] is not None, lambda p: p["practice__crm"] == "often"),
    "is_small": (lambda p: p["size"] is not None, lambda p: p["size"] == "small"),
}
COMPARISONS: dict[str, tuple[Test, Test]] = {
    "ends": (lambda p: tier(p) == "high", lambda p: tier(p) == "low"),
    "shared": (lambda p: tier(p) in ("middle", "high"), lambda p: tier(p) in ("low", "middle")),
    "rest": (lambda p: tier(p) == "high", lambda p: tier(p) in ("low", "middle")),
    "others": (lambda p: tier(p) == "high", lambda p: tier(p) != "high"),
    "all_of_them": (lambda p: tier(p) == "high", lambda p: True),
    "large_rest": (lambda p: size(p) == "large", lambda p: size(p) in ("small", "middle")),
    "large_others": (lambda p: size(p) == "large", lambda p: size(p) != "large"),
    "large_all": (lambda p: size(p) == "large", lambda p: True),
    "net": (lambda p: size(p) in ("small", "middle"), lambda p: size(p) == "large"),
    "high_and_large": (
        lambda p: tier(p) == "high" and size(p) in ("large", "middle"),
        lambda p: tier(p) == "low" and size(p) in ("small", "middle"),
    ),
    "high_large_rest": (
        lambda p: tier(p) == "high" and size(p) == "large",
        lambda p: tier(p) is not None and size(p) is not None and not (tier(p) == "high" and size(p) == "large"),
    ),
    "service_rest": (lambda p: p["teams__service"] == 1, lambda p: p["teams__service"] != 1 and in_a_team(p)),
    "service_others": (lambda p: p["teams__service"] == 1, lambda p: p["teams__service"] != 1),
    "service_all": (lambda p: p["teams__service"] == 1, lambda p: True),
    "north_rest": (north, lambda p: not north(p)),
    "high_north": (lambda p: tier(p) == "high" and north(p), lambda p: tier(p) in ("low", "middle") and north(p)),
    "high_or_north": (lambda p: tier(p) == "high", north),
}  # fmt: skip
BY_TIER = ("ends", "shared", "rest", "others", "all_of_them")
OVERLAPS = ("shared", "all_of_them", "large_all", "service_all", "high_or_north")
CIRCULAR = {
    **{name: {"often_crm"} for name in BY_TIER},
    **{name: {"is_small"} for name in ("large_rest", "large_others", "large_all", "net", "north_rest")},
    **{
        name: {"often_crm", "is_small"} for name in ("high_and_large", "high_large_rest", "high_north", "high_or_north")
    },
}
"""Indicators that look at what makes the groups: the score's item in tiers, the company's size in sizes."""
PLACES = [(name, place) for name in COMPARISONS for place in (LEVELS if name in BY_TIER else [("all", "all")])]


def analysed(found: list[Person]) -> list[Person]:
    there = [v.name for v in STUDY.variables]
    return [p for p in found if p["status"] is None and any(p[name] is not None for name in there)]


def findings(study: Study, core: Core) -> pd.DataFrame:
    names = [default_weight(study.weights), *(c.weight for c in study.comparisons.values() if c.weight)]
    weighted = cells_of(study, core, names)
    grouping = Grouping(study.tiers, study.segments, study.segment_columns, study.resolver)
    return compare(
        "w", weighted, names[0], study.comparisons, grouping, study.indicators, study.scored_indicators, study.display,
        study.sample, study.synthetic,
    )  # fmt: skip


def by_key(frame: pd.DataFrame, *names: str) -> dict[tuple, dict[str, Any]]:
    rows = {tuple(row[name] for name in names): row for row in frame.to_dict("records")}
    assert len(rows) == len(frame)
    return rows


WAVES = [(1, 400), (2, 60), (3, 9), (4, 1)]


@lru_cache
def wave(seed: int, number: int) -> tuple[list[Person], dict[tuple, dict[str, Any]]]:
    found = people(seed, number)
    frame = findings(STUDY, core_of(STUDY, found))
    table_of(tables.FINDINGS, STUDY, [])  # the declared columns
    assert set(tables.FINDINGS.arrow_schema(STUDY).names) <= set(frame.columns)
    return analysed(found), by_key(frame, "indicator", "comparison", "segment", "level")


@pytest.mark.parametrize(("seed", "number"), WAVES)
def test_counts_are_those_of_the_respondents(seed: int, number: int):
    there, rows = wave(seed, number)
    assert rows.keys() == {(i, name, *place) for i in INDICATORS for name, place in PLACES}
    for (indicator, name, *place), row in rows.items():
        base, yes = INDICATORS[indicator]
        inside = LEVELS[place[0], place[1]]
        for end, chosen in zip("ab", COMPARISONS[name], strict=True):
            group = [p for p in there if inside(p) and chosen(p) and base(p)]
            expected = (sum(yes(p) for p in group), len(group), float(len(group)))
            got = (row[f"x_{end}"], row[f"n_{end}"], row[f"weighted_base_{end}"])
            assert got == expected, (indicator, name, place, end)


@pytest.mark.parametrize(("seed", "number"), WAVES)
def test_ratios_shares_and_differences_follow_from_the_counts(seed: int, number: int):
    for key, row in wave(seed, number)[1].items():
        x_a, n_a, x_b, n_b = (row[name] for name in ("x_a", "n_a", "x_b", "n_b"))
        p_a, p_b = (x / n if n else math.nan for x, n in ((x_a, n_a), (x_b, n_b)))
        known = n_a and n_b and (x_a or x_b)
        ratio = math.nan if not known else p_a / p_b if x_b else math.inf
        got = [row[name] for name in ("p_a", "p_b", "ratio", "difference")]
        assert got == pytest.approx([p_a, p_b, ratio, p_a - p_b], rel=1e-12, nan_ok=True), key
        limited = [row[name] for name in ("ratio_low", "ratio_high", "difference_low", "difference_high", "p_value")]
        assert (row["base"], row["ci_level"], row["deff"]) == (STUDY.indicators[key[0]].base, 0.95, 1.0)
        assert (row["n_eff_a"], row["n_eff_b"]) == (n_a, n_b)
        if not (n_a and n_b):
            assert all(math.isnan(value) for value in limited), key
        elif row["ratio_low"] == row["ratio_low"] and ratio == ratio:
            assert row["ratio_low"] <= ratio * (1 + 1e-12), key
            assert ratio <= row["ratio_high"] * (1 + 1e-12), key
            assert (row["p_value"] < 0.05) == (not row["ratio_low"] <= 1 <= row["ratio_high"]), key


@pytest.mark.parametrize(("seed", "number"), WAVES)
def test_disjoint_groups_are_compared_by_the_score(seed: int, number: int):
    """p: the chi-squared test of scipy with N - 1 for N. Difference: Newcombe's interval of statsmodels. The standard
    error is Katz's, the delta method; it is not given where it would be 0 or infinite."""
    for (_, name, *_place), row in wave(seed, number)[1].items():
        x_a, n_a, x_b, n_b = (row[name] for name in ("x_a", "n_a", "x_b", "n_b"))
        if name in OVERLAPS or not (n_a and n_b):
            continue
        assert row["method"] == DISJOINT
        assert math.isnan(row["df"])
        some = 0 < x_a + x_b < n_a + n_b
        if some:
            table = [[x_a, n_a - x_a], [x_b, n_b - x_b]]
            chi2 = stats.chi2_contingency(table, correction=False).statistic * (n_a + n_b - 1) / (n_a + n_b)
            assert row["p_value"] == pytest.approx(stats.chi2.sf(chi2, 1), rel=1e-9)
        else:
            assert row["p_value"] == 1.0
        low, high = confint_proportions_2indep(x_a, n_a, x_b, n_b, method="newcomb")
        assert (row["difference_low"], row["difference_high"]) == pytest.approx((low, high), abs=1e-12)
        se = math.sqrt((1 - x_a / n_a) / x_a + (1 - x_b / n_b) / x_b) if x_a and x_b else 0.0
        assert row["se_log_ratio"] == pytest.approx(se or math.nan, rel=1e-9, nan_ok=True)


def influence_of(there: list[Person], row: dict[str, Any], key: tuple) -> tuple[np.ndarray, np.ndarray]:
    """What each respondent adds to the shares of a and b, first order."""
    base, yes = INDICATORS[key[0]]
    inside = LEVELS[key[2], key[3]]
    parts = []
    for end, chosen in zip("ab", COMPARISONS[key[1]], strict=True):
        member = np.array([inside(p) and chosen(p) and base(p) for p in there])
        says = np.array([yes(p) for p in there])
        parts.append(member * (says - row[f"p_{end}"]) / row[f"n_{end}"])
    return parts[0], parts[1]


@pytest.mark.parametrize(("seed", "number"), WAVES)
def test_groups_that_share_respondents_are_compared_by_linearisation(seed: int, number: int):
    """Each respondent's influence; n / (n - 1); Student's t with n - 1 degrees of freedom over all the analysed."""
    there, rows = wave(seed, number)
    n = len(there)
    compared = few_there = 0
    for key, row in rows.items():
        if key[1] not in OVERLAPS or not (row["n_a"] and row["n_b"]):
            continue
        influence_a, influence_b = influence_of(there, row, key)
        if row["method"] == DISJOINT:  # nobody happens to be in both
            assert not np.any((influence_a != 0) & (influence_b != 0))
            continue
        assert row["method"] in (LINEARISED, MOVER)
        assert row["df"] == n - 1
        few = min(min(row[f"x_{end}"], row[f"n_{end}"] - row[f"x_{end}"]) for end in "ab") < 10
        assert row["method"] == (MOVER if few else LINEARISED), key
        if few:
            few_there += 1
            continue

        def limits(estimate: float, influence: np.ndarray) -> list[float]:
            se = math.sqrt(n * np.var(influence, ddof=1)) if n > 1 else math.nan
            half = stats.t.ppf(0.975, n - 1) * se if se > 1e-12 else math.nan
            return [se if se > 1e-12 else math.nan, estimate - half, estimate + half]

        p_a, p_b = row["p_a"], row["p_b"]
        _, low, high = limits(p_a - p_b, influence_a - influence_b)
        expected = [max(low, -1.0), min(high, 1.0)]
        assert [row["difference_low"], row["difference_high"]] == pytest.approx(expected, abs=1e-9, nan_ok=True), key
        expected = [math.nan] * 4
        if p_a > 0 and p_b > 0:
            se, low, high = limits(math.log(p_a / p_b), influence_a / p_a - influence_b / p_b)
            p = 2 * stats.t.sf(abs(math.log(p_a / p_b)) / se, n - 1)
            expected = [se, math.exp(low), math.exp(high), p]
        got = [row[name] for name in ("se_log_ratio", "ratio_low", "ratio_high", "p_value")]
        assert got == pytest.approx(expected, rel=1e-7, nan_ok=True), key
        expected = [math.nan] * 2
        if 0 < p_a < 1 and 0 < p_b < 1:
            odds = math.log(p_a / (1 - p_a) / (p_b / (1 - p_b)))
            _, low, high = limits(odds, influence_a / (p_a * (1 - p_a)) - influence_b / (p_b * (1 - p_b)))
            expected = [math.exp(low), math.exp(high)]
        got = [row["odds_ratio_low"], row["odds_ratio_high"]]
        assert got == pytest.approx(expected, rel=1e-7, nan_ok=True), key
        compared += 1
    assert (compared > 50 and few_there > 100) or number < 400


def test_no_interval_has_no_width():
    """A group against itself, all who say yes: there is an estimate, and nothing is known of its precision."""
    seen = 0
    for seed, number in WAVES:
        for key, row in wave(seed, number)[1].items():
            for what in ("ratio", "difference", "odds_ratio"):
                assert not row[f"{what}_low"] >= row[f"{what}_high"], (key, what)
            if row["ratio"] == row["ratio"] and math.isnan(row["ratio_low"]):
                seen += 1
                assert "no interval" in row["status_reason"] or row["status"] == "suppress"
    assert seen


@pytest.mark.parametrize(("seed", "number"), WAVES)
def test_q_values_are_of_one_comparison_and_its_segments_apart(seed: int, number: int):
    rows = wave(seed, number)[1]
    families: dict[tuple, list[tuple]] = {}
    for key, row in rows.items():
        families.setdefault((key[1], key[2] == "all"), []).append(key)
        assert math.isnan(row["q_value"]) == math.isnan(row["p_value"])
    for keys in families.values():
        known = sorted((rows[key]["p_value"], key) for key in keys if not math.isnan(rows[key]["p_value"]))
        q = 1.0
        for rank, (p, key) in reversed(list(enumerate(known, 1))):
            q = min(q, p * len(known) / rank)
            assert rows[key]["q_value"] == pytest.approx(q, rel=1e-9), key


@pytest.mark.parametrize(("seed", "number"), WAVES)
def test_status_is_that_of_the_worse_base_and_flags_what_defines_the_groups(seed: int, number: int):
    for key, row in wave(seed, number)[1].items():
        n = min(row["n_a"], row["n_b"])
        circular = key[0] in CIRCULAR.get(key[1], ())
        assert row["in_score"] == (key[0] == "often_crm")
        assert (DEFINES in row["wording"]) == circular, key
        if n < 30:
            assert row["status"] == "suppress", key
            assert f"base {n} under 30" in row["status_reason"], key
            continue
        assert (DEFINES in row["status_reason"]) == circular or row["status"] == "review", key
        if row["ratio"] != row["ratio"] or row["ratio_low"] != row["ratio_low"]:
            assert row["status"] == "review", key
        elif n < 100:
            assert row["status"] == "footnote", key
            assert f"low base: {n} under 100" in row["status_reason"], key
            assert "low base" in row["wording"], key
        else:
            assert (row["status"], row["status_reason"]) == (("footnote", DEFINES) if circular else ("show", "")), key


def test_nobody_analysed_makes_findings_without_estimates():
    rows = findings(STUDY, core_of(STUDY, [{"status": "spam", "size": "small"}])).to_dict("records")
    assert len(rows) == len(INDICATORS) * len(PLACES)
    for row in rows:
        assert (row["n_a"], row["n_b"], row["status"]) == (0, 0, "suppress")
        assert math.isnan(row["ratio"])
        assert "no respondents" in row["wording"]


def test_finding_ids_are_readable_and_one_of_a_kind():
    ids = [row["finding_id"] for row in wave(2, 60)[1].values()]
    assert len(set(ids)) == len(ids)
    assert {"w/ends/uses_it", "w/rest/uses_it/size=not_large"} <= set(ids)


# -- rows by hand

TWO = """
title: Two
sample: {type: probability, population: people}
questions:
  kind: {type: single, text: K, options: {x: X, y: Y}}
  a: {type: single, text: A, options: {"yes": "Yes", "no": "No"}}
tiers: {order: [y, x], labels: {x: Mature teams, y: others}, answers: {x: {kind: [x]}, y: {kind: [y]}}}
indicators: {does_a: {when: {a: ["yes"]}, label: do it}}
comparisons: {one: {a: {tier: [x]}, b: {tier: [y]}}}
"""


def two(x_a: int, n_a: int, x_b: int, n_b: int, text: str = TWO) -> dict[str, Any]:
    """The finding of x_a of n_a against x_b of n_b."""
    study = study_from_text(text).study
    counts = {("x", "yes"): x_a, ("x", "no"): n_a - x_a, ("y", "yes"): x_b, ("y", "no"): n_b - x_b}
    rows = [{"kind": kind, "a": answer} for (kind, answer), n in counts.items() for _ in range(n)]
    (row,) = findings(study, core_of(study, rows)).to_dict("records")
    return row


def test_a_row_has_the_limits_of_the_reference():
    """36/40 against 16/80: R contingencytables, Miettinen-Nurminen 2.934646 to 7.166298."""
    row = two(36, 40, 16, 80)
    assert (row["ratio"], row["odds_ratio"]) == (pytest.approx(4.5), pytest.approx(36.0))
    assert (row["ratio_low"], row["ratio_high"]) == pytest.approx((2.934646, 7.166298), rel=1e-6)
    assert row["wording"] == (
        "Mature teams are 4.5 times as likely as others to do it "
        "(90% against 20%, 95% CI 2.9 to 7.2, n = 40 and 80, low base)."
    )


def test_the_ratio_is_infinite_where_only_b_has_none_and_unknown_where_neither_has_one():
    row = two(36, 120, 0, 100)
    assert (row["ratio"], row["ratio_high"]) == (math.inf, math.inf)
    assert row["ratio_low"] > 1
    assert math.isnan(row["se_log_ratio"])
    row = two(0, 120, 0, 100)
    assert math.isnan(row["ratio"])
    assert (row["status"], row["status_reason"]) == ("review", "share is 0%; no ratio: nobody in either group")
    row = two(0, 120, 30, 100)
    assert (row["ratio"], row["ratio_low"]) == (0.0, 0.0)
    assert 0 < row["ratio_high"] < 1


def test_all_yes_in_both_groups_has_a_ratio_of_one_with_an_honest_interval():
    """R ratesci::scoreci(100, 100, 100, 100, contrast = "RR"): limits on either side of 1."""
    row = two(100, 100, 100, 100)
    assert row["ratio"] == 1.0
    assert row["ratio_low"] < 1 < row["ratio_high"]
    assert math.isnan(row["se_log_ratio"])
    assert (row["p_a_high"], row["p_b_high"]) == (1.0, 1.0)
    row = two(0, 100, 0, 50)
    assert (row["p_a_low"], row["p_b_low"]) == (0.0, 0.0)


def test_tiers_made_from_an_answer_say_so_where_the_indicator_is_that_answer():
    text = (
        TWO.replace('does_a: {when: {a: ["yes"]}, label: do it}', "is_x: {when: {kind: [x]}, label: be X}")
        + "display: {rule: base}\n"
    )
    row = two(60, 120, 30, 100, text)
    assert (row["in_score"], row["status"], row["status_reason"]) == (True, "footnote", DEFINES)


LABELS = """
title: Words
sample: {type: opt_in, population: people}
synthetic: true
questions:
  kind: {type: single, text: K, options: {a: A, b: B, c: C, d: D}}
  size: {type: single, text: S, options: {small: "1-249", large: {text: L, label: 250 and more}}}
tiers:
  order: [a, b, c, d]
  labels: {a: early teams, b: growing teams, c: grown teams, d: leaders}
  answers: {a: {kind: [a]}, b: {kind: [b]}, c: {kind: [c]}, d: {kind: [d]}}
segments: {size: {question: size, label: company size}, plan: {levels: {Has a plan: {kind: [a]}}}}
indicators: {is_small: {when: {size: [small]}}}
comparisons:
  one: {a: {tier: [d]}, b: rest}
  two: {a: {tier: [b, c]}, b: {tier: [a, d]}}
  three: {a: {tier: [a]}, b: everyone_else}
  four: {a: {size: [small, large]}, b: everyone}
  five: {a: {tier: [a], size: [large]}, b: rest}
  six: {a: {plan: [Has a plan]}, b: rest}
"""


def test_groups_are_named_as_people_and_levels():
    study = study_from_text(LABELS).study
    frame = findings(study, core_of(study, [{"kind": "a", "size": "small"}]))
    named = {row["comparison"]: (row["group_a"], row["group_b"]) for row in frame.to_dict("records")}
    assert named == {
        "one": ("leaders", "early, growing or grown teams"),
        "two": ("growing or grown teams", "early teams or leaders"),
        "three": ("early teams", "all other respondents"),
        "four": ('respondents with company size "1-249" or "250 and more"', "all respondents"),
        "five": (
            'early teams with company size "250 and more"', "other respondents with a known tier and company size"
        ),
        "six": ('respondents with plan "Has a plan"', "all other respondents"),
    }  # fmt: skip
    within = frame[(frame["comparison"] == "one") & (frame["level"] == "small")]["wording"].item()
    assert within == (
        'Among respondents with company size "1-249", there are no respondents to compare leaders with early, '
        'growing or grown teams in how likely they are to show "is small" (n = 0 and 1). [synthetic data]'
    )


def test_two_overlapping_levels_at_once_are_refused_and_not_counted_as_nobody():
    text = TEXT[: TEXT.index("comparisons:")] + "comparisons: {x: {a: {team: [service]}, b: {team: [sales]}}}\n"
    with pytest.raises(StudyFileError, match='2 levels of segment "team", which may overlap: service, sales'):
        study_from_text(text)


# -- shares


@pytest.mark.parametrize(("seed", "number"), WAVES)
def test_shares_are_those_of_the_respondents_in_every_level(seed: int, number: int):
    found = people(seed, number)
    cells = cells_of(STUDY, core_of(STUDY, found), [""])[""]
    frame = indicator_shares("w", cells, STUDY.indicators, STUDY.tiers, STUDY.segment_columns, STUDY.display)
    rows = by_key(frame, "indicator", "segment", "level")
    places = LEVELS | TIERS
    assert rows.keys() == {(i, *place) for i in INDICATORS for place in places}
    there = analysed(found)
    for (indicator, *place), row in rows.items():
        base, yes = INDICATORS[indicator]
        group = [p for p in there if places[place[0], place[1]](p) and base(p)]
        x, n = sum(yes(p) for p in group), len(group)
        assert (row["x"], row["n"], row["weighted_base"], row["n_eff"]) == (x, n, n, n)
        assert row["share"] == pytest.approx(x / n if n else math.nan, nan_ok=True)
        assert (row["share_low"] == 0) == (x == 0 < n)
        assert (row["share_high"] == 1) == (x == n > 0)
        assert row["status"] == ("suppress" if n < 30 else "footnote" if n < 100 else "show")
        assert row["base"] == STUDY.indicators[indicator].base
