"""Banners: every answer by tiers and segments side by side, with letters for the columns that it is higher than."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from pipeline.cells.sums import members_of
from pipeline.estimation.counts import Floats
from pipeline.study.columns import SegmentColumns
from pipeline.study.maturity import Tiers

LEVEL = 0.95
POOLED = "pooled z test of two shares at effective bases, Bonferroni over the pairs of columns, 95%"
NOT_TESTED = "columns share respondents: not tested"
ROUNDING = 1e-12


def column_letter(place: int) -> str:
    """A, B, ... Z, AA, AB, ... of the place from 0."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def pooled_z(share: Floats, base: Floats) -> Floats:
    """z of each pair of columns, (K, J, J): positive where the first is higher. share, base: (K, J).

    base: effective bases; counts without weights. NaN without a base, or where both say all or none.
    Source: the two-sample test of proportions with the common share, as survey tabulation software has it.
    """
    yes, n = np.nan_to_num(share * base), np.where(base > 0, base, np.nan)
    common = (yes[:, :, None] + yes[:, None, :]) / (n[:, :, None] + n[:, None, :])
    spread = common * (1 - common) * (1 / n[:, :, None] + 1 / n[:, None, :])
    gap = share[:, :, None] - share[:, None, :]
    return np.asarray(gap / np.sqrt(np.where(spread > ROUNDING**2, spread, np.nan)))


def higher_than(
    share: Floats, base: Floats, comparable: NDArray[np.bool_], tested: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """(K, J, J): whether the first column is significantly higher than the second.

    comparable: (J, J) pairs that share no respondents. tested: (K, J) columns with a sufficient base. The level of 5%
    is divided by the number of pairs tested in a row (Bonferroni), two-sided.
    """
    pairs = comparable[None] & tested[:, :, None] & tested[:, None, :] & ~np.eye(share.shape[1], dtype=bool)[None]
    count = pairs.sum(axis=(1, 2)) / 2
    critical = -ndtri((1 - LEVEL) / 2 / np.maximum(count, 1.0))
    with np.errstate(invalid="ignore"):
        return np.asarray(pairs & (pooled_z(share, base) > critical[:, None, None]))


def banner_rows(
    wave: str, toplines: pd.DataFrame, tiers: Tiers | None, segments: Sequence[SegmentColumns], minimum_base: int
) -> pd.DataFrame:
    """Rows of table `banners`, from rows of table `toplines`: those of answers, in tiers and levels of segments.

    A column with a base or effective base under minimum_base is neither tested nor named. Nets are not tested
    against their parts, nor levels that overlap against each other.
    """
    known = toplines["share"].notna()
    told = known.groupby([toplines["question"], toplines["option"]]).transform("any")  # an option may be called all
    shown = toplines[told | (toplines["option"] != "all")]
    parts = []
    for segment, parts_of, exclusive in _groups(tiers, segments):
        levels = list(parts_of)
        mine = shown[shown["segment"] == segment]
        if mine.empty:
            continue
        keys = mine[["question", "option"]].drop_duplicates()
        by = mine.set_index(["question", "option", "level"])
        places = pd.MultiIndex.from_tuples([(q, o, level) for q, o in keys.itertuples(index=False) for level in levels])
        ordered = by.reindex(places)
        shape = (len(keys), len(levels))
        share, n_eff, n = (ordered[name].to_numpy(float).reshape(shape) for name in ("share", "n_eff", "n"))
        comparable = _comparable(parts_of, exclusive)
        higher = higher_than(share, n_eff, comparable, np.minimum(n, n_eff) >= minimum_base)
        letters = [column_letter(i) for i in range(len(levels))]
        ordered.index.names = ["question", "option", "level"]
        parts.append(ordered.reset_index().assign(
            segment=segment, letter=letters * len(keys), method=POOLED if comparable.any() else NOT_TESTED,
            higher_than=[" ".join(name for name, is_higher in zip(letters, column, strict=True) if is_higher)
                         for row in higher for column in row],
        ))  # fmt: skip
    return pd.concat(parts, ignore_index=True).assign(wave=wave) if parts else pd.DataFrame()


def _groups(
    tiers: Tiers | None, segments: Sequence[SegmentColumns]
) -> list[tuple[str, dict[str, tuple[str, ...]], bool]]:
    """(segment, level -> its parts, whether parts share no respondents)."""
    found: list[tuple[str, dict[str, tuple[str, ...]], bool]] = []
    if tiers:
        found.append(("tier", {tier: (tier,) for tier in tiers.order}, True))
    for s in segments:
        found.append((s.name, {level: members_of(s, level) for level in s.all_levels}, not s.overlapping))
    return found


def _comparable(parts_of: Mapping[str, tuple[str, ...]], exclusive: bool) -> NDArray[np.bool_]:
    sets = [set(parts) for parts in parts_of.values()]
    return np.array([[exclusive and not first & second for second in sets] for first in sets], dtype=bool)
