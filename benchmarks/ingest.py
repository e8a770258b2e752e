"""A delivery of choice text read, coded and cleaned, against DuckDB's own copy of that CSV to Parquet.

    python benchmarks/ingest.py --rows 1000000 --columns 200

Makes a Qualtrics CSV (three header rows, choice text of 5 to 9 options, a tenth of the cells blank), then times, in
turns and each in a process of its own, the plain COPY of all columns and the tables `delivered` to `screening`.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from pipeline import tables
from pipeline.cleaning.screening import screening_query
from pipeline.ingest.answers import read_answers, values_query
from pipeline.ingest.delivered import delivered_query, file_rows, source_column_rows
from pipeline.ingest.matching import match
from pipeline.ingest.readable import reading
from pipeline.ingest.responses import available_variables, responses_query
from pipeline.settings import Home
from pipeline.store import WaveStore
from pipeline.study.loading import load_study

WORDS = ("Never", "Rarely, if at all", "Sometimes", "Often", "Always", "Every day", "On weekdays only", "Don’t know",
         "Prefer not to say")  # fmt: skip


def options(column: int) -> list[str]:
    return [f"{word} ({column % 7})" for word in WORDS[: 5 + column % 5]]


def make(folder: Path, rows: int, columns: int) -> None:
    """The study file and its delivery."""
    questions = "\n".join(
        f'  q{c}: {{type: single, text: "Question number {c}, as it was asked?", options: {{'
        + ", ".join(f'o{i}: "{text}"' for i, text in enumerate(options(c)))
        + "}}"
        for c in range(columns)
    )
    rules = ("test_response", "incomplete, answered_below: 0.5", "duplicate_id", "speeder, below_median: 0.33")
    cleaning = "cleaning:\n" + "".join(f"  - {{rule: {rule}}}\n" for rule in rules)
    (folder / "studies").mkdir(parents=True)
    (folder / "studies" / "big.yaml").write_text(
        f"title: Big\nsample: {{type: opt_in, population: people}}\nquestions:\n{questions}\n{cleaning}"
    )
    target = folder / "data" / "raw" / "big" / "w" / "big.csv"
    target.parent.mkdir(parents=True)
    names = ["ResponseId", "StartDate", "EndDate", "Duration (in seconds)", "Status", "Progress"]
    heads = [
        names + [f"Q{c}" for c in range(columns)],
        names + [f"Question number {c}, as it was asked?" for c in range(columns)],
        [json.dumps({"ImportId": n}) for n in names] + [json.dumps({"ImportId": f"QID{c}"}) for c in range(columns)],
    ]
    cells = ", ".join(
        f"CASE WHEN hash(i * 1000 + {c}) % 10 = 0 THEN NULL ELSE [{', '.join(repr(o) for o in options(c))}]"
        f"[CAST(1 + hash(i * 1000 + {c + 500}) % {len(options(c))} AS INTEGER)] END AS q{c}"
        for c in range(columns)
    )
    with duckdb.connect() as con:
        con.execute(
            "COPY (SELECT 'R_' || i, '2026-01-01 10:00:00', '2026-01-01 10:10:00', 200 + i % 900, 'IP Address', 100,"
            f" {cells} FROM range({rows}) AS t(i)) TO '{target}.rows' (HEADER false)"
        )
    with target.open("wb") as out:
        for head in heads:
            out.write((",".join('"' + cell.replace('"', '""') + '"' for cell in head) + "\n").encode())
        with Path(f"{target}.rows").open("rb") as body:
            while chunk := body.read(8_000_000):
                out.write(chunk)
    Path(f"{target}.rows").unlink()


def plain(folder: Path) -> None:
    """DuckDB's own copy."""
    source = folder / "data" / "raw" / "big" / "w" / "big.csv"
    rows = f"SELECT * FROM read_csv('{source}', all_varchar = true, skip = 3, header = false)"
    with duckdb.connect() as con:
        con.execute(f"COPY ({rows}) TO '{folder}/plain.parquet'")


def ours(folder: Path) -> None:
    """Tables `delivered`, `answers`, `responses`, `screening`, as the assets make them."""
    store = WaveStore(Home(folder), load_study(folder / "studies" / "big.yaml"), "w")
    study, sources = store.study, store.sources()
    laps = {}

    def lap(name: str, begun: float) -> float:
        laps[name] = round(time.perf_counter() - begun, 2)
        return time.perf_counter()

    t = time.perf_counter()
    store.write(tables.FILES, file_rows("w", sources))
    t = lap("files", t)
    found = [(s, match(s, study.questions, study.scales, study.columns, "w")) for s in sources]
    store.write(tables.SOURCE_COLUMNS, source_column_rows("w", found))
    t = lap("source_columns", t)
    columns = store.rows(tables.SOURCE_COLUMNS)
    reading(sources, lambda ready: store.create(tables.DELIVERED, delivered_query("w", ready, columns, study)))
    t = lap("delivered", t)
    there = available_variables(columns, study.questions, study.scales, "w")
    values = store.fetch(values_query(study.questions, study.scales, there), tables.ANSWERS)
    store.write(tables.ANSWERS, read_answers("w", study.questions, study.scales, values.to_pylist()))
    t = lap("answers", t)
    query = responses_query(study.questions, study.scales, there, store.rows(tables.ANSWERS))
    store.create(tables.RESPONSES, query)
    t = lap("responses", t)
    store.create(tables.SCREENING, screening_query(study.cleaning, study.resolver, there))
    lap("screening", t)
    print(json.dumps(laps), file=sys.stderr)


def timed(what: str, folder: Path) -> tuple[float, float]:
    """Seconds and the largest resident memory, in GiB, of one of the two in a process of its own."""
    begun = time.perf_counter()
    command = [sys.executable, __file__, f"--{what}", str(folder)]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": "."})
    seconds = time.perf_counter() - begun
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--plain", type=Path)
    parser.add_argument("--ours", type=Path)
    given = parser.parse_args()
    if given.plain or given.ours:
        plain(given.plain) if given.plain else ours(given.ours)
        return
    with tempfile.TemporaryDirectory(prefix="ingest-") as name:
        folder = Path(name)
        make(folder, given.rows, given.columns)
        size = (folder / "data" / "raw" / "big" / "w" / "big.csv").stat().st_size
        print(f"{given.rows:,} rows x {given.columns} columns, {size / 2**20:,.0f} MiB")
        seconds: dict[str, list[float]] = {"plain": [], "ours": []}
        for _ in range(given.repeats):
            for what, found in seconds.items():
                subprocess.run(["rm", "-rf", str(folder / "data" / "processed")], check=True)
                took, memory = timed(what, folder)
                found.append(took)
                print(f"  {what}: {took:.1f} s, at most {memory:.2f} GiB so far")
        middle = {what: statistics.median(found) for what, found in seconds.items()}
        print(
            f"plain copy {middle['plain']:.1f} s, ours {middle['ours']:.1f} s: {middle['ours'] / middle['plain']:.2f}"
        )


if __name__ == "__main__":
    main()
