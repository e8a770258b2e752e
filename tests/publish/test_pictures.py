"""Pictures for the Dagster UI: bars as long as their figures, lines where they belong, texts as text, all small."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest

from pipeline.publish.pictures.dispositions import dispositions_markdown, dispositions_svg
from pipeline.publish.pictures.score_bands import score_bands_markdown, score_bands_svg
from pipeline.publish.pictures.tiers import tiers_markdown, tiers_svg
from pipeline.publish.pictures.trends import trends_markdown, trends_svg

SVG = "{http://www.w3.org/2000/svg}"


def parts(svg: str, name: str) -> list[dict[str, str]]:
    """Attributes of elements inside the frame."""
    return [dict(e.attrib) for e in ET.fromstring(svg).findall(f"{SVG}g")[0].iter(f"{SVG}{name}")]


def texts(svg: str) -> list[str]:
    return [text.text or "" for text in ET.fromstring(svg).iter(f"{SVG}text")]


def tier(position: int, name: str, x: int, **changes: Any) -> dict[str, Any]:
    return {
        "wave": "w", "position": position, "tier": name, "x": x, "n": 100, "share": x / 100,
        "share_low": x / 100 - 0.05, "share_high": x / 100 + 0.05,
        "mean_score": 10.0 * position, "ci_level": 0.95, "status": "show",
    } | changes  # fmt: skip


def test_bars_of_tiers_are_as_long_as_their_shares_the_highest_first():
    svg = tiers_svg([tier(1, "low", 60), tier(2, "high <b>", 30)], True)
    high, low = (float(bar["width"]) for bar in parts(svg, "rect"))
    assert low == pytest.approx(2 * high, abs=0.2)
    assert "high <b>" in texts(svg)
    assert "30.0% (25.0% to 35.0%), 30, mean score 20" in texts(svg)
    assert "SYNTHETIC DATA" in texts(svg)


def test_a_suppressed_tier_has_no_bar_and_no_figure():
    svg = tiers_svg([tier(1, "low", 60), tier(2, "high", 30, status="suppress")], False)
    assert next(float(bar["width"]) for bar in parts(svg, "rect")) == 0
    assert not [text for text in texts(svg) if "30" in text]
    assert "SYNTHETIC DATA" not in texts(svg)


def test_a_study_without_tiers_has_no_picture_of_them():
    assert tiers_markdown([tier(0, "without_tier", 100)], False) == ""
    assert score_bands_markdown([], [], (), False) == ""
    assert dispositions_markdown([step("delivered", 0, 0), step("analysed", 0, 0)], False) == ""


def band(low: float, name: str, share: float) -> dict[str, Any]:
    return {"wave": "w", "band_low": low, "tier": name, "n": round(100 * share), "share": share}


def test_bands_are_stacked_and_cut_where_tiers_begin():
    bands = [band(45, "low", 0.2), band(50, "low", 0.1), band(50, "high", 0.3), band(95, "high", 0.4)]
    cuts = [{"level": "all", "cut": 52.5}, {"level": "north", "cut": 10.0}]
    svg = score_bands_svg(bands, cuts, ("low", "high"), False)
    bars = parts(svg, "rect")[:4]
    heights = [float(bar["height"]) for bar in bars]
    assert heights == pytest.approx([0.5 * heights[3], 0.25 * heights[3], 0.75 * heights[3], heights[3]], abs=0.2)
    assert float(bars[2]["y"]) + heights[2] == pytest.approx(float(bars[1]["y"]), abs=0.2)  # high stands on low
    dashed = [line for line in parts(svg, "line") if "stroke-dasharray" in line]
    assert len(dashed) == 1  # one cut holds for everyone
    middle = float(bars[2]["x"]) - 1 + (float(bars[3]["x"]) - float(bars[2]["x"])) / 18  # of 50 to 55
    assert float(dashed[0]["x1"]) == pytest.approx(middle, abs=0.2)


def step(name: str, taken: int, remaining: int) -> dict[str, Any]:
    return {"wave": "w", "disposition": name, "taken_out": taken, "remaining": remaining}


def test_the_waterfall_adds_up():
    svg = dispositions_svg(
        [step("delivered", 0, 200), step("speeder", 50, 150), step("bot", 0, 150), step("analysed", 0, 150)], False
    )
    widths = [float(bar["width"]) for bar in parts(svg, "rect")]
    assert widths[1] + widths[3] == pytest.approx(widths[0], abs=0.1)
    assert widths[2] == 0
    assert {"200 (100.0%)", "−50 (25.0%)", "0", "150 (75.0%)"} <= set(texts(svg))


def share(wave: str, name: str, value: float) -> dict[str, Any]:
    return {"wave": wave, "name": name, "share": value, "low": value - 0.1, "high": value + 0.1}


def test_lines_join_neighbouring_waves_that_can_be_compared():
    shares = [share(w, "whole", 0.5) for w in "abc"] + [share("a", "gap", 0.2), share("c", "gap", 0.2)]
    shares += [share(w, "broken", 0.4) for w in "abc"]
    svg = trends_svg(shares, {("broken", "b", "c")}, False)
    panels = ET.fromstring(svg).findall(f"{SVG}g")[0].findall(f"{SVG}g")
    paths = [next(panel.iter(f"{SVG}path")).attrib["d"] for panel in panels]
    assert [path.count("L") for path in paths] == [2, 0, 1]
    assert [path.count("V") for path in paths] == [3, 2, 3]  # an interval each
    assert [len(list(panel.iter(f"{SVG}circle"))) for panel in panels] == [3, 2, 3]
    dashed = [len([x for x in panel.iter(f"{SVG}line") if "stroke-dasharray" in x.attrib]) for panel in panels]
    assert dashed == [0, 0, 1]
    assert trends_markdown([share("a", "x", 0.5)], set(), False) == ""  # one wave is no trend


def test_a_share_without_an_interval_is_a_point():
    shares = [share("a", "x", 0.2), share("b", "x", 0.9) | {"low": None, "high": None}]
    (panel,) = ET.fromstring(trends_svg(shares, set(), False)).findall(f"{SVG}g")[0].findall(f"{SVG}g")
    path = next(panel.iter(f"{SVG}path")).attrib["d"]
    assert (path.count("V"), path.count("L"), len(list(panel.iter(f"{SVG}circle")))) == (1, 1, 2)


def test_a_large_study_stays_under_100_kilobytes():
    shares = [share(f"wave {w}", f"indicator number {i} of many", 0.5) for i in range(200) for w in range(12)]
    assert len(trends_markdown(shares, set(), True)) < 100_000
