"""What every section of a study file shares: frozen records that refuse unknown keys by name."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from pipeline.errors import listed, nearest

IDENTIFIER = r"^[a-z][a-z0-9_]*$"


def _identifier(value: str) -> str:
    if not re.fullmatch(IDENTIFIER, value) or "__" in value or len(value) > 60:
        raise PydanticCustomError(
            "identifier",
            "is not a name: lower-case letters, digits and single underscores, a letter first, at most 60",
        )
    return value


def _option_id(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_]{0,59}", value) or "__" in value:
        raise PydanticCustomError(
            "identifier", "is not an option name: letters, digits and single underscores, at most 60"
        )
    return value


Identifier = Annotated[str, AfterValidator(_identifier)]
"""Name of a question, scale, segment, indicator ...: becomes part of a column name."""

OptionId = Annotated[str, AfterValidator(_option_id)]
"""Name of an option, as coded answers carry it."""

Share = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]


def _by_language(value: Any) -> Any:
    return {"en": value} if isinstance(value, str) else value


class Text(BaseModel):
    """A text by language: "Social maturity", or {en: Social maturity, ru: ...}."""

    model_config = ConfigDict(frozen=True)
    by_language: dict[str, str]

    @model_validator(mode="before")
    @classmethod
    def _from_file(cls, value: Any) -> Any:
        value = _by_language(value)
        if not isinstance(value, dict) or not value or not all(isinstance(t, str) for t in value.values()):
            raise PydanticCustomError("text", "is not a text, nor a mapping of languages to texts")
        if wrong := [code for code in value if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]+)?", code)]:
            raise PydanticCustomError("text", "has no language code: {found}", {"found": listed(wrong)})
        return {"by_language": value}

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        texts = {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1}
        return {"anyOf": [{"type": "string"}, texts]}

    def get(self, language: str = "en") -> str:
        """The text in a language, or in the first one given."""
        return self.by_language.get(language) or next(iter(self.by_language.values()))


class Section(BaseModel):
    """A section of the study file. Unknown keys are refused with the nearest valid name."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys_only(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        keys = [field.alias or name for name, field in cls.model_fields.items()]
        unknown = [key for key in value if key not in keys and key not in cls.model_fields]
        if unknown:
            raise PydanticCustomError(
                "unknown_key",
                "unknown key",
                {"key": unknown[0], "valid": listed(keys, 30), "nearest": nearest(unknown[0], keys)},
            )
        return value
