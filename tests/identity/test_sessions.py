"""Where one is signed in: what the list shows, whose sign-ins one ends, and what ends with them."""

from __future__ import annotations

import asyncio
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import httpx
import pytest

from hubbub.domain.devices import device_name
from hubbub.wire.errors import CloseCode
from hubbub.wire.ids import new_id
from tests.folder_servers import Doors, on_one_process
from tests.http.test_signing_in import is_problem
from tests.http.world import World
from tests.people import PASSWORD, People, Person
from tests.server import ServerProcess
from tests.services import wait_until

DAY = 24 * 3600
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605 Version/17.5 Mobile Safari/604"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0"
CHROME = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36"


@pytest.mark.parametrize(
    ("given", "user_agent", "name"),
    [
        (None, FIREFOX, "Firefox on Linux"),
        (None, SAFARI, "Safari on iPhone"),
        (None, EDGE, "Edge on Windows"),
        (None, CHROME, "Chrome on Android"),
        (None, "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5)", "macOS"),
        (None, "python-httpx/0.28.1", "python-httpx"),
        (None, "192.0.2.7 (ada@example.com)", ""),
        (None, "", ""),
        ("  ", FIREFOX, "Firefox on Linux"),
        (" Ada's\n phone ", FIREFOX, "Ada's phone"),
    ],
)
def test_a_device_is_called_as_its_user_says_or_by_what_it_says_of_itself(
    given: str | None, user_agent: str, name: str
) -> None:
    assert device_name(given, user_agent) == name


# --- the list -----------------------------------------------------------------------------------------------------


@on_one_process
async def test_the_list_has_every_place_and_says_which_one_asks(people: People) -> None:
    [ada] = await people.sign_up("Ada")
    phone = await sign_in(people, ada, FIREFOX, device_name="Ada's phone")
    laptop = await sign_in(people, ada, FIREFOX)
    devices = {item["device"]: item["current"] for item in await sessions(laptop)}
    assert devices == {"python-httpx": False, "Ada's phone": False, "Firefox on Linux": True}
    [here] = [item for item in await sessions(phone) if item["current"]]
    assert here["device"] == "Ada's phone"
    assert here["began_at"] == here["used_at"]


@on_one_process
@pytest.mark.parametrize("path", ["/api/register", "/api/login"])
async def test_the_doors_of_seed_004_name_the_device_too(people: People, path: str) -> None:
    [ada] = await people.sign_up("Ada")
    email = ada.email if path == "/api/login" else f"{new_id()}@example.com"
    body = {"email": email, "password": PASSWORD, "name": "Ada"}
    answer = await people.http.post(path, json=body, headers={"User-Agent": EDGE})
    listed = await people.http.get("/api/sessions", headers={"Authorization": answer.headers["authorization"]})
    [here] = [item for item in listed.json()["items"] if item["current"]]
    assert here["device"] == "Edge on Windows"


@on_one_process
async def test_using_a_sign_in_moves_it_to_the_front(people: People) -> None:
    [ada] = await people.sign_up("Ada")
    [mine] = await sessions(ada)
    other = await sign_in(people, ada, FIREFOX)
    assert (await refresh(people, ada)).status_code == 200
    [first, second] = await sessions(other)
    assert (first["id"], second["current"]) == (mine["id"], True)
    assert first["began_at"] == mine["began_at"] < second["began_at"]


@on_one_process
async def test_nobody_sees_or_ends_the_sign_ins_of_others(people: People) -> None:
    ada, bob = await people.sign_up("Ada", "Bob")
    [of_ada] = await sessions(ada)
    assert of_ada["id"] not in [item["id"] for item in await sessions(bob)]
    assert is_problem(await bob.delete(f"/api/sessions/{of_ada['id']}"), 404, "not_found")
    assert is_problem(await bob.delete("/api/sessions/me"), 400, "invalid_payload")
    assert len(await sessions(ada)) == 1


@on_one_process
async def test_a_name_that_is_too_long_is_refused(people: People) -> None:
    [ada] = await people.sign_up("Ada")
    body = {"email": ada.email, "password": PASSWORD, "device_name": "x" * 65}
    assert is_problem(await people.http.post("/auth/login", json=body), 400, "invalid_payload")


async def test_what_can_be_refreshed_no_more_is_in_no_list(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.open()
    ada = await world.register("ada@example.com")
    world.clock.ahead += 15 * DAY  # a refresh token lives for 14
    later = await world.login(ada.email)
    listed = (await later.get("/api/sessions")).json()["items"]
    await world.close()
    assert [item["current"] for item in listed] == [True]


# --- ending -------------------------------------------------------------------------------------------------------


async def test_a_sign_in_that_is_ended_ends_with_its_tokens_and_sockets(people: People, doors: Doors) -> None:
    """The other one is at another process: it is told within a second."""
    [ada] = await people.sign_up("Ada")
    lost = await sign_in(people, ada, FIREFOX)
    socket, kept = await lost.connect(doors.second), await ada.connect(doors.second)
    [session] = [item for item in await sessions(ada) if not item["current"]]
    assert (await ada.delete(f"/api/sessions/{session['id']}")).status_code == 204
    assert await socket.wait_closed() == CloseCode.SIGN_IN_AGAIN
    assert is_problem(await at(doors.second.url, lost), 401, "invalid_token")
    assert is_problem(await refresh(people, lost), 401, "invalid_token")
    assert [item["current"] for item in await sessions(ada)] == [True]
    assert is_problem(await ada.delete(f"/api/sessions/{session['id']}"), 404, "not_found")
    assert (await kept.heartbeat()).status == "ok"


@on_one_process
async def test_one_may_end_the_sign_in_that_asks(people: People) -> None:
    [ada] = await people.sign_up("Ada")
    [mine] = await sessions(ada)
    assert (await ada.delete(f"/api/sessions/{mine['id']}")).status_code == 204
    assert is_problem(await ada.get("/api/sessions"), 401, "invalid_token")


async def test_all_others_end_at_once(people: People, doors: Doors) -> None:
    [ada] = await people.sign_up("Ada")
    others = [await sign_in(people, ada, FIREFOX) for _ in range(2)]
    sockets = [await other.connect(doors.second) for other in others]
    assert (await ada.delete("/api/sessions")).status_code == 204
    for socket in sockets:
        assert await socket.wait_closed() == CloseCode.SIGN_IN_AGAIN
    for other in others:
        assert is_problem(await refresh(people, other), 401, "invalid_token")
    assert [item["current"] for item in await sessions(ada)] == [True]
    assert (await refresh(people, ada)).status_code == 200


@on_one_process
async def test_what_was_signed_out_or_used_twice_is_in_no_list(people: People) -> None:
    [ada] = await people.sign_up("Ada")
    left, stolen = await sign_in(people, ada, FIREFOX), await sign_in(people, ada, EDGE)
    await left.post("/api/logout")
    await refresh(people, stolen)
    assert is_problem(await refresh(people, stolen), 401, "invalid_token")
    assert [item["current"] for item in await sessions(ada)] == [True]


@on_one_process
async def test_the_owner_is_told_of_a_refresh_token_that_was_used_twice(people: People, server: ServerProcess) -> None:
    ada, bob = await people.sign_up("Ada", "Bob")
    await refresh(people, bob)
    await refresh(people, ada)
    assert is_problem(await refresh(people, ada), 401, "invalid_token")  # the thief, or Ada after the thief
    welcome, warning = "Confirm your address at Hubbub", "A sign-in at Hubbub was ended: somebody else may have had it"
    await asyncio.to_thread(wait_until, lambda: warning in subjects_to(server, ada), "the letter")
    assert is_problem(await refresh(people, ada), 401, "invalid_token")  # what has ended is not told again
    assert sorted(subjects_to(server, ada)) == [warning, welcome]
    assert set(subjects_to(server, bob)) <= {welcome}


# --- what the tests do --------------------------------------------------------------------------------------------


async def sign_in(people: People, person: Person, user_agent: str, **further: str) -> Person:
    """The same person on one more device."""
    body = {"email": person.email, "password": PASSWORD, **further}
    answer = await people.http.post("/auth/login", json=body, headers={"User-Agent": user_agent})
    assert answer.status_code == 200, answer.text
    return Person(people, answer.json(), PASSWORD)


async def sessions(person: Person) -> list[dict[str, Any]]:
    answer = await person.get("/api/sessions")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def refresh(people: People, person: Person) -> httpx.Response:
    """Exchange the person's refresh token; they keep the one that is spent by it."""
    return await people.http.post("/auth/refresh", json={"token": person.answer["refresh_token"]})


def subjects_to(server: ServerProcess, person: Person) -> list[str]:
    """Of what was written for the person, where no mail server is set."""
    files = sorted((server.folder / "data" / "mail").glob("*.eml"))
    letters = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
    return [str(letter["Subject"]) for letter in letters if person.email in str(letter["To"])]


async def at(url: str, person: Person) -> httpx.Response:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        return await http.get("/api/sessions", headers={"Authorization": f"Bearer {person.token}"})
