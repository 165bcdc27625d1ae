"""Passkeys through HTTP, with an authenticator of our own: every way in right, late, twice, from elsewhere, forged."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from hubbub.actions.administration import Administration
from hubbub.storage import passkeys as stored
from hubbub.wire.ids import new_id
from hubbub.wire.signing import b64u
from tests.authenticator import PRESENT, Passkey
from tests.http.test_signing_in import is_problem
from tests.http.world import ORIGIN, PASSWORD, Person, World

LATER = 301  # seconds: what was to be answered, or proved, within five minutes is late
SLOT = {"v": 1, "enc": "A256GCM", "iv": "A" * 16, "ct": "A" * 64}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    await world.open()
    yield world
    await world.close()


@pytest.fixture
async def ada(world: World) -> Person:
    return await world.register("ada@example.com")


@pytest.fixture
async def bob(world: World) -> Person:
    return await world.register("bob@example.com")


async def begin(person: Person, **proof: Any) -> dict[str, Any]:
    answer = await person.post("/api/passkeys/begin", {"proof": proof})
    assert answer.status_code == 200, answer.text
    begun: dict[str, Any] = answer.json()
    return begun


def new(begun: dict[str, Any], passkey: Passkey, **said: Any) -> dict[str, Any]:
    return {"id": begun["id"], "name": "Laptop", "credential": passkey.created(begun["options"], **said)}


async def add(person: Person, step: int = 1, **extra: Any) -> tuple[str, Passkey]:
    """A new passkey of the person's, and its id."""
    begun = await begin(person)
    passkey = Passkey(begun["options"], ORIGIN, step)
    answer = await person.post("/api/passkeys", {**new(begun, passkey), **extra})
    assert answer.status_code == 200, answer.text
    return begun["id"], passkey


async def options(world: World) -> dict[str, Any]:
    answer = await world.client.post("/auth/passkey/begin")
    asked: dict[str, Any] = answer.json()["options"]
    return asked


async def finish(world: World, credential: dict[str, Any]) -> httpx.Response:
    return await world.client.post("/auth/passkey/finish", json={"credential": credential})


async def sign_in(world: World, passkey: Passkey, **said: Any) -> httpx.Response:
    return await finish(world, passkey.signed(await options(world), **said))


# --- signing in ---------------------------------------------------------------------------------------------------


async def test_a_passkey_signs_in_without_a_name(world: World, ada: Person) -> None:
    passkey_id, passkey = await add(ada)
    asked = await options(world)
    assert (asked["rpId"], asked["userVerification"], asked["allowCredentials"]) == ("localhost", "required", [])
    answer = await finish(world, passkey.signed(asked))
    assert answer.status_code == 200, answer.text
    assert (answer.json()["user"]["id"], answer.json()["passkey_id"]) == (ada.id, passkey_id)
    again = Person(world.client, answer.json(), PASSWORD)
    assert (await again.get("/api/users")).status_code == 200
    assert (await world.refresh(answer.json()["refresh_token"])).status_code == 200


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({"origin": "https://evil.example"}, id="wrong origin"),
        pytest.param({"origin": "http://localhost:8001"}, id="another port"),
        pytest.param({"rp_id": "evil.example"}, id="wrong relying party"),
        pytest.param({"flags": PRESENT}, id="user not verified"),
        pytest.param({"flags": 0x04}, id="nobody there"),
        pytest.param({"type": "webauthn.create"}, id="the other ceremony"),
        pytest.param({"crossOrigin": True}, id="in a page of somebody else's"),
        pytest.param({"user_handle": None}, id="not saying whose it is"),
        pytest.param({"user_handle": bytes(16)}, id="somebody else's handle"),
    ],
)
async def test_what_was_answered_elsewhere_or_otherwise_signs_nobody_in(
    world: World, ada: Person, said: dict[str, Any]
) -> None:
    _, passkey = await add(ada)
    assert is_problem(await sign_in(world, passkey, **said), 401, "invalid_passkey")
    assert (await sign_in(world, passkey)).status_code == 200


async def test_an_answer_is_good_once(world: World, ada: Person) -> None:
    for step in (1, 0):  # authenticators that count, and that do not
        _, passkey = await add(ada, step)
        answer = passkey.signed(await options(world))
        assert (await finish(world, answer)).status_code == 200
        assert is_problem(await finish(world, answer), 409, "stale_challenge")
    listed = (await ada.get("/api/passkeys")).json()["items"]
    assert [row["copied_at"] for row in listed] == [None, None], "a repeat is no sign of a copy"


async def test_an_answer_is_good_for_five_minutes(world: World, ada: Person) -> None:
    _, passkey = await add(ada)
    answer = passkey.signed(await options(world))
    world.clock.ahead = LATER
    assert is_problem(await finish(world, answer), 409, "stale_challenge")
    assert (await sign_in(world, passkey)).status_code == 200


async def test_a_challenge_is_good_for_what_it_was_made_for(world: World, ada: Person, bob: Person) -> None:
    passkey_id, passkey = await add(ada)
    made_up = {"challenge": b64u(bytes(56))}
    proof = (await ada.post("/api/passkeys/proof")).json()["options"]
    for asked in (made_up, proof, (await begin(ada))["options"], {"challenge": ""}):
        assert is_problem(await finish(world, passkey.signed(asked)), 409, "stale_challenge")
    as_proof = {"proof": {"passkey": passkey.signed(await options(world))}}
    assert is_problem(await ada.post(f"/api/passkeys/{passkey_id}/remove", as_proof), 409, "stale_challenge")
    begun = await begin(ada)
    another = Passkey(begun["options"], ORIGIN)
    assert is_problem(await bob.post("/api/passkeys", new(begun, another)), 409, "stale_challenge")
    other_id = {**new(begun, another), "id": new_id()}
    assert is_problem(await ada.post("/api/passkeys", other_id), 409, "stale_challenge")
    other_sign_in = await world.login(ada.email)
    assert is_problem(await other_sign_in.post("/api/passkeys", new(begun, another)), 409, "stale_challenge")


async def test_what_another_key_signed_is_refused(world: World, ada: Person, bob: Person) -> None:
    _, hers = await add(ada)
    _, his = await add(bob)
    assert is_problem(await finish(world, hers.signed(await options(world), key=his)), 401, "invalid_passkey")
    hers.user_handle = his.user_handle
    assert is_problem(await sign_in(world, hers), 401, "invalid_passkey")


async def test_a_counter_that_went_back_is_refused_and_its_owner_is_told(world: World, ada: Person) -> None:
    passkey_id, passkey = await add(ada)
    for _ in range(3):
        assert (await sign_in(world, passkey)).status_code == 200
    passkey.count = 0  # a copy that was made before goes on counting from there
    assert is_problem(await sign_in(world, passkey), 401, "copied_passkey")
    [row] = (await ada.get("/api/passkeys")).json()["items"]
    assert row["id"] == passkey_id
    assert row["copied_at"] is not None
    passkey.step = 0
    passkey.count = 0
    assert is_problem(await sign_in(world, passkey), 401, "copied_passkey")


async def test_unknown_removed_and_shut_out_get_one_answer(world: World, ada: Person, bob: Person) -> None:
    _, passkey = await add(ada)
    _, his = await add(bob)
    stranger = Passkey({"rp": {"id": "localhost"}, "user": {"id": b64u(bytes(16))}}, ORIGIN)
    [row] = (await ada.get("/api/passkeys")).json()["items"]
    removed = await ada.post(f"/api/passkeys/{row['id']}/remove", {"proof": {"password": PASSWORD}})
    assert removed.status_code == 204
    await Administration(world.reader, world.writer).set_disabled(bob.id, True)
    answers = [await sign_in(world, one) for one in (stranger, passkey, his)]
    assert all(is_problem(answer, 401, "unknown_passkey") for answer in answers)
    assert len({answer.text for answer in answers}) == 1


async def test_what_is_no_answer_at_all_is_refused(world: World, ada: Person) -> None:
    _, passkey = await add(ada)
    good = passkey.signed(await options(world))
    for name in ("clientDataJSON", "authenticatorData", "signature", "userHandle"):
        for broken in ("!", "AA", b64u(b"\xff" * 40), b64u(b"[]"), b64u(b'{"challenge": 1, "type": [], "origin": {}}')):
            spoilt = {**good, "response": {**good["response"], name: broken}}
            assert (await finish(world, spoilt)).status_code in (400, 401), (name, broken)
    assert (await finish(world, good)).status_code == 200


# --- adding, naming, removing -----------------------------------------------------------------------------------------


async def test_passkeys_are_several_listed_named_and_removed(world: World, ada: Person) -> None:
    first, passkey = await add(ada)
    second, _ = await add(ada, name="Phone", slot=SLOT)
    assert (await ada.patch(f"/api/passkeys/{first}", {"name": " Old laptop "})).json()["name"] == "Old laptop"
    await sign_in(world, passkey)
    listed = (await ada.get("/api/passkeys")).json()
    assert listed["password"] is True
    rows = listed["items"]
    assert [(row["id"], row["name"], row["opens"]) for row in rows] == [
        (first, "Old laptop", False),
        (second, "Phone", True),
    ]
    assert [row["used_at"] is None for row in rows] == [False, True]
    assert f"passkey:{second}" in (await ada.get("/api/keys")).json()["slots"]
    assert (await ada.post(f"/api/passkeys/{second}/remove", {"proof": {}})).status_code == 204
    assert [row["id"] for row in (await ada.get("/api/passkeys")).json()["items"]] == [first]
    assert (await ada.get("/api/keys")).json()["slots"] == {}


async def test_nobody_touches_the_passkeys_of_another(ada: Person, bob: Person) -> None:
    hers, _ = await add(ada)
    for asked in (bob.patch(f"/api/passkeys/{hers}", {"name": "Mine"}),):
        assert is_problem(await asked, 404, "not_found")
    assert is_problem(await bob.post(f"/api/passkeys/{hers}/remove", {"proof": {}}), 404, "not_found")
    slot = {"slots": {f"passkey:{hers}": SLOT}, "proof": {}}
    assert is_problem(await bob.post("/api/keys", slot), 404, "not_found")
    assert (await bob.get("/api/passkeys")).json()["items"] == []


@pytest.mark.parametrize(
    "said",
    [
        {"origin": "https://evil.example"},
        {"rp_id": "evil.example"},
        {"flags": PRESENT},
        {"type": "webauthn.get"},
        {"crossOrigin": True},
    ],
)
async def test_what_was_made_elsewhere_or_otherwise_is_not_kept(ada: Person, said: dict[str, Any]) -> None:
    begun = await begin(ada)
    answer = await ada.post("/api/passkeys", new(begun, Passkey(begun["options"], ORIGIN), **said))
    assert is_problem(answer, 401, "invalid_passkey")
    assert (await ada.get("/api/passkeys")).json()["items"] == []


async def test_one_authenticator_makes_one_passkey_of_an_account(ada: Person, bob: Person) -> None:
    passkey_id, passkey = await add(ada)
    begun = await begin(ada)
    assert [one["id"] for one in begun["options"]["excludeCredentials"]] == [b64u(passkey.id)]
    assert is_problem(await ada.post("/api/passkeys", new(begun, passkey)), 409, "passkey_taken")
    his = await begin(bob)
    assert is_problem(await bob.post("/api/passkeys", new(his, passkey)), 409, "passkey_taken")
    assert [row["id"] for row in (await ada.get("/api/passkeys")).json()["items"]] == [passkey_id]


async def test_what_was_made_is_kept_once_and_within_five_minutes(world: World, ada: Person) -> None:
    begun = await begin(ada)
    made = new(begun, Passkey(begun["options"], ORIGIN))
    world.clock.ahead = LATER
    assert is_problem(await ada.post("/api/passkeys", made), 409, "stale_challenge")
    begun = await begin(ada, password=PASSWORD)
    assert (await ada.post("/api/passkeys", new(begun, Passkey(begun["options"], ORIGIN)))).status_code == 200
    again = await ada.post("/api/passkeys", new(begun, Passkey(begun["options"], ORIGIN)))
    assert is_problem(again, 409, "stale_challenge")


async def test_an_account_has_a_bounded_number(ada: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "MOST_PASSKEYS", 2)
    for _ in range(2):
        await add(ada)
    begun = await begin(ada)
    answer = await ada.post("/api/passkeys", new(begun, Passkey(begun["options"], ORIGIN)))
    assert is_problem(answer, 409, "too_many")


# --- a fresh proof -----------------------------------------------------------------------------------------------


async def prove_by(world: World, person: Person, passkey: Passkey, **said: Any) -> dict[str, Any]:
    asked = (await person.post("/api/passkeys/proof")).json()["options"]
    return {"passkey": passkey.signed(asked, **said)}


async def test_after_five_minutes_it_takes_a_proof_to_add_or_remove(world: World, ada: Person, bob: Person) -> None:
    passkey_id, passkey = await add(ada)
    _, his = await add(bob)
    world.clock.ahead = LATER
    removal = f"/api/passkeys/{passkey_id}/remove"
    for path in ("/api/passkeys/begin", removal):
        assert is_problem(await ada.post(path, {"proof": {}}), 403, "fresh_proof_required")
        assert is_problem(await ada.post(path, {"proof": {"password": "wrong"}}), 401, "invalid_credentials")
        of_another = {"proof": await prove_by(world, bob, his)}
        assert (await ada.post(path, of_another)).status_code in (401, 409)
        forged = {"proof": await prove_by(world, ada, passkey, flags=PRESENT)}
        assert is_problem(await ada.post(path, forged), 401, "invalid_passkey")
    proof = {"proof": await prove_by(world, ada, passkey, user_handle=None)}
    assert (await ada.post("/api/passkeys/begin", proof)).status_code == 200
    assert is_problem(await ada.post(removal, proof), 409, "stale_challenge")
    assert (await ada.post(removal, {"proof": await prove_by(world, ada, passkey)})).status_code == 204


async def test_refreshing_makes_no_sign_in_young_again(world: World, ada: Person) -> None:
    world.clock.ahead = LATER
    renewed = Person(world.client, (await world.refresh(ada.answer["refresh_token"])).json(), PASSWORD)
    assert is_problem(await renewed.post("/api/passkeys/begin", {"proof": {}}), 403, "fresh_proof_required")
    again = await world.login(ada.email)
    assert (await again.post("/api/passkeys/begin", {"proof": {}})).status_code == 200


# --- an account without a password ------------------------------------------------------------------------------------


async def begin_registering(world: World, email: str, user_id: str | None = None) -> tuple[dict[str, Any], str]:
    user_id = user_id or new_id()
    asked = {"id": user_id, "email": email, "display_name": "Cleo"}
    answer = await world.client.post("/auth/passkey/register/begin", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json(), user_id


async def register(world: World, email: str = "cleo@example.com", **extra: Any) -> tuple[httpx.Response, Passkey]:
    begun, user_id = await begin_registering(world, email)
    passkey = Passkey(begun["options"], ORIGIN)
    body = {"id": user_id, "email": email, "display_name": "Cleo", "passkey": new(begun, passkey), **extra}
    return await world.client.post("/auth/passkey/register/finish", json=body), passkey


async def test_an_account_is_made_of_a_name_an_address_and_a_passkey(world: World) -> None:
    answer, passkey = await register(world)
    assert answer.status_code == 200, answer.text
    user = answer.json()["user"]
    assert (user["email"], user["display_name"]) == ("cleo@example.com", "Cleo")
    cleo = Person(world.client, answer.json(), "")
    listed = (await cleo.get("/api/passkeys")).json()
    assert ([row["name"] for row in listed["items"]], listed["password"]) == (["Laptop"], False)
    assert (await sign_in(world, passkey)).json()["user"]["id"] == user["id"]


async def test_without_a_password_no_password_signs_in(world: World, ada: Person) -> None:
    answer, _ = await register(world)
    cleo = Person(world.client, answer.json(), "")
    for email in ("cleo@example.com", "nobody@example.com"):
        for password in (PASSWORD, "None", "null", "nobody's password"):
            refused = await world.client.post("/auth/login", json={"email": email, "password": password})
            assert is_problem(refused, 401, "invalid_credentials")
        made_up = (await world.client.post("/auth/prelogin", json={"email": email})).json()["kdf"]
        assert made_up == (await world.client.post("/auth/prelogin", json={"email": email})).json()["kdf"]
    proof = {"proof": {"password": PASSWORD}}
    assert is_problem(await cleo.post("/api/passkeys/begin", proof), 401, "invalid_credentials")
    seed_004 = await cleo.post("/api/change_password", {"password": PASSWORD})
    assert is_problem(seed_004, 401, "invalid_credentials")


async def test_the_last_way_in_stays(world: World) -> None:
    answer, _ = await register(world)
    cleo = Person(world.client, answer.json(), "")
    [first] = (await cleo.get("/api/passkeys")).json()["items"]
    removal = f"/api/passkeys/{first['id']}/remove"
    assert is_problem(await cleo.post(removal, {"proof": {}}), 409, "last_way_in")
    second, _ = await add(cleo)
    assert (await cleo.post(removal, {"proof": {}})).status_code == 204
    assert is_problem(await cleo.post(f"/api/passkeys/{second}/remove", {"proof": {}}), 409, "last_way_in")


async def test_an_account_without_a_password_gets_one_for_a_proof(world: World) -> None:
    answer, passkey = await register(world)
    cleo = Person(world.client, answer.json(), "")
    change = {"new_password": PASSWORD, "new_password_confirmation": PASSWORD}
    assert is_problem(await cleo.patch("/api/password", change), 400, "invalid_payload")
    world.clock.ahead = LATER
    assert is_problem(await cleo.patch("/api/password", {**change, "proof": {}}), 403, "fresh_proof_required")
    proof = await prove_by(world, cleo, passkey)
    assert (await cleo.patch("/api/password", {**change, "proof": proof})).status_code == 204
    assert (await world.login("cleo@example.com")).id == cleo.id
    assert (await sign_in(world, passkey)).status_code == 200, "a new password takes no passkey away"


@pytest.mark.parametrize("taken", ["email", "id", "passkey"])
async def test_what_is_taken_is_refused_and_leaves_nothing(world: World, ada: Person, taken: str) -> None:
    _, hers = await add(ada)
    email = ada.email if taken == "email" else "cleo@example.com"
    begun, user_id = await begin_registering(world, email, ada.id if taken == "id" else None)
    passkey = hers if taken == "passkey" else Passkey(begun["options"], ORIGIN)
    body = {"id": user_id, "email": email, "passkey": new(begun, passkey)}
    code = {"email": (422, "email_taken"), "id": (409, "id_taken"), "passkey": (409, "passkey_taken")}[taken]
    assert is_problem(await world.client.post("/auth/passkey/register/finish", json=body), *code)
    if taken != "passkey":
        assert is_problem(await sign_in(world, passkey), 401, "unknown_passkey")
    if taken == "passkey":  # the address was not used up
        assert (await register(world))[0].status_code == 200


async def test_a_registration_is_good_for_its_own_address_and_account_once(world: World) -> None:
    begun, user_id = await begin_registering(world, "cleo@example.com")
    passkey = Passkey(begun["options"], ORIGIN)
    body = {"id": user_id, "email": "cleo@example.com", "passkey": new(begun, passkey)}
    path = "/auth/passkey/register/finish"
    for other in ({"email": "other@example.com"}, {"id": new_id()}):
        assert is_problem(await world.client.post(path, json={**body, **other}), 409, "stale_challenge")
    world.clock.ahead = LATER
    assert is_problem(await world.client.post(path, json=body), 409, "stale_challenge")
    world.clock.ahead = 0
    assert (await world.client.post(path, json=body)).status_code == 200
    assert is_problem(await world.client.post(path, json=body), 422, "email_taken")


# --- slots --------------------------------------------------------------------------------------------------------


async def test_a_slot_of_a_passkey_is_put_for_a_proof(world: World, ada: Person) -> None:
    passkey_id, passkey = await add(ada)
    slots = {f"passkey:{passkey_id}": SLOT}
    assert is_problem(await ada.post("/api/keys", {"slots": slots}), 400, "invalid_payload")
    world.clock.ahead = LATER
    assert is_problem(await ada.post("/api/keys", {"slots": slots, "proof": {}}), 403, "fresh_proof_required")
    put = await ada.post("/api/keys", {"slots": slots, "proof": await prove_by(world, ada, passkey)})
    assert (put.status_code, put.json()["slots"]) == (200, slots)
    assert is_problem(await ada.post("/api/keys", {"slots": {"passkey:x": SLOT}, "proof": {}}), 400, "invalid_payload")
