"""API tokens: what a user lets programs do in their name, or in that of a bot of theirs."""

from __future__ import annotations

from hubbub.auth.actor import Actor
from hubbub.auth.api_tokens import new_token, stored
from hubbub.auth.revocations import Revocations
from hubbub.storage import api_tokens, bots
from hubbub.storage.api_tokens import ApiToken
from hubbub.storage.engine import Reader
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.api_tokens import MadeToken, NewToken, TokenList, TokenRow
from hubbub.wire.errors import NotFound, TooMany
from hubbub.wire.ids import new_id, require_id, rfc3339

MOST_TOKENS = 100


class TokenMaking:
    """Makes, lists and ends the tokens of who is signed in."""

    def __init__(self, reader: Reader, writer: Writer, revocations: Revocations) -> None:
        self._reader = reader
        self._writer = writer
        self._revocations = revocations

    async def make(self, actor: Actor, asked: NewToken) -> MadeToken:
        """A new token, which is told in the answer alone. Raises `NotFound` for a bot that is not the actor's,
        `TooMany`, `BadInput`.
        """
        limited = asked.conversations
        token = ApiToken(
            id=new_id(),
            user_id=actor.user_id if asked.bot_id is None else require_id(asked.bot_id, "bot_id"),
            name=asked.name.strip(),
            writes="write" in asked.scopes,
            conversations=None if limited is None else [require_id(one, "conversations") for one in limited],
            inserted_at=0,
            expires_at=None,
            used_at=None,
        )
        secret = new_token()
        made = await self._writer.write(
            _make, actor.user_id, token, stored(secret), asked.expires_in, users=[actor.user_id]
        )
        return MadeToken(**{name: getattr(_row(made), name) for name in TokenRow.__struct_fields__}, token=secret)

    async def all(self, actor: Actor) -> TokenList:
        """Those of the actor and of their bots, the newest first."""
        found = await self._reader.run(api_tokens.of_owner, actor.user_id)
        return TokenList(items=[_row(token) for token in found])

    async def end(self, actor: Actor, token_id: str) -> None:
        """End a token, its sockets too, in every process within a second. Raises `NotFound`."""
        ended = await self._writer.write(
            api_tokens.revoke, actor.user_id, token_id, users=[actor.user_id], tell=self._revocations.apply
        )
        if not ended:
            raise NotFound("There is no such token; perhaps it has ended already.")


def _make(
    transaction: Transaction, owner_id: str, token: ApiToken, token_hash: str, expires_in: int | None
) -> ApiToken:
    connection, now = transaction.connection, transaction.now
    if token.user_id != owner_id and not bots.is_owned(connection, token.user_id, owner_id):
        raise NotFound("You have no such bot.")
    if len(api_tokens.of_owner(connection, owner_id)) >= MOST_TOKENS:
        raise TooMany(f"An account has at most {MOST_TOKENS} API tokens.")
    ends = None if expires_in is None else now + expires_in * 1000
    made = ApiToken(
        token.id, token.user_id, token.name, token.writes, token.conversations, now, expires_at=ends, used_at=None
    )
    api_tokens.insert(transaction, made, token_hash)
    return made


def _row(token: ApiToken) -> TokenRow:
    return TokenRow(
        id=token.id,
        user_id=token.user_id,
        name=token.name,
        scopes=["read", "write"] if token.writes else ["read"],
        conversations=token.conversations,
        made_at=rfc3339(token.inserted_at),
        expires_at=None if token.expires_at is None else rfc3339(token.expires_at),
        used_at=None if token.used_at is None else rfc3339(token.used_at),
    )
