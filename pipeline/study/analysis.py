"""What is compared on what: segments, indicators, comparisons, and when a figure is shown."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, GetJsonSchemaHandler, Tag, model_validator

from pipeline.study.conditions import ConditionField
from pipeline.study.section import Identifier, LevelName, OptionId, Section, Text, wrong

Base = Literal["everyone", "asked", "answered", "substantive"]
Comparator = Literal["rest", "everyone_else", "everyone"]
Group = Annotated[dict[str, Annotated[tuple[str, ...], Field(min_length=1)]], Field(min_length=1)]
Others = Annotated[
    Annotated[Comparator, Tag("a comparator")] | Annotated[Group, Tag("a group")],
    Discriminator(lambda value: "a comparator" if isinstance(value, str) else "a group"),
]


class Net(Section):
    """Levels taken together. A list of them alone stands for {of: [...]}."""

    of: Annotated[tuple[OptionId, ...], Field(min_length=1, description="options of the question")]
    label: Text | None = Field(None, description='what the net is called: "up to 10,000"')

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        return {"of": value} if isinstance(value, list | tuple) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        whole = handler(core_schema)
        return {"anyOf": [whole["properties"]["of"], whole]}


class Segment(Section):
    """A division of respondents: by a question's options (nets may join some), by bands of a number, or
    by conditions. Don't know and refused are no levels."""

    question: str | None = Field(None, description="whose options are the levels; a number with `bands`")
    nets: dict[OptionId, Net] = Field(default_factory=dict, description="further levels that join some of the others")
    bands: tuple[float, ...] | None = Field(None, description="lowest value of the second band, of the third, ...")
    levels: Annotated[dict[LevelName, ConditionField], Field(min_length=1)] | None = Field(
        None, description="level: condition; levels may overlap"
    )
    label: Text | None = Field(None, description="what the segment is called")

    @model_validator(mode="after")
    def _one_source(self) -> Segment:
        if (self.question is None) == (self.levels is None):
            raise wrong("needs either `question` or `levels`")
        if self.levels is not None and (self.nets or self.bands):
            raise wrong("`nets` and `bands` go with `question`")
        if self.bands is not None and (not self.bands or list(self.bands) != sorted(set(self.bands))):
            raise wrong("does not rise", "each band above the one before", at=("bands",))
        return self


class Indicator(Section):
    """A yes or no of each respondent in its base."""

    when: Annotated[ConditionField, Field(description="who counts as yes")]
    base: Base = Field("answered", description="who is counted at all, see above")
    label: Text | None = Field(None, description='what respondents do, after "to": "use social for service"')


class Comparison(Section):
    """Two groups. A group: {tier: [..]}, {segment: [levels]} or both.

    b: a group, rest (other answered levels), everyone_else (no answer too) or everyone.
    """

    a: Annotated[Group, Field(description="the group that the sentence is about")]
    b: Annotated[Others, Field(description="whom it is compared with")]
    label: Text | None = Field(None, description="what the comparison is called")
    weight: Identifier | None = Field(None, description="a weight of `weights`, or unweighted; absent: the default")
    adjust_for: tuple[Identifier, ...] = Field((), description="segments that the ratio is also adjusted for")
    stratify_by: Identifier | None = Field(None, description="segment within whose levels ratios are pooled")


class Display(Section):
    """When an estimate is shown, and which counts leave the house.

    rule: nchs judges the interval of each share too, base only the unweighted base.
    """

    rule: Literal["nchs", "base"] = Field("nchs", description="what decides whether an estimate is shown")
    suppress_below: Annotated[int, Field(ge=1)] = Field(30, description="bases under it are not shown")
    footnote_below: Annotated[int, Field(ge=1)] = Field(100, description="bases under it carry a footnote")
    privacy_below: Annotated[int, Field(ge=2)] | None = Field(
        None, description="in releases, counts from 1 to under this are left out, and others that would give them away"
    )
    release_respondents: bool = Field(
        False, description="releases hold the analysed respondents too, coded, as an SPSS file; not with "
        "`privacy_below`: records tell small counts"
    )  # fmt: skip

    @model_validator(mode="after")
    def _ordered(self) -> Display:
        if self.release_respondents and self.privacy_below is not None:
            raise wrong("goes with no `privacy_below`", "one or the other: records tell small counts",
                        at=("release_respondents",))  # fmt: skip
        if self.footnote_below < self.suppress_below:
            raise wrong("is under `suppress_below`", f"at least {self.suppress_below}", at=("footnote_below",))
        return self


Segments = dict[Identifier, Segment]
Indicators = dict[Identifier, Indicator]
Comparisons = dict[Identifier, Comparison]
