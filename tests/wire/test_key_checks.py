"""Which public keys are believed."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from hubbub.wire.errors import InvalidKey
from hubbub.wire.key_checks import UnsignedKey, is_signed, read_public_key, verify_identity, verify_public_key
from hubbub.wire.keys import IdentityKey, PublicKey
from hubbub.wire.signing import b64u, fields, thumbprint
from tests.sealing import Identity
from tests.vectors.make_server_signing import FILE

VECTORS: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
HERE, ELSEWHERE = VECTORS["conversation"], "0198c0de-0000-7000-8000-0000000000c1"
ALICE, BOB = Identity(seed=b"alice"), Identity(seed=b"bob")


def verified(document: dict[str, Any], *, conversation: str | None = HERE, who: Identity = ALICE) -> PublicKey:
    return verify_public_key(document, conversation=conversation, user=who.user, identity_key=who.ik)


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_the_keys_of_the_vectors_verify(name: str) -> None:
    person = VECTORS["people"][name]
    whose = {"user": person["user"], "identity_key": person["identity_key"]["ik"]}
    here = verify_public_key(person["conversation_key"], conversation=HERE, **whose)
    assert msgspec.to_builtins(here) == person["conversation_key"]
    assert verify_public_key(person["own_key"], conversation=None, **whose).gen == 1


def test_a_signed_key_verifies_for_its_generation() -> None:
    for gen in (0, 1, 7, 2**31 - 1):
        assert verified(ALICE.public_key(HERE, gen)).gen == gen


def test_more_names_do_not_disturb_a_signed_key() -> None:
    assert verified({**ALICE.public_key(HERE), "alg": "ECDH-ES"}).kid == ALICE.public_key(HERE)["kid"]


@pytest.mark.parametrize("name", ["x", "kid", "ik", "sig"])
def test_a_key_altered_in_any_character_is_refused(name: str) -> None:
    document = ALICE.public_key(HERE)
    for at, character in enumerate(document[name]):
        other = "A" if character != "A" else "B"
        altered = document[name][:at] + other + document[name][at + 1 :]
        with pytest.raises(InvalidKey):
            verified({**document, name: altered})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kty", "EC"),
        ("crv", "Ed25519"),
        ("use", "sig"),
        ("gen", 2),
        ("gen", -1),
        ("gen", "1"),
        ("gen", True),
        ("gen", 2**31),
        ("x", ""),
        ("x", None),
        ("x", b64u(bytes(31))),
        ("sig", None),
        ("sig", ""),
        ("sig", 5),
        ("sig", "é"),
        ("ik", ["x"]),
    ],
)
def test_a_key_of_another_shape_is_refused(name: str, value: object) -> None:
    with pytest.raises(InvalidKey):
        verified({**ALICE.public_key(HERE), name: value})


@pytest.mark.parametrize("name", ["kty", "crv", "x", "use", "kid", "gen", "ik", "sig"])
def test_a_signed_key_has_all_its_names(name: str) -> None:
    document = ALICE.public_key(HERE)
    del document[name]
    with pytest.raises(InvalidKey):
        verified(document)


def test_a_key_holds_for_its_conversation_alone() -> None:
    for made_for, used_for in ((HERE, ELSEWHERE), (HERE, None), (None, HERE)):
        with pytest.raises(InvalidKey):
            verified(ALICE.public_key(made_for), conversation=used_for)


def test_a_key_holds_for_its_user_alone() -> None:
    with pytest.raises(InvalidKey):
        verified(ALICE.public_key(HERE), who=BOB)
    alias = Identity("0198c0de-0000-7000-8000-00000000000c", seed=b"alice")
    assert alias.ik == ALICE.ik
    with pytest.raises(InvalidKey):
        verified(ALICE.public_key(HERE), who=alias)


def test_a_key_under_a_retired_identity_is_refused() -> None:
    renewed = Identity(ALICE.user, seed=b"renewed")
    with pytest.raises(InvalidKey):
        verified(ALICE.public_key(HERE), who=renewed)
    with pytest.raises(InvalidKey):
        verified({**ALICE.public_key(HERE), "ik": renewed.ik}, who=renewed)


def test_a_signature_needs_a_registered_identity() -> None:
    with pytest.raises(InvalidKey, match="identity key"):
        verify_public_key(ALICE.public_key(HERE), conversation=HERE, user=ALICE.user, identity_key=None)


@pytest.mark.parametrize("point", [0, 1, 2**255 - 20, 2**255 - 19, 2**255 - 18])
def test_a_key_that_nobody_can_seal_to_is_refused(point: int) -> None:
    raw = point.to_bytes(32, "little")
    x = b64u(raw)
    sig = b64u(ALICE.sign(fields("hubbub-key/1", HERE, ALICE.user, 1, raw)))
    with pytest.raises(InvalidKey, match="small order"):
        verified({**ALICE.public_key(HERE), "x": x, "kid": thumbprint(x), "sig": sig})


@pytest.mark.parametrize("document", [{}, {"key": "anything"}, {"kty": "RSA", "n": "…", "e": "AQAB"}])
def test_an_unsigned_key_is_for_conversations_that_are_not_sealed(document: dict[str, Any]) -> None:
    assert not is_signed(document)
    whose = {"conversation": HERE, "user": ALICE.user}
    for known in (ALICE.ik, None):
        assert read_public_key(document, **whose, identity_key=known, sealed=False) == UnsignedKey(document)
        with pytest.raises(InvalidKey, match="sealed"):
            read_public_key(document, **whose, identity_key=known, sealed=True)


@pytest.mark.parametrize("sealed", [True, False])
def test_a_key_that_claims_a_signature_must_verify_everywhere(sealed: bool) -> None:
    document = ALICE.public_key(HERE)
    for claim in (None, "", document["sig"]):
        assert is_signed({"sig": claim})
    read = read_public_key(document, conversation=HERE, user=ALICE.user, identity_key=ALICE.ik, sealed=sealed)
    assert isinstance(read, PublicKey)
    for forged in ({**document, "sig": None}, {**document, "gen": 2}, {"sig": "x"}):
        with pytest.raises(InvalidKey):
            read_public_key(forged, conversation=HERE, user=ALICE.user, identity_key=ALICE.ik, sealed=sealed)


# --- identity keys ----------------------------------------------------------------------------------------


def entry(document: dict[str, Any]) -> IdentityKey:
    return msgspec.convert(document, IdentityKey)


def test_the_identity_keys_of_the_vectors_verify() -> None:
    alice = VECTORS["people"]["alice"]
    first = entry(alice["identity_key"])
    assert verify_identity(first, user=alice["user"], previous=None)
    assert verify_identity(entry(VECTORS["identity_change"]), user=alice["user"], previous=first)


def test_a_new_identity_key_says_whether_the_old_one_vouches_for_it() -> None:
    first = entry(ALICE.identity_key())
    renewed = Identity(ALICE.user)
    for vouched in (True, False):
        second = entry(renewed.identity_key(seq=2, previous=ALICE, vouched=vouched))
        assert verify_identity(second, user=ALICE.user, previous=first) is vouched


def test_an_identity_key_has_its_place_in_its_users_history() -> None:
    first = entry(ALICE.identity_key())
    renewed = Identity(ALICE.user)
    second = renewed.identity_key(seq=2, previous=ALICE)
    wrong = [
        (entry(second), None),
        (entry(renewed.identity_key(seq=3, previous=ALICE)), first),
        (entry({**second, "seq": 3}), entry(second)),
        (entry(renewed.identity_key()), first),
        (first, first),
        (entry(ALICE.identity_key(seq=2, previous=ALICE)), first),
        (entry(renewed.identity_key(seq=1, previous=ALICE)), None),
    ]
    for change, previous in wrong:
        with pytest.raises(InvalidKey):
            verify_identity(change, user=ALICE.user, previous=previous)


def test_an_identity_key_is_its_users_alone() -> None:
    with pytest.raises(InvalidKey):
        verify_identity(entry(ALICE.identity_key()), user=BOB.user, previous=None)
    taken = entry({**BOB.identity_key(), "ik": ALICE.ik})
    with pytest.raises(InvalidKey):
        verify_identity(taken, user=BOB.user, previous=None)


def test_a_predecessor_cannot_be_made_up() -> None:
    renewed = Identity(ALICE.user)
    document = renewed.identity_key(seq=2, previous=ALICE)
    for claim in (document["signature"], b64u(bytes(64)), "", "é"):
        forged = entry({**document, "previous_signature": claim})
        with pytest.raises(InvalidKey):
            verify_identity(forged, user=ALICE.user, previous=entry(ALICE.identity_key()))


@pytest.mark.parametrize("name", ["ik", "signature", "previous_signature"])
def test_an_identity_change_altered_in_any_character_is_refused(name: str) -> None:
    first = entry(ALICE.identity_key())
    document = Identity(ALICE.user, seed=b"renewed").identity_key(seq=2, previous=ALICE)
    for at, character in enumerate(document[name]):
        other = "A" if character != "A" else "B"
        altered = {**document, name: document[name][:at] + other + document[name][at + 1 :]}
        with pytest.raises(InvalidKey):
            verify_identity(entry(altered), user=ALICE.user, previous=first)
