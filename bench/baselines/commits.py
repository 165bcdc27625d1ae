"""Durability one message at a time: an insert and a commit each, by the plain driver, in one process.

`python -m bench.baselines.commits sqlite FILE SECONDS` or `postgres URL SECONDS`; prints a JSON object.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

TABLE = """CREATE TABLE IF NOT EXISTS messages (
    conversation_id TEXT NOT NULL, id TEXT NOT NULL, owner_id TEXT NOT NULL, idx BIGINT NOT NULL,
    content TEXT NOT NULL, inserted_at BIGINT NOT NULL, PRIMARY KEY (conversation_id, id))"""
COLUMNS = "(conversation_id, id, owner_id, idx, content, inserted_at)"
PLACE = "01900000-0000-7000-8000-%012x"
CONTENT = "This is a message of the usual length: two short sentences of chat."

Store = Callable[[tuple[str, str, str, int, str, int]], None]


def main(kind: str, where: str, seconds: float) -> None:
    with {"sqlite": on_sqlite, "postgres": on_postgres}[kind](where) as store:
        count, run, begun, cpu = 0, time.time_ns() & 0xFFFFFFFF, time.perf_counter(), time.process_time()
        while (passed := time.perf_counter() - begun) < seconds:
            count += 1
            row = (PLACE % (count % 1000), PLACE % (run << 16 | count), PLACE % (count % 200), count, CONTENT)
            store((*row, time.time_ns() // 1_000_000))
        print(json.dumps({"messages": count, "seconds": passed, "cpu": time.process_time() - cpu}))


@contextmanager
def on_sqlite(file: str) -> Iterator[Store]:
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(TABLE)
    insert = f"INSERT INTO messages {COLUMNS} VALUES (?, ?, ?, ?, ?, ?)"

    def store(row: tuple[str, str, str, int, str, int]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(insert, row)
        connection.execute("COMMIT")

    yield store
    connection.close()


@contextmanager
def on_postgres(url: str) -> Iterator[Store]:
    import psycopg  # noqa: PLC0415  an extra

    with psycopg.connect(url) as connection:
        connection.execute(TABLE)
        connection.commit()
        insert = f"INSERT INTO messages {COLUMNS} VALUES (%s, %s, %s, %s, %s, %s)"

        def store(row: tuple[str, str, str, int, str, int]) -> None:
            connection.execute(insert.encode(), row)
            connection.commit()

        yield store


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
