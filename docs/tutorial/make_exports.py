"""Makes the exports of the tutorial: answers of people who do not exist, in the layout of Google Forms.

    python docs/tutorial/make_exports.py

The same seeds give the same bytes.
"""

from __future__ import annotations

import csv
import random
from datetime import datetime, timedelta
from pathlib import Path

FOLDER = Path(__file__).parent
OFTEN = ["Never", "Sometimes", "Often", "Always"]
HABITS = ["We write decisions down", "We review each other's work", "We look back after a project"]
TOOLS = ["Shared calendar", "Issue tracker", "Chat", "Wiki, or another place for notes"]
SIZES = {"2025": ["1-9", "10-49", "50 or more"], "2026": ["1-9", "10-49", "50+"]}
HEADER = [
    "Timestamp",
    "Email Address",
    "How many people work in your company?",
    *(f"How often is this true of your team? [{habit}]" for habit in HABITS),
    "Which of these does your team use?",
    "Did your last project end on time?",
    "What would help your team most?",
]


def record(rng: random.Random, moment: datetime, number: int, sizes: list[str]) -> list[str]:
    """One respondent: the better the habits, the likelier a project ended on time."""
    bent = rng.random()
    habits = [OFTEN[min(3, max(0, round(4 * bent - 0.5 + rng.gauss(0, 0.7))))] for _ in HABITS]
    tools = [
        tool
        for tool, base in zip(TOOLS, (0.6, 0.35, 0.8, 0.3), strict=True)
        if rng.random() < base + 0.3 * (bent - 0.5)
    ]
    on_time = "Don't know" if rng.random() < 0.06 else "Yes" if rng.random() < 0.25 + 0.45 * bent else "No"
    words = rng.choice(["", "", "", "Fewer meetings", "A clearer plan"])
    stamp = f"{moment:%Y/%m/%d} {moment.hour % 12 or 12}:{moment:%M:%S %p} GMT"
    size = rng.choices(sizes, [5, 3, 2])[0]
    return [stamp, f"person{number}@example.org", size, *habits, ";".join(tools), on_time, words]


def main() -> None:
    for wave, sizes in SIZES.items():
        rng = random.Random(f"tutorial {wave}")
        moment = datetime(int(wave), 3, 3, 9)
        rows = []
        for number in range(1, 421):
            moment += timedelta(seconds=rng.randint(30, 2500))
            rows.append(record(rng, moment, number, sizes))
        rows += rng.sample(rows, 6)  # sent twice
        with (FOLDER / f"teams-{wave}.csv").open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([HEADER, *rows])


if __name__ == "__main__":
    main()
