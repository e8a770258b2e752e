"""What a methodology statement discloses and no data can tell, each element with the standard that asks for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from pipeline.study.problems import Problem
from pipeline.study.section import Place, Section, Text

Mode = Literal["web", "telephone", "in_person", "mail", "text_message", "other"]
Modes = Annotated[
    tuple[Mode, ...],
    Field(min_length=1),
    BeforeValidator(
        lambda value: [value] if isinstance(value, str) else value,
        json_schema_input_type=Mode | Annotated[list[Mode], Field(min_length=1)],
    ),
]
SAMPLING_ERROR = re.compile(r"margins?\s+(of|for)\s+(\w+\s+)?error|погрешност", re.IGNORECASE)
"""Words that need a known chance of selection, in the languages that statements are written in."""


@dataclass(frozen=True)
class Asked:
    """Who asks for an element, and of which surveys; required: a blank one makes a release a draft.

    aapor: the AAPOR Code of Professional Ethics and Practices (2021), III. cherries: Eysenbach (2004), for web surveys.
    """

    standard: Literal["aapor", "cherries"]
    required: bool = True
    of: Literal["all", "web", "interviewed", "opt_in"] = "all"

    def applies(self, modes: tuple[str, ...], sample: str) -> bool:
        """modes: how answers were collected; sample: opt_in or probability."""
        interviewed = {"telephone", "in_person"} & set(modes)
        return {"all": True, "web": "web" in modes, "interviewed": bool(interviewed), "opt_in": sample == "opt_in"}[
            self.of
        ]


AAPOR, AAPOR_IF_ANY = Asked("aapor"), Asked("aapor", required=False)
WEB = Asked("cherries", of="web")
Told = Text | None


class Disclosure(Section):
    """What is disclosed of a survey beside what is computed.

    An element that applies and is blank makes a release a draft, unless it is optional; "not known" and "none" are
    answers. Those from `ethics_approval` on are items of CHERRIES and apply to web surveys, all before are AAPOR's.
    """

    sponsor: Annotated[Told, AAPOR] = Field(None, description="who asked for the survey")
    conductor: Annotated[Told, AAPOR] = Field(None, description="who carried it out")
    funding: Annotated[Told, AAPOR_IF_ANY] = Field(None, description="who paid, if not the sponsor; optional")
    contact: Annotated[Told, AAPOR] = Field(None, description="where questions about the survey are answered")
    sampling_frame: Annotated[Told, AAPOR] = Field(
        None, description="list, or source, that respondents came from, and whom of the population it misses"
    )
    sample_supplier: Annotated[Told, AAPOR_IF_ANY] = Field(
        None, description="panel or firm that supplied respondents, and how it recruits; optional"
    )
    recruitment: Annotated[Told, AAPOR] = Field(None, description="how respondents were selected and invited")
    eligibility: Annotated[Told, AAPOR] = Field(None, description="who could take part, and how that was found out")
    quotas: Annotated[Told, Asked("aapor", of="opt_in")] = Field(None, description="quotas; asked of opt-in samples")
    incentive: Annotated[Told, AAPOR] = Field(None, description="what respondents were given for taking part")
    contact_attempts: Annotated[Told, AAPOR_IF_ANY] = Field(
        None, description="advance letters, reminders and the like; optional"
    )
    response_rate: Annotated[Told, AAPOR] = Field(
        None, description="with its AAPOR formula; of an opt-in sample the participation rate, or why it isn't known"
    )
    mode: Annotated[Modes | None, AAPOR] = Field(
        None, description="how answers were collected, one or several; `web` makes the items of CHERRIES apply"
    )
    interviewers: Annotated[Told, Asked("aapor", required=False, of="interviewed")] = Field(
        None, description="how interviewers were trained and supervised; optional, of interviews"
    )
    languages: Annotated[Told, AAPOR] = Field(None, description="languages of the questionnaire")
    data_quality: Annotated[Told, AAPOR_IF_ANY] = Field(
        None, description="checks beside the rules of `cleaning`: call-backs, coding, editing; optional"
    )
    limitations: Annotated[Told, AAPOR] = Field(None, description="what design and collection can't tell")
    ethics_approval: Annotated[Told, WEB] = Field(None, description="review board and its decision")
    consent: Annotated[Told, WEB] = Field(
        None, description="where respondents read how long it takes, what is stored, who asks and why"
    )
    data_protection: Annotated[Told, WEB] = Field(None, description="how personal data are guarded")
    development: Annotated[Told, WEB] = Field(None, description="how the questionnaire was made and tested")
    open_or_closed: Annotated[Told, WEB] = Field(None, description="open to each visitor, or to people known before")
    contact_mode: Annotated[Told, WEB] = Field(None, description="whether first contact was online")
    advertising: Annotated[Told, WEB] = Field(None, description="where and in which words it was announced")
    web_or_email: Annotated[Told, WEB] = Field(
        None, description="on a site or by e-mail, and how answers were recorded"
    )
    context: Annotated[Told, WEB] = Field(None, description="site that the survey stood on, and its visitors")
    voluntary: Annotated[Told, WEB] = Field(None, description="whether a visitor had to take part")
    randomisation: Annotated[Told, WEB] = Field(None, description="of questions or options")
    number_of_screens: Annotated[Told, WEB] = Field(None, description="pages of the questionnaire")
    completeness_check: Annotated[Told, WEB] = Field(None, description="whether answers were demanded before going on")
    review_step: Annotated[Told, WEB] = Field(None, description="whether answers could be changed")
    unique_visitors: Annotated[Told, WEB] = Field(None, description="how a visitor was told from others")
    view_rate: Annotated[Told, WEB] = Field(None, description="visitors of the survey among visitors of the site")
    participation_rate: Annotated[Told, WEB] = Field(
        None, description="those who agreed among visitors of the first page"
    )
    completion_rate: Annotated[Told, WEB] = Field(None, description="those who reached the end among those who agreed")
    cookies: Annotated[Told, WEB] = Field(None, description="whether they kept visitors from a second time")
    ip_check: Annotated[Told, WEB] = Field(None, description="whether addresses were compared")
    log_file_analysis: Annotated[Told, WEB] = Field(None, description="other ways to find the same respondent again")
    registration: Annotated[Told, WEB] = Field(
        None, description="log-in of a closed survey, and which answer of a person is kept"
    )

    def over(self, other: Disclosure) -> Disclosure:
        """This one, and what it does not say from the other."""
        own = {name: value for name in type(self).model_fields if (value := getattr(self, name)) is not None}
        return other.model_copy(update=own)

    def asked(self, sample: str) -> dict[str, Asked]:
        """The elements that apply to the survey: name -> who asks for it. sample: opt_in or probability."""
        return {name: asked for name, asked in ELEMENTS.items() if asked.applies(self.mode or (), sample)}


ELEMENTS: dict[str, Asked] = {
    name: next(part for part in field.metadata if isinstance(part, Asked))
    for name, field in Disclosure.model_fields.items()
}
"""Every element that a study file may disclose, with who asks for it."""


def improper_words(sample: str, disclosed: dict[Place, Disclosure]) -> Iterator[Problem]:
    """Words on sampling error in the disclosure of an opt-in sample, which knows none. disclosed: by their places."""
    if sample != "opt_in":
        return
    for place, disclosure in disclosed.items():
        for name in ELEMENTS:
            value: Any = getattr(disclosure, name)
            for code, text in value.by_language.items() if isinstance(value, Text) else ():
                found = SAMPLING_ERROR.search(text)
                if found:
                    yield Problem(
                        (*place, name, code), f'speaks of "{found[0]}", which an opt-in sample does not know',
                        do="say what the figures assume; `sample.type` is for samples with known chances",
                    )  # fmt: skip
