"""Waves of a study, and the columns of an export that are no questions."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from pipeline.errors import SurveyError
from pipeline.study.section import BREAK, Section, Words, wrong

WAVE_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.)){0,63}"
WAVE_WORDS = "letters, digits, - _ and single dots, no separators, at most 64, such as 2021 or 2021-spring"


def is_wave_name(name: str) -> bool:
    """Whether a wave can be called so: it is a folder name of its own."""
    return re.fullmatch(WAVE_NAME, name) is not None and not name.endswith(".")


def check_wave_name(name: str) -> str:
    """The name itself. Raises SurveyError where it can't be a folder name of its own."""
    if not is_wave_name(name):
        raise SurveyError("", f'"{name}" is not a wave name', expected=WAVE_WORDS)
    return name


def _wave(name: str) -> str:
    if not is_wave_name(name):
        raise wrong(f'"{name}" is not a wave name', WAVE_WORDS)
    return name


def _day(value: Any) -> date:
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", str(value)):
            return date.fromisoformat(str(value))
    except ValueError:
        pass
    raise wrong(f'"{value}" is not a date', "a date such as 2018-06-15")


def _file(name: str) -> str:
    if not name.strip() or name.startswith(".") or re.search(r"[/\\]", name) or BREAK.search(name):
        raise wrong(f'"{name}" is not a file name', "the name of a file, without folders")
    return name


WaveName = Annotated[str, AfterValidator(_wave)]
Day = Annotated[date, BeforeValidator(_day)]
FileName = Annotated[str, AfterValidator(_file)]


class Wave(Section):
    """What is particular to one wave."""

    fieldwork: tuple[Day, Day] | None = Field(None, description="[first, last day]")
    files: tuple[FileName, ...] = Field((), description="data files of the wave, where it is delivered in several")
    admit: dict[str, Words] = Field(default_factory=dict, description="check: why the wave is published in spite of it")

    @model_validator(mode="after")
    def _in_order(self) -> Wave:
        if self.fieldwork and self.fieldwork[0] > self.fieldwork[1]:
            raise wrong("ends before it begins", "[first day, last day]", at=("fieldwork",))
        return self


class Columns(Section):
    """Columns of an export that are no questions, by name. Absent, or not in a file: what its platform calls them."""

    id: Words | None = None
    started: Words | None = None
    finished: Words | None = None
    duration: Words | None = Field(None, description="seconds")
    status: Words | None = Field(None, description="how the response came about: preview, test, spam")
    progress: Words | None = Field(None, description="percent completed")
    recaptcha: Words | None = Field(None, description="bot score from 0 (bot) to 1")
    personal: tuple[Words, ...] = Field((), description="columns that end at the delivered file")
    ignore: tuple[Words, ...] = Field((), description='columns to pass over; "Q_*" stands for all that begin so')

    @property
    def named(self) -> dict[str, str]:
        """Column name of each that is declared: id, started and the like."""
        found = {name: getattr(self, name) for name in type(self).model_fields if name not in ("personal", "ignore")}
        return {name: column for name, column in found.items() if column is not None}
