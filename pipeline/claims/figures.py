"""The figure of each claim from one wave's respondents, with its interval under weights and design."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pipeline.claims.broken import broken_between
from pipeline.claims.sample import NotInWaveError, Sample, weight_of
from pipeline.claims.sides import filter_of, indicator_of, sides
from pipeline.claims.verdicts import SAME_VALUE, Estimate
from pipeline.estimation.changes import ShareOf, share_change
from pipeline.estimation.comparing import pair_estimates
from pipeline.estimation.counts import Floats
from pipeline.estimation.covariance import group_shares
from pipeline.estimation.groups import GroupPair, group_words, other_words
from pipeline.estimation.means import Sampled, means_of, sampled_as
from pipeline.estimation.membership import Chosen
from pipeline.estimation.mover import mover_difference
from pipeline.estimation.overlap import Answers, Overlap, covered
from pipeline.estimation.plan import Plan
from pipeline.estimation.share_table import WILSON, share_columns, share_limits
from pipeline.estimation.status import base_status, worse_of
from pipeline.study.analysis import Comparison
from pipeline.study.claims import EVERYONE, Claim

TWO_GROUPS = ("ratio", "difference", "odds_ratio")
LEVELS = (0.95, 0.90)
MOST_ALIKE = 0.999
"""Correlation of shares at most: with 1, rounding would decide whether a difference has a width."""


@dataclass(frozen=True)
class Asked:
    """What a claim is about, in masks of the respondents. b: None for one group. y: NaN outside the base."""

    claim: Claim
    a: Chosen
    b: Chosen | None
    y: Floats
    weight: str
    base: str
    words_a: str
    words_b: str


@dataclass(frozen=True)
class Figure:
    """A claim's figure. parts: p_a, p_b, ratio, difference and odds_ratio, each with _low and _high where known.
    broken: why the figure is told and nothing is said by it; empty where something may be."""

    estimate: Estimate
    n_a: int
    n_b: int | None
    x_a: int | None
    x_b: int | None
    parts: Mapping[str, float]
    method: str
    status: str = "show"
    status_reason: str = ""
    note: str = ""
    broken: str = ""


def asked_of(sample: Sample, claim: Claim) -> Asked:
    """A claim resolved. Raises NotInWaveError where the wave does not tell what it needs."""
    group, against = sides(sample.study, claim)
    a = sample.group(group)
    b = None if against is None else others(sample, group, a, against)
    name, own = indicator_of(claim), filter_of(claim)
    within = sample.filter(own) if own else np.ones(sample.size, dtype=bool)
    base = ""
    if claim.question is not None:
        y = np.where(within, sample.number(claim.question), np.nan)
    elif name:
        base = claim.base or sample.rule(name)
        inside = within & sample.base(name, base)
        y = np.where(inside, sample.yes(name), np.nan)
        if claim.of == "indicator":
            y, a = np.where(inside & sample.yes(name), a, np.nan), np.ones(sample.size, dtype=bool)
    else:
        y = np.where(within, 1.0, np.nan)
    words_a, words_b = words_of(sample, group, against)
    return Asked(claim, a, b, y, weight_of(sample.study, claim), base, words_a, words_b)


def others(sample: Sample, group: Any, a: Chosen, against: Any) -> Chosen:
    """Who is in the comparator of a group: the same as in comparisons."""
    if not isinstance(against, str):
        return sample.group(against)
    if against == EVERYONE:
        return np.ones(sample.size, dtype=bool)
    known = sample.known(group) if against == "rest" and isinstance(group, Mapping) else True
    return ~a & known


def words_of(sample: Sample, group: Any, against: Any) -> tuple[str, str]:
    """What both groups are called in sentences."""
    grouping = sample.members.grouping
    if isinstance(group, Mapping):
        a = group_words(group, grouping)
        return a, "" if against is None else other_words(Comparison(a=dict(group), b=against), grouping)
    a = "respondents" if group in (None, EVERYONE) else f'respondents who meet "{group}"'
    named = {"everyone": "all respondents", "rest": "all other respondents", "everyone_else": "all other respondents"}
    return a, "" if against is None else named[against] if isinstance(against, str) else group_words(against, grouping)


def figures(
    sample: Sample, claims: Sequence[Claim], earlier: Mapping[str, tuple[Sample, Overlap]]
) -> dict[str, tuple[Asked, Figure] | str]:
    """By claim: what it is about and its figure, or why there is none.

    earlier: other waves that changes are counted from, with the respondents in both. Claims of the same groups and
    weight are worked out together.
    """
    found: dict[str, tuple[Asked, Figure] | str] = {}
    together: dict[tuple[bytes, bytes, str], list[Asked]] = {}
    for claim in claims:
        try:
            asked = asked_of(sample, claim)
            if claim.measures == "share" or claim.measures in TWO_GROUPS:
                key = asked.a.tobytes(), b"" if asked.b is None else asked.b.tobytes(), asked.weight
                together.setdefault(key, []).append(asked)
                continue
            found[claim.id] = asked, _ALONE[claim.measures](sample, asked, earlier)
        except NotInWaveError as error:
            found[claim.id] = str(error)
    for group in together.values():
        of = _shares(sample, group) if group[0].b is None else _pairs(sample, group)
        found |= {asked.claim.id: (asked, figure) for asked, figure in zip(group, of, strict=True)}
    return found


def _shares(sample: Sample, group: Sequence[Asked]) -> list[Figure]:
    first, y = group[0], np.column_stack([asked.y for asked in group])
    plan = sample.plan(first.weight)
    cells, in_a, _ = sample.cells(first.a, first.a, y, first.weight)
    shares, all_of_them = (group_shares(cells, chosen, plan) for chosen in (in_a, np.ones(len(cells.n), dtype=bool)))
    c = share_columns([shares], [all_of_them], cells, plan, sample.study.display)
    low, high, _ = share_limits(shares, c["n_eff"], c["df"], plan, LEVELS[1])
    return [
        Figure(
            Estimate(*(float(v[k]) for v in (c["share"], c["share_low"], c["share_high"], low, high))),
            int(c["n"][k]), None, int(c["x"][k]), None,
            {"p_a": float(c["share"][k]), "p_a_low": float(c["share_low"][k]), "p_a_high": float(c["share_high"][k]),
             "n_eff_a": float(c["n_eff"][k]), "df": float(c["df"][k]), "simple": float(plan.kind == "simple")},
            str(c["method"][k]), c["status"][k], c["status_reason"][k],
        )
        for k in range(len(group))
    ]  # fmt: skip


def _pairs(sample: Sample, group: Sequence[Asked]) -> list[Figure]:
    first, y = group[0], np.column_stack([asked.y for asked in group])
    assert first.b is not None
    plan = sample.plan(first.weight)
    cells, in_a, in_b = sample.cells(first.a, first.b, y, first.weight)
    pair = GroupPair("", "all", "all", "", first.words_a, first.words_b, cells, plan, in_a, in_b)
    at = [{name: values[0] for name, values in pair_estimates([pair], level).items()} for level in LEVELS]
    whole = group_shares(cells, np.ones(len(cells.n), dtype=bool), plan)
    judged = [share_columns([group_shares(cells, chosen, plan)], [whole], cells, plan, sample.study.display)
              for chosen in (in_a, in_b)]  # fmt: skip
    status, reason = worse_of(*((c["status"], c["status_reason"]) for c in judged))
    names = [f"{p}{end}" for p in ("p_a", "p_b", "ratio", "difference", "odds_ratio") for end in ("", "_low", "_high")]
    result = []
    for k, asked in enumerate(group):
        parts = {name: float(at[0][name][k]) for name in names}
        of = asked.claim.measures
        estimate = Estimate(*(float(at[i][f"{of}{end}"][k]) for i, end in
                              ((0, ""), (0, "_low"), (0, "_high"), (1, "_low"), (1, "_high"))))  # fmt: skip
        n_a, n_b, x_a, x_b = (int(at[0][name][k]) for name in ("n_a", "n_b", "x_a", "x_b"))
        result.append(Figure(estimate, n_a, n_b, x_a, x_b, parts, str(at[0]["method"][k]), status[k], reason[k]))
    return result


Earlier = Mapping[str, tuple[Sample, Overlap]]


def _people(sample: Sample, weight: str) -> tuple[Sampled, Plan]:
    plan, rows = sample.plan(weight), sample.sampled.to_pandas() if sample.sampled else None
    return sampled_as(rows, sample.replicate_weights(weight), plan, sample.size), plan


def _mean_of(sample: Sample, values: Floats, asked: Asked) -> tuple[Estimate, int]:
    people, plan = _people(sample, asked.weight)
    of = [means_of(values[:, None], asked.a, people, plan, level) for level in LEVELS]
    (mean, low, high), (_, low90, high90) = (
        [float(o[name][0]) for name in ("mean", "mean_low", "mean_high")] for o in of
    )
    return Estimate(mean, low, high, low90, high90), int(of[0]["answered"][0])


def _mean(sample: Sample, asked: Asked, _: Earlier) -> Figure:
    estimate, n = _mean_of(sample, asked.y, asked)
    return _by_base(sample, Figure(estimate, n, None, None, None, {}, "t"))


def _minus(sample: Sample, asked: Asked, other: str) -> tuple[Estimate, int]:
    base = sample.base(other, asked.claim.base or sample.rule(other))
    return _mean_of(sample, asked.y - np.where(base, sample.yes(other), np.nan), asked)


def _paired(sample: Sample, asked: Asked, _: Earlier) -> Figure:
    """Of several, the one that speaks most against the claim."""
    of = {other: _minus(sample, asked, other) for other in asked.claim.minus or ()}
    falls = asked.claim.less_than is not None or asked.claim.at_most is not None
    weakest = (max if falls else min)(of, key=lambda other: of[other][0].value)
    estimate, n = of[weakest]
    note = f"against {weakest}, the nearest of {len(of)}" if len(of) > 1 else f"against {weakest}"
    return _by_base(sample, Figure(estimate, n, None, None, None, {}, "paired difference, t", note=note))


def _rank(sample: Sample, asked: Asked, _: Earlier) -> Figure:
    """Place by share, each share on its own base. The limits leave out the places that differences of the shares rule
    out at 95%: MOVER from the limits of both, correlated as far as the same respondents are in both bases."""
    claim = asked.claim
    names = [name for name in dict.fromkeys(claim.among or ()) if name != claim.indicator]
    others = [asked_of(sample, claim.model_copy(update={"indicator": name, "when": None})) for name in names]
    own, *of = _shares(sample, [asked, *others])
    p, low, high = (np.array([getattr(f.estimate, end) for f in (own, *of)]) for end in ("value", "low", "high"))
    beyond = mover_difference(p[:1], low[:1], high[:1], p[1:], low[1:], high[1:], _correlations(sample, asked, others))
    place = 1.0 + (p[1:] > p[0] + SAME_VALUE).sum() if not np.isnan(p).any() else np.nan
    best, worst = 1.0 + (beyond[1] < 0).sum(), 1.0 + len(of) - (beyond[0] > 0).sum()
    if np.isnan(beyond).any():  # of some difference nothing is known
        best = worst = np.nan
    first = max(zip(p[1:], names, strict=True), default=(0.0, ""), key=lambda share: share[0])[1]
    found = Figure(Estimate(*map(float, (place, best, worst, best, worst))), own.n_a, None, None, None, {},
                   "place by share; MOVER of differences", note=f"next: {first}")  # fmt: skip
    return _by_base(sample, found, min(f.n_a for f in (own, *of)))


def _correlations(sample: Sample, asked: Asked, others: Sequence[Asked]) -> Floats:
    """Of the share of a claim with each of some other shares, from what each respondent adds to both; 0 for none."""
    everyone, own = np.ones(sample.size, dtype=bool), _added(sample, asked)[:, None]
    each = np.column_stack([own, *(_added(sample, other) for other in others)])
    found = means_of(np.hstack([each, own - each]), everyone, *_people(sample, asked.weight), LEVELS[0])
    own_variance, variance, apart = (np.nan_to_num(v) ** 2 for v in np.split(found["se"], [1, len(others) + 1]))
    root = 2 * np.sqrt(own_variance * variance)
    both = own_variance + variance - apart[1:]
    return np.clip(np.divide(both, root, out=np.zeros(len(others)), where=root > 0), -MOST_ALIKE, MOST_ALIKE)


def _added(sample: Sample, asked: Asked) -> Floats:
    """What each respondent adds to a share, but for its weight: (y - p) / W, 0 outside the base."""
    inside = asked.a & ~np.isnan(asked.y)
    y, w = np.where(inside, asked.y, 0.0), sample.weights(asked.weight) * inside
    total = w.sum()
    return np.where(inside, y - (w * y).sum() / total, 0.0) / total if total > 0 else np.zeros(sample.size)


def _count(sample: Sample, asked: Asked, _: Earlier) -> Figure:
    x = int((asked.a & (asked.y == 1)).sum())
    n = int((asked.a & ~np.isnan(asked.y)).sum())
    return Figure(Estimate(*[float(x)] * 5), n, None, x, None, {}, "count")


def _change(sample: Sample, asked: Asked, earlier: Earlier) -> Figure:
    claim = asked.claim
    wave = claim.before or ""
    if wave not in earlier:
        raise NotInWaveError(f"wave {wave} is not published, or not before wave {sample.wave}")
    other, overlap = earlier[wave]
    before = asked_of(other, claim)
    (now,), (then,) = _shares(sample, [asked]), _shares(other, [before])
    sides = [Answers(x.y[:, None], s.weights(x.weight)) for s, x in ((other, before), (sample, asked))]
    both = covered(sides[0], sides[1], overlap, [(before.a, asked.a)])
    changes = [share_change(_share_of(then), _share_of(now), both.covariance[0], level) for level in LEVELS]
    values = [
        float(v[0]) for v in (changes[0].change, changes[0].low, changes[0].high, changes[1].low, changes[1].high)
    ]
    statuses = [(np.array([f.status], object), np.array([f.status_reason], object)) for f in (then, now)]
    (status,), (reason,) = worse_of(*statuses)
    shared = "; respondents in both waves by their covariance" if both.count[0, 0] else ""
    return Figure(
        Estimate(*values), now.n_a, then.n_a, now.x_a, then.x_a,
        {"p_a": now.estimate.value, "p_b": then.estimate.value}, f"MOVER from the limits of both shares{shared}",
        status, reason, note=f"from wave {wave}", broken=broken_between(other, sample, claim),
    )  # fmt: skip


def _share_of(f: Figure) -> ShareOf:
    simple = f.method == WILSON
    df = np.inf if simple else f.parts["df"]
    numbers = (float(f.x_a or 0), float(f.n_a), f.estimate.value, f.parts["n_eff_a"], df)
    x, n, p, n_eff, degrees = (np.array([number]) for number in numbers)
    return ShareOf(x, n, p, n_eff, degrees, np.array([simple]))


def _by_base(sample: Sample, figure: Figure, smallest: int | None = None) -> Figure:
    """smallest: the smallest base of several, where the figure is of several shares."""
    n = figure.n_a if smallest is None else smallest
    (status,), (reason,) = base_status([n], sample.study.display)
    return replace(figure, status=status, status_reason=reason)


_ALONE = {"mean": _mean, "paired": _paired, "rank": _rank, "count": _count, "change": _change}
