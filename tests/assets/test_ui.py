"""An analyst opens the UI in a real browser, materializes a wave by clicking, and sees pictures and lineage."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from pipeline.settings import Home
from tests.browser import CHROMIUM, NEEDED, QUIET
from tests.homes import make_home
from tests.small import STUDY_FILE, small_delivery

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = NEEDED


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
        wait_for(lambda: answers(f"{address}/server_info"), 180, tmp_path / "ui.log")
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


def opened(page: Page, name: str) -> Locator:
    """The dialog with the Markdown of that name."""
    row = page.get_by_role("row").filter(has_text=name)
    row.get_by_text("Show Markdown").click(timeout=20_000)
    return page.get_by_role("dialog")


def lineage_of(address: str, asset: str) -> list[dict[str, object]]:
    """Column lineage of the latest materialization, as the server hands it to a page that draws it."""
    query = """query($key: AssetKeyInput!) { assetOrError(assetKey: $key) { ... on Asset {
        assetMaterializations(limit: 1) { metadataEntries { ... on TableColumnLineageMetadataEntry { lineage {
            columnName columnDeps { assetKey { path } columnName } } } } } } } }"""
    body = json.dumps({"query": query, "variables": {"key": {"path": ["small-study", asset]}}}).encode()
    request = urllib.request.Request(f"{address}/graphql", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as response:
        found = json.load(response)["data"]["assetOrError"]["assetMaterializations"][0]["metadataEntries"]
    return next(entry["lineage"] for entry in found if "lineage" in entry)


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
            wait_for(lambda: home.database("small-study").is_file(), 180, tmp_path / "ui.log")
            pictures = {"out_tiers": "tiers", "out_dispositions": "waterfall", "out_findings": "forest_plot"}
            for asset, pictured in pictures.items():
                page.goto(f"{address}/assets/small-study/{asset}?view=partitions&partition=2021")
                picture = opened(page, pictured).locator("img")
                picture.wait_for(timeout=10_000)
                # a picture that was refused or cannot be drawn has no width
                assert picture.evaluate("image => image.naturalWidth") > 300
                page.keyboard.press("Escape")
            row = page.get_by_role("row").filter(has_text="indicators_in_the_export")
            assert row.get_by_role("row").last.inner_text().split("\t") == [
                "is_content",
                "answered",
                "content",
                "Are you content?",
            ]
            lineage = lineage_of(address, "out_findings")
            assert {"columnName": "x_a", "columnDeps": [
                {"assetKey": {"path": ["small-study", "core_cells"]}, "columnName": "is_content__n_yes"}
            ]} in lineage  # fmt: skip
        finally:
            browser.close()
    with duckdb.connect(str(home.database("small-study")), read_only=True) as con:
        found = con.execute("SELECT x_a, n_a, x_b, n_b FROM findings WHERE segment = 'all'").fetchall()
    assert found == [(30, 40, 15, 60)]
