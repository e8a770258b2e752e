"""Other cuts and other weights, from cells of one pass over the respondents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.cells.cells import Weighting, cells_query
from pipeline.cells.slices import fetch_cells
from pipeline.cells.sums import Cells, Floats, read_cells
from pipeline.engine import Query
from pipeline.estimation.membership import Codes, Membership
from pipeline.estimation.specifications import Counts, Sections, Specification
from pipeline.maturity.rescoring import tiers_at
from pipeline.study.sampling import UNWEIGHTED, default_weight


def cut_and_weight_specifications(
    inputs: Mapping[str, Path | pa.Table], sections: Sections, memberships: Mapping[str, Membership], cuts: Floats
) -> Iterator[Specification]:
    """Each comparison with one cut moved to every whole point between its neighbours, and under every other weight.

    inputs: table `respondents`. cuts: the published ones, where they hold for everyone; else empty, and no cut is
    moved. A cut is moved only for comparisons whose groups it divides.
    """
    moves = len(cuts) > 0 and any(groups.by_tier for groups in memberships.values())
    if not sections.weights and not moves:
        return
    cells = _band_cells(inputs, sections, memberships, cuts)
    for comparison, groups in memberships.items():
        own = sections.weight_of(comparison)
        cover = groups.cover(cells[own])
        moved = list(_moves(groups, cuts)) if groups.by_tier else []
        places = [_tiers(cover, sections, cuts, np.array([*cuts[:j], point, *cuts[j + 1 :]])) for j, point in moved]
        for (j, point), counts in zip(moved, _counts(cover, groups, places), strict=True):
            tier = sections.grouping.tiers.order[j + 1] if sections.grouping.tiers else ""
            yield Specification(comparison, "cut", f"{tier} from {point} points", counts)
        for other in (name for name in cells if sections.weights and name != own):
            cover = groups.cover(cells[other])
            (counts,) = _counts(cover, groups, [_tiers(cover, sections, cuts, cuts)])
            name = UNWEIGHTED if other == UNWEIGHTED else f"weight {other}"
            yield Specification(comparison, "weight", name, counts)


def _moves(groups: Membership, cuts: Floats) -> Iterator[tuple[int, int]]:
    """(place of the cut, whole point strictly between its neighbours), the published point itself left out."""
    around = [0.0, *cuts, 101.0]
    for j, point in product(range(len(cuts)), range(1, 101)):
        if groups.divided_by(j) and around[j] < point < around[j + 2] and point != cuts[j]:
            yield j, point


def _band_cells(
    inputs: Mapping[str, Path | pa.Table], sections: Sections, memberships: Mapping[str, Membership], cuts: Floats
) -> dict[str, Cells]:
    """Cells by band of the score (by tier without cuts) under every weight, and unweighted."""
    segments = {m.segment.name: m.segment for m in memberships.values() if m.segment is not None}
    weightings = [Weighting(name, raked=False, replicated=False) for name in sections.weights]
    source = "score_bands" if len(cuts) else "respondents"
    query = cells_query(list(segments.values()), sections.indicators, weightings, source=source)
    bands = Query("out/score_bands.sql", {"cuts": [float(cut) for cut in cuts]})
    rows = fetch_cells(query, {"respondents": inputs["respondents"]}, (source, bands) if len(cuts) else None)
    first = default_weight(sections.weights)
    plain = read_cells(rows, sections.indicators, first).unweighted()
    weighted = {name: read_cells(rows, sections.indicators, name) for name in sections.weights}
    return {UNWEIGHTED: plain, **({} if sections.weights else {"": plain}), **weighted}


def _tiers(cells: Cells, sections: Sections, published: Floats, cuts: Floats) -> Codes:
    if not len(published):
        return sections.tier_places(cells.tier)
    return tiers_at(np.array([np.nan if edge is None else float(edge) for edge in cells.tier]), cuts)


def _counts(cover: Cells, groups: Membership, tiers: Sequence[Codes]) -> list[Counts]:
    """Counts under each way to place the cells in tiers."""
    if not tiers:
        return []
    members = [group.astype(float) for group in groups.of(np.stack(tiers), groups.levels_of(cover.level))]
    sums = [
        member @ values
        for yes, base in ((cover.n_yes, cover.n_base), (cover.w_yes, cover.w_base))
        for member in members
        for values in (yes, base)
    ]
    return [Counts(*(total[i] for total in sums)) for i in range(len(tiers))]
