"""Qualtrics: three header rows, the third with the ImportId of each column as JSON; or, of old, two without it."""

from __future__ import annotations

import json
import os.path
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from pipeline.ingest.layout import Kind, Layout, SourceColumn
from pipeline.study.evening import evened

DEFAULTS = {
    "id": "ResponseId",
    "started": "StartDate",
    "finished": "EndDate",
    "duration": "Duration (in seconds)",
    "status": "Status",
    "progress": "Progress",
    "recaptcha": "Q_RecaptchaScore",
    "fraud_score": "Q_RelevantIDFraudScore",
    "duplicate_score": "Q_RelevantIDDuplicateScore",
    "ballot_box": "Q_BallotBoxStuffing",
}
METADATA = (
    *DEFAULTS.values(),
    "Finished", "RecordedDate", "DistributionChannel", "UserLanguage", "ExternalReference", "ExternalDataReference",
    "ResponseSet", "Q_RelevantIDDuplicate", "Q_RelevantIDLastStartDate", "Q_DuplicateRespondent",
    "Q_AmbiguousTextPresent", "Q_AmbiguousTextQuestions", "Q_UnansweredPercentage", "Q_UnansweredQuestions",
    "Q_StraightliningCount", "Q_StraightliningPercentage", "Q_StraightliningQuestions", "Q_TotalDuration",
)  # fmt: skip
PERSONAL = (
    "IPAddress", "RecipientLastName", "RecipientFirstName", "RecipientEmail", "LocationLatitude", "LocationLongitude",
    "LocationAccuracy", "EmailAddress", "Name",
)  # fmt: skip
UNANSWERED = "-99"  # what "recode seen but unanswered questions" writes
ID = re.compile(r"_?response ?id")
SELECTED = " - Selected Choice"
# A question's own id, its number in a loop and its side of a table included: 2_QID5#1.
QUESTION = re.compile(r"(?:[0-9]+_)?QID[0-9]+(?:#[0-9]+)?")
TIMING = re.compile(r"_(?:first|last)[_ ]click$|_page[_ ]submit$|_click[_ ]count$", re.IGNORECASE)
ORDER = re.compile(r"_DO(?:_[0-9]+)?$")
WORDS = re.compile(r"_[0-9]+(?:_[0-9]+)?_TEXT$")  # QID6_TEXT itself is an open question


def recognise(head: Sequence[Sequence[str]]) -> Layout | None:
    """The layout, where the third record is made of ImportIds, or the first two name what old exports begin with.

    Labels of the second row may be in any language where there is a third.
    """
    if len(head) < 2:
        return None
    ids = [_import_id(cell) for cell in head[2]] if len(head) > 2 else []
    if not ids or sum(found is not None for found in ids) < len(ids) / 2:
        return _legacy(head)
    rows = zip_longest(head[0], head[1][: len(head[0])], ids[: len(head[0])], fillvalue=None)
    columns = [
        SourceColumn(i, (name or "").strip(), text or "", import_id=found or "", kind=_kind(name or "", found or ""))
        for i, (name, text, found) in enumerate(rows, 1)
    ]
    return Layout("qualtrics", 3, _parted(columns), DEFAULTS, unanswered=(UNANSWERED,))


def _legacy(head: Sequence[Sequence[str]]) -> Layout | None:
    """Two header rows: V1, V2 and so on or names, and below them what they are."""
    known = {_plain(name) for name in (*METADATA, *PERSONAL)}
    above, below = head[0], [*head[1], *[""] * len(head[0])]
    labels = {_plain(text) for name, text in zip(above, below, strict=False)
              if (_plain(text) in known and (_plain(name) == _plain(text) or re.fullmatch(r"V[0-9]+", name.strip())))
              or ID.fullmatch(evened(text))}  # fmt: skip
    if len(labels & known) < 3 or not any(ID.fullmatch(evened(text)) for text in below):
        return None
    found: dict[str, str] = {}
    columns = []
    for i, (name, text) in enumerate(zip(above, below, strict=False), 1):
        columns.append(SourceColumn(i, name.strip(), text, kind=_kind(text, "") or _kind(name, "")))
        ours = next((key for key, theirs in DEFAULTS.items() if _plain(theirs) in (_plain(text), _plain(name))), None)
        if ours is not None and name.strip():
            found.setdefault(ours, name.strip())
    return Layout("qualtrics", 2, _parted(columns), found, unanswered=(UNANSWERED,))


def _plain(name: str) -> str:
    return evened(name).replace(" ", "").lstrip("_")


def _kind(name: str, import_id: str) -> Kind:
    for text in (import_id, name.strip()):
        if TIMING.search(text) or ORDER.search(text):
            return "paradata"
        if WORDS.search(text):
            return "words"
    if import_id.startswith("QID"):
        return ""  # a question may be tagged `Status`
    if _plain(name) in map(_plain, PERSONAL):
        return "personal"
    return "metadata" if _plain(name) in map(_plain, METADATA) else ""


def _parted(columns: Sequence[SourceColumn]) -> tuple[SourceColumn, ...]:
    """The columns, of those of one question the text that they share apart from the text of each."""
    families: dict[str, list[SourceColumn]] = {}
    for column in columns:
        found = QUESTION.match(column.import_id)
        of = found.group() if found else column.name.rpartition("_")[0] if not column.import_id else ""
        if of and not column.kind:
            families.setdefault(of, []).append(column)
    parted: dict[int, SourceColumn] = {}
    for family in families.values():
        start = os.path.commonprefix([column.text for column in family])  # noqa: RUF071 - of characters, as meant
        start = start[: start.rfind(" - ") + 3] if " - " in start else ""
        if len(family) < 2 or not start:
            continue
        question = start.removesuffix(" - ").removesuffix(SELECTED)
        for column in family:
            parted[column.position] = replace(column, text=question, part=column.text[len(start) :])
    return tuple(parted.get(column.position, column) for column in columns)


def _import_id(cell: str) -> str | None:
    """The whole of a column's id: with the number of the choice, where that stands apart."""
    text = cell.strip()
    if not text.startswith("{") or "ImportId" not in text:
        return None
    found: object = None
    for read in (text, text.replace("'", '"'), text.replace('""', '"')):
        try:
            found = json.loads(read)
            break
        except (ValueError, RecursionError):
            continue
    if not isinstance(found, dict):
        match = re.search(r"""['"]ImportId['"]\s*:\s*['"]([^'"]*)['"]""", text)
        return match.group(1) if match else None
    more = [str(value) for key, value in found.items() if key not in ("ImportId", "timeZone")]
    return "_".join([str(found.get("ImportId") or ""), *more])
