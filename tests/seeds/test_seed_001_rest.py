"""Seed 001's REST: `user`, `group` and `chat`, "JSON + URL encoding to exchange information".

Each test quotes the sentence of the seed that it is about. Nobody here opens a socket but to see that others hear.
"""

from __future__ import annotations

import secrets
from typing import Any

import httpx
import pytest

from hubbub.wire.ids import NIL_ID, new_id
from tests.folder_servers import Doors
from tests.people import PASSWORD, People, Person, conversation
from tests.sealing import Identity

GROUP = {"open": True}


def code(answer: httpx.Response) -> str:
    assert answer.is_error, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["code"])


def bearer(person: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {person.token}"}


def name_of(person: Person) -> str:
    return str(person.answer["user"]["name"])


async def listed(people: People, what: str, **query: Any) -> list[dict[str, Any]]:
    answer = await people.http.get(f"/{what}", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


# --- "GET /user" ------------------------------------------------------------------------------------------------------


async def test_get_user_returns_a_list_of_users(people: People) -> None:
    """ "By default it should return a list of users", "read without authentication"."""
    [ada] = await people.sign_up("Ada")
    found = await listed(people, "user", sort="-inserted_at", limit=100)
    [shown] = [user for user in found if user["id"] == ada.id]
    assert shown == {
        "id": ada.id,
        "name": name_of(ada),
        "display_name": "Ada",
        "about": "",
        "picture": None,
        "public_key": None,
    }


async def test_queries_define_a_search_according_to_certain_attributes(people: People) -> None:
    """ "It allows URL encoded queries to define a search according to certain attributes"."""
    mark = secrets.token_hex(5)
    await people.sign_up(*(f"{name} {mark}" for name in ("Ada", "Bob", "Cleo")))
    found = await listed(people, "user", q=mark.upper())
    assert sorted(user["display_name"] for user in found) == [f"{name} {mark}" for name in ("Ada", "Bob", "Cleo")]
    assert [user["name"] for user in await listed(people, "user", name=f"bob-{mark}")] == [f"bob-{mark}"]
    assert [user["name"] for user in await listed(people, "user", display_name=f"cleo {mark}")] == [f"cleo-{mark}"]
    assert await listed(people, "user", q=f"%{mark[:3]}_") == []


@pytest.mark.parametrize("sort", ["name", "-name", "inserted_at", "-inserted_at"])
async def test_query_filters_number_of_results_and_sequence(people: People, sort: str) -> None:
    """ "Implement some query filters, ie: number of results, sequence, etc"."""
    mark = secrets.token_hex(5)
    for name in ("Cleo", "Ada", "Bob"):
        await people.sign_up(f"{name} {mark}")
    by_name = [f"{name}-{mark}" for name in ("ada", "bob", "cleo")]
    by_time = [f"{name}-{mark}" for name in ("cleo", "ada", "bob")]
    expected = by_name if sort.endswith("name") else by_time
    seen, after = [], ""
    while True:
        page = (await people.http.get("/user", params={"q": mark, "limit": 1, "after": after, "sort": sort})).json()
        seen += [user["name"] for user in page["items"]]
        assert len(page["items"]) == 1
        if not (after := page["after"]):
            break
    assert seen == (list(reversed(expected)) if sort.startswith("-") else expected)


@pytest.mark.parametrize("what", ["user", "group"])
@pytest.mark.parametrize(
    "query",
    [
        {"sort": "name; DROP TABLE users"},
        {"sort": "email"},
        {"sort": "password_hash"},
        {"limit": "many"},
        {"after": "' OR 1=1 --"},
        {"q": "x" * 129},
        {"q": "\0"},
    ],
    ids=str,
)
async def test_queries_that_are_refused(people: People, what: str, query: dict[str, str]) -> None:
    answer = await people.http.get(f"/{what}", params=query)
    assert answer.status_code == 400
    assert code(answer) in ("invalid_payload", "invalid_text")


async def test_no_address_is_ever_shown_or_found(people: People) -> None:
    """ "all its non-sensible information": an address is not, even where somebody is called by it."""
    email = f"{secrets.token_hex(6)}@example.com"
    made = (await people.http.post("/auth/register", json={"email": email, "password": PASSWORD})).json()
    name = made["user"]["name"]
    assert email not in (await people.http.get(f"/user/{name}")).text
    for query in ({"q": email}, {"display_name": email}, {"name": email}):
        assert await listed(people, "user", **query) == []
    everybody = (await people.http.get("/user", params={"limit": 100, "sort": "-inserted_at"})).text
    assert "@example.com" not in everybody
    assert "password" not in everybody


# --- "GET, POST, PUT /user/<user_name>" -------------------------------------------------------------------------------


async def test_get_user_retrieves_the_profile_with_its_public_key(people: People, doors: Doors) -> None:
    """ "Among this information the user has associated a public key"."""
    [ada] = await people.sign_up("Ada")
    identity = Identity(ada.id)
    own = {"public_key": identity.public_key(), "private_key": identity.private_key()}
    await ada.post("/api/keys", {"identity": identity.identity_key(), "user_key": own})
    async with People(doors.second) as elsewhere:
        shown = (await elsewhere.http.get(f"/user/{name_of(ada).upper()}")).json()
        assert (shown["display_name"], shown["public_key"]) == ("Ada", identity.public_key())
        assert code(await elsewhere.http.get("/user/nobody-at-all")) == "not_found"


@pytest.mark.parametrize("form", ["json", "data"])
async def test_post_user_updates_certain_fields(people: People, form: str) -> None:
    """ "Updates certain fields of the user", in "JSON + URL encoding"."""
    ada, bob = await people.sign_up("Ada", "Bob")
    path, sent = f"/user/{name_of(ada)}", {form: {"display_name": "Countess", "about": "Engines"}}
    changed = await people.http.post(path, headers=bearer(ada), **sent)  # type: ignore[arg-type]
    assert (changed.json()["display_name"], changed.json()["about"]) == ("Countess", "Engines")
    assert code(await people.http.post(path, **sent)) == "unauthorized"  # type: ignore[arg-type]
    assert code(await people.http.post(path, headers=bearer(bob), **sent)) == "forbidden"  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["json", "data"])
async def test_put_user_creates_the_user(people: People, form: str) -> None:
    """ "Creates the user <user_name>"; of a name that somebody has, nothing is changed."""
    name, email = f"ada-{secrets.token_hex(5)}", f"{secrets.token_hex(6)}@example.com"
    path, sent = f"/user/{name}", {form: {"email": email, "password": PASSWORD, "about": "Engines"}}
    made = await people.http.put(path, **sent)  # type: ignore[arg-type]
    assert made.status_code == 201, made.text
    token = {"Authorization": f"Bearer {made.json()['auth_token']}"}
    shown = (await people.http.get(path)).json()
    assert (shown["name"], shown["display_name"], shown["about"]) == (name, name, "Engines")
    again = await people.http.put(path, **sent)  # type: ignore[arg-type]
    assert (again.status_code, code(again)) == (409, "id_taken")
    own = await people.http.put(path, headers=token, json={"display_name": "Countess"})
    assert (own.status_code, own.json()["display_name"]) == (200, "Countess")
    login = await people.http.post("/auth/login", json={"email": email, "password": PASSWORD})
    assert login.json()["user"]["name"] == name


@pytest.mark.parametrize("name", ["admin", "lobby", "a", "Ada Lovelace", "ada--x", "x" * 33, NIL_ID])
async def test_put_user_takes_no_name_that_is_none(people: People, name: str) -> None:
    body = {"email": f"{secrets.token_hex(6)}@example.com", "password": PASSWORD}
    assert code(await people.http.put(f"/user/{name}", json=body)) == "invalid_payload"


@pytest.mark.parametrize("body", [{}, {"email": "x"}, {"email": "a@example.com", "password": "short"}], ids=str)
async def test_put_user_needs_what_registering_needs(people: People, body: dict[str, str]) -> None:
    assert code(await people.http.put(f"/user/ada-{secrets.token_hex(5)}", json=body)) == "invalid_payload"


# --- "GET /group", "GET, POST, PUT /group/<group_id>" -----------------------------------------------------------------


async def test_put_group_creates_the_group_and_get_shows_it(people: People, doors: Doors) -> None:
    """ "Creates the group <group_id>", "Equivalent to /user/<user_name> but for groups"."""
    ada, bob, eve = await people.sign_up("Ada", "Bob", "Eve")
    id, body = new_id(), {**GROUP, "name": "Rowers", "about": "Early", "members": [name_of(bob)]}
    path = f"/group/{id}"
    assert code(await people.http.put(path, json=body)) == "unauthorized"
    made = await ada.put(path, body)
    assert made.status_code == 201, made.text
    async with People(doors.second) as elsewhere:
        assert (await elsewhere.http.get(path)).json() == made.json()
    assert made.json() == {
        "id": id,
        "name": "Rowers",
        "about": "Early",
        "picture": None,
        "encrypted": False,
        "joining": "anyone",
        "approvals": 1,
        "members": 2,
        "public_key": None,
    }
    assert (await ada.put(path, body)).status_code == 200, "a repeat"
    assert code(await eve.put(path, body)) == "id_taken"
    assert code(await people.http.get(f"/group/{new_id()}")) == "not_found"


async def test_a_groups_resource_returns_the_public_key(people: People) -> None:
    """ "When requesting this resource the JSON will return the public key among other information"."""
    [ada] = await people.sign_up("Ada")
    id = new_id()
    key = {"kty": "OKP", "crv": "X25519", "x": Identity(ada.id).public_key()["x"]}
    made = await ada.put(f"/group/{id}", {"name": "Secure", "public_key": key, "private_key": {"wrapped": "x"}})
    assert made.status_code == 201, made.text
    shown = await people.http.get(f"/group/{id}")
    assert (shown.json()["encrypted"], shown.json()["public_key"]) == (True, key)
    assert "wrapped" not in shown.text
    assert code(await ada.put(f"/group/{new_id()}", {"name": "No key"})) == "invalid_payload"


async def test_get_group_retrieves_a_list_that_parameters_refine(people: People) -> None:
    """ "Retrieves a list of chat groups", "It allows for URL encoded parameters to refine the search"."""
    [ada] = await people.sign_up("Ada")
    mark = secrets.token_hex(5)
    for name in ("Chess", "Rowing"):
        await ada.put(f"/group/{new_id()}", {**GROUP, "name": f"{name} {mark}"})
    hidden = new_id()
    await ada.put(f"/group/{hidden}", {**GROUP, "name": f"Hidden {mark}", "listed": False})
    assert [one["name"] for one in await listed(people, "group", q=mark, sort="-name")] == [
        f"Rowing {mark}",
        f"Chess {mark}",
    ]
    [first] = await listed(people, "group", q=mark, sort="name", limit=1)
    [second] = await listed(people, "group", q=mark, sort="name", after=first["id"])
    assert (first["name"], second["name"]) == (f"Chess {mark}", f"Rowing {mark}")
    assert [one["name"] for one in await listed(people, "group", name=f"chess {mark}")] == [f"Chess {mark}"]
    for sort in ("name", "-name", "inserted_at", "-inserted_at"):
        assert hidden not in str(await listed(people, "group", sort=sort, limit=100))


@pytest.mark.parametrize("form", ["json", "data"])
async def test_post_group_updates_certain_fields(people: People, form: str) -> None:
    """ "Updates certain fields of the group <group_id>"."""
    ada, bob, eve = await people.sign_up("Ada", "Bob", "Eve")
    path = f"/group/{new_id()}"
    await ada.put(path, {**GROUP, "name": "Rowers", "members": [bob.id]})
    sent: dict[str, Any] = {form: {"about": "Earlier", "listed": "false" if form == "data" else False}}
    assert (await people.http.post(path, headers=bearer(ada), **sent)).json()["about"] == "Earlier"
    renamed = await people.http.post(path, headers=bearer(bob), **{form: {"name": "Sailors"}})  # type: ignore[arg-type]
    assert renamed.json()["name"] == "Sailors"
    assert code(await people.http.post(path, headers=bearer(bob), **sent)) == "not_owner"
    assert code(await people.http.post(path, headers=bearer(eve), **sent)) == "not_member"
    assert code(await people.http.post(path, **sent)) == "unauthorized"


# --- "GET /chat", "GET, POST, PUT /chat/<chat_id>" --------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH"])
async def test_get_chat_returns_405_not_allowed(people: People, method: str) -> None:
    """ "GET /chat Returns 405 not allowed"."""
    answer = await people.http.request(method, "/chat")
    assert (answer.status_code, answer.headers["allow"]) == (405, "OPTIONS")
    assert code(answer) == "method_not_allowed"


@pytest.mark.parametrize("form", ["json", "data"])
async def test_post_chat_publishes_an_entry_with_sender_and_target(people: People, doors: Doors, form: str) -> None:
    """ "Publish a new entry in the chat. The message should contain the sender and the target, which could be either
    a group or a user"."""
    ada, bob, eve = await people.sign_up("Ada", "Bob", "Eve")
    id = new_id()
    await ada.put(f"/group/{id}", {**GROUP, "name": "Rowers", "members": [bob.id]})
    b = await bob.arrive(id, to=doors.second)
    path, entry = f"/chat/{id}", {"sender": name_of(ada), "target": id, "message": "hello"}
    said = await people.http.post(path, headers=bearer(ada), **{form: entry})  # type: ignore[arg-type]
    assert said.status_code == 201, said.text
    assert (said.json()["sender"], said.json()["target"], said.json()["content"]) == (ada.id, id, "hello")
    assert (await b.wait_for(conversation(id), "new_message"))["message"]["content"] == "hello"
    assert [item["content"] for item in (await bob.get(path)).json()["items"]] == ["hello"]
    assert code(await bob.post(path, entry)) == "forbidden", "in another's name"
    assert code(await ada.post(path, {**entry, "target": eve.id})) == "invalid_payload"
    assert code(await eve.post(path, {**entry, "sender": eve.id})) == "not_member"
    assert code(await people.http.post(path, json=entry)) == "unauthorized"
    assert code(await eve.get(path)) == "not_member"
    assert code(await people.http.get(path)) == "unauthorized"


async def test_put_chat_creates_a_new_chat_entry(people: People) -> None:
    """ "Creates a new chat entry", "the target, which could be either a group or a user"."""
    ada, bob, eve = await people.sign_up("Ada", "Bob", "Eve")
    id, message = new_id(), new_id()
    copies = {ada.id: "sealed for Ada", bob.id: "sealed for Bob"}
    entry = {"sender": ada.id, "target": name_of(bob), "public_key": {}, "encrypted_messages": copies, "id": message}
    for _ in range(2):
        said = await ada.put(f"/chat/{id}", entry)
        assert said.status_code == 201, said.text
        assert (said.json()["message_group"], said.json()["target"]) == (message, bob.id)
    assert code(await ada.put(f"/chat/{new_id()}", entry)) == "id_taken", "the two have a chat"
    assert code(await eve.put(f"/chat/{id}", {**entry, "sender": eve.id})) == "not_member"
    begun = await eve.put(f"/chat/{new_id()}", {"sender": eve.id, "target": bob.id, "public_key": {}})
    assert (begun.status_code, begun.json()["items"]) == (201, [])


async def test_get_chat_returns_the_last_chats_as_they_were_in_the_database(people: People) -> None:
    """ "Returns the last chats as they were in the DB (encrypted)": to each member their own copy."""
    ada, bob, eve = await people.sign_up("Ada", "Bob", "Eve")
    id = new_id()
    copies = {ada.id: "sealed for Ada", bob.id: "sealed for Bob"}
    entry = {"sender": ada.id, "target": bob.id, "public_key": {}, "encrypted_messages": copies}
    await ada.put(f"/chat/{id}", entry)
    await ada.post(f"/chat/{id}", entry)
    for person in (ada, bob):
        shown = (await person.get(f"/chat/{id}")).json()
        assert [(item["content"], item["target"]) for item in shown["items"]] == [(copies[person.id], bob.id)] * 2
    assert len((await ada.get(f"/chat/{id}", limit=1)).json()["items"]) == 1
    assert code(await eve.get(f"/chat/{id}")) == "not_member"
    assert code(await eve.get(f"/chat/{new_id()}")) == "not_member"


async def test_anyone_reads_where_anyone_may(people: People) -> None:
    """ "The API allows read without authentication": the lobby."""
    [ada] = await people.sign_up("Ada")
    lobby = (await ada.get("/api/channels/lobby")).json()["id"]
    said = await ada.post(f"/chat/{lobby}", {"sender": ada.id, "target": "lobby", "message": "hello, all"})
    assert said.status_code == 201, said.text
    assert (await people.http.get(f"/chat/{lobby}")).json()["items"][0]["content"] == "hello, all"


# --- what is broken ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{", "application/json"),
        (b"", "application/json"),
        (b"[]", "application/json"),
        (b'{"message": 1}', "application/json"),
        (b"sender=%00&target=x&message=x", "application/x-www-form-urlencoded"),
        (b"sender=%ff&target=x&message=x", "application/x-www-form-urlencoded"),
        (b"message=only", "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % number for number in range(100)), "application/x-www-form-urlencoded"),
        (b"sender=a&target=b&index=one", "application/x-www-form-urlencoded"),
        (b"sender=a&target=b&encrypted_messages=text", "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
    ],
)
async def test_bodies_that_are_refused(people: People, content: bytes, kind: str) -> None:
    [ada] = await people.sign_up("Ada")
    headers = {**bearer(ada), "Content-Type": kind}
    answer = await people.http.post(f"/chat/{new_id()}", content=content, headers=headers)
    assert answer.status_code == 400, answer.text
    assert code(answer) in ("invalid_payload", "invalid_text")
