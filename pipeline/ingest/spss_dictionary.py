"""What the dictionary of an SPSS file tells that pyreadstat 1.3 does not: weight, multiple-response sets in full.

It hands out the sets, but without counted values that are texts, and without letters outside ASCII in their labels.
Layout of the file: "System File Format" in the PSPP manual.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

LARGEST = 64 << 20  # bytes of a dictionary
SETS, LONG_NAMES, SETS_14 = 7, 13, 19  # subtypes of its extension records
_SHORT = re.compile(rb"\$?([^=\n]*)=(.*)", re.DOTALL)


@dataclass(frozen=True)
class ResponseSet:
    """Variables that hold the answers to one question.

    counted: the value that means ticked, as it stands in the file; None where the variables hold categories.
    by_value: whether its categories are called by the label of the counted value, not by that of the variable.
    """

    name: str
    label: str
    variables: tuple[str, ...]
    counted: str | None = None
    by_value: bool = False


def weight_and_sets(path: Path, encoding: str) -> tuple[int | None, list[ResponseSet]]:
    """Which of the numeric variables is the weight, counted from 0, and the sets, with names as they stand in it.

    Nothing where the file is of another kind or ends early; pyreadstat tells what is wrong with it.
    """
    try:
        with path.open("rb") as stream:
            return _read(stream, encoding)
    except (OSError, struct.error, ValueError):
        return None, []


def _read(stream: BinaryIO, encoding: str) -> tuple[int | None, list[ResponseSet]]:
    header = stream.read(176)
    if header[:4] not in (b"$FL2", b"$FL3"):
        return None, []
    end = "<" if struct.unpack("<i", header[64:68])[0] in (2, 3) else ">"
    (weighted,) = struct.unpack(end + "i", header[76:80])
    widths: list[int] = []
    names: dict[str, str] = {}
    sets: list[bytes] = []
    for kind, content in _records(stream, end, widths):
        if kind in (SETS, SETS_14):
            sets += content.split(b"\n")
        elif kind == LONG_NAMES:
            pairs = (pair.partition("=") for pair in _decoded(content, encoding).split("\t"))
            names = {short.casefold(): long.rstrip("\0 ") for short, _, long in pairs}
    weight = None
    if 0 < weighted <= len(widths) and widths[weighted - 1] == 0:
        weight = widths[: weighted - 1].count(0)
    found = [_set(line, encoding, names) for line in sets if line.strip(b"\0 ")]
    return weight, [one for one in found if one is not None]


def _records(stream: BinaryIO, end: str, widths: list[int]) -> Iterator[tuple[int, bytes]]:
    """Subtype and content of each extension record; `widths` gets that of each variable: 0 numeric, -1 continuation."""

    def numbers(count: int) -> tuple[int, ...]:
        return struct.unpack(f"{end}{count}i", _exactly(stream, 4 * count))

    while stream.tell() < LARGEST:
        (kind,) = numbers(1)
        if kind == 2:
            width, labelled, missing, _, _ = numbers(5)
            widths.append(width)
            _exactly(stream, 8)
            if labelled:
                _exactly(stream, (numbers(1)[0] + 3) // 4 * 4)
            _exactly(stream, 8 * abs(missing))
        elif kind == 3:
            for _ in range(numbers(1)[0]):
                _exactly(stream, 8)
                length = _exactly(stream, 1)[0]
                _exactly(stream, (length + 8) // 8 * 8 - 1)
        elif kind == 4:
            _exactly(stream, 4 * numbers(1)[0])
        elif kind == 6:
            _exactly(stream, 80 * numbers(1)[0])
        elif kind == 7:
            subtype, size, count = numbers(3)
            yield subtype, _exactly(stream, size * count)
        else:
            return


def _exactly(stream: BinaryIO, size: int) -> bytes:
    if not 0 <= size <= LARGEST:
        raise ValueError("a record of the dictionary has no sound length")
    content = stream.read(size)
    if len(content) < size:
        raise ValueError("the dictionary is cut short")
    return content


def _set(line: bytes, encoding: str, names: dict[str, str]) -> ResponseSet | None:
    """A set from its line: "$name=D1 1 5 Label a b", "$name=C 5 Label a b" or "$name=E 1 1 1 5 Label a b"."""
    found = _SHORT.match(line.strip(b"\0 \r"))
    if found is None:
        return None
    name, rest = _decoded(found.group(1), encoding), found.group(2)
    kind, rest = rest[:1], rest[1:].lstrip(b" ")
    counted: bytes | None = None
    by_value = kind == b"E"
    if kind == b"E":
        _, _, rest = rest.partition(b" ")
    if kind in (b"D", b"E"):
        counted, rest = _measured(rest)
    elif kind != b"C":
        return None
    label, rest = _measured(rest)
    members = [names.get(own.casefold(), own) for own in _decoded(rest, encoding).split()]
    if not members:
        return None
    told = _decoded(counted, encoding).strip() if counted is not None else None
    return ResponseSet(name, _decoded(label, encoding).strip(), tuple(members), told, by_value)


def _measured(text: bytes) -> tuple[bytes, bytes]:
    """A text that begins with its own length, and what follows it: "5 Label a b"."""
    length, _, rest = text.lstrip(b" ").partition(b" ")
    size = int(length)
    if not 0 <= size <= len(rest):
        raise ValueError("a set of the dictionary has no sound length")
    return rest[:size], rest[size:].lstrip(b" ")


def _decoded(text: bytes, encoding: str) -> str:
    try:
        return text.decode(encoding, "replace")
    except LookupError:
        return text.decode("utf-8", "replace")
