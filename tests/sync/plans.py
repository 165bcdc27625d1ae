"""Writes that must be accepted, each with what it does to the model (all but sending, whose place is the point)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from hubbub.wire.envelope import COPY_BYTES
from hubbub.wire.ids import new_id
from hubbub.wire.signing import b64u
from tests.people import Person
from tests.sealing import Document, head_after
from tests.sync.crew import Crew, Plan
from tests.sync.device import Device
from tests.sync.model import Conversation, Utterance


def edit(crew: Crew, device: Device, talk: Conversation, message: Utterance, omitted: str | None) -> Plan:
    where = {"id": message.id, "index": message.index, "position": message.position, "device_id": message.device}
    body, text = crew.body(device, talk, where, message.rev + 1, omitted)

    def edited(response: dict[str, Any]) -> None:
        message.text, message.sealed, message.version = text, body.get("sealed"), talk.head
        message.rev += 1
        assert response["message"]["rev"] == message.rev

    return Plan(device, talk, "edit_message", _once({"message_group_id": message.id, **body}), edited)


def delete(crew: Crew, device: Device, talk: Conversation, message: Utterance) -> Plan:
    def deleted(_response: dict[str, Any]) -> None:
        message.deleted, message.version = True, talk.head

    return Plan(device, talk, "delete_message", _once({"message_group_id": message.id}), deleted)


def react(crew: Crew, device: Device, talk: Conversation, message: Utterance, emoji: str) -> Plan:
    """Put a reaction on, or take it off when it is on."""
    key = (message.id, device.person.id, emoji)
    on = not talk.reactions.get(key, False)

    def reacted(_response: dict[str, Any]) -> None:
        talk.reactions[key] = on

    payload = _once({"message_group_id": message.id, "emoji": emoji})
    return Plan(device, talk, "react" if on else "unreact", payload, reacted)


def share(crew: Crew, device: Device, talk: Conversation, messages: Sequence[Utterance]) -> Plan:
    """Copies of sealed messages for every member who lacks one. What is in them is nobody's business here."""
    copies = {
        message.id: {
            user: f"{crew.public_key(talk, user)['kid']}.{b64u(os.urandom(COPY_BYTES))}"
            for user in talk.lacking(message)
        }
        for message in messages
    }

    def shared(response: dict[str, Any]) -> None:
        for message in messages:
            assert isinstance(message.text, dict)
            message.text = message.text | copies[message.id]
        assert response["shared"] == sum(map(len, copies.values()))

    return Plan(device, talk, "share_copies", _once({"copies": copies}), shared)


def _once(payload: dict[str, Any]) -> dict[str, Any]:
    return payload | {"op_id": new_id()}


# --- the conversation itself ------------------------------------------------------------------------------------


def rename(crew: Crew, device: Device, talk: Conversation) -> Plan:
    alias = crew.words()

    def renamed(_response: dict[str, Any]) -> None:
        talk.alias = alias

    return Plan(device, talk, "change_alias", _once({"alias": alias}), renamed)


def last(crew: Crew, device: Device, talk: Conversation, seconds: int | None) -> Plan:
    """Messages last for so long from now on, unless they say otherwise; None: for good."""

    def changed(_response: dict[str, Any]) -> None:
        talk.expires_in = seconds

    return Plan(device, talk, "change_expiry", _once({"expires_in": seconds}), changed)


def add(crew: Crew, device: Device, talk: Conversation, person: Person) -> Plan:
    gen, links = crew.gen(talk, person.id), []
    if talk.sealed:
        links = [_link(crew, talk, device.person, "add", person, gen)]

    def added(_response: dict[str, Any]) -> None:
        talk.links += links
        talk.gens[person.id] = gen
        talk.join(person.id, talk.head)

    payload = _once({"new_members": [person.id], **({"links": links} if links else {})})
    return Plan(device, talk, "modify_conversation", payload, added)


def leave(crew: Crew, device: Device, talk: Conversation) -> Plan:
    person, links = device.person, []
    if talk.sealed:
        links = [_link(crew, talk, person, "leave", person, talk.gens[person.id])]

    def left(_response: dict[str, Any]) -> None:
        talk.links += links
        talk.leave(person.id, talk.head)

    return Plan(device, talk, "leave_conversation", _once({"links": links} if links else {}), left)


def renew_keys(crew: Crew, device: Device, talk: Conversation) -> Plan:
    user = device.person.id
    gen = talk.keys.get(user, 1 if talk.sealed else -1) + 1
    me = crew.identities[user]
    public = me.public_key(talk.id, gen) if talk.sealed else {"n": gen}
    private = me.private_key(talk.id, gen) if talk.sealed else {"n": gen}

    def renewed(response: dict[str, Any]) -> None:
        assert response["gen"] == gen
        talk.keys[user] = gen

    payload = _once({"public_key": public, "private_key": private})
    return Plan(device, talk, "set_encryption_keys", payload, renewed)


def _link(crew: Crew, talk: Conversation, actor: Person, action: str, about: Person, gen: int) -> Document:
    head = head_after(talk.id, None, *talk.links)
    return crew.identities[actor.id].link(talk.id, head, action, crew.identities[about.id], gen)
