"""A tiny version of each benchmark, so that they cannot rot. Nothing here looks at a time."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import peers
from benchmarks.compare import assert_alike, compare
from benchmarks.data import frame_of, make_data
from benchmarks.limits import growth, limits, memory
from benchmarks.lines import machine
from benchmarks.ours import Ratios, cells_of
from pipeline import cli
from pipeline.errors import SurveyError


def test_every_peer_finds_the_same_or_is_skipped_by_name(tmp_path: Path):
    lines = list(compare(tmp_path, [2_162], runs=1, indicators=2))
    assert [line.against for line in lines] == [peer.name for peer in peers.PEERS]
    for line, peer in zip(lines, peers.PEERS, strict=True):
        assert (line.ratio is not None) == peer.installed
    assert peers.PEERS[-1].installed  # statsmodels is a dependency


def test_a_peer_that_is_not_installed_is_skipped_by_name(tmp_path: Path):
    absent = peers.Peer("Nobody's package", ("nobodys_package",), "", peers.pandas_loop)
    (line,) = compare(tmp_path, [2_162], runs=1, peers=[absent], indicators=1)
    assert (line.against, line.ratio, line.note) == ("Nobody's package", None, "skipped: not installed")


@pytest.mark.parametrize("wrong", ["log_ratio", "se"])
def test_a_comparison_of_other_results_is_refused(wrong: str):
    ours = Ratios(np.array([0.5, -0.2]), np.array([0.1, 0.2]))
    theirs = Ratios(ours.log_ratio.copy(), ours.se.copy())
    assert_alike("same", ours, theirs)
    getattr(theirs, wrong)[1] += 1e-7
    with pytest.raises(AssertionError, match=f"other: {wrong}"):
        assert_alike("other", ours, theirs)


@pytest.mark.parametrize("units", [True, False])
def test_cells_that_are_timed_hold_everyone(tmp_path: Path, units: bool):
    data = make_data(tmp_path, 3_000, 2, missing=5)
    frame, cells = frame_of(data), cells_of(data, units).to_pandas()
    assert frame["psu"].nunique() == 2_000
    assert frame["y0"].isna().any()
    assert cells["n"].sum() == 3_000
    assert cells["y0__n_base"].sum() == frame["y0"].notna().sum()
    for name in data.indicators:
        yes = frame[frame[name] == 1]
        assert cells[f"{name}__n_yes"].sum() == len(yes)
        assert cells[f"{name}__w_yes"].sum() == pytest.approx(yes["weight"].sum(), rel=1e-12)
        if not units:
            assert cells[f"{name}__ww_yes"].sum() == pytest.approx((yes["weight"] ** 2).sum(), rel=1e-12)


def test_limits_growth_and_memory(tmp_path: Path):
    lines = [*limits(tmp_path, 2_000, 1, 10), *growth(tmp_path, 2_000, 1, 10), *memory(tmp_path, 2_000, 2)]
    assert len(lines) == 6 + 2 + 1
    assert {line.respondents for line in lines} == {2_000}


def test_the_command_prints_lines(capsys: pytest.CaptureFixture[str]):
    done = CliRunner().invoke(cli.app, ["bench", "--respondents", "1000", "--only", "limits", "--runs", "1", "--json"])
    rows = json.loads(done.stdout)
    assert [row["against"] for row in rows[:2]] == ["bare sums, ungrouped", "bare sums, grouped by tier"]
    assert "cores" in machine()


def test_the_command_needs_a_clone_and_a_known_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(SurveyError, match="limits"):
        CliRunner().invoke(cli.app, ["bench", "--only", "limit"], catch_exceptions=False)
    monkeypatch.setattr(cli, "PROJECT", tmp_path)
    with pytest.raises(SurveyError, match="clone"):
        CliRunner().invoke(cli.app, ["bench"], catch_exceptions=False)
