"""Sizes, design, weighting and precision, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline.estimation.quantiles import t_quantile
from pipeline.publish.methodology.speech import Speech, sentence
from pipeline.study.columns import Resolver
from pipeline.study.labels import level_label, option_label, segment_label, tier_name
from pipeline.study.model import Study
from pipeline.study.sampling import MAIN, Design, default_weight

LEVEL = 0.95  # of every interval


def first_weighting(cells: pd.DataFrame) -> pd.DataFrame:
    """Cells of one weight: each respondent once in a segment."""
    of_one = cells[(cells["replicate"] == 0) & (cells["n"] > 0)]
    return of_one[of_one["weighting"] == of_one["weighting"].iloc[0]] if len(of_one) else of_one


def sample_size(waterfall: pd.DataFrame, say: Speech) -> str:
    delivered, analysed = ends(waterfall)
    share = say.percent(analysed / delivered, 1) if delivered else "–"
    return say.say("sample_size", delivered=say.number(delivered), analysed=say.number(analysed), share=share)


def ends(waterfall: pd.DataFrame) -> tuple[int, int]:
    """(delivered, analysed) of table `dispositions`."""
    remaining = waterfall.sort_values("position")["remaining"]
    return int(remaining.iloc[0]), int(remaining.iloc[-1])


def segment_sizes(study: Study, cells: pd.DataFrame, analysed: int, say: Speech) -> str:
    """Respondents of each tier and level, unweighted.

    A segment with a level that the privacy rule hides is not listed: the other levels would tell how many there are.
    """
    of_one = first_weighting(cells)
    everyone = of_one[of_one["segment"] == "all"]
    parts = []
    if study.tiers:
        counts = everyone.groupby("tier")["n"].sum().to_dict()
        labels = {tier: tier_name(study.tiers, tier, say.language) for tier in study.tiers.order}
        parts.append(_sizes(study, say.say("segment_sizes.tiers"), labels, counts, say))
    for segment in study.segment_columns:
        counts = of_one[of_one["segment"] == segment.name].groupby("level")["n"].sum().to_dict()
        resolver = study.resolver
        labels = {x: level_label(study.segments, resolver, segment.name, x, say.language) for x in segment.levels}
        parts.append(_sizes(study, segment_label(study.segments, segment.name, say.language), labels, counts, say))
    return sentence(parts or [say.say("segment_sizes.none", analysed=say.number(analysed))])


def _sizes(study: Study, segment: str, labels: Mapping[str, str], counts: Mapping[Any, int], say: Speech) -> str:
    minimum = study.display.privacy_below
    if minimum is not None and any(0 < counts.get(level, 0) < minimum for level in labels):
        return say.say("segment_sizes.small", segment=segment, minimum=say.number(minimum))
    levels = ", ".join(f"{label} {say.number(counts.get(level, 0))}" for level, label in labels.items())
    return say.say("segment_sizes.one", segment=segment, levels=levels)


def design(declared: Design | None, cells: pd.DataFrame, say: Speech) -> str:
    """Strata and sampling units that hold analysed respondents, and how errors follow from them."""
    if declared is None:
        return say.say("design.none")
    everyone = first_weighting(cells).query("segment == 'all'")
    parts = []
    if declared.strata is not None:
        parts.append(say.say("design.strata", count=say.number(everyone["stratum"].nunique())))
    if declared.psu is not None:
        units = len(everyone[["stratum", "psu"]].drop_duplicates())
        parts.append(say.say("design.psu", count=say.number(units)))
    if declared.fpc is not None:
        parts.append(say.say("design.fpc"))
    return sentence([*parts, say.say(f"design.variance.{declared.variance}")])


def weighting(report: pd.DataFrame, default: str, resolver: Resolver, say: Speech) -> str:
    """report: rows of table `weighting`. default: the weight that tables use."""
    of_all = report[report["margin"] == "all"]
    if of_all.empty:
        return say.say("weighting.none")
    return " ".join(
        sentence(_weight(row, report[report["weight"] == row["weight"]], default, resolver, say))
        for row in of_all.to_dict("records")
    )


def _weight(row: Mapping[Any, Any], rows: pd.DataFrame, default: str, resolver: Resolver, say: Speech) -> list[str]:
    name = str(row["weight"])
    if row["source"] == "raked":
        parts = [say.say("weighting.raked", weight=name, margins=_margins(rows, resolver, say))]
        how = "converged" if row["converged"] else "failed"
        gap = say.number(100 * row["largest_gap"], 2)
        parts.append(say.say(f"weighting.{how}", iterations=say.number(row["iterations"]), gap=gap))
        if pd.isna(row["trim"]):
            parts.append(say.say("weighting.untrimmed"))
        else:
            trim, trimmed = say.number(row["trim"], 2), say.number(row["trimmed"])
            parts.append(say.say("weighting.trim", trim=trim, trimmed=trimmed))
    else:
        parts = [say.say("weighting.delivered", weight=name)]
    spread = {name: say.number(row[name], 2) for name in ("smallest", "largest", "mean")}
    deff, n_eff = say.number(row["deff_kish"], 2), say.number(row["n_eff_kish"])
    parts.append(say.say("weighting.effect", deff=deff, n_eff=n_eff, **spread))
    return [*parts, say.say("weighting.default")] if name == default and default != MAIN else parts


def _margins(rows: pd.DataFrame, resolver: Resolver, say: Speech) -> str:
    """ "age: young 30%, old 70%; sex: ..."."""
    told = []
    for margin, categories in rows[rows["target"].notna()].groupby("margin", sort=False):
        shares = [
            f"{option_label(resolver, str(margin), category, say.language)} {say.percent(target, 1)}"
            for category, target in zip(categories["category"], categories["target"], strict=True)
        ]
        told.append(f"{str(margin).replace('_', ' ')}: {', '.join(shares)}")
    return "; ".join(told)


def margin_of_error(n: float, deff: float = 1.0, df: float = math.inf, level: float = LEVEL) -> float:
    """Half the interval of a share of 50%, the largest that a share can have; 0 to 1.

    n: respondents. deff: design effect. df: of the design, infinity for the normal quantile.
    Source: t * sqrt(deff * 0.25 / n), Kish (1965).
    """
    return float(t_quantile(level, df)) * math.sqrt(deff * 0.25 / n)


def precision(study: Study, shares: pd.DataFrame, report: pd.DataFrame, analysed: int, say: Speech) -> str:
    """Of an opt-in sample what its intervals assume; of a probability sample the margin of error as well.

    shares, report: rows of tables `shares` and `weighting`.
    """
    level = say.percent(LEVEL)
    if study.sample.type == "opt_in":
        return say.say("precision.opt_in", level=level)
    if not analysed:
        return ""
    deff, df, source = design_effect(study, shares, report)
    return say.say(
        "precision.probability", n=say.number(analysed), level=level, deff=say.number(deff, 2),
        margin=say.number(100 * margin_of_error(analysed, deff, df), 1),
        quantile=say.number(float(t_quantile(LEVEL, df)), 2), source=say.say(f"precision.deff.{source}"),
    )  # fmt: skip


def design_effect(study: Study, shares: pd.DataFrame, report: pd.DataFrame) -> tuple[float, float, str]:
    """(design effect of the full sample, degrees of freedom, where it is from: none, shares, kish).

    The largest among the shares of the full sample, so that no indicator has a wider interval at 50%; without
    indicators that of the weights alone.
    """
    if study.design is None and not study.weights:
        return 1.0, math.inf, "none"
    full = shares[(shares["segment"] == "all") & (shares["n"] > 0) & shares["deff"].notna()]
    df = full["df"].astype(float).min() if len(full) else math.inf
    df = df if df > 0 else math.inf
    if len(full):
        return float(full["deff"].max()), float(df), "shares"
    own = report[(report["weight"] == default_weight(study.weights)) & (report["margin"] == "all")]
    return (float(own["deff_kish"].iloc[0]) if len(own) else 1.0), math.inf, "kish"
