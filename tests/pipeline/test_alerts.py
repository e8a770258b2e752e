"""Alerts: each event once, to a real HTTP server on loopback, and never in the way."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.alerts import failure_sensor
from assets.waves import job_name
from pipeline.alerts import Alert, alert, read_alerts
from pipeline.settings import Home
from tests.homes import make_home, survey
from tests.small import STUDY_FILE, small_delivery


@dataclass
class Hook:
    """A webhook that answers with `status` and keeps what it was sent."""

    url: str
    got: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200


@pytest.fixture
def hook() -> Iterator[Hook]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if found.status == 200:
                found.got.append(json.loads(body))
            self.send_response(found.status)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    found = Hook(f"http://127.0.0.1:{server.server_port}/hook")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


def about(event: str) -> Alert:
    return Alert(event, "failed", "small", "1", "it broke", "run")


def test_an_event_is_told_once(tmp_path: Path, hook: Hook, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SURVEY_WEBHOOK", hook.url)
    home = Home(tmp_path)
    assert [alert(home, about("a")), alert(home, about("a")), alert(home, about("b"))] == [True, False, True]
    assert [sent["text"] for sent in hook.got] == ["small, wave 1 failed: it broke"] * 2
    assert [(a.event, a.sent) for a in read_alerts(home, "small")] == [("a", True), ("b", True)]


def test_what_the_webhook_did_not_take_is_sent_with_the_next(
    tmp_path: Path, hook: Hook, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SURVEY_WEBHOOK", hook.url)
    home = Home(tmp_path)
    hook.status = 500
    assert alert(home, about("a"))
    assert [(a.sent, a.tries) for a in read_alerts(home, "small")] == [(False, 1)]
    hook.status = 200
    alert(home, about("b"))
    assert len(hook.got) == 2
    assert all(a.sent for a in read_alerts(home, "small"))


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/closed", "file:///etc/passwd", "no address"])
def test_a_webhook_that_cannot_be_reached_stops_nothing(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SURVEY_WEBHOOK", address)
    assert alert(Home(tmp_path), about("a"))
    assert [a.sent for a in read_alerts(Home(tmp_path), "small")] == [False]


def test_a_quarantined_wave_is_told_of_once_and_a_good_one_not(tmp_path: Path, hook: Hook):
    source = tmp_path / "small.yaml"
    source.write_text(STUDY_FILE)
    home = make_home(tmp_path / "home", source)
    for wave, text in (("good", small_delivery()), ("bad", small_delivery().replace("Do you use it?", "Do you?"))):
        folder = home.raw("small") / wave
        folder.mkdir(parents=True)
        (folder / "export.csv").write_text(text)
    survey(home, "run", "small", expect=1, SURVEY_WEBHOOK=hook.url)
    assert [(sent["kind"], sent["wave"]) for sent in hook.got] == [("quarantined", "bad")]
    assert "user" in hook.got[0]["text"]


def test_a_run_that_fails_is_told_of_unless_its_wave_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SURVEY_HOME", str(tmp_path))
    home = Home(tmp_path)

    @dg.op
    def breaks() -> None:
        raise RuntimeError("broken")

    job = dg.GraphDefinition(name=job_name("small"), node_defs=[breaks]).to_job()
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance, raise_on_error=False, tags={"dagster/partition": "1"})
        context = dg.build_run_status_sensor_context(
            sensor_name="failures", dagster_instance=instance, dagster_run=result.dagster_run,
            dagster_event=result.get_run_failure_event(),
        ).for_run_failure()  # fmt: skip
        sensor = failure_sensor({job_name("small"): "small"})
        sensor(context)
        sensor(context)
    assert [(a.kind, a.study, a.wave) for a in read_alerts(home, "small")] == [("failed", "small", "1")]
