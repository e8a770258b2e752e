"""How long the sensor's look at many waves takes, once all of them have been run.

Usage: python benchmarks/landing.py --waves 200
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pipeline.admission import quarantine
from pipeline.landing import look, stamps
from pipeline.settings import Home
from pipeline.store import WaveStore
from pipeline.study.loading import load_study
from tests.small import STUDY_FILE, small_delivery

LOOKS = 7


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waves", type=int, default=200)
    waves = parser.parse_args().waves
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        home.studies.mkdir()
        (home.studies / "small.yaml").write_text(STUDY_FILE)
        study_file = load_study(home.studies / "small.yaml")
        for number in range(waves):
            export = home.raw("small") / f"w{number:03}" / "export.csv"
            export.parent.mkdir(parents=True)
            export.write_text(small_delivery())
            quarantine(WaveStore(home, study_file, export.parent.name), "benchmark", "run", datetime.now(UTC))
        before = stamps(home, "small")
        seconds = []
        for _ in range(LOOKS):
            begun = time.perf_counter()
            now = stamps(home, "small")
            found = look(home, load_study(home.studies / "small.yaml"), now, before)
            seconds.append(time.perf_counter() - begun)
            assert not found.due, found.due
    print(f"{waves} waves: {statistics.median(seconds):.3f} s a look (median of {LOOKS})")


if __name__ == "__main__":
    main()
