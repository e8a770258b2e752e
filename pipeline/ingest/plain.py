"""Plain CSV: one header row with the question texts or column names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest

from pipeline.ingest.layout import Kind, Layout, SourceColumn
from pipeline.study.evening import evened

PERSONAL = {
    "ip", "ipaddress", "ipaddr", "email", "emailaddress", "mail", "phone", "phonenumber", "telephone", "mobile",
    "firstname", "lastname", "fullname", "surname", "latitude", "longitude", "locationlatitude", "locationlongitude",
    "имя", "фамилия", "фио", "телефон", "почта", "электроннаяпочта",
}  # fmt: skip


def recognise(head: Sequence[Sequence[str]], header_rows: int = 1) -> Layout:
    """The layout of any table. Of several header rows the first holds names, the second texts, the third parts."""
    rows = [*head[:header_rows], *([[]] * (3 - header_rows))]
    columns = tuple(
        SourceColumn(i, name.strip(), text if header_rows > 1 else name, part, kind=_kind(name))
        for i, (name, text, part) in enumerate(zip_longest(*rows[:3], fillvalue=""), 1)
    )
    return Layout("plain", header_rows, columns, {})


def _kind(name: str) -> Kind:
    """Personal data by the usual names of its columns; whoever asks a question writes more than these words."""
    return "personal" if re.sub("[^a-zа-я]", "", evened(name)) in PERSONAL else ""
