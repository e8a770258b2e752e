"""A team's server: Dagster's history in PostgreSQL, the real daemon and webserver, waves dropped into the folder."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import SurveyError
from pipeline.reading import rows_of
from pipeline.settings import PROJECT, Home
from tests.assets.test_ui import answers, free_port, wait_for
from tests.homes import make_home
from tests.small import STUDY_FILE, small_delivery

STUDY = "small"
BINARIES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None) or (
    Path(found).parent if (found := shutil.which("postgres")) else None
)

pytestmark = pytest.mark.skipif(BINARIES is None, reason="no PostgreSQL on this machine: Debian's package `postgresql`")


@dataclass(frozen=True)
class Server:
    """A PostgreSQL of this test's own."""

    port: int

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        import psycopg2

        connection = psycopg2.connect(host="127.0.0.1", port=self.port, user="survey", dbname="dagster", password="x")
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return list(cursor.fetchall())
        finally:
            connection.close()


@pytest.fixture
def postgres() -> Iterator[Server]:
    """Started as a user of no rights where the tests are root, which PostgreSQL refuses to be; stopped by its id."""
    assert BINARIES is not None
    folder, port = Path(tempfile.mkdtemp(prefix="survey-postgres-")), free_port()
    as_user: list[str] = []
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        as_user = ["setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    data = folder / "data"
    init = [
        *as_user,
        str(BINARIES / "initdb"),
        "-D",
        str(data),
        "-U",
        "survey",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--no-locale",
    ]
    subprocess.run(init, check=True, capture_output=True, cwd=folder, timeout=120)
    options = ["-p", str(port), "-c", "listen_addresses=127.0.0.1", "-k", str(folder), "-c", "fsync=off"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [*as_user, str(BINARIES / "postgres"), "-D", str(data), *options], stdout=log, stderr=log, cwd=folder
        )
        try:
            ready = [str(BINARIES / "pg_isready"), "-h", "127.0.0.1", "-p", str(port)]
            wait_for(lambda: subprocess.run(ready, capture_output=True).returncode == 0, 60, folder / "log")
            create = [str(BINARIES / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "survey", "dagster"]
            subprocess.run(create, check=True, capture_output=True, timeout=60)
            yield Server(port)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(home: Home, log: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`survey ui`: webserver, daemon and sensor, and its address; stopped with everything that it started."""
    port = free_port()
    with log.open("a") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.cli", "ui", "--port", str(port)], stdout=stream, stderr=stream,
            env=os.environ | {"SURVEY_HOME": str(home.root)}, start_new_session=True,
        )  # fmt: skip
        try:
            wait_for(lambda: answers(f"http://127.0.0.1:{port}/server_info"), 120, log)
            yield process, f"http://127.0.0.1:{port}"
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(40)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait(10)


def drop(home: Home, wave: str) -> None:
    """A delivery, with the mark that it is whole."""
    folder = home.raw(STUDY) / wave
    folder.mkdir(parents=True)
    (folder / "export.csv").write_text(small_delivery())
    (folder / ".done").touch()


def published(home: Home) -> set[str]:
    try:
        return {row["wave"] for row in rows_of(home, STUDY, "SELECT wave FROM waves WHERE published")[1]}
    except SurveyError:
        return set()


def settings(port: int) -> str:
    """dagster.yaml as docs/deployment.md has it, with this test's server."""
    guide = (PROJECT / "docs" / "deployment.md").read_text(encoding="utf-8")
    block = guide.split("```yaml\n# dagster.yaml")[1].split("```")[0]
    own = (
        block.replace("db.example.org", "127.0.0.1")
        .replace("5432", str(port))
        .replace("{env: SURVEY_PG_PASSWORD}", "x")
    )
    template = (PROJECT / "assets" / "dagster.yaml").read_text()
    for slow, quick in (("poll_interval_seconds: 30", "poll_interval_seconds: 3"),
                        ("free_slots_after_run_end_seconds: 60", "free_slots_after_run_end_seconds: 5")):  # fmt: skip
        assert slow in template
        template = template.replace(slow, quick)  # the same server, looked at more often
    return template + "\n#" + own


def test_waves_that_land_are_published_and_a_killed_server_goes_on(postgres: Server, tmp_path: Path):
    source = tmp_path / f"{STUDY}.yaml"
    source.write_text(STUDY_FILE)
    home = make_home(tmp_path / "home", source)
    home.dagster.mkdir(parents=True)
    (home.dagster / "dagster.yaml").write_text(settings(postgres.port))
    log = tmp_path / "ui.log"
    with running(home, log) as (server, _):
        for wave in ("1", "2"):
            drop(home, wave)
            wait_for(lambda wave=wave: wave in published(home), 120, log)
        done = "SELECT COUNT(*) FROM runs WHERE status = 'SUCCESS'"
        wait_for(lambda: postgres.ask(done)[0][0] == 2, 60, log)
        drop(home, "3")
        started = "SELECT COUNT(*) FROM runs WHERE status = 'STARTED'"
        wait_for(lambda: postgres.ask(started)[0][0] == 1, 60, log)
        time.sleep(1)
        kill_with_children(server.pid)
    assert published(home) == {"1", "2"}
    with running(home, log) as (_, address):
        wait_for(lambda: published(home) == {"1", "2", "3"}, 240, log)
        launched = backfill(address, ["1", "2", "3"])
        filled = f"SELECT status FROM bulk_actions WHERE key = '{launched}'"
        wait_for(lambda: postgres.ask(filled) == [("COMPLETED_SUCCESS",)], 180, log)
    assert not list(home.dagster.rglob("runs.db"))


def backfill(address: str, waves: list[str]) -> str:
    """Materializes every asset of these waves, as the UI does at "Materialize all". Returns the id of the backfill."""
    nodes = graphql(address, "{ assetNodes { assetKey { path } isPartitioned } }", {})["assetNodes"]
    params = {
        "assetSelection": [node["assetKey"] for node in nodes if node["isPartitioned"]],
        "partitionNames": waves,
        "tags": [],
    }
    mutation = """mutation($p: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $p) {
        __typename ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
    said = graphql(address, mutation, {"p": params})["launchPartitionBackfill"]
    assert said["__typename"] == "LaunchBackfillSuccess", said
    return str(said["backfillId"])


def graphql(address: str, query: str, variables: dict[str, Any]) -> dict[str, Any]:
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(f"{address}/graphql", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        said = json.load(response)
    assert "errors" not in said, said
    found: dict[str, Any] = said["data"]
    return found


def kill_with_children(process: int) -> None:
    """SIGKILL to a process and all that it started."""
    listing = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(pid): int(parent) for pid, parent in (line.split() for line in listing.splitlines())}
    family = [process]
    for pid in family:
        family += [child for child, parent in parents.items() if parent == pid]
    for pid in reversed(family):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
