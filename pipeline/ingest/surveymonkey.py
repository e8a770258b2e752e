"""SurveyMonkey CSV: one header row, or two with the options of each question in the second."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.ingest.layout import Kind, Layout, SourceColumn
from pipeline.ingest.personal import is_personal
from pipeline.study.evening import evened

DEFAULTS = {"id": "Respondent ID", "started": "Start Date", "finished": "End Date"}
ALSO = {"started": ("Date Created",), "finished": ("Date Modified",)}  # as older exports and the API call them
METADATA = (
    "Respondent ID", "RespondentID", "Collector ID", "CollectorID", "Collector", "Collector Title", "Start Date",
    "StartDate", "End Date", "EndDate", "Date Created", "Date Modified",
)  # fmt: skip
PERSONAL = (
    "IP Address", "IPAddress", "Email Address", "Email", "First Name", "FirstName", "LastName", "Last Name",
    "Custom Data", "Custom Data 1", "CustomData1",
)  # fmt: skip
CUSTOM = re.compile(r"customdata[0-9]*")
SINGLE = ("response", "open-ended response", "")
FREE = "open-ended response"
OTHER = "other (please specify)"
# The boxes of a contact question; a list of channels has e-mail and phone too, but neither name nor address.
CONTACT = {
    "name", "company", "address", "address 2", "zip/postal code", "postal code", "email address", "phone number",
}  # fmt: skip
TELLING = {"email address", "phone number"}
FIRST = 10  # columns, among which those about the respondent begin


def recognise(head: Sequence[Sequence[str]]) -> Layout | None:
    """The layout, where the file begins with the ids of respondent or collector as SurveyMonkey writes them.

    Two header rows are told from one by the second record: its metadata cells are empty or repeat the
    first row's. The parent question may stand over its first column only, or over each.
    """
    if not head or not head[0] or not _is_ours([_plain(name) for name in head[0][:FIRST]]):
        return None
    first = head[0]
    if len(head) > 1 and len(head[1]) <= len(first):
        second = [*head[1], *[""] * (len(first) - len(head[1]))]
        if _second_header(first, second):
            return Layout("surveymonkey", 2, _columns(first, second), _defaults(first))
    columns = tuple(SourceColumn(i, name.strip(), name, kind=_kind_alone(name)) for i, name in enumerate(first, 1))
    return Layout("surveymonkey", 1, columns, _defaults(first))


def _plain(name: str) -> str:
    return evened(name).replace(" ", "") if len(name) < 100 else name


_METADATA = {_plain(name) for name in METADATA}
_PERSONAL = {_plain(name) for name in PERSONAL}


def _is_ours(first: Sequence[str]) -> bool:
    dated = {"startdate", "datecreated"} & set(first)
    return first[0] == "respondentid" or bool(dated and {"respondentid", "collectorid"} & set(first))


def _second_header(first: Sequence[str], second: Sequence[str]) -> bool:
    cells = [(_plain(a), _plain(b)) for a, b in zip(first, second, strict=True)]
    if not all(b in ("", a) for a, b in cells if a in _METADATA):
        return False
    # Where respondents have no id, an answer stands as bare; parents are told by what they leave empty or repeat.
    parents = [a for a, _ in cells if a not in _METADATA]
    named = any(evened(b) in SINGLE and b.strip() for b in second)
    return named or "" in parents or len(set(parents)) < len(parents) or not any(b for _, b in cells)


def _columns(first: Sequence[str], second: Sequence[str]) -> tuple[SourceColumn, ...]:
    columns: list[SourceColumn] = []
    parent = single = ""
    asked = False  # whether the questions have begun
    named = any(below.strip() for below in second)
    for i, (above, below) in enumerate(zip(first, second, strict=True), 1):
        parent = above if above.strip() else parent
        cell = evened(below)
        part = "" if cell in SINGLE or cell == evened(parent) else below
        text = parent if part or above.strip() else ""
        single = parent if cell in SINGLE[:2] else single
        asked = asked or cell not in ("", evened(parent))
        kind = _kind(above, "" if part else cell)
        if part and parent == single and not kind:
            kind = "words"  # what was written beside the answer to one question
        elif not kind and named and not asked and text:
            kind = "metadata"  # a field of the respondent's own, which stands before the questions
        columns.append(SourceColumn(i, above.strip(), text, part, kind=kind))
    return _with_contacts(columns)


def _kind(name: str, below: str) -> Kind:
    plain = _plain(name)
    if plain in _PERSONAL or CUSTOM.fullmatch(plain) or (below in ("", FREE) and is_personal(name)):
        return "personal"
    return "metadata" if plain in _METADATA else ""


def _kind_alone(name: str) -> Kind:
    """Of a file without a second row: there "Other (please specify)" follows the one column of its question."""
    return "words" if evened(name) == OTHER else _kind(name, "")


def _with_contacts(columns: Sequence[SourceColumn]) -> tuple[SourceColumn, ...]:
    """The columns, the boxes of contact questions as personal data."""
    boxes: dict[str, set[str]] = {}
    for column in columns:
        if column.part:
            boxes.setdefault(column.text, set()).add(evened(column.part))
    asked = {text for text, parts in boxes.items() if parts & TELLING and parts & {"name", "address"}}
    return tuple(
        SourceColumn(c.position, c.name, c.text, c.part, kind="personal")
        if c.text in asked and evened(c.part) in CONTACT
        else c
        for c in columns
    )


def _defaults(first: Sequence[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    for name in first:
        names.setdefault(_plain(name), name.strip())
    return {
        ours: next((names[_plain(n)] for n in (theirs, *ALSO.get(ours, ())) if _plain(n) in names), theirs)
        for ours, theirs in DEFAULTS.items()
    }
