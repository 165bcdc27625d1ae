"""What the server has of somebody, for them: all of it, and nothing of others."""

from __future__ import annotations

import json
from typing import Any

from hubbub.wire.ids import new_id
from tests.folder_servers import Doors
from tests.http.test_signing_in import is_problem
from tests.http.world import World
from tests.identity.test_deletion import say
from tests.identity.test_passkeys import add
from tests.people import People, conversation, copies, start_channel, start_group


async def export(somebody: Any) -> dict[str, list[dict[str, Any]]]:
    """What came, by kind."""
    answer = await somebody.get("/api/account/export")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines[-1] == {"kind": "end", "data": {}}
    found: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        found.setdefault(line["kind"], []).append(line["data"])
    return found


async def test_all_that_one_wrote_is_there_and_nothing_of_others(people: People, doors: Doors) -> None:
    ada, bob = await people.sign_up("Ada", "Bob")
    channel = await start_channel(ada, bob)
    group = await start_group(await ada.arrive(), bob)
    a, b = await ada.arrive(channel, group), await bob.arrive(channel, group, to=doors.second)
    said = await say(a, channel, "Ada's")
    hers = await say(b, channel, "Bob's")
    await a.ask(conversation(channel), "react", {"message_group_id": hers, "emoji": "+1"})
    sealed: dict[str, Any] = {"id": new_id(), "encrypted_messages": copies("secret", ada, bob)}
    await a.ask(conversation(group), "send_message", sealed)
    gone = await say(a, channel, "Deleted")
    await a.ask(conversation(channel), "delete_message", {"message_group_id": gone})
    mine = await export(ada)
    assert {message["message_group"]: message["conversation_id"] for message in mine["message"]} == {
        said: channel,
        sealed["id"]: group,
    }
    [copy] = [message["content"] for message in mine["message"] if message["conversation_id"] == group]
    assert copy == sealed["encrypted_messages"][ada.id]
    assert mine["reaction"] == [{"conversation_id": channel, "message_group": hers, "emoji": "+1"}]
    assert {one["id"]: one["stays"][0]["role"] for one in mine["conversation"]} == {channel: "owner", group: "owner"}
    assert mine["account"][0]["email"] == ada.email
    assert "Bob's" not in json.dumps(mine)


async def test_of_ways_in_it_tells_what_they_are_called(world: World) -> None:
    ada = await world.register("ada@example.com")
    await add(ada)
    token = (await ada.post("/api/tokens", {"name": "Script", "scopes": ["read"]})).json()
    await ada.post("/api/bots", {"name": "ada-bot", "display_name": "Bot"})
    mine = await export(ada)
    assert [row["name"] for row in mine["passkey"]] == ["Laptop"]
    assert [row["name"] for row in mine["api_token"]] == ["Script"]
    assert [row["name"] for row in mine["bot"]] == ["ada-bot"]
    assert len(mine["session"]) == 1
    for secret in (token["token"], ada.answer["refresh_token"]):
        assert secret not in json.dumps(mine)


async def test_no_api_token_takes_it(people: People) -> None:
    [ada] = await people.sign_up("Ada")
    made = await ada.post("/api/tokens", {"name": "Script", "scopes": ["read", "write"]})
    headers = {"Authorization": f"Bearer {made.json()['token']}"}
    answer = await people.http.get("/api/account/export", headers=headers)
    assert is_problem(answer, 403, "out_of_scope")


async def test_more_than_a_page_comes_whole(people: People) -> None:
    [ada] = await people.sign_up("Ada")
    channel = await start_channel(ada)
    a = await ada.arrive(channel)
    said = {await say(a, channel, f"{number}") for number in range(520)}
    assert {message["message_group"] for message in (await export(ada))["message"]} == said
