"""What the page says in one language: sentences, and the tables that stand beside the charts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pandas as pd

from pipeline.publish.edition import Edition
from pipeline.publish.methodology.statement import draft_reasons
from pipeline.publish.report.data import breaks, each
from pipeline.publish.report.names import Names
from pipeline.publish.report.numbers import NONE, Numbers
from pipeline.publish.report.sentences import sentence
from pipeline.publish.report.words import Words, words_of

MOST_KEY = 12  # findings told in sentences
CLEAR = 0.05  # largest q value of a key finding


class Cell(NamedTuple):
    """A cell of a table: what is printed, what it is sorted by ("": the text), a note on it, and its colour."""

    text: str
    sort: float | str = ""
    note: str = ""
    badge: str = ""


@dataclass(frozen=True)
class Row:
    """A row of a table. id: finding_id or the like; heading: first cell; look: whether an editor has to look."""

    id: str
    heading: str
    cells: tuple[Cell, ...]
    look: bool = False
    subtitle: str = ""


@dataclass(frozen=True)
class Table:
    """A table of the page. columns: headings, the first of the row headings."""

    name: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    numeric: bool = True


@dataclass(frozen=True)
class KeyFinding:
    """A sentence with the two shares for its small picture, in percent, and both groups."""

    id: str
    sentence: str
    a: str
    b: str
    shares: tuple[tuple[float, float, float, str], tuple[float, float, float, str]]


@dataclass(frozen=True)
class Content:
    """The page in one language."""

    language: str
    words: Words
    title: str
    head: dict[str, str]
    key_intro: str
    key: tuple[KeyFinding, ...]
    tables: dict[str, Table]
    texts: dict[str, Any]


def content_of(edition: Edition, language: str) -> Content:
    """The page of an edition in a language."""
    return _Page(edition, language).content()


@dataclass(frozen=True)
class _Page:
    edition: Edition
    language: str

    @property
    def words(self) -> Words:
        return words_of(self.language)

    @property
    def names(self) -> Names:
        return Names(self.edition.study, self.language)

    @property
    def numbers(self) -> Numbers:
        return Numbers(self.language, *(self.words[word] for word in ("to", "no_upper", "above")))

    def rows(self, table: str) -> pd.DataFrame:
        return self.edition.rows[table]

    @property
    def level(self) -> str:
        """Of the intervals, as printed."""
        levels = self.rows("findings")["ci_level"]
        return self.numbers.percent(levels.iloc[0] if len(levels) else 0.95, 0)

    def content(self) -> Content:
        intro, key = self._key_findings()
        made = {table.name: table for table in (
            self._findings(), self._tiers(), self._dimensions(), self._changes(), self._claims(), self._robustness(),
            self._waterfall(), self._weights(), self._reliability(), self._methodology())}  # fmt: skip
        return Content(self.language, self.words, self.edition.study.title.get(self.language), self._head(), intro, key,
                       made, self._texts())  # fmt: skip

    def _head(self) -> dict[str, str]:
        """What stands at the top, by word."""
        study, numbers, words = self.edition.study, self.numbers, self.words
        wave = self.rows("waves").iloc[0]
        first, last = wave["fieldwork_first"], wave["fieldwork_last"]
        dates = "" if pd.isna(first) else numbers.day(first)
        if not pd.isna(last) and last != first:
            dates = f"{dates} – {numbers.day(last)}"
        found = {
            "n": numbers.count(wave["analysed"]),
            "analysed": words["analysed"],
            "delivered": words["delivered"].format(n=numbers.count(wave["delivered"])),
            "fieldwork": dates,
            "population": study.sample.population,
            "sample": words[f"sample_{study.sample.type}"],
            "weighted": words["weighted" if study.weights else "unweighted"],
        }
        return {name: str(text) for name, text in found.items()}

    def _texts(self) -> dict[str, Any]:
        """Sentences that name figures."""
        edition, words, numbers, names = self.edition, self.words, self.numbers, self.names
        study, left = edition.study, edition.left_out
        cuts = sorted({float(cut) for cut in self.rows("tiers")["cut"].dropna()})
        told = words["cuts_at"].format(cuts=", ".join(numbers.decimal(cut, 0 if cut == int(cut) else 1)
                                                      for cut in cuts)) if cuts else ""  # fmt: skip
        methods = sorted({*self.rows("findings")["method"], *self.rows("shares")["method"]})
        total = {why: sum(counts[why] for counts in left.values()) for why in ("privacy", "suppressed")}
        precision = words[f"precision_{study.sample.type}"]
        return {
            "level": self.level,
            "set_aside": words["set_aside"].format(waves=", ".join(edition.origin["set_aside"])),
            "draft": words["draft_why"].format(reasons="; ".join(
                draft_reasons(edition.statements[self.language], self.language))),
            "forest_intro": words["forest_intro"].format(level=self.level),
            "tiers_intro": words["tiers_intro"].format(cuts=told),
            "tiers_alt": words["tiers_alt"].format(summary="; ".join(
                f"{names.tier_short(t.tier)} {numbers.percent(t.share, 0)}" for t in each(self.rows("tiers")))),
            "segments_intro": words["segments_intro"].format(level=self.level),
            "precision": precision.format(population=study.sample.population, level=self.level),
            "tests": words["tests"].format(methods=", ".join(methods) or NONE),
            "display": words["display"].format(suppress=study.display.suppress_below,
                                               footnote=study.display.footnote_below),
            "left_out": words["left_out"].format(left=", ".join(
                f"{numbers.count(n)} ({words[why]})" for why, n in total.items() if n)) if any(total.values()) else "",
            "breaks": self._breaks(),
            "readings": [f"{name.replace('_', ' ')}: {text}" for name, text in study.claim_set.readings.items()],
        }  # fmt: skip

    def _first_comparison(self) -> str:
        """The one that key findings are told of: the first declared that has findings."""
        found = set(self.rows("findings")["comparison"])
        return next((name for name in self.edition.study.comparisons if name in found), "")

    def _key_findings(self) -> tuple[str, tuple[KeyFinding, ...]]:
        findings = self.rows("findings")
        first = self._first_comparison()
        if not first:
            return str(self.words["no_findings"]), ()
        clear = findings[
            (findings["comparison"] == first) & (findings["segment"] == "all") & (findings["q_value"] < CLEAR)
            & ~findings["ratio_low"].isna() & ~((findings["ratio_low"] <= 1) & (findings["ratio_high"] >= 1))
            & ~findings["in_score"].astype(bool) & (findings["status"] != "review")
        ]  # fmt: skip
        aside = f" {self.words['score_aside']}" if findings["in_score"].any() else ""
        size = clear["ratio"].astype(float).map(lambda r: math.inf if r <= 0 else abs(math.log(r)))
        largest = clear.loc[size.sort_values(ascending=False, kind="stable").index][:MOST_KEY]
        if not len(largest):
            return self.words["key_none"].format(comparison=self.names.comparison(first)) + aside, ()
        a, b = self.names.groups(first)
        intro = self.words["key_intro"].format(
            a=a, b=b, shown=self.numbers.count(len(largest)), all=self.numbers.count(len(clear))
        )
        opt_in = self.edition.study.sample.type == "opt_in"
        return intro + aside, tuple(
            KeyFinding(
                f.finding_id, sentence(f, self.names, self.numbers, opt_in), a, b,
                tuple((100 * p, 100 * low, 100 * high, self.numbers.percent(p, 0)) for p, low, high in
                      ((f.p_a, f.p_a_low, f.p_a_high), (f.p_b, f.p_b_low, f.p_b_high))),  # type: ignore[arg-type]
            )
            for f in each(largest)
        )  # fmt: skip

    def _findings(self) -> Table:
        """Findings among everyone, of every comparison."""
        words, numbers, names = self.words, self.numbers, self.names
        found = self.rows("findings")
        rows = []
        for f in each(found[found["segment"] == "all"]):
            note = " ".join(filter(None, [self._status(f.status, f.status_reason), f"({words['in_score']})"
                                          if f.in_score else ""]))  # fmt: skip
            rows.append(Row(f.finding_id, names.indicator(f.indicator), (
                Cell(names.comparison(f.comparison)),
                Cell(numbers.percent(f.p_a), f.p_a, numbers.limits(numbers.percent(f.p_a_low), numbers.percent(
                    f.p_a_high))),
                Cell(numbers.percent(f.p_b), f.p_b, numbers.limits(numbers.percent(f.p_b_low), numbers.percent(
                    f.p_b_high))),
                Cell(f"{numbers.count(f.n_a)} / {numbers.count(f.n_b)}", int(f.n_a)),
                Cell(numbers.ratio(f.ratio), _number(f.ratio), self._limits(f.ratio_low, f.ratio_high)),
                Cell(numbers.signed_points(f.difference), _number(f.difference)),
                Cell(self._q(f.q_value), _number(f.q_value)),
                Cell(note),
            )))  # fmt: skip
        columns = ("indicator", "comparison", "a", "b", "bases", "ratio", "difference", "q_value", "status")
        headings = {"a": f"{words['shares']} 1", "b": f"{words['shares']} 2"}
        return Table("findings", words["show_more"], tuple(headings.get(c) or words[c] for c in columns), tuple(rows))

    def _limits(self, low: float, high: float) -> str:
        return self.numbers.limits(self.numbers.ratio(low), self.numbers.ratio(high))

    def _q(self, q: float | None) -> str:
        return NONE if q is None or pd.isna(q) else f"<{self.numbers.decimal(0.001, 3)}" if q < 0.001 else (
            self.numbers.decimal(q, 3))  # fmt: skip

    def _status(self, status: str, reason: str) -> str:
        if status == "show":
            return ""
        return f"{self.words[f'status_{status}']}: {reason}" if reason else str(self.words[f"status_{status}"])

    def _tiers(self) -> Table:
        words, numbers, names = self.words, self.numbers, self.names
        rows = [
            Row(f"tier-{t.tier}", names.tier(t.tier), (
                Cell(numbers.percent(t.share), _number(t.share), numbers.limits(
                    numbers.percent(t.share_low), numbers.percent(t.share_high))),
                Cell(f"{numbers.count(t.x)} / {numbers.count(t.n)}", int(t.x)),
                Cell(numbers.decimal(t.mean_score, 1), _number(t.mean_score)),
            ))
            for t in each(self.rows("tiers").sort_values("position"))
        ]  # fmt: skip
        return Table("tiers", words["tiers"], tuple(words[c] for c in ("tier", "share_axis", "base", "mean_score")),
                     tuple(rows))  # fmt: skip

    def _dimensions(self) -> Table:
        words, numbers, names = self.words, self.numbers, self.names
        means = self.rows("score_means")
        tiers = [tier for tier in (self.edition.study.tiers.order if self.edition.study.tiers else ())
                 if len(means[(means["segment"] == "tier") & (means["level"] == tier)])]  # fmt: skip
        at = {(m.dimension, m.level): m for m in each(means[means["segment"] == "tier"])}
        rows = []
        for name in dict.fromkeys(means["dimension"]):
            cells = []
            for tier in tiers:
                m = at.get((name, tier))
                cells.append(Cell(NONE) if m is None else Cell(
                    numbers.decimal(m.mean, 1), _number(m.mean),
                    numbers.limits(numbers.decimal(m.mean_low, 1), numbers.decimal(m.mean_high, 1))))  # fmt: skip
            rows.append(Row(f"dimension-{name}", names.dimension(name), tuple(cells)))
        return Table("dimensions", words["dimensions"], (words["dimension"], *map(names.tier_short, tiers)),
                     tuple(rows))  # fmt: skip

    def _changes(self) -> Table:
        """Clear changes of indicators among everyone since earlier waves, and pairs that can't be compared."""
        words, numbers, names = self.words, self.numbers, self.names
        found = self.rows("trends")
        chosen = found[(found["measure"] == "indicator") & (found["segment"] == "all")]
        rows = []
        for t in each(chosen):
            if t.comparable and (pd.isna(t.change_low) or t.change_low <= 0 <= t.change_high):
                continue
            change = (Cell(numbers.signed_points(t.change), _number(t.change), numbers.limits(
                numbers.signed_points(t.change_low), numbers.signed_points(t.change_high)))
                if t.comparable else Cell(words["not_comparable"], "", t.reason))  # fmt: skip
            rows.append(Row(f"{t.name}/{t.wave_before}-{t.wave}", names.indicator(t.name), (
                Cell(t.wave_before, t.wave_before),
                Cell(numbers.percent(t.value_before), _number(t.value_before)),
                Cell(numbers.percent(t.value), _number(t.value)),
                change,
                Cell(f"{numbers.count(t.n_before)} / {numbers.count(t.n)}", int(t.n) if not pd.isna(t.n) else ""),
                Cell(self._q(t.q_value), _number(t.q_value)),
            )))  # fmt: skip
        columns = (words["indicator"], words["since"], words["before"], words["after"], words["change"],
                   words["bases"], words["q_value"])  # fmt: skip
        return Table("changes", words["changes"], columns, tuple(rows))

    def _breaks(self) -> list[str]:
        """Why waves can't be compared, each reason once with whom it is about."""
        found = self.edition.history["trends"]
        broken: dict[tuple[str, str, str], list[str]] = {}
        known = set(breaks(self.edition))
        for t in each(found[(found["measure"] == "indicator") & (found["segment"] == "all")]):
            if (t.name, t.wave_before, t.wave) in known:
                broken.setdefault((t.wave_before, t.wave, t.reason), []).append(self.names.indicator(t.name))
        return [f"{before} – {wave}: {reason} ({'; '.join(who)})" for (before, wave, reason), who in broken.items()]

    def _claims(self) -> Table:
        words = self.words
        rows = []
        for c in each(self.rows("claims")):
            soft = f"{c.soft}: {words['reading']} – {c.reading}" if _text(c.reading) else ""
            figure = words["reproductions"].get(c.reproduction, c.reproduction)
            why = [_text(c.reason), _text(c.explanation), _text(c.coherence)]
            rows.append(Row(c.claim, c.says, (
                Cell(self._claimed(_text(c.claimed)), "", soft),
                Cell(self._figure(c, c.observed), _number(c.observed), self._claim_limits(c)),
                Cell(words["verdicts"].get(c.verdict, c.verdict), "", "; ".join(filter(None, why)),
                     c.verdict.replace(" ", "-")),
                Cell(f"{figure}{f' ({c.kinds})' if _text(c.kinds) else ''}"),
                Cell(_text(c.wording)),
            ), look=bool(c.problem)))  # fmt: skip
        columns = tuple(words[c] for c in ("says", "claimed", "observed", "verdict", "figure", "instead"))
        return Table("claims", words["claims"], columns, tuple(rows), numeric=False)

    def _claimed(self, text: str) -> str:
        for english, own in self.words["claimed_words"].items():
            text = f" {text} ".replace(f" {english} ", f" {own} ").strip()
        return text

    def _figure(self, claim: Any, value: float | None) -> str:
        """A figure in the unit of its statistic."""
        if claim.statistic in ("share", "difference", "paired", "change"):
            return self.numbers.percent(value)
        if claim.statistic in ("count", "rank"):
            return self.numbers.count(value)
        return self.numbers.ratio(value)

    def _claim_limits(self, claim: Any) -> str:
        if claim.statistic in ("count", "rank") or pd.isna(claim.low):
            return ""
        return self.numbers.limits(self._figure(claim, claim.low), self._figure(claim, claim.high))

    def _robustness(self) -> Table:
        words, numbers, names = self.words, self.numbers, self.names
        first = self._first_comparison()
        found = self.rows("robustness")
        rows = [
            Row(f"robust/{r.finding_id}", names.indicator(r.indicator), (
                Cell(numbers.ratio(r.ratio), _number(r.ratio)),
                Cell(numbers.ratio(r.ratio_min), _number(r.ratio_min), _text(r.specification_min)),
                Cell(numbers.ratio(r.ratio_max), _number(r.ratio_max), _text(r.specification_max)),
                Cell(numbers.count(r.specifications), int(r.specifications)),
            ))
            for r in each(found[(found["comparison"] == first) & found["ratio_min"].notna()])
        ]  # fmt: skip
        columns = tuple(words[c] for c in ("indicator", "ratio", "smallest", "largest", "tried"))
        return Table("robustness", words["robustness"], columns, tuple(rows))

    def _waterfall(self) -> Table:
        words, numbers = self.words, self.numbers
        rows = [
            Row(f"rule-{d.position}", words.get(f"rule_{d.disposition}", d.disposition.replace("_", " ")), (
                Cell(numbers.count(d.flagged), _number(d.flagged)),
                Cell(numbers.count(d.taken_out), int(d.taken_out)),
                Cell(numbers.count(d.remaining), int(d.remaining)),
            ))
            for d in each(self.rows("dispositions").sort_values("position"))
        ]  # fmt: skip
        columns = tuple(words[c] for c in ("rule", "flagged", "taken_out", "remaining"))
        return Table("waterfall", words["waterfall"], columns, tuple(rows))

    def _weights(self) -> Table:
        words, numbers, names = self.words, self.numbers, self.names
        rows = []
        for w in each(self.rows("weighting")):
            of_all = w.margin == "all"
            deff = f"{words['design_effect']}: {numbers.decimal(w.deff_kish, 2)}" if of_all else ""
            rows.append(Row(f"weight/{w.weight}/{w.margin}/{w.category}", str(w.weight), (
                Cell("" if of_all else w.margin.replace("_", " ")),
                Cell(words["all"] if of_all else names.option(w.margin, w.category), "", deff),
                Cell(numbers.count(w.n), int(w.n)),
                Cell(numbers.percent(w.target), _number(w.target)),
                Cell(numbers.percent(w.share_before), _number(w.share_before)),
                Cell(numbers.percent(w.share_after), _number(w.share_after)),
            )))  # fmt: skip
        columns = tuple(words[c] for c in ("weight", "margin", "category", "base", "target", "before", "after"))
        return Table("weights", words["weights"], columns, tuple(rows))

    def _reliability(self) -> Table:
        words, numbers, names = self.words, self.numbers, self.names
        found = self.rows("reliability")
        rows = [
            Row(f"reliability-{r.dimension}", names.dimension(r.dimension), (
                Cell(numbers.count(r.items), int(r.items)),
                Cell(numbers.decimal(r.alpha, 2), _number(r.alpha), numbers.limits(
                    numbers.decimal(r.alpha_low, 2), numbers.decimal(r.alpha_high, 2))),
                Cell(numbers.count(r.n), int(r.n)),
            ))
            for r in each(found[found["item"] == ""])
        ]  # fmt: skip
        columns = tuple(words[c] for c in ("dimension", "items", "alpha", "base"))
        return Table("reliability", words["reliability"], columns, tuple(rows))

    def _methodology(self) -> Table:
        words = self.words
        rows = tuple(self._elements())
        return Table("methodology", words["methodology"], (words["element"], words["told"]), rows, numeric=False)

    def _elements(self) -> Iterator[Row]:
        """Every element that is told, and the required ones that are not."""
        for m in self.edition.statements[self.language]:
            if m["value"] or m["required"]:
                yield Row(f"methodology-{m['element']}", m["title"], (Cell(m["value"] or self.words["missing"]),),
                          look=not m["value"])  # fmt: skip


def _number(value: Any) -> float | str:
    """What a column is sorted by; endless last, none first."""
    return "" if value is None or pd.isna(value) else round(float(value), 6) if math.isfinite(value) else 1e300


def _text(value: Any) -> str:
    return "" if value is None or pd.isna(value) else str(value)


def labels_of(edition: Edition, language: str, places: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Names that the charts of the page show, in the order of the lists in its data."""
    study, names = edition.study, Names(edition.study, language)
    words = words_of(language)
    levels = edition.rows["findings"]["ci_level"]
    level = Numbers(language, "", "", "").percent(levels.iloc[0] if len(levels) else 0.95, 0)
    return {
        "interval": words["interval"].format(level=level),
        "indicators": [names.indicator(name) for name in study.indicators],
        "comparisons": [[names.comparison(name), *names.groups(name)] for name in study.comparisons],
        "places": [names.place(*place) for place in places],
        "levels": [names.level(*place) for place in places],
        "segments": {segment: names.segment(segment) for segment, _ in places},
        "tiers": [names.tier_short(tier) for tier in (study.tiers.order if study.tiers else ())],
        "dimensions": [names.dimension(d) for d in ("all", *(study.score.dimensions if study.score else ()))],
        "words": {key: words[key] for key in (
            "no_upper", "above", "to", "n", "segments_alt", "trends_alt", "forest_alt", "against",
            "indicator", "shares", "ratio", "finding", "smallest", "largest", "tried", "tier", "share_axis", "base",
            "mean_score", "scores_axis", "dimension", "mean", "bases")},
    }  # fmt: skip
