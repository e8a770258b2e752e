"""YAML as this project reads it: every scalar is text, every node knows its line, no key twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from pipeline.errors import StudyFileError

if TYPE_CHECKING:
    from pipeline.study.section import Place

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LARGEST = 5_000_000  # bytes; a study file of this size is a mistake or an attack
DEEPEST = 40  # levels of nesting

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Document:
    """A YAML file as plain dicts, lists and texts, with the line of each node by its path.

    beside: sections that stand in a file of their own, with its name.
    """

    file: str
    data: Any
    lines: dict[Place, int] = field(repr=False)
    beside: dict[str, str] = field(default_factory=dict)

    def line(self, path: Place) -> int:
        """The line of the longest part of the path that is in the file."""
        known = next((path[:n] for n in range(len(path), 0, -1) if path[:n] in self.lines), ())
        return self.lines.get(known, 1)

    def where(self, path: Place) -> str:
        """ "studies/x.yaml, line 12"."""
        file = self.beside.get(str(path[0]), self.file) if path else self.file
        return f"{file}, line {self.line(path)}"

    def with_section(self, section: str, other: Document) -> Document:
        """The same with a section from another file."""
        lines = {place: line for place, line in self.lines.items() if place[:1] != (section,)}
        lines |= {(section, *place): line for place, line in other.lines.items()}
        return Document(self.file, self.data | {section: other.data}, lines, self.beside | {section: other.file})

    def under(self, section: str, key: str) -> Document:
        """The same with what a section holds put under a key of it."""
        moved = {(section, key, *place[1:]) if place[:1] == (section,) and len(place) > 1 else place: line
                 for place, line in self.lines.items()}  # fmt: skip
        moved[section, key] = self.line((section,))
        data = self.data | {section: {key: self.data[section]}}
        return Document(self.file, data, moved, self.beside)


def read_yaml(path: Path, shown_as: str | None = None) -> Document:
    """Reads a YAML file without guessing types: `yes`, `2018` and `10,000` stay texts.

    An empty value and ~ are None, as is the whole of an empty file. Raises StudyFileError, with the line, for
    syntax, repeated keys, anchors, tags, keys that are no scalars, control characters, files too large or nested
    too deep, and bytes that are not UTF-8.
    """
    name = shown_as or str(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise StudyFileError(name, f"cannot be read: {error.strerror}") from error
    if len(raw) > LARGEST:
        raise StudyFileError(name, "is too large", found=f"{len(raw):,} bytes", expected=f"under {LARGEST:,}")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise StudyFileError(f"{name}, line {line}", "is not UTF-8", do="save the file as UTF-8") from error
    return parse_yaml(text, name)


def parse_yaml(text: str, name: str) -> Document:
    """The same as `read_yaml`, from a text."""
    try:
        return _Reader(text, name).document()
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(error, text, name) from error
    except yaml.reader.ReaderError as error:
        line = text.encode()[: error.position].count(b"\n") + 1
        raise StudyFileError(f"{name}, line {line}", f"is not valid YAML: {error.reason}") from error


def _not_yaml(error: yaml.MarkedYAMLError, text: str, name: str) -> StudyFileError:
    line = error.problem_mark.line + 1 if error.problem_mark else 1
    began = error.context_mark.line + 1 if error.context_mark else line
    tab = re.match(r" *\t", (*text.splitlines(), "")[line - 1])
    return StudyFileError(
        f"{name}, line {line}",
        f"is not valid YAML: {error.problem or error.context}",
        found=f"{error.context}, begun on line {began}" if began != line else None,
        do="indent with spaces, not tabs" if tab else None,
    )


class _Reader:
    """Builds plain data from YAML events, without aliases and tags, so that no file grows when it is read."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.lines: dict[Place, int] = {}
        self.events: Iterator[Any] = yaml.parse(text, Loader=Loader)

    def document(self) -> Document:
        next(self.events)  # start of the stream
        if isinstance(next(self.events), yaml.StreamEndEvent):
            return Document(self.name, None, self.lines)
        data = self.node(next(self.events), ())
        next(self.events)  # end of the document
        event = next(self.events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise self.error(event, "begins a second document", do="keep one study in a file, without ---")
        return Document(self.name, data, self.lines)

    def node(self, event: Any, path: Place) -> Any:
        self.refuse_unusual(event, len(path))
        self.lines.setdefault(path, _line(event))
        if isinstance(event, yaml.ScalarEvent):
            empty = event.implicit[0] and event.value in ("", "~")
            return None if empty else event.value
        return self.items(path) if isinstance(event, yaml.SequenceStartEvent) else self.mapping(path)

    def items(self, path: Place) -> list[Any]:
        data: list[Any] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            data.append(self.node(event, (*path, len(data))))
        return data

    def mapping(self, path: Place) -> dict[str, Any]:
        data: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            self.refuse_unusual(event, len(path))
            if not isinstance(event, yaml.ScalarEvent):
                raise self.error(event, "has a key that is not a plain text", do='put it in ""')
            key = event.value
            if key in data:
                raise self.error(event, f'key "{key}" stands twice', found=f"first on line {self.lines[(*path, key)]}")
            self.lines[(*path, key)] = _line(event)
            data[key] = self.node(next(self.events), (*path, key))
        return data

    def refuse_unusual(self, event: Any, depth: int) -> None:
        if isinstance(event, yaml.AliasEvent) or event.anchor:
            raise self.error(event, "uses a YAML anchor or alias", do="write the text out, or use `scales`")
        if event.tag:
            raise self.error(event, "uses a YAML tag", found=str(event.tag), do='write a plain text, in "" if need be')
        if depth > DEEPEST:
            raise self.error(event, f"is nested deeper than {DEEPEST} levels")
        if isinstance(event, yaml.ScalarEvent) and CONTROL.search(event.value):
            raise self.error(event, "holds a control character", found=repr(event.value[:60]))

    def error(self, event: Any, what: str, **details: str) -> StudyFileError:
        return StudyFileError(f"{self.name}, line {_line(event)}", what, **details)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1
