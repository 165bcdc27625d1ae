"""What somebody asks to say, checked as far as that needs no conversation."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from hubbub.actions.sending import Said
from hubbub.domain.text import check_text
from hubbub.storage.operations import RequestMac
from hubbub.wire.authorship import check_authorship
from hubbub.wire.envelope import Envelope, parse_copy, parse_envelope
from hubbub.wire.errors import BadInput
from hubbub.wire.events import Body, SendMessage
from hubbub.wire.ids import require_id

LONGEST_COPY = 16_384
LONGEST_SUBJECT = 128


class Composed(msgspec.Struct, frozen=True, gc=False):
    """A message that `sender` asks to send. `id` is None when they leave it to the server, and so is the place.

    `mac` tells a repeat of the request from another.
    """

    sender: str
    conversation_id: str
    said: Said
    mac: str
    id: str | None
    device_id: str | None
    index: int | None
    position: int | None
    reply_to: str | None
    expires_in: int | None


class Composer:
    """Reads requests. `longest` is the limit of a plaintext message, in characters."""

    def __init__(self, mac: RequestMac, longest: int) -> None:
        self._mac = mac
        self._longest = longest

    def message(self, sender: str, conversation_id: str, request: SendMessage) -> Composed:
        """A new message. Raises `BadInput`, `InvalidText`, `InvalidEnvelope`."""
        id = _id(request.id, "id")
        device = _id(request.device_id, "device_id")
        reply_to = _id(request.reply_to, "reply_to")
        if request.index is None and request.position is not None:
            raise BadInput("position comes with an index.")
        place = (id, device, request.index, request.position)
        said = self.said(request)
        if said.envelope is not None:
            _check_sealed(said.envelope, conversation_id, sender, *place)
        mac = self._mac("send", *place, reply_to, request.expires_in, request.off_the_record, *forms(request))
        return Composed(sender, conversation_id, said, mac, *place, reply_to, request.expires_in)

    def said(self, request: Body) -> Said:
        """The text in the form that it came in. Raises `BadInput`, `InvalidText`, `InvalidEnvelope`."""
        copies, subject = request.encrypted_messages, _subject(request)
        if request.content is not None and (copies is not None or request.sealed is not None):
            raise BadInput("A message has either content or encrypted_messages, never both.")
        if request.content is not None:
            return Said(content=check_text(request.content, "content", self._longest), subject=subject)
        if subject is not None:
            raise BadInput("A subject comes with content; of encrypted messages it is inside them.")
        if copies is None:
            raise BadInput("A message has content, or encrypted_messages, with sealed where the conversation is.")
        recipients = {
            require_id(user, "encrypted_messages"): check_text(text, "encrypted_messages", LONGEST_COPY)
            for user, text in copies.items()
        }
        if request.sealed is None:
            return Said(copies=recipients)
        return Said(
            copies=recipients,
            sealed=request.sealed,
            envelope=parse_envelope(request.sealed),
            parsed_copies={user: parse_copy(text) for user, text in recipients.items()},
        )


def forms(request: Body) -> tuple[Any, ...]:
    """What tells two requests apart; long text by its digest."""
    if request.sealed is not None:
        return (hashlib.sha256(request.sealed.encode()).hexdigest(),)
    subject = _subject(request)
    return (request.content, request.encrypted_messages, *([subject] if subject else []))


def _id(given: str | None, name: str) -> str | None:
    return require_id(given, name) if given is not None else None


def _subject(request: Body) -> str | None:
    """The line above a new message; blank is none."""
    given = request.subject if isinstance(request, SendMessage) else None
    return check_text(given.strip(), "subject", LONGEST_SUBJECT) or None if given is not None else None


def _check_sealed(
    envelope: Envelope,
    conversation_id: str,
    sender: str,
    id: str | None,
    device: str | None,
    index: int | None,
    position: int | None,
) -> None:
    """A sealed message names its own id, device and place, and they are signed."""
    if id is None or device is None or index is None or position is None:
        raise BadInput("A sealed message comes with id, device_id, index and position.")
    check_authorship(
        envelope,
        conversation=conversation_id,
        message=id,
        sender=sender,
        device=device,
        index=index,
        position=position,
        sender_ik=envelope.header.ik,
    )
