"""Qualtrics: three header rows, the third with the ImportId of each column as JSON; or, of old, two without it.

Sources: the exports described in Qualtrics' "Understanding your dataset"; headers of public exports of every question
type. Whoever prepares a file for pandas or R often takes out the second or third header row: both are read too.
"""

from __future__ import annotations

import json
import os.path
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest

from pipeline.ingest.layout import Kind, Layout, SourceColumn
from pipeline.ingest.personal import is_personal
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
# What the same column is called besides: in the ids, in the labels, in exports since RelevantID ended (2025).
ALSO = {
    "id": ("_recordId",),
    "duration": ("duration",),
    "status": ("Response Type",),
    "ballot_box": ("Q_DuplicateRespondent",),
}
IDS = ("_recordId", "responseId", "startDate", "endDate", "duration", "status", "progress")
METADATA = (
    *DEFAULTS.values(),
    "Response Type", "Finished", "RecordedDate", "LastModifiedDate", "DistributionChannel", "UserLanguage",
    "ExternalReference", "ExternalDataReference", "ResponseSet", "Q_RelevantIDDuplicate", "Q_RelevantIDLastStartDate",
    "Q_DuplicateRespondent", "Q_RecaptchaStatus", "Q_RecaptchaError", "Q_QualityScore", "Q_TerminateFlag",
    "Q_AmbiguousTextPresent", "Q_AmbiguousTextQuestions", "Q_UnansweredPercentage", "Q_UnansweredQuestions",
    "Q_StraightliningCount", "Q_StraightliningPercentage", "Q_StraightliningQuestions", "Q_TotalDuration",
)  # fmt: skip
PERSONAL = (
    "IPAddress", "RecipientLastName", "RecipientFirstName", "RecipientEmail", "LocationLatitude", "LocationLongitude",
    "LocationAccuracy", "EmailAddress", "Name",
)  # fmt: skip
TELLING = ("RecordedDate", "DistributionChannel", "UserLanguage", "Duration (in seconds)")  # no other platform's
UNANSWERED = "-99"  # what "recode seen but unanswered questions" writes
ID = re.compile(r"_?response ?id")
SELECTED = " - Selected Choice"

# A question's own id, its number in a loop and its side of a table included: 2_QID5#1.
_QUESTION = r"(?:[A-Za-z]?[0-9]+_)?QID[0-9]+(?:#[0-9]+)?"
QUESTION = re.compile(_QUESTION)
# QID5_3: a choice or a row, QID5_x3: carried forward. QID5_3_2: a row and a choice. Old exports write QID5-3.
ANSWER = re.compile(rf"({_QUESTION})[_-](x?-?[0-9]+)(?:[_-](x?-?[0-9]+))?(?:_TEXT)?")
WORDS = re.compile(rf"{_QUESTION}[_-].*[0-9][_-]TEXT")  # QID6_TEXT itself is an open question
ORDER = re.compile(rf"(?:{_QUESTION}.*|(?:BL|FL)_[A-Za-z0-9]+)_DO(?:_.*)?|DO-.*", re.DOTALL)
TIMING = re.compile(rf"{_QUESTION}[_-](?:FIRST_CLICK|LAST_CLICK|PAGE_SUBMIT|CLICK_COUNT)")
DEVICE = re.compile(rf"{_QUESTION}[_-](?:BROWSER|VERSION|OS|RESOLUTION|FLASH|JAVA|USER_?AGENT)")
FILE = re.compile(rf"{_QUESTION}[_-]FILE_(ID|NAME|SIZE|TYPE)")
# What Qualtrics works out from answers: groups of the Net Promoter Score, topics and sentiment of texts, scores.
DERIVED = re.compile(rf"{_QUESTION}.*_NPS_GROUP|{_QUESTION}.*_[0-9a-f]{{24}}[A-Z]\w*|SC_[A-Za-z0-9]+", re.DOTALL)
RESERVED = re.compile(r"Q_[A-Z]\w*")  # embedded data of these names are the platform's own

# The same where there are no ids: by the names, and by the texts of old exports.
WORDS_NAME = re.compile(r".*_[0-9]+_TEXT", re.DOTALL)
ORDER_NAME = re.compile(r".*_DO(?:_[0-9]+)?|(?:BL|FL)_[0-9A-Za-z]+_DO_.*|DO-.*", re.DOTALL)
TIMING_NAME = re.compile(r".*(?:_|- ?)(?:first click|last click|page submit|click count)\.?", re.IGNORECASE | re.DOTALL)


def recognise(head: Sequence[Sequence[str]]) -> Layout | None:
    """The layout, where the third record (or the second) is made of ImportIds, or the names are those of Qualtrics.

    Labels of the second row may be in any language.
    """
    for row in (2, 1):
        ids = [_import_id(cell) for cell in head[row]] if len(head) > row else []
        if ids and sum(found is not None for found in ids) >= len(ids) / 2:
            return _with_ids(head[0], head[1] if row == 2 else head[0], ids, row + 1)
    return (_legacy(head) or _bare(head)) if head else None


def _with_ids(names: Sequence[str], texts: Sequence[str], ids: Sequence[str | None], header_rows: int) -> Layout:
    width = len(names)
    rows = list(zip_longest(names, texts[:width], ids[:width], fillvalue=None))
    forms = _forms(found for *_, found in rows if found)
    columns = _parted(
        SourceColumn(i, (name or "").strip(), text or "", import_id=found or "", kind=_kind(name or "", found, forms))
        for i, (name, text, found) in enumerate(rows, 1)
    )
    return Layout("qualtrics", header_rows, columns, DEFAULTS | _defaults(columns), unanswered=(UNANSWERED,))


def _forms(ids: Iterable[str]) -> set[str]:
    """Questions with several texts and nothing else, which are answers and no words beside an option."""
    texts: dict[str, list[bool]] = {}
    for found in ids:
        if question := QUESTION.match(found):
            texts.setdefault(question.group(), []).append(WORDS.fullmatch(found) is not None)
    return {question for question, are in texts.items() if len(are) > 1 and all(are)}


def _legacy(head: Sequence[Sequence[str]]) -> Layout | None:
    """Two header rows: V1, V2 and so on or names, and below them what they are."""
    if len(head) < 2:
        return None
    above, below = head[0], [*head[1], *[""] * len(head[0])]
    labels = {_plain(text) for name, text in zip(above, below, strict=False)
              if (_plain(text) in _KNOWN and (_plain(name) == _plain(text) or re.fullmatch(r"V[0-9]+", name.strip())))
              or ID.fullmatch(evened(text))}  # fmt: skip
    if len(labels & _KNOWN) < 3 or not any(ID.fullmatch(evened(text)) for text in below):
        return None
    return _without_ids(above, below, 2)


def _bare(head: Sequence[Sequence[str]]) -> Layout | None:
    """Names alone, or above labels in another language: told by what no other platform calls its columns so."""
    names = {_plain(name): i for i, name in reversed(list(enumerate(head[0])))}
    known, telling = names.keys() & _KNOWN, names.keys() & {_plain(name) for name in TELLING}
    if "responseid" not in known or len(known) < 4 or not telling:
        return None
    below = [*(head[1] if len(head) > 1 else []), *[""] * len(head[0])]
    # A label has letters and no digits; under these names an answer has digits, as has an id: R_3HoAsUuZtQ4F9yB.
    cells = [below[names[_plain(name)]].strip() for name in ("StartDate", "EndDate", "RecordedDate", "ResponseId")
             if _plain(name) in names]  # fmt: skip
    if len(cells) > 1 and all(cell and not re.search("[0-9]", cell) for cell in cells):
        return _without_ids(head[0], below, 2)
    return _without_ids(head[0], head[0], 1)


def _without_ids(names: Sequence[str], texts: Sequence[str], header_rows: int) -> Layout:
    columns = _parted(
        SourceColumn(i, name.strip(), text, kind=_kind_by_name(name.strip(), text))
        for i, (name, text) in enumerate(zip(names, texts, strict=False), 1)
    )
    return Layout("qualtrics", header_rows, columns, _defaults(columns), unanswered=(UNANSWERED,))


def _plain(name: str) -> str:
    """Without what differs between names, ids and labels: "panel-RecipientEmail", "_recordId", "Recorded Date"."""
    return re.sub(r"^(?:panel-|location-(?=location)|_)", "", evened(name).replace(" ", "")) if len(name) < 100 else ""


_KNOWN_METADATA = {_plain(name) for name in (*METADATA, *(name for names in ALSO.values() for name in names))}
_KNOWN_PERSONAL = {_plain(name) for name in PERSONAL}
_KNOWN = (_KNOWN_METADATA | _KNOWN_PERSONAL) - {"recordid"}


def _defaults(columns: Sequence[SourceColumn]) -> dict[str, str]:
    """Our name of a metadata column -> the platform's, of those that the file has."""
    others = [column for column in columns if not QUESTION.match(column.import_id)]
    called: dict[str, list[SourceColumn]] = {}
    times: dict[str, int] = {}
    for column in others:
        # A text tells only where names do not (V1 to V10): a respondent's field may bear any label.
        keys = {_plain(column.import_id), _plain(column.name), "" if column.import_id else _plain(column.text)}
        for key in keys - {""}:
            called.setdefault(key, []).append(column)
        for name in {evened(column.name), evened(column.import_id)}:
            times[name] = times.get(name, 0) + 1
    found: dict[str, str] = {}
    for ours, theirs in DEFAULTS.items():
        for name in (theirs, *ALSO.get(ours, ())):
            candidates = [c for c in called.get(_plain(name), []) if c.name or c.import_id]
            if candidates:
                # A field of the study's own may be called Status too, and then its id is: capitals tell them apart.
                first = next((c for c in candidates if c.import_id in IDS), candidates[0])
                unclear = times[evened(first.name)] > 1 and first.import_id
                found[ours] = first.import_id if unclear or not first.name else first.name
                break
    return found


def _kind(name: str, found: str | None, forms: set[str]) -> Kind:
    """By the id; by the name only where a column has none. forms: questions that consist of texts."""
    if not found:
        return _kind_by_name(name.strip(), "")
    if TIMING.fullmatch(found) or ORDER.fullmatch(found):
        return "paradata"
    if file := FILE.fullmatch(found):
        return "personal" if file.group(1) == "NAME" else "metadata"
    if DEVICE.fullmatch(found) or DERIVED.fullmatch(found):
        return "metadata"
    if question := QUESTION.match(found):  # which may be tagged `Status`
        return "words" if WORDS.fullmatch(found) and question.group() not in forms else ""
    for text in (found, name):
        if _plain(text) in _KNOWN_PERSONAL or is_personal(text):
            return "personal"
        if _plain(text) in _KNOWN_METADATA or RESERVED.fullmatch(text.strip()):
            return "metadata"
    return ""


def _kind_by_name(name: str, text: str) -> Kind:
    if ORDER_NAME.fullmatch(name) or TIMING_NAME.fullmatch(name) or TIMING_NAME.fullmatch(text):
        return "paradata"
    if WORDS_NAME.fullmatch(name):
        return "words"
    for label in (text, name):
        if _plain(label) in _KNOWN_PERSONAL or is_personal(label):
            return "personal"
        if _plain(label) in _KNOWN_METADATA:
            return "metadata"
    return ""


def _parted(given: Iterable[SourceColumn]) -> tuple[SourceColumn, ...]:
    """The columns, of those of one question the text that they share apart from the text of each."""
    columns = tuple(given)
    dash = "-" if any(column.text.strip() == "ResponseID" for column in columns) else " - "
    questions: dict[str, dict[str, list[SourceColumn]]] = {}
    for column in columns:
        of, row = _family(column)
        if of and not column.kind:
            questions.setdefault(of, {}).setdefault(row, []).append(column)
    parted: dict[int, SourceColumn] = {}
    for rows in questions.values():
        ticked = "" not in rows and all(len(row) > 1 for row in rows.values())  # several in each row of a table
        for family in rows.values() if ticked else [[column for row in rows.values() for column in row]]:
            parted |= _split(family, dash)
    return tuple(parted.get(c.position, c) for c in _with_words(columns, parted))


def _family(column: SourceColumn) -> tuple[str, str]:
    """The question that a column is an answer to, and the row of a table in which several can be ticked."""
    if not column.import_id:
        stem, _, number = column.name.rpartition("_")
        return (stem if number.isdigit() else "", "")
    found = ANSWER.fullmatch(column.import_id)
    return (found.group(1), found.group(2) if found.group(3) else "") if found else ("", "")


def _split(family: Sequence[SourceColumn], dash: str) -> dict[int, SourceColumn]:
    if len(family) < 2:
        return {}
    selected = {column.text.partition(SELECTED + dash)[0] for column in family if SELECTED + dash in column.text}
    if len(selected) == 1 and all(SELECTED + dash in column.text for column in family):
        start = selected.pop() + SELECTED + dash
    else:
        start = os.path.commonprefix([column.text for column in family])  # noqa: RUF071 - of characters, as meant
        start = start[: start.rfind(dash) + len(dash)] if dash in start else ""
    question = start.removesuffix(dash).removesuffix(SELECTED)
    if not question.strip():
        return {}
    return {c.position: replace(c, text=question, part=c.text[len(start) :]) for c in family}


def _with_words(columns: Sequence[SourceColumn], parted: Mapping[int, SourceColumn]) -> Iterable[SourceColumn]:
    """The columns, of those with words beside an option the text of the question apart from what follows it."""
    asked: dict[str, set[str]] = {}
    for column in columns:
        found = QUESTION.match(column.import_id)
        if found and not column.kind and (column.position in parted or column.text.endswith(SELECTED)):
            text = parted.get(column.position, column).text
            asked.setdefault(found.group(), set()).add(text.removesuffix(SELECTED))
    for column in columns:
        found = QUESTION.match(column.import_id)
        texts = asked.get(found.group(), set()) if found and column.kind == "words" else set()
        start = f"{next(iter(texts))} - " if len(texts) == 1 else ""
        if start and column.text.startswith(start):
            yield replace(column, text=start.removesuffix(" - "), part=column.text[len(start) :])
        else:
            yield column


def _import_id(cell: str) -> str | None:
    """The whole of a column's id: with the number of the choice, where that stands apart."""
    text = cell.strip()
    if text.startswith('"') and text.endswith('"'):
        text = text[1:-1].strip()
    if not text.startswith("{") or "ImportId" not in text:
        return None
    found: object = None
    for read in (text, text.replace("'", '"'), text.replace('""', '"'), text.replace('\\"', '"'),
                 re.sub("[“”„]", '"', text)):  # fmt: skip
        try:
            found = json.loads(read)
            break
        except (ValueError, RecursionError):
            continue
    if not isinstance(found, dict):
        found = dict(re.findall(r"""['"](\w+)\\?['"]+\s*:\s*\\?['"]+([^'"\\]*)""", text))
        if "ImportId" not in found:
            return None
    more = [key if value is True else str(value) for key, value in found.items()
            if key not in ("ImportId", "timeZone") and value not in (False, None, "")]  # fmt: skip
    return "_".join([str(found.get("ImportId") or ""), *more])
