"""What keeps a claimed change from being said: the reasons of table `trends`, for what the claim looks at."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.claims.sample import Sample
from pipeline.claims.sides import as_group, indicator_of
from pipeline.study.breaks import MUCH, Breaks
from pipeline.study.claims import EVERYONE, Claim
from pipeline.study.conditions import Condition


def broken_between(before: Sample, after: Sample, claim: Claim) -> str:
    """Why the share of a claim can't be compared between two waves; empty where it can."""
    study = after.study
    breaks = Breaks(study, before.wave, after.wave)
    does = claim.when if claim.when is not None else study.indicators[claim.indicator or ""].when
    found = [*breaks.of_condition(does), *_base_changed(before, after, claim, does, breaks)]
    group = as_group(study, claim.group)
    if isinstance(group, Mapping):
        found += [reason for key in group for reason in breaks.of_segment(key)]
    elif group not in (None, EVERYONE):
        found += breaks.of_condition(study.filters[group])
    if claim.filter is not None:
        found += breaks.of_condition(claim.filter)
    return "; ".join(dict.fromkeys(found))


def _base_changed(before: Sample, after: Sample, claim: Claim, does: Condition, breaks: Breaks) -> list[str]:
    """Where many more, or far fewer, of those asked answered a question that everyone is asked."""
    name = indicator_of(claim)
    rule = claim.base or after.rule(name)
    asked_of_some = any(breaks.resolver.of(ref)[0].asked_if is not None for ref in breaks.resolver.questions(does))
    if rule not in ("answered", "substantive") or asked_of_some:
        return []
    then, now = (sample.base(name, rule).sum() / max(sample.size, 1) for sample in (before, after))
    if abs(now - then) <= MUCH:
        return []
    return [f"the base changed: {then:.0%} of the analysed in {before.wave}, {now:.0%} then"]
