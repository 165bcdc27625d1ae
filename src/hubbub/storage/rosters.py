"""Who is in a conversation, with what keys, proven by which chain: read often, changed seldom, so cached."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection

from hubbub.domain.chain import Chain, recorded
from hubbub.storage import conversations
from hubbub.storage.cache import VersionedCache
from hubbub.storage.conversations import Conversation, KeyRecord, Member
from hubbub.wire.links import Link

_decode_link = msgspec.json.Decoder(Link).decode


class Roster(NamedTuple):
    """The current members by user id, the newest keys of those who have any, and the membership chain."""

    members: dict[str, Member]
    keys: dict[str, KeyRecord]
    chain: Chain

    @property
    def kids(self) -> dict[str, str]:
        """The key id that a copy must name, for every member with a key."""
        return {user: kid_of(key) for user, key in self.keys.items()}


def kid_of(key: KeyRecord) -> str:
    if key.kid is not None:
        return key.kid
    document: dict[str, Any] = msgspec.json.decode(key.public_key)
    kid = document.get("kid", "")
    return kid if isinstance(kid, str) else ""


class Rosters:
    """Rosters of encrypted conversations, and single memberships of plaintext ones, keyed by `members_version`."""

    def __init__(self, counted: Callable[[bool], None] = lambda hit: None, size: int = 4096) -> None:
        self._rosters: VersionedCache[str, Roster] = VersionedCache(size, counted)
        self._members: VersionedCache[tuple[str, str], Member] = VersionedCache(size * 16, counted)

    def of(self, connection: Connection, conversation: Conversation) -> Roster:
        """The roster at the conversation's `members_version`; a member's own key may have been renewed since."""
        cached = self._rosters.get(conversation.id, conversation.members_version)
        return cached if cached is not None else self.reload(connection, conversation)

    def reload(self, connection: Connection, conversation: Conversation) -> Roster:
        """The roster read anew: for when a cached one lets something look wrong."""
        members = {member.user_id: member for member in conversations.members(connection, conversation.id)}
        keys = conversations.keys(connection, conversation.id, list(members))
        links = [_decode_link(link) for link in conversations.chain(connection, conversation.id)]
        roster = Roster(members, keys, recorded(conversation.id, links))
        return self._rosters.put(conversation.id, conversation.members_version, roster)

    def members(
        self, connection: Connection, wanted: Iterable[tuple[Conversation, str]]
    ) -> dict[tuple[str, str], Member]:
        """The current memberships among the pairs (conversation, user id)."""
        found: dict[tuple[str, str], Member] = {}
        missing: dict[tuple[str, str], Conversation] = {}
        for conversation, user in wanted:
            key = (conversation.id, user)
            member = self._members.get(key, conversation.members_version)
            if member is not None:
                found[key] = member
            else:
                missing[key] = conversation
        for key, member in conversations.current_members(connection, missing).items():
            found[key] = self._members.put(key, missing[key].members_version, member)
        return found
