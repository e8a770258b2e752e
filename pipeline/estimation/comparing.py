"""Cells -> findings: how much likelier one group is than another to show each indicator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipeline.cells.sums import NO_SEGMENT, Cells, Floats
from pipeline.estimation import differences, odds_ratios, ratios
from pipeline.estimation.groups import Grouping, GroupPair, group_pairs, groups_of
from pipeline.estimation.linearised import (
    linearised_difference,
    linearised_log_odds_ratio,
    linearised_log_ratio,
    t_limits,
    t_p_value,
)
from pipeline.estimation.multiplicity import benjamini_hochberg
from pipeline.estimation.quantiles import t_quantile
from pipeline.estimation.score_test import score_p_value
from pipeline.estimation.shares import wilson_interval
from pipeline.estimation.status import base_status, worse
from pipeline.estimation.wording import Sentence, wording
from pipeline.maturity.tiers import columns_of
from pipeline.study.analysis import Comparison, Comparisons, Display, Indicators
from pipeline.study.sampling import Sample

LEVEL = 0.95
DISJOINT = "Miettinen-Nurminen score"
OVERLAPPING = "linearised log ratio, overlapping groups, t"
Status = tuple[str, str]
NO_RATIO = ("review", "no ratio: nobody in either group")
NO_INTERVAL = ("review", "no interval of the ratio")
DEFINES = "the indicator is part of what defines the groups"
SYNTHETIC = "synthetic data"


def compare(
    wave: str,
    cells: Cells,
    comparisons: Comparisons,
    grouping: Grouping,
    indicators: Indicators,
    scored: Sequence[str],
    display: Display,
    sample: Sample,
    synthetic: bool,
) -> pd.DataFrame:
    """Rows of table `findings`. scored: indicators that look at what tiers are made of.

    Disjoint groups: Miettinen-Nurminen intervals and test, Newcombe difference. Overlapping groups (a against
    everyone): linearised with the covariance of both shares. q values by Benjamini-Hochberg, a family being
    one wave and comparison over all indicators, its segments a second one.
    """
    pairs = list(group_pairs(comparisons, grouping, cells))
    if not pairs or not cells.indicators:
        return pd.DataFrame()
    found = _estimates(_counts(pairs))
    for i, pair in enumerate(pairs):
        if pair.overlap:
            for name, values in _linearised(pair).items():
                found[name][i] = values
    frame = pd.DataFrame(_places(wave, cells, pairs) | {name: values.ravel() for name, values in found.items()})
    frame["q_value"] = benjamini_hochberg(frame["p_value"], frame.pop("family"))
    frame["base"] = [indicators[name].base for name in cells.indicators] * len(pairs)
    frame["in_score"] = [name in scored for name in cells.indicators] * len(pairs)
    defining = {name: _defining(c, grouping, indicators, scored) for name, c in comparisons.items()}
    circular = [name in defining[pair.comparison] for pair in pairs for name in cells.indicators]
    by_base = _status_by_base(found["n_a"].ravel(), found["n_b"].ravel(), display)
    statuses = _statuses(frame, by_base, circular)
    frame["status"], frame["status_reason"] = zip(*statuses, strict=True)
    frame["wording"] = _wordings(frame, pairs, by_base, circular, indicators, sample.type == "opt_in", synthetic)
    return frame


def _places(wave: str, cells: Cells, pairs: Sequence[GroupPair]) -> dict[str, Any]:
    """What a row is about: columns with a row for each pair and indicator."""

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


def _estimates(found: dict[str, Any]) -> dict[str, Any]:
    """Counts and everything that follows from them if the groups are disjoint."""
    x_a, n_a, x_b, n_b = counts = (found["x_a"], found["n_a"], found["x_b"], found["n_b"])
    for end, x, n in (("a", x_a, n_a), ("b", x_b, n_b)):
        found[f"p_{end}"] = np.divide(x, n, out=np.full_like(n, np.nan), where=n > 0)
        found[f"p_{end}_low"], found[f"p_{end}_high"] = wilson_interval(x, n, LEVEL)
        found[f"n_eff_{end}"] = n
        found |= {name: found[name].astype(int) for name in (f"x_{end}", f"n_{end}")}
    found["ratio"] = ratios.risk_ratio(*counts)
    found["ratio_low"], found["ratio_high"] = ratios.miettinen_nurminen(*counts, LEVEL)
    found["se_log_ratio"] = _se_log_ratio(*counts)
    found["difference"] = found["p_a"] - found["p_b"]
    found["difference_low"], found["difference_high"] = differences.newcombe(*counts, LEVEL)
    found["odds_ratio"] = odds_ratios.odds_ratio(*counts)
    found["odds_ratio_low"], found["odds_ratio_high"] = odds_ratios.miettinen_nurminen(*counts, LEVEL)
    found["p_value"] = score_p_value(*counts)
    alike = {"df": np.nan, "deff": 1.0, "ci_level": LEVEL, "method": DISJOINT}
    return found | {name: np.full(x_a.shape, value, dtype=object if name == "method" else float)
                    for name, value in alike.items()}  # fmt: skip


def _se_log_ratio(x_a: Floats, n_a: Floats, x_b: Floats, n_b: Floats) -> Floats:
    """Delta method; NaN where a count is 0, or where all say yes and it would be 0."""
    some = np.where((x_a > 0) & (x_b > 0) & ((x_a < n_a) | (x_b < n_b)), 1.0, np.nan)
    return np.sqrt(1 / (x_a * some) - 1 / (n_a * some) + 1 / (x_b * some) - 1 / (n_b * some))


def _linearised(pair: GroupPair) -> dict[str, Any]:
    """Estimates of findings whose groups share respondents, in place of those that assume disjoint groups.

    No limits where the linearised error is 0: a group against itself, or all who say yes.
    """
    cells = pair.cells
    stratum = np.unique(cells.stratum.astype(str), return_inverse=True)[1]
    sums = (stratum, cells.n, cells.w_base, cells.w_yes, cells.ww_base, cells.ww_yes, pair.in_a, pair.in_b)
    ratio, difference = linearised_log_ratio(*sums), linearised_difference(*sums)
    half = t_quantile(LEVEL, difference.df) * _nan_for_zero(difference.se)
    ratio_low, ratio_high = t_limits(ratio, LEVEL)
    odds_low, odds_high = t_limits(linearised_log_odds_ratio(*sums), LEVEL)
    certain = np.where(ratio.se > 0, 1.0, np.nan)
    return {
        "ratio_low": ratio_low * certain,
        "ratio_high": ratio_high * certain,
        "se_log_ratio": ratio.se * certain,
        "difference_low": np.maximum(difference.estimate - half, -1.0),
        "difference_high": np.minimum(difference.estimate + half, 1.0),
        "odds_ratio_low": odds_low * certain,
        "odds_ratio_high": odds_high * certain,
        "p_value": t_p_value(ratio.estimate, ratio.se, ratio.df),
        "df": float(ratio.df),
        "method": OVERLAPPING,
    }


def _nan_for_zero(se: Floats) -> Floats:
    return np.where(se > 0, se, np.nan)


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


def _status_by_base(n_a: Floats, n_b: Floats, display: Display) -> list[Status]:
    """Of each finding, the worse of its two bases."""
    size = 1 + n_b.max(initial=0)
    bases, place = np.unique(n_a * size + n_b, return_inverse=True)
    known = [worse(base_status(base // size, display), base_status(base % size, display)) for base in bases.tolist()]
    return [known[i] for i in place]


def _statuses(frame: pd.DataFrame, by_base: Sequence[Status], circular: Sequence[bool]) -> list[Status]:
    """By base, whether there is a ratio with an interval, and whether it says more than how the groups were made."""
    unknown = frame["ratio"].isna() & (frame["n_a"] > 0) & (frame["n_b"] > 0)
    unbounded = frame["ratio"].notna() & frame["ratio_low"].isna()
    found = list(by_base)
    for flagged, status in ((unknown, NO_RATIO), (unbounded, NO_INTERVAL), (np.array(circular), ("footnote", DEFINES))):
        for row in np.flatnonzero(flagged):
            found[row] = worse(found[row], status)
    return found


def _wordings(
    frame: pd.DataFrame,
    pairs: Sequence[GroupPair],
    by_base: Sequence[Status],
    circular: Sequence[bool],
    indicators: Indicators,
    model_based: bool,
    synthetic: bool,
) -> list[str]:
    does = [_does(name, indicators) for name in pairs[0].cells.indicators]
    names = ("p_a", "p_b", "n_a", "n_b", "ratio", "ratio_low", "ratio_high")
    rows = zip(*(frame[name].tolist() for name in names), by_base, circular, strict=True)
    sentences = []
    for pair in pairs:
        for indicator, (p_a, p_b, n_a, n_b, ratio, low, high, (status, _), defines) in zip(does, rows, strict=False):
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
                suppressed=status == "suppress",
                low_base=status == "footnote",
                notes=(DEFINES,) * defines + (SYNTHETIC,) * synthetic,
            )
            sentences.append(wording(sentence))
    return sentences


def _does(name: str, indicators: Indicators) -> str:
    """What respondents do, to follow "to"."""
    label = indicators[name].label
    return label.get() if label else f'show "{name.replace("_", " ")}"'
