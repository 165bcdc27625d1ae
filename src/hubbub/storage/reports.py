"""Queries on what users reported."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select, tuple_, update

from hubbub.storage.schema import reports
from hubbub.storage.users import Place


class Report(NamedTuple):
    """A row, in the order of the table's columns; times in milliseconds. `user_id`: whom it is about."""

    id: str
    reporter_id: str
    conversation_id: str | None
    message_id: str | None
    user_id: str | None
    reason: str
    excerpt: str | None
    resolution: str | None
    resolved_by: str | None
    resolved_at: int | None
    inserted_at: int


def add(connection: Connection, report: Report) -> None:
    connection.execute(insert(reports).values(**report._asdict()))


def load(connection: Connection, report_id: str) -> Report | None:
    row = connection.execute(select(reports).where(reports.c.id == report_id)).first()
    return Report(*row) if row is not None else None


def resolve(connection: Connection, resolved: Report) -> None:
    connection.execute(
        update(reports)
        .where(reports.c.id == resolved.id)
        .values(resolution=resolved.resolution, resolved_by=resolved.resolved_by, resolved_at=resolved.resolved_at)
    )


def count_open(connection: Connection, reporter_id: str) -> int:
    """How many of a user's reports wait."""
    query = select(func.count()).select_from(reports)
    return connection.execute(
        query.where(reports.c.resolved_at.is_(None), reports.c.reporter_id == reporter_id)
    ).scalar_one()


def page(
    connection: Connection, is_open: bool | None, after: Place | None, size: int
) -> tuple[list[Report], Place | None]:
    """`size` reports, oldest first (None: open or not), and where to go on; None on the last page."""
    query = select(reports).order_by(reports.c.inserted_at, reports.c.id)
    if is_open is not None:
        resolved = reports.c.resolved_at
        query = query.where(resolved.is_(None) if is_open else resolved.is_not(None))
    if after is not None:
        query = query.where(tuple_(reports.c.inserted_at, reports.c.id) > tuple_(after.inserted_at, after.id))
    rows = [Report(*row) for row in connection.execute(query.limit(size + 1))]
    last = Place(rows[size - 1].inserted_at, rows[size - 1].id) if len(rows) > size else None
    return rows[:size], last
