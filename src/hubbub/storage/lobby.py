"""The lobby: the one channel that every server has from its first start (seed 004)."""

from __future__ import annotations

from msgspec.structs import replace

from hubbub.storage import conversations
from hubbub.storage.engine import Reader
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.ids import NIL_ID

# The same on every server, so that nobody has to look it up and of several first starts at once none makes a second.
LOBBY_ID = "00000000-0000-7000-8000-006c6f626279"
LOBBY = conversations.begun(
    LOBBY_ID,
    "channel",
    NIL_ID,  # nobody's own
    "",
    encrypted=False,
    alias="Lobby",
    name="lobby",  # a word that no user's channel can have (domain/handles.py)
    joining="oneself",
    changing="owner",
    reading="anyone",
    posting="accounts",
    placing="server",
    listed=True,
)


async def ensure_lobby(reader: Reader, writer: Writer) -> None:
    """Make the lobby where there is none: at the first start, or on a database from before there was one."""
    if await reader.run(conversations.load_one, LOBBY_ID) is None:
        await writer.write(_make)


def _make(transaction: Transaction) -> None:
    now = transaction.now
    conversations.add_named(transaction.connection, replace(LOBBY, inserted_at=now, updated_at=now))
