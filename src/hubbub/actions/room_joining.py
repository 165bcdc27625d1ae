"""Coming into a room: under a name that is one's own there, with a key that shows who is who (seed 002)."""

from __future__ import annotations

from typing import NamedTuple

from hubbub.actions.rooms import WAS_PUT_OUT, RoomView, participant_row, require_room
from hubbub.auth.actor import Actor
from hubbub.auth.tickets import Tickets
from hubbub.domain import rooms as rules
from hubbub.storage import conversations, memberships, rooms
from hubbub.storage.conversations import Conversation
from hubbub.storage.engine import Reader
from hubbub.storage.rooms import Participant
from hubbub.storage.writer import Transaction, Writer
from hubbub.wire.errors import Banned, InvalidKey, InvalidSignature, ProofRequired, TooMany
from hubbub.wire.ids import new_id
from hubbub.wire.resources import JoinedRoom, JoinRoom
from hubbub.wire.signing import KEY_BYTES, SIGNATURE_BYTES, b64u_decode, is_signed_by, is_sound_key, room_join_bytes


class _Wish(NamedTuple):
    """`proven`: that who asks has the private key."""

    name: str
    public_key: str
    user_id: str | None
    proven: bool


class RoomJoining:
    """Lets people in, with an account or without."""

    def __init__(self, reader: Reader, writer: Writer, tickets: Tickets, view: RoomView) -> None:
        self._reader = reader
        self._writer = writer
        self._tickets = tickets
        self._view = view

    async def join(self, actor: Actor | None, room_id: str, asked: JoinRoom) -> JoinedRoom:
        """Come in, under the wished name or one like it; a key that was there before comes back as who it was.

        Raises `ProofRequired` with a nonce for such a key, `InvalidSignature`, `InvalidKey`, `InvalidText`, `TooMany`,
        `NotFound`; `Banned` for a key or an account that was put out.
        """
        key = _key(asked.public_key)
        wish = _Wish(
            rules.wished_name(asked.name),
            asked.public_key,
            actor.user_id if actor is not None else None,
            self._is_proven(room_id, key, asked),
        )
        try:
            joined = await self._writer.write(_join, room_id, wish, conversations=[room_id])
        except ProofRequired as required:
            raise ProofRequired(nonce=self._tickets.nonce(room_id, asked.public_key)) from required
        room = await self._reader.run(lambda connection: self._view.of(connection, joined.room))
        ticket = self._tickets.issue(room_id, joined.participant.id)
        return JoinedRoom(participant=participant_row(joined.participant), room=room, ticket=ticket)

    def _is_proven(self, room_id: str, key: bytes, asked: JoinRoom) -> bool:
        """Whether a proof came that holds; one that was signed wrongly is refused."""
        if asked.proof is None:
            return False
        if not is_signed_by(key, signature_of(asked.proof.signature), room_join_bytes(room_id, asked.proof.nonce)):
            raise InvalidSignature()
        return self._tickets.is_nonce(room_id, asked.public_key, asked.proof.nonce)


class _Joined(NamedTuple):
    room: Conversation
    participant: Participant


def _join(transaction: Transaction, room_id: str, wish: _Wish) -> _Joined:
    connection, now = transaction.connection, transaction.now
    room = require_room(conversations.load_one(connection, room_id), now)
    known = rooms.participants_of(connection, room_id)
    if any(one.put_out and _is_same(one, wish) for one in known):
        raise Banned(WAS_PUT_OUT)
    joined = next((one for one in known if one.public_key == wish.public_key), None)
    if joined is not None and not wish.proven:
        raise ProofRequired()
    rooms.save_due(connection, room_id, rules.due(now, room.idle_after, room.ends_at))
    return _Joined(room, joined or _enter(transaction, room, known, wish))


def _is_same(one: Participant, wish: _Wish) -> bool:
    """Whether who asks is this participant, as far as one can tell: by the key, or by the account."""
    return one.public_key == wish.public_key or (one.user_id is not None and one.user_id == wish.user_id)


def _enter(transaction: Transaction, room: Conversation, known: list[Participant], wish: _Wish) -> Participant:
    """A new participant is a member, under the id that they have in this room alone."""
    if sum(not one.put_out for one in known) >= rules.MOST_PARTICIPANTS:
        raise TooMany(f"A room has at most {rules.MOST_PARTICIPANTS} participants.")
    name = rules.unique_name(wish.name, {one.name_key for one in known})
    entered = Participant(room.id, new_id(), wish.user_id, name, rules.name_key(name), wish.public_key, transaction.now)
    rooms.add_participant(transaction.connection, entered)
    roles = {entered.id: "member"}
    memberships.add_members(transaction.connection, room, roles, room.head, transaction.now)
    return entered


def _key(text: str) -> bytes:
    try:
        key = b64u_decode(text, KEY_BYTES)
    except ValueError:
        raise InvalidKey("public_key is an Ed25519 key, 32 bytes as base64url without padding.") from None
    if not is_sound_key(key):
        raise InvalidKey("public_key is no key under which a signature says anything.")
    return key


def signature_of(text: str) -> bytes:
    """The bytes of a signature; raises `InvalidSignature`, also when there is none."""
    try:
        return b64u_decode(text, SIGNATURE_BYTES)
    except ValueError:
        raise InvalidSignature("signature is Ed25519, 64 bytes as base64url without padding.") from None
