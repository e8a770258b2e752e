"""Whatever is done to a study file, it loads or is refused in words: nothing else is ever raised."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import StudyFileError
from pipeline.study.loading import study_from_text
from tests.study.files import EXAMPLE, SMALL

WORDS = {piece for text in (EXAMPLE, SMALL) for piece in text.replace("\n", " ").split(" ") if piece}
NASTY = {
    "~",
    "null",
    "[]",
    "{}",
    "nan",
    "-inf",
    "1e999",
    "''",
    '"\\n"',
    "&a",
    "*a",
    "!!x",
    "- ",
    "? ",
    "<<: ",
    "\t",
    "\x00",
}
NAMES = {
    "any",
    "all",
    "not",
    "rest",
    "tier",
    "everyone",
    "active",
    "practice",
    "teams",
    "practice.crm",
    "teams.service",
}
PIECES = sorted(WORDS | NASTY | NAMES)
LINES = EXAMPLE.splitlines(keepends=True)


def loads_or_is_refused(text: str) -> None:
    try:
        study = study_from_text(text).study
    except StudyFileError:
        return
    assert study.segment_columns is not None
    assert study.indicator_columns is not None
    assert study.scored_indicators is not None


@st.composite
def mutations(draw: st.DrawFn) -> str:
    """The example with pieces of it put in place of others."""
    text = EXAMPLE
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 30)))
        text = text[:start] + draw(st.sampled_from(PIECES) | st.text(max_size=5)) + text[end:]
    return text


@st.composite
def swaps(draw: st.DrawFn) -> str:
    """The example with whole words in place of others: mostly valid YAML that says something else."""
    text = EXAMPLE
    for _ in range(draw(st.integers(1, 3))):
        old, new = draw(st.sampled_from(PIECES)), draw(st.sampled_from(PIECES))
        text = text.replace(old, new, draw(st.integers(1, 3)))
    return text


@st.composite
def shuffles(draw: st.DrawFn) -> str:
    """The example with lines left out, doubled, or indented otherwise."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        i = draw(st.integers(0, len(lines) - 1))
        change = draw(st.sampled_from(["drop", "double", "indent", "outdent", "move"]))
        line = lines.pop(i)
        if change == "double":
            lines[i:i] = [line, line]
        elif change == "indent":
            lines.insert(i, " " * draw(st.integers(1, 3)) + line)
        elif change == "outdent":
            lines.insert(i, line.lstrip(" "))
        elif change == "move":
            lines.insert(draw(st.integers(0, len(lines))), line)
    return "".join(lines)


@settings(max_examples=300, deadline=None)
@given(mutations())
def test_pieces_put_anywhere(text: str):
    loads_or_is_refused(text)


@settings(max_examples=300, deadline=None)
@given(swaps())
def test_words_swapped(text: str):
    loads_or_is_refused(text)


@settings(max_examples=200, deadline=None)
@given(shuffles())
def test_lines_shuffled(text: str):
    loads_or_is_refused(text)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200))
def test_any_text(text: str):
    loads_or_is_refused(text)
