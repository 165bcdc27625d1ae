"""Everything that the server has of a user, for the user: line by line, so that no account is too large for it.

Sealed messages come as they are stored, with the user's own copy: their client opens them.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import msgspec

from hubbub.actions.api_tokens import TokenMaking
from hubbub.actions.bots import Bots
from hubbub.actions.invitations import Invitations
from hubbub.actions.passkeys import Passkeys
from hubbub.actions.rows import conversation_row, message_row
from hubbub.actions.sessions import Sessions
from hubbub.auth.actor import Actor
from hubbub.storage import choices, conversations, departures, exports, users
from hubbub.storage.conversations import Conversation
from hubbub.storage.engine import Reader
from hubbub.wire.errors import NotFound
from hubbub.wire.exports import ExportKind, ExportLine
from hubbub.wire.ids import rfc3339
from hubbub.wire.resources import OwnUser

_encode = msgspec.json.Encoder().encode


class Exporting:
    """`clock` gives seconds since 1970."""

    def __init__(
        self,
        *,
        reader: Reader,
        sessions: Sessions,
        passkeys: Passkeys,
        tokens: TokenMaking,
        bots: Bots,
        invitations: Invitations,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._reader = reader
        self._sessions = sessions
        self._passkeys = passkeys
        self._tokens = tokens
        self._bots = bots
        self._invitations = invitations
        self._clock = clock

    async def lines(self, actor: Actor) -> AsyncIterator[bytes]:
        """JSON lines of `wire.exports.ExportLine`. Raises `NotFound` before the first one."""
        account = await self._reader.run(users.own_user, actor.user_id)
        if account is None:
            raise NotFound("There is no such user.")
        return self._lines(actor, account)

    async def _lines(self, actor: Actor, account: OwnUser) -> AsyncIterator[bytes]:
        yield _line("account", account)
        lists: list[tuple[ExportKind, Iterable[Any]]] = [
            ("session", (await self._sessions.all(actor)).items),
            ("passkey", (await self._passkeys.all(actor.user_id)).items),
            ("api_token", (await self._tokens.all(actor)).items),
            ("bot", (await self._bots.all(actor)).items),
            ("invitation", (await self._invitations.mine(actor)).items),
        ]
        for kind, items in lists:
            for item in items:
                yield _line(kind, item)
        for chosen, about in await self._reader.run(choices.of, actor.user_id):
            yield _line("choice", {"kind": chosen, "about": about})
        for report in await self._reader.run(exports.reports_by, actor.user_id):
            yield _line("report", _shown(report, "reporter_id"))
        for score in await self._reader.run(exports.scores_of, actor.user_id):
            yield _line("score", _shown(score, "user_id"))
        async for line in self._conversations(actor.user_id):
            yield line
        yield _line("end", {})

    async def _conversations(self, user_id: str) -> AsyncIterator[bytes]:
        stays: dict[str, list[dict[str, Any]]] = {}
        for stay in await self._reader.run(exports.stays_of, user_id):
            told = {"role": stay.role, "joined_at": rfc3339(stay.inserted_at), "left": stay.left_version is not None}
            stays.setdefault(stay.conversation_id, []).append(told)
        for place in await self._reader.run(departures.places, user_id):
            conversation = await self._reader.run(conversations.load_one, place)
            if conversation is None:
                continue
            if place in stays:
                yield _line("conversation", {**_plain(conversation_row(conversation)), "stays": stays[place]})
            async for line in self._said(conversation, user_id):
                yield line

    async def _said(self, conversation: Conversation, user_id: str) -> AsyncIterator[bytes]:
        here = {"conversation_id": conversation.id}
        after = ""
        while page := await self._reader.run(
            exports.messages_of, conversation, user_id, after, int(self._clock() * 1000)
        ):
            for seen in page:
                if not seen.message.deleted:
                    yield _line("message", {**here, **_plain(message_row(seen))})
            after = page[-1].message.id
        after = ""
        while reactions := await self._reader.run(exports.reactions_of, conversation.id, user_id, after):
            for row in reactions:
                yield _line("reaction", {**here, "message_group": row.message_id, "emoji": row.emoji})
            after = reactions[-1].message_id


def _line(kind: ExportKind, data: Any) -> bytes:
    return _encode(ExportLine(kind=kind, data=_plain(data))) + b"\n"


def _plain(data: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(data)
    return plain


def _shown(row: Any, *without: str) -> dict[str, Any]:
    """A row as it is stored: times are milliseconds since 1970."""
    return {name: value for name, value in row._mapping.items() if name not in without}
