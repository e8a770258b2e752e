"""What raking did, and what delivered weights are like: rows of table `weighting`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from pipeline.weighting.margins import NO_ANSWER, Floats, checked_margins
from pipeline.weighting.raking import Raked, kish

ALL = "all"
NO_ANSWER_CATEGORY = "no_answer"
Rows = list[dict[str, Any]]


def weighting_rows(
    wave: str,
    weight: str,
    names: Sequence[str],
    labels: Sequence[Sequence[str]],
    categories: Sequence[ArrayLike],
    targets: Sequence[ArrayLike],
    base: ArrayLike,
    trim: float | None,
    raked: Raked,
) -> Rows:
    """One row for the weight (margin and category `all`), then one for each category of each margin.

    weight: its name. names, labels: of margins and their categories. The rest as given to `rake`, and what it returned.
    Shares are among those who answered; the row `no_answer`, where there is one, has a share of all and no target.
    """
    before = np.asarray(base, float)
    margins = checked_margins(categories, targets, before > 0, names, labels)
    fit = {
        "iterations": raked.iterations,
        "converged": raked.converged,
        "largest_gap": raked.largest_gap,
        "trim": trim,
        "trimmed": raked.trimmed if trim is not None else None,
    }
    found = [_row(wave, weight, "raked") | fit | _spread(raked.weights)]
    for margin, own in zip(margins, labels, strict=True):
        number = np.where(margin.category == len(margin.target), NO_ANSWER, margin.category)
        shares = [_shares(w, number, len(margin.target)) for w in (before, raked.weights)]
        n = np.bincount(number[before > 0] + 1, minlength=len(margin.target) + 1)
        for k in [*range(len(margin.target)), *([NO_ANSWER] if n[0] else [])]:
            target = float(margin.target[k]) if k != NO_ANSWER else None
            after = float(shares[1][k])
            found.append(
                _row(wave, weight, "raked", margin.name, own[k] if k != NO_ANSWER else NO_ANSWER_CATEGORY)
                | {"n": int(n[k + 1]), "target": target, "share_before": float(shares[0][k]), "share_after": after}
                | {"gap": after - target if target is not None else None}
            )
    return found


def delivered_rows(wave: str, weight: str, weights: ArrayLike) -> Rows:
    """The one row of a delivered weight. weights: (N,), NaN where a respondent has none.

    Raises ValueError where one is negative or infinite.
    """
    w = np.asarray(weights, float)
    if np.any(w < 0) or np.any(np.isinf(w)):
        raise ValueError(f"weight {weight}: weights must be finite and not negative")
    return [_row(wave, weight, "delivered") | _spread(w)]


def _row(wave: str, weight: str, source: str, margin: str = ALL, category: str = ALL) -> dict[str, Any]:
    empty = dict.fromkeys(
        ("n", "target", "share_before", "share_after", "gap", "iterations", "converged", "largest_gap", "trim",
         "trimmed", "missing", "zero", "smallest", "largest", "mean", "cv", "deff_kish", "n_eff_kish")
    )  # fmt: skip
    return {"wave": wave, "weight": weight, "source": source, "margin": margin, "category": category} | empty


def _spread(w: Floats) -> dict[str, Any]:
    """How unequal the weights are, of those above 0."""
    some = w[w > 0]
    n_eff, deff = kish(some)
    return {
        "n": len(w),
        "missing": int(np.isnan(w).sum()),
        "zero": int(np.sum(w == 0)),
        "smallest": float(some.min()) if len(some) else None,
        "largest": float(some.max()) if len(some) else None,
        "mean": float((some / some.max()).mean() * some.max()) if len(some) else None,
        "cv": float(np.sqrt(max(deff - 1, 0.0))) if len(some) else None,
        "deff_kish": deff if len(some) else None,
        "n_eff_kish": n_eff if len(some) else None,
    }


def _shares(w: Floats, number: ArrayLike, categories: int) -> Floats:
    """(categories + 1,) by number: of those who answered, and last, where -1 finds it, no answer's share of all."""
    sums = np.bincount(np.asarray(number) % (categories + 1), w / w.max(), categories + 1)
    answered = sums[:-1].sum()
    return np.append(sums[:-1] / (answered if answered > 0 else np.nan), sums[-1] / sums.sum())
