"""What people use today, on the same respondents, for the same log ratios and standard errors.

Each peer gets the respondents loaded as it likes them and is timed from there to its results.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.data import LESS, MATURE
from benchmarks.ours import Ratios

R_SCRIPT = Path(__file__).with_name("peer.R")


@dataclass(frozen=True)
class Peer:
    """name: as printed. needs: modules, or `R`, without which it is skipped. how: what it was asked to do.

    one_by_one: whether it goes through the indicators in a loop, so that its time is linear in them.
    run: (respondents as `frame_of`, indicators) -> (seconds, results).
    """

    name: str
    needs: tuple[str, ...]
    how: str
    run: Callable[[pd.DataFrame, Sequence[str]], tuple[float, Ratios]]
    one_by_one: bool = True

    @property
    def installed(self) -> bool:
        return all(_has_r() if need == "R" else importlib.util.find_spec(need) is not None for need in self.needs)


@lru_cache(maxsize=1)
def _has_r() -> bool:
    if shutil.which("Rscript") is None:
        return False
    asked = subprocess.run(["Rscript", "-e", "library(survey)"], capture_output=True, check=False)
    return asked.returncode == 0


def _combined(p: Any, covariance: Any) -> tuple[float, float]:
    """Log ratio of two shares, mature first, and its standard error by the delta method."""
    p, covariance = np.asarray(p, float), np.asarray(covariance, float)
    slope = np.array([1 / p[0], -1 / p[1]])
    return float(np.log(p[0] / p[1])), float(np.sqrt(slope @ covariance @ slope))


def _ratios(found: Sequence[tuple[float, float]]) -> Ratios:
    both = np.array(found)
    return Ratios(both[:, 0], both[:, 1])


def pandas_loop(frame: pd.DataFrame, names: Sequence[str]) -> tuple[float, Ratios]:
    from statsmodels.stats.weightstats import DescrStatsW

    start = time.perf_counter()
    found = []
    for name in names:
        shares, z = [], np.zeros(len(frame))
        for group, sign in ((MATURE, 1), (LESS, -1)):
            member = (frame["grp"] == group).to_numpy()
            y, weight = frame[name].to_numpy()[member], frame["weight"].to_numpy()[member]
            share = DescrStatsW(y, weight).mean
            shares.append(share)
            z[member] = sign * weight * (y - share) / (weight.sum() * share)
        totals = frame.assign(z=z).groupby(["stratum", "psu"], as_index=False)["z"].sum()
        strata = totals.groupby("stratum")["z"]
        variance = (strata.count() * strata.var()).sum()
        found.append((float(np.log(shares[0] / shares[1])), float(np.sqrt(variance))))
    return time.perf_counter() - start, _ratios(found)


def svy(frame: pd.DataFrame, names: Sequence[str]) -> tuple[float, Ratios]:
    import polars
    import svy as library

    loaded = polars.DataFrame({name: frame[name].to_numpy() for name in ("stratum", "psu", "weight", "grp", *names)})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.perf_counter()
        sample = library.Sample(loaded, library.Design(stratum="stratum", psu="psu", wgt="weight"))
        found = []
        for estimate in sample.estimation.mean(list(names), by="grp"):
            rows = estimate.to_dicts()
            order = [[row["by_level"][0] for row in rows].index(group) for group in (MATURE, LESS)]
            covariance = np.asarray(estimate.covariance)[np.ix_(order, order)]
            found.append(_combined([rows[i]["est"] for i in order], covariance))
        return time.perf_counter() - start, _ratios(found)


def samplics(frame: pd.DataFrame, names: Sequence[str]) -> tuple[float, Ratios]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is archived
        from samplics import PopParam, TaylorEstimator
    weight, group = frame["weight"].to_numpy(), frame["grp"].to_numpy(object)
    design = {"stratum": frame["stratum"].to_numpy(object), "psu": frame["psu"].to_numpy()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.perf_counter()
        found = []
        sizes = {name: weight[group == name].sum() for name in (MATURE, LESS)}
        for name in names:
            y = frame[name].to_numpy()
            means = TaylorEstimator(PopParam.mean)
            means.estimate(y=y, samp_weight=weight, domain=group, **design)
            p = {str(key): value for key, value in means.point_est.items()}
            mature = group == MATURE
            # It has no covariance of domains: the error is that of the total of the linearised log ratio.
            z = np.where(mature, y / p[MATURE] - 1, 1 - y / p[LESS]) / np.where(mature, sizes[MATURE], sizes[LESS])
            total = TaylorEstimator(PopParam.total)
            total.estimate(y=z, samp_weight=weight, **design)
            found.append((float(np.log(p[MATURE] / p[LESS])), float(total.stderror)))
        return time.perf_counter() - start, _ratios(found)


def r_survey(frame: pd.DataFrame, names: Sequence[str]) -> tuple[float, Ratios]:
    import pyarrow as pa
    from pyarrow import csv

    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "respondents.csv", Path(folder) / "ratios.csv"
        columns = ["stratum", "psu", "weight", "grp", *names]
        csv.write_csv(pa.Table.from_pandas(frame[columns], preserve_index=False), source)
        subprocess.run(["Rscript", str(R_SCRIPT), str(source), str(target)], check=True, capture_output=True)
        found = pd.read_csv(target)
    return float(found["seconds"].iloc[0]), Ratios(found["log_ratio"].to_numpy(), found["se"].to_numpy())


PEERS = (
    Peer("R survey", ("R",), "svyby(svymean, covmat = TRUE), svycontrast", r_survey),
    Peer("svy", ("svy", "polars"), "mean(all indicators, by group), covariance", svy, one_by_one=False),
    Peer("samplics", ("samplics",), "means by domain, total of the linearised log ratio", samplics),
    Peer("pandas + statsmodels", ("statsmodels",), "DescrStatsW, groupby of units", pandas_loop),
)
