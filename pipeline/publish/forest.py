"""Ratios of one comparison as a forest plot, for the asset's page in the Dagster UI."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from typing import Any

MOST = 30  # ratios in one picture
LARGEST_SHOWN = 50.0  # an endless interval is drawn up to here


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
    import altair as alt  # slow to import, and only a run that makes findings needs it
    import pandas as pd
    import vl_convert

    rows = sorted(findings, key=lambda f: -f["ratio"])[:MOST]
    lowest = min(f["ratio_low"] or f["ratio"] / 2 for f in rows)
    data = pd.DataFrame(
        {
            "indicator": [f["indicator"].replace("_", " ") for f in rows],
            "ratio": [f["ratio"] for f in rows],
            "low": [max(f["ratio_low"], lowest / 2) for f in rows],
            "high": [min(f["ratio_high"], max(LARGEST_SHOWN, f["ratio"])) for f in rows],
            "label": [f"{f['ratio']:.2f}  ({100 * f['p_a']:.0f}% v {100 * f['p_b']:.0f}%)" for f in rows],
        }
    )
    first = rows[0]
    title = f"{comparison}: {first['group_a']} against {first['group_b']}"
    y = alt.Y("indicator:N", sort=list(data["indicator"]), title=None, axis=alt.Axis(labelLimit=260))
    base = alt.Chart(data)
    interval = base.mark_rule(color="#1f4e79", strokeWidth=2).encode(
        x=alt.X("low:Q", scale=alt.Scale(type="log"), title="Risk ratio with 95% interval (log scale)"),
        x2="high:Q",
        y=y,
    )
    point = base.mark_point(color="#1f4e79", filled=True, size=60, opacity=1).encode(x="ratio:Q", y=y)
    label = base.mark_text(align="left", dx=8, dy=-7, fontSize=10, color="#444").encode(
        x="ratio:Q", y=y, text="label:N"
    )
    one = alt.Chart(pd.DataFrame({"one": [1.0]})).mark_rule(color="#999", strokeDash=[4, 3]).encode(x="one:Q")
    subtitle = "SYNTHETIC DATA" if synthetic else ""
    chart = (one + interval + point + label).properties(
        width=460, height=alt.Step(24), title=alt.TitleParams(title, subtitle=subtitle, anchor="start")
    )
    svg = vl_convert.vegalite_to_svg(chart.to_dict())
    return base64.b64encode(svg.encode()).decode()
