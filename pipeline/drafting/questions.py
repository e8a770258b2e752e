"""Columns put together as questions, and what kind of question each is."""

from __future__ import annotations

import os.path
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pipeline.drafting.profiles import Export, Profile, in_order
from pipeline.drafting.words import identifier, mark_of, option_id, ordered, plain, tellable, unique
from pipeline.ingest.answers import NOT_TICKED, TICKED, Joined
from pipeline.ingest.numerals import is_number
from pipeline.study.collisions import CONDITION_WORDS, RESPONSE_COLUMNS
from pipeline.study.evening import evened
from pipeline.study.questions import Mark, Option

MOST_OPTIONS = 40
JOINT = " - "  # between question and part, as matching reads it
SHORTEST = 11  # signs of a question with its joint
NO_ANSWER = {"na", "n/a", "#n/a", "#null!", "null", "nan", "-99", "#value!", "{question_not_shown}"}
_NAMED_FAMILY = re.compile(r"(.{2,}?)[_.\[ ]?(?:[0-9]{1,3}|[a-z])\]?$", re.IGNORECASE)
_CODE_NAME = re.compile(r"(q|v|c|x|qid|question|var|col(umn)?|field)?[_ .]?[0-9.]+[a-z]?(_[0-9]+)*$", re.IGNORECASE)


@dataclass(frozen=True)
class DraftOption:
    """An option with its text, and its code where exports hold that; column: of a tick that the text does not find."""

    key: str
    text: str
    mark: Mark | None = None
    code: str | None = None
    column: str | None = None


@dataclass(frozen=True)
class DraftQuestion:
    """A question as drafted. rows: (name, text, column) of a grid. profiles: its columns. notes: what to check."""

    name: str
    kind: str
    text: str | None
    column: str | None
    options: tuple[DraftOption, ...]
    rows: tuple[tuple[str, str, str | None], ...]
    profiles: tuple[Profile, ...]
    notes: tuple[str, ...] = ()


Labels = dict[str, dict[str, str]]
"""Of each column, by its evened name: code -> label."""


def parted(profiles: Sequence[Profile]) -> tuple[Profile, ...]:
    """The columns, "Question - part" taken apart where columns beside each other share the question."""
    found = list(profiles)
    i = 0
    while i < len(found) - 1:
        start = os.path.commonprefix([p.column.text for p in found[i : i + 2]])  # noqa: RUF071 - of characters
        start = start[: start.rfind(JOINT) + len(JOINT)] if JOINT in start else ""
        if len(start) < SHORTEST or any(p.column.part or p.column.kind for p in found[i : i + 2]):
            i += 1
            continue
        while i < len(found) and found[i].column.text.startswith(start) and not found[i].column.part:
            c = found[i].column
            part = replace(c, text=start.removesuffix(JOINT), part=c.text[len(start) :])
            found[i] = replace(found[i], column=part)
            i += 1
    return tuple(found)


def families(profiles: Sequence[Profile]) -> list[list[Profile]]:
    """Columns of one question text beside each other, and columns named alike that hold the same answers."""
    found: list[list[Profile]] = []
    for p in profiles:
        before = found[-1] if found else []
        if before and (_same_text(before[-1], p) or _same_names(before, p)):
            before.append(p)
        else:
            found.append([p])
    return found


def _same_text(a: Profile, b: Profile) -> bool:
    return bool(a.column.part and b.column.part) and evened(a.column.text) == evened(b.column.text)


def _same_names(before: Sequence[Profile], p: Profile) -> bool:
    """Whether columns without question texts are parts of one by their names: q5_1, q5_2, with one set of answers."""
    if p.column.part or before[0].column.part or not (p.whole and before[0].whole):
        return False
    stems = [m.group(1) if (m := _NAMED_FAMILY.fullmatch(c.column.name)) else None for c in (before[0], p)]
    if stems[0] is None or stems[0] != stems[1] or p.column.text not in ("", p.column.name):
        return False
    a, b = ({evened(t) for t in c.answers} for c in (before[0], p))
    return bool(a) and bool(b) and len(a | b) <= 12 and (a <= b or b <= a)


def drafted(export: Export, profiles: Sequence[Profile], labels: Labels) -> list[DraftQuestion]:
    """Every question of these columns, in their order."""
    counts = Counter((evened(p.column.text), evened(p.column.part)) for p in export.profiles)
    names = Counter(evened(p.column.name) for p in export.profiles)
    taken: set[str] = {*RESPONSE_COLUMNS, *CONDITION_WORDS}
    questions: list[DraftQuestion] = []
    for family in families(profiles):
        family = [p for p in family if len(family) == 1 or _told_apart(p, counts, names)] or family[:1]
        for parts in _split(family, labels):
            for question in _draft(parts, labels, counts, names, taken):
                taken.add(question.name)
                questions.append(question)
    return questions


def _split(family: list[Profile], labels: Labels) -> Iterator[list[Profile]]:
    """A family as one question where its columns are ticks or rows of one scale, else a question a column."""
    if len(family) == 1:
        yield family
        return
    words = [p for p in family if _is_words(p)]
    rest = [p for p in family if p not in words]
    if _are_ticks(family):
        yield family
    elif _are_ticks(rest) or _are_rows(rest, labels):
        yield rest
        yield from ([p] for p in words)
    else:
        yield from ([p] for p in family)


def _is_words(p: Profile) -> bool:
    return _is_other(p) and (p.distinct > 3 or not p.filled)


def _is_other(p: Profile) -> bool:
    """Whether a part is the option for what no other option says, by its words, or by LimeSurvey's code."""
    return mark_of(p.column.part) == "other" or p.column.import_id.casefold().endswith("_other")


def _are_ticks(family: Sequence[Profile]) -> bool:
    return len(family) > 1 and any(p.filled for p in family) and all(_is_tick(p) for p in family)


def _is_tick(p: Profile) -> bool:
    said = {evened(answer) for answer in p.answers} - NOT_TICKED - NO_ANSWER
    if _is_other(p):
        return True
    return len(said) <= 1 and (
        not said
        or said <= TICKED
        or said == {evened(p.column.part)}
        or (p.distinct <= 2 and next(iter(said)).isdigit())
        or next(iter(said)) in evened(p.column.name)
    )


def _are_rows(family: Sequence[Profile], labels: Labels) -> bool:
    filled = [p for p in family if p.filled]
    if len(family) < 2 or not filled or not all(p.whole for p in filled):
        return False
    if all(p.numbers for p in filled) and not any(evened(p.column.name) in labels for p in filled):
        return len(in_order(filled)) <= 11
    said = [{evened(a) for a in p.answers} - NO_ANSWER for p in filled]
    every = set().union(*said)
    shared = sum(len(answers) >= len(every) / 2 for answers in said)
    return len(every) <= 15 and shared >= len(said) / 2


def _draft(
    parts: list[Profile], labels: Labels, counts: Counter[tuple[str, str]], names: Counter[str], taken: set[str]
) -> Iterator[DraftQuestion]:
    first = parts[0]
    text, column, found = _way(first, len(parts) > 1, counts, names)
    if not found:
        return
    notes: list[str] = []
    name = unique(_name(first, len(parts) > 1), taken)
    if len(parts) > 1:
        kind = "multiple" if _are_ticks(parts) else "grid"
        keys: list[str] = []
        for p in parts:
            keys.append(unique(option_id(_part(p)) if kind == "multiple" else identifier(_part(p), 4, "row"), keys))
        own = {p.column.position: _own_column(p, counts, names) for p in parts}
        if kind == "multiple":
            options = tuple(
                DraftOption(
                    key, _part(p), "other" if _is_other(p) else mark_of(_part(p)), column=own[p.column.position]
                )
                for key, p in zip(keys, parts, strict=True)
            )
            if len({evened(o.text) for o in options}) < len(options):
                options = tuple(_first_of_each(options))
                notes.append("several columns of one text: told as one option, whichever holds an answer")
            yield DraftQuestion(name, kind, text, None, options, (), tuple(parts))
            return
        options, more = _options(in_order(parts), parts, labels)
        rows = tuple((key, _part(p), own[p.column.position]) for key, p in zip(keys, parts, strict=True))
        yield DraftQuestion(name, kind, text, None, options, rows, tuple(parts), tuple(more))
        return
    kind, options, more = _single(first, labels)
    yield DraftQuestion(name, kind, text, column, options, (), tuple(parts), (*notes, *more))


def _first_of_each(options: Sequence[DraftOption]) -> Iterator[DraftOption]:
    seen: set[str] = set()
    for option in options:
        if evened(option.text) not in seen:
            seen.add(evened(option.text))
            yield option


def _part(p: Profile) -> str:
    return next((text for text in (plain(p.column.part), plain(p.column.name)) if evened(text)), "part")


def _way(
    p: Profile, family: bool, counts: Counter[tuple[str, str]], names: Counter[str]
) -> tuple[str | None, str | None, bool]:
    """By which text or column name a question is found; whether it can be."""
    c = p.column
    whole = c.text if family or not c.part else f"{c.text} - {c.part}"
    text = plain(whole) if tellable(whole) else None
    if family:
        return text or (plain(c.name) if tellable(c.name) else None), None, True
    alone = counts[(evened(c.text), evened(c.part))] == 1 and bool(text and evened(text))
    if alone:
        return text, None, True
    if tellable(c.import_id) and evened(c.import_id) != evened(c.name):
        return text, c.import_id, True
    return text, c.name, tellable(c.name) and names[evened(c.name)] == 1


def _told_apart(p: Profile, counts: Counter[tuple[str, str]], names: Counter[str]) -> bool:
    """Whether its texts, its name or its id find this column of a family and no other."""
    c = p.column
    if c.part and (counts[(evened(c.text), evened(c.part))] == 1 or _is_other(p)):
        return True
    return _own_column(p, counts, names) is not None


def _own_column(p: Profile, counts: Counter[tuple[str, str]], names: Counter[str]) -> str | None:
    """The name of a part's column, where its texts do not find it."""
    c = p.column
    if c.part and counts[(evened(c.text), evened(c.part))] == 1:
        return None
    if c.part and _is_other(p):
        return None
    return c.name if tellable(c.name) and names[evened(c.name)] == 1 else c.import_id or None


def _name(p: Profile, family: bool) -> str:
    c = p.column
    name = c.name.rsplit("_", 1)[0] if family and "_" in c.name else c.name
    if name and len(name) <= 30 and not _CODE_NAME.fullmatch(name) and evened(name) != evened(c.text):
        return identifier(name)
    return identifier(c.text if family or not c.part else f"{c.text} {c.part}") if c.text else identifier(c.name)


def _options(
    texts: Sequence[str], parts: Sequence[Profile], labels: Labels
) -> tuple[tuple[DraftOption, ...], list[str]]:
    """Options of these answers in their order; codes by their labels where a reference sheet tells them."""
    known = next((labels[evened(p.column.name)] for p in parts if evened(p.column.name) in labels), None)
    keys: list[str] = []
    found: list[DraftOption] = []
    if known is not None:
        for code, label in known.items():
            keys.append(unique(option_id(label), keys))
            found.append(DraftOption(keys[-1], label, _sure_mark(label), code))
        return tuple(found), []
    counts: Counter[str] = Counter()
    for p in parts:
        counts.update(p.answers)
    shown = list({evened(plain(t)): t for t in reversed(texts) if evened(plain(t)) not in ("", *NO_ANSWER)}.values())
    for text in ordered(list(reversed(shown)), counts):
        keys.append(unique(option_id(text), keys))
        found.append(DraftOption(keys[-1], text, _sure_mark(text)))
    notes = []
    if found and all(p.numbers for p in parts):
        notes.append("numbers: are these codes? give each option its text, and the number as `code`")
    return tuple(found), notes


def _sure_mark(text: str) -> Mark | None:
    mark = mark_of(text)
    return mark if mark != "other" else None  # else an answer that no option explains would be taken for it


def _single(p: Profile, labels: Labels) -> tuple[str, tuple[DraftOption, ...], list[str]]:
    """Kind, options and notes of a question that is one column."""
    if evened(p.column.name) in labels:
        return "single", *_options([], [p], labels)
    answers = [a for a in p.answers if evened(plain(a)) not in ("", *NO_ANSWER)]
    if not answers:
        return "text", (), ["no answers in this export: what is it?"]
    if p.numbers or all(is_number(a, p.decimal) for a in answers):
        if p.whole and len(answers) <= 7 and all(a.strip().isdigit() for a in answers):
            return "single", *_options(answers, [p], labels)
        return "number", (), []
    joined = _joined_options(p)
    if joined is not None:
        keys: list[str] = []
        for text in joined:
            keys.append(unique(option_id(text), keys))
        options = tuple(DraftOption(k, t, mark_of(t)) for k, t in zip(keys, joined, strict=True))
        return "multiple", options, ["ticks joined in one cell: are these all of the options, and whole?"]
    if (
        p.whole
        and len(answers) <= MOST_OPTIONS
        and (p.filled >= 2 * len(answers) or len(answers) <= 6)
        and p.longest < 300
    ):
        often = [a for a in answers if p.answers[a] > 1]
        if len(answers) > 8 and len(often) <= len(answers) / 2 and sum(p.answers[a] for a in often) >= p.filled / 2:
            return _with_other(p, often)
        return "single", *_options(answers, [p], labels)
    often = [a for a in answers if p.answers[a] >= max(3, p.filled / 100)]
    if 2 <= len(often) <= MOST_OPTIONS and sum(p.answers[a] for a in often) >= 0.7 * p.filled:
        return _with_other(p, often)
    return "text", (), []


def _with_other(p: Profile, often: Sequence[str]) -> tuple[str, tuple[DraftOption, ...], list[str]]:
    options, notes = _options([a for a in often if mark_of(a) != "other"], [p], {})
    other = next((a for a in often if mark_of(a) == "other"), "Other")
    added = DraftOption(unique("other", [o.key for o in options]), other, "other")
    return "single", (*options, added), [*notes, "rare answers are read as `other`: is one of them an option?"]


def _joined_options(p: Profile) -> list[str] | None:
    """The options that cells join by semicolons, line ends or commas; None where they join none."""
    for sign in (";", "\n", ", ", ","):
        several = [a for a in p.answers if sign in a]
        if len(several) < max(3, 0.3 * len(p.answers)):
            continue
        pieces: Counter[str] = Counter()
        for answer, n in p.answers.items():
            pieces.update({piece.strip(): n for piece in _merged(answer, sign, p) if piece.strip()})
        often = {piece for piece, n in pieces.items() if n >= max(2, p.filled / 200)}
        alone = [a for a in p.answers if sign not in a and evened(a) not in NO_ANSWER]
        recur = sum(pieces[piece] for piece in often) >= 0.8 * sum(pieces.values())
        if 2 <= len(often) <= MOST_OPTIONS and recur and len(often) < len(p.answers) and (alone or sign != ","):
            options = {f"o{i}": Option(text=text) for i, text in enumerate(sorted(often))}
            read = Joined(options, "")
            explained = sum(n for answer, n in p.answers.items() if not read(answer)[1])
            if explained >= 0.7 * p.filled:
                counts = {text: pieces[text] for text in often}
                return ordered(sorted(often, key=lambda t: -counts[t]), counts)
    return None


def _merged(answer: str, sign: str, p: Profile) -> list[str]:
    """A cell's pieces; those that a lower-case letter begins belong to the piece before: "Email, newsletters"."""
    pieces: list[str] = []
    for piece in answer.split(sign):
        if pieces and sign != "\n" and piece.strip()[:1].islower() and pieces[-1].strip()[:1].isupper():
            pieces[-1] += sign + piece
        else:
            pieces.append(piece)
    return pieces
