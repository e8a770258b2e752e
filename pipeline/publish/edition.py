"""An edition: what report, workbook and release show of one wave, without what is suppressed or withheld."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline import tables
from pipeline.publish.methodology.statement import draft_reasons
from pipeline.publish.shown import may_be_shown, released_rows
from pipeline.study.model import Study

SHOWN = (
    tables.FINDINGS, tables.SHARES, tables.TOPLINES, tables.BANNERS, tables.TIERS, tables.SCORE_MEANS,
    tables.SCORE_BANDS, tables.TRENDS, tables.CLAIMS, tables.ADJUSTED, tables.TIER_TRENDS, tables.ROBUSTNESS,
    tables.RELIABILITY, tables.WEIGHTING, tables.DISPOSITIONS, tables.CODEBOOK, tables.METHODOLOGY,
    tables.WAVES,
)  # fmt: skip
"""Tables that are shown outside the database, each with the rows of its wave."""

HISTORY = (tables.SHARES, tables.FINDINGS, tables.TIERS, tables.SCORE_MEANS, tables.TRENDS)
"""Tables of which the rows of everyone are also shown for the waves before."""

Found = Mapping[str, pd.DataFrame]
Statement = list[dict[str, Any]]


@dataclass(frozen=True)
class Edition:
    """One published wave as it may be shown.

    name: of the study. rows: by table name, the rows of the wave that may be shown. history: by table name, rows of
    everyone (segment `all`) of this wave and those before that are published. left_out: by table, how many rows are
    not shown, by reason. statements: the methodology statement, by language. origin: what it was made from, such as the
    hash of the delivery.
    """

    name: str
    study: Study
    wave: str
    rows: Found
    history: Found
    left_out: Mapping[str, Mapping[str, int]]
    statements: Mapping[str, Statement]
    origin: Mapping[str, Any]

    @property
    def draft_because(self) -> list[str]:
        """Required elements of the methodology statement that are blank."""
        return draft_reasons(self.statements["en"])

    @property
    def draft(self) -> bool:
        return bool(self.draft_because)


def edition_of(
    name: str, study: Study, wave: str, found: Found, earlier: Found, statements: Mapping[str, Statement],
    origin: Mapping[str, Any],
) -> Edition:  # fmt: skip
    """The edition of a wave. found: rows of the tables of SHOWN for it. earlier: rows of the tables of HISTORY for
    everyone, of the waves up to it."""
    rows, left_out = released_rows(study, found)
    history = {table: frame[may_be_shown(frame, study.display.privacy_below)] for table, frame in earlier.items()}
    return Edition(name, study, wave, rows, history, left_out, statements, origin)
