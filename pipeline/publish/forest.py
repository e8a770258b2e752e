"""Ratios of one comparison as a forest plot, for the asset's page in the Dagster UI.

Drawn from a template and not with a charting library: loading one takes longer than making all the findings.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

MOST = 30  # ratios in one picture
FARTHEST = 4.0  # an interval that ends at 0 or nowhere is drawn to this multiple of the ratio
TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)
LEFT, WIDTH, ROW = 210, 380, 22  # pixels: room for names, width of the plot, height of a row


def forest_markdown(findings: Sequence[Mapping[str, Any]], synthetic: bool) -> str:
    """The first comparison among everyone as an image in Markdown; "" where there is nothing to draw."""
    shown = [f for f in findings if f["segment"] == "all" and f["status"] != "suppress" and _drawable(f)]
    if not shown:
        return ""
    first = shown[0]["comparison"]
    svg = forest_svg([f for f in shown if f["comparison"] == first], synthetic)
    picture = base64.b64encode(svg.encode()).decode()
    return f"![Risk ratios, {first}](data:image/svg+xml;base64,{picture})"


def _drawable(f: Mapping[str, Any]) -> bool:
    ratio = f["ratio"]
    return ratio is not None and 0 < ratio < math.inf and f["ratio_low"] is not None


def forest_svg(findings: Sequence[Mapping[str, Any]], synthetic: bool) -> str:
    """Findings of one comparison, the largest ratio first: interval and point on a log scale, figures beside."""
    rows = sorted(findings, key=lambda f: -f["ratio"])[:MOST]
    ends = [(_low(f), _high(f)) for f in rows]
    lowest = math.log(min(0.8, *(low for low, _ in ends)) * 0.95)
    highest = math.log(max(1.25, *(high for _, high in ends)) * 1.05)

    def x(value: float) -> float:
        return round(LEFT + WIDTH * (math.log(value) - lowest) / (highest - lowest), 1)

    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return templates.get_template("forest.svg").render(
        first=rows[0],
        lines=[
            {"f": f, "low": x(low), "ratio": x(f["ratio"]), "high": x(high), "endless": math.isinf(f["ratio_high"])}
            for f, (low, high) in zip(rows, ends, strict=True)
        ],
        ticks=[(tick, x(tick)) for tick in TICKS if lowest <= math.log(tick) <= highest],
        left=LEFT,
        right=LEFT + WIDTH,
        row=ROW,
        synthetic=synthetic,
    )


def _low(f: Mapping[str, Any]) -> float:
    return float(f["ratio_low"] or f["ratio"] / FARTHEST)


def _high(f: Mapping[str, Any]) -> float:
    return float(f["ratio"] * FARTHEST if math.isinf(f["ratio_high"]) else f["ratio_high"])
