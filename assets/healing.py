"""Runs whose process is gone are ended, so that Dagster retries them instead of showing them as running for ever."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping

import dagster as dg

from pipeline.locking import is_free
from pipeline.settings import Home

PROCESS, HOST = "survey/process", "survey/host"
GONE = "the process of this run is gone"


def end_orphans(instance: dg.DagsterInstance, home: Home, jobs: Mapping[str, str], after_seconds: float = 0.0) -> None:
    """Ends runs that began at least so long ago and whose process was killed, with their machine or alone.

    jobs: job -> study. A run of the command line is told by its process; one of the server by the lock of its wave,
    which goes with the process. The server retries what is ended so, once.
    """
    for record in instance.get_run_records(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED])):
        run = record.dagster_run
        if run.tags.get(PROCESS):
            gone = run.tags.get(HOST) == socket.gethostname() and not _alive(int(run.tags[PROCESS]))
        else:
            study, wave = jobs.get(run.job_name), run.tags.get("dagster/partition")
            old = time.time() - (record.start_time or 0) >= after_seconds
            gone = bool(study and wave and old and is_free(home.locks(study) / wave))
        if gone:
            instance.report_run_failed(run, GONE)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return process > 0
