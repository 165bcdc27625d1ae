"""Sharing sealed messages with members who cannot read them: who came later, or has lost their keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from hubbub.actions.announcing import require_conversation
from hubbub.actions.publishing import Publisher
from hubbub.actions.rows import message_change, raw
from hubbub.actions.sending import stale_members
from hubbub.domain.envelopes import check_shared
from hubbub.storage import conversation_keys, conversations, keys, messages
from hubbub.storage.conversations import Conversation
from hubbub.storage.messages import Copy, Message, Seen
from hubbub.storage.operations import Request, RequestMac, once
from hubbub.storage.rosters import Rosters, kid_of
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.envelope import Copy as WireCopy
from hubbub.wire.envelope import parse_copy
from hubbub.wire.errors import Blocked, NotFound, NotMember, StaleMembers, TooLarge, WrongKind
from hubbub.wire.events import ShareCopies
from hubbub.wire.ids import new_id, require_id

MOST_SHARED = 200  # messages
# All that one version has comes in one push and in one page: more would not fit what may wait for a slow reader.
LARGEST_SHARED = 512 * 1024  # characters of `sealed`, of all messages together


class _Offered(NamedTuple):
    """Copies by message and recipient, as text and parsed. `cursor`: the version that the sharer had applied."""

    texts: Mapping[str, Mapping[str, str]]
    parsed: Mapping[str, Mapping[str, WireCopy]]
    cursor: int | None


class _Shared(NamedTuple):
    """What sharing left behind: by recipient what they see now; `unseeing` are the other members."""

    conversation: Conversation
    version: int
    shared: int
    seen: Mapping[str, list[Seen]]
    unseeing: list[str]


class Sharing:
    """Any member may add copies; that the text is its author's, the author's signature proves to whoever opens it."""

    def __init__(self, writer: Writer, publisher: Publisher, rosters: Rosters, mac: RequestMac) -> None:
        self._writer = writer
        self._publisher = publisher
        self._rosters = rosters
        self._mac = mac

    async def share(self, user: str, conversation_id: str, request: ShareCopies) -> msgspec.Raw:
        """Add copies for members who cannot read: `{"version", "shared"}`.

        These have no copy, or one for a key that they lost with their identity key. Left out are copies for others, and
        messages that were deleted, or changed after the request's `cursor`: a copy opens one revision alone. Raises
        `StaleMembers` with what a client needs to seal again, `NotFound` for messages that the sharer cannot read,
        `WrongKind`, `NotMember`, `InvalidEnvelope`, `TooLarge`.
        """
        offered = _offered(request)
        operation = Request(conversation_id, user, request.op_id, self._mac("share", request.copies, request.cursor))
        done = await self._writer.write(
            self._apply, operation, offered, conversations=[conversation_id], tell=self._tell
        )
        return raw({"version": done.version, "shared": done.shared})

    def _tell(self, done: _Shared) -> None:
        """A request that found everyone able to read took no version, so it has none to tell."""
        if not done.shared:
            return
        told = {"conversation_id": done.conversation.id, "version": done.version}
        for user, seen in done.seen.items():
            changes = [message_change(one) for one in seen]
            self._publisher.to_user(user, "copies_shared", {**told, "changes": changes})
        for user in done.unseeing:
            self._publisher.to_user(user, "version", told)

    def _apply(self, transaction: Transaction, operation: Request, offered: _Offered) -> _Shared:
        connection = transaction.connection
        conversation = require_conversation(conversations.load_one(connection, operation.scope))

        def do() -> tuple[str, int]:
            self._check(connection, conversation, operation.user_id, offered)
            added = self._wanted(transaction, conversation, operation.user_id, offered)
            if not added:
                return "0", conversation.head
            messages.replace_copies(connection, added)
            conversations.save_ends(connection, [replace(conversation, head=conversation.head + 1)])
            return str(len(added)), conversation.head + 1

        answer = once(transaction, operation, do)
        members = self._rosters.of(connection, conversation).members
        seen = messages.shared_at(connection, conversation.id, answer.version, transaction.now)
        seeing = {user: rows for user, rows in seen.items() if user in members}
        unseeing = [user for user in members if user not in seeing]
        return _Shared(conversation, answer.version, int(answer.reference), seeing, unseeing)

    def _check(self, connection: Connection, conversation: Conversation, sharer: str, offered: _Offered) -> None:
        if not self._rosters.members(connection, [(conversation, sharer)]):
            raise NotMember()
        if conversation.apart:
            raise Blocked()
        if not conversation.sealed:
            raise WrongKind("Only the messages of a sealed conversation can be shared.")
        roster = self._rosters.of(connection, conversation)
        kids = {user: kid_of(key) for user, key in roster.all_keys(connection).items()}
        try:
            for copies in offered.parsed.values():
                check_shared(copies, kids=kids)
        except StaleMembers as stale:
            raise stale_members(connection, roster, stale.detail) from None

    def _wanted(
        self, transaction: Transaction, conversation: Conversation, sharer: str, offered: _Offered
    ) -> list[Copy]:
        """The copies that somebody lacks, with the version that they take."""
        connection = transaction.connection
        found = messages.existing(connection, [(conversation.id, id) for id in offered.texts], transaction.now)
        people = {sharer, *(user for copies in offered.texts.values() for user in copies)}
        held = messages.held_copies(connection, conversation.id, offered.texts, people)
        unreadable = _Unreadable(connection, conversation.id)
        added: list[Copy] = []
        size = 0
        for id, copies in offered.texts.items():
            message = _readable(found.get((conversation.id, id)), (id, sharer) in held)
            if message.sealed is None or _has_changed(message, offered.cursor):
                continue
            lacking = [user for user in copies if (id, user) not in held or unreadable(held[id, user])]
            size += len(message.sealed) if lacking else 0
            added += [
                Copy(conversation.id, id, user, _id_of(held.get((id, user))), copies[user], conversation.head + 1)
                for user in lacking
            ]
        if size > LARGEST_SHARED:
            raise TooLarge(f"The shared messages are more than {LARGEST_SHARED} characters; share fewer at once.")
        return added


class _Unreadable:
    """Whether a copy is for a key that its reader has lost, asked of the database once per reader.

    With an identity key went the account key, and with that every key that it wrapped.
    """

    def __init__(self, connection: Connection, conversation_id: str) -> None:
        self._connection = connection
        self._conversation_id = conversation_id
        self._kept: dict[str, set[str]] = {}

    def __call__(self, copy: Copy) -> bool:
        return copy.content.partition(".")[0] not in self._kids(copy.user_id)

    def _kids(self, user: str) -> set[str]:
        """The ids of the user's keys, new and old, that their current identity key signed."""
        if user not in self._kept:
            identity = keys.newest_identity(self._connection, user)
            signed = conversation_keys.signers(self._connection, self._conversation_id, user)
            self._kept[user] = {kid for kid, ik in signed.items() if identity is not None and ik == identity.ik}
        return self._kept[user]


def _offered(request: ShareCopies) -> _Offered:
    if len(request.copies) > MOST_SHARED:
        raise TooLarge(f"A request shares at most {MOST_SHARED} messages.")
    texts = {
        require_id(id, "copies"): {require_id(user, "copies"): text for user, text in copies.items()}
        for id, copies in request.copies.items()
    }
    parsed = {id: {user: parse_copy(text) for user, text in copies.items()} for id, copies in texts.items()}
    return _Offered(texts, parsed, request.cursor)


def _readable(message: Message | None, held: bool) -> Message:
    """The message, or what is left of it; `NotFound` for one that the sharer has no copy of."""
    if message is None or not (held or message.deleted or message.removed_by):
        raise NotFound("There is no such message, or you cannot read it yourself.")
    return message


def _has_changed(message: Message, cursor: int | None) -> bool:
    return cursor is not None and message.version > cursor


def _id_of(before: Copy | None) -> str:
    """A copy that is replaced stays the same row to its reader."""
    return before.id if before is not None else new_id()
