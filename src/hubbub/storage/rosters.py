"""Who is in a conversation, with what keys, proven by which chain: read often, changed seldom, so cached."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection

from hubbub.storage import conversation_keys, memberships, sanctions
from hubbub.storage.cache import VersionedCache
from hubbub.storage.conversation_keys import KeyRecord
from hubbub.storage.conversations import Conversation
from hubbub.storage.memberships import Member
from hubbub.wire.chain import Chain, recorded
from hubbub.wire.links import Link

_decode_link = msgspec.json.Decoder(Link).decode


class Roster(msgspec.Struct, frozen=True, gc=False):
    """The current members by user id; the newest keys that they made for the conversation; the membership chain.

    `links` is the chain as it was sent (JSON text), oldest first.
    """

    members: dict[str, Member]
    keys: dict[str, KeyRecord]
    links: tuple[str, ...]
    chain: Chain

    def all_keys(self, connection: Connection) -> dict[str, KeyRecord]:
        """The key of every member who has one; those who made none for the conversation are sealed to under their own.

        That one, and whether an identity key is still its user's, is read anew each time: it has no version here.
        """
        return conversation_keys.current_keys(connection, self.members.keys(), self.keys)


def kid_of(key: KeyRecord) -> str:
    """The id that a copy must name to be for this key; "" where an unsigned key has none."""
    if key.kid is not None:
        return key.kid
    document: dict[str, Any] = msgspec.json.decode(key.public_key)
    kid = document.get("kid", "")
    return kid if isinstance(kid, str) else ""


class Rosters:
    """Rosters of conversations and single memberships, keyed by `members_version`; `entries` rosters at most."""

    def __init__(self, entries: int, counted: Callable[[bool], None] = lambda hit: None) -> None:
        self._rosters: VersionedCache[str, Roster] = VersionedCache(entries, counted)
        self._members: VersionedCache[tuple[str, str], Member] = VersionedCache(entries * 16, counted)
        self._counts: VersionedCache[str, int] = VersionedCache(entries, counted)
        self._silences: VersionedCache[str, dict[str, int]] = VersionedCache(entries, counted)

    def of(self, connection: Connection, conversation: Conversation) -> Roster:
        """The roster at the conversation's `members_version`."""
        cached = self._rosters.get(conversation.id, conversation.members_version)
        if cached is not None:
            return cached
        members = {member.user_id: member for member in memberships.members(connection, conversation.id)}
        keys = conversation_keys.member_keys(connection, conversation.id, members)
        links = tuple(conversation_keys.chain(connection, conversation.id))
        chain = recorded(conversation.id, [_decode_link(link) for link in links])
        roster = Roster(members, keys, links, chain)
        return self._rosters.put(conversation.id, conversation.members_version, roster)

    def count(self, connection: Connection, conversation: Conversation) -> int:
        """How many members there are now; a large group is counted, not loaded."""
        cached = self._counts.get(conversation.id, conversation.members_version)
        if cached is not None:
            return cached
        count = memberships.count_members(connection, conversation.id)
        return self._counts.put(conversation.id, conversation.members_version, count)

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
        for key, member in memberships.current_members(connection, missing).items():
            found[key] = self._members.put(key, missing[key].members_version, member)
        return found

    def silent_until(
        self, connection: Connection, conversation: Conversation, user: str, member: Member | None, now: int
    ) -> int:
        """Until when (milliseconds) the user may not write, whether this member or none; in the past: they may."""
        if member is not None:
            return member.silent_until
        cached = self._silences.get(conversation.id, conversation.members_version)
        if cached is None:
            found = sanctions.silences(connection, conversation.id, now)
            cached = self._silences.put(conversation.id, conversation.members_version, found)
        return cached.get(user, 0)

    def forget(self) -> None:
        """Drop everything: a transaction was rolled back, and what it read of its own writes never was."""
        self._rosters.clear()
        self._members.clear()
        self._counts.clear()
        self._silences.clear()
