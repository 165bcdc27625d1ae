"""Connections, reader threads, and what differs between SQLite and PostgreSQL.

The synchronous engine runs in threads, one hop to a thread per request or batch: measured three times faster than
SQLAlchemy's asynchronous wrapper. Reads go through `Reader`; the one way to write is `storage.writer`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.url import URL, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement

from hubbub.wire.errors import StorageFull, Unavailable

P = ParamSpec("P")
T = TypeVar("T")

SQLITE_FULL = 13
READER_CACHE_KIB = 1024
WRITER_CACHE_KIB = 8_192
LOCK_CONFLICTS = {"40001", "40P01"}  # PostgreSQL: serialization failure, deadlock detected
DISK_FULL = {"53100", "53200"}  # PostgreSQL: disk full, out of memory


def sqlite_url(data: Path) -> str:
    """The address of the default database in the data folder."""
    return f"sqlite:///{data / 'hubbub.db'}"


def open_engine(url: str, pool_size: int = 10) -> Engine:
    """An engine for `url` (`sqlite:///…` or `postgresql+psycopg://…`); on PostgreSQL of `pool_size` connections."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(url)
    if parsed.drivername in {"postgres", "postgresql"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    return create_engine(
        parsed,
        paramstyle="format",
        isolation_level="READ COMMITTED",
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 5},
    )


def open_writing_engine(engine: Engine) -> Engine:
    """What the writer works with: on SQLite a connection of its own, whose page cache holds what is written to.

    Readers have next to none: with a cache each they would keep a page of every user who ever joined.
    """
    if engine.dialect.name != "sqlite":
        return engine
    return _open_sqlite(engine.url, WRITER_CACHE_KIB)


def _open_sqlite(url: str | URL, cache_kib: int = READER_CACHE_KIB) -> Engine:
    engine = create_engine(url, connect_args={"timeout": 30, "check_same_thread": False}, pool_size=16)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"cache_size=-{cache_kib}",
            "wal_autocheckpoint=16000",  # pages: what changes often is copied back seldom
            "temp_store=MEMORY",
            "secure_delete=ON",  # what is over is overwritten, however SQLite was built
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get("sqlite_begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {mode}")

    return engine


class Prepared:
    """A Core statement compiled once per dialect, for the hot path: `execute` takes tuples in the order of `names`.

    Skipping the compiler and its cache key is worth a third of the time of an insert.
    """

    def __init__(self, statement: ClauseElement, names: Sequence[str]) -> None:
        self._statement = statement
        self._names = tuple(names)
        self._compiled = lru_cache(maxsize=4)(self._compile)

    def _compile(self, dialect: Dialect) -> str:
        compiled = self._statement.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        if tuple(compiled.positiontup or ()) != self._names:
            raise AssertionError(f"parameters are {compiled.positiontup}, not {self._names}")
        return str(compiled)

    def execute(self, connection: Connection, rows: list[tuple[Any, ...]]) -> None:
        """Run the statement once for each row of parameters."""
        if rows:
            connection.exec_driver_sql(self._compiled(connection.dialect), rows)


class PairLookup:
    """Finds the rows of `table` whose two `key` columns are one of many pairs, each by the table's index.

    A list of pairs in an IN would have SQLite read the whole table; here it looks up one pair after the other.
    """

    def __init__(self, table: Table, key: tuple[str, str], columns: Sequence[str], further: str = "") -> None:
        chosen = ", ".join(f"found.{name}" for name in columns)
        conditions = [f"found.{key[0]} = wanted.one", f"found.{key[1]} = wanted.other"]
        matching = " AND ".join([*conditions, further] if further else conditions)
        self._head = "WITH wanted(one, other) AS (VALUES "
        # Names of our own schema only: values are always parameters.
        self._tail = f") SELECT {chosen} FROM wanted CROSS JOIN {table.name} AS found WHERE {matching}"  # noqa: S608

    def find(self, connection: Connection, pairs: Collection[tuple[str, str]]) -> Sequence[tuple[Any, ...]]:
        """The rows, in no order."""
        if not pairs:
            return []
        one = "(?, ?)" if connection.dialect.paramstyle == "qmark" else "(%s, %s)"
        statement = self._head + ", ".join([one] * len(pairs)) + self._tail
        found = connection.exec_driver_sql(statement, tuple(chain.from_iterable(pairs)))
        return [tuple(row) for row in found]


class Reader:
    """Runs read-only functions in threads, each with a connection and one snapshot of its own.

    Raises `Unavailable` when the database cannot be reached; the next call tries again.
    """

    def __init__(self, engine: Engine, threads: int = 4) -> None:
        level = "REPEATABLE READ" if engine.dialect.name == "postgresql" else None
        self._engine = engine.execution_options(isolation_level=level) if level else engine
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="reader")

    async def run(self, query: Callable[Concatenate[Connection, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The result of `query(connection, *args)`; everything that it reads comes from one snapshot."""

        def work() -> T:
            try:
                with self._engine.begin() as connection:
                    return query(connection, *args, **kwargs)
            except (DBAPIError, PoolTimeout) as error:
                raise refusal_of(error) from error

        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def close(self) -> None:
        self._threads.shutdown(wait=True)


def refusal_of(error: Exception) -> Unavailable:
    """What a caller is told about a failure of the database: full, or away; nothing of the failure itself."""
    original = getattr(error, "orig", None)
    if getattr(original, "sqlite_errorcode", None) == SQLITE_FULL or sqlstate(error) in DISK_FULL:
        return StorageFull()
    return Unavailable()


def sqlstate(error: Exception) -> str | None:
    return getattr(getattr(error, "orig", None), "sqlstate", None)


def is_lock_conflict(error: Exception) -> bool:
    """Whether the same transaction may succeed when tried again."""
    return sqlstate(error) in LOCK_CONFLICTS


def is_environmental(error: Exception) -> bool:
    """Whether the database itself failed (away, full), so that trying each change alone would not help."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if isinstance(refusal_of(error), StorageFull):
        return True
    return error.connection_invalidated or (isinstance(error, OperationalError) and not is_lock_conflict(error))
