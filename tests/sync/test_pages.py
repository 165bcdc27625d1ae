"""Pulls in pages: every row once, a version never in two, an honest cursor (Hubbub protocol, section 2)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from tests.people import Person, conversation, start_group, start_open_group
from tests.phoenix import Client, Refused

Page = dict[str, Any]


async def pages(client: Client, topic: str, limit: int, cursor: int = 0) -> list[Page]:
    found: list[Page] = []
    while not found or found[-1]["more"]:
        page = await client.ask(topic, "sync", {"cursor": cursor, "limit": limit})
        assert page["cursor"] > cursor or not page["more"], "a page moves the cursor, or is the last"
        cursor = page["cursor"]
        found.append(page)
    return found


async def busy_group(client: Client, owner: Person, others: list[Person]) -> str:
    """An open group whose versions have one and several rows, of every kind; its topic."""
    id = await start_open_group(client, *others[:1], alias="Crew")  # one conversation, two members
    topic = conversation(id)
    await client.join(topic)
    said = [await client.ask(topic, "send_message", {"content": f"no. {number}"}) for number in range(6)]
    for sent in said:
        await client.ask(topic, "react", {"message_group_id": sent["message"]["message_group"], "emoji": "👍"})
    await client.ask(topic, "modify_conversation", {"new_members": [], "alias": "Company"})
    await client.ask(topic, "modify_conversation", {"new_members": [other.id for other in others], "alias": "Host"})
    await client.ask(topic, "delete_message", {"message_group_id": said[3]["message"]["message_group"]})
    return topic


async def test_pages_of_every_size_show_the_same(persons: list[Person]) -> None:
    ada, *others = persons
    client = await ada.arrive()
    topic = await busy_group(client, ada, others)
    (whole,) = await pages(client, topic, 500)
    for limit in (*range(1, len(whole["changes"]) + 2), 100_000):
        found = await pages(client, topic, limit)
        assert [row for page in found for row in page["changes"]] == whole["changes"]
        for page, following in pairwise(found):
            assert page["changes"][-1]["version"] == page["cursor"] < following["changes"][0]["version"]
        assert found[-1]["cursor"] == whole["cursor"]


async def test_a_version_with_more_rows_than_a_page_comes_whole(persons: list[Person]) -> None:
    ada, *others = persons
    client = await ada.arrive()
    topic = conversation(await start_open_group(client, *others))
    await client.join(topic)
    page = await client.ask(topic, "sync", {"cursor": 0, "limit": 1})
    assert sorted(row["kind"] for row in page["changes"]) == ["conversation", "member", "member", "member"]
    assert {row["version"] for row in page["changes"]} == {1}
    assert (page["cursor"], page["more"]) == (1, False)


async def test_pages_of_the_own_stream_keep_a_version_together(persons: list[Person]) -> None:
    ada, *others = persons
    client = await ada.arrive()
    for _ in range(3):
        await start_group(client, *others)  # the listing and the private keys, at one version
    (whole,) = await pages(client, ada.topic, 500)
    for limit in (1, 2, 3, 4, 5):
        found = await pages(client, ada.topic, limit)
        assert [row for page in found for row in page["changes"]] == whole["changes"]
        versions = [{row["version"] for row in page["changes"]} for page in found]
        assert all(not earlier & later for earlier, later in pairwise(versions))
        assert all(page["heads"] == whole["heads"] for page in found)


async def test_a_page_at_the_head_is_empty_and_the_last(persons: list[Person]) -> None:
    ada, *others = persons
    client = await ada.arrive()
    topic = await busy_group(client, ada, others)
    head = (await pages(client, topic, 500))[-1]["cursor"]
    page = await client.ask(topic, "sync", {"cursor": head})
    assert (page["changes"], page["cursor"], page["more"]) == ([], head, False)


async def test_a_version_that_one_may_not_see_moves_the_cursor(persons: list[Person]) -> None:
    ada, bob, _ = persons
    hers, his = await ada.arrive(), await bob.arrive()
    topic = conversation(await start_open_group(hers, history="joined"))
    await hers.join(topic)
    sent = await hers.ask(topic, "send_message", {"content": "before he came"})
    await hers.ask(topic, "modify_conversation", {"new_members": [bob.id]})
    edit = {"message_group_id": sent["message"]["message_group"], "content": "not for him"}
    head = (await hers.ask(topic, "edit_message", edit))["version"]
    await his.join(topic)
    page = await his.ask(topic, "sync", {"cursor": head - 1})
    assert (page["changes"], page["cursor"], page["more"]) == ([], head, False)


@pytest.mark.parametrize("asked", [{"cursor": 1}, {"cursor": 0, "epoch": "another"}], ids=["ahead", "of another epoch"])
async def test_a_cursor_of_another_history_has_expired(persons: list[Person], asked: dict[str, Any]) -> None:
    """`cursor` counts from the head."""
    ada, *others = persons
    client = await ada.arrive()
    topic = await busy_group(client, ada, others)
    head = (await pages(client, topic, 500))[-1]["cursor"]
    asked = asked | {"cursor": head + asked["cursor"]}
    with pytest.raises(Refused) as refused:
        await client.ask(topic, "sync", asked)
    assert refused.value.reason == "cursor_expired"
    with pytest.raises(Refused) as refused:
        await client.join(topic, asked)
    assert refused.value.reason == "cursor_expired"


async def test_a_pull_that_makes_no_sense_is_refused(persons: list[Person]) -> None:
    ada, *others = persons
    client = await ada.arrive()
    topic = conversation(await start_open_group(client, *others))
    await client.join(topic)
    for asked in ({"cursor": -1}, {"limit": 0}, {"limit": -3}, {"cursor": "3"}, {"limit": None}, {"epoch": 1}):
        with pytest.raises(Refused) as refused:
            await client.ask(topic, "sync", asked)
        assert refused.value.reason == "invalid_payload", asked


async def test_the_last_page_says_who_has_read_when(persons: list[Person]) -> None:
    """Read marks take no version: one whose push was lost comes with the next pull."""
    ada, bob, cleo = persons
    hers, his = await ada.arrive(), await bob.arrive()
    id = await start_open_group(hers, bob, cleo)
    topic = conversation(id)
    await hers.join(topic)
    await his.join(topic)
    read_at = (await his.ask(topic, "read_conversation"))["read_at"]
    for number in range(3):
        await hers.ask(topic, "send_message", {"content": f"no. {number}"})
    *first, last = await pages(hers, topic, 2)
    assert last["read_times"] == {bob.id: read_at}
    assert first
    assert all("read_times" not in page for page in first)
    await his.ask(topic, "leave_conversation")
    former = (await bob.get("/api/sync", conversation_id=id)).json()
    assert "read_times" not in former


async def test_a_former_member_pulls_up_to_their_leaving(persons: list[Person]) -> None:
    ada, bob, _ = persons
    hers, his = await ada.arrive(), await bob.arrive()
    id = await start_open_group(hers, bob)
    topic = conversation(id)
    await hers.join(topic)
    await his.join(topic)
    await hers.ask(topic, "send_message", {"content": "to both"})
    left = (await his.ask(topic, "leave_conversation"))["version"]
    await hers.ask(topic, "send_message", {"content": "to herself"})
    page = (await bob.get("/api/sync", conversation_id=id, limit=1)).json()
    changes = page["changes"]
    while page["more"]:
        page = (await bob.get("/api/sync", conversation_id=id, limit=1, cursor=page["cursor"])).json()
        changes += page["changes"]
    assert page["cursor"] == left
    assert [row["data"]["content"] for row in changes if row["kind"] == "message"] == ["to both"]
    above = await bob.get("/api/sync", conversation_id=id, cursor=left + 1)
    assert (above.status_code, above.json()["code"]) == (410, "cursor_expired")
