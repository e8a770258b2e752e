"""A page in real headless Chromium, with everything that it says and asks for."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
NEEDED = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: Debian's package `chromium`")
DRAWN = '.page:not([hidden])[data-done="true"]'


@dataclass
class Opened:
    """A page, its errors and console lines, and the addresses that it asked for."""

    page: Any
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser; one at a time in a process."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(browser: Any, report: Path, width: int = 1280, height: int = 900, place: str = "") -> Iterator[Opened]:
    """The report in a window of its own, drawn to the end."""
    found = Opened(browser.new_page(viewport={"width": width, "height": height}))
    try:
        found.page.on("console", lambda message: found.said.append(f"{message.type}: {message.text}"))
        found.page.on("pageerror", lambda error: found.said.append(f"error: {error}"))
        found.page.on("request", lambda request: found.asked.append(request.url))
        found.page.goto(report.as_uri() + place)
        found.page.wait_for_selector(DRAWN, timeout=60_000)
        yield found
    finally:
        found.page.close()
