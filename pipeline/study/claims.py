"""Claims: printed sentences, charts and tables, as records that can be held against the data."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, GetJsonSchemaHandler, Tag, model_validator

from pipeline.study.analysis import Base, Comparator, Group
from pipeline.study.conditions import ConditionField
from pipeline.study.section import Identifier, Section, Words, wrong
from pipeline.study.waves import FileName, WaveName

Statistic = Literal[
    "share", "ratio", "difference", "odds_ratio", "mean", "paired", "change", "count", "rank"
]  # fmt: skip
OPERATORS = ("more_than", "at_least", "less_than", "at_most", "about", "nearly", "equal")
EVERYONE = "everyone"


def _id(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", value):
        raise wrong("is no claim's id", "letters, digits, - _ and ., at most 80")
    return value


def _number(value: Any) -> Any:
    """A share may be written in percent: 62.5% is 0.625."""
    if isinstance(value, str) and (found := re.fullmatch(r"\s*([-+]?[0-9.]+)\s*%\s*", value)):
        return float(found[1]) / 100
    return value


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _row(value: Any) -> Any:
    """One row of printed figures may stand without its own brackets."""
    return [value] if isinstance(value, list) and value and not isinstance(value[0], list) else value


Number = Annotated[float, BeforeValidator(_number, json_schema_input_type=float | str)]
Waves = Annotated[
    tuple[WaveName, ...], Field(min_length=1), BeforeValidator(_one_or_more, json_schema_input_type=str | list[str])
]
Names = Annotated[
    tuple[Identifier, ...], Field(min_length=1), BeforeValidator(_one_or_more, json_schema_input_type=str | list[str])
]
ClaimGroup = Annotated[
    Annotated[str, Tag("a name")] | Annotated[Group, Tag("a group")],
    Discriminator(lambda value: "a name" if isinstance(value, str) else "a group"),
]
"""A tier set or levels of segments, as in comparisons, several keys meaning all of them; a tier's name alone;
`everyone`; or a filter's name."""
Against = Annotated[
    Annotated[Comparator, Tag("a comparator")] | Annotated[Group, Tag("a group")],
    Discriminator(lambda value: "a comparator" if isinstance(value, str) else "a group"),
]
PrintedParts = dict[Literal["p_a", "p_b", "value"] | Statistic, Words]
Printed = Annotated[
    Annotated[Words, Tag("a text")]
    | Annotated[PrintedParts, Tag("parts")]
    | Annotated[
        tuple[tuple[Words, ...], ...],
        BeforeValidator(_row, json_schema_input_type=list[list[str]] | list[str]),
        Tag("cells"),
    ],
    Discriminator(lambda value: {str: "a text", dict: "parts"}.get(type(value), "cells")),
]


def _cases(value: Any) -> Any:
    return [[value]] if isinstance(value, str) else _row(value)


Cases = Annotated[
    tuple[tuple[Annotated[int, Field(ge=0)], ...], ...],
    BeforeValidator(_cases, json_schema_input_type=list[list[int]] | list[int] | int),
]


class When(Section):
    """A row or column of a chart that is what respondents do, where no indicator is declared."""

    when: Annotated[ConditionField, Field(description="who counts as yes")]


def _part(value: Any) -> str:
    if isinstance(value, dict):
        return "a condition" if "when" in value else "a group"
    return "a name"


ChartPart = Annotated[
    Annotated[str, Tag("a name")] | Annotated[When, Tag("a condition")] | Annotated[Group, Tag("a group")],
    Discriminator(lambda value: "a condition" if isinstance(value, When) else _part(value)),
]
ChartParts = Annotated[tuple[ChartPart, ...], Field(min_length=1)]


class Margins(Section):
    """How far a figure may be from what "about" says."""

    share: Annotated[Number, Field(gt=0, lt=1)] = Field(0.05, description="of shares and their differences, in shares")
    ratio: Annotated[float, Field(gt=1)] = Field(1.2, description="of ratios, as a factor both ways")
    mean: Annotated[float, Field(gt=0)] = Field(0.1, description="of means, as a part of what is claimed")


class Claim(Section):
    """A printed sentence with a figure, or a printed chart or table (`rows`, `columns`, `printed`)."""

    id: Annotated[str, AfterValidator(_id), Field(description="what the claim is called")]
    says: Annotated[Words, Field(description="the sentence as printed, or the title of the chart")]
    source: Words | None = Field(None, description="where it was printed")
    page: Words | None = Field(None, description="page, slide or place in the source")
    wave: Waves | None = Field(None, description="wave that it is about, or several; absent: every wave")
    statistic: Statistic | None = Field(
        None, description="what is claimed; absent: ratio where there are two groups, else share"
    )
    indicator: Identifier | None = Field(None, description="what respondents do")
    when: ConditionField | None = Field(None, description="the same as a condition, where no indicator is declared")
    question: Identifier | None = Field(None, description="the number whose mean is claimed")
    base: Base | None = Field(None, description="who is counted at all; absent: the indicator's own base rule")
    filter: ConditionField | None = Field(None, description="only respondents of whom it holds, in all groups")
    comparison: Identifier | None = Field(None, description="both groups, as a comparison has them")
    group: ClaimGroup | None = Field(
        None, description="whom it is said of: {tier: [..]}, {segment: [..]}, a tier's or a filter's name, everyone"
    )
    against: Against | None = Field(
        None, description="whom they are compared with: a group, rest, everyone_else or everyone"
    )
    of: Literal["group", "indicator"] = Field(
        "group",
        description="share of the group that does it, or, of: indicator, share of those who do it that is in the group",
    )
    weight: Identifier | None = Field(None, description="a weight of `weights`, or unweighted; absent: the default")
    minus: Names | None = Field(
        None, description="paired: other indicators of the same respondents; several: each of them"
    )
    among: Names | None = Field(None, description="rank: the indicators that are ranked by their shares, 1 the largest")
    before: WaveName | None = Field(None, description="change: the earlier wave")
    more_than: Number | None = Field(None, description="claimed to be above this; shares as 0.8 or 80%")
    at_least: Number | None = Field(None, description="claimed to be this or more")
    less_than: Number | None = Field(None, description="claimed to be below this")
    at_most: Number | None = Field(None, description="claimed to be this or less")
    about: Number | None = Field(None, description="claimed to be near this, within the margin")
    nearly: Number | None = Field(None, description="claimed to be near this and below it")
    equal: Number | None = Field(None, description="claimed to be this")
    digits: Annotated[int, Field(ge=0, le=6)] | None = Field(
        None, description="decimals of the printed figure in its own unit: 2 for 75% written as 0.75"
    )
    margin: Annotated[Number, Field(gt=0)] | None = Field(
        None, description="instead of the study's: points of a share, a factor for a ratio"
    )
    printed: Printed | None = Field(
        None, description='figures as printed: "63%", {p_a: "63%", p_b: "37%", ratio: twice}, or the cells of a chart'
    )
    n: Cases | None = Field(None, description="printed base, of a chart one for each row or for each cell")
    rows: ChartParts | None = Field(
        None, description="of a chart: indicators (or {when: ...}) or groups, one for each row"
    )
    columns: ChartParts | None = Field(
        None, description="of a chart: the other of both; absent: one column, of the claim's own group or indicator"
    )
    soft: Words | None = Field(None, description="a vague word of the sentence, such as `vast majority`")
    reading: Words | None = Field(None, description="how the vague word is read; shown beside the verdict")
    must_hold: bool = Field(False, description="a check fails where the data contradict it")
    not_checkable: Words | None = Field(None, description="why it can't be held against the data")

    @property
    def operators(self) -> dict[str, float]:
        """What is claimed of the figure."""
        return {name: value for name in OPERATORS if (value := getattr(self, name)) is not None}

    @property
    def is_chart(self) -> bool:
        return self.rows is not None

    @property
    def measures(self) -> str:
        """The statistic, as declared or as the groups tell."""
        return self.statistic or ("ratio" if self.comparison or self.against else "share")

    @model_validator(mode="after")
    def _whole(self) -> Claim:
        if self.not_checkable:
            return self
        if self.is_chart or self.columns:
            return self._whole_chart()
        if isinstance(self.printed, dict):
            two = ("p_a", "p_b", "ratio", "difference", "odds_ratio") if self.comparison or self.against else ("p_a",)
            for part in self.printed:
                if part not in (*two, "value", self.measures):
                    raise wrong("is no figure of this claim", ", ".join((*two, "value")), at=("printed", part))
        if isinstance(self.printed, tuple):
            raise wrong("has printed cells, but no `rows`", 'printed: "63%"', at=("printed",))
        if not self.operators and self.printed is None:
            expected = "one of more_than, at_least, less_than, at_most, about, nearly, equal; printed; or not_checkable"
            raise wrong("claims no figure", expected)
        if self.comparison and (self.group or self.against):
            raise wrong("stands beside `group` or `against`", "either", at=("comparison",))
        wanted = {"mean": "question", "paired": "minus", "rank": "among", "change": "before"}.get(self.measures)
        if wanted and getattr(self, wanted) is None:
            raise wrong(f"needs `{wanted}`", at=("statistic",))
        if self.measures in ("ratio", "difference", "odds_ratio") and not (self.comparison or self.against):
            raise wrong("needs two groups", "comparison: a comparison; or group and against", at=("statistic",))
        if self.measures not in ("ratio", "difference", "odds_ratio") and (self.comparison or self.against):
            expected = "statistic: ratio, difference or odds_ratio; or `group` alone"
            raise wrong(f"is a {self.measures} of two groups", expected, at=("statistic",))
        if self.measures not in ("mean", "count") and (self.indicator is None) == (self.when is None):
            raise wrong("needs either `indicator` or `when`")
        return self

    def _whole_chart(self) -> Claim:
        if self.rows is None or not isinstance(self.printed, tuple):
            raise wrong("is a chart without rows and printed cells", "rows: [..], columns: [..], printed: [[..], [..]]")
        width = len(self.columns or (None,))
        rows = self.printed
        if len(self.rows) > 1 and len(rows) == 1 and width == 1:
            rows = tuple((cell,) for cell in rows[0])
        if len(rows) != len(self.rows) or any(len(row) != width for row in rows):
            shape = f"{len(self.rows)} rows of {width}"
            raise wrong(f"has {', '.join(str(len(row)) for row in rows)} cells by row", shape, at=("printed",))
        return self if rows is self.printed else self.model_copy(update={"printed": rows})


class ClaimSet(Section):
    """The claims of a study. A list of them alone stands for {claims: [...]}."""

    claims: tuple[Claim, ...] = Field((), description="the sentences, charts and tables, see below")
    margins: Margins = Field(Margins(), description='how near "about" is')
    readings: dict[Identifier, Words] = Field(
        default_factory=dict, description="how words of the source are read, shown with the verdicts"
    )
    notes: tuple[Words, ...] = Field((), description="what the printed figures imply about each other, in words")

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        return {"claims": value} if isinstance(value, list | tuple) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        whole = handler(core_schema)
        return {"anyOf": [whole["properties"]["claims"], whole]}

    @model_validator(mode="after")
    def _ids_once(self) -> ClaimSet:
        seen: dict[str, int] = {}
        for i, claim in enumerate(self.claims):
            if claim.id in seen:
                raise wrong(f'"{claim.id}" stands twice', "an id of its own", at=("claims", i, "id"))
            seen[claim.id] = i
        return self


Claims = Annotated[
    Annotated[FileName, Tag("a file")] | Annotated[ClaimSet, Tag("records")],
    Discriminator(lambda value: "a file" if isinstance(value, str) else "records"),
]
