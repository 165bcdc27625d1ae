"""Which message, where: what a server says beside what is sealed, held against what its author signed.

Source: Hubbub's design of keys and envelopes, section 5.
"""

from __future__ import annotations

import msgspec

from hubbub.client.crypto.bodies import Body
from hubbub.client.crypto.identity import Known
from hubbub.client.crypto.refused import Refused
from hubbub.wire.authorship import differing
from hubbub.wire.envelope import Header


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Which message, and where it stands: what the request says beside what is sealed. Times are RFC 3339, UTC."""

    conversation: str
    message: str
    rev: int
    device: str
    index: int
    position: int


class Held(msgspec.Struct, frozen=True):
    """What a client has of a message already."""

    rev: int
    sealed: str


class Shown(msgspec.Struct, frozen=True):
    """A message as the server shows it. `held` is what this client has of it already: an older revision, or other
    bytes of the same one, is a replay.
    """

    place: Place
    sealed: str | None
    copy: str | None
    sender: str
    held: Held | None = None


class Opened(msgspec.Struct, frozen=True):
    """What an author wrote, when they say it was (UTC), and the head of the chain that they saw."""

    body: Body
    sent_at: str
    members: str


def require_place(header: Header, shown: Shown, author: Known) -> None:
    """The message is its author's, the one that it is shown as, where it is shown, and not an older state of it."""
    if differing(header, {"sender": shown.sender}) or author.user != shown.sender:
        raise Refused("header_mismatch")
    if not author.had(header.ik):
        raise Refused("signature_wrong")
    which = msgspec.structs.asdict(shown.place)
    where = {name: which.pop(name) for name in ("device", "index", "position")}
    if differing(header, which) or _is_replay(header.rev, shown):
        raise Refused("replayed")
    if differing(header, where):
        raise Refused("header_mismatch")


def _is_replay(rev: int, shown: Shown) -> bool:
    held = shown.held
    return held is not None and (rev < held.rev or (rev == held.rev and shown.sealed != held.sealed))
