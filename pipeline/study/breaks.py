"""What keeps a figure of two waves from being compared: a question reworded, options changed, or not asked."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.study.analysis import Comparison
from pipeline.study.conditions import Chosen, Condition, Filter, leaves
from pipeline.study.evening import evened
from pipeline.study.model import Study
from pipeline.study.questions import GridQuestion, MultipleQuestion
from pipeline.study.variables import options_of

MUCH = 0.2
"""Change of the share that answers a question from which on its base is taken to have changed."""


class Breaks:
    """Reasons why no change is claimed between two waves, by what a figure looks at.

    A question breaks where the study file says so, where one wave did not ask it, where its text is another, and,
    with one answer to give, where another list of options was offered. An option that was renamed or merged
    (`was`) means the same. Of a multiple-response question each option is a question of its own.
    """

    def __init__(self, study: Study, before: str, wave: str) -> None:
        self.study, self.before, self.wave = study, before, wave
        self.resolver = study.resolver

    def of_indicator(self, name: str) -> list[str]:
        return self.of_condition(self.study.indicators[name].when)

    def of_segment(self, segment: str) -> list[str]:
        """Of a segment, or of the tiers."""
        if segment == "all":
            return []
        if segment == "tier":
            return self.of_tiers()
        declared = self.study.segments[segment]
        found = self._of_questions([declared.question] if declared.question else [])
        for condition in (declared.levels or {}).values():
            found += self.of_condition(condition)
        return _once(found)

    def of_comparison(self, comparison: Comparison) -> list[str]:
        groups = [comparison.a] + ([comparison.b] if isinstance(comparison.b, dict) else [])
        return _once(reason for group in groups for key in group for reason in self.of_segment(key))

    def of_tiers(self) -> list[str]:
        tiers = self.study.tiers
        if tiers is None:
            return []
        if tiers.answers is not None:
            return _once(reason for of in tiers.answers.values() for reason in self.of_condition(of))
        found = self.of_score("all")
        if tiers.within:
            found += self.of_segment(tiers.within)
        return _once(found)

    def of_tier_share(self) -> list[str]:
        tiers = self.study.tiers
        again = tiers is not None and tiers.recut
        return [*(["the tiers are cut anew in each wave"] if again else []), *self.of_tiers()]

    def of_score(self, dimension: str) -> list[str]:
        score = self.study.score
        dimensions = score.dimensions if score else {}
        chosen = dimensions.values() if dimension == "all" else [dimensions[dimension]]
        return _once(reason for d in chosen for item in d.items for reason in self._of_ref(item, None))

    def of_condition(self, condition: Condition) -> list[str]:
        """Of a condition that stands in no indicator: of a filter, of a claim."""
        found: list[str] = []
        for leaf in leaves(condition):
            if isinstance(leaf, Filter):
                found += self.of_condition(self.study.filters[leaf.name])
            elif ref := getattr(leaf, "question", ""):
                chosen = leaf.options if isinstance(leaf, Chosen) else None
                found += self._of_ref(ref, chosen)
        return _once(found)

    def _of_questions(self, refs: Iterable[str]) -> list[str]:
        return _once(reason for ref in refs for reason in self._of_ref(ref, None))

    def _of_ref(self, ref: str, chosen: tuple[str, ...] | None) -> list[str]:
        """chosen: the options that are asked for, None for all."""
        variable = self.resolver.of(ref)[0]
        name = variable.question
        question = self.study.questions[name]
        for wave in (self.before, self.wave):
            if not question.asked_in(wave):
                return [f"{name} was not asked in {wave}"]
        found = [f"{name}: {why}" for wave, why in question.breaks.items() if self.before < wave <= self.wave]
        if evened(question.text_in(self.before) or "") != evened(question.text_in(self.wave) or ""):
            found.append(f"{name} was worded otherwise in {self.before}")
        if isinstance(question, GridQuestion) and "." in ref:
            row = question.rows[ref.split(".")[1]]
            absent = [wave for wave in (self.before, self.wave) if not row.asked_in(wave)]
            found += [f"{ref} was not asked in {wave}" for wave in absent]
            if evened(row.text_in(self.before)) != evened(row.text_in(self.wave)):
                found.append(f"{ref} was worded otherwise in {self.before}")
        options = options_of(question, self.study.scales)
        if isinstance(question, MultipleQuestion):
            part = (ref.split(".")[1],) if "." in ref else None
            options = {key: option for key, option in options.items() if key in (chosen or part or options)}
        for wave in (self.before, self.wave):
            lacking = [key for key, option in options.items() if not option.offered_in(wave)]
            if lacking:
                found.append(f"{name}: {', '.join(lacking)} was not offered in {wave}")
        return found


def _once(reasons: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(reasons))
