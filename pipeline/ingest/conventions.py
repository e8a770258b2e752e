"""What platforms that export one header row call the columns that are no questions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.ingest.layout import Kind
from pipeline.study.evening import evened

LONGEST = 100  # characters of a name that is no question


@dataclass(frozen=True)
class Convention:
    """A platform's names. telling: sets of names (evened), any of which tells it when all of the set are there.

    defaults: our name of a metadata column -> the platform's, the first that the file has. patterns: of names, with
    what they tell. first: of how many columns the telling ones are. parted: how a name holds question and part.
    """

    telling: tuple[frozenset[str], ...]
    defaults: Mapping[str, tuple[str, ...]]
    metadata: frozenset[str] = frozenset()
    personal: frozenset[str] = frozenset()
    patterns: Mapping[str, Kind] = field(default_factory=dict)
    first: int | None = None
    parted: str = ""

    def kind(self, name: str) -> Kind:
        """What a column of this name is."""
        plain = evened(name)
        if plain in self.personal:
            return "personal"
        if plain in self.metadata or any(plain in names for names in self.defaults.values()):
            return "metadata"
        told = (kind for pattern, kind in self.patterns.items() if re.fullmatch(pattern, plain))
        return next(told, "")


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(","))


CONVENTIONS: Mapping[str, Convention] = {
    "Typeform": Convention(
        (_names("submit date (utc), network id"), _names("submit date (utc), start date (utc)"),
         _names("#, network id")),
        {"id": ("#", "token"), "started": ("start date (utc)",), "finished": ("submit date (utc)",)},
        _names("#, network id, token, response type, stage date (utc), tags, ending"),
    ),
    "Microsoft Forms": Convention(
        (_names("start time, completion time"),),
        {"id": ("id",), "started": ("start time",), "finished": ("completion time",)},
        _names("last modified time, language, total points, quiz feedback, grade posted time"),
        _names("email, name"),
        patterns={r"(?:points|feedback) - .*": "metadata"},
        first=6,
    ),
    "Alchemer": Convention(
        (_names("response id, time started, date submitted"),),
        {"id": ("response id",), "started": ("time started",), "finished": ("date submitted",), "status": ("status",)},
        _names("contact id, legacy comments, comments, language, referer, sessionid, user agent, tags, country,"
               "state/region, extended referer"),
        _names("ip address, longitude, latitude, city, postal, email"),
        first=25,
        parted=r"(?P<part>[^:]+):(?P<text>.+)",
    ),
    "Jotform": Convention(
        tuple(_names(f"submission date, {name}") for name in (
            "submission id", "submission ip", "ip", "submission url", "submission edit url", "last update date")),
        {"id": ("submission id",), "finished": ("submission date",)},
        _names("last update date, submission url, submission edit url, edit link, flow status"),
        _names("submission ip, ip"),
        parted=r"(?P<text>.+) >> (?P<part>.+)",
    ),
    "KoboToolbox": Convention(
        (_names("_uuid, _submission_time"), _names("_id, _submission_time")),
        {"id": ("_uuid", "_id"), "started": ("start",), "finished": ("end", "_submission_time")},
        _names("_id, _uuid, _submission_time, _validation_status, _notes, _status, __version__, _tags, _index,"
               "_parent_index, _parent_table_name, _submission__id, _submission__uuid, today, audit, formhub/uuid,"
               "meta/instanceid, meta/rootuuid, meta/deprecatedid"),
        _names("_submitted_by, username, phonenumber, simserial, subscriberid, deviceid, email"),
        patterns={r"_.*_(?:altitude|precision)": "metadata", r"_.*_(?:latitude|longitude)": "personal"},
        parted=r"(?P<text>.+)/(?P<part>[^/]+)",
    ),
    "QuestionPro": Convention(
        (_names("response id, time taken to complete (seconds)"),),
        {"id": ("response id",), "duration": ("time taken to complete (seconds)",)},
        _names("response status, duplicate, seq. number, external reference, device, country code, region"),
        _names("ip address, respondent email, email list"),
        patterns={r"timestamp \(.*\)|custom variable [0-9]+": "metadata"},
        first=40,
    ),
    "SoSci Survey": Convention(
        (_names("case, questnnr, started"),),
        {"id": ("case",), "started": ("started",), "finished": ("lastdata",), "duration": ("time_sum",)},
        _names("serial, ref, questnnr, mode, language, finished, q_viewer, lastpage, maxpage, missing, missrel,"
               "time_rsi, mailsent"),
        patterns={r"time[0-9]{3}|deg_time": "paradata"},
    ),
    "REDCap": Convention(
        tuple(_names(f"record_id, {name}") for name in ("redcap_event_name", "redcap_repeat_instrument",
                                                        "redcap_survey_identifier", "redcap_data_access_group")),
        {"id": ("record_id",)},
        _names("redcap_event_name, redcap_repeat_instrument, redcap_repeat_instance, redcap_data_access_group"),
        _names("redcap_survey_identifier"),
        patterns={r"\w+_(?:timestamp|complete)": "metadata"},
        parted=r"(?P<text>.+?) \(choice=(?P<part>.+)\)",
    ),
    "Tally": Convention(
        (_names("submission id, respondent id, submitted at"),),
        {"id": ("submission id",), "finished": ("submitted at",)},
        _names("respondent id"),
        first=3,
    ),
}  # fmt: skip


def parts_of(convention: Convention, names: Sequence[str]) -> list[tuple[str, str]]:
    """(question, part) of each column: of a name that holds both, where its question has a column of its own or
    several that are parts of it; else the name and ""."""
    found = [re.fullmatch(convention.parted, name.strip(), re.DOTALL) if convention.parted else None for name in names]
    whole = {evened(name) for name in names}
    times = Counter(evened(match["text"]) for match in found if match)
    return [
        (match["text"], match["part"])
        if match and (evened(match["text"]) in whole or times[evened(match["text"])] > 1)
        else (name, "")
        for name, match in zip(names, found, strict=True)
    ]


def told(names: Sequence[str]) -> Convention | None:
    """Whose names these are, where it is unmistakable."""
    plain = [evened(name) if len(name) < LONGEST else "" for name in names]
    for convention in CONVENTIONS.values():
        known = frozenset(plain[: convention.first])
        if any(telling <= known for telling in convention.telling):
            return convention
    return None


def defaults(convention: Convention, names: Sequence[str]) -> dict[str, str]:
    """Our name of a metadata column -> the name that the file has for it, once."""
    times = Counter(evened(name) for name in names)
    own = {evened(name): name.strip() for name in names}
    found = {ours: next((t for t in theirs if times[t] == 1), "") for ours, theirs in convention.defaults.items()}
    return {ours: own[theirs] for ours, theirs in found.items() if theirs}
