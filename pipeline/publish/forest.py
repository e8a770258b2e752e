"""Ratios of one comparison as a forest plot, for the asset's page in the Dagster UI."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from typing import Any

MOST = 30  # ratios in one picture
FARTHEST = 4.0  # an interval that ends at 0 or nowhere is drawn to this multiple of the ratio
WIDTH = 380  # of the plot, in pixels
INK = "#1f4e79"


def forest_markdown(findings: Sequence[Mapping[str, Any]], synthetic: bool) -> str:
    """The first comparison among everyone as an image in Markdown; "" where there is nothing to draw."""
    shown = [f for f in findings if f["segment"] == "all" and f["status"] != "suppress" and _drawable(f)]
    if not shown:
        return ""
    first = shown[0]["comparison"]
    picture = _picture([f for f in shown if f["comparison"] == first], first, synthetic)
    return f"![Risk ratios, {first}](data:image/svg+xml;base64,{picture})"


def _drawable(f: Mapping[str, Any]) -> bool:
    ratio = f["ratio"]
    return ratio is not None and 0 < ratio < math.inf and f["ratio_low"] is not None


def _picture(findings: Sequence[Mapping[str, Any]], comparison: str, synthetic: bool) -> str:
    """An SVG, base64: intervals and points on a log scale, the figures in a column beside them."""
    import altair as alt  # slow to import, and only a run that makes findings needs it
    import pandas as pd
    import vl_convert

    rows = sorted(findings, key=lambda f: -f["ratio"])[:MOST]
    data = pd.DataFrame([_line(f) for f in rows])
    limits = [min(0.8, *data["low"]) * 0.95, max(1.25, *data["high"]) * 1.05]
    x = alt.X(
        "low:Q",
        scale=alt.Scale(type="log", domain=limits, nice=False),
        title="Risk ratio, 95% interval, log scale",
        axis=alt.Axis(tickCount=6, format="~g", gridColor="#eee"),
    )
    y = alt.Y("indicator:N", sort=list(data["indicator"]), title=None, axis=alt.Axis(labelLimit=280, ticks=False))
    base = alt.Chart(data)
    one = alt.Chart(pd.DataFrame({"one": [1.0]})).mark_rule(color="#888", strokeDash=[4, 3]).encode(x="one:Q")
    interval = base.mark_rule(color=INK, strokeWidth=2).encode(x=x, x2="high:Q", y=y)
    point = base.mark_point(color=INK, filled=True, size=55, opacity=1).encode(x="ratio:Q", y=y)
    figures = base.mark_text(align="left", fontSize=11, color="#333").encode(
        x=alt.value(WIDTH + 12), y=y, text="figures:N"
    )
    first = rows[0]
    subtitle = [f"{first['group_a']} against", first["group_b"]] + (["SYNTHETIC DATA"] if synthetic else [])
    chart = (one + interval + point + figures).properties(
        width=WIDTH,
        height=alt.Step(22),
        padding={"right": 190, "left": 5, "top": 5, "bottom": 5},
        title=alt.TitleParams(comparison, subtitle=subtitle, anchor="start", frame="group"),
    )
    svg = vl_convert.vegalite_to_svg(chart.configure_view(stroke=None).to_dict())
    return base64.b64encode(svg.encode()).decode()


def _line(f: Mapping[str, Any]) -> dict[str, Any]:
    endless = math.isinf(f["ratio_high"])
    high = "no upper limit" if endless else f"{f['ratio_high']:.2f}"
    return {
        "indicator": f["indicator"].replace("_", " "),
        "ratio": f["ratio"],
        "low": f["ratio_low"] or f["ratio"] / FARTHEST,
        "high": f["ratio"] * FARTHEST if endless else f["ratio_high"],
        "figures": f"{f['ratio']:.2f} ({f['ratio_low']:.2f} to {high}), {100 * f['p_a']:.0f}% v {100 * f['p_b']:.0f}%",
    }
