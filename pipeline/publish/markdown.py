"""Tables and pictures as Markdown, in which nothing of a study file or an export is markup."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import pandas as pd

WIDTH = 80  # characters of a cell, where nothing else is said
SIGNS = {sign: f"&#{ord(sign)};" for sign in "&<>|`*_[]\\~$#"}


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[Any]], width: int = WIDTH) -> str:
    """Rows under a head; numbers to four digits, longer texts cut to a width."""
    lines = [_line(head, width), "|" + "---|" * len(head), *(_line(row, width) for row in rows)]
    return "\n".join(lines)


def markdown_list(texts: Iterable[str]) -> str:
    return "\n".join(f"- {as_text(text)}" for text in texts)


def markdown_image(svg: str, alt: str) -> str:
    """A picture within the text, so that it needs no file beside it."""
    return f"![{as_text(alt)}](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})"


def as_text(value: Any, width: int = 0) -> str:
    """A value as it is read: no markup, on one line, empty where there is none. width: longest text; 0: any."""
    if value is None or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return ""
    text = f"{value:.4g}" if isinstance(value, float) else f"{value:%Y-%m-%d}" if _day(value) else str(value)
    text = " ".join(text.split())
    if width and len(text) > width:
        text = f"{text[: width - 1]}…"
    return "".join(SIGNS.get(sign, sign) for sign in text)


def _day(value: Any) -> bool:
    return type(value) is date


def _line(row: Sequence[Any], width: int) -> str:
    return "| " + " | ".join(as_text(value, width) for value in row) + " |"
