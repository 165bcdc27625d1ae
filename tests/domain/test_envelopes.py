"""Which sealed messages are accepted: signed by their sender, for this place, for the state they meet."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.domain.envelopes import check_copies, check_current
from hubbub.wire.authorship import check_authorship
from hubbub.wire.envelope import parse_copy, parse_envelope
from hubbub.wire.errors import InvalidEnvelope, Refusal, StaleMembers, StaleRevision
from hubbub.wire.ids import NIL_ID, new_id
from hubbub.wire.signing import b64u, b64u_decode
from tests.sealing import Identity, Sealed, head_after
from tests.vectors.make_server_signing import CONVERSATION, DEVICE, FILE, MESSAGE

VECTORS: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
ALICE, BOB = Identity(seed=b"alice"), Identity(seed=b"bob")
HEAD = head_after(CONVERSATION, None, *ALICE.found(CONVERSATION, [BOB]))
RECIPIENTS = {who.user: who.public_key(CONVERSATION) for who in (ALICE, BOB)}
EXPECTED: dict[str, Any] = {
    "conversation": CONVERSATION,
    "message": MESSAGE,
    "rev": 0,
    "sender": ALICE.user,
    "device": NIL_ID,
    "index": 1,
    "position": 0,
    "members_hash": HEAD,
    "sender_ik": ALICE.ik,
}


def seal(author: Identity = ALICE, body: Any = "hello", **changes: Any) -> Sealed:
    place = {"conversation": CONVERSATION, "message": MESSAGE, "members": HEAD, "recipients": RECIPIENTS}
    return author.seal(body, **{**place, **changes})


def check(sealed: str, **changes: Any) -> None:
    """Both halves, one after the other, as the server checks them."""
    envelope, expected = parse_envelope(sealed), {**EXPECTED, **changes}
    current = {name: expected.pop(name) for name in ("rev", "members_hash")}
    check_authorship(envelope, **expected)
    check_current(envelope, **current)


def test_the_message_of_the_vectors_is_accepted_and_opens() -> None:
    message, people = VECTORS["message"], VECTORS["people"]
    author = Identity(people["alice"]["user"], seed=b"alice")
    check(
        message["sealed"],
        sender=author.user,
        sender_ik=author.ik,
        rev=3,
        device=DEVICE,
        index=7,
        position=2,
        members_hash=VECTORS["head"],
    )
    for name, person in people.items():
        reader = Identity(person["user"], seed=name.encode())
        body = reader.open(message["sealed"], message["encrypted_messages"][reader.user], author=author)
        assert body == {"text": "Grüße 👋", "reply_to": MESSAGE}


@given(st.text(max_size=1500, alphabet=st.characters(exclude_categories=["Cs"])))
def test_what_is_sealed_is_accepted_and_opens_for_every_recipient(text: str) -> None:
    made = seal(body=text)
    check(made.sealed)
    for reader in (ALICE, BOB):
        assert reader.open(made.sealed, made.encrypted_messages[reader.user], author=ALICE) == {"text": text}


def test_a_first_message_opens_with_the_recipients_own_key() -> None:
    made = seal(recipients={BOB.user: BOB.public_key()})
    opened = BOB.open(made.sealed, made.encrypted_messages[BOB.user], author=ALICE, own_key=True)
    assert opened == {"text": "hello"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("conversation", new_id()),
        ("message", new_id()),
        ("sender", BOB.user),
        ("device", new_id()),
        ("index", 2),
        ("position", 1),
        ("sender_ik", BOB.ik),
    ],
    ids=["conversation", "message", "sender", "device", "index", "position", "sender_ik"],
)
def test_a_message_is_for_one_place(name: str, value: Any) -> None:
    with pytest.raises(InvalidEnvelope):
        check(seal().sealed, **{name: value})


def test_a_message_of_another_is_not_ones_own() -> None:
    """Bob relays what Alice signed, signs in her name, or puts his key into a header that names her."""
    alices = seal().sealed
    with pytest.raises(InvalidEnvelope):
        check(alices, sender=BOB.user, sender_ik=BOB.ik)
    header, ciphertext = (b64u_decode(part) for part in alices.split(".")[1:3])
    with pytest.raises(InvalidEnvelope):
        check(BOB.assemble(header, ciphertext))
    with pytest.raises(InvalidEnvelope):
        check(BOB.assemble(header.replace(ALICE.ik.encode(), BOB.ik.encode()), ciphertext))


def test_a_header_names_the_key_that_signed_it() -> None:
    header, ciphertext = (b64u_decode(part) for part in seal().sealed.split(".")[1:3])
    with pytest.raises(InvalidEnvelope, match="ik"):
        check(ALICE.assemble(header.replace(ALICE.ik.encode(), BOB.ik.encode()), ciphertext))


def test_parts_of_two_messages_do_not_mix() -> None:
    one, two = seal(body="pay Bob 1").sealed.split("."), seal(body="pay Bob 9").sealed.split(".")
    for at in (1, 2, 3):
        mixed = [*one[:at], two[at], *one[at + 1 :]]
        with pytest.raises(InvalidEnvelope):
            check(".".join(mixed))


def test_a_message_altered_in_any_byte_is_refused() -> None:
    parts = [b64u_decode(part) for part in seal().sealed.split(".")[1:]]
    for which, raw in enumerate(parts):
        for at in range(len(raw)):
            altered = [*parts]
            altered[which] = raw[:at] + bytes([raw[at] ^ 1 << at % 8]) + raw[at + 1 :]
            with pytest.raises(InvalidEnvelope):
                check(".".join(["e1", *map(b64u, altered)]))


def test_a_rewritten_header_is_another_header() -> None:
    """The same fields in other bytes are not what was signed."""
    _, header, ciphertext, signature = seal().sealed.split(".")
    spaced = json.dumps(json.loads(b64u_decode(header))).encode()
    assert spaced != b64u_decode(header)
    with pytest.raises(InvalidEnvelope, match="signature"):
        check(".".join(["e1", b64u(spaced), ciphertext, signature]))


@pytest.mark.parametrize(
    ("rev", "expected", "refusal"),
    [
        (0, 0, None),
        (1, 1, None),
        (5, 5, None),
        (1, 0, InvalidEnvelope),
        (0, 1, StaleRevision),
        (1, 2, StaleRevision),
        (3, 2, StaleRevision),
    ],
)
def test_a_revision_follows_the_current_one(rev: int, expected: int, refusal: type[Refusal] | None) -> None:
    sealed = seal(rev=rev).sealed
    if refusal is None:
        check(sealed, rev=expected)
    else:
        with pytest.raises(refusal):
            check(sealed, rev=expected)


def test_a_message_sealed_for_other_members_is_stale() -> None:
    joined = ALICE.link(CONVERSATION, HEAD, "remove", BOB)
    with pytest.raises(StaleMembers):
        check(seal().sealed, members_hash=head_after(CONVERSATION, HEAD, joined))


def test_copies_are_for_the_members_with_keys_and_their_current_keys() -> None:
    copies = {user: parse_copy(copy) for user, copy in seal().encrypted_messages.items()}
    kids = {user: jwk["kid"] for user, jwk in RECIPIENTS.items()}
    check_copies(copies, kids=kids)
    newer = BOB.public_key(CONVERSATION, 2)["kid"]
    stale = [{**kids, new_id(): newer}, {ALICE.user: kids[ALICE.user]}, {}, {**kids, BOB.user: newer}]
    for current in stale:
        with pytest.raises(StaleMembers):
            check_copies(copies, kids=current)
