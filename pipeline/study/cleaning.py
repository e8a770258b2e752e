"""Cleaning rules: what each looks at. They run in the order of the study file, first hit decides."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.study.conditions import ConditionField
from pipeline.study.section import Identifier, Positive, Section, Share, Words, wrong


class TestResponse(Section):
    """Previews and test responses, by the platform's status column."""

    __test__ = False
    rule: Literal["test_response"]


class Spam(Section):
    """Responses that the platform marked as spam."""

    rule: Literal["spam"]


class Bot(Section):
    """Responses with a low bot score; where it was not measured, the rule does not apply."""

    rule: Literal["bot"]
    recaptcha_below: Annotated[float, Field(gt=0, le=1)] = 0.5


class Fraud(Section):
    """Responses that the platform scored as fraud; where it was not measured, the rule does not apply."""

    rule: Literal["fraud"]
    score_at_least: Annotated[float, Field(gt=0, le=100)] = 30


class PlatformDuplicate(Section):
    """Responses that the platform took for a respondent it had seen; not measured = the rule does not apply."""

    rule: Literal["platform_duplicate"]
    score_at_least: Annotated[float, Field(gt=0, le=100)] = 75


class NoConsent(Section):
    """Respondents who did not agree to take part."""

    rule: Literal["no_consent"]
    unless: ConditionField


class ScreenedOut(Section):
    """Respondents outside the population."""

    rule: Literal["screened_out"]
    unless: ConditionField


class AttentionCheck(Section):
    """Respondents who failed an attention check that they were shown."""

    rule: Literal["attention_check"]
    unless: ConditionField


class Incomplete(Section):
    """Respondents who answered too few of the questions that they were asked, or broke off."""

    rule: Literal["incomplete"]
    answered_below: Annotated[float, Field(gt=0, le=1)] | None = Field(None, description="share of the asked questions")
    progress_below: Annotated[float, Field(gt=0, le=100)] | None = Field(
        None, description="percent, by the platform's progress column"
    )

    @model_validator(mode="after")
    def _one_limit(self) -> Incomplete:
        if (self.answered_below is None) == (self.progress_below is None):
            raise wrong("needs either `answered_below` or `progress_below`")
        return self


class DuplicateId(Section):
    """Further rows of the same respondent id; the most complete stays, then the earliest."""

    rule: Literal["duplicate_id"]
    keep: Literal["most_complete", "first"] = "most_complete"


class DuplicateAnswers(Section):
    """Further rows with the same answer to every question (or every listed one)."""

    rule: Literal["duplicate_answers"]
    questions: tuple[Identifier, ...] = ()


class Speeder(Section):
    """Respondents faster than a share of the median duration of the rows still in, or than some seconds."""

    rule: Literal["speeder"]
    below_median: Share | None = None
    below_seconds: Positive | None = None

    @model_validator(mode="after")
    def _one_limit(self) -> Speeder:
        if (self.below_median is None) == (self.below_seconds is None):
            raise wrong("needs either `below_median` or `below_seconds`")
        return self


class Straightliner(Section):
    """Respondents who gave the same answer to every row of each listed grid."""

    rule: Literal["straightliner"]
    grids: Annotated[tuple[Identifier, ...], Field(min_length=1)]


class OutOfRange(Section):
    """Respondents with a number outside its question's range."""

    rule: Literal["out_of_range"]
    questions: tuple[Identifier, ...] = Field((), description="absent: every number with a range")


class Excluded(Section):
    """Respondents taken out by hand, each with the reason."""

    rule: Literal["excluded"]
    ids: Annotated[dict[str, Words], Field(min_length=1, description="id: reason")]


Rule = Annotated[
    TestResponse | Spam | Bot | Fraud | PlatformDuplicate | NoConsent | ScreenedOut | AttentionCheck | Incomplete
    | DuplicateId | DuplicateAnswers | Speeder | Straightliner | OutOfRange | Excluded,
    Field(discriminator="rule"),
]  # fmt: skip
Cleaning = tuple[Rule, ...]
