"""Parquet files as records of text, under the names of their schema.

Whole numbers are "3", others plain ("0.1"), dates "2024-05-01" or "2024-05-01 10:30:00" (of a zone: its own wall
time), durations "30:15:00", booleans "1" and "0"; a list is joined by ";", NaN and NULL are empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline.errors import DeliveryError, listed
from pipeline.ingest.apart import apart
from pipeline.ingest.layout import Layout, SourceColumn
from pipeline.ingest.texts import duration, moment, number

FIRST_RECORDS = 20
CELLS = 2_000_000  # of a batch
MOST_COLUMNS = 20_000


def layout(path: Path) -> Layout:
    """Columns by name; a field's metadata "label" or "description" is its question text. No header rows.

    Raises DeliveryError where the file can't be read or holds records within records.
    """
    fields = apart(fields_here, path)
    return Layout("plain", 0, tuple(SourceColumn(i, name, text) for i, (name, text) in enumerate(fields, 1)), {})


def head(path: Path, sheet: str = "") -> list[list[str]]:
    """The names, then the first records; `to_parquet` writes no names. Raises DeliveryError."""
    found: list[list[str]] = apart(head_here, path)
    return found


def to_parquet(path: Path, target: Path, sheet: str = "") -> None:
    """Writes every record as columns c1, c2 and so on of text. Raises DeliveryError."""
    apart(to_parquet_here, path, str(target))


# What follows runs in a process of its own.


def fields_here(path: Path) -> list[tuple[str, str]]:
    """Name and text of each column."""
    with _opened(path) as file:
        return [(field.name, _text(field)) for field in _fields(path, file)]


def head_here(path: Path) -> list[list[str]]:
    """The names and the first records."""
    with _opened(path) as file:
        fields = _fields(path, file)
        first = next(file.iter_batches(FIRST_RECORDS), None)
        columns = [as_texts(column).to_pylist() for column in first.columns] if first is not None else []
    records = [[cell or "" for cell in row] for row in islice(zip(*columns, strict=True), FIRST_RECORDS)]
    return [[field.name for field in fields], *records]


def to_parquet_here(path: Path, target: str) -> None:
    """Writes the records."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with _opened(path) as file:
        width = len(_fields(path, file))
        schema = pa.schema([(f"c{i + 1}", pa.string()) for i in range(width)])
        with pq.ParquetWriter(target, schema) as writer:
            for batch in file.iter_batches(max(1, CELLS // width)):
                writer.write_batch(pa.record_batch([as_texts(column) for column in batch.columns], schema=schema))


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            yield file
    except (pa.ArrowException, OSError, UnicodeError, OverflowError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise DeliveryError(
            str(path), "cannot be read as a Parquet file", found=first[:200], do="export the survey again"
        ) from error


def _fields(path: Path, file: Any) -> list[Any]:
    """The columns. Raises DeliveryError where some hold records, or there are none."""
    fields = list(file.schema_arrow)
    if not 0 < len(fields) <= MOST_COLUMNS:
        raise DeliveryError(str(path), "is no table of answers", found=f"{len(fields):,} columns")
    if nested := [field.name for field in fields if not _is_flat(field.type)]:
        raise DeliveryError(
            str(path), "has columns that hold records, not answers", found=listed(nested),
            expected="text, numbers, dates, booleans, or lists of these", do="unnest them, or take them out",
        )  # fmt: skip
    return fields


def _is_flat(kind: Any) -> bool:
    import pyarrow as pa

    if _is_list(kind):
        return not pa.types.is_nested(kind.value_type)
    return not pa.types.is_nested(kind)


def _is_list(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _text(field: Any) -> str:
    told = {bytes(key).lower(): value for key, value in (field.metadata or {}).items()}
    label: bytes = told.get(b"label") or told.get(b"description") or b""
    return label.decode("utf-8", "replace").strip() or str(field.name)


def as_texts(column: Any) -> Any:
    """A column as an array of text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if isinstance(column, pa.ExtensionArray):
        return as_texts(column.storage)
    if pa.types.is_dictionary(kind):
        return as_texts(column.cast(kind.value_type))
    if _is_list(kind):
        return _joined(column)
    if pa.types.is_boolean(kind):
        return pc.if_else(column, "1", "0")
    if pa.types.is_integer(kind) or pa.types.is_null(kind) or pa.types.is_string(kind):
        return column.cast(pa.string())
    if pa.types.is_timestamp(kind):
        if kind.tz:
            column = pc.local_timestamp(column)
        column = column.cast(pa.timestamp("us"), safe=False)
    return _each(column, _shown_single if pa.types.is_floating(kind) and kind.bit_width < 64 else _shown)


def _joined(column: Any) -> Any:
    import pyarrow as pa

    texts = as_texts(column.flatten()).to_pylist()
    lengths = [len(items) if items is not None else 0 for items in column.to_pylist()]
    ends, joined = 0, []
    for length in lengths:
        joined.append(";".join(text for text in texts[ends : ends + length] if text) or None)
        ends += length
    return pa.array(joined, pa.string())


def _each(column: Any, shown: Callable[[Any], str | None]) -> Any:
    """Each distinct value put into words once."""
    import pyarrow as pa

    coded = column.dictionary_encode()
    words = pa.array([None if value is None else shown(value) for value in coded.dictionary.to_pylist()], pa.string())
    return words.take(coded.indices)


def _shown(value: Any) -> str | None:
    if isinstance(value, float):
        return None if value != value else number(value)
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, time):
        return duration(timedelta(hours=value.hour, minutes=value.minute, seconds=value.second))
    if isinstance(value, timedelta):
        return duration(value)
    if isinstance(value, bytes):
        return value.decode()
    return value.isoformat() if isinstance(value, date) else str(value)


def _shown_single(value: float) -> str | None:
    """A number of single precision, to the digits that it keeps."""
    return None if value != value else number(float(format(value, ".7g")))
