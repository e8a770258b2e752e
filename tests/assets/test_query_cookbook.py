"""The query cookbook is run as it stands, and prints what it shows."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from contextlib import redirect_stdout

from pipeline.printing import print_rows
from pipeline.reading import rows_of
from pipeline.settings import PROJECT, Home
from tests.bundled import STUDY, Bundled

COOKBOOK = PROJECT / "docs" / "query-cookbook.md"
RECIPE = re.compile(r"^```sql\n(?P<sql>.*?)^```\n(?:\n```text\n.*?^```\n)?", re.DOTALL | re.MULTILINE)


def with_answers(text: str, answer: Callable[[str], str]) -> str:
    """The text with the answer of each query below it, in the place of the one that stands there."""
    return RECIPE.sub(lambda found: f"```sql\n{found['sql']}```\n\n```text\n{answer(found['sql'])}```\n", text)


def printed(home: Home, sql: str) -> str:
    """What `survey query` prints, without blanks at the ends of lines."""
    names, rows = rows_of(home, STUDY, sql)
    assert rows, sql
    with redirect_stdout(io.StringIO()) as stream:
        print_rows(rows, names, as_json=False)
    return "".join(f"{line.rstrip()}\n" for line in stream.getvalue().splitlines())


def test_every_query_has_the_answer_shown(bundled: Bundled):
    text = COOKBOOK.read_text(encoding="utf-8")
    assert len(RECIPE.findall(text)) == len(re.findall(r"^### \d+\. ", text, re.MULTILINE)) == 20
    assert with_answers(text, lambda sql: printed(bundled.home, sql)) == text
