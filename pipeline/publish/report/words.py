"""The phrases of the report, one file a language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipeline.study.model import Study

FOLDER = Path(__file__).with_name("words")
FIRST = "en"
"""The language of a study that has none of ours."""

Words = Mapping[str, Any]


@cache
def words_of(language: str) -> Words:
    """The phrases of a language, by key."""
    return yaml.safe_load((FOLDER / f"{language}.yaml").read_text(encoding="utf-8"))


@cache
def known_languages() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def languages_of(study: Study) -> tuple[str, ...]:
    """The languages of a study's report: those of its title that have phrases, in the order of the title."""
    return tuple(code for code in study.title.by_language if code in known_languages()) or (FIRST,)
