"""Who is in the levels and groups of one wave, respondent by respondent."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from pipeline.estimation.groups import Grouping
from pipeline.estimation.means import levels_of_respondents
from pipeline.estimation.membership import Chosen, membership, places
from pipeline.study.columns import SegmentColumns
from pipeline.study.model import Study


@dataclass(frozen=True)
class Members:
    """Who is in the levels and groups of one wave. respondents: the analysed of table `respondents`."""

    study: Study
    respondents: pd.DataFrame

    @cached_property
    def levels(self) -> dict[tuple[str, str], Chosen]:
        """By segment and level; a segment declared since the wave was made is missing."""
        known = [s for s in self.study.segment_columns if self._knows(s)]
        of = levels_of_respondents(self.respondents, self.study.tiers, known)
        return {(segment, level): members for segment, level, members in of}

    @cached_property
    def grouping(self) -> Grouping:
        study = self.study
        return Grouping(study.tiers, study.segments, study.segment_columns, study.resolver)

    @cached_property
    def groups(self) -> dict[str, tuple[Chosen, Chosen]]:
        """(a, b) of each comparison that the respondents can tell."""
        study, r = self.study, self.respondents
        tiers = places(r["tier"].to_numpy(object), tuple(study.tiers.order) if study.tiers else ())
        made = {name: membership(c, self.grouping) for name, c in study.comparisons.items()}
        return {name: m.of(tiers, m.respondent_levels(r)) for name, m in made.items()
                if m.segment is None or self._knows(m.segment)}  # fmt: skip

    def _knows(self, s: SegmentColumns) -> bool:
        return set(s.columns.values() if s.overlapping else [s.name]) <= set(self.respondents.columns)
