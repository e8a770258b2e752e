"""Where a printed figure does not come out: which other base, comparator or filter gives it, or which slip."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pipeline.claims.figures import TWO_GROUPS, Asked, Figure, others
from pipeline.claims.numbers import plain
from pipeline.claims.printed import PrintedFigure
from pipeline.claims.sample import RULES, NotInWaveError, Sample
from pipeline.claims.sides import filter_of, indicator_of, sides
from pipeline.estimation.membership import Chosen
from pipeline.study.analysis import Base
from pipeline.study.claims import EVERYONE
from pipeline.study.sampling import UNWEIGHTED

Kind = Literal["base", "comparator", "filter", "weight", "direction", "odds", "unit", "rounding"]
ELSEWHERE = ("base", "comparator", "filter", "weight")
"""Kinds under which a figure is reproduced, though not as the claim says; the others are slips of the sentence."""
MOST_FILTERS = 20
SLACK = 1e-9


@dataclass(frozen=True)
class Hit:
    """What gives the printed figures. words: what was done otherwise, with what then comes out. slip: which
    slip it is, empty for another way to count."""

    kind: Kind
    words: str
    slip: str = ""


@dataclass(frozen=True)
class Way:
    """One way to count: everything that may be varied of a claim."""

    base: Base | Literal[""]
    filter: str
    group: Any
    against: Any
    weight: str
    before: Base | Literal[""] = ""


Printed = Mapping[str, PrintedFigure]
Cell = tuple[Asked, Figure, Printed]
"""A claim, its figure, and what was printed of it."""


@dataclass(frozen=True)
class Variant:
    kind: Kind
    words: str
    way: Way


class Search:
    """Tries a declared family on one claim, or on the cells of one row of a chart, which all have to come out."""

    def __init__(self, sample: Sample, earlier: Mapping[str, Sample] | None = None) -> None:
        self.sample = sample
        self.earlier = {wave: Search(other) for wave, other in (earlier or {}).items()}
        self._shares: dict[Any, float] = {}
        self._masks: dict[str, Chosen] = {}

    def hits(self, cells: Sequence[Cell]) -> tuple[list[Hit], int]:
        """What gives all printed figures, other ways to count first, and how many were tried."""
        found: list[Hit] = []
        tried = MOST_SLIPS
        variants = [v for v in self.variants(cells[0][0]) if len(cells) == 1 or v.kind != "comparator"]
        for family in (variants, list(self._doubled(variants))):
            tried += len(family)
            for variant in family:
                if words := self._fits(cells, variant):
                    found.append(Hit(variant.kind, words))
            if found:
                break
        return [*found, *self._common_slips(cells)], tried

    def _common_slips(self, cells: Sequence[Cell]) -> Iterator[Hit]:
        """Slips that explain every cell that does not come out as it is."""
        slips = [self._slips(*cell) for cell in cells if not comes_out(*cell)]
        for slip in slips[0] if slips else ():
            if all(any(other.slip == slip.slip for other in of) for of in slips):
                yield slip

    # -- ways to count

    def way(self, asked: Asked) -> Way:
        group, against = sides(self.sample.study, asked.claim)
        base: Any = asked.base
        return Way(base, filter_of(asked.claim), group, against, asked.weight)

    def variants(self, asked: Asked) -> list[Variant]:
        """The declared family, one thing at a time; of changes, the base in both waves and in each."""
        way, study = self.way(asked), self.sample.study
        if asked.claim.measures == "change":
            pairs = [(now, then) for now in RULES for then in RULES if (now, then) != (way.base, way.base)]
            then_in = f"in wave {asked.claim.before}"
            return [Variant("base", f"base {now}, {then_in} {then}", replace(way, base=now, before=then))
                    for now, then in pairs]  # fmt: skip
        if asked.claim.measures in ("mean", "paired", "rank") or not way.base:
            return []
        found = [Variant("base", f"base {rule}", replace(way, base=rule)) for rule in RULES if rule != way.base]
        found += [Variant("comparator", words, changed) for words, changed in self._comparators(way)]
        filters = [("without its filter", "")] if way.filter else []
        filters += [(f"only {name}", name) for name in list(study.filters)[:MOST_FILTERS]]
        found += [Variant("filter", words, replace(way, filter=name)) for words, name in filters if name != way.filter]
        weights = [*study.weights, UNWEIGHTED] if study.weights else []
        found += [Variant("weight", f"weight {name}", replace(way, weight=name)) for name in weights
                  if name != way.weight]  # fmt: skip
        return found

    def _comparators(self, way: Way) -> Iterator[tuple[str, Way]]:
        study = self.sample.study
        seen = [way.against if way.against is not None else way.group]
        if way.against is not None:
            offered: list[Any] = ["rest", "everyone_else", EVERYONE]
            offered += [c.b for c in study.comparisons.values() if c.a == way.group]
            if isinstance(way.group, Mapping):
                offered += self._single(way.group)
            for other in offered:
                if other not in seen and other != way.group:
                    seen.append(other)
                    yield f"against {_named(other)}", replace(way, against=other)
            return
        offered = [EVERYONE]
        for c in study.comparisons.values():
            offered += [c.a, *([] if isinstance(c.b, str) else [c.b])]
        offered += [{"tier": (tier,)} for tier in (study.tiers.order if study.tiers else ())]
        if isinstance(way.group, Mapping):
            offered += self._single(way.group)
        for other in offered:
            if other not in seen and not (other == EVERYONE and way.group is None):
                seen.append(other)
                yield f"of {_named(other)}", replace(way, group=other)
        if isinstance(way.group, Mapping):
            yield f"of all others than {_named(way.group)}", replace(way, group=("not", dict(way.group)))

    def _single(self, group: Mapping[str, Sequence[str]]) -> list[dict[str, tuple[str, ...]]]:
        """Each level of what the group is made of, where it is made of one thing."""
        if len(group) != 1:
            return []
        key = next(iter(group))
        levels = {s.name: s.all_levels for s in self.sample.study.segment_columns}
        tiers = self.sample.study.tiers
        of = tiers.order if key == "tier" and tiers else levels.get(key, ())
        return [{key: (level,)} for level in of]

    def _doubled(self, variants: Sequence[Variant]) -> Iterator[Variant]:
        """Another base together with another way to take the others, everyone, or without the filter. Not with every
        group there is: among so many some figure comes out by chance."""
        plain = ("rest", "everyone_else", EVERYONE)
        for first in (v for v in variants if v.kind == "base"):
            for second in variants:
                way = second.way
                others = way.against in plain if way.against is not None else way.group == EVERYONE
                if (second.kind == "comparator" and others) or (second.kind == "filter" and not way.filter):
                    words = f"{second.words}, {first.words}"
                    yield Variant(second.kind, words, replace(way, base=first.way.base))

    def _fits(self, cells: Sequence[Cell], variant: Variant) -> str:
        """What comes out by a variant, in words, where it gives every printed figure; else empty."""
        shown = []
        for asked, _, printed in cells:
            way = variant.way
            if len(cells) > 1:  # each cell has its own group
                way = replace(self.way(asked), base=way.base, filter=way.filter, weight=way.weight)
            try:
                parts = self._parts_of(asked, way)
            except NotInWaveError:
                return ""
            if not _comes_out(parts, printed):
                return ""
            shown.append(_shown(parts, printed))
        return f"{variant.words}: {'; '.join(shown)}"

    def _parts_of(self, asked: Asked, way: Way) -> dict[str, float]:
        """Point figures of a claim counted in another way."""
        p_a = self._share(asked, way, "a")
        if asked.claim.measures == "count":
            return {"value": float(self._count(asked, way))}
        if asked.claim.measures == "change":
            p_b = self.earlier[asked.claim.before or ""]._share(asked, replace(way, base=way.before or way.base), "a")
            return {"p_a": p_a, "p_b": p_b, "value": p_a - p_b}
        p_b = self._share(asked, way, "b") if way.against is not None else math.nan
        return _with_value(asked, {"p_a": p_a, "p_b": p_b})

    def _share(self, asked: Asked, way: Way, side: str) -> float:
        claim = asked.claim
        name = indicator_of(claim)
        other = repr(way.against) if side == "b" else ""
        key = (name, way.base, way.filter, repr(way.group), other, way.weight, claim.of)
        if key not in self._shares:
            inside = self._mask(way.group) if side == "a" else self._others(way)
            base = self.sample.base(name, way.base)
            if way.filter:
                base = base & self.sample.filter(way.filter)
            yes = self.sample.yes(name)
            if claim.of == "indicator":
                base, yes = base & yes, inside
            else:
                base = base & inside
            w = self.sample.weights(way.weight) * base
            total = w.sum()
            self._shares[key] = float((w * yes).sum() / total) if total > 0 else math.nan
        return self._shares[key]

    def _count(self, asked: Asked, way: Way) -> int:
        name = indicator_of(asked.claim)
        chosen = self._mask(way.group) & self.sample.base(name, way.base) & self.sample.yes(name)
        return int((chosen & self.sample.filter(way.filter) if way.filter else chosen).sum())

    def _mask(self, group: Any) -> Chosen:
        key = repr(group)
        if key not in self._masks:
            if isinstance(group, tuple):
                self._masks[key] = others(self.sample, group[1], self.sample.group(group[1]), "rest")
            else:
                self._masks[key] = self.sample.group(group)
        return self._masks[key]

    def _others(self, way: Way) -> Chosen:
        key = f"{way.group!r} against {way.against!r}"
        if key not in self._masks:
            self._masks[key] = others(self.sample, way.group, self._mask(way.group), way.against)
        return self._masks[key]

    # -- slips of the sentence, from the declared figures themselves

    def _slips(self, asked: Asked, figure: Figure, printed: Printed) -> list[Hit]:
        own = _parts(asked, figure)
        readings = list(_other_readings(asked, own))
        if asked.claim.measures == "share" and (asked.claim.of == "indicator" or asked.claim.group is not None):
            turned = {"group": "indicator", "indicator": "group"}[asked.claim.of]
            other = replace(asked, claim=asked.claim.model_copy(update={"of": turned}))
            words = "the share of those who do it that is in the group, not of the group that does it"
            readings.append(("direction", words, self._parts_of(other, self.way(other))))
        found = [Hit(kind, f"{words}: {_shown(parts, printed)}", words) for kind, words, parts in readings
                 if _comes_out(parts, printed)]  # fmt: skip
        wrong = [(name, p, own[name]) for name, p in printed.items() if name in own and not p.covers(own[name])]
        texts = "; ".join(f"{_plain(value, asked, name)} printed as {p.text}" for name, p, value in wrong)
        if wrong and all(abs(value - p.value) <= p.unit * (1 + SLACK) for _, p, value in wrong):
            found.append(Hit("rounding", f"{NOT_NEAREST}: {texts}", NOT_NEAREST))
        elif wrong and all(_rounds(value, p) for _, p, value in wrong):
            found.append(Hit("rounding", f"{TOO_FAR}: {texts}, about at best", TOO_FAR))
        return found


MOST_SLIPS = 12
"""Slips counted as tried of a claim: no statistic has more."""
NOT_NEAREST = "not rounded to the nearest"
TOO_FAR = "rounded too far"  # by a digit, as 1.82 gives 2


def _rounds(value: float, printed: PrintedFigure) -> bool:
    """Whether a figure gives the printed one with a digit less than it is read with."""
    tens = printed.value / (10 * printed.unit)
    return abs(tens - round(tens)) < SLACK and abs(value - printed.value) <= 5 * printed.unit * (1 + SLACK)


def _other_readings(asked: Asked, own: Mapping[str, float]) -> Iterator[tuple[Kind, str, dict[str, float]]]:
    """The declared figures read as another statistic."""
    value, measure = own["value"], asked.claim.measures
    p_a, p_b = own.get("p_a", math.nan), own.get("p_b", math.nan)

    def main(number: float) -> dict[str, float]:
        return {**own, "value": number}

    if measure in TWO_GROUPS:
        swapped = _with_value(asked, {"p_a": p_b, "p_b": p_a})
        yield "direction", "both groups swapped", swapped
        of = _with_value(asked, {"p_a": p_a, "p_b": p_b})
        if measure != "odds_ratio":
            yield "odds", "the ratio of the odds", main(of["odds_ratio"])
        else:
            yield "odds", "the ratio of the shares", main(of["ratio"])
        if measure == "ratio":
            yield "unit", "the difference of both shares", main(of["difference"])
            yield "unit", "the difference in percentage points", main(100 * of["difference"])
            yield "unit", "the difference added to one", main(1 + of["difference"])
            yield "unit", "how much more, not how many times", main(value - 1)
            yield "unit", "how many times as a part more", main(1 + value)
            yield "unit", "how much less, not what part", main(1 - value)
            shares = [round(100 * p) / 100 for p in (p_a, p_b) if not math.isnan(p)]
            if len(shares) == 2 and shares[1] > 0:
                yield "rounding", "the quotient of the rounded shares", main(shares[0] / shares[1])
        if measure == "difference":
            yield "unit", "the relative difference, in percent of the other share", main(of["ratio"] - 1)
            yield "unit", "the ratio", main(of["ratio"])
            yield (
                "rounding",
                "the difference of the rounded shares",
                main(round(100 * p_a) / 100 - round(100 * p_b) / 100),
            )
    elif measure == "share" and not math.isnan(value):
        yield "direction", "the share of those who do not", main(1 - value)
        if 0 < value < 1:
            yield "odds", "the odds, not the share", main(value / (1 - value))
        yield "unit", "a part taken for percent", main(value / 100)
        yield "unit", "percent taken for a part", main(100 * value)
    elif measure in ("paired", "change"):
        yield "direction", "the sign turned", main(-value)
        yield "unit", "points taken for a part", main(100 * value)
        if measure == "change" and p_b and not math.isnan(p_b):
            yield "unit", "the relative change, in percent of the earlier share", main(p_a / p_b - 1)


def _with_value(asked: Asked, shares: dict[str, float]) -> dict[str, float]:
    p_a, p_b = shares["p_a"], shares["p_b"]
    found = dict(shares)
    found["ratio"] = p_a / p_b if p_b > 0 else math.inf if p_a > 0 else math.nan
    found["difference"] = p_a - p_b
    odds = [p / (1 - p) if p < 1 else math.inf for p in (p_a, p_b)]
    found["odds_ratio"] = odds[0] / odds[1] if odds[1] > 0 and not math.isinf(odds[1]) else math.nan
    measure = asked.claim.measures
    found["value"] = found[measure] if measure in TWO_GROUPS else p_a
    return found


def _parts(asked: Asked, figure: Figure) -> dict[str, float]:
    return {**figure.parts, "value": figure.estimate.value}


def _comes_out(parts: Mapping[str, float], printed: Printed) -> bool:
    return bool(printed) and all(p.covers(parts.get(name, math.nan)) for name, p in printed.items())


def comes_out(asked: Asked, figure: Figure, printed: Printed) -> bool:
    """Whether every printed figure is one that the declared figures round to."""
    return _comes_out(_parts(asked, figure), printed)


def _shown(parts: Mapping[str, float], printed: Printed) -> str:
    return ", ".join(f"{'' if name == 'value' else name + ' '}{plain(parts[name], 4)}" for name in printed)


def _plain(value: float, asked: Asked, name: str) -> str:
    share = name in ("p_a", "p_b", "difference") or (name == "value" and asked.claim.measures not in
                                                    ("ratio", "odds_ratio", "mean", "count", "rank"))  # fmt: skip
    return f"{100 * value:.4g}%" if share else plain(value, 4)


def _named(group: Any) -> str:
    if isinstance(group, str):
        return {"rest": "the rest", "everyone_else": "everyone else"}.get(group, group)
    return ", ".join("/".join(levels) for levels in group.values())


def would_hold(search: Search, asked: Asked, figure: Figure, holds: Any) -> list[Hit]:
    """For a limit that the data do not support: what of the family would be on the claimed side."""
    readings = _other_readings(asked, _parts(asked, figure))
    found = [Hit(kind, f"{words}: {plain(parts['value'], 3)}", words) for kind, words, parts in readings
             if kind in ("odds", "direction") and holds(parts["value"])]  # fmt: skip
    for variant in search.variants(asked):
        try:
            parts = search._parts_of(asked, variant.way)
        except NotInWaveError:
            continue
        if not math.isnan(parts["value"]) and holds(parts["value"]):
            found.append(Hit(variant.kind, f"{variant.words}: {plain(parts['value'], 3)}"))
    return found
