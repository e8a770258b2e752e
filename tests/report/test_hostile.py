"""Markup, scripts and templates in labels, options and titles show as text, in the page and in what it draws."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.settings import Home
from tests.browser import NEEDED, opened
from tests.homes import make_home, survey
from tests.small import STUDY_FILE, small_delivery

EVIL = "</script><img src=x onerror=window.hacked=1><b>&amp; {{ 7 * 7 }} ⟦ratio⟧ 'q\\\" |x"
pytestmark = NEEDED


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the small study with hostile texts wherever a study file has one."""
    label = json.dumps(EVIL, ensure_ascii=False)  # JSON is YAML
    text = STUDY_FILE.replace('"Small study"', label).replace('label: "be content"', f"label: {label}")
    text = text.replace(
        "segments: {place: {question: place}}", f"segments: {{place: {{question: place, label: {label}}}}}"
    )
    text = text.replace(
        "tiers: {order: [others, users],", f"tiers: {{order: [others, users], labels: {{users: {label}}},"
    )
    text = text.replace('village: "Village"', f'village: {{text: "Village", label: {label}}}')
    text = text.replace("b: rest}", f"b: rest, label: {label}}}")
    text += f"claims: [{{id: content, says: {label}, indicator: is_content, comparison: use, more_than: 2}}]\n"
    text += f"disclosure: {{sponsor: {label}}}\n"
    source = tmp_path_factory.mktemp("study") / "hostile.yaml"
    source.write_text(text, encoding="utf-8")
    home: Home = make_home(tmp_path_factory.mktemp("home"), source)
    folder = home.raw("hostile") / "2021"
    folder.mkdir(parents=True)
    (folder / "export.csv").write_text(small_delivery())
    survey(home, "run", "hostile")
    return home.editions("hostile") / "2021" / "report.html"


def test_hostile_texts_are_texts(browser: Any, report: Path):
    with opened(browser, report) as found:
        page = found.page
        assert found.said == []
        assert page.evaluate("window.hacked") is None
        assert page.query_selector_all("main img, main b img") == []
        assert page.inner_text("h1") == EVIL
        assert page.inner_text(".page:not([hidden]) .key li p").lower().count("{{ 7 * 7 }}") >= 1
        drawn = page.eval_on_selector_all('[data-panels="segment"] text', "all => all.map(e => e.textContent)")
        assert any("</script><img" in text for text in drawn)
        page.locator('[data-panels="segment"] g.mark-symbol path[aria-roledescription]').last.hover(force=True)
        page.wait_for_selector("#vg-tooltip-element.visible")
        assert page.query_selector_all("#vg-tooltip-element img") == []
        assert page.evaluate("window.hacked") is None


def test_the_counted_shares_are_in_the_sentence(browser: Any, report: Path):
    """30 of 40 users and 15 of 60 others are content: three times."""
    with opened(browser, report) as found:
        sentence = found.page.inner_text(".page:not([hidden]) .key li p")
    assert "are 3.0 times as likely as" in sentence
    assert "(75% against 25%, model-based 95% CI" in sentence
    assert "n = 40 and 60, low base)" in sentence
