"""Everything that two implementations must agree on to the byte, held to the files of `tests/vectors`."""

from __future__ import annotations

import hashlib
import os
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hubbub.client.crypto import envelope
from hubbub.client.crypto.bodies import decode_body, encode_body, pad, unpad
from hubbub.client.crypto.chain import ChainState, advance, follow
from hubbub.client.crypto.envelope import content_key, open_body, read
from hubbub.client.crypto.identity import Identity, Known, judge_identity, open_identity
from hubbub.client.crypto.keys import Keyring, judge_key
from hubbub.client.crypto.notes import open_note, seal_note
from hubbub.client.crypto.passwords import derive_secret
from hubbub.client.crypto.refused import Refused
from hubbub.client.crypto.safety_number import safety_number
from hubbub.client.crypto.slots import open_slot, open_with_words, passkey_key, recovery_key
from hubbub.client.crypto.words import code_of, words_of
from hubbub.wire.keys import IdentityKey, Slot, passkey_slot
from hubbub.wire.links import Link
from hubbub.wire.resources import OwnUserKey
from hubbub.wire.signing import b64u, b64u_decode
from tests.client.crypto.peer import body_of
from tests.vectors import make_client_crypto
from tests.vectors.make_client_crypto import FILES, load

PEOPLE = load("keys")
MESSAGES = load("messages")["cases"]
NOTES = load("notes")


def refusal(caught: pytest.ExceptionInfo[Refused]) -> str:
    return caught.value.code


def known_of(document: Any) -> Known | None:
    return None if document is None else msgspec.convert(document, Known)


def own_key(document: Any) -> OwnUserKey:
    return msgspec.convert({"inserted_at": "", **document}, OwnUserKey)


def everybody() -> dict[str, Known]:
    return {one["user"]: Known(one["user"], one["identity"]["ik"], 1) for one in PEOPLE.values()}


@pytest.mark.parametrize("name", FILES)
def test_the_files_are_what_their_generator_makes(name: str) -> None:
    assert FILES[name]() == load(name)


@pytest.mark.parametrize("case", load("kdf")["cases"], ids=lambda case: case["password"])
def test_passwords_are_stretched(case: dict[str, Any]) -> None:
    derived = derive_secret(case["password"], case["kdf"])
    assert (derived.secret, b64u(derived.password_key)) == (case["secret"], case["password_key"])


@pytest.mark.parametrize("kdf", load("kdf")["refused"], ids=str)
def test_weak_stretching_is_refused(kdf: Any) -> None:
    with pytest.raises(Refused) as caught:
        derive_secret("VerySecurePassword1!", kdf)
    assert refusal(caught) == "weak_kdf"


def test_slots_open() -> None:
    vectors = load("slots")
    for name, one in vectors["slots"].items():
        slot = msgspec.convert(one["slot"], Slot)
        assert b64u(open_slot(vectors["user"], name, b64u_decode(one["key"]), slot)) == vectors["account_key"], name
    recovery = vectors["slots"]["recovery"]
    assert b64u(recovery_key(b64u_decode(vectors["recovery_code"]))) == recovery["key"]
    passkey = vectors["slots"][passkey_slot("0198c0de-0000-7000-8000-0000000000f1")]
    assert b64u(passkey_key(b64u_decode(vectors["prf_output"]))) == passkey["key"]
    slot = msgspec.convert(recovery["slot"], Slot)
    assert b64u(open_with_words(vectors["user"], vectors["recovery_words"], slot)) == vectors["account_key"]


@pytest.mark.parametrize("case", load("words")["cases"], ids=lambda case: case["words"][-1])
def test_a_code_is_words(case: dict[str, Any]) -> None:
    assert words_of(b64u_decode(case["code"])) == case["words"]
    assert b64u(code_of(case["words"])) == case["code"]


def test_words_are_read_as_they_are_typed() -> None:
    for case in load("words")["typed"]:
        assert b64u(code_of(case["words"])) == case["code"]


@pytest.mark.parametrize("words", load("words")["refused"], ids=lambda words: " ".join(words[:2]))
def test_what_are_not_the_words_is_refused(words: list[str]) -> None:
    with pytest.raises(Refused) as caught:
        code_of(words)
    assert refusal(caught) == "wrong_words"


def test_the_list_of_words_is_that_of_bip_39() -> None:
    """The digest that the standard's own file has."""
    digest = hashlib.sha256(("\n".join(make_client_crypto.WORDS) + "\n").encode()).hexdigest()
    assert digest == "2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda"


@pytest.mark.parametrize("name", PEOPLE)
def test_wrapped_keys_open(name: str) -> None:
    person = PEOPLE[name]
    account_key, entry = b64u_decode(person["account_key"]), person["identity"]
    identity = open_identity(person["user"], entry["ik"], entry["wrapped_seed"], account_key)
    assert identity.sign(b"x") == Identity(person["user"], b64u_decode(person["identity_seed"])).sign(b"x")
    for key in person["keys"]:
        keyring, jwk = Keyring(), key["public_key"]
        rows = [own_key(key)]
        assert keyring.add(account_key, key["conversation"], rows) == [jwk["kid"]]
        assert b64u(keyring.find(jwk["kid"]).private_bytes_raw()) == key["secret"]
        assert identity.sign(b64u_decode(key["signed"])) == jwk["sig"]
        known = Known(person["user"], entry["ik"], 1)
        assert judge_key(known, None, key["conversation"], person["user"], jwk).kid == jwk["kid"]


@pytest.mark.parametrize("case", load("identity")["judged"], ids=lambda case: case["case"])
def test_identities_are_judged(case: dict[str, Any]) -> None:
    history = msgspec.convert(case["history"], list[IdentityKey])
    judged = judge_identity(known_of(case["known"]), load("identity")["user"], history)
    assert msgspec.to_builtins(judged) == {**case["judged"], "earlier": tuple(case["judged"]["earlier"])}


@pytest.mark.parametrize("case", load("identity")["refused"], ids=lambda case: case["case"])
def test_histories_that_do_not_hold_are_refused(case: dict[str, Any]) -> None:
    history = msgspec.convert(case["history"], list[IdentityKey])
    with pytest.raises(Refused) as caught:
        judge_identity(known_of(case["known"]), load("identity")["user"], history)
    assert refusal(caught) == "identity_invalid"


def test_the_chain_is_followed() -> None:
    vectors, known = load("chain"), everybody()
    links = msgspec.convert([step["link"] for step in vectors["steps"]], list[Link])
    state = ChainState(vectors["conversation"])
    for step, link in zip(vectors["steps"], links, strict=True):
        state = advance(state, [link], known)
        proven = msgspec.to_builtins(state)
        assert {name: proven[name] for name in ("head", "members", "consents")} == {
            name: step[name] for name in ("head", "members", "consents")
        }
    assert state == msgspec.convert(vectors["state"], ChainState)
    assert follow(ChainState(vectors["conversation"]), links, known) == state


@pytest.mark.parametrize("case", load("padding")["cases"], ids=lambda case: str(case["length"]))
def test_padding(case: dict[str, Any]) -> None:
    text = b"\x80" * case["length"]
    padded = pad(text)
    assert (len(padded), b64u(hashlib.sha256(padded).digest())) == (case["padded_length"], case["sha256"])
    assert unpad(padded) == text


@pytest.mark.parametrize("padded", load("padding")["refused"])
def test_what_is_not_padding_is_refused(padded: str) -> None:
    with pytest.raises(ValueError, match="padded"):
        unpad(b64u_decode(padded))


@pytest.mark.parametrize("case", MESSAGES, ids=lambda case: case["case"])
def test_messages_open_for_every_recipient(case: dict[str, Any]) -> None:
    message = read(case["sealed"])
    for person in PEOPLE.values():
        if person["user"] not in case["recipients"]:
            continue
        keyring = Keyring()
        rows = [own_key(key) for key in person["keys"]]
        keyring.add(b64u_decode(person["account_key"]), MESSAGES[0]["stated"]["conversation"], rows)
        key = content_key(message, case["encrypted_messages"][person["user"]], person["user"], keyring)
        assert b64u(key) == case["content_key"]
        assert open_body(message, key) == body_of(case["body"])


@pytest.mark.parametrize("case", MESSAGES, ids=lambda case: case["case"])
def test_messages_are_sealed_to_the_byte(case: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    assert unpad(encode_body(body_of(case["body"]))).decode() == case["body_json"]
    stated, alice = dict(case["stated"]), PEOPLE["alice"]
    del stated["from"]
    monkeypatch.setattr(os, "urandom", lambda _length: b64u_decode(case["content_key"]))
    author = Identity(alice["user"], b64u_decode(alice["identity_seed"]))
    made = envelope.seal(body_of(case["body"]), **stated, author=author, recipients=case["recipients"])
    assert made.sealed == case["sealed"]
    assert read(made.sealed).header_bytes.decode() == case["header_json"]


def test_the_ephemeral_key_of_the_copies_is_the_one_that_is_named() -> None:
    vectors = load("messages")
    public = X25519PrivateKey.from_private_bytes(b64u_decode(vectors["ephemeral"]["private"])).public_key()
    assert b64u(public.public_bytes_raw()) == vectors["ephemeral"]["public"]
    copies = [copy for case in MESSAGES for copy in case["encrypted_messages"].values()]
    assert all(b64u_decode(copy.partition(".")[2])[:32] == public.public_bytes_raw() for copy in copies)


@pytest.mark.parametrize("case", NOTES["cases"], ids=lambda case: case["text"][:5])
def test_notes_of_who_asks_to_be_let_in(case: dict[str, Any]) -> None:
    alice, bob = PEOPLE["alice"], PEOPLE["bob"]
    conversation, author = NOTES["conversation"], everybody()[NOTES["author"]]
    keyring = Keyring()
    keyring.add(b64u_decode(alice["account_key"]), conversation, [own_key(key) for key in alice["keys"]])
    assert open_note(case["note"], conversation, author, keyring) == case["text"]
    sealed = seal_note(
        case["text"], conversation, NOTES["key"], Identity(bob["user"], b64u_decode(bob["identity_seed"]))
    )
    assert len(sealed) == len(case["note"])
    assert open_note(sealed, conversation, author, keyring) == case["text"]


@pytest.mark.parametrize("case", load("safety"), ids=lambda case: case["number"][:5])
def test_safety_numbers(case: dict[str, Any]) -> None:
    me, them = ((case[side]["user"], case[side]["ik"]) for side in ("me", "them"))
    assert safety_number(me, them) == case["number"]


@pytest.mark.parametrize("case", MESSAGES, ids=lambda case: case["case"])
def test_bodies_come_back(case: dict[str, Any]) -> None:
    assert decode_body(pad(case["body_json"].encode())) == body_of(case["body"])
