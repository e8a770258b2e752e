"""Publishes two states of a study in turn and kills the writer at random moments. A program, so that it may fork.

Usage: python -m tests.publish.killing HOME STUDY LEDGER_A LEDGER_B TIMES SEED
Goes on until so many kills have hit a writer at work, in at most twice as many tries. Prints JSON: states (fingerprint
of the database with each ledger), found (state seen after each try), killed (kills that hit), problems, left (files
that the last publication left beside the database).
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import duckdb

from pipeline.admission import publish_study
from pipeline.ledger import read_ledger
from pipeline.replacing import replacing
from pipeline.settings import Home
from pipeline.study.loading import load_study


def fingerprint(path: Path) -> str:
    """Hash of every row of every table."""
    digest = hashlib.sha256()
    with duckdb.connect(str(path), read_only=True) as con:
        names = con.execute("SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL").fetchall()
        for schema, table in names:
            rows = con.execute(f'SELECT * FROM "{schema}"."{table}" ORDER BY ALL').fetchall()
            digest.update(repr((schema, table, rows)).encode())
    return digest.hexdigest()


def main() -> None:
    home, study = Home(Path(sys.argv[1])), sys.argv[2]
    ledgers = [Path(path).read_bytes() for path in sys.argv[3:5]]
    times, chance = int(sys.argv[5]), random.Random(int(sys.argv[6]))
    study_file = load_study(home.studies / f"{study}.yaml")

    def write(state: int) -> None:
        with replacing(home.ledger(study)) as partial:
            partial.write_bytes(ledgers[state])
        publish_study(home, study_file, "run", lambda text: None)

    def seen() -> str:
        return _answer(lambda: fingerprint(home.database(study)))

    states, durations = [], []
    for state in (0, 1, 0, 1):
        begun = time.monotonic()
        _answer(lambda state=state: (write(state), "")[1])
        durations.append(time.monotonic() - begun)
        states.append(seen())
    found, problems, killed = [], [], 0
    shown, latest = 1, max(durations[2:])
    while killed < times and len(found) + len(problems) < 2 * times:
        child = os.fork()
        if child == 0:
            _end(lambda state=1 - shown: write(state))
        moment = chance.uniform(0, latest)
        time.sleep(moment)
        os.kill(child, signal.SIGKILL)
        hit = os.WIFSIGNALED(os.waitpid(child, 0)[1])
        killed += hit
        # How long a writer takes changes with what else the machine does: up to its end, and seldom beyond.
        latest = latest * 1.01 if hit else min(latest, moment)
        try:
            read_ledger(home.ledger(study))
            now = states.index(seen())
            found.append(now)
            shown = now
        except Exception as error:  # the test wants each of them told
            problems.append(repr(error))
    _answer(lambda: (write(0), "")[1])
    if seen() != states[0]:
        problems.append("the next publication did not heal")
    left = [path.name for path in home.database(study).parent.iterdir() if ".tmp" in path.name]
    json.dump({"states": states, "found": found, "killed": killed, "problems": problems, "left": left}, sys.stdout)


def _answer(work: Callable[[], str]) -> str:
    """What the work returns, done in a process of its own, so that this one holds no threads when it forks."""
    inward, outward = os.pipe()
    child = os.fork()
    if child == 0:
        _end(lambda: os.write(outward, work().encode()))
    os.close(outward)
    with os.fdopen(inward) as stream:
        text = stream.read()
    if os.waitpid(child, 0)[1]:
        raise RuntimeError("the process failed; see its traceback")
    return text


def _end(work: Callable[[], object]) -> None:
    try:
        work()
        os._exit(0)
    except BaseException:  # a child must never go on as its parent
        traceback.print_exc()
        os._exit(1)


if __name__ == "__main__":
    main()
