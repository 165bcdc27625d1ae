"""Bringing a database to the current schema, and writing the next revision of it.

`python -m hubbub.storage.migrate "why"` writes a revision with what storage/schema.py has and the last
revision lacks; `python -m hubbub.storage.migrate initial` writes the first one anew, while no release has
shipped it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, text

from hubbub.storage.meta import ensure_epoch

MIGRATIONS = Path(__file__).parent / "migrations"
INITIAL = "0001"
# Two processes that migrate at once would both create the tables: this lock of PostgreSQL's lets one wait.
ADVISORY_LOCK = 0x6875626275


def migrate(engine: Engine) -> None:
    """Bring the database to the newest revision, in one transaction; a new database gets its epoch too."""
    with engine.execution_options(sqlite_begin="IMMEDIATE").begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": ADVISORY_LOCK})
        command.upgrade(_config(connection), "head")
        ensure_epoch(connection)


def newest() -> str | None:
    """The revision that this version of the server needs."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def current(connection: Connection) -> str | None:
    """The revision that the database is at; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def is_current(connection: Connection) -> bool:
    return current(connection) == newest()


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


# --- for those who change the schema ------------------------------------------------------------------------


def write_revision(why: str) -> None:
    """Compare the schema with what the revisions make, and write the difference as the next revision."""
    with create_engine("sqlite://").begin() as connection:
        command.upgrade(_config(connection), "head")
        following = f"{int(newest() or 0) + 1:04d}"
        command.revision(_config(connection), why, autogenerate=True, rev_id=following)


def rewrite_initial() -> None:
    """Write the first revision anew from the schema as it is. Only while nobody has a database made by it."""
    for path in (MIGRATIONS / "versions").glob(f"{INITIAL}_*.py"):
        path.unlink()
    with create_engine("sqlite://").begin() as connection:
        command.revision(_config(connection), "initial", autogenerate=True, rev_id=INITIAL)


if __name__ == "__main__":
    if sys.argv[1:] == ["initial"]:
        rewrite_initial()
    else:
        write_revision(" ".join(sys.argv[1:]))
