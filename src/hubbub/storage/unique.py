"""Inserting where another process may have been first."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Table, literal_column
from sqlalchemy.dialects import postgresql, sqlite

_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_unless_taken(connection: Connection, table: Table, values: dict[str, Any]) -> bool:
    """Insert the row, or change nothing and answer False when a unique key of it is taken.

    A violated key would end the whole batch on PostgreSQL; this does not.
    """
    statement = _INSERTS[connection.dialect.name](table).values(values).on_conflict_do_nothing()
    # A returned row, because not every driver counts an insert that did nothing.
    return connection.execute(statement.returning(literal_column("1"))).first() is not None
