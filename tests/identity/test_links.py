"""Signing in by a link in a letter: in which browser, as whom, and what becomes of who made the account.

How such a token ends, and that no answer tells of an address, is in `test_addresses.py` with all others.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx

from hubbub.actions.proof_of_work import UNPROVEN_BY_ADDRESS
from hubbub.auth.limits import MemoryLimiter
from hubbub.config import Settings
from hubbub.storage.users import set_disabled
from hubbub.wire.ids import new_id
from hubbub.wire.signing import b64u
from tests.authenticator import Passkey
from tests.http.test_signing_in import is_problem
from tests.http.world import ORIGIN, PASSWORD, Person, World
from tests.identity.test_captcha import solved
from tests.identity.test_passkeys import LATER, add, begin, new, sign_in
from tests.mail.postman import link_in

ADA = "ada@example.com"
SECRET = "what this browser keeps"
BROWSER = b64u(sha256(SECRET.encode()).digest())


async def link(world: World, email: str = ADA, **asked: Any) -> str:
    """The token of a link that was asked for by the browser that has `SECRET`."""
    body = {"email": email, "browser": BROWSER, **asked}
    answer = await world.client.post("/auth/link/request", json=body)
    assert (answer.status_code, answer.content) == (204, b"")
    page, token = link_in((await world.letters(email))[-1])
    assert page == "link"
    return token


async def use(world: World, token: str, **further: Any) -> httpx.Response:
    return await world.client.post("/auth/link", json={"token": token, **further})


async def confirm(world: World, person: Person) -> None:
    _, token = link_in((await world.letters(person.email))[-1])
    assert (await world.client.post("/auth/confirm", json={"token": token})).status_code == 204


async def test_who_asked_is_signed_in(world: World) -> None:
    ada = await world.register(ADA)
    await confirm(world, ada)
    answer = await use(world, await link(world), secret=SECRET, device_name="Desk")
    assert answer.status_code == 200, answer.text
    assert answer.json()["user"]["id"] == ada.id
    assert "Desk" in (await ada.get("/api/sessions")).text, "the sign-in before goes on"


async def test_another_browser_is_signed_in_only_when_the_person_says_so(world: World) -> None:
    await world.register(ADA)
    token = await link(world)
    for wrong in ({}, {"secret": "another"}, {"secret": BROWSER}):
        assert is_problem(await use(world, token, **wrong), 403, "other_browser")
    assert (await use(world, token, anyway=True)).status_code == 200, "refusals did not use it up"


async def test_a_link_that_no_browser_of_ours_asked_for_belongs_to_none(world: World) -> None:
    await world.register(ADA)
    token = await link(world, browser=None)
    assert is_problem(await use(world, token, secret=SECRET), 403, "other_browser")


async def test_looking_tells_whose_it_is_and_uses_nothing_up(world: World) -> None:
    ada = await world.register(ADA)
    token = await link(world)
    for secret, same in ((SECRET, True), ("another", False)):
        answer = await world.client.post("/auth/link/owner", json={"token": token, "secret": secret})
        assert answer.json() == {
            "user": {"id": ada.id, "email": ADA, "display_name": ada.answer["user"]["display_name"]},
            "same_browser": same,
            "first_proof": True,
        }
    assert (await use(world, token, secret=SECRET)).status_code == 200
    again = await world.client.post("/auth/link/owner", json={"token": await link(world)})
    assert again.json()["first_proof"] is False


async def test_a_link_proves_the_address(world: World) -> None:
    await world.register(ADA)
    assert (await use(world, await link(world), secret=SECRET)).json()["user"]["confirmed"]


async def test_who_made_an_account_with_a_strangers_address_loses_it_when_the_stranger_comes(world: World) -> None:
    thief = await world.register(ADA)
    _, key = await add(thief)
    made = await thief.post("/api/tokens", {"name": "Script", "scopes": ["read"]})
    token = made.json()["token"]
    assert (await use(world, await link(world), secret=SECRET)).status_code == 200
    await world.revocations.look()
    assert is_problem(await thief.get("/api/sessions"), 401, "invalid_token")
    refreshed = await world.client.post("/auth/refresh", json={"token": thief.answer["refresh_token"]})
    assert is_problem(refreshed, 401, "invalid_token")
    by_password = await world.client.post("/auth/login", json={"email": ADA, "password": PASSWORD})
    assert is_problem(by_password, 401, "invalid_credentials")
    assert is_problem(await sign_in(world, key), 401, "unknown_passkey")
    by_token = await world.client.get("/api/users", headers={"Authorization": f"Bearer {token}"})
    assert by_token.status_code == 401


async def test_a_reset_takes_the_passkeys_of_who_made_the_account_too(world: World) -> None:
    thief = await world.register(ADA)
    _, key = await add(thief)
    await world.client.post("/auth/password/request", json={"email": ADA})
    _, token = link_in((await world.letters(ADA))[-1])
    body = {"token": token, "new_password": "Another password", "new_password_confirmation": "Another password"}
    assert (await world.client.post("/auth/password/reset", json=body)).status_code == 204
    assert is_problem(await sign_in(world, key), 401, "unknown_passkey")


async def test_once_proven_nothing_ends_by_signing_in(world: World) -> None:
    ada = await world.register(ADA)
    await confirm(world, ada)
    _, key = await add(ada)
    await use(world, await link(world), secret=SECRET)
    assert (await ada.get("/api/sessions")).status_code == 200
    assert (await sign_in(world, key)).status_code == 200
    await world.login(ADA)


async def test_an_account_without_a_password_is_made_and_signed_in_to(world: World) -> None:
    answer = await world.client.post("/auth/link/register", json={"email": ADA, "display_name": "Ada"})
    assert answer.status_code == 200, answer.text
    user = answer.json()["user"]
    assert (user["display_name"], user["confirmed"]) == ("Ada", False)
    _, token = link_in((await world.letters(ADA))[0])
    assert (await world.client.post("/auth/confirm", json={"token": token})).status_code == 204
    again = await use(world, await link(world), secret=SECRET)
    assert again.json()["user"]["id"] == user["id"]
    by_password = await world.client.post("/auth/login", json={"email": ADA, "password": PASSWORD})
    assert is_problem(by_password, 401, "invalid_credentials")


async def test_making_one_is_refused_as_with_a_password(world: World) -> None:
    await world.register(ADA)
    body: dict[str, Any] = {"email": ADA}
    assert is_problem(await world.client.post("/auth/link/register", json=body), 422, "email_taken")
    slots = {"recovery": {"v": 1, "enc": "A256GCM", "iv": "A" * 16, "ct": "A" * 64}}
    body = {"email": "bob@example.com", "slots": slots}
    assert is_problem(await world.client.post("/auth/link/register", json=body), 400, "invalid_payload")
    kept = await world.client.post("/auth/link/register", json={**body, "id": new_id()})
    assert kept.status_code == 200, kept.text


async def test_the_first_password_of_an_account_is_set_after_a_fresh_sign_in(world: World) -> None:
    await world.client.post("/auth/link/register", json={"email": ADA})
    signed_in = (await use(world, await link(world), secret=SECRET)).json()
    headers = {"Authorization": f"Bearer {signed_in['auth_token']}"}
    body = {"proof": {}, "new_password": PASSWORD, "new_password_confirmation": PASSWORD}
    answer = await world.client.patch("/api/password", json=body, headers=headers)
    assert answer.status_code == 204, answer.text
    await world.login(ADA)


async def test_the_last_passkey_may_go_once_links_reach_a_proven_address(world: World) -> None:
    made = await world.client.post("/auth/link/register", json={"email": ADA})
    ada = Person(world.client, made.json(), "")
    passkey_id, _ = await add(ada)
    path = f"/api/passkeys/{passkey_id}/remove"
    assert is_problem(await ada.post(path, {"proof": {}}), 409, "last_way_in")
    await confirm(world, ada)
    assert (await ada.post(path, {"proof": {}})).status_code == 204


async def test_who_asked_for_a_link_gains_nothing_by_its_use_elsewhere(world: World) -> None:
    await world.register(ADA)
    token = await link(world)
    assert (await use(world, token, anyway=True)).status_code == 200
    for further in ({"secret": SECRET}, {"anyway": True}, {"secret": SECRET, "anyway": True}):
        assert is_problem(await use(world, token, **further), 401, "invalid_token")


async def test_a_link_is_a_fresh_proof_for_five_minutes(world: World) -> None:
    await world.client.post("/auth/link/register", json={"email": ADA})
    body = {"proof": {}, "new_password": PASSWORD, "new_password_confirmation": PASSWORD}
    for later, status in ((LATER, 403), (LATER - 2, 204)):
        ada = Person(world.client, (await use(world, await link(world), secret=SECRET)).json(), "")
        world.clock.ahead += later
        assert (await ada.patch("/api/password", body)).status_code == status


async def test_of_a_registrant_bots_and_begun_passkeys_end_as_well(world: World) -> None:
    thief = await world.register(ADA)
    bot = (await thief.post("/api/bots", {"name": "beep", "display_name": "Beep"})).json()
    of_bot = (await thief.post("/api/tokens", {"name": "x", "scopes": ["read"], "bot_id": bot["id"]})).json()["token"]
    begun = await begin(thief)
    ada = Person(world.client, (await use(world, await link(world), secret=SECRET)).json(), "")
    assert (await world.client.get("/api/users", headers={"Authorization": f"Bearer {of_bot}"})).status_code == 401
    late = await thief.post("/api/passkeys", new(begun, Passkey(begun["options"], ORIGIN)))
    assert is_problem(late, 401, "invalid_token")
    assert (await ada.get("/api/passkeys")).json() == {"items": [], "password": False}


async def test_bots_get_no_link(world: World) -> None:
    ada = await world.register(ADA)
    made = (await ada.post("/api/bots", {"name": "helper", "display_name": "Helper"})).json()
    for email in (" ", "helper", made["id"]):
        answer = await world.client.post("/auth/link/request", json={"email": email, "browser": BROWSER})
        assert (answer.status_code, answer.content) == (204, b"")
        await world.letters(email)
    assert len(await world.letters(ADA)) == len(world.postman.delivered) == 1, "that of the registration"


async def test_past_a_few_tries_without_a_proof_of_work_one_is_asked_for(tmp_path: Path) -> None:
    world = World(tmp_path, limiter=MemoryLimiter(clock=lambda: 0.0), joining=Settings())
    await world.open()
    for number in range(UNPROVEN_BY_ADDRESS.burst):
        wrong = {"email": f"{number}@example.com", "password": PASSWORD}
        assert is_problem(await world.client.post("/auth/login", json=wrong), 401, "invalid_credentials")
    asked = {"email": ADA, "browser": BROWSER}
    refused = await world.client.post("/auth/link/request", json=asked)
    assert is_problem(refused, 428, "captcha_required")
    captcha = solved(refused.json()["challenge"])
    assert (await world.client.post("/auth/link/request", json={**asked, "captcha": captcha})).status_code == 204
    await world.close()


async def test_the_database_holds_neither_token_nor_secret(world: World) -> None:
    await world.register(ADA)
    token = await link(world)
    assert is_problem(await use(world, token, secret="of another browser"), 403, "other_browser")
    folder = Path(str(world.engine.url.database)).parent
    for said in (token, SECRET, "of another browser"):
        assert not [file for file in folder.glob("hubbub.db*") if said.encode() in file.read_bytes()]


async def test_who_is_shut_out_gets_no_link_and_uses_none(world: World) -> None:
    ada = await world.register(ADA)
    token = await link(world)
    await world.writer.write(set_disabled, ada.id, True, users=[ada.id])
    assert is_problem(await use(world, token, secret=SECRET), 401, "invalid_token")
    letters = len(await world.letters(ADA))
    assert (await world.client.post("/auth/link/request", json={"email": ADA})).status_code == 204
    assert len(await world.letters(ADA)) == letters
