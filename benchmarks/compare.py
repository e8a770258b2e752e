"""This project against what people use today: the same respondents, the same results, then the time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.data import frame_of, make_data
from benchmarks.lines import Line, measured, skipped
from benchmarks.ours import Ratios, log_ratios
from benchmarks.peers import PEERS, Peer

INDICATORS = 60
SIZES = (2_162, 100_000, 1_000_000)
ALIKE = 1e-8  # relative difference of log ratios and standard errors
PATIENCE = (
    100_000  # respondents above which a peer that loops is given a tenth of the indicators, its time taken ten times
)
PART = 10


def compare(
    folder: Path,
    sizes: Sequence[int] = SIZES,
    runs: int = 3,
    peers: Sequence[Peer] = PEERS,
    indicators: int = INDICATORS,
) -> Iterator[Line]:
    for size in sizes:
        data = make_data(folder, size, indicators)
        frame = frame_of(data)
        found = log_ratios(data)
        for peer in peers:
            what = "log risk ratios"
            if not peer.installed:
                yield skipped(what, peer.name, size, indicators, "skipped: not installed")
                continue
            part = PART if size > PATIENCE and peer.one_by_one else 1
            names = data.indicators[: len(data.indicators) // part]
            seconds, first = peer.run(frame, names)
            assert_alike(peer.name, found, first)
            own, other = [], []
            for _ in range(1 if size > PATIENCE else runs):
                own.append(timed(partial(log_ratios, data)))
                # A large job is run once, which is the one that was checked; a small one again, now that it is warm.
                other.append((seconds if size > PATIENCE else peer.run(frame, names)[0]) * part)
            note = f"times faster; {peer.how}"
            if part > 1:
                note += (
                    f"; the peer did {len(names)} indicators, its seconds are {part} times that (it loops over them)"
                )
            yield measured(what, peer.name, (size, indicators), own, other, note)


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def assert_alike(name: str, ours: Ratios, theirs: Ratios) -> None:
    """Raises AssertionError where a peer found something else: a comparison of other results would say nothing."""
    for what in ("log_ratio", "se"):
        expected = getattr(theirs, what)
        got = getattr(ours, what)[: len(expected)]
        # A log ratio near 0 has no relative error to speak of: its digits are those of the ratio.
        scale = np.maximum(np.abs(expected), 1.0 if what == "log_ratio" else 0.0)
        assert np.all(np.abs(got - expected) <= ALIKE * scale), f"{name}: {what} {expected} against {got}"
