"""What a member reads of a conversation: the document of a join, and pages of messages (seed 003)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection

from hubbub.actions.rows import conversation_row, message_row, named, private_keys, raw, reaction_row
from hubbub.auth.actor import Actor
from hubbub.auth.page_tokens import PageTokens
from hubbub.domain import ordering, rules
from hubbub.domain.visibility import Span
from hubbub.storage import conversation_keys, conversations, memberships, messages, users
from hubbub.storage.cache import VersionedCache
from hubbub.storage.conversations import Conversation
from hubbub.storage.engine import Reader
from hubbub.storage.lobby import LOBBY_ID
from hubbub.storage.messages import Message, Seen
from hubbub.storage.rosters import Rosters
from hubbub.storage.vault import Vault
from hubbub.wire.changes import ReactionChange
from hubbub.wire.errors import InvalidPageToken, NotMember, Unauthorized
from hubbub.wire.events import MessageRow
from hubbub.wire.ids import rfc3339
from hubbub.wire.livechat import ChatHistory, said
from hubbub.wire.pages import MessagePage

PAGE_SIZE = 50
MOST_REACTIONS = 1000  # in one page: what everybody is sent who joins stays small
LARGEST_FULL_LIST = 256  # members up to which a document lists all of them and their read times
SHARED = ""  # in the place of a user id: what is the same for every reader


class _Place(NamedTuple):
    """Where a page ended, in reading order."""

    idx: int
    owner_id: str
    device_id: str
    position: int
    id: str


class _Page(NamedTuple):
    """The latest page, encoded; `owners` are the authors in it, `named` these and whom else its rows name.

    At `until` (milliseconds; None: never) the first of its messages is over, and the page with it.
    """

    body: msgspec.Raw
    owners: frozenset[str]
    named: frozenset[str]
    until: int | None = None

    def stands(self, now: int) -> bool:
        return self.until is None or now < self.until


NOBODY: dict[str, Any] = {  # a document's people and keys, for a reader who is told of none
    "public_keys": {},
    "private_key": None,
    "private_keys": [],
    "links": [],
    "users": [],
    "read_times": {},
}
NO_PAGE = _Page(raw(MessagePage(items=[], page_token=None)), frozenset(), frozenset())


class Joined(NamedTuple):
    """The answer of a join, and the version at which somebody last left, which the gateway keeps."""

    document: msgspec.Raw
    departed_version: int


class Documents:
    """Reads whole conversations. The latest page is cached by version, so that many who join at once share it.

    `clock` gives seconds since 1970.
    """

    def __init__(
        self,
        reader: Reader,
        rosters: Rosters,
        vault: Vault,
        page_tokens: PageTokens,
        epoch: str,
        *,
        entries: int,
        counted: Callable[[bool], None] = lambda hit: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._reader = reader
        self._clock = clock
        self._rosters = rosters
        self._vault = vault
        self._page_tokens = page_tokens
        self._epoch = epoch
        self._pages: VersionedCache[tuple[str, str], _Page] = VersionedCache(entries, counted)

    # --- joining --------------------------------------------------------------------------------------------------

    async def join(self, user_id: str | None, conversation_id: str, with_page: bool = True) -> Joined:
        """Seed 003's document: conversation, read times, latest page, keys; and users, cursor and epoch.

        Without the page for who asks for changes instead. No user: a guest. Raises `NotMember`, also for who was a
        member once: they read through HTTP; `Unauthorized` for a guest where not anyone may read.
        """
        return await self._reader.run(self._document, user_id, conversation_id, with_page)

    def _document(self, connection: Connection, user_id: str | None, conversation_id: str, with_page: bool) -> Joined:
        conversation, spans = require_listener(connection, user_id, conversation_id)
        page = self._latest(connection, conversation, spans, user_id) if with_page else NO_PAGE
        document: dict[str, Any] = {
            "conversation": conversation_row(conversation),
            "messages": page.body,
            "cursor": conversation.head,
            "epoch": self._epoch,
        }
        if conversation.reading == "anyone":
            document["authors"] = users.authors(connection, page.named)
        if user_id is None:
            document |= NOBODY
        elif conversation.encrypted:
            document |= self._people_and_keys(connection, conversation, user_id)
        else:
            document |= self._people(connection, conversation, user_id, page.owners)
        return Joined(raw(document), conversation.departed_version)

    def _latest(
        self, connection: Connection, conversation: Conversation, spans: Sequence[Span], user_id: str | None
    ) -> _Page:
        """The latest page; in a plaintext conversation whose history all may read it is the same for everyone."""
        shared = not conversation.encrypted and (conversation.history == "all" or conversation.reading == "anyone")
        owner = SHARED if shared or user_id is None else user_id
        key = (conversation.id, owner)
        now = self._now()
        cached = self._pages.get(key, conversation.head)
        if cached is not None and cached.stands(now):
            return cached
        seen = messages.page(connection, view_of(conversation, spans, user_id, now), None, PAGE_SIZE + 1)
        found = self._page_of(connection, conversation, owner, seen, PAGE_SIZE)
        page = _Page(
            raw(found),
            frozenset(one.message.owner_id for one in seen),
            frozenset(_named(found)),
            min((one.message.expires_at for one in seen if one.message.expires_at is not None), default=None),
        )
        return self._pages.put(key, conversation.head, page)

    def _people_and_keys(self, connection: Connection, conversation: Conversation, user_id: str) -> dict[str, Any]:
        roster = self._rosters.of(connection, conversation)
        generations = conversation_keys.generations(connection, conversation.id, user_id)
        mine = private_keys(self._vault, conversation.id, generations)
        keys = roster.all_keys(connection)
        return {
            "public_keys": {user: msgspec.Raw(key.public_key.encode()) for user, key in keys.items()},
            "private_key": mine[-1].private_key if mine else None,
            "private_keys": mine,
            "links": [msgspec.Raw(link.encode()) for link in roster.links],
            "users": users.public_users(connection, user_id, roster.members, fellows=roster.members),
            "read_times": read_times(connection, self._rosters, conversation),
        }

    def _people(
        self, connection: Connection, conversation: Conversation, user_id: str, owners: frozenset[str]
    ) -> dict[str, Any]:
        """In a large open group only oneself and the authors of the page are listed."""
        large = self._rosters.count(connection, conversation) > LARGEST_FULL_LIST
        fellows = {user_id} if large else self._rosters.of(connection, conversation).members.keys()
        return NOBODY | {
            "users": users.public_users(connection, user_id, fellows | owners),
            "read_times": read_times(connection, self._rosters, conversation),
        }

    async def private_with(self, actor: Actor, user_id: str) -> str | None:
        """The id of the private conversation of the two, if there is one (seed 003)."""
        return await self._reader.run(conversations.private_between, actor.user_id, user_id)

    # --- pages ----------------------------------------------------------------------------------------------------

    async def page(
        self, actor: Actor | None, conversation_id: str, page_token: str | None, page_size: int
    ) -> MessagePage:
        """A page of what the actor may read, the last in reading order first; former members read what they could.

        No actor: a guest. Raises `NotMember`, `Unauthorized`, `InvalidPageToken`.
        """
        return await self._reader.run(
            self._page, actor.user_id if actor else None, conversation_id, page_token, page_size
        )

    def _page(
        self, connection: Connection, user_id: str | None, conversation_id: str, token: str | None, size: int
    ) -> MessagePage:
        conversation, spans = require_reader(connection, user_id, conversation_id)
        reader = user_id or SHARED
        before = self._place_in(token, conversation_id, reader) if token is not None else None
        seen = messages.page(connection, view_of(conversation, spans, user_id, self._now()), before, size + 1)
        page = self._page_of(connection, conversation, reader, seen, size)
        if conversation.reading == "anyone":
            page.authors = users.authors(connection, _named(page))
        return page

    async def lobby_before(self, stamp: int) -> ChatHistory:
        """The last 50 messages of the lobby with a stamp below `stamp`, the oldest first (seed 004).

        `stamp` may have gone through a JavaScript number: the nearest that could be given is meant.
        """
        return await self._reader.run(_lobby_before, ordering.nearest_stamp(stamp))

    def _page_of(
        self, connection: Connection, conversation: Conversation, user_id: str, seen: list[Seen], size: int
    ) -> MessagePage:
        items = [message_row(one) for one in seen[:size]]
        token = None
        if len(seen) > size:
            token = self._page_tokens.make(_listing(conversation.id), user_id, _place(seen[size - 1].message))
        reactions = _reactions_to(connection, conversation, items)
        return MessagePage(items=items, page_token=token, reactions=reactions or msgspec.UNSET)

    def _now(self) -> int:
        return int(self._clock() * 1000)

    def _place_in(self, token: str, conversation_id: str, user_id: str) -> _Place:
        """The place in a token that was made for the user, or with the page that everyone shares."""
        listing = _listing(conversation_id)
        try:
            return self._page_tokens.read(listing, user_id, token, _Place)
        except InvalidPageToken:
            return self._page_tokens.read(listing, SHARED, token, _Place)


def _reactions_to(connection: Connection, conversation: Conversation, items: list[MessageRow]) -> list[ReactionChange]:
    ids = [item.message_group for item in items]
    found = [] if conversation.encrypted else messages.reactions_to(connection, conversation.id, ids, MOST_REACTIONS)
    return [ReactionChange(id=one.id, version=one.version, deleted=False, data=reaction_row(one)) for one in found]


def _named(page: MessagePage) -> set[str]:
    """Whom the rows of a page name."""
    return named([*page.items, *(one.data for one in page.reactions or [])])


def _lobby_before(connection: Connection, stamp: int) -> ChatHistory:
    found = messages.before_stamp(connection, LOBBY_ID, stamp, PAGE_SIZE)
    authors = users.authors(connection, {message.owner_id for message in found})
    rows = [message_row(Seen(message, None, None)) for message in reversed(found)]
    return ChatHistory(messages=[said(row, authors[row.sender]) for row in rows if row.sender in authors])


def view_of(conversation: Conversation, spans: Sequence[Span], user_id: str | None, now: int) -> messages.View:
    """What a reader, or a guest, may look at in the conversation at `now` (milliseconds)."""
    reader = user_id or SHARED
    return messages.View(conversation.id, reader, conversation.encrypted, conversation.history, tuple(spans), now)


def _listing(conversation_id: str) -> str:
    return f"messages:{conversation_id}"


def _place(message: Message) -> _Place:
    return _Place(message.idx, message.owner_id, message.device_id, message.position, message.id)


def read_times(connection: Connection, rosters: Rosters, conversation: Conversation) -> dict[str, str]:
    """When each user read last; of a large open group nobody is listed, nor where one of the two blocked the other."""
    if conversation.apart:
        return {}
    if not conversation.encrypted and rosters.count(connection, conversation) > LARGEST_FULL_LIST:
        return {}
    times = conversations.read_times(connection, conversation.id)
    return {user: rfc3339(at) for user, at in times.items()}


def require_reader(
    connection: Connection, user_id: str | None, conversation_id: str
) -> tuple[Conversation, Sequence[Span]]:
    """The conversation, and the reader's spans in it, which may have ended; no user: a guest.

    Raises `NotMember`, or `Unauthorized` for a guest, when they may read nothing of it, or there is no such one.
    """
    conversation = conversations.load_one(connection, conversation_id)
    mine = memberships.spans(connection, conversation_id, user_id) if user_id is not None else []
    spans = rules.readable(conversation.reading, mine) if conversation is not None else []
    if conversation is None or not spans:
        raise Unauthorized() if user_id is None else NotMember()
    return conversation, spans


def require_listener(
    connection: Connection, user_id: str | None, conversation_id: str
) -> tuple[Conversation, Sequence[Span]]:
    """As `require_reader`, for those who may hear what is said from now on."""
    conversation, spans = require_reader(connection, user_id, conversation_id)
    if not any(span.current for span in spans):
        raise NotMember()
    return conversation, spans
