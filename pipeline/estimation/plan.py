"""How the variances of a wave are estimated under one weight: what the design and the weights leave no choice about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.cells.cells import YesOrNo
from pipeline.cells.sums import Cells, read_cells
from pipeline.estimation.replicates import delivered_scales, replicate_df
from pipeline.estimation.variance import Lonely, Sampling, sampling
from pipeline.study.sampling import UNWEIGHTED, Design, Margins, Replicates, Weights, default_weight
from pipeline.weighting.assigning import margin_categories, replicate_matrix, replication_of
from pipeline.weighting.replication import Kind as ReplicateKind
from pipeline.weighting.replication import Scales

Kind = Literal["simple", "linearised", "delivered replicates", "made replicates", "raked replicates"]

KINDS: dict[str, ReplicateKind] = {
    "brr": "BRR", "fay": "Fay", "jk1": "JK1", "jkn": "JKn", "bootstrap": "bootstrap", "sdr": "SDR",
}  # fmt: skip

MET = 1e-6
"""How far weighted shares may be from their targets for the margins to explain anything of a variance."""
UNMET = ", its margins not met"


@dataclass(frozen=True)
class Plan:
    """kind: simple = neither weights nor design, so that counts say all.

    fraction: stratum -> sampled share of its units, all strata of the wave. units: whether respondents lie in
    sampling units; unit_stratum: stratum of each unit, in order of its number. df: units, or respondents, minus
    strata, of those with a weight above 0, as R `degf`; None where counts say it. margins: what the weights are raked
    to in this wave; empty where they are taken as fixed, unmet: because raking did not meet them. replication: factors
    of replicates made from units, or how delivered (or raked) ones are to be read.
    """

    kind: Kind = "simple"
    weighting: str = ""
    lonely: Lonely = "fail"
    fraction: dict[str, float] = field(default_factory=dict)
    units: bool = False
    unit_stratum: tuple[str, ...] = ()
    df: int | None = None
    margins: Margins = field(default_factory=dict)
    unmet: bool = False
    replication: Scales | None = None

    @property
    def words(self) -> str:
        """What the method of a row says of weights and replicates, to follow how the interval is made."""
        weight = f"weight {self.weighting}" if self.weighting not in ("", UNWEIGHTED) else ""
        if self.replication is not None:
            return f"; {self.replication.kind} replicates" + (f", {weight}" if weight else "")
        if self.margins:
            return f"; {weight} raked to margins"
        return f"; {weight} taken as fixed{UNMET if self.unmet else ''}" if weight else ""

    @property
    def sampling(self) -> Sampling:
        """The sampling units, where there are any."""
        labels = sorted(set(self.unit_stratum))
        return sampling(np.array(self.unit_stratum), [self.fraction[label] for label in labels], self.lonely, self.df)


@dataclass(frozen=True)
class WeightedCells:
    """Cells under one weight, and how their variances are estimated."""

    cells: Cells
    plan: Plan


SIMPLE = Plan()


def weighted_cells(
    rows: pa.Table,
    indicators: Sequence[YesOrNo],
    names: Iterable[str],
    design: Design | None,
    weights: Weights,
    wave: str,
    sampled: pa.Table | None,
    replicates: pa.Table | None = None,
) -> dict[str, WeightedCells]:
    """Cells under every weight that is asked for, by its name; UNWEIGHTED counts each respondent once.

    rows: table `cells`. sampled, replicates: tables `weights` and `replicates`, where the study has them.
    """
    first = default_weight(weights)
    found = {}
    for name in names:
        cells = read_cells(rows, indicators, first if name == UNWEIGHTED else name)
        plan = SIMPLE if sampled is None else plan_of(name, design, weights, wave, sampled, replicates)
        found[name] = WeightedCells(cells.unweighted() if name == UNWEIGHTED else cells, plan)
    return found


def plan_of(
    name: str,
    design: Design | None,
    weights: Weights,
    wave: str,
    sampled: pa.Table,
    replicates: pa.Table | None = None,
) -> Plan:
    """The plan of a weight: "" or UNWEIGHTED for none."""
    weight = weights.get(name)
    if weight is None and design is None:
        return SIMPLE
    column = None if weight is None else f"weight_{name}"
    most = [("fraction", "max"), *([(column, "max")] if column else [])]
    by_unit = sampled.group_by(["psu", "stratum"]).aggregate(most).sort_by("psu")
    strata = by_unit.group_by("stratum").aggregate([("fraction_max", "max")]).to_pylist()
    units = by_unit.to_pylist()
    has_units = bool(units) and units[0]["psu"] is not None
    weighed = [unit for unit in units if column is None or unit[f"{column}_max"] > 0]
    if has_units:
        count = len({unit["psu"] for unit in weighed})
    else:
        count = sampled.num_rows if column is None else pc.sum(pc.greater(sampled[column], 0.0)).as_py() or 0
    raked = weight is not None and weight.rake is not None
    margins = weight.margins(wave) if weight is not None and raked else {}
    unmet = bool(margins) and _gap(name, margins, sampled) > MET
    replication = None
    kind: Kind = "linearised"
    if weight is not None and weight.replicates is not None:
        kind, replication = "delivered replicates", _delivered(name, weight.replicates, replicates)
    elif design is not None and design.variance != "linearised":
        made = replication_of(design, sampled.select(["stratum", "psu", "fraction"]).to_pandas())
        kind, replication = "made replicates", made
        if raked:  # by table `replicates`: the weights were raked again in each
            kind, replication = "raked replicates", Scales(made.kind, made.scale, made.rscales, made.mse, made.df)
    return Plan(
        kind=kind,
        weighting=name,
        lonely=design.lonely_psu if design else "fail",
        fraction={row["stratum"]: row["fraction_max_max"] for row in strata},
        units=has_units,
        unit_stratum=tuple(row["stratum"] for row in units) if has_units else (),
        df=count - len({unit["stratum"] for unit in weighed}),
        margins={} if unmet else margins,
        unmet=unmet,
        replication=replication,
    )


def _gap(name: str, margins: Margins, sampled: pa.Table) -> float:
    """Largest difference between a weighted share of those who answered and its target."""
    weights, largest = sampled[f"weight_{name}"].to_numpy(), 0.0
    codes = margin_categories(sampled[f"margin_{name}"].to_numpy(), margins)
    for code, shares in zip(codes, margins.values(), strict=True):
        sums = np.bincount(code + 1, weights, len(shares) + 1)[1:]
        target = np.array(list(shares.values()))
        largest = max(largest, float(np.max(np.abs(sums / sums.sum() - target / target.sum()))))
    return largest


def _delivered(name: str, declared: Replicates, replicates: pa.Table | None) -> Scales:
    matrix = replicate_matrix(replicates.to_pandas(), name) if replicates is not None else None
    if matrix is None:
        raise ValueError(f"weight {name} has no replicates")
    kind = KINDS[declared.kind]
    return delivered_scales(
        kind, len(matrix), replicate_df(matrix), declared.fay, declared.scale, declared.rscales, declared.mse
    )
