"""Queries on conversations themselves: their row, the pair of a private one, read marks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, Row, bindparam, insert, select, update

from hubbub.domain.ordering import Place, Top
from hubbub.storage.engine import Prepared
from hubbub.storage.schema import (
    conversations,
    private_pairs,
    read_marks,
)
from hubbub.storage.unique import insert_unless_taken


class Conversation(msgspec.Struct, frozen=True, gc=False):
    """A conversation's row; `head` is its version, `version` that at which the row itself last changed.

    Its policies say what may be done in it (docs/topics/spaces.md), so that no kind needs code of its own:
    `joining` (members, anyone: also oneself, oneself: nobody else) who lets somebody in; `changing` (members, owner)
    who renames it; `reading` (members, anyone) and `posting` (members, moderators, accounts) who may read and write;
    `placing` (authors, server) whose order it is; `signed` whether messages carry signatures. `expires_in` and
    `idle_after` are seconds, `ends_at` and `due_at` times: when it ends at the latest, and when unless somebody writes
    or joins. `name` is its place in addresses; `listed`: others find it by searching.
    `apart`: one of the two in it blocked the other, and nothing is said in it.
    """

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
    joining: str = "members"
    changing: str = "members"
    reading: str = "members"
    posting: str = "members"
    placing: str = "authors"
    signed: bool = False
    expires_in: int | None = None
    history_limit: int | None = None
    idle_after: int | None = None
    ends_at: int | None = None
    due_at: int | None = None
    name: str | None = None
    about: str = ""
    picture: str | None = None
    public_key: str | None = None
    listed: bool = False
    last_stamp: int = 0
    apart: bool = False

    @property
    def private(self) -> bool:
        return self.kind == "private"

    @property
    def scored(self) -> bool:
        """Whether the leader-board counts what is said: where people come in by themselves, so that all may read it.

        Never by what may change, such as whether it is found by searching: what was counted must be taken off again.
        """
        return self.joining == "oneself"

    @property
    def copied(self) -> bool:
        """Whether each member gets a copy of their own: what is signed and encrypted has one text, for all."""
        return self.encrypted and not self.signed


FIRST_VERSION = 1


def begun(
    id: str, kind: str, creator_id: str, request_mac: str, *, encrypted: bool, alias: str | None, **policies: Any
) -> Conversation:
    """A conversation as it begins, with nothing said in it; `policies` are further fields of it."""
    return replace(
        Conversation(
            id=id,
            kind=kind,
            encrypted=encrypted,
            sealed=False,
            history="all",
            alias=alias,
            creator_id=creator_id,
            head=FIRST_VERSION,
            version=FIRST_VERSION,
            members_version=FIRST_VERSION,
            departed_version=0,
            swept_version=0,
            top=Top(0, None),
            chain_hash=None,
            approvals=1,
            inserted_at=0,
            updated_at=0,
            request_mac=request_mac,
        ),
        **policies,
    )


_LOAD = select(conversations).where(conversations.c.id.in_(bindparam("ids", expanding=True)))


_STORE_END = Prepared(
    update(conversations)
    .where(conversations.c.id == bindparam("row"))
    .values(
        head=bindparam("new_head"),
        top_index=bindparam("new_top"),
        last_owner_id=bindparam("new_owner"),
        last_device_id=bindparam("new_device"),
        last_position=bindparam("new_position"),
        last_stamp=bindparam("new_stamp"),
        due_at=bindparam("new_due"),
    ),
    ("new_head", "new_top", "new_owner", "new_device", "new_position", "new_stamp", "new_due", "row"),
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
        joining=row.joining,
        changing=row.changing,
        reading=row.reading,
        posting=row.posting,
        placing=row.placing,
        signed=row.signed,
        expires_in=row.expires_in,
        history_limit=row.history_limit,
        idle_after=row.idle_after,
        ends_at=row.ends_at,
        due_at=row.due_at,
        name=row.name,
        about=row.about,
        picture=row.picture,
        public_key=row.public_key,
        listed=row.search_text is not None,
        last_stamp=row.last_stamp,
        apart=row.apart,
    )


def add(connection: Connection, conversation: Conversation) -> None:
    connection.execute(insert(conversations).values(id=conversation.id, **_columns(conversation)))


def add_named(connection: Connection, conversation: Conversation) -> bool:
    """As `add`; False, and nothing is changed, when another has its name."""
    return insert_unless_taken(connection, conversations, {"id": conversation.id, **_columns(conversation)})


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
        "joining": conversation.joining,
        "changing": conversation.changing,
        "reading": conversation.reading,
        "posting": conversation.posting,
        "placing": conversation.placing,
        "signed": conversation.signed,
        "expires_in": conversation.expires_in,
        "history_limit": conversation.history_limit,
        "idle_after": conversation.idle_after,
        "ends_at": conversation.ends_at,
        "due_at": conversation.due_at,
        "name": conversation.name,
        "about": conversation.about,
        "picture": conversation.picture,
        "public_key": conversation.public_key,
        "last_stamp": conversation.last_stamp,
        "apart": conversation.apart,
        "search_text": _searched_as(conversation),
    }


def _searched_as(conversation: Conversation) -> str | None:
    if not conversation.listed:
        return None
    return f"{conversation.name or ''}\n{conversation.alias or ''}\n{conversation.about}".casefold()


def save_ends(connection: Connection, changed: Iterable[Conversation]) -> None:
    """Write head and top of conversations whose messages alone changed: the hot path's half of `save`."""
    rows = []
    for conversation in changed:
        last = conversation.top.last
        owner, device, position = (last.owner_id, last.device_id, last.position) if last else (None, None, 0)
        times = (conversation.last_stamp, conversation.due_at)
        rows.append((conversation.head, conversation.top.idx, owner, device, position, *times, conversation.id))
    _STORE_END.execute(connection, rows)


def save_members_version(connection: Connection, conversation_id: str, version: int) -> None:
    """Advance the head for a change of members, roles or keys alone."""
    connection.execute(
        update(conversations).where(conversations.c.id == conversation_id).values(head=version, members_version=version)
    )


def has_picture(connection: Connection, picture: str) -> bool:
    """Whether it is some conversation's picture."""
    query = select(conversations.c.id).where(conversations.c.picture == picture).limit(1)
    return connection.execute(query).first() is not None


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


def set_apart(connection: Connection, conversation_id: str, apart: bool) -> None:
    """Note whether one of the two in a private conversation blocked the other."""
    connection.execute(update(conversations).where(conversations.c.id == conversation_id).values(apart=apart))


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
