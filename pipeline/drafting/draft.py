"""The draft of a study file: what an export tells, in the order of the file's sections."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.drafting.asking import asked_rules
from pipeline.drafting.profiles import Export, Profile
from pipeline.drafting.questions import NO_ANSWER, DraftOption, DraftQuestion, Labels, drafted, parted
from pipeline.drafting.words import identifier, plain, tellable, unique
from pipeline.drafting.writing import key, option_lines, question_lines, quoted
from pipeline.errors import DeliveryError, counted, listed
from pipeline.study.evening import evened

ID = re.compile(r"((response|respondent|case|record|participant|subject|user|submission|interview)?[ _]?"
                r"(id|nr|no|number|code|key|uuid|guid|token)|id_?resp.*|#)")  # fmt: skip
STARTED = re.compile(r"(start|begin|began|begun).*(date|time|at|ed)?|start ?time|date ?started|starttime")
FINISHED = re.compile(r"(end|ended|finish|finished|submit|submitted|completed|completion).*(date|time|at)?|timestamp")
DURATION = re.compile(r"duration.*|.*\bseconds\b.*|interview ?length|total ?time|interviewtime")
WEIGHT = re.compile(r"(.*[_ ])?(weight|weights|wt|wgt|wght|pweight|gewicht|poids|peso|вес)(ing|ed)?([_ ]?[0-9a-z]*)?")
MOMENT = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}[./]\d{1,2}[./]\d{2,4}|^[2-7]\d{4}\.\d+$")
PERSONAL = (
    re.compile(r"[^@\s]+@[^@\s]+\.[a-z]{2,}", re.IGNORECASE),
    re.compile(r"(\d{1,3}\.){3}\d{1,3}|[0-9a-f]{1,4}(:[0-9a-f]{0,4}){4,7}", re.IGNORECASE),
    re.compile(r"\+?\d?[ (.-]*\d{3}[ ).-]+\d{3}[ .-]?\d{2}[ .-]?\d{2}"),
)
MOST_LISTED = 200
MOST_LEFT_OUT = 12  # lines on columns that are in no question


@dataclass(frozen=True)
class Draft:
    """A study file's text, and what is to be said of it."""

    text: str
    report: tuple[str, ...]


def draft(export: Export, title: str, labels: Labels) -> Draft:
    """The study file that an export suggests."""
    export = replace(export, profiles=parted(export.profiles))
    told, rest = _metadata(export)
    found = [p for p in rest if p.column.kind == "personal" or _is_personal(p)]
    private = {evened(p.column.name) for p in found} - {""}
    personal = [p for p in rest if p in found or evened(p.column.name) in private]  # of two of one name, both
    once = _named_once(export)
    weights = [p for p in rest if p not in personal and p.column.name in once and _is_weight(p)]
    ignored = [p for p in rest if p not in (*personal, *weights) and not p.filled and not p.column.part]
    asked = [p for p in rest if p not in (*personal, *weights, *ignored) and not p.column.kind]
    questions = drafted(export, asked, labels)
    left_out = _left_out(asked, questions)
    if not questions:
        columns = counted(len(export.profiles), "column")
        raise DeliveryError(
            str(export.source.path), "has no column that could be a question",
            found=f"{columns}: " + ("; ".join(left_out) or "ids, dates, personal data, or without name and answer"),
        )  # fmt: skip
    scales, of = _scales(questions)
    rules = asked_rules(export, questions)
    made_of = f"{counted(export.records, 'record')}, {export.source.layout.platform}"
    lines = [
        f"# Drafted from {' '.join(export.source.path.name.split())}: {made_of}.",
        "# Look at every line that says `check`. Then add score, tiers, segments, indicators and comparisons.",
        "format: 1",
        f"title: {quoted(title)}",
        'sample: {type: opt_in, population: "respondents of this survey"}  # check: opt_in or probability, and of whom',
    ]
    lines += [f"# check: left out: {words}" for words in left_out]
    lines += _columns(export, told, personal, ignored)
    if scales:
        lines += ["scales:"]
        for name, options in scales.items():
            lines += [f"  {key(name)}:", *option_lines(options, "    ")]
    lines.append("questions:")
    for question in questions:
        lines += question_lines(question, of.get(question.name), rules.get(question.name))
    for i, p in enumerate(weights):
        if not i:
            lines.append("weights:")
        name = "main" if not i else unique(identifier(p.column.name), ["main"])
        lines.append(f"  {name}: {{column: {quoted(p.column.name)}}}  # check: is it a weight?")
    lines.append("cleaning:" if "id" in told else "cleaning: []")
    if "id" in told:
        lines.append("  - {rule: duplicate_id}")
    text = "\n".join(lines) + "\n"
    return Draft(text, tuple(_report(export, questions, scales, personal, weights, text)))


def _left_out(asked: Sequence[Profile], questions: Sequence[DraftQuestion]) -> list[str]:
    """Words for columns that could be questions and are in none, those of one name together, and what to do."""
    drafted_columns = {p.column.position for q in questions for p in q.profiles}
    alike: dict[str, list[Profile]] = {}
    for p in asked:
        if p.column.position not in drafted_columns:
            alike.setdefault(_heading(p), []).append(p)
    words = [_why(heading, [p.column.position for p in columns]) for heading, columns in alike.items()]
    more = [f"and columns of {counted(len(words) - MOST_LEFT_OUT, 'more name')}"] if len(words) > MOST_LEFT_OUT else []
    return [f"{line}; do: give each a name of its own in the export" for line in words[:MOST_LEFT_OUT]] + more


def _why(heading: str, positions: Sequence[int]) -> str:
    if len(positions) == 1:
        return f"column {positions[0]} " + (f'("{heading}") cannot be told by its name' if heading else "has no name")
    return f"columns {listed(positions)} " + (f'share the name "{heading}"' if heading else "have no name")


def _heading(p: Profile) -> str:
    """What stands above a column, as one short line."""
    texts = [p.column.name] if p.column.name.strip() else [p.column.text, p.column.part]
    return " - ".join(filter(None, map(plain, texts)))[:60]


def _metadata(export: Export) -> tuple[dict[str, str], list[Profile]]:
    """Our name of each column that is no question -> the export's, and the other columns."""
    once = _named_once(export)
    by_name = {p.column.name: p for p in export.profiles if p.column.name in once}
    defaults = export.source.layout.defaults
    told = {ours: theirs for ours, theirs in defaults.items() if theirs in by_name}
    own = {p.column.position for p in export.profiles if p.column.kind in ("metadata", "paradata", "words")}
    own |= {by_name[theirs].column.position for theirs in told.values()}
    rest = [p for p in export.profiles if p.column.position not in own]
    if defaults:
        return told, rest
    ways = {"id": ID, "started": STARTED, "finished": FINISHED, "duration": DURATION}
    for ours, pattern in ways.items():
        for p in rest:
            if p.column.name in by_name and pattern.fullmatch(evened(p.column.name)) and _fits(ours, p, export):
                told[ours] = p.column.name
                rest = [other for other in rest if other is not p]
                break
    return told, rest


def _named_once(export: Export) -> set[str]:
    """Names that tell one column from all others."""
    times = Counter(evened(p.column.name) for p in export.profiles)
    return {name for p in export.profiles if tellable(name := p.column.name) and times[evened(name)] == 1}


def _fits(ours: str, p: Profile, export: Export) -> bool:
    if ours == "id":
        return p.filled > 0 and p.distinct >= 0.9 * p.filled
    if ours == "duration":
        return p.numbers
    return bool(p.answers) and sum(bool(MOMENT.search(a)) for a in p.answers) >= 0.9 * len(p.answers)


def _is_personal(p: Profile) -> bool:
    if not p.answers or p.column.kind:
        return False
    return any(sum(bool(w.fullmatch(a.strip())) for a in p.answers) > 0.3 * len(p.answers) for w in PERSONAL)


def _is_weight(p: Profile) -> bool:
    named = WEIGHT.fullmatch(evened(p.column.name)) is not None
    return named and p.numbers and p.distinct > 1 and not any(a.strip().startswith("-") or "%" in a for a in p.answers)


def _columns(
    export: Export, told: dict[str, str], personal: Sequence[Profile], ignored: Sequence[Profile]
) -> list[str]:
    lines = [f"  {ours}: {quoted(theirs)}" for ours, theirs in told.items()]
    if names := [p.column.name for p in personal if tellable(p.column.name)]:
        lines.append(f"  personal: [{', '.join(map(quoted, dict.fromkeys(names)))}]")
    if names := [p.column.name for p in ignored if tellable(p.column.name)][:MOST_LISTED]:
        lines.append(f"  ignore: [{', '.join(map(quoted, dict.fromkeys(names)))}]  # check: empty in this export")
    tokens = Counter(a.strip() for p in export.profiles for a in p.answers if evened(a) in NO_ANSWER)
    missing = sorted({token for token in tokens if token != "-99"}, key=lambda token: (token.lower(), token))
    if missing:
        lines.append(f"  missing: [{', '.join(map(quoted, _once(missing)))}]  # check: or is it an answer?")
    if "-99" in tokens:
        lines.append('  unanswered: "-99"  # check: shown and not answered')
    return ["columns:", *lines] if lines else []


def _once(texts: Sequence[str]) -> list[str]:
    return list({evened(text): text for text in texts}.values())


def _scales(questions: Sequence[DraftQuestion]) -> tuple[dict[str, tuple[DraftOption, ...]], dict[str, str]]:
    """Option lists that several questions share, and the scale of each question that has one."""
    lists: dict[frozenset[tuple[str, str, str]], list[DraftQuestion]] = {}  # in whichever order
    for q in questions:
        if q.kind in ("single", "grid") and q.options and not any(o.column for o in q.options):
            lists.setdefault(frozenset((o.key, evened(o.text), o.code or "") for o in q.options), []).append(q)
    scales: dict[str, tuple[DraftOption, ...]] = {}
    of: dict[str, str] = {}
    for sharing in lists.values():
        if len(sharing) > 1:
            proper = [o.key for o in sharing[0].options if not o.mark]
            name = unique(identifier("_".join((proper or ["scale"])[:: max(1, len(proper) - 1)]), 4, "scale"), scales)
            scales[name] = sharing[0].options
            of |= {q.name: name for q in sharing}
    return scales, of


def _report(
    export: Export, questions: Sequence[DraftQuestion], scales: dict[str, tuple[DraftOption, ...]],
    personal: Sequence[Profile], weights: Sequence[Profile], text: str,
) -> list[str]:  # fmt: skip
    kinds = Counter(q.kind for q in questions)
    layout = export.source.layout
    found = [f"{layout.platform}: {counted(export.records, 'record')}, {counted(len(layout.columns), 'column')}"]
    found.append(f"{counted(len(questions), 'question')}: " + ", ".join(f"{n} {kind}" for kind, n in kinds.items()))
    if scales:
        found.append(f"{counted(len(scales), 'shared scale')}: {listed(scales)}")
    if personal:
        found.append(f"personal, so left behind: {listed(p.column.name for p in personal)}")
    if weights:
        found.append(f"weights: {listed(p.column.name for p in weights)}")
    checks = [(i, line.split("# check: ")[1]) for i, line in enumerate(text.splitlines(), 1) if "# check: " in line]
    found.append(f"{counted(len(checks), 'line')} to check:")
    found += [f"  line {i}: {what}" for i, what in checks[:30]]
    if len(checks) > 30:
        found.append(f"  and {len(checks) - 30} more, each marked `# check`")
    return found
