"""Every claim of a study held against one wave: is its figure reproduced, is it true, what may be said."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipeline import tables
from pipeline.claims.coherence import coherence
from pipeline.claims.figures import Asked, Figure, figures
from pipeline.claims.numbers import plain
from pipeline.claims.printed import PrintedFigure, printed_parts
from pipeline.claims.sample import Sample
from pipeline.claims.search import ELSEWHERE, MOST_SLIPS, Cell, Hit, Search, comes_out, would_hold
from pipeline.claims.sentences import supported
from pipeline.claims.verdicts import (
    CONTRADICTED,
    NOT_CHECKABLE,
    NOT_SUPPORTED,
    OPPOSITE,
    Estimate,
    direction,
    margin_words,
    p_value,
    verdict,
)
from pipeline.estimation.multiplicity import benjamini_hochberg
from pipeline.estimation.overlap import Overlap
from pipeline.study.claims import OPERATORS, Claim
from pipeline.study.model import Study

REPRODUCED, ELSEWHERE_REPRODUCED, NOT_REPRODUCED, NO_FIGURE = (
    "reproduced", "reproduced under another base", "not reproduced", "no figure",
)  # fmt: skip
NO_INTERVAL = "there is no interval: nothing tells how far off the figure may be"
MOST_HITS = 6
SHARES = ("share", "difference", "paired", "change")


def claims_of_wave(wave: str, claims: Sequence[Claim]) -> list[Claim]:
    """Those that are about a wave: it is named, or none is."""
    return [claim for claim in claims if claim.wave is None or wave in claim.wave]


def audit(sample: Sample, claims: Sequence[Claim], earlier: Mapping[str, tuple[Sample, Overlap]]) -> pd.DataFrame:
    """Rows of table `claims`, one for each claim.

    claims: those that are about the wave, charts as cells. A family for the q values is all of them that have a test.
    """
    study, margins = sample.study, sample.study.claim_set.margins
    checked = [_with_operator(claim) for claim in claims if not claim.not_checkable]
    found = figures(sample, checked, earlier)
    search = Search(sample, {wave: other for wave, (other, _) in earlier.items()})
    conflicts = coherence(study, [c for c in claims if not c.not_checkable], _tier_shares(sample))
    printed = {claim.id: printed_parts(claim) for claim in checked}
    reproduced = _reproduction(search, checked, found, printed)
    by_id = {claim.id: claim for claim in checked}
    rows = []
    for claim in claims:
        row = _row(study, sample.wave, claim, conflicts.get(claim.id, []))
        answer = claim.not_checkable or found[claim.id]
        if isinstance(answer, str) or not _known(answer[1]):
            why = answer if isinstance(answer, str) else "nobody is in the base"
            rows.append(row | {"verdict": NOT_CHECKABLE, "reason": why})
            continue
        asked, figure = answer
        claimed = by_id[claim.id]
        outcome, hits, tried = reproduced[claim.id]
        row |= _figures_of(asked, figure) | {"reproduction": outcome, "margin": margin_words(claimed, margins)}
        if why := figure.broken or ("" if figure.estimate.has_interval else NO_INTERVAL):
            # the printed figure may still come out
            rows.append(row | _explanation(hits, tried) | {"verdict": NOT_CHECKABLE, "reason": why})
            continue
        said = verdict(claimed, figure.estimate, margins)
        if not printed[claim.id] and said in (NOT_SUPPORTED, CONTRADICTED):
            hits, tried = _explained(search, asked, figure, claimed)
        rows.append(row | _explanation(hits, tried) | {
            "verdict": said, "direction": direction(claimed, figure.estimate),
            "p_value": p_value(claimed, figure.estimate, margins),
            "wording": supported(study, asked, figure, margins),
        })  # fmt: skip
    frame = pd.DataFrame(rows)
    if not len(frame):
        return frame
    for name in ("p_value", "observed", "low", "high"):
        frame[name] = frame[name].astype(float) if name in frame else np.nan
    frame["q_value"] = benjamini_hochberg(frame["p_value"], pd.Series(["claims"] * len(frame)))
    frame["family"] = int(frame["p_value"].notna().sum())
    frame["reproduction"] = frame.get("reproduction", pd.Series(dtype=object)).reindex(frame.index).fillna(NO_FIGURE)
    frame["problem"] = [_problem(row) for _, row in frame.iterrows()]
    return _complete(frame)


def unchecked(study: Study, wave: str, claims: Sequence[Claim], why: str) -> pd.DataFrame:
    """The same rows where the wave can't be looked at."""
    rows = [_row(study, wave, claim, []) | {"verdict": NOT_CHECKABLE, "reason": why, "reproduction": NO_FIGURE,
                                            "family": 0, "problem": False} for claim in claims]  # fmt: skip
    return _complete(pd.DataFrame(rows))


def _complete(frame: pd.DataFrame) -> pd.DataFrame:
    """With all columns of table `claims`."""
    missing = [column.name for column in tables.CLAIMS.columns_for(None) if column.name not in frame]
    return frame.assign(**dict.fromkeys(missing, None))


def _with_operator(claim: Claim) -> Claim:
    """A claim that only prints a figure claims that figure."""
    if claim.operators:
        return claim
    figure = printed_parts(claim).get("value")
    return claim if figure is None else claim.model_copy(update={"equal": figure.value})


def _known(figure: Figure) -> bool:
    return not math.isnan(figure.estimate.value)


def _reproduction(
    search: Search,
    claims: Sequence[Claim],
    found: Mapping[str, tuple[Asked, Figure] | str],
    printed: Mapping[str, Mapping[str, PrintedFigure]],
) -> dict[str, tuple[str, list[Hit], int]]:
    """(outcome, what gives the figure elsewhere, ways tried) by claim. The cells of one row of a chart go together."""
    result: dict[str, tuple[str, list[Hit], int]] = {}
    together: dict[tuple[str, ...], list[tuple[str, Cell]]] = defaultdict(list)
    for claim in claims:
        answer = found[claim.id]
        if isinstance(answer, str) or not _known(answer[1]) or not printed[claim.id]:
            result[claim.id] = (NO_FIGURE, [], 0)
            continue
        chart, part, _ = claim.id.partition("[")
        key = (chart, claim.indicator or "", repr(claim.when)) if part else (claim.id,)
        together[key].append((claim.id, (*answer, printed[claim.id])))
    for cells in together.values():
        outcomes = [comes_out(*cell) and _base_is(cell[0].claim, cell[1]) for _, cell in cells]
        if all(outcomes):
            result |= {name: (REPRODUCED, [], 0) for name, _ in cells}
            continue
        hits, tried = search.hits([cell for _, cell in cells])
        if len(cells) > 1 and not any(hit.kind in ELSEWHERE for hit in hits):
            # not as a row: each cell by itself
            for (name, cell), well in zip(cells, outcomes, strict=True):
                result[name] = (REPRODUCED, [], 0) if well else _searched(*search.hits([cell]), cell)
            continue
        for name, cell in cells:
            result[name] = _searched(hits, tried, cell)
    return result


def _searched(hits: list[Hit], tried: int, cell: Cell) -> tuple[str, list[Hit], int]:
    if not _base_is(cell[0].claim, cell[1]):
        n = cell[0].claim.n
        assert n is not None
        hits = [Hit("base", f"printed for n = {n[0][0]:,}, counted {cell[1].n_a:,}"), *hits]
        if comes_out(*cell):
            return NOT_REPRODUCED, hits, tried
    elsewhere = any(hit.kind in ELSEWHERE for hit in hits)
    return ELSEWHERE_REPRODUCED if elsewhere else NOT_REPRODUCED, hits, tried


def _base_is(claim: Claim, figure: Figure) -> bool:
    return claim.n is None or claim.n[0][0] == figure.n_a


def _explained(search: Search, asked: Asked, figure: Figure, claim: Claim) -> tuple[list[Hit], int]:
    """What would be on the claimed side of every limit, where shares or ratios are claimed."""
    if claim.measures in ("mean", "paired", "change", "count", "rank"):
        return [], 0
    margins = search.sample.study.claim_set.margins

    def holds(value: float) -> bool:
        return verdict(claim, Estimate(*[value] * 5), margins) not in (NOT_SUPPORTED, CONTRADICTED)

    return would_hold(search, asked, figure, holds), len(search.variants(asked)) + MOST_SLIPS


def _explanation(hits: Sequence[Hit], tried: int) -> dict[str, Any]:
    kinds = ", ".join(dict.fromkeys(hit.kind for hit in hits))
    return {"tried": tried, "kinds": kinds, "explanation": _told(hits, tried)}


def _told(hits: Sequence[Hit], tried: int) -> str:
    """What gives the figure, with how many ways were tried: among many, one fits by chance."""
    told = "; ".join(f"{hit.kind}: {hit.words}" for hit in hits[:MOST_HITS])
    more = f", {len(hits) - MOST_HITS} more" if len(hits) > MOST_HITS else ""
    return (
        f"{told}{more} (of {tried} ways tried)"
        if told and tried
        else told or (f"none of {tried} ways" if tried else "")
    )


def _row(study: Study, wave: str, claim: Claim, conflicts: Sequence[str]) -> dict[str, Any]:
    """What the record says, and what it implies beside others."""
    printed = claim.printed if isinstance(claim.printed, str) else None
    if isinstance(claim.printed, dict):
        printed = ", ".join(f"{name} {text}" for name, text in claim.printed.items())
    claimed = _with_operator(claim)
    return {
        "wave": wave, "claim": claim.id, "says": claim.says, "source": claim.source, "page": claim.page,
        "statistic": claim.measures, "indicator": claim.indicator or "", "comparison": claim.comparison or "",
        "claimed": claimed_words(claimed),
        "expected": next(iter(claimed.operators.values()), None), "printed": printed,
        "soft": claim.soft, "reading": claim.reading, "must_hold": claim.must_hold,
        "coherence": "; ".join(conflicts), "reason": "", "direction": "", "kinds": "", "explanation": "", "tried": 0,
        "margin": "", "method": "", "status": "show", "status_reason": "", "wording": "", "base": "", "weighting": "",
        "group_a": "", "group_b": "", "note": "", "synthetic": study.synthetic,
    }  # fmt: skip


def claimed_words(claim: Claim) -> str:
    """ "more than 2", "about 67%, less than 67%"."""
    shares = claim.measures in SHARES
    texts = [f"{name.replace('_', ' ')} {f'{100 * v:.4g}%' if shares else plain(v, 6)}" for name in OPERATORS
             if (v := getattr(claim, name)) is not None]  # fmt: skip
    return ", ".join(texts)


def _figures_of(asked: Asked, figure: Figure) -> dict[str, Any]:
    e = figure.estimate
    return {
        "group_a": asked.words_a, "group_b": asked.words_b, "base": asked.base, "weighting": asked.weight,
        "observed": e.value, "low": e.low, "high": e.high, "low_90": e.low90, "high_90": e.high90,
        "x_a": figure.x_a, "n_a": figure.n_a, "x_b": figure.x_b, "n_b": figure.n_b,
        "p_a": figure.parts.get("p_a"), "p_b": figure.parts.get("p_b"), "ratio": figure.parts.get("ratio"),
        "difference": figure.parts.get("difference"), "odds_ratio": figure.parts.get("odds_ratio"),
        "method": figure.method, "status": figure.status, "status_reason": figure.status_reason, "note": figure.note,
    }  # fmt: skip


def _problem(row: pd.Series[Any]) -> bool:
    """Whether an editor has to look: not reproduced as stated, not true of the data, or at odds with arithmetic."""
    return bool(
        row["reproduction"] in (ELSEWHERE_REPRODUCED, NOT_REPRODUCED)
        or row["verdict"] in (NOT_SUPPORTED, CONTRADICTED)
        or row["direction"] == OPPOSITE
        or row["coherence"]
    )


def _tier_shares(sample: Sample) -> dict[str, float]:
    """Weighted share of each tier among those who have one, under the default weight."""
    tiers = sample.respondents["tier"]
    weights = sample.respondents["weight"]
    known = weights[tiers.notna()].sum()
    return {str(t): float(w / known) for t, w in weights.groupby(tiers).sum().items()} if known else {}
