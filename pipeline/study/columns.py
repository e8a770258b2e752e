"""Study sections resolved to columns: what the SQL templates need to know of conditions, segments and bases."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from pipeline.study.analysis import Indicators, Segment, Segments
from pipeline.study.conditions import All, Answered, AnyOf, Chosen, Condition, Filter, InRange, Not, Shown, questions_of
from pipeline.study.variables import SHOWN, Variable


@dataclass(frozen=True)
class OneOf:
    """The column holds one of these codes."""

    column: str
    codes: tuple[str, ...]
    kind = "one_of"


@dataclass(frozen=True)
class AnyTick:
    columns: tuple[str, ...]
    kind = "any_tick"


@dataclass(frozen=True)
class Within:
    """The number lies within the limits; limits: (operator, value)."""

    column: str
    limits: tuple[tuple[str, float], ...]
    kind = "within"


@dataclass(frozen=True)
class HasAnswer:
    column: str
    answered: bool
    kind = "has_answer"


@dataclass(frozen=True)
class Resolver:
    """Knows the variables and filters of a study, and turns conditions into conditions on columns."""

    variables: tuple[Variable, ...]
    filters: Mapping[str, Condition]

    def of(self, ref: str) -> tuple[Variable, ...]:
        """Variables of a question, or the one of a grid row or tick named `question.part`."""
        return self._by_ref.get(ref, ())

    @cached_property
    def _by_ref(self) -> Mapping[str, tuple[Variable, ...]]:
        found: dict[str, list[Variable]] = {}
        for v in self.variables:
            for ref in {v.ref, v.question}:
                found.setdefault(ref, []).append(v)
        return {ref: tuple(variables) for ref, variables in found.items()}

    def columns(self, condition: Condition) -> object:
        """The condition on columns of `responses`, as a tree that the SQL macro `holds` renders."""
        if isinstance(condition, Filter):
            return self.columns(self.filters[condition.name])
        if isinstance(condition, All | AnyOf):
            return type(condition)(tuple(self.columns(part) for part in condition.of))  # type: ignore[misc]
        if isinstance(condition, Not):
            return Not(self.columns(condition.of))  # type: ignore[arg-type]
        if isinstance(condition, Shown):
            return AnyTick((f"{SHOWN}{condition.question}",))
        variables = self.of(condition.question)
        if isinstance(condition, InRange):
            operators = {"at_least": ">=", "at_most": "<=", "above": ">", "below": "<"}
            limits = ((sign, getattr(condition, name)) for name, sign in operators.items())
            return Within(variables[0].name, tuple((sign, limit) for sign, limit in limits if limit is not None))
        if isinstance(condition, Answered):
            return HasAnswer(variables[0].name, condition.answered)
        assert isinstance(condition, Chosen)
        if variables[0].kind == "tick":
            return AnyTick(tuple(v.name for v in variables if v.part in condition.options))
        return OneOf(variables[0].name, condition.options)

    def questions(self, condition: Condition) -> tuple[str, ...]:
        """References to questions that the condition looks at, filters followed."""
        return questions_of(condition, dict(self.filters))

    def needed(self, condition: Condition) -> tuple[str, ...]:
        """Names of the variables that the condition looks at; of a multiple-response question, the chosen ticks,
        or all of them where it asks whether anything is ticked."""
        if isinstance(condition, Filter):
            return self.needed(self.filters[condition.name])
        if isinstance(condition, All | AnyOf):
            return tuple(dict.fromkeys(name for part in condition.of for name in self.needed(part)))
        if isinstance(condition, Not):
            return self.needed(condition.of)
        if isinstance(condition, Shown):
            return ()
        variables = self.of(condition.question)
        if variables[0].kind != "tick":
            return (variables[0].name,)
        if isinstance(condition, Chosen):
            return tuple(v.name for v in variables if v.part in condition.options)
        return tuple(v.name for v in self.of(variables[0].question))


@dataclass(frozen=True)
class BaseQuestion:
    """What decides whether a respondent is in the base of one question.

    answered: column that is not NULL where it was answered. no_content: condition on columns that is
    true where the answer is don't know or refused, or None. asked_if: resolved condition, or None.
    """

    answered: str
    no_content: object | None
    asked_if: object | None


@dataclass(frozen=True)
class IndicatorColumn:
    """An indicator as a column of `respondents`: rule of its base, its questions, its condition."""

    name: str
    rule: str
    questions: tuple[BaseQuestion, ...]
    when: object
    needs: tuple[str, ...]
    base: str


def base_question(resolver: Resolver, ref: str) -> BaseQuestion:
    variables = resolver.of(ref)
    first = variables[0]
    siblings = resolver.of(first.question) if first.kind == "tick" else variables
    no_content: object | None = None
    if first.kind == "tick":
        ticks = tuple(v.name for v in siblings if v.not_substantive)
        no_content = AnyTick(ticks) if ticks else None
    elif first.not_substantive:
        no_content = OneOf(first.name, first.not_substantive)
    asked_if = resolver.columns(first.asked_if) if first.asked_if is not None else None
    return BaseQuestion(siblings[0].name, no_content, asked_if)


def indicator_columns(indicators: Indicators, resolver: Resolver) -> tuple[IndicatorColumn, ...]:
    """All indicators. Those with the same base (questions and rule) share the name of the first of them."""
    found: list[IndicatorColumn] = []
    first_with: dict[tuple[str, frozenset[str]], str] = {}
    for name, indicator in indicators.items():
        questions = tuple(base_question(resolver, ref) for ref in resolver.questions(indicator.when))
        needs = [*resolver.needed(indicator.when)]
        if indicator.base == "asked":
            for ref in resolver.questions(indicator.when):
                asked_if = resolver.of(ref)[0].asked_if
                needs += resolver.needed(asked_if) if asked_if is not None else ()
        key = (indicator.base, frozenset(question.answered for question in questions))
        base = first_with.setdefault(key, name)
        when = resolver.columns(indicator.when)
        found.append(IndicatorColumn(name, indicator.base, questions, when, tuple(dict.fromkeys(needs)), base))
    return tuple(found)


@dataclass(frozen=True)
class Band:
    level: str
    at_least: float | None
    below: float | None


@dataclass(frozen=True)
class SegmentColumns:
    """A segment as columns of `respondents`.

    Exclusive: one column of that name, holding a level. Overlapping: one 1/0 column a level.
    nets: level -> the levels it joins. conditions: level -> resolved condition (overlapping only).
    """

    name: str
    levels: tuple[str, ...]
    overlapping: bool
    source: str | None
    bands: tuple[Band, ...]
    nets: Mapping[str, tuple[str, ...]]
    conditions: Mapping[str, object]
    needs: tuple[str, ...]

    @property
    def columns(self) -> dict[str, str]:
        """Column of each level where levels overlap."""
        return {level: f"{self.name}__{slug(level)}" for level in self.levels} if self.overlapping else {}

    @property
    def all_levels(self) -> tuple[str, ...]:
        return (*self.levels, *self.nets)


def slug(label: str) -> str:
    """A level's label as part of a column name: lower case, digits, single underscores."""
    return re.sub(r"_+", "_", re.sub(r"\W", "_", label.casefold())).strip("_") or "level"


def number_text(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def bands_of(limits: tuple[float, ...]) -> tuple[Band, ...]:
    """Bands below, between and from the limits: below_1000, 1000_to_5000, 5000_and_more."""
    texts = [number_text(limit) for limit in limits]
    middle = [Band(f"{texts[i]}_to_{texts[i + 1]}", limits[i], limits[i + 1]) for i in range(len(limits) - 1)]
    return (
        Band(f"below_{texts[0]}", None, limits[0]),
        *middle,
        Band(f"{texts[-1]}_and_more", limits[-1], None),
    )


def segment_columns(segments: Segments, resolver: Resolver) -> tuple[SegmentColumns, ...]:
    """All declared segments, resolved."""
    return tuple(_segment(name, segment, resolver) for name, segment in segments.items())


def _segment(name: str, segment: Segment, resolver: Resolver) -> SegmentColumns:
    if segment.levels is not None:
        conditions = {level: resolver.columns(condition) for level, condition in segment.levels.items()}
        needs = tuple(v for condition in segment.levels.values() for v in resolver.needed(condition))
        return SegmentColumns(name, tuple(conditions), True, None, (), {}, conditions, tuple(dict.fromkeys(needs)))
    variables = resolver.of(segment.question or "")
    first = variables[0]
    if first.kind == "number":
        bands = bands_of(segment.bands or ())
        return SegmentColumns(name, tuple(b.level for b in bands), False, first.name, bands, {}, {}, (first.name,))
    if first.kind == "tick":
        ticks = {v.part: AnyTick((v.name,)) for v in variables if not v.not_substantive}
        return SegmentColumns(name, tuple(ticks), True, None, (), {}, ticks, tuple(v.name for v in variables))
    levels = tuple(key for key in first.options if key not in first.not_substantive)
    nets = {name: net.of for name, net in segment.nets.items()}
    return SegmentColumns(name, levels, False, first.name, (), nets, {}, (first.name,))
