"""`phxsocket` from PyPI, unmodified: version 1, integer refs from 0, joins without a join_ref, each client a thread.

Its peculiarities, which the server bears with: it joins as a guest with the token in the payload and sends that payload
with the leave too; it takes the first reply to a ref as the answer; a second thread sends heartbeats from the start.
"""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Callable, Iterator
from typing import Any

import phxsocket
import pytest

from tests.people import SYSTEM, People, Person, conversation, copies, start_private
from tests.protocol.conftest import Doors
from tests.server import ServerProcess

PATIENCE = 15.0


class Heard:
    """What came on one channel, taken in order of arrival; safe to fill from the client's thread."""

    def __init__(self, channel: phxsocket.Channel) -> None:
        self._events: queue.Queue[tuple[str, Any]] = queue.Queue()
        channel.on_message = lambda socket, event, payload: self._events.put((event, payload))

    def next(self, event: str) -> Any:
        """The payload of the next such event; others before it are skipped."""
        while True:
            came, payload = self._events.get(timeout=PATIENCE)
            if came == event:
                return payload


def ask(channel: phxsocket.Channel, event: str, payload: Any) -> Any:
    """Push and wait for the reply: `{"status", "response"}`."""
    return channel.push(event, payload, reply=True).wait_for_response()


@pytest.fixture
def connect() -> Iterator[Callable[[ServerProcess], phxsocket.Client]]:
    """Opens sockets that are closed at the end."""
    opened: list[phxsocket.Client] = []

    def open_one(server: ServerProcess) -> phxsocket.Client:
        client = phxsocket.Client(f"{server.ws_url}/websocket")
        client.connect()
        opened.append(client)
        return client

    yield open_one
    for client in opened:
        client.close()


def converse(ada: Person, bob: Person, topic: str, a: phxsocket.Client, b: phxsocket.Client) -> None:
    """Ada and Bob, each a guest until they join with their token."""
    hers, his = a.channel(ada.topic, {"token": ada.token}), b.channel(bob.topic, {"token": bob.token})
    ada_heard, bob_heard = Heard(hers), Heard(his)
    hers.join()
    his.join()
    talk_a, talk_b = a.channel(topic, {"token": ada.token}), b.channel(topic, {"token": bob.token})
    bob_reads = Heard(talk_b)
    assert talk_a.join()["messages"]["items"] == []
    talk_b.join()

    sent = ask(talk_a, "send_message", {"token": ada.token, "encrypted_messages": copies("hello", ada, bob)})
    assert sent["status"] == "ok"
    group = sent["response"]["message"]["message_group"]
    received = bob_heard.next("new_message")["message"]
    assert (received["content"], received["message_group"]) == (f"hello for {bob.id}", group)
    assert ada_heard.next("new_message")["message"]["content"] == f"hello for {ada.id}"

    edit = {"message_group_id": group, "encrypted_messages": copies("hello again", ada, bob)}
    assert ask(talk_b, "edit_message", edit)["response"]["reason"] == "not_owner"
    assert ask(talk_a, "edit_message", edit)["status"] == "ok"
    assert bob_heard.next("edit_message")["message"]["content"] == f"hello again for {bob.id}"

    assert ask(talk_a, "delete_message", {"message_group_id": group})["status"] == "ok"
    assert bob_reads.next("delete_message")["message_group_id"] == group


async def test_two_people_converse(
    people: People, doors: Doors, connect: Callable[[ServerProcess], phxsocket.Client]
) -> None:
    ada, bob = await people.sign_up("Ada", "Bob")
    topic = conversation(await start_private(await ada.arrive(), bob))
    a, b = connect(doors.first), connect(doors.second)
    await asyncio.to_thread(converse, ada, bob, topic, a, b)


async def test_a_join_without_a_token_is_refused_and_with_one_is_not(
    people: People, doors: Doors, connect: Callable[[ServerProcess], phxsocket.Client]
) -> None:
    [ada] = await people.sign_up("Ada")
    client = connect(doors.first)

    def join() -> None:
        with pytest.raises(phxsocket.channel.ChannelConnectError, match="unauthorized"):
            client.channel(SYSTEM).join()
        client.channel(SYSTEM, {"token": ada.token}).join()

    await asyncio.to_thread(join)


async def test_a_channel_is_left_and_joined_again(
    people: People, doors: Doors, connect: Callable[[ServerProcess], phxsocket.Client]
) -> None:
    [ada] = await people.sign_up("Ada")
    client = connect(doors.first)

    def leave_and_join() -> None:
        channel = client.channel(ada.topic, {"token": ada.token})
        closed: queue.Queue[bool] = queue.Queue()
        channel.on_close = lambda: closed.put(True)
        channel.join()
        channel.push(phxsocket.channel.ChannelEvents.LEAVE, {})
        assert closed.get(timeout=PATIENCE)
        assert ask(channel, "sync", {})["response"]["reason"] == "unmatched topic"
        channel.join()
        assert ask(channel, "sync", {})["status"] == "ok"

    await asyncio.to_thread(leave_and_join)
