"""One plain sentence for a change between two waves, never saying more than its interval."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pipeline.estimation.wording import DEFINES, SYNTHETIC, printed_ratio, printed_shares
from pipeline.study.columns import Resolver
from pipeline.study.labels import level_label, tier_label
from pipeline.study.model import Study


def trend_wording(study: Study, resolver: Resolver, row: Mapping[str, Any]) -> str:
    """ "From 2018 to 2020 the share of respondents who do it rose from 35% to 42% (by 7 points, 95% CI 1 to 13,
    n = 115 and 169)". row: of table `trends`. Empty where no change may be claimed or shown."""
    if not row["comparable"] or row["status"] == "suppress" or math.isnan(row["change_low"]):
        return ""
    interval = f"{'model-based ' if study.sample.type == 'opt_in' else ''}{100 * row['ci_level']:g}% CI"
    bases = f"n = {row['n_before']:,} and {row['n']:,}"
    even = 1.0 if row["measure"] == "finding" else 0.0
    clear = not row["change_low"] <= even <= row["change_high"]
    verb = "did not clearly change" if not clear else "rose" if row["change"] > even else "fell"
    among = _among(study, resolver, row)
    if row["measure"] == "finding":
        comparison = study.comparisons[row["comparison"]]
        label = comparison.label.get() if comparison.label else row["comparison"].replace("_", " ")
        subject = f"the ratio of {label} to {_does(study, row['name'])}{among}"
        values = _values(row, clear)
        ratio, low, high = printed_ratio(row["change"], row["change_low"], row["change_high"])
        by = f"{ratio} times, {interval} {f'{low} to {high}' if high else f'{low} and above'}"
    elif row["measure"] == "score":
        subject = f"the mean {'score' if row['name'] == 'all' else 'of ' + row['name'].replace('_', ' ')}{among}"
        values = _values(row, clear)
        by = f"{_signed(row, 1, 1)[0]} points, {interval} {' to '.join(_signed(row, 1, 1)[1:])}"
    else:
        does = _does(study, row["name"]) if row["measure"] == "indicator" else ""
        who = f"{_whom(study, resolver, row)} who {does}" if does else _tier(study, row["name"])
        subject = f"the share of {who}"
        values = "from {} to {}".format(*printed_shares(row["value_before"], row["value"], apart=clear))
        change, *limits = _signed(row, 100, 0)
        by = f"{change} percentage points, {interval} {' to '.join(limits)}"
    if not clear:
        values = f"({values.removeprefix('from ').replace(' to ', ' and ')})"
    low_base = ", low base" if min(row["n_before"], row["n"]) < study.display.footnote_below else ""
    text = f"Between {row['wave_before']} and {row['wave']} {subject} {verb} {values} ({by}, {bases}{low_base})."
    notes = (DEFINES,) * (DEFINES in row["status_reason"]) + (SYNTHETIC,) * study.synthetic
    return " ".join([text, *(f"[{note}]" for note in notes)])


def _values(row: Mapping[str, Any], clear: bool) -> str:
    """Both values; where they clearly differ, with digits enough that they do not seem equal."""
    numbers, digits = [row[name] for name in ("value_before", "value")], 1
    while clear and digits < 6 and len({f"{number:.{digits}f}" for number in numbers}) == 1:
        digits += 1
    before, after = (f"{number:.{digits}f}" for number in numbers)
    return f"from {before} to {after}"


def _signed(row: Mapping[str, Any], times: int, digits: int) -> list[str]:
    """Change and limits with their signs, with digits enough that none seems 0 which is not."""
    numbers = [times * row[name] for name in ("change", "change_low", "change_high")]
    while digits < 6 and any(number and not float(f"{number:.{digits}f}") for number in numbers):
        digits += 1
    return [f"{number:+.{digits}f}" if number else "0" for number in numbers]


def _does(study: Study, indicator: str) -> str:
    label = study.indicators[indicator].label
    return label.get() if label else indicator.replace("_", " ")


def _tier(study: Study, tier: str) -> str:
    return tier_label(study.tiers, tier) if study.tiers and tier in study.tiers.order else "respondents without a tier"


def _whom(study: Study, resolver: Resolver, row: Mapping[str, Any]) -> str:
    if row["segment"] == "all":
        return "respondents"
    if row["segment"] == "tier":
        return _tier(study, row["level"])
    return f"respondents with {_level(study, resolver, row)}"


def _among(study: Study, resolver: Resolver, row: Mapping[str, Any]) -> str:
    if row["segment"] == "all":
        return ""
    tier = row["segment"] == "tier"
    return f" among {_tier(study, row['level']) if tier else 'respondents with ' + _level(study, resolver, row)}"


def _level(study: Study, resolver: Resolver, row: Mapping[str, Any]) -> str:
    segment = study.segments[row["segment"]]
    name = segment.label.get() if segment.label else row["segment"].replace("_", " ")
    return f"{name} {level_label(study.segments, resolver, row['segment'], row['level'])}"
