"""The cells table as arrays, and the disjoint sets of respondents that groups are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.cells.cells import YesOrNo
from pipeline.study.columns import SegmentColumns

Floats = NDArray[np.float64]
NO_SEGMENT = "all"
OUTSIDE = "not "  # before a segment's name: cells of those known to be outside a level, where levels overlap


@dataclass(frozen=True)
class Cells:
    """C cells x K indicators. Texts are object arrays (C,), with None where a respondent has no level or tier.

    psu, margins: (C,) whole numbers, 0 where the design has no units or the weights no margins.
    n, w, ww: respondents, weights, squared weights (C,), all analysed ones. n_base, n_yes, w_base, w_yes, ww_base,
    ww_yes: (C, K); all 0 for an indicator that the wave could not measure. Without weights w and ww equal n; with
    sampling units ww_yes says nothing. r: (C, R), r_base, r_yes: (C, R, K), weights under R replicates.
    """

    indicators: tuple[str, ...]
    stratum: NDArray[np.object_]
    psu: NDArray[np.intp]
    margins: NDArray[np.intp]
    segment: NDArray[np.object_]
    level: NDArray[np.object_]
    tier: NDArray[np.object_]
    n: Floats
    w: Floats
    ww: Floats
    n_base: Floats
    n_yes: Floats
    w_base: Floats
    w_yes: Floats
    ww_base: Floats
    ww_yes: Floats
    r: Floats
    r_base: Floats
    r_yes: Floats

    KEYS = ("stratum", "psu", "margins", "segment", "level", "tier")
    TOTALS = ("n", "w", "ww", "r")
    SUMS = ("n_base", "n_yes", "w_base", "w_yes", "ww_base", "ww_yes", "r_base", "r_yes")

    def rows(self, chosen: NDArray[np.bool_]) -> Cells:
        """The chosen cells."""
        names = (*self.KEYS, *self.TOTALS, *self.SUMS)
        chosen_rows: dict[str, Any] = {name: getattr(self, name)[chosen] for name in names}
        return replace(self, **chosen_rows)

    def of_segment(self, segment: str) -> Cells:
        return self.rows(self.segment == segment)

    def unweighted(self) -> Cells:
        """The same respondents, each with weight 1."""
        ends = ("base", "yes")
        n: dict[str, Any] = {f"{kind}_{end}": getattr(self, f"n_{end}") for kind in ("w", "ww") for end in ends}
        none = {name: getattr(self, name)[:, :0] for name in ("r", "r_base", "r_yes")}
        return replace(self, w=self.n, ww=self.n, **n, **none)


def read_cells(rows: pa.Table, indicators: Sequence[YesOrNo], weighting: str = "") -> Cells:
    """Cells from table `cells`, under one weight."""
    columns = {name: rows.column(name).to_numpy(zero_copy_only=False) for name in rows.column_names}
    of_weight = columns["weighting"] == weighting
    full = of_weight & (columns["replicate"] == 0)

    def matrix(kind: str, end: str, names: list[str], chosen: NDArray[np.bool_]) -> Floats:
        found = [columns[name] if (name := f"{stem}__{kind}_{end}") in columns else columns[f"{stem}__n_{end}"]
                 for stem in names]  # fmt: skip
        return np.column_stack([np.asarray(c[chosen], float) for c in found]) if names else np.zeros((chosen.sum(), 0))

    def total(kind: str) -> Floats:
        return np.asarray(columns[kind if kind in columns else "n"][full], dtype=float)

    yes, base = [i.name for i in indicators], [i.base for i in indicators]
    sums: dict[str, Any] = {f"{kind}_yes": matrix(kind, "yes", yes, full) for kind in ("n", "w", "ww")}
    sums |= {f"{kind}_base": matrix(kind, "base", base, full) for kind in ("n", "w", "ww")}
    unmeasured = np.isnan(sums["n_yes"])  # nobody in the base, or the question was not in this wave
    sums = {name: np.where(unmeasured, 0.0, values) for name, values in sums.items()}
    again, count = of_weight & ~full, int(full.sum())
    repeated = {}
    for end, names in (("yes", yes), ("base", base)):
        values = np.nan_to_num(matrix("w", end, names, again))
        by_cell = values.reshape(count, -1, len(yes)) if values.size else np.zeros((count, 0, len(yes)))
        repeated[f"r_{end}"] = np.where(unmeasured[:, None, :], 0.0, by_cell)
    keys: dict[str, Any] = {
        name: np.asarray(columns[name][full], dtype=np.intp if name in ("psu", "margins") else object)
        for name in Cells.KEYS
    }
    return Cells(
        indicators=tuple(yes),
        **keys,
        n=total("n"),
        w=total("w"),
        ww=total("ww"),
        r=np.asarray(columns["w"][again], float).reshape(count, -1) if again.any() else np.zeros((count, 0)),
        **sums,
        **repeated,
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
    """Everyone of the cells who is not in the part, by subtraction within unit, margins and tier; level None."""
    place = {key: i for i, key in enumerate(_places(cells))}
    at = [place[key] for key in _places(part)]
    left: dict[str, Any] = {name: getattr(cells, name).copy() for name in (*Cells.TOTALS, *Cells.SUMS)}
    for name, values in left.items():
        values[at] -= getattr(part, name)
    # Weights are rounded sums: where nobody is left, nothing may be.
    for kind in ("base", "yes"):
        nobody = left[f"n_{kind}"] == 0
        for name in (f"w_{kind}", f"ww_{kind}"):
            left[name] = np.where(nobody, 0.0, np.maximum(left[name], 0.0))
        left[f"r_{kind}"] = np.where(nobody[:, None, :], 0.0, left[f"r_{kind}"])
    return replace(cells, level=np.full(len(cells.n), None, dtype=object), **left)


def _places(cells: Cells) -> list[tuple[object, ...]]:
    return list(zip(cells.stratum, cells.psu.tolist(), cells.margins.tolist(), cells.tier, strict=True))


def _joined(*parts: Cells) -> Cells:
    names = (*Cells.KEYS, *Cells.TOTALS, *Cells.SUMS)
    both: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
    return replace(parts[0], **both)


def members_of(segment: SegmentColumns, level: str) -> tuple[str, ...]:
    """The levels that a level stands for: a net's parts, or itself."""
    return tuple(segment.nets.get(level, (level,)))
