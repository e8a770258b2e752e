"""Ratios of one comparison as a forest plot."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.publish.markdown import markdown_image
from pipeline.publish.pictures.drawing import cut, drawn, percent, words

MOST = 30  # ratios in one picture
FARTHEST = 4.0  # an interval that ends at 0 or nowhere is drawn to this multiple of the ratio
TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)
LEFT, WIDTH, ROW = 210, 380, 22  # pixels: room for names, width of the plot, height of a row


def forest_markdown(findings: Sequence[Mapping[str, Any]], synthetic: bool) -> str:
    """The first comparison among everyone as an image in Markdown; "" where there is nothing to draw."""
    shown = first_comparison(findings)
    return markdown_image(forest_svg(shown, synthetic), f"Risk ratios, {shown[0]['comparison']}") if shown else ""


def first_comparison(findings: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Findings of the first comparison among everyone that may be shown and drawn."""
    shown = [f for f in findings if f["segment"] == "all" and f["status"] != "suppress" and _drawable(f)]
    return [f for f in shown if f["comparison"] == shown[0]["comparison"]]


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

    lines = [
        {"name": cut(words(f["indicator"]), 36), "low": x(low), "ratio": x(f["ratio"]), "high": x(high),
         "endless": math.isinf(f["ratio_high"]), "figures": _figures(f)}
        for f, (low, high) in zip(rows, ends, strict=True)
    ]  # fmt: skip
    first = rows[0]
    says = [f"Wave {first['wave']}: {first['group_a']}", f"against {first['group_b']}"]
    return drawn(
        "forest.svg", first["comparison"], says, synthetic,
        (LEFT + WIDTH + 215, ROW * len(rows) + 44), lines=lines, left=LEFT, right=LEFT + WIDTH, row=ROW,
        ticks=[(tick, x(tick)) for tick in TICKS if lowest <= math.log(tick) <= highest],
        level=f"{100 * first['ci_level']:g}%",
    )  # fmt: skip


def _figures(f: Mapping[str, Any]) -> str:
    high = "and above" if math.isinf(f["ratio_high"]) else f"to {f['ratio_high']:.2f}"
    return f"{f['ratio']:.2f} ({f['ratio_low']:.2f} {high}), {percent(f['p_a'])} v {percent(f['p_b'])}"


def _low(f: Mapping[str, Any]) -> float:
    return float(f["ratio_low"] or f["ratio"] / FARTHEST)


def _high(f: Mapping[str, Any]) -> float:
    return float(f["ratio"] * FARTHEST if math.isinf(f["ratio_high"]) else f["ratio_high"])
