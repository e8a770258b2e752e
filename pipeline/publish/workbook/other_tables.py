"""Sheets with one table each: tiers, mean scores, claims, trends, codebook."""

from __future__ import annotations

from typing import Any

from pipeline.publish.workbook.findings import status_look
from pipeline.publish.workbook.sheets import Book, records
from pipeline.publish.workbook.table import Field, Row, interval, write_table
from pipeline.study.variables import options_of

CLAIM_KINDS = {"ratio": "times", "odds_ratio": "times", "mean": "number", "count": "count", "rank": "count"}
"""How the figure of a claim is shown, by its statistic; other statistics are shares."""
SIGNED = ("difference", "paired", "change")
VERDICTS = {"supported": "good", "consistent": "even", "not supported": "doubt", "contradicted": "bad"}
MEASURES = {"finding": ("times", "times"), "score": ("score", "step")}
"""How a trend's values and its change are shown, by its measure; other measures are shares."""


def write_tiers(book: Book) -> None:
    fields = (
        Field("tier", lambda row: book.names.tier(row["tier"]), "text", 30),
        Field("x", "x", "count", 9, "share"),
        Field("n", "n", "count", 9, "share"),
        Field("weighted_base", "weighted_base", "count", 10, "share"),
        Field("n_eff", "n_eff", "count", 10, "share"),
        *interval("share", "share", "share"),
        Field("mean_score", "mean_score", "score", 9, "score"),
        Field("cut", "cut", "score", 9, "score"),
        *_status(book),
        Field("method", "method", "text", 24, "use"),
    )
    write_table(book, "tiers", fields, records(book.edition, "tiers"))


def write_scores(book: Book) -> None:
    fields = (
        Field("dimension", lambda row: book.names.dimension(row["dimension"]), "text", 30),
        *_segment(book, ""),
        Field("n", "n", "count", 9, "score"),
        *interval("mean", "score", "score"),
        Field("sd", "sd", "score", 10, "score"),
        Field("median", "median", "score", 9, "score"),
    )
    write_table(book, "scores", fields, records(book.edition, "score_means"), frozen=3)


def write_claims(book: Book) -> None:
    words = book.words
    fields = (
        Field("claim", "claim", "text", 22, "claim"),
        Field("says", "says", "text", 44, "claim"),
        Field("source", "source", "text", 16, "claim"),
        Field("page", "page", "text", 8, "claim"),
        Field("claimed", "claimed", "text", 16, "claim"),
        Field("expected", "expected", _claim_kind, 9, "claim"),
        Field("statistic", lambda row: words.of("statistics", row["statistic"]), "text", 12, "observed"),
        Field("observed", "observed", _claim_kind, 10, "observed"),
        Field("low", "low", _claim_kind, 9, "observed"),
        Field("high", "high", _claim_kind, 9, "observed"),
        Field("group_a", "group_a", "text", 20, "observed"),
        Field("n_a", "n_a", "count", 8, "observed"),
        Field("group_b", "group_b", "text", 20, "observed"),
        Field("n_b", "n_b", "count", 8, "observed"),
        Field("verdict", lambda row: words.of("verdicts", row["verdict"]), "text", 14, "judged", _verdict_look),
        Field("reproduction", lambda row: words.of("reproductions", row["reproduction"]), "text", 18, "judged"),
        Field("direction", lambda row: words.of("directions", row["direction"]), "text", 12, "judged"),
        Field("kinds", "kinds", "text", 14, "judged"),
        Field("explanation", "explanation", "text", 44, "judged"),
        Field("coherence", "coherence", "text", 24, "judged"),
        Field("reason", "reason", "text", 24, "judged"),
        Field("problem", "problem", "text", 10, "judged", lambda row: ("bad",) if row["problem"] else ()),
        Field("p_value", "p_value", "p", 8, "judged"),
        Field("q_value", "q_value", "p", 8, "judged"),
        *_status(book),
        Field("note", "note", "text", 22, "use"),
        Field("wording", "wording", "text", 90, "use"),
    )
    write_table(book, "claims", fields, records(book.edition, "claims"), frozen=2)


def _claim_kind(row: Row) -> str:
    return "change" if row["statistic"] in SIGNED else CLAIM_KINDS.get(row["statistic"], "share")


def _verdict_look(row: Row) -> tuple[str, ...]:
    return (VERDICTS[row["verdict"]],) if row["verdict"] in VERDICTS else ()


def write_trends(book: Book) -> None:
    fields = (
        Field("measure", lambda row: book.words.of("measures", row["measure"]), "text", 18, "which"),
        Field("name", lambda row: _measured(book, row), "text", 38, "which"),
        Field("comparison", lambda row: book.names.comparison(row["comparison"]), "text", 20, "which"),
        *_segment(book, "which"),
        Field("wave", "wave_before", "text", 8, "before"),
        Field("value", "value_before", _value_kind, 9, "before"),
        Field("n", "n_before", "count", 8, "before"),
        Field("wave", "wave", "text", 8, "after"),
        Field("value", "value", _value_kind, 9, "after"),
        Field("n", "n", "count", 8, "after"),
        *interval("change", _change_kind, "change"),
        Field("p_value", "p_value", "p", 8, "test"),
        Field("q_value", "q_value", "p", 8, "test"),
        Field("comparable", "comparable", "text", 11, "test"),
        Field("broken", "reason", "text", 24, "test"),
        *_status(book),
        Field("wording", "wording", "text", 90, "use"),
        Field("method", "method", "text", 24, "use"),
    )
    write_table(book, "trends", fields, records(book.edition, "trends"), frozen=2)


def _measured(book: Book, row: Row) -> str:
    named = {"tier": book.names.tier, "score": book.names.dimension}.get(row["measure"], book.names.indicator)
    return named(row["name"])


def _value_kind(row: Row) -> str:
    return MEASURES.get(row["measure"], ("share", "change"))[0]


def _change_kind(row: Row) -> str:
    return MEASURES.get(row["measure"], ("share", "change"))[1]


def write_codebook(book: Book) -> None:
    study, words = book.edition.study, book.words
    variables = {v.name: v for v in study.variables}
    options = {name: options_of(question, study.scales) for name, question in study.questions.items()}

    def question_label(row: Row) -> str:
        return book.names.question(variables[row["variable"]]) if row["variable"] in variables else ""

    def option_label(row: Row) -> str:
        variable = variables.get(row["variable"])
        option = options[variable.question].get(row["option"]) if variable else None
        return book.names.option(option) if option else ""

    fields = (
        Field("variable", "variable", "text", 26, "variable"),
        Field("type", lambda row: words.of("types", row["type"]), "text", 14, "variable"),
        Field("question_text", "question_text", "text", 60, "variable"),
        Field("question_label", question_label, "text", 44, "variable"),
        Field("option", "option", "text", 20, "option"),
        Field("option_text", "option_text", "text", 30, "option"),
        Field("option_label", option_label, "text", 30, "option"),
        Field("mark", lambda row: words.of("option_marks", row["mark"]), "text", 14, "option"),
        Field("asked_if", "asked_if", "text", 34, "variable"),
        Field("source_column", "source_column", "text", 24, "variable"),
    )
    write_table(book, "codebook", fields, [_plain(row) for row in records(book.edition, "codebook")])


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A condition that is one word ends with a line of its own in YAML."""
    return row | {"asked_if": row["asked_if"].removesuffix("\n...")}


def _segment(book: Book, group: str) -> tuple[Field, Field]:
    return (
        Field("segment", lambda row: book.names.segment(row["segment"]), "text", 18, group),
        Field("level", lambda row: book.names.level(row["segment"], row["level"]), "text", 24, group),
    )


def _status(book: Book) -> tuple[Field, Field]:
    return (
        Field("status", lambda row: book.words.of("statuses", row["status"]), "text", 11, "use", status_look),
        Field("status_reason", "status_reason", "text", 22, "use"),
    )
