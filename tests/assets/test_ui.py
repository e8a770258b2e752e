"""An analyst opens the UI in a real browser, materializes a wave by clicking, and sees findings and forest plot."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from pipeline.settings import Home
from tests.homes import make_home
from tests.small import STUDY_FILE, small_delivery

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: Debian's package `chromium`")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def ui(tmp_path: Path) -> Iterator[tuple[Home, str]]:
    """`survey ui` on a home with one delivered wave; stopped with everything that it started."""
    study = tmp_path / "small-study.yaml"
    study.write_text(STUDY_FILE)
    home = make_home(tmp_path / "home", study)
    folder = home.raw("small-study") / "2021"
    folder.mkdir(parents=True)
    (folder / "export.csv").write_text(small_delivery())
    port = free_port()
    log = (tmp_path / "ui.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline.cli", "ui", "--port", str(port)], stdout=log, stderr=log,
        env=os.environ | {"SURVEY_HOME": str(home.root)}, start_new_session=True,
    )  # fmt: skip
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(lambda: answers(f"{address}/server_info"), 90, tmp_path / "ui.log")
        yield home, address
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
        log.close()


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as response:
            return int(response.status) == 200
    except OSError:
        return False


def wait_for(happened, seconds: float, log: Path) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, f"did not happen in {seconds} s\n{log.read_text()[-3000:]}"
        time.sleep(0.25)


def test_a_wave_is_materialized_by_clicking(ui: tuple[Home, str], tmp_path: Path):
    from playwright.sync_api import sync_playwright

    home, address = ui
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        try:
            page = browser.new_page(viewport={"width": 1500, "height": 1000})
            page.goto(f"{address}/locations/__repository__@assets.definitions/jobs/small_study")
            page.get_by_role("button", name="Materialize").first.click()
            dialog = page.get_by_role("dialog")
            dialog.get_by_role("button", name="All", exact=True).click()
            dialog.get_by_role("button", name="Launch 1 run").click()
            wait_for(lambda: home.database("small-study").is_file(), 90, tmp_path / "ui.log")
            page.goto(f"{address}/assets/small-study/out_findings?view=partitions&partition=2021")
            page.get_by_text("forest_plot").first.wait_for(timeout=20_000)
            page.screenshot(path=tmp_path / "findings.png")
            row = page.get_by_role("row").filter(has_text="forest_plot")
            row.get_by_text("Show Markdown").click()
            picture = page.get_by_role("dialog").locator("img")
            picture.wait_for(timeout=10_000)
            # a picture that was refused or cannot be drawn has no width
            assert picture.evaluate("image => image.naturalWidth") > 300
        finally:
            browser.close()
    with duckdb.connect(str(home.database("small-study")), read_only=True) as con:
        found = con.execute("SELECT x_a, n_a, x_b, n_b FROM findings WHERE segment = 'all'").fetchall()
    assert found == [(30, 40, 15, 60)]
