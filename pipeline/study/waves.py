"""Waves of a study, and the columns of an export that are no questions."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from pipeline.errors import SurveyError
from pipeline.study.section import Section

WAVE_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9_-]|\.(?!\.)){0,63}"


def is_wave_name(name: str) -> bool:
    """Whether a wave can be called so: it is a folder name of its own."""
    return re.fullmatch(WAVE_NAME, name) is not None and not name.endswith(".")


def check_wave_name(name: str) -> str:
    """The name itself. Raises SurveyError where it can't be a folder name of its own."""
    if not is_wave_name(name):
        raise SurveyError(
            "",
            f'"{name}" is not a wave name',
            expected="letters, digits, - _ and single dots, no separators, at most 64, such as 2021 or 2021-spring",
        )
    return name


def _wave(name: str) -> str:
    try:
        return check_wave_name(name)
    except SurveyError as error:
        raise PydanticCustomError("wave", "is not a wave name: letters, digits, - _ and dots") from error


WaveName = Annotated[str, AfterValidator(_wave)]


class Wave(Section):
    """What is particular to one wave."""

    fieldwork: tuple[date, date] | None = Field(None, description="[first, last day]")
    files: tuple[str, ...] = Field((), description="data files of the wave, where it is delivered in several")
    admit: dict[str, str] = Field(default_factory=dict, description="check: why the wave is published in spite of it")


class Columns(Section):
    """Columns of an export that are no questions, by name. Absent: what the platform calls them."""

    id: str | None = None
    started: str | None = None
    finished: str | None = None
    duration: str | None = Field(None, description="seconds")
    status: str | None = Field(None, description="how the response came about: preview, test, spam")
    progress: str | None = Field(None, description="percent completed")
    recaptcha: str | None = Field(None, description="bot score from 0 (bot) to 1")
    personal: tuple[str, ...] = Field((), description="columns that end at the delivered file")
    ignore: tuple[str, ...] = Field((), description='columns to pass over; "Q_*" stands for all that begin so')
