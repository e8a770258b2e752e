"""200 claims at 2,162 respondents, a third of them with a wrong figure, so that bases are searched.

python benchmarks/claims.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from pipeline.auditing import audited
from pipeline.ledger import published_waves, read_ledger
from pipeline.settings import BUNDLED_STUDIES, Home
from pipeline.study.loading import study_from_text

STUDY, WAVE, CLAIMS = "social-maturity", "2021", 200


def records(indicators: list[str]) -> list[dict[str, object]]:
    forms: list[dict[str, object]] = [
        {"comparison": "maturity", "printed": {"p_a": "63%", "p_b": "37%"}, "equal": 1.7},
        {"group": "mature", "printed": "64%"},
        {"comparison": "large", "more_than": 1},
        {"comparison": "upper_half", "statistic": "difference", "printed": "13 points"},
        {"group": {"size": ["huge"]}, "about": 0.5},
        {"filter": "listens_and_engages", "printed": "55%"},
        {"comparison": "technology", "printed": "1.1"},
        {"group": {"where": ["europe"]}, "less_than": 0.9},
        {"comparison": "maturity", "about": 2},
    ]
    made = [{"indicator": name, "says": "x", **form} for form in forms for name in indicators]
    return [{"id": f"c{i}", **record} for i, record in enumerate(made[:CLAIMS])]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        environment = os.environ | {"SURVEY_HOME": folder}
        subprocess.run([sys.executable, "-m", "pipeline.cli", "demo"], env=environment, check=True, capture_output=True)
        text = (BUNDLED_STUDIES / f"{STUDY}.yaml").read_text(encoding="utf-8")
        plain = study_from_text(text.replace(f"claims: {STUDY}.claims.yaml\n", ""), STUDY)
        lines = "\n".join(f"  - {json.dumps(record)}" for record in records(list(plain.study.indicators)))
        study_file = study_from_text(text.replace(f"claims: {STUDY}.claims.yaml", f"claims:\n{lines}"), STUDY)
        published = published_waves(read_ledger(home.ledger(STUDY)))
        seconds = []
        for _ in range(5):
            start = time.perf_counter()
            rows = audited(home, study_file, published, WAVE)
            seconds.append(time.perf_counter() - start)
        searched = int((rows["tried"] > 0).sum())
        print(f"{len(rows)} claims, {searched} of them searched: {median(seconds):.2f} s")


if __name__ == "__main__":
    main()
