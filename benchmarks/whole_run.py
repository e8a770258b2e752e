"""The whole `survey run`, as a user starts it, of 100 indicators: every part with its seconds, and the largest memory.

    python benchmarks/whole_run.py --rows 1000000

Makes a Parquet delivery in choice text (30 questions with one answer, 5 grids of 8 rows, 6 questions of 5 ticks, a
weight), with a score of three dimensions, tiers, two segments and two comparisons, in a temporary folder, and runs it
in a process of its own with its progress bar on the terminal. No clusters: they are fitted to respondents one by one.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

STUDY, WAVE = "whole", "w"
OFTEN = ("Never", "Rarely", "Sometimes", "Often")
SINGLES, GRIDS, ROWS, TICKS, PARTS = 30, 5, 8, 6, 5
PLACES = ("North", "East", "South", "West")
SIZES = ("1 to 9", "10 to 249", "250 and more")


def study_file() -> str:
    """As an analyst would write it, in fewer lines."""
    often = ", ".join(f'o{i}: "{text}"' for i, text in enumerate(OFTEN))
    lines = [
        "title: Whole run", "sample: {type: opt_in, population: people}", "columns: {id: Id}",
        f"scales: {{often: {{{often}}}}}", "questions:",
        f"  place: {{type: single, text: Place, options: {{{', '.join(f'p{i}: {p}' for i, p in enumerate(PLACES))}}}}}",
        f"  size: {{type: single, text: Size, options: {{{', '.join(f's{i}: {s}' for i, s in enumerate(SIZES))}}}}}",
    ]  # fmt: skip
    lines += [f'  single{i}: {{type: single, text: "Single {i}", scale: often}}' for i in range(SINGLES)]
    for i in range(GRIDS):
        rows = ", ".join(f'row{j}: "Grid {i} row {j}"' for j in range(ROWS))
        lines.append(f'  grid{i}: {{type: grid, text: "Grid {i}", scale: often, rows: {{{rows}}}}}')
    for i in range(TICKS):
        options = ", ".join(f't{j}: "Tick {i} {j}"' for j in range(PARTS))
        lines.append(f'  tick{i}: {{type: multiple, text: "Tick {i}", options: {{{options}}}}}')
    lines += ["cleaning:", "  - {rule: duplicate_id}", "  - {rule: incomplete, answered_below: 0.5}"]
    lines += ["weights: {main: {column: Weight}}", "score:", "  points: {o0: 0, o1: 1, o2: 2, o3: 3}", "  dimensions:"]
    lines += [f"    d{i}: {{items: [grid{i}.row0, grid{i}.row1, grid{i}.row2]}}" for i in range(3)]
    lines += ["tiers: {order: [low, middle, high], cuts: [40, 60]}"]
    lines += ["segments: {place: {question: place}, size: {question: size}}", "indicators:"]
    lines += [f"  single{i}: {{when: {{single{i}: [o2, o3]}}}}" for i in range(SINGLES)]
    lines += [f"  grid{i}_{j}: {{when: {{grid{i}.row{j}: [o3]}}}}" for i in range(GRIDS) for j in range(ROWS)]
    lines += [f"  tick{i}_{j}: {{when: {{tick{i}: [t{j}]}}}}" for i in range(TICKS) for j in range(PARTS)]
    lines += ["comparisons:", "  high: {a: {tier: [high]}, b: rest}", "  north: {a: {place: [p0]}, b: rest}"]
    return "\n".join(lines) + "\n"


def deliver(target: Path, rows: int) -> None:
    """Answers lean on one trait of the respondent, so that tiers differ."""

    def word(texts: tuple[str, ...], seed: int) -> str:
        lean = f"(0.5 * trait + 0.5 * (hash(i, {seed}) % 10000) / 10000.0)"
        cases = " ".join(f"WHEN {lean} < {(k + 1) / len(texts)} THEN '{text}'" for k, text in enumerate(texts))
        return f"CASE WHEN hash(i, {seed}, 'blank') % 20 = 0 THEN NULL {cases} ELSE '{texts[-1]}' END"

    columns = [f"""{word(PLACES, 1)} AS "Place", {word(SIZES, 2)} AS "Size" """]
    columns += [f'{word(OFTEN, 10 + i)} AS "Single {i}"' for i in range(SINGLES)]
    columns += [f'{word(OFTEN, 100 + 10 * i + j)} AS "Grid {i} - Grid {i} row {j}"'
                for i in range(GRIDS) for j in range(ROWS)]  # fmt: skip
    columns += [f"""CASE WHEN hash(i, {500 + 10 * i + j}) % 3 = 0 THEN 'Tick {i} {j}' END AS "Tick {i} - Tick {i} {j}"
                """
                for i in range(TICKS) for j in range(PARTS)]  # fmt: skip
    target.parent.mkdir(parents=True)
    with duckdb.connect(config={"memory_limit": "4GB"}) as con:
        con.execute(f"""
            COPY (SELECT 'R' || i AS "Id", 0.5 + (hash(i, 3) % 1000) / 1000.0 AS "Weight", {", ".join(columns)}
                  FROM (SELECT i, (hash(i, 0) % 10000) / 10000.0 AS trait FROM range({rows}) t(i)))
            TO '{target}' (FORMAT parquet)
        """)


def seconds_by_asset(home: Path) -> list[tuple[float, str]]:
    """From the events that Dagster keeps of the run."""
    from assets.running import dagster_instance
    from pipeline.settings import Home

    found = []
    with dagster_instance(Home(home)) as instance:
        for run in instance.get_runs():
            for step in instance.get_run_step_stats(run.run_id):
                if step.start_time and step.end_time:
                    found.append((step.end_time - step.start_time, step.step_key.split("__", 1)[-1]))
    return sorted(found, reverse=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="whole-run-") as folder:
        home = Path(folder)
        (home / "studies").mkdir()
        (home / "studies" / f"{STUDY}.yaml").write_text(study_file())
        delivery = home / "data" / "raw" / STUDY / WAVE / "export.parquet"
        deliver(delivery, rows)
        environment = os.environ | {"SURVEY_HOME": folder}
        command = [sys.executable, "-m", "pipeline.cli", "run", STUDY]
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(command, env=environment, check=True)
        wall = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        per_kilobyte = 1 if sys.platform == "darwin" else 1024
        size = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
        print(f"{rows:,} respondents x 100 indicators, delivery {delivery.stat().st_size / 1e6:,.0f} MB")
        most = after.ru_maxrss * per_kilobyte / 2**30
        print(f"survey run: {wall:.1f} s, processor {cpu:.1f} s, at most {most:.2f} GiB, {size / 1e9:.1f} GB on disk")
        for seconds, asset in seconds_by_asset(home):
            print(f"  {seconds:8.1f} s  {asset}")


if __name__ == "__main__":
    main()
