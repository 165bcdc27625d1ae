"""Whether a sealed message fits the conversation as it stands.

Source: Hubbub's design of keys and envelopes, sections 5 and 6. The other half, `check_authorship` in
`wire/authorship.py`, belongs before the conversation's row is locked: a signature costs a hundred microseconds and
never changes its mind. These belong under the lock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hubbub.wire.envelope import Copy, Envelope
from hubbub.wire.errors import InvalidEnvelope, StaleMembers, StaleRevision


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


def check_shared(copies: Mapping[str, Copy], *, kids: Mapping[str, str]) -> None:
    """That every copy which a member adds to a message is for a member, made for their current key.

    `kids` is as in `check_copies`. Raises `StaleMembers`.
    """
    outdated = [user for user, copy in copies.items() if copy.kid != kids.get(user)]
    if outdated:
        raise StaleMembers("No members with these keys: " + _listed(outdated))


def _listed(users: Iterable[str]) -> str:
    return ", ".join(sorted(users)) + "."


def _require_same(name: str, signed: str | int, stated: str | int) -> None:
    if signed != stated:
        raise InvalidEnvelope(f"The header's {name} is not the request's.")
