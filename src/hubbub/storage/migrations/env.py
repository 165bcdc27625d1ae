"""How Alembic runs here: always on a connection that `storage.migrate` hands over, inside its transaction."""

from __future__ import annotations

from alembic import context

from hubbub.storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # on SQLite too: `storage.engine` begins transactions itself
    render_as_batch=True,  # SQLite alters a table by copying it
)
context.run_migrations()
