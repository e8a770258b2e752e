"""Cells -> findings: how much likelier one group is than another to show each indicator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipeline.cells.sums import Cells, Floats
from pipeline.estimation import differences, odds_ratios, ratios
from pipeline.estimation.groups import Grouping, GroupPair, group_pairs
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
from pipeline.study.analysis import Comparisons, Display, Indicators
from pipeline.study.sampling import Sample

LEVEL = 0.95
DISJOINT = "Miettinen-Nurminen score"
OVERLAPPING = "linearised log ratio, overlapping groups, t"


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
    """Rows of table `findings`. scored: indicators whose questions are part of the score.

    Disjoint groups: Miettinen-Nurminen intervals and test, Newcombe difference. Overlapping groups (a against
    everyone): linearised with the covariance of both shares. q values by Benjamini-Hochberg, a family being
    one wave and comparison over all indicators, its segments a second one.
    """
    pairs = list(group_pairs(comparisons, grouping, cells))
    if not pairs or not cells.indicators:
        return pd.DataFrame()
    frame = pd.concat([_counts(wave, pair) for pair in pairs], ignore_index=True)
    frame = _estimates(frame)
    _overlaps(frame, pairs)
    frame["q_value"] = benjamini_hochberg(frame["p_value"], frame["family"])
    frame["base"] = [indicators[name].base for name in frame["indicator"]]
    frame["in_score"] = frame["indicator"].isin(list(scored))
    statuses = [
        worse(base_status(n_a, display), base_status(n_b, display))
        for n_a, n_b in zip(frame["n_a"], frame["n_b"], strict=True)
    ]
    frame["status"], frame["status_reason"] = zip(*statuses, strict=True)
    frame["wording"] = [
        _wording(row, indicators, sample.type == "opt_in", synthetic) for row in frame.to_dict("records")
    ]
    return frame


def _counts(wave: str, pair: GroupPair) -> pd.DataFrame:
    cells = pair.cells
    place = "" if pair.segment == "all" else f"/{pair.segment}={pair.level}"
    frame = pd.DataFrame({"indicator": list(cells.indicators)})
    frame["finding_id"] = [f"{wave}/{pair.comparison}/{name}{place}" for name in cells.indicators]
    frame["wave"], frame["comparison"] = wave, pair.comparison
    frame["segment"], frame["level"], frame["within"] = pair.segment, pair.level, pair.within
    frame["group_a"], frame["group_b"] = pair.a, pair.b
    frame["family"] = f"{pair.comparison}/{'all' if pair.segment == 'all' else 'segments'}"
    for end, chosen in (("a", pair.in_a), ("b", pair.in_b)):
        frame[f"x_{end}"] = cells.n_yes[chosen].sum(axis=0).astype(int)
        frame[f"n_{end}"] = cells.n_base[chosen].sum(axis=0).astype(int)
        frame[f"weighted_base_{end}"] = cells.w_base[chosen].sum(axis=0)
    return frame


def _estimates(frame: pd.DataFrame) -> pd.DataFrame:
    x_a, n_a, x_b, n_b = counts = (
        frame["x_a"].to_numpy(float),
        frame["n_a"].to_numpy(float),
        frame["x_b"].to_numpy(float),
        frame["n_b"].to_numpy(float),
    )
    found: dict[str, Any] = {}
    for end, x, n in (("a", x_a, n_a), ("b", x_b, n_b)):
        found[f"p_{end}"] = _quotient(x, n)
        found[f"p_{end}_low"], found[f"p_{end}_high"] = wilson_interval(x, n, LEVEL)
        found[f"n_eff_{end}"] = n
    found["ratio"] = ratios.risk_ratio(*counts)
    found["ratio_low"], found["ratio_high"] = ratios.miettinen_nurminen(*counts, LEVEL)
    found["se_log_ratio"] = _se_log_ratio(*counts)
    found["difference"] = found["p_a"] - found["p_b"]
    found["difference_low"], found["difference_high"] = differences.newcombe(*counts, LEVEL)
    found["odds_ratio"] = odds_ratios.odds_ratio(*counts)
    found["odds_ratio_low"], found["odds_ratio_high"] = odds_ratios.miettinen_nurminen(*counts, LEVEL)
    found["p_value"] = score_p_value(*counts)
    found |= {"df": np.nan, "deff": 1.0, "ci_level": LEVEL, "method": DISJOINT}
    return frame.assign(**found)


def _quotient(x: Floats, n: Floats) -> Floats:
    return np.divide(x, n, out=np.full_like(n, np.nan), where=n > 0)


def _se_log_ratio(x_a: Floats, n_a: Floats, x_b: Floats, n_b: Floats) -> Floats:
    """Delta method; NaN where a count is 0."""
    some = (x_a > 0) & (x_b > 0)
    one = np.where(some, 1.0, np.nan)
    return np.sqrt(1 / (x_a * one) - 1 / (n_a * one) + 1 / (x_b * one) - 1 / (n_b * one))


def _overlaps(frame: pd.DataFrame, pairs: Sequence[GroupPair]) -> None:
    """Puts linearised estimates in place of those that assume disjoint groups."""
    width = len(pairs[0].cells.indicators)
    for i, pair in enumerate(pairs):
        if not pair.overlap:
            continue
        rows = frame.index[i * width : (i + 1) * width]
        for name, values in _linearised(pair).items():
            frame.loc[rows, name] = values


def _linearised(pair: GroupPair) -> dict[str, Any]:
    """Columns of findings whose groups share respondents."""
    cells = pair.cells
    stratum = np.unique(cells.stratum.astype(str), return_inverse=True)[1]
    sums = (stratum, cells.n, cells.w_base, cells.w_yes, cells.ww_base, cells.ww_yes, pair.in_a, pair.in_b)
    ratio = linearised_log_ratio(*sums)
    difference = linearised_difference(*sums)
    half = t_quantile(LEVEL, difference.df) * difference.se
    ratio_low, ratio_high = t_limits(ratio, LEVEL)
    odds_low, odds_high = t_limits(linearised_log_odds_ratio(*sums), LEVEL)
    return {
        "ratio_low": ratio_low,
        "ratio_high": ratio_high,
        "se_log_ratio": ratio.se,
        "difference_low": np.maximum(difference.estimate - half, -1.0),
        "difference_high": np.minimum(difference.estimate + half, 1.0),
        "odds_ratio_low": odds_low,
        "odds_ratio_high": odds_high,
        "p_value": t_p_value(ratio.estimate, ratio.se, ratio.df),
        "df": float(ratio.df),
        "deff": np.nan,
        "method": OVERLAPPING,
    }


def _wording(row: Mapping[Any, Any], indicators: Indicators, model_based: bool, synthetic: bool) -> str:
    label = indicators[row["indicator"]].label
    return wording(
        Sentence(
            a=row["group_a"],
            b=row["group_b"],
            within=row["within"],
            does=label.get() if label else f'show "{row["indicator"].replace("_", " ")}"',
            p_a=row["p_a"],
            p_b=row["p_b"],
            n_a=row["n_a"],
            n_b=row["n_b"],
            ratio=row["ratio"],
            low=row["ratio_low"],
            high=row["ratio_high"],
            level=row["ci_level"],
            model_based=model_based,
            status=row["status"],
            synthetic=synthetic,
        )
    )
