"""Reads what is published: a study's database, opened read-only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

import duckdb

from pipeline.errors import SurveyError
from pipeline.settings import Home


@contextmanager
def opened(home: Home, study: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """The study's database. Raises SurveyError where it was not published yet."""
    path = home.database(study)
    if not path.is_file():
        raise SurveyError(str(path), "is not published yet", do=f"survey run {study}")
    try:
        con = duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        raise SurveyError(
            str(path), "cannot be opened", found=str(error).splitlines()[0], do=f"survey run {study} publishes it anew"
        ) from error
    try:
        # A query may read the database, and nothing else of this machine.
        con.execute("SET python_enable_replacements = false")
        con.execute("SET enable_external_access = false")
        con.execute("SET lock_configuration = true")
        yield con
    finally:
        con.close()


def rows_of(home: Home, study: str, sql: str, values: Sequence[Any] = ()) -> tuple[list[str], list[dict[str, Any]]]:
    """Column names and rows of a query. Raises SurveyError with DuckDB's reason where the query is wrong."""
    with opened(home, study) as con:
        return rows_in(con, sql, values)


def rows_in(
    con: duckdb.DuckDBPyConnection, sql: str, values: Sequence[Any] = ()
) -> tuple[list[str], list[dict[str, Any]]]:
    """As `rows_of`, where the database is open."""
    try:
        result = con.execute(sql, list(values))
        if result is None or result.description is None:
            return [], []
        names = _distinct([column[0] for column in result.description])
        return names, [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    except duckdb.Error as error:
        raise SurveyError(
            "", str(error).strip(), do="SHOW TABLES lists the tables, DESCRIBE findings its columns"
        ) from error


def _distinct(names: list[str]) -> list[str]:
    """Names of columns, repeated ones numbered."""
    found: list[str] = []
    for name in names:
        numbers = (number for number in count(2) if f"{name}_{number}" not in (*names, *found))
        found.append(name if name not in found else f"{name}_{next(numbers)}")
    return found
