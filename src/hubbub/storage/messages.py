"""Queries on messages, copies and reactions. Each stays inside one conversation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    delete,
    false,
    func,
    insert,
    or_,
    select,
    true,
    tuple_,
    update,
)

from hubbub.domain.visibility import Span
from hubbub.storage.engine import PairLookup, Prepared
from hubbub.storage.schema import copies, messages, reactions

_COLUMNS = tuple(column.name for column in messages.columns)
_INSERT = Prepared(insert(messages), _COLUMNS)
_INSERT_COPIES = Prepared(insert(copies), tuple(column.name for column in copies.columns))
_EXISTING = PairLookup(messages, ("conversation_id", "id"), _COLUMNS)
_OF_COPY = (copies.c.id, copies.c.content, copies.c.shared_version)
ORDER = (messages.c.idx, messages.c.owner_id, messages.c.device_id, messages.c.position, messages.c.id)


class Message(NamedTuple):
    """A message's row, in the order of the table's columns."""

    conversation_id: str
    id: str
    owner_id: str
    device_id: str
    idx: int
    position: int
    rev: int
    reply_to: str | None
    content: str | None
    sealed: str | None
    created_version: int
    version: int
    deleted: int
    request_mac: str
    inserted_at: int
    updated_at: int
    expires_at: int | None = None
    subject: str | None = None
    stamp: int | None = None
    signature: str | None = None
    removed_by: str | None = None
    removed_because: str | None = None


class Copy(NamedTuple):
    """What one recipient gets of an encrypted message.

    `shared_version` is that at which another member added it; None: it came with the message.
    """

    conversation_id: str
    message_id: str
    user_id: str
    id: str
    content: str
    shared_version: int | None = None


class Reaction(NamedTuple):
    conversation_id: str
    message_id: str
    owner_id: str
    emoji: str
    id: str
    version: int
    deleted: int
    updated_at: int


class Seen(NamedTuple):
    """A message as one reader sees it: with their copy where the conversation is encrypted."""

    message: Message
    copy_id: str | None
    copy: str | None
    shared_version: int | None = None

    @property
    def version(self) -> int:
        """That of the reader's row: of the copy that another member added, which is newer than the message's last
        change (an edit replaces all copies), or else of that change.
        """
        return self.shared_version or self.message.version


def tombstone(message: Message) -> Message:
    """All that stays of a message that is gone: its place, and what tells a repeat of it."""
    return message._replace(
        content=None, sealed=None, subject=None, signature=None, expires_at=None, removed_because=None, deleted=1
    )


def standing(message: Message, now: int) -> Message:
    """The message as it is at `now` (milliseconds): once its time is over it is a tombstone, swept or not."""
    over = message.expires_at is not None and message.expires_at <= now
    return tombstone(message) if over else message


def add(connection: Connection, added: Sequence[Message], copied: Sequence[Copy]) -> None:
    """Insert messages and copies."""
    _INSERT.execute(connection, list(added))
    _INSERT_COPIES.execute(connection, list(copied))


def existing(connection: Connection, pairs: Iterable[tuple[str, str]], now: int) -> dict[tuple[str, str], Message]:
    """Those of the pairs (conversation id, message id) that are taken, as they are at `now`."""
    return {(row[0], row[1]): standing(Message(*row), now) for row in _EXISTING.find(connection, set(pairs))}


def load(connection: Connection, conversation_id: str, message_id: str, now: int) -> Message | None:
    """One message as it is at `now`, or its tombstone."""
    return existing(connection, [(conversation_id, message_id)], now).get((conversation_id, message_id))


def device_went_past(connection: Connection, conversation_id: str, owner: str, device: str, index: int) -> bool:
    """Whether the owner's device has a message above `index` already."""
    return (
        connection.execute(
            select(messages.c.id)
            .where(
                messages.c.conversation_id == conversation_id,
                messages.c.idx > index,
                messages.c.owner_id == owner,
                messages.c.device_id == device,
            )
            .limit(1)
        ).first()
        is not None
    )


def save(connection: Connection, message: Message) -> None:
    """Write what an edit, a deletion or a removal may change, and the end of its time."""
    connection.execute(
        update(messages)
        .where(messages.c.conversation_id == message.conversation_id, messages.c.id == message.id)
        .values(
            rev=message.rev,
            content=message.content,
            subject=message.subject,
            sealed=message.sealed,
            removed_by=message.removed_by,
            removed_because=message.removed_because,
            version=message.version,
            deleted=message.deleted,
            request_mac=message.request_mac,
            updated_at=message.updated_at,
            expires_at=message.expires_at,
            signature=message.signature,
        )
    )


def trim(connection: Connection, conversation_id: str, keep: int, added: int) -> None:
    """Take what is said from all but the newest `keep` messages, after `added` came to at most so many.

    Their ids stay: otherwise whoever read a signed message could send it again.
    """
    old = (
        select(messages.c.id)
        .where(messages.c.conversation_id == conversation_id, messages.c.deleted == 0)
        .order_by(messages.c.version.desc())
        .offset(keep)
        .limit(added)
    )
    connection.execute(
        update(messages)
        .where(messages.c.conversation_id == conversation_id, messages.c.id.in_(old))
        .values(content=None, signature=None, deleted=1)
    )


def copies_of(connection: Connection, conversation_id: str, message_id: str) -> dict[str, Copy]:
    """The copies of a message by recipient."""
    rows = connection.execute(
        select(copies).where(copies.c.conversation_id == conversation_id, copies.c.message_id == message_id)
    )
    return {row.user_id: Copy(*row) for row in rows}


def held_copies(
    connection: Connection, conversation_id: str, message_ids: Iterable[str], user_ids: Iterable[str]
) -> dict[tuple[str, str], Copy]:
    """The copies that these users have of these messages, by message and user."""
    rows = connection.execute(
        select(copies).where(
            copies.c.conversation_id == conversation_id,
            copies.c.message_id.in_(list(message_ids)),
            copies.c.user_id.in_(list(user_ids)),
        )
    )
    return {(row.message_id, row.user_id): Copy(*row) for row in rows}


def replace_copies(connection: Connection, shared: Sequence[Copy]) -> None:
    """Insert copies, in place of those that their readers may have of the same messages."""
    connection.execute(
        delete(copies).where(
            copies.c.conversation_id == bindparam("conversation"),
            copies.c.message_id == bindparam("message"),
            copies.c.user_id == bindparam("user"),
        ),
        [{"conversation": copy[0], "message": copy[1], "user": copy[2]} for copy in shared],
    )
    _INSERT_COPIES.execute(connection, list(shared))


def drop_copies(connection: Connection, conversation_id: str, message_id: str) -> None:
    connection.execute(
        delete(copies).where(copies.c.conversation_id == conversation_id, copies.c.message_id == message_id)
    )


# --- reading ------------------------------------------------------------------------------------------------------


class View(NamedTuple):
    """Who reads which conversation, when: what they may see follows from its kind, its history and their spans.

    `now` in milliseconds: what expires is gone from then on, whether it was swept or not.
    """

    conversation_id: str
    user_id: str
    encrypted: bool
    history: str
    spans: tuple[Span, ...]
    now: int


def _visible(view: View) -> ColumnElement[bool]:
    """Whether the reader sees a message that stands: what `domain.visibility.sees_message` says, in SQL."""
    return and_(messages.c.conversation_id == view.conversation_id, _known(view), _shown(view))


def _known(view: View) -> ColumnElement[bool]:
    """Nothing that changed after the last stay."""
    left = [span.left for span in view.spans if span.left is not None]
    return true() if len(left) < len(view.spans) else messages.c.version <= max(left, default=0)


def _shown(view: View) -> ColumnElement[bool]:
    """Encrypted messages by the reader's copy, or when there is nothing left to read; plaintext ones by the history."""
    if view.encrypted:
        return or_(copies.c.id.is_not(None), messages.c.removed_by.is_not(None))
    return in_history(view)


def in_history(view: View) -> ColumnElement[bool]:
    """Whether a message was made when the reader may look back to."""
    if view.history == "all":
        return true()
    created = messages.c.created_version
    stays = [and_(created > span.joined, true() if span.left is None else created <= span.left) for span in view.spans]
    return or_(false(), *stays)


def selected(user_id: str, encrypted: bool) -> Select[Any]:
    """Messages, with the copy of this reader where they are encrypted: for `seen`, row by row."""
    if not encrypted:
        return select(messages)
    mine = and_(
        copies.c.conversation_id == messages.c.conversation_id,
        copies.c.message_id == messages.c.id,
        copies.c.user_id == user_id,
    )
    return select(messages, *_OF_COPY).select_from(messages.outerjoin(copies, mine))


def seen(row: Sequence[Any], now: int) -> Seen:
    """A row of `selected` as its reader sees it at `now` (milliseconds)."""
    width = len(_COLUMNS)
    message = standing(Message(*row[:width]), now)
    copy_id, copy, *shared = row[width:] or (None, None)
    return Seen(message, copy_id, None if message.deleted else copy, *shared)


def _unexpired(now: int) -> ColumnElement[bool]:
    return or_(messages.c.expires_at.is_(None), messages.c.expires_at > now)


def page(connection: Connection, view: View, before: tuple[int, str, str, int, str] | None, limit: int) -> list[Seen]:
    """At most `limit` messages that are visible and not deleted, the last in reading order first.

    `before` is the place `(index, owner, device, position, id)` of the last message of the page before this one.
    """
    query = selected(view.user_id, view.encrypted).where(_visible(view), messages.c.deleted == 0, _unexpired(view.now))
    if before is not None:
        query = query.where(messages.c.idx <= before[0], tuple_(*ORDER) < tuple_(*before))
    query = query.order_by(*(column.desc() for column in ORDER)).limit(limit)
    return [seen(row, view.now) for row in connection.execute(query)]


def before_stamp(connection: Connection, conversation_id: str, stamp: int, limit: int) -> list[Message]:
    """At most `limit` messages that stand and have a stamp below this one, the last first."""
    rows = connection.execute(
        select(messages)
        .where(messages.c.conversation_id == conversation_id, messages.c.stamp < stamp, messages.c.deleted == 0)
        .order_by(messages.c.stamp.desc())
        .limit(limit)
    )
    return [Message(*row) for row in rows]


def changed_since(connection: Connection, view: View, above: int, upto: int, limit: int | None) -> list[Seen]:
    """Visible messages, and all tombstones, with `above` < version <= `upto`, by version, at most `limit`.

    In an encrypted conversation also edited messages without a copy for the reader: they may hold the one of before.
    What another member shared with the reader is not here: `shared_since`.
    """
    withdrawn = messages.c.rev > 0 if view.encrypted else false()
    query = (
        selected(view.user_id, view.encrypted)
        .where(
            messages.c.conversation_id == view.conversation_id,
            messages.c.version > above,
            messages.c.version <= upto,
            or_(messages.c.deleted != 0, withdrawn, _visible(view)),
            copies.c.shared_version.is_(None) if view.encrypted else true(),
        )
        .order_by(messages.c.version)
        .limit(limit)
    )
    return [seen(row, view.now) for row in connection.execute(query)]


def shared_since(connection: Connection, view: View, above: int, upto: int, limit: int | None) -> list[Seen]:
    """Messages of which another member gave the reader a copy, with `above` < its version <= `upto`, by that."""
    query = (
        _shared(view.conversation_id)
        .where(copies.c.user_id == view.user_id, copies.c.shared_version > above, copies.c.shared_version <= upto)
        .order_by(copies.c.shared_version)
        .limit(limit)
    )
    return [seen(row, view.now) for row in connection.execute(query)]


def shared_at(connection: Connection, conversation_id: str, version: int, now: int) -> dict[str, list[Seen]]:
    """What was shared at this version, and has the copies of then still, by reader."""
    query = _shared(conversation_id).add_columns(copies.c.user_id).where(copies.c.shared_version == version)
    found: dict[str, list[Seen]] = {}
    for row in connection.execute(query):
        found.setdefault(row[-1], []).append(seen(row[:-1], now))
    return found


def _shared(conversation_id: str) -> Select[Any]:
    of_message = and_(messages.c.conversation_id == copies.c.conversation_id, messages.c.id == copies.c.message_id)
    return (
        select(messages, *_OF_COPY)
        .select_from(copies.join(messages, of_message))
        .where(copies.c.conversation_id == conversation_id)
    )


def see(
    connection: Connection, conversation_id: str, message_id: str, user_id: str, *, encrypted: bool, now: int
) -> Seen | None:
    """One message with the reader's copy; the caller has checked that they may see it."""
    query = selected(user_id, encrypted).where(
        messages.c.conversation_id == conversation_id, messages.c.id == message_id
    )
    row = connection.execute(query).first()
    return seen(row, now) if row is not None else None


# --- reactions ----------------------------------------------------------------------------------------------------


def reaction(connection: Connection, conversation_id: str, message_id: str, owner: str, emoji: str) -> Reaction | None:
    row = connection.execute(
        select(reactions).where(
            reactions.c.conversation_id == conversation_id,
            reactions.c.message_id == message_id,
            reactions.c.owner_id == owner,
            reactions.c.emoji == emoji,
        )
    ).first()
    return Reaction(*row) if row is not None else None


def save_reaction(connection: Connection, row: Reaction) -> None:
    """Insert or replace a reaction."""
    key = (
        reactions.c.conversation_id == row.conversation_id,
        reactions.c.message_id == row.message_id,
        reactions.c.owner_id == row.owner_id,
        reactions.c.emoji == row.emoji,
    )
    values = row._asdict()
    if not connection.execute(update(reactions).where(*key).values(**values)).rowcount:
        connection.execute(insert(reactions).values(**values))


def reactions_since(connection: Connection, view: View, above: int, upto: int, limit: int | None) -> list[Reaction]:
    """Reactions to what the reader may look back to with `above` < version <= `upto`, by version, at most `limit`."""
    message = and_(messages.c.conversation_id == reactions.c.conversation_id, messages.c.id == reactions.c.message_id)
    query = (
        select(reactions, _unexpired(view.now))
        .join(messages, message)
        .where(
            reactions.c.conversation_id == view.conversation_id,
            reactions.c.version > above,
            reactions.c.version <= upto,
            in_history(view),
        )
        .order_by(reactions.c.version)
        .limit(limit)
    )
    found = [(Reaction(*row[:-1]), row[-1]) for row in connection.execute(query)]
    return [reaction if stands else reaction._replace(deleted=1) for reaction, stands in found]


def reactions_to(connection: Connection, conversation_id: str, ids: Collection[str], limit: int) -> list[Reaction]:
    """Reactions that stand on these messages, the first ones first, at most `limit`."""
    rows = connection.execute(
        select(reactions)
        .where(
            reactions.c.conversation_id == conversation_id,
            reactions.c.message_id.in_(ids),
            reactions.c.deleted == 0,
        )
        .order_by(reactions.c.version)
        .limit(limit)
    )
    return [Reaction(*row) for row in rows]


def take_off_reactions(
    connection: Connection, conversation_id: str, message_id: str, version: int, now: int
) -> list[Reaction]:
    """Take every reaction off a message; the tombstones. Who repeats what put one there is answered with its own."""
    standing = (
        reactions.c.conversation_id == conversation_id,
        reactions.c.message_id == message_id,
        reactions.c.deleted == 0,
    )
    found = [Reaction(*row) for row in connection.execute(select(reactions).where(*standing))]
    connection.execute(update(reactions).where(*standing).values(version=version, deleted=1, updated_at=now))
    return [reaction._replace(version=version, deleted=1, updated_at=now) for reaction in found]


# --- what has its time --------------------------------------------------------------------------------------------


def next_end(connection: Connection) -> int | None:
    """When the next message expires, in milliseconds; None when none ever does."""
    ends = messages.c.expires_at
    return connection.execute(select(func.min(ends)).where(ends.is_not(None))).scalar()


def over(connection: Connection, now: int, limit: int) -> list[tuple[str, str]]:
    """At most `limit` messages (conversation id, message id) that have expired and are still there, by their end."""
    ends = messages.c.expires_at
    query = select(messages.c.conversation_id, messages.c.id).where(ends <= now).order_by(ends).limit(limit)
    return [(row.conversation_id, row.id) for row in connection.execute(query)]


def still_over(connection: Connection, conversation_id: str, ids: Iterable[str], now: int) -> list[Message]:
    """Those of these messages that have expired and are still there, as they were, oldest end first."""
    found = [Message(*row) for row in _EXISTING.find(connection, {(conversation_id, id) for id in ids})]
    due = sorted((one.expires_at, one.id, one) for one in found if one.expires_at is not None and one.expires_at <= now)
    return [message for _, _, message in due]


def silence_reactions(
    connection: Connection, conversation_id: str, message_id: str, version: int, now: int
) -> list[Reaction]:
    """Make tombstones of a message's reactions that stand, and let go what all of them said.

    A reaction's emoji is part of its key: the id takes its place.
    """
    of_message = (reactions.c.conversation_id == conversation_id, reactions.c.message_id == message_id)
    found = [Reaction(*row) for row in connection.execute(select(reactions).where(*of_message))]
    connection.execute(update(reactions).where(*of_message).values(emoji=reactions.c.id))
    connection.execute(
        update(reactions)
        .where(*of_message, reactions.c.deleted == 0)
        .values(version=version, deleted=1, updated_at=now)
    )
    return [
        reaction._replace(emoji=reaction.id, version=version, deleted=1, updated_at=now)
        for reaction in found
        if not reaction.deleted
    ]
