"""The printed figures follow from the exports under the definitions that the study files are to hold."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from tests.real.expected import DELIVERIES, TIERS, Expected, cases, expected_rows, printed_figures
from tests.real.recount import DEFINITIONS, Definitions


@cache
def definitions(study: str, wave: str, data: Path) -> Definitions:
    return DEFINITIONS[study](data / DELIVERIES[study][wave])


@pytest.mark.parametrize("expected", cases())
def test_export_yields_the_printed_figure(expected: Expected, real_data: Path):
    counted = definitions(expected.study, expected.key["wave"], real_data).count(expected.key)
    assert expected.measured(counted) == expected.stated


def test_every_printed_figure_is_expected_somewhere(real_data: Path):
    expected = {(e.study, e.figure) for e in expected_rows(real_data)}
    assert expected == {(study, f["id"]) for study in DELIVERIES for f in printed_figures(real_data, study)}


def test_upstream_follows_from_another_base_than_the_rest_of_its_chart(real_data: Path):
    """6.1 / 5.1 / 43.1 with don't know kept, 6.5 / 5.4 / 44.2 with it left out (published.yaml)."""
    ospo = definitions("ospo", "2018", real_data)
    for indicator, shares in {
        "frequently_upstream": [6.1, 5.1, 43.1],
        "frequently_upstream_known": [6.5, 5.4, 44.2],
    }.items():
        counts = [ospo.count({"indicator": indicator, "segment": "tier", "level": tier}) for tier in TIERS]
        assert [round(100 * c["x"] / c["n"], 1) for c in counts] == shares
