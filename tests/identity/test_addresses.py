"""Tokens by mail: every way to use one, tried right, expired, replayed, from elsewhere, and after a password change."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from sqlalchemy import event

from hubbub.auth.limits import MemoryLimiter
from hubbub.config import Settings
from hubbub.storage.users import set_disabled
from hubbub.wire.signing import b64u
from tests.http.world import PASSWORD, Person, World
from tests.mail.postman import link_in, text_of

ADA = "ada@example.com"
NEW_PASSWORD = "AnotherSecurePassword2!"
NEW_ADDRESS = "ada@example.net"
QUARTER = 15 * 60
HOUR = 3600
DAY = 24 * HOUR
KDF = {"salt": "AAAAAAAAAAAAAAAAAAAAAA", "m": 65_536, "t": 3, "p": 4}
SLOT = {"v": 1, "enc": "A256GCM", "iv": "A" * 16, "ct": "A" * 64}


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    await world.open()
    yield world
    await world.close()


@pytest.fixture
async def ada(world: World) -> Person:
    return await world.register(ADA)


async def newest(world: World, to: str = ADA) -> tuple[str, str]:
    """The page and the token of the last letter to this address."""
    return link_in((await world.letters(to))[-1])


async def new_token(world: World, path: str, to: str = ADA) -> str:
    page, token = await newest(world, to)
    assert page == path
    return token


def reset_body(token: str, **further: Any) -> dict[str, Any]:
    return {"token": token, "new_password": NEW_PASSWORD, "new_password_confirmation": NEW_PASSWORD, **further}


async def own(world: World, person: Person) -> dict[str, Any]:
    """The account as its owner sees it after signing in."""
    return dict((await world.login(person.email, person.password)).answer["user"])


# --- every path, tried in every way -----------------------------------------------------------------------------------

Ask = Callable[[World, Person], Awaitable[httpx.Response]]
Use = Callable[[World, Person, str], Awaitable[httpx.Response]]


class Way(NamedTuple):
    """How a token comes by mail, to which page of the client, what it is used for, and how long it is good."""

    ask: Ask
    page: str
    use: Use
    lifetime: int


PATHS = {
    "confirm": Way(
        ask=lambda world, ada: ada.post("/api/token/email_confirm"),
        page="confirm",
        use=lambda world, ada, token: world.client.post("/auth/confirm", json={"token": token}),
        lifetime=7 * DAY,
    ),
    "whose": Way(
        ask=lambda world, ada: world.client.post("/auth/password/request", json={"email": ada.email}),
        page="reset",
        use=lambda world, ada, token: world.client.post("/auth/password/confirm", json={"token": token}),
        lifetime=HOUR,
    ),
    "reset": Way(
        ask=lambda world, ada: world.client.post("/auth/password/request", json={"email": ada.email}),
        page="reset",
        use=lambda world, ada, token: world.client.post("/auth/password/reset", json=reset_body(token)),
        lifetime=HOUR,
    ),
    "whose link": Way(
        ask=lambda world, ada: world.client.post("/auth/link/request", json={"email": ada.email}),
        page="link",
        use=lambda world, ada, token: world.client.post("/auth/link/owner", json={"token": token}),
        lifetime=QUARTER,
    ),
    "link": Way(
        ask=lambda world, ada: world.client.post("/auth/link/request", json={"email": ada.email}),
        page="link",
        use=lambda world, ada, token: world.client.post("/auth/link", json={"token": token, "anyway": True}),
        lifetime=QUARTER,
    ),
    "change address": Way(
        ask=lambda world, ada: ada.post("/api/token/email_change"),
        page="address",
        use=lambda world, ada, token: ada.patch(
            "/api/email", {"token": token, "email": NEW_ADDRESS, "password": ada.password}
        ),
        lifetime=HOUR,
    ),
}
LOOKS = [PATHS["whose"], PATHS["whose link"]]  # they use nothing up
every_path = pytest.mark.parametrize("path", PATHS.values(), ids=PATHS)


async def asked(world: World, ada: Person, path: Way) -> str:
    await world.letters(ada.email)  # what was queued before comes before
    answer = await path.ask(world, ada)
    assert (answer.status_code, answer.content) == (204, b"")
    return await new_token(world, path.page, ada.email)


def refused(answer: httpx.Response, code: str = "invalid_token") -> None:
    assert (answer.status_code, answer.json()["code"]) == (401, code)


@every_path
async def test_a_token_is_good_once(world: World, ada: Person, path: Way) -> None:
    token = await asked(world, ada, path)
    assert (await path.use(world, ada, token)).is_success
    again = await path.use(world, ada, token)
    if path in LOOKS:
        assert again.is_success, "looking whose it is does not use it up"
    else:
        refused(again)


@every_path
async def test_a_token_ends_with_its_time(world: World, ada: Person, path: Way) -> None:
    token = await asked(world, ada, path)
    world.clock.ahead += path.lifetime + 1
    later = await world.login(ADA)
    refused(await path.use(world, later, token), "expired_token")


@every_path
async def test_a_token_lives_to_its_time(world: World, ada: Person, path: Way) -> None:
    token = await asked(world, ada, path)
    world.clock.ahead += path.lifetime - 5
    assert (await path.use(world, await world.login(ADA), token)).is_success


@every_path
async def test_a_newer_token_ends_the_older_one(world: World, ada: Person, path: Way) -> None:
    older, newer = [await asked(world, ada, path) for _ in range(2)]
    refused(await path.use(world, ada, older))
    assert (await path.use(world, ada, newer)).is_success


@every_path
async def test_a_token_is_good_in_another_browser(world: World, ada: Person, path: Way) -> None:
    """Mail is often read elsewhere; what needs a sign-in needs it there, too."""
    token = await asked(world, ada, path)
    assert (await path.use(world, await world.login(ADA), token)).is_success


@every_path
async def test_a_changed_password_ends_every_token(world: World, ada: Person, path: Way) -> None:
    token = await asked(world, ada, path)
    body = {"password": PASSWORD, "new_password": NEW_PASSWORD, "new_password_confirmation": NEW_PASSWORD}
    assert (await ada.patch("/api/password", body)).status_code == 204
    refused(await path.use(world, await world.login(ADA, NEW_PASSWORD), token))


@every_path
async def test_a_reset_ends_every_token(world: World, ada: Person, path: Way) -> None:
    token = await asked(world, ada, path)
    reset = await asked(world, ada, PATHS["reset"])
    assert (await world.client.post("/auth/password/reset", json=reset_body(reset))).status_code == 204
    refused(await path.use(world, await world.login(ADA, NEW_PASSWORD), token))


@every_path
async def test_a_token_of_another_purpose_is_none(world: World, ada: Person, path: Way) -> None:
    for other in PATHS.values():
        if other.page != path.page:
            refused(await path.use(world, ada, await asked(world, ada, other)))


@every_path
async def test_a_made_up_token_is_none(world: World, ada: Person, path: Way) -> None:
    for made_up in ("x", b64u(secrets.token_bytes(32)), "x" * 512):
        refused(await path.use(world, ada, made_up))


@every_path
async def test_an_account_that_is_shut_out_has_no_token(world: World, ada: Person, path: Way) -> None:
    token = await asked(world, ada, path)
    await world.writer.write(set_disabled, ada.id, True, users=[ada.id])
    if path is not PATHS["change address"]:  # there the sign-in ends
        if path not in LOOKS:  # says what is in the letter anyway
            refused(await path.use(world, ada, token))
        letters = len(await world.letters(ADA))
        await PATHS["reset"].ask(world, ada)
        assert len(await world.letters(ADA)) == letters


@every_path
async def test_the_database_holds_no_token(world: World, ada: Person, path: Way) -> None:
    token = await asked(world, ada, path)
    folder = Path(str(world.engine.url.database)).parent
    assert not [file for file in folder.glob("hubbub.db*") if token.encode() in file.read_bytes()]


# --- confirming -------------------------------------------------------------------------------------------------------


async def test_who_registers_is_sent_a_token_that_confirms_the_address(world: World, ada: Person) -> None:
    assert ada.answer["user"]["confirmed"] is False
    token = await new_token(world, "confirm")
    answer = await world.client.post("/auth/confirm", json={"token": token})
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await own(world, ada))["confirmed"] is True
    [(name, push)] = world.pushed_to(ada)
    assert (name, push["changes"][0]["data"]["confirmed"]) == ("settings", True)


async def test_what_is_confirmed_is_not_confirmed_again(world: World, ada: Person) -> None:
    await world.client.post("/auth/confirm", json={"token": await new_token(world, "confirm")})
    assert (await ada.post("/api/token/email_confirm")).status_code == 204
    assert len(await world.letters(ADA)) == 1


# --- a forgotten password ---------------------------------------------------------------------------------------------


async def test_whose_token_it_is(world: World, ada: Person) -> None:
    token = await asked(world, ada, PATHS["whose"])
    answer = await world.client.post("/auth/password/confirm", json={"token": token})
    assert answer.json() == {"success": True, "user": {"id": ada.id, "email": ADA, "display_name": ADA}}


async def test_a_reset_sets_the_password_ends_sign_ins_and_proves_the_address(world: World, ada: Person) -> None:
    token = await asked(world, ada, PATHS["reset"])
    answer = await world.client.post("/auth/password/reset", json=reset_body(token))
    assert (answer.status_code, answer.content) == (204, b"")
    refused(await world.refresh(ada.answer["refresh_token"]))
    refused(await ada.post("/api/signout_all"))
    refused(await world.client.post("/auth/login", json={"email": ADA, "password": PASSWORD}), "invalid_credentials")
    again = await world.login(ADA, NEW_PASSWORD)
    assert again.answer["user"]["confirmed"] is True
    assert "was changed" in str((await world.letters(ADA))[-1]["Subject"])


async def test_a_reset_stores_how_the_password_is_stretched_and_its_slot(world: World, ada: Person) -> None:
    derived = b64u(secrets.token_bytes(32))
    body = {"new_password": derived, "new_password_confirmation": derived, "kdf": KDF, "slot": SLOT}
    token = await asked(world, ada, PATHS["reset"])
    assert (await world.client.post("/auth/password/reset", json={"token": token, **body})).status_code == 204
    keys = (await (await world.login(ADA, derived)).get("/api/keys")).json()
    assert (keys["kdf"], keys["slots"]) == (KDF, {"password": SLOT})
    token = await asked(world, ada, PATHS["reset"])
    assert (await world.client.post("/auth/password/reset", json=reset_body(token))).status_code == 204
    keys = (await (await world.login(ADA, NEW_PASSWORD)).get("/api/keys")).json()
    assert (keys["kdf"], keys["slots"]) == (None, {}), "what the new password does not open is gone"


@pytest.mark.parametrize(
    ("further", "status", "code"),
    [
        ({"password": "WrongPassword1!"}, 401, "invalid_credentials"),
        ({"new_password_confirmation": "Other12345678"}, 400, "invalid_payload"),
        ({"new_password": "short", "new_password_confirmation": "short"}, 400, "invalid_payload"),
        ({"slot": SLOT}, 400, "invalid_payload"),
        ({"kdf": KDF}, 400, "invalid_payload"),
    ],
)
async def test_what_is_refused_leaves_the_token_good(
    world: World, ada: Person, further: dict[str, Any], status: int, code: str
) -> None:
    token = await asked(world, ada, PATHS["reset"])
    answer = await world.client.post("/auth/password/reset", json=reset_body(token, **further))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    right = await world.client.post("/auth/password/reset", json=reset_body(token, password=PASSWORD))
    assert right.status_code == 204


# --- nobody learns who has an account ---------------------------------------------------------------------------------


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    """The database's statements meanwhile, without their values."""
    executed: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_further: Any) -> None:
        executed.append(statement)

    event.listen(world.engine, "before_cursor_execute", note)
    yield executed
    event.remove(world.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("path", ["/auth/password/request", "/auth/link/request"])
async def test_asking_for_a_letter_costs_the_same_for_a_stranger(world: World, ada: Person, path: str) -> None:
    await world.letters(ADA)
    await world.revocations.stop()  # it reads the database by the clock
    done: list[list[str]] = []
    for email in (ADA, "nobody@example.com"):
        with statements(world) as executed:
            answer = await world.client.post(path, json={"email": email})
            assert (answer.status_code, answer.content) == (204, b"")
            await world.letters(email)
        done.append(executed)
    known, unknown = done
    assert known == unknown
    assert sum("INSERT" in statement for statement in known) == 2, "it is what was to be compared"
    assert len(await world.letters(ADA)) == 2
    assert await world.letters("nobody@example.com") == []
    await world.revocations.start()


async def test_an_address_that_is_taken_looks_like_one_that_is_free(world: World, ada: Person) -> None:
    bob = await world.register("bob@example.com")
    await world.letters(ADA)
    await world.revocations.stop()
    done: list[list[str]] = []
    for wanted in (bob.email, "free@example.com"):
        token = await asked(world, ada, PATHS["change address"])
        with statements(world) as executed:
            body = {"token": token, "email": wanted, "password": PASSWORD}
            answer = await ada.patch("/api/email", body)
            assert (answer.status_code, answer.content) == (204, b"")
            await world.letters(wanted)
        done.append(executed)
    assert done[0] == done[1]
    assert (await own(world, ada))["email"] == ADA, "either way the account is what it was"
    letter = (await world.letters(bob.email))[-1]
    assert "nothing\nwas changed" in text_of(letter) or "nothing was changed" in text_of(letter).replace("\n", " ")
    assert (await world.login(bob.email)).id == bob.id
    await world.revocations.start()


# --- another address --------------------------------------------------------------------------------------------------


async def changed(world: World, ada: Person, email: str = NEW_ADDRESS) -> str:
    """The token that came to the new address."""
    token = await asked(world, ada, PATHS["change address"])
    body = {"token": token, "email": email, "password": ada.password}
    assert (await ada.patch("/api/email", body)).status_code == 204
    return await new_token(world, "confirm", email)


async def test_a_new_address_is_the_accounts_once_it_is_confirmed(world: World, ada: Person) -> None:
    token = await changed(world, ada)
    assert (await own(world, ada))["email"] == ADA
    assert (await world.client.post("/auth/confirm", json={"token": token})).status_code == 204
    user = (await world.login(NEW_ADDRESS)).answer["user"]
    assert (user["email"], user["confirmed"], user["display_name"]) == (NEW_ADDRESS, True, NEW_ADDRESS)
    refused(await world.client.post("/auth/login", json={"email": ADA, "password": PASSWORD}), "invalid_credentials")
    assert "was changed" in str((await world.letters(ADA))[-1]["Subject"])
    assert (await world.register(ADA)).id != ada.id, "the old one is free again"


async def test_an_account_does_not_move_to_an_address_that_the_server_does_not_take(tmp_path: Path) -> None:
    world = World(tmp_path, joining=Settings(captcha=False, allowed_addresses=[r".*@example\.com"]))
    await world.open()
    await world.client.post("/auth/register", json={"email": ADA, "password": PASSWORD})
    await world.client.post("/auth/confirm", json={"token": await new_token(world, "confirm")})
    ada = await world.login(ADA)
    token = await asked(world, ada, PATHS["change address"])
    body = {"token": token, "email": NEW_ADDRESS, "password": PASSWORD}
    answer = await ada.patch("/api/email", body)
    assert (answer.status_code, answer.json()["code"]) == (403, "address_not_allowed")
    assert (await ada.patch("/api/email", {**body, "email": "ada.new@example.com"})).status_code == 204
    await world.close()


async def test_a_name_of_ones_own_stays_and_an_old_address_is_not_left_as_one(world: World, ada: Person) -> None:
    bob = await world.register("bob@example.com", "Bob Builder")
    token = await changed(world, bob, "bob@example.net")
    await world.client.post("/auth/confirm", json={"token": token})
    assert (await world.login("bob@example.net")).answer["user"]["display_name"] == "Bob Builder"
    token = await changed(world, ada)
    await world.client.post("/auth/confirm", json={"token": token})
    seen = (await bob.get(f"/api/users/{ada.id}")).json()
    assert ADA not in str(seen)
    assert NEW_ADDRESS not in str(seen)


async def test_the_password_is_needed_and_a_mistake_leaves_the_token_good(world: World, ada: Person) -> None:
    token = await asked(world, ada, PATHS["change address"])
    body = {"token": token, "email": NEW_ADDRESS, "password": "WrongPassword1!"}
    refused(await ada.patch("/api/email", body), "invalid_credentials")
    same = await ada.patch("/api/email", {**body, "email": ADA.upper(), "password": PASSWORD})
    assert (same.status_code, same.json()["code"]) == (400, "invalid_payload")
    assert (await ada.patch("/api/email", {**body, "password": PASSWORD})).status_code == 204


async def test_a_token_is_its_owners_alone(world: World, ada: Person) -> None:
    eve = await world.register("eve@example.com")
    token = await asked(world, ada, PATHS["change address"])
    refused(await eve.patch("/api/email", {"token": token, "email": "eve@example.net", "password": PASSWORD}))


async def test_an_address_that_was_taken_meanwhile_is_told_to_who_reads_its_mail(world: World, ada: Person) -> None:
    token = await changed(world, ada)
    other = await world.register(NEW_ADDRESS)
    answer = await world.client.post("/auth/confirm", json={"token": token})
    assert (answer.status_code, answer.json()["code"]) == (422, "email_taken")
    assert (await own(world, ada))["email"] == ADA
    assert (await own(world, other))["email"] == NEW_ADDRESS


async def test_what_was_sent_to_the_old_address_ends_with_it(world: World, ada: Person) -> None:
    confirm = await changed(world, ada)
    reset = await asked(world, ada, PATHS["reset"])
    assert (await world.client.post("/auth/confirm", json={"token": confirm})).status_code == 204
    refused(await world.client.post("/auth/password/reset", json=reset_body(reset)))


# --- nobody is flooded ------------------------------------------------------------------------------------------------


async def test_an_address_gets_three_letters_and_then_waits_whether_or_not_it_has_an_account(tmp_path: Path) -> None:
    world = World(tmp_path, limiter=MemoryLimiter(clock=lambda: 0.0))
    await world.open()
    await world.register(ADA)
    answers = {
        email: [await world.client.post("/auth/password/request", json={"email": email}) for _ in range(4)]
        for email in (ADA, "nobody@example.com")
    }
    for given in answers.values():
        assert [answer.status_code for answer in given] == [204, 204, 204, 429]
        assert given[-1].json()["code"] == "rate_limited"
        assert given[-1].headers["retry-after"] == "600"
    assert len(await world.letters(ADA)) == 4  # with that of the registration
    refused_too = await world.client.post("/auth/password/request", json={"email": f" {ADA.upper()} "})
    assert refused_too.status_code == 429
    await world.close()


@pytest.mark.parametrize("email", [ADA, "nobody@example.com"])
async def test_an_address_gets_five_links_and_then_waits_whether_or_not_it_has_an_account(
    tmp_path: Path, email: str
) -> None:
    world = World(tmp_path, limiter=MemoryLimiter(clock=lambda: 0.0))
    await world.open()
    await world.register(ADA)
    given = [await world.client.post("/auth/link/request", json={"email": email}) for _ in range(6)]
    assert [answer.status_code for answer in given] == [204] * 5 + [429]
    assert (given[-1].json()["code"], given[-1].headers["retry-after"]) == ("rate_limited", "300")
    await world.close()


async def test_who_is_signed_in_is_sent_so_many_letters_as_well(tmp_path: Path) -> None:
    world = World(tmp_path, limiter=MemoryLimiter(clock=lambda: 0.0))
    await world.open()
    ada = await world.register(ADA)
    answers = [await ada.post(f"/api/token/email_{kind}") for kind in ("confirm", "change") * 3]
    assert [answer.status_code for answer in answers] == [204] * 5 + [429]
    password, further = PASSWORD, "AnotherSecurePassword{}!"
    for number in range(5):
        new = further.format(number)
        body = {"password": password, "new_password": new, "new_password_confirmation": new}
        assert (await ada.patch("/api/password", body)).status_code == 204
        password = new
        ada = await world.login(ADA, password)
    notices = [letter for letter in await world.letters(ADA) if "was changed" in str(letter["Subject"])]
    assert len(notices) == 3
    await world.close()
