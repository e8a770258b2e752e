"""Cells -> findings: how much likelier one group is than another to show each indicator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.cells.sums import NO_SEGMENT, Floats
from pipeline.estimation import differences, odds_ratios, ratios
from pipeline.estimation.covariance import Shares, share_pair, stacked, stacked_shares
from pipeline.estimation.designed import designed_estimates
from pipeline.estimation.detectable import detectable_ratio
from pipeline.estimation.groups import Grouping, GroupPair, group_pairs, groups_of
from pipeline.estimation.multiplicity import benjamini_hochberg
from pipeline.estimation.plan import WeightedCells
from pipeline.estimation.score_test import score_p_value
from pipeline.estimation.share_table import LEVEL, share_limits
from pipeline.estimation.shares import korn_graubard, wilson_interval
from pipeline.estimation.status import Statuses, share_status, worse_of
from pipeline.estimation.wording import DEFINES, SYNTHETIC, Sentence, wording
from pipeline.maturity.tiers import columns_of
from pipeline.study.analysis import Comparison, Comparisons, Display, Indicators
from pipeline.study.sampling import Sample

POWER = 0.8
DISJOINT = "Miettinen-Nurminen score"
NO_RATIO = ("review", "no ratio: nobody in either group")
NO_INTERVAL = ("review", "no interval of the ratio")
OF = {
    "everyone": "",
    "asked": "of those asked",
    "answered": "of those who answered",
    "substantive": "of those who answered, don't know left out",
}
"""Whom shares are of under each base rule, said where that is not everyone in the groups."""


def compare(
    wave: str,
    weighted: Mapping[str, WeightedCells],
    default: str,
    comparisons: Comparisons,
    grouping: Grouping,
    indicators: Indicators,
    scored: Sequence[str],
    display: Display,
    sample: Sample,
    synthetic: bool,
) -> pd.DataFrame:
    """Rows of table `findings`. scored: indicators that look at what tiers are made of.

    weighted: cells by weight; default: the weight of comparisons that name none. Without weights and design, and
    where nobody is in both groups: Miettinen-Nurminen intervals and test, Newcombe difference. Else by the design
    (`designed_estimates`). q values by Benjamini-Hochberg, a family being one wave and comparison over all
    indicators, its segments a second one.
    """
    pairs = [
        pair
        for name, comparison in comparisons.items()
        for pair in group_pairs({name: comparison}, grouping, weighted[comparison.weight or default])
    ]
    if not pairs or not indicators:
        return pd.DataFrame()
    found = pair_estimates(pairs)
    frame = pd.DataFrame(_places(wave, pairs) | {name: values.ravel() for name, values in found.items()})
    frame["q_value"] = benjamini_hochberg(frame["p_value"], frame.pop("family"))
    frame["base"] = [indicators[name].base for name in pairs[0].cells.indicators] * len(pairs)
    frame["in_score"] = [name in scored for name in pairs[0].cells.indicators] * len(pairs)
    defining = {name: _defining(c, grouping, indicators, scored) for name, c in comparisons.items()}
    circular = [name in defining[pair.comparison] for pair in pairs for name in pair.cells.indicators]
    simple = np.repeat([pair.plan.kind == "simple" for pair in pairs], len(indicators))
    of_shares = worse_of(_share_statuses(frame, "a", simple, display), _share_statuses(frame, "b", simple, display))
    frame["status"], frame["status_reason"] = _statuses(frame, of_shares, circular)
    overlapping = np.repeat([pair.overlap for pair in pairs], len(indicators))
    below, above = detectable_ratio(frame["p_b"], frame["n_eff_a"], frame["n_eff_b"], LEVEL, POWER)
    frame["detectable_below"], frame["detectable_above"] = (np.where(overlapping, np.nan, r) for r in (below, above))
    frame["wording"] = _wordings(
        frame, pairs, of_shares, circular, indicators, display, sample.type == "opt_in", synthetic
    )
    return frame


def pair_estimates(pairs: Sequence[GroupPair], level: float = LEVEL) -> dict[str, Any]:
    """Shares, ratio, difference and odds ratio with their limits at a level: columns of `findings`, pairs by
    indicators. By counts where they say all, else by the design."""
    found = _estimates(_counts(pairs), level)
    designed = [i for i, pair in enumerate(pairs) if not pair.counted]
    if designed:
        for name, values in _designed([pairs[i] for i in designed], level).items():
            found[name][designed] = values
    return found


def _places(wave: str, pairs: Sequence[GroupPair]) -> dict[str, Any]:
    """What a row is about: columns with a row for each pair and indicator."""
    cells = pairs[0].cells

    def each(values: Sequence[str]) -> list[str]:
        return [value for value in values for _ in cells.indicators]

    segments = ["" if pair.segment == NO_SEGMENT else f"/{pair.segment}={pair.level}" for pair in pairs]
    return {
        "finding_id": [
            f"{wave}/{pair.comparison}/{name}{place}"
            for pair, place in zip(pairs, segments, strict=True)
            for name in cells.indicators
        ],
        "wave": wave,
        "indicator": list(cells.indicators) * len(pairs),
        "comparison": each([pair.comparison for pair in pairs]),
        "segment": each([pair.segment for pair in pairs]),
        "level": each([pair.level for pair in pairs]),
        "group_a": each([pair.a for pair in pairs]),
        "group_b": each([pair.b for pair in pairs]),
        "weighting": each([pair.plan.weighting for pair in pairs]),
        "family": each([f"{pair.comparison}/{'segments' if pair.segment != NO_SEGMENT else ''}" for pair in pairs]),
    }


def _counts(pairs: Sequence[GroupPair]) -> dict[str, Any]:
    """Sums of both groups' cells, pairs by indicators."""
    found: dict[str, Any] = {}
    for end, chosen in (("a", [pair.in_a for pair in pairs]), ("b", [pair.in_b for pair in pairs])):
        for name, sums in (("x", "n_yes"), ("n", "n_base"), ("weighted_base", "w_base")):
            found[f"{name}_{end}"] = np.stack(
                [getattr(pair.cells, sums)[members].sum(axis=0) for pair, members in zip(pairs, chosen, strict=True)]
            )
    return found


def _estimates(found: dict[str, Any], level: float) -> dict[str, Any]:
    """Counts and everything that follows from them if the groups are disjoint."""
    x_a, n_a, x_b, n_b = counts = (found["x_a"], found["n_a"], found["x_b"], found["n_b"])
    for end, x, n in (("a", x_a, n_a), ("b", x_b, n_b)):
        found[f"p_{end}"] = np.divide(x, n, out=np.full_like(n, np.nan), where=n > 0)
        found[f"p_{end}_low"], found[f"p_{end}_high"] = wilson_interval(x, n, level)
        found[f"n_eff_{end}"], found[f"n_eff_kish_{end}"], found[f"df_{end}"] = n.copy(), n.copy(), n - 1
        found |= {name: found[name].astype(int) for name in (f"x_{end}", f"n_{end}")}
    found["ratio"] = ratios.risk_ratio(*counts)
    found["ratio_low"], found["ratio_high"] = ratios.miettinen_nurminen(*counts, level)
    found["se_log_ratio"] = _se_log_ratio(*counts)
    found["difference"] = found["p_a"] - found["p_b"]
    found["difference_low"], found["difference_high"] = differences.newcombe(*counts, level)
    found["odds_ratio"] = odds_ratios.odds_ratio(*counts)
    found["odds_ratio_low"], found["odds_ratio_high"] = odds_ratios.miettinen_nurminen(*counts, level)
    found["p_value"] = score_p_value(*counts)
    alike = {"df": np.nan, "deff": 1.0, "ci_level": level, "method": DISJOINT}
    return found | {name: np.full(x_a.shape, value, dtype=object if name == "method" else float)
                    for name, value in alike.items()}  # fmt: skip


def _se_log_ratio(x_a: Floats, n_a: Floats, x_b: Floats, n_b: Floats) -> Floats:
    """Delta method; NaN where a count is 0, or where all say yes and it would be 0."""
    some = np.where((x_a > 0) & (x_b > 0) & ((x_a < n_a) | (x_b < n_b)), 1.0, np.nan)
    return np.sqrt(1 / (x_a * some) - 1 / (n_a * some) + 1 / (x_b * some) - 1 / (n_b * some))


def _designed(pairs: Sequence[GroupPair], level: float) -> dict[str, Any]:
    """Estimates, pairs by indicators, that take weights, design and shared respondents into account."""
    everyone: dict[int, Shares] = {}
    for pair in pairs:
        if id(pair.cells) not in everyone:
            all_cells = np.ones(len(pair.cells.n), dtype=bool)
            everyone[id(pair.cells)] = share_pair(pair.cells, all_cells, all_cells, pair.plan).a
    both = stacked([share_pair(pair.cells, pair.in_a, pair.in_b, pair.plan) for pair in pairs])
    simple = np.array([pair.plan.kind == "simple" for pair in pairs])
    all_of_them = stacked_shares([everyone[id(pair.cells)] for pair in pairs])
    found = designed_estimates(both, all_of_them, simple[:, None], level)
    for end, group in (("a", both.a), ("b", both.b)):
        limits = [share_limits(group.at(i), found[f"n_eff_{end}"][i], both.df[i], pair.plan, level)[:2]
                  for i, pair in enumerate(pairs)]  # fmt: skip
        found[f"p_{end}_low"], found[f"p_{end}_high"] = (np.stack(ends) for ends in zip(*limits, strict=True))
    found["deff"][simple] = 1.0
    found["method"] = found["method"] + np.array([[pair.plan.words] for pair in pairs], dtype=object)
    return found


def _defining(comparison: Comparison, grouping: Grouping, indicators: Indicators, scored: Sequence[str]) -> set[str]:
    """Indicators that look at what the groups are made of, so that a difference is no finding."""
    found: set[str] = set()
    columns: set[str] = set()
    for group in groups_of(comparison):
        for key, levels in group.items():
            if key == "tier":
                found |= set(scored)
                continue
            segment = grouping.column(key)
            own = [columns_of(segment.conditions[level]) for level in levels if level in segment.conditions]
            columns |= set().union(*own) if segment.overlapping else set(segment.needs)
    return found | {name for name, i in indicators.items() if columns & set(grouping.resolver.needed(i.when))}


def _share_statuses(frame: pd.DataFrame, end: str, simple: NDArray[np.bool_], display: Display) -> Statuses:
    """Of the share of one group in each finding."""
    p, n, n_eff, df_group = (frame[f"{name}_{end}"].to_numpy(float) for name in ("p", "n", "n_eff", "df"))
    df = np.where(simple, n - 1, frame["df"])
    low, high = korn_graubard(p, n_eff, n, df, LEVEL, at_most_n=True)
    return share_status(p, n, n_eff, low, high, np.where(simple, n - 1, df_group), display)


def _statuses(frame: pd.DataFrame, of_shares: Statuses, circular: Sequence[bool]) -> Statuses:
    """By its shares, whether there is a ratio with an interval, and whether it says more than how groups were made."""
    unknown = (frame["p_a"] == 0) & (frame["p_b"] == 0)
    unbounded = frame["ratio"].notna() & frame["ratio_low"].isna()
    found = of_shares
    for flagged, (status, reason) in (
        (unknown, NO_RATIO), (unbounded, NO_INTERVAL), (np.array(circular), ("footnote", DEFINES)),
    ):  # fmt: skip
        other = np.where(flagged, status, "show").astype(object), np.where(flagged, reason, "").astype(object)
        found = worse_of(found, other)
    return found


def _wordings(
    frame: pd.DataFrame,
    pairs: Sequence[GroupPair],
    of_shares: Statuses,
    circular: Sequence[bool],
    indicators: Indicators,
    display: Display,
    model_based: bool,
    synthetic: bool,
) -> list[str]:
    does = [(_does(name, indicators), indicators[name].base) for name in pairs[0].cells.indicators]
    names = ("p_a", "p_b", "n_a", "n_b", "ratio", "ratio_low", "ratio_high")
    rows = zip(*(frame[name].tolist() for name in names), *of_shares, circular, strict=True)
    sentences = []
    for pair in pairs:
        all_a, all_b = pair.cells.n[pair.in_a].sum(), pair.cells.n[pair.in_b].sum()
        for (indicator, base), (p_a, p_b, n_a, n_b, ratio, low, high, status, reason, defines) in zip(
            does, rows, strict=False
        ):
            sentence = Sentence(
                a=pair.a,
                b=pair.b,
                within=pair.within,
                does=indicator,
                p_a=p_a,
                p_b=p_b,
                n_a=n_a,
                n_b=n_b,
                ratio=ratio,
                low=low,
                high=high,
                level=LEVEL,
                model_based=model_based,
                suppressed=reason if status == "suppress" else "",
                low_base=min(n_a, n_b) < display.footnote_below,
                of=OF[base] if n_a < all_a or n_b < all_b else "",
                notes=(DEFINES,) * defines + (SYNTHETIC,) * synthetic,
            )
            sentences.append(wording(sentence))
    return sentences


def _does(name: str, indicators: Indicators) -> str:
    """What respondents do, to follow "to"."""
    label = indicators[name].label
    return label.get() if label else f'show "{name.replace("_", " ")}"'
