"""A sealed conversation takes nothing that is not signed for it as it stands."""

from __future__ import annotations

from typing import Any

import pytest

from hubbub.wire.ids import NIL_ID, new_id
from tests.bad_input.scene import CANARY, Scene, refusal, sign_up_all
from tests.people import SYSTEM, Person, conversation, copies
from tests.phoenix import Client
from tests.sealing import Document, Identity, head_after
from tests.server import ServerProcess


class Sealed:
    """A sealed group of Ada and Bob, with what their clients know of it."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.id = new_id()
        self.ada, self.bob, self.eve = (Identity(person.id) for person in (scene.ada, scene.bob, scene.eve))
        self.links: list[Document] = []

    async def begin(self) -> None:
        people = ((self.scene.ada, self.ada), (self.scene.bob, self.bob), (self.scene.eve, self.eve))
        for person, identity in people:
            await register(person, identity)
        self.links = self.ada.found(self.id, [self.bob])
        payload = self.start_payload(self.id, self.links)
        answer = await self.scene.a.ask(SYSTEM, "start_group_conversation", payload)
        assert answer == {"conversation_id": self.id}
        await self.scene.a.join(self.topic)
        await self.scene.b.join(self.topic)

    def start_payload(self, id: str, links: list[Document]) -> Document:
        return {
            "id": id,
            "user_ids": [self.scene.bob.id],
            "public_key": self.ada.public_key(id),
            "private_key": self.ada.private_key(id),
            "links": links,
        }

    @property
    def topic(self) -> str:
        return conversation(self.id)

    @property
    def head(self) -> str:
        return head_after(self.id, None, *self.links)

    @property
    def recipients(self) -> dict[str, Document]:
        return {self.ada.user: self.ada.public_key(self.id), self.bob.user: self.bob.public_key()}

    def message(self, author: Identity, **changed: Any) -> Document:
        """The payload of a `send_message` that is taken, but for what is `changed` in what is sealed."""
        sealed = {
            "conversation": self.id,
            "message": new_id(),
            "members": self.head,
            "recipients": self.recipients,
            "device": NIL_ID,
            "index": 1,
            "position": 0,
            **changed,
        }
        made = author.seal(f"said by {CANARY}", **sealed)
        return {
            "id": made.header["message"],
            "device_id": made.header["device"],
            "index": made.header["index"],
            "position": made.header["position"],
            "sealed": made.sealed,
            "encrypted_messages": made.encrypted_messages,
        }


async def register(person: Person, identity: Identity) -> None:
    body = {
        "identity": identity.identity_key(),
        "user_key": {"public_key": identity.public_key(), "private_key": identity.private_key()},
    }
    answer = await person.post("/api/keys", body)
    assert answer.status_code == 200, answer.text


@pytest.fixture
def answers(server: ServerProcess) -> list[dict[str, Any]]:
    """Keys are registered once for good, so everyone signs up anew."""
    return sign_up_all(server)


@pytest.fixture
async def sealed(scene: Scene) -> Sealed:
    sealed = Sealed(scene)
    await sealed.begin()
    return sealed


async def refused_with(sealed: Sealed, event: str, payload: Document, client: Client | None = None) -> Document:
    async with sealed.scene.unchanged(sealed.id):
        return await refusal(client or sealed.scene.a, sealed.topic, event, payload)


async def test_what_is_signed_is_taken(sealed: Sealed) -> None:
    """The ground on which the refusals below stand."""
    sent = sealed.message(sealed.ada)
    answer = await sealed.scene.a.ask(sealed.topic, "send_message", sent)
    pushed = await sealed.scene.b.wait_for(
        sealed.scene.bob.topic, "new_message", lambda push: "sealed" in push["message"]
    )
    opened = sealed.bob.open(pushed["message"]["sealed"], pushed["message"]["content"], author=sealed.ada, own_key=True)
    assert opened == {"text": f"said by {CANARY}"}
    edited = sealed.message(sealed.ada, message=sent["id"], rev=1)
    edit = {name: edited[name] for name in ("sealed", "encrypted_messages")}
    after = await sealed.scene.a.ask(sealed.topic, "edit_message", {"message_group_id": sent["id"], **edit})
    assert after["message"]["rev"] == answer["message"]["rev"] + 1


async def test_nothing_unsigned_is_taken(sealed: Sealed) -> None:
    for event, payload, reason in (
        ("send_message", {"content": CANARY}, "invalid_payload"),
        ("send_message", {"encrypted_messages": copies(CANARY, sealed.scene.ada)}, "invalid_payload"),
        ("set_encryption_keys", {"public_key": {}}, "invalid_key"),
        ("set_encryption_keys", {"public_key": {**sealed.ada.public_key(sealed.id, 2), "gen": 3}}, "invalid_key"),
        ("set_encryption_keys", {"public_key": sealed.ada.public_key(None, 2)}, "invalid_key"),
        ("set_encryption_keys", {"public_key": sealed.bob.public_key(sealed.id, 2)}, "invalid_key"),
        ("modify_conversation", {"new_members": [sealed.eve.user]}, "invalid_link"),
        ("leave_conversation", {}, "invalid_link"),
    ):
        assert (await refused_with(sealed, event, payload))["reason"] == reason, (event, payload)


async def test_an_envelope_says_what_the_request_says(sealed: Sealed) -> None:
    good = sealed.message(sealed.ada)
    another = sealed.message(sealed.ada)
    header, text, signature = good["sealed"].split(".")[1:]
    for changed in (
        {"id": new_id()},
        {"device_id": new_id()},
        {"position": 1},
        {"sealed": another["sealed"]},
        {"sealed": f"e1.{header}.{text}.{another['sealed'].split('.')[3]}"},
        {"sealed": f"e1.{header}.{another['sealed'].split('.')[2]}.{signature}"},
        {"sealed": f"e2.{header}.{text}.{signature}"},
        {"sealed": good["sealed"] + "A"},
        {"sealed": f"e1.{header}.{text}"},
        {"sealed": ""},
        {"encrypted_messages": {user: copy[:-4] for user, copy in good["encrypted_messages"].items()}},
    ):
        refused = await refused_with(sealed, "send_message", {**good, **changed})
        assert refused["reason"] == "invalid_envelope", changed
    for left_out in ("id", "device_id", "index", "position"):
        payload = {name: value for name, value in good.items() if name != left_out}
        assert (await refused_with(sealed, "send_message", payload))["reason"] == "invalid_payload", left_out
    as_bob = await refused_with(sealed, "send_message", good, sealed.scene.b)
    assert as_bob["reason"] == "invalid_envelope"
    elsewhere = sealed.message(sealed.ada, conversation=new_id())
    assert (await refused_with(sealed, "send_message", elsewhere))["reason"] == "invalid_envelope"
    impostor = Identity(sealed.ada.user)
    assert (await refused_with(sealed, "send_message", sealed.message(impostor)))["reason"] == "stale_members"


async def test_who_sealed_for_others_than_the_members_gets_their_keys(sealed: Sealed) -> None:
    eve = {sealed.eve.user: sealed.eve.public_key()}
    for changed in (
        {"members": sealed.ada.ik},
        {"recipients": {sealed.ada.user: sealed.ada.public_key(sealed.id)}},
        {"recipients": {**sealed.recipients, **eve}},
        {"recipients": {**sealed.recipients, sealed.ada.user: sealed.ada.public_key(sealed.id, 2)}},
    ):
        refused = await refused_with(sealed, "send_message", sealed.message(sealed.ada, **changed))
        assert refused["reason"] == "stale_members", changed
        assert set(refused["user_ids"]) == {sealed.ada.user, sealed.bob.user}
        assert refused["public_keys"] == sealed.recipients
        assert refused["links"] == sealed.links


async def test_an_edit_follows_the_revision_that_stands(sealed: Sealed) -> None:
    sent = sealed.message(sealed.ada)
    await sealed.scene.a.ask(sealed.topic, "send_message", sent)
    for rev in (0, 2, 7):
        edited = sealed.message(sealed.ada, message=sent["id"], rev=rev)
        payload = {"message_group_id": sent["id"], **{name: edited[name] for name in ("sealed", "encrypted_messages")}}
        refused = await refused_with(sealed, "edit_message", payload)
        if rev == 0:
            assert refused["reason"] in ("stale_revision", "invalid_envelope")
        else:
            assert refused["reason"] == "stale_revision", rev
    new = sealed.message(sealed.ada, rev=1, index=2)
    assert (await refused_with(sealed, "send_message", new))["reason"] == "invalid_envelope"


async def test_links_follow_each_other(sealed: Sealed) -> None:
    eve = sealed.eve
    good = sealed.ada.link(sealed.id, sealed.head, "add", eve)
    wrong = {
        "after nothing": [sealed.ada.link(sealed.id, None, "add", eve)],
        "after another link": [sealed.ada.link(sealed.id, head_after(sealed.id, None, sealed.links[0]), "add", eve)],
        "for another conversation": [sealed.ada.link(new_id(), sealed.head, "add", eve)],
        "about somebody else": [sealed.ada.link(sealed.id, sealed.head, "add", sealed.bob)],
        "by another": [sealed.bob.link(sealed.id, sealed.head, "add", eve)],
        "by a stranger": [eve.link(sealed.id, sealed.head, "add", eve)],
        "another key": [sealed.ada.link(sealed.id, sealed.head, "add", eve, ik=sealed.ada.ik)],
        "another generation": [sealed.ada.link(sealed.id, sealed.head, "add", eve, 2)],
        "another action": [sealed.ada.link(sealed.id, sealed.head, "create", eve)],
        "twice": [good, sealed.ada.link(sealed.id, head_after(sealed.id, sealed.head, good), "add", eve)],
        "changed after": [{**good, "gen": 2}],
        "without a signature": [{**good, "signature": ""}],
        "none": [],
        "of another shape": [{"action": "add"}],
    }
    for what, links in wrong.items():
        payload = {"new_members": [eve.user], "links": links}
        assert (await refused_with(sealed, "modify_conversation", payload))["reason"] == "invalid_link", what
    added = await sealed.scene.a.ask(sealed.topic, "modify_conversation", {"new_members": [eve.user], "links": [good]})
    assert set(added["user_ids"]) == {sealed.ada.user, sealed.bob.user, eve.user}


async def test_a_beginning_out_of_order_begins_nothing(sealed: Sealed) -> None:
    id = new_id()
    good = sealed.ada.found(id, [sealed.bob])
    wrong = {
        "turned round": good[::-1],
        "half": good[:1],
        "no creation": good[1:],
        "twice": [good[0], good[0]],
        "for another": sealed.ada.found(new_id(), [sealed.bob]),
        "with somebody more": sealed.ada.found(id, [sealed.bob, sealed.eve]),
        "by another": sealed.bob.found(id, [sealed.ada]),
    }
    async with sealed.scene.unchanged():
        for what, links in wrong.items():
            payload = sealed.start_payload(id, links)
            refused = await refusal(sealed.scene.a, SYSTEM, "start_group_conversation", payload)
            assert (refused["reason"], refused["id"]) == ("invalid_link", id), what
        without_id = {**sealed.start_payload(id, good), "id": None}
        refused = await refusal(sealed.scene.a, SYSTEM, "start_group_conversation", without_id)
        assert refused["reason"] == "invalid_payload"
