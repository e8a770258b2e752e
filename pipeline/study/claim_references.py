"""Names in claims that point nowhere; and charts as the claims of their cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import listed
from pipeline.study.claims import EVERYONE, Claim, When
from pipeline.study.conditions import Chosen, Condition, Filter, leaves
from pipeline.study.model import Study
from pipeline.study.problems import Problem, unfit, unknown
from pipeline.study.references import condition_problems
from pipeline.study.sampling import UNWEIGHTED
from pipeline.study.section import Place

MOST_CELLS = 5_000


def broken_claims(study: Study) -> Iterator[Problem]:
    """Every reference of a claim that does not hold. All other sections must be sound."""
    finder = _Finder(study)
    cells = 0
    for i, claim in enumerate(study.claim_set.claims):
        cells += len(claim.rows or ()) * len(claim.columns or ("",))
        yield from finder.claim(("claims", "claims", i), claim)
    if cells > MOST_CELLS:
        yield Problem(("claims",), f"hold {cells:,} cells of charts", f"at most {MOST_CELLS:,}")


@dataclass(frozen=True)
class _Finder:
    study: Study

    @property
    def levels(self) -> dict[str, tuple[str, ...]]:
        found = {s.name: s.all_levels for s in self.study.segment_columns}
        return found | ({"tier": self.study.tiers.order} if self.study.tiers else {})

    def claim(self, place: Place, claim: Claim) -> Iterator[Problem]:
        study = self.study
        for key, kind, valid in (
            ("indicator", "indicator", study.indicators), ("comparison", "comparison", study.comparisons),
            ("weight", "weight", (*study.weights, UNWEIGHTED)),
        ):  # fmt: skip
            name = getattr(claim, key)
            if name is not None and name not in valid:
                yield unknown((*place, key), kind, name, valid)
        for key in ("minus", "among"):
            for k, name in enumerate(getattr(claim, key) or ()):
                if name not in study.indicators:
                    yield unknown((*place, key, k), "indicator", name, study.indicators)
        numbers = [v.name for v in study.variables if v.kind == "number"]
        if claim.question is not None and claim.question not in numbers:
            yield unfit((*place, "question"), "number", claim.question, numbers)
        for key in ("when", "filter"):
            condition: Condition | None = getattr(claim, key)
            if condition is not None:
                yield from condition_problems(study, (*place, key), condition)
        for key in ("group", "against"):
            value = getattr(claim, key)
            if value is not None and not (key == "against" and isinstance(value, str)):
                yield from self._group((*place, key), value)
        for key in ("rows", "columns"):
            for k, part in enumerate(getattr(claim, key) or ()):
                if isinstance(part, When):
                    yield from condition_problems(study, (*place, key, k, "when"), part.when)
                elif not (isinstance(part, str) and part in study.indicators):
                    yield from self._group((*place, key, k), part)
        if claim.is_chart:
            yield from self._sides(place, claim)

    def _sides(self, place: Place, claim: Claim) -> Iterator[Problem]:
        """A chart has what respondents do on one side, and whom it is said of on the other."""
        sides = {key: {self._does(part) for part in getattr(claim, key)} for key in ("rows", "columns")
                 if getattr(claim, key)}  # fmt: skip
        for key, kinds in sides.items():
            if len(kinds) > 1:
                yield Problem((*place, key), "mixes indicators and groups", "indicators alone, or groups alone")
        if len(sides) == 2 and all(len(kinds) == 1 for kinds in sides.values()) and sides["rows"] == sides["columns"]:
            what = "indicators" if True in sides["rows"] else "groups"
            yield Problem((*place, "columns"), f"are {what}, as the rows are", "indicators on one side, groups beside")
        if len(sides) == 1 and sides["rows"] == {False} and claim.indicator is None and claim.when is None:
            yield Problem((*place, "rows"), "are groups", "an indicator: `indicator`, `when`, or `columns` of some")

    def _does(self, part: object) -> bool:
        return isinstance(part, When) or (isinstance(part, str) and part in self.study.indicators)

    def _group(self, place: Place, value: str | Mapping[str, tuple[str, ...]]) -> Iterator[Problem]:
        study, levels = self.study, self.levels
        if isinstance(value, str):
            tiers = study.tiers.order if study.tiers else ()
            if value not in (EVERYONE, *tiers, *study.filters):
                yield unknown(place, "group", value, [*tiers, *study.filters, EVERYONE, *study.indicators])
            return
        for key, chosen in value.items():
            if key not in levels:
                yield unknown((*place, key), "segment", key, levels)
                continue
            for i, level in enumerate(chosen):
                if level not in levels[key]:
                    kind = "tier" if key == "tier" else f"level of {key}"
                    yield unknown((*place, key, i), kind, level, levels[key])


def without_charts(claims: tuple[Claim, ...], indicators: Mapping[str, Any]) -> list[Claim]:
    """The claims with a claim for each printed cell of a chart, called chart[row, column]."""
    found = []
    for claim in claims:
        found += list(_cells(claim, indicators)) if claim.is_chart and not claim.not_checkable else [claim]
    return found


def _cells(claim: Claim, indicators: Mapping[str, Any]) -> Iterator[Claim]:
    assert claim.rows is not None
    assert isinstance(claim.printed, tuple)
    for i, row in enumerate(claim.rows):
        for j, column in enumerate(claim.columns or (None,)):
            part: dict[str, Any] = {}
            for side in (row, column):
                if isinstance(side, When):
                    part["when"] = side.when
                elif isinstance(side, str) and side in indicators:
                    part["indicator"] = side
                elif side is not None:
                    part["group"] = side
            text = claim.printed[i][j]
            part["printed"] = text if any(sign in text for sign in "%abcdefghijklmnopqrstuvwxyz") else f"{text}%"
            cases = claim.n or ()
            if cases:
                of_row = (
                    cases[i] if len(cases) == len(claim.rows) else (cases[0][i],) if len(cases[0]) > i else cases[0]
                )
                part["n"] = ((of_row[j] if len(of_row) > j else of_row[0],),)
            names = ", ".join(_called(side) for side in (row, column) if side is not None)
            without = {"id": f"{claim.id}[{names}]", "rows": None, "columns": None, "n": None, "statistic": "share"}
            yield claim.model_copy(update=without | part)


def _called(part: object) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, When):
        return condition_words(part.when)
    assert isinstance(part, Mapping)
    return ", ".join(listed(levels) for levels in part.values())


def condition_words(condition: Condition) -> str:
    """What a condition looks at, in short: questions with their options, filters by name."""
    words = []
    for leaf in leaves(condition):
        if isinstance(leaf, Chosen):
            words.append(f"{leaf.question}: {'/'.join(leaf.options)}")
        else:
            words.append(leaf.name if isinstance(leaf, Filter) else leaf.question)
    return ", ".join(words)
