"""Whom a claim is about: its group, its comparator and its indicator, as the study file has them."""

from __future__ import annotations

from typing import Any

from pipeline.study.claims import Claim
from pipeline.study.model import Study

INLINE = "when of "  # before a claim's id: an indicator that stands in the claim alone
OWN = "filter of "  # the same of a filter


def sides(study: Study, claim: Claim) -> tuple[Any, Any]:
    """(group, comparator), of the claim's comparison or its own. None: everyone, and no comparator."""
    comparison = study.comparisons.get(claim.comparison or "")
    if comparison is not None:
        return comparison.a, comparison.b
    return as_group(study, claim.group), claim.against


def as_group(study: Study, group: Any) -> Any:
    """A tier's name alone as a group of that tier."""
    if isinstance(group, str) and study.tiers and group in study.tiers.order:
        return {"tier": (group,)}
    return group


def indicator_of(claim: Claim) -> str:
    """What the sample knows the claim's indicator by; empty for none."""
    return f"{INLINE}{claim.id}" if claim.when is not None else claim.indicator or ""


def filter_of(claim: Claim) -> str:
    """What the sample knows the claim's own filter by; empty for none."""
    return f"{OWN}{claim.id}" if claim.filter is not None else ""
