"""What printed figures imply about each other, whatever the data say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from pipeline.claims.printed import PrintedFigure, printed_parts
from pipeline.claims.sides import as_group, sides
from pipeline.study.claims import EVERYONE, Claim
from pipeline.study.conditions import Chosen
from pipeline.study.model import Study

SLACK = 1e-9
OTHER_BASES = 0.02
"""What a mixture may differ by because tiers answer a question in other shares than they have among everyone."""


def coherence(study: Study, claims: Sequence[Claim], shares_of: Mapping[str, float]) -> dict[str, list[str]]:
    """By claim: where it and others, or arithmetic, can't all be true.

    claims: charts as cells. shares_of: weighted share of each tier among those with one.
    """
    found: dict[str, list[str]] = defaultdict(list)
    printed = {claim.id: printed_parts(claim) for claim in claims}
    for claim in claims:
        for text in _alone(claim, printed[claim.id]):
            found[claim.id].append(text)
    shares = [(c, printed[c.id]["value"]) for c in claims if c.measures == "share" and "value" in printed[c.id]]
    for claim in claims:
        for others, text in _with_shares(study, claim, printed[claim.id], shares):
            for name in (claim.id, *others):
                found[name].append(text)
    for names, text in (*_mixtures(study, shares, shares_of), *_options(study, shares)):
        for name in names:
            found[name].append(text)
    return {name: list(dict.fromkeys(texts)) for name, texts in found.items()}


def _alone(claim: Claim, printed: Mapping[str, PrintedFigure]) -> Iterator[str]:
    """Arithmetic of one claim."""
    share_like = {"p_a", "p_b"} | ({"value"} if claim.measures == "share" else set())
    for name in share_like & set(printed):
        if printed[name].low > 1 + SLACK or printed[name].high < -SLACK:
            yield f"{printed[name].text} is no share: a part of one or percent"
    limits = [v for name, v in claim.operators.items()]
    if claim.measures == "share" and any(not 0 <= v <= 1 for v in limits):
        yield "a share lies between 0 and 1: 63% is written 63% or 0.63"
    if claim.measures in ("ratio", "odds_ratio") and any(v < 0 for v in limits):
        yield "a ratio is not below 0"
    if {"p_a", "p_b"} <= set(printed):
        a, b = printed["p_a"], printed["p_b"]
        stated = printed.get("value") or printed.get("ratio")
        if claim.measures == "ratio" and b.high > 0:
            low, high = max(a.low, 0) / b.high, a.high / b.low if b.low > 0 else float("inf")
            if stated is not None and (stated.low > high + SLACK or stated.high < low - SLACK):
                yield f"{a.text} against {b.text} is {low:.3f} to {high:.3f}, which does not print as {stated.text}"
            for name, v in claim.operators.items():
                if name in ("more_than", "at_least") and high < v - SLACK:
                    yield f"{a.text} against {b.text} is at most {high:.3f}, not {name.replace('_', ' ')} {v:g}"
                if name in ("less_than", "at_most") and low > v + SLACK:
                    yield f"{a.text} against {b.text} is at least {low:.3f}, not {name.replace('_', ' ')} {v:g}"
        if claim.measures == "difference" and stated is not None:
            low, high = a.low - b.high, a.high - b.low
            if stated.low > high + SLACK or stated.high < low - SLACK:
                yield f"{a.text} less {b.text} is {100 * low:.1f} to {100 * high:.1f} points, not {stated.text}"
    ratio = printed.get("value") if claim.measures == "ratio" else printed.get("ratio")
    if ratio is not None and "p_b" in printed and ratio.low * printed["p_b"].low > 1 + SLACK:
        yield f"{ratio.text} times {printed['p_b'].text} is more than everyone"


def _with_shares(
    study: Study, claim: Claim, printed: Mapping[str, PrintedFigure], shares: Sequence[tuple[Claim, PrintedFigure]]
) -> Iterator[tuple[list[str], str]]:
    """A ratio or difference against printed shares of its own groups."""
    if claim.measures not in ("ratio", "difference") or claim.filter is not None:
        return
    group, against = sides(study, claim)
    same = [(c, p) for c, p in shares if _about(c) == _about(claim) and _waves(c) & _waves(claim)]
    a = [(c, p) for c, p in same if _group(study, c.group) == _group(study, group)]
    b = [(c, p) for c, p in same if _group(study, c.group) == _group(study, _complement(study, group, against))]
    limit = max((v for n, v in claim.operators.items() if n in ("more_than", "at_least")), default=0.0)
    value = printed.get("value")
    needed = max(limit, value.low if value else 0.0)
    for c, p in b:
        if claim.measures == "ratio" and needed * p.low > 1 + SLACK:
            yield [c.id], f"a ratio of {needed:g} on {p.text} ({c.id}) is more than everyone"
    for first, p in a:
        for second, q in b:
            if claim.measures == "ratio" and q.high > 0:
                low, high = p.low / q.high, p.high / q.low if q.low > 0 else float("inf")
                unit = ""
            elif claim.measures == "difference":
                low, high, unit = 100 * (p.low - q.high), 100 * (p.high - q.low), " points"
            else:
                continue
            times = 100 if claim.measures == "difference" else 1
            off = value is not None and (times * value.low > high + SLACK or times * value.high < low - SLACK)
            if off or times * limit > high + SLACK:
                shown = value.text if value is not None else f"{limit:g}"
                text = (
                    f"{p.text} ({first.id}) and {q.text} ({second.id}) give {low:.3g} to {high:.3g}{unit}, not {shown}"
                )
                yield [first.id, second.id], text


def _mixtures(
    study: Study, shares: Sequence[tuple[Claim, PrintedFigure]], shares_of: Mapping[str, float]
) -> Iterator[tuple[list[str], str]]:
    """The share of everyone lies between those of the tiers, and is their mixture where all are printed."""
    if study.tiers is None:
        return
    tiers = study.tiers.order
    about: dict[object, dict[str, tuple[Claim, PrintedFigure]]] = defaultdict(dict)
    for claim, figure in shares:
        if claim.filter is not None or claim.of != "group":
            continue
        group = _group(study, claim.group)
        for wave in _waves(claim):
            about[_about(claim), wave][group] = (claim, figure)
    for of in about.values():
        whole = of.get(EVERYONE)
        parts = [of[_group(study, {"tier": (t,)})] for t in tiers if _group(study, {"tier": (t,)}) in of]
        if whole is None or len(parts) < len(tiers):
            continue
        low, high = min(p.low for _, p in parts), max(p.high for _, p in parts)
        names = [whole[0].id, *(c.id for c, _ in parts)]
        if whole[1].low > high + SLACK or whole[1].high < low - SLACK:
            yield names, f"{whole[1].text} of everyone lies outside the tiers' {100 * low:.3g}% to {100 * high:.3g}%"
            continue
        weights = [shares_of.get(t, 0.0) for t in tiers]
        if abs(sum(weights) - 1) > 1e-6:
            continue
        mixed = [sum(s * end for s, end in zip(weights, ends, strict=True)) for ends in
                 ([p.low for _, p in parts], [p.high for _, p in parts])]  # fmt: skip
        if whole[1].low > mixed[1] + OTHER_BASES or whole[1].high < mixed[0] - OTHER_BASES:
            yield (
                names,
                f"the tiers mix to {100 * mixed[0]:.3g}% to {100 * mixed[1]:.3g}%, not {whole[1].text} of everyone",
            )


def _options(study: Study, shares: Sequence[tuple[Claim, PrintedFigure]]) -> Iterator[tuple[list[str], str]]:
    """Options of a question with one answer: at most everyone together, and everyone where all are printed."""
    about: dict[tuple[str, ...], list[tuple[str, tuple[str, ...], PrintedFigure]]] = defaultdict(list)
    for claim, figure in shares:
        when = claim.when or (study.indicators[claim.indicator].when if claim.indicator else None)
        if not isinstance(when, Chosen) or study.resolver.of(when.question)[0].kind == "tick":
            continue
        names = [when.question, _group(study, claim.group), repr(claim.filter), _base(study, claim), repr(claim.wave)]
        key = (*names, claim.weight or "")
        about[key].append((claim.id, when.options, figure))
    for key, of in about.items():
        apart, seen = [], set[str]()
        for name, options, figure in of:
            if not seen & set(options):
                apart.append((name, figure))
                seen |= set(options)
        low = sum(f.low for _, f in apart)
        if len(apart) > 1 and low > 1 + SLACK:
            total = sum(f.value for _, f in apart)
            yield [n for n, _ in apart], f"options of {key[0]} that exclude each other come to {100 * total:.4g}%"
        every = set(study.resolver.of(key[0])[0].options)
        high = sum(f.high for _, f in apart)
        if seen == every and len(apart) > 1 and high < 1 - SLACK:
            total = sum(f.value for _, f in apart)
            yield [n for n, _ in apart], f"all options of {key[0]} come to {100 * total:.4g}%, not to everyone"


def _about(claim: Claim) -> tuple[object, ...]:
    return (claim.indicator, repr(claim.when), claim.base, claim.weight, repr(claim.filter))


def _base(study: Study, claim: Claim) -> str:
    return claim.base or (study.indicators[claim.indicator].base if claim.indicator else "answered")


def _waves(claim: Claim) -> set[str]:
    return set(claim.wave or ("",))


def _group(study: Study, group: object) -> str:
    if group is None or group == EVERYONE:
        return EVERYONE
    group = as_group(study, group)
    if isinstance(group, Mapping):
        return repr(sorted((key, tuple(sorted(levels))) for key, levels in group.items()))
    return repr(group)


def _complement(study: Study, group: object, against: object) -> object:
    """The comparator as a group, where it is one: the other tiers, everyone."""
    if against == "rest" and isinstance(group, Mapping) and list(group) == ["tier"] and study.tiers:
        return {"tier": tuple(t for t in study.tiers.order if t not in group["tier"])}
    return against
