"""SurveyMonkey CSV: one header row, or two with the options of each question in the second."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.ingest.layout import Layout, SourceColumn, kind_of
from pipeline.study.evening import evened

DEFAULTS = {"id": "Respondent ID", "started": "Start Date", "finished": "End Date"}
METADATA = (
    "Respondent ID", "RespondentID", "Collector ID", "CollectorID", "Collector", "Start Date", "StartDate",
    "End Date", "EndDate", "Date Created", "Date Modified",
)  # fmt: skip
PERSONAL = (
    "IP Address", "IPAddress", "Email Address", "Email", "First Name", "FirstName", "LastName", "Last Name",
    "Custom Data 1", "CustomData1",
)  # fmt: skip
SINGLE = ("response", "open-ended response", "")


def recognise(head: Sequence[Sequence[str]]) -> Layout | None:
    """The layout, where the file begins with a respondent id as SurveyMonkey writes it.

    Two header rows are told from one by the second record: its metadata cells are empty or repeat the
    first row's. The parent question may stand over its first column only, or over each.
    """
    if not head or not head[0] or evened(head[0][0]).replace(" ", "") != "respondentid":
        return None
    first = head[0]
    if len(head) > 1 and _second_header(first, head[1]):
        return Layout("surveymonkey", 2, _columns(first, head[1]), _defaults(first))
    columns = tuple(
        SourceColumn(i + 1, name.strip(), name, kind=kind_of(name, METADATA, PERSONAL)) for i, name in enumerate(first)
    )
    return Layout("surveymonkey", 1, columns, _defaults(first))


def _second_header(first: Sequence[str], second: Sequence[str]) -> bool:
    known = {evened(name) for name in METADATA}
    cells = [(evened(a), evened(b)) for a, b in zip(first, second, strict=False)]
    if len(second) != len(first) or not all(b in ("", a) for a, b in cells if a in known):
        return False
    # Where respondents have no id, an answer stands as bare; parents are told by what they leave empty or repeat.
    parents = [a for a, _ in cells if a not in known]
    named = any(b in SINGLE and b for _, b in cells)
    return named or "" in parents or len(set(parents)) < len(parents) or not any(b for _, b in cells)


def _columns(first: Sequence[str], second: Sequence[str]) -> tuple[SourceColumn, ...]:
    columns: list[SourceColumn] = []
    parent = single = ""
    for i, (above, below) in enumerate(zip(first, second, strict=True)):
        parent = above if above.strip() else parent
        part = "" if evened(below) in (*SINGLE, evened(parent)) else below
        text, kind = parent if part or above.strip() else "", kind_of(above, METADATA, PERSONAL)
        single = parent if evened(below) in SINGLE[:2] else single
        if part and parent == single and not kind:
            kind = "words"  # what was written beside the answer to one question
        columns.append(SourceColumn(i + 1, above.strip(), text, part, kind=kind))
    return tuple(columns)


def _defaults(first: Sequence[str]) -> dict[str, str]:
    names = {name.replace(" ", ""): name for name in first}
    return {ours: names.get(theirs.replace(" ", ""), theirs) for ours, theirs in DEFAULTS.items()}
