"""How the maturity score spreads: bands of five points, coloured by tier, with lines where tiers begin."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from pipeline.publish.markdown import markdown_image
from pipeline.publish.pictures.drawing import GREY, cut, drawn, percent, shades, words

LEFT, WIDTH, HEIGHT = 48, 520, 200
TOP = 18  # room for the scores at which tiers begin
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.25)


def score_bands_markdown(
    bands: Sequence[Mapping[str, Any]], cuts: Sequence[Mapping[str, Any]], order: Sequence[str], synthetic: bool
) -> str:
    """Rows of `score_bands` and `tier_cuts` of one wave as an image in Markdown; "" where nobody has a score."""
    return markdown_image(score_bands_svg(bands, cuts, order, synthetic), "Maturity scores") if bands else ""


def score_bands_svg(
    bands: Sequence[Mapping[str, Any]], cuts: Sequence[Mapping[str, Any]], order: Sequence[str], synthetic: bool
) -> str:
    """order: tiers, lowest first. Cuts within the levels of a segment are not drawn: there are several of each."""
    colours = dict(zip(order, shades(len(order)), strict=True))
    tall: dict[float, float] = {}
    for band in bands:
        tall[band["band_low"]] = tall.get(band["band_low"], 0.0) + band["share"]
    tallest = max(tall.values())
    step = next((s for s in STEPS if tallest / s <= 5), STEPS[-1])
    highest = step * math.ceil(tallest / step - 1e-9)

    def x(score: float) -> float:
        return round(LEFT + WIDTH * score / 100, 1)

    def y(share: float) -> float:
        return round(TOP + HEIGHT * (1 - share / highest), 1)

    rank = {tier: i for i, tier in enumerate(order)}
    bars = []
    for low in sorted(tall):
        stacked = sorted((b for b in bands if b["band_low"] == low), key=lambda b: rank.get(b["tier"], -1))
        tops = accumulate(b["share"] for b in stacked)
        bars += [
            {"x": x(low) + 1, "width": WIDTH / 20 - 2, "y": y(top), "height": round(HEIGHT * b["share"] / highest, 1),
             "colour": colours.get(b["tier"], GREY)}
            for b, top in zip(stacked, tops, strict=True)
        ]  # fmt: skip
    scored = sum(b["n"] for b in bands)
    return drawn(
        "score_bands.svg", "Maturity scores", [f"Wave {bands[0]['wave']}, {scored:,} respondents with a score"],
        synthetic, (LEFT + WIDTH + 190, TOP + HEIGHT + 46), bars=bars, left=LEFT, right=LEFT + WIDTH,
        top_of_plot=TOP, bottom=TOP + HEIGHT,
        shares=[(percent(i * step), y(i * step)) for i in range(round(highest / step) + 1)],
        scores=[(score, x(score)) for score in range(0, 101, 10)],
        cuts=[(f"{c['cut']:g}", x(c["cut"])) for c in cuts if c["level"] == "all" and c["cut"] is not None],
        legend=[(cut(words(tier), 24), colours.get(tier, GREY)) for tier in (*reversed(order), *_others(bands, order))],
    )  # fmt: skip


def _others(bands: Sequence[Mapping[str, Any]], order: Sequence[str]) -> list[str]:
    return sorted({b["tier"] for b in bands} - set(order))
