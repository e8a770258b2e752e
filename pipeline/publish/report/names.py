"""What the study's indicators, tiers, levels and groups are called in a language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.publish.report.words import Words, words_of
from pipeline.study.analysis import Comparison
from pipeline.study.columns import Resolver
from pipeline.study.labels import level_label, segment_label, tier_label
from pipeline.study.model import Study

ALL = "all"
TIER = "tier"
MOST_NAMED = 3  # levels that a group is named by


@dataclass(frozen=True)
class Names:
    """Labels of a study in a language; where there is none in it, the study's first one."""

    study: Study
    language: str
    words: Words = field(init=False)
    _resolver: Resolver = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", words_of(self.language))
        object.__setattr__(self, "_resolver", self.study.resolver)

    def indicator(self, name: str) -> str:
        """What respondents do, to follow "to"."""
        declared = self.study.indicators.get(name)
        return declared.label.get(self.language) if declared and declared.label else _plain(name)

    def dimension(self, name: str) -> str:
        if name == ALL:
            return str(self.words["whole_score"])
        declared = self.study.score.dimensions.get(name) if self.study.score else None
        return declared.label.get(self.language) if declared and declared.label else _plain(name)

    def comparison(self, name: str) -> str:
        """Its label in this language, else both groups."""
        declared = self.study.comparisons[name]
        if declared.label and self.language in declared.label.by_language:
            return declared.label.get(self.language)
        a, b = self.groups(name)
        return f"{_capital(a)} {self.words['against']} {b}" if self.language != "en" or not declared.label else (
            declared.label.get())  # fmt: skip

    def segment(self, name: str) -> str:
        if name == ALL:
            return str(self.words["everyone"])
        return str(self.words["tier"]).lower() if name == TIER else segment_label(
            self.study.segments, name, self.language)  # fmt: skip

    def level(self, segment: str, level: str) -> str:
        if segment == ALL:
            return str(self.words["all"])
        if segment == TIER:
            return self.tier(level)
        return level_label(self.study.segments, self._resolver, segment, level, self.language)

    def place(self, segment: str, level: str) -> str:
        """A level with its segment: "company size: 1-49"."""
        return str(self.words["all"]) if segment == ALL else f"{self.segment(segment)}: {self.level(segment, level)}"

    def tier(self, name: str) -> str:
        tiers = self.study.tiers
        if tiers is None or name not in tiers.order:
            return str(self.words["without_tier"])
        if name in tiers.labels:
            return tiers.labels[name].get(self.language)
        return _plain(name) if self.language != "en" else tier_label(tiers, name)

    def tier_short(self, name: str) -> str:
        """The tier without a last word that all tiers share: "mature" of "mature organisations"."""
        tiers = self.study.tiers
        if tiers is None or name not in tiers.order:
            return self.tier(name)
        ends = {self.tier(tier).rpartition(" ")[2] for tier in tiers.order}
        shared = len(ends) == 1 and all(self.tier(tier).rpartition(" ")[0] for tier in tiers.order)
        return self.tier(name).rpartition(" ")[0] if shared else self.tier(name)

    def groups(self, comparison: str) -> tuple[str, str]:
        """What both groups of a comparison are called. English has the words of the published tables."""
        declared = self.study.comparisons[comparison]
        return self._group(declared.a), self._others(declared)

    def option(self, ref: str, option: str) -> str:
        """An answer: its label or text, "" for numbers and open answers."""
        for variable in self._resolver.of(ref):
            found = variable.options.get(option)
            if found is not None:
                return found.label.get(self.language) if found.label else found.text
        return _plain(option)

    def _group(self, group: dict[str, tuple[str, ...]]) -> str:
        people = self._tiers(group[TIER]) if TIER in group else str(self.words["respondents"])
        limits = [
            f"{self.segment(key)}: {self._either([self.level(key, level) for level in levels])}"
            for key, levels in group.items() if key != TIER
        ]  # fmt: skip
        return f"{people} ({'; '.join(limits)})" if limits else people

    def _others(self, comparison: Comparison) -> str:
        if not isinstance(comparison.b, str):
            return self._group(comparison.b)
        tiers = self.study.tiers
        if comparison.b == "rest" and list(comparison.a) == [TIER] and tiers:
            others = [tier for tier in tiers.order if tier not in comparison.a[TIER]]
            if 0 < len(others) <= MOST_NAMED:
                return self._tiers(others)
        return str(self.words["comparators"][comparison.b])

    def _tiers(self, tiers: Sequence[str]) -> str:
        """ "beginning or developing organisations": a last word that all share is said once."""
        short = [self.tier_short(tier) for tier in tiers]
        full = [self.tier(tier) for tier in tiers]
        if short == full:
            return self._either(full)
        return f"{self._either(short)} {full[0].rpartition(' ')[2]}"

    def _either(self, names: list[str]) -> str:
        return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {self.words['or']} {names[-1]}"


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
