"""What every section of a study file shares: frozen records that refuse unknown keys by name."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from pipeline.errors import listed
from pipeline.study.evening import evened

IDENTIFIER = r"^[a-z][a-z0-9_]*$"
BREAK = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
Place = tuple[str | int, ...]


def wrong(
    what: str, expected: str | None = None, *, nearest: str | None = None, do: str | None = None, at: Place = ()
) -> PydanticCustomError:
    """Something wrong with a value, as `survey check` shows it. at: where below the value, as keys and indexes."""
    return PydanticCustomError("wrong", "{what}", {"what": what, "expected": expected, "nearest": nearest,
                                                   "do": do, "at": at})  # fmt: skip


def _identifier(value: str) -> str:
    if not re.fullmatch(IDENTIFIER, value) or "__" in value or len(value) > 60:
        close = re.sub(r"[^a-z0-9]+", "_", value.casefold())[:60].strip("_")
        raise wrong(
            "is not a name",
            "lower-case letters, digits and single underscores, a letter first, at most 60",
            nearest=close if re.match("[a-z]", close) else None,
        )
    return value


def _option_id(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_]{0,59}", value) or "__" in value:
        close = re.sub(r"[^A-Za-z0-9]+", "_", value)[:60].strip("_")
        raise wrong("is not an option name", "letters, digits and single underscores, at most 60", nearest=close)
    return value


def _something(value: str) -> str:
    if not evened(value):
        raise wrong("is blank", "a text")
    return value


def _one_line(value: str) -> str:
    if not value.strip() or BREAK.search(value) or len(value) > 200:
        raise wrong("is not a label", "one line of text, at most 200 characters")
    return value


Identifier = Annotated[str, AfterValidator(_identifier)]
"""Name of a question, scale, segment, indicator ...: becomes part of a column name."""

OptionId = Annotated[str, AfterValidator(_option_id)]
"""Name of an option, as coded answers carry it."""

Words = Annotated[str, AfterValidator(_something)]
"""A text that is not blank, also when evened out to be matched."""

LevelName = Annotated[str, AfterValidator(_one_line)]
"""Name of a level, as published."""

Texts = Annotated[
    tuple[Words, ...],
    Field(min_length=1),
    BeforeValidator(
        lambda value: [value] if isinstance(value, str) else value,
        json_schema_input_type=str | Annotated[list[str], Field(min_length=1)],
    ),
]
"""One text, or several in a list."""

Share = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]


class Text(BaseModel):
    """A text by language: "Social maturity", or {en: Social maturity, ru: ...}."""

    model_config = ConfigDict(frozen=True)
    by_language: dict[str, str]

    @model_validator(mode="before")
    @classmethod
    def _from_file(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = {"en": value}
        if not isinstance(value, dict) or not value:
            raise wrong("is no text", 'a text, or texts by language: {en: "Size", ru: "Размер"}')
        for code, text in value.items():
            if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]+)?", code):
                raise wrong("is not a language code", "a code such as en, ru or pt-BR", at=(code,))
            if not isinstance(text, str) or not text.strip():
                raise wrong("is blank" if isinstance(text, str) else "is no text", "a text", at=(code,))
        return {"by_language": value}

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        texts = {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1}
        return {"anyOf": [{"type": "string"}, texts]}

    def get(self, language: str = "en") -> str:
        """The text in a language, or in the first one given."""
        return self.by_language.get(language) or next(iter(self.by_language.values()))


class Section(BaseModel):
    """A section of the study file. Unknown keys are refused by name, and numbers that are not finite."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _known_keys_only(cls, value: Any) -> Any:
        """All unknown keys in one error, and none beside it: what they were meant to be would seem to be missing."""
        if not isinstance(value, dict):
            return value
        keys = [field.alias or name for name, field in cls.model_fields.items()]
        unknown = [key for key in value if key not in keys]
        if unknown:
            raise PydanticCustomError("unknown_key", "has unknown keys: {shown}; valid: {shown_valid}",
                                      {"keys": unknown, "shown": listed(unknown), "valid": keys,
                                       "shown_valid": listed(keys, 30)})  # fmt: skip
        return value
