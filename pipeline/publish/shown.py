"""Which rows of the published tables may be shown outside the database: none that is suppressed or withheld."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from pipeline.publish.privacy import Additive, withheld
from pipeline.study.model import Study
from pipeline.study.questions import GridQuestion, SingleQuestion

COUNTS = (("x_a", "n_a"), ("x_b", "n_b"), ("x", "n"))
"""Counts of yes with their bases, in the tables that have them."""
KEPT_WHOLE = ("claim", "wave", "says", "source", "page", "statistic", "indicator", "comparison", "group_a", "group_b",
              "base", "weighting", "claimed", "printed", "soft", "reading", "family", "must_hold", "status",
              "status_reason", "synthetic", "tried", "problem")  # fmt: skip
"""Columns of a claim that stay where its figures may not be shown: the sentence is printed already."""


def released_rows(
    study: Study, found: Mapping[str, pd.DataFrame]
) -> tuple[dict[str, pd.DataFrame], dict[str, dict[str, int]]]:
    """The rows that may leave the house, and how many of each table were left out, by reason.

    Findings and mean scores have groups that no other table shows: where one level of a segment is too small, or a
    group within it, none of that segment is shown, so that nothing can be subtracted.
    """
    minimum = study.display.privacy_below
    hidden = _withheld(study, found, minimum)
    kept: dict[str, pd.DataFrame] = {}
    left_out: dict[str, dict[str, int]] = {}
    for name, frame in found.items():
        gone = np.zeros(len(frame), dtype=bool)
        if minimum is not None and len(frame) and name in _PRIVATE:
            gone = np.array(_PRIVATE[name](study, frame, hidden, minimum), dtype=bool)
        unsure = (frame["status"] == "suppress").to_numpy(bool) & ~gone if "status" in frame else gone & False
        kept[name] = _without_figures(frame, gone | unsure) if name == "claims" else frame[~gone & ~unsure]
        left_out[name] = {"privacy": int(gone.sum()), "suppressed": int(unsure.sum())}
    if "waves" in kept:  # why a later delivery was set aside may name answers
        kept["waves"] = kept["waves"].assign(reason="")
    return _without_orphans(kept), left_out


def may_be_shown(frame: pd.DataFrame, minimum: int | None) -> pd.Series:
    """Rows that are neither suppressed nor have a count from 1 to under the minimum, of yes, no or all."""
    shown = frame["status"] != "suppress" if "status" in frame else pd.Series(True, index=frame.index)
    return shown if minimum is None else shown & ~_few(frame, minimum)


def _few(frame: pd.DataFrame, minimum: int) -> pd.Series:
    """Rows with a count from 1 to under the minimum: of yes, of no, or a base."""
    few = pd.Series(False, index=frame.index)
    for x, n in COUNTS:
        if n in frame:
            base = frame[n].astype(float)
            counts = [base] if x not in frame else [base, frame[x].astype(float), base - frame[x].astype(float)]
            for count in counts:
                few |= count.between(1, minimum - 1)
    return few


def _without_figures(claims: pd.DataFrame, gone: np.ndarray) -> pd.DataFrame:
    """Claims, of which those that are gone keep the sentence alone."""
    blank = claims.copy()
    for name in blank.columns.difference(list(KEPT_WHOLE)):
        nothing = "" if pd.api.types.is_string_dtype(blank[name]) else None
        blank[name] = blank[name].mask(gone, nothing)
    blank["verdict"] = blank["verdict"].mask(gone, "not checkable")
    blank["reason"] = blank["reason"].mask(gone, "the figures are too few to be shown")
    return blank


def _without_orphans(kept: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """What is told of a finding, an answer or a share goes where that one goes."""
    findings, toplines, shares = kept.get("findings"), kept.get("toplines"), kept.get("shares")
    found = dict(kept)
    if findings is not None:
        of_all = findings[findings["segment"] == "all"]
        for name in ("robustness", "adjusted"):
            if name in found:
                found[name] = _among(found[name], ["comparison", "indicator"], of_all)
    if toplines is not None and "banners" in found:
        found["banners"] = _among(found["banners"], ["question", "option", "segment", "level"], toplines)
    if shares is not None and "tier_trends" in found:
        found["tier_trends"] = _among(found["tier_trends"], ["indicator"], shares[shares["segment"] == "all"])
    return found


def _among(frame: pd.DataFrame, key: list[str], shown: pd.DataFrame) -> pd.DataFrame:
    """Rows whose key is shown."""
    known = pd.MultiIndex.from_frame(shown[key].astype(str))
    return frame[pd.MultiIndex.from_frame(frame[key].astype(str)).isin(known)]


Hidden = set[tuple[str, tuple[str, ...]]]


def _withheld(study: Study, found: Mapping[str, pd.DataFrame], minimum: int | None) -> Hidden:
    """(variable, (segment, level, option)) of every count that must go."""
    parts = [_counts(name, found[name]) for name in ("toplines", "shares", "tiers") if len(found.get(name, ()))]
    if minimum is None or not parts:
        return set()
    counts = pd.concat(parts, ignore_index=True)
    single = {ref for ref, question in study.questions.items() if isinstance(question, SingleQuestion)}
    single |= {v.ref for v in study.variables if isinstance(study.questions[v.question], GridQuestion)}
    single |= set(counts["variable"][counts["variable"].str.startswith(("indicator ", "tier "))])
    exclusive = ["tier"] if study.tiers else []
    nets: dict[tuple[str, str], tuple[str, ...]] = {}
    for s in study.segment_columns:
        if not s.overlapping:
            exclusive.append(s.name)
            nets |= {(s.name, net): levels for net, levels in s.nets.items()}
    rows = withheld(counts, Additive(single, exclusive, nets), minimum)
    gone = counts[rows["withheld"]]
    keys = gone[["variable", "segment", "level", "option"]].astype(str).to_numpy().tolist()
    return {(variable, (segment, level, option)) for variable, segment, level, option in keys}


def _counts(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Counts of a table for the privacy rule; of an indicator yes and no, so that few of either are hidden."""
    if name == "toplines":
        return frame.rename(columns={"question": "variable"})[["variable", "segment", "level", "option", "x", "n"]]
    if name == "tiers":
        one = frame.assign(variable="tier ", segment="all", level="all").rename(columns={"tier": "option"})
        return one[["variable", "segment", "level", "option", "x", "n"]]
    yes = frame.assign(variable="indicator " + frame["indicator"], option="yes")
    no = yes.assign(option="no", x=yes["n"] - yes["x"])
    return pd.concat([yes, no])[["variable", "segment", "level", "option", "x", "n"]]


def _of_toplines(study: Study, frame: pd.DataFrame, hidden: Hidden, minimum: int) -> list[bool]:
    keys = zip(frame["question"], frame["segment"], frame["level"], frame["option"], strict=True)
    return [(question, (segment, level, option)) in hidden for question, segment, level, option in keys]


def _of_shares(study: Study, frame: pd.DataFrame, hidden: Hidden, minimum: int) -> list[bool]:
    keys = zip(frame["indicator"], frame["segment"], frame["level"], strict=True)
    return [_yes_or_no(hidden, name, segment, level) for name, segment, level in keys]


def _yes_or_no(hidden: Hidden, indicator: str, segment: str, level: str) -> bool:
    return any((f"indicator {indicator}", (segment, level, option)) in hidden for option in ("yes", "no"))


def _of_tiers(study: Study, frame: pd.DataFrame, hidden: Hidden, minimum: int) -> list[bool]:
    return [("tier ", ("all", "all", tier)) in hidden for tier in frame["tier"]]


def _of_findings(study: Study, frame: pd.DataFrame, hidden: Hidden, minimum: int) -> list[bool]:
    """Rows with a small count; those whose groups are made of levels with a withheld one; and all of their segment."""
    few = _few(frame, minimum).to_numpy(bool, copy=True)
    divided = {(variable, segment) for variable, (segment, _, _) in hidden}
    for row, (name, comparison) in enumerate(zip(frame["indicator"], frame["comparison"], strict=True)):
        declared = study.comparisons[comparison]
        groups = [declared.a] + ([declared.b] if isinstance(declared.b, dict) else [])
        keys = {key for group in groups for key in group} | {"all"}
        few[row] |= any((f"indicator {name}", key) in divided for key in keys)
    place = frame[["indicator", "comparison", "segment"]].agg(" | ".join, axis=1)
    return list(place.isin(set(place[few])))


def _of_trends(study: Study, frame: pd.DataFrame, hidden: Hidden, minimum: int) -> list[bool]:
    """Changes within levels, of which the former wave may have small ones; and those of small counts in either."""
    gone = (frame["segment"] != "all").to_numpy(bool, copy=True)
    for end in ("_before", ""):
        n = frame[f"n{end}"].astype(float)
        shares = frame["measure"].isin(["indicator", "tier"])
        x = (frame[f"value{end}"].astype(float) * n).where(shares)
        for count in (x, n - x, n):
            gone |= count.gt(0.5).to_numpy(bool) & count.lt(minimum - 0.5).to_numpy(bool)
    tier = (frame["measure"] == "tier").to_numpy(bool)
    pairs = frame["wave_before"]
    return list(gone | (tier & pairs.isin(set(pairs[gone & tier])).to_numpy(bool)))


def _of_score_means(study: Study, frame: pd.DataFrame, hidden: Hidden, minimum: int) -> list[bool]:
    small = frame["n"].between(1, minimum - 1)
    return list(frame["segment"].isin(set(frame["segment"][small])))


def _of_score_bands(study: Study, frame: pd.DataFrame, hidden: Hidden, minimum: int) -> list[bool]:
    """Bands add up to tiers and to everyone: where one is small, or a tier is withheld, none is shown."""
    small = frame["n"].between(1, minimum - 1).any() or any(variable == "tier " for variable, _ in hidden)
    return [bool(small)] * len(frame)


def _of_claims(study: Study, frame: pd.DataFrame, hidden: Hidden, minimum: int) -> list[bool]:
    """Claims with a small count, and those about some of the respondents where a count of the indicator is withheld."""
    divided = {variable for variable, _ in hidden}
    part = (frame["group_a"] != "respondents") | (frame["group_b"] != "")
    return list(_few(frame, minimum) | (part & ("indicator " + frame["indicator"]).isin(divided)))


def _of_weighting(study: Study, frame: pd.DataFrame, hidden: Hidden, minimum: int) -> list[bool]:
    small = frame["n"].between(1, minimum - 1)
    return list(frame["margin"].isin(set(frame["margin"][small])))


_PRIVATE: Mapping[str, Callable[[Study, pd.DataFrame, Hidden, int], list[bool]]] = {
    "toplines": _of_toplines, "shares": _of_shares, "tiers": _of_tiers, "findings": _of_findings,
    "trends": _of_trends, "score_means": _of_score_means, "score_bands": _of_score_bands, "claims": _of_claims,
    "weighting": _of_weighting,
}  # fmt: skip
"""Table -> which of its rows the privacy rule withholds."""
