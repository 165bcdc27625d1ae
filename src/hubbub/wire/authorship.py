"""Whether a sealed message is what its author signed, as this message, for here.

Source: Hubbub's design of keys and envelopes, section 5. Server and clients ask it alike; what of it depends on the
state of the conversation is in `domain/envelopes.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from hubbub.wire.envelope import Envelope, Header
from hubbub.wire.errors import InvalidEnvelope
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
    place: dict[str, str | int] = {"device": device, "index": index, "position": position}
    stated = {"conversation": conversation, "message": message, "sender": sender, **place, "ik": sender_ik}
    name = differing(envelope.header, stated)
    if name is not None:
        raise InvalidEnvelope(f"The header's {name} is not the request's.")
    if not is_signed(envelope):
        raise InvalidEnvelope("The signature of the sealed message does not verify.")


def differing(header: Header, stated: Mapping[str, str | int]) -> str | None:
    """The name of the first field in which the signed header is not what is stated beside it; None: it is all so."""
    for field, value in stated.items():
        if getattr(header, field) != value:
            return "from" if field == "sender" else field
    return None


def is_signed(envelope: Envelope) -> bool:
    """Whether the identity key that the header names signed it; whose that key is, is for the caller to know."""
    signed = message_bytes(envelope.header_bytes, envelope.ciphertext)
    return is_signed_by(b64u_decode(envelope.header.ik), envelope.signature, signed)
