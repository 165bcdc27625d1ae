"""Whether a sealed message is what its author signed, and fits the conversation as it stands.

Source: Hubbub's design of keys and envelopes, sections 5 and 6. In two halves, because a signature costs a
hundred microseconds and never changes its mind: `check_authorship` belongs before the conversation's row is
locked, `check_current` and `check_copies` under the lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hubbub.wire.envelope import Copy, Envelope
from hubbub.wire.errors import InvalidEnvelope, StaleMembers, StaleRevision
from hubbub.wire.signing import b64u_decode, is_signed_by, message_bytes


def check_authorship(
    envelope: Envelope,
    *,
    conversation: str,
    message: str,
    sender: str,
    device: str,
    index: int,
    position: int,
    sender_ik: str,
) -> None:
    """That `sender` signed this text as this message, for here: `InvalidEnvelope` otherwise.

    `device`, `index` and `position` are the request's, or where it leaves them to the header the header's; an
    edit keeps the message's own place. `sender_ik` is the sender's current identity key, b64u.
    """
    header = envelope.header
    _require_same("conversation", header.conversation, conversation)
    _require_same("message", header.message, message)
    _require_same("from", header.sender, sender)
    _require_same("device", header.device, device)
    _require_same("index", header.index, index)
    _require_same("position", header.position, position)
    _require_same("ik", header.ik, sender_ik)
    signed = message_bytes(envelope.header_bytes, envelope.ciphertext)
    if not is_signed_by(b64u_decode(sender_ik), envelope.signature, signed):
        raise InvalidEnvelope("The signature of the sealed message does not verify.")


def check_current(envelope: Envelope, *, rev: int, members_hash: str) -> None:
    """That the message was sealed for the state it meets.

    `rev` is the one it must have: 0 for a new message (`InvalidEnvelope`), the current + 1 for an edit
    (`StaleRevision`). `members_hash` is the head of the membership chain, b64u (`StaleMembers`).
    """
    header = envelope.header
    if rev == 0:
        _require_same("rev", header.rev, rev)
    if header.rev != rev:
        raise StaleRevision
    if header.members != members_hash:
        raise StaleMembers("The members changed since this was sealed; seal again for the current ones.")


def check_copies(copies: Mapping[str, Copy], *, kids: Mapping[str, str]) -> None:
    """That there is one copy for every member with keys and nobody else, made for their current key.

    `kids` names that key by user. Raises `StaleMembers`.
    """
    if copies.keys() != kids.keys():
        raise StaleMembers
    outdated = [user for user, copy in copies.items() if copy.kid != kids[user]]
    if outdated:
        raise StaleMembers("Members have newer keys; seal again for " + _listed(outdated))


def _listed(users: Iterable[str]) -> str:
    return ", ".join(sorted(users)) + "."


def _require_same(name: str, signed: str | int, stated: str | int) -> None:
    if signed != stated:
        raise InvalidEnvelope(f"The header's {name} is not the request's.")
