"""Questions, their options and the scales they share."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from pipeline.study.conditions import ConditionField
from pipeline.study.section import Identifier, OptionId, Section, Text

Mark = Literal["dont_know", "refused", "none", "other"]
NOT_SUBSTANTIVE = ("dont_know", "refused")


def _from_text(value: Any) -> Any:
    return {"text": value} if isinstance(value, str) else value


class Option(Section):
    """One option: its text in the export, its mark, and what it was called in other waves."""

    text: str
    mark: Mark | None = Field(None, alias="is", description="dont_know, refused, none (of these) or other (free text)")
    was: dict[str, str] = Field(default_factory=dict, description="wave: text of the same option in that wave")
    column: str | None = Field(None, description="name of its column, where the text does not find it")
    label: Text | None = None

    _shorthand = model_validator(mode="before")(_from_text)

    def text_in(self, wave: str) -> str:
        """The option's text in a wave's export."""
        return self.was.get(wave, self.text)


class Row(Section):
    """One row of a grid."""

    text: str
    column: str | None = None
    label: Text | None = None

    _shorthand = model_validator(mode="before")(_from_text)


class _Question(Section):
    text: str | None = Field(None, description="question text as in the export")
    column: str | None = Field(None, description="column name or ImportId, where the text does not find it")
    label: Text | None = None
    asked_if: ConditionField | None = Field(None, description="who was shown the question; absent = everyone")
    waves: tuple[str, ...] | None = Field(None, description="the waves that asked it; absent = all")
    breaks: dict[str, str] = Field(default_factory=dict, description="wave: why no change is claimed across it")

    @model_validator(mode="after")
    def _can_be_found(self) -> _Question:
        if self.text is None and self.column is None:
            raise PydanticCustomError("question", "needs `text` or `column`, to be found in the export")
        return self

    def asked_in(self, wave: str) -> bool:
        return self.waves is None or wave in self.waves


class _WithOptions(_Question):
    options: dict[OptionId, Option] | None = None
    scale: Identifier | None = Field(None, description="name of an option list in `scales`")

    @model_validator(mode="after")
    def _options_or_scale(self) -> _WithOptions:
        if (self.options is None) == (self.scale is None):
            raise PydanticCustomError("options", "needs either `options` or `scale`")
        if self.options is not None and not self.options:
            raise PydanticCustomError("options", "has no options")
        return self


class SingleQuestion(_WithOptions):
    """One answer out of several."""

    type: Literal["single"]


class MultipleQuestion(_WithOptions):
    """Tick all that apply."""

    type: Literal["multiple"]


class GridQuestion(_WithOptions):
    """Rows that share one scale, one answer a row. A row is named `question.row`."""

    type: Literal["grid"]
    rows: Annotated[dict[Identifier, Row], Field(min_length=1)]


class NumberQuestion(_Question):
    """A number, with the range that counts as plausible."""

    type: Literal["number"]
    range: tuple[float, float] | None = Field(None, description="[lowest, highest] plausible value")

    @model_validator(mode="after")
    def _ordered(self) -> NumberQuestion:
        if self.range and self.range[0] >= self.range[1]:
            raise PydanticCustomError("range", "`range` is not [lowest, highest]")
        return self


class TextQuestion(_Question):
    """An open answer. Only whether it was answered is kept; the words end at the delivered file."""

    type: Literal["text"]


Question = Annotated[
    SingleQuestion | MultipleQuestion | GridQuestion | NumberQuestion | TextQuestion,
    Field(discriminator="type"),
]
Scales = dict[Identifier, Annotated[dict[OptionId, Option], Field(min_length=1)]]
Questions = dict[Identifier, Question]
