"""Something wrong in a study file that holds together as YAML: the place, and what an analyst needs to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pipeline.errors import listed, nearest
from pipeline.study.section import Place


@dataclass(frozen=True)
class Problem:
    """Something wrong at a place of the study file."""

    place: Place
    what: str
    expected: str | None = None
    nearest: str | None = None
    do: str | None = None


def unknown(place: Place, kind: str, name: str, valid: Iterable[str]) -> Problem:
    """A name that is none of the valid ones."""
    choices = list(valid)
    return Problem(
        place, f'{kind} "{name}" does not exist', listed(choices) or "none is declared", nearest(name, choices)
    )


def unfit(place: Place, kind: str, name: str, valid: Iterable[str]) -> Problem:
    """A name that may exist, but is none of the valid ones."""
    return replace(unknown(place, kind, name, valid), what=f'"{name}" is no {kind}')


def one_line(text: str, most: int = 600) -> str:
    """A text of the file as it can stand in a message."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most]}..."
