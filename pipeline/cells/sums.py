"""The cells table as arrays, and the disjoint sets of respondents that groups are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.study.columns import IndicatorColumn, SegmentColumns

Floats = NDArray[np.float64]
NO_SEGMENT = "all"
OUTSIDE = "not "  # before a segment's name: cells of those known to be outside a level, where levels overlap


@dataclass(frozen=True)
class Cells:
    """C cells x K indicators. Texts are object arrays (C,), with None where a respondent has no level or tier.

    n: respondents (C,). n_base, n_yes, w_base, w_yes, ww_base, ww_yes: (C, K) counts, weights, squared weights;
    all 0 for an indicator that the wave could not measure.
    """

    indicators: tuple[str, ...]
    stratum: NDArray[np.object_]
    segment: NDArray[np.object_]
    level: NDArray[np.object_]
    tier: NDArray[np.object_]
    n: Floats
    n_base: Floats
    n_yes: Floats
    w_base: Floats
    w_yes: Floats
    ww_base: Floats
    ww_yes: Floats

    SUMS = ("n_base", "n_yes", "w_base", "w_yes", "ww_base", "ww_yes")

    def rows(self, chosen: NDArray[np.bool_]) -> Cells:
        """The chosen cells."""
        names = ("stratum", "segment", "level", "tier", "n", *self.SUMS)
        chosen_rows: dict[str, Any] = {name: getattr(self, name)[chosen] for name in names}
        return replace(self, **chosen_rows)

    def of_segment(self, segment: str) -> Cells:
        return self.rows(self.segment == segment)


def read_cells(rows: pa.Table, indicators: Sequence[IndicatorColumn]) -> Cells:
    """Cells from table `cells`."""
    columns = {name: rows.column(name).to_numpy(zero_copy_only=False) for name in rows.column_names}

    def matrix(names: list[str]) -> Floats:
        if not names:
            return np.zeros((rows.num_rows, 0))
        return np.column_stack([np.asarray(columns[name], dtype=float) for name in names])

    yes = {kind: matrix([f"{i.name}__{kind}_yes" for i in indicators]) for kind in ("n", "w", "ww")}
    base = {kind: matrix([f"{i.base}__{kind}_base" for i in indicators]) for kind in ("n", "w", "ww")}
    unmeasured = np.isnan(yes["n"])  # nobody in the base, or the question was not in this wave
    texts = {name: np.asarray(columns[name], dtype=object) for name in ("stratum", "segment", "level", "tier")}
    return Cells(
        indicators=tuple(i.name for i in indicators),
        n=np.asarray(columns["n"], dtype=float),
        **texts,
        **{f"{kind}_yes": np.where(unmeasured, 0.0, values) for kind, values in yes.items()},
        **{f"{kind}_base": np.where(unmeasured, 0.0, values) for kind, values in base.items()},
    )


def covering(cells: Cells, segment: SegmentColumns | None, level: str | None) -> Cells:
    """Disjoint cells that hold every analysed respondent, divided as the segment's groups need.

    No segment: by tier. A segment without overlap: by its levels. Overlapping levels: the one level, and those
    known to be outside it (level "not ..."). Respondents of whom it is not known have level None.
    """
    if segment is None:
        return cells.of_segment(NO_SEGMENT)
    if not segment.overlapping:
        return cells.of_segment(segment.name)
    everyone = cells.of_segment(NO_SEGMENT)
    members = cells.rows((cells.segment == segment.name) & (cells.level == level))
    others = cells.rows((cells.segment == OUTSIDE + segment.name) & (cells.level == level))
    others = replace(others, level=np.full(len(others.n), f"{OUTSIDE}{level}", dtype=object))
    return _joined(members, others, _without(_without(everyone, members), others))


def _without(cells: Cells, part: Cells) -> Cells:
    """Everyone of the cells who is not in the part, by subtraction within stratum and tier; level None."""
    place = {key: i for i, key in enumerate(zip(cells.stratum, cells.tier, strict=True))}
    at = [place[key] for key in zip(part.stratum, part.tier, strict=True)]
    left: dict[str, Any] = {name: getattr(cells, name).copy() for name in ("n", *Cells.SUMS)}
    for name, values in left.items():
        values[at] -= getattr(part, name)
    # Weights were added up in another order: where nobody is left, nothing may be.
    for kind in ("base", "yes"):
        nobody = left[f"n_{kind}"] == 0
        for name in (f"w_{kind}", f"ww_{kind}"):
            left[name] = np.where(nobody, 0.0, np.maximum(left[name], 0.0))
    return replace(cells, level=np.full(len(cells.n), None, dtype=object), **left)


def _joined(*parts: Cells) -> Cells:
    names = ("stratum", "segment", "level", "tier", "n", *Cells.SUMS)
    both: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return replace(parts[0], **both)


def members_of(segment: SegmentColumns, level: str) -> tuple[str, ...]:
    """The levels that a level stands for: a net's parts, or itself."""
    return tuple(segment.nets.get(level, (level,)))
