"""People who talk through their machines: what is sealed for whom, and what a hostile server cannot slip in."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubbub.client.crypto.bodies import Body, React, ReactBody, TextBody, decode_body, encode_body, pad, unpad
from hubbub.client.crypto.chain import advance
from hubbub.client.crypto.envelope import Sealed, read, seal_copies
from hubbub.client.crypto.identity import Change, judge_identity
from hubbub.client.crypto.keys import Judged, judge_key
from hubbub.client.crypto.machine import Machine
from hubbub.client.crypto.places import Opened, Shown
from hubbub.client.crypto.refused import Refused
from hubbub.client.crypto.safety_number import safety_number
from hubbub.wire.envelope import is_padded_length
from tests.client.crypto.people import HELLO, PASSWORD_KEY, SENT_AT, Person, Room, history, known_of, named

ADA, BOB, CAROL = Person(), Person(), Person()
NEW_KEY = bytes(32)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
texts = st.text(max_size=300)
bodies: st.SearchStrategy[Body] = st.one_of(
    st.builds(TextBody, texts, st.none() | texts),
    st.builds(ReactBody, st.builds(React, texts, texts, st.booleans())),
)


def refused(code: str, call: Callable[[], object]) -> None:
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.code == code


def moved(person: Person) -> Person:
    """The same user, who has lost all keys and made new ones."""
    other = Person(person.user)
    other.made = other.machine.start_anew(person.rows, NEW_KEY)
    return other


@pytest.fixture(name="room")
def _room() -> Room:
    return Room(ADA, BOB)


# --- what is sealed opens ---------------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(bodies, st.sets(st.sampled_from([ADA, BOB, CAROL]), min_size=1).map(list), st.sampled_from([ADA, BOB, CAROL]))
def test_whatever_is_sealed_opens_for_whom_it_is_sealed(body: Body, recipients: list[Person], author: Person) -> None:
    room = Room(ADA, BOB, CAROL)
    place, sealed = room.seal(author, body, recipients={one.user: one.jwk for one in recipients})
    for reader in (ADA, BOB, CAROL):
        if reader in recipients:
            assert room.open(reader, author, place, sealed) == Opened(body, SENT_AT, room.state.head or "")
        else:
            with pytest.raises(Refused, match="copy_missing"):
                room.open(reader, author, place, sealed)


def test_a_message_is_never_sealed_under_the_same_key_twice(room: Room) -> None:
    place, one = room.seal(ADA)
    _, other = room.seal(ADA, place=place)
    assert one.sealed != other.sealed


def test_keys_of_the_conversation_are_used_once_there_are_some(room: Room) -> None:
    pair = BOB.machine.new_conversation_key(room.id, 2)
    assert room.judge(BOB, pair.public_key) == 2
    room.jwks[BOB.user] = pair.public_key
    place, sealed = room.seal(ADA)
    assert sealed.encrypted_messages[BOB.user].startswith(str(pair.public_key["kid"]))
    assert room.open(BOB, ADA, place, sealed).body == HELLO


def test_a_late_joiner_reads_what_is_shared_with_them(room: Room) -> None:
    place, sealed = room.seal(ADA)
    room.known |= known_of(CAROL)
    room.state = advance(room.state, [BOB.machine.link(room.state, "add", named(CAROL))], room.known)
    refused("copy_missing", lambda: room.open(CAROL, ADA, place, sealed))
    copies = BOB.machine.share(
        sealed.sealed,
        sealed.encrypted_messages[BOB.user],
        state=room.state,
        known=room.known,
        to={CAROL.user: CAROL.jwk},
    )
    shared = Sealed(sealed.sealed, sealed.encrypted_messages | copies)
    assert room.open(CAROL, ADA, place, shared).body == HELLO


def test_many_are_opened_or_refused_each_for_itself(room: Room) -> None:
    place, sealed = room.seal(ADA)
    good = Shown(place, sealed.sealed, sealed.encrypted_messages[BOB.user], ADA.user)
    wanted = {"ok": good, "not_sealed": msgspec.structs.replace(good, sealed="hello")}
    wanted["ghost_member"] = msgspec.structs.replace(good, sender=CAROL.user)
    answers = BOB.machine.open_many(wanted.values(), authors=room.known, state=room.state)
    assert [one.code if isinstance(one, Refused) else "ok" for one in answers] == list(wanted)


# --- what is not believed ---------------------------------------------------------------------------------------------


def test_nobody_is_sealed_to_whom_no_member_added(room: Room) -> None:
    room.known |= known_of(CAROL)
    refused("ghost_member", lambda: room.seal(ADA, recipients={**room.jwks, CAROL.user: CAROL.jwk}))
    place, sealed = room.seal(ADA)
    copy = sealed.encrypted_messages[ADA.user]
    sharing = partial(ADA.machine.share, state=room.state, known=room.known, to={CAROL.user: CAROL.jwk})
    refused("ghost_member", lambda: sharing(sealed.sealed, copy))
    assert room.open(BOB, ADA, place, sealed).body == HELLO


def test_a_content_key_that_the_author_did_not_sign_is_not_shared(room: Room) -> None:
    """Else a member could have two readers open one message to two texts."""
    _, sealed = room.seal(ADA)
    header = read(sealed.sealed).header_bytes
    copies = seal_copies(bytes(32), header, {BOB.user: BOB.jwk})
    sharing = partial(BOB.machine.share, state=room.state, known=room.known, to={ADA.user: ADA.jwk})
    refused("altered", lambda: sharing(sealed.sealed, copies[BOB.user]))
    assert sharing(sealed.sealed, sealed.encrypted_messages[BOB.user])


def test_nobody_is_sealed_to_who_is_unknown(room: Room) -> None:
    refused("ghost_member", lambda: room.seal(ADA, known={ADA.user: room.known[ADA.user]}))


def test_nobody_is_sealed_to_after_they_left(room: Room) -> None:
    room.state = advance(room.state, [BOB.machine.link(room.state, "leave", named(BOB))], room.known)
    refused("ghost_member", lambda: room.seal(ADA))


def test_nothing_is_sealed_to_a_key_of_the_server(room: Room) -> None:
    forged = {**BOB.jwk, "x": CAROL.jwk["x"], "kid": CAROL.jwk["kid"]}
    unsigned = {name: value for name, value in BOB.jwk.items() if name != "sig"}
    refused("key_swapped", lambda: room.seal(ADA, recipients={**room.jwks, BOB.user: forged}))
    refused("key_unsigned", lambda: room.seal(ADA, recipients={**room.jwks, BOB.user: unsigned}))


def test_nothing_is_sealed_to_an_older_key(room: Room) -> None:
    newer = BOB.machine.new_conversation_key(room.id, 2).public_key
    seen = {BOB.user: Judged(2, newer["kid"])}
    refused("older_gen", lambda: room.seal(ADA, seen=seen))
    assert room.seal(ADA, recipients={BOB.user: newer}, seen=seen)
    other = BOB.machine.new_conversation_key(room.id, 2).public_key
    refused("key_swapped", lambda: room.seal(ADA, recipients={BOB.user: other}, seen=seen))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 9999), st.integers(1, 63))
def test_one_character_changed_anywhere_is_refused(where: int, by: int) -> None:
    """Anywhere in the message or its copy, to any other character of base64url."""
    room = Room(ADA, BOB)
    place, sealed = room.seal(ADA)
    length, both = len(sealed.sealed), sealed.sealed + sealed.encrypted_messages[BOB.user]
    at = where % len(both)
    other = ALPHABET[(ALPHABET.find(both[at]) + by) % 64]
    both = both[:at] + other + both[at + 1 :]
    with pytest.raises(Refused):
        room.open(BOB, ADA, place, Sealed(both[:length], {BOB.user: both[length:]}))


# --- identities that change -------------------------------------------------------------------------------------------


def test_a_changed_identity_is_sealed_to_once_a_member_added_it_again(room: Room) -> None:
    bob = moved(BOB)
    entries = history(BOB.made.identity, bob.made.identity)
    room.known[BOB.user] = changed = judge_identity(room.known[BOB.user], BOB.user, entries)
    assert changed.changed == Change(BOB.me.ik, vouched=False)
    assert not changed.accepted
    recipients = {BOB.user: bob.made.user_key.public_key}
    refused("identity_changed", lambda: room.seal(ADA, recipients=recipients))
    refused("key_swapped", lambda: room.seal(ADA))
    link = ADA.machine.link(room.state, "add", named(bob, 2))
    room.state = advance(room.state, [link], room.known)
    place, sealed = room.seal(ADA, recipients=recipients)
    assert room.open(bob, ADA, place, sealed).body == HELLO


def test_a_changed_identity_that_was_verified_waits_for_being_accepted(room: Room) -> None:
    verified = msgspec.structs.replace(room.known[BOB.user], verified=True)
    bob = moved(BOB)
    entries = history(BOB.made.identity, bob.made.identity)
    changed = room.known[BOB.user] = judge_identity(verified, BOB.user, entries)
    room.state = advance(room.state, [ADA.machine.link(room.state, "add", named(bob, 2))], room.known)
    recipients = {BOB.user: bob.made.user_key.public_key}
    refused("identity_changed", lambda: room.seal(ADA, recipients=recipients))
    room.known[BOB.user] = msgspec.structs.replace(changed, accepted=True)
    assert room.seal(ADA, recipients=recipients)


def test_what_was_said_before_the_change_still_opens(room: Room) -> None:
    place, sealed = room.seal(BOB)
    bob = moved(BOB)
    entries = history(BOB.made.identity, bob.made.identity)
    room.known[BOB.user] = judge_identity(room.known[BOB.user], BOB.user, entries)
    room.state = advance(room.state, [ADA.machine.link(room.state, "add", named(bob, 2))], room.known)
    assert room.open(ADA, BOB, place, sealed).body == HELLO


def test_the_old_identity_says_nothing_after_the_change(room: Room) -> None:
    """Whoever found the old key cannot speak in the place of the user from then on."""
    bob = moved(BOB)
    entries = history(BOB.made.identity, bob.made.identity)
    room.known[BOB.user] = judge_identity(room.known[BOB.user], BOB.user, entries)
    room.state = advance(room.state, [ADA.machine.link(room.state, "add", named(bob, 2))], room.known)
    place, sealed = room.seal(BOB, recipients={ADA.user: ADA.jwk})
    refused("ghost_member", lambda: room.open(ADA, BOB, place, sealed))


# --- small things -----------------------------------------------------------------------------------------------------


@given(st.binary(max_size=9000))
def test_padding_hides_the_length_and_comes_off(text: bytes) -> None:
    padded = pad(text)
    assert is_padded_length(len(padded))
    assert len(padded) > len(text)
    assert len(padded) <= max(128, 2 * len(text) + 2)
    assert unpad(padded) == text


@given(bodies)
def test_bodies_come_back(body: Body) -> None:
    assert decode_body(encode_body(body)) == body


@pytest.mark.parametrize(
    ("typed", "said"),
    [("\ud83d\ude00", "😀"), ("a\ud800b", "a\ufffdb"), ("\udc00\ud800", "\ufffd\ufffd"), ("\ufeffa", "\ufeffa")],
    ids=ascii,
)
def test_halves_of_characters_do_not_leave_the_client(typed: str, said: str) -> None:
    assert decode_body(encode_body(TextBody(typed, typed))) == TextBody(said, said)


def test_safety_numbers_are_alike_for_both_and_change_with_the_key() -> None:
    ada, bob, new = (ADA.user, ADA.me.ik), (BOB.user, BOB.me.ik), (BOB.user, moved(BOB).me.ik)
    assert safety_number(ada, bob) == safety_number(bob, ada)
    assert safety_number(ada, bob) != safety_number(ada, new)
    assert len(safety_number(ada, bob)) == 60


def test_a_key_is_judged_before_there_is_a_conversation() -> None:
    known = known_of(BOB)[BOB.user]
    assert judge_key(known, None, None, BOB.user, BOB.jwk) == Judged(1, str(BOB.jwk["kid"]))


def test_the_password_opens_what_another_device_sealed(room: Room) -> None:
    pair = BOB.machine.new_conversation_key(room.id, 2)
    place, sealed = room.seal(ADA, recipients={BOB.user: pair.public_key})
    elsewhere = Person(BOB.user)
    elsewhere.machine = Machine()
    elsewhere.machine.unlock(BOB.rows, PASSWORD_KEY)
    refused("key_missing", lambda: room.open(elsewhere, ADA, place, sealed))
    [row] = BOB.rows.user_keys
    row.public_key, row.private_key = pair
    assert elsewhere.machine.add_private_keys(room.id, [row]) == [pair.public_key["kid"]]
    assert room.open(elsewhere, ADA, place, sealed).body == HELLO
