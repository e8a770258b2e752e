"""What the running server costs while nothing happens: `survey ui` with the bundled waves published.

    python benchmarks/idle.py [MINUTES]

Prints proportional memory (PSS: what is shared counts once) and processor time of all its processes.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

SETTLE = 90  # seconds after the start before anything is counted


def family(root: int) -> list[int]:
    """A process and all that it started."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    found = [root]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid]
    return found


def memory_mb(pids: list[int]) -> float:
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def processor_seconds(pids: list[int]) -> float:
    """Of these processes and of those that they have already ended."""
    ticks = 0
    for pid in pids:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(int(fields[i]) for i in (11, 12, 13, 14))
    return ticks / os.sysconf("SC_CLK_TCK")


def main() -> None:
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        environment = os.environ | {"SURVEY_HOME": folder}
        command = [sys.executable, "-m", "pipeline.cli"]
        subprocess.run([*command, "demo"], env=environment, check=True, capture_output=True)
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        server = subprocess.Popen(
            [*command, "ui", "--port", str(port)], env=environment, start_new_session=True, **quiet
        )
        try:
            while True:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/server_info", timeout=2).close()
                    break
                except OSError:
                    time.sleep(0.5)
            time.sleep(SETTLE)
            before, start, memories = processor_seconds(family(server.pid)), time.monotonic(), []
            while time.monotonic() - start < 60 * minutes:
                time.sleep(10)
                memories.append(memory_mb(family(server.pid)))
            spent, passed = processor_seconds(family(server.pid)) - before, time.monotonic() - start
            print(f"{passed / 60:.1f} minutes: {len(family(server.pid))} processes,"
                  f" memory {min(memories):.0f} to {max(memories):.0f} MB,"
                  f" processor {spent:.1f} s, {100 * spent / passed:.1f}% of one core")  # fmt: skip
        finally:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(40)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
