"""Risk ratios of two groups adjusted for covariates: modified Poisson regression, and standardisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg.lapack import dpstrf
from scipy.sparse import csr_array
from scipy.special import expit

from pipeline.estimation.counts import Floats
from pipeline.estimation.quantiles import t_p_value, t_quantile
from pipeline.estimation.variance import Numbers, Sampling, by_number, unit_variance

GROUP = 1  # column of the model matrix; 0 is the intercept, covariates follow
EVENTS_EACH = 5
SAME = 1e-10  # a column of which no more than this part, squared, is its own is a sum of the others
STEPS = 60
CONVERGED = 1e-7  # on the scale of the linear predictor; the error that is left is its square
R_EPSILON = 1e-8  # R `glm.control`: relative change of the deviance
NO_END = 30.0  # a linear predictor that far from 0 is on its way to infinity
NO_SPREAD = 1e-9
JITTER = 1e-14

Link = Literal["log", "logit"]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class ModelData:
    """Respondents of two groups with their covariates, M of them, collapsed to the C distinct rows of the model matrix.

    x: (C, P) model matrix: 1, in a, covariates. levels: (C, J) those of its covariates that are 0/1. products:
    (C, P (P + 1) / 2) of its columns, two by two. All three are sparse: most levels are not a respondent's.
    in_a: (C,). cell: (M,) row of x. yes, base: (M, K), 0 or 1. weight: (M,), mean 1. unit: (M,) sampling unit.
    design: None for a simple sample. n_base, n_yes, w_base, w_yes: (C, K) sums.
    """

    x: csr_array
    levels: csr_array
    products: csr_array
    in_a: Bools
    cell: Numbers
    yes: Floats
    base: Floats
    weight: Floats
    unit: Numbers
    design: Sampling | None
    n_base: Floats
    n_yes: Floats
    w_base: Floats
    w_yes: Floats

    def of_group(self, sums: Floats, a: bool) -> Floats:
        """(K,) totals of (C, K) sums in one group."""
        return np.asarray(sums[self.in_a == a].sum(axis=0))

    def crude_ratio(self) -> Floats:
        """p_a / p_b of the weighted shares, (K,): infinity where only p_b is 0, NaN for 0/0 or no base."""
        sums = (self.of_group(total, a) for a in (True, False) for total in (self.w_yes, self.w_base))
        yes_a, base_a, yes_b, base_b = sums
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((yes_a / base_a) / (yes_b / base_b))


@dataclass(frozen=True)
class AdjustedRatio:
    """Log ratios by indicator, (K,) each: NaN where there is none, with the reason.

    df: degrees of freedom of t, infinity for the normal distribution. reason: why something is NaN, or what to
    keep in mind; else empty.
    """

    estimate: Floats
    se: Floats
    df: Floats
    reason: NDArray[np.object_]

    def ratio(self) -> Floats:
        with np.errstate(over="ignore"):
            return np.exp(self.estimate)

    def limits(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """(low, high) of the ratio."""
        half = t_quantile(level, self.df) * self.se
        with np.errstate(over="ignore"):
            return np.exp(self.estimate - half), np.exp(self.estimate + half)

    def p_value(self) -> Floats:
        """Two-sided, of the ratio 1."""
        return t_p_value(self.estimate / np.where(self.se > 0, self.se, np.nan), self.df)


def model_data(
    yes: ArrayLike,
    in_a: ArrayLike,
    in_b: ArrayLike,
    covariates: ArrayLike,
    weights: ArrayLike | None = None,
    psu: ArrayLike | None = None,
    design: Sampling | None = None,
) -> ModelData:
    """The data of both models, from N respondents of the whole sample.

    yes: (N, K), 1, 0, or NaN where a respondent is not in an indicator's base. in_a, in_b: (N,) bool.
    covariates: (N, Q) numbers; of a factor give a 0/1 column for EVERY level, what is a sum of other columns is left
    out. A respondent with a NaN covariate, of neither group, or of weight 0 is no part of the models.
    weights: (N,), 1 each by default. psu, design: sampling unit of each respondent and the whole sample's design;
    None where respondents are independent of each other and the sample is simple.
    Raises ValueError for groups that share respondents, shapes that do not fit, a weight that is negative or missing,
    answers other than 0 and 1, or a sampling unit that the design does not have.
    """
    y, z = np.asarray(yes, float), np.asarray(covariates, float)
    a, b = np.asarray(in_a, bool), np.asarray(in_b, bool)
    w = np.ones(len(a)) if weights is None else np.asarray(weights, float)
    unit = np.arange(len(a)) if psu is None else np.asarray(psu, np.intp)
    if y.ndim != 2 or z.ndim != 2 or any(v.shape != (len(y),) for v in (a, b, w, unit)) or len(z) != len(y):
        raise ValueError("yes and covariates must be tables, groups, weights and psu lists, with a row a respondent")
    if np.any(a & b):
        raise ValueError("the groups share respondents")
    if not np.all((w >= 0) & (w < np.inf)):
        raise ValueError("weights must be numbers from 0")
    if np.any((y != 0) & (y != 1) & ~np.isnan(y)):
        raise ValueError("answers must be 1, 0 or NaN")
    if design is not None and np.any((unit < 0) | (unit >= len(design.stratum))):
        raise ValueError("psu must be numbers of the design's units")
    there = (a | b) & (w > 0) & np.isfinite(z).all(axis=1)
    y, z, w = y[there], z[there], w[there]
    w = w / w.mean() if len(w) else w
    rows, cell = np.unique(np.column_stack([a[there], z]), axis=0, return_inverse=True)
    cell = cell.ravel()
    base = (~np.isnan(y)).astype(float)
    y = np.nan_to_num(y)
    n_base, n_yes, w_base, w_yes = (
        by_number(cell, v, len(rows)) for v in (base, y, base * w[:, None], y * w[:, None])
    )  # fmt: skip
    x = np.column_stack([np.ones(len(rows)), rows[:, :1], _to_scale(rows[:, 1:])])
    first, second = np.triu_indices(x.shape[1])
    products = x[:, first] * x[:, second]
    levels = rows[:, 1:][:, np.isin(rows[:, 1:], (0, 1)).all(axis=0)]
    return ModelData(
        csr_array(x), csr_array(levels), csr_array(products), rows[:, 0] == 1, cell, y, base, w, unit[there], design,
        n_base, n_yes, w_base, w_yes,
    )  # fmt: skip


def modified_poisson(data: ModelData) -> AdjustedRatio:
    """Risk ratio of a against b at equal covariates: Poisson regression with log link and robust errors.

    Without a design the errors are HC0 and limits normal, as in Zou (2004): the correction to N - p is of no
    consequence where there are 5 yes for each coefficient, and fewer are flagged. With a design, scores are summed
    to sampling units and t has df = units - strata + 1 - coefficients. Equals R `svyglm(family = quasipoisson)`.
    With a design the fit also ends by R's rule, and takes its errors from the weights of the last step, so that
    figures are R's in every digit; without, it goes on to convergence. They differ by a millionth of the error.
    Levels in which nobody says yes have a coefficient of minus infinity and leave the ratio as it is without them.
    Where everybody in a group says yes, be it one respondent, its residuals are next to nothing and the error would be
    the other group's alone: there is a ratio and no error.
    Source: Zou (2004), Am J Epidemiol 159; Binder (1983) for designs.
    """
    fit = _fitted(data, "log")
    ratio = np.divide(fit.last, fit.mean, out=np.ones_like(fit.mean), where=fit.mean > 0)
    influence = data.weight[:, None] * (data.yes - data.base * fit.mean[data.cell]) * ratio[data.cell]
    unit_vector = np.zeros(fit.beta.shape)
    unit_vector[:, GROUP] = 1.0
    influence *= (data.x @ _solved(fit.curvature, unit_vector).T)[data.cell]
    no = fit.open * (data.n_base - data.n_yes)
    certain = np.full(fit.reason.shape, "", object)
    for member, name in ((True, "a"), (False, "b")):
        certain[data.of_group(no, member) == 0] = f"no interval: everybody in group {name} says yes"
    return _result(data, fit, fit.beta[:, GROUP], influence, data.n_yes.sum(axis=0), certain)


def standardised_ratio(data: ModelData) -> AdjustedRatio:
    """Ratio of the shares if everyone of both groups were in a, and if everyone were in b, covariates as they are.

    G-computation: logistic regression on group and covariates, its predictions averaged with the weights. The
    standard error is that of the linearised log ratio, in which the coefficients' own error has its part; without
    covariates it is the linearised error of the crude ratio. Limits and df as `modified_poisson`.
    Levels in which nobody or everybody says yes are predicted as they are.
    Source: Robins (1986); Greenland (2004), Am J Epidemiol 160; influence values as in Deville (1999).
    """
    fit = _fitted(data, "logit")
    total = data.w_base.sum(axis=0)
    influence = np.zeros_like(data.yes)
    slope = np.zeros(fit.beta.shape)
    estimate = np.zeros(len(total))
    some = np.where(total > 0, total, 1.0)
    in_base = data.base * data.weight[:, None]
    for member, sign in ((1.0, 1), (0.0, -1)):
        moved = (member - data.in_a)[:, None] * fit.beta[:, GROUP]
        mean = np.where(fit.open, expit(data.x @ fit.beta.T + moved), fit.mean)
        share = (data.w_base * mean).sum(axis=0) / some
        share = np.where(fit.reason == "", share, 1.0)
        estimate += sign * np.log(share)
        influence += sign * in_base * ((mean - share) / (some * share))[data.cell]
        spread = data.w_base * fit.open * mean * (1 - mean)
        by_column = spread.T @ data.x
        by_column[:, GROUP] = member * spread.sum(axis=0)
        slope += sign * by_column / (some * share)[:, None]
    leverage = data.x @ _solved(fit.curvature, slope * fit.active).T
    influence += data.weight[:, None] * (data.yes - data.base * fit.mean[data.cell]) * leverage[data.cell]
    yes = data.n_yes.sum(axis=0)
    certain = np.full(fit.reason.shape, "", object)
    return _result(data, fit, estimate, influence, np.minimum(yes, data.n_base.sum(axis=0) - yes), certain)


# -- fitting


@dataclass(frozen=True)
class _Fit:
    """K regressions: beta (K, P), 0 for columns left out; mean (C, K), and what the last step took it to be.

    open: (C, K) cells whose mean is estimated. active: (K, P) columns in the model. curvature: (K, P, P).
    coefficients: (K,) their number, of settled cells too. settled: (K,) respondents whose mean is 0 or 1 whatever
    the group. reason: (K,) why there is no fit.
    """

    beta: Floats
    mean: Floats
    last: Floats
    open: Bools
    active: Bools
    curvature: Floats
    coefficients: Floats
    settled: Floats
    reason: NDArray[np.object_]


def _fitted(data: ModelData, link: Link) -> _Fit:
    settled = _settled(data, link)
    in_base = data.n_base > 0
    is_open = np.isnan(settled) & in_base
    coefficients = _columns(data, in_base)[0].sum(axis=1).astype(float)
    active, identified = _columns(data, is_open)
    reason = _why_none(data, link, is_open)
    reason[(reason == "") & ~identified] = "the groups have no covariates in common: nothing to compare"
    fitting = reason == ""
    beta, before, ended = _newton(data, link, is_open & fitting, active)
    reason[fitting & ~ended] = "the model has no end: the covariates tell yes from no (separation)"
    fitted = is_open & fitting & ended
    beta[~(fitting & ended)] = 0.0
    mean = np.where(fitted, _mean(link, data.x @ beta.T), np.nan_to_num(settled))
    last = np.where(fitted, _mean(link, before), mean)
    curvature = _information(data, np.where(fitted, data.w_base * _spread(link, last), 0.0), active)
    return _Fit(beta, mean, last, is_open, active, curvature, coefficients,
                (data.n_base * ~np.isnan(settled)).sum(axis=0), reason)  # fmt: skip


def _why_none(data: ModelData, link: Link, is_open: Bools) -> NDArray[np.object_]:
    """Why an indicator has no model, from its counts; empty where it may have one."""
    reason = np.full(data.yes.shape[1], "", object)
    counts = {
        name: tuple(data.of_group(v, a) for v in (data.n_base, data.n_yes, data.n_base * is_open, data.n_yes * is_open))
        for a, name in ((True, "a"), (False, "b"))
    }
    rules = [(n == 0, f"no respondents in group {name}") for name, (n, _, _, _) in counts.items()]
    rules += [(x == 0, f"nobody in group {name} says yes") for name, (_, x, _, _) in counts.items()]
    if link == "logit":
        for name, (n, x, n_open, x_open) in counts.items():
            rules.append((x == n, f"everybody in group {name} says yes"))
            rules.append(
                ((x_open == 0) | (x_open == n_open), f"within the covariates all of group {name} answer alike")
            )
    for holds, word in rules:
        reason[holds & (reason == "")] = word
    reason[(reason == "") & (data.n_yes == data.n_base).all(axis=0)] = "everybody in both groups says yes"
    return reason


def _settled(data: ModelData, link: Link) -> Floats:
    """(C, K): 0 in levels in which nobody says yes, in a logistic model 1 where everybody does; NaN elsewhere.

    There a coefficient goes to infinity and leaves the group's where it would be without these respondents.
    """
    level = data.levels
    found = np.full(data.n_base.shape, np.nan)
    while True:
        is_open = np.isnan(found)
        n, yes = (level.T @ (is_open * total) for total in (data.n_base, data.n_yes))
        before = is_open.sum()
        found[is_open & (level @ ((n > 0) & (yes == 0)) > 0)] = 0.0
        if link == "logit":
            found[is_open & np.isnan(found) & (level @ ((n > 0) & (yes == n)) > 0)] = 1.0
        if np.isnan(found).sum() == before:
            return found


def _columns(data: ModelData, there: Bools) -> tuple[Bools, Bools]:
    """Which columns of the model matrix none of the others make up, (K, P), over the cells (C, K) that are there.

    And whether the group's is among them, (K,). The group's column comes last, so that it is never preferred.
    """
    grams = _information(data, there.astype(float), np.ones((there.shape[1], data.x.shape[1]), bool), jitter=0.0)
    kept, identified = np.zeros(grams.shape[:2], bool), np.zeros(len(grams), bool)
    others = np.delete(np.arange(data.x.shape[1]), GROUP)
    for k, gram in enumerate(grams):
        size = np.sqrt(np.diag(gram))
        alike = gram / size / size[:, None]
        _, order, rank, _ = dpstrf(alike[np.ix_(others, others)], tol=SAME)
        chosen = others[order[:rank] - 1]
        kept[k, chosen] = there[:, k].any()
        shared = alike[chosen, GROUP]
        own = 1.0 - shared @ np.linalg.solve(alike[np.ix_(chosen, chosen)], shared)
        identified[k] = kept[k, GROUP] = own > SAME and bool(there[:, k].any())
    return kept & (np.einsum("kpp->kp", grams) > 0), identified


def _newton(data: ModelData, link: Link, is_open: Bools, active: Bools) -> tuple[Floats, Floats, Bools]:
    """Coefficients (K, P) of greatest likelihood by Newton's method from R `glm`'s start, steps halved at need.

    Also the linear predictor (C, K) that errors are taken at, and which indicators' fit has ended (K,).
    """
    as_r = link == "log" and data.design is not None
    base, yes = data.w_base * is_open, data.w_yes * is_open
    left = np.flatnonzero(base.sum(axis=0) > 0)
    beta, ended = np.zeros(active.shape), np.zeros(len(active), bool)
    spread, target = _start(link, base[:, left], yes[:, left])
    beta[left] = _solved(_information(data, spread, active[left]), target.T @ data.x * active[left])
    taken_at = data.x @ beta.T
    for _ in range(STEPS):
        if not len(left):
            break
        there, b, y, eta = is_open[:, left], base[:, left], yes[:, left], data.x @ beta[left].T
        mean = _mean(link, eta)
        information = _information(data, b * _spread(link, mean), active[left])
        step = _solved(information, (y - b * mean).T @ data.x * active[left])
        change = data.x @ step.T
        before = _deviance(link, eta, b, y)
        for _ in range(STEPS):
            after = _deviance(link, eta + change, b, y)
            worse = after > before + 1e-12 * np.abs(before)
            if not worse.any():
                break
            step[worse] /= 2
            change[:, worse] /= 2
        beta[left] += step
        eta_now = eta + change
        taken_at[:, left] = eta if as_r else eta_now
        moved = np.abs(change * there).max(axis=0)
        far = (np.abs(eta_now) * there).max(axis=0) > NO_END
        done = np.abs(after - before) / (np.abs(after) + 0.1) < R_EPSILON if as_r else moved < CONVERGED
        ended[left[done & ~far & (moved < 0.1)]] = True
        left = left[~(done | far)]
    return beta, taken_at, ended


def _start(link: Link, base: Floats, yes: Floats) -> tuple[Floats, Floats]:
    """Sums of the weights, and of weights times working responses, of the first step of R `glm`.

    It starts from a mean of y + 0.1 with the log link, of (y + 0.5) / 2 with the logit.
    """
    if link == "log":
        return 1.1 * yes + 0.1 * (base - yes), yes * (1.1 * np.log(1.1) - 0.1) + (base - yes) * 0.1 * (np.log(0.1) - 1)
    return 0.1875 * base, (0.1875 * np.log(3.0) + 0.25) * (2 * yes - base)


def _mean(link: Link, eta: Floats) -> Floats:
    return np.asarray(np.exp(np.minimum(eta, 300.0)) if link == "log" else expit(eta))


def _spread(link: Link, mean: Floats) -> Floats:
    return mean if link == "log" else mean * (1 - mean)


def _deviance(link: Link, eta: Floats, base: Floats, yes: Floats) -> Floats:
    """By column of (C, K)."""
    if link == "log":
        return np.asarray(2 * (base * _mean(link, eta) - yes * eta - yes).sum(axis=0))
    return np.asarray(2 * (base * np.logaddexp(0.0, eta) - yes * eta).sum(axis=0))


def _information(data: ModelData, spread: Floats, active: Bools, jitter: float = JITTER) -> Floats:
    """(K, P, P) sums over cells of spread (C, K) times x x', the identity in columns left out or without spread."""
    columns = data.x.shape[1]
    first, second = np.triu_indices(columns)
    found = np.empty((spread.shape[1], columns, columns))
    found[:, first, second] = found[:, second, first] = spread.T @ data.products
    found *= active[:, :, None] * active[:, None, :]
    diagonal = np.einsum("kpp->kp", found)
    diagonal += np.where(diagonal > 0, diagonal * jitter, 1.0)
    return np.asarray(found)


def _solved(matrices: Floats, vectors: Floats) -> Floats:
    """(K, P): each matrix's inverse times its vector."""
    return np.asarray(np.linalg.solve(matrices, vectors[:, :, None])[:, :, 0])


def _result(
    data: ModelData, fit: _Fit, estimate: Floats, influence: Floats, events: Floats, certain: NDArray[np.object_]
) -> AdjustedRatio:
    """Standard errors from (M, K) influence values, and what is to be said of them. certain: (K,) why there is none."""
    design = data.design
    reason = fit.reason.copy()
    if design is None:
        variance = (influence**2).sum(axis=0)
        df = np.full(len(estimate), np.inf)
    else:
        variance = unit_variance(design, by_number(data.unit, influence, len(design.stratum)))
        df = design.df + 1 - fit.coefficients
    there = reason == ""
    estimate = np.where(there, estimate, np.nan)
    se = np.sqrt(np.where(there, variance, np.nan))
    unknown = there & np.isnan(se)
    reason[unknown] = "no standard error: a stratum with one sampling unit"
    alike = there & (se <= NO_SPREAD)
    reason[alike] = "no standard error: no variation is left"
    sure = there & ~alike & (certain != "")
    reason[sure] = certain[sure]
    alike |= sure
    se = np.where(alike, np.nan, se)
    reason[there & ~alike & ~unknown & (df <= 0)] = "no interval: no more sampling units than strata and coefficients"
    slopes = fit.coefficients - 1
    for k in np.flatnonzero(there):
        notes = [reason[k]] if reason[k] else []
        if events[k] < EVENTS_EACH * slopes[k]:
            notes.append(f"{events[k]:.0f} events for {slopes[k]:.0f} coefficients, fewer than {EVENTS_EACH} each")
        if fit.settled[k]:
            notes.append(f"{fit.settled[k]:.0f} respondents in levels where all answer alike")
        reason[k] = "; ".join(notes)
    return AdjustedRatio(estimate, se, np.where(there & (df > 0), df, np.nan), reason)


def _to_scale(columns: Floats) -> Floats:
    """Covariates that are not 0/1, centred and within -1 and 1: the group's coefficient does not change."""
    if not len(columns):
        return columns
    found = columns - np.where(np.isin(columns, (0, 1)).all(axis=0), 0.0, columns.mean(axis=0))
    size = np.abs(found).max(axis=0)
    return np.asarray(found / np.where(size > 0, size, 1.0))
