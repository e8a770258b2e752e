"""Synthetic respondents in strata and sampling units, as the pipeline's table `respondents`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline import engine

STRATA, UNITS = 50, 40  # units in each stratum
SHUFFLE = 1_237  # shares no divisor with the number of units: all are there, in no order of the file
MATURE, LESS = "mature", "less mature"
TIERS = (MATURE, "middle", "early")  # a fifth, 30 % and half of the respondents, in no order of the file


@dataclass(frozen=True)
class Data:
    """A Parquet file of made respondents. indicators: names of their columns of 1, 0 and NULL, of one base."""

    respondents: Path
    count: int
    indicators: tuple[str, ...]

    @property
    def inputs(self) -> dict[str, Path]:
        return {"respondents": self.respondents}


def make_data(folder: Path, count: int, indicators: int, missing: int = 0, scattered: bool = False) -> Data:
    """Makes them in a folder; the same numbers make the same respondents.

    missing: percent of respondents who are in no indicator's base. scattered: whether respondents of one unit lie all
    over the file; else they follow each other, as the pipeline writes them.
    """
    names = tuple(f"y{k}" for k in range(indicators))
    respondents = folder / f"respondents-{count}{'-scattered' if scattered else ''}.parquet"
    base = f"hash(i, -5) % 100 >= {missing}"
    ticks = ", ".join(
        f"CAST(CASE WHEN {base} THEN CASE WHEN hash(i, {k}) % 100 < {20 + k % 30} + CASE WHEN hash(i, -1) % 10 < 2"
        f" THEN 10 ELSE 0 END THEN 1 ELSE 0 END END AS TINYINT) AS {name}"
        for k, name in enumerate(names)
    )
    units = STRATA * UNITS
    unit = f"i * {SHUFFLE} % {units}" if scattered else f"i * {units} // {count}"
    with engine.connection() as con:
        con.execute(
            f"COPY (SELECT 'w' AS wave, i AS source_row, 'analysed' AS disposition,"
            f" format('{{:02d}}', ({unit}) // {UNITS}) AS stratum, CAST({unit} AS BIGINT) AS psu,"
            f" 0.5 + hash(i, -3) % 1000 / 1000.0 AS weight_main, CASE WHEN hash(i, -1) % 10 < 2 THEN"
            f" '{TIERS[0]}' WHEN hash(i, -1) % 10 < 5 THEN '{TIERS[1]}' ELSE '{TIERS[2]}' END AS tier, {ticks}"
            f" FROM range({count}) AS r(i)) TO {engine.literal(str(respondents))}"
        )
    return Data(respondents, count, names)


def frame_of(data: Data) -> pd.DataFrame:
    """One row a respondent: stratum, psu, weight, grp ("mature" or "less mature") and the indicators as numbers."""
    names = ", ".join(f"CAST({name} AS DOUBLE) AS {name}" for name in data.indicators)
    with engine.connection(data.inputs) as con:
        found: pd.DataFrame = con.sql(
            f"SELECT stratum, psu, weight_main AS weight, CASE WHEN tier = '{MATURE}' THEN tier ELSE '{LESS}' END"
            f" AS grp, {names} FROM respondents"
        ).df()
    return found
