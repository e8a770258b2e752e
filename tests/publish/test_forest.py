"""The forest plot: every drawable ratio of one comparison, in order, at its place on a log scale, markup as text."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET

import pytest

from pipeline.publish.pictures.forest import forest_markdown, forest_svg

SVG = "{http://www.w3.org/2000/svg}"


def finding(indicator: str, ratio: float, low: float, high: float, **changes: object) -> dict[str, object]:
    return {
        "wave": "2021", "indicator": indicator, "comparison": "c", "segment": "all", "status": "show", "ratio": ratio,
        "ratio_low": low, "ratio_high": high, "p_a": 0.6, "p_b": 0.3, "group_a": "a <b>", "group_b": "b",
        "ci_level": 0.95,
    } | changes  # fmt: skip


def circles(svg: str) -> list[float]:
    return [float(circle.attrib["cx"]) for circle in ET.fromstring(svg).iter(f"{SVG}circle")]


def texts(svg: str) -> list[str]:
    return [text.text or "" for text in ET.fromstring(svg).iter(f"{SVG}text")]


def test_equal_ratios_of_ratios_are_equal_distances():
    found = [finding("x", 1.0, 0.9, 1.1), finding("y", 2.0, 1.5, 2.5), finding("z", 4.0, 3.0, 5.0)]
    four, two, one = circles(forest_svg(found, False))
    assert four - two == pytest.approx(two - one, abs=0.2)
    assert four > two > one


def test_figures_stand_beside_and_markup_is_text():
    shown = texts(forest_svg([finding("uses_it", 2.0, 1.5, 2.5)], True))
    assert "2.00 (1.50 to 2.50), 60% v 30%" in shown
    assert "uses it" in shown
    assert "Wave 2021: a <b>" in shown
    assert "SYNTHETIC DATA" in shown


def test_an_interval_without_end_says_so():
    assert "5.00 (2.00 and above), 60% v 30%" in texts(forest_svg([finding("x", 5.0, 2.0, math.inf)], False))


def test_suppressed_endless_and_segment_ratios_are_not_drawn():
    hidden = [
        finding("a", 2.0, 1.0, 3.0, status="suppress"),
        finding("b", math.inf, 1.0, math.inf),
        finding("c", 0.0, 0.0, 1.0),
        finding("d", 2.0, 1.0, 3.0, segment="size"),
        finding("e", 2.0, 1.0, 3.0) | {"ratio": None},
    ]
    assert forest_markdown(hidden, False) == ""
    assert forest_markdown([*hidden, finding("f", 2.0, 1.0, 3.0)], False).startswith(
        "![Risk ratios, c](data:image/svg+xml"
    )
