"""How large each maturity tier is, the highest first, with its interval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.publish.markdown import markdown_image
from pipeline.publish.pictures.drawing import GREY, cut, drawn, percent, shades, words

LEFT, WIDTH, ROW = 150, 330, 30


def tiers_markdown(tiers: Sequence[Mapping[str, Any]], synthetic: bool) -> str:
    """Rows of table `tiers` of one wave as an image in Markdown; "" where there are no tiers."""
    return markdown_image(tiers_svg(tiers, synthetic), "Maturity tiers") if any(t["position"] for t in tiers) else ""


def tiers_svg(tiers: Sequence[Mapping[str, Any]], synthetic: bool) -> str:
    """A bar a tier, from 0 to the largest upper limit."""
    ordered = sorted(tiers, key=lambda t: -t["position"])
    colours = shades(max(t["position"] for t in tiers))
    longest = max((t["share_high"] or t["share"] or 0.0) for t in tiers) or 1.0
    lines = []
    for t in ordered:
        shown = t["status"] != "suppress" and t["share"] is not None
        ends = [round(LEFT + WIDTH * t[end] / longest, 1) for end in ("share_low", "share_high")] if shown else None
        lines.append({
            "name": cut(words(t["tier"]), 24), "figures": _figures(t) if shown else "not shown: base too small",
            "width": round(WIDTH * t["share"] / longest, 1) if shown else 0, "ends": ends,
            "colour": colours[t["position"] - 1] if t["position"] else GREY,
        })  # fmt: skip
    first = tiers[0]
    says = f"Wave {first['wave']}, {first['n']:,} analysed respondents, {100 * first['ci_level']:g}% intervals"
    return drawn(
        "tiers.svg", "Maturity tiers", [says], synthetic,
        (LEFT + WIDTH + 300, ROW * len(lines) + 14), lines=lines, left=LEFT, right=LEFT + WIDTH, row=ROW,
    )  # fmt: skip


def _figures(t: Mapping[str, Any]) -> str:
    score = f", mean score {t['mean_score']:.0f}" if t["mean_score"] is not None else ""
    interval = f"{percent(t['share_low'], 1)} to {percent(t['share_high'], 1)}"
    return f"{percent(t['share'], 1)} ({interval}), {t['x']:,}{score}"
