"""Stretched passwords and key slots: stored, replaced and deleted with the account and its password, or not at all
(Hubbub's design of keys and envelopes, sections 1 and 2).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from hubbub.auth.limits import PRELOGIN, PROVING, MemoryLimiter
from hubbub.storage.users import Account
from hubbub.wire.ids import new_id
from hubbub.wire.signing import b64u
from tests.http.test_signing_in import is_problem
from tests.http.world import PASSWORD, Person, World
from tests.keyed import Keyed, Password, fresh_kdf, keys
from tests.sealing import Document, Identity


@pytest.fixture
def keyed() -> Keyed:
    return Keyed("ada@example.com")


@pytest.fixture
async def ada(world: World, keyed: Keyed) -> Person:
    """Registered by a client that encrypts."""
    answer = await world.client.post("/auth/register", json=keyed.registration())
    assert answer.status_code == 200, answer.text
    return Person(world.client, answer.json(), keyed.password.secret)


async def own_keys(person: Person) -> Document:
    answer = await person.get("/api/keys")
    assert answer.status_code == 200, answer.text
    body: Document = answer.json()
    return body


async def kdf_of(world: World, email: str) -> Document:
    answer = await world.client.post("/auth/prelogin", json={"email": email})
    assert answer.status_code == 200, answer.text
    assert answer.json().keys() == {"kdf"}
    kdf: Document = answer.json()["kdf"]
    return kdf


def out_of_order(world: World) -> Callable[[], None]:
    """From now on no slot can be written; what is returned mends that."""

    def run(statement: str) -> None:
        with world.engine.begin() as connection:
            connection.execute(text(statement))

    run("CREATE TRIGGER broken BEFORE INSERT ON key_slots BEGIN SELECT RAISE(ABORT, 'broken'); END")
    return lambda: run("DROP TRIGGER broken")


# --- registering --------------------------------------------------------------------------------------------------


async def test_an_account_begins_with_its_keys(world: World, ada: Person, bob: Person, keyed: Keyed) -> None:
    sent = keyed.registration()
    assert ada.id == keyed.identity.user
    held = await own_keys(ada)
    (entry,), (key,) = held["identity"], held["user_keys"]
    assert {name: entry[name] for name in ("ik", "seq", "signature")} == {
        name: sent["identity"][name] for name in ("ik", "seq", "signature")
    }
    assert key["public_key"] == sent["user_key"]["public_key"]
    assert held["kdf"] == keyed.password.kdf
    assert held["slots"].keys() == {"password", "recovery"}
    assert keyed.identity.opens("password", keyed.password.key, held["slots"]["password"])
    assert keyed.identity.opens("recovery", keyed.recovery_key, held["slots"]["recovery"])
    assert (await bob.get(f"/api/keys/{ada.id}")).json()["user_key"]["public_key"] == key["public_key"]


async def test_a_device_signs_in_with_what_prelogin_tells(world: World, ada: Person, keyed: Keyed) -> None:
    assert await kdf_of(world, "ADA@example.com") == keyed.password.kdf
    device = await world.login(keyed.email, keyed.password.secret)
    assert (await own_keys(device))["slots"] == (await own_keys(ada))["slots"]


async def test_slots_are_shown_to_their_user_alone(ada: Person, bob: Person) -> None:
    assert (await bob.get(f"/api/keys/{ada.id}")).json().keys() == {"user_id", "identity", "user_key"}
    assert (await own_keys(bob))["slots"] == {}


async def test_slots_are_sealed_at_rest(world: World, ada: Person) -> None:
    sent = (await own_keys(ada))["slots"]
    with world.engine.begin() as connection:
        rows = {row.name: row.slot for row in connection.execute(text("SELECT name, slot FROM key_slots"))}
    assert rows.keys() == sent.keys()
    for name, stored in rows.items():
        assert stored.startswith("v1.")
        assert sent[name]["ct"] not in stored


async def test_a_repeat_is_told_that_the_account_exists_and_changes_nothing(
    world: World, ada: Person, keyed: Keyed
) -> None:
    before = await own_keys(ada)
    assert is_problem(await world.client.post("/auth/register", json=keyed.registration()), 422, "email_taken")
    again = await world.login(keyed.email, keyed.password.secret)
    assert await own_keys(again) == before


async def test_an_id_is_one_account_s(world: World, ada: Person) -> None:
    before = await own_keys(ada)
    other = Keyed("other@example.com")
    other.identity = Identity(ada.id)
    assert is_problem(await world.client.post("/auth/register", json=other.registration()), 409, "id_taken")
    assert await own_keys(ada) == before
    other.identity = Identity(new_id())
    assert (await world.client.post("/auth/register", json=other.registration())).status_code == 200


async def test_keys_that_cannot_be_stored_leave_no_account(world: World, keyed: Keyed) -> None:
    mend = out_of_order(world)
    assert is_problem(await world.client.post("/auth/register", json=keyed.registration()), 500, "internal")
    mend()
    assert (await world.client.post("/auth/register", json=keyed.registration())).status_code == 200


def changed_kdf(**changed: Any) -> Document:
    return {"kdf": {**fresh_kdf(), **changed}}


def changed_slot(**changed: Any) -> Callable[[Document], Document]:
    def change(sent: Document) -> Document:
        slots = sent["slots"]
        return {"slots": {**slots, "password": {**slots["password"], **changed}}}

    return change


BAD_KDFS: dict[str, Document] = {
    "too little memory": {"m": 65_535},
    "too much memory": {"m": 1_048_577},
    "too few passes": {"t": 2},
    "too many passes": {"t": 17},
    "no lanes": {"p": 0},
    "too many lanes": {"p": 17},
    "a fraction": {"t": 3.5},
    "text": {"m": "65536"},
    "a short salt": {"salt": b64u(bytes(15))},
    "a long salt": {"salt": b64u(bytes(17))},
    "stray bits in the salt": {"salt": "A" * 21 + "B"},
    "a salt of other letters": {"salt": "+" * 22},
    "no salt": {"salt": None},
    "a line break in the salt": {"salt": "A" * 21 + "\n"},
}
BAD_SLOTS: dict[str, Document] = {
    "another version": {"v": 2},
    "a version as text": {"v": "1"},
    "another cipher": {"enc": "A128GCM"},
    "a short nonce": {"iv": b64u(bytes(9))},
    "a long nonce": {"iv": b64u(bytes(15))},
    "no nonce": {"iv": None},
    "too short": {"ct": b64u(bytes(45))},
    "too long": {"ct": b64u(bytes(51))},
    "another alphabet": {"ct": "/" * 64},
    "a NUL": {"ct": "\0" * 64},
}


@pytest.mark.parametrize("changed", BAD_KDFS.values(), ids=BAD_KDFS.keys())
async def test_weak_or_broken_stretching_is_refused(world: World, keyed: Keyed, changed: Document) -> None:
    body = keyed.registration(**changed_kdf(**changed))
    await refused_and_free(world, keyed, body, 400, "invalid_payload", "kdf")


@pytest.mark.parametrize("changed", BAD_SLOTS.values(), ids=BAD_SLOTS.keys())
async def test_broken_slots_are_refused(world: World, keyed: Keyed, changed: Document) -> None:
    sent = keyed.registration()
    body = {**sent, **changed_slot(**changed)(sent)}
    await refused_and_free(world, keyed, body, 400, "invalid_payload", "slots.password")


OTHER = Identity(new_id())
INCOMPLETE: dict[str, tuple[Document, int, str, str]] = {
    "slots without kdf": ({"kdf": None, "password": PASSWORD}, 400, "invalid_payload", "slots"),
    "slots without id": ({"id": None, "identity": None, "user_key": None}, 400, "invalid_payload", "slots"),
    "an identity without id": ({"id": None, "slots": None, "user_key": None}, 400, "invalid_payload", "identity"),
    "a user key without id": ({"id": None, "slots": None, "identity": None}, 400, "invalid_payload", "user_key"),
    "no recovery slot": ({"slots": {"password": OTHER.slot("password", bytes(32))}}, 400, "invalid_payload", "slots"),
    "slots in a list": ({"slots": []}, 400, "invalid_payload", "slots"),
    "an id that is none": ({"id": "x" * 36}, 400, "invalid_payload", "id"),
    "a short id": ({"id": "1"}, 400, "invalid_payload", "id"),
    "a typed password": ({"password": PASSWORD}, 400, "invalid_payload", "password"),
    "a typed password of that length": ({"password": "pässword!" * 5}, 400, "invalid_payload", "password"),
    "a user key without identity": ({"identity": None}, 422, "invalid_key", ""),
    "keys of another": (keys(OTHER), 422, "invalid_key", ""),
    "an id that the keys do not sign": ({"id": new_id()}, 422, "invalid_key", ""),
    "not the first identity": (keys(OTHER, seq=2, previous=OTHER), 422, "invalid_key", ""),
}


@pytest.mark.parametrize(("changed", "status", "code", "names"), INCOMPLETE.values(), ids=INCOMPLETE.keys())
async def test_what_does_not_belong_together_is_refused(
    world: World, keyed: Keyed, changed: Document, status: int, code: str, names: str
) -> None:
    await refused_and_free(world, keyed, keyed.registration(**changed), status, code, names)


async def test_a_huge_private_key_is_refused(world: World, keyed: Keyed) -> None:
    sent = keyed.registration()
    body = {**sent, "user_key": {**sent["user_key"], "private_key": {"x": "y" * 5000}}}
    await refused_and_free(world, keyed, body, 413, "too_large", "private_key")


async def refused_and_free(world: World, keyed: Keyed, body: Document, status: int, code: str, names: str) -> None:
    """The refusal names the field and quotes nothing, and the address has no account after it."""
    answer = await world.client.post("/auth/register", json=body)
    assert is_problem(answer, status, code)
    assert names in answer.json()["detail"]
    assert str(body["password"]) not in answer.text
    assert (await world.client.post("/auth/register", json=keyed.registration())).status_code == 200


# --- prelogin -----------------------------------------------------------------------------------------------------


async def test_unknown_addresses_and_typed_passwords_get_an_answer_that_stays(
    world: World, ada: Person, bob: Person
) -> None:
    unknown, typed, real = [await kdf_of(world, email) for email in ("no@example.com", bob.email, ada.email)]
    for made_up in (unknown, typed):
        assert made_up.keys() == real.keys()
        assert len(made_up["salt"]) == len(real["salt"])
        assert {name: made_up[name] for name in ("m", "t", "p")} == {"m": 65536, "t": 3, "p": 4}
    assert len({unknown["salt"], typed["salt"], real["salt"]}) == 3
    assert await kdf_of(world, " NO@example.com ") == unknown
    assert await kdf_of(world, bob.email) == typed


async def test_registering_does_not_change_the_answer_for_a_typed_password(world: World) -> None:
    before = await kdf_of(world, "new@example.com")
    await world.register("new@example.com")
    assert await kdf_of(world, "new@example.com") == before


async def test_every_address_is_looked_for_alike(world: World, ada: Person, bob: Person) -> None:
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if "users" in statement:  # other parts of the server read beside this
            statements.append(statement)

    event.listen(world.engine, "after_cursor_execute", note)
    asked = []
    for email in ("no@example.com", bob.email, ada.email):
        statements.clear()
        await kdf_of(world, email)
        asked.append(list(statements))
    assert asked[0]
    assert asked[0] == asked[1] == asked[2]


async def test_prelogin_is_limited_by_itself(tmp_path: Path) -> None:
    world = World(tmp_path, MemoryLimiter())
    await world.open()
    ada = await world.register("ada@example.com")
    answers = [
        await world.client.post("/auth/prelogin", json={"email": f"{number}@example.com"})
        for number in range(PRELOGIN.burst + 1)
    ]
    assert {answer.status_code for answer in answers[:-1]} == {200}
    assert is_problem(answers[-1], 429, "rate_limited")
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert (await world.login(ada.email)).id == ada.id
    await world.close()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_payload"),
        ({"email": None}, "invalid_payload"),
        ({"email": 1}, "invalid_payload"),
        ({"email": ""}, "invalid_payload"),
        ({"email": "x" * 255}, "invalid_payload"),
        ({"email": "a\0@example.com"}, "invalid_text"),
    ],
)
async def test_bad_addresses_are_refused_by_name(world: World, body: Document, code: str) -> None:
    answer = await world.client.post("/auth/prelogin", json=body)
    assert is_problem(answer, 400, code)
    assert "email" in answer.json()["detail"]


# --- a new password -----------------------------------------------------------------------------------------------


async def test_a_new_password_brings_its_slot(world: World, ada: Person, keyed: Keyed) -> None:
    before, new = await own_keys(ada), Password()
    assert (await ada.patch("/api/password", keyed.password_change(new))).status_code == 204
    assert await kdf_of(world, keyed.email) == new.kdf
    held = await own_keys(await world.login(keyed.email, new.secret))
    assert held["kdf"] == new.kdf
    assert keyed.identity.opens("password", new.key, held["slots"]["password"])
    assert {**held, "kdf": None, "slots": None} == {**before, "kdf": None, "slots": None}
    assert held["slots"]["recovery"] == before["slots"]["recovery"]


async def test_a_new_password_without_slot_deletes_the_old_one(world: World, ada: Person, keyed: Keyed) -> None:
    before, new = await own_keys(ada), Password()
    assert (await ada.patch("/api/password", keyed.password_change(new, slot=None))).status_code == 204
    held = await own_keys(await world.login(keyed.email, new.secret))
    assert held["slots"] == {"recovery": before["slots"]["recovery"]}
    assert held["kdf"] == new.kdf == await kdf_of(world, keyed.email)


async def test_a_new_password_without_kdf_is_sent_as_it_is_typed(world: World, ada: Person, keyed: Keyed) -> None:
    typed = {"new_password": PASSWORD, "new_password_confirmation": PASSWORD}
    change = keyed.password_change(Password(), kdf=None, slot=None, **typed)
    assert (await ada.patch("/api/password", change)).status_code == 204
    held = await own_keys(await world.login(keyed.email, PASSWORD))
    assert (held["kdf"], list(held["slots"])) == (None, ["recovery"])
    assert await kdf_of(world, keyed.email) != keyed.password.kdf


async def test_a_typed_password_becomes_a_stretched_one(world: World, bob: Person) -> None:
    keyed, new = Keyed(bob.email), Password()
    keyed.identity = Identity(bob.id)
    change = keyed.password_change(new, password=PASSWORD)
    assert (await bob.patch("/api/password", change)).status_code == 204
    again = await world.login(bob.email, new.secret)
    assert (await again.post("/api/keys", keys(keyed.identity))).status_code == 200
    held = await own_keys(again)
    assert held["kdf"] == new.kdf == await kdf_of(world, bob.email)
    assert keyed.identity.opens("password", new.key, held["slots"]["password"])


async def test_refused_password_changes_leave_slots_as_they_are(world: World, ada: Person, keyed: Keyed) -> None:
    before, new = await own_keys(ada), Password()
    typed = {"new_password": PASSWORD, "new_password_confirmation": PASSWORD}
    refused: dict[str, tuple[Document, int, str]] = {
        "the wrong password": ({"password": new.secret}, 401, "invalid_credentials"),
        "a confirmation that differs": ({"new_password_confirmation": PASSWORD}, 400, "invalid_payload"),
        "a slot without kdf": ({"kdf": None}, 400, "invalid_payload"),
        "a typed password with kdf": (typed, 400, "invalid_payload"),
        "weak stretching": (changed_kdf(m=1024), 400, "invalid_payload"),
        "a broken slot": ({"slot": {**keyed.slot(new), "ct": ""}}, 400, "invalid_payload"),
    }
    for what, (changed, status, code) in refused.items():
        answer = await ada.patch("/api/password", keyed.password_change(new, **changed))
        assert is_problem(answer, status, code), what
    assert await own_keys(ada) == before
    assert await kdf_of(world, keyed.email) == keyed.password.kdf


async def test_a_slot_that_cannot_be_stored_leaves_the_password(world: World, ada: Person, keyed: Keyed) -> None:
    before = await own_keys(ada)
    mend = out_of_order(world)
    assert is_problem(await ada.patch("/api/password", keyed.password_change(Password())), 500, "internal")
    mend()
    assert await own_keys(await world.login(keyed.email, keyed.password.secret)) == before


# --- slots later on -----------------------------------------------------------------------------------------------


async def test_a_slot_is_replaced_by_who_knows_the_password(ada: Person, keyed: Keyed) -> None:
    before = await own_keys(ada)
    new = {"slots": {"recovery": keyed.identity.slot("recovery", bytes(32))}, "password": keyed.password.secret}
    answer = await ada.post("/api/keys", new)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {**before, "slots": {**before["slots"], **new["slots"]}}  # type: ignore[dict-item]
    assert (await ada.post("/api/keys", new)).json() == answer.json() == await own_keys(ada)


async def test_a_lost_password_slot_is_made_again(world: World, ada: Person, keyed: Keyed) -> None:
    new = Password()
    await ada.patch("/api/password", keyed.password_change(new, slot=None))
    again = await world.login(keyed.email, new.secret)
    slots = {"password": keyed.slot(new)}
    answer = await again.post("/api/keys", {"slots": slots, "password": new.secret})
    assert answer.status_code == 200, answer.text
    assert answer.json()["slots"]["password"] == slots["password"]


async def test_beginning_anew_replaces_everything_at_once(ada: Person, bob: Person, keyed: Keyed) -> None:
    anew = Identity(ada.id)
    slots = {"password": anew.slot("password", keyed.password.key), "recovery": anew.slot("recovery", bytes(32))}
    entry = {"seq": 2, "previous": keyed.identity, "vouched": False}
    body = {**keys(anew, gen=2, **entry), "slots": slots, "password": keyed.password.secret}
    answer = await ada.post("/api/keys", body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["slots"] == slots
    assert [one["seq"] for one in answer.json()["identity"]] == [1, 2]
    assert (await bob.get(f"/api/keys/{ada.id}")).json()["user_key"]["gen"] == 2


async def test_refused_slots_change_nothing(ada: Person, keyed: Keyed) -> None:
    before, secret = await own_keys(ada), keyed.password.secret
    anew = Identity(ada.id)
    slots = {"password": anew.slot("password", bytes(32))}
    good = {**keys(anew, gen=2, seq=2, previous=keyed.identity), "slots": slots, "password": secret}
    forged = {**good["identity"], "signature": keyed.identity.identity_key()["signature"]}
    refused: dict[str, tuple[Document, int, str]] = {
        "without the password": ({"password": None}, 400, "invalid_payload"),
        "with another password": ({"password": Password().secret}, 401, "invalid_credentials"),
        "with a forged identity": ({"identity": forged}, 422, "invalid_key"),
        "with an old user key": ({"user_key": keys(keyed.identity)["user_key"]}, 422, "invalid_key"),
        "of no name": ({"slots": {}}, 400, "invalid_payload"),
        "of an unknown name": ({"slots": {"passkey": slots["password"]}}, 400, "invalid_payload"),
        "of another shape": ({"slots": {"password": {}}}, 400, "invalid_payload"),
        "of nothing": ({"slots": {"password": None}}, 400, "invalid_payload"),
    }
    for what, (changed, status, code) in refused.items():
        assert is_problem(await ada.post("/api/keys", {**good, **changed}), status, code), what
        assert await own_keys(ada) == before, what
    alone = {"password": secret}
    assert is_problem(await ada.post("/api/keys", alone), 400, "invalid_payload")


async def test_who_is_signed_in_may_not_try_passwords_without_end(tmp_path: Path) -> None:
    world = World(tmp_path, MemoryLimiter())
    await world.open()
    ada = await world.register("ada@example.com")
    slots = {"recovery": Identity(ada.id).slot("recovery", bytes(32))}
    change = {"new_password": PASSWORD, "new_password_confirmation": PASSWORD}
    for number in range(PROVING.burst):
        wrong = f"wrong {number}"
        if number % 2:
            answer = await ada.patch("/api/password", {**change, "password": wrong})
        else:
            answer = await ada.post("/api/keys", {"slots": slots, "password": wrong})
        assert is_problem(answer, 401, "invalid_credentials")
    right = {"slots": slots, "password": PASSWORD}
    assert is_problem(await ada.post("/api/keys", right), 429, "rate_limited")
    assert is_problem(await ada.patch("/api/password", {**change, "password": PASSWORD}), 429, "rate_limited")
    assert (await ada.get("/api/keys")).status_code == 200
    await world.close()


async def test_a_password_that_is_sent_as_typed_opens_no_slot(bob: Person) -> None:
    identity = Identity(bob.id)
    for name, status in (("password", 409), ("recovery", 200)):
        body = {"slots": {name: identity.slot(name, bytes(32))}, "password": PASSWORD}
        assert (await bob.post("/api/keys", body)).status_code == status
    assert list((await own_keys(bob))["slots"]) == ["recovery"]


async def test_of_a_slot_and_a_new_password_at_once_the_new_password_s_stays(
    world: World, ada: Person, keyed: Keyed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slot was made for the password that is gone: stored after the change, it would open for nobody."""
    new, prove = Password(), world.credentials.by_id

    async def prove_then_wait(user_id: str, password: str) -> Account:
        monkeypatch.undo()
        account = await prove(user_id, password)
        assert (await ada.patch("/api/password", keyed.password_change(new))).status_code == 204
        return account

    monkeypatch.setattr(world.credentials, "by_id", prove_then_wait)
    late = {"slots": {"password": keyed.slot(keyed.password)}, "password": keyed.password.secret}
    assert is_problem(await ada.post("/api/keys", late), 401, "invalid_credentials")
    held = await own_keys(await world.login(keyed.email, new.secret))
    assert keyed.identity.opens("password", new.key, held["slots"]["password"])


async def test_of_two_new_passwords_at_once_one_is_set_with_its_slot(world: World, ada: Person, keyed: Keyed) -> None:
    both = [Password(), Password()]
    answers = await asyncio.gather(*(ada.patch("/api/password", keyed.password_change(new)) for new in both))
    assert sorted(answer.status_code for answer in answers) == [204, 401]
    won = both[0] if answers[0].status_code == 204 else both[1]
    held = await own_keys(await world.login(keyed.email, won.secret))
    assert held["kdf"] == won.kdf
    assert keyed.identity.opens("password", won.key, held["slots"]["password"])
