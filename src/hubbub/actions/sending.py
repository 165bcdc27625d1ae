"""The hot path: what one batch of sent messages does in its transaction.

Everything that many messages can share is shared: one query for the conversations, one for ids that are taken, cached
memberships, one insert for all messages, one for all copies, one update for all conversations, one
upsert for the leader-board.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from hubbub.domain import ordering, rooms, rules
from hubbub.domain.envelopes import check_copies, check_current
from hubbub.domain.ordering import Place
from hubbub.storage import conversations, messages, scores, users
from hubbub.storage.conversations import Conversation
from hubbub.storage.memberships import Member
from hubbub.storage.messages import Copy, Message
from hubbub.storage.rosters import Roster, Rosters, kid_of
from hubbub.storage.writer import Change, Transaction
from hubbub.wire.envelope import Copy as WireCopy
from hubbub.wire.envelope import Envelope
from hubbub.wire.errors import (
    BadInput,
    Blocked,
    Forbidden,
    IdTaken,
    IndexBehind,
    InvalidSignature,
    Muted,
    NotFound,
    NotMember,
    Refusal,
    StaleMembers,
    WrongKind,
)
from hubbub.wire.events import Author
from hubbub.wire.ids import NIL_ID, new_id


class Said(msgspec.Struct, frozen=True, gc=False):
    """What is said: plaintext `content`, perhaps below a `subject`; or `copies` by recipient (seed 003); or `sealed`,
    with copies. `signature` is that of the author over `content`, where messages are signed; it was checked.
    """

    content: str | None = None
    copies: dict[str, str] | None = None
    sealed: str | None = None
    envelope: Envelope | None = None
    parsed_copies: dict[str, WireCopy] | None = None
    subject: str | None = None
    signature: str | None = None


class Sent(msgspec.Struct, frozen=True, gc=False):
    """A stored message: `copies` by recipient, `unseeing` the members who got none; `repeated`: sent before.

    `author` where anyone may read: guests can ask nobody who it was.
    """

    conversation: Conversation
    message: Message
    copies: dict[str, Copy]
    unseeing: tuple[str, ...] = ()
    repeated: bool = False
    author: Author | None = None


class Send(Change[Sent]):
    """One message to be stored. `index` and `position` are None when the server is to choose the place.

    `expires_in` are seconds; None: as long as the conversation has messages last.
    """

    __slots__ = (
        "client_made_id",
        "conversation_id",
        "conversations",
        "device_id",
        "expires_in",
        "id",
        "index",
        "position",
        "reply_to",
        "request_mac",
        "rosters",
        "said",
        "sender",
    )

    def __init__(
        self,
        rosters: Rosters,
        conversation_id: str,
        sender: str,
        said: Said,
        request_mac: str,
        *,
        id: str | None,
        device_id: str | None,
        index: int | None,
        position: int | None,
        reply_to: str | None,
        expires_in: int | None = None,
    ) -> None:
        self.rosters = rosters
        self.conversation_id = conversation_id
        self.conversations = (conversation_id,)
        self.sender = sender
        self.said = said
        self.request_mac = request_mac
        self.client_made_id = id is not None
        self.id = id or new_id()
        self.device_id = device_id or NIL_ID
        self.index = index
        self.position = position
        self.reply_to = reply_to
        self.expires_in = expires_in

    @classmethod
    def apply_all(cls, transaction: Transaction, changes: Sequence[Change[Any]]) -> list[Any]:
        sends = [change for change in changes if isinstance(change, Send)]
        batch = _Batch(transaction, sends)
        outcomes = [batch.outcome(send) for send in sends]
        batch.write()
        return outcomes


class _Batch:
    """The state that a batch reads once and carries along from message to message."""

    def __init__(self, transaction: Transaction, sends: Sequence[Send]) -> None:
        self._transaction = transaction
        self._connection = transaction.connection
        self._rosters = sends[0].rosters
        self._conversations = conversations.load(self._connection, {send.conversation_id for send in sends})
        self._taken = messages.existing(self._connection, _ids_to_look_up(sends), transaction.now)
        self._members = self._rosters.members(
            self._connection,
            [
                (self._conversations[send.conversation_id], send.sender)
                for send in sends
                if send.conversation_id in self._conversations
            ],
        )
        self._authors = users.authors(self._connection, [send.sender for send in sends if self._is_public(send)])
        self._added: list[Message] = []
        self._copies: list[Copy] = []
        self._changed: set[str] = set()
        self._written: Counter[tuple[str, str]] = Counter()  # by conversation and author, where it is scored

    def outcome(self, send: Send) -> Sent | Refusal:
        try:
            return self._store(send)
        except Refusal as refusal:
            return refusal

    def write(self) -> None:
        messages.add(self._connection, self._added, self._copies)
        scores.written(self._connection, self._written, self._transaction.now)
        changed = [self._conversations[id] for id in self._changed]
        conversations.save_ends(self._connection, changed)
        self._keep_limits(changed)

    def _keep_limits(self, changed: Sequence[Conversation]) -> None:
        limited = [one for one in changed if one.history_limit is not None]
        added = Counter(message.conversation_id for message in self._added) if limited else Counter()
        for one in limited:
            messages.trim(self._connection, one.id, one.history_limit or 0, added[one.id])

    def _is_public(self, send: Send) -> bool:
        conversation = self._conversations.get(send.conversation_id)
        if conversation is None or conversation.signed:
            return False  # who signs takes part under a name of their own
        return conversation.reading == "anyone"

    def _store(self, send: Send) -> Sent:
        conversation = self._conversations.get(send.conversation_id)
        if conversation is None or rooms.is_over(conversation.due_at, self._transaction.now):
            raise NotMember()
        taken = self._taken.get((send.conversation_id, send.id))
        if taken is not None and (taken.owner_id, taken.request_mac) == (send.sender, send.request_mac):
            return self._repeat(conversation, taken)
        member = self._members.get((send.conversation_id, send.sender))
        check_posting(conversation, member)
        if taken is not None:
            raise IdTaken()
        now = self._transaction.now
        silent_until = self._rosters.silent_until(self._connection, conversation, send.sender, member, now)
        require_may_write(conversation, silent_until, now)
        self._check_reply(conversation, send)
        copied, unseeing = self._copy(conversation, send)
        place = self._place(conversation, member, send)
        return self._add(conversation, send, place, copied, unseeing)

    def _repeat(self, conversation: Conversation, message: Message) -> Sent:
        """A message that was accepted before is announced again and changes nothing."""
        if not conversation.copied or message.deleted:
            return Sent(conversation, message, {}, repeated=True, author=self._authors.get(message.owner_id))
        copied = {copy.user_id: copy for copy in self._copies if copy.message_id == message.id}
        found = copied or messages.copies_of(self._connection, conversation.id, message.id)
        return Sent(conversation, message, found, repeated=True)

    def _check_reply(self, conversation: Conversation, send: Send) -> None:
        if send.reply_to is None:
            return
        if conversation.encrypted:
            raise WrongKind("Reply targets of encrypted conversations travel inside envelopes.")
        if (send.conversation_id, send.reply_to) not in self._taken:
            raise NotFound("The message that is replied to is not in this conversation.")

    def _copy(self, conversation: Conversation, send: Send) -> tuple[dict[str, Copy], tuple[str, ...]]:
        """The copies to store, and the members who get none."""
        if conversation.signed and send.said.signature is None:
            raise InvalidSignature()
        if not conversation.copied:
            require_form(send.said.content is not None and send.said.copies is None, "content")
            return {}, ()
        roster = checked_roster(self._rosters, self._connection, conversation, send.said, rev=0)
        recipients = send.said.copies or {}
        copied = {user: Copy(conversation.id, send.id, user, new_id(), text) for user, text in recipients.items()}
        return copied, tuple(roster.members.keys() - recipients.keys())

    def _place(self, conversation: Conversation, member: Member | None, send: Send) -> Place:
        top = conversation.top
        if send.index is None or member is None or conversation.placing == "server":
            return ordering.next_place(top, send.sender, send.device_id)
        position = send.position or 0
        ordering.check_index(send.index, position, top.idx, member.joined_top_index)
        if send.index < top.idx and self._device_went_past(send, send.index):
            raise IndexBehind(top_index=top.idx)
        return Place(send.index, send.sender, send.device_id, position)

    def _device_went_past(self, send: Send, index: int) -> bool:
        """Whether this device has a later message already, in the database or in this very batch."""
        author = (send.conversation_id, send.sender, send.device_id)
        if any(added.idx > index and (added[0], *added[2:4]) == author for added in self._added):
            return True
        return messages.device_went_past(self._connection, send.conversation_id, send.sender, send.device_id, index)

    def _add(
        self,
        conversation: Conversation,
        send: Send,
        place: Place,
        copied: dict[str, Copy],
        unseeing: tuple[str, ...],
    ) -> Sent:
        now = self._transaction.now
        version = conversation.head + 1
        stamp = ordering.next_stamp(conversation.last_stamp, now) if conversation.placing == "server" else None
        message = Message(
            conversation_id=conversation.id,
            id=send.id,
            owner_id=send.sender,
            device_id=send.device_id,
            idx=place.idx,
            position=place.position,
            rev=0,
            reply_to=send.reply_to,
            content=send.said.content,
            sealed=send.said.sealed,
            created_version=version,
            version=version,
            deleted=0,
            request_mac=send.request_mac,
            inserted_at=now,
            updated_at=now,
            subject=send.said.subject,
            stamp=stamp,
            expires_at=end_of(send.expires_in or conversation.expires_in, now),
            signature=send.said.signature,
        )
        moved = replace(
            conversation,
            head=version,
            top=ordering.advance(conversation.top, place),
            last_stamp=stamp or conversation.last_stamp,
            due_at=rooms.due(now, conversation.idle_after, conversation.ends_at),
        )
        self._conversations[conversation.id] = moved
        self._changed.add(conversation.id)
        self._taken[conversation.id, send.id] = message
        self._added.append(message)
        self._copies += copied.values()
        if conversation.scored:
            self._written[conversation.id, send.sender] += 1
        return Sent(moved, message, copied, unseeing, author=self._authors.get(send.sender))


def check_posting(conversation: Conversation, member: Member | None) -> None:
    """Raise unless a user who is this member, or none, may say something here."""
    role = member.role if member is not None else None
    if not rules.takes_part(conversation.posting, role):
        raise NotMember()
    if not rules.may_post(conversation.posting, role):
        raise Forbidden("Only moderators may write here.")


def end_of(expires_in: int | None, now: int) -> int | None:
    """When something said at `now` (milliseconds) is over that lasts for so many seconds; None: never."""
    return None if expires_in is None else now + 1000 * expires_in


def _ids_to_look_up(sends: Sequence[Send]) -> set[tuple[str, str]]:
    wanted = {(send.conversation_id, send.id) for send in sends if send.client_made_id}
    return wanted | {(send.conversation_id, send.reply_to) for send in sends if send.reply_to is not None}


def require_may_write(conversation: Conversation, silent_until: int, now: int) -> None:
    """Raise `Blocked` or `Muted` when who is muted until `silent_until` may say nothing here now."""
    if conversation.apart:
        raise Blocked()
    if silent_until > now:
        raise Muted()


def require_form(held: bool, form: str) -> None:
    if not held:
        raise BadInput(f"This conversation takes messages as {form}.")


def checked_roster(
    rosters: Rosters, connection: Connection, conversation: Conversation, said: Said, rev: int
) -> Roster:
    """The roster that `said` was checked against: form, recipients, envelope (Hubbub's keys and envelopes, 5 and 6).

    Raises `StaleMembers` with what a client needs to seal again, `StaleRevision`, `InvalidEnvelope`, `BadInput`.
    """
    roster = rosters.of(connection, conversation)
    try:
        _check_recipients(connection, conversation, roster, said, rev)
    except StaleMembers as stale:
        raise stale_members(connection, roster, stale.detail) from None
    return roster


def stale_members(connection: Connection, roster: Roster, detail: str) -> StaleMembers:
    """The refusal with the members, keys and chain as they are."""
    current = {
        "user_ids": list(roster.members),
        "public_keys": {
            user: msgspec.Raw(key.public_key.encode()) for user, key in roster.all_keys(connection).items()
        },
        "links": [msgspec.Raw(link.encode()) for link in roster.links],
    }
    return StaleMembers(detail, **current)


def _check_recipients(connection: Connection, conversation: Conversation, roster: Roster, said: Said, rev: int) -> None:
    if conversation.sealed:
        require_form(said.envelope is not None, "sealed with encrypted_messages")
        assert said.envelope is not None
        sender = roster.chain.members.get(said.envelope.header.sender)
        if sender is None or sender.identity_key != said.envelope.header.ik:
            raise StaleMembers("The chain does not prove the sender under this identity key.")
        check_current(said.envelope, rev=rev, members_hash=roster.chain.head or "")
        kids = {user: kid_of(key) for user, key in roster.all_keys(connection).items()}
        check_copies(said.parsed_copies or {}, kids=kids)
        return
    require_form(bool(said.copies) and said.sealed is None, "encrypted_messages")
    strangers = (said.copies or {}).keys() - roster.members.keys()
    if strangers:
        raise StaleMembers("A recipient is not a member of the conversation.")
