"""What a reviewer says, and how much it weighs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pipeline.quality import needed_variables
from pipeline.study.model import Study
from pipeline.study.waves import Wave

Weight = Literal["error", "warning", "note"]

MOST_HINTS = 20  # of one kind, for one variable


@dataclass(frozen=True)
class Remark:
    """Something that a reviewer would say. error: the wave would fail or be quarantined."""

    weight: Weight
    where: str
    what: str


def weights(study: Study, wave: str, check: str) -> Callable[[str], Weight]:
    """How much a finding about a variable weighs: an error where it is needed and the wave does not admit it."""
    needed, resolver = needed_variables(study, wave), study.resolver
    admitted = check in study.waves.get(wave, Wave()).admit

    def weigh(variable: str) -> Weight:
        grave = not admitted and bool(({v.name for v in resolver.of(variable)} | {variable}) & needed)
        return "error" if grave else "warning"

    return weigh
