"""Waves of the tiny study, good and bad. Its tiers need the question `use`; nothing needs `stage`, nor the questions
that every wave lacks."""

from __future__ import annotations

from dataclasses import dataclass

from tests.ingest.deliveries import written

HEAD = ["Code", "Which stage, roughly, are you at?", "Do you use it?", "Which channels do you use?"]
ROWS = [
    ["a", "Just starting", "Yes", "Email, newsletters"],
    ["b", 'At the "end"', "Yes", "Email"],
    ["c", "Just starting", "No", "Email,Web; apps"],
    ["d", "", "No", "None of these"],
]


@dataclass(frozen=True)
class Wave:
    """A delivery. problem: what a run says of it, "" where it is published. records: delivered, analysed."""

    content: bytes
    problem: str = ""
    records: tuple[int, int] = (4, 4)


def export(head: list[str] = HEAD, rows: list[list[str]] = ROWS) -> bytes:
    return written([head, *rows]).encode()


def without(column: int) -> bytes:
    return written([[cell for i, cell in enumerate(row) if i != column] for row in (HEAD, *ROWS)]).encode()


WAVES = {
    "padded": Wave(export(rows=[*ROWS, ["", "", "", ""], [" ", "\u00a0", "", "\t"]]) + b"\n\n", records=(6, 4)),
    "unknown-minor": Wave(export(rows=[*ROWS, ["e", "Nowhere", "No", "Email"]]), records=(5, 5)),
    "unknown-needed": Wave(
        export(rows=[*ROWS, ["e", "", "Perhaps", ""]]),
        'check options_changed failed\n  found: use (column "Do you use it?"): "Perhaps" (1)\n',
    ),
    "missing-needed": Wave(
        without(2),
        "check questions_present failed\n  found: missing, and needed for screening, score, tiers or weights: use; "
        "missing: ",
    ),
    "twice": Wave(export([*HEAD[:3], "Do you use it?"]), 'has 2 columns for question "use"'),
    "short": Wave(export()[:-15], "line 5: the record is cut short"),
    "only-padding": Wave(
        export(rows=[["", "", "", ""]] * 3), "check respondents_analysed failed\n  found: 0 analysed\n"
    ),
}
