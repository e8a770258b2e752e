"""Plain CSV: one header row with the question texts or column names, as most platforms and hands write it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.ingest.conventions import Convention, defaults, parts_of, told
from pipeline.ingest.layout import Kind, Layout, SourceColumn
from pipeline.ingest.personal import is_personal
from pipeline.study.evening import evened

NO_PART = ("response", "open-ended response")  # what SurveyMonkey writes below a question of one column


def recognise(head: Sequence[Sequence[str]], header_rows: int = 1) -> Layout:
    """The layout of any table. Of several header rows the first holds names, the second texts, the third parts.

    Of two rows the first holds questions and the second parts, where a question stands over several columns: over
    the first of them, which leaves empty cells, or over each. So it is with the last two of three rows.
    """
    rows = [list(row) for row in head[: min(header_rows, 3)]]
    width = max((len(row) for row in rows), default=0)
    names, texts, parts = _read([row + [""] * (width - len(row)) for row in rows], width)
    convention = told(names)
    if convention and len(rows) == 1:
        texts, parts = map(list, zip(*parts_of(convention, names), strict=True))
    columns = [
        SourceColumn(i, name.strip(), text if text.strip() or part else name, part, kind=_kind(name, convention))
        for i, (name, text, part) in enumerate(zip(names, texts, parts, strict=True), 1)
    ]
    if convention and convention.parted:
        columns = _once(columns)
    return Layout("plain", header_rows, tuple(columns), defaults(convention, names) if convention else {})


def _read(rows: list[list[str]], width: int) -> tuple[list[str], list[str], list[str]]:
    """Names, texts and parts."""
    none = [""] * width
    if not rows:
        return none, none, none
    if len(rows) == 1:
        return rows[0], rows[0], none
    if len(rows) == 2 and _spans(*rows):
        return (rows[0], *_under(*rows))
    if len(rows) == 2:
        return rows[0], rows[1], none
    return (rows[0], *_under(rows[1], rows[2]))


def _spans(above: Sequence[str], below: Sequence[str]) -> bool:
    """Whether a cell of the first row stands over several of the second."""
    for i in range(1, len(above)):
        # A question is more than one word; a name, as of a column beside a nameless one, is not.
        over = " " in above[i - 1].strip() and (not above[i].strip() or evened(above[i]) == evened(above[i - 1]))
        if over and below[i].strip() and below[i - 1].strip() and evened(below[i]) != evened(below[i - 1]):
            return True
    return False


def _under(above: Sequence[str], below: Sequence[str]) -> tuple[list[str], list[str]]:
    """Texts, each over the columns that follow it without one of their own, and the parts below them."""
    texts: list[str] = []
    last = ""
    for text, part in zip(above, below, strict=True):
        last = text if text.strip() else last if part.strip() else ""
        texts.append(last)
    parts = ["" if evened(b) in (evened(a), *NO_PART) else b for a, b in zip(texts, below, strict=True)]
    return texts, parts


def _once(columns: Sequence[SourceColumn]) -> list[SourceColumn]:
    """Of a question that has a column for the whole and others for its parts: what was written beside one answer
    are words; the whole of several ticks says nothing more."""
    parts: dict[str, set[str]] = {}
    for c in columns:
        if c.part:
            parts.setdefault(evened(c.text), set()).add(evened(c.part))
    whole = {evened(c.text) for c in columns if not c.part}
    words = {text for text, of in parts.items() if text in whole and all(part.startswith("other") for part in of)}
    return [
        replace(c, kind="words") if c.part and evened(c.text) in words
        else replace(c, kind="metadata") if not c.part and evened(c.text) in parts.keys() - words
        else c
        for c in columns
    ]  # fmt: skip


def _kind(name: str, convention: Convention | None) -> Kind:
    if convention and (kind := convention.kind(name)):
        return kind
    return "personal" if is_personal(name) else ""
