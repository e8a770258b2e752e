"""From what was delivered to what is analysed, a bar a cleaning rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.publish.markdown import markdown_image
from pipeline.publish.pictures.drawing import cut, drawn, percent, words

LEFT, WIDTH, ROW = 150, 380, 22


def dispositions_markdown(steps: Sequence[Mapping[str, Any]], synthetic: bool) -> str:
    """Rows of table `dispositions` of one wave as an image in Markdown; "" where nothing was delivered."""
    drawable = bool(steps) and steps[0]["remaining"] > 0
    return markdown_image(dispositions_svg(steps, synthetic), "From delivered to analysed") if drawable else ""


def dispositions_svg(steps: Sequence[Mapping[str, Any]], synthetic: bool) -> str:
    """The first and the last row whole, between them what each rule takes out."""
    delivered, analysed = steps[0]["remaining"], steps[-1]["remaining"]

    def x(records: float) -> float:
        return round(LEFT + WIDTH * records / delivered, 1)

    lines = []
    for step in steps:
        whole = step in (steps[0], steps[-1])
        start = 0 if whole else step["remaining"]
        taken = step["taken_out"]
        figures = f"{step['remaining']:,}" if whole else f"−{taken:,}" if taken else "0"
        share = step["remaining"] if whole else taken
        lines.append({
            "name": cut(words(step["disposition"]), 24), "whole": whole, "x": x(start), "end": x(step["remaining"]),
            "width": round(x(step["remaining"] if whole else start + taken) - x(start), 1),
            "figures": f"{figures} ({percent(share / delivered, 1)})" if share else figures,
        })  # fmt: skip
    says = f"Wave {steps[0]['wave']}: {analysed:,} of {delivered:,} records; the first rule that a record meets counts"
    return drawn(
        "dispositions.svg", "From delivered to analysed", [says], synthetic,
        (LEFT + WIDTH + 130, ROW * len(lines) + 12), lines=lines, left=LEFT, right=LEFT + WIDTH, row=ROW,
    )  # fmt: skip
