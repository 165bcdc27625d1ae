"""The cryptography of one signed-in user: bytes in, bytes out, no network, nothing on disk.

Source: Hubbub's design of keys and envelopes. What a client keeps between runs (what it believes of others, the state
of the chains) it hands in and gets back; keys are in memory only, until `lock`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from hubbub.client.crypto import chain, envelope
from hubbub.client.crypto.bodies import Body
from hubbub.client.crypto.chain import ChainState, Named
from hubbub.client.crypto.envelope import Sealed
from hubbub.client.crypto.identity import Identity, Known, KnownUsers, judge_identity, open_identity
from hubbub.client.crypto.keys import Judged, KeyPair, Keyring, OwnRow, judge_key
from hubbub.client.crypto.notes import open_note, seal_note
from hubbub.client.crypto.places import Opened, Place, Shown, require_place
from hubbub.client.crypto.refused import Refused
from hubbub.client.crypto.slots import open_slot, open_with_words, recovery_key, seal_slot
from hubbub.client.crypto.words import CODE_BYTES, words_of
from hubbub.wire.documents import JsonObject
from hubbub.wire.keys import Slot
from hubbub.wire.links import Action, Link
from hubbub.wire.resources import FirstSlots, NewIdentityKey, NewUserKey, OwnKeys

ACCOUNT_KEY_BYTES = 32


class Me(NamedTuple):
    """Who is unlocked, under which identity key, the how many-th of theirs."""

    user: str
    ik: str
    seq: int


class NewAccount(NamedTuple):
    """What goes to the server when keys are made, and the 24 words that the person writes down."""

    slots: FirstSlots
    identity: NewIdentityKey
    user_key: NewUserKey
    words: list[str]


class RecoverySlot(NamedTuple):
    slot: Slot
    words: list[str]


class _Unlocked(NamedTuple):
    account_key: bytes
    identity: Identity
    seq: int
    keys: Keyring


class Machine:
    """All of it raises `Refused`; what needs keys raises `key_missing` while it is locked."""

    def __init__(self) -> None:
        self._unlocked: _Unlocked | None = None

    @property
    def me(self) -> Me | None:
        """Who is unlocked; None while locked."""
        if self._unlocked is None:
            return None
        return Me(self._unlocked.identity.user, self._unlocked.identity.ik, self._unlocked.seq)

    # --- one's own keys ---------------------------------------------------------------------------------------

    def create_account(self, user: str, password_key: bytes) -> NewAccount:
        """All keys of a new user, who is then unlocked."""
        return self._make(user, password_key)

    def start_anew(self, own: OwnKeys, password_key: bytes) -> NewAccount:
        """New keys for a user whose account key is lost: what was sealed before stays sealed."""
        known = judge_identity(None, own.user_id, own.identity) if own.identity else None
        gen = max((key.gen for key in own.user_keys), default=0) + 1
        return self._make(own.user_id, password_key, known.seq + 1 if known else 1, known.ik if known else None, gen)

    def unlock(self, own: OwnKeys, password_key: bytes) -> Me:
        """Open one's keys as the server has them.

        Raises `slot_missing`, `slot_wrong`, `identity_invalid`, `key_missing`, `key_swapped`, `key_unsigned`.
        """
        return self._take(own, open_slot(own.user_id, "password", password_key, own.slots.get("password")))

    def unlock_with_words(self, own: OwnKeys, words: Sequence[str]) -> Me:
        """As `unlock`, by the recovery words; raises `wrong_words` instead of `slot_wrong`."""
        return self._take(own, open_with_words(own.user_id, words, own.slots.get("recovery")))

    def new_password_slot(self, password_key: bytes) -> Slot:
        """The account key under a new password."""
        one = self._keys()
        return seal_slot(one.identity.user, "password", password_key, one.account_key)

    def new_recovery_slot(self) -> RecoverySlot:
        """The account key under new recovery words; the old ones open nothing once this slot is stored."""
        one, code = self._keys(), os.urandom(CODE_BYTES)
        slot = seal_slot(one.identity.user, "recovery", recovery_key(code), one.account_key)
        return RecoverySlot(slot, words_of(code))

    def keep(self, device_key: bytes) -> Slot:
        """The account key under a key of this device (32 bytes), for a restart without the server."""
        one = self._keys()
        return seal_slot(one.identity.user, "device", device_key, one.account_key)

    def resume(self, own: OwnKeys, kept: Slot, device_key: bytes) -> Me:
        """As `unlock`, with what `keep` gave."""
        return self._take(own, open_slot(own.user_id, "device", device_key, kept))

    def lock(self) -> None:
        """Forget every key."""
        self._unlocked = None

    def new_conversation_key(self, conversation: str, gen: int) -> KeyPair:
        """A new key of one's own; `gen` is above every one of one's keys that was used in this conversation."""
        one = self._keys()
        return one.keys.make(one.identity, one.account_key, conversation, gen)

    def add_private_keys(self, conversation: str, rows: Iterable[OwnRow]) -> list[str]:
        """Take one's keys of a conversation in; the `kid` of each that opens copies now."""
        one = self._keys()
        return one.keys.add(one.account_key, conversation, rows)

    # --- members ----------------------------------------------------------------------------------------------

    def found(self, conversation: str, members: Sequence[Named], approvals: int = 1) -> list[Link]:
        """The links that begin a sealed conversation; `members` begins with oneself.

        `approvals` is how many members a later newcomer needs; 0: all of them.
        """
        return chain.found(conversation, members, self._keys().identity, approvals)

    def link(self, state: ChainState, action: Action, member: Named) -> Link:
        """The next link after `state`, signed."""
        return chain.sign_link(state, action, member, self._keys().identity)

    # --- messages ---------------------------------------------------------------------------------------------

    def seal(
        self,
        place: Place,
        body: Body,
        *,
        sent_at: str,
        state: ChainState,
        known: KnownUsers,
        recipients: Mapping[str, JsonObject],
        seen: Mapping[str, Judged] | None = None,
    ) -> Sealed:
        """`body` for `recipients` (JWK by user id), each of whose keys is judged again, as by `judge_key`.

        `known` holds all of them, `seen` what was last taken of each. Raises also `identity_changed`, for somebody
        who was verified and whose new key nobody has accepted.
        """
        one = self._keys()
        _judge_all(place.conversation, state, known, recipients, seen or {})
        return envelope.seal(
            body,
            **msgspec.structs.asdict(place),
            members=state.head or "",
            sent_at=sent_at,
            author=one.identity,
            recipients=recipients,
        )

    def open(self, shown: Shown, *, author: Known, state: ChainState) -> Opened:
        """What `author` wrote, once everything about it holds.

        Raises `not_sealed`, `signature_missing`, `signature_wrong`, `replayed`, `header_mismatch`, `ghost_member`,
        `copy_missing`, `key_missing`, `altered`.
        """
        one = self._keys()
        read = envelope.read(shown.sealed)
        require_place(read.header, shown, author)
        state.require_author(shown.sender, read.header.ik, read.header.members)
        key = envelope.content_key(read, shown.copy, one.identity.user, one.keys)
        return Opened(envelope.open_body(read, key), read.header.sent_at, read.header.members)

    def open_many(self, messages: Iterable[Shown], *, authors: KnownUsers, state: ChainState) -> list[Opened | Refused]:
        """Each opened or refused, in order; an author whom `authors` lacks is a `ghost_member`."""
        return [self._open_or_refuse(shown, authors, state) for shown in messages]

    def share(
        self, sealed: str, copy: str, *, state: ChainState, known: KnownUsers, to: Mapping[str, JsonObject]
    ) -> dict[str, str]:
        """Copies of a message for members without one; `copy` is one's own. Keys are judged as in `seal`."""
        one, read = self._keys(), envelope.read(sealed)
        _judge_all(read.header.conversation, state, known, to, {})
        key = envelope.content_key(read, copy, one.identity.user, one.keys)
        return envelope.seal_copies(key, read.header_bytes, to)

    # --- asking to be let in ----------------------------------------------------------------------------------

    def seal_note(self, text: str, *, conversation: str, owner: Known, key: JsonObject) -> str:
        """`text` for the owner of a group that one asks to be let into; `key` is the group's, which must be theirs.

        Raises `key_unsigned`, `key_swapped`, `identity_changed`.
        """
        owner.require_settled()
        judge_key(owner, None, conversation, owner.user, key)
        return seal_note(text, conversation, key, self._keys().identity)

    def open_note(self, note: str, *, conversation: str, author: Known) -> str:
        """What `author` said who asks to be let in. Raises `altered`, `key_missing`, `signature_wrong`."""
        return open_note(note, conversation, author, self._keys().keys)

    # --- inside -----------------------------------------------------------------------------------------------

    def _keys(self) -> _Unlocked:
        if self._unlocked is None:
            raise Refused("key_missing")
        return self._unlocked

    def _make(
        self, user: str, password_key: bytes, seq: int = 1, previous_ik: str | None = None, gen: int = 1
    ) -> NewAccount:
        account_key = os.urandom(ACCOUNT_KEY_BYTES)
        one = _Unlocked(account_key, Identity(user), seq, Keyring())
        own_key = one.keys.make(one.identity, account_key, None, gen)
        self._unlocked = one
        recovery = self.new_recovery_slot()
        return NewAccount(
            FirstSlots(password=self.new_password_slot(password_key), recovery=recovery.slot),
            one.identity.entry(account_key, seq, previous_ik),
            NewUserKey(public_key=own_key.public_key, private_key=own_key.private_key),
            recovery.words,
        )

    def _take(self, own: OwnKeys, account_key: bytes) -> Me:
        """Everything is checked before anything is believed: the server has these rows, and might swap one."""
        if not own.identity:
            raise Refused("key_missing")
        known = judge_identity(None, own.user_id, own.identity)
        identity = open_identity(own.user_id, known.ik, own.identity[-1].wrapped_seed, account_key)
        if own.user_keys:
            newest = max(own.user_keys, key=lambda key: key.gen)
            judge_key(known, None, None, own.user_id, newest.public_key)
        keys = Keyring()
        keys.add(account_key, None, own.user_keys)
        self._unlocked = _Unlocked(account_key, identity, known.seq, keys)
        return Me(own.user_id, known.ik, known.seq)

    def _open_or_refuse(self, shown: Shown, authors: KnownUsers, state: ChainState) -> Opened | Refused:
        author = authors.get(shown.sender)
        if author is None:
            return Refused("ghost_member")
        try:
            return self.open(shown, author=author, state=state)
        except Refused as refused:
            return refused


def _judge_all(
    conversation: str,
    state: ChainState,
    known: KnownUsers,
    jwks: Mapping[str, JsonObject],
    seen: Mapping[str, Judged],
) -> None:
    for user, jwk in jwks.items():
        if user not in known:
            raise Refused("ghost_member")
        known[user].require_settled()
        try:
            judge_key(known[user], state, conversation, user, jwk, seen.get(user))
        except Refused as refused:
            if refused.code != "key_swapped":
                raise
            # Until a member has made a key for the conversation, it is their own one that is sealed to.
            judge_key(known[user], state, None, user, jwk, seen.get(user))
