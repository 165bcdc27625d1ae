"""Queries on conversations, memberships, keys and links. Each stays inside one conversation, or one user."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, bindparam, func, insert, select, tuple_, update

from hubbub.domain.ordering import Place, Top
from hubbub.domain.visibility import Span
from hubbub.storage.engine import Prepared
from hubbub.storage.schema import (
    conversation_keys,
    conversations,
    links,
    memberships,
    private_pairs,
    read_marks,
    user_keys,
)


class Conversation(msgspec.Struct, frozen=True, gc=False):
    """A conversation's row; `head` is its version, `version` that at which the row itself last changed."""

    id: str
    kind: str
    encrypted: bool
    sealed: bool
    history: str
    alias: str | None
    creator_id: str
    head: int
    version: int
    members_version: int
    departed_version: int
    swept_version: int
    top: Top
    chain_hash: str | None
    approvals: int
    inserted_at: int
    updated_at: int
    request_mac: str

    @property
    def private(self) -> bool:
        return self.kind == "private"


class Member(NamedTuple):
    """A current member."""

    user_id: str
    role: str
    joined_version: int
    joined_top_index: int


class KeyRecord(NamedTuple):
    """A user's key for a conversation (or their own, then `version` is 0), as stored: `private_key` is sealed."""

    user_id: str
    gen: int
    kid: str | None
    public_key: str
    private_key: str | None
    version: int


_LOAD = select(conversations).where(conversations.c.id.in_(bindparam("ids", expanding=True)))
_SPANS = (
    select(memberships)
    .where(memberships.c.conversation_id == bindparam("conversation"), memberships.c.user_id == bindparam("user"))
    .order_by(memberships.c.joined_version)
)
_CURRENT = select(
    memberships.c.user_id, memberships.c.role, memberships.c.joined_version, memberships.c.joined_top_index
).where(memberships.c.conversation_id == bindparam("conversation"), memberships.c.left_version.is_(None))
_STORE_END = Prepared(
    update(conversations)
    .where(conversations.c.id == bindparam("row"))
    .values(
        head=bindparam("new_head"),
        top_index=bindparam("new_top"),
        last_owner_id=bindparam("new_owner"),
        last_device_id=bindparam("new_device"),
        last_position=bindparam("new_position"),
    ),
    ("new_head", "new_top", "new_owner", "new_device", "new_position", "row"),
)


def load(connection: Connection, ids: Iterable[str]) -> dict[str, Conversation]:
    """The conversations with these ids, as far as they exist."""
    rows = connection.execute(_LOAD, {"ids": list(ids)})
    return {row.id: _conversation(row) for row in rows}


def load_one(connection: Connection, conversation_id: str) -> Conversation | None:
    return load(connection, [conversation_id]).get(conversation_id)


def _conversation(row: Row[Any]) -> Conversation:
    last = None
    if row.last_owner_id is not None:
        last = Place(row.top_index, row.last_owner_id, row.last_device_id, row.last_position)
    return Conversation(
        id=row.id,
        kind=row.kind,
        encrypted=row.encrypted,
        sealed=row.sealed,
        history=row.history,
        alias=row.alias,
        creator_id=row.creator_id,
        head=row.head,
        version=row.version,
        members_version=row.members_version,
        departed_version=row.departed_version,
        swept_version=row.swept_version,
        top=Top(row.top_index, last),
        chain_hash=row.chain_hash,
        approvals=row.approvals,
        inserted_at=row.inserted_at,
        updated_at=row.updated_at,
        request_mac=row.request_mac,
    )


def add(connection: Connection, conversation: Conversation) -> None:
    connection.execute(insert(conversations).values(id=conversation.id, **_columns(conversation)))


def save(connection: Connection, conversation: Conversation) -> None:
    """Write every column of a conversation that the transaction has locked."""
    connection.execute(
        update(conversations).where(conversations.c.id == conversation.id).values(**_columns(conversation))
    )


def _columns(conversation: Conversation) -> dict[str, Any]:
    last = conversation.top.last
    return {
        "kind": conversation.kind,
        "encrypted": conversation.encrypted,
        "sealed": conversation.sealed,
        "history": conversation.history,
        "alias": conversation.alias,
        "creator_id": conversation.creator_id,
        "head": conversation.head,
        "version": conversation.version,
        "members_version": conversation.members_version,
        "departed_version": conversation.departed_version,
        "swept_version": conversation.swept_version,
        "top_index": conversation.top.idx,
        "last_owner_id": last and last.owner_id,
        "last_device_id": last and last.device_id,
        "last_position": last.position if last else 0,
        "chain_hash": conversation.chain_hash,
        "approvals": conversation.approvals,
        "inserted_at": conversation.inserted_at,
        "updated_at": conversation.updated_at,
        "request_mac": conversation.request_mac,
    }


def save_ends(connection: Connection, changed: Iterable[Conversation]) -> None:
    """Write head and top of conversations whose messages alone changed: the hot path's half of `save`."""
    rows = []
    for conversation in changed:
        last = conversation.top.last
        owner, device, position = (last.owner_id, last.device_id, last.position) if last else (None, None, 0)
        rows.append((conversation.head, conversation.top.idx, owner, device, position, conversation.id))
    _STORE_END.execute(connection, rows)


def save_members_version(connection: Connection, conversation_id: str, version: int) -> None:
    """Advance the head for a change of members, roles or keys alone."""
    connection.execute(
        update(conversations).where(conversations.c.id == conversation_id).values(head=version, members_version=version)
    )


# --- membership ---------------------------------------------------------------------------------------------------


def spans(connection: Connection, conversation_id: str, user_id: str) -> list[Span]:
    """Every stay of the user, oldest first; empty for who never was a member."""
    rows = connection.execute(_SPANS, {"conversation": conversation_id, "user": user_id})
    return [_span(row) for row in rows]


def _span(row: Row[Any]) -> Span:
    return Span(row.joined_version, row.left_version, row.joined_top_index, row.role, row.version)


def members(connection: Connection, conversation_id: str) -> list[Member]:
    """The current members."""
    return [Member(*row) for row in connection.execute(_CURRENT, {"conversation": conversation_id})]


def current_members(connection: Connection, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Member]:
    """Those of the pairs (conversation id, user id) that are memberships now."""
    wanted = list(pairs)
    if not wanted:
        return {}
    rows = connection.execute(
        select(
            memberships.c.conversation_id,
            memberships.c.user_id,
            memberships.c.role,
            memberships.c.joined_version,
            memberships.c.joined_top_index,
        ).where(
            tuple_(memberships.c.conversation_id, memberships.c.user_id).in_(wanted),
            memberships.c.left_version.is_(None),
        )
    )
    return {(row.conversation_id, row.user_id): Member(*row[1:]) for row in rows}


def count_members(connection: Connection, conversation_id: str) -> int:
    return connection.execute(
        select(func.count())
        .select_from(memberships)
        .where(memberships.c.conversation_id == conversation_id, memberships.c.left_version.is_(None))
    ).scalar_one()


def add_members(
    connection: Connection, conversation: Conversation, roles: dict[str, str], version: int, now: int
) -> None:
    """Begin a span for each user in `roles` (user id to role) at `version`."""
    if not roles:
        return
    connection.execute(
        insert(memberships),
        [
            {
                "conversation_id": conversation.id,
                "user_id": user,
                "joined_version": version,
                "left_version": None,
                "joined_top_index": conversation.top.idx,
                "role": role,
                "version": version,
                "inserted_at": now,
            }
            for user, role in roles.items()
        ],
    )


def end_membership(connection: Connection, conversation_id: str, user_id: str, version: int) -> None:
    """Close the user's current span at `version`."""
    connection.execute(
        update(memberships)
        .where(
            memberships.c.conversation_id == conversation_id,
            memberships.c.user_id == user_id,
            memberships.c.left_version.is_(None),
        )
        .values(left_version=version, version=version)
    )


def set_role(connection: Connection, conversation_id: str, user_id: str, role: str, version: int) -> None:
    connection.execute(
        update(memberships)
        .where(
            memberships.c.conversation_id == conversation_id,
            memberships.c.user_id == user_id,
            memberships.c.left_version.is_(None),
        )
        .values(role=role, version=version)
    )


def members_among(connection: Connection, conversation_id: str, user_ids: set[str]) -> tuple[set[str], int]:
    """Those of the users who are members now, and the version at which somebody last left."""
    departed = connection.execute(
        select(conversations.c.departed_version).where(conversations.c.id == conversation_id)
    ).scalar()
    found = connection.execute(
        select(memberships.c.user_id).where(
            memberships.c.conversation_id == conversation_id,
            memberships.c.user_id.in_(user_ids),
            memberships.c.left_version.is_(None),
        )
    ).scalars()
    return set(found), departed or 0


def latest_join(connection: Connection, conversation_id: str) -> int:
    """The newest version at which one of the current members joined; 0 without members."""
    return (
        connection.execute(
            select(func.max(memberships.c.joined_version)).where(
                memberships.c.conversation_id == conversation_id, memberships.c.left_version.is_(None)
            )
        ).scalar()
        or 0
    )


def memberships_of(connection: Connection, user_id: str) -> list[tuple[str, int]]:
    """The user's current conversations with their heads, in id order."""
    mine = (
        select(memberships.c.conversation_id)
        .where(memberships.c.user_id == user_id, memberships.c.left_version.is_(None))
        .scalar_subquery()
    )
    rows = connection.execute(
        select(conversations.c.id, conversations.c.head)
        .where(conversations.c.id.in_(mine))
        .order_by(conversations.c.id)
    )
    return [(row.id, row.head) for row in rows]


# --- private pairs ------------------------------------------------------------------------------------------------


def private_between(connection: Connection, one: str, other: str) -> str | None:
    """The id of the private conversation of two users, if they have one."""
    lower, higher = sorted((one, other))
    return connection.execute(
        select(private_pairs.c.conversation_id).where(
            private_pairs.c.lower_id == lower, private_pairs.c.higher_id == higher
        )
    ).scalar()


def add_private_pair(connection: Connection, one: str, other: str, conversation_id: str) -> None:
    lower, higher = sorted((one, other))
    connection.execute(insert(private_pairs).values(lower_id=lower, higher_id=higher, conversation_id=conversation_id))


# --- keys ---------------------------------------------------------------------------------------------------------


def keys(connection: Connection, conversation_id: str, user_ids: Collection[str]) -> dict[str, KeyRecord]:
    """Each user's newest key: that for the conversation, or their own until it exists; absent without either."""
    return own_keys(connection, user_ids) | member_keys(connection, conversation_id, user_ids)


def own_keys(connection: Connection, user_ids: Collection[str]) -> dict[str, KeyRecord]:
    """Each user's newest key of their own, which no conversation knows yet."""
    if not user_ids:
        return {}
    rows = connection.execute(select(user_keys).where(user_keys.c.user_id.in_(user_ids)).order_by(user_keys.c.gen))
    return {row.user_id: KeyRecord(row.user_id, row.gen, None, row.public_key, None, 0) for row in rows}


def member_keys(connection: Connection, conversation_id: str, user_ids: Collection[str]) -> dict[str, KeyRecord]:
    """Each user's newest key for the conversation."""
    if not user_ids:
        return {}
    rows = connection.execute(
        select(conversation_keys)
        .where(conversation_keys.c.conversation_id == conversation_id, conversation_keys.c.user_id.in_(user_ids))
        .order_by(conversation_keys.c.gen)
    )
    return {row.user_id: _key(row) for row in rows}


def generations(connection: Connection, conversation_id: str, user_id: str) -> list[KeyRecord]:
    """Every generation of one user's keys for the conversation, oldest first."""
    rows = connection.execute(
        select(conversation_keys)
        .where(conversation_keys.c.conversation_id == conversation_id, conversation_keys.c.user_id == user_id)
        .order_by(conversation_keys.c.gen)
    )
    return [_key(row) for row in rows]


def _key(row: Row[Any]) -> KeyRecord:
    return KeyRecord(row.user_id, row.gen, row.kid, row.public_key, row.private_key, row.version)


def add_key(connection: Connection, conversation_id: str, key: KeyRecord) -> None:
    connection.execute(insert(conversation_keys).values(conversation_id=conversation_id, **key._asdict()))


# --- the membership chain -----------------------------------------------------------------------------------------


def chain(connection: Connection, conversation_id: str) -> list[str]:
    """The links of the chain as they were sent (JSON text), oldest first."""
    return list(
        connection.execute(
            select(links.c.link).where(links.c.conversation_id == conversation_id).order_by(links.c.seq)
        ).scalars()
    )


def add_links(connection: Connection, conversation_id: str, first_seq: int, added: Sequence[str], version: int) -> None:
    if added:
        connection.execute(
            insert(links),
            [
                {
                    "conversation_id": conversation_id,
                    "seq": first_seq + place,
                    "version": version,
                    "link": link,
                }
                for place, link in enumerate(added)
            ],
        )


# --- read marks ---------------------------------------------------------------------------------------------------


def read_times(connection: Connection, conversation_id: str, user_id: str | None = None) -> dict[str, int]:
    """When each member (or one) last read, in milliseconds."""
    query = select(read_marks.c.user_id, read_marks.c.read_at).where(read_marks.c.conversation_id == conversation_id)
    if user_id is not None:
        query = query.where(read_marks.c.user_id == user_id)
    return {row.user_id: row.read_at for row in connection.execute(query)}


def set_read_time(connection: Connection, conversation_id: str, user_id: str, now: int) -> None:
    changed = connection.execute(
        update(read_marks)
        .where(read_marks.c.conversation_id == conversation_id, read_marks.c.user_id == user_id)
        .values(read_at=now)
    )
    if not changed.rowcount:
        connection.execute(insert(read_marks).values(conversation_id=conversation_id, user_id=user_id, read_at=now))


# --- what changed -------------------------------------------------------------------------------------------------


def memberships_since(
    connection: Connection, conversation_id: str, above: int, upto: int, limit: int | None
) -> list[tuple[str, Span]]:
    """Users with the newest of their spans, where that changed with `above` < version <= `upto`, by version."""
    newer = memberships.alias()
    query = (
        select(memberships)
        .where(
            memberships.c.conversation_id == conversation_id,
            memberships.c.version > above,
            memberships.c.version <= upto,
            ~select(newer.c.user_id)
            .where(
                newer.c.conversation_id == memberships.c.conversation_id,
                newer.c.user_id == memberships.c.user_id,
                newer.c.joined_version > memberships.c.joined_version,
                newer.c.joined_version <= upto,
            )
            .exists(),
        )
        .order_by(memberships.c.version)
        .limit(limit)
    )
    return [(row.user_id, _span(row)) for row in connection.execute(query)]


def keys_since(
    connection: Connection, conversation_id: str, above: int, upto: int, limit: int | None
) -> list[KeyRecord]:
    """Members' keys with `above` < version <= `upto`, by version."""
    query = (
        select(conversation_keys)
        .where(
            conversation_keys.c.conversation_id == conversation_id,
            conversation_keys.c.version > above,
            conversation_keys.c.version <= upto,
        )
        .order_by(conversation_keys.c.version)
        .limit(limit)
    )
    return [_key(row) for row in connection.execute(query)]


def links_since(
    connection: Connection, conversation_id: str, above: int, upto: int, limit: int | None
) -> list[tuple[int, str, int]]:
    """Links of the chain as (seq, JSON text, version) with `above` < version <= `upto`, by version."""
    query = (
        select(links.c.seq, links.c.link, links.c.version)
        .where(links.c.conversation_id == conversation_id, links.c.version > above, links.c.version <= upto)
        .order_by(links.c.version, links.c.seq)
        .limit(limit)
    )
    return [(row.seq, row.link, row.version) for row in connection.execute(query)]
