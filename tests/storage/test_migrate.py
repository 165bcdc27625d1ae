"""Migrations make exactly the tables of the schema, once, whoever runs them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, text

from hubbub.storage.engine import open_engine, sqlite_url
from hubbub.storage.meta import read_epoch, renew_epoch
from hubbub.storage.migrate import is_current, migrate
from hubbub.storage.schema import metadata


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database."""
    url = sqlite_url(tmp_path) if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = open_engine(url)
    yield engine
    engine.dispose()


def test_an_empty_database_becomes_exactly_the_schema(engine: Engine) -> None:
    migrate(engine)
    with engine.begin() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


@pytest.mark.postgres
def test_ids_are_compared_by_bytes_on_postgresql_too(postgres_url: str) -> None:
    engine = open_engine(postgres_url)
    migrate(engine)
    with engine.begin() as connection:
        rows = connection.execute(
            text("SELECT table_name, collation_name FROM information_schema.columns WHERE column_name LIKE '%\\_id'")
        ).all()
    engine.dispose()
    assert rows
    assert {row.collation_name for row in rows if row.table_name in metadata.tables} == {"C"}


def test_a_new_database_has_an_epoch_that_stays(engine: Engine) -> None:
    with engine.begin() as connection:
        assert not is_current(connection)
    migrate(engine)
    with engine.begin() as connection:
        assert is_current(connection)
        epoch = read_epoch(connection)
    migrate(engine)
    with engine.begin() as connection:
        assert read_epoch(connection) == epoch
        assert renew_epoch(connection) != epoch
    with engine.begin() as connection:
        assert read_epoch(connection) != epoch


def test_of_several_that_migrate_at_once_one_does_and_the_others_wait(engine: Engine) -> None:
    with ThreadPoolExecutor(4) as threads:
        for outcome in [threads.submit(migrate, engine) for _ in range(4)]:
            outcome.result(timeout=60)
    with engine.begin() as connection:
        assert is_current(connection)
