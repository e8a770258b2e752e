"""What tiers, levels and comparisons are called in sentences and tables."""

from __future__ import annotations

from pipeline.study.analysis import Segments
from pipeline.study.columns import Resolver
from pipeline.study.maturity import Tiers


def tier_label(tiers: Tiers, tier: str, language: str = "en") -> str:
    """The tier's label, else its name followed by "respondents"."""
    return tier_name(tiers, tier, language) + ("" if tier in tiers.labels else " respondents")


def tier_name(tiers: Tiers, tier: str, language: str = "en") -> str:
    """The tier's label, else its name."""
    return tiers.labels[tier].get(language) if tier in tiers.labels else tier.replace("_", " ")


def level_label(segments: Segments, resolver: Resolver, segment: str, level: str, language: str = "en") -> str:
    """The level's label: of a net its label, of an option its label or text, else the level's own name."""
    declared = segments[segment]
    net = declared.nets.get(level)
    if net is not None and net.label is not None:
        return net.label.get(language)
    if declared.levels is not None:
        return level
    return option_label(resolver, declared.question, level, language) if declared.question else level.replace("_", " ")


def option_label(resolver: Resolver, question: str, option: str, language: str = "en") -> str:
    """The option's label, else its text; of none of the question's options the name itself."""
    for variable in resolver.of(question):
        declared = variable.options.get(option)
        if declared is not None:
            return declared.label.get(language) if declared.label else declared.text
    return option.replace("_", " ")


def segment_label(segments: Segments, segment: str, language: str = "en") -> str:
    label = segments[segment].label
    return label.get(language) if label else segment.replace("_", " ")


def either(names: list[str]) -> str:
    """ "a, b or c"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
