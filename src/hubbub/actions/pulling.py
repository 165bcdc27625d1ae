"""Sync: what changed since a cursor, so that nothing is ever missed (Hubbub protocol, section 2)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection

from hubbub.actions.documents import read_times, require_reader, view_of
from hubbub.actions.rows import (
    choice_change,
    conversation_change,
    key_change,
    link_change,
    listing_change,
    member_change,
    message_change,
    named,
    private_keys_change,
    reaction_change,
    read_mark_change,
    removal_change,
)
from hubbub.auth.actor import Actor
from hubbub.domain.visibility import Span, horizon
from hubbub.storage import conversation_keys, conversations, memberships, messages, removals, user_stream, users
from hubbub.storage.conversations import Conversation
from hubbub.storage.engine import Reader
from hubbub.storage.rosters import Rosters
from hubbub.storage.vault import Vault
from hubbub.wire.errors import BadInput, CursorExpired, Unauthorized
from hubbub.wire.events import Changed, Pulled

LARGEST_PULL = 500

# Rows with above < version <= upto, by version; at most `limit` of them (None: all).
Source = Callable[[int, int, int | None], Sequence[Changed]]


class Pulling:
    """Answers pulls on conversations and on the user's own stream; `clock` gives seconds since 1970."""

    def __init__(
        self, reader: Reader, rosters: Rosters, vault: Vault, epoch: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._reader = reader
        self._rosters = rosters
        self._vault = vault
        self._epoch = epoch
        self._clock = clock

    async def pull(
        self, actor: Actor | None, conversation_id: str | None, cursor: int, limit: int, epoch: str | None
    ) -> Pulled:
        """The latest state of every row that changed after `cursor`, by version, about `limit` rows at most.

        Without a conversation: the user's own stream, with `heads`. No actor: a guest.

        Raises `Unauthorized`, `NotMember`, `CursorExpired`, `BadInput`.
        """
        if cursor < 0 or limit < 1:
            raise BadInput("cursor is a whole number from 0, and limit from 1.")
        if epoch is not None and epoch != self._epoch:
            raise CursorExpired(epoch=self._epoch)
        limit = min(limit, LARGEST_PULL)
        user_id = actor.user_id if actor is not None else None
        if conversation_id is not None:
            return await self._reader.run(self._conversation, user_id, conversation_id, cursor, limit)
        if user_id is None:
            raise Unauthorized()
        return await self._reader.run(self._own, user_id, cursor, limit)

    async def heads(self, actor: Actor) -> dict[str, Any]:
        """Where everything of the user's stands: the versions of their conversations, and of their own stream."""
        return await self._reader.run(self._heads, actor.user_id)

    def _heads(self, connection: Connection, user_id: str) -> dict[str, Any]:
        heads = dict(memberships.memberships_of(connection, user_id))
        return {"heads": heads, "cursor": user_stream.head(connection, user_id), "epoch": self._epoch}

    # --- a conversation -------------------------------------------------------------------------------------------

    def _conversation(
        self, connection: Connection, user_id: str | None, conversation_id: str, cursor: int, limit: int
    ) -> Pulled:
        conversation, spans = require_reader(connection, user_id, conversation_id)
        head = horizon(spans, conversation.head)
        self._check_cursor(cursor, head, conversation.swept_version)
        sources = _sources(connection, conversation, spans, user_id, int(self._clock() * 1000))
        changes, reached, more = _pages_of(sources, cursor, head, limit)
        pulled = Pulled(epoch=self._epoch, changes=changes, cursor=reached, more=more)
        if conversation.reading == "anyone":
            pulled.authors = users.authors(connection, named(change.data for change in changes))
        if not more and user_id is not None and any(span.current for span in spans):
            # They take no version, so only coming whole repairs one that was lost.
            pulled.read_times = read_times(connection, self._rosters, conversation)
        return pulled

    def _check_cursor(self, cursor: int, head: int, swept: int) -> None:
        """A cursor above the head is of another history; one below a tombstone that is gone would miss a deletion.

        0 is nobody's history: who begins there has nothing that could be stale.
        """
        if cursor > head or 0 < cursor < swept:
            raise CursorExpired(epoch=self._epoch, cursor=head)

    # --- the user's own stream ------------------------------------------------------------------------------------

    def _own(self, connection: Connection, user_id: str, cursor: int, limit: int) -> Pulled:
        head, swept = user_stream.bounds(connection, user_id)
        self._check_cursor(cursor, head, swept)

        def rows(above: int, upto: int, most: int | None) -> list[Changed]:
            found = user_stream.changes_since(connection, user_id, above, upto, most)
            return [self._own_row(connection, user_id, row) for row in found]

        changes, reached, more = _pages_of([rows], cursor, head, limit)
        heads = dict(memberships.memberships_of(connection, user_id))
        return Pulled(epoch=self._epoch, changes=changes, cursor=reached, more=more, heads=heads)

    def _own_row(self, connection: Connection, user_id: str, row: user_stream.StreamRow) -> Changed:
        """What a row of the stream says now, read from where it is kept."""
        if row.kind in user_stream.CHOICES:
            return choice_change(row.kind, row.row_id, row.version, taken_back=row.deleted)
        if row.deleted:
            return Changed(kind=row.kind, id=row.row_id, version=row.version, deleted=True, data=None)
        if row.kind == user_stream.SETTINGS:
            own = users.own_user(connection, user_id)
            return Changed(kind=row.kind, id=row.row_id, version=row.version, deleted=False, data=own)
        if row.kind == user_stream.READ_MARK:
            read_at = conversations.read_times(connection, row.row_id, user_id)[user_id]
            return read_mark_change(row.row_id, read_at, row.version)
        if row.kind == user_stream.PRIVATE_KEYS:
            generations = conversation_keys.generations(connection, row.row_id, user_id)
            return private_keys_change(self._vault, row.row_id, generations, row.version)
        conversation = conversations.load_one(connection, row.row_id)
        if conversation is None:  # closed a moment ago: the tombstone comes with a version of its own
            return Changed(kind=row.kind, id=row.row_id, version=row.version, deleted=True, data=None)
        span = memberships.spans(connection, row.row_id, user_id)[-1]
        return listing_change(conversation, span, row.version)


def _sources(
    connection: Connection, conversation: Conversation, spans: Sequence[Span], user_id: str | None, now: int
) -> list[Source]:
    """Every kind of row that a conversation's stream has; a guest is not told who is in it."""
    id = conversation.id
    view = view_of(conversation, spans, user_id, now)

    def conversation_rows(above: int, upto: int, _limit: int | None) -> list[Changed]:
        return [conversation_change(conversation)] if above < conversation.version <= upto else []

    def message_rows(above: int, upto: int, limit: int | None) -> list[Changed]:
        found = messages.changed_since(connection, view, above, upto, limit)
        return [message_change(seen, conversation.encrypted) for seen in found]

    def shared_rows(above: int, upto: int, limit: int | None) -> list[Changed]:
        found = messages.shared_since(connection, view, above, upto, limit)
        return [message_change(seen) for seen in found]

    def reaction_rows(above: int, upto: int, limit: int | None) -> list[Changed]:
        found = messages.reactions_since(connection, view, above, upto, limit)
        return [reaction_change(reaction) for reaction in found]

    def removal_rows(above: int, upto: int, limit: int | None) -> list[Changed]:
        return [removal_change(one) for one in removals.removals_since(connection, view, above, upto, limit)]

    def member_rows(above: int, upto: int, limit: int | None) -> list[Changed]:
        found = memberships.memberships_since(connection, id, above, upto, limit)
        return [member_change(user, span) for user, span in found]

    def key_rows(above: int, upto: int, limit: int | None) -> list[Changed]:
        return [key_change(key) for key in conversation_keys.keys_since(connection, id, above, upto, limit)]

    def link_rows(above: int, upto: int, limit: int | None) -> list[Changed]:
        return [link_change(*link) for link in conversation_keys.links_since(connection, id, above, upto, limit)]

    if user_id is None:
        return [conversation_rows, message_rows, reaction_rows, removal_rows]
    sources: list[Source] = [conversation_rows, message_rows, reaction_rows, removal_rows]
    sources += [member_rows, key_rows, link_rows]
    return [*sources, shared_rows] if conversation.encrypted else sources


def _pages_of(sources: Sequence[Source], cursor: int, head: int, limit: int) -> tuple[list[Changed], int, bool]:
    """The next rows of all sources by version, the cursor that they reach, and whether there are more.

    A version is never split over pages: a source that gave as many rows as it was asked for may have more of its last
    version, so the page ends below that; a single version that is larger than a page comes whole.
    """
    found = [list(source(cursor, head, limit)) for source in sources]
    cut = min((rows[-1].version for rows in found if len(rows) >= limit), default=head + 1)
    changes = sorted((row for rows in found for row in rows if row.version < cut), key=_version)
    if not changes and cut <= head:
        changes = [row for source in sources for row in source(cut - 1, cut, None)]
        return changes, cut, _any_above(sources, cut, head)
    if len(changes) > limit:
        last = changes[limit - 1].version
        changes = [row for row in changes if row.version <= last]
        return changes, last, True
    if cut <= head:
        return changes, changes[-1].version, True
    return changes, head, False


def _any_above(sources: Sequence[Source], cursor: int, head: int) -> bool:
    return any(source(cursor, head, 1) for source in sources)


def _version(row: Changed) -> int:
    return row.version
