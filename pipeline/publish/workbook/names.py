"""What the parts of a study are called in the workbook's language: its labels, else what the export or the key says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipeline.publish.workbook.words import Words
from pipeline.study.labels import level_label, segment_label, tier_label
from pipeline.study.model import Study
from pipeline.study.questions import GridQuestion, Option
from pipeline.study.section import Text
from pipeline.study.variables import Variable


@dataclass(frozen=True)
class Names:
    study: Study
    wave: str
    words: Words

    @property
    def title(self) -> str:
        return self.study.title.get(self.words.language)

    @cached_property
    def _segments(self) -> Mapping[tuple[str, str], str]:
        """Levels as they are called; worked out once, as thousands of rows ask."""
        resolver, language = self.study.resolver, self.words.language
        return {
            (s.name, level): level_label(self.study.segments, resolver, s.name, level, language)
            for s in self.study.segment_columns
            for level in s.all_levels
        }

    def indicator(self, name: str) -> str:
        found = self.study.indicators.get(name)
        return self._label(found.label if found else None, name)

    def comparison(self, name: str) -> str:
        found = self.study.comparisons.get(name)
        return self._label(found.label if found else None, name)

    def segment(self, name: str) -> str:
        if name in self.study.segments:
            return segment_label(self.study.segments, name, self.words.language)
        return self.words.of("segments", name)

    def level(self, segment: str, level: str) -> str:
        if segment == "tier":
            return self.tier(level)
        return self._segments.get((segment, level)) or self.words.of("levels", level)

    def tier(self, name: str) -> str:
        if self.study.tiers is not None and name in self.study.tiers.order:
            return tier_label(self.study.tiers, name, self.words.language)
        return self.words.of("levels", name)

    def dimension(self, name: str) -> str:
        found = self.study.score.dimensions.get(name) if self.study.score else None
        return self._label(found.label, name) if found else self.words.of("dimensions", name)

    def group(self, row: Mapping[str, Any], end: str) -> str:
        """A group of a finding: as published in English, else made of labels."""
        declared = self.study.comparisons.get(row["comparison"])
        if self.words.language == "en" or declared is None:
            return str(row[f"group_{end}"])
        group = declared.a if end == "a" else declared.b
        if isinstance(group, str):
            return self.words.say("comparators", group)
        parts = []
        for key, levels in group.items():
            names = " / ".join(self.level(key, level) for level in levels)
            parts.append(names if key == "tier" else f"{self.segment(key)}: {names}")
        return "; ".join(parts)

    def question(self, variable: Variable) -> str:
        """The question as tables call it: its label, else its text; of a row of a grid, with the row."""
        question = self.study.questions[variable.question]
        text = question.text_in(self.wave) or " / ".join(question.columns_in(self.wave)) or variable.ref
        name = self._label(question.label, text)
        if not isinstance(question, GridQuestion):
            return name
        row = question.rows[variable.part]
        return f"{name} – {self._label(row.label, row.text_in(self.wave))}"

    def option(self, option: Option) -> str:
        return self._label(option.label, option.text_in(self.wave))

    def _label(self, label: Text | None, otherwise: str) -> str:
        return label.get(self.words.language) if label else otherwise
