"""The workbook's own words in one language, from a catalogue beside this module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from pipeline.errors import SurveyError, listed

CATALOGUES = Path(__file__).with_name("words")


@dataclass(frozen=True)
class Words:
    language: str
    lists: Mapping[str, Mapping[str, str]]

    def say(self, place: str, key: str, **given: object) -> str:
        """The text of a list, filled in. Raises KeyError where the catalogue lacks it."""
        text = self.lists[place][key]
        return text.format(**given) if given else text

    def of(self, place: str, value: str) -> str:
        """What a value of a published table is called; the value itself where the catalogue does not know it."""
        return self.lists[place].get(value) or value.replace("_", " ")


def languages() -> list[str]:
    return sorted(path.stem for path in CATALOGUES.glob("*.yaml"))


@lru_cache
def words_in(language: str) -> Words:
    """Raises SurveyError where there is no catalogue of the language."""
    if language not in languages():
        raise SurveyError("", f'a workbook cannot be written in "{language}"', expected=listed(languages()))
    lists = yaml.safe_load((CATALOGUES / f"{language}.yaml").read_text(encoding="utf-8"))
    return Words(language, lists)
