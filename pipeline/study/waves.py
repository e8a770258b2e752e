"""Waves of a study, and the columns of an export that are no questions."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from pipeline.errors import SurveyError
from pipeline.study.disclosure import Disclosure
from pipeline.study.section import BREAK, Section, Texts, Words, wrong

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


def _sign(text: str) -> str:
    sign = {"tab": "\t", "\\t": "\t"}.get(text, text)
    if len(sign) != 1 or sign in '"\r\n':
        raise wrong(f'"{text}" is no delimiter', 'one character, or "tab"')
    return sign


def _file(name: str) -> str:
    if not name.strip() or name.startswith(".") or re.search(r"[/\\]", name) or BREAK.search(name):
        raise wrong(f'"{name}" is not a file name', "the name of a file, without folders")
    return name


METADATA = {
    "id": "Respondent id",
    "started": "Start of the interview",
    "finished": "End of the interview",
    "duration": "Duration",
    "status": "How the response came about",
    "progress": "Progress",
    "recaptcha": "Bot score",
    "fraud_score": "Fraud score",
    "duplicate_score": "Score of being a duplicate",
    "ballot_box": "Whether the platform saw the respondent before",
}
"""What tells of a response, and is no question: keys of `columns` that name a column, columns of `delivered`."""

CHECKS = (
    "questions_present", "columns_known", "rules_run", "options_changed", "asked_only", "few_taken_out",
    "no_personal_data", "row_conservation",
    "respondents_analysed", "unique_ids", "weights_converged", "margins_complete", "tier_shares", "tiers_filled",
    "indicators_filled", "ratio_is_quotient", "ratio_in_interval",
)  # fmt: skip
"""Checks of a wave, which `admit` may name; `pipeline/quality` runs them."""

WaveName = Annotated[str, AfterValidator(_wave)]
Day = Annotated[date, BeforeValidator(_day)]
FileName = Annotated[str, AfterValidator(_file)]


class Reading(Section):
    """How a delivery is to be read, where what its content tells is wrong."""

    platform: Literal["qualtrics", "surveymonkey", "limesurvey", "google_forms", "plain"] | None = Field(
        None, description="whose layout it has; plain: names in one row, or as `header_rows` tells"
    )
    encoding: Words | None = Field(None, description="of a text file, such as cp1251")
    delimiter: Annotated[str, AfterValidator(_sign)] | None = Field(None, description='between fields, such as ";"')
    header_rows: Annotated[int, Field(ge=1, le=9)] | None = Field(
        None, description="rows above the answers: names, question texts, options; of platform plain"
    )
    sheet: Words | None = Field(None, description="of a workbook")
    decimal: Literal[",", "."] | None = Field(
        None, description='sign before the decimals of numbers: with "," 1,125 is a bit more than one'
    )
    day_first: bool | None = Field(None, description="whether 01/02/2024 is the first of February")

    def over(self, other: Reading) -> Reading:
        """This one, and what it does not say from the other."""
        return Reading.model_validate(other.model_dump(exclude_none=True) | self.model_dump(exclude_none=True))


AS_SNIFFED = Reading()
"""Read as the content tells."""


class Wave(Section):
    """What is particular to one wave."""

    fieldwork: tuple[Day, Day] | None = Field(None, description="[first, last day]")
    files: tuple[FileName, ...] = Field((), description="data files of the wave, where it is delivered in several")
    reading: Reading = Field(AS_SNIFFED, description="how its delivery is read, where sniffing errs")
    admit: dict[str, Words] = Field(
        default_factory=dict, description=f"check: why the wave is published in spite of it; of {', '.join(CHECKS)}"
    )
    disclosure: Disclosure = Field(Disclosure(), description="what is disclosed otherwise of this wave")

    @model_validator(mode="after")
    def _in_order(self) -> Wave:
        if self.fieldwork and self.fieldwork[0] > self.fieldwork[1]:
            raise wrong("ends before it begins", "[first day, last day]", at=("fieldwork",))
        return self


class Columns(Section):
    """Columns of an export that are no questions, by name. Absent, or not in a file: what its platform calls them."""

    id: Words | None = Field(None, description="respondent id; without one, records are called row-1, row-2 ...")
    started: Words | None = Field(None, description="start of the interview, a date with time or a spreadsheet's day")
    finished: Words | None = Field(None, description="end of the interview")
    duration: Words | None = Field(None, description="seconds")
    status: Words | None = Field(None, description="how the response came about: preview, test, spam")
    progress: Words | None = Field(None, description="percent completed")
    recaptcha: Words | None = Field(None, description="bot score from 0 (bot) to 1")
    fraud_score: Words | None = Field(None, description="the platform's, from 0 to 100 (fraud)")
    duplicate_score: Words | None = Field(None, description="the platform's, from 0 to 100 (the same respondent)")
    ballot_box: Words | None = Field(None, description="whether the platform saw the respondent before: true")
    panel: bool | None = Field(
        None,
        description="whether the same id in two waves is the same respondent; absent: told from the ids, which mere "
        "numbers of the responses are not",
    )
    pseudonymise: bool = Field(False, description="respondent ids are replaced by a keyed hash of them")
    missing: Texts = Field((), description='answers that stand for none, such as "N/A", unless an option is called so')
    unanswered: Texts = Field((), description='what stands for "shown, not answered", such as "-99"')
    personal: tuple[Words, ...] = Field((), description="columns that end at the delivered file")
    ignore: tuple[Words, ...] = Field((), description='columns to pass over; "Q_*" stands for all that begin so')

    @property
    def metadata(self) -> dict[str, str]:
        """What each column of `delivered` that is no question tells."""
        return METADATA

    @property
    def named(self) -> dict[str, str]:
        """Column name of each that is declared: id, started and the like."""
        found = {name: getattr(self, name) for name in METADATA}
        return {name: column for name, column in found.items() if column is not None}
