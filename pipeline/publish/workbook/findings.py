"""Sheets of the findings: those of everyone, with what else is known of each, and those within segments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.publish.workbook.sheets import Book, records
from pipeline.publish.workbook.table import Field, Row, interval, write_table

Found = dict[str, Any]


def write_findings(book: Book) -> None:
    """Both sheets. Of everyone, the adjusted ratio and the range over other choices stand beside the finding."""
    findings = records(book.edition, "findings")
    key = [row for row in findings if row["segment"] == "all"]
    within = [row for row in findings if row["segment"] != "all"]
    order = {name: place for place, name in enumerate(book.edition.study.comparisons)}
    beside = _beside(book)
    joined = [{**row, **beside.get((row["comparison"], row["indicator"]), NOTHING)} for row in key]
    joined.sort(key=lambda row: (order.get(row["comparison"], len(order)), -_ratio(row)))
    fields = _fields(book)
    write_table(book, "key_findings", (*fields[:3], *fields[5:-5], *BESIDE, *fields[-5:]), joined, frozen=3)
    write_table(book, "findings", fields, within, frozen=5)


def _ratio(row: Row) -> float:
    return -1.0 if row["ratio"] is None else float(row["ratio"])


BESIDE = (
    *interval("adjusted_ratio", "times", "adjusted", "ratio"),
    Field("p_value", "adjusted_p_value", "p", 8, "adjusted"),
    Field("ratio_min", "ratio_min", "times", 9, "robust"),
    Field("ratio_max", "ratio_max", "times", 9, "robust"),
    Field("specifications", "specifications", "count", 9, "robust"),
)
NOTHING: Mapping[str, Any] = {str(field.value): None for field in BESIDE}


def _beside(book: Book) -> dict[tuple[str, str], Found]:
    """(comparison, indicator) -> what `adjusted` and `robustness` tell of the finding."""
    found: dict[tuple[str, str], Found] = {}
    for row in records(book.edition, "adjusted"):
        told = {f"adjusted_{name}": row[name] for name in ("ratio", "ratio_low", "ratio_high", "p_value")}
        found[row["comparison"], row["indicator"]] = {**NOTHING, **told}
    for row in records(book.edition, "robustness"):
        told = {name: row[name] for name in ("ratio_min", "ratio_max", "specifications")}
        place = (row["comparison"], row["indicator"])
        found[place] = {**found.get(place, NOTHING), **told}
    return found


def _fields(book: Book) -> tuple[Field, ...]:
    names, words = book.names, book.words
    return (
        Field("finding_id", "finding_id", "text", 26, "which"),
        Field("comparison", lambda row: names.comparison(row["comparison"]), "text", 17, "which"),
        Field("indicator", lambda row: names.indicator(row["indicator"]), "text", 35, "which"),
        Field("segment", lambda row: names.segment(row["segment"]), "text", 16, "which"),
        Field("level", lambda row: names.level(row["segment"], row["level"]), "text", 18, "which"),
        *_group(book, "a"),
        *_group(book, "b"),
        *interval("ratio", "times", "ratio"),
        *interval("difference", "change", "difference"),
        Field("p_value", "p_value", "p", 8, "test"),
        Field("q_value", "q_value", "p", 8, "test"),
        Field("status", lambda row: words.of("statuses", row["status"]), "text", 11, "use", status_look),
        Field("status_reason", "status_reason", "text", 22, "use"),
        Field("wording", "wording", "text", 90, "use"),
        Field("base", lambda row: words.of("bases", row["base"]), "text", 14, "use"),
        Field("method", "method", "text", 24, "use"),
    )


def _group(book: Book, end: str) -> tuple[Field, ...]:
    return (
        Field("group", lambda row: book.names.group(row, end), "text", 20, end),
        *interval(f"p_{end}", "share", end, "share"),
        Field("n", f"n_{end}", "count", 7, end),
        Field("weighted_base", f"weighted_base_{end}", "count", 9, end),
        Field("n_eff", f"n_eff_{end}", "count", 9, end),
    )


def status_look(row: Row) -> tuple[str, ...]:
    return {"footnote": ("even",), "review": ("doubt",)}.get(row["status"], ())
