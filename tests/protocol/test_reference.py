"""The AsyncAPI document is true: everything that is sent and heard here is in it, and everything in it is heard here.

The document is taken strictly: what it does not name, no message may have.
"""

from __future__ import annotations

import ast
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from hubbub.storage.lobby import LOBBY_ID
from hubbub.wire.errors import refusals
from hubbub.wire.ids import NIL_ID, is_room_id, new_id
from hubbub.wire.pushes import PUSHES
from tests.people import (
    SYSTEM,
    People,
    Person,
    conversation,
    copies,
    start_channel,
    start_group,
    start_open_group,
    start_private,
)
from tests.phoenix import Client, Ref, Refused
from tests.rooms import Guest, begin_room
from tests.sealing import Identity, head_after
from tests.server import ServerProcess

# Not heard in a server that is well: they follow an interruption of the bus, and a failure after a join.
OF_ACCIDENTS = {"resync_push", "phx_error_push"}
SOURCES = Path(__file__).parents[2] / "src" / "hubbub"
PUBLISHES = {"to_conversation": "conversation", "to_user": "user", "to_contact": "system"}


class Recorder(Client):
    """Remembers what it sent, too."""

    sent: dict[tuple[str, Ref], tuple[Ref, str, Any]]

    async def send(self, join_ref: Ref, ref: Ref, topic: str, event: str, payload: Any) -> None:
        self.__dict__.setdefault("sent", {})[topic, ref] = (join_ref, event, payload)
        await super().send(join_ref, ref, topic, event, payload)


class Reference:
    """The document of a running server, and which of its messages were seen."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.seen: set[tuple[str, str]] = set()
        self._strict = _closed(document)

    @property
    def described(self) -> set[tuple[str, str]]:
        return {(prefix, name) for prefix, channel in self._channels.items() for name in channel["messages"]}

    @property
    def _channels(self) -> dict[str, Any]:
        channels: dict[str, Any] = self.document["channels"]
        return channels

    def events(self, topic: str) -> list[str]:
        """The events that clients may send on a topic."""
        prefix = _kind(topic)
        return [name for name in self._channels[prefix]["messages"] if not re.search("_(ok|error|push)$|^phx_", name)]

    def check(self, topic: str, name: str, frame: list[Any]) -> None:
        prefix = _kind(topic)
        assert name in self._channels[prefix]["messages"], f"{name} of {prefix} is not described: {frame}"
        where = {"$ref": f"#/channels/{prefix}/messages/{name}/payload"}
        faults = [
            f"{'/'.join(map(str, fault.instance_path))}: {fault.message}"
            for fault in jsonschema_rs.Draft7Validator(self._strict | where).iter_errors(frame)
        ]
        assert not faults, (topic, name, frame, faults)
        self.seen.add((prefix, name))

    def check_all(self, client: Recorder) -> None:
        """Every frame that this client heard, and those of its own that the server took."""
        for frame in client.frames:
            if frame.event != "phx_reply":
                self.check(frame.topic, f"{frame.event}_push", list(frame))
                continue
            join_ref, event, payload = client.sent[frame.topic, frame.ref]
            status = frame.payload["status"]
            self.check(frame.topic, f"{event}_{status}", list(frame))
            if status == "ok":
                self.check(frame.topic, event, [join_ref, frame.ref, frame.topic, event, payload])


def _kind(topic: str) -> str:
    """What the channel of a topic is called in the document."""
    prefix, _, id = topic.partition(":")
    return "room" if prefix == "conversation" and is_room_id(id) else prefix


def _closed(schema: Any) -> Any:
    """Objects with named properties may have no others, but for the details of a refusal."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(value) for name, value in schema.items()}
    if closed.get("type") == "object" and "properties" in closed and closed.get("title") != "Refused":
        closed.setdefault("additionalProperties", False)
    return closed


@pytest.fixture
async def people(server: ServerProcess) -> AsyncIterator[People]:
    async with People(server) as people:
        yield people


@pytest.fixture
async def reference(people: People) -> Reference:
    answer = await people.http.get("/schema/asyncapi.json")
    assert answer.headers["content-type"] == "application/vnd.aai.asyncapi+json;version=3.0.0"
    return Reference(answer.json())


async def _arrive(people: People, person: Person) -> Recorder:
    client = await Recorder.connect(people.server.ws_url, person.token)
    await client.join(SYSTEM)
    await client.join(person.topic)
    return client


# --- everything that is said ------------------------------------------------------------------------------------------


async def test_every_message_is_as_it_is_described(people: People, reference: Reference) -> None:
    ada, bob, cleo = await people.sign_up("Ada", "Bob", "Cleo")
    guest = await Recorder.connect(people.server.ws_url)
    clients = [await _arrive(people, person) for person in (ada, bob, cleo)] + [guest]
    try:
        await _converse(reference, people, clients, [ada, bob, cleo])
        for client in clients:
            await client.heartbeat()  # everything before it has been read
            reference.check_all(client)
    finally:
        for client in clients:
            await client.close()
    unheard = {(prefix, name) for prefix, name in reference.described - reference.seen if name not in OF_ACCIDENTS}
    assert unheard == set()


async def _converse(reference: Reference, people: People, clients: list[Recorder], persons: list[Person]) -> None:
    (a, b, c, guest), (ada, bob, cleo) = clients, persons
    await _encrypted(a, b, ada, bob, cleo)
    await _open_to_all(a, b, ada, bob)
    await _lobby(guest, a, ada)
    await _open_since_joining(a, b, c, ada, bob, cleo)
    await _moderated(a, b, ada, bob)
    await _sealed(a, b, ada, bob)
    await _room(reference, people, a, b, ada)
    await _oneself(a, b, ada, bob)
    await _refusals(reference, a, ada, bob)


async def _encrypted(a: Recorder, b: Recorder, ada: Person, bob: Person, cleo: Person) -> None:
    id = await start_group(a, bob, alias="Besties 4eva")
    topic = conversation(id)
    await b.wait_for(bob.topic, "new_conversation")
    await a.join(topic)
    await b.join(topic)
    await b.ask(topic, "set_encryption_keys", {"public_key": {"x": 1}, "private_key": {"y": 1}, "op_id": "keys"})
    await b.wait_for(bob.topic, "private_keys")
    said = await a.ask(topic, "send_message", {"encrypted_messages": copies("hello", ada, bob), "id": new_id()})
    group = said["message"]["message_group"]
    await b.wait_for(bob.topic, "new_message")
    edit = {"message_group_id": group, "encrypted_messages": copies("hello again", ada, bob)}
    await a.ask(topic, "edit_message", edit)
    await b.wait_for(bob.topic, "edit_message")
    await a.ask(topic, "send_message", {"encrypted_messages": copies("psst", ada, bob), "off_the_record": True})
    await a.ask(topic, "send_message", {"encrypted_messages": copies("to myself", ada)})
    await b.wait_for(bob.topic, "version")
    await a.ask(topic, "delete_message", {"message_group_id": group})
    await b.wait_for(topic, "delete_message")
    await b.ask(topic, "read_conversation")
    await a.wait_for(topic, "read_conversation")
    await b.ask(topic, "start_typing")
    await b.ask(topic, "finish_typing")
    await a.wait_for(topic, "finish_typing")
    await b.ask(topic, "change_alias", {"alias": None})
    await a.wait_for(topic, "update_alias")
    await a.ask(topic, "modify_conversation", {"new_members": [cleo.id], "alias": "Three of us"})
    await b.wait_for(bob.topic, "new_conversation")
    await a.ask(topic, "sync", {"cursor": 0})
    await a.join(topic, {"cursor": 1})
    await a.wait_for(topic, "phx_close")
    await b.ask(topic, "leave_conversation")
    await b.wait_for(bob.topic, "conversation_removed")
    await b.wait_for(topic, "phx_close")
    await a.wait_for(topic, "leave_conversation")
    await start_private(a, bob)


async def _open_to_all(a: Recorder, b: Recorder, ada: Person, bob: Person) -> None:
    topic = conversation(await start_open_group(a, bob))
    await a.join(topic)
    await b.join(topic)
    channel = await start_channel(ada)
    await a.join(conversation(channel))
    await bob.put(f"/api/channels/{channel}/subscription")
    await a.wait_for(conversation(channel), "member_joined")
    said = await a.ask(topic, "send_message", {"content": "hello", "index": 1, "position": 0, "device_id": new_id()})
    group = {"message_group_id": said["message"]["message_group"]}
    await b.ask(topic, "send_message", {"content": "hello too", "reply_to": group["message_group_id"]})
    await a.ask(topic, "edit_message", {**group, "content": "hello again"})
    await b.ask(topic, "react", {**group, "emoji": "+1"})
    await b.ask(topic, "unreact", {**group, "emoji": "+1"})
    for event in ("new_message", "edit_message", "react", "unreact"):
        await a.wait_for(topic, event)
    await a.ask(topic, "send_message", {"content": "psst", "off_the_record": True, "id": new_id()})
    await a.ask(topic, "change_expiry", {"expires_in": 5})
    await b.wait_for(topic, "update_expiry")
    said = await a.ask(topic, "send_message", {"content": "not for long"})
    await b.ask(topic, "react", {"message_group_id": said["message"]["message_group"], "emoji": "+1"})
    await b.wait_for(topic, "message_expired")
    await b.ask(topic, "sync", {"cursor": 0, "limit": 100})
    await b.leave(topic)
    await b.wait_for(topic, "phx_close")


async def _lobby(guest: Recorder, a: Recorder, ada: Person) -> None:
    """A guest reads there, and is not told who subscribes."""
    topic = conversation(LOBBY_ID)
    await guest.join(topic)
    await guest.wait_for(topic, "user_count")
    await a.join(topic)
    await ada.put(f"/api/channels/{LOBBY_ID}/subscription")
    await guest.wait_for(topic, "version")
    await a.ask(topic, "send_message", {"content": "Good evening", "subject": "Greetings"})
    await guest.wait_for(topic, "new_message")
    await guest.ask(topic, "sync", {"cursor": 0})


async def _moderated(a: Recorder, b: Recorder, ada: Person, bob: Person) -> None:
    """Of two in an open group, one of whom came after the message that is removed in the end."""
    id = await start_open_group(a, bob)
    topic = conversation(id)
    for client in (a, b):
        await client.join(topic)
    said = await b.ask(topic, "send_message", {"content": "rude"})
    await a.ask(topic, "react", {"message_group_id": said["message"]["message_group"], "emoji": "+1"})
    answer = await ada.put(f"/api/conversations/{id}/messages/{said['message']['message_group']}/removal", {})
    assert answer.status_code == 200, answer.text
    await b.wait_for(topic, "message_removed")
    await ada.put(f"/api/conversations/{id}/sanctions/{bob.id}/mute", {"reason": "Calm down"})
    await a.wait_for(topic, "member_changed")
    await a.ask(topic, "sync", {"cursor": 0})
    await a.ask(topic, "remove_member", {"user_id": bob.id, "op_id": "kick"})
    await b.wait_for(bob.topic, "conversation_removed")
    await b.wait_for(topic, "phx_close")
    await a.wait_for(topic, "leave_conversation")


async def _open_since_joining(a: Recorder, b: Recorder, c: Recorder, ada: Person, bob: Person, cleo: Person) -> None:
    """Who came later is told only that something happened; who may see it, in their own topic."""
    topic = conversation(await start_open_group(a, bob, history="joined"))
    await a.join(topic)
    said = await a.ask(topic, "send_message", {"content": "before Cleo"})
    await b.join(topic)
    rude = await b.ask(topic, "send_message", {"content": "rude"})
    await a.ask(topic, "send_message", {"content": "not for long", "expires_in": 5})
    group = {"message_group_id": said["message"]["message_group"]}
    await a.ask(topic, "modify_conversation", {"new_members": [cleo.id]})
    await a.ask(topic, "edit_message", {**group, "content": "still before Cleo"})
    await a.ask(topic, "react", {**group, "emoji": "+1"})
    await a.ask(topic, "unreact", {**group, "emoji": "+1"})
    for event in ("edit_message", "react", "unreact", "message_expired"):
        await b.wait_for(bob.topic, event)
    await c.wait_for(cleo.topic, "version")
    assert not c.heard(cleo.topic, "edit_message")
    path = f"/api/conversations/{topic.partition(':')[2]}/messages/{rude['message']['message_group']}/removal"
    assert (await ada.put(path, {})).status_code == 200
    await b.wait_for(bob.topic, "message_removed")
    assert a.heard(ada.topic, "edit_message")


async def _sealed(a: Recorder, b: Recorder, ada: Person, bob: Person) -> None:
    """Bob comes later, and is given a copy of what was said before."""
    identity, other, id, message = Identity(ada.id), Identity(bob.id), new_id(), new_id()
    for person, one in ((ada, identity), (bob, other)):
        keys = {"public_key": one.public_key(), "private_key": one.private_key()}
        answer = await person.post("/api/keys", {"identity": one.identity_key(), "user_key": keys})
        assert answer.status_code == 200
    links = identity.found(id, [])
    key = identity.public_key(id)
    begin = {"user_ids": [], "id": id, "public_key": key, "private_key": {}, "links": links}
    await a.ask(SYSTEM, "start_group_conversation", begin)
    topic = conversation(id)
    assert (await a.join(topic))["links"]
    sealed = identity.seal(
        "hello", conversation=id, message=message, members=head_after(id, None, *links), recipients={ada.id: key}
    )
    place = {"id": message, "device_id": NIL_ID, "index": 1, "position": 0}
    body = {"sealed": sealed.sealed, "encrypted_messages": sealed.encrypted_messages}
    await a.ask(topic, "send_message", {**body, **place})
    assert (await bob.put(f"/api/groups/{id}/membership")).status_code == 202
    await a.wait_for(ada.topic, "join_requested")
    link = identity.link(id, head_after(id, None, *links), "add", other)
    await a.ask(topic, "modify_conversation", {"new_members": [bob.id], "links": [link]})
    copies = identity.share(sealed.sealed, sealed.encrypted_messages[ada.id], to={bob.id: other.public_key()})
    await b.wait_for(bob.topic, "join_approved")
    await a.ask(topic, "share_copies", {"copies": {message: copies}, "cursor": 2, "op_id": "shared"})
    await b.wait_for(bob.topic, "copies_shared")
    pulled = await a.ask(topic, "sync", {"cursor": 0})
    assert {"link", "message"} <= {change["kind"] for change in pulled["changes"]}


async def _room(reference: Reference, people: People, a: Recorder, b: Recorder, ada: Person) -> None:
    room = str((await begin_room(ada, title="Tea"))["id"])
    one, other = await Guest.join(people, room, "Ada", person=ada), await Guest.join(people, room, "Bob")
    for client, guest in ((a, one), (b, other)):
        with pytest.raises(Refused):
            await client.join(guest.topic)
        await client.join(guest.topic, {"ticket": guest.ticket})
    for event in reference.events(one.topic):
        assert (await a.push(one.topic, event, [])).response["reason"] == "invalid_payload"
    await a.ask(one.topic, "send_message", one.spoken("hello"))
    await b.ask(one.topic, "start_typing")
    await b.ask(one.topic, "finish_typing")
    await a.wait_for(one.topic, "finish_typing")
    for event in ("new_message", "participants"):
        await b.wait_for(one.topic, event)
    await b.leave(one.topic)
    assert (await ada.delete(f"/api/rooms/{room}/participants/{other.id}")).status_code == 204
    await a.wait_for(one.topic, "put_out")
    assert (await ada.delete(f"/api/rooms/{room}")).status_code == 204
    await a.wait_for(one.topic, "phx_close")


async def _oneself(a: Recorder, b: Recorder, ada: Person, bob: Person) -> None:
    await ada.put(f"/api/choices/watch/{bob.id}")
    await a.wait_for(ada.topic, "choice")
    await a.ask(SYSTEM, "set_display_name", {"display_name": "Countess"})
    await b.wait_for(SYSTEM, "update_display_name")
    await b.wait_for(SYSTEM, "update_profile")
    await a.ask(SYSTEM, "set_status", {"status": "idle"})
    await a.ask(SYSTEM, "set_hidden", {"hidden": True})
    await b.wait_for(SYSTEM, "presence_diff", lambda payload: ada.id in payload["leaves"])
    await a.wait_for(SYSTEM, "set_hidden")
    await a.wait_for(ada.topic, "settings")
    await a.ask(ada.topic, "sync", {"cursor": 0})
    await a.join(ada.topic, {"cursor": 0})
    await a.leave(ada.topic)
    await a.join(ada.topic)
    await a.leave(SYSTEM)
    await a.join(SYSTEM)


async def _refusals(reference: Reference, a: Recorder, ada: Person, bob: Person) -> None:
    """Whatever the event, a payload that is no object is refused."""
    topic = conversation(await start_open_group(a, bob))
    await a.join(topic)
    for name in (SYSTEM, ada.topic, topic):
        for event in reference.events(name):
            status, response = await a.push(name, event, [])
            assert (status, response["reason"]) == ("error", "invalid_payload"), (name, event)
    for name, params in ((conversation(new_id()), {}), (bob.topic, {}), (SYSTEM, {"token": "forged"})):
        ref = a.next_ref()
        await a.send(ref, ref, name, "phx_join", params)
        assert (await a.reply_to(name, ref)).status == "error"
    status, response = await a.push(topic, "edit_message", {"message_group_id": new_id(), "content": "x", "op_id": "o"})
    assert (status, response["reason"], response["op_id"]) == ("error", "not_found", "o")


def test_every_push_that_the_code_names_is_described() -> None:
    """Also one that nothing here provokes."""
    named = [push for file in SOURCES.rglob("*.py") for push in _pushes(ast.parse(file.read_text()))]
    assert len(named) > 15
    known = {**PUSHES, "conversation": {**PUSHES["conversation"], **PUSHES["room"]}}  # a room is a conversation, too
    assert [(prefix, event) for prefix, event in named if event not in known[prefix]] == []


def _pushes(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Prefix of the topic and event of each publish that names its event in place."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in PUBLISHES:
            event = call.args[1] if len(call.args) > 1 else None
            if isinstance(event, ast.Constant):
                yield PUBLISHES[call.func.attr], str(event.value)


# --- the document itself ------------------------------------------------------------------------------------------


async def test_references_lead_somewhere(reference: Reference) -> None:
    found = list(_references(reference.document))
    assert found
    for pointer in found:
        at: Any = reference.document
        for step in pointer.removeprefix("#/").split("/"):
            assert step in at, pointer
            at = at[step]


async def test_replies_and_operations_use_every_message(reference: Reference) -> None:
    used = {pointer for pointer in _references(reference.document["operations"]) if "/messages/" in pointer}
    assert used == {f"#/channels/{prefix}/messages/{name}" for prefix, name in reference.described}


async def test_it_says_where_the_socket_is_and_what_its_limits_are(server: ServerProcess, reference: Reference) -> None:
    socket = reference.document["servers"]["socket"]
    assert (socket["protocol"], socket["host"], socket["pathname"]) == (
        "ws",
        f"127.0.0.1:{server.port}",
        "/socket/websocket",
    )
    assert reference.document["x-limits"]["max_body"] == 4000
    assert "4001" in reference.document["x-close-codes"]


async def test_it_names_every_reason_once(reference: Reference) -> None:
    reasons = reference.document["components"]["schemas"]["Refused"]["properties"]["reason"]["enum"]
    assert sorted(reasons) == sorted({refusal.code for refusal in refusals()})


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [found for item in value.values() for found in _references(item)]
    return [found for item in value for found in _references(item)] if isinstance(value, list) else []
