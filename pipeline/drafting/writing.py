"""A drafted study as YAML: every text in quotes, and a comment beside what an analyst is to check."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from pipeline.drafting.asking import Asked
from pipeline.drafting.questions import DraftOption, DraftQuestion
from pipeline.drafting.words import plain

BARE = re.compile(r"[a-z][a-z0-9_]*")
WORDS_OF_YAML = {"yes", "no", "true", "false", "null", "on", "off", "y", "n"}


def quoted(text: str) -> str:
    """A text as YAML reads it back, line ends and control signs as spaces."""
    return json.dumps(plain(text), ensure_ascii=False)


def key(name: str) -> str:
    return name if BARE.fullmatch(name) and name not in WORDS_OF_YAML else quoted(name)


def option_lines(options: Sequence[DraftOption], indent: str) -> list[str]:
    """One option a line."""
    lines = []
    for o in options:
        more = [f"is: {o.mark}"] if o.mark else []
        more += [f"code: {quoted(o.code)}"] if o.code is not None else []
        more += [f"column: {quoted(o.column)}"] if o.column is not None else []
        text = f"{{text: {quoted(o.text)}, {', '.join(more)}}}" if more else quoted(o.text)
        lines.append(f"{indent}{key(o.key)}: {text}")
    return lines


def question_lines(question: DraftQuestion, scale: str | None, asked: Asked | None) -> list[str]:
    """A question's section."""
    lines = [f"  {key(question.name)}:"]
    lines += [f"    # check: {note}" for note in question.notes]
    lines.append(f"    type: {question.kind}")
    if question.text is not None:
        lines.append(f"    text: {quoted(question.text)}")
    if question.column is not None:
        lines.append(f"    column: {quoted(question.column)}")
    if asked is not None:
        note = "all of the answers" if asked.strays == 0 else f"{100 * (1 - asked.strays):.1f}% of the answers"
        options = ", ".join(quoted(option) for option in asked.options)
        lines.append(f"    asked_if: {{{key(asked.question)}: [{options}]}}  # check: told from {note}")
    if question.rows:
        lines.append("    rows:")
        for name, text, column in question.rows:
            shown = quoted(text) if column is None else f"{{text: {quoted(text)}, column: {quoted(column)}}}"
            lines.append(f"      {key(name)}: {shown}")
    if scale is not None:
        lines.append(f"    scale: {key(scale)}")
    elif question.options:
        lines += ["    options:", *option_lines(question.options, "      ")]
    return lines


def mapping(entries: Mapping[str, str]) -> str:
    """A mapping on one line; the values as they are."""
    return "{" + ", ".join(f"{key(name)}: {value}" for name, value in entries.items()) + "}"
