"""How long report and workbook of 2,162 respondents take, how large they are, and how long the report takes to open.

Run from the repository: python -m benchmarks.report [indicators] [segments]
Default: 50 indicators and 10 segments. Whole process times of this machine; the first report also bundles the charts'
library, unless the user's cache has it.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from pathlib import Path

RESPONDENTS = 2162


def study_file(indicators: int, segments: int) -> str:
    """A study with so many yes-or-no questions and segments of six levels, one of which tells the tier."""
    lines = ['title: {en: "Large report", ru: "Большой отчёт"}', "synthetic: true",
             "sample: {type: opt_in, population: people}", "columns: {id: Id}", "questions:"]  # fmt: skip
    lines.append('  grade: {type: single, text: "Tier?", options: {low: "Low", high: "High"}}')
    for s in range(segments):
        options = ", ".join(f'l{i}: "Level {i}"' for i in range(6))
        lines.append(f'  s{s}: {{type: single, text: "Segment {s}?", options: {{{options}}}}}')
    lines += [f'  q{i}: {{type: single, text: "Do you do thing {i}?", options: {{"yes": "Yes", "no": "No"}}}}'
              for i in range(indicators)]  # fmt: skip
    lines.append("tiers: {order: [low, high], answers: {low: {grade: [low]}, high: {grade: [high]}}}")
    lines.append("segments:")
    lines += [f"  g{s}: {{question: s{s}}}" for s in range(segments)]
    lines.append("indicators:")
    lines += [f'  i{i}: {{when: {{q{i}: ["yes"]}}, label: "do the thing number {i} of those asked about"}}'
              for i in range(indicators)]  # fmt: skip
    lines.append("comparisons: {maturity: {a: {tier: [high]}, b: rest}}")
    return "\n".join(lines) + "\n"


def delivery(indicators: int, segments: int) -> str:
    draw = random.Random(1)
    head = ["Id", "Tier?", *(f"Segment {s}?" for s in range(segments)),
            *(f"Do you do thing {i}?" for i in range(indicators))]  # fmt: skip
    rows = [",".join(head)]
    for n in range(RESPONDENTS):
        high = draw.random() < 0.3
        levels = [f"Level {draw.randrange(6)}" for _ in range(segments)]
        answers = ["Yes" if draw.random() < (0.5 if high else 0.3) else "No" for _ in range(indicators)]
        rows.append(",".join([f"P{n}", "High" if high else "Low", *levels, *answers]))
    return "\n".join(rows) + "\n"


def main() -> None:
    indicators, segments = (int(a) for a in (sys.argv[1:] or ("50", "10")))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SURVEY_HOME"] = folder
        raw = Path(folder) / "data" / "raw" / "large" / "1"
        raw.mkdir(parents=True)
        (Path(folder) / "studies").mkdir()
        (Path(folder) / "studies" / "large.yaml").write_text(study_file(indicators, segments), encoding="utf-8")
        (raw / "export.csv").write_text(delivery(indicators, segments))
        measure(Path(folder), indicators, segments)


def measure(folder: Path, indicators: int, segments: int) -> None:
    from assets.running import run_study
    from pipeline.editions import read_edition
    from pipeline.publish.report.report import write_report
    from pipeline.publish.workbook.book import write_workbook
    from pipeline.settings import Home
    from pipeline.study.loading import load_study

    home = Home(folder)
    study = load_study(home.study_file("large"))
    run_study(home, study, ["1"], lambda kind, text: None)
    print(f"{RESPONDENTS:,} respondents, {indicators} indicators, {segments} segments")
    start = time.perf_counter()
    edition = read_edition(home, study, "1")
    print(f"read the edition      {time.perf_counter() - start:6.2f} s")
    for name, write in (("report.html", write_report), ("workbook.xlsx", write_workbook)):
        start = time.perf_counter()
        write(folder / name, edition)
        size = (folder / name).stat().st_size / 1e6
        print(f"write {name:15} {time.perf_counter() - start:6.2f} s {size:6.2f} MB")
    print(f"open the report       {opening_seconds(folder / 'report.html'):6.2f} s, until the first chart is drawn")


def opening_seconds(report: Path) -> float:
    """From asking for the page to the first chart on it, in headless Chromium."""
    from tests.browser import chromium

    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        start = time.perf_counter()
        page.goto(report.as_uri())
        page.wait_for_selector('[data-chart="forest"] svg')
        return time.perf_counter() - start


if __name__ == "__main__":
    main()
