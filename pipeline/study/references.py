"""Names in a study file that point nowhere, in a circle, or at another kind of thing; with the nearest that fits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from pipeline.errors import listed, nearest
from pipeline.study.analysis import Comparison, Group, Segment
from pipeline.study.cleaning import AttentionCheck, DuplicateAnswers, NoConsent, OutOfRange, ScreenedOut, Straightliner
from pipeline.study.columns import SegmentColumns
from pipeline.study.conditions import Answered, Chosen, Condition, Filter, InRange, leaves
from pipeline.study.evening import evened
from pipeline.study.model import Study
from pipeline.study.problems import Problem, unfit, unknown
from pipeline.study.questions import GridQuestion, MultipleQuestion, NumberQuestion, TextQuestion
from pipeline.study.sampling import MAIN, UNWEIGHTED, Margins
from pipeline.study.section import Place
from pipeline.study.variables import Variable, options_of
from pipeline.study.waves import CHECKS

DEEPEST_FILTERS = 40  # filters that stand on filters
SUMS_TO_ONE = 1e-3  # how far printed shares may be from it; they are scaled to it
MOST_LEAVES = 10_000  # of a condition with its filters written out

Levels = Mapping[str, tuple[str, ...]]


MOST_SUMS = 9_600
"""Of one group of respondents; DuckDB ends the process where they outgrow its blocks of 256 KB."""


def broken_references(study: Study) -> Iterator[Problem]:
    """Every reference that does not hold, section by section."""
    finder = _Finder(study)
    yield from finder.filters()
    yield from finder.questions()
    yield from finder.waves()
    yield from finder.cleaning()
    yield from finder.design()
    yield from finder.weights()
    yield from finder.score()
    yield from finder.tiers()
    yield from finder.segments()
    yield from finder.indicators()


def condition_problems(study: Study, place: Place, condition: Condition) -> Iterator[Problem]:
    """What is wrong with a condition of a section that comes after these. The filters must be sound."""
    finder = _Finder(study)
    list(finder.filters())
    yield from finder.condition(place, condition)


def broken_comparisons(study: Study) -> Iterator[Problem]:
    """What is wrong with the groups of comparisons. The segments must be sound: their levels are looked up."""
    segments = {s.name: s for s in study.segment_columns}
    levels = {name: segment.all_levels for name, segment in segments.items()}
    levels |= {"tier": study.tiers.order} if study.tiers else {}
    for name, comparison in study.comparisons.items():
        yield from _unknown_names(("comparisons", name), comparison, study, segments)
        found = list(_unknown_groups(("comparisons", name), comparison, levels))
        yield from found or _unfit_groups(("comparisons", name), comparison, levels, segments)


def _groups(comparison: Comparison) -> dict[str, Group]:
    return {"a": comparison.a} | ({} if isinstance(comparison.b, str) else {"b": comparison.b})


def _unknown_groups(place: Place, comparison: Comparison, levels: Levels) -> Iterator[Problem]:
    for side, group in _groups(comparison).items():
        for key, chosen in group.items():
            if key not in levels:
                yield unknown((*place, side, key), "segment", key, levels)
                continue
            kind = "tier" if key == "tier" else f"level of {key}"
            known = set(levels[key])
            for i, level in enumerate(chosen):
                if level not in known:
                    yield unknown((*place, side, key, i), kind, level, levels[key])


def _unknown_names(
    place: Place, comparison: Comparison, study: Study, segments: Mapping[str, SegmentColumns]
) -> Iterator[Problem]:
    """The weight and the segments that a comparison names besides its groups."""
    if comparison.weight is not None and comparison.weight not in (known := (*study.weights, UNWEIGHTED)):
        yield unknown((*place, "weight"), "weight", comparison.weight, known)
    exclusive = [name for name, segment in segments.items() if not segment.overlapping]
    for i, name in enumerate(comparison.adjust_for):
        if name not in exclusive:
            yield unfit((*place, "adjust_for", i), "segment without overlap", name, exclusive)
    if comparison.stratify_by is not None and comparison.stratify_by not in exclusive:
        yield unfit((*place, "stratify_by"), "segment without overlap", comparison.stratify_by, exclusive)


def _unfit_groups(
    place: Place, comparison: Comparison, levels: Levels, segments: Mapping[str, SegmentColumns]
) -> Iterator[Problem]:
    """Groups that exist, but are the same, are empty, or need more than the cells can tell."""
    nets = {key: segments[key].nets if key in segments else {} for key in levels}

    def members(group: Group) -> dict[str, set[str]]:
        return {key: {part for level in chosen for part in nets[key].get(level, (level,))}
                for key, chosen in group.items()}  # fmt: skip

    used = dict.fromkeys(key for group in _groups(comparison).values() for key in group if key != "tier")
    if len(used) > 1:
        yield Problem(place, f"uses {len(used)} segments ({listed(used)})",
                      "one, or a segment whose levels combine them")  # fmt: skip
    for key in used:
        named = dict.fromkeys(level for group in _groups(comparison).values() for level in group.get(key, ()))
        if segments[key].overlapping and len(named) > 1:
            what = f'uses {len(named)} levels of segment "{key}", which may overlap: {listed(named)}'
            yield Problem(place, what, "one, as who is in several is not counted; b: rest, everyone_else or everyone")
    a = members(comparison.a)
    if isinstance(comparison.b, str):
        everything = {key: set(levels[key]) - set(nets[key]) for key in a}
        if comparison.b == "rest" and a == everything and not any(segments[key].overlapping for key in used):
            yield Problem((*place, "b"), f"is empty: `a` names all of {listed(a)}", "everyone_else, or fewer in `a`")
    elif a == members(comparison.b):
        yield Problem((*place, "b"), "is the same group as `a`", "groups that differ")


class _Finder:
    def __init__(self, study: Study) -> None:
        self.study = study
        self.resolver = study.resolver
        self.variables = study.variables
        self.sizes: dict[str, int] = {}  # leaves of each filter, written out
        self.looks_at: dict[str, set[str]] = {}  # questions of each filter

    def without_options(self, question: str) -> bool:
        """Whether the scale of a question is unknown, so that nothing can be said of its options."""
        scale = getattr(self.study.questions[question], "scale", None)
        return scale is not None and scale not in self.study.scales

    # -- conditions

    def condition(self, place: Place, condition: Condition) -> Iterator[Problem]:
        yield from self._names(place, condition)
        yield from self._too_long(place, condition)

    def _names(self, place: Place, condition: Condition) -> Iterator[Problem]:
        for leaf in leaves(condition):
            if isinstance(leaf, Chosen | InRange | Answered):
                yield from self._leaf((*place, *leaf.at), leaf)
            elif isinstance(leaf, Filter) and leaf.name not in self.study.filters:
                yield unknown((*place, *leaf.at), "filter", leaf.name, self.study.filters)

    def _too_long(self, place: Place, condition: Condition) -> Iterator[Problem]:
        """A condition that is too long with its filters written out, though none of them is by itself."""
        sizes = self._sizes_of(condition)
        if sum(sizes) > MOST_LEAVES >= max(sizes):
            yield Problem(place, f"comes to {sum(sizes):,} conditions, its filters written out",
                          f"at most {MOST_LEAVES:,}")  # fmt: skip

    def _sizes_of(self, condition: Condition) -> list[int]:
        return [self.sizes.get(leaf.name, 1) if isinstance(leaf, Filter) else 1 for leaf in leaves(condition)]

    def _leaf(self, place: Place, leaf: Chosen | InRange | Answered) -> Iterator[Problem]:
        ref = leaf.question
        variables = self.resolver.of(ref)
        problem = self._no_variable(place, ref, variables)
        if problem is not None:
            yield problem
        elif isinstance(leaf, InRange) and variables and variables[0].kind != "number":
            yield Problem(place, f'"{ref}" is no number, so it has no range', "a list of its options")
        elif isinstance(leaf, Chosen) and variables:
            yield from self._chosen(place, leaf, variables)

    def _no_variable(self, place: Place, ref: str, variables: tuple[Variable, ...]) -> Problem | None:
        """What is wrong with a reference to a question, a grid row or a tick, if anything."""
        questions = self.study.questions
        if isinstance(questions.get(ref), GridQuestion):
            return Problem(place, f'"{ref}" is a grid', f"one of its rows: {listed(v.ref for v in variables)}")
        name, _, part = ref.partition(".")
        if variables or (name in questions and self.without_options(name)):
            return None
        if name not in questions:
            return unknown(place, "question", ref, questions)
        parts = [v.part for v in self.resolver.of(name) if v.part]
        if not parts:
            return Problem(place, f'"{name}" has no parts', f'"{name}" alone')
        close = nearest(part, parts)
        return Problem(place, f'"{name}" has no part "{part}"', listed(f"{name}.{p}" for p in parts),
                       f"{name}.{close}" if close else None)  # fmt: skip

    def _chosen(self, place: Place, leaf: Chosen, variables: tuple[Variable, ...]) -> Iterator[Problem]:
        question = self.study.questions[variables[0].question]
        if isinstance(question, NumberQuestion | TextQuestion):
            expected = "{at_least: 1}" if isinstance(question, NumberQuestion) else "{answered: yes}"
            yield Problem(place, f'question "{leaf.question}" has no options', expected)
            return
        if self.without_options(variables[0].question):
            return
        offered = options_of(question, self.study.scales)
        valid = [v.part for v in variables] if isinstance(question, MultipleQuestion) else list(offered)
        known = set(valid)
        for i, option in enumerate(leaf.options):
            if option not in known:
                by_text = {evened(o.text): key for key, o in offered.items()}
                close = by_text.get(evened(option)) or nearest(option, valid)
                yield Problem((*place, i), f'selects "{option}", which question "{leaf.question}" does not offer',
                              listed(valid, 30), close)  # fmt: skip

    # -- sections

    def filters(self) -> Iterator[Problem]:
        filters = self.study.filters
        for name, condition in filters.items():
            yield from self._names(("filters", name), condition)
        uses = {name: [leaf.name for leaf in leaves(condition) if isinstance(leaf, Filter) and leaf.name in filters]
                for name, condition in filters.items()}  # fmt: skip
        if circle := _circle(uses):
            yield Problem(
                ("filters", circle[0]), f"refers to itself: {' -> '.join(circle)}", "filters without a circle"
            )
            return
        depths: dict[str, int] = {}
        for name in TopologicalSorter(uses).static_order():
            yield from self._too_long(("filters", name), filters[name])
            self.sizes[name] = min(sum(self._sizes_of(filters[name])), MOST_LEAVES + 1)
            self.looks_at[name] = self._questions_of(filters[name])
            depths[name] = 1 + max((depths[used] for used in uses[name]), default=0)
            if depths[name] == DEEPEST_FILTERS + 1:
                yield Problem(("filters", name), f"stands on {DEEPEST_FILTERS} filters in a row", "fewer")

    def questions(self) -> Iterator[Problem]:
        questions = self.study.questions
        asked: dict[str, set[str]] = {}
        for name, question in questions.items():
            place: Place = ("questions", name)
            if self.without_options(name):
                scale = str(getattr(question, "scale", ""))
                yield unknown((*place, "scale"), "scale", scale, self.study.scales)
            if question.asked_if is not None:
                yield from self.condition((*place, "asked_if"), question.asked_if)
                asked[name] = self._questions_of(question.asked_if)
        if circle := _circle(asked):
            what = "depends on the question itself"
            if len(circle) > 2:
                what = f"depends on questions that depend on this one: {' -> '.join(circle)}"
            yield Problem(("questions", circle[0], "asked_if"), what, "questions that come before it")

    def _questions_of(self, condition: Condition) -> set[str]:
        """Questions that a condition looks at, filters followed; what does not exist is left out."""
        found: set[str] = set()
        for leaf in leaves(condition):
            if isinstance(leaf, Filter):
                found |= self.looks_at.get(leaf.name, set())
            else:
                found |= {v.question for v in self.resolver.of(leaf.question)[:1]}
        return found

    def cleaning(self) -> Iterator[Problem]:
        questions = self.study.questions
        grids = [name for name, q in questions.items() if isinstance(q, GridQuestion) and len(q.rows) > 1]
        ranged = [name for name, q in questions.items() if isinstance(q, NumberQuestion) and q.range]
        for i, rule in enumerate(self.study.cleaning):
            place: Place = ("cleaning", i)
            if isinstance(rule, NoConsent | ScreenedOut | AttentionCheck):
                yield from self.condition((*place, "unless"), rule.unless)
            elif isinstance(rule, Straightliner):
                yield from _each_known((*place, "grids"), "grid of several rows", rule.grids, grids)
            elif isinstance(rule, OutOfRange):
                yield from _each_known((*place, "questions"), "number with a range", rule.questions, ranged)
            elif isinstance(rule, DuplicateAnswers):
                yield from _each_known((*place, "questions"), "question", rule.questions, questions)

    def waves(self) -> Iterator[Problem]:
        for wave, declared in self.study.waves.items():
            for check in declared.admit:
                if check not in CHECKS:
                    yield unknown(("waves", wave, "admit", check), "check", check, CHECKS)

    def design(self) -> Iterator[Problem]:
        """Strata and units that are questions: those with one column of answers. Any other name is a column's."""
        single = [name for name in self.study.questions if [v.name for v in self.resolver.of(name)] == [name]]
        for key in ("strata", "psu") if self.study.design else ():
            name = getattr(self.study.design, key)
            if name in self.study.questions and name not in single and not self.without_options(name):
                yield unfit(("design", key), "question with one answer", name, single)

    def weights(self) -> Iterator[Problem]:
        if UNWEIGHTED in self.study.weights:
            what = f'"{UNWEIGHTED}" is what a comparison names to have no weight'
            yield Problem(("weights", UNWEIGHTED), what, "another name")
        for name, weight in self.study.weights.items():
            yield from self._margins(("weights", name, "rake"), weight.rake or {})
            for wave, margins in weight.waves.items():
                yield from self._margins(("weights", name, "waves", wave), margins)
        if len(self.study.weights) > 1 and MAIN not in self.study.weights:
            yield Problem(("weights",), f"has {len(self.study.weights)} weights, none of them the default",
                          f"one called {MAIN}")  # fmt: skip

    def _margins(self, place: Place, margins: Margins) -> Iterator[Problem]:
        for question, shares in margins.items():
            variables = self.resolver.of(question)
            if not variables or variables[0].name != question or variables[0].kind != "choice":
                single = [v.name for v in self.variables if v.kind == "choice" and not v.part]
                yield unfit((*place, question), "single-choice question", question, single)
                continue
            if not self.without_options(question):
                for option in shares:
                    if option not in variables[0].options:
                        yield unknown((*place, question, option), "option", option, variables[0].options)
            if abs(sum(shares.values()) - 1) > SUMS_TO_ONE:
                yield Problem((*place, question), f"sums to {sum(shares.values()):g}", "shares that sum to 1")

    def score(self) -> Iterator[Problem]:
        score = self.study.score
        if score is None:
            return
        offered: dict[str, None] = {}
        undecided = False
        for name, dimension in score.dimensions.items():
            for i, item in enumerate(dimension.items):
                place: Place = ("score", "dimensions", name, "items", i)
                variables = self.resolver.of(item)
                problem = self._no_variable(place, item, variables)
                if problem is not None:
                    yield problem
                elif not variables or self.without_options(variables[0].question):
                    undecided = True
                elif variables[0].kind not in ("choice", "tick") or variables[0].ref != item:
                    yield Problem(place, f'"{item}" cannot be scored', "a single question, a grid row, or a tick as "
                                  "question.option")  # fmt: skip
                elif variables[0].kind == "choice":
                    offered |= dict.fromkeys(variables[0].options)
                    points = {score.points[option] for option in variables[0].options if option in score.points}
                    if len(points) < 2:
                        yield Problem(place, f'options of "{item}" do not differ in points',
                                      f"points for some of {listed(variables[0].options)}")  # fmt: skip
        if score.peers is not None:
            yield from self._exclusive(("score", "peers"), score.peers)
        for option in () if undecided else score.points:
            if option not in offered:
                yield unfit(("score", "points", option), "option of a scored item", option, offered)

    def tiers(self) -> Iterator[Problem]:
        tiers = self.study.tiers
        if tiers is None:
            return
        for tier in tiers.labels:
            if tier not in tiers.order:
                yield unknown(("tiers", "labels", tier), "tier", tier, tiers.order)
        for tier, condition in (tiers.answers or {}).items():
            yield from self.condition(("tiers", "answers", tier), condition)
        if tiers.answers is None and self.study.score is None:
            yield Problem(("tiers",), "cuts the score, but there is no section `score`", "`score`, or `answers`")
        if tiers.quantiles is not None and not tiers.recut and self.study.baseline is None:
            yield Problem(
                ("tiers", "quantiles"),
                "needs a baseline wave to take the quantiles from",
                "`baseline: WAVE`, or `recut: true`",
            )
        if tiers.within:
            yield from self._exclusive(("tiers", "within"), tiers.within)
        if tiers.clusters and self.study.score is None:
            yield Problem(("tiers", "clusters"), "needs the dimensions of a score", "`score`")

    def _exclusive(self, place: Place, name: str) -> Iterator[Problem]:
        """A segment whose levels do not overlap."""
        exclusive = [key for key, segment in self.study.segments.items() if not self._overlaps(segment)]
        if name not in exclusive:
            yield unfit(place, "segment without overlap", name, exclusive)

    def _overlaps(self, segment: Segment) -> bool:
        variables = self.resolver.of(segment.question or "")
        return segment.levels is not None or bool(variables and variables[0].kind == "tick")

    def segments(self) -> Iterator[Problem]:
        for name, segment in self.study.segments.items():
            place: Place = ("segments", name)
            for level, condition in (segment.levels or {}).items():
                yield from self.condition((*place, "levels", level), condition)
            if segment.question is not None:
                yield from self._divided(place, segment, segment.question)

    def _divided(self, place: Place, segment: Segment, ref: str) -> Iterator[Problem]:
        variables = self.resolver.of(ref)
        problem = self._no_variable((*place, "question"), ref, variables)
        if problem is not None:
            yield problem
            return
        if not variables:
            return
        variable = variables[0]
        if variable.kind == "text":
            yield Problem((*place, "question"), f'"{ref}" is free text', "a question with options, or a number")
        elif variable.kind == "number" and segment.bands is None:
            yield Problem(place, f'"{ref}" is a number, so the segment needs bands', "bands: [1000, 5000]")
        elif variable.kind != "number" and segment.bands is not None:
            yield Problem((*place, "bands"), f'goes with numbers, and "{ref}" has options', "`nets`, or nothing")
        elif segment.nets and variable.kind != "choice":
            why = "bands have no options to join" if variable.kind == "number" else "ticks overlap, so nets would"
            yield Problem((*place, "nets"), why, "a segment by `levels`")
        elif not self.without_options(variable.question):
            levels = [key for key in variable.options if key not in variable.not_substantive]
            for name, net in segment.nets.items():
                if name in variable.options:
                    yield Problem((*place, "nets", name), f'net "{name}" has the name of an option', "another name")
                yield from _each_known((*place, "nets", name), "level", net.of, levels)

    def indicators(self) -> Iterator[Problem]:
        sums = MOST_SUMS // (6 if self.study.weights or self.study.design else 2)
        if len(self.study.indicators) > sums:
            what = f"are {len(self.study.indicators):,}, more than can be summed in one pass"
            yield Problem(
                ("indicators",), what, f"at most {sums:,}", do="toplines hold every answer without indicators"
            )
        for name, indicator in self.study.indicators.items():
            yield from self.condition(("indicators", name, "when"), indicator.when)


def _each_known(place: Place, kind: str, names: Iterable[str], valid: Iterable[str]) -> Iterator[Problem]:
    choices = set(valid)
    for i, name in enumerate(names):
        if name not in choices:
            yield unfit((*place, i), kind, name, valid)


def _circle(uses: Mapping[str, Iterable[str]]) -> list[str]:
    """Names that use each other in a circle, the first one again at the end; empty where there is none."""
    try:
        TopologicalSorter(uses).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []
