"""Three people, their five devices and their conversations on running servers; every answer is checked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from hubbub.wire.ids import new_id
from tests.people import SYSTEM, People, Person, Server, conversation
from tests.sealing import Document, Identity, head_after
from tests.sync.clock import Clock
from tests.sync.device import Device
from tests.sync.model import Conversation, Stay, Utterance, device_of

NAMES = ("Ada", "Bob", "Cleo")
DEVICES = (0, 0, 1, 1, 2)  # whose each device is
PAGES = (1, 200, 2, 7, 3)  # the size of the pages that each pulls

PRIVATE, GROUP, SEALED, OPEN, JOINED = KINDS = ("private", "group", "sealed", "open", "joined")
LOOKS = 1000  # for what the server does by itself, until it is too late
EXPECTED_REFUSALS = {"index_ahead", "index_behind"}


class Request(NamedTuple):
    """A write that was acknowledged, to be repeated later."""

    user: str
    topic: str
    event: str
    payload: dict[str, Any]
    response: dict[str, Any]


class Plan(NamedTuple):
    """A write that must be accepted; `follows` is what it does to the model once it has its version."""

    device: Device
    talk: Conversation
    event: str
    payload: dict[str, Any]
    follows: Callable[[dict[str, Any]], None]


class Crew:
    """Made by `assemble`. `servers` are the doors of one system; devices choose among them by number."""

    def __init__(self, servers: Sequence[Server], clock: Clock) -> None:
        self.servers = servers
        self.clock = clock
        self.people = People(servers[0])
        self.persons: list[Person] = []
        self.identities: dict[str, Identity] = {}
        self.devices: list[Device] = []
        self.conversations: list[Conversation] = []
        self.accepted: list[Request] = []
        self.moves = 0  # writes since everything was checked
        self._counted = 0

    async def assemble(self) -> None:
        self.persons = await self.people.sign_up(*NAMES)
        for person in self.persons:
            identity = self.identities[person.id] = Identity(person.id)
            keys = {"public_key": identity.public_key(), "private_key": identity.private_key()}
            answer = await person.post("/api/keys", {"identity": identity.identity_key(), "user_key": keys})
            assert answer.status_code == 200, answer.text
        self.devices = [Device(self.persons[who], limit) for who, limit in zip(DEVICES, PAGES, strict=True)]
        for number, device in enumerate(self.devices):
            await self.connect(device, number)

    async def disperse(self) -> None:
        await self.people.__aexit__(None, None, None)

    async def connect(self, device: Device, server: int) -> None:
        await device.connect(self.servers[server % len(self.servers)])
        await device.socket.join(SYSTEM)

    def words(self) -> str:
        """What nobody said before."""
        self._counted += 1
        return f"utterance {self._counted}"

    # --- conversations ----------------------------------------------------------------------------------------------

    async def start(self, device: Device, kind: str, others: Sequence[Person]) -> None:
        """Begin a conversation of this kind; a private one with the first of the others."""
        creator = device.person
        others = others[:1] if kind == PRIVATE else others
        begun = Conversation(
            new_id(),
            PRIVATE if kind == PRIVATE else "group",
            kind in {PRIVATE, GROUP, SEALED},
            kind == SEALED,
            "joined" if kind == JOINED else "all",
        )
        payload = self._founding(begun, creator, others)
        event = "start_private_conversation" if kind == PRIVATE else "start_group_conversation"
        response = await device.socket.ask(SYSTEM, event, payload)
        self.accepted.append(Request(creator.id, SYSTEM, event, payload, response))
        if any(one.id == response["conversation_id"] for one in self.conversations):
            assert kind == PRIVATE, "only a private conversation may exist already"
            return
        assert response == {"conversation_id": begun.id}
        begun.stays = {person.id: [Stay(1, None, 0)] for person in (creator, *others)}
        self.conversations.append(begun)

    def _founding(self, begun: Conversation, creator: Person, others: Sequence[Person]) -> dict[str, Any]:
        payload: dict[str, Any] = {"id": begun.id, "op_id": new_id()}
        if begun.kind == PRIVATE:
            payload["other_user_id"] = others[0].id
        else:
            payload["user_ids"] = [other.id for other in others]
        if not begun.encrypted:
            return payload | {"open": True, "history": begun.history}
        if not begun.sealed:
            begun.keys[creator.id] = 0
            return payload | {"public_key": {"n": 0}, "private_key": {"n": 0}}
        me = self.identities[creator.id]
        begun.keys[creator.id] = 1
        begun.links = me.found(begun.id, [self.identities[other.id] for other in others])
        begun.gens = dict.fromkeys([creator.id, *(other.id for other in others)], 1)
        keys = {"public_key": me.public_key(begun.id), "private_key": me.private_key(begun.id)}
        return payload | keys | {"links": list(begun.links)}

    def public_key(self, talk: Conversation, user: str) -> Document:
        """What is sealed to: the key for the conversation, or the user's own until it exists."""
        gen = talk.keys.get(user)
        return self.identities[user].public_key(*((talk.id, gen) if gen is not None else (None, 1)))

    def gen(self, talk: Conversation, user: str) -> int:
        return talk.keys.get(user, 1)

    # --- writes -----------------------------------------------------------------------------------------------------

    async def do(self, *plans: Plan) -> None:
        """Write, all at the same time; what follows, follows in the order of the versions that the writes took."""
        answers = await asyncio.gather(*(self._ask(plan) for plan in plans))
        in_order = sorted(zip(plans, answers, strict=True), key=lambda one: (one[0].talk.id, one[1]["version"]))
        for plan, response in in_order:
            self.accept(plan.device, plan.talk, plan.event, plan.payload, response)
            plan.follows(response)

    async def _ask(self, plan: Plan) -> dict[str, Any]:
        response: dict[str, Any] = await plan.device.socket.ask(conversation(plan.talk.id), plan.event, plan.payload)
        return response

    def accept(
        self, device: Device, talk: Conversation, event: str, payload: dict[str, Any], response: dict[str, Any]
    ) -> None:
        assert response["version"] == talk.head + 1, f"{event} took {response['version']} after {talk.head}"
        talk.head += 1
        self.moves += 1
        if "id" in payload or "op_id" in payload:
            self.accepted.append(Request(device.person.id, conversation(talk.id), event, payload, response))

    # --- messages ---------------------------------------------------------------------------------------------------

    def compose(self, device: Device, talk: Conversation) -> tuple[int, int]:
        """The place that this device's client gives its next message, from what it knows."""
        known = device.conversations[talk.id].live("message").values() if talk.id in device.conversations else ()
        mine = (device.person.id, device.id)
        places = [(m["index"], m["sender"], m["device_id"], m["position"]) for m in known]
        places += [m.place[:4] for m in talk.messages.values() if (m.owner, m.device) == mine and not m.deleted]
        last = max(places, default=(0, "", "", 0))
        if last[1:3] == mine:
            return last[0], last[3] + 1
        return last[0] + 1, 0

    def recipients(self, talk: Conversation, omitted: str | None) -> list[str]:
        return [user for user in talk.members if user != omitted]

    def message(
        self,
        device: Device,
        talk: Conversation,
        *,
        named: bool,
        place: tuple[int, int] | None,
        omitted: str | None,
        lasts: int | None = None,
    ) -> tuple[dict[str, Any], str | dict[str, str]]:
        """A request to send, and who will read what; `lasts`: for how many seconds."""
        payload: dict[str, Any] = {"id": new_id()} if named or talk.sealed else {}
        if lasts is not None:
            payload["expires_in"] = lasts
        if talk.sealed and place is None:
            place = self.compose(device, talk)
        if place is not None:
            payload |= {"index": place[0], "position": place[1], "device_id": device.id}
        body, text = self.body(device, talk, payload, 0, omitted)
        return payload | body, text

    def body(
        self, device: Device, talk: Conversation, payload: dict[str, Any], rev: int, omitted: str | None
    ) -> tuple[dict[str, Any], str | dict[str, str]]:
        """Something new in the form that the conversation asks for; `payload` says where it goes."""
        words = self.words()
        if not talk.encrypted:
            return {"content": words}, words
        if not talk.sealed:
            copies = {user: f"{words} for {user}" for user in self.recipients(talk, omitted)}
            return {"encrypted_messages": copies}, copies
        sealed = self.identities[device.person.id].seal(
            words,
            conversation=talk.id,
            message=payload["id"],
            members=head_after(talk.id, None, *talk.links),
            recipients={user: self.public_key(talk, user) for user in talk.members},
            index=payload["index"],
            position=payload["position"],
            device=payload["device_id"],
            rev=rev,
        )
        return {"sealed": sealed.sealed, "encrypted_messages": sealed.encrypted_messages}, sealed.encrypted_messages

    async def send(
        self, device: Device, talk: Conversation, payload: dict[str, Any], text: str | dict[str, str]
    ) -> None:
        """Send; the answer must be what the rules of the order say."""
        owner, at = device.person.id, device_of(payload)
        expected = talk.next_place(owner, at)
        refusal = None
        if "index" in payload:
            expected = (payload["index"], payload["position"])
            refusal = talk.refusal_of_place(owner, at, payload["index"])
        status, response = await device.socket.push(conversation(talk.id), "send_message", payload)
        if refusal is not None:
            assert (status, response["reason"]) == ("error", refusal), response
            return
        assert status == "ok", response
        self.accept(device, talk, "send_message", payload, response)
        message = self._said(talk, payload, response, text, talk.head)
        assert (message.index, message.position) == expected
        assert (message.owner, message.device) == (owner, at)
        assert message.id == payload.get("id", message.id)

    def _said(
        self, talk: Conversation, payload: dict[str, Any], response: dict[str, Any], text: Any, version: int
    ) -> Utterance:
        lasts = payload.get("expires_in", talk.expires_in)
        ends = self.clock.ahead + lasts if lasts is not None else None
        return talk.said(response["message"], text, version, ends)

    async def send_at_once(self, sends: Sequence[tuple[Device, Conversation, dict[str, Any], Any]]) -> None:
        """Many at the same time; in one of the possible orders each must be what the rules say."""
        answers = await asyncio.gather(
            *(device.socket.push(conversation(talk.id), "send_message", payload) for device, talk, payload, _ in sends)
        )
        accepted = []
        for (device, talk, payload, text), (status, response) in zip(sends, answers, strict=True):
            if status == "ok":
                accepted.append((response["version"], device, talk, payload, text, response))
            else:
                assert "index" in payload, response
                assert response["reason"] in EXPECTED_REFUSALS, response
        for version, device, talk, payload, text, response in sorted(accepted, key=lambda answer: answer[0]):
            expected = talk.next_place(device.person.id, device_of(payload))
            self.accept(device, talk, "send_message", payload, response)
            message = self._said(talk, payload, response, text, version)
            if "index" not in payload:
                assert (message.index, message.position) == expected

    async def add_nobody(self, device: Device, talk: Conversation) -> None:
        """Everyone who is asked for is there already: no version is taken, and none announced."""
        payload = {"new_members": talk.members}
        response = await device.socket.ask(conversation(talk.id), "modify_conversation", payload)
        assert response["version"] == talk.head

    async def read(self, device: Device, talk: Conversation) -> None:
        await device.socket.ask(conversation(talk.id), "read_conversation")
        talk.readers.add(device.person.id)

    async def remove(self, device: Device, talk: Conversation, message: Utterance) -> None:
        """Who is not its owner, or acts on the owner, is refused and changes nothing."""
        path = f"/api/conversations/{talk.id}/messages/{message.id}/removal"
        answer = await device.person.put(path, {"reason": "Rude"})
        if answer.status_code != 403:
            assert answer.status_code == 200, answer.text
            talk.remove(message, device.person.id)
            self.moves += 1

    async def turn(self, seconds: int) -> None:
        """Time passes; what is over by then goes, and each takes a version."""
        self.clock.turn(seconds)
        for talk in self.conversations:
            for message in talk.over(self.clock.ahead):
                talk.expire(message)
                self.moves += 1
        for talk in self.conversations:
            await self._stands(talk)

    async def _stands(self, talk: Conversation) -> None:
        """The server has taken away all that it has to."""
        member = next(person for person in self.persons if person.id in talk.members)
        head = 0
        for _ in range(LOOKS):
            head = (await member.get("/api/sync")).json()["heads"][talk.id]
            if head >= talk.head:
                break
            await asyncio.sleep(0.02)  # nothing is pushed to who may be away
        assert head == talk.head, "what is over is gone, and nothing else"

    # --- again ------------------------------------------------------------------------------------------------------

    async def repeat(self, device: Device, request: Request) -> None:
        """The same request once more: the same answer, and nothing changes."""
        response = await device.socket.ask(request.topic, request.event, request.payload)
        for name in ("conversation_id", "gen", "user_id", "shared"):
            assert response.get(name) == request.response.get(name)
        if request.event == "send_message":
            assert response["message"]["message_group"] == request.response["message"]["message_group"]
            assert response["version"] >= request.response["version"]
        elif request.topic != SYSTEM:
            assert response["version"] == request.response["version"]

    async def send_and_vanish(self, device: Device, talk: Conversation, server: int) -> None:
        """The socket goes before the answer comes; over the next one the same request is sent again."""
        payload, text = self.message(device, talk, named=True, place=None, omitted=None)
        ref = device.socket.next_ref()
        topic = conversation(talk.id)
        await device.socket.send(device.socket.joined[topic], ref, topic, "send_message", payload)
        await device.drop()
        await self.connect(device, server)
        assert talk.id in device.joined
        await self.send(device, talk, payload, text)
