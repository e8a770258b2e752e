"""Cleaning rules: what each looks at. They run in the order of the study file, first hit decides."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.study.conditions import ConditionField
from pipeline.study.section import Identifier, Positive, Section, Share, Words, wrong


class TestResponse(Section):
    """Previews and test responses, by the platform's status column."""

    __test__ = False
    rule: Annotated[Literal["test_response"], Field(description="name of the rule, and of its disposition")]


class Spam(Section):
    """Responses that the platform marked as spam."""

    rule: Annotated[Literal["spam"], Field(description="name of the rule, and of its disposition")]


class Bot(Section):
    """Responses with a low bot score; where it was not measured, the rule does not apply."""

    rule: Annotated[Literal["bot"], Field(description="name of the rule, and of its disposition")]
    recaptcha_below: Annotated[float, Field(gt=0, le=1)] = Field(0.5, description="scores under it are bots")


class Fraud(Section):
    """Responses that the platform scored as fraud; where it was not measured, the rule does not apply."""

    rule: Annotated[Literal["fraud"], Field(description="name of the rule, and of its disposition")]
    score_at_least: Annotated[float, Field(gt=0, le=100)] = Field(30, description="lowest score that is fraud")


class PlatformDuplicate(Section):
    """Responses that the platform took for a respondent it had seen; not measured = the rule does not apply."""

    rule: Annotated[Literal["platform_duplicate"], Field(description="name of the rule, and of its disposition")]
    score_at_least: Annotated[float, Field(gt=0, le=100)] = Field(75, description="lowest score of a duplicate")


class NoConsent(Section):
    """Respondents who did not agree to take part."""

    rule: Annotated[Literal["no_consent"], Field(description="name of the rule, and of its disposition")]
    unless: Annotated[ConditionField, Field(description="who stays in")]


class ScreenedOut(Section):
    """Respondents outside the population."""

    rule: Annotated[Literal["screened_out"], Field(description="name of the rule, and of its disposition")]
    unless: Annotated[ConditionField, Field(description="who stays in")]


class AttentionCheck(Section):
    """Respondents who failed an attention check that they were shown."""

    rule: Annotated[Literal["attention_check"], Field(description="name of the rule, and of its disposition")]
    unless: Annotated[ConditionField, Field(description="who stays in")]


class Incomplete(Section):
    """Respondents who answered too few of the questions that they were asked, or broke off."""

    rule: Annotated[Literal["incomplete"], Field(description="name of the rule, and of its disposition")]
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

    rule: Annotated[Literal["duplicate_id"], Field(description="name of the rule, and of its disposition")]
    keep: Literal["most_complete", "first"] = Field("most_complete", description="which row of a respondent stays in")


class DuplicateAnswers(Section):
    """Further rows with the same answer to every question (or every listed one)."""

    rule: Annotated[Literal["duplicate_answers"], Field(description="name of the rule, and of its disposition")]
    questions: tuple[Identifier, ...] = Field((), description="whose answers are compared; absent: all")


class Speeder(Section):
    """Respondents faster than a share of the median duration of the rows still in, or than some seconds."""

    rule: Annotated[Literal["speeder"], Field(description="name of the rule, and of its disposition")]
    below_median: Share | None = Field(None, description="share of the median duration")
    below_seconds: Positive | None = Field(None, description="seconds; one of both is needed")

    @model_validator(mode="after")
    def _one_limit(self) -> Speeder:
        if (self.below_median is None) == (self.below_seconds is None):
            raise wrong("needs either `below_median` or `below_seconds`")
        return self


class Straightliner(Section):
    """Respondents who gave the same answer to every row of each listed grid."""

    rule: Annotated[Literal["straightliner"], Field(description="name of the rule, and of its disposition")]
    grids: Annotated[tuple[Identifier, ...], Field(min_length=1, description="all of which must be straight")]


class OutOfRange(Section):
    """Respondents with a number outside its question's range."""

    rule: Annotated[Literal["out_of_range"], Field(description="name of the rule, and of its disposition")]
    questions: tuple[Identifier, ...] = Field((), description="absent: every number with a range")


class Excluded(Section):
    """Respondents taken out by hand, each with the reason."""

    rule: Annotated[Literal["excluded"], Field(description="name of the rule, and of its disposition")]
    ids: Annotated[dict[str, Words], Field(min_length=1, description="id: reason")]


Rule = Annotated[
    TestResponse | Spam | Bot | Fraud | PlatformDuplicate | NoConsent | ScreenedOut | AttentionCheck | Incomplete
    | DuplicateId | DuplicateAnswers | Speeder | Straightliner | OutOfRange | Excluded,
    Field(discriminator="rule"),
]  # fmt: skip
Cleaning = tuple[Rule, ...]
