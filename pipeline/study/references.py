"""Names in a study file that point nowhere: every one is found, with the nearest that exists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pipeline.errors import listed, nearest
from pipeline.study.analysis import Segment
from pipeline.study.cleaning import AttentionCheck, DuplicateAnswers, NoConsent, OutOfRange, ScreenedOut, Straightliner
from pipeline.study.columns import slug
from pipeline.study.conditions import All, Answered, AnyOf, Chosen, Condition, Filter, InRange, Not
from pipeline.study.evening import evened
from pipeline.study.model import Study
from pipeline.study.questions import GridQuestion, MultipleQuestion, NumberQuestion, Option, TextQuestion
from pipeline.study.variables import Variable, options_of

Place = tuple[str | int, ...]

RESPONSE_COLUMNS = ("wave", "source_row", "respondent_id", "started_at", "finished_at", "duration_seconds",
                    "status", "progress_pct", "recaptcha", "fingerprint")  # fmt: skip
RESPONDENT_COLUMNS = ("wave", "source_row", "respondent_id", "disposition", "score", "tier", "weight", "all",
                      "segment", "level", "stratum", "n", "w", "ww")  # fmt: skip
CONDITION_WORDS = ("any", "all", "not", "tier", "filter")


@dataclass(frozen=True)
class Problem:
    """Something wrong at a place of the study file."""

    place: Place
    what: str
    expected: str | None = None
    nearest: str | None = None


def problems_of(study: Study) -> list[Problem]:
    """Every reference that does not hold, in the order of the file."""
    finder = _Finder(study)
    found = [
        *finder.questions(), *finder.filters(), *finder.cleaning(), *finder.score(), *finder.tiers(),
        *finder.segments(), *finder.indicators(), *finder.weights(),
    ]  # fmt: skip
    # Levels of segments are known only once what they are made of is sound.
    return found or list(finder.comparisons())


def _unknown(place: Place, kind: str, name: str, valid: Iterable[str]) -> Problem:
    choices = list(valid)
    return Problem(
        place, f'{kind} "{name}" does not exist', listed(choices) or "none is declared", nearest(name, choices)
    )


class _Finder:
    def __init__(self, study: Study) -> None:
        self.study = study
        self.variables = study.variables
        self.refs = list(dict.fromkeys([v.ref for v in self.variables] + [v.question for v in self.variables]))

    # -- conditions

    def condition(self, place: Place, condition: Condition) -> Iterator[Problem]:
        if isinstance(condition, All | AnyOf):
            for part in condition.of:
                yield from self.condition(place, part)
        elif isinstance(condition, Not):
            yield from self.condition(place, condition.of)
        elif isinstance(condition, Filter):
            if condition.name not in self.study.filters:
                yield _unknown(place, "filter", condition.name, self.study.filters)
        else:
            yield from self._leaf(place, condition)

    def _leaf(self, place: Place, leaf: Chosen | InRange | Answered) -> Iterator[Problem]:
        ref = leaf.question
        variables = [v for v in self.variables if ref in (v.ref, v.question)]
        if not variables:
            yield _unknown(place, "question", ref, self.refs)
            return
        question = self.study.questions[variables[0].question]
        if isinstance(question, GridQuestion) and ref == variables[0].question:
            yield Problem(place, f'"{ref}" is a grid', f"one of its rows: {listed(v.ref for v in variables)}")
        elif isinstance(leaf, InRange) and not isinstance(question, NumberQuestion):
            yield Problem(place, f'"{ref}" is no number, so it has no range', "a list of its options")
        elif isinstance(leaf, Chosen):
            yield from self._chosen(place, leaf, variables)

    def _chosen(self, place: Place, leaf: Chosen, variables: list[Variable]) -> Iterator[Problem]:
        question = self.study.questions[variables[0].question]
        if isinstance(question, NumberQuestion | TextQuestion):
            expected = "{at_least: ..}" if isinstance(question, NumberQuestion) else "{answered: yes}"
            yield Problem(place, f'question "{leaf.question}" has no options', expected)
            return
        offered = options_of(question, self.study.scales)
        valid = [v.part for v in variables] if isinstance(question, MultipleQuestion) else list(offered)
        for option in leaf.options:
            if option not in valid:
                by_text = {evened(o.text): key for key, o in offered.items()}
                close = by_text.get(evened(option)) or nearest(option, valid)
                yield Problem(place, f'selects "{option}", which question "{leaf.question}" does not offer',
                              listed(valid, 30), close)  # fmt: skip

    # -- sections

    def questions(self) -> Iterator[Problem]:
        for name, question in self.study.questions.items():
            place: Place = ("questions", name)
            if name in CONDITION_WORDS or name in RESPONSE_COLUMNS:
                yield Problem(place, f'"{name}" is a word of the study file or a column of its own', "another name")
            if question.asked_if is not None:
                yield from self.condition((*place, "asked_if"), question.asked_if)
            if isinstance(question, NumberQuestion | TextQuestion):
                continue
            if question.scale is not None and question.scale not in self.study.scales:
                yield _unknown((*place, "scale"), "scale", question.scale, self.study.scales)
            yield from self._same_texts((*place, "options"), options_of(question, self.study.scales))

    def _same_texts(self, place: Place, options: dict[str, Option]) -> Iterator[Problem]:
        seen: dict[str, str] = {}
        for key, option in options.items():
            first = seen.setdefault(evened(option.text), key)
            if first != key:
                yield Problem((*place, key), f'has the text of option "{first}"', "texts that differ")

    def filters(self) -> Iterator[Problem]:
        for name, condition in self.study.filters.items():
            yield from self.condition(("filters", name), condition)
            if self._reaches(condition, name, frozenset()):
                yield Problem(("filters", name), f'filter "{name}" refers to itself', "filters without a circle")

    def _reaches(self, condition: Condition, target: str, seen: frozenset[str]) -> bool:
        if isinstance(condition, All | AnyOf):
            return any(self._reaches(part, target, seen) for part in condition.of)
        if isinstance(condition, Not):
            return self._reaches(condition.of, target, seen)
        if not isinstance(condition, Filter) or condition.name in seen:
            return False
        if condition.name == target:
            return True
        following = self.study.filters.get(condition.name)
        return following is not None and self._reaches(following, target, seen | {condition.name})

    def cleaning(self) -> Iterator[Problem]:
        questions = self.study.questions
        for i, rule in enumerate(self.study.cleaning):
            place: Place = ("cleaning", i)
            if isinstance(rule, NoConsent | ScreenedOut | AttentionCheck):
                yield from self.condition((*place, "unless"), rule.unless)
            if isinstance(rule, Straightliner):
                grids = [name for name, q in questions.items() if isinstance(q, GridQuestion)]
                for grid in rule.grids:
                    if grid not in grids:
                        yield _unknown((*place, "grids"), "grid", grid, grids)
            if isinstance(rule, OutOfRange):
                ranged = [n for n, q in questions.items() if isinstance(q, NumberQuestion) and q.range]
                for name in rule.questions:
                    if name not in ranged:
                        yield _unknown((*place, "questions"), "number with a range", name, ranged)
            if isinstance(rule, DuplicateAnswers):
                for name in rule.questions:
                    if name not in questions:
                        yield _unknown((*place, "questions"), "question", name, questions)

    def score(self) -> Iterator[Problem]:
        score = self.study.score
        if score is None:
            return
        by_ref = {v.ref: v for v in self.variables}
        offered: set[str] = set()
        for name, dimension in score.dimensions.items():
            place: Place = ("score", "dimensions", name, "items")
            for item in dimension.items:
                variable = by_ref.get(item)
                if variable is None or variable.kind not in ("choice", "tick"):
                    valid = [ref for ref, v in by_ref.items() if v.kind in ("choice", "tick")]
                    yield _unknown(place, "item", item, valid)
                    continue
                offered |= set(variable.options)
                if variable.kind == "choice" and not set(variable.options) & set(score.points):
                    yield Problem(place, f'item "{item}" has no option with points', listed(score.points))
        for option in score.points:
            if offered and option not in offered:
                yield _unknown(("score", "points", option), "option of a scored item", option, sorted(offered))

    def tiers(self) -> Iterator[Problem]:
        tiers = self.study.tiers
        if tiers is None:
            return
        for tier in tiers.labels:
            if tier not in tiers.order:
                yield _unknown(("tiers", "labels", tier), "tier", tier, tiers.order)
        if tiers.answers is None and self.study.score is None:
            yield Problem(("tiers",), "cuts the score, but there is no section `score`", "`score`, or `answers`")
        for tier, condition in (tiers.answers or {}).items():
            yield from self.condition(("tiers", "answers", tier), condition)
        if tiers.quantiles is not None and self.study.baseline is None:
            yield Problem(
                ("tiers", "quantiles"), "needs a baseline wave to take the quantiles from", "`baseline: WAVE`"
            )
        if tiers.within:
            exclusive = [name for name in self.study.segments if not self._overlaps(name)]
            if tiers.within not in exclusive:
                yield _unknown(("tiers", "within"), "segment without overlap", tiers.within, exclusive)

    def _overlaps(self, segment: str) -> bool:
        declared = self.study.segments[segment]
        question = self.study.questions.get(declared.question or "")
        return declared.levels is not None or isinstance(question, MultipleQuestion)

    def segments(self) -> Iterator[Problem]:
        for name, segment in self.study.segments.items():
            place: Place = ("segments", name)
            if name in RESPONDENT_COLUMNS:
                yield Problem(place, f'"{name}" is a column of its own', "another name")
            if segment.levels is not None:
                slugs: dict[str, str] = {}
                for level, condition in segment.levels.items():
                    yield from self.condition((*place, "levels", level), condition)
                    if (first := slugs.setdefault(slug(level), level)) != level:
                        yield Problem((*place, "levels", level), f'looks the same as level "{first}"', "another name")
            else:
                yield from self._segment_question(place, segment)

    def _segment_question(self, place: Place, segment: Segment) -> Iterator[Problem]:
        ref = segment.question or ""
        variables = [v for v in self.variables if ref in (v.ref, v.question)]
        question = self.study.questions.get(variables[0].question) if variables else None
        if question is None or (isinstance(question, GridQuestion) and ref == variables[0].question):
            yield _unknown((*place, "question"), "question", ref, self.refs)
        elif isinstance(question, TextQuestion):
            yield Problem((*place, "question"), f'"{ref}" is free text', "a question with options, or a number")
        elif isinstance(question, NumberQuestion) != (segment.bands is not None):
            yield Problem(place, "bands go with numbers, and numbers need bands", "bands: [1000, 5000]")
        elif segment.nets:
            variable = variables[0]
            levels = [key for key in variable.options if key not in variable.not_substantive]
            if variable.kind == "tick":
                yield Problem((*place, "nets"), "nets of a multiple-response question would overlap", "`levels`")
                return
            for net, parts in segment.nets.items():
                if net in levels:
                    yield Problem((*place, "nets", net), f'net "{net}" has the name of an option', "another name")
                for part in parts:
                    if part not in levels:
                        yield _unknown((*place, "nets", net), "level", part, levels)

    def indicators(self) -> Iterator[Problem]:
        for name, indicator in self.study.indicators.items():
            place: Place = ("indicators", name)
            if name in RESPONDENT_COLUMNS or name in self.study.segments:
                yield Problem(place, f'"{name}" is a segment or a column of its own', "another name")
            yield from self.condition((*place, "when"), indicator.when)

    def comparisons(self) -> Iterator[Problem]:
        for name, comparison in self.study.comparisons.items():
            groups = {"a": comparison.a} | ({} if isinstance(comparison.b, str) else {"b": comparison.b})
            used: set[str] = set()
            for side, group in groups.items():
                for key, levels in group.items():
                    place: Place = ("comparisons", name, side, key)
                    valid = self._levels(key)
                    if valid is None:
                        keys = ["tier", *self.study.segments] if self.study.tiers else list(self.study.segments)
                        yield _unknown(place, "group by", key, keys)
                        continue
                    used |= {key} - {"tier"}
                    for level in levels:
                        if level not in valid:
                            yield _unknown(place, "tier" if key == "tier" else f"level of {key}", level, valid)
            if len(used) > 1:
                yield Problem(("comparisons", name), f"uses {len(used)} segments ({listed(sorted(used))})",
                              "one, or a segment whose levels combine them")  # fmt: skip

    def _levels(self, key: str) -> tuple[str, ...] | None:
        if key == "tier":
            return self.study.tiers.order if self.study.tiers else None
        return next((s.all_levels for s in self.study.segment_columns if s.name == key), None)

    def weights(self) -> Iterator[Problem]:
        for name, weight in self.study.weights.items():
            for question in weight.rake or {}:
                if question not in self.study.questions:
                    yield _unknown(("weights", name, "rake", question), "question", question, self.study.questions)
