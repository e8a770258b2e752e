"""Trends: how figures changed between two waves, and where no change may be claimed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.estimation.changes import LEVEL, Change, ShareOf, mean_change, ratio_change, share_change
from pipeline.estimation.counts import Floats
from pipeline.estimation.members import Members
from pipeline.estimation.multiplicity import benjamini_hochberg
from pipeline.estimation.overlap import Answers, Overlap, covered
from pipeline.estimation.score_table import score_columns
from pipeline.estimation.share_table import WILSON
from pipeline.estimation.status import base_status, worse_of
from pipeline.estimation.trend_wording import trend_wording
from pipeline.study.breaks import MUCH, Breaks
from pipeline.study.model import Study
from pipeline.study.sampling import UNWEIGHTED

MEASURES = ("indicator", "finding", "tier", "score")
METHODS = {
    "indicator": "MOVER from the limits of both shares",
    "tier": "MOVER from the limits of both shares",
    "finding": "MOVER on the logarithms of both ratios",
    "score": "t, Welch-Satterthwaite",
}
OVERLAP = "; respondents in both waves by their covariance"


@dataclass(frozen=True)
class WaveFigures:
    """What is published of one wave. tables: name -> frame. read: the analysed of table `respondents`, some columns
    or all; they are read only where ids occur in two waves."""

    study: Study
    wave: str
    tables: Mapping[str, pd.DataFrame]
    analysed: int
    read: Callable[[list[str] | None], pd.DataFrame]

    @cached_property
    def respondents(self) -> pd.DataFrame:
        return self.read(None)

    @cached_property
    def members(self) -> Members:
        return Members(self.study, self.respondents)

    @cached_property
    def rows_by_id(self) -> pd.Series[Any]:
        """Place of each respondent that has an id of its own, by the id; ids that only number the rows tell nothing."""
        ids = self.read(["respondent_id"])["respondent_id"].astype(str)
        own = ~ids.str.fullmatch("row-[0-9]+") & ~ids.duplicated(keep=False)
        return pd.Series(np.flatnonzero(own), index=ids[own])

    @cached_property
    def numbered(self) -> bool:
        """Whether ids look like mere numbers of the responses, which begin anew in each wave."""
        ids = self.rows_by_id.index
        numbers = [int(name) for name in ids if re.fullmatch("[0-9]{1,9}", name)]
        return len(numbers) == len(ids) > 0 and max(numbers) <= 3 * len(ids)


def wave_pairs(waves: Sequence[str], baseline: str | None) -> list[tuple[str, str]]:
    """Each wave with the one before it, and with the baseline where that is an earlier one."""
    pairs = list(pairwise(waves))
    anchored = [(baseline, wave) for wave in waves if baseline in waves and baseline is not None and baseline < wave]
    return list(dict.fromkeys([*pairs, *anchored]))


def both_waves(study: Study, before: WaveFigures, after: WaveFigures) -> Overlap:
    """The respondents that are in both waves, by their ids, as far as these tell."""
    declared = study.columns.panel
    if declared is False or (declared is None and (before.numbered or after.numbered)):
        return Overlap(*(np.zeros(0, dtype=np.intp),) * 2)
    both = before.rows_by_id.index.intersection(after.rows_by_id.index)
    return Overlap(*(w.rows_by_id.loc[both].to_numpy(np.intp) for w in (before, after)))


def trend_rows(study: Study, before: WaveFigures, after: WaveFigures, apart: str = "") -> pd.DataFrame:
    """Rows of table `trends` of one pair of waves: a figure that both publish has one.

    Where it can't be compared the row says why and has no test and no wording. apart: why nothing can be compared.
    """
    parts = [rows for rows in _Pair(study, before, after, apart).rows() if len(rows)]
    if not parts:
        return pd.DataFrame()
    frame = pd.concat(parts, ignore_index=True)
    frame["ci_level"] = LEVEL
    frame["comparable"] = frame["reason"] == ""
    frame["p_value"] = frame["p_value"].where(frame["comparable"])
    family = frame["measure"] + " | " + frame["comparison"]
    family += np.where(frame["segment"] == "all", "", " | segments")
    frame["q_value"] = benjamini_hochberg(frame["p_value"], family)
    columns, resolver = list(frame.columns), study.resolver
    rows = (dict(zip(columns, row, strict=True)) for row in frame.itertuples(index=False, name=None))
    frame["wording"] = [trend_wording(study, resolver, row) for row in rows]
    return frame


@dataclass(frozen=True)
class _Pair:
    study: Study
    before: WaveFigures
    after: WaveFigures
    apart: str

    @cached_property
    def breaks(self) -> Breaks:
        return Breaks(self.study, self.before.wave, self.after.wave)

    @cached_property
    def overlap(self) -> Overlap:
        return both_waves(self.study, self.before, self.after)

    def rows(self) -> Iterator[pd.DataFrame]:
        yield self._shares("indicator", "shares", ["indicator", "segment", "level"])
        yield self._shares("tier", "tiers", ["tier"])
        yield self._scores()
        yield self._findings()

    def _both(self, table: str, key: list[str]) -> pd.DataFrame | None:
        before, after = (w.tables.get(table, pd.DataFrame()) for w in (self.before, self.after))
        if not len(before) or not len(after):
            return None
        return before.merge(after, on=key, suffixes=("_before", ""))

    # -- shares of indicators and tiers

    def _shares(self, measure: str, table: str, key: list[str]) -> pd.DataFrame:
        both = self._both(table, key)
        if both is None or not len(both):
            return pd.DataFrame()
        if measure == "tier":
            both = both.assign(segment="all", level="all").rename(columns={"tier": "name"})
        else:
            both = both.rename(columns={"indicator": "name"})
        both = both.reset_index(drop=True)
        overlap, covariance = self._share_overlaps(measure, both)
        change = share_change(_share_of(both, "_before"), _share_of(both, ""), covariance)
        if measure == "tier":
            reasons = ["; ".join(self.breaks.of_tier_share())] * len(both)
        else:
            known = {name: self.breaks.of_indicator(name) + self._base_change(name, both) for name in set(both["name"])}
            of_segment = {name: self.breaks.of_segment(name) for name in set(both["segment"])}
            reasons = [
                "; ".join(dict.fromkeys([*known[name], *of_segment[segment]]))
                for name, segment in zip(both["name"], both["segment"], strict=True)
            ]
        return self._frame(measure, both, "share", change, overlap, reasons)

    def _base_change(self, name: str, both: pd.DataFrame) -> list[str]:
        """Where many more, or far fewer, of those asked answered a question that everyone is asked."""
        indicator = self.study.indicators[name]
        refs = self.breaks.resolver.questions(indicator.when)
        if indicator.base not in ("answered", "substantive") or any(
            self.breaks.resolver.of(ref)[0].asked_if is not None for ref in refs
        ):
            return []
        row = both[(both["name"] == name) & (both["segment"] == "all")]
        if not len(row):
            return []
        shares = [float(row[column].iloc[0]) / max(w.analysed, 1)
                  for column, w in (("n_before", self.before), ("n", self.after))]  # fmt: skip
        if abs(shares[1] - shares[0]) <= MUCH:
            return []
        return [f"the base changed: {shares[0]:.0%} of the analysed in {self.before.wave}, {shares[1]:.0%} then"]

    def _share_overlaps(self, measure: str, both: pd.DataFrame) -> tuple[Floats, Floats]:
        """(respondents in both bases, covariance) of each row."""
        count, covariance = np.zeros(len(both)), np.zeros(len(both))
        names = sorted(set(both["name"]))
        answers = self._answers(measure, names) if len(self.overlap.before) else None
        if answers is None:
            return count, covariance
        first, second = (w.members.levels for w in (self.before, self.after))
        known = [key for key in first if key in second]
        got = covered(*answers, self.overlap, [(first[key], second[key]) for key in known])
        rows, at = _where(both, known, names)
        count[rows], covariance[rows] = got.count[at], got.covariance[at]
        return count, covariance

    def _values(self, w: WaveFigures, measure: str, names: Sequence[str]) -> Floats | None:
        """The figures' own values, (respondents, names); None where the wave's respondents do not tell."""
        r = w.respondents
        if measure == "tier":
            tier = r["tier"].fillna("without_tier").to_numpy(object)
            return (tier[:, None] == np.array(names, dtype=object)[None, :]).astype(float)
        if measure == "score":
            column = {dimension: name for name, dimension in score_columns(self.study.score).items()}
            names = [column[name] for name in names]
        return r[list(names)].to_numpy(float, na_value=np.nan) if set(names) <= set(r.columns) else None

    def _answers(self, measure: str, names: Sequence[str], weighted: bool = True) -> tuple[Answers, Answers] | None:
        found = []
        for w in (self.before, self.after):
            y = self._values(w, measure, names)
            if y is None:
                return None
            weight = w.respondents["weight"].to_numpy(float) if weighted else np.ones(len(y))
            found.append(Answers(y, weight))
        return found[0], found[1]

    # -- the score

    def _scores(self) -> pd.DataFrame:
        both = self._both("score_means", ["dimension", "segment", "level"])
        if both is None or not len(both):
            return pd.DataFrame()
        both = both.rename(columns={"dimension": "name"}).reset_index(drop=True)
        overlap, covariance = self._share_overlaps("score", both)
        (b, b_se, b_df), (a, a_se, a_df) = (
            [both[f"{name}{end}"].to_numpy(float) for name in ("mean", "se", "df")] for end in ("_before", "")
        )
        change = mean_change(b, b_se, b_df, a, a_se, a_df, covariance)
        of_score = {name: self.breaks.of_score(name) for name in set(both["name"])}
        of_segment = {name: self.breaks.of_segment(name) for name in set(both["segment"])}
        reasons = [
            "; ".join(dict.fromkeys([*of_score[name], *of_segment[segment]]))
            for name, segment in zip(both["name"], both["segment"], strict=True)
        ]
        status = base_status(both[["n_before", "n"]].min(axis=1), self.study.display)
        both = both.assign(status=status[0], status_before=status[0], status_reason=status[1],
                           status_reason_before=status[1])  # fmt: skip
        return self._frame("score", both, "mean", change, overlap, reasons)

    # -- ratios of findings

    def _findings(self) -> pd.DataFrame:
        both = self._both("findings", ["indicator", "comparison", "segment", "level"])
        if both is None or not len(both):
            return pd.DataFrame()
        both = both[both["comparison"].isin(list(self.study.comparisons))].reset_index(drop=True)
        both = both.rename(columns={"indicator": "name"})
        overlap, covariance = self._ratio_overlaps(both)
        (b, b_low, b_high, b_se), (a, a_low, a_high, a_se) = (
            [both[f"{name}{end}"].to_numpy(float) for name in ("ratio", "ratio_low", "ratio_high", "se_log_ratio")]
            for end in ("_before", "")
        )
        change = ratio_change(b, (b_low, b_high), b_se, a, (a_low, a_high), a_se, covariance)
        smaller = {f"n{end}": both[[f"n_a{end}", f"n_b{end}"]].min(axis=1) for end in ("", "_before")}
        of_indicator = {name: self.breaks.of_indicator(name) for name in set(both["name"])}
        of_segment = {name: self.breaks.of_segment(name) for name in set(both["segment"])}
        of_groups = {name: self.breaks.of_comparison(self.study.comparisons[name]) for name in set(both["comparison"])}
        reasons = [
            "; ".join(dict.fromkeys([*of_indicator[name], *of_segment[segment], *of_groups[comparison]]))
            for name, segment, comparison in zip(both["name"], both["segment"], both["comparison"], strict=True)
        ]
        return self._frame("finding", both.assign(**smaller), "ratio", change, overlap, reasons)

    def _ratio_overlaps(self, both: pd.DataFrame) -> tuple[Floats, Floats]:
        """As `_share_overlaps`, of log ratios: their covariance is that of the shares, each over its own share."""
        count, covariance = np.zeros(len(both)), np.zeros(len(both))
        if not len(self.overlap.before):
            return count, covariance
        names = sorted(set(both["name"]))
        first, second = (w.members for w in (self.before, self.after))
        known = [key for key in first.levels if key in second.levels]
        for name in set(both["comparison"]):
            answers = self._answers("indicator", names, self.study.comparisons[name].weight != UNWEIGHTED)
            if answers is None or name not in first.groups or name not in second.groups:
                continue
            groups = [(a, b, a | b) for a, b in (first.groups[name], second.groups[name])]
            own = np.flatnonzero(both["comparison"] == name)
            rows, at = _where(both.iloc[own], known, names)
            for i, j in ((0, 0), (0, 1), (1, 0), (1, 1), (2, 2)):
                sets = [(first.levels[key] & groups[0][i], second.levels[key] & groups[1][j]) for key in known]
                part = covered(*answers, self.overlap, sets)
                if i == 2:
                    count[own[rows]] = part.count[at]
                    continue
                each = part.before[at] * part.after[at]
                of_logs = np.divide(part.covariance[at], each, out=np.zeros(len(rows)), where=each > 0)
                covariance[own[rows]] += of_logs if i == j else -of_logs
        return count, covariance

    # -- rows

    def _frame(
        self, measure: str, both: pd.DataFrame, value: str, change: Change, overlap: Floats, reasons: list[str]
    ) -> pd.DataFrame:
        known = np.isfinite(change.change)
        reasons = [self.apart or why or ("" if ok else "there is no figure in one of the waves")
                   for why, ok in zip(reasons, known, strict=True)]  # fmt: skip
        status, reason = worse_of(
            *((both[f"status{end}"].to_numpy(object), both[f"status_reason{end}"].to_numpy(object))
              for end in ("_before", ""))
        )  # fmt: skip
        return pd.DataFrame({
            "measure": measure, "name": both["name"], "comparison": both.get("comparison", ""),
            "segment": both["segment"], "level": both["level"],
            "wave_before": self.before.wave, "wave": self.after.wave,
            "value_before": both[f"{value}_before"], "value": both[value],
            "n_before": both["n_before"].astype(int), "n": both["n"].astype(int), "overlap": overlap.astype(int),
            "change": np.where(known, change.change, np.nan), "change_low": change.low, "change_high": change.high,
            "se": change.se, "p_value": change.p, "reason": reasons,
            "method": [METHODS[measure] + (OVERLAP if n else "") for n in overlap],
            "status": status, "status_reason": reason,
        })  # fmt: skip


def _share_of(both: pd.DataFrame, end: str) -> ShareOf:
    x, n, p, n_eff, df = (both[f"{name}{end}"].to_numpy(float) for name in ("x", "n", "share", "n_eff", "df"))
    simple = (both[f"method{end}"] == WILSON).to_numpy(bool)
    return ShareOf(x, n, p, n_eff, np.where(simple, np.inf, df), simple)


def _where(
    rows: pd.DataFrame, levels: Sequence[tuple[str, str]], names: Sequence[str]
) -> tuple[NDArray[np.intp], tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Rows that lie in a known level, and the place of their level and their name."""
    level = pd.MultiIndex.from_tuples(levels).get_indexer(pd.MultiIndex.from_frame(rows[["segment", "level"]]))
    own = np.flatnonzero(level >= 0)
    return own, (level[own], pd.Index(names).get_indexer(pd.Index(rows["name"]))[own])
