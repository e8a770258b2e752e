"""YAML as this project reads it: every scalar is text, every node knows its line, no key twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import StudyFileError

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LARGEST = 5_000_000  # bytes; a study file of this size is a mistake or an attack
DEEPEST = 40  # levels of nesting

Path_ = tuple[str | int, ...]


@dataclass(frozen=True)
class Document:
    """A YAML file as plain dicts, lists and texts, with the line of each node by its path."""

    file: str
    data: Any
    lines: dict[Path_, int] = field(repr=False)

    def where(self, path: Path_) -> str:
        """ "studies/x.yaml, line 12": the line of the longest part of the path that is in the file."""
        known: Path_ = ()
        for part in path:
            if (*known, part) in self.lines:
                known = (*known, part)
        return f"{self.file}, line {self.lines.get(known, 1)}"


def read_yaml(path: Path, shown_as: str | None = None) -> Document:
    """Reads a YAML file without guessing types: `yes`, `2018` and `10,000` stay texts.

    Raises StudyFileError, with the line, for syntax, repeated keys, anchors, keys that are no
    scalars, files too large or nested too deep, and bytes that are not UTF-8.
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
        _refuse_anchors(text, name)
        node = yaml.compose(text, Loader=Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise StudyFileError(f"{name}, line {line}", f"is not valid YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise StudyFileError(name, f"is not valid YAML: {error}") from error
    lines: dict[Path_, int] = {}
    data = _plain(node, (), lines, name) if node is not None else {}
    return Document(name, data, lines)


def _refuse_anchors(text: str, name: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        where = f"{name}, line {event.start_mark.line + 1 if event.start_mark else 1}"
        if depth > DEEPEST:
            raise StudyFileError(where, f"is nested deeper than {DEEPEST} levels")
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise StudyFileError(where, "uses a YAML anchor or alias", do="write the text out, or use `scales`")


def _plain(node: yaml.Node, path: Path_, lines: dict[Path_, int], name: str) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.ScalarNode):
        empty = node.style is None and node.value in ("", "~")
        return None if empty else node.value
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, (*path, i), lines, name) for i, child in enumerate(node.value)]
    data: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise StudyFileError(f"{name}, line {line}", "has a key that is not a plain text")
        key = key_node.value
        if key in data:
            first = lines[(*path, key)]
            raise StudyFileError(f"{name}, line {line}", f'key "{key}" stands twice', found=f"first on line {first}")
        lines[(*path, key)] = line
        data[key] = _plain(value_node, (*path, key), lines, name)
    return data
