"""Beginning conversations, private and group (seed 003, system channel; Hubbub protocol, section 1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from hubbub.actions.conversation_keys import NewKey, check_key, links_of, proofs, store_key
from hubbub.actions.publishing import Publisher
from hubbub.actions.rows import conversation_row, listing_change, private_keys_change
from hubbub.domain.text import check_text
from hubbub.domain.visibility import Span
from hubbub.storage import choices, closing, conversation_keys, conversations, memberships, user_stream, users
from hubbub.storage.conversations import FIRST_VERSION, Conversation
from hubbub.storage.operations import Answer, Request, RequestMac, once
from hubbub.storage.vault import Vault
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire import chain
from hubbub.wire.chain import Chain, Link
from hubbub.wire.documents import JsonObject
from hubbub.wire.errors import (
    BadInput,
    Blocked,
    EnvelopesRequired,
    IdTaken,
    InvalidKey,
    InvalidLink,
    NotFound,
    TooMany,
)
from hubbub.wire.events import Changed, StartGroupConversation, StartPrivateConversation
from hubbub.wire.ids import new_id, require_id
from hubbub.wire.key_checks import sealing_key

LONGEST_ALIAS = 128
LONGEST_ABOUT = 500


class _Plan(msgspec.Struct, frozen=True, gc=False):
    """What is to be begun. `members` maps user id to role, the creator first."""

    conversation: Conversation
    client_made_id: bool
    members: dict[str, str]
    key: NewKey | None
    links: Sequence[Link]


class _Begun(msgspec.Struct, frozen=True, gc=False):
    conversation_id: str
    conversation: Conversation | None  # None when it existed before
    members: dict[str, str]
    user_versions: Mapping[str, int]
    creators: Sequence[Changed] = ()  # further rows of the creator's stream: their keys


class Starting:
    """Begins conversations. `max_members` is that of an encrypted group; `envelopes_required` refuses unsealed ones."""

    def __init__(
        self,
        writer: Writer,
        publisher: Publisher,
        vault: Vault,
        mac: RequestMac,
        *,
        max_members: int = 256,
        max_open_members: int = 10_000,
        envelopes_required: bool = False,
    ) -> None:
        self._writer = writer
        self._publisher = publisher
        self._vault = vault
        self._mac = mac
        self._max_members = max_members
        self._max_open_members = max_open_members
        self._envelopes_required = envelopes_required

    async def private(self, creator: str, request: StartPrivateConversation) -> dict[str, Any]:
        """Begin the private conversation with another user, or name the one that exists: `{"conversation_id"}`.

        Raises `NotFound` for an unknown user, `BadInput`, `InvalidKey`, `InvalidLink`, `IdTaken`.
        """
        other = require_id(request.other_user_id, "other_user_id")
        if other == creator:
            raise BadInput("A private conversation is with somebody else.")
        plan = self._plan(creator, [other], request, kind="private")
        return await self._begin(creator, request, plan)

    async def group(self, creator: str, request: StartGroupConversation) -> dict[str, Any]:
        """Begin a group with these users and oneself as its owner: `{"conversation_id"}`.

        Raises `NotFound` for unknown users, `TooMany`, `BadInput`, `InvalidKey`, `InvalidLink`, `IdTaken`.
        """
        others = [require_id(user, "user_ids") for user in request.user_ids]
        if request.history not in ("all", "joined"):
            raise BadInput("history is all or joined.")
        if not request.open and request.public_key is None:
            raise BadInput("An encrypted group begins with its creator's public_key; an open one says open: true.")
        limit = self._max_open_members if request.open else self._max_members
        if len({*others, creator}) > limit:
            raise TooMany(f"A group of this kind has at most {limit} members.")
        plan = self._plan(creator, others, request, kind="group")
        return await self._begin(creator, request, plan)

    def _plan(
        self,
        creator: str,
        others: Sequence[str],
        request: StartGroupConversation | StartPrivateConversation,
        kind: str,
    ) -> _Plan:
        group = request if isinstance(request, StartGroupConversation) else StartGroupConversation()
        links = links_of(request.links)
        if request.private_key is not None and request.public_key is None:
            raise BadInput("A private_key comes with its public_key.")
        if group.open and (links or request.public_key is not None):
            raise BadInput("An open group is not encrypted: it has neither keys nor links.")
        if self._envelopes_required and not group.open and not links:
            raise EnvelopesRequired()
        if links and request.id is None:
            raise BadInput("A sealed conversation comes with an id, which its links sign.")
        alias = check_text(group.alias, "alias", LONGEST_ALIAS) if group.alias is not None else None
        about = check_text(group.about, "about", LONGEST_ABOUT)
        if not 0 <= group.approvals <= self._max_members:
            raise BadInput(f"approvals is from 1 to {self._max_members}, or 0: all members.")
        if group.approvals != 1 and not links:
            raise BadInput("Only the signed links of a sealed group can show that several members approved.")
        conversation = conversations.begun(
            require_id(request.id) if request.id is not None else new_id(),
            kind,
            creator,
            self._mac(kind, msgspec.to_builtins(msgspec.structs.replace(request, token=None))),
            encrypted=not group.open,
            alias=alias,
            sealed=bool(links),
            history=group.history,
            approvals=group.approvals,
            expires_in=request.expires_in,
            joining="anyone" if group.open else "members",
            listed=group.listed,
            about=about,
            public_key=_sealable(request.public_key) if kind == "group" else None,
        )
        first = "owner" if kind == "group" else "member"
        members = {creator: first} | {user: "member" for user in others if user != creator}
        key = NewKey(request.public_key, request.private_key) if request.public_key is not None else None
        return _Plan(conversation, request.id is not None, members, key, links)

    async def _begin(
        self, creator: str, request: StartGroupConversation | StartPrivateConversation, plan: _Plan
    ) -> dict[str, Any]:
        operation = Request(creator, creator, request.op_id, plan.conversation.request_mac)
        begun = await self._writer.write(self._apply, operation, plan, users=list(plan.members), tell=self._announce)
        return {"conversation_id": begun.conversation_id}

    def _apply(self, transaction: Transaction, operation: Request, plan: _Plan) -> _Begun:
        made: list[_Begun] = []

        def do() -> tuple[str, int]:
            begun = self._existing(transaction, plan) or self._create(transaction, plan)
            made.append(begun)
            return begun.conversation_id, FIRST_VERSION

        answer: Answer = once(transaction, operation, do)
        return made[0] if made else _Begun(answer.reference, None, {}, {})

    def _existing(self, transaction: Transaction, plan: _Plan) -> _Begun | None:
        """The private conversation that the pair has, or the one that a repeated request made."""
        connection = transaction.connection
        if plan.client_made_id:
            taken = conversations.load_one(connection, plan.conversation.id)
            if taken is not None:
                asked = plan.conversation
                if (taken.creator_id, taken.request_mac) != (asked.creator_id, asked.request_mac):
                    raise IdTaken()
                return _Begun(taken.id, None, {}, {})
            if closing.is_closed(connection, plan.conversation.id):
                raise IdTaken()
        if plan.conversation.private:
            existing = conversations.private_between(connection, *plan.members)
            if existing is not None:
                return _Begun(existing, None, {}, {})
        return None

    def _create(self, transaction: Transaction, plan: _Plan) -> _Begun:
        connection = transaction.connection
        require_users(connection, plan.members)
        creator = plan.conversation.creator_id
        _require_welcome(connection, plan, creator)
        key = check_key(transaction, plan.conversation, creator, plan.key) if plan.key is not None else None
        proven = self._prove(transaction, plan, key.gen if key else None)
        conversation = replace(
            plan.conversation,
            chain_hash=proven.head,
            inserted_at=transaction.now,
            updated_at=transaction.now,
        )
        conversations.add(connection, conversation)
        memberships.add_members(connection, conversation, plan.members, FIRST_VERSION, transaction.now)
        if conversation.private:
            one, other = plan.members
            conversations.add_private_pair(connection, one, other, conversation.id)
        if key is not None:
            store_key(transaction, self._vault, conversation.id, key, FIRST_VERSION)
        texts = [msgspec.json.encode(link).decode() for link in plan.links]
        conversation_keys.add_links(connection, conversation.id, 0, texts, FIRST_VERSION)
        listed = {user: [(user_stream.CONVERSATION, conversation.id, False)] for user in plan.members}
        if key is not None:
            listed[creator].append((user_stream.PRIVATE_KEYS, conversation.id, False))
        heads = user_stream.advance(transaction, listed)
        own = []
        if key is not None:
            generations = conversation_keys.generations(connection, conversation.id, creator)
            own.append(private_keys_change(self._vault, conversation.id, generations, heads[creator]))
        return _Begun(conversation.id, conversation, plan.members, heads, own)

    def _prove(self, transaction: Transaction, plan: _Plan, gen: int | None) -> Chain:
        """The chain that the founding links make; it must prove exactly the members."""
        begun = Chain(plan.conversation.id)
        if not plan.links:
            return begun
        creator = plan.conversation.creator_id
        registered = proofs(
            transaction, plan.conversation.id, list(plan.members), {creator: gen} if gen is not None else {}
        )
        proven = chain.extend(begun, plan.links, actor=creator, registered=registered)
        if proven.members.keys() != plan.members.keys():
            raise InvalidLink("The links prove other members than the request names.")
        if proven.approvals != plan.conversation.approvals:
            raise InvalidLink("The first link asks for other approvals than the request names.")
        return proven

    def _announce(self, begun: _Begun) -> None:
        if begun.conversation is None:
            return
        user_ids = list(begun.members)
        if begun.conversation.joining == "members" and len(user_ids) <= users.LARGEST_PRESENCE_GROUP:
            self._publisher.contacts_changed(user_ids)
        for user, role in begun.members.items():
            version = begun.user_versions[user]
            listing = listing_change(begun.conversation, Span(FIRST_VERSION, None, role=role), version)
            further = begun.creators if user == begun.conversation.creator_id else ()
            self._publisher.to_user(
                user,
                "new_conversation",
                {
                    "conversation": conversation_row(begun.conversation),
                    "user_ids": user_ids,
                    "user_version": version,
                    "changes": [listing, *further],
                },
            )


def _require_welcome(connection: Connection, plan: _Plan, creator: str) -> None:
    """Raise `Blocked` when the other one, or somebody who is to be brought in, wants nothing of the creator."""
    if plan.conversation.private and choices.apart(connection, creator).intersection(plan.members):
        raise Blocked()
    require_unblocked(connection, creator, plan.members)


def require_unblocked(connection: Connection, user: str, others: Iterable[str]) -> None:
    """Raise `Blocked`, naming them, when some of the others blocked the user."""
    blockers = choices.blockers(connection, user, others)
    if blockers:
        raise Blocked("Somebody does not want to be brought in by you.", user_ids=blockers)


def _sealable(document: JsonObject | None) -> str | None:
    """The creator's key as the group's own, to which those who ask to be let in can seal (seed 001).

    None where a client of seed 003 brings a key of a kind that nobody but itself knows.
    """
    try:
        return sealing_key(document or {})
    except InvalidKey:
        return None


def require_users(connection: Connection, ids: Iterable[str]) -> None:
    """Raise `NotFound`, naming them, when some of the ids are no account's."""
    unknown = users.unknown(connection, ids)
    if unknown:
        raise NotFound("There is no such user: " + ", ".join(unknown) + ".", user_ids=unknown)
