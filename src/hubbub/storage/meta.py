"""What the database says about itself: its epoch, and which code of conduct holds."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from hubbub.storage.schema import meta
from hubbub.wire.ids import new_id

EPOCH = "epoch"
CONDUCT = "conduct"


def read_epoch(connection: Connection) -> str:
    """The epoch that every cursor belongs to (Hubbub protocol, section 2)."""
    epoch = _read(connection, EPOCH)
    if epoch is None:
        raise LookupError("the database has no epoch: its schema was not made by a migration")
    return epoch


def ensure_epoch(connection: Connection) -> None:
    """Give a new database its epoch."""
    if _read(connection, EPOCH) is None:
        renew_epoch(connection)


def renew_epoch(connection: Connection) -> str:
    """A new epoch, so that clients that saw what a restored backup has lost build their replicas anew."""
    epoch = new_id()
    _write(connection, EPOCH, epoch)
    return epoch


def wait_in_line(connection: Connection) -> None:
    """Wait until no other transaction, of any process, is behind this line; it is left by committing."""
    connection.execute(select(meta.c.value).where(meta.c.name == EPOCH).with_for_update())


def conduct(connection: Connection) -> str | None:
    """The version of the code of conduct; None: there is none."""
    return _read(connection, CONDUCT)


def set_conduct(connection: Connection, version: str | None) -> None:
    if version is None:
        connection.execute(delete(meta).where(meta.c.name == CONDUCT))
    else:
        _write(connection, CONDUCT, version)


def _read(connection: Connection, name: str) -> str | None:
    return connection.execute(select(meta.c.value).where(meta.c.name == name)).scalar()


def _write(connection: Connection, name: str, value: str) -> None:
    connection.execute(delete(meta).where(meta.c.name == name))
    connection.execute(insert(meta).values(name=name, value=value))
