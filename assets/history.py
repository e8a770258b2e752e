"""Dagster's history in SQLite with connections that stay open.

Dagster's own storage opens a database, and compiles each of its queries, anew for every event it writes or looks up:
half the time of a run of small waves. What it writes, and where, is the same; either reads what the other wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import sqlalchemy
from dagster._core.storage.event_log import SqliteEventLogStorage
from sqlalchemy.pool import QueuePool

KEPT_OPEN = 4  # databases: that of all runs, those of the latest runs
BUSY_SECONDS = 30


class SqliteHistory(SqliteEventLogStorage):
    """Dagster's storage of events, one connection a database."""

    def __init__(self, *given: Any, **named: Any) -> None:
        self._engine = lru_cache(KEPT_OPEN)(self._opened)
        self._tables: set[str] = set()
        super().__init__(*given, **named)

    @staticmethod
    def from_config_value(inst_data: Any, config_value: Any) -> SqliteHistory:
        return SqliteHistory(inst_data=inst_data, **config_value)

    def _opened(self, shard: str) -> sqlalchemy.Engine:
        engine = sqlalchemy.create_engine(
            self.conn_string_for_shard(shard), poolclass=QueuePool, pool_size=1, connect_args={"timeout": BUSY_SECONDS}
        )
        self._initdb(engine)
        return engine

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        with self._db_lock, self._engine(shard).begin() as connection:
            yield connection

    def has_table(self, table_name: str) -> bool:
        """Asked before every query of a table that not every Dagster has."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    def dispose(self) -> None:
        self._engine.cache_clear()
        super().dispose()
