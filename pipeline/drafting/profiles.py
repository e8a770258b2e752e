"""What an export holds, column by column: which answers, how often, in what order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pipeline.engine import Query, connection, render
from pipeline.ingest.delivered import exported_query
from pipeline.ingest.layout import Source, SourceColumn
from pipeline.ingest.numerals import is_number
from pipeline.ingest.readable import reading

MOST_ROWS = 20_000  # that are looked at
MOST_ANSWERS = 300  # of a column that are kept
COLUMNS_AT_ONCE = 500


@dataclass(frozen=True)
class Profile:
    """A column with its answers, in order of first appearance.

    answers: text -> records. distinct: all there are. decimal: sign of the decimals, as a run takes it.
    """

    column: SourceColumn
    answers: dict[str, int] = field(default_factory=dict)
    distinct: int = 0
    filled: int = 0
    decimal: str = "."

    @property
    def whole(self) -> bool:
        """Whether every answer is known."""
        return len(self.answers) == self.distinct

    @cached_property
    def numbers(self) -> bool:
        """Whether all answers are numbers."""
        return bool(self.answers) and all(is_number(answer, self.decimal) for answer in self.answers)

    @cached_property
    def longest(self) -> int:
        return max(map(len, self.answers), default=0)


@dataclass(frozen=True)
class Export:
    """An export: its source, profiles of its columns, and the first records themselves (column position -> cells)."""

    source: Source
    profiles: tuple[Profile, ...]
    records: int
    cells: dict[int, tuple[str | None, ...]] = field(repr=False)


def profiled(source: Source) -> Export:
    """The export's columns with what they hold. Raises DeliveryError where it can't be read."""
    return reading([source], lambda ready: _profiled(source, ready[0]))


def records_of(source: Source) -> list[list[str | None]]:
    """Every record of a small table. Raises DeliveryError where it can't be read."""

    def read(ready: Sequence[Source]) -> list[list[str | None]]:
        names = [f"c{c.position}" for c in source.layout.columns]
        with connection() as con:
            table = con.sql(f"SELECT {', '.join(names)} FROM ({render(exported_query(ready[0]))})").to_arrow_table()
        return [list(row.values()) for row in table.to_pylist()]

    return reading([source], read)


def _profiled(source: Source, ready: Source) -> Export:
    columns = source.layout.columns
    found: dict[int, dict[str, int]] = {c.position: {} for c in columns}
    sizes: dict[int, tuple[int, int]] = {}
    cells: dict[int, tuple[str | None, ...]] = {}
    with connection() as con:
        con.execute(f"CREATE TEMP TABLE delivered AS {render(exported_query(ready))}")
        records = int(con.sql("SELECT COUNT(*) AS n FROM delivered").to_arrow_table()["n"][0].as_py())
        names = [f"c{c.position}" for c in columns]
        for i in range(0, len(names), COLUMNS_AT_ONCE):
            some = names[i : i + COLUMNS_AT_ONCE]
            values = {"columns": some, "most_rows": MOST_ROWS, "most_answers": MOST_ANSWERS}
            for row in con.sql(render(Query("drafting/values.sql", values))).to_arrow_table().to_pylist():
                position = int(row["source"][1:])
                found[position][row["answer"]] = row["n"]
                sizes[position] = (row["answers"], int(row["filled"]))
            kept = [name for name in some if 0 < sizes.get(int(name[1:]), (0, 0))[0] <= MOST_ANSWERS]
            if kept:
                rows = f"SELECT {', '.join(kept)} FROM delivered WHERE source_row <= {MOST_ROWS} ORDER BY source_row"
                table = con.sql(rows).to_arrow_table()
                cells |= {int(name[1:]): tuple(table[name].to_pylist()) for name in kept}
    profiles = tuple(
        Profile(c, found[c.position], *sizes.get(c.position, (0, 0)), source.numerals.decimal([c.position]))
        for c in columns
    )
    return Export(source, profiles, records, cells)


def in_order(columns: Sequence[Profile]) -> list[str]:
    """Every answer of some columns, in order of first appearance over them."""
    return list(dict.fromkeys(answer for column in columns for answer in column.answers))
