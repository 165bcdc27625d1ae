"""How one's own keys are made, kept, opened and lost, and what a server that swaps them achieves: nothing."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.client.crypto.keys import KeyPair, WrappedKey
from hubbub.client.crypto.machine import Machine
from hubbub.client.crypto.passwords import derive_secret, new_kdf
from hubbub.client.crypto.refused import Refused
from hubbub.client.crypto.words import code_of, words_of
from hubbub.wire.ids import new_id
from hubbub.wire.key_checks import verify_identity, verify_public_key
from hubbub.wire.resources import OwnKeys, OwnUserKey
from tests.client.crypto.people import PASSWORD_KEY, Person, Room, history, identity_row, named

OTHER_KEY = bytes(32)


def refused(code: str, call: Callable[[], object]) -> None:
    with pytest.raises(Refused) as caught:
        call()
    assert caught.value.code == code


@pytest.fixture(name="ada")
def _ada() -> Person:
    return Person()


# --- passwords --------------------------------------------------------------------------------------------------------


def test_a_new_password_gets_a_salt_of_its_own() -> None:
    assert new_kdf().salt != new_kdf().salt
    assert (new_kdf().m, new_kdf().t, new_kdf().p) == (65536, 3, 4)


def test_what_is_sent_tells_nothing_of_what_stays() -> None:
    kdf = new_kdf()
    one, again, other = (derive_secret(password, kdf) for password in ("swordfish!", "swordfish!", "swordfish"))
    assert one == again
    assert one.secret != other.secret
    assert one.password_key != other.password_key


@given(st.binary(min_size=32, max_size=32))
def test_every_code_is_words_and_back(code: bytes) -> None:
    assert code_of(words_of(code)) == code


# --- opening ----------------------------------------------------------------------------------------------------------


def test_a_new_account_is_what_the_server_takes(ada: Person) -> None:
    [entry] = history(ada.made.identity)
    assert verify_identity(entry, user=ada.user, previous=None)
    assert verify_public_key(ada.jwk, conversation=None, user=ada.user, identity_key=ada.me.ik).gen == 1


def test_the_password_opens_the_account_elsewhere(ada: Person) -> None:
    room, elsewhere = Room(ada), Machine()
    place, sealed = room.seal(ada)
    assert elsewhere.unlock(ada.rows, PASSWORD_KEY) == ada.me
    ada.machine = elsewhere
    assert room.open(ada, ada, place, sealed).members == room.state.head


def test_the_words_open_the_account_and_give_it_a_new_password(ada: Person) -> None:
    elsewhere = Machine()
    assert elsewhere.unlock_with_words(ada.rows, ada.made.words) == ada.me
    rows = ada.rows
    rows.slots = {"password": elsewhere.new_password_slot(OTHER_KEY)}
    assert Machine().unlock(rows, OTHER_KEY) == ada.me
    refused("slot_wrong", lambda: Machine().unlock(rows, PASSWORD_KEY))


def test_new_words_replace_the_old_ones(ada: Person) -> None:
    rows, new = ada.rows, ada.machine.new_recovery_slot()
    rows.slots["recovery"] = new.slot
    assert Machine().unlock_with_words(rows, new.words) == ada.me
    refused("wrong_words", lambda: Machine().unlock_with_words(rows, ada.made.words))


def test_a_device_key_opens_what_was_kept_under_it(ada: Person) -> None:
    kept = ada.machine.keep(OTHER_KEY)
    assert Machine().resume(ada.rows, kept, OTHER_KEY) == ada.me
    refused("slot_wrong", lambda: Machine().resume(ada.rows, kept, PASSWORD_KEY))
    refused("slot_wrong", lambda: Machine().resume(Person().rows, kept, OTHER_KEY))


def test_a_locked_machine_has_no_keys(ada: Person) -> None:
    room = Room(ada)
    place, sealed = room.seal(ada)
    ada.machine.lock()
    assert ada.machine.me is None
    refused("key_missing", lambda: room.open(ada, ada, place, sealed))
    refused("key_missing", lambda: room.seal(ada))
    refused("key_missing", lambda: ada.machine.keep(OTHER_KEY))


def test_keys_are_made_anew_when_everything_is_lost(ada: Person) -> None:
    room = Room(ada)
    place, sealed = room.seal(ada)
    first, lost = ada.made.identity, ada.rows
    ada.machine = Machine()
    ada.made = ada.machine.start_anew(lost, OTHER_KEY)
    assert ada.me.seq == 2
    assert ada.made.user_key.public_key["gen"] == 2
    old, new = history(first, ada.made.identity)
    assert verify_identity(new, user=ada.user, previous=old) is False
    refused("key_missing", lambda: room.open(ada, ada, place, sealed))
    rows = ada.rows
    rows.identity.insert(0, identity_row(first))
    rows.user_keys += lost.user_keys
    assert Machine().unlock(rows, OTHER_KEY) == ada.me


def test_keys_of_an_account_key_that_is_lost_are_passed_over(ada: Person) -> None:
    """And so is what is no key at all: the server may keep what it likes."""
    conversation = new_id()
    old = ada.machine.new_conversation_key(conversation, 2)
    ada.machine.start_anew(ada.rows, OTHER_KEY)
    new = ada.machine.new_conversation_key(conversation, 3)
    rows = [_row(old), _row(new), _row(new, kid=old.public_key["kid"]), _row(new, v=2), _row(new, ct="?")]
    rows.append(OwnUserKey(gen=4, public_key=new.public_key, inserted_at="", private_key=None))
    assert ada.machine.add_private_keys(conversation, rows) == [new.public_key["kid"]]
    assert ada.machine.add_private_keys(new_id(), [_row(new)]) == []


def _row(pair: KeyPair, **changes: object) -> OwnUserKey:
    private = {**pair.private_key, **changes}
    return OwnUserKey(gen=pair.public_key["gen"], public_key=pair.public_key, inserted_at="", private_key=private)


# --- a server that swaps one's own keys -------------------------------------------------------------------------------


def test_a_wrong_password_opens_nothing(ada: Person) -> None:
    machine = Machine()
    refused("slot_wrong", lambda: machine.unlock(ada.rows, OTHER_KEY))
    assert machine.me is None


def test_a_missing_slot_is_told_apart_from_a_wrong_one(ada: Person) -> None:
    rows = ada.rows
    rows.slots = {}
    refused("slot_missing", lambda: Machine().unlock(rows, PASSWORD_KEY))
    refused("slot_missing", lambda: Machine().unlock_with_words(rows, ada.made.words))


def test_words_of_another_account_open_nothing(ada: Person) -> None:
    refused("wrong_words", lambda: Machine().unlock_with_words(ada.rows, Person().made.words))


def _slot_of_another(rows: OwnKeys, other: Person) -> None:
    rows.slots["password"] = other.made.slots.password


def _another_slot(rows: OwnKeys, _other: Person) -> None:
    rows.slots["password"] = rows.slots["recovery"]


def _slot_for_another_name(rows: OwnKeys, other: Person) -> None:
    rows.user_id = other.user


def _identity_of_another(rows: OwnKeys, other: Person) -> None:
    rows.identity = other.rows.identity


def _added_identity(rows: OwnKeys, _other: Person) -> None:
    """The server says that the user made new keys, and has made them itself."""
    forged = Machine().start_anew(rows, PASSWORD_KEY).identity
    rows.identity.append(identity_row(forged))


def _added_identity_with_the_old_seed(rows: OwnKeys, other: Person) -> None:
    _added_identity(rows, other)
    rows.identity[-1].wrapped_seed = rows.identity[0].wrapped_seed
    rows.user_keys = []


def _seed_of_another(rows: OwnKeys, other: Person) -> None:
    rows.identity[0].wrapped_seed = other.made.identity.wrapped_seed


def _wrapped_key_as_seed(rows: OwnKeys, _other: Person) -> None:
    private = msgspec.convert(rows.user_keys[0].private_key, WrappedKey)
    rows.identity[0].wrapped_seed = msgspec.json.encode({**msgspec.to_builtins(private)}).decode()


def _seed_that_is_none(rows: OwnKeys, _other: Person) -> None:
    rows.identity[0].wrapped_seed = "{"


def _no_seed(rows: OwnKeys, _other: Person) -> None:
    rows.identity[0].wrapped_seed = None


def _no_identity(rows: OwnKeys, _other: Person) -> None:
    rows.identity = []


def _key_of_another(rows: OwnKeys, other: Person) -> None:
    rows.user_keys = other.rows.user_keys


def _unsigned_key(rows: OwnKeys, _other: Person) -> None:
    rows.user_keys[0].public_key = {**rows.user_keys[0].public_key}
    del rows.user_keys[0].public_key["sig"]


def _forged_key(rows: OwnKeys, other: Person) -> None:
    rows.user_keys[0].public_key = {**rows.user_keys[0].public_key, "x": other.jwk["x"]}


@pytest.mark.parametrize(
    ("code", "swap"),
    [
        ("slot_wrong", _slot_of_another),
        ("slot_wrong", _another_slot),
        ("slot_wrong", _slot_for_another_name),
        ("identity_invalid", _identity_of_another),
        ("key_swapped", _added_identity),
        ("key_swapped", _added_identity_with_the_old_seed),
        ("key_swapped", _seed_of_another),
        ("key_swapped", _wrapped_key_as_seed),
        ("key_swapped", _seed_that_is_none),
        ("key_missing", _no_seed),
        ("key_missing", _no_identity),
        ("key_swapped", _key_of_another),
        ("key_unsigned", _unsigned_key),
        ("key_swapped", _forged_key),
    ],
    ids=lambda value: value if isinstance(value, str) else value.__name__.strip("_"),
)
def test_swapped_rows_do_not_open(code: str, swap: Callable[[OwnKeys, Person], None], ada: Person) -> None:
    rows, machine = ada.rows, Machine()
    swap(rows, Person())
    refused(code, lambda: machine.unlock(rows, PASSWORD_KEY))
    assert machine.me is None


def test_own_generations_are_named_in_links(ada: Person) -> None:
    """What the founding link names is the key that others seal to until there is another."""
    assert Room(ada).state.members[ada.user].gen == named(ada).gen == ada.jwk["gen"]
