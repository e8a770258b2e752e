"""Codes and their labels: from a reference sheet, or from the dictionary that an export has itself."""

from __future__ import annotations

from pathlib import Path

from pipeline.drafting.profiles import records_of
from pipeline.drafting.questions import Labels
from pipeline.errors import DeliveryError
from pipeline.ingest import spss
from pipeline.ingest.layout import Source
from pipeline.ingest.sniffing import read_source
from pipeline.study.evening import evened

HEADS = {
    "variable": ("variable", "variable name", "question", "question id", "column", "field", "name", "var", "item"),
    "value": ("value", "code", "values", "codes", "answer code", "option code", "numeric value", "response code"),
    "label": ("label", "value label", "text", "answer", "option", "meaning", "description", "response", "labels"),
}


def read_labels(path: Path) -> Labels:
    """The labels of a table with a row a code. The variable may stand over its first row only.

    Raises DeliveryError where the table cannot be read or lacks one of the three columns.
    """
    source = read_source(path)
    names = [evened(c.name or c.text) for c in source.layout.columns]
    at: dict[str, int] = {}
    for what, heads in HEADS.items():
        found = next(
            (names.index(head) for head in heads if head in names and names.index(head) not in at.values()), None
        )
        if found is None:
            raise DeliveryError(
                str(path), f"has no column of {what}s", found=", ".join(names[:20]), expected=" or ".join(heads[:4])
            )
        at[what] = found
    labels: Labels = {}
    variable = ""
    for record in records_of(source):
        name, value, label = (record[at[what]] for what in HEADS)
        variable = evened(name) if name else variable
        if variable and value and label:
            code = value.removesuffix(".0")
            labels.setdefault(variable, {})[code] = label
    return labels


def labels_of(source: Source) -> Labels:
    """Value labels of an SPSS file, whose cells hold the labels already, in their order; of others none."""
    if source.format != "spss":
        return {}
    dictionary = spss.labels(source.path, source.encoding)
    return {
        evened(v.name): {label.value: label.label for label in v.values}
        for v in dictionary.variables
        if len(v.values) > 1 and not v.sets
    }
