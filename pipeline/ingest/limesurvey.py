"""LimeSurvey CSV or workbook: headings as codes (Q1[SQ001]), as texts (Question [Row]), or as both.

Semicolon or comma, "Y" or "Yes" in the column of an option that was ticked, empty or "No" where not; in full answers
"N/A" where it was not shown. Source of the headings: application/helpers/admin/export/Writer.php of LimeSurvey,
getHeadingCode and getHeadingText. Also its VV export, with texts in the first row and codes in the second.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.ingest.layout import Kind, Layout, SourceColumn
from pipeline.study.evening import evened

# Codes of the columns that are no questions, with their texts as English, German and French exports head them.
METADATA: Mapping[str, tuple[str, ...]] = {
    "id": ("Response ID", "Antwort ID", "ID de la réponse"),
    "submitdate": ("Date submitted", "Datum Abgeschickt", "Date de soumission"),
    "lastpage": ("Last page", "Letzte Seite", "Dernière page"),
    "startlanguage": ("Start language", "Start-Sprache", "Langue de départ"),
    "seed": ("Seed", "Zufallsstartwert", "Tête de série"),
    "startdate": ("Date started", "Datum gestartet", "Date de lancement"),
    "datestamp": ("Date last action", "Datum letzte Aktivität", "Date de la dernière action"),
    "refurl": ("Referrer URL", "Weiterleitungs-URL", "URL de référence"),
    "interviewtime": ("Total time", "Gesamtzeit", "Temps total"),
}
PERSONAL: Mapping[str, tuple[str, ...]] = {
    "ipaddr": ("IP address", "IP-Adresse", "Adresse IP"),
    "token": ("Token", "Access code", "Zugangscode", "Zugangsschlüssel", "Code d'accès"),
    "email": ("Email address", "E-mail address", "E-Mail-Adresse", "Adresse e-mail"),
    "firstname": ("First name", "Vorname", "Prénom"),
    "lastname": ("Last name", "Nachname", "Nom de famille"),
}
DEFAULTS = {"id": "id", "started": "startdate", "finished": "submitdate", "duration": "interviewtime"}
TELLING = {"submitdate", "lastpage", "startlanguage", "startdate", "datestamp"}  # two of these tell LimeSurvey
OTHER = {"other", "sonstiges", "autre"}
FREE = OTHER | {"comment", "kommentar", "commentaire"}
_CODE = re.compile(r"([A-Za-z][A-Za-z0-9_]*|[0-9]+X[0-9]+X[0-9]+\w*)((?:\[[^\[\]]*\])*)")
_BOTH = re.compile(_CODE.pattern + r"(?:[.:|)]\s*|\s+[-–|:]\s+)")
_TIME = re.compile(r"(?:group|question) time\b|(?:Gruppen|Fragen)zeit\b|temps (?:du groupe|de la question)\b", re.I)
_GROUP_TIME = re.compile(r"groupTime[0-9]*")

_KNOWN: dict[str, tuple[str, Kind]] = {}
for _kind, _names in (("metadata", METADATA), ("personal", PERSONAL)):
    for _code, _texts in _names.items():
        for _name in (_code, *_texts):
            _KNOWN[evened(_name)] = (_code, "personal" if _kind == "personal" else "metadata")


@dataclass(frozen=True)
class _Heading:
    """A heading taken apart. code: without what stands in brackets. keys: codes in brackets. text: as it is."""

    whole: str
    code: str = ""
    keys: tuple[str, ...] = ()
    text: str = ""

    @property
    def name(self) -> str:
        return self.code + "".join(f"[{key}]" for key in self.keys)


def recognise(head: Sequence[Sequence[str]]) -> Layout | None:
    """The layout, where two columns that only LimeSurvey has are among the first row's, or, of codes, the second's."""
    if not head:
        return None
    first = head[0]
    if _is_ours([_coded(name) for name in first]):
        return _layout([_coded(name) for name in first], first, 1)
    if _is_ours([_both(name) for name in first]):
        return _layout([_both(name) for name in first], first, 1)
    if len(head) > 1 and len(head[1]) == len(first) and _is_ours([_coded(name) for name in head[1]]):
        both = [_Heading(c, h.code, h.keys, t) for c, t in zip(head[1], first, strict=True) for h in [_coded(c)]]
        return _layout(both, head[1], 2)
    texts = [_Heading(name.strip(), text=name.strip()) for name in first]
    known = {_KNOWN[name][0] for heading in texts if (name := _spaced(heading.text)) in _KNOWN}
    return _layout(texts, first, 1) if len(known & TELLING) > 1 else None


def _is_ours(headings: Sequence[_Heading]) -> bool:
    codes = {heading.code.casefold() for heading in headings}
    return len(codes & TELLING) > 1


def _coded(name: str) -> _Heading:
    """A heading that is a code."""
    found = _CODE.fullmatch(name.strip())
    return _Heading(name.strip(), found.group(1), _keys(found.group(2))) if found else _Heading(name.strip())


def _both(name: str) -> _Heading:
    """A heading that is a code, a separator and a text: "Q1[SQ001]. Question [Row]"."""
    found = _BOTH.match(name.strip())
    if found is None:
        return _Heading(name.strip(), text=name.strip())
    return _Heading(name.strip(), found.group(1), _keys(found.group(2)), name.strip()[found.end() :].strip())


def _keys(brackets: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\[([^\[\]]*)\]", brackets))


def _spaced(text: str) -> str:
    """A text of which spaces may have been made underscores, an option of the export."""
    return evened(text.replace("_", " ")) if " " not in text.strip() else evened(text)


def _layout(headings: Sequence[_Heading], names: Sequence[str], header_rows: int) -> Layout:
    codes = {heading.code for heading in headings if heading.code}
    stems = Counter(_apart(heading.text)[0] for heading in headings if not heading.code)
    wholes = {heading.code or heading.text for heading in headings if not heading.keys}
    columns = tuple(_column(i, heading, codes, stems, wholes) for i, heading in enumerate(headings, 1))
    found = {_known(heading): column.name for heading, column in zip(headings, columns, strict=True)}
    defaults = {ours: found[code] for ours, code in DEFAULTS.items() if code in found}
    return Layout("limesurvey", header_rows, columns, defaults)


def _known(heading: _Heading) -> str:
    """The code of a column that is no question, else ""."""
    name = evened(heading.code) if heading.code else _spaced(heading.text)
    return _KNOWN[name][0] if name in _KNOWN and not heading.keys else ""


def _column(
    position: int, heading: _Heading, codes: set[str], stems: Mapping[str, int], wholes: set[str]
) -> SourceColumn:
    name = heading.name if heading.code else heading.whole
    if known := _known(heading):
        return SourceColumn(position, name, heading.text or name, kind=_KNOWN[known][1])
    if _is_time(heading, codes):
        return SourceColumn(position, name, heading.text or name, kind="paradata")
    if not heading.code:
        text, parts = _apart(heading.text)
        if parts and not (stems[text] > 1 or text in wholes or evened(parts[-1]) in FREE):
            text, parts = heading.text, ()  # brackets that belong to the question
        return SourceColumn(position, name, text, " - ".join(parts), kind=_free(parts, text in wholes))
    kind = _free_code(heading, heading.code in wholes)
    import_id = "_".join((heading.code, *heading.keys)) if heading.keys else ""
    if not heading.text:
        part = " - ".join(key for whole in heading.keys for key in whole.split("_"))
        return SourceColumn(position, name, heading.code, part, import_id, kind)
    wanted = len([key for whole in heading.keys for key in whole.split("_")])
    text, parts = _apart(heading.text, wanted)
    return SourceColumn(position, name, text, " - ".join(filter(None, parts)), import_id, kind)


def _is_time(heading: _Heading, codes: set[str]) -> bool:
    if heading.code:
        name = heading.code
        return not heading.keys and bool(
            _GROUP_TIME.fullmatch(name) or (name.endswith("Time") and name.removesuffix("Time") in codes)
        )
    return _TIME.match(heading.text.replace("_", " ")) is not None


def _free_code(heading: _Heading, alone: bool) -> Kind:
    """Whether a column holds words beside an answer, told by its code.

    alone: whether the question has one answer, in a column of its own. Without it "other" is one of several ticks,
    and nothing but its words tells that it was ticked.
    """
    last = heading.keys[-1].casefold() if heading.keys else ""
    return "words" if last.endswith("comment") or (last == "other" and alone) else ""


def _free(parts: Sequence[str], alone: bool) -> Kind:
    """The same, told by its text."""
    last = evened(parts[-1]) if parts else ""
    return "words" if last in FREE and (alone or last not in OTHER) else ""


def _apart(text: str, most: int = 2) -> tuple[str, tuple[str, ...]]:
    """A text and what stands in brackets at its end, at most so many: "Question [Row][Column]"."""
    parts: list[str] = []
    rest = text.rstrip()
    while len(parts) < most and rest.endswith("]"):
        depth = 0
        for i in range(len(rest) - 1, -1, -1):
            depth += (rest[i] == "]") - (rest[i] == "[")
            if depth == 0:
                break
        if depth or (i == 0 and not parts and len(rest) == len(text)):
            break
        parts.insert(0, rest[i + 1 : -1].strip())
        rest = rest[:i].rstrip()
    return (rest, tuple(parts)) if rest else (text, ())
