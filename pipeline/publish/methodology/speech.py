"""Titles, sentences, numbers and dates of the statement in one language."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from pipeline.errors import SurveyError

WORDS = Path(__file__).parent / "words"
LANGUAGES = tuple(sorted(path.stem for path in WORDS.glob("*.yaml")))


@dataclass(frozen=True)
class Speech:
    """One language: its code, and its catalogue as it stands in words/<language>.yaml."""

    language: str
    words: dict[str, Any]

    def say(self, place: str, **values: object) -> str:
        """The sentence at a place such as "weighting.trim", with its values filled in."""
        found: Any = self.words
        for key in place.split("."):
            found = found[key]
        return str(found).format(**values)

    def number(self, value: float, digits: int = 0) -> str:
        """Rounded to at most so many digits."""
        return str(format_decimal(value, "#,##0." + "#" * digits if digits else "#,##0", locale=self.language))

    def percent(self, share: float, digits: int = 0) -> str:
        return str(format_percent(share, "#,##0." + "#" * digits + "%" if digits else "#,##0%", locale=self.language))

    def day(self, value: date) -> str:
        return str(format_date(value, "long", locale=self.language))


def sentence(parts: Iterable[str]) -> str:
    """Parts as one sentence."""
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


@lru_cache(maxsize=8)
def speech(language: str) -> Speech:
    """Raises SurveyError where there is no catalogue in the language."""
    if language not in LANGUAGES:
        raise SurveyError("", f'there is no methodology statement in "{language}"', expected=", ".join(LANGUAGES))
    text = (WORDS / f"{language}.yaml").read_text(encoding="utf-8")
    return Speech(language, yaml.load(text, Loader=yaml.BaseLoader))  # BaseLoader: every scalar is a text
