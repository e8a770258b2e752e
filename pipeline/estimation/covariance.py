"""Shares of two groups with their variances and covariance, from cells, under any design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.cells.sums import Cells
from pipeline.estimation.counts import Floats
from pipeline.estimation.plan import Plan
from pipeline.estimation.replicates import replicate_covariance
from pipeline.estimation.variance import by_number, stratum_variance, unit_variance
from pipeline.weighting.assigning import margin_categories
from pipeline.weighting.replication import Replication, Scales

Chosen = NDArray[np.bool_]
SWEEPS = 10  # over the margins, as R's
NO_SPREAD = 1e-10  # standard errors below this part of the share are rounding


@dataclass(frozen=True)
class Shares:
    """Weighted shares of one group: arrays (K,), one entry an indicator. NaN where there is no base.

    x, n: respondents. weighted_base: their weights. p: share. variance: of p. n_eff_kish: effective base by the
    weights alone. df: sampling units of the group in the base minus their strata, at most the design's.
    """

    x: Floats
    n: Floats
    weighted_base: Floats
    p: Floats
    variance: Floats
    n_eff_kish: Floats
    df: Floats

    def at(self, chosen: Any) -> Shares:
        """The chosen entries: a mask or an index, as numpy takes it."""
        return Shares(*(getattr(self, f.name)[chosen] for f in fields(self)))


@dataclass(frozen=True)
class SharePair:
    """Two groups' shares, the covariance of p_a and p_b, and the design's degrees of freedom, arrays of one shape.

    simple: variance of the log ratio if the same respondents were a simple random sample with these shares.
    """

    a: Shares
    b: Shares
    covariance: Floats
    df: Floats
    simple: Floats

    def at(self, chosen: Any) -> SharePair:
        return SharePair(
            self.a.at(chosen), self.b.at(chosen), self.covariance[chosen], self.df[chosen], self.simple[chosen]
        )


def stacked(pairs: Sequence[SharePair]) -> SharePair:
    """Pairs of shape (K,) as one of shape (pairs, K)."""
    return SharePair(
        stacked_shares([pair.a for pair in pairs]), stacked_shares([pair.b for pair in pairs]),
        *(np.stack([getattr(pair, name) for pair in pairs]) for name in ("covariance", "df", "simple")),
    )  # fmt: skip


def stacked_shares(groups: Sequence[Shares]) -> Shares:
    return Shares(*(np.stack([getattr(group, f.name) for group in groups]) for f in fields(Shares)))


def share_pair(cells: Cells, in_a: Chosen, in_b: Chosen, plan: Plan) -> SharePair:
    """Shares of groups a and b among cells that hold every analysed respondent; a cell may be in both.

    Linearised, or by replicates, as the plan says. Variances are NaN where the design does not tell them.
    Source: Taylor linearisation of a ratio of totals over domains, Woodruff (1971); equals R `survey`:
    `svyby(~y, ~group, design, svymean, covmat = TRUE)`, with `rake` where the plan has margins, and with
    `svrepdesign` where it has replicates.
    """
    v_a, v_b, covariance = _told(cells, (in_a, in_b), _covariance(cells, (in_a, in_b), plan))
    a, b = _shares(cells, in_a, plan, v_a), _shares(cells, in_b, plan, v_b)
    df = np.full(len(covariance), design_df(cells, plan))
    return SharePair(a, b, covariance, df, _simple_variance(cells, in_a & in_b, a, b))


def _simple_variance(cells: Cells, in_both: Chosen, a: Shares, b: Shares) -> Floats:
    """Of the log ratio under simple random sampling; groups may share respondents."""
    shared = _share(cells.w_yes[in_both].sum(axis=0), cells.w_base[in_both].sum(axis=0))
    covariance = cells.n_base[in_both].sum(axis=0) * (np.nan_to_num(shared) * (1 - a.p - b.p) + a.p * b.p)
    found = _over(1 - a.p, a.p * a.n) + _over(1 - b.p, b.p * b.n) - 2 * _over(covariance, a.p * b.p * a.n * b.n)
    n = cells.n.sum()
    return found * (n / (n - 1) if n > 1 else np.nan)


def group_shares(cells: Cells, members: Chosen, plan: Plan) -> Shares:
    """Shares of one group among cells that hold every analysed respondent, as `share_pair`."""
    return _shares(cells, members, plan, _told(cells, (members,), _covariance(cells, (members,), plan))[0])


def design_df(cells: Cells, plan: Plan) -> float:
    """Degrees of freedom of the whole design: sampling units minus strata, or as the replicates have them.

    cells: as `covering` gives them, which hold every analysed respondent once.
    """
    if plan.replication is not None:
        return float(plan.replication.df)
    return float(plan.df) if plan.df is not None else float(cells.n.sum() - 1)


def _shares(cells: Cells, members: Chosen, plan: Plan, variance: Floats) -> Shares:
    base, yes = cells.w_base[members].sum(axis=0), cells.w_yes[members].sum(axis=0)
    n = cells.n_base[members].sum(axis=0)
    kish = _over(base**2, cells.ww_base[members].sum(axis=0))
    return Shares(
        x=cells.n_yes[members].sum(axis=0), n=n, weighted_base=base, p=_share(yes, base), variance=variance,
        n_eff_kish=kish, df=_group_df(cells, members, plan),
    )  # fmt: skip


def _share(yes: Floats, base: Floats) -> Floats:
    """yes / base, exactly 0 or 1 where nobody or everybody says yes up to the rounding of sums."""
    return np.clip(_over(yes, base), 0.0, 1.0)


def _over(above: Floats, below: Floats) -> Floats:
    return np.asarray(np.divide(above, below, out=np.full(np.shape(below), np.nan), where=np.asarray(below) > 0))


def _group_df(cells: Cells, members: Chosen, plan: Plan) -> Floats:
    """Units with somebody in the base minus strata with such units; no more than replicates tell of."""
    there = (members[:, None] & (cells.n_base > 0)).astype(float)
    number, labels = _strata(cells, plan)
    strata = (by_number(number, there, len(labels)) > 0).sum(axis=0)
    if plan.units:
        units = (by_number(cells.psu, there, len(plan.unit_stratum)) > 0).sum(axis=0)
    else:
        units = (members[:, None] * cells.n_base).sum(axis=0)
    most = np.inf if plan.replication is None else plan.replication.df
    return np.asarray(np.minimum(units - strata, most), float)


def _strata(cells: Cells, plan: Plan) -> tuple[NDArray[np.intp], list[str]]:
    """Number of each cell's stratum among the plan's, in order."""
    labels = sorted(plan.fraction) or sorted(set(cells.stratum))
    number = {label: i for i, label in enumerate(labels)}
    return np.array([number[stratum] for stratum in cells.stratum], dtype=np.intp), labels


def _covariance(cells: Cells, groups: Sequence[Chosen], plan: Plan) -> list[Floats]:
    """Variance of the share of each group; of two groups also their covariance."""
    if plan.replication is not None:
        return _by_replicates(cells, groups, plan.replication)
    scores = [_score(cells, members) for members in groups]
    if len(scores) == 1:
        return [linearised_variance(cells, *scores[0], plan)]
    v_a, v_b = (linearised_variance(cells, *score, plan) for score in scores)
    v_both = linearised_variance(cells, scores[0][0] + scores[1][0], scores[0][1] + scores[1][1], plan)
    return [v_a, v_b, (v_both - v_a - v_b) / 2]


def _told(cells: Cells, groups: Sequence[Chosen], found: Sequence[Floats]) -> list[Floats]:
    """Variances, and the covariance, 0 where only rounding keeps them from it: all of a group's base in one unit."""
    variances = []
    for members, variance in zip(groups, found, strict=False):
        share = _share(cells.w_yes[members].sum(axis=0), cells.w_base[members].sum(axis=0))
        variances.append(np.where(variance <= (NO_SPREAD * share) ** 2, 0.0, variance))
    nothing = np.any([variance == 0 for variance in variances], axis=0)
    return [*variances, *(np.where(nothing, 0.0, covariance) for covariance in found[len(groups) :])]


def linearised_variance(cells: Cells, alpha: Floats, beta: Floats, plan: Plan) -> Floats:
    """Variance of an estimate whose linearised value is z = w (alpha y - beta) for a respondent in its base, else 0;
    with raked weights less w times what the margins explain of z / w. alpha, beta: (C, K), alike within a cell."""
    explained = _explained(cells, alpha, beta, plan)
    return (_unit_spread if plan.units else _respondent_spread)(cells, alpha, beta, explained, plan)


def linearised_covariance(cells: Cells, plan: Plan) -> Floats:
    """Covariance (K, K) of the shares of everyone in K indicators of one base that exclude each other."""
    everyone = np.ones(len(cells.n), dtype=bool)
    count = len(cells.indicators)
    found = np.empty((count, count))
    first, second = np.triu_indices(count)
    either = replace(cells, indicators=("",) * len(first), **{
        f"{kind}_{end}": getattr(cells, f"{kind}_{end}")[..., first] + (
            getattr(cells, f"{kind}_{end}")[..., second] if end == "yes" else 0.0)
        for kind in ("n", "w", "ww", "r") for end in ("base", "yes")
    })  # fmt: skip
    alone = _covariance(cells, (everyone,), plan)[0]
    # Answers of one table exclude each other, so either of two is a yes or no as well.
    both = np.where(first == second, 4 * alone[first], _covariance(either, (everyone,), plan)[0])
    found[first, second] = found[second, first] = (both - alone[first] - alone[second]) / 2
    return found


def _score(cells: Cells, members: Chosen) -> tuple[Floats, Floats]:
    """alpha, beta of z = w (alpha y - beta), each (C, K)."""
    inside = members[:, None].astype(float)
    base = (inside * cells.w_base).sum(axis=0)
    alpha = inside * _over(np.ones_like(base), base)
    return alpha, alpha * _share((inside * cells.w_yes).sum(axis=0), base)


def _explained(cells: Cells, alpha: Floats, beta: Floats, plan: Plan) -> Floats | float:
    """What the margins explain of z / w, (C, K): means by category, swept over the margins in turn.

    Source: R `survey:::svyrecvar` for raked designs, which averages over respondents, not weights.
    """
    if not plan.margins:
        return 0.0
    categories = margin_categories(cells.margins, plan.margins)
    counts = [np.bincount(code + 1, cells.n, len(shares) + 1)[:, None]
              for code, shares in zip(categories, plan.margins.values(), strict=True)]  # fmt: skip
    plain = alpha * cells.n_yes - beta * cells.n_base
    found = np.zeros_like(plain)
    for _ in range(SWEEPS):
        for code, count in zip(categories, counts, strict=True):
            means = by_number(code + 1, plain - cells.n[:, None] * found, len(count)) / np.maximum(count, 1.0)
            found = found + means[code + 1]
    return found


def _unit_spread(cells: Cells, alpha: Floats, beta: Floats, explained: Floats | float, plan: Plan) -> Floats:
    values = alpha * cells.w_yes - beta * cells.w_base - cells.w[:, None] * explained
    return unit_variance(plan.sampling, by_number(cells.psu, values, len(plan.unit_stratum)))


def _respondent_spread(cells: Cells, alpha: Floats, beta: Floats, explained: Floats | float, plan: Plan) -> Floats:
    """Where respondents are their own units: sums of z and of z squared follow from the cell's."""
    number, labels = _strata(cells, plan)
    total = alpha * cells.w_yes - beta * cells.w_base
    squares = (alpha**2 - 2 * alpha * beta) * cells.ww_yes + beta**2 * cells.ww_base
    if plan.margins:
        squares = squares - 2 * explained * (alpha * cells.ww_yes - beta * cells.ww_base)
        squares = squares + explained**2 * cells.ww[:, None]
        total = total - explained * cells.w[:, None]
    return stratum_variance(
        by_number(number, cells.n[:, None], len(labels))[:, 0], by_number(number, total, len(labels)),
        by_number(number, squares, len(labels)),
        np.array([plan.fraction.get(label, 0.0) for label in labels]), plan.lonely,
    )  # fmt: skip


def _by_replicates(cells: Cells, groups: Sequence[Chosen], scales: Scales) -> list[Floats]:
    """The same from the shares under each replicate."""
    sums = []
    for members in groups:
        for full, repeated in ((cells.w_yes, cells.r_yes), (cells.w_base, cells.r_base)):
            if isinstance(scales, Replication):  # made from units: each cell's weights times its unit's factor
                replicates = (scales.factors[:, cells.psu] * members) @ full
            else:
                replicates = repeated[members].sum(axis=0)
            sums.append(np.vstack([full[members].sum(axis=0), replicates]))
    yes_a, base_a, yes_b, base_b = sums if len(groups) > 1 else sums * 2
    shares = np.stack([_share(yes_a, base_a), _share(yes_b, base_b)], axis=-1)
    found = replicate_covariance(shares[1:], shares[0], scales)
    return [found[:, 0, 0]] if len(groups) == 1 else [found[:, 0, 0], found[:, 1, 1], found[:, 0, 1]]
