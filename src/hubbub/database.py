"""The database that the settings name, with what stands in its way told in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from hubbub.config import Settings, WrongSettings
from hubbub.first_start import open_data_folder
from hubbub.storage.engine import open_engine, refusal_of, sqlite_url
from hubbub.storage.migrate import is_current


@contextmanager
def database(settings: Settings, *, current: bool = False) -> Iterator[Engine]:
    """The database of the settings; `current` demands that its schema is that of this version.

    Raises `WrongSettings` when it is not, and `Unavailable` when the database cannot be reached.
    """
    if settings.on_sqlite:
        open_data_folder(settings.data_folder)
    try:
        engine = open_engine(settings.database_url or sqlite_url(settings.data_folder), settings.pool_size)
    except ModuleNotFoundError as missing:
        raise WrongSettings(["database_url needs the extra `postgres`: pip install 'hubbub[postgres]'."]) from missing
    except ArgumentError as wrong:
        raise WrongSettings(["database_url: the value is not an address of a database."]) from wrong
    try:
        if current:
            with engine.begin() as connection:
                require_current(connection)
        yield engine
    except (DBAPIError, PoolTimeout) as error:
        raise type(refusal_of(error))("The database cannot be reached, does not answer, or has no room.") from error
    finally:
        engine.dispose()


def require_current(connection: Connection) -> None:
    """Raise `WrongSettings` unless the schema is that of this version."""
    if not is_current(connection):
        raise WrongSettings(["The database has not the schema of this version: run `hubbub migrate` first."])
