"""What tiers, levels and comparisons are called in sentences and tables."""

from __future__ import annotations

from pipeline.study.analysis import Segments
from pipeline.study.columns import Resolver
from pipeline.study.maturity import Tiers


def tier_label(tiers: Tiers, tier: str, language: str = "en") -> str:
    """The tier's label, else its name followed by "respondents"."""
    return tiers.labels[tier].get(language) if tier in tiers.labels else f"{tier.replace('_', ' ')} respondents"


def level_label(segments: Segments, resolver: Resolver, segment: str, level: str, language: str = "en") -> str:
    """The level's label: of a net its label, of an option its label or text, else the level's own name."""
    declared = segments[segment]
    net = declared.nets.get(level)
    if net is not None and net.label is not None:
        return net.label.get(language)
    variables = resolver.of(declared.question) if declared.question else ()
    for variable in variables:
        option = variable.options.get(level)
        if option is not None:
            return option.label.get(language) if option.label else option.text
    return level if declared.levels is not None else level.replace("_", " ")


def segment_label(segments: Segments, segment: str, language: str = "en") -> str:
    label = segments[segment].label
    return label.get(language) if label else segment.replace("_", " ")


def either(names: list[str]) -> str:
    """ "a, b or c"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
