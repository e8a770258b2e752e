"""Table `adjusted` from the tables of a wave: groups, outcomes and covariates by respondent."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.estimation.adjusting import adjusted_rows
from pipeline.estimation.groups import Grouping
from pipeline.estimation.membership import membership, places
from pipeline.estimation.variance import Sampling
from pipeline.study.analysis import Comparisons
from pipeline.study.columns import IndicatorColumn
from pipeline.study.sampling import UNWEIGHTED, Design


def adjusted_table(
    wave: str,
    respondents: pd.DataFrame,
    sampled: pd.DataFrame | None,
    comparisons: Comparisons,
    grouping: Grouping,
    indicators: tuple[IndicatorColumn, ...],
    default: str,
    design: Design | None,
) -> pd.DataFrame:
    """Rows of every comparison that names segments to adjust for or to pool over.

    respondents: the analysed. sampled: table `weights`, where there is one. Errors are design-based by linearisation,
    whatever makes those of the findings; raked weights are taken as fixed.
    """
    respondents = respondents.sort_values("source_row")
    sampled = sampled if sampled is None else sampled.sort_values("source_row")
    outcome = respondents[[i.name for i in indicators]].to_numpy(float, na_value=np.nan)
    tiers = places(respondents["tier"].to_numpy(object), grouping.tiers.order if grouping.tiers else ())
    psu, sampling = _design(sampled, design)
    parts = []
    for name, comparison in comparisons.items():
        if not (comparison.adjust_for or comparison.stratify_by):
            continue
        groups = membership(comparison, grouping)
        in_a, in_b = groups.of(tiers, groups.respondent_levels(respondents))
        weight = comparison.weight or default
        weighted = sampled is not None and weight not in ("", UNWEIGHTED)
        weights = sampled[f"weight_{weight}"].to_numpy(float) if weighted else np.ones(len(respondents))  # type: ignore[index]
        named = dict.fromkeys([*comparison.adjust_for, *([comparison.stratify_by] if comparison.stratify_by else [])])
        segments = {segment: respondents[segment].to_numpy(object) for segment in named}
        rows = adjusted_rows(
            wave, name, [i.name for i in indicators], outcome, in_a, in_b, segments, comparison.adjust_for,
            comparison.stratify_by, weights, psu, sampling,
        )  # fmt: skip
        if weighted:
            for column in ("method", "mh_method"):
                rows[column] = [text and f"{text}; weight {weight} taken as fixed" for text in rows[column]]
        parts.append(rows)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _design(sampled: pd.DataFrame | None, design: Design | None) -> tuple[np.ndarray | None, Sampling | None]:
    """Sampling unit of each respondent, and the units; none without a design."""
    if sampled is None or design is None:
        return None, None
    stratum = np.unique(sampled["stratum"].to_numpy(object), return_inverse=True)[1]
    fraction = sampled.groupby("stratum")["fraction"].max().to_numpy(float)
    if design.psu is None:
        return np.arange(len(sampled)), Sampling(stratum, fraction, design.lonely_psu)
    psu = sampled["psu"].to_numpy(np.intp)
    first = np.unique(psu, return_index=True)[1]
    return psu, Sampling(stratum[first], fraction, design.lonely_psu)
