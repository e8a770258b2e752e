"""Every analysed respondent's stratum, sampling unit and weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.engine import Query
from pipeline.errors import SurveyError, counted, listed
from pipeline.study.sampling import Design, Margins, Weight, Weights
from pipeline.weighting.raking import Raked, rake, reraked
from pipeline.weighting.replication import Replication, bootstrap, jackknife, random_groups
from pipeline.weighting.report import Rows, delivered_rows, weighting_rows

EVERYONE = "all"
SEED = 20210201
"""Of bootstrap draws and random groups: the same units give the same replicates in every run."""
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Weighed:
    """rows: table `weights`. replicates: table `replicates`. report: table `weighting`."""

    rows: pd.DataFrame
    replicates: pd.DataFrame
    report: Rows


def sampled_query(design: Design | None, weights: Weights, sampling: Mapping[str, str], wave: str) -> Query:
    """What tells design and weights, of the analysed. sampling: the study's `sampling_columns`."""
    texts = {}
    for ours in ("strata", "psu"):
        theirs = getattr(design, ours) if design else None
        if theirs is not None:
            name = f"design {ours}"
            texts[name] = ("d", name) if name in sampling else ("r", theirs)
    for weight in weights.values():
        texts |= {f"margin {question}": ("r", question) for question in weight.margins(wave)}
    return Query("core/sampled.sql", {"texts": texts, "numbers": [name for name in sampling if name not in texts]})


def weigh(wave: str, sampled: pd.DataFrame, design: Design | None, weights: Weights) -> Weighed:
    """Rows of tables `weights` and `replicates`, from the rows of `sampled_query`.

    Raises SurveyError where an analysed respondent lacks stratum, unit or weight, where the finite population
    correction differs within a stratum or is less than the sample, where a stratum has one unit and the design says
    `fail`, and where margins cannot be raked to.
    """
    rows = pd.DataFrame({"wave": wave, "source_row": sampled["source_row"].astype(int)})
    rows["stratum"] = _text(wave, sampled, "design strata", "`design: strata`")
    rows["psu"] = _units(wave, sampled, rows["stratum"], design)
    rows["fraction"] = _fractions(wave, sampled, rows)
    if design is not None and design.lonely_psu == "fail":
        _refuse_lonely(wave, rows)
    report: Rows = []
    replicates = []
    for name, weight in weights.items():
        base = _delivered(wave, sampled, name) if weight.column is not None else np.ones(len(rows))
        margins = weight.margins(wave)
        if not margins:
            rows[f"weight_{name}"] = base
            report += delivered_rows(wave, name, base)
            replicates.append(_delivered_replicates(wave, sampled, name, weight))
            continue
        categories = [category(sampled[f"margin {q}"], shares) for q, shares in margins.items()]
        raked = _rake(wave, name, categories, margins, base, weight.trim)
        targets = [np.array(list(shares.values())) for shares in margins.values()]
        labels = [list(shares) for shares in margins.values()]
        report += weighting_rows(wave, name, list(margins), labels, categories, targets, base, weight.trim, raked)
        rows[f"weight_{name}"] = raked.weights
        rows[f"margin_{name}"] = margin_number(categories, margins)
        if design is not None and design.variance != "linearised":
            factors = replication_of(design, rows).factors[:, rows["psu"].to_numpy(np.intp)]
            replicates.append(_long(name, rows, reraked(categories, targets, base, factors, weight.trim).weights))
    empty = pd.DataFrame({"wave": [], "weighting": [], "replicate": [], "source_row": [], "weight": []})
    found = [part.assign(wave=wave) for part in replicates if part is not None]
    return Weighed(rows, pd.concat(found, ignore_index=True) if found else empty, report)


def category(answers: pd.Series, shares: Mapping[str, float]) -> NDArray[np.intp]:
    """Place of each answer among the categories of a margin, -1 where it has none."""
    return np.asarray(pd.Index(list(shares), dtype=object).get_indexer(pd.Index(answers.astype(object))), dtype=np.intp)


def margin_number(categories: Sequence[NDArray[np.intp]], margins: Margins) -> NDArray[np.intp]:
    """One number for a respondent's categories in all margins; `margin_categories` takes it apart."""
    number = np.zeros(len(categories[0]), dtype=np.intp)
    for codes, shares in zip(categories, margins.values(), strict=True):
        number = number * (len(shares) + 1) + codes + 1
    return number


def margin_categories(number: NDArray[np.intp], margins: Margins) -> list[NDArray[np.intp]]:
    """Categories in each margin, -1 for none, of numbers made by `margin_number`."""
    found = []
    for shares in reversed(margins.values()):
        number, code = np.divmod(number, len(shares) + 1)
        found.append(code - 1)
    return found[::-1]


def replicate_matrix(rows: pd.DataFrame, name: str) -> Floats | None:
    """Replicate weights (R, N) in order of source_row, from rows of table `replicates`; None where there are none."""
    mine = rows[rows["weighting"] == name]
    if mine.empty:
        return None
    return mine.pivot(index="replicate", columns="source_row", values="weight").to_numpy(float)


def replication_of(design: Design, rows: pd.DataFrame) -> Replication:
    """The replicates that a design asks for, over its sampling units. rows: stratum, psu, fraction by respondent."""
    units = rows.drop_duplicates("psu").sort_values("psu")
    stratum = np.unique(units["stratum"].to_numpy(object), return_inverse=True)[1]
    fraction = units.groupby("stratum")["fraction"].first().to_numpy(float)
    if design.variance == "jackknife":
        return jackknife(stratum, fraction, design.lonely_psu)
    return bootstrap(stratum, design.replicates, SEED, fraction, design.lonely_psu)


def _rake(
    wave: str, name: str, categories: Sequence[NDArray[np.intp]], margins: Margins, base: Floats, trim: float | None
) -> Raked:
    try:
        return rake(
            categories, [np.array(list(shares.values())) for shares in margins.values()], base, trim,
            names=list(margins), labels=[list(shares) for shares in margins.values()],
        )  # fmt: skip
    except ValueError as error:
        raise SurveyError(
            f"wave {wave}", f"weight {name} cannot be raked: {error}", do="change the margins in the study file"
        ) from None


def _text(wave: str, sampled: pd.DataFrame, column: str, what: str) -> pd.Series:
    if column not in sampled:
        return pd.Series(EVERYONE, index=sampled.index, dtype=object)
    _refuse_missing(wave, sampled, sampled[column].isna(), what)
    return sampled[column].astype(object)


def _units(wave: str, sampled: pd.DataFrame, stratum: pd.Series, design: Design | None) -> pd.Series:
    """Sampling units numbered from 0 over all strata; missing where respondents are their own."""
    if "design psu" in sampled:
        unit = _text(wave, sampled, "design psu", "`design: psu`")
        return pd.DataFrame({"stratum": stratum, "unit": unit}).groupby(["stratum", "unit"]).ngroup().astype("Int64")
    if design is not None and design.variance != "linearised":
        number = np.unique(stratum.to_numpy(object), return_inverse=True)[1]
        grouped = random_groups(number, sampled["source_row"].to_numpy(), seed=SEED)
        return pd.Series(grouped.group, index=sampled.index, dtype="Int64")
    return pd.Series(pd.NA, index=sampled.index, dtype="Int64")


def _fractions(wave: str, sampled: pd.DataFrame, rows: pd.DataFrame) -> pd.Series:
    """Share of the stratum's units that were sampled; 0 without a finite population correction."""
    if "design fpc" not in sampled:
        return pd.Series(0.0, index=sampled.index)
    given = sampled["design fpc"]
    _refuse_missing(wave, sampled, ~(given > 0), "a `design: fpc` above 0")
    by = given.groupby(rows["stratum"])
    if (several := by.nunique() > 1).any():
        raise SurveyError(f"wave {wave}", f"`design: fpc` differs within strata {listed(several.index[several], 5)}",
                          expected="one number for each stratum")  # fmt: skip
    size = rows.groupby("stratum")["psu"].nunique().where(lambda n: n > 0, rows.groupby("stratum").size())
    population = by.first()
    fraction = population.where(population <= 1, size / population)
    if (short := fraction > 1).any():
        strata = listed(short.index[short], 5)
        raise SurveyError(f"wave {wave}", f"`design: fpc` is less than the sample in strata {strata}",
                          expected="sampling units of the stratum in the population, or the share sampled")  # fmt: skip
    return rows["stratum"].map(fraction).astype(float)


def _refuse_lonely(wave: str, rows: pd.DataFrame) -> None:
    size = rows.groupby("stratum")["psu"].nunique().where(lambda n: n > 0, rows.groupby("stratum").size())
    certain = rows.groupby("stratum")["fraction"].first() >= 1
    lonely = size.index[(size == 1) & ~certain]
    if len(lonely):
        raise SurveyError(
            f"wave {wave}", f"`design` has strata with one sampling unit: {listed(lonely, 5)}",
            expected="two or more, as one does not tell a variance",
            do="join strata, or choose `lonely_psu` under `design`: adjust is cautious",
        )  # fmt: skip


def _delivered(wave: str, sampled: pd.DataFrame, name: str) -> Floats:
    given = sampled[f"weight {name}"].astype(float)
    _refuse_missing(wave, sampled, ~(given >= 0), f"a number from 0 for weight {name}")
    if len(given) and given.sum() <= 0:
        raise SurveyError(f"wave {wave}", f"weight {name} is 0 for everyone", expected="weights above 0")
    return np.asarray(given, dtype=float)


def _delivered_replicates(wave: str, sampled: pd.DataFrame, name: str, weight: Weight) -> pd.DataFrame | None:
    if weight.replicates is None:
        return None
    columns = [f"replicate {i} of {name}" for i in range(1, len(weight.replicates.names) + 1)]
    given = sampled[columns].astype(float)
    _refuse_missing(wave, sampled, given.isna().any(axis=1), f"replicate weights of {name}")
    return _long(name, sampled, given.to_numpy().T)


def _long(name: str, rows: pd.DataFrame, values: Floats) -> pd.DataFrame:
    """values: (R, N)."""
    count = len(values)
    return pd.DataFrame(
        {
            "weighting": name,
            "replicate": np.repeat(np.arange(1, count + 1), len(rows)),
            "source_row": np.tile(rows["source_row"].to_numpy(), count),
            "weight": values.ravel(),
        }
    )


def _refuse_missing(wave: str, sampled: pd.DataFrame, missing: pd.Series, what: str) -> None:
    if missing.any():
        rows = listed(sampled["source_row"][missing], 5)
        raise SurveyError(
            f"wave {wave}", f"{counted(int(missing.sum()), 'analysed respondent')} without {what}",
            found=f"records {rows}", do="mend the delivery, or take them out in `cleaning` with a reason",
        )  # fmt: skip
