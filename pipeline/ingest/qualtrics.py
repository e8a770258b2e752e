"""Qualtrics CSV: three header rows, the third with the ImportId of each column as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import zip_longest

from pipeline.ingest.layout import Layout, SourceColumn, kind_of

DEFAULTS = {
    "id": "ResponseId",
    "started": "StartDate",
    "finished": "EndDate",
    "duration": "Duration (in seconds)",
    "status": "Status",
    "progress": "Progress",
    "recaptcha": "Q_RecaptchaScore",
}
METADATA = (
    *DEFAULTS.values(),
    "Finished", "RecordedDate", "DistributionChannel", "UserLanguage", "ExternalReference",
    "Q_RelevantIDDuplicate", "Q_RelevantIDDuplicateScore", "Q_RelevantIDFraudScore", "Q_RelevantIDLastStartDate",
    "Q_BallotBoxStuffing", "Q_DuplicateRespondent",
)  # fmt: skip
PERSONAL = (
    "IPAddress", "RecipientLastName", "RecipientFirstName", "RecipientEmail", "LocationLatitude", "LocationLongitude",
)  # fmt: skip


def recognise(head: Sequence[Sequence[str]]) -> Layout | None:
    """The layout, where the third record is made of ImportIds; labels of row two may be in any language."""
    if len(head) < 3 or not head[2]:
        return None
    ids = [_import_id(cell) for cell in head[2]]
    if sum(found is not None for found in ids) < len(ids) / 2:
        return None
    rows = zip_longest(head[0], head[1][: len(head[0])], ids[: len(head[0])], fillvalue=None)
    columns = tuple(
        SourceColumn(
            i,
            (name or "").strip(),
            text or "",
            import_id=found or "",
            kind="" if (found or "").startswith("QID") else kind_of(name or "", METADATA, PERSONAL),
        )
        for i, (name, text, found) in enumerate(rows, 1)
    )
    return Layout("qualtrics", 3, columns, DEFAULTS, unanswered=("-99",))


def _import_id(cell: str) -> str | None:
    text = cell.strip()
    if not text.startswith("{") or "ImportId" not in text:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        match = re.search(r"'ImportId'\s*:\s*'([^']*)'", text)
        return match.group(1) if match else None
    return str(found.get("ImportId") or "") if isinstance(found, dict) else None
