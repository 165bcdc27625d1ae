"""A push shows the rows of its version as a pull would, so that who hears and who pulls end equal.

Each of these was once wrong, and was found by `test_convergence` or on the way to it.
"""

from __future__ import annotations

from typing import Any

from hubbub.wire.ids import new_id
from tests.people import Person, conversation, copies, start_group, start_open_group, start_private
from tests.phoenix import Client

Row = dict[str, Any]


async def rows(client: Client, topic: str, version: int) -> list[Row]:
    """The rows of one version, as a pull shows them now."""
    page = await client.ask(topic, "sync", {"cursor": version - 1, "limit": 500})
    return [row for row in page["changes"] if row["version"] == version]


async def test_another_device_hears_of_the_keys_that_begin_a_conversation(persons: list[Person]) -> None:
    ada, bob, _ = persons
    phone, desk = await ada.arrive(), await ada.arrive()
    await start_private(desk, bob)
    push = await phone.wait_for(ada.topic, "new_conversation")
    assert {row["kind"] for row in push["changes"]} == {"conversation", "private_keys"}
    assert push["changes"] == await rows(phone, ada.topic, push["user_version"])


async def test_who_did_not_begin_a_conversation_hears_nothing_of_its_creators_private_keys(
    persons: list[Person],
) -> None:
    ada, bob, _ = persons
    hers, his = await ada.arrive(), await bob.arrive()
    await start_private(hers, bob)
    push = await his.wait_for(bob.topic, "new_conversation")
    assert [row["kind"] for row in push["changes"]] == ["conversation"]


async def test_a_repeated_rename_does_not_show_a_later_one_under_its_version(persons: list[Person]) -> None:
    ada, *others = persons
    client = await ada.arrive()
    topic = conversation(await start_open_group(client, *others))
    await client.join(topic)
    renamed = {"alias": "Crew", "op_id": new_id()}
    first = await client.ask(topic, "change_alias", renamed)
    await client.ask(topic, "change_alias", {"alias": "Company"})
    for _ in range(2):
        await client.wait_for(topic, "update_alias")
    await client.ask(topic, "change_alias", renamed)
    push = await client.wait_for(topic, "update_alias")
    assert (push["version"], push["changes"]) == (first["version"], [])


async def test_repeated_keys_are_announced_at_their_own_version(persons: list[Person]) -> None:
    """Announced at the head, they would hide what took that version from who missed it."""
    ada, *others = persons
    client = await ada.arrive()
    topic = conversation(await start_group(client, *others))
    await client.join(topic)
    keys = {"public_key": {"n": 1}, "private_key": {"n": 1}, "op_id": new_id()}
    await client.ask(topic, "set_encryption_keys", keys)
    first = await client.wait_for(ada.topic, "private_keys")
    await client.ask(topic, "read_conversation")
    await client.ask(topic, "set_encryption_keys", keys)
    again = await client.wait_for(ada.topic, "private_keys")
    assert again == first
    assert again["changes"] == await rows(client, ada.topic, again["user_version"])


async def test_an_edit_withdraws_an_encrypted_message_from_who_is_left_out(persons: list[Person]) -> None:
    ada, bob, cleo = persons
    hers, his = await ada.arrive(), await bob.arrive()
    id = await start_group(hers, bob, cleo)
    topic = conversation(id)
    await hers.join(topic)
    await his.join(topic)
    sent = await hers.ask(topic, "send_message", {"encrypted_messages": copies("one", *persons)})
    message = sent["message"]["message_group"]
    edit = {"message_group_id": message, "encrypted_messages": copies("two", ada, cleo)}
    edited = await hers.ask(topic, "edit_message", edit)
    gone = {"kind": "message", "id": message, "version": edited["version"], "deleted": True, "data": None}
    push = await his.wait_for(bob.topic, "version")
    assert push == {"conversation_id": id, "version": edited["version"], "changes": [gone]}
    assert await rows(his, topic, edited["version"]) == [gone]
    assert (await bob.get("/api/messages", conversation_id=id)).json()["items"] == []


async def test_who_comes_back_sees_what_was_edited_meanwhile(persons: list[Person]) -> None:
    """Not what it said before, which a replica from the first stay would hold for ever."""
    ada, bob, _ = persons
    hers, his = await ada.arrive(), await bob.arrive()
    id = await start_open_group(hers, bob, history="joined")
    topic = conversation(id)
    await hers.join(topic)
    await his.join(topic)
    message = (await hers.ask(topic, "send_message", {"content": "one"}))["message"]["message_group"]
    left = await his.ask(topic, "leave_conversation")
    await hers.ask(topic, "edit_message", {"message_group_id": message, "content": "two"})
    assert (await bob.get("/api/messages", conversation_id=id)).json()["items"] == []
    away = (await hers.ask(topic, "send_message", {"content": "said while away"}))["message"]["message_group"]
    await hers.ask(topic, "modify_conversation", {"new_members": [bob.id]})
    page = await his.join(topic, {"cursor": left["version"]})
    assert [row["data"]["content"] for row in page["changes"] if row["kind"] == "message"] == ["two"]
    (item,) = (await bob.get("/api/messages", conversation_id=id)).json()["items"]
    assert (item["message_group"], item["content"]) == (message, "two")
    assert away != message


async def test_who_comes_back_hears_of_edits_to_what_was_said_before(persons: list[Person]) -> None:
    ada, bob, _ = persons
    hers, his = await ada.arrive(), await bob.arrive()
    id = await start_open_group(hers, bob, history="joined")
    topic = conversation(id)
    await hers.join(topic)
    await his.join(topic)
    message = (await hers.ask(topic, "send_message", {"content": "one"}))["message"]["message_group"]
    await his.ask(topic, "leave_conversation")
    await hers.ask(topic, "modify_conversation", {"new_members": [bob.id]})
    edited = await hers.ask(topic, "edit_message", {"message_group_id": message, "content": "two"})
    push = await his.wait_for(bob.topic, "edit_message")
    assert push["changes"][0]["data"] == edited["message"]


async def test_reactions_to_what_was_said_while_away_are_not_shown(persons: list[Person]) -> None:
    ada, bob, _ = persons
    hers, his = await ada.arrive(), await bob.arrive()
    id = await start_open_group(hers, bob, history="joined")
    topic = conversation(id)
    await hers.join(topic)
    await his.join(topic)
    await his.ask(topic, "leave_conversation")
    message = (await hers.ask(topic, "send_message", {"content": "one"}))["message"]["message_group"]
    await hers.ask(topic, "modify_conversation", {"new_members": [bob.id]})
    reacted = await hers.ask(topic, "react", {"message_group_id": message, "emoji": "👍"})
    push = await his.wait_for(bob.topic, "version")
    assert push == {"conversation_id": id, "version": reacted["version"]}
    await his.join(topic)
    assert await rows(his, topic, reacted["version"]) == []


async def test_adding_who_is_there_already_announces_nothing(persons: list[Person]) -> None:
    """Under the version of the last message it would hide that from who has not heard of it yet."""
    ada, bob, cleo = persons
    hers, his = await ada.arrive(), await bob.arrive()
    topic = conversation(await start_open_group(hers, bob))
    await hers.join(topic)
    await his.wait_for(bob.topic, "new_conversation")
    sent = await hers.ask(topic, "send_message", {"content": "one"})
    unchanged = await hers.ask(topic, "modify_conversation", {"new_members": [bob.id]})
    assert unchanged["version"] == sent["version"]
    added = await hers.ask(topic, "modify_conversation", {"new_members": [cleo.id]})
    push = await his.wait_for(bob.topic, "new_conversation")
    assert push["version"] == added["version"] == sent["version"] + 1


async def test_what_is_repeated_after_a_removal_does_not_show_half_of_it(persons: list[Person]) -> None:
    """A removal is a message, a row of the moderator's and the reactions that went, in one version: who missed it and
    heard the message alone under that version would never ask for the rest."""
    ada, bob, _ = persons
    hers, his = await ada.arrive(), await bob.arrive()
    id = await start_open_group(hers, *persons[1:])
    topic = conversation(id)
    for client in (hers, his):
        await client.join(topic)
    message = {"id": new_id(), "content": "something rude"}
    about = {"message_group_id": message["id"]}
    requests: list[tuple[str, Row]] = [
        ("send_message", message),
        ("edit_message", {**about, "content": "something ruder", "op_id": new_id()}),
        ("react", {**about, "emoji": "👍", "op_id": new_id()}),
    ]
    for event, payload in requests:
        await his.ask(topic, event, payload)
    assert (await ada.put(f"/api/conversations/{id}/messages/{message['id']}/removal", {})).status_code == 200
    removed = await hers.wait_for(topic, "message_removed")
    for event, payload in requests:
        await his.ask(topic, event, payload)
    await his.ask(topic, "send_message", {"content": "the end"})
    await hers.wait_for(topic, "new_message", lambda told: told["message"]["content"] == "the end")
    told = [frame.payload for frame in hers.frames if frame.topic == topic and "changes" in (frame.payload or {})]
    shown = [push["changes"] for push in told if push.get("version") == removed["version"]]
    assert all(len(changes) == 3 for changes in shown)
    assert sorted(row["kind"] for row in removed["changes"]) == ["message", "reaction", "removal"]
