"""Specifications and their range, against the whole way from answers to counts gone again, respondent by respondent."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from pipeline.estimation.comparing import compare
from pipeline.estimation.groups import Grouping
from pipeline.estimation.robustness import NO_ITEM, NO_PUBLISHED, NO_RATIO, NOTHING, ON_NO_SIDE, Robustness, robustness
from pipeline.estimation.specifications import Sections
from pipeline.study.claims import Claim
from pipeline.study.loading import study_from_text
from pipeline.study.model import Study
from pipeline.study.sampling import default_weight
from pipeline.weighting.assigning import weigh
from tests.records import Core, cells_of, core_of, names_of

QUESTIONS = """
title: Robustness
sample: {type: opt_in, population: people}
questions:
  practice: {type: grid, text: P, scale: frequency, rows: {crm: C, map: M, ads: A}}
  size: {type: single, text: Size, options: {small: Small, middle: Middle, large: Large, dk: {text: D, is: dont_know}}}
  region: {type: single, text: Region, options: {north: North, south: South}}
  teams: {type: multiple, text: T, options: {service: Service, sales: Sales, dk: {text: Unsure, is: dont_know}}}
  uses: {type: single, text: Uses, options: {"yes": "Yes", "no": "No", dk: {text: D, is: dont_know}}}
  praise: {type: single, text: Praise, options: {"yes": "Yes", "no": "No"}, asked_if: {uses: ["yes"]}}
scales:
  frequency: {never: Never, rarely: Rarely, often: Often, dk: {text: D, is: dont_know}}
"""
SCORE = """
score:
  points: {never: 0, rarely: 1, often: 2}
  dimensions:
    data: {items: [practice.crm, practice.map, teams.sales], min_answered: 2, weight: 2}
    paid: {items: [practice.ads]}
"""
CUTS = "tiers: {order: [low, middle, high], cuts: [30, 66.666667]}\n"
CLEANING = """
cleaning:
  - {rule: spam}
  - {rule: excluded, ids: {nobody: "asked to be removed"}}
  - {rule: incomplete, answered_below: 0.5}
  - {rule: duplicate_id}
  - {rule: speeder, below_median: 0.5}
  - {rule: duplicate_answers, questions: [size, region, uses]}
"""
REST = """
display: {rule: base}
segments:
  size: {question: size, nets: {not_large: [small, middle]}}
  team: {question: teams}
  profile: {levels: {Small north: {size: [small], region: [north]}}}
indicators:
  uses_it: {when: {uses: ["yes"]}}
  uses_known: {when: {uses: ["yes"]}, base: substantive}
  praise_asked: {when: {praise: ["yes"]}, base: asked}
  praise_all: {when: {praise: ["yes"]}, base: everyone}
  often_crm: {when: {practice.crm: [often]}}
  both: {when: {practice.crm: [often], practice.ads: [often, rarely]}}
comparisons:
  ends: {a: {tier: [high]}, b: {tier: [low]}}
  rest: {a: {tier: [high]}, b: rest}
  upper: {a: {tier: [middle, high]}, b: everyone_else}
  all_of_them: {a: {tier: [high]}, b: everyone}
  large_rest: {a: {size: [large]}, b: rest}
  net: {a: {size: [not_large]}, b: {size: [large]}}
  high_and_large: {a: {tier: [high], size: [large, middle]}, b: {tier: [low], size: [not_large]}}
  high_large_rest: {a: {tier: [high], size: [large]}, b: rest}
  service_rest: {a: {team: [service]}, b: rest}
  high_service: {a: {tier: [high], team: [service]}, b: everyone_else}
  high_north: {a: {tier: [high], profile: [Small north]}, b: {tier: [low, middle], profile: [Small north]}}
"""
TEXT = QUESTIONS + SCORE + CUTS + CLEANING + REST
WEIGHTED = (
    TEXT
    + """
weights: {main: {rake: {region: {north: 0.3, south: 0.7}}}, given: {column: W}}
"""
)
WEIGHTED = WEIGHTED.replace("b: everyone_else}\n  all", "b: everyone_else, weight: given}\n  all").replace(
    "net: {a", "net: {weight: unweighted, a"
)
CUT = {"low": 0.0, "middle": 30.0, "high": 66.666667}
Person = dict[str, Any]
Test = Callable[[Person], bool]
Group = Callable[[Person, "str | None"], bool]

INDICATORS: dict[str, tuple[Test, Test]] = {  # base, yes
    "uses_it": (lambda p: p["uses"] is not None, lambda p: p["uses"] == "yes"),
    "uses_known": (lambda p: p["uses"] in ("yes", "no"), lambda p: p["uses"] == "yes"),
    "praise_asked": (lambda p: p["uses"] == "yes", lambda p: p["praise"] == "yes"),
    "praise_all": (lambda p: True, lambda p: p["praise"] == "yes"),
    "often_crm": (lambda p: p["practice__crm"] is not None, lambda p: p["practice__crm"] == "often"),
    "both": (
        lambda p: p["practice__crm"] is not None and p["practice__ads"] is not None,
        lambda p: p["practice__crm"] == "often" and p["practice__ads"] in ("often", "rarely"),
    ),
}


def size(p: Person) -> str | None:
    return p["size"] if p["size"] != "dk" else None


def in_a_team(p: Person) -> bool:
    return p["teams__service"] == 1 or p["teams__sales"] == 1


def north(p: Person) -> bool:
    return p["size"] == "small" and p["region"] == "north"


COMPARISONS: dict[str, tuple[Group, Group]] = {
    "ends": (lambda p, t: t == "high", lambda p, t: t == "low"),
    "rest": (lambda p, t: t == "high", lambda p, t: t in ("low", "middle")),
    "upper": (lambda p, t: t in ("middle", "high"), lambda p, t: t not in ("middle", "high")),
    "all_of_them": (lambda p, t: t == "high", lambda p, t: True),
    "large_rest": (lambda p, t: size(p) == "large", lambda p, t: size(p) in ("small", "middle")),
    "net": (lambda p, t: size(p) in ("small", "middle"), lambda p, t: size(p) == "large"),
    "high_and_large": (
        lambda p, t: t == "high" and size(p) in ("large", "middle"),
        lambda p, t: t == "low" and size(p) in ("small", "middle"),
    ),
    "high_large_rest": (
        lambda p, t: t == "high" and size(p) == "large",
        lambda p, t: t is not None and size(p) is not None and not (t == "high" and size(p) == "large"),
    ),
    "service_rest": (
        lambda p, t: p["teams__service"] == 1, lambda p, t: p["teams__service"] != 1 and in_a_team(p)
    ),
    "high_service": (
        lambda p, t: t == "high" and p["teams__service"] == 1,
        lambda p, t: not (t == "high" and p["teams__service"] == 1),
    ),
    "high_north": (lambda p, t: t == "high" and north(p), lambda p, t: t in ("low", "middle") and north(p)),
}  # fmt: skip
BY_TIER = [name for name in COMPARISONS if name not in ("large_rest", "net", "service_rest")]
MOVED = {  # the cuts that divide the groups
    "ends": ("middle", "high"), "rest": ("high",), "upper": ("middle",), "all_of_them": ("high",),
    "high_and_large": ("middle", "high"), "high_large_rest": ("high",), "high_service": ("high",),
    "high_north": ("high",),
}  # fmt: skip
ITEMS = {"practice.crm": "practice__crm", "practice.map": "practice__map", "teams.sales": "teams__sales",
         "practice.ads": "practice__ads"}  # fmt: skip
DIMENSIONS = [(2.0, 2, ["practice.crm", "practice.map", "teams.sales"]), (1.0, 1, ["practice.ads"])]
RULES = ("spam", "excluded", "incomplete", "duplicate_id", "speeder", "duplicate_answers")


def people(seed: int, count: int) -> list[Person]:
    """Random answers; about one in eight is missing; spam, duplicates, fast ones, and a blank record among them."""
    rng = np.random.default_rng(seed)

    def one(*values: Any) -> Any:
        return values[rng.integers(0, len(values))] if rng.random() > 1 / 8 else None

    found: list[Person] = []
    for i in range(count):
        ticks = rng.random(3) < (0.5, 0.4, 0.1)
        uses = one("yes", "yes", "no", "dk")
        found.append({
            **{f"practice__{row}": one("never", "rarely", "often", "dk") for row in ("crm", "map", "ads")},
            "size": one("small", "middle", "large", "dk"), "region": "north" if rng.random() < 0.6 else "south",
            **{f"teams__{name}": int(t) if any(ticks) else None
               for name, t in zip(("service", "sales", "dk"), ticks, strict=True)},
            "uses": uses, "praise": one("yes", "no") if uses == "yes" else None,
            "status": "spam" if rng.random() < 0.1 else None,
            "respondent_id": f"p{rng.integers(0, i + 1)}" if rng.random() < 0.2 else f"p{i}",
            "duration_seconds": float(rng.integers(1, 100)) if rng.random() < 0.9 else None,
            "started_at": one(*(datetime(2021, 3, 1) + timedelta(minutes=m) for m in range(3))),
            "weight": float(rng.uniform(0.2, 5)),
        })  # fmt: skip
    answers = [v.name for v in study_of(TEXT).variables]
    if count > 20:
        found[3] |= dict.fromkeys(answers)
    return found


@lru_cache
def study_of(text: str) -> Study:
    return study_from_text(text).study


# -- the way again, slowly


def left(found: list[Person], without: str = "") -> list[Person]:
    """Who is analysed under all rules but one."""
    answers = [v.name for v in study_of(TEXT).variables]
    still = [p for p in found if any(p[a] is not None for a in answers)]
    keep: list[Person] = []
    for rule in RULES:
        if rule == without:
            continue
        if rule == "spam":
            keep = [p for p in still if p["status"] is None]
        elif rule == "incomplete":
            keep = [p for p in still if counted(p)[0] >= 0.5 * counted(p)[1]]
        elif rule == "speeder":
            known = [p["duration_seconds"] for p in still if p["duration_seconds"] is not None]
            limit = 0.5 * statistics.median(known) if known else 0.0
            keep = [p for p in still if p["duration_seconds"] is None or p["duration_seconds"] >= limit]
        elif rule == "duplicate_id":
            keep = firsts(still, lambda p: (p["respondent_id"],))
        elif rule == "duplicate_answers":
            keep = firsts(still, vector)
        else:
            keep = still
        still = keep
    return still


def vector(p: Person) -> tuple[Any, ...]:
    answers = (p["size"], p["region"], p["uses"])
    return answers if any(a is not None for a in answers) else (id(p),)


def counted(p: Person) -> tuple[int, int]:
    """Answered and asked: each grid row, each question once."""
    asked = [p["practice__crm"], p["practice__map"], p["practice__ads"], p["size"], p["region"], p["teams__service"],
             p["uses"], *([p["praise"]] if p["uses"] == "yes" else [])]  # fmt: skip
    return sum(a is not None for a in asked), len(asked)


def firsts(still: list[Person], key: Callable[[Person], tuple[Any, ...]]) -> list[Person]:
    kept = set()
    for value in {key(p) for p in still}:
        alike = [(-counted(p)[0], p["started_at"] or datetime.max, i) for i, p in enumerate(still) if key(p) == value]
        kept.add(min(alike)[2])
    return [p for i, p in enumerate(still) if i in kept]


def points(p: Person, item: str) -> float | None:
    answer = p[ITEMS[item]]
    if item == "teams.sales":
        return None if answer is None else 100.0 * answer
    return {"never": 0.0, "rarely": 50.0, "often": 100.0}.get(answer)


Scoring = Callable[[Person], "float | None"]


def scoring(needed: Sequence[int] | None = None, without: Iterable[str] = ()) -> Scoring:
    """The score with other numbers of answers needed, or without items."""
    dimensions = []
    for i, (weight, declared, items) in enumerate(DIMENSIONS):
        own = [item for item in items if item not in without]
        if own:
            dimensions.append((weight, min(needed[i] if needed else declared, len(own)), own))

    def score(p: Person) -> float | None:
        total = 0.0
        for weight, enough, items in dimensions:
            known = [x for x in (points(p, item) for item in items) if x is not None]
            if len(known) < enough:
                return None
            total += weight * sum(known) / len(known)
        return round(total / sum(weight for weight, _, _ in dimensions), 6)

    return score


PUBLISHED = scoring()


def tier_at(score: float | None, cut: dict[str, float]) -> str | None:
    if score is None or not cut:
        return None
    return max((name for name in cut if score >= cut[name]), key=list(cut).index)


def recut(there: list[Person], weights: list[float], score: Scoring) -> dict[str, float]:
    """Cuts at which the share below each is as near as can be to the published one; none without scores."""
    had = [(PUBLISHED(p), w) for p, w in zip(there, weights, strict=True) if PUBLISHED(p) is not None]
    has = [(score(p), w) for p, w in zip(there, weights, strict=True) if score(p) is not None]
    if not had or not has:
        return {}
    found = {"low": -1.0}
    for name in ("middle", "high"):
        target = sum(w for s, w in had if s < CUT[name]) / sum(w for _, w in had)
        total = sum(w for _, w in has)
        candidates = [*sorted({s for s, _ in has}), math.inf]
        away = [round(abs(sum(w for s, w in has if s < c) / total - target), 12) for c in candidates]
        found[name] = candidates[away.index(min(away))]
    return found


Tiering = Callable[[Person], "str | None"]


def by(score: Scoring, cut: dict[str, float] = CUT) -> Tiering:
    return lambda p: tier_at(score(p), cut)


def counts(
    comparison: str, indicator: str, there: list[Person], tiers: list[str | None], weights: list[float]
) -> tuple[list[float], float]:
    """x_a, n_a, x_b, n_b, weighted bases and shares of a and b; the ratio."""
    base, yes = INDICATORS[indicator]
    found: list[list[float]] = []
    for chosen in COMPARISONS[comparison]:
        everyone = zip(there, tiers, weights, strict=True)
        group = [(yes(p), w) for p, t, w in everyone if chosen(p, t) and base(p)]
        weighted, total = sum(w for y, w in group if y), sum(w for _, w in group)
        found.append([sum(y for y, _ in group), len(group), total, weighted / total if group else math.nan])
    (x_a, n_a, w_a, p_a), (x_b, n_b, w_b, p_b) = found
    ratio = math.nan
    if n_a and n_b and (p_a > 0 or p_b > 0):
        ratio = p_a / p_b if p_b > 0 else math.inf
    return [x_a, n_a, x_b, n_b, w_a, w_b, p_a, p_b], ratio


def raked(there: list[Person]) -> list[float]:
    """By hand, as there is one margin: the share wanted over the share there is."""
    norths = sum(p["region"] == "north" for p in there) / len(there)
    return [0.3 / norths if p["region"] == "north" else 0.7 / (1 - norths) for p in there]


def expected_specifications(
    found: list[Person], weighted: bool
) -> dict[tuple[str, str, str], tuple[list[Person], Tiering, list[float]]]:
    """(comparison, kind, specification) -> who is analysed, how tiers are made, and the weights."""
    there = left(found)
    result: dict[tuple[str, str, str], tuple[list[Person], Tiering, list[float]]] = {}

    def weights_of(name: str, analysed: list[Person]) -> list[float]:
        if not weighted or name == "unweighted":
            return [1.0] * len(analysed)
        return raked(analysed) if name == "weight main" else [p["weight"] for p in analysed]

    for name in COMPARISONS:
        own = {"upper": "weight given", "net": "unweighted"}.get(name, "weight main") if weighted else ""
        mine = weights_of(own, there)
        for tier in MOVED.get(name, ()):
            span = range(1, 67) if tier == "middle" else range(31, 101)
            for point in span:
                if point != CUT[tier]:
                    tiering = by(PUBLISHED, CUT | {tier: float(point)})
                    result[name, "cut", f"{tier} from {point} points"] = (there, tiering, mine)
        for other in ("unweighted", "weight main", "weight given") if weighted else ():
            if other != own:
                result[name, "weight", other] = (there, by(PUBLISHED), weights_of(other, there))
        for rule in RULES:
            analysed = left(found, rule)
            result[name, "cleaning", f"without rule {rule}"] = (analysed, by(PUBLISHED), weights_of(own, analysed))
        if name not in BY_TIER:
            continue
        for rule, needed in (("every item answered", (3, 1)), ("at least one item answered", (1, 1))):
            result[name, "missing_items", rule] = (there, by(scoring(needed)), mine)
        for item in ITEMS:
            score = scoring(without=[item])
            cut = recut(there, weights_of("weight main", there), score)
            result[name, "item_left_out", f"without item {item}"] = (there, by(score, cut), mine)
    return result


# -- the way of the pipeline


def delivered(rows: list[Person]) -> pa.Table:
    return pa.table({"source_row": range(1, len(rows) + 1), "weight given": [str(p["weight"]) for p in rows]})


def made(text: str, rows: list[Person], claims: Sequence[Claim] = ()) -> tuple[Robustness, pd.DataFrame, Core]:
    study = study_of(text)
    answers = [{name: value for name, value in row.items() if name != "weight"} for row in rows]
    extra: dict[str, pa.Table] = {}
    if study.weights:
        plain = core_of(study.model_copy(update={"weights": {}}), answers)
        still = [i for i, d in enumerate(plain.screening["disposition"].to_pylist()) if d == "analysed"]
        told = {"margin region": [rows[i]["region"] for i in still], "weight given": [rows[i]["weight"] for i in still]}
        sampled = pd.DataFrame({"source_row": [i + 1 for i in still], **told})
        extra = {"weights": pa.Table.from_pandas(weigh("w", sampled, None, study.weights).rows, preserve_index=False)}
    core = core_of(study, answers, weights=extra)
    names = [default_weight(study.weights), *(c.weight for c in study.comparisons.values() if c.weight)]
    grouping = Grouping(study.tiers, study.segments, study.segment_columns, study.resolver)
    published = compare(
        "w", cells_of(study, core, names, extra.get("weights")), names[0], study.comparisons, grouping,
        study.indicators, study.scored_indicators, study.display, study.sample, study.synthetic,
    ) if not study.weights else fake_findings(study)  # fmt: skip
    inputs = {name: getattr(core, name) for name in ("responses", "screening", "tier_cuts", "respondents")} | extra
    if study.weights:
        inputs["delivered"] = delivered(rows)
    return robustness("w", inputs, sections_of(study), published, 1, claims), published, core


def sections_of(study: Study, available: set[str] | None = None) -> Sections:
    return Sections(
        study.cleaning, study.weights, study.score,
        Grouping(study.tiers, study.segments, study.segment_columns, study.resolver), study.indicator_columns,
        study.comparisons, study.sampling_columns, names_of(study) if available is None else available,
    )  # fmt: skip


def fake_findings(study: Study) -> pd.DataFrame:
    """What `robustness` reads of findings; weighted intervals are not looked at here."""
    return pd.DataFrame([
        {"finding_id": f"w/{c}/{i}", "indicator": i, "comparison": c, "segment": "all", "ratio": 1.5}
        for c in study.comparisons for i in study.indicators
    ])  # fmt: skip


WAVES = [(1, 300), (2, 40), (3, 8), (4, 1)]
COLUMNS = ["x_a", "n_a", "x_b", "n_b", "weighted_base_a", "weighted_base_b", "p_a", "p_b"]


@lru_cache
def wave(seed: int, number: int) -> tuple[list[Person], Robustness, pd.DataFrame]:
    found = people(seed, number)
    return found, *made(TEXT, found)[:2]


def assert_same(rows: pd.DataFrame, found: list[Person], weighted: bool) -> None:
    expected = expected_specifications(found, weighted)
    keys = [*zip(rows["comparison"], rows["kind"], rows["specification"], rows["indicator"], strict=True)]
    assert len(set(keys)) == len(keys)
    assert set(keys) == {(*key, indicator) for key in expected for indicator in INDICATORS}
    tiers = {key: [tiering(p) for p in there] for key, (there, tiering, _) in expected.items()}
    for key, row in zip(keys, rows.to_dict("records"), strict=True):
        there, _, weights = expected[key[:3]]
        values, ratio = counts(key[0], key[3], there, tiers[key[:3]], weights)
        assert [row[name] for name in COLUMNS] == pytest.approx(values, rel=1e-9, nan_ok=True), key
        assert row["ratio"] == pytest.approx(ratio, rel=1e-9, nan_ok=True), key
        assert (row["wave"], row["reason"]) == ("w", "")


@pytest.mark.parametrize(("seed", "number"), WAVES)
def test_every_specification_is_what_the_respondents_give(seed: int, number: int):
    found, result, _ = wave(seed, number)
    assert_same(result.specifications, found, weighted=False)


@pytest.mark.parametrize(("seed", "number"), [(1, 120), (5, 30)])
def test_weights_are_made_again_for_other_records_and_varied_by_themselves(seed: int, number: int):
    found = people(seed, number)
    assert_same(made(WEIGHTED, found)[0].specifications, found, weighted=True)


@pytest.mark.parametrize(("seed", "number"), WAVES)
def test_the_range_is_that_of_the_specifications(seed: int, number: int):
    _, result, published = wave(seed, number)
    everyone = published[published["segment"] == "all"]
    assert [*result.robustness["finding_id"]] == [*everyone["finding_id"]]
    by_finding = {key: [*zip(own["specification"], own["ratio"], strict=True)]
                  for key, own in result.specifications.groupby(["comparison", "indicator"])}  # fmt: skip
    for row, finding in zip(result.robustness.to_dict("records"), everyone.to_dict("records"), strict=True):
        there = [(name, r) for name, r in by_finding[row["comparison"], row["indicator"]] if not math.isnan(r)]
        ratios = [r for _, r in there]
        assert row["specifications"] == len(there)
        assert row["ratio"] == pytest.approx(finding["ratio"], nan_ok=True)
        if not there:
            assert row["reason"].startswith(NO_RATIO)
            assert pd.isna(row["specification_min"])
            assert math.isnan(row["share_above_one"])
            continue
        assert (row["ratio_min"], row["ratio_max"]) == (min(ratios), max(ratios))
        assert (row["specification_min"], row["ratio_min"]) in there
        assert (row["specification_max"], row["ratio_max"]) in there
        assert row["share_above_one"] == sum(r > 1 + 1e-9 for r in ratios) / len(ratios)
        side = "above" if row["ratio"] > 1 + 1e-9 else "below" if row["ratio"] < 1 - 1e-9 else None
        assert (None if pd.isna(row["claimed_side"]) else row["claimed_side"]) == side
        if side is None:
            assert row["reason"].startswith(NO_PUBLISHED if math.isnan(row["ratio"]) else ON_NO_SIDE)
        if side is None:
            assert math.isnan(row["share_claimed_side"])
        else:
            assert row["claimed_limit"] == 1
            on_side = sum((r > 1 + 1e-9) if side == "above" else (r < 1 - 1e-9) for r in ratios)
            assert row["share_claimed_side"] == on_side / len(ratios)


@pytest.mark.parametrize(("seed", "number"), WAVES)
def test_indicators_that_are_items_have_a_ratio_without_their_items(seed: int, number: int):
    """All items that an indicator looks at are left out, and tiers are cut anew."""
    found, result, _ = wave(seed, number)
    there = left(found)
    own = {"often_crm": ["practice.crm"], "both": ["practice.crm", "practice.ads"]}
    for row in result.robustness.to_dict("records"):
        if row["indicator"] not in own or row["comparison"] not in BY_TIER:
            assert math.isnan(row["ratio_item_left_out"])
            continue
        score = scoring(without=own[row["indicator"]])
        ones = [1.0] * len(there)
        tiering = by(score, recut(there, ones, score))
        ratio = counts(row["comparison"], row["indicator"], there, [tiering(p) for p in there], ones)[1]
        assert row["ratio_item_left_out"] == pytest.approx(ratio, rel=1e-9, nan_ok=True), row["finding_id"]


def test_a_rule_that_takes_nobody_out_changes_nothing():
    _, result, published = wave(1, 300)
    rows = result.specifications[result.specifications["specification"] == "without rule excluded"]
    everyone = published[published["segment"] == "all"].set_index(["comparison", "indicator"])
    for row in rows.to_dict("records"):
        finding = everyone.loc[(row["comparison"], row["indicator"])]
        assert [row[n] for n in ("x_a", "n_a", "x_b", "n_b")] == [finding[n] for n in ("x_a", "n_a", "x_b", "n_b")]


# -- claims


CLAIM = {"id": "c", "says": "x", "indicator": "uses_it", "comparison": "rest"}


def test_a_claim_sets_the_limit_that_the_ratio_has_to_stay_beyond():
    found = people(1, 300)
    claims = tuple(Claim.model_validate(CLAIM | own) for own in (
        {"statistic": "difference", "more_than": "0.7"}, {"filter": {"uses": ["yes"]}, "more_than": "7"},
        {"about": "7"}, {"wave": "other", "less_than": "7"}, {"less_than": "1.05"},
    ))  # fmt: skip
    result = made(TEXT, found, claims)[0]
    rows = result.robustness.set_index("finding_id")
    row = rows.loc["w/rest/uses_it"]
    own = result.specifications.query("comparison == 'rest' and indicator == 'uses_it'")["ratio"].dropna()
    assert (row["claimed_side"], row["claimed_limit"]) == ("below", 1.05)
    assert row["share_claimed_side"] == sum(r < 1.05 for r in own) / len(own)
    assert rows.loc["w/rest/praise_all"]["claimed_limit"] == 1
    assert made(TEXT, found)[0].robustness["claimed_limit"].dropna().eq(1).all()


# -- studies with little to vary


def kinds(result: Robustness) -> set[str]:
    return set(result.specifications["kind"]) if len(result.specifications) else set()


def test_without_score_cleaning_and_weights_there_is_nothing_to_vary():
    text = (
        QUESTIONS
        + 'segments: {size: {question: size}}\nindicators: {u: {when: {uses: ["yes"]}}}\n'
        + ("comparisons: {large: {a: {size: [large]}, b: rest}}\n")
    )
    result, published, _ = made(text, people(1, 40))
    assert result.specifications.empty
    (row,) = result.robustness.to_dict("records")
    assert (row["specifications"], row["reason"]) == (0, NOTHING)
    assert row["ratio"] == published[published["segment"] == "all"]["ratio"].item()
    assert math.isnan(row["ratio_min"])


def test_tiers_by_answers_are_varied_by_cleaning_alone_even_with_a_score():
    tiers = 'tiers: {order: [low, high], answers: {low: {uses: ["no"]}, high: {uses: ["yes"]}}}\n'
    rest = "indicators: {crm: {when: {practice.crm: [often]}}}\ncomparisons: {rest: {a: {tier: [high]}, b: rest}}\n"
    found = people(1, 60)
    result = made(QUESTIONS + SCORE + tiers + CLEANING + rest, found)[0]
    assert kinds(result) == {"cleaning"}
    row = next(r for r in result.specifications.to_dict("records") if r["specification"] == "without rule spam")
    there = left(found, "spam")
    expected: list[int] = []
    for uses in ("yes", "no"):
        answers = [p["practice__crm"] for p in there if p["uses"] == uses and p["practice__crm"]]
        expected += [answers.count("often"), len(answers)]
    assert [row[name] for name in ("x_a", "n_a", "x_b", "n_b")] == expected
    assert math.isnan(result.robustness["ratio_item_left_out"].item())


def test_a_score_of_one_item_cannot_lose_it():
    score = "score: {points: {never: 0, rarely: 1, often: 2}, dimensions: {d: {items: [practice.crm]}}}\n"
    rest = "indicators: {crm: {when: {practice.crm: [often]}}}\ncomparisons: {rest: {a: {tier: [high]}, b: rest}}\n"
    result = made(QUESTIONS + score + "tiers: {order: [low, high], cuts: [60]}\n" + rest, people(1, 60))[0]
    assert kinds(result) == {"cut"}
    assert len(result.specifications) == 99  # every whole point but the published one
    row = result.robustness.iloc[0]
    assert row["reason"] == NO_ITEM
    assert math.isnan(row["ratio_item_left_out"])
    assert row["ratio_max"] == math.inf  # who is high does it, who is not does not
    assert row["specifications"] == 99


def test_all_rules_hit_everyone_or_nobody_is_there():
    everyone_out = [dict(p) | {"status": "spam"} for p in people(1, 30)]
    result = made(TEXT, everyone_out)[0]
    back = result.specifications[result.specifications["specification"] == "without rule spam"]
    others = result.specifications[result.specifications["specification"] != "without rule spam"]
    assert back["n_a"].gt(0).any()
    assert others["n_a"].eq(0).all()
    assert others["ratio"].isna().all()


def test_nobody_in_a_group_leaves_no_ratio():
    found = [dict(p) | {"size": "small"} for p in people(1, 60)]
    result = made(TEXT, found)[0]
    row = result.robustness.set_index("finding_id").loc["w/large_rest/uses_it"]
    assert (row["specifications"], row["reason"]) == (0, NO_RATIO)


def test_weights_that_cannot_be_made_again_are_said_so():
    """Without the rule, someone comes back who has no weight."""
    text = TEXT + "weights: {given: {column: W}}\n"
    found = people(1, 60)
    spam = next(p for p in found if p["status"] == "spam")
    spam["weight"] = ""
    result = made(text, found)[0].specifications
    rows = result[result["reason"] != ""]
    assert set(rows["specification"]) == {"without rule spam"}
    assert rows["reason"].str.contains("without a number from 0 for weight given").all()
    assert rows["ratio"].isna().all()
    assert (rows["n_a"] == 0).all()


QUANTILES = (
    QUESTIONS
    + SCORE
    + """
baseline: w
tiers: {order: [low, high], quantiles: [0.7]WITHIN}
segments: {size: {question: size}}
indicators: {uses_it: {when: {uses: ["yes"]}}, often_crm: {when: {practice.crm: [often]}}}
comparisons: {rest: {a: {tier: [high]}, b: rest}}
"""
)


def two_tiers(p: Person, score: Scoring, cut: dict[str | None, float], within: bool) -> str | None:
    level, value = size(p) if within else "all", score(p)
    return None if value is None or level not in cut else "high" if value >= cut[level] else "low"


@pytest.mark.parametrize("within", [False, True])
def test_cuts_by_quantiles_stay_for_missing_items_and_are_taken_again_without_an_item(within: bool):
    """Within a segment each level keeps its own cut and its own shares, and no cut is moved."""
    found = [p for p in people(1, 250) if any(p[name] is not None for name in ("uses", "size", "region"))]
    found = [dict(p) | {"status": None, "respondent_id": f"p{i}"} for i, p in enumerate(found)]
    result = made(QUANTILES.replace("WITHIN", ", within: size" if within else ""), found)[0]
    levels = {level: [p for p in found if not within or size(p) == level]
              for level in (("small", "middle", "large") if within else ("all",))}  # fmt: skip
    # R's type 7, to 6 digits
    cut = {level: round(float(np.quantile([s for s in map(PUBLISHED, own) if s is not None], 0.7)), 6)
           for level, own in levels.items()}  # fmt: skip
    assert kinds(result) == {"missing_items", "item_left_out"} | (set() if within else {"cut"})
    ways: dict[str, Tiering] = {
        name: (lambda p, score=score: two_tiers(p, score, cut, within))
        for name, score in (("every item answered", scoring((3, 1))), ("at least one item answered", scoring((1, 1))))
    }
    for item in ITEMS:
        score = scoring(without=[item])
        again = {}
        for level, own in levels.items():
            had = [s for s in map(PUBLISHED, own) if s is not None]
            has = [s for s in map(score, own) if s is not None]
            target = sum(s < cut[level] for s in had) / len(had)
            candidates = [*sorted(set(has)), math.inf]
            away = [round(abs(sum(s < c for s in has) / len(has) - target), 12) for c in candidates]
            again[level] = candidates[away.index(min(away))]
        ways[f"without item {item}"] = lambda p, score=score, again=again: two_tiers(p, score, again, within)
    if not within:
        low = math.ceil(cut["all"]) - 3
        ways[f"high from {low} points"] = lambda p: two_tiers(p, PUBLISHED, {"all": low}, False)
    rows = result.specifications
    for name, tiering in ways.items():
        for indicator in ("uses_it", "often_crm"):
            (row,) = rows[(rows["specification"] == name) & (rows["indicator"] == indicator)].to_dict("records")
            values, ratio = counts("rest", indicator, found, [tiering(p) for p in found], [1.0] * len(found))
            assert [row[column] for column in COLUMNS] == pytest.approx(values), (name, indicator)
            assert row["ratio"] == pytest.approx(ratio)


def test_without_cuts_from_the_baseline_wave_nobody_has_a_tier():
    result = made(QUANTILES.replace("WITHIN", ""), [{"uses": "yes", "size": "small"}] * 3)[0]
    assert "cut" not in kinds(result)
    assert result.specifications["n_a"].eq(0).all()
    assert result.robustness["ratio"].isna().all()


def test_another_wave_may_lack_the_question_of_a_rule_and_of_an_indicator():
    """A rule that cannot run takes nobody out, listed or not; the indicator has no base."""
    study = study_of(TEXT)
    lacking = ("weight", "uses", "praise")
    found = [{name: value for name, value in p.items() if name not in lacking} for p in people(1, 60)]
    there = names_of(study) - {"uses", "praise"}
    core = core_of(study, found, available=there)
    inputs = {name: getattr(core, name) for name in ("responses", "screening", "tier_cuts", "respondents")}
    rows = robustness("w", inputs, sections_of(study, there), fake_findings(study), 1).specifications
    assert rows[rows["indicator"] == "uses_it"]["n_b"].eq(0).all()
    keys = ["comparison", "indicator"]
    without, idle = (rows[rows["specification"] == f"without rule {rule}"].set_index(keys)
                     for rule in ("duplicate_answers", "excluded"))  # fmt: skip
    assert without["n_a"].equals(idle["n_a"])
    assert without["ratio"].equals(idle["ratio"])
