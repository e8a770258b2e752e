"""The charts of the report, described in Vega-Lite and compiled to Vega, without data and without words.

The page puts in the rows, and the words of the language that it shows in place of ⟦word⟧.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import vl_convert

INK, MUTED, GRID = "#1d2733", "#55606e", "#e3e7ec"
FIRST, SECOND = "#14507a", "#a85f12"  # the two groups: both at least 4.5 to 1 on white, apart for the colour-blind
RAMP = ("#9cc3d9", "#123f5c")  # lowest and highest tier
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"
AFTER_BAR = "split(slice(datum.value, indexof(datum.value, '|') + 1), '\\n')"  # number|label: none stands twice
COLUMNS = (("ratio", 0), ("shares", 138), ("bases", 232))  # figures beside the forest plot: field, pixels to the right

Spec = dict[str, Any]


def charts(tiers: int) -> dict[str, Spec]:
    """Every chart by name, for so many tiers: they have colours from the lowest to the highest."""
    names = [f"⟦tier {i}⟧" for i in range(tiers)]
    drawn = {
        "forest": _forest(),
        "forest_narrow": _forest_narrow(),
        "tiers": _tiers(names),
        "scores": _scores(names),
        "dimensions": _dimensions(names),
        "trend": _trend(),
        "segment": _segment(),
        "robustness": _robustness(),
        "robustness_narrow": _robustness_narrow(),
    }
    return {name: vl_convert.vegalite_to_vega(_configured(chart).to_dict()) for name, chart in drawn.items()}


def _base() -> alt.Chart:
    return alt.Chart(alt.NamedData("rows"))


def _configured(chart: Any) -> Any:
    return (
        chart.properties(width="container", autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
                         background="transparent")
        .configure(font=FONT)
        .configure_view(stroke=None)
        .configure_axis(labelColor=INK, titleColor=MUTED, gridColor=GRID, domainColor="#aab3bd", tickColor="#aab3bd",
                        labelFontSize=12, titleFontSize=12, titleFontWeight="normal")
        .configure_legend(labelColor=INK, titleColor=MUTED, labelFontSize=12, orient="top", title=None, symbolSize=90)
    )  # fmt: skip


def _tips(*fields: str) -> list[alt.Tooltip]:
    """Hover texts: field tip_x holds the figure as printed; its title stands in the page's words."""
    return [alt.Tooltip(f"{field}:N", title=title) for field, title in (f.split("=", 1) for f in fields)]


def _named_rows(field: str, **axis: Any) -> alt.Y:
    two_lines = {"condition": {"test": "indexof(datum.value, '\\n') > 0", "value": -7}, "value": 0}
    return alt.Y(f"{field}:N", sort=None, title=None, axis=alt.Axis(
        labelExpr=AFTER_BAR, labelOffset=two_lines, domain=False, ticks=False, grid=False, **axis))  # fmt: skip


def _ratio_axis() -> alt.X:
    return alt.X("low:Q", scale=alt.Scale(type="log", nice=False, padding=10), title="⟦ratio⟧",
                 axis=alt.Axis(format="~g", labelOverlap="greedy", tickCount=8))  # fmt: skip


def _finding_tips() -> list[alt.Tooltip]:
    return _tips("label=⟦indicator⟧", "a=1: ⟦shares⟧", "b=2: ⟦shares⟧",
                 "tip_ratio=⟦ratio⟧", "tip_bases=⟦bases⟧", "id=⟦finding⟧")  # fmt: skip


def _interval(y: alt.Y | None) -> list[Any]:
    """Line at 1, the interval, the point: hollow where it is to be read with care."""
    base = _base().encode(tooltip=_finding_tips())
    base = base.encode(y=y) if y is not None else base
    one = _line_at_one()
    line = base.mark_rule(color=FIRST, strokeWidth=2.5).encode(
        x=_ratio_axis(), x2="high:Q",
        strokeDash=alt.condition("datum.endless", alt.value([6, 3]), alt.value([1, 0])),
    )  # fmt: skip
    point = base.mark_point(size=75, filled=False, stroke=FIRST, strokeWidth=2, opacity=1).encode(
        x="ratio:Q", fill=alt.condition("datum.care", alt.value("white"), alt.value(FIRST))
    )
    return [one, line, point]


def _line_at_one() -> Any:
    line = alt.Chart(alt.InlineData([{}])).mark_rule(color="#6b7683", strokeDash=[4, 3], aria=False)
    return line.encode(x=alt.datum(1))


def _forest() -> Any:
    """Indicator, interval on a log scale, and the figures beside it, each column of them an axis of its own."""
    titles = {"ratio": "⟦ratio⟧ (⟦level interval⟧)", "shares": "⟦shares⟧", "bases": "⟦bases⟧"}
    columns = [
        _base().mark_point(opacity=0).encode(
            y=_named_rows(f"key_{field}", orient="right", offset=offset, title=titles[field], titleAngle=0,
                          titleAlign="left", titleAnchor="start", titleX=4, titleY=-8, labelLimit=150)
        )
        for field, offset in COLUMNS
    ]  # fmt: skip
    plot = alt.layer(*_interval(_named_rows("key", orient="left", labelLimit=330, labelPadding=8)))
    return alt.layer(plot, *columns, height=100).resolve_scale(y="independent")


def _forest_narrow() -> Any:
    """On a phone: the indicator above its line, the figures under it."""
    y = alt.Y("key:N", sort=None, axis=None)
    texts = _base().encode(y=y)
    label = texts.mark_text(align="left", dy=-17, fontSize=13, color=INK, limit=alt.expr("width")).encode(
        x=alt.value(0), text="label:N"
    )
    figures = texts.mark_text(align="left", dy=17, fontSize=11.5, color=MUTED, limit=alt.expr("width")).encode(
        x=alt.value(0), text="figures:N"
    )
    return alt.layer(*_interval(y), label, figures, height=100)


def _robustness() -> Any:
    return alt.layer(*_ranges(_named_rows("key", orient="left", labelLimit=330, labelPadding=8)),
                     height=100)  # fmt: skip


def _robustness_narrow() -> Any:
    y = alt.Y("key:N", sort=None, axis=None)
    label = _base().mark_text(align="left", dy=-13, fontSize=13, color=INK, limit=alt.expr("width")).encode(
        x=alt.value(0), y=y, text="label:N"
    )  # fmt: skip
    return alt.layer(*_ranges(y), label, height=100)


def _ranges(y: alt.Y) -> list[Any]:
    base = _base().encode(y=y, tooltip=_tips(
        "label=⟦indicator⟧", "tip_ratio=⟦ratio⟧", "tip_low=⟦smallest⟧",
        "tip_high=⟦largest⟧", "tip_tried=⟦tried⟧", "id=⟦finding⟧"))  # fmt: skip
    one = _line_at_one()
    line = base.mark_rule(color="#8aa9bf", strokeWidth=7, strokeCap="round").encode(x=_ratio_axis(), x2="high:Q")
    return [one, line, base.mark_point(size=60, filled=True, color=FIRST, opacity=1).encode(x="ratio:Q")]


def _share_axis(title: str | None = None, **axis: Any) -> alt.X:
    return alt.X("low:Q", title=title, scale=alt.Scale(domainMin=0, nice=True),
                 axis=alt.Axis(format=".0%", tickCount=5, **axis))  # fmt: skip


def _tier_colour(tiers: Sequence[str], legend: bool) -> alt.Color:
    scale = alt.Scale(domain=list(tiers), range=ramp(len(tiers)))
    return alt.Color("tier:N", scale=scale, sort=None, legend=alt.Legend() if legend else None)


def ramp(steps: int) -> list[str]:
    """Colours from the lowest tier to the highest, evenly between both ends."""
    ends = [[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in RAMP]
    return [
        "#" + "".join(f"{round(low + (high - low) * i / max(steps - 1, 1)):02x}"
                      for low, high in zip(*ends, strict=True))
        for i in range(steps)
    ]  # fmt: skip


def _tiers(tiers: Sequence[str]) -> Any:
    base = _base().encode(
        y=alt.Y("tier:N", sort=None, title=None, axis=alt.Axis(domain=False, ticks=False, labelLimit=170,
                                                               labelPadding=8)),
        tooltip=_tips("tier=⟦tier⟧", "tip=⟦share_axis⟧", "tip_base=⟦base⟧",
                      "tip_mean=⟦mean_score⟧"),
    )  # fmt: skip
    bar = base.mark_bar(height=20).encode(
        x=alt.X("share:Q", title="⟦share_axis⟧", scale=alt.Scale(domainMin=0),
                axis=alt.Axis(format=".0%", tickCount=5)),
        color=_tier_colour(tiers, legend=False),
    )  # fmt: skip
    interval = base.mark_rule(color=INK, strokeWidth=1.5).encode(x="low:Q", x2="high:Q")
    label = base.mark_text(align="left", dx=8, fontSize=12, color=INK).encode(x="high:Q", text="shown:N")
    return alt.layer(bar, interval, label, height=100)


def _scores(tiers: Sequence[str]) -> Any:
    bars = _base().mark_bar(stroke="white", strokeWidth=1).encode(
        x=alt.X("low:Q", title="⟦scores_axis⟧", scale=alt.Scale(domain=[0, 100]),
                axis=alt.Axis(grid=False, tickCount=11)),
        x2="high:Q",
        y=alt.Y("bottom:Q", title="⟦share_axis⟧", axis=alt.Axis(format=".0%", tickCount=5)),
        y2="top:Q",
        color=_tier_colour(tiers, legend=True),
        tooltip=_tips("tip_band=⟦scores_axis⟧", "tier=⟦tier⟧", "tip=⟦share_axis⟧",
                      "tip_base=⟦n⟧"),
    )  # fmt: skip
    cuts = alt.Chart(alt.NamedData("cuts")).encode(x=alt.X("cut:Q"))
    lines = cuts.mark_rule(color=INK, strokeWidth=1.5, strokeDash=[5, 3]).encode()
    labels = cuts.mark_text(align="left", dx=4, dy=7, baseline="top", fontSize=11, color=INK).encode(
        y=alt.value(0), text="shown:N"
    )
    return alt.layer(bars, lines, labels, height=240)


def _dimensions(tiers: Sequence[str]) -> Any:
    base = _base().encode(
        y=alt.Y("dimension:N", sort=None, title=None, axis=alt.Axis(domain=False, ticks=False, grid=True,
                                                                    labelLimit=200, labelPadding=8)),
        color=_tier_colour(tiers, legend=True),
        tooltip=_tips("dimension=⟦dimension⟧", "tier=⟦tier⟧", "tip=⟦mean⟧",
                      "tip_base=⟦base⟧"),
    )  # fmt: skip
    line = base.mark_rule(strokeWidth=3).encode(x="low:Q", x2="high:Q")
    point = base.mark_point(filled=True, size=110, opacity=1).encode(
        x=alt.X("mean:Q", title="⟦mean⟧", scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(tickCount=5))
    )
    return alt.layer(line, point, height=100)


def _trend() -> Any:
    base = _base().encode(
        x=alt.X("wave:O", sort=None, title=None, axis=alt.Axis(labelAngle=0, domain=False, ticks=False, grid=False)),
        tooltip=_tips("wave= ", "tip= ", "tip_base= "),
    )
    y = alt.Y("share:Q", title=None, scale=alt.Scale(domain=[0, 1.12], nice=False),
              axis=alt.Axis(format=".0%", values=[0, 0.5, 1], domain=False, ticks=False))  # fmt: skip
    line = base.mark_line(color=FIRST, strokeWidth=2).encode(y=y, detail="run:N")
    interval = base.mark_rule(color=FIRST, strokeWidth=1.5).encode(y="low:Q", y2="high:Q")
    point = base.mark_point(filled=True, size=48, color=FIRST, opacity=1).encode(y="share:Q")
    label = base.mark_text(dy=-11, fontSize=11.5, color=INK).encode(y="high:Q", text="shown:N")
    return alt.layer(line, interval, point, label, height=96)


def _segment() -> Any:
    base = _base().encode(
        y=alt.Y("level:N", sort=None, title=None, axis=alt.Axis(domain=False, ticks=False, labelLimit=150,
                                                                labelPadding=8)),
        tooltip=_tips("level= ", "tip= ", "tip_base= "),
    )  # fmt: skip
    line = base.mark_rule(color="#8aa9bf", strokeWidth=2).encode(
        x=alt.X("low:Q", title=None, scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format=".0%", values=[0, 0.5, 1])),
        x2="high:Q",
    )
    point = base.mark_point(size=60, filled=False, stroke=FIRST, strokeWidth=2, opacity=1).encode(
        x="share:Q", fill=alt.condition("datum.care", alt.value("white"), alt.value(FIRST))
    )
    label = base.mark_text(align="left", dx=9, fontSize=11.5, color=INK).encode(x="high:Q", text="shown:N")
    return alt.layer(line, point, label, height=100)
