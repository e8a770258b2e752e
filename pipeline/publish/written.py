"""Views and macros of the published file, rendered for a study, and the small tables that they read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from pipeline import tables
from pipeline.engine import Query, render
from pipeline.estimation.group_cells import group_cell_rows
from pipeline.estimation.groups import Grouping
from pipeline.estimation.plan import KINDS
from pipeline.estimation.replicates import delivered_scales
from pipeline.publish.database import Content, Written
from pipeline.study.model import Study
from pipeline.study.sampling import UNWEIGHTED, Weight, default_weight


def written_for(study: Study) -> tuple[Written, ...]:
    """The views and macros, in an order in which each finds what it reads."""
    sampled: dict[str, str | None] = {name: f"weight_{name}" for name in study.weights}
    if sampled or study.design is not None:  # everyone counts alike under these
        sampled |= {UNWEIGHTED: None} if sampled else {"": None, UNWEIGHTED: None}
    values = {
        "weights": list(study.weights),
        "units": study.has_units,
        "indicators": study.indicator_columns,
        "sampled": sampled,
        "raked": any(weight.rake is not None for weight in study.weights.values()),
        "replicated": any(weight.replicates is not None for weight in study.weights.values()),
    }
    views = [Written(view, render(Query(f"views/{view.name}.sql", values))) for view in tables.VIEWS]
    macros = [Written(macro, render(Query(f"table_macros/{macro.name}.sql", values))) for macro in tables.MACROS]
    return (*views, *macros)


def recomputing_contents(study: Study, waves: Sequence[str]) -> list[Content]:
    """The tables of `tables.recomputing`. waves: the published ones."""
    grouping = Grouping(study.tiers, study.segments, study.segment_columns, study.resolver)
    rows = {
        tables.COMPARISONS: _comparisons(study),
        tables.GROUP_CELLS: list(group_cell_rows(study.comparisons, grouping)),
        tables.MARGINS: _margins(study, waves),
        tables.REPLICATE_SCALES: _replicate_scales(study),
    }
    return [
        Content(table, table.columns_for(study), rows=pa.Table.from_pylist(found, table.arrow_schema(study)),
                schema="core")
        for table, found in rows.items()
    ]  # fmt: skip


def _comparisons(study: Study) -> list[dict[str, Any]]:
    default = default_weight(study.weights)
    found = []
    for name, comparison in study.comparisons.items():
        weighting = comparison.weight or default
        weight = study.weights.get(weighting)
        found.append({
            "comparison": name, "label": comparison.label.get() if comparison.label else "", "weighting": weighting,
            "cells_weighting": default if weight is None else weighting, "weighted": weight is not None,
            "variance": _variance(study, weight), "lonely_psu": study.design.lonely_psu if study.design else "fail",
        })  # fmt: skip
    return found


def _variance(study: Study, weight: Weight | None) -> str:
    if weight is None and study.design is None:
        return "simple"
    if weight is not None and weight.replicates is not None:
        return "delivered replicates"
    raked = weight is not None and weight.rake is not None
    if study.design is not None and study.design.variance != "linearised":
        return "raked replicates" if raked else "made replicates"
    return "raked" if raked else "linearised"


def _margins(study: Study, waves: Sequence[str]) -> list[dict[str, Any]]:
    """How `margin_categories` takes the number of a combination apart."""
    found = []
    for wave in waves:
        for name, weight in study.weights.items():
            margins = weight.margins(wave)
            divisor = 1
            for position, (question, shares) in reversed(list(enumerate(margins.items()))):
                found.append({"wave": wave, "weighting": name, "position": position, "question": question,
                              "divisor": divisor, "categories": len(shares) + 1})  # fmt: skip
                divisor *= len(shares) + 1
    return found


def _replicate_scales(study: Study) -> list[dict[str, Any]]:
    found = []
    for name, weight in study.weights.items():
        if (declared := weight.replicates) is not None:
            scales = delivered_scales(KINDS[declared.kind], len(declared.names), 0, declared.fay, declared.scale,
                                      declared.rscales, declared.mse)  # fmt: skip
            found += [
                {"weighting": name, "replicate": number, "scale": scales.scale, "rscale": float(rscale),
                 "mse": scales.mse, "every_one_needed": scales.kind in ("JK1", "JKn")}
                for number, rscale in enumerate(scales.rscales, 1)
            ]  # fmt: skip
    return found
