"""The report in a real browser: drawn, hovered, filtered, sorted, in both languages, on a phone, and printed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import NEEDED, Opened, opened
from tests.bundled import STUDY, Bundled

pytestmark = NEEDED


@pytest.fixture(scope="module")
def report(bundled: Bundled) -> Path:
    """The report of the second wave of the bundled study."""
    return bundled.home.editions(STUDY) / "2022" / "report.html"


@pytest.fixture(scope="module")
def desk(browser: Any, report: Path) -> Iterator[Opened]:
    """The report in a wide window. Tests leave it as they found it."""
    with opened(browser, report) as found:
        yield found


def visible(found: Opened, selector: str) -> list[str]:
    return [e.inner_text() for e in found.page.query_selector_all(f".page:not([hidden]) {selector}") if e.is_visible()]


def texts_of(found: Opened, chart: str) -> list[str]:
    """Texts of a drawn chart."""
    return found.page.eval_on_selector_all(
        f'.page:not([hidden]) [data-chart="{chart}"] text', "all => all.map(e => e.textContent)"
    )


def rows_of(bundled: Bundled, comparison: str, segment: str, level: str) -> list[dict]:
    return bundled.rows(
        "SELECT * FROM findings WHERE wave = '2022' AND comparison = ? AND segment = ? AND level = ? AND"
        " status <> 'suppress' AND ratio_low IS NOT NULL ORDER BY ratio DESC", comparison, segment, level)  # fmt: skip


def test_it_loads_nothing_and_complains_of_nothing(desk: Opened, report: Path):
    assert desk.said == []
    assert [address for address in desk.asked if not address.startswith(("file:", "data:", "blob:"))] == []
    assert [address for address in desk.asked if address.startswith("file:")] == [report.as_uri()]
    assert report.stat().st_size < 5_000_000


def test_the_sections_stand_in_order_and_the_data_are_called_synthetic(desk: Opened):
    assert visible(desk, "h2") == [
        "Key findings", "How many times as likely", "Maturity tiers", "Trends", "By segment", "Printed claims",
        "How robust the ratios are", "How it was done",
    ]  # fmt: skip
    assert visible(desk, ".synthetic")[0].startswith("Synthetic data.")
    assert visible(desk, "h1") == ["Social maturity survey"]


def test_every_chart_is_drawn(desk: Opened, bundled: Bundled):
    indicators = len(bundled.study_file.study.indicators)
    for name in ("forest", "tiers", "scores", "dimensions", "robustness"):
        assert len(desk.page.query_selector_all(f'.page:not([hidden]) [data-chart="{name}"] svg path')) > 4, name
    assert len(desk.page.query_selector_all('.page:not([hidden]) [data-panels="trend"] svg')) == indicators
    segments = len(bundled.study_file.study.segments)
    assert len(desk.page.query_selector_all('.page:not([hidden]) [data-panels="segment"] svg')) == segments + 1


def test_the_forest_plot_has_the_published_ratios_in_their_order(desk: Opened, bundled: Bundled):
    published = rows_of(bundled, "maturity", "all", "all")
    shown = [text for text in texts_of(desk, "forest") if re.fullmatch(r"[\d.]+ \([\d.]+ to [\d.]+\)", text)]
    assert shown == [f"{f['ratio']:.2f} ({f['ratio_low']:.2f} to {f['ratio_high']:.2f})" for f in published]
    assert f"{published[0]['n_a']:,} / {published[0]['n_b']:,}" in texts_of(desk, "forest")


def test_hovering_shows_shares_bases_interval_and_finding_id(desk: Opened, bundled: Bundled):
    first = rows_of(bundled, "maturity", "all", "all")[0]
    point = desk.page.locator('.page:not([hidden]) [data-chart="forest"] g.mark-symbol path[aria-roledescription]')
    point.first.hover(force=True)
    tip = desk.page.wait_for_selector("#vg-tooltip-element.visible").inner_text()
    assert first["finding_id"] in tip
    assert f"{first['n_a']:,} / {first['n_b']:,}" in tip
    assert f"{100 * first['p_a']:.1f}%" in tip
    desk.page.mouse.move(0, 0)


def test_filters_choose_comparison_level_and_order(desk: Opened, bundled: Bundled):
    page = desk.page
    page.select_option("#en-among", label="company size: up to 999")
    page.wait_for_function("document.querySelector('[data-chart=forest]').dataset.drawn > 0")
    within = rows_of(bundled, "maturity", "size", "up_to_999")
    page.wait_for_function(
        "want => [...document.querySelectorAll('[data-chart=forest] text')].some(t => t.textContent === want)",
        arg=f"{within[0]['n_a']:,} / {within[0]['n_b']:,}",
    )
    page.select_option("#en-sort", "order")
    order = [name for name in bundled.study_file.study.indicators if name in {f["indicator"] for f in within}]
    first = bundled.study_file.study.indicators[order[0]].label.get()
    page.wait_for_function(
        "want => [...document.querySelectorAll('[data-chart=forest] .role-axis-label')]"
        ".some(labels => labels.querySelector('text').textContent.startsWith(want))",
        arg=first[:20],
    )
    page.select_option("#en-among", "0")
    page.select_option("#en-sort", "ratio")
    page.select_option("#en-comparison", label="Large against smaller organisations")
    page.wait_for_function("document.querySelector('.groups').textContent.includes('1,000 or more')")
    page.select_option("#en-comparison", "0")
    assert desk.said == []


def test_another_indicator_is_shown_by_segment(desk: Opened, bundled: Bundled):
    label = bundled.study_file.study.indicators["customer_service"].label.get()
    desk.page.select_option("#en-indicator", label=label)
    share = bundled.rows("SELECT share FROM shares WHERE wave = '2022' AND indicator = 'customer_service' AND"
                         " segment = 'tier' AND level = 'mature'")[0]["share"]  # fmt: skip
    desk.page.wait_for_function(
        "want => document.querySelector('[data-panels=segment] [role=img]').getAttribute('aria-label').includes(want)",
        arg=f"mature organisations {100 * share:.0f}%",
    )
    desk.page.select_option("#en-indicator", "0")


def test_tables_are_sorted_by_their_headings_with_the_keyboard(desk: Opened):
    page = desk.page
    page.locator("#en-forest details summary").click()
    heading = page.locator("#en-forest th", has_text="Ratio")
    heading.locator("button").focus()
    page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "descending"
    column = page.eval_on_selector_all("#en-forest tbody tr", "rows => rows.map(r => +r.cells[5].dataset.sort || 0)")
    assert len(column) > 50
    assert column == sorted(column, reverse=True)
    page.locator("#en-forest details summary").click()


def test_no_accessibility_rule_is_broken_in_either_language(desk: Opened):
    from axe_playwright_python.sync_playwright import Axe

    for language in ("ru", "en"):
        desk.page.click(f'.page:not([hidden]) [data-language="{language}"]')
        desk.page.wait_for_selector(f'.page[lang="{language}"]:not([hidden])[data-done="true"]', timeout=60_000)
        found = Axe().run(desk.page).response
        broken = {rule["id"]: [node["html"][:200] for node in rule["nodes"]] for rule in found["violations"]}
        assert broken == {}, language
        assert len(found["passes"]) > 20


def test_the_russian_page_is_russian_throughout(browser: Any, report: Path, bundled: Bundled):
    with opened(browser, report, place="#ru") as found:
        assert found.page.evaluate("document.documentElement.lang") == "ru"
        assert visible(found, "h1") == ["Опрос о зрелости в социальных медиа"]
        assert "зрелые организации — в 4,8 раза чаще" in " ".join(visible(found, ".key li"))
        top = rows_of(bundled, "maturity", "all", "all")[0]
        assert f"{top['ratio']:.2f}".replace(".", ",") in " ".join(texts_of(found, "forest"))
        # What is printed elsewhere, and names and reasons of the tables, stay as they are.
        words = " ".join(visible(found, "h2") + visible(found, "h3") + visible(found, "th") + visible(found, "label"))
        assert not re.search(r"[a-z]{4,}", re.sub(r"\d{4}/\S+|[a-z-]+/[a-z_]+", "", words.split("Утверждение")[0]))
        assert found.said == []


def test_a_phone_shows_it_without_sideways_scrolling(browser: Any, report: Path):
    with opened(browser, report, width=390, height=844) as found:
        assert found.page.evaluate("document.documentElement.scrollWidth") <= 390
        assert found.page.locator('.page:not([hidden]) [data-chart="forest_narrow"] svg').is_visible()
        assert not found.page.locator('.page:not([hidden]) [data-chart="forest"]').is_visible()
        assert found.said == []


def test_it_prints_with_its_charts_and_tables(browser: Any, report: Path, tmp_path: Path):
    with opened(browser, report) as found:
        found.page.emulate_media(media="print")
        assert not found.page.locator("nav").first.is_visible()
        found.page.pdf(path=tmp_path / "report.pdf", format="A4")
    made = (tmp_path / "report.pdf").read_bytes()
    pages = len(re.findall(rb"/Type\s*/Page\b", made))
    assert 5 < pages < 40


def test_without_scripts_the_sentences_and_tables_are_still_there(report: Path):
    text = report.read_text(encoding="utf-8")
    head = text[: text.index('<script type="application/json"')]
    assert "2022/maturity/customer_service" in head
    data = json.loads(text.split('id="data">')[1].split("</script>")[0])
    assert data["data"]["wave"] == "2022"
