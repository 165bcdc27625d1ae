"""Who is online, told to those who care: contacts, who watches, and oneself (Hubbub protocol, section 1; seed 000).

Each change is published to the topic of everyone in the user's circle (`storage/circles.py`), so it costs as many
frames as of these are online, however many users there are. Hidden users are in no store and appear to nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Iterable
from typing import Any

import structlog
from msgspec.json import decode

from hubbub.actions.publishing import CONTACTS_CHANGED, Publisher
from hubbub.bus.port import Published
from hubbub.bus.presence import Meta, PresenceStore, Present
from hubbub.gateway.background import Background
from hubbub.gateway.channel import Socket
from hubbub.gateway.topics import PRESENCE_PREFIX, SYSTEM_TOPIC
from hubbub.storage import circles
from hubbub.storage.engine import Reader
from hubbub.wire.errors import Refusal
from hubbub.wire.frames import encode
from hubbub.wire.ids import rfc3339

log = structlog.get_logger("hubbub.presence")

ANOTHER_TRY = 1.0  # seconds, while the database is away


class Presence:
    """The presences of this process's sockets."""

    def __init__(self, store: PresenceStore, reader: Reader, publisher: Publisher) -> None:
        self._store = store
        self._reader = reader
        self._publisher = publisher
        self._refs: dict[Socket, Meta | None] = {}  # None: the socket watches, and is not shown
        self._idle: set[Socket] = set()  # of those shown or not: their users are away from them
        self._overtaken: dict[str, bool] = {}  # users who are being shown the state: whether a diff came meanwhile
        self._background = Background()

    async def start(self) -> None:
        await self._store.start(self._gone, self._returned, self._restored)

    async def close(self) -> None:
        await self._store.close()

    # --- sockets --------------------------------------------------------------------------------------------------

    async def arrive(self, socket: Socket) -> None:
        """Push `presence_state` to the socket, and the user's arrival to their contacts unless they are hidden.

        While the database is away that waits, and nothing else of the socket does.
        """
        user = socket.user_id
        if user is None:
            return
        self._refs[socket] = None
        try:
            await self._arrive(socket, user)
        except Refusal:
            self._background.spawn(self._arrive_later(socket, user))

    async def _arrive_later(self, socket: Socket, user: str) -> None:
        while socket in self._refs:
            await asyncio.sleep(ANOTHER_TRY)
            with contextlib.suppress(Refusal):
                await self._arrive(socket, user)
                return

    async def _arrive(self, socket: Socket, user: str) -> None:
        circle = await self._reader.run(circles.of, user)
        if socket not in self._refs or self._refs[socket] is not None:
            return  # it went meanwhile, and nobody would ever take its presence away; or it came again and is shown
        if not circle.hidden:
            meta = Meta(_fresh_ref(), rfc3339(time.time_ns() // 1_000_000), self._status(socket))
            self._refs[socket] = meta
            await self._store.arrive(user, meta)
            self._tell([*circle.audience, user], {user: [meta]}, {})
        await self._show(socket, [*circle.shown, user])

    async def show(self, socket: Socket) -> None:
        """Push the whole state again, as soon as the database is there: the socket may stay, and never ask itself."""
        while (user := socket.user_id) is not None and socket in self._refs:
            try:
                shown = await self._reader.run(circles.shown, user)
            except Refusal:
                await asyncio.sleep(ANOTHER_TRY)
            else:
                await self._show(socket, [*shown, user])
                return

    async def _show(self, socket: Socket, circle: list[str]) -> None:
        """Push the whole state; one that a diff overtook on its way from the store is followed by another."""
        user = circle[-1]
        self._overtaken[user] = True
        while self._overtaken.get(user):
            self._overtaken[user] = False
            present = await self._store.of(circle)
            socket.push_event(SYSTEM_TOPIC, "presence_state", encode(_entries(present)))
        self._overtaken.pop(user, None)

    async def leave(self, socket: Socket) -> None:
        """The socket left the topic, or went."""
        meta = self._refs.pop(socket, None)
        self._idle.discard(socket)
        await self._withdraw(socket, meta)

    async def _withdraw(self, socket: Socket, meta: Meta | None) -> None:
        user = socket.user_id
        if meta is None or user is None:
            return
        await self._store.leave(user, meta.phx_ref)
        await self._tell_circle(user, {}, {user: [meta]})

    async def set_status(self, socket: Socket, status: str) -> None:
        """Say whether somebody is at this socket; others see the best of all sockets of the user.

        As Phoenix has it, a presence that changes leaves and comes back under another ref. Raises `Unavailable`.
        """
        (self._idle.add if status == "idle" else self._idle.discard)(socket)
        user, before = socket.user_id, self._refs.get(socket)
        if user is None or before is None or before.status == status:
            return
        audience = await self._reader.run(circles.audience, user)
        if self._refs.get(socket) is not before:
            return  # it went, or hid, meanwhile
        after = Meta(_fresh_ref(), before.online_at, self._status(socket))
        self._refs[socket] = after
        await self._store.arrive(user, after)
        await self._store.leave(user, before.phx_ref)
        stays = self._refs.get(socket) is after  # else whoever took it away tells of that
        self._tell([*audience, user], {user: [after]} if stays else {}, {user: [before]})

    def _status(self, socket: Socket) -> str:
        return "idle" if socket in self._idle else "online"

    def overhear(self, published: Published, listeners: list[Any]) -> bool:
        """The user hid or shows themselves, or has other contacts: every process follows for its own sockets of theirs.

        True when the sockets themselves need not hear of it.
        """
        if published.event == "set_hidden":
            hidden = bool(decode(published.payload)["hidden"])
            self._background.spawn(self._set_hidden(hidden, listeners))
        elif published.event == CONTACTS_CHANGED:
            self._background.spawn(self._show_all(listeners))
            return True
        if (user := published.topic.removeprefix(PRESENCE_PREFIX)) in self._overtaken:
            self._overtaken[user] = True
        return False

    async def _show_all(self, sockets: Iterable[Socket]) -> None:
        for socket in sockets:
            await self.show(socket)

    async def _set_hidden(self, hidden: bool, sockets: Iterable[Socket]) -> None:
        for socket in sockets:
            meta = self._refs.get(socket)
            if hidden and meta is not None:
                self._refs[socket] = None
                await self._withdraw(socket, meta)
            elif not hidden and meta is None and socket in self._refs:
                await self.arrive(socket)

    # --- telling --------------------------------------------------------------------------------------------------

    async def _tell_circle(self, user: str, joins: Present, leaves: Present) -> None:
        while True:
            try:
                audience = await self._reader.run(circles.audience, user)
            except Refusal:
                if not leaves:
                    return  # they learn of it when they join anew
                await asyncio.sleep(ANOTHER_TRY)  # who went must not be shown for ever because the database was away
            else:
                self._tell([*audience, user], joins, leaves)
                return

    def _tell(self, audience: Iterable[str], joins: Present, leaves: Present) -> None:
        payload = encode({"joins": _entries(joins), "leaves": _entries(leaves)})
        for contact in audience:
            self._publisher.to_contact(contact, "presence_diff", payload)

    # --- what the store finds -------------------------------------------------------------------------------------

    def _gone(self, present: Present) -> None:
        for user, metas in present.items():
            self._background.spawn(self._tell_circle(user, {}, {user: metas}))

    def _returned(self, present: Present) -> None:
        for user, metas in present.items():
            self._background.spawn(self._tell_circle(user, {user: metas}, {}))

    def _restored(self) -> None:
        """What was shown while the store was away lacked other processes' users there, and this one's elsewhere."""
        self._background.spawn(self._tell_all_anew())

    async def _tell_all_anew(self) -> None:
        for socket, meta in list(self._refs.items()):
            if socket.user_id is not None and meta is not None:
                await self._tell_circle(socket.user_id, {socket.user_id: [meta]}, {})
        await self._show_all(list(self._refs))


def _fresh_ref() -> str:
    return secrets.token_urlsafe(9)


def _entries(present: Present) -> dict[str, Any]:
    """Phoenix's shape: user id to its metas."""
    return {user: {"metas": metas} for user, metas in present.items()}
