"""What must be true whenever everyone has heard or pulled what there is."""

from __future__ import annotations

from typing import Any

from tests.people import Person, conversation
from tests.phoenix import Client, Refused
from tests.sync.crew import Crew
from tests.sync.device import OWN, Device, Heard
from tests.sync.model import Conversation, Utterance
from tests.sync.replica import Replica

WHOLE, SPLIT = 500, 5  # sizes of pages


async def check_everything(crew: Crew) -> None:
    """Bring everyone up to date, by pushes where none was lost, else by pulls; then compare all that can be seen."""
    for device in crew.devices:
        if device.online:
            await check_pushes_suffice(crew, device)
    for number, device in enumerate(crew.devices):
        if not device.online:
            await crew.connect(device, number)
        await device.sync()
    for person in crew.persons:
        await check_person(crew, person)
    for talk in crew.conversations:
        await check_outsiders(crew, talk)


async def check_pushes_suffice(crew: Crew, device: Device) -> None:
    """Nothing was lost on the way, so nothing has to be pulled: every version was pushed to everyone it concerns."""
    await device.settle()
    if OWN not in device.lost:
        await device.hear_up_to(OWN, (await fresh(device.person, None)).cursor)
        await device.settle()
    for talk in crew.conversations:
        if talk.id in device.joined and talk.id not in device.lost and device.person.id in talk.members:
            await device.hear_up_to(talk.id, talk.head)


# --- a person -----------------------------------------------------------------------------------------------------


async def check_person(crew: Crew, person: Person) -> None:
    devices = [device for device in crew.devices if device.person is person]
    await check_own_stream(crew, person, devices)
    async with await person.connect() as client:
        for talk in crew.conversations:
            if person.id in talk.stays:
                await check_reader(talk, person, devices)
            await check_door(talk, person, client, devices[0])


async def check_own_stream(crew: Crew, person: Person, devices: list[Device]) -> None:
    """The list of conversations, own keys and read marks: the same on every device as from the beginning."""
    whole = await fresh(person, None)
    mine = {talk.id: talk for talk in crew.conversations if person.id in talk.members}
    assert whole.live("conversation").keys() == mine.keys()
    for device in devices:
        assert device.heads == {id: talk.head for id, talk in mine.items()}, "heads are the versions of the model"
        assert device.own.cursor == whole.cursor
        assert _lasting(device.own) == _lasting(whole), f"{device}: the user's stream"
        check_log(device, OWN, whole)


def _lasting(replica: Replica) -> dict[Any, Any]:
    """Rows without what the conversation's own stream tells better: the listing shows its row as it is now."""
    rows = dict(replica.rows)
    for key, row in rows.items():
        if row["kind"] == "conversation" and not row["deleted"]:
            rows[key] = row | {"data": row["data"] | {"conversation": row["data"]["conversation"]["id"], "role": None}}
    return rows


# --- a reader of a conversation -----------------------------------------------------------------------------------


async def check_reader(talk: Conversation, person: Person, devices: list[Device]) -> None:
    whole = await fresh(person, talk.id)
    assert whole.rows == (await fresh(person, talk.id, SPLIT)).rows, "short pages show the same"
    assert whole.cursor == talk.horizon(person.id)
    check_rows(talk, person, whole)
    await check_pages(talk, person)
    for device in devices:
        if talk.id in device.conversations:
            await check_replica(talk, device, whole)


def check_rows(talk: Conversation, person: Person, whole: Replica) -> None:
    """What a pull from the beginning shows is what the model says, no more and no less."""
    shown = whole.live("message")
    for message in talk.visible(person.id):
        assert_shows(shown.pop(message.id, None), talk, message, person)
    assert not shown, f"{person.id} sees what they may not: {shown}"
    removed = {message.id for message in talk.visible(person.id) if message.removed_by is not None}
    assert whole.live("removal").keys() == removed
    horizon = talk.horizon(person.id)
    if horizon == talk.head:
        assert whole.live("member").keys() == set(talk.members)
        row = whole.live("conversation")[talk.id]
        assert (row["alias"], row["expires_in"]) == (talk.alias, talk.expires_in)
        assert [row["seq"] for row in whole.live("link").values()] == list(range(len(talk.links)))
        check_reactions(talk, person, whole)
    assert all(row["version"] <= horizon for row in whole.rows.values())


def check_reactions(talk: Conversation, person: Person, whole: Replica) -> None:
    shown = {(row["message_group"], row["user_id"], row["emoji"]) for row in whole.live("reaction").values()}
    expected = {key for key, on in talk.reactions.items() if on and talk.sees(person.id, talk.messages[key[0]])}
    assert shown == expected, "reactions are seen by those who see the message"


def assert_shows(row: dict[str, Any] | None, talk: Conversation, message: Utterance, person: Person) -> None:
    assert row is not None, f"{message} is not shown to {person.id}"
    shown = (row["message_group"], row["sender"], row["device_id"], row["index"], row["position"], row["rev"])
    assert shown == (message.id, message.owner, message.device, message.index, message.position, message.rev)
    assert (row["content"], row.get("sealed")) == (talk.text_for(person.id, message), message.sealed)
    assert row.get("removed_by") == message.removed_by
    assert (row.get("expires_at") is not None) == (message.ends is not None)


async def check_pages(talk: Conversation, person: Person) -> None:
    """HTTP shows the same messages in the reading order, the last first."""
    expected = [message.id for message in reversed(talk.visible(person.id))]
    items: list[Any] = []
    page: dict[str, Any] = {"page_token": ""}
    while page["page_token"] is not None:
        answer = await person.get("/api/messages", conversation_id=talk.id, page_size=7, page_token=page["page_token"])
        assert answer.status_code == 200, answer.text
        page = answer.json()
        items += page["items"]
    assert [item["message_group"] for item in items] == expected
    assert len({item["id"] for item in items}) == len(items)


async def check_door(talk: Conversation, person: Person, client: Client, device: Device) -> None:
    """Members get in, and a join without a cursor shows the latest page in the same order; nobody else does."""
    try:
        document = await client.join(conversation(talk.id))
    except Refused as refused:
        if refused.reason != "not_member" or person.id in talk.members:
            raise
        return
    assert person.id in talk.members
    expected = [message.id for message in reversed(talk.visible(person.id))][:50]
    assert [item["message_group"] for item in document["messages"]["items"]] == expected
    assert (document["cursor"], document["epoch"]) == (talk.head, device.epoch)
    assert document["conversation"]["alias"] == talk.alias
    assert document["read_times"].keys() == talk.readers
    assert set(talk.members) <= {user["id"] for user in document["users"]}


async def check_replica(talk: Conversation, device: Device, whole: Replica) -> None:
    """A member's replica equals a pull from the beginning; a former member's keeps what is shown no more."""
    replica, user = device.conversations[talk.id], device.person.id
    if user in talk.members:
        assert replica.cursor == talk.head
        assert replica.rows == whole.rows, f"{device} in {talk.id}"
    else:
        await pull_rest(device.person, talk.id, replica)
        assert replica.cursor == talk.horizon(user)
        assert whole.rows.items() <= replica.rows.items()
        assert all(row["version"] <= replica.cursor for row in replica.rows.values())
    check_log(device, talk.id, whole)


def check_log(device: Device, stream: str, whole: Replica) -> None:
    """Each push held the rows of its version, as a pull shows them; those that changed since are newer there."""
    by_version: dict[int, dict[Any, Any]] = {}
    for key, row in whole.rows.items():
        by_version.setdefault(row["version"], {})[key] = row
    for heard in device.log:
        if heard.stream == stream:
            _check_heard(heard, by_version.get(heard.version, {}), whole)


def _check_heard(heard: Heard, shown: dict[Any, Any], whole: Replica) -> None:
    pushed = {(row["kind"], row["id"]): row for row in heard.changes or []}
    assert all(row["version"] == heard.version for row in pushed.values()), f"{heard} has rows of other versions"
    assert shown.keys() <= pushed.keys(), f"{heard} lacks rows of its version"
    for key, row in pushed.items():
        if key in shown and not (heard.stream == OWN and row["kind"] == "conversation"):
            assert row == shown[key], f"{heard} shows another row than a pull"


# --- who is not in it ---------------------------------------------------------------------------------------------


async def check_outsiders(crew: Crew, talk: Conversation) -> None:
    for person in crew.persons:
        if person.id not in talk.stays:
            for path in ("/api/sync", "/api/messages"):
                answer = await person.get(path, conversation_id=talk.id)
                assert (answer.status_code, answer.json()["code"]) == (404, "not_member")


# --- pulling through HTTP -----------------------------------------------------------------------------------------


async def fresh(person: Person, conversation_id: str | None, limit: int = WHOLE) -> Replica:
    """A replica made from the beginning."""
    replica = Replica()
    await pull_rest(person, conversation_id, replica, limit)
    return replica


async def pull_rest(person: Person, conversation_id: str | None, replica: Replica, limit: int = WHOLE) -> None:
    which = {} if conversation_id is None else {"conversation_id": conversation_id}
    more = True
    while more:
        since = replica.cursor
        answer = await person.get("/api/sync", cursor=since, limit=limit, **which)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        replica.pulled(page, since)
        more = page["more"]
