"""Seed 001: users, groups and chats behind a REST API; groups that are open, or secure by their members' approval.

Each test quotes the sentence of the seed that it is about.
"""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from hubbub.wire.ids import new_id
from tests.folder_servers import Doors
from tests.people import SYSTEM, People, Person, conversation, start_open_group
from tests.phoenix import Client, Refused
from tests.sealing import Document, Identity, head_after


class Secure:
    """A sealed group: its chain as the members keep it, and each member's socket and keys."""

    def __init__(self, id: str, links: list[Document]) -> None:
        self.id = id
        self.links = links
        self.identities: dict[str, Identity] = {}
        self.clients: dict[str, Client] = {}

    @property
    def topic(self) -> str:
        return conversation(self.id)

    @property
    def head(self) -> str:
        return head_after(self.id, None, *self.links)

    async def says(self, member: Person, action: str, about: Person, **elsewhere: Any) -> dict[str, Any]:
        """`member` signs `action` about somebody and sends it; the server's answer."""
        actor, subject = self.identities[member.id], self.identities[about.id]
        link = actor.link(self.id, self.head, action, subject, **elsewhere)
        answer = await self.clients[member.id].ask(
            self.topic, "modify_conversation", {"new_members": [about.id], "links": [link]}
        )
        self.links.append(link)
        return dict(answer)


async def keyed(person: Person) -> Identity:
    """The person's identity and own key, registered."""
    identity = Identity(person.id)
    own = {"public_key": identity.public_key(), "private_key": identity.private_key()}
    answer = await person.post("/api/keys", {"identity": identity.identity_key(), "user_key": own})
    assert answer.status_code == 200, answer.text
    return identity


async def secure_group(doors: Doors, *persons: Person, like: Secure | None = None, **further: Any) -> Secure:
    """A sealed group of these persons, the first its creator; who is at which door takes turns.

    `like`: another group of the same persons, who have their keys already.
    """
    identities = dict(like.identities) if like else {person.id: await keyed(person) for person in persons}
    creator, *others = identities.values()
    id = new_id()
    group = Secure(id, creator.found(id, others, further.get("approvals", 1)))
    group.identities = identities
    for number, person in enumerate(persons):
        group.clients[person.id] = await person.arrive(to=doors[number % 2])
    payload = {
        "id": id,
        "user_ids": [other.user for other in others],
        "public_key": creator.public_key(id),
        "private_key": creator.private_key(id),
        "links": group.links,
        **further,
    }
    await group.clients[creator.user].ask(SYSTEM, "start_group_conversation", payload)
    for client in group.clients.values():
        await client.join(group.topic)
    return group


async def asks(group: Secure, person: Person, to: Doors, body: Any = None) -> Client:
    """`person` asks to be let in; their socket."""
    group.identities[person.id] = await keyed(person)
    client = await person.arrive(to=to.second)
    answer = await person.put(f"/api/groups/{group.id}/membership", body)
    assert (answer.status_code, answer.json()["requested"]) == (202, True), answer.text
    return client


async def is_member(person: Person, id: str) -> bool:
    return bool((await person.get(f"/api/groups/{id}")).json()["member"])


def code(answer: Any) -> str:
    assert answer.is_error, answer.text
    return str(answer.json()["code"])


# --- "Chat groups can be open (in which case they won't use encryption)" ----------------------------------------------


async def test_an_open_group_is_joined_by_oneself(people: People, doors: Doors) -> None:
    """ "Chat groups can be open (in which case they won't use encryption)": nobody has to approve."""
    ada, bob = await people.sign_up("Ada", "Bob")
    a, b = await ada.arrive(), await bob.arrive(to=doors.second)
    id = await start_open_group(a, alias="Open house")
    await a.join(conversation(id))
    group = await bob.put(f"/api/groups/{id}/membership")
    assert (group.status_code, group.json()["member"], group.json()["members"]) == (200, True, 2)
    assert (group.json()["encrypted"], group.json()["joining"]) == (False, "anyone")
    told = await a.wait_for(conversation(id), "member_joined")
    assert told["user_id"] == bob.id
    await b.wait_for(bob.topic, "new_conversation")
    document = await b.join(conversation(id))
    assert {user["id"] for user in document["users"]} == {ada.id, bob.id}
    await b.ask(conversation(id), "send_message", {"content": "hello"})
    assert (await a.wait_for(conversation(id), "new_message"))["message"]["content"] == "hello"
    again = await bob.put(f"/api/groups/{id}/membership")
    assert (again.status_code, again.json()["members"]) == (200, 2)


async def test_an_open_group_is_left_by_oneself(people: People) -> None:
    ada, bob = await people.sign_up("Ada", "Bob")
    id = await start_open_group(await ada.arrive())
    await bob.put(f"/api/groups/{id}/membership")
    assert (await bob.delete(f"/api/groups/{id}/membership")).status_code == 204
    assert not await is_member(bob, id)
    assert code(await bob.delete(f"/api/groups/{id}/membership")) == "not_member"


async def test_members_of_an_open_group_do_not_see_each_others_addresses(people: People, doors: Doors) -> None:
    """Anybody could come in to collect them; those who were let in by a member see each other's."""
    ada, bob, eve = await people.sign_up("Ada", "Bob", "Eve")
    a, e = await ada.arrive(), await eve.arrive(to=doors.second)
    id = await start_open_group(a, bob)
    await eve.put(f"/api/groups/{id}/membership")
    document = await e.join(conversation(id))
    seen = {user["id"]: user["email"] for user in document["users"]}
    assert seen == {ada.id: None, bob.id: None, eve.id: eve.email}
    assert (await eve.get(f"/api/users/{ada.id}")).json()["email"] is None
    await eve.sign_in()
    assert eve.answer["users"] == []
    assert [row["id"] for row in eve.answer["conversations"]] == [id]
    assert ada.email not in str(e.frames)


async def test_presence_is_not_told_where_anyone_comes_in(people: People, doors: Doors) -> None:
    ada, eve = await people.sign_up("Ada", "Eve")
    a = await ada.arrive()
    await start_open_group(a)
    e = await eve.connect(doors.second)
    id = await start_open_group(a)
    await eve.put(f"/api/groups/{id}/membership")
    await e.join(SYSTEM)
    assert list(await e.wait_for(SYSTEM, "presence_state")) in ([], [eve.id])


# --- "or secure, in which case the members should approve new users that wants to join in" ----------------------------


async def test_a_secure_group_is_the_default_and_encrypted(people: People, doors: Doors) -> None:
    """ "the communication between all the users in a certain group should be encrypted by default"."""
    ada, bob = await people.sign_up("Ada", "Bob")
    group = await secure_group(doors, ada, bob)
    with pytest.raises(Refused):
        await group.clients[ada.id].ask(group.topic, "send_message", {"content": "in the clear"})
    shown = (await ada.get(f"/api/groups/{group.id}")).json()
    assert (shown["encrypted"], shown["joining"], shown["approvals"]) == (True, "members", 1)


async def test_one_member_approves(people: People, doors: Doors) -> None:
    """ "the members should approve new users that wants to join in": one of them by default."""
    ada, bob, eve = await people.sign_up("Ada", "Bob", "Eve")
    group = await secure_group(doors, ada, bob)
    e = await asks(group, eve, doors)
    for member in (ada, bob):
        asked = await group.clients[member.id].wait_for(member.topic, "join_requested")
        assert (asked["conversation_id"], asked["user"]["id"], asked["user"]["email"]) == (group.id, eve.id, None)
    listed = (await bob.get(f"/api/groups/{group.id}/requests")).json()["items"]
    assert [(one["user"]["id"], one["request"]) for one in listed] == [(eve.id, None)]
    await group.says(bob, "add", eve)
    approved = await e.wait_for(eve.topic, "join_approved")
    assert approved == {"conversation_id": group.id, "user_id": eve.id, "approvals": 1, "needed": 1}
    told = await e.wait_for(eve.topic, "new_conversation")
    assert told["conversation"]["id"] == group.id
    await e.join(group.topic)
    assert (await bob.get(f"/api/groups/{group.id}/requests")).json() == {"items": []}


async def test_two_members_approve(people: People, doors: Doors) -> None:
    ada, bob, cleo, eve = await people.sign_up("Ada", "Bob", "Cleo", "Eve")
    group = await secure_group(doors, ada, bob, cleo, approvals=2)
    e = await asks(group, eve, doors)
    with pytest.raises(Refused) as alone:
        await group.says(ada, "add", eve)
    assert alone.value.reason == "invalid_link"
    await group.says(ada, "approve", eve)
    expected = {"conversation_id": group.id, "user_id": eve.id, "approvals": 1, "needed": 2}
    assert await e.wait_for(eve.topic, "join_approved") == expected
    assert await group.clients[cleo.id].wait_for(cleo.topic, "join_approved") == expected
    assert not await is_member(eve, group.id)
    await group.says(cleo, "add", eve)
    full = await e.wait_for(eve.topic, "join_approved", lambda told: told["approvals"] == 2)
    assert full == expected | {"approvals": 2}
    await e.wait_for(eve.topic, "new_conversation")
    assert await is_member(eve, group.id)


async def test_all_members_approve(people: People, doors: Doors) -> None:
    ada, bob, cleo, eve = await people.sign_up("Ada", "Bob", "Cleo", "Eve")
    group = await secure_group(doors, ada, bob, cleo, approvals=0)
    e = await asks(group, eve, doors)
    await group.says(ada, "approve", eve)
    assert (await e.wait_for(eve.topic, "join_approved"))["needed"] == 3
    with pytest.raises(Refused):
        await group.says(bob, "add", eve)
    await group.says(bob, "approve", eve)
    assert not await is_member(eve, group.id)
    await group.says(cleo, "add", eve)
    await e.wait_for(eve.topic, "new_conversation")
    assert await is_member(eve, group.id)


async def test_a_request_is_withdrawn_or_declined(people: People, doors: Doors) -> None:
    ada, bob, eve = await people.sign_up("Ada", "Bob", "Eve")
    group = await secure_group(doors, ada, bob)
    path = f"/api/groups/{group.id}"
    await asks(group, eve, doors)
    assert (await eve.delete(f"{path}/membership")).status_code == 204
    assert (await ada.get(f"{path}/requests")).json() == {"items": []}
    assert (await eve.put(f"{path}/membership")).json()["requested"]
    assert (await bob.delete(f"{path}/requests/{eve.id}")).status_code == 204
    assert not (await eve.get(path)).json()["requested"]
    assert code(await bob.delete(f"{path}/requests/{eve.id}")) == "not_found"
    assert code(await eve.delete(f"{path}/requests/{eve.id}")) == "not_member"
    assert code(await eve.get(f"{path}/requests")) == "not_member"


async def test_what_one_says_in_a_request_is_sealed_to_the_group(people: People, doors: Doors) -> None:
    ada, eve = await people.sign_up("Ada", "Eve")
    group = await secure_group(doors, ada)
    sealed = "A" * 107
    assert code(await eve.put(f"/api/groups/{group.id}/membership", {"request": "let me in"})) == "invalid_payload"
    await asks(group, eve, doors, {"request": sealed})
    [shown] = (await ada.get(f"/api/groups/{group.id}/requests")).json()["items"]
    assert shown["request"] == sealed


async def test_who_is_banned_cannot_ask_and_who_is_blocked_is_not_heard(people: People, doors: Doors) -> None:
    ada, bob, eve, mallory = await people.sign_up("Ada", "Bob", "Eve", "Mallory")
    group = await secure_group(doors, ada, bob)
    path = f"/api/groups/{group.id}"
    assert (await ada.put(f"/api/conversations/{group.id}/sanctions/{mallory.id}/ban", {})).is_success
    assert code(await mallory.put(f"{path}/membership")) == "banned"
    assert (await ada.put(f"/api/choices/block/{eve.id}")).is_success
    await asks(group, eve, doors)
    await group.clients[bob.id].wait_for(bob.topic, "join_requested")
    await group.clients[ada.id].heartbeat()
    assert not group.clients[ada.id].heard(ada.topic, "join_requested")
    assert (await ada.get(f"{path}/requests")).json() == {"items": []}
    assert len((await bob.get(f"{path}/requests")).json()["items"]) == 1


# --- who would slip in ------------------------------------------------------------------------------------------------


async def test_nobody_slips_into_a_secure_group(people: People, doors: Doors) -> None:
    """Neither by themselves, nor with one member's word for two, nor with another group's."""
    ada, bob, cleo, eve = await people.sign_up("Ada", "Bob", "Cleo", "Eve")
    group = await secure_group(doors, ada, bob, cleo, approvals=2)
    e = await asks(group, eve, doors)
    with pytest.raises(Refused):
        await e.ask(group.topic, "modify_conversation", {"new_members": [eve.id]})
    assert code(await eve.put(f"/api/channels/{group.id}/subscription")) == "not_found"
    a = group.clients[ada.id]
    with pytest.raises(Refused) as unsigned:
        await a.ask(group.topic, "modify_conversation", {"new_members": [eve.id]})
    assert unsigned.value.reason == "invalid_link"
    await group.says(ada, "approve", eve)
    for action in ("approve", "add"):  # once more by the same member
        with pytest.raises(Refused) as twice:
            await group.says(ada, action, eve)
        assert twice.value.reason == "invalid_link"
    with pytest.raises(Refused):  # the same link again, by another
        await group.clients[bob.id].ask(
            group.topic, "modify_conversation", {"new_members": [eve.id], "links": group.links[-1:]}
        )
    own = group.identities[eve.id].link(group.id, group.head, "add", group.identities[eve.id])
    with pytest.raises(Refused):
        await a.ask(group.topic, "modify_conversation", {"new_members": [eve.id], "links": [own]})
    assert not await is_member(eve, group.id)


async def test_an_approval_counts_in_its_own_group_alone(people: People, doors: Doors) -> None:
    ada, bob, eve = await people.sign_up("Ada", "Bob", "Eve")
    first = await secure_group(doors, ada, bob, approvals=2)
    second = await secure_group(doors, ada, bob, like=first, approvals=2)
    await asks(first, eve, doors)
    second.identities[eve.id] = first.identities[eve.id]
    await first.says(ada, "approve", eve)
    for sender in (ada, bob):
        with pytest.raises(Refused) as replayed:
            await second.clients[sender.id].ask(
                second.topic, "modify_conversation", {"new_members": [eve.id], "links": first.links[-1:]}
            )
        assert replayed.value.reason == "invalid_link"


async def test_the_servers_own_number_of_approvals_does_not_count(people: People, doors: Doors) -> None:
    """What is asked of newcomers is what the first link says; another number beside it is refused."""
    ada, bob = await people.sign_up("Ada", "Bob")
    identity, client, id = await keyed(ada), await ada.arrive(), new_id()
    payload = {"id": id, "public_key": identity.public_key(id), "links": identity.found(id, []), "approvals": 2}
    with pytest.raises(Refused) as refused:
        await client.ask(SYSTEM, "start_group_conversation", payload)
    assert refused.value.reason == "invalid_link"
    assert code(await bob.get(f"/api/groups/{id}")) == "not_found"


# --- "named groups", "picture", "search" ------------------------------------------------------------------------------


async def titles(person: Person, **params: Any) -> list[str]:
    found, token = list[str](), ""
    while True:
        page = (await person.get("/api/groups", **params, page_token=token)).json()
        found += [group["title"] for group in page["items"]]
        if not (token := page["page_token"]):
            return found


async def test_named_groups_are_found_by_searching(people: People) -> None:
    """ "Allow users to send messages in named groups", "Group Message page with an integrated search for group"."""
    ada, eve = await people.sign_up("Ada", "Eve")
    a = await ada.arrive()
    mark = new_id()
    for alias in ("Rowing", "Chess"):
        await start_open_group(a, alias=f"{alias} {mark}", listed=True)
    hidden = await start_open_group(a, alias=f"Hidden {mark}")
    assert await titles(eve, q=mark.upper()) == [f"Rowing {mark}", f"Chess {mark}"]
    assert await titles(eve, q=mark, page_size=1) == [f"Rowing {mark}", f"Chess {mark}"]
    assert await titles(eve, q=f"rowing {mark}") == [f"Rowing {mark}"]
    assert await titles(eve, q="%' OR 1=1 --") == []
    shown = (await eve.get(f"/api/groups/{hidden}")).json()
    assert (shown["title"], shown["listed"]) == (f"Hidden {mark}", False), "who knows the id was told it"
    changed = await ada.patch(f"/api/groups/{hidden}", {"listed": True, "about": "No more"})
    assert changed.json()["listed"]
    assert f"Hidden {mark}" in await titles(eve, q=mark)


async def test_a_group_has_a_picture_and_a_description_of_its_owners_choice(people: People, doors: Doors) -> None:
    """The group table: "picture"."""
    ada, bob = await people.sign_up("Ada", "Bob")
    b = await bob.arrive(to=doors.second)
    id = await start_open_group(await ada.arrive(), bob)
    await b.join(conversation(id))
    file = BytesIO()
    Image.new("RGB", (300, 200), "teal").save(file, "PNG")
    path = f"/api/groups/{id}"
    assert code(await bob.put(f"{path}/picture", file.getvalue())) == "not_owner"
    picture = (await ada.put(f"{path}/picture", file.getvalue())).json()["picture"]
    assert (await b.wait_for(conversation(id), "update_alias"))["conversation"]["picture"] == picture
    assert (await people.http.get(f"/pictures/{picture}/64.webp")).headers["content-type"] == "image/webp"
    assert (await ada.delete(f"{path}/picture")).status_code == 204
    assert (await people.http.get(f"/pictures/{picture}/64.webp")).status_code == 404
    changed = (await ada.patch(path, {"about": "For rowers", "expires_in": 3600})).json()
    assert (changed["about"], changed["picture"]) == ("For rowers", None)
    told = await b.wait_for(conversation(id), "update_alias", lambda told: told["conversation"]["about"] != "")
    assert told["conversation"]["expires_in"] == 3600
    assert code(await bob.patch(path, {"about": "Mine"})) == "not_owner"


async def test_a_group_has_a_public_key(people: People, doors: Doors) -> None:
    """ "All groups have assigned a public/private key": its creator's, whose private part the server cannot open."""
    ada, bob, eve = await people.sign_up("Ada", "Bob", "Eve")
    group = await secure_group(doors, ada, bob)
    key = group.identities[ada.id].public_key(group.id)
    assert (await eve.get(f"/api/groups/{group.id}")).json()["public_key"] == key
    other = {"kty": "OKP", "crv": "X25519", "x": group.identities[ada.id].public_key()["x"]}
    assert (await ada.patch(f"/api/groups/{group.id}", {"public_key": other})).json()["public_key"] == other
    for wrong in ({}, {**other, "x": "AA"}, {**other, "x": "A" * 43}, {**other, "d": other["x"]}):
        assert code(await ada.patch(f"/api/groups/{group.id}", {"public_key": wrong})) == "invalid_key"
