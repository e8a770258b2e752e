"""The maturity score and its dimensions in every tier and level: means with intervals."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from pipeline.engine import Query
from pipeline.estimation.levels import place_columns
from pipeline.estimation.share_table import LEVEL
from pipeline.study.columns import SegmentColumns
from pipeline.study.maturity import Score

WHOLE = "all"
"""The score itself, beside its dimensions."""


def score_columns(score: Score | None) -> dict[str, str]:
    """Column of `respondents` -> dimension; `all` for the score."""
    return {"score": WHOLE} | {f"score_{name}": name for name in (score.dimensions if score else ())}


def score_numbers_query(score: Score | None, segments: Sequence[SegmentColumns]) -> Query:
    """Every analysed respondent's scores, tier and segments, by source_row."""
    return Query("out/score_numbers.sql", {"numbers": list(score_columns(score)), "places": place_columns(segments)})


def score_mean_rows(wave: str, means: pd.DataFrame, score: Score | None) -> pd.DataFrame:
    """Rows of table `score_means`. means: rows of `mean_rows` for `score_columns`."""
    names = {"variable": "dimension", "answered": "n", "mean_df": "df"}
    frame = means.rename(columns=names).assign(wave=wave, ci_level=LEVEL)
    return frame.assign(dimension=frame["dimension"].map(score_columns(score)))
