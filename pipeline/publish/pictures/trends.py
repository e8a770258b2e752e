"""Shares from wave to wave as small multiples on one scale, with intervals, and lines broken where waves differ."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any

from pipeline.publish.markdown import markdown_image
from pipeline.publish.pictures.drawing import cut, drawn, percent, words

MOST = 32  # panels
ACROSS = 4
WIDE, FLOOR, STEP, LEFT = 170, 106, 136, 42  # pixels: width of a panel, its axis, a row of panels, room for shares
Break = tuple[str, str, str]
"""Name, former and later wave."""


def trends_markdown(shares: Sequence[Mapping[str, Any]], breaks: Collection[Break], synthetic: bool) -> str:
    """An image in Markdown; "" where there are fewer than two waves.

    shares: wave, name, share, low, high, in the order of waves. breaks: between which waves no change may be claimed.
    """
    waves = list(dict.fromkeys(s["wave"] for s in shares))
    return markdown_image(trends_svg(shares, breaks, synthetic), "From wave to wave") if len(waves) > 1 else ""


def trends_svg(shares: Sequence[Mapping[str, Any]], breaks: Collection[Break], synthetic: bool) -> str:
    waves = sorted(dict.fromkeys(s["wave"] for s in shares))
    names = list(dict.fromkeys(s["name"] for s in shares))
    places = {wave: round(14 + (WIDE - 28) * i / max(1, len(waves) - 1), 1) for i, wave in enumerate(waves)}

    def y(share: float) -> float:
        return round(FLOOR - (FLOOR - 22) * share, 1)

    panels = []
    for i, name in enumerate(names[:MOST]):
        points = [
            {"wave": s["wave"], "x": places[s["wave"]], "y": y(s["share"]), "low": y(s["low"]), "high": y(s["high"]),
             "share": percent(s["share"]), "label": y(s["high"]) - 4 if s["share"] < 0.8 else y(s["low"]) + 12}
            for s in shares if s["name"] == name
        ]  # fmt: skip
        # A wave that lacks the figure, or cannot be compared with the one before, breaks the line.
        pairs = [(a, b) for a, b in pairwise(points) if waves.index(b["wave"]) == waves.index(a["wave"]) + 1]
        broken = [(a, b) for a, b in pairs if (name, a["wave"], b["wave"]) in breaks]
        panels.append({
            "name": cut(words(name), 30), "left": LEFT + (i % ACROSS) * (WIDE + 16), "top": (i // ACROSS) * STEP,
            "first": i % ACROSS == 0, "points": points, "breaks": [(a["x"] + b["x"]) / 2 for a, b in broken],
            "lines": [f"{a['x']},{a['y']} {b['x']},{b['y']}" for a, b in pairs if (a, b) not in broken],
        })  # fmt: skip
    says = ["Share of respondents with its interval; red: something else changed too, so no change may be claimed"]
    if len(names) > MOST:
        says.append(f"The first {MOST} of {len(names)}")
    return drawn(
        "trends.svg", "From wave to wave", says, synthetic,
        (LEFT + ACROSS * (WIDE + 16), STEP * -(-len(panels) // ACROSS)), panels=panels, wide=WIDE, floor=FLOOR,
        ticks=[(percent(share), y(share)) for share in (0.0, 0.5, 1.0)], waves=list(places.items()),
    )  # fmt: skip
