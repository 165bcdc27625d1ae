"""A member's keys for one conversation, and what the server knows of identities when a link is checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import msgspec

from hubbub.actions.publishing import Publisher
from hubbub.actions.rows import key_change, key_context, open_private_key, private_keys_change, raw
from hubbub.storage import conversation_keys, conversations, keys, memberships, user_stream
from hubbub.storage.conversation_keys import KeyRecord
from hubbub.storage.conversations import Conversation
from hubbub.storage.operations import Request, RequestMac, once
from hubbub.storage.vault import Vault
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.chain import Link, Proof
from hubbub.wire.documents import JsonObject
from hubbub.wire.errors import InvalidKey, InvalidLink, NotMember, TooLarge, WrongKind
from hubbub.wire.events import Changed, SetEncryptionKeys
from hubbub.wire.key_checks import LONGEST_KEY, read_public_key
from hubbub.wire.keys import PublicKey

MOST_LINKS = 512


class NewKey(NamedTuple):
    """A pair of keys as a client sends it."""

    public: JsonObject
    private: JsonObject | None


class CheckedKey(NamedTuple):
    """A pair that was checked, with the generation that it gets."""

    user_id: str
    gen: int
    kid: str | None
    public: str
    private: str | None


class _Set(NamedTuple):
    conversation: Conversation
    change: Changed
    own: Changed
    user_version: int


class ConversationKeys:
    """Takes the keys that each member makes for a conversation (seed 003, `set_encryption_keys`)."""

    def __init__(self, writer: Writer, publisher: Publisher, vault: Vault, mac: RequestMac) -> None:
        self._writer = writer
        self._publisher = publisher
        self._vault = vault
        self._mac = mac

    async def set(self, user: str, conversation_id: str, request: SetEncryptionKeys) -> msgspec.Raw:
        """Store a new generation of the user's keys and tell the others the public part: `{"gen", "version"}`.

        Raises `InvalidKey`, `NotMember`, `WrongKind`, `TooLarge`.
        """
        pair = NewKey(request.public_key, request.private_key)
        operation = Request(conversation_id, user, request.op_id, self._mac("keys", *pair))
        done = await self._writer.write(
            self._apply,
            operation,
            pair,
            conversations=[conversation_id],
            users=[user],
            tell=partial(self._tell, user),
        )
        return raw({"gen": done.change.data.gen, "version": done.change.version})

    def _tell(self, user: str, done: _Set) -> None:
        conversation = done.conversation
        payload = {
            "user_id": user,
            "public_key": done.change.data.public_key,
            "conversation_id": conversation.id,
            "version": done.change.version,
            "changes": [done.change],
        }
        self._publisher.to_conversation(conversation.id, "set_encryption_keys", payload, conversation.departed_version)
        self._publisher.to_user(user, "private_keys", {"user_version": done.user_version, "changes": [done.own]})

    def _apply(self, transaction: Transaction, operation: Request, pair: NewKey) -> _Set:
        connection, user = transaction.connection, operation.user_id
        conversation = conversations.load_one(connection, operation.scope)
        if conversation is None:
            raise NotMember()

        def do() -> tuple[str, int]:
            if (conversation.id, user) not in memberships.current_members(connection, [(conversation.id, user)]):
                raise NotMember()
            if not conversation.encrypted:
                raise WrongKind("An open group is not encrypted: it has no keys.")
            newest = conversation_keys.generations(connection, conversation.id, user)[-1:]
            if newest and newest[0].public_key == _json(pair.public, "public_key"):
                self._rewrap(transaction, conversation.id, newest[0], pair)
                return str(newest[0].gen), newest[0].version
            checked = check_key(transaction, conversation, user, pair)
            version = conversation.head + 1
            store_key(transaction, self._vault, conversation.id, checked, version)
            conversations.save_members_version(connection, conversation.id, version)
            user_stream.advance(transaction, {user: [(user_stream.PRIVATE_KEYS, conversation.id, False)]})
            return str(checked.gen), version

        answer = once(transaction, operation, do)
        generations = conversation_keys.generations(connection, conversation.id, user)
        mine = next(key for key in generations if key.gen == int(answer.reference))
        # Of the row, not the head of the stream: a repeat comes when other rows may have moved that.
        at = user_stream.version_of(connection, user, user_stream.PRIVATE_KEYS, conversation.id)
        own = private_keys_change(self._vault, conversation.id, generations, at)
        return _Set(conversation, key_change(mine), own, at)

    def _rewrap(self, transaction: Transaction, conversation_id: str, key: KeyRecord, pair: NewKey) -> None:
        """The same key with its private part wrapped anew: only its owner has to hear of that."""
        private = _json(pair.private, "private_key") if pair.private is not None else None
        if private in (None, open_private_key(self._vault, conversation_id, key)):
            return
        sealed = self._vault.seal(private, key_context(conversation_id, key.user_id, key.gen))
        conversation_keys.replace_private_key(transaction.connection, conversation_id, key._replace(private_key=sealed))
        user_stream.advance(transaction, {key.user_id: [(user_stream.PRIVATE_KEYS, conversation_id, False)]})


def check_key(transaction: Transaction, conversation: Conversation, user: str, pair: NewKey) -> CheckedKey:
    """The pair with its generation: a signed key says its own, which must rise; an unsigned one gets the next.

    Raises `InvalidKey`, `TooLarge`.
    """
    connection = transaction.connection
    identity = keys.newest_identity(connection, user)
    read = read_public_key(
        pair.public,
        conversation=conversation.id,
        user=user,
        identity_key=identity.ik if identity else None,
        sealed=conversation.sealed,
    )
    newest = max((key.gen for key in conversation_keys.generations(connection, conversation.id, user)), default=-1)
    gen = read.gen if isinstance(read, PublicKey) else newest + 1
    if gen <= newest:
        raise InvalidKey("gen is not above that of the key before.", gen=newest)
    kid = read.kid if isinstance(read, PublicKey) else None
    private = _json(pair.private, "private_key") if pair.private is not None else None
    return CheckedKey(user, gen, kid, _json(pair.public, "public_key"), private)


def store_key(transaction: Transaction, vault: Vault, conversation_id: str, key: CheckedKey, version: int) -> None:
    """Keep a checked pair, its private part sealed under the vault key."""
    private = None
    if key.private is not None:
        private = vault.seal(key.private, key_context(conversation_id, key.user_id, key.gen))
    record = KeyRecord(key.user_id, key.gen, key.kid, key.public, private, version)
    conversation_keys.add_key(transaction.connection, conversation_id, record)


def proofs(
    transaction: Transaction, conversation_id: str, user_ids: Sequence[str], brought: Mapping[str, int]
) -> dict[str, Proof]:
    """What the server has on file for users with an identity key: that key, and the generation that is sealed to.

    `brought` are generations of keys that come with this very request.
    """
    connection = transaction.connection
    known = conversation_keys.keys(connection, conversation_id, list(user_ids))
    found = {}
    for user in user_ids:
        identity = keys.newest_identity(connection, user)
        gen = brought.get(user, known[user].gen if user in known else None)
        if identity is not None and gen is not None:
            found[user] = Proof(identity.ik, gen)
    return found


def links_of(documents: Sequence[JsonObject] | None) -> list[Link]:
    """The links of a request, typed; raises `InvalidLink`."""
    if documents is None:
        return []
    if len(documents) > MOST_LINKS:
        raise TooLarge(f"A request has at most {MOST_LINKS} links.")
    try:
        return msgspec.convert(documents, list[Link])
    except msgspec.ValidationError as error:
        raise InvalidLink(f"A link does not have the documented shape: {error}.") from None


def _json(document: JsonObject, name: str) -> str:
    text = msgspec.json.encode(document).decode()
    if len(text) > LONGEST_KEY:
        raise TooLarge(f"{name} is larger than {LONGEST_KEY} bytes.")
    return text
