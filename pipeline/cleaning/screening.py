"""Cleaning rules as one disposition per delivered record: listed rules only, in order, the first hit decides."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pipeline.engine import Query
from pipeline.errors import counted, listed, nearest
from pipeline.ingest import qualtrics, surveymonkey
from pipeline.study.cleaning import (
    AttentionCheck,
    Bot,
    Cleaning,
    DuplicateAnswers,
    Excluded,
    Fraud,
    Incomplete,
    NoConsent,
    OutOfRange,
    PlatformDuplicate,
    Rule,
    ScreenedOut,
    Speeder,
    Straightliner,
)
from pipeline.study.columns import Resolver
from pipeline.study.conditions import ConditionField
from pipeline.study.variables import Variable

# As exports name them, and as Qualtrics numbers them; a preview that looks like spam is both.
TEST_STATUS = (
    "survey preview", "survey test", "preview", "test", "survey preview spam", "offline survey preview",
    "1", "2", "9", "17",
)  # fmt: skip
SPAM_STATUS = ("spam", "possible spam", "imported spam", "survey preview spam", "ex spam", "8", "9", "12", "40")

AMONG_OTHERS = ("duplicate_id", "duplicate_answers", "speeder")
"""Rules that look at the other records which are still in."""

SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]+", re.IGNORECASE)
"""A long number as spreadsheets show it, and save it as CSV: many ids become one."""
MOST_OF_ID = 40  # signs that are told

# Columns that are no questions without which a rule does nothing: any of these sets will do.
LOOKS_AT: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "duplicate_id": (("id",),), "excluded": (("id",),), "test_response": (("status",),), "spam": (("status",),),
    "bot": (("recaptcha",),), "fraud": (("fraud_score",),),
    "platform_duplicate": (("duplicate_score",), ("ballot_box",)), "speeder": (("duration",), ("started", "finished")),
}  # fmt: skip


def rule_names(cleaning: Cleaning) -> tuple[str, ...]:
    """Dispositions in order: the rules' names, numbered where one is listed again."""
    seen: Counter[str] = Counter()
    names = []
    for rule in cleaning:
        seen[rule.rule] += 1
        names.append(rule.rule if seen[rule.rule] == 1 else f"{rule.rule}_{seen[rule.rule]}")
    return tuple(names)


def screening_query(cleaning: Cleaning, resolver: Resolver, available: set[str]) -> Query:
    """One disposition for each record. available: variables that the delivery has a column for.

    A rule that the delivery lacks a question for does not run, rather than run on the others and hit more
    records; that it is lacking is for the checks to say. out_of_range runs on the numbers that are there.
    """
    present = [v for v in resolver.variables if v.name in available]
    steps: list[dict[str, Any]] = []
    for name, rule in zip(rule_names(cleaning), cleaning, strict=True):
        values = _values(rule, resolver, present)
        if values.get("runs", True):
            before = [step["name"] for step in steps]
            among = rule.rule in AMONG_OTHERS
            steps.append({"name": name, "kind": rule.rule, "rule": rule, "among": among, "after": before} | values)
    return Query(
        "core/screening.sql",
        {
            "steps": steps,
            "items": _completeness_items(resolver, present),
            "answers": [v.name for v in present],
            "test_status": TEST_STATUS,
            "spam_status": SPAM_STATUS,
        },
    )


def _values(rule: Rule, resolver: Resolver, present: Sequence[Variable]) -> dict[str, Any]:
    names = {v.name for v in present}
    if isinstance(rule, NoConsent | ScreenedOut):
        return _condition(rule.unless, resolver, names)
    if isinstance(rule, AttentionCheck):
        return _condition(rule.unless, resolver, names) | {"shown": resolver.needed(rule.unless)}
    if isinstance(rule, Straightliner):
        grids = [[v.name for v in present if v.question == grid] for grid in rule.grids]
        return {"grids": grids, "runs": all(len(rows) > 1 for rows in grids)}
    if isinstance(rule, OutOfRange):
        numbers = [v for v in present if v.number_range and (not rule.questions or v.name in rule.questions)]
        return {"numbers": numbers, "runs": bool(numbers)}
    if isinstance(rule, DuplicateAnswers):
        vector = [v for v in present if not rule.questions or v.question in rule.questions]
        lacking = set(rule.questions) - {v.question for v in vector}
        return {"vector": [v.name for v in vector], "runs": bool(vector) and not lacking}
    if isinstance(rule, Excluded):
        return {"ids": list(rule.ids)}
    return {
        "runs": isinstance(rule, Incomplete | Speeder | Bot | Fraud | PlatformDuplicate)
        or rule.rule in ("test_response", "spam", "duplicate_id")
    }


def _condition(unless: ConditionField, resolver: Resolver, names: set[str]) -> dict[str, Any]:
    return {"unless": resolver.columns(unless), "runs": set(resolver.needed(unless)) <= names}


def _completeness_items(resolver: Resolver, present: Sequence[Variable]) -> list[dict[str, Any]]:
    """Questions that count for completeness: each grid row, each multiple question once, open answers never.

    Together where they are asked of the same respondents.
    """
    items: list[dict[str, Any]] = []
    seen: set[str] = set()
    for v in present:
        if v.kind == "text" or (v.kind == "tick" and v.question in seen):
            continue
        seen.add(v.question)
        asked = resolver.columns(v.asked_if) if v.asked_if is not None else None
        same = next((item for item in items if item["asked"] == asked), None)
        if same is None:
            items.append(same := {"asked": asked, "columns": []})
        same["columns"].append(v.name)
    return items


def idle_rules(cleaning: Cleaning, source_columns: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """What each file lacks, other than questions, so that rules do nothing in it, with the columns that may be it.

    source_columns: rows of the table of that name.
    """
    files: dict[str, list[Mapping[str, Any]]] = {}
    for row in source_columns:
        files.setdefault(row["file"], []).append(row)
    for file, rows in files.items():
        there = {row["variable"] for row in rows if row["position"]}
        idle: dict[str, list[str]] = {}
        for name, rule in zip(rule_names(cleaning), cleaning, strict=True):
            ways = _looks_at(rule)
            if ways and not any(there.issuperset(way) for way in ways):
                idle.setdefault(ways[0][0], []).append(name)
        for ours, names in idle.items():
            free = [row["name"] for row in rows if not row["variable"] and row["role"] != "personal" and row["name"]]
            close = _may_be(ours, free)
            rules = f"rule {names[0]} does" if len(names) == 1 else f"rules {listed(names)} do"
            hint = "; nearest: " + listed((f'"{name}"' for name in close), 3) if close else ""
            column = f'"{close[0]}"' if close else "<name>"
            yield f"{file}: no {ours} column, so {rules} nothing{hint}; do: columns: {{{ours}: {column}}}"


def _looks_at(rule: Rule) -> tuple[tuple[str, ...], ...]:
    if isinstance(rule, Incomplete):
        return () if rule.progress_below is None else (("progress",),)
    if isinstance(rule, Excluded) and all(re.fullmatch("row-[0-9]+", name) for name in rule.ids):
        return ()  # what records without an id are called
    return LOOKS_AT.get(rule.rule, ())


def _may_be(ours: str, names: Sequence[str]) -> list[str]:
    """The names that end as ours does, or are close to what a platform calls it."""
    words = {name: re.findall("[a-z0-9]+", name.casefold()) for name in names}
    found = [name for name, parts in words.items() if len(parts) < 4 and parts[-1:] == [ours]]
    known = [platform.DEFAULTS[ours] for platform in (qualtrics, surveymonkey) if ours in platform.DEFAULTS]
    return list(dict.fromkeys([*found, *(close for name in known if (close := nearest(name, names)))]))


def most_taken_query(cleaning: Cleaning) -> Query | None:
    """Rules that take out most of the records that reach them, told from table `screening`; None without a rule."""
    names = rule_names(cleaning)
    rules = [
        {"name": name, "after": names[:i], "by_id": rule.rule == "duplicate_id"}
        for i, (name, rule) in enumerate(zip(names, cleaning, strict=True))
    ]
    return Query("core/most_taken.sql", {"rules": rules}) if rules else None


def most_taken_words(row: Mapping[str, Any]) -> str:
    """row: of what `most_taken_query` finds."""
    words = f"rule {row['rule']} takes out {row['taken_out']:,} of {counted(row['reached'], 'record')}"
    if row["id"] is None:
        return words
    hint = ", as a spreadsheet shortens long numbers: export the ids as text" if SHORTENED.fullmatch(row["id"]) else ""
    return f'{words}; most frequent id: "{row["id"][:MOST_OF_ID]}" ({counted(row["times"], "time")}){hint}'


def dispositions_query(cleaning: Cleaning) -> Query:
    """The waterfall: from delivered records to analysed respondents, a row a rule."""
    names = rule_names(cleaning)
    speeders = [name for name, rule in zip(names, cleaning, strict=True) if isinstance(rule, Speeder)]
    return Query("out/dispositions.sql", {"rules": ["blank", *names], "speeders": speeders})
