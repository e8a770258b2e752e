"""Questions, their options and the scales they share."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, GetJsonSchemaHandler, model_validator

from pipeline.study.conditions import ConditionField
from pipeline.study.section import Identifier, OptionId, Section, Text, Words, wrong
from pipeline.study.waves import WaveName

Mark = Literal["dont_know", "refused", "none", "other"]
NOT_SUBSTANTIVE = ("dont_know", "refused")


class _Worded(Section):
    """Something that the export words. A text alone stands for {text: ...}."""

    text: Words
    column: Words | None = Field(None, description="name of its column, where the text does not find it")
    label: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"text": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, handler(core_schema)]}


class Option(_Worded):
    """One option: its text in the export, its mark, and what it was called in other waves."""

    mark: Mark | None = Field(None, alias="is", description="dont_know, refused, none (of these) or other (free text)")
    was: dict[WaveName, Words] = Field(default_factory=dict, description="wave: text of the same option in that wave")

    def text_in(self, wave: str) -> str:
        """The option's text in a wave's export."""
        return self.was.get(wave, self.text)


class Row(_Worded):
    """One row of a grid."""


class _Question(Section):
    text: Words | None = Field(None, description="question text as in the export")
    column: Words | None = Field(None, description="column name or ImportId, where the text does not find it")
    label: Text | None = None
    asked_if: ConditionField | None = Field(None, description="who was shown the question; absent = everyone")
    waves: Annotated[tuple[WaveName, ...], Field(min_length=1)] | None = Field(
        None, description="the waves that asked it; absent = all"
    )
    breaks: dict[WaveName, Words] = Field(default_factory=dict, description="wave: why no change is claimed across it")

    @model_validator(mode="after")
    def _can_be_found(self) -> _Question:
        if self.text is None and self.column is None:
            raise wrong("needs `text` or `column`, to be found in the export")
        return self

    def asked_in(self, wave: str) -> bool:
        return self.waves is None or wave in self.waves


Options = dict[OptionId, Option]


class _WithOptions(_Question):
    options: Annotated[Options, Field(min_length=1)] | None = None
    scale: Identifier | None = Field(None, description="name of an option list in `scales`")

    @model_validator(mode="after")
    def _options_or_scale(self) -> _WithOptions:
        if (self.options is None) == (self.scale is None):
            raise wrong("needs either `options` or `scale`")
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
            raise wrong("is not in order", "[lowest, highest]", at=("range",))
        return self


class TextQuestion(_Question):
    """An open answer. Only whether it was answered is kept; the words end at the delivered file."""

    type: Literal["text"]


Question = Annotated[
    SingleQuestion | MultipleQuestion | GridQuestion | NumberQuestion | TextQuestion,
    Field(discriminator="type"),
]
Scales = dict[Identifier, Annotated[Options, Field(min_length=1)]]
Questions = dict[Identifier, Question]
