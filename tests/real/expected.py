"""The printed figures of the real surveys, each as the row of a published table that has to show it.

The figures are read from `published.yaml` beside each export; this file only says under which names of the
study file they are found.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

DELIVERIES = {
    "ospo": {"2018": "ospo/2018.csv", "2020": "ospo/2020.csv"},
    "flying-etiquette": {"2014": "flying-etiquette/flying-etiquette.csv"},
}
WAVES = [(study, wave) for study, waves in DELIVERIES.items() for wave in waves]
REASON = "SURVEY_REAL_DATA is not set: the folder of real exports and their printed figures"
EVERYONE = ("all", "all")

# figure: indicator, segment, level
SHARES = {
    "2018-have-or-plan": ("has_or_plans_program", *EVERYONE),
    "2018-internal-use": ("frequently_internal", *EVERYONE),
    "2018-commercial-use": ("frequently_commercial", *EVERYONE),
    "2018-critical": ("critical", *EVERYONE),
    "2018-would-benefit": ("would_benefit", *EVERYONE),
    "2018-software-engineering": ("located_in_software_engineering", *EVERYONE),
    "create-own-planning": ("create_at_least_sometimes", "tier", "planning"),
    "influence-planning": ("influences_projects", "tier", "planning"),
    "2020-upstream": ("upstream_at_least_sometimes", "tier", "existing"),
    "2020-policy-large": ("policy_on_dependencies", "size", "over_1000"),
    "2020-policy-small": ("policy_on_dependencies", "size", "from_2_to_250"),
    "2020-funding-up": ("funding_to_increase", *EVERYONE),
    "2020-funding-down": ("funding_to_decrease", *EVERYONE),
    "2020-critical": ("critical", *EVERYONE),
    "fliers": ("ever_flown", *EVERYONE),
    "rude-to-recline": ("rude_to_recline", *EVERYONE),
}
# figure: segment, level; printed for each option of the question `program`
PROGRAM_CHART = {
    "2018-chart-all": EVERYONE,
    "2018-chart-tech-large": ("profile", "Technology, more than 10,000 employees"),
    "2018-chart-large": ("size", "huge"),
    "2018-chart-tech": ("industry", "technology"),
    "2018-chart-telecom": ("industry", "telecom"),
    "2018-chart-finance": ("industry", "finance"),
}
PROGRAM_OPTIONS = ("yes", "planning", "no")
# figure: indicator; printed for each tier
ACTIVITY_CHART = {
    f"2018-act-{activity}": f"frequently_{activity}"
    for activity in ("internal", "commercial", "upstream", "hire", "create", "attend", "train")
}
TIERS = ("none", "planning", "existing")
# figure: indicator of the finding, small companies against large ones
TWICE = {"2020-fees-twice": "names_lower_licensing_fees", "2020-support-twice": "names_lower_support_costs"}
# figure: option of the question `recline`
RECLINE = {
    "recline-always": "always",
    "recline-usually": "usually",
    "recline-half": "half_the_time",
    "recline-once": "once_in_a_while",
    "recline-never": "never",
}


@dataclass(frozen=True)
class Expected:
    """A row of a published table, by its key. counts: what the figure states of its columns; percent: of its share."""

    study: str
    figure: str
    table: str
    key: dict[str, str]
    counts: dict[str, int]
    percent: int | None = None

    @property
    def stated(self) -> dict[str, int]:
        return self.counts | ({} if self.percent is None else {"percent": self.percent})

    def measured(self, row: Mapping[str, int]) -> dict[str, int]:
        """The same of a row that was found or counted: x and n, or x_a, n_a, x_b and n_b."""
        of = "_a" if self.table == "findings" else ""
        shown = {"percent": rounded_percent(row[f"x{of}"], row[f"n{of}"])} if self.percent is not None else {}
        return {name: row[name] for name in self.counts} | shown


def rounded_percent(x: int, n: int) -> int:
    """A share in percent, halves rounded up as in print."""
    return (200 * x + n) // (2 * n)


def expected_rows(data: Path) -> Iterator[Expected]:
    """Every printed figure of each wave; KeyError for one that this file knows no row for."""
    for study, wave in WAVES:
        for figure in printed_figures(data, study):
            if wave in {str(w) for w in figure.get("waves", [figure.get("wave", wave)])}:
                yield from _rows(study, wave, figure)


def printed_figures(data: Path, study: str) -> list[dict[str, Any]]:
    """The entries of published.yaml."""
    text = (data / study / "published.yaml").read_text(encoding="utf-8")
    figures: list[dict[str, Any]] = yaml.safe_load(text)["figures"]
    return figures


def cases() -> list[Any]:
    """Parameters for a test of every row; one that skips where the data are not there."""
    data = os.environ.get("SURVEY_REAL_DATA")
    if not data:
        return [pytest.param(None, marks=pytest.mark.skip(reason=REASON))]
    return [pytest.param(e, id=" ".join((e.figure, e.table, *e.key.values()))) for e in expected_rows(Path(data))]


def _rows(study: str, wave: str, figure: dict[str, Any]) -> Iterator[Expected]:
    name = figure["id"]
    if name == "2018-large-twice":
        yield from _large_companies(study, wave, figure)
    elif name in TWICE:
        (x_a, n_a), (x_b, n_b) = figure["counts"]
        key = _key(wave, indicator=TWICE[name], comparison="small_or_large", place=EVERYONE)
        yield Expected(study, name, "findings", key, {"x_a": x_a, "n_a": n_a, "x_b": x_b, "n_b": n_b})
    elif name in PROGRAM_CHART:
        for option, percent in zip(PROGRAM_OPTIONS, figure["printed"], strict=True):
            key = _key(wave, question="program", option=option, place=PROGRAM_CHART[name])
            yield Expected(study, name, "toplines", key, {"n": figure["n"]}, percent)
    elif name in ACTIVITY_CHART:
        indicator = ACTIVITY_CHART[name]
        for tier, (x, n), percent in zip(TIERS, figure["counts"], figure["printed"], strict=True):
            key = _key(wave, indicator=indicator, place=("tier", tier))
            if "finding" not in figure:
                yield Expected(study, name, "shares", key, {"x": x, "n": n}, percent)
                continue
            # Counted with don't know kept, printed with it left out.
            yield Expected(study, name, "shares", key, {"x": x, "n": n})
            yield Expected(study, name, "shares", key | {"indicator": f"{indicator}_known"}, {"x": x}, percent)
    else:
        x, n, printed = _of_wave(figure, wave)
        percent = None if printed is None or "finding" in figure else int(str(printed).rstrip("%"))
        if name in RECLINE:
            key, table = _key(wave, question="recline", option=RECLINE[name], place=EVERYONE), "toplines"
        else:
            indicator, *place = SHARES[name]
            key, table = _key(wave, indicator=indicator, place=(place[0], place[1])), "shares"
        yield Expected(study, name, table, key, {"x": x, "n": n}, percent)


def _large_companies(study: str, wave: str, figure: dict[str, Any]) -> Iterator[Expected]:
    """Both sides, and the share of all companies that was printed for the smaller ones. Counts stand in its finding."""
    (x_a, n_a), (x, n), (x_b, n_b) = ((int(x), int(n)) for x, n in re.findall(r"(\d+)/(\d+)", figure["finding"]))
    p_a, p_all = (int(figure["printed"][side].rstrip("%")) for side in ("p_a", "p_b"))
    key = _key(wave, indicator="has_program", comparison="large", place=EVERYONE)
    yield Expected(study, figure["id"], "findings", key, {"x_a": x_a, "n_a": n_a, "x_b": x_b, "n_b": n_b}, p_a)
    for place, counts, percent in ((("size", "huge"), (x_a, n_a), p_a), (EVERYONE, (x, n), p_all)):
        key = _key(wave, indicator="has_program", place=place)
        yield Expected(study, figure["id"], "shares", key, dict(zip(("x", "n"), counts, strict=True)), percent)


def _key(wave: str, place: tuple[str, str], **names: str) -> dict[str, str]:
    return {"wave": wave, **names, "segment": place[0], "level": place[1]}


def _of_wave(figure: dict[str, Any], wave: str) -> tuple[int, int, Any]:
    """Count, base and printed value; where a figure spans waves, of the given one."""
    if "waves" not in figure:
        return figure["count"], figure["of"], figure.get("printed")
    at = [str(w) for w in figure["waves"]].index(wave)
    x, n = figure["counts"][at]
    return x, n, figure["printed"][at]
