"""What a table of one wave says at a glance: numbers that are followed over waves, short tables, a picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from pipeline import tables
from pipeline.publish.markdown import markdown_list, markdown_table
from pipeline.publish.pictures.dispositions import dispositions_markdown
from pipeline.publish.pictures.forest import first_comparison, forest_markdown
from pipeline.publish.pictures.score_bands import score_bands_markdown
from pipeline.publish.pictures.tiers import tiers_markdown
from pipeline.study.model import Study
from pipeline.tables import Table

MOST_SAID = 10  # sentences
MOST_ROWS = 30  # of a short table
CLEAR = 0.05  # q value

Told = dict[str, Any]
"""Name -> a whole number, a number, or Markdown."""


class Read(Protocol):
    def __call__(self, table: Table, /, *columns: str) -> pa.Table:
        """These columns of a table of the wave; all of them where none is named."""


def at_a_glance(table: Table, read: Read, study: Study) -> Told:
    """What stands beside a table for those who do not open it; numbers and texts that there are none of left out."""
    told = GLANCES[table.name](read, study) if table.name in GLANCES else {}
    return {name: value for name, value in told.items() if _is_said(value)}


def _is_said(value: Any) -> bool:
    return value is not None and value != "" and not (isinstance(value, float) and not math.isfinite(value))


def _source_columns(read: Read, study: Study) -> Told:
    roles = read(tables.SOURCE_COLUMNS, "role")["role"].to_pylist()
    return {f"{role}_columns": roles.count(role) for role in ("missing", "unlisted", "repeated")}


def _answers(read: Read, study: Study) -> Told:
    found = read(tables.ANSWERS, "code", "n")
    return {"unknown_answers": pc.sum(found.filter(pc.is_null(found["code"]))["n"]).as_py() or 0}


def _screening(read: Read, study: Study) -> Told:
    found = read(tables.SCREENING, "disposition", "answered_share")
    analysed = found.filter(pc.equal(found["disposition"], "analysed"))
    answered = pc.mean(analysed["answered_share"]).as_py()
    return {"analysed": analysed.num_rows, "unanswered_share": None if answered is None else 1 - answered}


def _dispositions(read: Read, study: Study) -> Told:
    steps = read(tables.DISPOSITIONS).to_pylist()
    delivered, analysed = steps[0]["remaining"], steps[-1]["remaining"]
    return {
        "delivered": delivered, "analysed": analysed,
        "taken_out_share": 1 - analysed / delivered if delivered else None,
        "waterfall": dispositions_markdown(steps, study.synthetic),
    }  # fmt: skip


def _tiers(read: Read, study: Study) -> Told:
    rows = read(tables.TIERS).to_pylist()
    shares = {f"share_{t['tier']}": t["share"] for t in rows if t["status"] != "suppress"}
    return {**shares, "tiers": tiers_markdown(rows, study.synthetic)}


def _score_means(read: Read, study: Study) -> Told:
    rows = read(tables.SCORE_MEANS, "dimension", "segment", "n", "mean").to_pylist()
    everyone = {row["dimension"]: row for row in rows if row["segment"] == "all"}
    means = {("mean_score" if name == "all" else f"mean_{name}"): row["mean"] for name, row in everyone.items()}
    return {"with_a_score": everyone["all"]["n"] if "all" in everyone else None, **means}


def _score_bands(read: Read, study: Study) -> Told:
    bands, cuts = read(tables.SCORE_BANDS).to_pylist(), read(tables.TIER_CUTS).to_pylist()
    order = study.tiers.order if study.tiers else ()
    return {"scores": score_bands_markdown(bands, cuts, order, study.synthetic)}


def _reliability(read: Read, study: Study) -> Told:
    rows = [row for row in read(tables.RELIABILITY).to_pylist() if not row["item"]]
    everything: dict[str, Any] = next((row for row in rows if row["dimension"] == "all"), {})
    shown = [(r["dimension"], r["items"], r["n"], _figure(r["alpha"]), _range(r["alpha_low"], r["alpha_high"]),
              _figure(r["omega"]), r["reason"]) for r in rows]  # fmt: skip
    head = ("dimension", "items", "n", "alpha", "95% interval", "omega", "note")
    return {"alpha": everything.get("alpha"), "omega": everything.get("omega"),
            "dimensions": markdown_table(head, shown)}  # fmt: skip


FOREST = ("wave", "indicator", "comparison", "segment", "status", "ratio", "ratio_low", "ratio_high", "p_a", "p_b",
          "group_a", "group_b", "ci_level", "wording", "q_value")  # fmt: skip


def _findings(read: Read, study: Study) -> Told:
    rows = read(tables.FINDINGS, *FOREST)
    statuses = rows["status"].to_pylist()
    everyone = rows.filter(pc.equal(rows["segment"], "all")).to_pylist()
    clear = [f for f in everyone if f["status"] != "suppress" and f["q_value"] is not None and f["q_value"] < CLEAR]
    said = sorted(first_comparison(everyone), key=lambda f: -f["ratio"])[:MOST_SAID]
    return {
        "suppressed": statuses.count("suppress"),
        "suppressed_share": statuses.count("suppress") / len(statuses) if statuses else None,
        "with_footnote": statuses.count("footnote"),
        "clear_among_everyone": len(clear),
        "forest_plot": forest_markdown(everyone, study.synthetic),
        "what_may_be_said": markdown_list(f["wording"] for f in said),
    }  # fmt: skip


def _adjusted(read: Read, study: Study) -> Told:
    rows = read(tables.ADJUSTED).to_pylist()
    shown = [
        (r["comparison"], r["indicator"], _figure(r["crude_ratio"]), _figure(r["ratio"]),
         _range(r["ratio_low"], r["ratio_high"]), _figure(r["mh_ratio"]), r["reason"] or r["mh_reason"])
        for r in rows[:MOST_ROWS]
    ]  # fmt: skip
    head = ("comparison", "indicator", "crude ratio", "adjusted", "95% interval", "pooled over strata", "note")
    return {"reversed_by_strata": sum(bool(r["direction_reversed"]) for r in rows),
            "crude_and_adjusted": markdown_table(head, shown)}  # fmt: skip


def _robustness(read: Read, study: Study) -> Told:
    rows = read(tables.ROBUSTNESS).to_pylist()
    varied = [r for r in rows if r["share_claimed_side"] is not None]
    shown = [
        (r["comparison"], r["indicator"], _figure(r["ratio"]), _range(r["ratio_min"], r["ratio_max"]),
         r["specification_min"], r["specification_max"], _percent(r["share_claimed_side"]))
        for r in sorted(varied, key=lambda r: r["share_claimed_side"])[:MOST_ROWS]
    ]  # fmt: skip
    head = ("comparison", "indicator", "ratio", "range", "smallest", "largest", "on the claimed side")
    return {"hold_in_all_specifications": sum(r["share_claimed_side"] == 1 for r in varied),
            "hold_not_in_all": sum(r["share_claimed_side"] < 1 for r in varied),
            "ranges": markdown_table(head, shown)}  # fmt: skip


def _weighting(read: Read, study: Study) -> Told:
    rows = [row for row in read(tables.WEIGHTING).to_pylist() if row["margin"] == "all"]
    shown = [(r["weight"], r["source"], r["n"], _figure(r["deff_kish"]), _figure(r["n_eff_kish"], 0),
              _figure(r["largest"]), r["converged"]) for r in rows]  # fmt: skip
    head = ("weight", "source", "n", "design effect (Kish)", "effective base", "largest weight", "margins met")
    return {f"deff_kish_{r['weight']}": r["deff_kish"] for r in rows} | {"weights": markdown_table(head, shown)}


def _tier_agreement(read: Read, study: Study) -> Told:
    rows = read(tables.TIER_AGREEMENT, "same_tier_share", "adjusted_rand").to_pylist()
    return rows[0] if rows else {}


def _quality_checks(read: Read, study: Study) -> Told:
    rows = read(tables.QUALITY_CHECKS).to_pylist()
    failed = [(r["check_name"], r["table_name"], r["measured"], r["expected"]) for r in rows if not r["passed"]]
    head = ("check that failed", "table", "measured", "expected")
    return {"checks": len(rows), "checks_failed": len(failed),
            "failed": markdown_table(head, failed, 200) if failed else ""}  # fmt: skip


def _figure(value: float | None, digits: int = 2) -> str:
    if value is None:
        return ""
    return "no upper limit" if math.isinf(value) else f"{value:,.{digits}f}"


def _range(low: float | None, high: float | None) -> str:
    return f"{_figure(low)} to {_figure(high)}" if low is not None else ""


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.0f}%"


GLANCES: Mapping[str, Callable[[Read, Study], Told]] = {
    "source_columns": _source_columns, "answers": _answers, "screening": _screening, "dispositions": _dispositions,
    "tiers": _tiers, "score_means": _score_means, "score_bands": _score_bands, "reliability": _reliability,
    "findings": _findings, "adjusted": _adjusted, "robustness": _robustness, "weighting": _weighting,
    "tier_agreement": _tier_agreement, "quality_checks": _quality_checks,
}  # fmt: skip
