"""Shares from wave to wave as small multiples on one scale, with intervals, and lines broken where waves differ."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any

from pipeline.publish.markdown import markdown_image
from pipeline.publish.pictures.drawing import cut, drawn, percent, words

MOST = 32  # panels
MOST_WAVES = 8  # the latest
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
    waves = sorted(dict.fromkeys(s["wave"] for s in shares))[-MOST_WAVES:]
    names = list(dict.fromkeys(s["name"] for s in shares))
    places = {wave: round(14 + (WIDE - 28) * i / max(1, len(waves) - 1)) for i, wave in enumerate(waves)}
    panels = []
    for i, name in enumerate(names[:MOST]):
        points = sorted((s for s in shares if s["name"] == name and s["wave"] in places), key=lambda s: s["wave"])
        # A wave that lacks the figure, or cannot be compared with the one before, breaks the line.
        pairs = [(a, b) for a, b in pairwise(points) if waves.index(b["wave"]) == waves.index(a["wave"]) + 1]
        broken = [(a, b) for a, b in pairs if (name, a["wave"], b["wave"]) in breaks]
        joined = [(a, b) for a, b in pairs if (a, b) not in broken]
        path = [f"M{places[s['wave']]} {_y(s['low'])}V{_y(s['high'])}" for s in points if s["low"] is not None]
        path += [f"M{places[a['wave']]} {_y(a['share'])}L{places[b['wave']]} {_y(b['share'])}" for a, b in joined]
        panels.append({
            "name": cut(words(name), 30), "left": LEFT + (i % ACROSS) * (WIDE + 16), "top": (i // ACROSS) * STEP,
            "first": i % ACROSS == 0, "path": "".join(path),
            "labels": [label for s in _ends(points) for label in _labels(s, places)],
            "points": [(places[s["wave"]], _y(s["share"])) for s in points],
            "breaks": [(places[a["wave"]] + places[b["wave"]]) / 2 for a, b in broken],
        })  # fmt: skip
    says = ["Share of respondents with its interval; red: something else changed too, so no change may be claimed"]
    if len(names) > MOST:
        says.append(f"The first {MOST} of {len(names)}")
    return drawn(
        "trends.svg", "From wave to wave", says, synthetic,
        (LEFT + ACROSS * (WIDE + 16), STEP * -(-len(panels) // ACROSS)), panels=panels, wide=WIDE, floor=FLOOR,
        ticks=[(percent(share), _y(share)) for share in (0.0, 0.5, 1.0)],
    )  # fmt: skip


def _y(share: float) -> float:
    return round(FLOOR - (FLOOR - 22) * share, 1)


def _ends(points: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The first and the last: more labels would overlap."""
    return [points[0], points[-1]] if len(points) > 1 else list(points)


def _labels(s: Mapping[str, Any], places: Mapping[str, float]) -> list[tuple[str, float, float]]:
    """The share above its interval, below where there is no room, and the wave under the axis."""
    x = places[s["wave"]]
    low, high = (s["share"] if s[end] is None else s[end] for end in ("low", "high"))
    return [(percent(s["share"]), x, _y(high) - 4 if high < 0.85 else _y(low) + 12),
            (cut(s["wave"], 14), x, FLOOR + 13)]  # fmt: skip
