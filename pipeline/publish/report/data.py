"""What the page's charts draw: figures by the place of their names in short lists, the same for every language."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import pandas as pd

from pipeline.publish.edition import Edition

ALL = ("all", "all")
SHARE_DIGITS, RATIO_DIGITS = 4, 5  # digits behind the point of a share; significant ones of a ratio
STEPS = {"forest": 33, "forest_narrow": 58, "robustness": 33, "robustness_narrow": 44, "tiers": 40, "dimensions": 34,
         "segment": 22}  # fmt: skip
"""Height of a row in pixels, of the charts whose height follows from their rows."""
STATUSES = ("show", "footnote", "review")


def chart_data(edition: Edition) -> dict[str, Any]:
    """Lists of names (indicators, comparisons, places, tiers, waves) and rows that point into them.

    Ratios: null is none or, as an upper limit, no limit; "inf" a ratio to a share of 0.
    """
    study, rows = edition.study, edition.rows
    places = _places(edition)
    indicators, comparisons = list(study.indicators), list(study.comparisons)
    tiers = list(study.tiers.order) if study.tiers else []
    waves = sorted({*edition.history["shares"]["wave"], edition.wave})
    number = {name: {key: i for i, key in enumerate(keys)} for name, keys in (
        ("indicator", indicators), ("comparison", comparisons), ("place", places), ("tier", tiers),
        ("wave", waves), ("status", STATUSES))}  # fmt: skip
    dimensions = ["all", *(study.score.dimensions if study.score else ())]
    return {
        "study": edition.name, "wave": edition.wave, "indicators": indicators, "comparisons": comparisons,
        "places": places, "tiers": tiers, "waves": waves, "dimensions": dimensions,
        "findings": [
            [number["comparison"][f.comparison], number["indicator"][f.indicator], number["place"][f.segment, f.level],
             *(_share(getattr(f, name)) for name in ("p_a", "p_a_low", "p_a_high", "p_b", "p_b_low", "p_b_high")),
             _ratio(f.ratio), _ratio(f.ratio_low), _limit(f.ratio_high), int(f.n_a), int(f.n_b),
             number["status"][f.status]]
            for f in each(rows["findings"]) if f.indicator in number["indicator"]
            and f.comparison in number["comparison"] and (f.segment, f.level) in number["place"]
        ],
        "shares": [
            [number["indicator"][s.indicator], number["place"][s.segment, s.level], _share(s.share),
             _share(s.share_low), _share(s.share_high), int(s.n), number["status"][s.status]]
            for s in each(rows["shares"])
            if s.indicator in number["indicator"] and (s.segment, s.level) in number["place"]
        ],
        "history": [
            [number["indicator"][s.indicator], number["wave"][s.wave], _share(s.share), _share(s.share_low),
             _share(s.share_high), int(s.n)]
            for s in each(edition.history["shares"]) if s.indicator in number["indicator"] and s.n > 0
        ],
        "breaks": [
            [number["indicator"][name], number["wave"][before], number["wave"][after]]
            for name, before, after in breaks(edition) if name in number["indicator"]
        ],
        "tier_rows": [
            [number["tier"][t.tier], _share(t.share), _share(t.share_low), _share(t.share_high), int(t.x), int(t.n),
             _round(t.mean_score, 1)]
            for t in each(rows["tiers"]) if t.tier in number["tier"]
        ],
        "bands": [
            [b.band_low, b.band_high, number["tier"].get(b.tier, -1), _share(b.share), int(b.n)]
            for b in each(rows["score_bands"])
        ],
        "cuts": sorted({float(cut) for cut in rows["tiers"]["cut"].dropna()}),
        "dimension_rows": [
            [dimensions.index(m.dimension), number["tier"][m.level], _round(m.mean, 1), _round(m.mean_low, 1),
             _round(m.mean_high, 1), int(m.n)]
            for m in each(rows["score_means"])
            if m.segment == "tier" and m.level in number["tier"] and m.dimension in dimensions
        ],
        "robustness": [
            [number["comparison"][r.comparison], number["indicator"][r.indicator], _ratio(r.ratio),
             _ratio(r.ratio_min), _ratio(r.ratio_max), int(r.specifications)]
            for r in each(rows["robustness"])
            if r.indicator in number["indicator"]
            and r.comparison in number["comparison"]
            and not pd.isna(r.ratio_min)
        ],
    }  # fmt: skip


def each(rows: pd.DataFrame | None) -> Iterable[Any]:
    """Rows as records with a field for each column; none of no table."""
    return () if rows is None else rows.itertuples()


def breaks(edition: Edition) -> Iterable[tuple[str, str, str]]:
    """(indicator, wave before, wave) between which no change may be claimed, among everyone."""
    found = edition.history["trends"]
    chosen = found[(found["measure"] == "indicator") & (found["segment"] == "all") & ~found["comparable"].astype(bool)]
    return ((t.name, t.wave_before, t.wave) for t in each(chosen))


def _places(edition: Edition) -> list[tuple[str, str]]:
    """(segment, level) in the order of the study file: everyone, tiers, each segment's levels."""
    study = edition.study
    found = [ALL, *(("tier", tier) for tier in (study.tiers.order if study.tiers else ()))]
    return found + [(s.name, level) for s in study.segment_columns for level in s.all_levels]


def _round(value: float | None, digits: int) -> float | None:
    return None if value is None or not math.isfinite(value) else round(float(value), digits)


def _share(value: float | None) -> float | None:
    return _round(value, SHARE_DIGITS)


def _ratio(value: float | None) -> float | str | None:
    if value is None or pd.isna(value):
        return None
    return "inf" if math.isinf(value) else float(f"{value:.{RATIO_DIGITS}g}")


def _limit(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(f"{value:.{RATIO_DIGITS}g}")
