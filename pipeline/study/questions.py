"""Questions, their options and the scales they share."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, GetJsonSchemaHandler, model_validator

from pipeline.study.conditions import ConditionField
from pipeline.study.section import Identifier, OptionId, Section, Text, Texts, Words, wrong
from pipeline.study.waves import WaveName

Mark = Literal["dont_know", "refused", "none", "other"]
NOT_SUBSTANTIVE = ("dont_know", "refused")


class _Short(Section):
    """A section that a text alone stands for: {text: ...}."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"text": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, handler(core_schema)]}


class Earlier(_Short):
    """How a question or a row was delivered in one wave, where that differs."""

    text: Words | None = Field(None, description="its text in that wave")
    column: Words | None = Field(None, description="name of its column in that wave")


class EarlierOption(_Short):
    """How an option was delivered in one wave: its text, or the several texts that were merged into it since."""

    text: Texts | None = Field(None, description="its text in that wave, or the texts merged into it since")
    column: Words | None = Field(None, description="name of its column in that wave")

    @model_validator(mode="before")
    @classmethod
    def _from_texts(cls, value: Any) -> Any:
        return {"text": value} if isinstance(value, list) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        texts = {"type": "array", "items": {"type": "string"}, "minItems": 1}
        return {"anyOf": [{"type": "string"}, texts, handler(core_schema)]}


class Option(_Short):
    """One option: its text in the export, its mark, and what else stands for it, in every wave or in some."""

    text: Annotated[Words, Field(description="as in the export; alone it stands for the whole option")]
    code: Words | None = Field(None, description="what stands for it in exports that hold codes, such as 3")
    also: Texts = Field((), description="other texts that mean it")
    mark: Mark | None = Field(None, alias="is", description="dont_know, refused, none (of these) or other (free text)")
    column: Words | None = Field(None, description="name of its column, where the text does not find it")
    label: Text | None = Field(None, description="what tables and sentences call it; absent: its text")
    was: dict[WaveName, EarlierOption] = Field(
        default_factory=dict, description="wave: text of the same option in that wave, or texts merged since"
    )
    waves: Annotated[tuple[WaveName, ...], Field(min_length=1)] | None = Field(
        None, description="the waves that offered it; absent = all"
    )

    def text_in(self, wave: str) -> str:
        """The option's text in a wave's export, the first where several were merged."""
        return self.own_texts_in(wave)[0]

    def own_texts_in(self, wave: str) -> tuple[str, ...]:
        """What the option was called in the wave."""
        was = self.was.get(wave)
        return was.text if was is not None and was.text is not None else (self.text,)

    def answers_in(self, wave: str) -> tuple[str, ...]:
        """Every answer of the wave's export that means the option."""
        return (*self.own_texts_in(wave), *self.also, *((self.code,) if self.code else ()))

    def column_in(self, wave: str) -> str | None:
        was = self.was.get(wave)
        return (was.column if was is not None else None) or self.column

    def offered_in(self, wave: str) -> bool:
        return self.waves is None or wave in self.waves


class Row(_Short):
    """One row of a grid."""

    text: Annotated[Words, Field(description="as in the export; alone it stands for the whole row")]
    column: Words | None = Field(None, description="name of its column, where the text does not find it")
    label: Text | None = Field(None, description="what tables and sentences call it; absent: its text")
    was: dict[WaveName, Earlier] = Field(default_factory=dict, description="wave: its text or column in that wave")
    waves: Annotated[tuple[WaveName, ...], Field(min_length=1)] | None = Field(
        None, description="the waves that asked it; absent = all"
    )

    def text_in(self, wave: str) -> str:
        was = self.was.get(wave)
        return (was.text if was is not None else None) or self.text

    def column_in(self, wave: str) -> str | None:
        was = self.was.get(wave)
        return (was.column if was is not None else None) or self.column

    def asked_in(self, wave: str) -> bool:
        return self.waves is None or wave in self.waves


class _Question(Section):
    """What every question may have, whatever its type. It is found by `text` or `column`."""

    text: Words | None = Field(None, description="question text as in the export")
    column: Texts | None = Field(
        None,
        description="column name or ImportId, where the text does not find it; of several, the first that holds an "
        "answer counts, as where halves of the sample were asked two versions",
    )
    label: Text | None = Field(None, description="what tables and sentences call it; absent: its text")
    asked_if: ConditionField | None = Field(None, description="who was shown the question; absent = everyone")
    missing: Texts = Field((), description="answers that stand for none, besides those under `columns`")
    waves: Annotated[tuple[WaveName, ...], Field(min_length=1)] | None = Field(
        None, description="the waves that asked it; absent = all"
    )
    was: dict[WaveName, Earlier] = Field(default_factory=dict, description="wave: its text or column in that wave")
    breaks: dict[WaveName, Words] = Field(default_factory=dict, description="wave: why no change is claimed across it")

    @model_validator(mode="after")
    def _can_be_found(self) -> _Question:
        if self.text is None and self.column is None and not self._columns_of_parts():
            raise wrong("needs `text` or `column`, to be found in the export")
        return self

    def _columns_of_parts(self) -> bool:
        """Whether each option or row names its own column."""
        return False

    def asked_in(self, wave: str) -> bool:
        return self.waves is None or wave in self.waves

    def text_in(self, wave: str) -> str | None:
        """The question's text in a wave's export."""
        was = self.was.get(wave)
        return (was.text if was is not None else None) or self.text

    def columns_in(self, wave: str) -> tuple[str, ...]:
        """Names of its columns in a wave's export; none where its text finds it."""
        was = self.was.get(wave)
        if was is not None and (was.column or was.text):
            return (was.column,) if was.column else ()
        return self.column or ()


Options = dict[OptionId, Option]


class _WithOptions(_Question):
    """What questions with options have besides: either `options` or `scale`."""

    options: Annotated[Options, Field(min_length=1)] | None = Field(
        None, description="option: its text, or more about it; in the order in which tables list them"
    )
    scale: Identifier | None = Field(None, description="name of an option list in `scales`")

    def _columns_of_parts(self) -> bool:
        return self.options is not None and all(option.column for option in self.options.values())

    @model_validator(mode="after")
    def _options_or_scale(self) -> _WithOptions:
        if (self.options is None) == (self.scale is None):
            raise wrong("needs either `options` or `scale`")
        return self


class SingleQuestion(_WithOptions):
    """One answer out of several. Where its options name columns, each option was delivered in one of its own."""

    type: Annotated[Literal["single"], Field(description="kind of question")]

    @model_validator(mode="after")
    def _columns_of_all_or_none(self) -> SingleQuestion:
        named = [key for key, option in (self.options or {}).items() if option.column]
        if named and (len(named) < len(self.options or {}) or self.column):
            raise wrong("names columns of some options only", "a `column` at each option, and none at the question",
                        at=("options",))  # fmt: skip
        return self

    @property
    def by_columns(self) -> bool:
        """Whether each option has a column of its own."""
        return self.options is not None and self._columns_of_parts()


class MultipleQuestion(_WithOptions):
    """Tick all that apply."""

    type: Annotated[Literal["multiple"], Field(description="kind of question")]
    ticked: Texts = Field((), description="answers that mean ticked; every other one means not ticked")


class GridQuestion(_WithOptions):
    """Rows that share one scale, one answer a row. A row is named `question.row`."""

    type: Annotated[Literal["grid"], Field(description="kind of question")]
    rows: Annotated[dict[Identifier, Row], Field(min_length=1, description="row: its text, or more about it")]

    def _columns_of_parts(self) -> bool:
        return all(row.column for row in self.rows.values())


class NumberQuestion(_Question):
    """A number, with the range that counts as plausible."""

    type: Annotated[Literal["number"], Field(description="kind of question")]
    range: tuple[float, float] | None = Field(None, description="[lowest, highest] plausible value")

    @model_validator(mode="after")
    def _ordered(self) -> NumberQuestion:
        if self.range and self.range[0] >= self.range[1]:
            raise wrong("is not in order", "[lowest, highest]", at=("range",))
        return self


class TextQuestion(_Question):
    """An open answer. Only whether it was answered is kept; the words end at the delivered file."""

    type: Annotated[Literal["text"], Field(description="kind of question")]


Question = Annotated[
    SingleQuestion | MultipleQuestion | GridQuestion | NumberQuestion | TextQuestion,
    Field(discriminator="type"),
]
Scales = dict[Identifier, Annotated[Options, Field(min_length=1)]]
Questions = dict[Identifier, Question]
