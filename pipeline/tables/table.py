"""What a table declaration is: one record, from which schemas, comments, checks and lineage follow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pyarrow as pa  # takes a third of a second, and few commands make tables

Type = Literal["varchar", "bigint", "integer", "tinyint", "double", "boolean", "timestamp", "date"]
Layer = Literal["raw", "core", "out"]


@dataclass(frozen=True)
class Column:
    """One column: name, type, what it says, its unit, whether it may be NULL."""

    name: str
    type: Type
    description: str
    unit: str = ""
    nullable: bool = True

    @property
    def comment(self) -> str:
        return f"{self.description} Unit: {self.unit}." if self.unit else self.description


def _always(study: Any) -> bool:
    return True


@dataclass(frozen=True)
class Table:
    """A table of the pipeline.

    description: what a row is. columns: its columns, or a function of the study where they depend on it.
    key: columns that identify a row. made_from: the tables it is computed from. sections: sections of the
    study file that its computation reads, or one key of the things in it, as `comparisons.weight`. code: modules and
    SQL files that compute it. Together the last three decide when a table must be made anew. preview: the columns that
    tell most; absent: the first ones. made_if: whether a study has what the table is about; where not, it is published
    empty.
    """

    name: str
    description: str
    layer: Layer
    key: tuple[str, ...]
    columns: tuple[Column, ...] | Callable[[Any], tuple[Column, ...]]
    made_from: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    preview: tuple[str, ...] = ()
    made_if: Callable[[Any], bool] = _always

    @property
    def asset(self) -> str:
        return f"{self.layer}_{self.name}"

    def columns_for(self, study: Any) -> tuple[Column, ...]:
        return self.columns(study) if callable(self.columns) else self.columns

    def arrow_schema(self, study: Any) -> pa.Schema:
        import pyarrow as pa

        types = {
            "varchar": pa.string(), "bigint": pa.int64(), "integer": pa.int32(), "tinyint": pa.int8(),
            "double": pa.float64(), "boolean": pa.bool_(), "timestamp": pa.timestamp("us"), "date": pa.date32(),
        }  # fmt: skip
        return pa.schema(
            [pa.field(c.name, types[c.type], c.nullable, {"comment": c.comment}) for c in self.columns_for(study)]
        )


@dataclass(frozen=True)
class View:
    """A question that analysts ask of the tables, answered by sql/views/<name>.sql.

    description: what a row is. columns: in the order in which the query gives them.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    schema: str = "main"


@dataclass(frozen=True)
class Macro:
    """A table macro of the published file, defined by sql/table_macros/<name>.sql. description: what it returns."""

    name: str
    description: str
